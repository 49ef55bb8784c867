//! What the store promises, on SQLite and on PostgreSQL alike.
//!
//! One program, since linking is what takes longest; a file for each promise.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "this is a test, helpers included")]

mod backup;
mod database;
mod documents;
mod durability;
mod keys;
mod model;
mod streams;
mod tampering;
