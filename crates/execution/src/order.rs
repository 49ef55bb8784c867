//! What an executor was asked to do, once it has convinced itself that it may.
//!
//! [`Order::accept`] is the only way from bytes of the control plane to an order: the plan is read, its digest computed, and the warrant held
//! against what is pinned. Nothing that the control plane says is believed on the way.

use std::collections::BTreeSet;

use assent_api::executor::ToRun;
use assent_approval::ballot::Word;
use assent_approval::statement::{ClusterUid, Nonce, Statement};
use assent_approval::vote::{BadVote, Vote};
use assent_approval::warrant::{Expected, Warrant, WarrantRefused};
use assent_base::Timestamp;
use assent_base::id::{AccountId, PlanId};
use assent_plan::plan::{BadPlan, Plan, Scope};

use crate::impersonated::Impersonated;
use crate::pinned::Pinned;
use crate::rules::NotAllowed;

/// Seconds over which runs without votes are counted.
pub const AUTO_WINDOW_S: i64 = 3_600;

/// What an executor knows by itself.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// What is pinned in its cluster.
    pub pinned: &'a Pinned,
    /// The UID that it has read there.
    pub cluster_uid: &'a ClusterUid,
    /// What it has used, and what is not over.
    pub used: &'a BTreeSet<Nonce>,
    /// The rules, by their places, by which runs without votes were opened within [`AUTO_WINDOW_S`].
    pub opened_by_rule: &'a [usize],
}

/// Something that may be done once, and as whom.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    pub(crate) id: PlanId,
    pub(crate) plan: Plan,
    pub(crate) warrant: Warrant,
    pub(crate) accepted: Accepted,
}

/// What the journal keeps of an order, beside when.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    /// Which plan the control plane calls it.
    pub id: PlanId,
    /// The plan's bytes.
    pub bytes: String,
    /// The warrant, in JSON.
    pub warrant: String,
    /// Who said yes, by id; nobody where a rule did.
    pub approvers: Vec<AccountId>,
    /// The rule that opened it without votes, by its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<usize>,
    /// Whom the API server is asked as: each for the rehearsal, the first for the change.
    pub users: Vec<Impersonated>,
    /// Seconds that what follows is watched.
    pub verify_s: u32,
    /// Seconds after its end in which it is taken back.
    pub undo_s: u32,
}

