//! Environments: how careful to be, and what to keep.

use assent_api::environments::{Environment, Retention};
use assent_api::operations::{CreateEnvironment, DeleteEnvironment, GetEnvironment, ListEnvironments, UpdateEnvironment};
use assent_api::{Action, Code, Empty, Problem};
use assent_base::id::{EnvironmentId, TenantId};
use assent_http::{Handle, Input, Reply};
use assent_policy::Resource;
use assent_store::{Expect, Kept, Query};
use serde_json::json;

use crate::caller::Caller;
use crate::desk::Desk;
use crate::documents::{ClusterDoc, EnvironmentDoc, RedactionDoc};
use crate::names;
use crate::pages::Pages;
use crate::plane::ControlPlane;
use crate::queries;
use crate::queries::QueryWords;
use crate::turns::{Topic, Turn};

/// Days of retention at most: ten years.
const RETENTION_DAYS_MAX: u32 = 3650;
/// Environments of one tenant at most.
const ENVIRONMENTS_MAX: u64 = 200;

impl EnvironmentDoc {
    /// What policy is asked about.
    pub(crate) fn resource(&self, tenant: TenantId) -> Resource {
        Resource::in_environment(tenant, self.id, self.criticality)
    }

    fn shown(self, version: u64) -> Environment {
        Environment {
            id: self.id,
            name: self.name,
            criticality: self.criticality,
            retention: self.retention,
            created_at: self.created_at,
            version,
        }
    }
}

impl Desk<'_> {
    /// An environment that the caller may know of.
    pub(crate) async fn environment(&self, id: EnvironmentId) -> Result<Kept<EnvironmentDoc>, Problem> {
        let kept = self.get::<EnvironmentDoc>(&id.to_string()).await?;
        if self.may(Action::EnvironmentRead, &kept.doc.resource(self.tenant_id())) { Ok(kept) } else { Err(Problem::not_found()) }
    }

    /// What policy is asked about something in an environment.
    pub(crate) async fn place(&self, id: EnvironmentId) -> Result<Resource, Problem> {
        Ok(self.get::<EnvironmentDoc>(&id.to_string()).await?.doc.resource(self.tenant_id()))
    }

    async fn is_free(&self, name: &str) -> Result<(), Problem> {
        let taken = self.count::<EnvironmentDoc>(&Query::default().equal("name", name)).await?;
        if taken == 0 { Ok(()) } else { Err(Problem::new(Code::Conflict, format!("there is an environment `{name}` already"))) }
    }
}

impl Handle<ListEnvironments> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<ListEnvironments>) -> Result<Reply<ListEnvironments>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let page = Pages::of(&desk, &input.query)?
            .collect::<EnvironmentDoc, _>(Query::oldest_first(), |kept| {
                desk.may(Action::EnvironmentRead, &kept.doc.resource(desk.tenant_id())).then(|| kept.doc.shown(kept.version))
            })
            .await?;
        Ok(Reply::new(page))
    }
}

impl Handle<CreateEnvironment> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<CreateEnvironment>) -> Result<Reply<CreateEnvironment>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let permit = desk.require(Action::EnvironmentManage, Resource::of_tenant(desk.tenant_id())).await?;
        names::label("/name", &input.body.name)?;
        let retention = input.body.retention.unwrap_or_default();
        check(&retention)?;
        let turn = Turn::take(self, &desk.tenant, Topic::Places).await?;
        desk.is_free(&input.body.name).await?;
        if desk.count::<EnvironmentDoc>(&Query::default()).await? >= ENVIRONMENTS_MAX {
            return Err(Problem::new(Code::Conflict, format!("a tenant has at most {ENVIRONMENTS_MAX} environments")));
        }
        let id = self.new_id(EnvironmentId::new);
        let doc = EnvironmentDoc { id, name: input.body.name, criticality: input.body.criticality, retention, created_at: desk.now };
        let intent = desk.intend_on(permit, id.to_string(), json!({ "name": doc.name, "criticality": doc.criticality })).await?;
        desk.keep(intent, vec![queries::put(&id.to_string(), &doc, Expect::Absent)?, turn.write()?]).await?;
        Ok(Reply::new(doc.shown(1)).version(1).location(format!("/api/v1/environments/{id}")))
    }
}

impl Handle<GetEnvironment> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<GetEnvironment>) -> Result<Reply<GetEnvironment>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let kept = desk.environment(input.path.environment).await?;
        Ok(Reply::new(kept.doc.shown(kept.version)).version(kept.version))
    }
}

impl Handle<UpdateEnvironment> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<UpdateEnvironment>) -> Result<Reply<UpdateEnvironment>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let turn = Turn::take(self, &desk.tenant, Topic::Places).await?;
        let mut kept = desk.environment(input.path.environment).await?;
        let resource = kept.doc.resource(desk.tenant_id());
        let permit = desk.require(Action::EnvironmentManage, resource).await?;
        let expect = desk.expect(&input.meta, kept.version)?;
        let details = json!({ "before": kept.doc, "change": input.body });
        if let Some(name) = input.body.name.filter(|name| *name != kept.doc.name) {
            names::label("/name", &name)?;
            desk.is_free(&name).await?;
            kept.doc.name = name;
        }
        if let Some(criticality) = input.body.criticality {
            kept.doc.criticality = criticality;
        }
        if let Some(retention) = input.body.retention {
            check(&retention)?;
            kept.doc.retention = retention;
        }
        let intent = desk.intend(permit, details).await?;
        desk.keep(intent, vec![queries::put(&kept.doc.id.to_string(), &kept.doc, expect)?, turn.write()?]).await?;
        let version = kept.version + 1;
        Ok(Reply::new(kept.doc.shown(version)).version(version))
    }
}

impl Handle<DeleteEnvironment> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<DeleteEnvironment>) -> Result<Reply<DeleteEnvironment>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let turn = Turn::take(self, &desk.tenant, Topic::Places).await?;
        let kept = desk.environment(input.path.environment).await?;
        let permit = desk.require(Action::EnvironmentManage, kept.doc.resource(desk.tenant_id())).await?;
        let expect = desk.expect(&input.meta, kept.version)?;
        let id = kept.doc.id.to_string();
        if desk.count::<ClusterDoc>(&Query::default().equal("environment", &id)).await? > 0 {
            return Err(Problem::new(Code::Conflict, "the environment has clusters: move or remove them first"));
        }
        let intent = desk.intend(permit, json!({ "before": kept.doc })).await?;
        let writes =
            vec![queries::delete::<RedactionDoc>(&id, Expect::Any)?, queries::delete::<EnvironmentDoc>(&id, expect)?, turn.write()?];
        desk.keep(intent, writes).await?;
        Ok(Reply::new(Empty {}))
    }
}

fn check(retention: &Retention) -> Result<(), Problem> {
    if !(1..=RETENTION_DAYS_MAX).contains(&retention.incidents_days) {
        return Err(Problem::invalid("/retention/incidents_days", format!("1 to {RETENTION_DAYS_MAX} days")));
    }
    Ok(())
}
