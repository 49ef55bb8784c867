//! The loop: ask for work, judge it, drive what runs.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use assent_api::executor::{ExecutorHello, ToRehearse, ToRun, ToStop, WAIT_S_MAX, Work};
use assent_api::plans::{Outcome, RunStep, Step};
use assent_apply::Cluster;
use assent_apply::rights::NotFit;
use assent_approval::statement::ClusterUid;
use assent_approval::vote::Vote;
use assent_approval::warrant::Warrant;
use assent_base::{Digest, Timestamp};
use assent_execution::order::{Known, Order};
use assent_execution::run::{Event, Run};
use assent_plan::Plan;
use tokio::sync::Notify;

use crate::backoff::Backoff;
use crate::drive::{Tools, drive};
use crate::link::Link;
use crate::pinning::Pinning;
use crate::pulse::Pulse;
use crate::rehearse::rehearse;
use crate::run::fit;
use crate::state::State;

/// Pieces of work of one kind that are taken from one answer, at most.
const PIECES_MAX: usize = 50;
/// Pieces that were refused or tried, and are remembered so that they are not judged again; then all of them are forgotten.
const REMEMBERED_MAX: usize = 10_000;
/// Bytes of a vote at most.
const VOTE_BYTES_MAX: usize = 64 << 10;
/// Seconds that a request for work waits while something is watched.
const BUSY_WAIT_S: u32 = 1;
/// How often our own rights are reviewed.
const REVIEW_EVERY: Duration = Duration::from_secs(3_600);
/// What is being seen to has so long to come to its end when the executor is to stop.
const STOP_MAX: Duration = Duration::from_secs(20);
/// An answer without anything new is not asked for again before this.
const PACE: Duration = Duration::from_millis(500);

pub(crate) struct Executor {
    pub(crate) state: State,
    pub(crate) link: Link,
    pub(crate) cluster: Cluster,
    pub(crate) cluster_uid: ClusterUid,
    pub(crate) pinning: Pinning,
    pub(crate) pulse: Pulse,
    pub(crate) now: fn() -> Timestamp,
    /// What was judged before.
    pub(crate) judged: BTreeSet<Digest>,
    /// Whether nothing is being seen to.
    pub(crate) rest: Arc<Rest>,
}

/// Whether the executor only waits, so that ending then cuts nothing short.
#[derive(Debug, Default)]
pub(crate) struct Rest {
    is: AtomicBool,
    came: Notify,
}

impl Rest {
    async fn during<T>(&self, waiting: impl Future<Output = T>) -> T {
        self.is.store(true, Ordering::Relaxed);
        self.came.notify_one();
        let came = waiting.await;
        self.is.store(false, Ordering::Relaxed);
        came
    }

    async fn comes(&self) {
        while !self.is.load(Ordering::Relaxed) {
            self.came.notified().await;
        }
    }
}

impl Executor {
    /// Runs until it is told to stop: what is being seen to then is finished if that takes no longer than [`STOP_MAX`], and what is not is in
    /// the journal.
    pub(crate) async fn run(mut self, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
        let rest = self.rest.clone();
        tokio::pin!(stop);
        let rounds = self.rounds();
        tokio::pin!(rounds);
        tokio::select! {
            () = &mut stop => {}
            ended = &mut rounds => return ended,
        }
        tracing::info!("stopping");
        tokio::select! {
            _ = tokio::time::timeout(STOP_MAX, rest.comes()) => Ok(()),
            ended = &mut rounds => ended,
        }
    }

