//! A real control plane for the tests of the programs, and kubectl as its administrator.
//!
//! The launcher beside this file builds and starts it, and ends when its standard input closes, so it cannot outlive the tests. Each crate adds
//! what its own tests ask of a cluster.

#![allow(dead_code, reason = "the tests of each crate use their part of it")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

use serde_json::{Value, json};

/// What the launcher says when everything is ready.
pub struct Cluster {
    pub reader: PathBuf,
    pub nobody: PathBuf,
    /// A folder beside the cluster's own, for what tests write.
    pub folder: PathBuf,
    admin: PathBuf,
    kubectl: PathBuf,
    audit_log: PathBuf,
    _launcher: Child,
}

/// The launcher, compiled once.
static LAUNCHER: LazyLock<PathBuf> = LazyLock::new(|| {
    clear_up();
    let built = own("launcher");
    let made = Command::new("go")
        .args(["build", "-trimpath", "-o"])
        .arg(&built)
        .arg("./cmd/assent-cluster")
        .current_dir(sources())
        .env("CGO_ENABLED", "0")
        .output()
        .expect("Go is installed; `cargo xtask test` skips these tests where it is not");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    built
});

/// A place that bears the number of this process.
fn own(what: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{what}", std::process::id()))
}

/// Removes what earlier runs left: clusters are kept in statics, which are never dropped.
fn clear_up() {
    for entry in std::fs::read_dir(env!("CARGO_TARGET_TMPDIR")).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let process = name.split('-').next().and_then(|number| number.parse::<u32>().ok());
        if process.is_some_and(|process| !Path::new(&format!("/proc/{process}")).exists()) {
            // Another test binary may be clearing up as well.
            let _ = if entry.path().is_dir() { std::fs::remove_dir_all(entry.path()) } else { std::fs::remove_file(entry.path()) };
        }
    }
}

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testing/cluster")
}

impl Cluster {
    /// Starts a control plane of one minor. The first time on a machine it is compiled, which takes minutes.
    pub fn start(minor: &str, flags: &[&str]) -> Self {
        let launcher = &*LAUNCHER;
        let folder = own(minor);
        std::fs::create_dir_all(&folder).unwrap();
        let mut launcher = Command::new(launcher)
            .args(["up", "--minor", minor, "--dir"])
            .arg(folder.join("cluster"))
            .args(flags)
            .current_dir(sources())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(launcher.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let line: Value = serde_json::from_str(&line).expect("the launcher says where the cluster is");
        let path = |field: &str| PathBuf::from(line[field].as_str().unwrap());
        assert!(line["version"].as_str().unwrap().starts_with(&format!("v{minor}.")));
        Self {
            reader: path("reader"),
            nobody: path("nobody"),
            folder,
            admin: path("admin"),
            kubectl: path("kubectl"),
            audit_log: path("audit_log"),
            _launcher: launcher,
        }
    }

    /// kubectl with a kubeconfig, and nothing of the environment.
    pub fn kubectl_command(&self, kubeconfig: &Path) -> Command {
        let mut command = Command::new(&self.kubectl);
        command.arg("--kubeconfig").arg(kubeconfig).arg("--cache-dir").arg(self.folder.join("kubectl-cache")).env_clear();
        command
    }

    /// Runs kubectl as administrator: what it prints, or what it says went wrong.
    pub fn ask(&self, arguments: &[&str], input: &str) -> Result<String, String> {
        let mut kubectl = self.kubectl_command(&self.admin);
        let mut child = kubectl.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let output = std::thread::scope(|scope| {
            scope.spawn(move || drop(stdin.write_all(input.as_bytes())));
            child.wait_with_output().unwrap()
        });
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

    /// Makes an account in a namespace of its own, and gives a kubeconfig of it.
    pub fn service_account(&self, namespace: &str, name: &str) -> PathBuf {
        self.apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}).to_string());
        self.apply(&json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": namespace}}).to_string());
        let token = self.kubectl(&["create", "token", name, &format!("--namespace={namespace}"), "--duration=1h"]);
        let mut config: Value = serde_json::from_str(&self.kubectl(&["config", "view", "--raw", "--output=json"])).unwrap();
        config["users"][0]["user"] = json!({"token": token.trim()});
        let path = self.folder.join(format!("{namespace}.json"));
        std::fs::write(&path, config.to_string()).unwrap();
        path
    }

    /// The server's own log: the requests whose line is asked for.
    pub fn audit(&self, is_asked: impl Fn(&str) -> bool) -> Vec<Value> {
        let log = std::fs::read_to_string(&self.audit_log).unwrap();
        // The last line may be one that is being written.
        log.lines().filter(|line| is_asked(line)).filter_map(|line| serde_json::from_str(line).ok()).collect()
    }
}

/// Gives a role to somebody, everywhere.
pub fn binding(kind: &str, name: &str, role: (&str, &str), subject: &Value) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": role.0, "name": role.1}, "subjects": [subject],
    })
}
