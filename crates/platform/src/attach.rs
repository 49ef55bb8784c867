//! An observer inside the platform: the same that runs in a cluster, with its signals handed over without a network.

use std::future::Future;

use assent_api::clusters::Profile;
use assent_api::observer::{Acknowledged, Batch, Heartbeat, Hello, Welcome};
use assent_api::{Code, Problem};
use assent_base::Secret;
use assent_base::id::{ClusterId, EnvironmentId, TenantId};
use assent_ledger::Outcome;
use assent_observe::clock::Clock;
use assent_observe::observer::{Config, Observer};
use assent_observe::uplink::{NoUplink, Uplink};
use assent_observe::{Access, ApiServer};
use assent_store::{Expect, Query, Tenant, Write};
use serde_json::json;

use crate::documents::{ClusterDoc, EnvironmentDoc};
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;
use crate::queries::{QueryWords, ReadAll};

/// The environment that an attached cluster comes into.
const ENVIRONMENT: &str = "default";
/// What an attached cluster is called if its context's name cannot be.
const CLUSTER: &str = "attached";

/// Characters of a name that is made of a context's.
const LABEL_CHARS_MAX: usize = 40;

/// Which cluster to attach.
#[derive(Debug, Clone, Default)]
pub struct Attach {
    /// How it is reached.
    pub access: Access,
    /// What to read besides `core`.
    pub profiles: Vec<Profile>,
}

