//! `assent approve`, `assent reject` and `assent withdraw`: one's word on a plan, signed with an SSH key.
//!
//! The text that is signed is made here, from the plan's own bytes and the statement's fields, and compared with what the platform says: a
//! platform that shows one thing and has another signed is caught before anything is.

use std::path::PathBuf;

use anyhow::{Context, bail};
use assent_api::Empty;
use assent_api::operations as ops;
use assent_api::plans::{self as words, AskBallot, CastVote, PlanPath, VoteProof, WordKind};
use assent_approval::ballot::{Ballot, NAMESPACE, Word};
use assent_approval::statement::{Assurance, Draft, Statement, Terms};
use assent_base::id::{AccountId, PlanId};
use assent_plan::plan::Scope;
use assent_plan::text;
use clap::Args;

use super::incidents::word;
use super::plans::{Read, read};
use super::{Form, Remote, Server, prompt, signing};
use crate::print;
use crate::render::text::printable;

/// What somebody types to sign.
const YES: &str = "yes";

/// Whose word it is, and how it is signed.
#[derive(Debug, Args)]
struct Signed {
    /// The plan: `pln_…`.
    id: PlanId,
    /// The key to sign with: a private key, or a public one whose private half is in your agent or on a security key. Without it, the one
    /// of `~/.ssh` that you have added here and that is pinned in the cluster.
    #[arg(long, value_name = "PATH")]
    key: Option<PathBuf>,
    /// Sign without asking.
    #[arg(long)]
    yes: bool,
    /// The form of the plan that is printed afterwards.
    #[arg(short, long, value_enum, default_value_t = Form::Human)]
    output: Form,
    #[command(flatten)]
    server: Server,
}

/// Says yes.
#[derive(Debug, Args)]
pub(crate) struct Approve {
    #[command(flatten)]
    signed: Signed,
}

/// Says no. While a change can still be taken back, this takes it back.
#[derive(Debug, Args)]
pub(crate) struct Reject {
    /// Why. It is signed with the rest, and everybody who reads the plan reads it.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    signed: Signed,
}

/// Takes back a yes.
#[derive(Debug, Args)]
pub(crate) struct Withdraw {
    #[command(flatten)]
    signed: Signed,
}

impl Approve {
    /// Runs the command.
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        say(&self.signed, WordKind::Approve, None)
    }
}

impl Reject {
    /// Runs the command.
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        say(&self.signed, WordKind::Reject, Some(&self.reason))
    }
}

impl Withdraw {
    /// Runs the command.
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        say(&self.signed, WordKind::Withdraw, None)
    }
}

fn say(asked: &Signed, kind: WordKind, reason: Option<&str>) -> anyhow::Result<u8> {
    let remote = Remote::of(&asked.server)?;
    let me = remote.get::<ops::GetMe>()?;
    let voter = me.account.context("you call with a machine's key, and only people vote")?;
    let plan = read(&remote, asked.id)?;
    let statement = statement(&plan)?;
    let path = PlanPath { plan: asked.id };
    let reason = reason.map(str::to_owned);
    let given = remote.call::<ops::AskBallot>(&path, &Empty {}, &AskBallot { word: kind, reason: reason.clone() })?;
    let text = ballot(&statement, voter, given.round, &said(kind, reason.as_deref())?);
    if text != given.text {
        bail!("the platform asks for a signature under something else than this plan and your word: nothing was signed");
    }
    let key = key(asked, &given)?;
    crate::tell("this is the plan, as its bytes say it:");
    eprint_plain(&text::write(&plan.plan))?;
    crate::tell(&format!("and this is what you sign with {}:", key.display()));
    eprint_plain(&text)?;
    if !asked.yes && prompt(&format!("Type `{YES}` to sign it"))? != YES {
        bail!("nothing was signed");
    }
    let signature = signing::sign(&key, NAMESPACE, &text)?;
    let body = CastVote { round: given.round, word: kind, reason, proof: VoteProof::Ssh { signature } };
    let plan = remote.call::<ops::CastVote>(&path, &Empty {}, &body)?;
    if asked.output == Form::Json {
        return print(&format!("{}\n", serde_json::to_string_pretty(&plan)?));
    }
    let summary = &plan.summary;
    let votes = summary.quorum.map(|quorum| format!(", {} of {quorum} votes", summary.approvals)).unwrap_or_default();
    print(&format!("{}: {}{votes}\n", summary.id, word(summary.state)))
}

