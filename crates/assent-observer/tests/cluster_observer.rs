//! The observer against a real API server: the shipped role is enough and no more, too many rights refuse, and what changes arrives.

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test, helpers included"
)]

mod support;

use std::process::Stdio;
use std::sync::LazyLock;

use serde_json::{Value, json};
use support::platform::{KEY, Platform, Seen};
use support::{Cluster, observer, program};

static CLUSTER: LazyLock<Cluster> = LazyLock::new(|| Cluster::start("1.36", &["--controllers"]));

const PROFILES: [&str; 5] = ["workloads", "logs", "metrics", "gitops", "tests"];

#[test]
#[ignore = "needs Go: run `cargo xtask test`"]
fn the_shipped_role_is_enough_for_each_profile_and_refused_beyond() {
    for profiles in [vec![], vec!["workloads"], vec!["logs"], vec!["metrics"], vec!["gitops"], vec!["tests"], PROFILES.to_vec()] {
        let account = CLUSTER.account(format!("fit-{}", profiles.join("-")).trim_end_matches('-'), &role(&profiles));
        let fit = account.preflight_until(&profiles, |output| output.stdout == b"fit to run\n");
        assert!(fit.status.success());
        assert!(account.can("list", "pods") && account.can("watch", "configmaps"));
        for (verb, resource) in [
            ("get", "secrets"),
            ("list", "secrets"),
            ("watch", "secrets"),
            ("create", "pods"),
            ("patch", "deployments.apps"),
            ("delete", "pods"),
            ("create", "pods/exec"),
            ("get", "pods/exec"),
            ("create", "pods/portforward"),
            ("get", "pods/attach"),
            ("impersonate", "users"),
            ("create", "serviceaccounts/token"),
            ("get", "nodes/proxy"),
            ("list", "clusterroles"),
        ] {
            assert!(!account.can(verb, resource), "{profiles:?}: {verb} {resource}");
        }
        assert_eq!(account.can("get", "pods/log"), profiles.contains(&"logs"));
        assert_eq!(account.can("list", "jobs.batch"), profiles.contains(&"workloads"));
    }
}

#[test]
#[ignore = "needs Go: run `cargo xtask test`"]
fn less_than_the_profiles_runs_and_says_what_it_cannot_see() {
    let account = CLUSTER.account("lacking", &role(&[]));
    let output =
        account.preflight_until(&["workloads", "logs"], |output| output.status.success() && !text(&output.stdout).contains("see pods\n"));
    let said = text(&output.stdout);
    for what in ["cannot see pods/log\n", "cannot see jobs.batch\n", "cannot see networkpolicies.networking.k8s.io\n", "fit to run\n"] {
        assert!(said.contains(what), "{said}");
    }
}

#[test]
#[ignore = "needs Go: run `cargo xtask test`"]
fn more_than_the_profiles_does_not_start_wherever_it_hides() {
    let account = CLUSTER.account("greedy", &role(&[]));
    account.preflight_until(&[], |output| output.status.success());
    CLUSTER.kubectl(&["create", "namespace", "hidden"]);
    CLUSTER.kubectl(&["create", "role", "sweeper", "--namespace=hidden", "--verb=delete", "--resource=pods"]);
    account.bind("RoleBinding", "Role", "sweeper", Some("hidden"));
    let output = account.preflight_until(&[], |output| output.status.code() == Some(3));
    assert!(text(&output.stderr).contains("may do more than an observer may: delete pods (seen in namespace hidden);"), "{output:?}");
    account.bind("ClusterRoleBinding", "ClusterRole", "view", None);
    let output = account.preflight_until(&["workloads", "logs"], |output| text(&output.stderr).contains("serviceaccounts"));
    assert_eq!(output.status.code(), Some(3));
    let platform = Platform::start();
    let folder = tempfile::tempdir().unwrap();
    let run = observer(&account.kubeconfig, &platform, folder.path(), &[], Stdio::piped()).wait_with_output().unwrap();
    assert_eq!(run.status.code(), Some(3), "{run:?}");
    assert!(text(&run.stderr).contains("delete pods (seen in namespace hidden)"), "{run:?}");
    assert!(platform.until(|seen| Some(seen.streams.is_empty())), "it said nothing to the platform");
    let listed: Vec<_> = CLUSTER.audited(&account).into_iter().filter(|(_, uri)| uri.contains("/pods")).collect();
    assert_eq!(listed, [], "it read no pods");
}

