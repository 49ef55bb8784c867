//! From a fault to a change that people signed, with nothing played: a real API server with its controllers, the platform that watches it, the
//! executor that its manifest installs, and somebody with an SSH key at a terminal.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "this is a test, helpers included")]

mod support;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use support::cluster::Cluster;
use support::platform::{Platform, until};
use support::terminal::{self, Terminal};

/// Seconds that a change is watched here; who serves is believed after a tenth of it.
const VERIFY_S: u32 = 30;
const APPROVER: &str = "ada@example.org";

#[test]
#[ignore = "needs Go: run `cargo xtask test`"]
fn a_plan_is_proposed_signed_applied_as_its_signer_verified_and_taken_back() {
    if terminal::is_without_openssh() {
        return;
    }
    let world = World::start();
    let plan = world.asked();
    let read = world.terminal.ok(&["plan", &plan]);
    assert!(read.contains("set `app`") || read.contains("Correct a selector"), "{read}");
    until("a rehearsal", || world.terminal.ok(&["plan", &plan]).contains("change   would be accepted").then_some(()));
    assert_eq!(world.selector(), "website", "a rehearsal changes nothing");

    assert!(world.terminal.ok(&["approve", &plan, "--yes"]).contains("approved, 1 of 1 votes"));
    world.ends_as(&plan, "verified");
    assert_eq!(world.selector(), "web");
    let writes = world.writes();
    assert_eq!(writes.len(), 1, "{writes:?}");
    let (by, as_whom) = &writes[0];
    assert!(by.ends_with(":assent-executor") && as_whom == APPROVER, "{writes:?}");

    assert!(world.terminal.ok(&["reject", &plan, "--yes", "--reason", "it was the other one"]).contains("verified"));
    world.ends_as(&plan, "reverted");
    assert_eq!(world.selector(), "website");
    assert_eq!(world.writes().len(), 2);

    let folder = world.folder.path().join("log.tar");
    world.terminal.ok(&["ledger", "export", folder.to_str().unwrap()]);
    let unpacked = world.folder.path().join("log");
    std::fs::create_dir(&unpacked).unwrap();
    assert!(Command::new("tar").arg("xf").arg(&folder).arg("-C").arg(&unpacked).status().unwrap().success());
    let key = unpacked.join("key");
    let said = world.terminal.ok(&["ledger", "verify", unpacked.to_str().unwrap(), "--key", key.to_str().unwrap()]);
    assert!(said.contains("Everything holds"), "{said}");
    let records = world.terminal.ok(&["ledger", "list"]);
    assert!(records.contains("plan.vote") && records.contains("plan.run"), "{records}");
}

/// A cluster whose Service selects nothing, watched, with an executor.
struct World {
    cluster: Cluster,
    terminal: Terminal,
    executor: Child,
    folder: tempfile::TempDir,
    _platform: Platform,
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = self.executor.kill();
        let _ = self.executor.wait();
    }
}

