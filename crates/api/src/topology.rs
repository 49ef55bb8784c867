//! The graph of a cluster, now and as it was.

use assent_base::id::{ClusterId, IncidentId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clusters::Health;

/// Nodes of one answer at most. Of more, ill ones are kept first.
pub const TOPOLOGY_NODES_MAX: usize = 20_000;

/// Who is there, how they are, and who depends on whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Topology {
    /// Of which cluster.
    pub cluster: ClusterId,
    /// The instant that is shown.
    pub at: assent_base::Timestamp,
    /// Whether this is how things are now, and not a kept snapshot.
    pub live: bool,
    /// The objects.
    pub nodes: Vec<TopologyNode>,
    /// The ties between them.
    pub edges: Vec<TopologyEdge>,
    /// Objects that did not fit.
    pub left_out: u32,
}

/// One object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TopologyNode {
    /// `Deployment`.
    pub kind: String,
    /// The namespace; absent for cluster-scoped objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
    /// How it is.
    pub health: Health,
    /// Its state in a few words: `2 of 3 ready`. Plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Who owns it: a place in `nodes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<u32>,
    /// Incidents that it is part of, live then; none by default.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub incidents: Vec<IncidentId>,
}

/// `from` depends on `to`: when `to` fails, `from` is concerned, and so is everything that leads to `from`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TopologyEdge {
    /// A place in `nodes`.
    pub from: u32,
    /// A place in `nodes`.
    pub to: u32,
    /// How they are tied: `runs on`.
    pub kind: String,
}

/// Which part of the graph, and when. Every field narrows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TopologyQuery {
    /// Only this namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Only what the report of this incident names, and what is within two ties of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentId>,
    /// As it was in the newest snapshot that is not after this; as it is now if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<assent_base::Timestamp>,
}

/// The instants that snapshots of a cluster's graph are kept of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TopologyInstants {
    /// Oldest first.
    pub instants: Vec<TopologyInstant>,
}

/// One snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TopologyInstant {
    /// When it was taken.
    pub at: assent_base::Timestamp,
    /// Objects.
    pub nodes: u32,
    /// Those that are broken.
    pub broken: u32,
    /// Those that are degraded.
    pub degraded: u32,
}
