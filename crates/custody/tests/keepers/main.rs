//! Keepers of root keys: what each of them does alike, what each is told when something is wrong, and what a hostile one gets us to do.
//!
//! The doubles answer in the words of an OpenBao 2.7.2 and of a moto 5 that were asked, and of Google's reference of its API.

mod aws;
mod doubles;
mod google;
mod hostile;
mod real_vault;
mod same_for_all;
mod vault;
