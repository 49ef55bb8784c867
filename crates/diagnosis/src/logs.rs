//! Says what one log line means: which of a closed list of signals it carries, and the fields it names.
//!
//! `FATAL:  sorry, too many clients already` is [`Signal::TooManyConnections`]; `dial tcp 10.0.0.1:5432: connect: connection
//! refused` is [`Signal::ConnectionRefused`] with the field `address`, from which [`target_of_fields`] makes host and port. What a
//! runtime prints is data: each [`LogRule`] stands in a table with a line as that runtime prints it, and a test that it is understood.
//!
//! A field is a named group of a pattern, and the names are a closed list ([`FIELDS`]): `host`, `port`, `address` (host and port
//! together, or the authority of a URL), `url`, `path`, `user`, `database`, `variable`, `file`, `command`, `module`, `topic`, `detail`,
//! `status`, `duration`, `unit`, `resource`, `verb`, `subject`, `name`. The user-info of a URL and what follows `password=` never
//! become part of a field.
//!
//! Units: durations are whole milliseconds. Lines are read up to [`LOG_LINE_SCAN_BYTES_MAX`] bytes.

mod duration;
mod fields;
mod matcher;
mod quiet;
mod rules;
mod signal;
mod target;

pub use duration::duration_ms;
pub use fields::FIELDS;
pub use matcher::{LogMatch, Matcher};
pub use rules::rules;
pub use signal::Signal;
pub use target::{Target, target_of, target_of_fields};

/// How much of a line is looked at. What a line means stands at its beginning; the rest is payload.
pub const LOG_LINE_SCAN_BYTES_MAX: usize = 8192;

/// The shortest time that a line may name and still count as [`Signal::SlowQuery`] or [`Signal::SlowRequest`].
pub const SLOW_MS_MIN: u64 = 1000;

/// Who prints a line in these words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each variant is the name of a product")]
pub enum Runtime {
    Go,
    Java,
    Python,
    Node,
    DotNet,
    Ruby,
    Php,
    Rust,
    /// Shells, loaders, the kernel, and the small tools that run in images.
    Shell,
    Nginx,
    Envoy,
    Haproxy,
    Apache,
    Postgres,
    /// MySQL and MariaDB.
    MySql,
    MongoDb,
    /// Redis and Valkey.
    Redis,
    Kafka,
    RabbitMq,
    /// Elasticsearch and OpenSearch.
    Elasticsearch,
    Etcd,
    Grpc,
    /// Components of Kubernetes, programs that call its API, and container runtimes.
    Kubernetes,
    CoreDns,
    /// Words that many programs share.
    Any,
}

/// One thing a runtime prints, and what it means.
#[derive(Debug)]
pub struct LogRule {
    /// The stable name, such as `postgres.too_many_connections`.
    pub id: &'static str,
    /// Who prints it.
    pub runtime: Runtime,
    /// What it means.
    pub signal: Signal,
    /// Literals in lower case: every line that the pattern matches contains at least one of them, in any case.
    pub keywords: &'static [&'static str],
    /// A regular expression, compiled case-insensitive; `(?-i:…)` where case tells. Its named groups are [`FIELDS`].
    pub pattern: &'static str,
    /// A line as the runtime prints it.
    pub example: &'static str,
    /// The fields that the example yields, all of them.
    pub expects: &'static [(&'static str, &'static str)],
}
