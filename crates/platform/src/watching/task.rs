//! One watcher at work.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use assent_api::{Code, Problem};
use assent_base::id::{ClusterId, IncidentId};
use assent_base::{Kind, Timestamp};
use assent_evidence::Graph;
use assent_incidents::book::{BadAct, Step};
use assent_incidents::{Act, Book, Examined, Fact, Known, Severity, Slice};
use assent_plan::Plan;
use assent_plan::proposal::Proposal;
use assent_store::{Appended, Tenant};
use tokio::sync::mpsc;

use super::aside::{Applied, Aside};
use super::drawing::Drawing;
use super::keeping::Unwritten;
use super::proposals::{Drawn, Proposals, TELLER};
use super::{Message, Shown, WANTED_LOGS_MAX, restore};
use crate::documents::ClusterDoc;
use crate::intake::{kept_as, stream_of, told_as};
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;

/// Milliseconds that a slice rests after its first change, so that one rollout is not examined a hundred times.
const SETTLE_MS: i64 = 200;
/// Milliseconds between looks at what time alone changes, at least.
const TICK_MS_MIN: u64 = 50;
/// Milliseconds between looks at what time alone changes, at most.
const TICK_MS_MAX: u64 = 15_000;
/// Seconds before what could not be written is tried again.
const RETRY_S: u64 = 2;
/// Segments after which a snapshot takes their place.
const SEGMENTS_MAX: usize = 400;
/// Seconds to wait for the first listing before what there is gets examined: some kinds may not be granted.
const FIRST_LISTING_MAX_S: i64 = 90;
/// What must have been listed before absence means anything.
const LISTED_FIRST: &[Kind] =
    &[Kind::Pod, Kind::Node, Kind::Namespace, Kind::Deployment, Kind::ReplicaSet, Kind::Service, Kind::Ingress, Kind::ConfigMap];

struct Task {
    plane: ControlPlane,
    tenant: Tenant,
    cluster: ClusterId,
    shown: Arc<Mutex<Shown>>,
    /// Away only while a thread examines it.
    known: Known,
    book: Book,
    aside: Aside,
    stream: Option<String>,
    last: u64,
    segments: usize,
    unwritten: Unwritten,
    /// Logs that the latest examination of each slice asks for.
    wanted: std::collections::BTreeMap<Slice, Vec<assent_diagnosis::wanted::Wanted>>,
    unlisted: BTreeSet<Kind>,
    first_fact: Option<Timestamp>,
    /// What is known may lack alerts that are on.
    lacks_alerts: bool,
    drawing: Drawing,
    proposals: Proposals,
    /// What open incidents were seen from before the start: whether they still are must be looked at, though nothing has changed.
    unconfirmed: BTreeSet<Slice>,
}

/// Watches until it is told to stop, or nobody is left to tell it anything.
pub(super) async fn run(
    plane: ControlPlane,
    tenant: Tenant,
    cluster: ClusterId,
    mut inbox: mpsc::Receiver<Message>,
    shown: Arc<Mutex<Shown>>,
) {
    let mut aside = Aside::new(cluster);
    let past = match restore::past(&tenant, cluster, plane.now(), &mut aside).await {
        Ok(past) => past,
        Err(error) => {
            tracing::error!(%cluster, %error, "the diagnosis of a cluster cannot start");
            shown.lock().unwrap_or_else(PoisonError::into_inner).stopped = Some("what is kept of it cannot be read");
            // Whoever asks is told so, by the closing of the inbox; the next message starts it again.
            return;
        }
    };
    let mut unlisted: BTreeSet<Kind> = LISTED_FIRST.iter().cloned().collect();
    if past.last > 0 && !past.lost {
        unlisted.clear();
    }
    shown.lock().unwrap_or_else(PoisonError::into_inner).lacks_the_past = past.lost;
    let unconfirmed = past.book.seen_from();
    let mut task = Task {
        plane,
        tenant,
        cluster,
        shown,
        known: past.known,
        book: past.book,
        aside,
        stream: past.stream,
        last: past.last,
        segments: past.segments,
        unwritten: Unwritten::default(),
        wanted: std::collections::BTreeMap::new(),
        unlisted,
        first_fact: None,
        lacks_alerts: true,
        drawing: Drawing::new(),
        proposals: Proposals::default(),
        unconfirmed,
    };
    task.show();
    task.mention_alerts().await;
    loop {
        match tokio::time::timeout(task.rest(), inbox.recv()).await {
            Ok(None) => return,
            Ok(Some(message)) => {
                if task.hear(message).await.is_stop() {
                    return;
                }
                // What came meanwhile belongs to the same breath.
                while let Ok(message) = inbox.try_recv() {
                    if task.hear(message).await.is_stop() {
                        return;
                    }
                }
            }
            Err(_) => {}
        }
        task.mention_alerts().await;
        task.work(&inbox).await;
    }
}

