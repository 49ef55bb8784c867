//! A real control plane, an account with a role of its own, and a platform on loopback that keeps what it is sent.

#![allow(dead_code, reason = "each test binary uses its part of a module that is in all of them")]

pub mod platform;
pub mod played;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// How often the cluster is asked for something that must come about. Each time takes a tenth of a second or more.
const ASKED_MAX: usize = 300;

/// A control plane. The launcher ends when its standard input closes, so it cannot outlive the tests.
pub struct Cluster {
    admin: PathBuf,
    kubectl: PathBuf,
    audit_log: PathBuf,
    folder: TempDir,
    _launcher: Child,
}

impl Cluster {
    /// Starts the newest one. The first time on a machine it is compiled, which takes minutes.
    pub fn start() -> Self {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testing/cluster");
        let folder = tempfile::tempdir().unwrap();
        let built = folder.path().join("launcher");
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
            .args(["up", "--minor", "1.36", "--controllers", "--dir"])
            .arg(folder.path().join("cluster"))
            .current_dir(&sources)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(launcher.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let line: Value = serde_json::from_str(&line).expect("the launcher says where the cluster is");
        let path = |field: &str| PathBuf::from(line[field].as_str().unwrap());
        Self { admin: path("admin"), kubectl: path("kubectl"), audit_log: path("audit_log"), folder, _launcher: launcher }
    }

    fn ask(&self, arguments: &[&str], input: &str) -> Result<String, String> {
        let mut child = Command::new(&self.kubectl)
            .arg("--kubeconfig")
            .arg(&self.admin)
            .arg("--cache-dir")
            .arg(self.folder.path().join("kubectl-cache"))
            .args(arguments)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    /// Runs kubectl as administrator.
    pub fn kubectl(&self, arguments: &[&str]) -> String {
        self.ask(arguments, "").unwrap_or_else(|error| panic!("kubectl {arguments:?}: {error}"))
    }

    /// Applies a manifest.
    pub fn apply(&self, manifest: &str) {
        self.ask(&["apply", "-f", "-"], manifest).unwrap_or_else(|error| panic!("{error}\n{manifest}"));
    }

    /// Whether the cluster takes a manifest, every field of it known, without keeping it.
    pub fn accepts(&self, manifest: &str) -> Result<String, String> {
        self.ask(&["apply", "--dry-run=server", "--validate=strict", "-f", "-"], manifest)
    }

    /// An account with this role in the whole cluster, and its kubeconfig.
    pub fn account(&self, name: &str, role: &str) -> Account<'_> {
        self.apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}).to_string());
        self.apply(&json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "observer", "namespace": name}}).to_string());
        self.apply(&role.replace("name: assent-observer\n", &format!("name: {name}\n")));
        let account = Account { cluster: self, name: name.to_owned(), kubeconfig: self.folder.path().join(format!("{name}.json")) };
        account.bind("ClusterRoleBinding", "ClusterRole", name, None);
        let token = self.kubectl(&["create", "token", "observer", &format!("--namespace={name}"), "--duration=1h"]);
        let mut config: Value = serde_json::from_str(&self.kubectl(&["config", "view", "--raw", "--output=json"])).unwrap();
        config["users"][0]["user"] = json!({"token": token.trim()});
        std::fs::write(&account.kubeconfig, config.to_string()).unwrap();
        account
    }

    /// What an account asked of the server since it started, as verb and path.
    pub fn audited(&self, account: &Account<'_>) -> Vec<(String, String)> {
        let log = std::fs::read_to_string(&self.audit_log).unwrap();
        let own = format!(r#""username":"system:serviceaccount:{}:observer""#, account.name);
        // The last line may be one that is being written.
        let requests = log.lines().filter(|line| line.contains(&own)).filter_map(|line| serde_json::from_str::<Value>(line).ok());
        requests.map(|one| (one["verb"].as_str().unwrap().to_owned(), one["requestURI"].as_str().unwrap().to_owned())).collect()
    }
}

/// A service account.
pub struct Account<'c> {
    pub cluster: &'c Cluster,
    pub name: String,
    pub kubeconfig: PathBuf,
}

impl Account<'_> {
    /// Binds a role to it.
    pub fn bind(&self, binding: &str, kind: &str, role: &str, namespace: Option<&str>) {
        let mut object = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": binding, "metadata": {"name": format!("{}-{role}", self.name)},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role},
            "subjects": [{"kind": "ServiceAccount", "name": "observer", "namespace": self.name}],
        });
        if let Some(namespace) = namespace {
            object["metadata"]["namespace"] = json!(namespace);
        }
        self.cluster.apply(&object.to_string());
    }

    /// Whether the API server lets it do this.
    pub fn can(&self, verb: &str, resource: &str) -> bool {
        let user = format!("--as=system:serviceaccount:{}:observer", self.name);
        let groups = ["--as-group=system:serviceaccounts", "--as-group=system:authenticated"];
        // A slash would stand before a name.
        let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
        let subresource = format!("--subresource={subresource}");
        let asked = ["auth", "can-i", verb, resource, &subresource, "--all-namespaces", &user];
        let answer = self.cluster.ask(&[&asked, &groups[..]].concat(), "");
        match answer {
            Ok(word) => word.trim() == "yes",
            // A plain no is a failure with nothing but warnings on standard error.
            Err(words) if !words.contains("error:") => false,
            Err(words) => panic!("{verb} {resource}: {words}"),
        }
    }

    /// Runs the program's check of its own rights.
    pub fn preflight(&self, profiles: &[&str]) -> Output {
        let profiles: Vec<String> = profiles.iter().map(|profile| format!("--profile={profile}")).collect();
        program().arg("preflight").arg("--kubeconfig").arg(&self.kubeconfig).args(profiles).output().unwrap()
    }

    /// Asks until the check says this: bindings take a moment to hold.
    pub fn preflight_until(&self, profiles: &[&str], good: impl Fn(&Output) -> bool) -> Output {
        let mut output = self.preflight(profiles);
        for _ in 0..ASKED_MAX {
            if good(&output) {
                return output;
            }
            output = self.preflight(profiles);
        }
        panic!("never what was waited for; at last: {output:?}")
    }
}

/// The program, without the environment of the tests.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assent-observer"));
    command.env_clear();
    command
}
