//! A plan, for the API.

use std::collections::BTreeMap;

use assent_api::plans as words;
use assent_api::{Action, Code, Problem};
use assent_approval::ballot::Word;
use assent_approval::statement::{Assurance, Statement};
use assent_approval::vote::Proof;
use assent_base::id::AccountId;
use assent_diagnosis::report::EntityName;
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
            target: entity(&doc.target),
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
        let summary = self.plan_summary(&kept, &incident, &place, &resource);
        let plan = read(&kept.doc)?;
        let commands = assent_plan::text::commands(&plan);
        let votes = self.shown_votes(&kept.doc).await?;
        let doc = kept.doc;
        Ok(words::Plan {
            summary,
            digest: doc.digest.to_string(),
            bytes: doc.bytes,
            commands: words::Commands { rehearse: commands.rehearse, change: commands.change, undo: commands.undo },
            not_asked: doc.not_asked,
            statement: doc.statement.as_ref().map(shown_statement),
            votes,
            could_vote: Vec::new(),
            rehearsal: doc.rehearsal,
            run: doc.run,
            undo_until: doc.undo_until,
        })
    }

    async fn shown_votes(&self, doc: &PlanDoc) -> Result<Vec<words::ShownVote>, Problem> {
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
            shown.push(words::ShownVote { voter, name, round, word, reason, signed_with, at, counts: true });
        }
        Ok(shown)
    }
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

fn entity(name: &EntityName) -> assent_api::incidents::Entity {
    assent_api::incidents::Entity { kind: name.kind.clone(), namespace: name.namespace.clone(), name: name.name.clone() }
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
