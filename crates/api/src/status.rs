//! What anyone may know about this platform.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a part works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// As it should.
    Working,
    /// Worse than it should.
    Degraded,
    /// Not at all.
    Stopped,
}

/// The public status. It names no tenant, cluster or version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PublicStatus {
    /// The worst of the parts.
    pub level: Level,
    /// The parts.
    pub parts: Vec<Part>,
    /// The service level.
    pub objective: Objective,
    /// When this was so.
    pub at: assent_base::Timestamp,
}

/// A part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// `api`, `store`, `ledger`, `diagnosis`.
    pub name: String,
    /// How it works.
    pub level: Level,
}

/// The service level since the start, at most 30 days.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Objective {
    /// What is promised.
    pub target_percent: f64,
    /// Requests answered without fault of the platform; absent before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured_percent: Option<f64>,
    /// Requests counted.
    pub requests: u64,
}
