//! Changing a cluster: one object at a time, as somebody, in the bytes of a plan.
//!
//! This is the only room that can write to a cluster. Every request about an object is made under the name of a person ([`Whom`]), so that the
//! API server applies that person's rights; our own account is used to learn the cluster's UID and to review what we may do ([`rights`]).
//!
//! Units: times are milliseconds or [`std::time::Duration`], sizes bytes.
//! Errors: [`NotDone`], by who has to act. Nothing is sent twice here: whether a request whose answer was lost may be sent again is not for
//! this room to say.

pub mod access;
pub mod cluster;
pub mod not_done;
pub mod rights;

mod path;
mod send;

pub use access::{Access, NoAccess};
pub use cluster::{Cluster, Tried, Whom, Written};
pub use not_done::NotDone;
