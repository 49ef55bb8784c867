//! A run: from an order that was accepted to its end, as a state machine without I/O.
//!
//! [`Run::need`] says what is to be done next; whoever does it hands in what came of it with [`Run::on`], which gives the entries that have to
//! be on disk before [`Run::take`] lets them count. So a run is what its journal says, and one that is read back after a crash goes on: what it had
//! sent and knows no answer of, it looks for before anything else.
//!
//! Two rules stand above the others. Nothing is sent before the control plane has answered that the intent is on its ledger; and a change is sent
//! again only after the object was seen as it was before, where the tests inside of the patch make a second one impossible.

use assent_api::plans::{Outcome, RunStep, Step};
use assent_base::{Timestamp, time};
use assent_plan::plan::Inverse;
use serde_json::Value;

use crate::entry::{Entry, Noted, Record};
use crate::order::Order;
use crate::verdict::{self, Baseline, Sample, Verdict};

/// How often a request is sent at most, its answer lost.
pub const SENDS_MAX: u32 = 2;
/// Seconds after which no request is under way any more: API servers end theirs after 60.
pub const FLIGHT_S: i64 = 90;
/// Steps that tell how far a change has come, at most.
pub const PROGRESS_MAX: u32 = 20;
/// Characters of what is told, at most.
pub const DETAIL_CHARS_MAX: usize = 500;

/// What is to be done next.
#[derive(Debug, Clone, PartialEq)]
pub enum Need {
    /// Tell the control plane this step, and hand in its answer.
    Tell(RunStep),
    /// Read the object and dry-run the change, as each approver.
    Check,
    /// Send the change. It is on disk that this is done.
    Apply,
    /// Read the object: nobody knows whether what was sent came through.
    Look,
    /// Read what follows from the change, after a while.
    Watch,
    /// Send what takes the change back. It is on disk that this is done.
    Revert,
    /// Ask once more whether the change may be made, with what is pinned now: [`Event::Ready`] or [`Event::Lapsed`].
    Confirm,
    /// Write down that what takes it back is sent, by handing in [`Event::Ready`].
    Prepare,
    /// Nothing, unless it is stopped.
    Nothing,
}

/// What the API server answered to a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is done.
    Done {
        /// The object's resource version; absent of a deletion.
        resource_version: Option<String>,
    },
    /// It is not done, and this is why.
    Refused(String),
    /// Nobody knows.
    Unknown(String),
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The step is on the control plane's ledger.
    Told,
    /// The control plane does not take the step, and will not.
    NotTold(String),
    /// It may be done, as far as the API server says.
    Checked(Baseline),
    /// It may not.
    Objected(String),
    /// What is needed next may be sent. Asked just before, with what is pinned now.
    Ready,
    /// It may not any more.
    Lapsed(String),
    /// The API server answered to a write.
    Answered(Answer),
    /// The object as it stands; none if it is gone.
    Looked(Option<Value>),
    /// What follows from the change.
    Sampled(Sample),
    /// The API server does not let the object be read, and will not.
    Blind(String),
    /// Somebody who may vote here says no, signed.
    Stopped {
        /// Why.
        reason: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Accepted,
    Checked,
    Applying,
    Applied,
    Undoing,
    Reverting,
    Ended(Outcome),
}

/// A run.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    order: Order,
    phase: Phase,
    before: Baseline,
    steps: Vec<RunStep>,
    told: u32,
    /// How often the present request was sent.
    sends: u32,
    /// When it was last sent.
    sent_at: Timestamp,
    /// Whether it may have come through without our knowing.
    unsure: bool,
    /// What the API server said when it was sent again.
    said: Option<String>,
    applied_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    progress: u32,
    opened_at: Timestamp,
    history: Vec<Record>,
}

/// An entry that cannot follow on those before it: the journal is not one of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an entry of a run does not follow on those before it")]
pub struct OutOfOrder;

impl Run {
    /// The entry that opens a run.
    #[must_use]
    pub fn opening(order: &Order, now: Timestamp) -> Record {
        Record { nonce: order.nonce(), at: now, what: Noted::Run(Entry::Accepted(Box::new(order.accepted().clone()))) }
    }

