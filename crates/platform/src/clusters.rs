//! Clusters: adding one, its observer's key, how it is.

use assent_api::clusters::{Cluster, Connection, NewCluster, Profile};
use assent_api::operations::{CreateCluster, DeleteCluster, GetCluster, ListClusters, RevokeClusterKey, RotateClusterKey, UpdateCluster};
use assent_api::{Action, Code, Empty, Problem};
use assent_base::id::{ClusterId, EnvironmentId};
use assent_base::{Secret, Timestamp, time};
use assent_http::{Handle, Input, Reply, RequestMeta};
use assent_identity::key::{Holder, KeyRecord};
use assent_observe::manifest;
use assent_policy::Resource;
use assent_store::{Expect, Kept, Query};
use serde_json::json;

use crate::caller::Caller;
use crate::desk::Desk;
use crate::documents::{AlertSourceDoc, ClusterDoc, ExecutorDoc};
use crate::names;
use crate::pages::Pages;
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;
use crate::queries;
use crate::queries::QueryWords;
use crate::turns::{Topic, Turn};

/// Clusters of one tenant at most.
const CLUSTERS_MAX: u64 = 2_000;
/// Seconds of silence after which a cluster counts as silent: four heartbeats.
pub(crate) const SILENT_AFTER_S: i64 = 120;

impl ClusterDoc {
    /// Whether facts arrive.
    pub(crate) fn connection(&self, now: Timestamp) -> Connection {
        match (&self.key, self.seen_at) {
            (Some(KeyRecord { revoked_at: Some(_), .. }), _) => Connection::Revoked,
            (_, None) => Connection::Waiting,
            (_, Some(seen)) if time::seconds_between(seen, now) <= SILENT_AFTER_S => Connection::Connected,
            (_, Some(_)) => Connection::Silent,
        }
    }
}

impl Desk<'_> {
    /// A cluster that the caller may know of, and what policy is asked about it.
    pub(crate) async fn cluster(&self, id: ClusterId) -> Result<(Kept<ClusterDoc>, Resource), Problem> {
        let kept = self.get::<ClusterDoc>(&id.to_string()).await?;
        let resource = self.place(kept.doc.environment).await?.with_id(id);
        if self.may(Action::ClusterRead, &resource) { Ok((kept, resource)) } else { Err(Problem::not_found()) }
    }

    async fn shown(&self, kept: Kept<ClusterDoc>) -> Cluster {
        let live = self.plane.inner.watched.shown(self.tenant_id(), kept.doc.id);
        let connection = kept.doc.connection(self.now);
        let doc = kept.doc;
        Cluster {
            id: doc.id,
            name: doc.name,
            environment: doc.environment,
            profiles: doc.profiles,
            health: live.health(connection),
            connection,
            seen_at: doc.seen_at,
            cluster_uid: doc.cluster_uid,
            kubernetes: doc.kubernetes,
            observer: doc.observer,
            open_incidents: live.open_incidents,
            objects: live.objects,
            facts_set_aside: (live.set_aside > 0).then_some(live.set_aside),
            key: doc.key.map(|key| key.id),
            created_at: doc.created_at,
            version: kept.version,
        }
    }

    async fn is_name_free(&self, environment: EnvironmentId, name: &str) -> Result<(), Problem> {
        let taken = self.count::<ClusterDoc>(&Query::default().equal("name", &format!("{environment}/{name}"))).await?;
        if taken == 0 { Ok(()) } else { Err(Problem::new(Code::Conflict, format!("the environment has a cluster `{name}` already"))) }
    }
}

impl ControlPlane {
    /// What to apply to a cluster so that its observer comes here.
    fn manifest(&self, doc: &ClusterDoc, key: Secret, meta: &RequestMeta) -> Result<String, Problem> {
        let own = || self.inner.settings.public_url.clone().unwrap_or_else(|| meta.base_url.clone());
        let spec = manifest::Spec {
            cluster: doc.name.clone(),
            endpoint: doc.endpoint.clone().unwrap_or_else(own),
            key,
            image: self.inner.settings.observer_image.clone(),
            profiles: doc.profiles.clone(),
            ca_pem: self.inner.settings.observer_ca_pem.clone(),
            buffer_bytes_max: manifest::BUFFER_BYTES_MAX,
            buffer_claim: None,
            nats: self.inner.settings.observer_nats.as_ref().map(|nats| nats.of_cluster(doc.id)),
        };
        manifest::manifest(&spec).map_err(|bad| match bad {
            manifest::BadSpec::Endpoint(_) => Problem::invalid("/endpoint", bad.to_string()),
            manifest::BadSpec::Value(_) => Problem::invalid("/name", bad.to_string()),
            manifest::BadSpec::Image(_) => no_image(&bad),
        })
    }
}

/// The configured image is none. Whoever asks cannot mend that, and `assent up` refuses to start with it.
pub(crate) fn no_image(bad: &manifest::BadSpec) -> Problem {
    tracing::error!(%bad, "manifests cannot name the image that is configured");
    Problem::new(Code::Internal, "the image that is configured for manifests is none")
}