fn said(kind: WordKind, reason: Option<&str>) -> anyhow::Result<Word> {
    match (kind, reason) {
        (WordKind::Approve, _) => Ok(Word::Approve),
        (WordKind::Withdraw, _) => Ok(Word::Withdraw),
        (WordKind::Reject, Some(reason)) => Ok(Word::Reject { reason: reason.to_owned() }),
        (WordKind::Reject, None) => bail!("a rejection says why"),
    }
}

fn ballot(statement: &Statement, voter: AccountId, round: u32, word: &Word) -> String {
    Ballot { statement, voter, round, word }.to_string()
}

/// The statement of a plan, made of its fields, and held against the plan's own bytes.
fn statement(read: &Read) -> anyhow::Result<Statement> {
    let given = read.shown.statement.as_ref().with_context(|| match &read.shown.not_asked {
        Some(why) => format!("nobody is asked about this plan: {}", printable(why)),
        None => "nobody is asked about this plan".to_owned(),
    })?;
    let statement = of_fields(&given.fields)?;
    if statement.to_string() != given.text {
        bail!("the statement that the platform shows is not what its fields say: nothing was signed");
    }
    let fields = statement.fields();
    let Scope::Cluster { tenant, cluster, cluster_uid } = &read.plan.scope else { bail!("the plan is for no cluster") };
    let place = (fields.tenant, fields.cluster, fields.cluster_uid.to_string()) == (*tenant, *cluster, cluster_uid.clone());
    let about_it = fields.plan == *read.digest.digest() && fields.evidence == read.plan.grounds.digest;
    if !place || !about_it || fields.expires_at > read.plan.expires_at {
        bail!("the statement that the platform shows is about another plan: nothing was signed");
    }
    Ok(statement)
}

fn of_fields(fields: &words::StatementFields) -> anyhow::Result<Statement> {
    let assurance = match fields.assurance {
        words::Assurance::Held => Assurance::Held,
        words::Assurance::Touched => Assurance::Touched,
        words::Assurance::Verified => Assurance::Verified,
    };
    let draft = Draft {
        tenant: fields.tenant,
        cluster: fields.cluster,
        cluster_uid: fields.cluster_uid.parse()?,
        plan: fields.plan.parse()?,
        policy: fields.policy.parse()?,
        evidence: fields.evidence.parse()?,
        authors: fields.authors.iter().copied().collect(),
        terms: Terms { quorum: fields.quorum, assurance },
        issued_at: fields.issued_at,
        expires_at: fields.expires_at,
        nonce: fields.nonce.parse()?,
    };
    Statement::new(draft).context("the statement that the platform shows is none")
}

/// The key that was named, or the one of the home folder that counts.
fn key(asked: &Signed, given: &words::BallotToSign) -> anyhow::Result<PathBuf> {
    if let Some(key) = &asked.key {
        return Ok(key.clone());
    }
    if given.ssh_keys.is_empty() {
        bail!(
            "no SSH key of yours counts in this cluster: add one with `assent ssh-key add`, and have it pinned there; a passkey votes in the console"
        );
    }
    let folder = asked.server.home.as_ref().map(|home| home.join(".ssh"));
    let found = folder.and_then(|folder| signing::find(&folder, &given.ssh_keys));
    found.with_context(|| format!("none of the keys in ~/.ssh counts here ({}): name one with --key", given.ssh_keys.join(", ")))
}

/// Text for a person that is no part of the output, line by line.
fn eprint_plain(text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    let mut out = std::io::stderr().lock();
    for line in text.lines() {
        writeln!(out, "  {}", printable(line))?;
    }
    Ok(())
}
