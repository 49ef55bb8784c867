//! What the captured state alone says of a change: whether a quota, a limit range and the nodes have room for it, whether a disruption
//! budget or an autoscaler stands against it, and who owns the object and would set it back.
//!
//! What fails refuses the plan; what warns is shown to whoever decides; what is unknown says what was not captured.

use assent_evidence::Graph;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::action::Action;
use crate::observed::Object;

mod budget;
mod fit;
pub mod ownership;
mod quota;

pub(crate) use fit::left as room_left;

/// What is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// Whether the namespace's quotas have room.
    Quota,
    /// Whether limit ranges admit the amounts.
    LimitRange,
    /// Whether a node has room.
    SchedulingFit,
    /// Whether disruption budgets allow it.
    DisruptionBudget,
    /// Who owns the object.
    Ownership,
}

/// What a check says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Nothing stands against it.
    Passes,
    /// Something should be known before anybody agrees.
    Warns,
    /// It cannot work, or must not be.
    Fails,
    /// What would tell was not captured.
    Unknown,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// What was checked.
    pub about: About,
    /// What came of it.
    pub outcome: Outcome,
    /// Why, a sentence without a full stop.
    pub says: String,
}

impl Check {
    fn new(about: About, outcome: Outcome, says: impl Into<String>) -> Self {
        Self { about, outcome, says: says.into() }
    }
}

/// All checks that concern an action on an object, in a fixed order.
#[must_use]
pub fn all(graph: &Graph, object: &Object<'_>, action: &Action) -> Vec<Check> {
    let mut checks = Vec::new();
    checks.extend(quota::quota(graph, object, action));
    checks.extend(quota::limit_range(graph, object, action));
    checks.extend(fit::fit(graph, object, action));
    checks.extend(budget::budget(object, action));
    checks.push(ownership::check(object.entity));
    checks
}
