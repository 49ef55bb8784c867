//! A real API server with its controllers, nodes that play their pods, and an account for an executor.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

/// How often the cluster is asked for something that must come about. Each time takes a tenth of a second or more.
const ASKED_MAX: usize = 600;

pub struct Cluster {
    admin: PathBuf,
    kubectl: PathBuf,
    audit_log: PathBuf,
    pub folder: PathBuf,
    _launcher: Child,
}

/// Removes what earlier runs left: a static is never dropped, and folders begin with the number of the process that made them.
fn clear_up() {
    for entry in std::fs::read_dir(env!("CARGO_TARGET_TMPDIR")).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let process = name.strip_suffix("-executor").and_then(|number| number.parse::<u32>().ok());
        if process.is_some_and(|process| !Path::new(&format!("/proc/{process}")).exists()) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

impl Cluster {
    /// Starts the newest one. The first time on a machine it is compiled, which takes minutes.
    pub fn start() -> Self {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testing/cluster");
        clear_up();
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-executor", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let built = folder.join("launcher");
        let made = Command::new("go")
            .args(["build", "-trimpath", "-o"])
            .arg(&built)
            .arg("./cmd/assent-cluster")
            .current_dir(&sources)
            .env("CGO_ENABLED", "0")
            .output()
            .expect("Go is installed; `cargo xtask test` skips these tests where it is not");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let mut launcher = Command::new(&built)
            .args(["up", "--minor", "1.36", "--controllers", "--kwok", "--dir"])
            .arg(folder.join("cluster"))
            .current_dir(&sources)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(launcher.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let line: Value = serde_json::from_str(&line).expect("the launcher says where the cluster is");
        let path = |field: &str| PathBuf::from(line[field].as_str().unwrap());
        let cluster = Self { admin: path("admin"), kubectl: path("kubectl"), audit_log: path("audit_log"), folder, _launcher: launcher };
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

    pub fn ask(&self, arguments: &[&str], input: &str) -> Result<String, String> {
        let mut child = self
            .kubectl_command(&self.admin)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let output = std::thread::scope(|scope| {
            scope.spawn(move || drop(stdin.write_all(input.as_bytes())));
            child.wait_with_output().unwrap()
        });
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    /// kubectl with a kubeconfig, and nothing of the environment.
    pub fn kubectl_command(&self, kubeconfig: &Path) -> Command {
        let mut command = Command::new(&self.kubectl);
        command.arg("--kubeconfig").arg(kubeconfig).arg("--cache-dir").arg(self.folder.join("kubectl-cache")).env_clear();
        command
    }

    /// Runs kubectl as administrator.
    pub fn kubectl(&self, arguments: &[&str]) -> String {
        self.ask(arguments, "").unwrap_or_else(|error| panic!("kubectl {arguments:?}: {error}"))
    }

    /// Applies a manifest.
    pub fn apply(&self, manifest: &str) {
        self.ask(&["apply", "-f", "-"], manifest).unwrap_or_else(|error| panic!("{error}\n{manifest}"));
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
                role,
                &json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}),
            );
            binding["metadata"]["namespace"] = json!(namespace);
            self.apply(&binding.to_string());
        }
    }

    /// Lets a user do it everywhere.
    pub fn let_in_everywhere(&self, user: &str) {
        let subject = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user});
        self.apply(&binding("ClusterRoleBinding", &format!("{user}-all"), "assent-approver", &subject).to_string());
    }

    /// An account that may act as these users and groups, and its kubeconfig.
    pub fn account(&self, name: &str, users: &[String], groups: &[String]) -> PathBuf {
        self.apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}).to_string());
        self.apply(&json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "executor", "namespace": name}}).to_string());
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
        let token = self.kubectl(&["create", "token", "executor", &format!("--namespace={name}"), "--duration=1h"]);
        let mut config: Value = serde_json::from_str(&self.kubectl(&["config", "view", "--raw", "--output=json"])).unwrap();
        config["users"][0]["user"] = json!({"token": token.trim()});
        let path = self.folder.join(format!("{name}.json"));
        std::fs::write(&path, config.to_string()).unwrap();
        path
    }

    /// Binds a role to an executor's account.
    pub fn bind_account(&self, account: &str, role: &str) {
        let subject = json!({"kind": "ServiceAccount", "name": "executor", "namespace": account});
        self.apply(&binding("ClusterRoleBinding", &format!("{account}-{role}"), role, &subject).to_string());
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
        let log = std::fs::read_to_string(&self.audit_log).unwrap();
        // The last line may be one that is being written.
        let lines = log
            .lines()
            .filter(|line| line.contains("impersonatedUser") || line.contains(":executor\""))
            .filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let ours = lines.filter(|one| {
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

fn binding(kind: &str, name: &str, role: &str, subject: &Value) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}, "subjects": [subject],
    })
}
