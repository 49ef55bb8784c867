//! A plan, for the API.

use std::collections::{BTreeMap, BTreeSet};

use assent_api::plans as words;
use assent_api::{Action, Code, Problem};
use assent_approval::ballot::Word;
use assent_approval::change::Change;
use assent_approval::statement::{Assurance, Statement};
use assent_approval::vote::Proof;
use assent_base::id::AccountId;
use assent_incidents::Incident;
use assent_policy::{Principal, Resource};
use assent_store::Kept;

use super::OpenPlan;
use crate::desk::Desk;
use crate::documents::{AccountDoc, KeptVote, PlanDoc};
use crate::incidents::Place;
use crate::problem_of::ProblemOf;

impl Desk<'_> {
    /// The person who calls; none if a machine does.
    pub(crate) fn account(&self) -> Option<AccountId> {
        match self.principal() {
            Principal::Account(account) => Some(account),
            Principal::Key(_) => None,
        }
    }

    /// A plan as a list shows it.
    pub(crate) fn plan_summary(&self, kept: &Kept<PlanDoc>, incident: &Incident, place: &Place, resource: &Resource) -> words::PlanSummary {
        let doc = &kept.doc;
        let state = doc.state_at(self.now);
        let me = self.account();
        let may_vote =
            state == words::PlanState::Awaiting && me.is_some_and(|me| !doc.authors.contains(&me)) && self.may(Action::PlanVote, resource);
        let last = doc.votes.iter().rev().find(|kept| Some(kept.vote.voter) == me).map(|kept| word_kind(&kept.vote.word));
        words::PlanSummary {
            id: doc.id,
            incident: doc.incident,
            incident_title: incident.title.clone(),
            cluster: doc.cluster,
            cluster_name: place.name.clone(),
            environment: place.environment,
            target: crate::incidents::entity(&doc.target),
            action: doc.action.clone(),
            title: doc.title.clone(),
            risk: doc.risk,
            confidence_percent: doc.confidence_percent,
            state,
            detail: doc.detail.clone(),
            proposed_by: doc.proposed_by,
            author: doc.author,
            adapted_from: doc.adapted_from,
            assignee: doc.assignee,
            quorum: doc.statement.as_ref().map(|statement| statement.fields().terms.quorum),
            approvals: doc.approvals,
            may_vote,
            my_word: last.filter(|word| *word != words::WordKind::Withdraw),
            rank: doc.rank,
            rank_reason: doc.rank_reason.clone(),
            created_at: doc.created_at,
            expires_at: doc.expires_at,
            updated_at: doc.updated_at,
            version: kept.version,
        }
    }

    /// A plan whole.
    pub(super) async fn show_plan(&self, open: OpenPlan) -> Result<words::Plan, Problem> {
        let OpenPlan { kept, incident, place, resource } = open;
        let mut summary = self.plan_summary(&kept, &incident, &place, &resource);
        let plan = read(&kept.doc)?;
        let commands = assent_plan::text::commands(&plan);
        let asked = self.asked(&kept.doc, &resource).await?;
        if let Some(counting) = &asked.counting {
            summary.approvals = u8::try_from(counting.len()).unwrap_or(u8::MAX);
        }
        let votes = self.shown_votes(&kept.doc, asked.counting.as_ref()).await?;
        let doc = kept.doc;
        Ok(words::Plan {
            summary,
            digest: doc.digest.to_string(),
            bytes: doc.bytes,
            commands: words::Commands { rehearse: commands.rehearse, change: commands.change, undo: commands.undo },
            not_asked: doc.not_asked,
            statement: doc.statement.as_ref().map(shown_statement),
            votes,
            could_vote: asked.could_vote,
            rehearsal: doc.rehearsal,
            run: doc.run,
            undo_until: doc.undo_until,
        })
    }

    /// Who could vote on a plan, and whose yes counts by the keys that hold now, while people are asked.
    async fn asked(&self, doc: &PlanDoc, resource: &Resource) -> Result<Asked, Problem> {
        let open = matches!(doc.state_at(self.now), words::PlanState::Awaiting | words::PlanState::Approved);
        let Some(Ok(installed)) = (if open { Some(self.plane.installed(&self.tenant, doc.cluster).await?) } else { None }) else {
            return Ok(Asked { counting: None, could_vote: Vec::new() });
        };
        let keyring = self.plane.keyring(&self.tenant, resource, &installed).await?;
        let counting = match doc.recalled(&keyring, self.now) {
            Some(Ok(Change::Awaiting(awaiting))) => awaiting.approvers().collect(),
            Some(Ok(Change::Approved(approved))) => approved.approvers().collect(),
            Some(Ok(Change::Rejected(_) | Change::Expired(_)) | Err(_)) | None => BTreeSet::new(),
        };
        let awaits = doc.state_at(self.now) == words::PlanState::Awaiting;
        let mut could_vote = if awaits { self.plane.voters(&self.tenant, doc, resource, &keyring).await? } else { Vec::new() };
        could_vote.retain(|voter| !counting.contains(&voter.account));
        Ok(Asked { counting: Some(counting), could_vote })
    }

    async fn shown_votes(&self, doc: &PlanDoc, counting: Option<&BTreeSet<AccountId>>) -> Result<Vec<words::ShownVote>, Problem> {
        let mut names: BTreeMap<AccountId, String> = BTreeMap::new();
        let mut shown = Vec::new();
        let later: Vec<&KeptVote> = doc.stops.iter().filter(|stop| !doc.votes.contains(stop)).collect();
        for kept in doc.votes.iter().chain(later) {
            let voter = kept.vote.voter;
            if let std::collections::btree_map::Entry::Vacant(free) = names.entry(voter) {
                let account = self.tenant.get::<AccountDoc>(&voter.to_string()).await.map_err(Problem::from_store)?;
                free.insert(account.map_or_else(|| "somebody who is no member any more".to_owned(), |kept| kept.doc.name));
            }
            let (word, reason) = match &kept.vote.word {
                Word::Reject { reason } => (words::WordKind::Reject, Some(reason.clone())),
                other => (word_kind(other), None),
            };
            let signed_with = match kept.vote.proof {
                Proof::Passkey { .. } => words::SignedWith::Passkey,
                Proof::Ssh { .. } => words::SignedWith::Ssh,
            };
            let (round, at, name) = (kept.vote.round, kept.at, names.get(&voter).cloned().unwrap_or_default());
            let counts = is_last(doc, kept)
                && match word {
                    words::WordKind::Approve => counting.is_none_or(|counting| counting.contains(&voter)),
                    words::WordKind::Reject => true,
                    words::WordKind::Withdraw => false,
                };
            shown.push(words::ShownVote { voter, name, round, word, reason, signed_with, at, counts });
        }
        Ok(shown)
    }
}

