//! What the platform runs with.

use std::path::PathBuf;
use std::sync::Arc;

use assent_http::metrics::Counts;
use assent_identity::oidc;

use crate::root_key::RootKey;

/// What the platform runs with, besides its data folder.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// `sqlite://…` or `postgres://…`; a SQLite file in the data folder if absent.
    pub database: Option<String>,
    /// The URL under which people and observers reach the platform; that of each request if absent.
    pub public_url: Option<String>,
    /// Identity providers.
    pub providers: Vec<Provider>,
    /// The image that manifests of observers name.
    pub observer_image: String,
    /// The image that manifests of executors name.
    pub executor_image: String,
    /// The certificate authority that observers and executors shall trust, if no public one vouches for this platform.
    pub observer_ca_pem: Option<String>,
    /// Limits of the database.
    pub store_limits: assent_store::Limits,
    /// Requests that were counted, for the status page.
    pub counts: Arc<Counts>,
    /// Snapshots of the topology that are kept of each cluster.
    pub snapshots: Snapshots,
    /// Where notifications may go, and how.
    pub notify: assent_notify::Config,
    /// Sessions of command lines that were allowed in a browser.
    pub command_lines: CommandLines,
    /// Seconds between two times that everything is added up; [`ADD_UP_EVERY_S`](crate::ADD_UP_EVERY_S) if absent.
    pub add_up_every_s: Option<u32>,
    /// Who keeps the root key.
    pub root_key: RootKey,
    /// The file of a second key that signs checkpoints.
    pub witness_key: Option<PathBuf>,
    /// The NATS servers that manifests of observers name; none by default.
    pub observer_nats: Option<ObserverNats>,
}

/// NATS as observers reach it.
#[derive(Debug, Clone)]
pub struct ObserverNats {
    /// The servers, by their addresses as text.
    pub servers: Vec<(String, assent_nats::Server)>,
    /// Their own certificate authority, if no public one vouches for them.
    pub ca_pem: Option<String>,
    /// What subjects begin with.
    pub subject_prefix: String,
}

impl ObserverNats {
    /// What the manifest of this cluster's observer says. Its inbox is its own: who may subscribe to it sees no other's.
    pub(crate) fn of_cluster(&self, cluster: assent_base::id::ClusterId) -> assent_observe::manifest::Nats {
        let server = |(url, server): &(String, assent_nats::Server)| assent_observe::manifest::NatsServer {
            url: url.clone(),
            host: server.host().to_owned(),
            port: server.port(),
        };
        assent_observe::manifest::Nats {
            servers: self.servers.iter().map(server).collect(),
            ca_pem: self.ca_pem.clone(),
            subject_prefix: self.subject_prefix.clone(),
            inbox_prefix: format!("{}_{cluster}", assent_envelope::subject::INBOX),
        }
    }
}

/// An identity provider, and whose people it vouches for.
#[derive(Debug, Clone)]
pub struct Provider {
    /// What the button says; in the path of the callback.
    pub name: String,
    /// How it is reached.
    pub config: oidc::Config,
    /// The name or the id of the tenant that its people belong to; the one that runs the installation if absent.
    pub tenant: Option<String>,
}

/// Seconds that a command line's session lasts unused: half a day, as a browser's.
pub const COMMAND_LINE_IDLE_S: u64 = 12 * 3_600;
/// Seconds that a command line's session lasts at all: a week, as a browser's.
pub const COMMAND_LINE_ABSOLUTE_S: u64 = 7 * 86_400;
/// Seconds after a sign-in in a browser within which it may let a command line in: an hour.
pub const COMMAND_LINE_SIGN_IN_WITHIN_S: u64 = 3_600;

/// Sessions of command lines that were allowed in a browser. [`CommandLines::default`] takes the constants beside it.
#[derive(Debug, Clone)]
pub struct CommandLines {
    /// Seconds that one lasts unused.
    pub idle_s: u64,
    /// Seconds that one lasts at all.
    pub absolute_s: u64,
    /// Seconds after a sign-in in a browser within which it may let a command line in.
    pub sign_in_within_s: u64,
}

impl Default for CommandLines {
    fn default() -> Self {
        Self { idle_s: COMMAND_LINE_IDLE_S, absolute_s: COMMAND_LINE_ABSOLUTE_S, sign_in_within_s: COMMAND_LINE_SIGN_IN_WITHIN_S }
    }
}

/// Seconds between two snapshots of a cluster's topology at least.
pub const SNAPSHOT_EVERY_S: u32 = 60;
/// Seconds that a snapshot is kept: a day.
pub const SNAPSHOT_KEEP_S: u32 = 86_400;
/// Snapshots of one cluster at most.
pub const SNAPSHOTS_MAX: usize = 288;

/// Snapshots of the topology that are kept of each cluster. [`Snapshots::default`] takes the constants beside it.
#[derive(Debug, Clone)]
pub struct Snapshots {
    /// Seconds between two at least.
    pub every_s: u32,
    /// Seconds that one is kept. The newest is kept until there is a newer one.
    pub keep_s: u32,
    /// So many at most, and no fewer than two.
    pub count_max: usize,
}

impl Default for Snapshots {
    fn default() -> Self {
        Self { every_s: SNAPSHOT_EVERY_S, keep_s: SNAPSHOT_KEEP_S, count_max: SNAPSHOTS_MAX }
    }
}
