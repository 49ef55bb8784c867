//! What the platform promises: one program, since linking is what takes longest; a file for each promise.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "this is a test, helpers included")]

mod alert_intake;
mod bounds;
mod command_lines;
mod deleted_tenant;
mod executors;
#[allow(dead_code, reason = "the tests of `identity` use all of it")]
#[path = "../../identity/tests/fake/mod.rs"]
mod fake;
mod hostile_observer;
mod ledger_reads;
mod ledger_stops;
mod live_stream;
mod members_and_keys;
mod notifications;
mod observers_by_nats;
mod oidc_sign_in;
mod passkeys;
mod places;
mod plans_and_votes;
mod plans_are_drawn;
mod readers_see_their_own;
mod root_key;
mod signing_in;
mod ssh_keys;
mod support;
mod tenant_isolation;
mod tenants;
mod topology;
mod versions;
mod watching;