/// What is known of a vote that goes on.
struct Asked {
    /// Whose yes counts; none where nobody is asked any more.
    counting: Option<BTreeSet<AccountId>>,
    could_vote: Vec<words::Voter>,
}

/// Whether it is its voter's last word.
fn is_last(doc: &PlanDoc, kept: &KeptVote) -> bool {
    let later = |other: &KeptVote| other.vote.voter == kept.vote.voter && other.vote.round > kept.vote.round;
    !doc.votes.iter().chain(&doc.stops).any(later)
}

/// The plan that a document holds. What is kept was drawn by us, so one that does not read is damaged.
pub(crate) fn read(doc: &PlanDoc) -> Result<assent_plan::Plan, Problem> {
    assent_plan::Plan::parse(doc.bytes.as_bytes()).map_err(|_| Problem::new(Code::Corrupt, "the kept plan cannot be read"))
}

pub(crate) fn word_kind(word: &Word) -> words::WordKind {
    match word {
        Word::Approve => words::WordKind::Approve,
        Word::Reject { .. } => words::WordKind::Reject,
        Word::Withdraw => words::WordKind::Withdraw,
    }
}

fn shown_statement(statement: &Statement) -> words::Statement {
    let fields = statement.fields();
    let assurance = match fields.terms.assurance {
        Assurance::Held => words::Assurance::Held,
        Assurance::Touched => words::Assurance::Touched,
        Assurance::Verified => words::Assurance::Verified,
    };
    words::Statement {
        fields: words::StatementFields {
            tenant: fields.tenant,
            cluster: fields.cluster,
            cluster_uid: fields.cluster_uid.to_string(),
            plan: fields.plan.to_string(),
            policy: fields.policy.to_string(),
            evidence: fields.evidence.to_string(),
            authors: fields.authors.iter().copied().collect(),
            quorum: fields.terms.quorum,
            assurance,
            issued_at: fields.issued_at,
            expires_at: fields.expires_at,
            nonce: fields.nonce.to_string(),
        },
        text: statement.to_string(),
    }
}
