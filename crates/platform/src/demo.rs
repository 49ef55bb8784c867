//! A cluster that is played from a script, for whoever wants to see the platform at work without a cluster at hand.
//!
//! What is played takes the way of an observer's signals: the same intake, store, diagnosis and ledger as for a real cluster.

use std::time::Duration;

use assent_api::Problem;
use assent_api::accounts::Grant;
use assent_api::clusters::{ObserverState, Profile};
use assent_api::observer::{Batch, HEARTBEAT_S, Heartbeat, Hello, Numbered, Signal};
use assent_api::{Code, Role};
use assent_base::Secret;
use assent_base::id::ClusterId;
use assent_identity::key::{Holder, KeyRecord};
use assent_ledger::Outcome;
use assent_store::{Expect, Tenant};
use serde_json::{Value, json};

use crate::documents::{ApiKeyDoc, ClusterDoc};
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;

/// What the cluster is called.
const CLUSTER: &str = "demo";
/// How the key is called that the demo prints.
const KEY: &str = "demo";
/// Seconds that it holds.
const KEY_S: u64 = 86_400;

/// What happens at one moment: seconds from the start, and the signals of it as JSON.
pub type Moment = (u64, Vec<Value>);

impl ControlPlane {
    /// A machine key of an owner, for whoever tries the commands.
    pub async fn demo_key(&self) -> Result<Secret, Problem> {
        let tenant = self.first_tenant().await?;
        let grants = vec![Grant { role: Role::Owner, environment: None, namespaces: Vec::new() }];
        let (record, text) = KeyRecord::draw(tenant.id(), Holder::Machine { grants }, self.now(), Some(KEY_S))
            .map_err(|_| Problem::new(Code::Unavailable, "the system gives no randomness, so no key is made"))?;
        let id = record.id.to_string();
        self.record(&tenant, "platform", "key.manage", &id, Outcome::Intended, json!({ "name": KEY })).await?;
        let doc = ApiKeyDoc { name: KEY.to_owned(), created_by: "platform".to_owned(), maker: None, used_at: None, record };
        tenant.put(&id, &doc, Expect::Absent, self.now()).await.map_err(Problem::from_store)?;
        Ok(text)
    }

    /// Plays moments as a new cluster of the first tenant, and keeps it connected afterwards. Ends only with an error.
    pub async fn play(&self, moments: Vec<Moment>) -> Result<(), Problem> {
        let tenant = self.first_tenant().await?;
        let cluster = self.stage(&tenant).await?;
        let started = tokio::time::Instant::now();
        let stream = hex::encode(self.random::<16>());
        let state = ObserverState {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: self.now(),
            buffered_bytes: 0,
            dropped: 0,
            redacted: 0,
            cannot_see: Vec::new(),
            memory_bytes: None,
        };
        let profiles = vec![Profile::Core, Profile::Workloads, Profile::Logs];
        // As Kubernetes would write it: executors and statements take letters, digits and `-` alone.
        let uid = format!("played-{cluster}").replace('_', "-");
        let hello = Hello { stream: stream.clone(), cluster_uid: uid, kubernetes: None, profiles, state: state.clone() };
        self.greet(&tenant, cluster, hello).await?;
        let mut seq = 0;
        for (offset_s, facts) in moments {
            let due = started + Duration::from_secs(offset_s);
            while tokio::time::Instant::now() < due {
                let beat = tokio::time::Instant::now() + Duration::from_secs(HEARTBEAT_S);
                tokio::time::sleep_until(due.min(beat)).await;
                self.beat(&tenant, cluster, Heartbeat { stream: stream.clone(), state: state.clone() }).await?;
            }
            let signals = number(facts, &mut seq)?;
            self.take(&tenant, cluster, Batch { stream: stream.clone(), signals }).await?;
        }
        loop {
            tokio::time::sleep(Duration::from_secs(HEARTBEAT_S)).await;
            self.beat(&tenant, cluster, Heartbeat { stream: stream.clone(), state: state.clone() }).await?;
        }
    }

    /// The cluster that is played.
    async fn stage(&self, tenant: &Tenant) -> Result<ClusterId, Problem> {
        let environment = self.environment_for_attached(tenant).await?;
        let id = self.new_id(ClusterId::new);
        let doc = ClusterDoc::new(id, CLUSTER.to_owned(), environment, self.now()).reading(&[Profile::Workloads, Profile::Logs]);
        let details = json!({ "name": CLUSTER, "environment": environment, "played": true });
        self.record(tenant, "platform", "cluster.manage", &id.to_string(), Outcome::Intended, details).await?;
        tenant.put(&id.to_string(), &doc, Expect::Absent, self.now()).await.map_err(Problem::from_store)?;
        Ok(id)
    }
}

fn number(facts: Vec<Value>, seq: &mut u64) -> Result<Vec<Numbered>, Problem> {
    let mut signals = Vec::with_capacity(facts.len());
    for fact in facts {
        let signal: Signal = serde_json::from_value(fact).map_err(|error| Problem::new(Code::Invalid, error.to_string()))?;
        *seq += 1;
        signals.push(Numbered { seq: *seq, signal });
    }
    Ok(signals)
}
