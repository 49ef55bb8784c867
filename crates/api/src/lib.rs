//! What the platform can be asked: every operation, its words and its schema, without saying how it travels.
//!
//! [`operations`] is the table of all operations. An operation names its method, path, who may call it, and the types of its path,
//! query, body and answer. `http` serves the table, `client` calls it, `platform` answers it, and the OpenAPI document is generated
//! from it: a route that is not in the table does not exist, and one that the platform does not answer does not compile.
//!
//! Units: instants are RFC 3339 in UTC, spans whole seconds, sizes bytes; a field's name ends in its unit.
//! Errors: [`Problem`], as RFC 9457 has it. Unknown fields of a body or query are refused.

pub mod access;
pub mod operation;
pub mod operations;
pub mod page;
pub mod problem;

pub mod accounts;
pub mod alerts;
pub mod channels;
pub mod clusters;
pub mod command_lines;
pub mod environments;
pub mod events;
pub mod evidence;
pub mod executor;
pub mod incidents;
pub mod keys;
pub mod ledger;
pub mod observer;
pub mod overview;
pub mod passkeys;
pub mod plans;
pub mod policies;
pub mod promises;
pub mod redaction;
pub mod sessions;
pub mod shares;
pub mod ssh_keys;
pub mod status;
pub mod tenants;
pub mod topology;

pub use access::{Access, Action, Role};
pub use operation::{Empty, Method, Operation};
pub use page::{Page, PageQuery};
pub use problem::{Code, Problem};
