//! `assent plans`, `assent plan ID` and `assent propose INCIDENT`.
//!
//! A plan is shown from its bytes, whose digest is computed here: what a platform says about them is compared, and not believed.

use std::io::Read as _;
use std::path::PathBuf;

use anyhow::{Context, bail};
use assent_api::incidents::IncidentPath;
use assent_api::operations as ops;
use assent_api::plans::{self as words, PlanPath, PlanQuery, PlanSummary, ProposePlan};
use assent_api::{Empty, Page};
use assent_base::id::{ClusterId, IncidentId, PlanId};
use assent_plan::{PlanDigest, text};
use clap::Args;

use super::incidents::word;
use super::{Form, Remote, Server};
use crate::print;
use crate::render::text::printable;

/// Bytes of a proposal's file at most.
const PROPOSAL_BYTES_MAX: u64 = 64 << 10;

/// Which plans to list.
#[derive(Debug, Args)]
pub(crate) struct Plans {
    /// States, joined by commas, such as `awaiting,approved`; all if absent.
    #[arg(long, value_name = "STATES")]
    state: Option<String>,
    /// Only of this incident: `inc_…`.
    #[arg(long, value_name = "ID")]
    incident: Option<IncidentId>,
    /// Only in this cluster: `cls_…`.
    #[arg(long, value_name = "ID")]
    cluster: Option<ClusterId>,
    /// Only those that wait for your vote.
    #[arg(long)]
    mine: bool,
    /// How many at most.
    #[arg(long, value_name = "N", default_value_t = assent_api::page::PAGE_ENTRIES_DEFAULT)]
    limit: u32,
    /// The form of the list.
    #[arg(short, long, value_enum, default_value_t = Form::Human)]
    output: Form,
    #[command(flatten)]
    server: Server,
}

/// Which plan to read.
#[derive(Debug, Args)]
pub(crate) struct Plan {
    /// Its id: `pln_…`.
    id: PlanId,
    /// The form of the plan.
    #[arg(short, long, value_enum, default_value_t = Form::Human)]
    output: Form,
    #[command(flatten)]
    server: Server,
}

/// What to propose, and for what.
#[derive(Debug, Args)]
pub(crate) struct Propose {
    /// The incident: `inc_…`.
    incident: IncidentId,
    /// The proposal in JSON, as docs/proposal.schema.json describes it; `-` for standard input.
    #[arg(long, value_name = "FILE")]
    proposal: PathBuf,
    /// The plan that it takes the place of: `pln_…`.
    #[arg(long, value_name = "ID")]
    instead_of: Option<PlanId>,
    /// The form of the plan.
    #[arg(short, long, value_enum, default_value_t = Form::Human)]
    output: Form,
    #[command(flatten)]
    server: Server,
}

impl Plans {
    /// Lists plans.
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        let remote = Remote::of(&self.server)?;
        let query = PlanQuery {
            state: self.state.clone(),
            incident: self.incident,
            cluster: self.cluster,
            mine: self.mine.then_some(true),
            limit: Some(self.limit),
            ..PlanQuery::default()
        };
        let page: Page<PlanSummary> = remote.call::<ops::ListPlans>(&Empty {}, &query, &Empty {})?;
        if self.output == Form::Json {
            return print(&format!("{}\n", serde_json::to_string_pretty(&page)?));
        }
        if page.items.is_empty() {
            return print("No plans.\n");
        }
        print(&page.items.iter().map(row).collect::<String>())?;
        if page.next.is_some() { print("… and more: narrow the list, or raise --limit.\n") } else { Ok(0) }
    }
}

impl Plan {
    /// Shows a plan.
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        show(&read(&Remote::of(&self.server)?, self.id)?, self.output)
    }
}

impl Propose {
    /// Proposes a change.
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        let proposal = proposal(&self.proposal)?;
        let remote = Remote::of(&self.server)?;
        let body = ProposePlan { instead_of: self.instead_of, proposal };
        let made = remote.call::<ops::ProposePlan>(&IncidentPath { incident: self.incident }, &Empty {}, &body)?;
        show(&Read::of(made)?, self.output)
    }
}

fn proposal(path: &std::path::Path) -> anyhow::Result<String> {
    let mut text = String::new();
    let unreadable = || format!("cannot read {}", path.display());
    if path == std::path::Path::new("-") {
        std::io::stdin().lock().take(PROPOSAL_BYTES_MAX).read_to_string(&mut text).context("cannot read standard input")?;
    } else {
        let file = std::fs::File::open(path).with_context(unreadable)?;
        file.take(PROPOSAL_BYTES_MAX).read_to_string(&mut text).with_context(unreadable)?;
    }
    Ok(text)
}

/// A plan as the platform gave it, and what its bytes say.
pub(super) struct Read {
    pub(super) shown: words::Plan,
    pub(super) plan: assent_plan::Plan,
    pub(super) digest: PlanDigest,
}