    /// A run whose opening is on disk.
    #[must_use]
    pub fn open(order: Order, opening: Record) -> Self {
        let at = opening.at;
        let accepted = order.accepted();
        let step = Step::Intended {
            statement: order.statement().digest().to_string(),
            approvers: accepted.approvers.clone(),
            as_user: accepted.users.first().map(|own| own.user.clone()).unwrap_or_default(),
        };
        Self {
            order,
            phase: Phase::Accepted,
            before: Baseline::default(),
            steps: vec![RunStep { number: 1, at, step }],
            told: 0,
            sends: 0,
            sent_at: at,
            unsure: false,
            said: None,
            applied_at: None,
            ended_at: None,
            progress: 0,
            opened_at: at,
            history: vec![opening],
        }
    }

    /// After a restart: what was under way may have come through.
    pub fn resume(&mut self) {
        self.unsure = true;
    }

    /// What is to be done next.
    #[must_use]
    pub fn need(&self) -> Need {
        if let Some(step) = self.steps.iter().find(|step| step.number > self.told) {
            return Need::Tell(step.clone());
        }
        match self.phase {
            Phase::Accepted => Need::Check,
            Phase::Checked => Need::Confirm,
            Phase::Undoing => Need::Prepare,
            Phase::Applying | Phase::Reverting if self.unsure => Need::Look,
            Phase::Applying => Need::Apply,
            Phase::Applied => Need::Watch,
            Phase::Reverting => Need::Revert,
            Phase::Ended(_) => Need::Nothing,
        }
    }

    /// What follows from an event: entries that must be on disk before they count. None where nothing follows, and what is needed stays.
    pub fn on(&mut self, event: Event, now: Timestamp) -> Vec<Record> {
        let nonce = self.order.nonce();
        self.decide(event, now).into_iter().map(|entry| Record { nonce, at: now, what: Noted::Run(entry) }).collect()
    }

    fn decide(&mut self, event: Event, now: Timestamp) -> Vec<Entry> {
        let is_told = |own: &Self| own.steps.iter().all(|step| step.number <= own.told);
        match event {
            Event::Told => vec![Entry::Told { number: self.told + 1 }],
            Event::NotTold(why) => self.not_told(&why),
            Event::Checked(before) if self.phase == Phase::Accepted && is_told(self) => self.unless_over(now, Entry::Checked { before }),
            Event::Objected(why) if self.phase == Phase::Accepted => vec![refused(&why)],
            Event::Ready if self.phase == Phase::Checked && is_told(self) => self.unless_over(now, Entry::Applying {}),
            Event::Ready if self.phase == Phase::Undoing && is_told(self) => vec![Entry::Reverting {}],
            Event::Lapsed(why) if matches!(self.phase, Phase::Accepted | Phase::Checked) => vec![refused(&why)],
            Event::Answered(answer) => self.answered(answer),
            Event::Looked(live) => self.looked(live.as_ref(), now),
            Event::Sampled(sample) if self.phase == Phase::Applied => self.judged(&sample, now),
            Event::Blind(why) => self.blind(&why),
            Event::Stopped { reason } => self.stopped(&reason, now),
            Event::Checked(_) | Event::Objected(_) | Event::Ready | Event::Lapsed(_) | Event::Sampled(_) => Vec::new(),
        }
    }

    /// Nothing is applied once its time is over.
    fn unless_over(&self, now: Timestamp, entry: Entry) -> Vec<Entry> {
        vec![if self.order.is_over(now) { refused("its time was over before it could be applied") } else { entry }]
    }

    /// What must be on the ledger before a write ends the run when it does not get there; of the rest, the control plane alone is the poorer.
    fn not_told(&self, why: &str) -> Vec<Entry> {
        let number = self.told + 1;
        let told = Entry::Told { number };
        match self.steps.iter().find(|step| step.number == number).map(|step| &step.step) {
            Some(Step::Intended { .. } | Step::Rehearsed {}) if !matches!(self.phase, Phase::Ended(_)) => {
                vec![told, refused(&format!("the control plane did not record it: {why}"))]
            }
            Some(Step::Undoing { .. }) if self.phase == Phase::Undoing => {
                vec![told, failed(&format!("it was to be taken back, and the control plane did not record that: {why}"))]
            }
            _ => vec![told],
        }
    }

