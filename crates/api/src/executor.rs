//! What an executor and the platform say to each other, and what people do about executors.
//!
//! An executor trusts the people whose keys are pinned in its cluster, and the platform with nothing but delivery and the ledger. It
//! exchanges its key for a token as an observer does, asks for work, and tells each step before it takes it.

use assent_base::id::{ClusterId, KeyId, PlanId, TenantId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::incidents::Entity;
use crate::plans::{PlanState, RunStep};

/// Seconds that a request for work may wait for some at most.
pub const WAIT_S_MAX: u32 = 20;
/// Bytes of the file that is pinned in a cluster, at most.
pub const PINNED_BYTES_MAX: usize = 1024 * 1024;

/// Plans that a back-test of rules lists at most. All are counted.
pub const BACKTEST_LISTED_MAX: usize = 200;

/// What an executor says at each start, and when what is pinned has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExecutorHello {
    /// The UID of `kube-system`.
    pub cluster_uid: String,
    /// Its version.
    pub version: String,
    /// What is pinned in its cluster, in canonical JSON: approvers with their public keys, and rules.
    pub pinned: String,
}

/// What the platform answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExecutorWelcome {
    /// Whose cluster the platform takes it for.
    pub tenant: TenantId,
    /// Which.
    pub cluster: ClusterId,
}

/// Asks for work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AskWork {
    /// Seconds to wait for some, [`WAIT_S_MAX`] at most.
    pub wait_s: u32,
}

/// Work. All of it is asked for, and none of it is an order: an executor checks everything by what is pinned.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Work {
    /// Plans to try with a dry run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rehearse: Vec<ToRehearse>,
    /// Plans that people have assented to and that have not ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub run: Vec<ToRun>,
    /// Rejections of what runs or ran, to be taken back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<ToStop>,
}

/// A plan to try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToRehearse {
    /// Which.
    pub plan: PlanId,
    /// Its canonical JSON.
    pub bytes: String,
}

/// A plan to run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToRun {
    /// Which.
    pub plan: PlanId,
    /// Its canonical JSON.
    pub bytes: String,
    /// The warrant: the statement and the votes, in JSON.
    pub warrant: String,
}

/// A rejection of something that runs or ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToStop {
    /// Which.
    pub plan: PlanId,
    /// The vote, in JSON.
    pub vote: String,
}

/// Tells a step. The answer comes once it is on the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TellStep {
    /// The step.
    pub step: RunStep,
}

/// The step is on the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepRecorded {
    /// Its record.
    pub record: u64,
}

/// The executor of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Executor {
    /// The cluster.
    pub cluster: ClusterId,
    /// Its key.
    pub key: KeyId,
    /// When it was last heard; never if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_at: Option<assent_base::Timestamp>,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The digest of the rules that it has pinned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// What it has pinned, in canonical JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned: Option<String>,
    /// What is wrong with that, if it cannot be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unusable: Option<String>,
    /// When it was added.
    pub created_at: assent_base::Timestamp,
}

/// Adds an executor to a cluster, or gives it a new key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddExecutor {
    /// The address under which it reaches this platform; the one of this request if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
}

/// The executor, and what to apply for it. The key stands in the manifest's Secret and is shown this once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewExecutor {
    /// The executor.
    pub executor: Executor,
    /// YAML for `kubectl apply -f -`. Who may approve stands in it, with the keys that the platform knows: read it before you apply it.
    pub manifest: String,
}

/// Asks what a document would have done with the plans that are kept of a cluster, before anybody pins it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BacktestRules {
    /// The document, in YAML or JSON.
    pub pinned: String,
}

/// What a document would have done. Plans that the caller may not read are not in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RulesBacktest {
    /// The digest of its rules, as statements would name it.
    pub policy: String,
    /// Plans that were looked at.
    pub plans: u64,
    /// Those that it would not let run at all.
    pub not_allowed: u64,
    /// Those that it would put to the vote.
    pub to_the_vote: u64,
    /// Those that it would let run without votes.
    pub by_rule: u64,
    /// The last of those, newest first.
    pub listed: Vec<ByRule>,
}

/// A plan that would have run without votes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ByRule {
    /// Which.
    pub plan: PlanId,
    /// What it would have done.
    pub title: String,
    /// To what.
    pub target: Entity,
    /// When it was drawn.
    pub drawn_at: assent_base::Timestamp,
    /// The place of the rule in `auto_approve`, from 0.
    pub rule: u32,
    /// Whether the rule had opened as many as it may in the hour before, so that this one would have been refused.
    pub over_the_rate: bool,
    /// What became of it in truth.
    pub state: PlanState,
}
