//! Ballots and votes: what somebody has to sign for their next word, and the word with its signature.
//!
//! A vote is checked whole before anything comes of it: who it is, that policy lets them vote there now, that they had no hand in the plan, and
//! that they signed exactly this. Then it is recorded, then kept; the plan's version settles races.

use assent_api::operations::{AskBallot, CastVote};
use assent_api::plans as words;
use assent_api::{Action, Code, Problem};
use assent_approval::ballot::{Ballot, ROUNDS_MAX, Word};
use assent_approval::base64url;
use assent_approval::change::Change;
use assent_approval::keyring::Keyring;
use assent_approval::sshsig::unframed;
use assent_approval::statement::Statement;
use assent_approval::vote::{BadVote, Checked, Proof, Vote};
use assent_approval::webauthn::{AUTHENTICATOR_DATA_BYTES_MAX, Assertion, CLIENT_DATA_BYTES_MAX, CredentialId, SIGNATURE_BYTES_MAX};
use assent_base::Timestamp;
use assent_base::id::{AccountId, PlanId};
use assent_http::{Handle, Input, Reply};
use assent_ledger::Outcome;
use assent_store::{Expect, Tenant, Write};
use serde_json::json;

use super::outcomes::{self, Became};
use super::shown::word_kind;
use super::{OpenPlan, timeline, writes};
use crate::caller::Caller;
use crate::desk::{Desk, Leave};
use crate::documents::{AccountDoc, KeptVote, PlanDoc};
use crate::names;
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;
use crate::ssh_keys::{fingerprint, keys_of};

/// Characters of a reason at most. With four bytes to each it is still one that a ballot takes.
pub(crate) const REASON_CHARS_MAX: usize = 1_000;
/// How often a vote is tried that others were faster than.
const TRIES_MAX: usize = 8;

/// What a word would do as the plan stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counts {
    /// It is one more word on whether the plan may run.
    AsVote,
    /// It stops or takes back what runs or ran.
    AsStop,
}

impl PlanDoc {
    /// What people are asked; a conflict that says why if nobody is.
    fn asked(&self) -> Result<&Statement, Problem> {
        self.statement.as_ref().ok_or_else(|| {
            let why = self.not_asked.as_deref().unwrap_or("it is advice, to be followed by hand");
            Problem::new(Code::Conflict, format!("nobody is asked about this plan: {why}"))
        })
    }

    /// Counts somebody's words so far.
    fn last_round(&self, voter: AccountId) -> u32 {
        let said = self.votes.iter().chain(&self.stops).filter(|kept| kept.vote.voter == voter);
        said.map(|kept| kept.vote.round).max().unwrap_or(0)
    }

    /// What a word would do now; a conflict if nothing.
    fn counts(&self, word: words::WordKind, now: Timestamp) -> Result<Counts, Problem> {
        let conflict = |why: &str| Err(Problem::new(Code::Conflict, why));
        match self.state_at(now) {
            words::PlanState::Awaiting | words::PlanState::Approved => Ok(Counts::AsVote),
            words::PlanState::Running if word == words::WordKind::Reject => Ok(Counts::AsStop),
            words::PlanState::Verified | words::PlanState::Partial | words::PlanState::Failed if word == words::WordKind::Reject => {
                if self.undo_until.is_some_and(|until| now < until) {
                    Ok(Counts::AsStop)
                } else {
                    conflict("it is too late to take this back by a vote: propose a change that does")
                }
            }
            words::PlanState::Running | words::PlanState::Verified | words::PlanState::Partial => {
                conflict("it was carried out already: all that can still be said is no, which takes it back")
            }
            words::PlanState::Advice => conflict("nobody is asked about this plan"),
            words::PlanState::Expired => conflict("its time is over"),
            words::PlanState::Superseded => conflict("another plan took its place"),
            words::PlanState::Rejected => conflict("somebody has said no already"),
            words::PlanState::Refused | words::PlanState::Reverted | words::PlanState::Failed => conflict("it has ended"),
        }
    }
}

