//! What is promised about requests and answers, proven over loopback sockets against a platform in memory. A file for each promise.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests stop a test that cannot go on"
)]

mod certificates;
mod changes;
mod console;
mod events;
mod hostile;
mod idempotency;
mod limits;
mod listening;
mod machines;
mod openapi;
mod problems;
mod sessions;
mod slow_bodies;
mod strict;
mod support;
mod transfers;
mod versions;