/// Why something is not done. Nothing was tried.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The bytes are no plan.
    #[error("the plan: {0}")]
    Plan(#[from] BadPlan),
    /// A plan for another tenant or cluster, or for none.
    #[error("the plan is for another cluster")]
    Elsewhere,
    /// The plan's time is over.
    #[error("the plan's time is over")]
    Over,
    /// The rules do not allow it.
    #[error("{0}")]
    Rules(#[from] NotAllowed),
    /// The warrant does not hold.
    #[error("the warrant: {0}")]
    Warrant(#[from] WarrantRefused),
    /// The rule that would let it run without votes has done so often enough.
    #[error("the rule that approves it by itself has done so {0} times within the hour")]
    Often(u32),
    /// An approver who is nobody here. What is pinned does not allow that.
    #[error("{0} is nobody in this cluster")]
    Nobody(AccountId),
}

impl Order {
    /// Convinces itself that a plan may run.
    ///
    /// # Errors
    /// With the first reason why not.
    pub fn accept(offer: &ToRun, known: &Known<'_>, now: Timestamp) -> Result<Self, Refusal> {
        let plan = Plan::parse(offer.bytes.as_bytes())?;
        let warrant = Warrant::parse(offer.warrant.as_bytes())?;
        let (approvers, rule, users) = authority(&plan, &warrant, known, now)?;
        let rules = &known.pinned.rules;
        let accepted = Accepted {
            id: offer.plan,
            bytes: offer.bytes.clone(),
            warrant: offer.warrant.clone(),
            approvers: approvers.into_iter().collect(),
            rule,
            users,
            verify_s: rules.verify_s,
            undo_s: rules.undo_s,
        };
        Ok(Self { id: offer.plan, plan, warrant, accepted })
    }

    /// An order that was accepted before, of what the journal kept. Whether it still holds is asked again before anything is written.
    ///
    /// # Errors
    /// When what was kept cannot be read.
    pub fn recall(accepted: Accepted) -> Result<Self, Refusal> {
        let plan = Plan::parse(accepted.bytes.as_bytes())?;
        let warrant = Warrant::parse(accepted.warrant.as_bytes())?;
        if accepted.users.is_empty() || warrant.statement.fields().plan != *plan.digest()?.digest() {
            return Err(Refusal::Elsewhere);
        }
        Ok(Self { id: accepted.id, plan, warrant, accepted })
    }

    /// Convinces itself anew, just before a change is made: a key may have been revoked since, or the rules changed.
    ///
    /// # Errors
    /// With the first reason why it may not be done any more.
    pub fn still_holds(&self, pinned: &Pinned, cluster_uid: &ClusterUid, now: Timestamp) -> Result<(), Refusal> {
        let known = Known { pinned, cluster_uid, used: &BTreeSet::new(), opened_by_rule: &[] };
        let (_, rule, users) = authority(&self.plan, &self.warrant, &known, now)?;
        // Who approved then and has another user now is asked as nobody knows whom.
        if users != self.accepted.users || rule.is_some() != self.accepted.rule.is_some() {
            return Err(Refusal::Elsewhere);
        }
        Ok(())
    }

    /// Whether a vote stops it: a rejection of its statement by somebody who may vote here.
    ///
    /// # Errors
    /// When it does not, with the reason.
    pub fn stopped_by(&self, vote: &Vote, pinned: &Pinned, now: Timestamp) -> Result<String, BadVote> {
        let checked = vote.check(self.statement(), pinned.keyring(), now)?;
        match &checked.vote().word {
            Word::Reject { reason } => Ok(reason.clone()),
            Word::Approve | Word::Withdraw => Err(BadVote::BadReason),
        }
    }

    /// Which plan the control plane calls it.
    #[must_use]
    pub const fn id(&self) -> PlanId {
        self.id
    }

    /// The plan.
    #[must_use]
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What was assented to.
    #[must_use]
    pub const fn statement(&self) -> &Statement {
        &self.warrant.statement
    }

    /// What tells it from every other.
    #[must_use]
    pub fn nonce(&self) -> Nonce {
        self.statement().fields().nonce
    }

    /// What is kept of it.
    #[must_use]
    pub const fn accepted(&self) -> &Accepted {
        &self.accepted
    }

    /// Whether its time is over: the plan's or the statement's, whichever ends first.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.statement().is_over(now) || now >= self.plan.expires_at
    }
}

type Authority = (BTreeSet<AccountId>, Option<usize>, Vec<Impersonated>);

/// Who says that this plan may run, and whom the API server is asked as.
fn authority(plan: &Plan, warrant: &Warrant, known: &Known<'_>, now: Timestamp) -> Result<Authority, Refusal> {
    let Known { pinned, cluster_uid, used, opened_by_rule } = *known;
    match &plan.scope {
        Scope::Cluster { tenant, cluster, cluster_uid: uid }
            if (*tenant, *cluster) == (pinned.tenant, pinned.cluster) && *uid == cluster_uid.to_string() => {}
        Scope::Cluster { .. } | Scope::Input {} => return Err(Refusal::Elsewhere),
    }
    let floor = pinned.rules.terms(plan)?;
    let policies = BTreeSet::from([*pinned.policy_digest()]);
    let expected = Expected {
        tenant: pinned.tenant,
        cluster: pinned.cluster,
        cluster_uid,
        plan: *plan.digest()?.digest(),
        policies: &policies,
        floor,
        used,
    };
    let authority = match pinned.rules.auto_approves(plan) {
        Some((place, rule)) if warrant.votes.is_empty() => {
            warrant.stands(&expected, now)?;
            let often = opened_by_rule.iter().filter(|own| **own == place).count();
            if often >= usize::try_from(rule.per_hour_max).unwrap_or(0) {
                return Err(Refusal::Often(rule.per_hour_max));
            }
            (BTreeSet::new(), Some(place), vec![rule.run_as.clone()])
        }
        _ => {
            let leave = warrant.clone().verify(&expected, pinned.keyring(), now)?;
            let user = |account: &AccountId| pinned.approver(*account).map(|own| own.impersonated()).ok_or(Refusal::Nobody(*account));
            let users = leave.approvers().iter().map(user).collect::<Result<Vec<_>, _>>()?;
            (leave.approvers().clone(), None, users)
        }
    };
    if now >= plan.expires_at { Err(Refusal::Over) } else { Ok(authority) }
}
