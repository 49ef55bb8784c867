//! What is told of a cluster, one thing at a time.
//!
//! The JSON form of a fact is that of an observer's signal, so a stored signal reads as a fact. Bodies come redacted; what is in them is
//! low in integrity and chooses nothing.

use assent_base::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Bytes of one object's JSON. What an API server stores is smaller.
pub const OBJECT_BYTES_MAX: usize = 2 << 20;
/// Bytes of a log that are kept per run of a container: the last ones.
pub const LOG_BYTES_MAX: usize = 64 << 10;
/// Bytes of one query's samples.
pub const SAMPLES_BYTES_MAX: usize = 4 << 20;

/// One thing that was seen of a cluster.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fact {
    /// An object is as it says here.
    Object {
        /// When it was seen so.
        at: Timestamp,
        /// The object as the API server serves it.
        body: Box<RawValue>,
    },
    /// An object is gone.
    Gone {
        /// When that was seen.
        at: Timestamp,
        /// `Pod`.
        kind: String,
        /// The namespace.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        namespace: Option<String>,
        /// The name.
        name: String,
        /// Its UID: another object of this name is not meant.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        uid: Option<String>,
    },
    /// A kind was listed whole: an object of it that was seen last before `at` is gone, and absence means absence from now on.
    Listed {
        /// When the listing began.
        at: Timestamp,
        /// `Pod`.
        kind: String,
        /// The namespace; all of them if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        namespace: Option<String>,
    },
    /// The log of one run of a container, or its latest part. Replaces what was known of that run; of a pod
    /// that is not known it is left out.
    Log {
        /// When it was read.
        at: Timestamp,
        /// The pod's namespace.
        namespace: String,
        /// The pod.
        pod: String,
        /// The container.
        container: String,
        /// Whether it is of the run before the present one.
        previous: bool,
        /// The text.
        text: String,
    },
    /// The answer to a query of metrics: Prometheus's `data`. Replaces the answer before.
    Samples {
        /// When.
        at: Timestamp,
        /// The query's name.
        query: String,
        /// `resultType` and `result`.
        body: Box<RawValue>,
    },
    /// Calls from one to another, `namespace/name` each, summed over an interval.
    Calls {
        /// The interval's end.
        at: Timestamp,
        /// Who calls.
        from: String,
        /// Who is called.
        to: String,
        /// How many calls.
        calls: u64,
        /// How many failed.
        errors: u64,
        /// The 99th percentile of their time.
        p99_ms: f64,
    },
    /// Something was lost on the way: until the next listing, absence proves nothing.
    Dropped {
        /// When.
        at: Timestamp,
        /// How much.
        signals: u64,
    },
}

/// Why a fact is not taken. Nothing of it is kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadFact {
    /// The body cannot be read.
    #[error("the body is no JSON object: {0}")]
    Json(String),
    /// The body is not one object with kind, name and, where its kind has one, namespace.
    #[error("the body is not one object with a kind, a name and a namespace")]
    NotAnObject,
    /// Secrets stay where they are.
    #[error("a Secret is never taken")]
    Secret,
    /// Too large, or one too many.
    #[error("more than the limit of {limit} {what}")]
    TooMuch {
        /// Of what.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
}
