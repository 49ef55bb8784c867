//! What an approval promises: one program, since linking is what takes longest; a file for each promise.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "this is a test, helpers included")]

mod ballot_vectors;
mod hostile_warrants;
mod no_order_of_events_skips_the_quorum;
mod passkeys_are_checked_whole;
mod signature_vectors;
mod ssh_signatures_are_checked_whole;
mod support;
mod votes_and_quorum;
mod what_a_browser_says;