    async fn rounds(&mut self) -> anyhow::Result<()> {
        let (mut backoff, mut greeted) = (Backoff::default(), false);
        let mut reviewed = Instant::now();
        loop {
            let now = (self.now)();
            let repinned = self.pinning.look(&mut self.state, &self.cluster_uid, now)?;
            if repinned {
                greeted = false;
            }
            if repinned || reviewed.elapsed() > REVIEW_EVERY {
                self.review().await?;
                reviewed = Instant::now();
            }
            let any = match self.round(&mut greeted).await? {
                Some(any) => {
                    backoff.reset();
                    self.pulse.beat(true);
                    any
                }
                None => {
                    self.pulse.beat(false);
                    // What was applied is watched, whether the control plane answers or not.
                    self.drive().await?;
                    self.rest.during(tokio::time::sleep(backoff.wait())).await;
                    continue;
                }
            };
            if !any {
                self.rest.during(tokio::time::sleep(PACE)).await;
            }
        }
    }

    /// One round: whether it brought anything new; nothing if the control plane did not answer.
    async fn round(&mut self, greeted: &mut bool) -> anyhow::Result<Option<bool>> {
        if !*greeted {
            *greeted = self.greet().await;
            if !*greeted {
                return Ok(None);
            }
            // Its first work may be long in coming.
            self.pulse.beat(true);
        }
        let wait_s = if self.state.busy().is_empty() { WAIT_S_MAX } else { BUSY_WAIT_S };
        let asked = self.rest.clone();
        let work = match asked.during(self.link.work(wait_s)).await {
            Ok(work) => work,
            Err(error) => {
                tracing::warn!(%error, "no work from the control plane");
                return Ok(None);
            }
        };
        let new = self.take(work).await?;
        Ok(Some(self.drive().await? || new))
    }

    /// Reviews our own rights again: what was granted since is not used. An API server that does not answer is asked the next time.
    async fn review(&self) -> anyhow::Result<()> {
        match fit(&self.cluster, &self.pinning.now).await {
            Ok(found) => {
                found.missing.iter().for_each(|who| tracing::warn!(who, "is pinned, and this account may not act as them"));
                Ok(())
            }
            Err(NotFit::Unknown(error)) => {
                tracing::warn!(%error, "what this account may do could not be learnt");
                Ok(())
            }
            Err(granted @ NotFit::OverGranted(_)) => Err(granted.into()),
        }
    }