/// Whether a watcher goes on.
#[derive(PartialEq, Eq)]
enum On {
    Going,
    Stopped,
}

impl On {
    fn is_stop(&self) -> bool {
        *self == On::Stopped
    }
}

impl Task {
    async fn hear(&mut self, message: Message) -> On {
        match message {
            Message::Facts { facts, stream, after, last } => self.facts(facts, &stream, after, last).await,
            Message::Mentioned { facts } => self.mentioned(facts).await,
            Message::Act { id, act, by, answer } => {
                let done = self.act(id, &act, &by).await;
                // Whoever asked may have gone.
                let _ = answer.send(done);
            }
            Message::Propose { id, proposal, answer } => {
                let drawn = self.propose(id, *proposal).await;
                let _ = answer.send(drawn);
            }
            Message::Redraw => self.redraw(),
            Message::CarryOver { to, answer } => {
                let done = self.carry_over(to).await;
                let _ = answer.send(done);
            }
            Message::Stop { answer } => {
                let _ = answer.send(());
                return On::Stopped;
            }
        }
        On::Going
    }

    async fn mentioned(&mut self, facts: Vec<Fact>) {
        if !self.apply(facts) {
            self.read_anew().await;
        }
    }

    /// Applies facts, up to one that damages what is known: then not.
    fn apply(&mut self, facts: Vec<Fact>) -> bool {
        for fact in facts {
            let listed = restore::listed(&fact);
            match self.aside.apply(&mut self.known, fact) {
                Applied::Yes => {}
                Applied::Refused(error) => tracing::warn!(cluster = %self.cluster, %error, "a fact is not taken"),
                Applied::Damaged => return false,
            }
            if let Some(kind) = listed {
                self.lacks_alerts |= kind == Kind::Event;
                self.unlisted.remove(&kind);
            }
        }
        true
    }

    /// Mentions the alerts that are on, once what is known has lost them: a listing names only what the cluster has.
    async fn mention_alerts(&mut self) {
        if !self.lacks_alerts {
            return;
        }
        match crate::alerts::on::facts(&self.tenant, self.cluster, self.plane.now()).await {
            Ok(facts) => {
                self.lacks_alerts = false;
                // One of them that damages what is known is set aside; the rest is mentioned at the next round.
                if !self.apply(facts) {
                    self.lacks_alerts = true;
                    self.read_anew().await;
                }
            }
            Err(error) => tracing::warn!(cluster = %self.cluster, %error, "alerts of a cluster cannot be read; it is tried again"),
        }
    }

    /// Forgets what is known, and reads it from the store again.
    async fn read_anew(&mut self) {
        self.known = Known::new();
        self.lacks_alerts = true;
        if let Some(stream) = self.stream.take() {
            self.catch_up(&stream).await;
        }
    }

    async fn facts(&mut self, facts: Vec<Fact>, stream: &str, after: u64, last: u64) {
        let own = self.stream.as_deref() == Some(stream);
        // Read from the store already; and what stands still reads nothing.
        if own && last <= self.last || self.aside.is_full() {
            return;
        }
        if !own || after != self.last {
            self.catch_up(stream).await;
            return;
        }
        if self.apply(facts) {
            self.reached(last, 1).await;
        } else {
            // They are in the store, the rest of them too.
            self.read_anew().await;
        }
    }

    /// Reads from the store what was kept and not told, or told out of turn: a request that ended in between, or another observer that
    /// had begun another stream. What cannot be read now is read with the next facts.
    async fn catch_up(&mut self, stream: &str) {
        let own = self.stream.as_deref() == Some(stream);
        let used = self.tenant.get::<ClusterDoc>(&self.cluster.to_string()).await;
        // Nobody goes on with a stream that has ended.
        let used = used.map(|kept| kept.is_some_and(|kept| kept.doc.stream.as_deref() == Some(stream)));
        let read = match used {
            Ok(true) if own => restore::read(&self.tenant, self.cluster, stream, self.last, &mut self.known, &mut self.aside).await,
            Ok(true) => {
                self.known = Known::new();
                self.lacks_alerts = true;
                self.drawing.clear();
                restore::read(&self.tenant, self.cluster, stream, 0, &mut self.known, &mut self.aside).await
            }
            Ok(false) => return,
            Err(error) => Err(error),
        };
        match read {
            Ok(read) => {
                self.stream = Some(stream.to_owned());
                self.unlisted.retain(|kind| !read.listed.contains(kind));
                self.reached(read.last, read.segments).await;
            }
            Err(error) => {
                tracing::warn!(cluster = %self.cluster, %error, "what is kept of a cluster cannot be read");
                // What is known may be of no stream now: all of it is read with the next facts.
                self.stream = None;
            }
        }
    }

