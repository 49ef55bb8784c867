//! The cluster that is measured: a real API server with a made-up world in it, and what `kubectl` dumps of that.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::peer::cache;
use crate::command;

const LAUNCHER: &str = "testing/cluster";
const MINOR: &str = "1.36";
/// What a dump leaves out: secrets, which the reader may not see, kinds that only answer by name, and events under their second name.
const NOT_DUMPED: [&str; 3] = ["secrets", "componentstatuses", "events.events.k8s.io"];

/// A running cluster. It ends when this is dropped.
pub(super) struct World {
    launcher: Child,
    stdin: Option<ChildStdin>,
    /// The API server's version.
    pub(super) version: String,
    /// Kubeconfig of a user who may read everything but secrets.
    pub(super) reader: PathBuf,
    admin: PathBuf,
    kubectl: PathBuf,
    program: PathBuf,
}

impl World {
    /// Builds the launcher and starts a control plane without controllers; its files go to `folder`.
    pub(super) fn start(root: &Path, folder: &Path) -> Result<Self> {
        let sources = root.join(LAUNCHER);
        let program = cache()?.join("cluster").join("launcher");
        command::go_build(&sources, &program, "./cmd/assent-cluster")?;
        if folder.exists() {
            fs::remove_dir_all(folder).with_context(|| format!("cannot empty `{}`", folder.display()))?;
        }
        println!("bench: starting Kubernetes {MINOR}");
        let mut launcher = Command::new(&program)
            .args(["up", "--minor", MINOR, "--dir"])
            .arg(folder)
            .arg("--modules")
            .arg(&sources)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("the launcher could not be started")?;
        let stdin = launcher.stdin.take();
        let mut line = String::new();
        BufReader::new(launcher.stdout.take().context("the launcher has no output")?).read_line(&mut line)?;
        let ready: Value = serde_json::from_str(&line).context("the launcher did not say that the cluster is ready")?;
        let text = |key: &str| ready.get(key).and_then(Value::as_str).map(str::to_owned).with_context(|| format!("no `{key}`"));
        let (version, reader, admin, kubectl) = (text("version")?, text("reader")?, text("admin")?, text("kubectl")?);
        Ok(Self { launcher, stdin, version, reader: reader.into(), admin: admin.into(), kubectl: kubectl.into(), program })
    }

    /// Writes so many pods, with what belongs to them and with faults. Gives what the launcher says of it.
    pub(super) fn fill(&self, pods: usize) -> Result<Value> {
        println!("bench: writing {pods} pods");
        let share = |of: usize| (pods / of).max(1).to_string();
        let output = Command::new(&self.program)
            .args(["fill", "--pods", &pods.to_string(), "--nodes", &share(100), "--namespaces", &share(200), "--broken", &share(500)])
            .arg("--kubeconfig")
            .arg(&self.admin)
            .stderr(Stdio::inherit())
            .output()
            .context("the launcher could not be started")?;
        if !output.status.success() {
            bail!("the world could not be written: {}", output.status);
        }
        serde_json::from_slice(&output.stdout).context("the launcher does not say what it wrote")
    }

    /// Dumps every kind to a file of its own, as `kubectl get -A -o json` prints it. Gives the bytes written.
    pub(super) fn dump(&self, folder: &Path) -> Result<u64> {
        if folder.exists() {
            fs::remove_dir_all(folder).with_context(|| format!("cannot empty `{}`", folder.display()))?;
        }
        fs::create_dir_all(folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
        println!("bench: dumping the cluster with kubectl");
        let kinds = self.kubectl(&["api-resources", "--verbs=list", "-o", "name"]).output().context("kubectl could not be started")?;
        let kinds = String::from_utf8(kinds.stdout).context("kubectl printed kinds that are not UTF-8")?;
        let mut bytes = 0;
        for kind in kinds.lines().filter(|kind| !NOT_DUMPED.contains(kind)) {
            let path = folder.join(format!("{kind}.json"));
            let status = self.kubectl(&["get", "-A", kind, "-o", "json"]).stdout(File::create(&path)?).status()?;
            if !status.success() {
                bail!("`kubectl get -A {kind} -o json` failed: {status}");
            }
            bytes += fs::metadata(&path)?.len();
        }
        Ok(bytes)
    }

    fn kubectl(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.kubectl);
        command.arg("--kubeconfig").arg(&self.reader).args(arguments);
        command
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // The launcher ends its children, and itself, when its input ends.
        drop(self.stdin.take());
        let _ = self.launcher.wait();
    }
}
