//! A healthy cluster is called healthy: thirty deployments with their services, which kwok runs.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "this is a test, helpers included")]

mod support;

use serde_json::json;
use support::cluster::Cluster;

const DEPLOYMENTS: usize = 30;

#[test]
#[ignore = "needs Go: run `cargo xtask test`"]
fn thirty_deployments_that_run_are_healthy() {
    let cluster = Cluster::start("1.36", &["--controllers", "--kwok"]);
    for node in ["worker-1", "worker-2", "worker-3"] {
        cluster.node(node, &json!({"metadata": {"annotations": {"kwok.x-k8s.io/node": "fake"}}}));
        cluster.until(&["get", "node", node, "--output=jsonpath={.spec.taints[*].key}"], |keys| !keys.contains("not-ready"));
    }
    cluster.world("shop");
    let mut objects = Vec::new();
    for number in 0..DEPLOYMENTS {
        let name = format!("part-{number}");
        let container = json!({
            "name": "main", "image": format!("registry.example/{name}:1.0"), "ports": [{"name": "http", "containerPort": 8080}],
            "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}},
            "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}},
        });
        let template = json!({"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}});
        let spec = json!({"replicas": 2, "selector": {"matchLabels": {"app": name}}, "template": template});
        let metadata = json!({"name": name, "namespace": "shop"});
        objects.push(json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}));
        let spec = json!({"selector": {"app": name}, "ports": [{"port": 80, "targetPort": "http"}]});
        objects.push(json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}));
    }
    cluster.create(&json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string());
    cluster.kubectl(&["-n", "shop", "wait", "--for=condition=Available", "deployment", "--all", "--timeout=120s"]);
    let ready = "--output=jsonpath={.items[*].endpoints[*].conditions.ready}";
    cluster.until(&["-n", "shop", "get", "endpointslices", ready], |ready| ready.matches("true").count() == 2 * DEPLOYMENTS);

    let seen = cluster.investigate(&[]);
    assert_eq!(seen.named(), (0, "healthy".to_owned(), vec![]), "{:#}", seen.report);
    assert_eq!(seen.report["input"]["objects"]["Deployment"], DEPLOYMENTS);
    assert_eq!(seen.report["input"]["objects"]["Pod"], 2 * DEPLOYMENTS);
    assert_eq!(seen.unread(), "[]");
}