impl ControlPlane {
    /// The word that was sent. A reason is signed as it is written, so it cannot be redacted later: one that looks like a secret is refused.
    async fn word(&self, tenant: &Tenant, kind: words::WordKind, reason: Option<&str>) -> Result<Word, Problem> {
        match (kind, reason) {
            (words::WordKind::Approve, None) => Ok(Word::Approve),
            (words::WordKind::Withdraw, None) => Ok(Word::Withdraw),
            (words::WordKind::Reject, Some(text)) => {
                let reason = names::prose("/reason", text, REASON_CHARS_MAX)?;
                if reason != text {
                    return Err(Problem::invalid("/reason", "a reason is signed as it is: without space before and after it"));
                }
                // I7
                if self.redact(tenant, &reason).await? != reason {
                    return Err(Problem::invalid("/reason", "it holds what looks like a secret, and reasons are kept as they are signed"));
                }
                Ok(Word::Reject { reason })
            }
            (words::WordKind::Reject, None) => Err(Problem::invalid("/reason", "a rejection says why")),
            (words::WordKind::Approve | words::WordKind::Withdraw, Some(_)) => {
                Err(Problem::invalid("/reason", "only a rejection has a reason"))
            }
        }
    }

    /// Whose votes count on a plan; a conflict that says why if nobody's.
    async fn ring(&self, tenant: &Tenant, open: &OpenPlan) -> Result<(Keyring, String), Problem> {
        match self.installed(tenant, open.kept.doc.cluster).await? {
            Ok(installed) => {
                let domain = installed.file.domain.clone();
                Ok((self.keyring(tenant, &open.resource, &installed).await?, domain))
            }
            Err(why) => Err(Problem::new(Code::Conflict, why)),
        }
    }
}

/// The person who votes.
fn voter(desk: &Desk<'_>) -> Result<AccountId, Problem> {
    desk.account().ok_or_else(|| Problem::new(Code::Refused, "people vote on plans, and no machine does"))
}

impl Handle<AskBallot> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<AskBallot>) -> Result<Reply<AskBallot>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let open = desk.plan(input.path.plan).await?;
        let _permit = desk.require(Action::PlanVote, open.resource.clone()).await?;
        let voter = voter(&desk)?;
        let word = self.word(&desk.tenant, input.body.word, input.body.reason.as_deref()).await?;
        let doc = &open.kept.doc;
        let statement = doc.asked()?;
        doc.counts(input.body.word, desk.now)?;
        if doc.authors.contains(&voter) {
            return Err(refused(BadVote::Author));
        }
        let round = doc.last_round(voter).saturating_add(1);
        if round > ROUNDS_MAX {
            return Err(refused(BadVote::TooManyRounds));
        }
        let (keyring, domain) = self.ring(&desk.tenant, &open).await?;
        let account = desk.get::<AccountDoc>(&voter.to_string()).await?.doc;
        let pinned = |id: &CredentialId| keyring.passkey(voter, id, desk.now).is_some();
        let passkeys = account.passkeys.iter().map(|passkey| &passkey.credential.id).filter(|id| pinned(id));
        let ssh_keys = keys_of(&desk.tenant, voter).await?;
        let ssh_keys = ssh_keys.iter().map(|kept| &kept.doc.key).filter(|key| keyring.has_ssh(voter, key, desk.now));
        let ballot = Ballot { statement, voter, round, word: &word };
        Ok(Reply::new(words::BallotToSign {
            round,
            text: ballot.to_string(),
            challenge: base64url::text(ballot.challenge().as_bytes()),
            rp_id: domain,
            passkeys: passkeys.map(CredentialId::text).collect(),
            ssh_keys: ssh_keys.map(fingerprint).collect(),
        }))
    }
}

impl Handle<CastVote> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<CastVote>) -> Result<Reply<CastVote>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let id = input.path.plan;
        // Who may not vote hears so before anything of the vote is looked at.
        let open = desk.plan(id).await?;
        let _permit = desk.require(Action::PlanVote, open.resource).await?;
        let word = self.word(&desk.tenant, input.body.word, input.body.reason.as_deref()).await?;
        let vote = Vote { voter: voter(&desk)?, round: input.body.round, word, proof: proof(&input.body.proof)? };
        self.cast(&desk, id, &vote).await?;
        let (plan, version) = desk.whole_plan(id).await?;
        Ok(Reply::new(plan).version(version))
    }
}

/// What came of one try.
enum Tried {
    Kept(Box<PlanDoc>),
    /// It was counted before.
    Known,
    /// Somebody else was faster.
    Again,
}

