//! Policies of a tenant, and what they would decide.

use assent_base::id::{EnvironmentId, PolicyId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::{Action, Criticality};
use crate::accounts::Grant;

/// Cedar text with a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Its id.
    pub id: PolicyId,
    /// Its name.
    pub name: String,
    /// Cedar.
    pub text: String,
    /// Whether it counts.
    pub enabled: bool,
    /// When it last changed.
    pub updated_at: assent_base::Timestamp,
    /// By whom.
    pub updated_by: String,
    /// Counts changes; the `ETag`.
    pub version: u64,
}

/// A new policy, or a new text. It is checked against the schema before it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PutPolicy {
    /// Its name.
    pub name: String,
    /// Cedar.
    pub text: String,
    /// Whether it counts.
    pub enabled: bool,
}

/// One policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyPath {
    /// Its id.
    pub policy: PolicyId,
}

/// Who asks to do what, where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// What the caller is granted.
    pub grants: Vec<Grant>,
    /// What they ask to do.
    pub action: Action,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<EnvironmentId>,
    /// How critical that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criticality: Option<Criticality>,
    /// In which namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

/// What policy decides, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Whether they may.
    pub permitted: bool,
    /// The policies that decided.
    pub reasons: Vec<String>,
    /// What could not be evaluated; any error refuses. None by default.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<String>,
}

/// Asks what a text would decide, without keeping it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestPolicy {
    /// Cedar, in place of what is kept; the kept policies if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The question.
    pub question: Question,
}

/// Asks what a text would have decided about what was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BacktestPolicy {
    /// Cedar, added to what is kept.
    pub text: String,
    /// Since when; a week if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<assent_base::Timestamp>,
}

/// What would have been different.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Backtest {
    /// Decisions on the ledger that were asked again.
    pub examined: u64,
    /// Those that were permitted and would be refused.
    pub would_refuse: u64,
    /// Those that were refused and would be permitted.
    pub would_permit: u64,
    /// Those that would be different: the newest 1,000 of them.
    pub changed: Vec<Changed>,
    /// Those whose question the ledger does not hold.
    pub unexamined: u64,
}

/// A decision that would be different.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Changed {
    /// Its record.
    pub index: u64,
    /// Who asked.
    pub actor: String,
    /// What.
    pub action: String,
    /// Whether it was permitted.
    pub was: bool,
    /// Whether it would be.
    pub would_be: bool,
}
