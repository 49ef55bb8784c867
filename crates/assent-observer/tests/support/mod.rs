//! A real control plane, an account with a role of its own, and a platform on loopback that keeps what it is sent.

#![allow(dead_code, reason = "each test binary uses its part of a module that is in all of them")]

pub mod platform;
pub mod played;

#[path = "../../../../testing/cluster/launched.rs"]
mod launched;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::json;

pub use self::launched::Cluster;
use self::platform::{KEY, Platform};

/// How often the cluster is asked for something that must come about. Each time takes a tenth of a second or more.
const ASKED_MAX: usize = 300;

impl Cluster {
    /// Whether the cluster takes a manifest, every field of it known, without keeping it.
    pub fn accepts(&self, manifest: &str) -> Result<String, String> {
        self.ask(&["apply", "--dry-run=server", "--validate=strict", "-f", "-"], manifest)
    }

    /// An account with this role in the whole cluster, and its kubeconfig.
    pub fn account(&self, name: &str, role: &str) -> Account<'_> {
        let account = Account { cluster: self, name: name.to_owned(), kubeconfig: self.service_account(name, "observer") };
        self.apply(&role.replace("name: assent-observer\n", &format!("name: {name}\n")));
        account.bind("ClusterRoleBinding", "ClusterRole", name, None);
        account
    }

    /// What an account asked of the server since it started, as verb and path.
    pub fn audited(&self, account: &Account<'_>) -> Vec<(String, String)> {
        let own = format!(r#""username":"system:serviceaccount:{}:observer""#, account.name);
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        self.audit(|line| line.contains(&own)).iter().map(|one| (text(&one["verb"]), text(&one["requestURI"]))).collect()
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
        let subject = json!({"kind": "ServiceAccount", "name": "observer", "namespace": self.name});
        let mut object = launched::binding(binding, &format!("{}-{role}", self.name), (kind, role), &subject);
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

/// An observer of this cluster, which sends to that platform and buffers in that folder. It logs to `log`.
pub fn observer(kubeconfig: &Path, platform: &Platform, folder: &Path, further: &[&str], log: Stdio) -> Child {
    let config = folder.join("config.yaml");
    std::fs::write(&config, "health_port: 0\n").unwrap();
    let mut command = program();
    command.arg("run").arg("--config").arg(&config).arg("--kubeconfig").arg(kubeconfig).arg("--buffer-dir").arg(folder.join("buffer"));
    command.args(["--endpoint", &platform.address]).args(further).env("ASSENT_OBSERVER_KEY", KEY);
    command.stdout(Stdio::null()).stderr(log).spawn().unwrap()
}

/// Where the log of a program goes that no test reads.
pub fn unread() -> Stdio {
    if std::env::var_os("ASSENT_TEST_SHOW").is_some() { Stdio::inherit() } else { Stdio::null() }
}