#[test]
#[ignore = "needs Go: run `cargo xtask test`"]
fn what_changes_arrives_over_kills_in_one_stream_and_nothing_but_reading_was_done() {
    let account = CLUSTER.account("watcher", &role(&["workloads"]));
    account.preflight_until(&["workloads"], |output| output.stdout == b"fit to run\n");
    let platform = Platform::start();
    let folder = tempfile::tempdir().unwrap();
    let mut child = observer(&account.kubeconfig, &platform, folder.path(), &["--profile=workloads"], Stdio::piped());
    platform.until(|seen| listed(seen, "Pod").then_some(()));
    CLUSTER.kubectl(&["create", "namespace", "shop"]);
    CLUSTER.apply(
        &json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "shop"},
            "data": {"password": "hunter2-hunter2", "endpoint": "cart-store:6379"}})
        .to_string(),
    );
    let config = platform.until(|seen| object(seen, "ConfigMap", "settings"));
    assert_eq!(config["data"]["endpoint"], "cart-store:6379");
    assert!(config["data"]["password"].as_str().unwrap().starts_with("[redacted:"), "{config}");
    assert!(config["metadata"].get("managedFields").is_none_or(|fields| !fields.to_string().contains("fieldsV1")));
    CLUSTER.apply(&deployment(1));
    platform.until(|seen| object(seen, "Deployment", "web"));
    platform.until(|seen| seen.signals.iter().any(|one| one["object"]["body"]["kind"] == "ReplicaSet").then_some(()));

    child.kill().unwrap();
    child.wait().unwrap();
    CLUSTER.apply(&deployment(3));
    CLUSTER.kubectl(&["delete", "configmap", "settings", "--namespace=shop"]);
    let mut child = observer(&account.kubeconfig, &platform, folder.path(), &["--profile=workloads"], Stdio::piped());
    let three = |seen: &Seen| object(seen, "Deployment", "web").filter(|object| object["spec"]["replicas"] == 3);
    platform.until(three);
    CLUSTER.kubectl(&["delete", "deployment", "web", "--namespace=shop"]);
    let gone = |seen: &Seen| seen.signals.iter().find(|one| one["gone"]["kind"] == "Deployment" && one["gone"]["name"] == "web").cloned();
    assert_eq!(platform.until(gone)["gone"]["namespace"], "shop");
    assert_eq!(platform.until(|seen| Some(seen.streams.len())), 1, "one stream over the kill");

    let terminated = std::process::Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(terminated.success() && child.wait().unwrap().success());
    for (verb, uri) in CLUSTER.audited(&account) {
        let is_review = verb == "create" && uri.starts_with("/apis/authorization.k8s.io/v1/selfsubject");
        assert!(is_review || matches!(verb.as_str(), "get" | "list" | "watch"), "{verb} {uri}");
        assert!(!uri.contains("secrets"), "{verb} {uri}");
    }
}

#[test]
#[ignore = "needs Go: run `cargo xtask test`"]
fn the_manifest_is_taken_with_every_field_known() {
    use assent_observe::manifest::{BUFFER_BYTES_MAX, NAMESPACE, Spec, manifest};
    CLUSTER.kubectl(&["create", "namespace", NAMESPACE]);
    let spec = Spec {
        cluster: "prod-eu".to_owned(),
        endpoint: "https://assent.example:8473".to_owned(),
        key: assent_base::Secret::new(KEY.to_owned()),
        image: "registry.example/assent-observer:0.1.0".to_owned(),
        profiles: assent_observe::profile::PROFILES.to_vec(),
        ca_pem: Some("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n".to_owned()),
        buffer_bytes_max: BUFFER_BYTES_MAX,
        buffer_claim: None,
        nats: None,
    };
    let said = CLUSTER.accepts(&manifest(&spec).unwrap()).unwrap();
    assert_eq!(said.lines().count(), 8, "{said}");
}

fn role(profiles: &[&str]) -> String {
    let profiles: Vec<String> = profiles.iter().map(|profile| format!("--profile={profile}")).collect();
    let output = program().arg("rbac").args(profiles).output().unwrap();
    assert!(output.status.success());
    text(&output.stdout)
}

fn listed(seen: &Seen, kind: &str) -> bool {
    seen.signals.iter().any(|one| one["listed"]["kind"] == kind)
}

/// The last that was said of an object.
fn object(seen: &Seen, kind: &str, name: &str) -> Option<Value> {
    let bodies = seen.signals.iter().rev().map(|one| &one["object"]["body"]);
    bodies.into_iter().find(|body| body["kind"] == kind && body["metadata"]["name"] == name).cloned()
}

fn deployment(replicas: u32) -> String {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}, "spec": {
        "replicas": replicas, "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "main", "image": "registry.example/web:1.0"}]}},
    }})
    .to_string()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
