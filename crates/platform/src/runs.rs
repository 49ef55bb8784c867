//! What executors tell about plans: what a dry run came to, and each step of a run, on the ledger before it is answered (I4).
//!
//! An executor writes to its cluster only once its intent was answered here, so the order is: record, keep, answer. A step that is told again
//! is answered as before. All that is text comes from a cluster: it is redacted, then shortened, and chooses nothing (I9).

use std::collections::BTreeSet;

use assent_api::executor::StepRecorded;
use assent_api::operations::{TellRehearsal, TellStep};
use assent_api::plans::{DryRun, Outcome, PlanState, Rehearsal, RunStep, Step};
use assent_api::{Code, Empty, Problem};
use assent_approval::ballot::Word;
use assent_base::id::{AccountId, ClusterId, PlanId};
use assent_base::{Digest, Timestamp};
use assent_http::{Handle, Input, Reply};
use assent_ledger as ledger;
use assent_plan::plan::Inverse;
use assent_screen::Screen;
use assent_store::{Expect, Kept, StoreError, Tenant};
use serde_json::json;

use crate::caller::Caller;
use crate::documents::{PlanDoc, StepRecord};
use crate::plane::ControlPlane;
use crate::plans::outcomes::{self, Became};
use crate::plans::timeline;
use crate::problem_of::ProblemOf;
use crate::redaction;

mod course;

use course::{BadStep, Course, STEPS_MAX};

/// Times that a write is tried again when somebody else changed the plan meanwhile.
const TRIES_MAX: u32 = 8;
/// Bytes of one text that an executor says, before it is redacted. More is nobody's sentence.
const SAID_BYTES_MAX: usize = 16 << 10;
/// Characters of a sentence that is kept.
const SENTENCE_CHARS_MAX: usize = 500;
/// Warnings of one dry run that are kept.
const WARNINGS_MAX: usize = 20;
/// Characters of a resource version or of a user's name, at most.
const WORD_CHARS_MAX: usize = 256;

/// Text on one line, of so many characters at most.
pub(crate) fn plain(text: &str, chars_max: usize) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(chars_max).collect::<String>().trim().to_owned()
}

/// What an executor says, as it is kept.
struct Screened<'a>(&'a Screen);

impl Screened<'_> {
    /// I7: redacted first and shortened then, since a secret that was cut is not known as one.
    fn sentence(&self, pointer: &str, text: &str) -> Result<String, Problem> {
        if text.len() > SAID_BYTES_MAX {
            return Err(Problem::invalid(pointer, format!("{SAID_BYTES_MAX} bytes at most")));
        }
        Ok(plain(&self.0.text(text).text, SENTENCE_CHARS_MAX))
    }

    fn dry_run(&self, pointer: &str, told: DryRun) -> Result<DryRun, Problem> {
        let at = |field: &str| format!("{pointer}/{field}");
        Ok(match told {
            DryRun::Accepted { result, warnings } => {
                let result: Digest = result.parse().map_err(|_| Problem::invalid(&at("result"), "a digest: `sha256:…`"))?;
                let warnings = warnings.iter().take(WARNINGS_MAX).map(|warning| self.sentence(&at("warnings"), warning));
                DryRun::Accepted { result: result.to_string(), warnings: warnings.collect::<Result<_, _>>()? }
            }
            DryRun::Refused { status, message, admission } => DryRun::Refused {
                status,
                message: self.sentence(&at("message"), &message)?,
                admission: admission.map(|name| self.sentence(&at("admission"), &name)).transpose()?,
            },
            DryRun::NotRun { why } => DryRun::NotRun { why: self.sentence(&at("why"), &why)? },
        })
    }

    fn step(&self, told: Step) -> Result<Step, Problem> {
        Ok(match told {
            Step::Intended { statement, approvers, as_user } => {
                Step::Intended { statement, approvers, as_user: word("/step/step/intended/as_user", &as_user)? }
            }
            Step::Rehearsed {} => Step::Rehearsed {},
            Step::Applied { resource_version } => Step::Applied {
                resource_version: resource_version.map(|text| word("/step/step/applied/resource_version", &text)).transpose()?,
            },
            Step::Progress { text } => Step::Progress { text: self.sentence("/step/step/progress/text", &text)? },
            Step::Undoing { why } => Step::Undoing { why: self.sentence("/step/step/undoing/why", &why)? },
            Step::Ended { outcome, detail } => Step::Ended { outcome, detail: self.sentence("/step/step/ended/detail", &detail)? },
        })
    }
}