    /// Everything up to a number of the stream is known.
    async fn reached(&mut self, last: u64, segments: usize) {
        self.first_fact.get_or_insert(self.plane.now());
        self.last = last;
        self.segments += segments;
        if self.unlisted.is_empty() {
            self.shown.lock().unwrap_or_else(PoisonError::into_inner).lacks_the_past = false;
        }
        if self.segments >= SEGMENTS_MAX {
            self.compact().await;
        }
    }

    /// A snapshot takes the place of all segments. If that fails, they stay, and it is tried again later.
    async fn compact(&mut self) {
        let Some(stream) = &self.stream else { return };
        let snapshot = self.known.snapshot();
        match self.tenant.compact(&stream_of(self.cluster, stream), kept_as(self.last), self.plane.now(), &snapshot).await {
            Ok(()) => self.segments = 0,
            Err(error) => {
                tracing::warn!(cluster = %self.cluster, %error, "a snapshot is not kept");
                self.segments /= 2;
            }
        }
    }

    /// Begins a stream with what is known. One that was begun before goes on as it is.
    async fn carry_over(&mut self, to: String) -> Result<(), Problem> {
        let stream = stream_of(self.cluster, &to);
        let (now, first) = (self.plane.now(), kept_as(0));
        let begun = self.tenant.append_segment(&stream, (first, first), now, Vec::new()).await.map_err(Problem::from_store)?;
        if begun == Appended::New && self.known.objects() > 0 {
            let snapshot = self.known.snapshot();
            self.tenant.compact(&stream, first, now, &snapshot).await.map_err(Problem::from_store)?;
        }
        let last = told_as(self.tenant.last_seq(&stream).await.map_err(Problem::from_store)?);
        (self.stream, self.last, self.segments) = (Some(to), last, 0);
        Ok(())
    }

    async fn act(&mut self, id: IncidentId, act: &Act, by: &str) -> Result<(), Problem> {
        let before = self.book.clone();
        let steps = self.book.act(id, act, by, self.plane.now()).map_err(bad_act)?;
        self.unwritten.take(&steps, None, &self.book);
        // This one alone: what cannot be kept of others is not the fault of this act.
        if let Err(problem) = self.unwritten.write_one(id, &self.plane, &self.tenant, &self.book).await {
            // Whoever asked hears that it failed: then it has not happened.
            self.book = before;
            self.unwritten.untell(id);
            return Err(problem);
        }
        let incident = self.book.get(id);
        if incident.is_none_or(|incident| !incident.is_live()) {
            self.proposals.end(id);
        }
        for step in steps {
            if let Step::Examine { slices, .. } = step {
                for slice in slices {
                    self.proposals.forget(&slice);
                    self.examine(slice).await;
                }
            }
        }
        self.show();
        Ok(())
    }

    /// Lets plans be drawn for all that is explained, though nothing of it has changed.
    fn redraw(&mut self) {
        let explained = self.book.incidents().filter(|incident| incident.is_live() && incident.cause.is_some());
        let slices: BTreeSet<Slice> = explained.flat_map(|incident| incident.sightings.keys().cloned()).collect();
        slices.iter().for_each(|slice| self.proposals.forget(slice));
        self.unconfirmed.extend(slices);
    }

    /// Draws what a person proposes. What the examination beside it says counts as that of any other.
    async fn propose(&mut self, id: IncidentId, proposal: Proposal) -> Result<Plan, Problem> {
        let unexplained =
            || Problem::new(Code::Conflict, "no cause of this incident is shown now, so there is nothing that a plan could rest on");
        let incident = self.book.get(id).filter(|incident| incident.is_live() && incident.cause.is_some()).ok_or_else(unexplained)?;
        let (print, slices) = (incident.fingerprint.clone(), incident.sightings.keys().cloned().collect::<Vec<_>>());
        let place = self.proposals.place(&self.tenant, self.cluster).await;
        let place = place.ok_or_else(|| Problem::new(Code::Conflict, "the observer has not said yet which cluster this is"))?;
        for slice in slices {
            let (place, print, proposal) = (place.clone(), print.clone(), proposal.clone());
            let look = move |graph: &Graph, examined: &Examined| place.draw_one(graph, examined, &print, &proposal);
            let Some((examined, drawn, now)) = self.look_at(slice, look).await else { continue };
            self.fold(examined, None, now);
            if let Some(drawn) = drawn {
                return drawn.map_err(|why| Problem::invalid("/proposal", why));
            }
        }
        Err(unexplained())
    }