    async fn greet(&mut self) -> bool {
        let hello = ExecutorHello {
            cluster_uid: self.cluster_uid.to_string(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pinned: self.pinning.now.canonical().to_owned(),
        };
        match self.link.hello(&hello).await {
            Ok(welcome) if (welcome.tenant, welcome.cluster) == (self.pinning.now.tenant, self.pinning.now.cluster) => true,
            Ok(welcome) => {
                tracing::error!(cluster = %welcome.cluster, "the control plane takes this for another cluster than the pinned document; nothing is taken from it");
                false
            }
            Err(error) => {
                tracing::warn!(%error, "the control plane does not answer");
                false
            }
        }
    }

    /// Judges work. Whether any of it is new.
    async fn take(&mut self, work: Work) -> anyhow::Result<bool> {
        let mut new = false;
        for offer in work.run.into_iter().take(PIECES_MAX) {
            new |= self.take_run(&offer).await?;
        }
        for stop in work.stop.into_iter().take(PIECES_MAX) {
            new |= self.take_stop(&stop)?;
        }
        for piece in work.rehearse.into_iter().take(PIECES_MAX) {
            new |= self.take_rehearsal(&piece).await;
        }
        Ok(new)
    }

    async fn take_run(&mut self, offer: &ToRun) -> anyhow::Result<bool> {
        let own = Warrant::parse(offer.warrant.as_bytes()).ok().map(|warrant| warrant.statement.fields().nonce);
        let known = own.and_then(|nonce| self.state.run(nonce));
        // The same plan on the same statement is no second run, whoever else has signed it since.
        let same = |run: &Run| run.order().id() == offer.plan && run.order().accepted().bytes == offer.bytes;
        let plan = offer.plan.to_string();
        let parts = [b"run", plan.as_bytes(), offer.bytes.as_bytes(), offer.warrant.as_bytes()];
        if known.is_some_and(same) || !self.is_new(&parts) {
            return Ok(false);
        }
        if !self.state.has_room() {
            tracing::error!("the journal is full; no further run is taken on");
            return Ok(false);
        }
        let now = (self.now)();
        let (used, opened_by_rule) = (self.state.book.used(), self.state.book.opened_by_rule(now));
        let known = Known { pinned: &self.pinning.now, cluster_uid: &self.cluster_uid, used: &used, opened_by_rule: &opened_by_rule };
        match Order::accept(offer, &known, now) {
            Ok(order) => {
                tracing::info!(plan = %offer.plan, statement = %order.statement().digest(), "a warrant holds");
                self.state.record(Run::opening(&order, now))?;
            }
            Err(refusal) => {
                tracing::warn!(plan = %offer.plan, %refusal, "a warrant is refused");
                let detail = refusal.to_string().chars().filter(|c| !c.is_control()).take(500).collect();
                let step = RunStep { number: 1, at: now, step: Step::Ended { outcome: Outcome::Refused, detail } };
                // For people alone: whether it is heard changes nothing here.
                let _ = self.link.tell(offer.plan, step).await;
            }
        }
        Ok(true)
    }

    fn take_stop(&mut self, stop: &ToStop) -> anyhow::Result<bool> {
        if stop.vote.len() > VOTE_BYTES_MAX {
            return Ok(false);
        }
        let Ok(vote) = serde_json::from_str::<Vote>(&stop.vote) else { return Ok(false) };
        let now = (self.now)();
        let orders: Vec<Order> = self.state.book.runs().map(Run::order).filter(|order| order.id() == stop.plan).cloned().collect();
        let mut any = false;
        for order in orders {
            match order.stopped_by(&vote, &self.pinning.now, now) {
                Ok(reason) => any |= self.state.event(order.nonce(), Event::Stopped { reason }, now)?,
                Err(error) => tracing::warn!(plan = %stop.plan, %error, "a rejection does not hold"),
            }
        }
        Ok(any)
    }

    async fn take_rehearsal(&mut self, piece: &ToRehearse) -> bool {
        let Some(whom) = self.pinning.now.rules.rehearse_as.clone() else { return false };
        let policy = self.pinning.now.policy_digest().to_string();
        if !self.is_new(&[b"rehearse", policy.as_bytes(), piece.plan.to_string().as_bytes(), piece.bytes.as_bytes()]) {
            return false;
        }
        // Whoever could have it dry-run anything could ask what admission says of anything.
        let Ok(plan) = Plan::parse(piece.bytes.as_bytes()) else { return true };
        let here = assent_plan::plan::Scope::Cluster {
            tenant: self.pinning.now.tenant,
            cluster: self.pinning.now.cluster,
            cluster_uid: self.cluster_uid.to_string(),
        };
        if plan.scope != here || self.pinning.now.rules.allows(&plan).is_err() {
            return true;
        }
        let rehearsal = rehearse(&self.cluster, &plan, &whom, (self.now)()).await;
        let heard = self.link.rehearsed(piece.plan, &rehearsal).await;
        tracing::info!(plan = %piece.plan, ?rehearsal, ?heard, "rehearsed");
        true
    }

    /// Whether something was not judged before.
    fn is_new(&mut self, parts: &[&[u8]]) -> bool {
        if self.judged.len() >= REMEMBERED_MAX {
            self.judged.clear();
        }
        self.judged.insert(Digest::of_parts(parts))
    }

    /// Drives everything that needs something. Whether anything came of it.
    async fn drive(&mut self) -> anyhow::Result<bool> {
        let mut any = false;
        for nonce in self.state.busy() {
            let mut tools = Tools {
                state: &mut self.state,
                link: &mut self.link,
                cluster: &self.cluster,
                pinning: &self.pinning,
                cluster_uid: &self.cluster_uid,
                now: self.now,
            };
            any |= drive(&mut tools, nonce).await?;
        }
        Ok(any)
    }
}