impl ControlPlane {
    async fn cast(&self, desk: &Desk<'_>, id: PlanId, vote: &Vote) -> Result<(), Problem> {
        for _ in 0..TRIES_MAX {
            let open = desk.plan(id).await?;
            let leave = desk.require(Action::PlanVote, open.resource.clone()).await?;
            match self.cast_once(desk, open, leave, vote).await? {
                Tried::Kept(doc) => {
                    self.wake(desk.tenant_id());
                    timeline::tell(self, &desk.tenant, &doc, timeline::of_vote(&doc, vote), &desk.actor()).await;
                    return Ok(());
                }
                Tried::Known => return Ok(()),
                Tried::Again => {}
            }
        }
        Err(Problem::new(Code::Unavailable, "others are voting on this plan: try again").retry_after(1))
    }

    async fn cast_once(&self, desk: &Desk<'_>, open: OpenPlan, leave: Leave, vote: &Vote) -> Result<Tried, Problem> {
        let doc = &open.kept.doc;
        let statement = doc.asked()?;
        let known = doc.votes.iter().chain(&doc.stops).find(|kept| kept.vote.voter == vote.voter && kept.vote.round == vote.round);
        if let Some(known) = known {
            let same = known.vote.word == vote.word;
            let other = || Problem::new(Code::Conflict, format!("you said something else in round {}", vote.round));
            return if same { Ok(Tried::Known) } else { Err(other()) };
        }
        let counts = doc.counts(word_kind(&vote.word), desk.now)?;
        let (keyring, _) = self.ring(&desk.tenant, &open).await?;
        let checked = match vote.check(statement, &keyring, desk.now) {
            Ok(checked) if vote.round > doc.last_round(vote.voter) => checked,
            Ok(_) => return Err(refused(BadVote::OldRound)),
            Err(bad) => return self.refuse(desk, doc, vote, bad).await,
        };
        let mut more = match self.counter_of(&desk.tenant, &checked, desk.now).await? {
            Ok(more) => more,
            Err(bad) => return self.refuse(desk, doc, vote, bad).await,
        };
        let after = match counts {
            Counts::AsVote => after_vote(doc, vote, &keyring, desk.now)?,
            Counts::AsStop => after_stop(doc, vote, desk.now),
        };
        if after.state == words::PlanState::Rejected {
            more.push(outcomes::remember(&desk.tenant, doc, Became::Rejected, desk.now).await?);
        }
        let ballot = Ballot { statement, voter: vote.voter, round: vote.round, word: &vote.word };
        let details = json!({
            "plan": doc.digest, "statement": statement.digest(), "ballot": ballot.challenge(), "word": vote.word, "round": vote.round,
            "key": checked.key(), "state": after.state,
        });
        let intent = desk.intend(leave, details).await?;
        more.extend(writes(&after, Expect::Version(open.kept.version))?);
        match desk.keep(intent, more).await {
            Ok(()) => Ok(Tried::Kept(Box::new(after))),
            Err(problem) if matches!(problem.code, Code::Stale | Code::Conflict) => Ok(Tried::Again),
            Err(problem) => Err(problem),
        }
    }

    /// A vote that does not hold goes on the ledger too.
    async fn refuse(&self, desk: &Desk<'_>, doc: &PlanDoc, vote: &Vote, bad: BadVote) -> Result<Tried, Problem> {
        let details = json!({ "plan": doc.digest, "round": vote.round, "reason": bad.to_string() });
        let (subject, action) = (doc.id.to_string(), Action::PlanVote.as_str());
        self.record(&desk.tenant, &desk.actor(), action, &subject, Outcome::Refused, details).await?;
        Err(refused(bad))
    }

    /// The counter of the passkey that signed, to be kept together with the vote.
    async fn counter_of(&self, tenant: &Tenant, checked: &Checked, now: Timestamp) -> Result<Result<Vec<Write>, BadVote>, Problem> {
        let Some(asserted) = checked.asserted() else { return Ok(Ok(Vec::new())) };
        let id = checked.vote().voter.to_string();
        let kept = tenant.get::<AccountDoc>(&id).await.map_err(Problem::from_store)?.ok_or_else(Problem::not_found)?;
        let mut account = kept.doc;
        let used = account.passkeys.iter_mut().find(|passkey| passkey.credential.id == *asserted.credential());
        let Some(used) = used else { return Ok(Err(BadVote::UnknownKey)) };
        match used.credential.after(asserted) {
            Ok(credential) => used.credential = credential,
            Err(bad) => return Ok(Err(BadVote::Passkey(bad))),
        }
        used.used_at = Some(now);
        let write = Write::put(&kept.id, &account, Expect::Version(kept.version)).map_err(Problem::from_store)?;
        Ok(Ok(vec![write]))
    }
}

