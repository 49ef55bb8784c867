//! Foreign text becomes facts: Kubernetes JSON and YAML, kubectl tables and `describe`, events, logs, bundles, transcripts.
//!
//! Everything, whatever it was printed by, becomes a [`tree::Node`] shaped like the Kubernetes API, whose scalars know which
//! bytes of which [`source::Source`] they came from. Rules are then written once, and each claim can quote the exact words.
//!
//! Errors: nothing here fails on foreign bytes. What cannot be read becomes a [`set::Problem`] that says what and where.

pub mod archive;
pub mod command;
pub mod describe;
pub mod files;
pub mod json;
mod kubectl;
pub mod layout;
pub mod limits;
pub mod logs;
pub mod outline;
mod piece;
pub mod prometheus;
pub mod saved;
pub mod secrets;
pub mod set;
pub mod source;
pub mod stamp;
pub mod table;
mod top;
mod trace_tree;
pub mod traces;
pub mod transcript;
pub mod tree;
mod values;
pub mod yaml;
