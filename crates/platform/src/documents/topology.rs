//! Snapshots of the graph of a cluster.

use std::collections::BTreeMap;

use assent_base::id::ClusterId;
use assent_base::{Digest, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Index, by_time, document};

/// That there is a snapshot of an instant. Apart from the picture, so that the list of all is read fast. Both have one id.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TopologyInstantDoc {
    pub(crate) cluster: ClusterId,
    pub(crate) at: Timestamp,
    /// Of the picture: the same digest means that nothing has changed.
    pub(crate) digest: Digest,
    /// By namespace, so that each reader is told of what they may see; what is in none stands under the empty word.
    pub(crate) counts: BTreeMap<String, NodeCounts>,
}
document!(TopologyInstantDoc = "topology_instant", 1, |doc| vec![by_time(doc.at), Index::Equal("cluster", doc.cluster.to_string())]);

/// How many objects there are, and how they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NodeCounts {
    pub(crate) nodes: u32,
    pub(crate) broken: u32,
    pub(crate) degraded: u32,
}

/// The picture of an instant: JSON, deflated, in base64.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TopologyDoc {
    pub(crate) cluster: ClusterId,
    pub(crate) picture: String,
}
document!(TopologyDoc = "topology", 1, |doc| vec![Index::Equal("cluster", doc.cluster.to_string())]);