/// A name: printable, on one line, and short.
fn word(pointer: &str, text: &str) -> Result<String, Problem> {
    let good = text.chars().count() <= WORD_CHARS_MAX && !text.chars().any(char::is_control);
    if good { Ok(text.to_owned()) } else { Err(Problem::invalid(pointer, format!("{WORD_CHARS_MAX} printable characters at most"))) }
}

impl Handle<TellRehearsal> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<TellRehearsal>) -> Result<Reply<TellRehearsal>, Problem> {
        let (tenant, cluster) = self.executing(&caller).await?;
        self.rehearsed(&tenant, cluster, input.path.plan, input.body).await?;
        Ok(Reply::new(Empty {}))
    }
}

impl Handle<TellStep> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<TellStep>) -> Result<Reply<TellStep>, Problem> {
        let (tenant, cluster) = self.executing(&caller).await?;
        let record = self.stepped(&tenant, cluster, input.path.plan, input.body.step).await?;
        Ok(Reply::new(StepRecorded { record }))
    }
}

impl ControlPlane {
    /// A plan of this cluster. Of another there is none.
    async fn plan_of(&self, tenant: &Tenant, cluster: ClusterId, plan: PlanId) -> Result<Kept<PlanDoc>, Problem> {
        let kept = tenant.get::<PlanDoc>(&plan.to_string()).await.map_err(Problem::from_store)?;
        kept.filter(|kept| kept.doc.cluster == cluster).ok_or_else(Problem::not_found)
    }

    async fn screen_of(&self, tenant: &Tenant, cluster: ClusterId) -> Result<Screen, Problem> {
        redaction::screen(tenant, self.cluster_doc(tenant, cluster).await?.doc.environment).await
    }

    /// Keeps what a dry run came to, once.
    async fn rehearsed(&self, tenant: &Tenant, cluster: ClusterId, plan: PlanId, told: Rehearsal) -> Result<(), Problem> {
        let kept = self.plan_of(tenant, cluster, plan).await?;
        let screen = self.screen_of(tenant, cluster).await?;
        let screened = Screened(&screen);
        let rehearsal = Rehearsal {
            at: told.at,
            change: screened.dry_run("/change", told.change)?,
            inverse: screened.dry_run("/inverse", told.inverse)?,
        };
        match &kept.doc.rehearsal {
            Some(known) if *known == rehearsal => return Ok(()),
            Some(_) => return Err(Problem::new(Code::Conflict, "it was rehearsed before, with another result")),
            None => {}
        }
        let (actor, subject) = (format!("executor:{cluster}"), plan.to_string());
        let details = json!({ "digest": kept.doc.digest, "rehearsal": rehearsal });
        self.record(tenant, &actor, "plan.rehearsal", &subject, ledger::Outcome::Intended, details).await?;
        let change = |doc: PlanDoc, now| PlanDoc { rehearsal: Some(rehearsal.clone()), updated_at: now, ..doc };
        let mut kept = kept;
        for _ in 0..TRIES_MAX {
            let now = self.now();
            let doc = change(kept.doc, now);
            match tenant.write(crate::plans::writes(&doc, Expect::Version(kept.version))?, now).await {
                Err(StoreError::Stale { .. }) => kept = self.plan_of(tenant, cluster, plan).await?,
                other => {
                    other.map_err(Problem::from_store)?;
                    self.wake(tenant.id());
                    return Ok(());
                }
            }
        }
        Err(busy())
    }