/// The plan after one vote more, which holds.
fn after_vote(doc: &PlanDoc, vote: &Vote, keyring: &Keyring, now: Timestamp) -> Result<PlanDoc, Problem> {
    let over = || Problem::new(Code::Conflict, "its time is over");
    let anew = |bad| {
        tracing::warn!(plan = %doc.id, %bad, "votes on a plan do not hold any more");
        Problem::new(Code::Conflict, "what was said about this plan does not hold under what is pinned now: it is put to the vote anew")
    };
    let change = doc.recalled(keyring, now).ok_or_else(over)?.map_err(anew)?;
    let change = match change {
        Change::Awaiting(awaiting) => awaiting.vote(vote, keyring, now).map_err(|(_, bad)| refused(bad))?,
        Change::Approved(approved) => approved.vote(vote, keyring, now).map_err(|(_, bad)| refused(bad))?,
        Change::Rejected(_) => return Err(Problem::new(Code::Conflict, "somebody has said no already")),
        Change::Expired(_) => return Err(over()),
    };
    let mut after = PlanDoc { updated_at: now, detail: None, ..doc.clone() };
    let kept = KeptVote { vote: vote.clone(), at: now };
    let count = |approvers: usize| u8::try_from(approvers).unwrap_or(u8::MAX);
    (after.state, after.approvals) = match &change {
        // What a rule approves stays approved, whoever says yes too.
        Change::Awaiting(awaiting) if doc.by_rule => (words::PlanState::Approved, count(awaiting.approvers().count())),
        Change::Awaiting(awaiting) => (words::PlanState::Awaiting, count(awaiting.approvers().count())),
        Change::Approved(approved) => (words::PlanState::Approved, count(approved.approvers().count())),
        Change::Rejected(rejected) => {
            after.detail = Some(rejected.reason().to_owned());
            // The executor may hold the warrant already.
            after.stops.extend((doc.state == words::PlanState::Approved).then(|| kept.clone()));
            (words::PlanState::Rejected, doc.approvals)
        }
        Change::Expired(_) => return Err(over()),
    };
    after.votes.push(kept);
    Ok(after)
}

/// The plan after somebody said no to what runs or ran.
fn after_stop(doc: &PlanDoc, vote: &Vote, now: Timestamp) -> PlanDoc {
    let mut after = PlanDoc { updated_at: now, ..doc.clone() };
    after.stops.push(KeptVote { vote: vote.clone(), at: now });
    after
}

/// The signature as it was sent.
fn proof(sent: &words::VoteProof) -> Result<Proof, Problem> {
    match sent {
        words::VoteProof::Passkey { credential_id, client_data, authenticator_data, signature } => {
            let bytes = |name: &str, text: &str, bytes_max: usize| {
                base64url::bytes(text, bytes_max)
                    .ok_or_else(|| Problem::invalid(&format!("/proof/{name}"), "base64url without padding, as the browser gave it"))
            };
            let credential = CredentialId::parse(credential_id)
                .ok_or_else(|| Problem::invalid("/proof/credential_id", "base64url without padding, as the browser gave it"))?;
            let assertion = Assertion {
                client_data: bytes("client_data", client_data, CLIENT_DATA_BYTES_MAX)?,
                authenticator_data: bytes("authenticator_data", authenticator_data, AUTHENTICATOR_DATA_BYTES_MAX)?,
                signature: bytes("signature", signature, SIGNATURE_BYTES_MAX)?,
            };
            Ok(Proof::Passkey { credential, assertion })
        }
        words::VoteProof::Ssh { signature } => {
            let signature = unframed(signature).map_err(|bad| Problem::invalid("/proof/signature", bad.to_string()))?;
            Ok(Proof::Ssh { signature })
        }
    }
}

/// Why a vote does not count, for whoever cast it.
fn refused(bad: BadVote) -> Problem {
    match bad {
        BadVote::NotAVoter => Problem::new(
            Code::Conflict,
            "no key of yours is pinned in this cluster, so the executor would not believe your vote: ask whoever installed it",
        ),
        BadVote::Author => Problem::new(Code::Refused, bad.to_string()),
        BadVote::OldRound | BadVote::NothingToWithdraw | BadVote::TooManyRounds => Problem::new(Code::Conflict, bad.to_string()),
        BadVote::BadReason => Problem::invalid("/reason", bad.to_string()),
        BadVote::UnknownKey | BadVote::NotSureEnough | BadVote::Passkey(_) | BadVote::Ssh(_) => Problem::invalid("/proof", bad.to_string()),
    }
}
