//! The tenant at a glance: environments, clusters, what is open, and what today brought.

use assent_base::id::{ClusterId, EnvironmentId, IncidentId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::Criticality;
use crate::clusters::{Connection, Health};
use crate::incidents::Entity;

/// The tenant at a glance, as far as the caller may read it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Overview {
    /// When this was so.
    pub at: assent_base::Timestamp,
    /// The environments, oldest first.
    pub environments: Vec<EnvironmentOverview>,
    /// Open incidents of all clusters.
    pub open: SeverityCounts,
    /// How fast what goes wrong is understood.
    pub understanding: Understanding,
    /// What the last 24 hours brought.
    pub today: Today,
}

/// An environment at a glance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentOverview {
    /// Its id.
    pub id: EnvironmentId,
    /// Its name.
    pub name: String,
    /// How much a mistake would cost.
    pub criticality: Criticality,
    /// Open incidents of its clusters.
    pub open: SeverityCounts,
    /// Its clusters, oldest first.
    pub clusters: Vec<ClusterOverview>,
}

/// A cluster at a glance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClusterOverview {
    /// Its id.
    pub id: ClusterId,
    /// Its name.
    pub name: String,
    /// How it is, as far as facts show.
    pub health: Health,
    /// Whether facts arrive.
    pub connection: Connection,
    /// When the observer was last heard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_at: Option<assent_base::Timestamp>,
    /// Objects that are known.
    pub objects: u64,
    /// Its open incidents.
    pub open: SeverityCounts,
}

/// Incidents by how bad they are: those that are neither muted nor closed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeverityCounts {
    /// Something does not work.
    pub broken: u32,
    /// Something works worse than it should.
    pub degraded: u32,
    /// Something is worth knowing.
    pub notice: u32,
}

/// How fast what goes wrong is understood.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Understanding {
    /// The days that are looked back on.
    pub window_days: u32,
    /// Incidents that opened within them and whose cause is shown.
    pub explained: u32,
    /// Incidents that opened within them and whose cause the evidence did not show.
    pub inconclusive: u32,
    /// Seconds from opening to the first checked report with a cause, of half of the explained ones at most; absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p50_s: Option<f64>,
    /// The same, of 95 in a hundred.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p95_s: Option<f64>,
}

/// What the last 24 hours brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Today {
    /// Since when: 24 hours ago.
    pub since: assent_base::Timestamp,
    /// Incidents that opened.
    pub opened: u32,
    /// Incidents whose cause was shown first.
    pub explained: u32,
    /// Incidents that are over.
    pub resolved: u32,
    /// The latest things that happened, newest first; 20 at most.
    pub latest: Vec<OverviewItem>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OverviewItem {
    /// When.
    pub at: assent_base::Timestamp,
    /// What kind.
    pub kind: OverviewItemKind,
    /// In words. Plain text.
    pub text: String,
    /// The incident that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentId>,
    /// Where.
    pub cluster: ClusterId,
    /// What it happened to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<Entity>,
    /// Who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OverviewItemKind {
    /// An incident opened.
    Opened,
    /// Its cause is shown.
    Explained,
    /// It is over.
    Resolved,
    /// An object that it is about was changed.
    Change,
    /// Somebody did something with it.
    Act,
}