    /// Puts a step on the ledger and lets it count. Answers with its record.
    async fn stepped(&self, tenant: &Tenant, cluster: ClusterId, plan: PlanId, told: RunStep) -> Result<u64, Problem> {
        let said = Digest::of(&serde_json::to_vec(&told).map_err(|_| Problem::new(Code::Internal, "a step does not serialize"))?);
        self.plan_of(tenant, cluster, plan).await?;
        let screen = self.screen_of(tenant, cluster).await?;
        let step = RunStep { number: told.number, at: told.at, step: Screened(&screen).step(told.step)? };
        let mut record = None;
        for _ in 0..TRIES_MAX {
            let now = self.now();
            let kept = self.plan_of(tenant, cluster, plan).await?;
            let place = match place(&kept.doc, &step, said)? {
                Place::Known(record) => return Ok(record),
                Place::Next(course) => course,
            };
            may_follow(&kept.doc, &step.step, now)?;
            // By the keys that count now, and not by what was counted before.
            if matches!(step.step, Step::Intended { .. }) && self.warrant_of(tenant, &kept).await?.is_none() {
                return Err(Problem::new(Code::Conflict, "the plan is not approved now"));
            }
            // Recorded once, even if somebody else changes the plan meanwhile.
            let index = match record {
                Some(index) => index,
                None => *record.insert(self.record_step(tenant, cluster, &kept.doc, &step).await?),
            };
            let doc = self.with_step(tenant, &kept.doc, &step, place, StepRecord { record: index, said }).await?;
            let mut writes = crate::plans::writes(&doc, Expect::Version(kept.version))?;
            if let (Step::Ended { outcome, .. }, true) = (&step.step, doc.state != kept.doc.state) {
                writes.push(outcomes::remember(tenant, &kept.doc, Became::Ran(*outcome), now).await?);
            }
            match tenant.write(writes, now).await {
                // The plan, or what is remembered of such plans, was changed by another.
                Err(StoreError::Stale { .. } | StoreError::Conflict { .. }) => {}
                other => {
                    other.map_err(Problem::from_store)?;
                    self.wake(tenant.id());
                    self.tell_incident(tenant, &doc, &step.step).await;
                    return Ok(index);
                }
            }
        }
        Err(busy())
    }

    async fn record_step(&self, tenant: &Tenant, cluster: ClusterId, doc: &PlanDoc, step: &RunStep) -> Result<u64, Problem> {
        let (actor, subject) = (format!("executor:{cluster}"), doc.id.to_string());
        let (action, outcome) = match &step.step {
            Step::Intended { .. } => ("plan.run", ledger::Outcome::Intended),
            Step::Rehearsed {} | Step::Applied { .. } | Step::Progress { .. } | Step::Undoing { .. } => {
                ("plan.step", ledger::Outcome::Done)
            }
            Step::Ended { outcome, .. } => (
                "plan.run",
                match outcome {
                    Outcome::Verified | Outcome::Partial | Outcome::Reverted => ledger::Outcome::Done,
                    Outcome::Failed => ledger::Outcome::Failed,
                    Outcome::Refused => ledger::Outcome::Refused,
                },
            ),
        };
        let statement = doc.statement.as_ref().map(assent_approval::statement::Statement::digest);
        let details = json!({ "digest": doc.digest, "statement": statement, "step": step });
        self.record(tenant, &actor, action, &subject, outcome, details).await
    }

    /// The plan with one step more.
    async fn with_step(
        &self,
        tenant: &Tenant,
        doc: &PlanDoc,
        step: &RunStep,
        course: Course,
        record: StepRecord,
    ) -> Result<PlanDoc, Problem> {
        let mut doc = PlanDoc { updated_at: self.now(), ..doc.clone() };
        doc.run.push(step.clone());
        doc.run_records.push(record);
        // A plan that came to nothing before it began stays what it is, whatever its executor found.
        let has_begun = doc.run.iter().any(|step| matches!(step.step, Step::Intended { .. }));
        if has_begun || doc.state == PlanState::Approved {
            doc.state = course.state().unwrap_or(doc.state);
            doc.detail = match &step.step {
                Step::Ended { detail, .. } => Some(detail.clone()).filter(|detail| !detail.is_empty()),
                Step::Undoing { why } => Some(why.clone()).filter(|why| !why.is_empty()),
                Step::Intended { .. } | Step::Rehearsed {} | Step::Applied { .. } => None,
                Step::Progress { .. } => doc.detail,
            };
        }
        doc.undo_until = match course {
            Course::Applied => doc.undo_until.or(self.undo_until(tenant, &doc, true).await?),
            Course::Ended(Outcome::Verified | Outcome::Partial) => self.undo_until(tenant, &doc, false).await?,
            Course::Unbegun | Course::Intended | Course::Undoing | Course::Ended(_) => None,
        };
        Ok(doc)
    }

