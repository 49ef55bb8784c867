//! Plans, what was said of them, what became of them; executors; and the SSH keys that people sign with.

use std::collections::BTreeSet;

use assent_api::plans::{Author, Outcome, PlanState, Rehearsal, Risk, RunStep};
use assent_approval::sshsig::SshKey;
use assent_approval::statement::Statement;
use assent_approval::vote::Vote;
use assent_base::id::{AccountId, ClusterId, IncidentId, PlanId, SshKeyId};
use assent_base::{Digest, Timestamp};
use assent_diagnosis::report::EntityName;
use assent_identity::key::KeyRecord;
use assent_plan::PlanDigest;
use serde::{Deserialize, Serialize};

use super::{Index, by_time, document};

/// A vote that held when it came in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeptVote {
    pub(crate) vote: Vote,
    pub(crate) at: Timestamp,
}

/// Where a step of a run is on the ledger, and what was said, before anything in it was redacted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StepRecord {
    pub(crate) record: u64,
    pub(crate) said: Digest,
}

/// A plan, and all that is kept of it. Its environment is its cluster's, which can be moved.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanDoc {
    pub(crate) id: PlanId,
    pub(crate) incident: IncidentId,
    pub(crate) cluster: ClusterId,
    /// All that the plan names; none where it names something that is in no namespace.
    pub(crate) namespaces: BTreeSet<String>,
    /// The canonical bytes of [`assent_plan::Plan`]: what is signed.
    pub(crate) bytes: String,
    /// Their digest.
    pub(crate) digest: PlanDigest,
    /// What it rests on: cause and faulty object.
    pub(crate) cause: String,
    pub(crate) faulty: EntityName,
    /// What it changes.
    pub(crate) target: EntityName,
    /// The same for plans that would change the same in the same way, whenever they were drawn.
    pub(crate) likeness: Digest,
    /// The word of the catalogue.
    pub(crate) action: String,
    pub(crate) title: String,
    pub(crate) risk: Risk,
    pub(crate) confidence_percent: u8,
    pub(crate) state: PlanState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) detail: Option<String>,
    pub(crate) proposed_by: Author,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) author: Option<AccountId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) adapted_from: Option<PlanId>,
    /// Everybody who had a hand in it: its author, and the authors of what it was adapted from.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) authors: BTreeSet<AccountId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) assignee: Option<AccountId>,
    /// Why nobody is asked, when nobody is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) not_asked: Option<String>,
    /// What people are asked to assent to, when they are. It names the digest of the rules that were pinned then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) statement: Option<Statement>,
    /// Whether what is pinned approves it without votes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) by_rule: bool,
    /// What was said before it began, oldest first: as [`assent_approval::change::Record`] has it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) votes: Vec<KeptVote>,
    /// Rejections after enough had said yes, for the executor.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) stops: Vec<KeptVote>,
    /// People whose yes counted when something was last said.
    #[serde(default)]
    pub(crate) approvals: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rehearsal: Option<Rehearsal>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) run: Vec<RunStep>,
    /// What tells each of these steps when it is told again, in the same order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) run_records: Vec<StepRecord>,
    /// Until when a signed rejection takes back what was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) undo_until: Option<Timestamp>,
    /// Its place among the plans of its incident, from 1.
    pub(crate) rank: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rank_reason: Option<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}
document!(PlanDoc = "plan", 1, |doc| {
    let mut indexes = vec![
        by_time(doc.updated_at),
        Index::Equal("incident", doc.incident.to_string()),
        Index::Equal("cluster", doc.cluster.to_string()),
        Index::Equal("state", word_of(doc.state)),
    ];
    indexes.extend(doc.is_open().then(|| Index::Equal("open", doc.cluster.to_string())));
    indexes.extend(doc.is_to_be_stopped().then(|| Index::Equal("stop", doc.cluster.to_string())));
    indexes
});

/// A state as the API and the index have it.
pub(crate) fn word_of(state: PlanState) -> String {
    let word = match state {
        PlanState::Advice => "advice",
        PlanState::Awaiting => "awaiting",
        PlanState::Approved => "approved",
        PlanState::Running => "running",
        PlanState::Verified => "verified",
        PlanState::Partial => "partial",
        PlanState::Reverted => "reverted",
        PlanState::Failed => "failed",
        PlanState::Refused => "refused",
        PlanState::Rejected => "rejected",
        PlanState::Expired => "expired",
        PlanState::Superseded => "superseded",
    };
    word.to_owned()
}

impl PlanDoc {
    /// Whether something can still become of it.
    pub(crate) fn is_open(&self) -> bool {
        match self.state {
            PlanState::Advice | PlanState::Awaiting | PlanState::Approved | PlanState::Running => true,
            PlanState::Verified
            | PlanState::Partial
            | PlanState::Reverted
            | PlanState::Failed
            | PlanState::Refused
            | PlanState::Rejected
            | PlanState::Expired
            | PlanState::Superseded => false,
        }
    }

    /// Whether somebody has said no to what runs or ran, and it is not taken back yet.
    pub(crate) fn is_to_be_stopped(&self) -> bool {
        use PlanState::{Approved, Partial, Rejected, Running, Verified};
        !self.stops.is_empty() && matches!(self.state, Approved | Rejected | Running | Verified | Partial)
    }

    /// Where it stands as of now: time passes without anybody writing it down.
    pub(crate) fn state_at(&self, now: Timestamp) -> PlanState {
        match self.state {
            PlanState::Advice | PlanState::Awaiting | PlanState::Approved if now >= self.expires_at => PlanState::Expired,
            state => state,
        }
    }
}

/// What lets plans run in a cluster, under the cluster's id.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExecutorDoc {
    pub(crate) cluster: ClusterId,
    pub(crate) key: KeyRecord,
    pub(crate) created_at: Timestamp,
    pub(crate) created_by: String,
    /// Where it reaches this platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) endpoint: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) seen_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<String>,
    /// What it has pinned, in canonical JSON, as it said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pinned: Option<String>,
    /// The digest of the rules in that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) policy: Option<Digest>,
    /// What is wrong with that, if it cannot be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) unusable: Option<String>,
}
document!(ExecutorDoc = "executor", 1, |doc| vec![by_time(doc.created_at), Index::Equal("key", doc.key.id.to_string())]);

/// An SSH key of somebody's, under the digest of the key: so it is one person's in a tenant.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SshKeyDoc {
    pub(crate) id: SshKeyId,
    pub(crate) account: AccountId,
    pub(crate) name: String,
    pub(crate) key: SshKey,
    pub(crate) created_at: Timestamp,
}
document!(SshKeyDoc = "ssh_key", 1, |doc| vec![by_time(doc.created_at), Index::Equal("account", doc.account.to_string())]);

/// What came of proposing one action for one cause on one object, under the digest of these and the cluster.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OutcomeDoc {
    pub(crate) cluster: ClusterId,
    pub(crate) cause: String,
    pub(crate) target: EntityName,
    pub(crate) action: String,
    #[serde(default)]
    pub(crate) verified: u32,
    #[serde(default)]
    pub(crate) partial: u32,
    #[serde(default)]
    pub(crate) reverted: u32,
    #[serde(default)]
    pub(crate) failed: u32,
    #[serde(default)]
    pub(crate) rejected: u32,
    /// How the latest run ended; none where nothing ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) latest: Option<Outcome>,
    pub(crate) at: Timestamp,
}
document!(OutcomeDoc = "outcome", 1, |doc| vec![by_time(doc.at), Index::Equal("cluster", doc.cluster.to_string())]);
