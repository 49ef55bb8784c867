//! Reads live clusters, and can do nothing else: once, or continuously.
//!
//! - [`Cluster`] reads a cluster once into a [`assent_capture::set::CaptureSet`].
//! - [`observer::Observer`] follows a cluster, redacts what it sees, keeps it in a sealed buffer, and sends it over an [`uplink::Uplink`].
//!
//! Every request for objects is a GET: the one place that makes them, `get`, has no way to say another verb. `review` makes the two other
//! requests that there are, in which the API server is asked what we may do. No request names Secrets. ConfigMaps are read whole, because
//! addresses and a Corefile stand in them; an observer redacts them before it keeps anything.
//!
//! Units: times are UTC, sizes bytes. The clock is never read: the base for ages is the `Date` that the API server answers with, and an
//! observer is given a [`clock::Clock`].
//! Errors: [`NoAccess`] when the API server cannot be reached or does not let us in at all. Anything less, one kind refused or one
//! answer cut short, becomes a [`assent_capture::set::Problem`] that says what is missing and what would settle it.
//! Source: the Kubernetes API conventions (chunked lists, aggregated discovery), client-go's kubeconfig rules.

mod access;
mod backoff;
pub mod buffer;
mod catalog;
pub mod clock;
mod cluster;
pub mod excerpts;
#[cfg(test)]
mod fake;
pub mod filter;
mod get;
mod intake;
mod listing;
mod log;
pub mod manifest;
mod metrics;
pub mod observer;
#[cfg(test)]
mod observer_tests;
pub mod otlp;
#[cfg(test)]
mod outage_tests;
mod path;
pub mod preflight;
pub mod profile;
pub mod prometheus;
#[cfg(test)]
mod reading_tests;
mod redact;
mod review;
mod server;
mod trust;
pub mod uplink;
mod watch;

pub use access::{Access, NoAccess};
pub use assent_base::Proxy;
pub use cluster::{Cluster, Progress, Scope};
pub use log::{LogLimits, WantedLog};
pub use server::ApiServer;
