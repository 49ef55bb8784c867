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
    /// Who keeps the root key.
    pub root_key: RootKey,
    /// The file of a second key that signs checkpoints.
    pub witness_key: Option<PathBuf>,
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
