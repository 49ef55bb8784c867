//! What redaction promises: one program, since linking is what takes longest; a file for each promise.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "this is a test, helpers included")]

mod any_pieces;
mod by_hand;
mod hostile_text;
mod no_canary_survives;
mod quality;
mod redact;
mod scenarios_stay;
mod twice_is_once;

mod support {
    pub(crate) mod by_hand;
    pub(crate) mod canary;
    pub(crate) mod corpus;
    pub(crate) mod score;
}
