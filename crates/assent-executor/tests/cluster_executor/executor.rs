//! The program, with its folders.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use tempfile::TempDir;

use crate::plane::KEY;

pub struct Executor {
    pub folder: TempDir,
    endpoint: String,
    kubeconfig: PathBuf,
    /// Of the probe: any, unless somebody asks it.
    pub health_port: u16,
    pub child: Arc<Mutex<Option<Child>>>,
}

impl Drop for Executor {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The program, without the environment of the tests.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assent-executor"));
    command.env_clear();
    command
}

impl Executor {
    pub fn new(endpoint: &str, kubeconfig: &Path, pinned: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("pinned.yaml"), pinned).unwrap();
        std::fs::write(folder.path().join("key"), KEY).unwrap();
        std::fs::write(folder.path().join("config.yaml"), "request_timeout_s: 3\n").unwrap();
        Self { folder, endpoint: endpoint.to_owned(), kubeconfig: kubeconfig.to_owned(), health_port: 0, child: Arc::default() }
    }

    pub fn command(&self, word: &str) -> Command {
        let mut command = program();
        let path = |name: &str| self.folder.path().join(name);
        command.arg(word).arg("--endpoint").arg(&self.endpoint).arg("--kubeconfig").arg(&self.kubeconfig);
        command.arg("--config").arg(path("config.yaml")).arg("--key-file").arg(path("key")).arg("--pinned").arg(path("pinned.yaml"));
        command.arg("--state").arg(path("state")).arg(format!("--health-port={}", self.health_port));
        command
    }

    pub fn start(&self) {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.folder.path().join("log")).unwrap();
        let child = self.command("run").stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        *self.child.lock().unwrap() = Some(child);
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// SIGKILL, if it runs.
    pub fn kill(&self) {
        kill(&self.child);
    }
}

pub fn kill(child: &Mutex<Option<Child>>) {
    if let Some(mut child) = child.lock().unwrap().take() {
        let _ = child.kill();
        let _ = child.wait();
    }
}
