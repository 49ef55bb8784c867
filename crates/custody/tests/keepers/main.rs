//! Keepers of root keys: what each of them does alike, what each is told when something is wrong, and what a hostile one gets us to do.
//!
//! The doubles answer in the words of an OpenBao 2.7.2 and of a moto 5 that were asked, and of Google's reference of its API.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "this is a test, helpers included")]

mod aws;
mod doubles;
mod google;
mod hostile;
mod real_vault;
mod same_for_all;
mod vault;
