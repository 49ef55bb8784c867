//! Clusters, and the keys of their observers.

use assent_api::clusters::{ObserverState, Profile};
use assent_base::Timestamp;
use assent_base::id::{ClusterId, EnvironmentId};
use assent_identity::key::KeyRecord;
use serde::{Deserialize, Serialize};

use super::{BY_TIME, Index, document};

/// One API server that is watched.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClusterDoc {
    pub(crate) id: ClusterId,
    pub(crate) name: String,
    pub(crate) environment: EnvironmentId,
    pub(crate) profiles: Vec<Profile>,
    /// Where its observer reaches this platform.
    pub(crate) endpoint: Option<String>,
    /// None where the observer runs inside the platform.
    pub(crate) key: Option<KeyRecord>,
    /// The stream that signals come in; none before the first greeting.
    pub(crate) stream: Option<String>,
    pub(crate) cluster_uid: Option<String>,
    pub(crate) kubernetes: Option<String>,
    pub(crate) observer: Option<ObserverState>,
    pub(crate) seen_at: Option<Timestamp>,
    pub(crate) created_at: Timestamp,
}
document!(ClusterDoc = "cluster", 1, |doc| {
    let mut indexes = vec![
        Index::Order(BY_TIME, doc.created_at.as_microsecond()),
        Index::Equal("environment", doc.environment.to_string()),
        Index::Equal("name", format!("{}/{}", doc.environment, doc.name)),
    ];
    indexes.extend(doc.key.as_ref().map(|key| Index::Equal("key", key.id.to_string())));
    indexes
});
