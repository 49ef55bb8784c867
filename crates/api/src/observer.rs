//! What an observer and the platform say to each other.
//!
//! An observer numbers its signals from 1 in each stream; a stream is one run of its buffer, and survives restarts with it. The platform
//! answers a batch only once it is kept, with the number up to which it has everything; what it already has, it skips.

use assent_base::Secret;
use assent_base::id::ClusterId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clusters::{ObserverState, Profile};
use crate::redaction::RedactionRules;

/// Bytes of a batch at most, before compression.
pub const BATCH_BYTES_MAX: u64 = 4 << 20;
/// Signals of a batch at most.
pub const BATCH_SIGNALS_MAX: usize = 2_000;
/// Seconds between heartbeats.
pub const HEARTBEAT_S: u64 = 30;
/// Seconds that an observer token holds.
pub const TOKEN_S: u64 = 600;

/// Exchanges the observer's key for a token.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    /// The key.
    pub key: Secret,
}

/// A token for one cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// To be sent as `Authorization: Bearer …`. An EdDSA-signed JWT.
    pub token: String,
    /// How long it holds.
    pub expires_in_s: u64,
}

/// What an observer says at each start, before anything else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hello {
    /// The stream that its buffer is in: 32 hexadecimal digits.
    pub stream: String,
    /// UID of `kube-system`.
    pub cluster_uid: String,
    /// The version of the API server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kubernetes: Option<String>,
    /// What it reads.
    pub profiles: Vec<Profile>,
    /// How it is.
    pub state: ObserverState,
}

/// What the platform answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Welcome {
    /// Which cluster this is.
    pub cluster: ClusterId,
    /// The number up to which the platform has this stream; 0 for nothing.
    pub acknowledged: u64,
    /// Rules of the environment.
    pub redaction: RedactionRules,
    /// The tenant's key for pseudonyms, 64 hexadecimal digits. Equal values get equal pseudonyms; it decrypts nothing.
    pub pseudonym_key: String,
}

/// Says that the observer lives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Heartbeat {
    /// The stream.
    pub stream: String,
    /// How it is.
    pub state: ObserverState,
}

/// Signals in order, without gaps but before a [`Signal::Dropped`], which tells how many numbers are skipped, its own included.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// The stream.
    pub stream: String,
    /// The signals.
    pub signals: Vec<Numbered>,
}

/// A signal with its number.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Numbered {
    /// Its number: one more than the one before, unless this is a [`Signal::Dropped`].
    pub seq: u64,
    /// The signal.
    pub signal: Signal,
}

/// One thing that an observer saw. Bodies are redacted JSON objects as the API server serves them, less what diagnosis does not need.
///
/// Tagged from outside, since a raw body cannot pass through the buffer that other tags need.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Signal {
    /// An object is as it says here.
    Object {
        /// When the observer saw it.
        at: assent_base::Timestamp,
        /// The object: `apiVersion`, `kind`, `metadata` and the rest.
        #[schemars(with = "serde_json::Value")]
        body: Box<serde_json::value::RawValue>,
    },
    /// An object is gone.
    Gone {
        /// When the observer saw it.
        at: assent_base::Timestamp,
        /// `Pod`.
        kind: String,
        /// The namespace.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        namespace: Option<String>,
        /// The name.
        name: String,
        /// Its UID: an older object of this name is not meant.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        uid: Option<String>,
    },
    /// A kind was listed whole, in one namespace or in all: an object of it whose last signal is older than the list's beginning is gone.
    Listed {
        /// When the list began.
        at: assent_base::Timestamp,
        /// `Pod`.
        kind: String,
        /// The namespace; all of them if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        namespace: Option<String>,
    },
    /// A part of a container's log, redacted.
    Log {
        /// When it was read.
        at: assent_base::Timestamp,
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
    /// Samples of a metric, as Prometheus prints a matrix or vector, with the query's name.
    Samples {
        /// When.
        at: assent_base::Timestamp,
        /// The name of the query, from the closed list in the observer's documentation.
        query: String,
        /// Prometheus's `data`.
        #[schemars(with = "serde_json::Value")]
        body: Box<serde_json::value::RawValue>,
    },
    /// Calls between services, summed over an interval.
    Calls {
        /// The interval's end.
        at: assent_base::Timestamp,
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
    /// Signals that did not fit the buffer. Their numbers are skipped but for the last of them, which this signal has.
    Dropped {
        /// When.
        at: assent_base::Timestamp,
        /// How many.
        signals: u64,
    },
}

/// What the platform now has, and what it would like to see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Acknowledged {
    /// The number up to which it has everything.
    pub acknowledged: u64,
    /// Logs of containers with findings; the observer sends those it may read. None by default.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wanted_logs: Vec<WantedLog>,
    /// Whether the platform lacks the past of this stream, and all must be listed again.
    pub list_again: bool,
}

/// A log that would help.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WantedLog {
    /// The pod's namespace.
    pub namespace: String,
    /// The pod.
    pub pod: String,
    /// The container.
    pub container: String,
    /// Whether the run before the present one is meant.
    pub previous: bool,
}
