//! Executors: what lets plans run in a cluster. Installing one, its key, and taking it away again.
//!
//! An executor believes what is pinned in its cluster and not us, so all that can be done here is to let it in, to give it another key, and to
//! shut it out. What it asks for and tells is in [`hello`], [`work`] and [`crate::runs`].

use assent_api::executor::{Executor, NewExecutor};
use assent_api::operations::{AddExecutor, GetExecutor, RemoveExecutor};
use assent_api::plans::PlanState;
use assent_api::{Action, Code, Empty, Problem};
use assent_approval::keyring::HeldKey;
use assent_base::id::ClusterId;
use assent_base::{Secret, Timestamp};
use assent_http::{Handle, Input, Reply, RequestMeta};
use assent_identity::key::{Holder, KeyRecord};
use assent_observe::manifest::BadSpec;
use assent_policy::Resource;
use assent_store::{Expect, Kept, Query, Tenant};
use serde_json::json;

use crate::caller::Caller;
use crate::challenges;
use crate::clusters;
use crate::desk::Desk;
use crate::documents::{AccountDoc, ClusterDoc, ExecutorDoc};
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;
use crate::queries;
use crate::queries::{QueryWords, ReadAll};

mod backtest;
mod document;
mod handed;
mod hello;
mod manifest;
mod work;

use document::Candidate;
pub(crate) use handed::Handed;

/// People whom a manifest lists at most. More than that somebody should choose.
const CANDIDATES_MAX: usize = 200;

impl ExecutorDoc {
    fn shown(self) -> Executor {
        Executor {
            cluster: self.cluster,
            key: self.key.id,
            seen_at: self.seen_at,
            version: self.version,
            policy: self.policy.map(|digest| digest.to_string()),
            pinned: self.pinned,
            unusable: self.unusable,
            created_at: self.created_at,
        }
    }
}

impl ControlPlane {
    /// The executor of a cluster, if it has one.
    pub(crate) async fn executor_of(&self, tenant: &Tenant, cluster: ClusterId) -> Result<Option<Kept<ExecutorDoc>>, Problem> {
        tenant.get::<ExecutorDoc>(&cluster.to_string()).await.map_err(Problem::from_store)
    }

    /// The tenant and the cluster that an executor speaks for.
    pub(crate) async fn executing(&self, caller: &Caller) -> Result<(Tenant, ClusterId), Problem> {
        match caller {
            Caller::Executor { tenant, cluster } => Ok((self.tenant(*tenant).await?, *cluster)),
            Caller::Public | Caller::Person(_) | Caller::Machine(_) | Caller::Observer { .. } => {
                Err(Problem::new(Code::NotSignedIn, "this needs an executor's token"))
            }
        }
    }

    /// What to apply to a cluster so that its executor comes here. Who may vote there stands in it, with the keys that are known.
    async fn executor_manifest(
        &self,
        desk: &Desk<'_>,
        (cluster, resource): (&ClusterDoc, &Resource),
        (doc, key): (&ExecutorDoc, &Secret),
        meta: &RequestMeta,
    ) -> Result<String, Problem> {
        let party = challenges::party(meta)?;
        let origin = party.origins().next().unwrap_or_default().to_owned();
        let candidates = self.candidates(desk, resource, party.id()).await?;
        let (text, pinned) = document::document((desk.tenant_id(), cluster.id), (&party, &origin), &candidates).map_err(|bad| {
            tracing::error!(%bad, "what an executor is to pin does not hold together");
            Problem::new(Code::Internal, "what the executor is to pin does not hold together")
        })?;
        let settings = &self.inner.settings;
        let own = || settings.public_url.clone().unwrap_or_else(|| meta.base_url.clone());
        let spec = manifest::Spec {
            cluster: &cluster.name,
            endpoint: &doc.endpoint.clone().unwrap_or_else(own),
            key,
            image: &settings.executor_image,
            ca_pem: settings.observer_ca_pem.as_deref(),
            document: &text,
            pinned: &pinned,
        };
        manifest::manifest(&spec).map_err(|bad| match bad {
            BadSpec::Endpoint(_) => Problem::invalid("/endpoint", bad.to_string()),
            BadSpec::Value(_) => Problem::new(Code::Conflict, bad.to_string()),
            BadSpec::Image(_) => clusters::no_image(&bad),
        })
    }

    /// Everybody whom policy lets vote on plans anywhere in a cluster, oldest account first, with the keys that we know of theirs.
    async fn candidates(&self, desk: &Desk<'_>, resource: &Resource, domain: &str) -> Result<Vec<Candidate>, Problem> {
        let accounts = desk.tenant.all::<AccountDoc>(&Query::oldest_first()).await.map_err(Problem::from_store)?;
        let mut candidates = Vec::new();
        for kept in accounts {
            if candidates.len() >= CANDIDATES_MAX {
                break;
            }
            if self.lets_vote(&desk.tenant, desk.engine(), &kept.doc, resource).await? {
                let keys = self.keys_here(&desk.tenant, &kept.doc, domain).await?;
                let keys = keys.into_iter().map(|key| HeldKey { key, valid_from: None, revoked_at: None }).collect();
                candidates.push(Candidate { account: kept.doc.id, email: kept.doc.email, keys });
            }
        }
        Ok(candidates)
    }