impl Handle<ListClusters> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<ListClusters>) -> Result<Reply<ListClusters>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let places = self.places(&desk.tenant).await?;
        let mut query = Query::oldest_first();
        if let Some(environment) = input.query.environment {
            query = query.equal("environment", &environment.to_string());
        }
        let seen = |kept: Kept<ClusterDoc>| {
            let place = places.get(&kept.doc.id)?;
            let resource = Resource::in_environment(desk.tenant_id(), place.environment, place.criticality).with_id(kept.doc.id);
            desk.may(Action::ClusterRead, &resource).then_some(kept)
        };
        let page = Pages::at(&desk, input.query.cursor.as_deref(), input.query.limit)?.collect(query, seen).await?;
        let mut items = Vec::with_capacity(page.items.len());
        for kept in page.items {
            items.push(desk.shown(kept).await);
        }
        Ok(Reply::new(assent_api::Page { items, next: page.next }))
    }
}

impl Handle<CreateCluster> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<CreateCluster>) -> Result<Reply<CreateCluster>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let turn = Turn::take(self, &desk.tenant, Topic::Places).await?;
        let environment = desk.environment(input.body.environment).await.map_err(|_| no_such_environment())?;
        let permit = desk.require(Action::ClusterManage, environment.doc.resource(desk.tenant_id())).await?;
        names::label("/name", &input.body.name)?;
        desk.is_name_free(environment.doc.id, &input.body.name).await?;
        if desk.count::<ClusterDoc>(&Query::default()).await? >= CLUSTERS_MAX {
            return Err(Problem::new(Code::Conflict, format!("a tenant has at most {CLUSTERS_MAX} clusters")));
        }
        let id = self.new_id(ClusterId::new);
        let (key, text) = KeyRecord::draw(desk.tenant_id(), Holder::Observer { cluster: id }, desk.now, None).map_err(no_randomness)?;
        let doc = ClusterDoc::new(id, input.body.name, environment.doc.id, desk.now)
            .reading(&input.body.profiles)
            .reached_at(input.body.endpoint)
            .with_key(key);
        let manifest = self.manifest(&doc, text, &input.meta)?;
        let details = json!({ "name": doc.name, "environment": doc.environment, "profiles": doc.profiles, "key": doc.key.as_ref().map(|key| key.id) });
        let id = doc.id.to_string();
        let intent = desk.intend_on(permit, id.clone(), details).await?;
        desk.keep(intent, vec![queries::put(&id, &doc, Expect::Absent)?, turn.write()?]).await?;
        let cluster = desk.shown(desk.get(&id).await?).await;
        Ok(Reply::new(NewCluster { cluster, manifest }).version(1).location(format!("/api/v1/clusters/{id}")))
    }
}

impl Handle<GetCluster> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<GetCluster>) -> Result<Reply<GetCluster>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let (kept, _) = desk.cluster(input.path.cluster).await?;
        let version = kept.version;
        Ok(Reply::new(desk.shown(kept).await).version(version))
    }
}

impl Handle<UpdateCluster> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<UpdateCluster>) -> Result<Reply<UpdateCluster>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let turn = Turn::take(self, &desk.tenant, Topic::Places).await?;
        let (mut kept, resource) = desk.cluster(input.path.cluster).await?;
        let permit = desk.require(Action::ClusterManage, resource).await?;
        let expect = desk.expect(&input.meta, kept.version)?;
        if let Some(environment) = input.body.environment.filter(|id| *id != kept.doc.environment) {
            // Whoever moves a cluster must be allowed to manage clusters on both sides.
            let target = desk.environment(environment).await.map_err(|_| no_such_environment())?;
            let _both = desk.require(Action::ClusterManage, target.doc.resource(desk.tenant_id())).await?;
            kept.doc.environment = environment;
        }
        if let Some(name) = input.body.name.clone() {
            names::label("/name", &name)?;
            kept.doc.name = name;
        }
        let before = desk.get::<ClusterDoc>(&kept.id).await?.doc;
        if (before.environment, &before.name) != (kept.doc.environment, &kept.doc.name) {
            desk.is_name_free(kept.doc.environment, &kept.doc.name).await?;
        }
        let intent = desk.intend(permit, json!({ "change": input.body })).await?;
        desk.keep(intent, vec![queries::put(&kept.id, &kept.doc, expect)?, turn.write()?]).await?;
        let kept = desk.get::<ClusterDoc>(&kept.id).await?;
        let version = kept.version;
        Ok(Reply::new(desk.shown(kept).await).version(version))
    }
}

