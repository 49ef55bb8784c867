//! What an executor is asked to do: plans to try, plans that people have assented to, and rejections of what runs or ran.
//!
//! None of it is an order. A warrant goes along with the votes that hold by our keys and by those that the executor has pinned, so that an
//! honest platform hands out nothing that would be refused; what is refused all the same, the executor says.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use assent_api::executor::{ToRehearse, ToRun, ToStop, WAIT_S_MAX, Work};
use assent_api::operations::ExecutorWork;
use assent_api::plans::PlanState;
use assent_api::{Action, Code, Problem};
use assent_approval::change::{Change, Record};
use assent_approval::keyring::{Approver, HeldKey, Keyring, KeyringFile, VoteKey};
use assent_approval::warrant::Warrant;
use assent_base::id::{AccountId, ClusterId};
use assent_base::{Digest, Timestamp, time};
use assent_execution::Pinned;
use assent_http::{Handle, Input, Reply};
use assent_policy::{Ask, Resource};
use assent_store::{Expect, Query, StoreError, Tenant};
use serde::Serialize;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;

use crate::authenticate::unknown;
use crate::caller::Caller;
use crate::documents::{AccountDoc, ClusterDoc, EnvironmentDoc, ExecutorDoc, IncidentDoc, PlanDoc};
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;
use crate::queries::{QueryWords, ReadAll};
use crate::ssh_keys;

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
            let work = self.work_for(&tenant, cluster, &executor).await?;
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
    async fn work_for(&self, tenant: &Tenant, cluster: ClusterId, executor: &ExecutorDoc) -> Result<Work, Problem> {
        // Without knowing what it believes, there is nothing that it could do.
        let Some(pinned) = executor.believed(tenant.id()) else { return Ok(Work::default()) };
        let (now, mut work, mut room) = (self.now(), Work::default(), WORK_BYTES_MAX);
        let mut takes = |bytes: usize| room.checked_sub(bytes).map(|left| room = left).is_some();
        let of = |index| Query::oldest_first().equal(index, &cluster.to_string());
        for kept in tenant.all::<PlanDoc>(&of("stop")).await.map_err(Problem::from_store)? {
            let in_time = kept.doc.state == PlanState::Running || kept.doc.undo_until.is_some_and(|until| now < until);
            for stop in kept.doc.stops.iter().filter(|_| in_time) {
                let vote = text_of(&stop.vote)?;
                if work.stop.len() < STOP_MAX && takes(vote.len()) {
                    work.stop.push(ToStop { plan: kept.doc.id, vote });
                }
            }
        }
        for kept in tenant.all::<PlanDoc>(&of("open")).await.map_err(Problem::from_store)? {
            let doc = kept.doc;
            match doc.state_at(now) {
                PlanState::Approved | PlanState::Running if work.run.len() < RUN_MAX && doc.stops.is_empty() => {
                    let Some(warrant) = self.warrant(tenant, &doc, &pinned, now).await? else { continue };
                    let warrant = text_of(&warrant)?;
                    if takes(doc.bytes.len().saturating_add(warrant.len())) {
                        work.run.push(ToRun { plan: doc.id, bytes: doc.bytes, warrant });
                    }
                }
                // What nobody is asked about need not be tried.
                PlanState::Awaiting
                    if doc.rehearsal.is_none()
                        && pinned.rules.rehearse_as.is_some()
                        && work.rehearse.len() < REHEARSE_MAX
                        && takes(doc.bytes.len()) =>
                {
                    work.rehearse.push(ToRehearse { plan: doc.id, bytes: doc.bytes });
                }
                _ => {}
            }
        }
        Ok(work)
    }

    /// The warrant of a plan that is approved now, by our keys and by those that are pinned; none if it is not.
    async fn warrant(&self, tenant: &Tenant, doc: &PlanDoc, pinned: &Pinned, now: Timestamp) -> Result<Option<Warrant>, Problem> {
        let Some(statement) = doc.statement.clone() else { return Ok(None) };
        if statement.fields().policy != *pinned.policy_digest() || statement.is_over(now) {
            return Ok(None);
        }
        if doc.by_rule {
            return Ok(Some(Warrant { statement, votes: Vec::new() }));
        }
        let votes: Vec<_> = doc.votes.iter().map(|kept| kept.vote.clone()).collect();
        let ours = self.keyring_of(tenant, doc, pinned, votes.iter().map(|vote| vote.voter).collect()).await?;
        let recall = |votes: Vec<_>, keyring: &Keyring| Change::recall(&Record { statement: statement.clone(), votes }, keyring, now);
        let Ok(Change::Approved(approved)) = recall(votes.clone(), &ours) else { return Ok(None) };
        let standing: BTreeSet<AccountId> = approved.approvers().collect();
        let theirs = votes.into_iter().filter(|vote| standing.contains(&vote.voter)).collect();
        match recall(theirs, pinned.keyring()) {
            Ok(Change::Approved(approved)) => Ok(approved.warrant(pinned.keyring(), now).ok()),
            Ok(Change::Awaiting(_) | Change::Rejected(_) | Change::Expired(_)) | Err(_) => Ok(None),
        }
    }

    /// The keys of these people that count for us: they are members, policy lets them vote on this plan now, and the keys are theirs.
    async fn keyring_of(&self, tenant: &Tenant, doc: &PlanDoc, pinned: &Pinned, voters: BTreeSet<AccountId>) -> Result<Keyring, Problem> {
        let party = pinned.keyring().party();
        let mut approvers = BTreeMap::new();
        if let Some(resource) = self.resource_of(tenant, doc).await? {
            let engine = self.engine(tenant).await?;
            for voter in voters {
                let Some(account) = tenant.get::<AccountDoc>(&voter.to_string()).await.map_err(Problem::from_store)? else { continue };
                let Ok(person) = self.as_person(tenant, &account.doc, &account.doc.groups).await else { continue };
                if !engine.decide(&Ask { caller: person.who, action: Action::PlanVote, resource: resource.clone() }).is_permit() {
                    continue;
                }
                let of_here = account.doc.passkeys.into_iter().filter(|passkey| passkey.party == party.id());
                let passkeys = of_here.map(|passkey| VoteKey::Passkey(passkey.credential));
                let ssh = ssh_keys::keys_of(tenant, voter).await?.into_iter().map(|kept| VoteKey::Ssh(kept.doc.key));
                let keys = passkeys.chain(ssh).map(|key| HeldKey { key, valid_from: None, revoked_at: None }).collect();
                approvers.insert(voter, Approver { account: voter, keys });
            }
        }
        let origins = party.origins().map(str::to_owned).collect();
        let file = KeyringFile { domain: party.id().to_owned(), origins, approvers: approvers.into_values().collect() };
        Keyring::new(&file).map_err(|bad| {
            tracing::warn!(%bad, plan = %doc.id, "the keys of those who voted are no keyring");
            Problem::new(Code::Conflict, "the keys of those who voted do not fit together")
        })
    }

    /// What policy is asked about a plan; none if its incident or its cluster is gone.
    async fn resource_of(&self, tenant: &Tenant, doc: &PlanDoc) -> Result<Option<Resource>, Problem> {
        let incident = tenant.get::<IncidentDoc>(&doc.incident.to_string()).await.map_err(Problem::from_store)?;
        let cluster = tenant.get::<ClusterDoc>(&doc.cluster.to_string()).await.map_err(Problem::from_store)?;
        let (Some(incident), Some(cluster)) = (incident, cluster) else { return Ok(None) };
        let environment = tenant.get::<EnvironmentDoc>(&cluster.doc.environment.to_string()).await.map_err(Problem::from_store)?;
        Ok(environment.map(|environment| {
            let place = crate::incidents::Place {
                name: cluster.doc.name,
                environment: environment.doc.id,
                criticality: environment.doc.criticality,
            };
            doc.resource(tenant.id(), &place, &incident.doc.0)
        }))
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