    /// Lets plans be drawn under what is pinned now. The watcher does it by itself later, if it cannot be told.
    async fn draw_anew(&self, tenant: &Tenant, cluster: ClusterId) {
        if let Err(problem) = self.inner.watched.redraw(self, tenant, cluster).await {
            tracing::warn!(%cluster, code = ?problem.code, "plans are not drawn anew yet");
        }
    }
}

impl Handle<GetExecutor> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<GetExecutor>) -> Result<Reply<GetExecutor>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let (cluster, _) = desk.cluster(input.path.cluster).await?;
        let kept = self.executor_of(&desk.tenant, cluster.doc.id).await?.ok_or_else(Problem::not_found)?;
        Ok(Reply::new(kept.doc.shown()).version(kept.version))
    }
}

impl Handle<AddExecutor> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<AddExecutor>) -> Result<Reply<AddExecutor>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let (cluster, resource) = desk.cluster(input.path.cluster).await?;
        let permit = desk.require(Action::ExecutorManage, resource.clone()).await?;
        let before = self.executor_of(&desk.tenant, cluster.doc.id).await?;
        let _read_as_it_is = desk.expect(&input.meta, before.as_ref().map_or(0, |kept| kept.version))?;
        let expect = before.as_ref().map_or(Expect::Absent, |kept| Expect::Version(kept.version));
        let (doc, text) = with_new_key(&desk, cluster.doc.id, before, input.body.endpoint)?;
        let manifest = self.executor_manifest(&desk, (&cluster.doc, &resource), (&doc, &text), &input.meta).await?;
        let details = json!({ "executor": { "key": doc.key.id, "generation": doc.key.generation, "endpoint": doc.endpoint } });
        let intent = desk.intend(permit, details).await?;
        desk.keep(intent, vec![queries::put(&cluster.id, &doc, expect)?]).await?;
        self.wake(desk.tenant_id());
        self.draw_anew(&desk.tenant, cluster.doc.id).await;
        let location = format!("/api/v1/clusters/{}/executor", cluster.doc.id);
        Ok(Reply::new(NewExecutor { executor: doc.shown(), manifest }).location(location))
    }
}

impl Handle<RemoveExecutor> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<RemoveExecutor>) -> Result<Reply<RemoveExecutor>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let (cluster, resource) = desk.cluster(input.path.cluster).await?;
        let permit = desk.require(Action::ExecutorManage, resource).await?;
        let kept = self.executor_of(&desk.tenant, cluster.doc.id).await?.ok_or_else(Problem::not_found)?;
        let _read_as_it_is = desk.expect(&input.meta, kept.version)?;
        let intent = desk.intend(permit, json!({ "executor": { "key": kept.doc.key.id, "removed": true } })).await?;
        // Any version: whatever it says meanwhile, it goes.
        desk.keep(intent, vec![queries::delete::<ExecutorDoc>(&cluster.id, Expect::Any)?]).await?;
        self.end_asked(&desk.tenant, cluster.doc.id, |doc| match doc.state {
            PlanState::Awaiting | PlanState::Approved => Some((PlanState::Superseded, "the cluster's executor was removed".to_owned())),
            PlanState::Running => {
                Some((PlanState::Failed, "the cluster's executor was removed while it ran; look at the object itself".to_owned()))
            }
            _ => None,
        })
        .await?;
        // Whoever waits for work hears that there is none for them any more.
        self.wake(desk.tenant_id());
        self.draw_anew(&desk.tenant, cluster.doc.id).await;
        Ok(Reply::new(Empty {}))
    }
}

/// The executor with a key that nobody has seen yet; what is known of it stays.
fn with_new_key(
    desk: &Desk<'_>,
    cluster: ClusterId,
    before: Option<Kept<ExecutorDoc>>,
    endpoint: Option<String>,
) -> Result<(ExecutorDoc, Secret), Problem> {
    let none = |_| Problem::new(Code::Unavailable, "the system gives no randomness, so no key is made");
    match before {
        Some(Kept { doc, .. }) => {
            let (key, text) = KeyRecord { revoked_at: None, ..doc.key }.rotated().map_err(none)?;
            Ok((ExecutorDoc { key, endpoint: endpoint.or(doc.endpoint), ..doc }, text))
        }
        None => {
            let (key, text) = KeyRecord::draw(desk.tenant_id(), Holder::Executor { cluster }, desk.now, None).map_err(none)?;
            Ok((ExecutorDoc::new(cluster, key, desk.actor(), endpoint, desk.now), text))
        }
    }
}

impl ExecutorDoc {
    /// An executor that nothing was heard of yet.
    fn new(cluster: ClusterId, key: KeyRecord, created_by: String, endpoint: Option<String>, now: Timestamp) -> Self {
        Self {
            cluster,
            key,
            created_at: now,
            created_by,
            endpoint,
            seen_at: None,
            version: None,
            pinned: None,
            policy: None,
            unusable: None,
        }
    }
}
