//! Reads a live cluster into a [`assent_capture::set::CaptureSet`], and can do nothing else.
//!
//! Every request is a GET: the one place that holds the client, `get`, has no way to say another verb. No request names Secrets.
//! ConfigMaps are read whole, because addresses and a Corefile stand in them; what else stands in them stays in this process.
//!
//! Units: times are UTC, sizes bytes. The clock is never read: the base for ages is the `Date` that the API server answers with.
//! Errors: [`NoAccess`] when the API server cannot be reached or does not let us in at all. Anything less, one kind refused or one
//! answer cut short, becomes a [`assent_capture::set::Problem`] that says what is missing and what would settle it.
//! Source: the Kubernetes API conventions (chunked lists, aggregated discovery), client-go's kubeconfig rules.

mod access;
mod catalog;
mod cluster;
#[cfg(test)]
mod fake;
mod get;
mod listing;
mod log;
mod path;
mod proxy;
#[cfg(test)]
mod reading_tests;

pub use access::{Access, NoAccess};
pub use cluster::{Cluster, Progress, Scope};
pub use log::{LogLimits, WantedLog};
pub use proxy::Proxy;
