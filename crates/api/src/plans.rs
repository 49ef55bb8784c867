//! Plans: what may be changed, who assents, and what became of it.
//!
//! A plan is bytes ([`Plan::bytes`]) with a digest, and people sign a ballot that names the digest. A reader who signs computes both anew: the
//! digest is SHA-256 over the length-prefixed words `assent plan v1` and the bytes, and [`Statement::text`] is a line of each field of
//! [`Statement::fields`]. What else stands here is for orientation, and nobody signs it.

use assent_base::id::{AccountId, ClusterId, EnvironmentId, IncidentId, PlanId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::incidents::Entity;

/// Where a plan stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlanState {
    /// To be followed by hand: nothing runs plans in its cluster, or something that binds it is missing.
    Advice,
    /// People are asked.
    Awaiting,
    /// Enough people have said yes, and the executor has not begun.
    Approved,
    /// The executor has recorded its intent.
    Running,
    /// It was applied, and did what it should.
    Verified,
    /// It was applied, and did some of what it should; nobody has undone it.
    Partial,
    /// It was applied, and taken back.
    Reverted,
    /// It was applied, or may have been, and neither held nor was taken back.
    Failed,
    /// The executor or the API server refused it. Nothing was changed.
    Refused,
    /// Somebody said no.
    Rejected,
    /// Its time was over before enough had said yes, or before it ran.
    Expired,
    /// The cluster has moved on, or a better plan took its place, before anybody could run it.
    Superseded,
}

/// Who proposed a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// The remedies of the catalogue.
    Engine,
    /// A model.
    Model,
    /// A person.
    Person,
}

/// How much can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// Nothing that runs well is touched.
    Low,
    /// Pods are replaced, or traffic moves.
    Medium,
    /// What still works may stop, or much depends on it.
    High,
    /// Outside of what the catalogue knows: a custom patch.
    Exceptional,
}

/// How sure a signature makes us that its owner was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Assurance {
    /// Somebody, or some program, had the key.
    Held,
    /// Somebody touched the device that has the key.
    Touched,
    /// The device that has the key knew who touched it. Passkeys always say this.
    Verified,
}

/// A plan as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanSummary {
    /// Its id.
    pub id: PlanId,
    /// The incident that it would end.
    pub incident: IncidentId,
    /// The incident's title.
    pub incident_title: String,
    /// Where.
    pub cluster: ClusterId,
    /// The cluster's name.
    pub cluster_name: String,
    /// The environment.
    pub environment: EnvironmentId,
    /// The object that it changes.
    pub target: Entity,
    /// The action, by its word of the catalogue: `roll_back`.
    pub action: String,
    /// What it does, in a few words: `roll back to revision 6`.
    pub title: String,
    /// How much can go wrong.
    pub risk: Risk,
    /// How sure it is that this is the right fix.
    pub confidence_percent: u8,
    /// Where it stands.
    pub state: PlanState,
    /// Why it stands there, when it did not end well: `the Deployment's generation is 8, and was 7`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Who proposed it.
    pub proposed_by: Author,
    /// The person who proposed or adapted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<AccountId>,
    /// The plan that it was adapted from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adapted_from: Option<PlanId>,
    /// Who has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<AccountId>,
    /// People who must say yes; absent of advice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quorum: Option<u8>,
    /// People who have said yes, and whose yes counts.
    pub approvals: u8,
    /// Whether policy lets the caller vote on it now.
    pub may_vote: bool,
    /// What the caller has said, if anything that stands: `approve` or `reject`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub my_word: Option<WordKind>,
    /// Its place among the plans of its incident, from 1.
    pub rank: u32,
    /// Why earlier outcomes moved it up or down: `worked 2 times for this cause on Deployment shop/checkout`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank_reason: Option<String>,
    /// When it was drawn.
    pub created_at: assent_base::Timestamp,
    /// When its time is over.
    pub expires_at: assent_base::Timestamp,
    /// When it last changed.
    pub updated_at: assent_base::Timestamp,
    /// Counts changes; the `ETag`.
    pub version: u64,
}

