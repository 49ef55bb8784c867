//! What an executor is asked to do: plans to try, plans that people have assented to, and rejections of what runs or ran.
//!
//! None of it is an order. A warrant goes along with the votes that hold by our keys and by those that the executor has pinned, so that an
//! honest platform hands out nothing that would be refused; what is refused all the same, the executor says.

use std::collections::BTreeSet;
use std::time::Duration;

use assent_api::executor::{ToRehearse, ToRun, ToStop, WAIT_S_MAX, Work};
use assent_api::operations::ExecutorWork;
use assent_api::plans::PlanState;
use assent_api::{Code, Problem};
use assent_base::id::ClusterId;
use assent_base::{Digest, Timestamp, time};
use assent_http::{Handle, Input, Reply};
use assent_store::{Expect, Query, StoreError, Tenant};
use serde::Serialize;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;

use crate::authenticate::unknown;
use crate::caller::Caller;
use crate::documents::{ExecutorDoc, PlanDoc};
use crate::plane::ControlPlane;
use crate::plans::asking::Installed;
use crate::problem_of::ProblemOf;
use crate::queries::{QueryWords, ReadAll};

/// Plans to try in one answer at most: each takes two requests to the API server.
const REHEARSE_MAX: usize = 8;
/// Plans to run in one answer at most.
const RUN_MAX: usize = 16;
/// Rejections in one answer at most.
const STOP_MAX: usize = 64;
/// Bytes of one answer beyond which nothing is added to it.
const WORK_BYTES_MAX: usize = 4 << 20;
/// Milliseconds that are let pass after something has changed: changes come in bursts.
const SETTLE_MS: u64 = 100;
/// Seconds between two notes of when an executor was last heard.
const SEEN_GRAIN_S: i64 = 30;

impl Handle<ExecutorWork> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<ExecutorWork>) -> Result<Reply<ExecutorWork>, Problem> {
        let (tenant, cluster) = self.executing(&caller).await?;
        if input.body.wait_s > WAIT_S_MAX {
            return Err(Problem::invalid("/wait_s", format!("{WAIT_S_MAX} at most")));
        }
        let until = Instant::now() + Duration::from_secs(u64::from(input.body.wait_s));
        let asks = self.heard(&tenant, cluster).await?;
        // Listened to before the first look, so that nothing comes in between.
        let mut notices = self.notices(tenant.id()).subscribe();
        loop {
            let executor = self.executor_of(&tenant, cluster).await?.ok_or_else(unknown)?.doc;
            // A key that was taken away or changed while we waited ends the wait, and hands out nothing more.
            if executor.key != asks.key {
                return Err(unknown());
            }
            let work = self.work_for(&tenant, cluster).await?;
            let (to, pieces) = ((tenant.id(), cluster), pieces(&work));
            if Instant::now() >= until || self.inner.handed.is_news(to, &pieces) {
                self.inner.handed.remember(to, pieces);
                return Ok(Reply::new(work));
            }
            match tokio::time::timeout_at(until, notices.recv()).await {
                Ok(Ok(()) | Err(RecvError::Lagged(_))) => tokio::time::sleep(Duration::from_millis(SETTLE_MS)).await,
                Ok(Err(RecvError::Closed)) => return Err(Problem::new(Code::Unavailable, "the platform stops").retry_after(1)),
                Err(_) => {}
            }
        }
    }
}

impl ControlPlane {
    /// Notes that an executor was heard, now and then.
    async fn heard(&self, tenant: &Tenant, cluster: ClusterId) -> Result<ExecutorDoc, Problem> {
        let kept = self.executor_of(tenant, cluster).await?.ok_or_else(unknown)?;
        let now = self.now();
        if kept.doc.seen_at.is_some_and(|seen| time::seconds_between(seen, now) < SEEN_GRAIN_S) {
            return Ok(kept.doc);
        }
        let doc = ExecutorDoc { seen_at: Some(now), ..kept.doc };
        match tenant.put(&kept.id, &doc, Expect::Version(kept.version), now).await {
            // What changed meanwhile counts more.
            Ok(_) | Err(StoreError::Stale { .. } | StoreError::Absent { .. }) => Ok(doc),
            Err(error) => Err(Problem::from_store(error)),
        }
    }

    /// Everything that there is to do in a cluster now.
    async fn work_for(&self, tenant: &Tenant, cluster: ClusterId) -> Result<Work, Problem> {
        // Without knowing what it believes, there is nothing that it could do.
        let Ok(Installed { pinned, .. }) = self.installed(tenant, cluster).await? else { return Ok(Work::default()) };
        let (now, mut work, mut room) = (self.now(), Work::default(), WORK_BYTES_MAX);
        let mut takes = |bytes: usize| room.checked_sub(bytes).map(|left| room = left).is_some();
        let of = |index| Query::oldest_first().equal(index, &cluster.to_string());
        for kept in tenant.all::<PlanDoc>(&of("stop")).await.map_err(Problem::from_store)? {
            for stop in kept.doc.stops.iter().filter(|_| kept.doc.can_be_stopped(now)) {
                let vote = text_of(&stop.vote)?;
                if work.stop.len() < STOP_MAX && takes(vote.len()) {
                    work.stop.push(ToStop { plan: kept.doc.id, vote });
                }
            }
        }
        for kept in tenant.all::<PlanDoc>(&of("open")).await.map_err(Problem::from_store)? {
            let doc = &kept.doc;
            match doc.state_at(now) {
                PlanState::Approved | PlanState::Running if work.run.len() < RUN_MAX && doc.stops.is_empty() => {
                    let Some(warrant) = self.warrant_of(tenant, &kept).await? else { continue };
                    let warrant = text_of(&warrant)?;
                    if takes(doc.bytes.len().saturating_add(warrant.len())) {
                        work.run.push(ToRun { plan: doc.id, bytes: doc.bytes.clone(), warrant });
                    }
                }
                // What nobody is asked about need not be tried.
                PlanState::Awaiting
                    if doc.rehearsal.is_none()
                        && pinned.rules.rehearse_as.is_some()
                        && work.rehearse.len() < REHEARSE_MAX
                        && takes(doc.bytes.len()) =>
                {
                    work.rehearse.push(ToRehearse { plan: doc.id, bytes: doc.bytes.clone() });
                }
                _ => {}
            }
        }
        Ok(work)
    }
}

impl PlanDoc {
    /// Whether a rejection of it can still do anything.
    fn can_be_stopped(&self, now: Timestamp) -> bool {
        match self.state {
            // Its executor may have the warrant, and has not begun as far as we know.
            PlanState::Approved | PlanState::Rejected => self.run.is_empty() && now < self.expires_at,
            PlanState::Running => true,
            _ => self.undo_until.is_some_and(|until| now < until),
        }
    }
}

/// What an answer consists of, to tell whether there is anything new in it.
fn pieces(work: &Work) -> BTreeSet<Digest> {
    let one = |kind: &str, plan: &str, body: &str| Digest::of_parts(&[kind.as_bytes(), plan.as_bytes(), body.as_bytes()]);
    let rehearse = work.rehearse.iter().map(|piece| one("rehearse", &piece.plan.to_string(), ""));
    let run = work.run.iter().map(|piece| one("run", &piece.plan.to_string(), &piece.warrant));
    let stop = work.stop.iter().map(|piece| one("stop", &piece.plan.to_string(), &piece.vote));
    rehearse.chain(run).chain(stop).collect()
}

fn text_of(value: &impl Serialize) -> Result<String, Problem> {
    serde_json::to_string(value).map_err(|_| Problem::new(Code::Internal, "what was said cannot be written as JSON"))
}
