//! The executor against a real API server, people with real keys, and a double of Assent's control plane that may say anything.

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "this is a test, helpers included"
)]

mod catalogue;
mod cluster;
mod executor;
mod front;
mod hostile;
mod http;
mod kills;
mod plane;
mod plans;
mod probe;
mod proposed;
mod refusals;
mod repinned;
mod runs;
#[path = "../../../approval/tests/support/mod.rs"]
mod signing;
mod world;