impl World {
    fn start() -> Self {
        let cluster = Cluster::start("1.36", &["--controllers", "--kwok"]);
        cluster.node("worker-1", &json!({"metadata": {"annotations": {"kwok.x-k8s.io/node": "fake"}}}));
        let shop = cluster.world("shop");
        shop.deployment(
            "web",
            &json!({"containers": [{"name": "main", "image": "registry.example/web:1.0", "ports": [{"containerPort": 8080}]}]}),
        );
        let ports = json!([{"port": 80, "targetPort": 8080}]);
        shop.create(&json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"selector": {"app": "website"}, "ports": ports}}).to_string());
        shop.kubectl(&["wait", "--for=condition=Available", "deployment/web", "--timeout=60s"]);
        // What Ada may do in this cluster, whoever she signs for.
        shop.kubectl(&["create", "role", "fixer", "--verb=get,patch,list", "--resource=services,endpointslices.discovery.k8s.io"]);
        shop.kubectl(&["create", "rolebinding", "ada", "--role=fixer", &format!("--user={APPROVER}")]);

        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_assent"));
        command.env_clear();
        let platform = Platform::start_as(command, &folder.path().join("data"), &["--kubeconfig", cluster.reader.to_str().unwrap()]);
        let owner = platform.owner();
        let id = until("a watched cluster", || {
            let list = platform.http().get(&owner, "/api/v1/clusters").unwrap().json();
            let first = list["items"].as_array()?.first()?;
            first["cluster_uid"].as_str().and(first["id"].as_str()).map(str::to_owned)
        });
        let terminal = Terminal::of_owner(&folder.path().join("home"), platform.address.port());
        let executor = install(&cluster, (&terminal, &id), platform.address.port(), folder.path());
        Self { cluster, terminal, executor, folder, _platform: platform }
    }

    /// The plan that waits for a vote.
    fn asked(&self) -> String {
        until("a plan", || {
            let list: Value = serde_json::from_str(&self.terminal.ok(&["plans", "--mine", "-o", "json"])).unwrap();
            let plan = list["items"].as_array()?.iter().find(|plan| plan["action"] == "fix_selector")?;
            plan["id"].as_str().map(str::to_owned)
        })
    }

    fn ends_as(&self, plan: &str, state: &str) {
        until(state, || {
            let plan: Value = serde_json::from_str(&self.terminal.ok(&["plan", plan, "-o", "json"])).unwrap();
            let is = plan["summary"]["state"].as_str()?;
            assert!(!["failed", "refused", "partial"].contains(&is), "{}", plan["run"]);
            (is == state).then_some(())
        });
    }

    fn selector(&self) -> String {
        self.cluster.kubectl(&["-n", "shop", "get", "service", "web", "--output=jsonpath={.spec.selector.app}"])
    }

    /// Who changed the Service, and as whom, by the API server's own log; dry runs are none.
    fn writes(&self) -> Vec<(String, String)> {
        let log = self.cluster.audit(|_| true);
        let changes = log.iter().filter(|event| event["objectRef"]["resource"] == "services" && event["verb"] == "patch");
        let kept =
            changes.filter(|event| event["responseStatus"]["code"] == 200 && !event["requestURI"].as_str().unwrap().contains("dryRun"));
        let who = |event: &Value, field: &str| event[field]["username"].as_str().unwrap_or_default().to_owned();
        kept.filter(|event| event["objectRef"]["namespace"] == "shop")
            .map(|event| (who(event, "user"), who(event, "impersonatedUser")))
            .collect()
    }
}

/// Applies the manifest as it comes, and runs the executor as the account that it makes.
fn install(cluster: &Cluster, (terminal, id): (&Terminal, &str), port: u16, folder: &Path) -> Child {
    let manifest = terminal.executor_manifest(id).replace("verify_s: 300", &format!("verify_s: {VERIFY_S}"));
    cluster.create(&manifest);
    let write = |name: &str, text: &str| {
        std::fs::write(folder.join(name), text).unwrap();
        folder.join(name)
    };
    let token = cluster.kubectl(&["-n", "assent-executor", "create", "token", "assent-executor"]);
    let mut access: Value = serde_json::from_str(&cluster.kubectl(&["config", "view", "--raw", "--output=json"])).unwrap();
    access["users"][0]["user"] = json!({ "token": token.trim() });
    let (key, document) = (write("key", terminal::key(&manifest)), write("pinned.yaml", &terminal::pinned(&manifest)));
    let kubeconfig = write("executor.kubeconfig", &access.to_string());
    let log = std::fs::File::create(folder.join("executor.log")).unwrap();
    let mut command = Command::new(program());
    command.env_clear().arg("run").arg(format!("--endpoint=http://localhost:{port}"));
    command.arg("--key-file").arg(key).arg("--pinned").arg(document).arg("--kubeconfig").arg(kubeconfig);
    command.arg("--state").arg(folder.join("state")).arg("--health-port=0");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap()
}

/// The executor, which is built beside this program.
fn program() -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_assent")).with_file_name("assent-executor");
    assert!(path.exists(), "build it first: cargo build -p assent-executor");
    path
}