    /// How long nothing has to be done.
    fn rest(&self) -> Duration {
        let now = self.plane.now();
        if !self.unwritten.is_empty() || !self.proposals.is_settled() {
            return Duration::from_secs(RETRY_S);
        }
        if !self.unconfirmed.is_empty() && self.is_listed(now) {
            return Duration::from_millis(TICK_MS_MIN);
        }
        let settled =
            self.known.dirty().into_iter().filter_map(|slice| self.known.dirty_since(&slice)).map(|since| settled_at(since.min(now))).min();
        let waited = self.book.waited_for().into_iter().map(|(_, at)| at).min();
        let next =
            [settled.filter(|_| self.is_listed(now)), self.known.next_due(), self.book.next_due(), waited].into_iter().flatten().min();
        let until = next.map_or(TICK_MS_MAX, |at| u64::try_from(at.as_millisecond().saturating_sub(now.as_millisecond())).unwrap_or(0));
        Duration::from_millis(until.clamp(TICK_MS_MIN, TICK_MS_MAX))
    }

    fn is_listed(&self, now: Timestamp) -> bool {
        let waited = |first| assent_base::time::seconds_between(first, now) >= FIRST_LISTING_MAX_S;
        self.unlisted.is_empty() || self.first_fact.is_some_and(waited)
    }

    /// Does what is due, until somebody has something to say.
    async fn work(&mut self, inbox: &mpsc::Receiver<Message>) {
        if self.aside.is_full() {
            self.show();
            return;
        }
        let now = self.plane.now();
        let steps = self.book.tick(now);
        self.unwritten.take(&steps, None, &self.book);
        for step in &steps {
            if let Step::Resolved(id) | Step::Merged { from: id, .. } = step {
                self.proposals.end(*id);
            }
        }
        self.known.pass(now);
        if self.is_listed(now) {
            let waited = self.book.waited_for().into_iter().filter(|(_, at)| *at <= now).map(|(slice, _)| slice);
            let dirty = self.known.dirty().into_iter();
            let dirty = dirty.filter(|slice| self.known.dirty_since(slice).is_none_or(|since| has_settled(since, now)));
            let unconfirmed = self.unconfirmed.iter().cloned();
            let slices: BTreeSet<Slice> = waited.chain(dirty).chain(unconfirmed).collect();
            for slice in slices {
                self.unconfirmed.remove(&slice);
                self.examine(slice).await;
                if !inbox.is_empty() {
                    break;
                }
            }
        }
        if let Err(problem) = self.unwritten.write(&self.plane, &self.tenant, &self.book).await {
            tracing::warn!(cluster = %self.cluster, %problem, "incidents are not kept yet");
        }
        self.keep_plans(now).await;
        let known = &self.known;
        let kept = self.drawing.keep(&self.tenant, self.cluster, &self.plane.inner.settings.snapshots, || known.slices(), now);
        if let Err(problem) = kept.await {
            tracing::warn!(cluster = %self.cluster, %problem, "a snapshot of the topology is not kept");
        }
        self.show();
    }

    /// Examines a slice, draws plans for what that explains, and folds what it says into the incidents.
    async fn examine(&mut self, slice: Slice) {
        let (place, seen) = (self.proposals.place(&self.tenant, self.cluster).await, self.proposals.seen(&slice));
        let look = move |graph: &Graph, examined: &Examined| place.and_then(|place| place.draw_all(graph, examined, seen));
        if let Some((examined, drawn, now)) = self.look_at(slice, look).await {
            self.fold(examined, drawn, now);
        }
    }