/// Reads a plan, and holds what is said of it against its bytes.
pub(super) fn read(remote: &Remote, id: PlanId) -> anyhow::Result<Read> {
    Read::of(remote.call::<ops::GetPlan>(&PlanPath { plan: id }, &Empty {}, &Empty {})?)
}

impl Read {
    fn of(shown: words::Plan) -> anyhow::Result<Self> {
        let plan = assent_plan::Plan::parse(shown.bytes.as_bytes()).context("what the platform gave is no plan")?;
        let digest = PlanDigest::of(shown.bytes.as_bytes());
        if shown.digest != digest.to_string() {
            bail!("the platform says that the plan is {}, and its bytes are {digest}: do not sign it", printable(&shown.digest));
        }
        Ok(Self { shown, plan, digest })
    }
}

fn show(read: &Read, output: Form) -> anyhow::Result<u8> {
    if output == Form::Json {
        return print(&format!("{}\n", serde_json::to_string_pretty(&read.shown)?));
    }
    print(&format!("{}{}", text::write(&read.plan), standing(&read.shown)))
}

/// Where a plan stands, after what it says itself.
fn standing(plan: &words::Plan) -> String {
    let summary = &plan.summary;
    let mut out = format!("  id        {}\n  state     {}", summary.id, word(summary.state));
    if let Some(detail) = &summary.detail {
        out.push_str(&format!(": {}", printable(detail)));
    }
    out.push('\n');
    if let Some(why) = &plan.not_asked {
        out.push_str(&format!("  nobody is asked: {}\n", printable(why)));
    }
    if let Some(quorum) = summary.quorum {
        out.push_str(&format!("  votes     {} of {quorum}\n", summary.approvals));
    }
    for vote in &plan.votes {
        let reason = vote.reason.as_deref().map(|why| format!(": {}", printable(why))).unwrap_or_default();
        let counts = if vote.counts { "" } else { " (does not count)" };
        out.push_str(&format!("    {:.0}  {:<8} {}{counts}{reason}\n", vote.at, word(vote.word), printable(&vote.name)));
    }
    for voter in &plan.could_vote {
        let pinned = if voter.pinned { "" } else { ", whose key is not pinned in the cluster" };
        out.push_str(&format!("    could vote: {}{pinned}\n", printable(&voter.name)));
    }
    if let Some(rehearsal) = &plan.rehearsal {
        out.push_str(&format!("  rehearsed {:.0}\n", rehearsal.at));
        for (what, run) in [("change", &rehearsal.change), ("inverse", &rehearsal.inverse)] {
            out.push_str(&format!("    {what:<8} {}\n", dry_run(run)));
        }
    }
    if !plan.run.is_empty() {
        out.push_str("  run\n");
    }
    for step in &plan.run {
        out.push_str(&format!("    {:>3}  {:.3}  {}\n", step.number, step.at, said(&step.step)));
    }
    if let Some(until) = plan.undo_until {
        out.push_str(&format!("  a signed `assent reject` takes it back until {until:.0}\n"));
    }
    out
}

fn dry_run(run: &words::DryRun) -> String {
    match run {
        words::DryRun::Accepted { warnings, .. } if warnings.is_empty() => "would be accepted".to_owned(),
        words::DryRun::Accepted { warnings, .. } => format!("would be accepted, with warnings: {}", printable(&warnings.join("; "))),
        words::DryRun::Refused { status, message, .. } => format!("would be refused with {status}: {}", printable(message)),
        words::DryRun::NotRun { why } => format!("was not tried: {}", printable(why)),
    }
}

fn said(step: &words::Step) -> String {
    match step {
        words::Step::Intended { as_user, .. } => format!("intended, as {}", printable(as_user)),
        words::Step::Rehearsed {} => "the API server would accept it".to_owned(),
        words::Step::Applied { .. } => "applied".to_owned(),
        words::Step::Progress { text } => printable(text),
        words::Step::Undoing { why } => format!("being taken back: {}", printable(why)),
        words::Step::Ended { outcome, detail } => format!("{}: {}", word(*outcome), printable(detail)),
    }
}

fn row(one: &PlanSummary) -> String {
    let votes = one.quorum.map(|quorum| format!(" · {} of {quorum} votes", one.approvals)).unwrap_or_default();
    let object = match &one.target.namespace {
        Some(namespace) => format!("{} {namespace}/{}", one.target.kind, one.target.name),
        None => format!("{} {}", one.target.kind, one.target.name),
    };
    let mine = if one.may_vote && one.my_word.is_none() { " · waits for you" } else { "" };
    let why = one.rank_reason.as_deref().map(|why| format!(" · {}", printable(why))).unwrap_or_default();
    format!(
        "{}  {:<10} {:<6} {}: {}\n    in {}, {}% sure{votes}{mine}, until {:.0}{why}\n",
        one.id,
        word(one.state),
        word(one.risk),
        printable(&one.title),
        printable(&object),
        printable(&one.cluster_name),
        one.confidence_percent,
        one.expires_at
    )
}