impl Handle<DeleteCluster> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<DeleteCluster>) -> Result<Reply<DeleteCluster>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let (kept, resource) = desk.cluster(input.path.cluster).await?;
        let permit = desk.require(Action::ClusterManage, resource).await?;
        let _read_as_it_is = desk.expect(&input.meta, kept.version)?;
        let intent = desk.intend(permit, json!({ "name": kept.doc.name })).await?;
        self.inner.watched.stop(desk.tenant_id(), kept.doc.id).await;
        // Any version: whatever its observer says meanwhile, the cluster goes.
        let mut writes = vec![queries::delete::<ClusterDoc>(&kept.id, Expect::Any)?];
        writes.push(queries::delete::<ExecutorDoc>(&kept.id, Expect::Any)?);
        for source in desk.all::<AlertSourceDoc>(&Query::default().equal("cluster", &kept.id)).await? {
            writes.push(queries::delete::<AlertSourceDoc>(&source.id, Expect::Any)?);
        }
        desk.keep(intent, writes).await?;
        crate::watching::forget(&desk.tenant, kept.doc.id, desk.now).await?;
        crate::plans::outcomes::forget(&desk.tenant, kept.doc.id, desk.now).await?;
        Ok(Reply::new(Empty {}))
    }
}

impl Handle<RotateClusterKey> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<RotateClusterKey>) -> Result<Reply<RotateClusterKey>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let (mut kept, resource) = desk.cluster(input.path.cluster).await?;
        let permit = desk.require(Action::ClusterManage, resource).await?;
        let Some(old) = kept.doc.key.clone() else { return Err(inside()) };
        let expect = desk.expect(&input.meta, kept.version)?;
        // A revoked key stays revoked: rotating means a key that holds.
        let old = KeyRecord { revoked_at: None, ..old };
        let details = json!({ "key": old.id });
        let (key, text) = old.rotated().map_err(no_randomness)?;
        kept.doc.key = Some(key);
        let manifest = self.manifest(&kept.doc, text, &input.meta)?;
        let intent = desk.intend(permit, details).await?;
        desk.keep(intent, vec![queries::put(&kept.id, &kept.doc, expect)?]).await?;
        let kept = desk.get::<ClusterDoc>(&kept.id).await?;
        let version = kept.version;
        Ok(Reply::new(NewCluster { cluster: desk.shown(kept).await, manifest }).version(version))
    }
}

impl Handle<RevokeClusterKey> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<RevokeClusterKey>) -> Result<Reply<RevokeClusterKey>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let (kept, resource) = desk.cluster(input.path.cluster).await?;
        let permit = desk.require(Action::ClusterManage, resource).await?;
        let Some(key) = &kept.doc.key else { return Err(inside()) };
        let _read_as_it_is = desk.expect(&input.meta, kept.version)?;
        let intent = desk.intend(permit, json!({ "key": key.id })).await?;
        // On whatever the document says now: an observer that talks without a pause must not keep its own key alive.
        let revoke = |doc: &mut ClusterDoc| {
            doc.key = doc.key.take().map(|key| key.revoked(desk.now));
            Ok(())
        };
        let revoked = match self.change(&desk.tenant, kept.doc.id, revoke).await {
            Err(problem) if problem.code == Code::Unavailable => {
                // It is faster each time: then what it says meanwhile is lost, and not the revocation.
                let mut kept = desk.get::<ClusterDoc>(&kept.id).await?;
                revoke(&mut kept.doc)?;
                desk.tenant
                    .write(vec![queries::put(&kept.id, &kept.doc, Expect::Any)?], desk.now)
                    .await
                    .map(drop)
                    .map_err(Problem::from_store)
            }
            other => other.map(drop),
        };
        desk.close(intent, revoked).await?;
        Ok(Reply::new(Empty {}))
    }
}

impl ClusterDoc {
    /// A cluster that nothing was heard of yet.
    pub(crate) fn new(id: ClusterId, name: String, environment: EnvironmentId, now: Timestamp) -> Self {
        Self {
            id,
            name,
            environment,
            profiles: vec![Profile::Core],
            endpoint: None,
            key: None,
            stream: None,
            cluster_uid: None,
            kubernetes: None,
            observer: None,
            seen_at: None,
            created_at: now,
        }
    }

    /// With these profiles besides `core`.
    pub(crate) fn reading(mut self, profiles: &[Profile]) -> Self {
        self.profiles.extend(profiles);
        self.profiles.sort_unstable();
        self.profiles.dedup();
        self
    }

    fn reached_at(mut self, endpoint: Option<String>) -> Self {
        self.endpoint = endpoint;
        self
    }

    fn with_key(mut self, key: KeyRecord) -> Self {
        self.key = Some(key);
        self
    }
}

fn no_such_environment() -> Problem {
    Problem::invalid("/environment", "there is no such environment, or you may not know of it")
}

fn no_randomness(_: assent_identity::random::NoRandomness) -> Problem {
    Problem::new(Code::Unavailable, "the system gives no randomness, so no key is made")
}

fn inside() -> Problem {
    Problem::new(Code::Conflict, "the observer of this cluster runs inside the platform and has no key")
}