    /// Examines a slice on a thread of its own, where somebody may look on; none if that failed.
    async fn look_at<T: Send + 'static>(
        &mut self,
        slice: Slice,
        look: impl FnOnce(&Graph, &Examined) -> T + Send + 'static,
    ) -> Option<(Examined, T, Timestamp)> {
        let now = self.plane.now();
        let known = std::mem::take(&mut self.known);
        let span = tracing::info_span!(target: "assent::span", "examine", cluster = %self.cluster);
        let work = tokio::task::spawn_blocking(move || {
            let _span = span.entered();
            let mut known = known;
            // A rule that panics must not take down the watch: the slice is left as it was.
            let examined = catch_unwind(AssertUnwindSafe(|| known.examine_with(&slice, now, look)));
            (known, slice, examined.ok())
        });
        // Only a runtime that is shutting down drops such work.
        let (known, slice, examined) = work.await.ok()?;
        self.known = known;
        if examined.is_none() {
            tracing::error!(cluster = %self.cluster, %slice, "an examination failed; this is a defect");
            self.known.give_up(&slice);
        }
        examined.map(|(examined, seen)| (examined, seen, now))
    }

    /// Keeps the plans that were drawn, after the incidents that they are for.
    async fn keep_plans(&mut self, now: Timestamp) {
        if !self.proposals.is_settled() {
            let unwritten = |id| self.unwritten.holds(id);
            for (id, text) in self.proposals.settle(&self.plane, &self.tenant, &self.book, unwritten).await {
                // One that is gone has no timeline.
                let steps = self.book.act(id, &Act::OfPlan { text }, TELLER, now).unwrap_or_default();
                self.unwritten.take(&steps, None, &self.book);
            }
        }
        match self.proposals.sweep(&self.plane, &self.tenant, &self.book, self.cluster, now).await {
            Ok(again) => self.unconfirmed.extend(again),
            Err(problem) => tracing::warn!(cluster = %self.cluster, %problem, "plans are not looked through"),
        }
    }

    fn fold(&mut self, mut examined: Examined, drawn: Option<Drawn>, now: Timestamp) {
        self.drawing.take(&examined.slice, std::mem::take(&mut examined.drawn));
        let steps = self.book.fold(&examined, now);
        self.unwritten.take(&steps, Some(&examined), &self.book);
        self.note_plans(&examined, drawn, &steps);
        if examined.wanted_logs.is_empty() {
            self.wanted.remove(&examined.slice);
        } else {
            self.wanted.insert(examined.slice, examined.wanted_logs);
        }
    }

    /// Takes what was drawn, and sees what has ended. What is back is drawn for again, though nothing in its slice may have changed.
    fn note_plans(&mut self, examined: &Examined, drawn: Option<Drawn>, steps: &[Step]) {
        let is_new = |step: &Step| matches!(step, Step::Opened(_) | Step::Explained(_) | Step::Reopened(_));
        match drawn {
            Some(drawn) => self.proposals.take(&examined.slice, examined.digest, drawn),
            None if steps.iter().any(is_new) => {
                self.proposals.forget(&examined.slice);
                self.unconfirmed.insert(examined.slice.clone());
            }
            None => {}
        }
        for step in steps {
            if let Step::Resolved(id) | Step::Merged { from: id, .. } = step {
                self.proposals.end(*id);
            }
        }
    }

    /// Lets others see how things are.
    fn show(&self) {
        let now = self.plane.now();
        let open: Vec<Severity> =
            self.book.incidents().filter(|one| one.is_live() && !one.is_muted(now)).map(|one| one.weight.severity).collect();
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.open_incidents = u32::try_from(open.len()).unwrap_or(u32::MAX);
        shown.worst = open.into_iter().max();
        shown.objects = self.known.objects() as u64;
        shown.wanted = self.wanted.values().flatten().take(WANTED_LOGS_MAX).cloned().collect();
        shown.listed = self.is_listed(now);
        shown.drawn = self.drawing.parts();
        shown.set_aside = self.aside.count() as u64;
        if self.aside.is_full() {
            shown.stopped = Some("too many of its facts cannot be applied: this is a defect of the platform");
        }
    }
}

fn settled_at(since: Timestamp) -> Timestamp {
    since.checked_add(jiff::SignedDuration::from_millis(SETTLE_MS)).unwrap_or(since)
}

/// Whether a change of then has rested. Observers' clocks are not ours: what one dates ahead waits for no day to come.
fn has_settled(since: Timestamp, now: Timestamp) -> bool {
    since > now || settled_at(since) <= now
}

fn bad_act(error: BadAct) -> Problem {
    match error {
        BadAct::NoSuch(_) => Problem::new(Code::Conflict, "the incident is too old to be acted on"),
        BadAct::BadSpan => Problem::invalid("/for_s", error.to_string()),
        BadAct::BadText { .. } => Problem::new(Code::Invalid, error.to_string()),
        BadAct::Resolved | BadAct::Dismissed | BadAct::Open | BadAct::NotMuted | BadAct::Superseded(_) | BadAct::TooMuch => {
            Problem::new(Code::Conflict, error.to_string())
        }
    }
}
