//! What an incident is, from its first finding to its end, and how a cluster is watched for one.
//!
//! [`Known`] holds what is known of one cluster and takes [`Fact`]s; a fact makes dirty only the [`Slice`]s that it concerns, and
//! [`Known::examine`] explains one of those. [`Book`] folds what is [`Examined`] into [`Incident`]s. [`baseline`] says what is usual
//! for a metric. The present instant always comes as an argument.

pub mod baseline;
pub mod book;
pub mod fact;
pub mod known;
pub mod record;

pub use book::{Act, BadAct, Book, Step};
pub use fact::{BadFact, Fact};
pub use known::{Examined, Known, Slice, Touched};
pub use record::{Incident, Severity, State};