/// A plan whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// What a list shows.
    pub summary: PlanSummary,
    /// The plan's canonical JSON, as `docs/plan.schema.json` describes it: the very bytes that the digest covers.
    pub bytes: String,
    /// The digest of those bytes: `sha256:…`, as a statement names it.
    pub digest: String,
    /// The commands that do the same by hand.
    pub commands: Commands,
    /// Why nobody is asked, when nobody is: `no executor is installed in this cluster`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_asked: Option<String>,
    /// What people are asked to assent to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<Statement>,
    /// What was said, oldest first. Each word counts only as far as its state says.
    pub votes: Vec<ShownVote>,
    /// Who else could vote; none unless it awaits votes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub could_vote: Vec<Voter>,
    /// What a dry run of it came to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rehearsal: Option<Rehearsal>,
    /// What the executor did, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub run: Vec<RunStep>,
    /// Until when a signed `reject` takes the change back; absent while nothing could be taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo_until: Option<assent_base::Timestamp>,
}

/// Commands that do by hand what a plan says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Commands {
    /// Asks the API server whether it would do it, and changes nothing.
    pub rehearse: String,
    /// Does it.
    pub change: String,
    /// Takes it back; absent where a controller makes the object anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<String>,
}

/// What people are asked to assent to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// Its fields.
    pub fields: StatementFields,
    /// Line by line, as it stands at the end of every ballot.
    pub text: String,
}

/// The fields of a statement, in the order of its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatementFields {
    /// Whose plan it is.
    pub tenant: assent_base::id::TenantId,
    /// Where it runs.
    pub cluster: ClusterId,
    /// Which cluster that is, by its own word.
    pub cluster_uid: String,
    /// The digest of the plan.
    pub plan: String,
    /// The digest of the rules that the executor has pinned.
    pub policy: String,
    /// The digest of the evidence.
    pub evidence: String,
    /// Whoever had a hand in the plan, sorted: they do not vote on it.
    pub authors: Vec<AccountId>,
    /// How many different people must say yes.
    pub quorum: u8,
    /// How sure each signature must make us.
    pub assurance: Assurance,
    /// When it was put to the vote.
    pub issued_at: assent_base::Timestamp,
    /// When it is over.
    pub expires_at: assent_base::Timestamp,
    /// Tells it from every other.
    pub nonce: String,
}

/// What somebody can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WordKind {
    /// It may run.
    Approve,
    /// It may not, or shall be taken back.
    Reject,
    /// What I said before does not count.
    Withdraw,
}

/// A vote, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShownVote {
    /// Whose.
    pub voter: AccountId,
    /// Their name.
    pub name: String,
    /// Counts their words on this plan, from 1.
    pub round: u32,
    /// What they said.
    pub word: WordKind,
    /// Why, of a rejection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How it was signed.
    pub signed_with: SignedWith,
    /// When it came in.
    pub at: assent_base::Timestamp,
    /// Whether it counts: it is their last word, and its key still holds.
    pub counts: bool,
}

/// What a vote is signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignedWith {
    /// A passkey.
    Passkey,
    /// An SSH key.
    Ssh,
}

/// Somebody who could vote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Voter {
    /// Who.
    pub account: AccountId,
    /// Their name.
    pub name: String,
    /// Whether the cluster has a key of theirs pinned. Without, their vote moves nothing there.
    pub pinned: bool,
}

/// What a dry run of a plan came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rehearsal {
    /// When.
    pub at: assent_base::Timestamp,
    /// The change.
    pub change: DryRun,
    /// The inverse, on what the dry run of the change answered.
    pub inverse: DryRun,
}

/// What one dry run came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum DryRun {
    /// The API server would accept it.
    Accepted {
        /// The digest of the object as it would be.
        result: String,
        /// Warnings that the API server answered with.
        warnings: Vec<String>,
    },
    /// The API server, or an admission webhook, refused it.
    Refused {
        /// The HTTP status.
        status: u16,
        /// Its words.
        message: String,
        /// The admission webhook or policy that refused, where one did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        admission: Option<String>,
    },
    /// It was not tried, or no answer came.
    NotRun {
        /// Why not.
        why: String,
    },
}

