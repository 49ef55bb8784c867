//! What one test has to itself: a namespace, approvers with keys and rights, an executor with its account, and a control plane.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::LazyLock;

use assent_api::executor::ToRun;
use assent_approval::statement::{Assurance, Statement, Terms};
use assent_execution::pinned::PINNED_VERSION;
use assent_execution::{AutoApprove, Impersonated, Pinned, PinnedApprover, PinnedFile, RiskTerms, Rules};
use assent_plan::Plan;
use assent_plan::action::ActionKind;
use assent_plan::patch::Edit;
use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::executor::Executor;
use crate::plane::Plane;
use crate::plans::{self, Change, cluster_id, draft, signed, tenant};
use crate::signing::voting::{DOMAIN, ORIGIN, Person, held};

pub static CLUSTER: LazyLock<Cluster> = LazyLock::new(Cluster::settled);

/// Seconds that changes are watched in tests.
pub const VERIFY_S: u32 = 6;

pub struct World {
    pub namespace: String,
    pub people: Vec<Person>,
    pub pinned: Pinned,
    pub plane: Plane,
    pub account: PathBuf,
    pub executor: Executor,
    pub uid: String,
}

/// What is pinned for these people.
pub fn document(namespace: &str, people: &[Person]) -> PinnedFile {
    let terms = |quorum| Terms { quorum, assurance: Assurance::Held };
    let approver = |person: &Person, name: &str| PinnedApprover {
        account: person.account,
        name: name.to_owned(),
        user: format!("{name}-{namespace}"),
        groups: BTreeSet::new(),
        keys: person.keys().map(held).into(),
    };
    PinnedFile {
        version: PINNED_VERSION,
        tenant: tenant(),
        cluster: cluster_id(),
        domain: DOMAIN.to_owned(),
        origins: [ORIGIN.to_owned()].into(),
        approvers: people.iter().zip(["ada", "ben", "chris"]).map(|(person, name)| approver(person, name)).collect(),
        rules: Rules {
            actions: ActionKind::ALL.iter().copied().collect(),
            namespaces: [namespace.parse().unwrap()].into(),
            cluster_scoped: true,
            terms: RiskTerms { low: terms(1), medium: terms(1), high: terms(2), exceptional: terms(2) },
            auto_approve: vec![AutoApprove {
                action: ActionKind::Cordon,
                namespaces: ["none".parse().unwrap()].into(),
                per_hour_max: 1,
                run_as: Impersonated { user: format!("lab-{namespace}"), groups: BTreeSet::new() },
            }],
            rehearse_as: Some(Impersonated { user: format!("rehearsal-{namespace}"), groups: BTreeSet::new() }),
            verify_s: VERIFY_S,
            undo_s: 600,
        },
    }
}

impl World {
    /// With all approvers' rights, and the executor running.
    pub fn new(namespace: &str) -> Self {
        let world = Self::stopped(namespace, |_| {});
        world.executor.start();
        world
    }

    /// With another document, and the executor not started.
    pub fn stopped(namespace: &str, change: impl FnOnce(&mut PinnedFile)) -> Self {
        let people = vec![Person::new(1), Person::new(2), Person::new(3)];
        let mut file = document(namespace, &people);
        change(&mut file);
        let pinned = Pinned::new(file).unwrap();
        let users: Vec<String> = pinned.impersonated().into_iter().map(|one| one.user).collect();
        let account = CLUSTER.account(&format!("executor-{namespace}"), &users, &[]);
        CLUSTER.namespace(namespace, &users.iter().map(String::as_str).collect::<Vec<_>>());
        let plane = Plane::start(tenant(), cluster_id());
        let executor = Executor::new(&plane.address, &account, pinned.canonical());
        Self { namespace: namespace.to_owned(), people, pinned, plane, account, executor, uid: CLUSTER.uid() }
    }

    pub fn account_name(&self) -> String {
        format!("executor-{}", self.namespace)
    }

    /// Applies an object in this namespace.
    pub fn apply(&self, mut object: Value) {
        object["metadata"]["namespace"] = json!(self.namespace);
        CLUSTER.apply(&object.to_string());
    }

    pub fn get(&self, object: &str) -> Option<Value> {
        CLUSTER.get(&self.namespace, object)
    }

    pub fn until(&self, object: &str, good: impl Fn(&Value) -> bool) -> Value {
        CLUSTER.until(&self.namespace, object, good)
    }

    /// A ConfigMap with one key.
    pub fn settings(&self, name: &str) -> Value {
        self.apply(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"level": "info"}}));
        self.get(&format!("configmap/{name}")).unwrap()
    }

    /// The plan that sets that key.
    pub fn set_level(&self, live: &Value, level: &str) -> Plan {
        plans::plan(&self.uid, live, &set_level(level))
    }

    /// An offer that this plan's quorum has signed.
    pub fn signed(&self, plan: &Plan) -> ToRun {
        let draft = draft(plan, &self.pinned, &self.uid);
        let quorum = usize::from(draft.terms.quorum);
        signed(plan, &Statement::new(draft).unwrap(), &self.people.iter().take(quorum).collect::<Vec<_>>())
    }

    pub fn writes(&self) -> Vec<(String, String, String)> {
        CLUSTER.writes(&self.namespace)
    }

    pub fn level(&self, name: &str) -> String {
        self.get(&format!("configmap/{name}")).unwrap()["data"]["level"].as_str().unwrap().to_owned()
    }
}

/// Sets the key of [`World::settings`].
pub fn set_level(level: &str) -> Change {
    let action = json!({"set_config_key": {"key": "level", "value": level, "origin": {"stated": {}}}});
    Change::new(action, vec![Edit::set("/data/level", level)])
}

/// A deployment of so many pods.
pub fn deployment(name: &str, replicas: u32) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {
                    "terminationGracePeriodSeconds": 0,
                    "containers": [{"name": "main", "image": "registry.example/app:1.0", "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}},
                        "env": [{"name": "LEVEL", "value": "info"}],
                        "readinessProbe": {"httpGet": {"path": "/", "port": 8080}}, "ports": [{"containerPort": 8080, "name": "http"}]}],
                },
            },
        },
    })
}

/// Whether as many pods are available as are wanted.
pub fn is_rolled_out(live: &Value) -> bool {
    let status = |field: &str| live["status"][field].as_i64().unwrap_or(0);
    let wanted = live["spec"]["replicas"].as_i64().unwrap_or(1);
    status("observedGeneration") >= live["metadata"]["generation"].as_i64().unwrap_or(0)
        && status("updatedReplicas") == wanted
        && status("replicas") == wanted
        && status("availableReplicas") == wanted
}