    fn answered(&mut self, answer: Answer) -> Vec<Entry> {
        match (self.phase, answer) {
            (Phase::Applying, Answer::Done { resource_version }) => vec![Entry::Applied { resource_version }],
            (Phase::Reverting, Answer::Done { .. }) => vec![ended(Outcome::Reverted, "what was changed is as it was before")],
            (Phase::Applying, Answer::Refused(why)) if self.sends == 1 => vec![refused(&why)],
            (Phase::Reverting, Answer::Refused(why)) if self.sends == 1 => vec![failed(&format!("it could not be taken back: {why}"))],
            // The first request may have come through, and made the second impossible.
            (Phase::Applying | Phase::Reverting, Answer::Refused(why) | Answer::Unknown(why)) => {
                (self.unsure, self.said) = (true, Some(why));
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn looked(&self, live: Option<&Value>, now: Timestamp) -> Vec<Entry> {
        let plan = self.order.plan();
        let (changed, untouched) = (verdict::is_changed(plan, live), verdict::is_untouched(plan, live));
        let in_flight = time::seconds_between(self.sent_at, now) < FLIGHT_S;
        let again = self.sends < SENDS_MAX;
        let said = self.said.as_deref().unwrap_or("no answer came");
        match self.phase {
            Phase::Applying if changed => {
                let resource_version = live.and_then(|live| live.pointer("/metadata/resourceVersion")?.as_str()).map(str::to_owned);
                vec![Entry::Applied { resource_version }]
            }
            Phase::Applying if untouched && again && !self.order.is_over(now) => vec![Entry::Applying {}],
            Phase::Applying if untouched && in_flight => Vec::new(),
            Phase::Applying if untouched => vec![refused(&format!("{said}; the object is as it was"))],
            Phase::Applying => vec![failed(&format!("{said}; {}", found(live)))],
            Phase::Reverting if verdict::is_restored(plan, live) => vec![ended(Outcome::Reverted, "what was changed is as it was before")],
            Phase::Reverting if changed && again => vec![Entry::Reverting {}],
            Phase::Reverting if changed && in_flight => Vec::new(),
            Phase::Reverting if changed => vec![failed(&format!("it could not be taken back: {said}"))],
            Phase::Reverting => vec![failed(&format!("it could not be taken back: {}", found(live)))],
            _ => Vec::new(),
        }
    }

    fn judged(&self, sample: &Sample, now: Timestamp) -> Vec<Entry> {
        let since = time::seconds_between(self.applied_at.unwrap_or(now), now);
        let window = i64::from(self.order.accepted().verify_s);
        match verdict::judge(self.order.plan(), &self.before, sample, since, window) {
            Verdict::GoingOn(text) => {
                let text = bounded(&text);
                let is_known = self.steps.iter().any(|step| matches!(&step.step, Step::Progress { text: own } if *own == text));
                if is_known || self.progress >= PROGRESS_MAX { Vec::new() } else { vec![Entry::Progress { text }] }
            }
            Verdict::Verified(why) => vec![ended(Outcome::Verified, &why)],
            Verdict::Partial(why) => vec![ended(Outcome::Partial, &why)],
            Verdict::Overtaken(why) => vec![failed(&why)],
            Verdict::Worse(why) if self.can_be_reverted() => vec![Entry::Undoing { why: bounded(&why) }],
            Verdict::Worse(why) => vec![failed(&format!("it is worse than before, and nothing takes it back: {why}"))],
        }
    }

    fn blind(&self, why: &str) -> Vec<Entry> {
        match self.phase {
            Phase::Applied => vec![ended(Outcome::Partial, &format!("it was applied, and what followed was not seen: {why}"))],
            Phase::Applying => vec![failed(&format!("no answer came, and the object cannot be read: {why}"))],
            Phase::Reverting => vec![failed(&format!("it may not have been taken back, and the object cannot be read: {why}"))],
            _ => Vec::new(),
        }
    }

    fn stopped(&self, reason: &str, now: Timestamp) -> Vec<Entry> {
        let why = format!("rejected: {reason}");
        match self.phase {
            Phase::Accepted | Phase::Checked => vec![refused(&why)],
            Phase::Applied if self.can_be_reverted() => vec![Entry::Undoing { why: bounded(&why) }],
            Phase::Ended(Outcome::Verified | Outcome::Partial) if self.can_be_reverted() && self.may_be_undone(now) => {
                vec![Entry::Undoing { why: bounded(&why) }]
            }
            // Whether it was applied is about to be known, or it is taken back already, or there is nothing to take back.
            _ => Vec::new(),
        }
    }

    fn may_be_undone(&self, now: Timestamp) -> bool {
        self.ended_at.is_some_and(|ended| time::seconds_between(ended, now) <= i64::from(self.order.accepted().undo_s))
    }

    const fn can_be_reverted(&self) -> bool {
        matches!(self.order.plan.inverse, Inverse::Patch { .. })
    }

    /// Lets an entry count that is on disk.
    ///
    /// # Errors
    /// When it does not follow on those before it.
    pub fn take(&mut self, record: Record) -> Result<(), OutOfOrder> {
        let Noted::Run(entry) = &record.what else { return Err(OutOfOrder) };
        let at = record.at;
        match (self.phase, entry) {
            (_, Entry::Told { number }) if *number == self.told + 1 && self.steps.iter().any(|step| step.number == *number) => {
                self.told = *number;
            }
            (Phase::Accepted, Entry::Checked { before }) => {
                (self.phase, self.before) = (Phase::Checked, before.clone());
                self.say(at, Step::Rehearsed {});
            }
            (Phase::Checked | Phase::Applying, Entry::Applying {}) => self.sends_as(Phase::Applying, at),
            (Phase::Applying, Entry::Applied { resource_version }) => {
                (self.phase, self.applied_at) = (Phase::Applied, Some(at));
                self.say(at, Step::Applied { resource_version: resource_version.clone() });
            }
            (Phase::Applied, Entry::Progress { text }) => {
                self.progress += 1;
                self.say(at, Step::Progress { text: text.clone() });
            }
            (Phase::Applied | Phase::Ended(Outcome::Verified | Outcome::Partial), Entry::Undoing { why }) => {
                self.phase = Phase::Undoing;
                self.say(at, Step::Undoing { why: why.clone() });
            }
            (Phase::Undoing | Phase::Reverting, Entry::Reverting {}) => self.sends_as(Phase::Reverting, at),
            (Phase::Ended(_), Entry::Ended { .. }) => return Err(OutOfOrder),
            (_, Entry::Ended { outcome, detail }) => {
                (self.phase, self.ended_at) = (Phase::Ended(*outcome), Some(at));
                self.say(at, Step::Ended { outcome: *outcome, detail: detail.clone() });
            }
            _ => return Err(OutOfOrder),
        }
        self.history.push(record);
        Ok(())
    }

    fn say(&mut self, at: Timestamp, step: Step) {
        let number = u32::try_from(self.steps.len()).unwrap_or(u32::MAX).saturating_add(1);
        self.steps.push(RunStep { number, at, step });
    }

    fn sends_as(&mut self, phase: Phase, at: Timestamp) {
        self.sends = if self.phase == phase { self.sends + 1 } else { 1 };
        (self.phase, self.sent_at, self.unsure) = (phase, at, false);
    }

    /// What is done, and as whom.
    #[must_use]
    pub const fn order(&self) -> &Order {
        &self.order
    }

    /// How it ended, if it has.
    #[must_use]
    pub const fn outcome(&self) -> Option<Outcome> {
        match self.phase {
            Phase::Ended(outcome) => Some(outcome),
            _ => None,
        }
    }

    /// Every step so far.
    #[must_use]
    pub fn steps(&self) -> &[RunStep] {
        &self.steps
    }

    /// Whether something may have been written and is not over.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        !matches!(self.phase, Phase::Ended(_))
    }

    /// When it was opened.
    #[must_use]
    pub const fn opened_at(&self) -> Timestamp {
        self.opened_at
    }

    /// When it ended, if it has.
    #[must_use]
    pub const fn ended_at(&self) -> Option<Timestamp> {
        self.ended_at
    }

    /// Every entry of it.
    #[must_use]
    pub fn history(&self) -> &[Record] {
        &self.history
    }
}

fn refused(why: &str) -> Entry {
    ended(Outcome::Refused, why)
}

fn failed(why: &str) -> Entry {
    ended(Outcome::Failed, why)
}

fn ended(outcome: Outcome, why: &str) -> Entry {
    Entry::Ended { outcome, detail: bounded(why) }
}

/// Text from a cluster or a person as it is told: bounded, and without what moves a cursor.
fn bounded(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(DETAIL_CHARS_MAX).collect()
}

fn found(live: Option<&Value>) -> &'static str {
    if live.is_some() { "the object is neither as it was nor as it should be" } else { "the object is gone" }
}