/// One step of a run, as its executor tells it. `number` counts from 1 without gaps; a number that is told again is the same step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunStep {
    /// Its number.
    pub number: u32,
    /// When, by the executor's clock.
    pub at: assent_base::Timestamp,
    /// What.
    pub step: Step,
}

/// What an executor does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Step {
    /// The warrant holds, and the change will be made once this is on the ledger.
    Intended {
        /// The digest of the statement.
        statement: String,
        /// Who said so.
        approvers: Vec<AccountId>,
        /// The user of the cluster that the change is made as.
        as_user: String,
    },
    /// The API server would accept it, asked as each of the approvers.
    Rehearsed {},
    /// The change was made.
    Applied {
        /// The object's resource version after it; absent of a deletion.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        resource_version: Option<String>,
    },
    /// How far what follows from it has come.
    Progress {
        /// A sentence: `2 of 3 pods run the new template`.
        text: String,
    },
    /// It is taken back, and why.
    Undoing {
        /// Why.
        why: String,
    },
    /// It is over.
    Ended {
        /// How.
        outcome: Outcome,
        /// Why, in a sentence.
        detail: String,
    },
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "RunOutcome")]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It did what it should.
    Verified,
    /// It did some of what it should, and was not taken back.
    Partial,
    /// It was taken back.
    Reverted,
    /// It neither held nor was taken back.
    Failed,
    /// It was refused. Nothing was changed.
    Refused,
}

/// One plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanPath {
    /// Its id.
    pub plan: PlanId,
}

/// Which plans.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanQuery {
    /// Only in these states, with commas between them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Only of this incident.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentId>,
    /// Only in this cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<ClusterId>,
    /// Only in this environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<EnvironmentId>,
    /// Only those that this person has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<AccountId>,
    /// Only those that wait for a vote of the caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mine: Option<bool>,
    /// Where to go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Entries at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Asks for the ballot of one's next word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AskBallot {
    /// The word.
    pub word: WordKind,
    /// Why; of a rejection alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What is to be signed for a word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BallotToSign {
    /// Counts the caller's words on this plan, from 1.
    pub round: u32,
    /// What an SSH key signs, in the namespace `assent.ballot`.
    pub text: String,
    /// What a passkey signs: the SHA-256 of that text, base64url without padding.
    pub challenge: String,
    /// The domain that passkeys are bound to.
    pub rp_id: String,
    /// The caller's passkeys, by the ids that authenticators know, base64url without padding.
    pub passkeys: Vec<String>,
    /// The fingerprints of the caller's SSH keys: `SHA256:…`.
    pub ssh_keys: Vec<String>,
}

/// A word and its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CastVote {
    /// The round that the ballot was for.
    pub round: u32,
    /// The word.
    pub word: WordKind,
    /// Why; of a rejection alone, and there always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The signature.
    pub proof: VoteProof,
}

/// The signature under a ballot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub enum VoteProof {
    /// What an authenticator answered, each base64url without padding.
    Passkey {
        /// `rawId`.
        credential_id: String,
        /// `clientDataJSON`.
        client_data: String,
        /// `authenticatorData`.
        authenticator_data: String,
        /// `signature`.
        signature: String,
    },
    /// What `ssh-keygen -Y sign -n assent.ballot` wrote.
    Ssh {
        /// The whole text, from `-----BEGIN SSH SIGNATURE-----` on.
        signature: String,
    },
}

/// Proposes a change as a person: another action, or another parameter. Votes on other plans do not carry over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposePlan {
    /// The plan that it takes the place of, which is superseded then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<PlanId>,
    /// A proposal, as `docs/proposal.schema.json` describes it, in JSON.
    pub proposal: String,
}

/// Gives a plan to somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignPlan {
    /// To whom; to nobody if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<AccountId>,
}