/// Why a cluster is not attached.
#[derive(Debug, thiserror::Error)]
pub enum NotAttached {
    /// Its API server does not let us in.
    #[error(transparent)]
    NoAccess(#[from] assent_observe::NoAccess),
    /// The platform does not take it.
    #[error("{0}")]
    Problem(#[from] Problem),
    /// The observer does not run.
    #[error(transparent)]
    Observer(#[from] assent_observe::observer::ObserverError),
}

impl ControlPlane {
    /// Watches a cluster from inside the platform until `stop` ends. The cluster is added to the first tenant unless it is there already;
    /// it is known again by the UID of its `kube-system`.
    pub async fn attach(&self, attach: Attach, stop: impl Future<Output = ()> + Send) -> Result<(), NotAttached> {
        let server = ApiServer::connect(&attach.access).await?;
        let tenant = self.first_tenant().await?;
        let cluster = self.attached(&tenant, &server, &attach.profiles).await?;
        let mut config = Config::at(self.inner.data.join("buffers").join(cluster.to_string()));
        config.profiles = attach.profiles;
        // A person's own kubeconfig nearly always may do more; what is linked here can still only read.
        config.dangerous_excess_rights_accepted = true;
        let plane = self.clone();
        let clock = Clock::new(move || plane.now());
        let key = Secret::new(hex::encode(tenant.derive("observer buffer").map_err(Problem::from_store)?));
        let inside = Inside { plane: self.clone(), tenant: tenant.id(), cluster };
        Ok(Observer::new(config, server, clock, key).run(inside, stop).await?)
    }

    async fn attached(&self, tenant: &Tenant, server: &ApiServer, profiles: &[Profile]) -> Result<ClusterId, Problem> {
        let uid = server.uid().map(str::to_owned);
        let known = tenant.all::<ClusterDoc>(&Query::default()).await.map_err(Problem::from_store)?;
        let same = known.iter().find(|kept| kept.doc.key.is_none() && uid.is_some() && kept.doc.cluster_uid == uid);
        if let Some(kept) = same {
            return Ok(kept.doc.id);
        }
        let environment = self.environment_for_attached(tenant).await?;
        let taken = |name: &str| known.iter().any(|kept| kept.doc.environment == environment && kept.doc.name == name);
        let wished = label(server.name());
        let name = (1..).map(|number| if number == 1 { wished.clone() } else { format!("{wished}-{number}") }).find(|name| !taken(name));
        let id = self.new_id(ClusterId::new);
        let mut doc = ClusterDoc::new(id, name.unwrap_or_else(|| CLUSTER.to_owned()), environment, self.now()).reading(profiles);
        doc.cluster_uid = uid;
        let details = json!({ "name": doc.name, "environment": environment, "inside": true });
        self.record(tenant, "platform", "cluster.manage", &id.to_string(), Outcome::Intended, details).await?;
        tenant.put(&id.to_string(), &doc, Expect::Absent, self.now()).await.map_err(Problem::from_store)?;
        Ok(id)
    }

    /// The environment `default`, which is made if there is none.
    pub(crate) async fn environment_for_attached(&self, tenant: &Tenant) -> Result<EnvironmentId, Problem> {
        let known = tenant.all::<EnvironmentDoc>(&Query::oldest_first()).await.map_err(Problem::from_store)?;
        if let Some(kept) = known.iter().find(|kept| kept.doc.name == ENVIRONMENT) {
            return Ok(kept.doc.id);
        }
        let id = self.new_id(EnvironmentId::new);
        let doc = EnvironmentDoc {
            id,
            name: ENVIRONMENT.to_owned(),
            criticality: assent_api::access::Criticality::Dev,
            retention: assent_api::environments::Retention::default(),
            created_at: self.now(),
        };
        self.record(tenant, "platform", "environment.manage", &id.to_string(), Outcome::Intended, json!({ "name": ENVIRONMENT })).await?;
        let write = Write::put(&id.to_string(), &doc, Expect::Absent).map_err(Problem::from_store)?;
        tenant.write(vec![write], self.now()).await.map_err(Problem::from_store)?;
        Ok(id)
    }
}

/// What people call their context, as a DNS label.
fn label(context: &str) -> String {
    let words = context.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let text: String = words.collect::<Vec<_>>().join("-").to_lowercase().chars().take(LABEL_CHARS_MAX).collect();
    let text = text.trim_end_matches('-');
    if text.is_empty() { CLUSTER.to_owned() } else { text.to_owned() }
}

/// The uplink of an observer that runs inside: the same intake, without a network or a token.
struct Inside {
    plane: ControlPlane,
    tenant: TenantId,
    cluster: ClusterId,
}

impl Inside {
    async fn tenant(&self) -> Result<Tenant, NoUplink> {
        self.plane.tenant(self.tenant).await.map_err(no_uplink)
    }
}

impl Uplink for Inside {
    async fn hello(&self, hello: &Hello) -> Result<Welcome, NoUplink> {
        self.plane.greet(&self.tenant().await?, self.cluster, hello.clone()).await.map_err(no_uplink)
    }

    async fn heartbeat(&self, heartbeat: &Heartbeat) -> Result<Acknowledged, NoUplink> {
        self.plane.beat(&self.tenant().await?, self.cluster, heartbeat.clone()).await.map_err(no_uplink)
    }

    async fn send(&self, batch: &Batch) -> Result<Acknowledged, NoUplink> {
        self.plane.take(&self.tenant().await?, self.cluster, batch.clone()).await.map_err(no_uplink)
    }
}

fn no_uplink(problem: Problem) -> NoUplink {
    let retry_after = problem.retry_after_s.map(std::time::Duration::from_secs);
    match problem.code {
        Code::NotSignedIn | Code::Refused | Code::NotFound => NoUplink::Refused { why: problem.to_string() },
        Code::Unavailable | Code::LedgerStopped | Code::Internal | Code::TooMany | Code::Corrupt => {
            NoUplink::Unreachable { why: problem.to_string(), retry_after }
        }
        Code::BadRequest
        | Code::Invalid
        | Code::CrossSite
        | Code::MethodNotAllowed
        | Code::Conflict
        | Code::Stale
        | Code::TooLarge
        | Code::UnsupportedMediaType
        | Code::LockedOut => NoUplink::Broken { why: problem.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_becomes_a_label() {
        assert_eq!(label("kind-Dev_1"), "kind-dev-1");
        assert_eq!(label("arn:aws:eks:eu-1:1234:cluster/prod"), "arn-aws-eks-eu-1-1234-cluster-prod");
        assert_eq!(label("***"), CLUSTER);
    }
}