    /// Until when a change can be taken back; none where a controller has made the object anew, or nobody knows what is pinned.
    async fn undo_until(&self, tenant: &Tenant, doc: &PlanDoc, is_watched: bool) -> Result<Option<Timestamp>, Problem> {
        let plan =
            assent_plan::Plan::parse(doc.bytes.as_bytes()).map_err(|_| Problem::new(Code::Corrupt, "the kept plan cannot be read"))?;
        let Inverse::Patch { .. } = plan.inverse else { return Ok(None) };
        let Ok(installed) = self.installed(tenant, doc.cluster).await? else { return Ok(None) };
        let rules = &installed.pinned.rules;
        let watched = if is_watched { rules.verify_s } else { 0 };
        let seconds = i64::from(rules.undo_s.saturating_add(watched));
        Ok(self.now().as_second().checked_add(seconds).and_then(|second| Timestamp::from_second(second).ok()))
    }

    /// The incident learns what was done about it, without the executor's own words: who reads an incident may not read all that is in them.
    async fn tell_incident(&self, tenant: &Tenant, doc: &PlanDoc, step: &Step) {
        let by = format!("executor:{}", doc.cluster);
        match step {
            Step::Applied { .. } => timeline::acted_on(self, tenant, doc, &by).await,
            Step::Undoing { .. } => timeline::tell(self, tenant, doc, format!("takes a plan back: {}", timeline::told(doc)), &by).await,
            Step::Ended { outcome, .. } => {
                let how = match outcome {
                    Outcome::Verified => "it did what it should",
                    Outcome::Partial => "it did some of what it should",
                    Outcome::Reverted => "it was taken back",
                    Outcome::Failed => "it did not hold, and was not taken back",
                    Outcome::Refused => "it was refused, and nothing was changed",
                };
                timeline::tell(self, tenant, doc, format!("ended a plan: {}: {how}", timeline::told(doc)), &by).await;
            }
            Step::Intended { .. } | Step::Rehearsed {} | Step::Progress { .. } => {}
        }
    }
}

/// Where a step belongs.
#[derive(Debug)]
enum Place {
    /// It was told before, and this is its record.
    Known(u64),
    /// It is the next, and the run has come so far with it.
    Next(Course),
}

/// Numbers have no gaps, and the same number is the same step.
fn place(doc: &PlanDoc, step: &RunStep, said: Digest) -> Result<Place, Problem> {
    let conflict = |why: String| Problem::new(Code::Conflict, why);
    let index = usize::try_from(step.number).unwrap_or(usize::MAX).checked_sub(1);
    let index = index.ok_or_else(|| Problem::invalid("/step/number", "numbers count from 1"))?;
    if let Some(known) = doc.run_records.get(index) {
        return if known.said == said {
            Ok(Place::Known(known.record))
        } else {
            Err(conflict("this step was told otherwise before".to_owned()))
        };
    }
    if index != doc.run.len() {
        return Err(conflict(format!("the run goes on at step {}", doc.run.len().saturating_add(1))));
    }
    let is_end = matches!(step.step, Step::Ended { .. });
    // Whatever was told before, there is room to say how it ended.
    if doc.run.len() >= STEPS_MAX || (doc.run.len() + 1 >= STEPS_MAX && !is_end) {
        return Err(conflict(BadStep::TooMany.to_string()));
    }
    Course::of(&doc.run).after(&step.step).map(Place::Next).map_err(|bad| conflict(bad.to_string()))
}

/// Whether a plan is in a state in which this can happen to it.
fn may_follow(doc: &PlanDoc, step: &Step, now: Timestamp) -> Result<(), Problem> {
    let Step::Intended { statement, approvers, .. } = step else { return Ok(()) };
    let conflict = |why: &str| Problem::new(Code::Conflict, why.to_owned());
    let known = doc.statement.as_ref().ok_or_else(|| conflict("nobody was asked about this plan"))?;
    if doc.state_at(now) != PlanState::Approved || known.is_over(now) || !doc.stops.is_empty() {
        return Err(conflict("the plan is not approved now"));
    }
    if *statement != known.digest().to_string() {
        return Err(conflict("another statement was put to the vote"));
    }
    let yes = doc.votes.iter().filter(|kept| matches!(kept.vote.word, Word::Approve)).map(|kept| kept.vote.voter).collect::<BTreeSet<_>>();
    let named: BTreeSet<AccountId> = approvers.iter().copied().collect();
    // Who did not say yes here cannot have given leave there.
    if named.len() != approvers.len() || !named.is_subset(&yes) || (named.is_empty() && !doc.by_rule) {
        return Err(conflict("these are not the people who have said yes"));
    }
    Ok(())
}

fn busy() -> Problem {
    Problem::new(Code::Unavailable, "the plan is being changed by others").retry_after(1)
}
