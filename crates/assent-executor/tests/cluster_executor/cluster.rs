//! A real API server with its controllers, nodes that play their pods, and an account for an executor.

#[path = "../../../../testing/cluster/launched.rs"]
mod launched;

use std::path::PathBuf;

use serde_json::{Value, json};

pub use self::launched::Cluster;
use self::launched::binding;

/// How often the cluster is asked for something that must come about. Each time takes a tenth of a second or more.
const ASKED_MAX: usize = 600;

impl Cluster {
    /// Starts the newest one, with a node and the roles of people.
    pub fn settled() -> Self {
        let cluster = Self::start("1.36", &["--controllers", "--kwok"]);
        cluster.node("worker-1");
        let all = assent_plan::resource::cluster_role("assent-approver", assent_plan::action::ActionKind::ALL);
        cluster.apply(&all);
        cluster.apply(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: assent-watcher\nrules:\n\
             - apiGroups: [discovery.k8s.io]\n  resources: [endpointslices]\n  verbs: [list]\n\
             - apiGroups: [apps]\n  resources: [replicasets]\n  verbs: [get]\n",
        );
        cluster
    }

    /// A node whose pods run.
    pub fn node(&self, name: &str) {
        let room = json!({"cpu": "32", "memory": "64Gi", "pods": "1000"});
        self.apply(
            &json!({
                "apiVersion": "v1", "kind": "Node",
                "metadata": {"name": name, "annotations": {"kwok.x-k8s.io/node": "fake"}, "labels": {"kubernetes.io/hostname": name, "disk": "ssd", "pool": "general"}},
                "status": {"capacity": room, "allocatable": room},
            })
            .to_string(),
        );
    }

    /// An object as it stands.
    pub fn get(&self, namespace: &str, object: &str) -> Option<Value> {
        let scope = format!("--namespace={namespace}");
        self.ask(&[&scope, "get", object, "--output=json"], "").ok().map(|text| serde_json::from_str(&text).unwrap())
    }

    /// Asks for an object until it is good.
    pub fn until(&self, namespace: &str, object: &str, good: impl Fn(&Value) -> bool) -> Value {
        let mut last = None;
        for _ in 0..ASKED_MAX {
            last = self.get(namespace, object);
            if let Some(object) = last.as_ref().filter(|object| good(object)) {
                return object.clone();
            }
        }
        panic!("{namespace} {object} never was what was waited for; at last: {last:?}")
    }

    /// The UID of `kube-system`.
    pub fn uid(&self) -> String {
        self.get("default", "namespace/kube-system").unwrap()["metadata"]["uid"].as_str().unwrap().to_owned()
    }

    /// A namespace with its service account, in which this user may do all that the catalogue needs.
    pub fn namespace(&self, name: &str, users: &[&str]) {
        self.apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}).to_string());
        self.kubectl(&["--namespace", name, "wait", "--for=create", "serviceaccount/default", "--timeout=60s"]);
        for user in users {
            self.let_in(name, user);
        }
    }

    /// Lets a user do in a namespace all that the catalogue needs.
    pub fn let_in(&self, namespace: &str, user: &str) {
        for role in ["assent-approver", "assent-watcher"] {
            let mut binding = binding(
                "RoleBinding",
                &format!("{user}-{role}"),
                ("ClusterRole", role),
                &json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}),
            );
            binding["metadata"]["namespace"] = json!(namespace);
            self.apply(&binding.to_string());
        }
    }

    /// Lets a user do it everywhere.
    pub fn let_in_everywhere(&self, user: &str) {
        let subject = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user});
        self.apply(&binding("ClusterRoleBinding", &format!("{user}-all"), ("ClusterRole", "assent-approver"), &subject).to_string());
    }

    /// An account that may act as these users and groups, and its kubeconfig.
    pub fn account(&self, name: &str, users: &[String], groups: &[String]) -> PathBuf {
        let kubeconfig = self.service_account(name, "executor");
        let mut rules = vec![json!({"apiGroups": [""], "resources": ["namespaces"], "resourceNames": ["kube-system"], "verbs": ["get"]})];
        for (resource, names) in [("users", users), ("groups", groups)] {
            if !names.is_empty() {
                rules.push(json!({"apiGroups": [""], "resources": [resource], "resourceNames": names, "verbs": ["impersonate"]}));
            }
        }
        self.apply(
            &json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": rules})
                .to_string(),
        );
        self.bind_account(name, name);
        kubeconfig
    }

    /// Binds a role to an executor's account.
    pub fn bind_account(&self, account: &str, role: &str) {
        let subject = json!({"kind": "ServiceAccount", "name": "executor", "namespace": account});
        self.apply(&binding("ClusterRoleBinding", &format!("{account}-{role}"), ("ClusterRole", role), &subject).to_string());
    }

    /// What was written under other people's names in a namespace, as user, verb and name: requests that the API server carried out.
    pub fn writes(&self, namespace: &str) -> Vec<(String, String, String)> {
        self.requests(|one| one["objectRef"]["namespace"] == namespace)
    }

    /// What was written by an executor's account, under whatever name, anywhere. Asking about one's own rights is none.
    pub fn writes_of(&self, account: &str) -> Vec<(String, String, String)> {
        let own = format!("system:serviceaccount:{account}:executor");
        self.requests(|one| one["user"]["username"] == own.as_str() && one["objectRef"]["apiGroup"] != "authorization.k8s.io")
    }

    fn requests(&self, is_ours: impl Fn(&Value) -> bool) -> Vec<(String, String, String)> {
        let requests = self.audit(|line| line.contains("impersonatedUser") || line.contains(":executor\""));
        let ours = requests.iter().filter(|one| {
            let is_write = matches!(one["verb"].as_str(), Some("patch" | "delete" | "create" | "update" | "deletecollection"));
            let is_dry = one["requestURI"].as_str().is_some_and(|uri| uri.contains("dryRun="));
            let is_done =
                one["stage"] == "ResponseComplete" && one["responseStatus"]["code"].as_i64().is_some_and(|code| (200..300).contains(&code));
            is_write && !is_dry && is_done && is_ours(one)
        });
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        ours.map(|one| (text(&one["impersonatedUser"]["username"]), text(&one["verb"]), text(&one["objectRef"]["name"]))).collect()
    }
}
