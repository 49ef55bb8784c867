//! The program against real API servers: each test makes one fault in a namespace of its own, and reads what is said of it.
//!
//! Controllers and scheduler are real. There is no kubelet: what it would write, the tests write.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "this is a test, helpers included")]

mod support;

use std::sync::LazyLock;

use serde_json::{Value, json};
use support::cluster::{Cluster, conditions};

static NEWEST: LazyLock<Cluster> = LazyLock::new(|| start("1.36"));
static OLDER: LazyLock<Cluster> = LazyLock::new(|| start("1.34"));

/// Two nodes for anyone, one that is cordoned, one that wants a toleration.
fn start(minor: &str) -> Cluster {
    let cluster = Cluster::start(minor, &["--controllers"]);
    cluster.node("worker-1", &json!({}));
    cluster.node("worker-2", &json!({}));
    cluster.node("resting-1", &json!({"metadata": {"labels": {"pool": "resting"}}, "spec": {"unschedulable": true}}));
    let taint = json!([{"key": "dedicated", "value": "batch", "effect": "NoSchedule"}]);
    cluster.node("batch-1", &json!({"metadata": {"labels": {"pool": "batch"}}, "spec": {"taints": taint}}));
    for node in ["worker-1", "worker-2", "resting-1", "batch-1"] {
        cluster.until(&["get", "node", node, "--output=jsonpath={.spec.taints[*].key}"], |keys| !keys.contains("not-ready"));
    }
    cluster
}

macro_rules! on_each_minor {
    ($($name:ident),* $(,)?) => {
        mod newest {
            $(#[test] #[ignore = "needs Go: run `cargo xtask test`"] fn $name() { super::$name(&super::NEWEST) })*
        }
        mod older {
            $(#[test] #[ignore = "needs Go: run `cargo xtask test`"] fn $name() { super::$name(&super::OLDER) })*
        }
    };
}

on_each_minor![
    a_wrong_image,
    a_selector_that_matches_nothing,
    a_quota_that_is_used_up,
    a_limit_range_that_is_exceeded,
    a_missing_service_account,
    a_refusal_by_pod_security,
    a_webhook_that_nobody_serves,
    a_node_selector_that_no_node_has,
    a_taint_that_is_not_tolerated,
    more_cpu_than_any_node_has,
    an_extended_resource_that_no_node_has,
    a_node_that_is_cordoned,
    a_claim_of_a_class_that_is_missing,
    a_missing_config_map,
    a_crash_whose_log_cannot_be_read,
    an_autoscaler_without_metrics,
    a_job_that_gave_up,
    a_budget_that_allows_no_disruption,
    a_namespace_where_all_is_well,
    a_user_without_rights,
    a_user_with_rights_in_one_namespace,
];

fn a_wrong_image(cluster: &Cluster) {
    let world = cluster.world("wrong-image");
    world.deployment("web", &json!({}));
    let pod = world.scheduled_pod("web");
    let image = "registry.example/web:1.0";
    let failed = format!(
        "Failed to pull image \"{image}\": rpc error: code = NotFound desc = failed to pull and unpack image \"{image}\": \
         failed to resolve reference \"{image}\": {image}: not found"
    );
    world.pod_waits(&pod, "ImagePullBackOff", &format!("Back-off pulling image \"{image}\""), ("Failed", &failed));
    world.investigate().is("image.not_found: Deployment web", &[image]);
}

fn a_selector_that_matches_nothing(cluster: &Cluster) {
    let world = cluster.world("selector");
    world.deployment(
        "web",
        &json!({"containers": [{"name": "main", "image": "registry.example/web:1.0", "ports": [{"containerPort": 8080}]}]}),
    );
    let pod = world.scheduled_pod("web");
    world.pod_runs(&pod);
    world.create(&service("web", &json!({"app": "website"})));
    world.kubectl(&["wait", "--for=condition=Available", "deployment/web", "--timeout=60s"]);
    cluster.until(&["-n", "selector", "get", "endpointslices", "--output=name"], |names| !names.is_empty());
    world.investigate().is("service.selector_matches_nothing: Service web", &["website"]);
}

fn a_quota_that_is_used_up(cluster: &Cluster) {
    let world = cluster.world("quota");
    world.create(r#"{"apiVersion":"v1","kind":"ResourceQuota","metadata":{"name":"team"},"spec":{"hard":{"requests.cpu":"100m"}}}"#);
    cluster.until(&["-n", "quota", "get", "resourcequota", "team", "--output=jsonpath={.status.used}"], |used| !used.is_empty());
    world.deployment("web", &main_container(&json!({"resources": {"requests": {"cpu": "250m"}}})));
    world.await_event("FailedCreate", "exceeded quota");
    world.investigate().is("admission.quota_cpu: ResourceQuota team", &["100m", "250m"]);
}

fn a_limit_range_that_is_exceeded(cluster: &Cluster) {
    let world = cluster.world("limits");
    let limits = json!([{"type": "Container", "max": {"memory": "64Mi"}}]);
    world.create(&json!({"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "small"}, "spec": {"limits": limits}}).to_string());
    world.deployment("web", &main_container(&json!({"resources": {"limits": {"memory": "128Mi"}}})));
    world.await_event("FailedCreate", "maximum memory usage per Container");
    world.investigate().is("admission.limit_range_max: Deployment web", &["64Mi", "128Mi"]);
}

fn a_missing_service_account(cluster: &Cluster) {
    let world = cluster.world("account");
    world.deployment("web", &json!({"serviceAccountName": "courier"}));
    world.await_event("FailedCreate", "serviceaccount \"courier\" not found");
    world.investigate().is("admission.service_account_missing: Deployment web", &["courier"]);
}

fn a_refusal_by_pod_security(cluster: &Cluster) {
    let world = cluster.labelled_world("secured", &json!({"pod-security.kubernetes.io/enforce": "restricted"}));
    world.deployment("web", &main_container(&json!({"securityContext": {"privileged": true}})));
    world.await_event("FailedCreate", "violates PodSecurity");
    world.investigate().is("admission.pod_security: Deployment web", &["restricted"]);
}

fn a_webhook_that_nobody_serves(cluster: &Cluster) {
    let world = cluster.world("webhook");
    world.create(&service("gate", &json!(null)));
    let rule = json!({"apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"], "operations": ["CREATE"]});
    let hook = json!({
        "name": "gate.webhook.example", "failurePolicy": "Fail", "sideEffects": "None", "admissionReviewVersions": ["v1"],
        "timeoutSeconds": 1, "rules": [rule],
        "clientConfig": {"service": {"name": "gate", "namespace": "webhook", "port": 443}},
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "webhook"}},
    });
    let kind = "ValidatingWebhookConfiguration";
    let hooks = json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": "gate"}, "webhooks": [hook]});
    world.create(&hooks.to_string());
    world.deployment("web", &json!({}));
    // The server takes a moment to hear of a new webhook; a pod that came through before is made anew.
    cluster.until(&["-n", "webhook", "get", "events", "--field-selector=reason=FailedCreate", "--output=name"], |events| {
        if events.is_empty() {
            world.kubectl(&["delete", "pods", "--selector=app=web", "--now", "--wait=false"]);
        }
        !events.is_empty()
    });
    let seen = world.investigate();
    seen.is("admission.webhook_unavailable: ValidatingWebhookConfiguration gate", &["gate.webhook.example"]);
}

fn a_node_selector_that_no_node_has(cluster: &Cluster) {
    let world = cluster.world("node-selector");
    world.deployment("web", &json!({"nodeSelector": {"pool": "graphics"}}));
    world.await_event("FailedScheduling", "didn't match Pod's node affinity/selector");
    world.investigate().is("scheduling.node_selector_unmatched: Deployment web", &["pool", "graphics"]);
}

fn a_taint_that_is_not_tolerated(cluster: &Cluster) {
    let world = cluster.world("taint");
    world.deployment("web", &json!({"nodeSelector": {"pool": "batch"}}));
    world.await_event("FailedScheduling", "untolerated taint");
    world.investigate().is("scheduling.taint_untolerated: Deployment web", &["dedicated"]);
}

fn more_cpu_than_any_node_has(cluster: &Cluster) {
    let world = cluster.world("cpu");
    world.deployment("web", &main_container(&json!({"resources": {"requests": {"cpu": "64"}}})));
    world.await_event("FailedScheduling", "Insufficient cpu");
    world.investigate().is("scheduling.insufficient_cpu: Deployment web", &["64"]);
}

fn an_extended_resource_that_no_node_has(cluster: &Cluster) {
    let world = cluster.world("extended");
    world.deployment("web", &main_container(&json!({"resources": {"limits": {"accelerator.example/card": "1"}}})));
    world.await_event("FailedScheduling", "Insufficient accelerator.example/card");
    world.investigate().is("scheduling.insufficient_extended_resource: Deployment web", &["accelerator.example/card"]);
}

fn a_node_that_is_cordoned(cluster: &Cluster) {
    let world = cluster.world("cordon");
    world.deployment("web", &json!({"nodeSelector": {"pool": "resting"}}));
    world.await_event("FailedScheduling", "unschedulable");
    world.investigate().is("scheduling.node_cordoned: Node resting-1", &[]);
}

fn a_claim_of_a_class_that_is_missing(cluster: &Cluster) {
    let world = cluster.world("claim");
    let spec = json!({"storageClassName": "fast", "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}});
    let claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"}, "spec": spec});
    world.create(&claim.to_string());
    world.deployment("store", &json!({"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]}));
    world.await_event("ProvisioningFailed", "storageclass.storage.k8s.io \"fast\" not found");
    world.await_event("FailedScheduling", "PersistentVolumeClaim");
    world.investigate().is("storage.class_missing: PersistentVolumeClaim data", &["fast"]);
}

fn a_missing_config_map(cluster: &Cluster) {
    let world = cluster.world("config");
    let env = json!([{"name": "GREETING", "valueFrom": {"configMapKeyRef": {"name": "texts", "key": "greeting"}}}]);
    world.deployment("web", &main_container(&json!({ "env": env })));
    let pod = world.scheduled_pod("web");
    let message = "configmap \"texts\" not found";
    world.pod_waits(&pod, "CreateContainerConfigError", message, ("Failed", &format!("Error: {message}")));
    world.investigate().is("config.config_map_missing: Deployment web", &["texts"]);
}

fn a_crash_whose_log_cannot_be_read(cluster: &Cluster) {
    let world = cluster.world("crash");
    world.deployment("web", &json!({}));
    let pod = world.scheduled_pod("web");
    let now = world.kubectl(&["get", "pod", &pod, "--output=jsonpath={.metadata.creationTimestamp}"]);
    let ended = json!({"terminated": {"exitCode": 1, "reason": "Error", "startedAt": now, "finishedAt": now}});
    let waiting =
        json!({"waiting": {"reason": "CrashLoopBackOff", "message": format!("back-off 40s restarting failed container=main pod={pod}")}});
    let status = json!({
        "name": "main", "image": "registry.example/web:1.0", "imageID": "registry.example/web@sha256:00",
        "ready": false, "started": false, "restartCount": 4, "state": waiting, "lastState": ended,
    });
    world.pod_status(
        &pod,
        &json!({"phase": "Running", "startTime": now, "conditions": conditions("False", &now), "containerStatuses": [status]}),
    );
    world.kubelet_event(&pod, "BackOff", &format!("Back-off restarting failed container main in pod {pod}"));
    let seen = world.investigate();
    seen.is_open("web", "kubectl logs");
    assert!(seen.unread().contains(&format!("logs/crash/{pod}/")), "{}", seen.unread());
}

fn an_autoscaler_without_metrics(cluster: &Cluster) {
    let world = cluster.world("autoscaler");
    world.deployment("web", &main_container(&json!({"resources": {"requests": {"cpu": "10m"}}})));
    world.pod_runs(&world.scheduled_pod("web"));
    let target = json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"});
    let metric = json!({"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}});
    let spec = json!({"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": 4, "metrics": [metric]});
    let kind = "HorizontalPodAutoscaler";
    world.create(&json!({"apiVersion": "autoscaling/v2", "kind": kind, "metadata": {"name": "web"}, "spec": spec}).to_string());
    world.await_event("FailedGetResourceMetric", "the server could not find the requested resource");
    world.kubectl(&["wait", "--for=condition=ScalingActive=False", "hpa/web", "--timeout=60s"]);
    world.investigate().is("hpa.no_metrics: HorizontalPodAutoscaler web", &["cpu"]);
}

fn a_job_that_gave_up(cluster: &Cluster) {
    let world = cluster.world("job");
    let pod = json!({"restartPolicy": "Never", "containers": [{"name": "main", "image": "registry.example/report:1.0"}]});
    let spec = json!({"backoffLimit": 0, "template": {"metadata": {"labels": {"app": "report"}}, "spec": pod}});
    world.create(&json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "report"}, "spec": spec}).to_string());
    let pod = world.scheduled_pod("report");
    let now = world.kubectl(&["get", "pod", &pod, "--output=jsonpath={.metadata.creationTimestamp}"]);
    let ended = json!({"terminated": {"exitCode": 3, "reason": "Error", "startedAt": now, "finishedAt": now}});
    let status = json!({
        "name": "main", "image": "registry.example/report:1.0", "imageID": "registry.example/report@sha256:00",
        "ready": false, "started": false, "restartCount": 0, "state": ended,
    });
    world.pod_status(
        &pod,
        &json!({"phase": "Failed", "startTime": now, "conditions": conditions("False", &now), "containerStatuses": [status]}),
    );
    world.kubectl(&["wait", "--for=condition=Failed", "job/report", "--timeout=60s"]);
    // Its log would say why; without a kubelet there is none.
    world.investigate().is_open("report", "kubectl logs");
}

fn a_budget_that_allows_no_disruption(cluster: &Cluster) {
    let world = cluster.world("budget");
    world.deployment("web", &json!({}));
    world.pod_runs(&world.scheduled_pod("web"));
    let spec = json!({"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}});
    world.create(&json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "web"}, "spec": spec}).to_string());
    let healthy = "--output=jsonpath={.status.currentHealthy}/{.status.disruptionsAllowed}";
    cluster.until(&["-n", "budget", "get", "pdb", "web", healthy], |counts| counts == "1/0");
    // That nothing may be evicted is what a budget of one replica asks for. It is no incident while nobody tries.
    let seen = world.investigate();
    assert_eq!(seen.named(), (0, "healthy".to_owned(), vec![]), "{:#}", seen.report);
}

fn a_namespace_where_all_is_well(cluster: &Cluster) {
    let world = cluster.world("well");
    world.deployment("web", &main_container(&json!({"ports": [{"containerPort": 8080}]})));
    world.pod_runs(&world.scheduled_pod("web"));
    world.create(&service("web", &json!({"app": "web"})));
    world.kubectl(&["wait", "--for=condition=Available", "deployment/web", "--timeout=60s"]);
    let ready = "--output=jsonpath={.items[*].endpoints[*].conditions.ready}";
    cluster.until(&["-n", "well", "get", "endpointslices", ready], |ready| ready == "true");
    let seen = world.investigate();
    assert_eq!(seen.named(), (0, "healthy".to_owned(), vec![]), "{:#}", seen.report);
    assert_eq!(seen.unread(), "[]");
}

fn a_user_without_rights(cluster: &Cluster) {
    let said = cluster.assent(&cluster.nobody, &["-o", "json"]);
    assert!(said.code >= 2, "{}", said.out);
    let told = format!("{}{}", said.out, said.err);
    assert!(told.contains("not allowed to list pods in the whole cluster; this rule in a ClusterRole allows it"), "{told}");
}

fn a_user_with_rights_in_one_namespace(cluster: &Cluster) {
    let world = cluster.world("partly");
    world.deployment("web", &json!({"serviceAccountName": "courier"}));
    world.await_event("FailedCreate", "serviceaccount \"courier\" not found");
    world.kubectl(&["create", "serviceaccount", "looker"]);
    let resources = "--resource=pods,events,deployments.apps,replicasets.apps,serviceaccounts";
    world.kubectl(&["create", "role", "look", "--verb=get,list,watch", resources]);
    world.kubectl(&["create", "rolebinding", "look", "--role=look", "--serviceaccount=partly:looker"]);
    let token = world.kubectl(&["create", "token", "looker"]);
    let nobody = cluster.nobody.to_str().unwrap();
    let config = cluster.kubectl(&["config", "view", "--raw", "--output=json", "--kubeconfig", nobody]);
    let mut config: Value = serde_json::from_str(&config).unwrap();
    config["users"][0]["user"] = json!({"token": token.trim()});
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = folder.path().join("looker.kubeconfig");
    std::fs::write(&kubeconfig, config.to_string()).unwrap();
    let said = cluster.assent(&kubeconfig, &["-n", "partly", "-o", "json"]);
    let report = said.report();
    assert_eq!(report["root_causes"][0]["cause"], "admission.service_account_missing", "{report:#}");
    let unread = report["input"]["unread"].to_string();
    for kind in ["nodes", "services"] {
        assert!(unread.contains(kind), "{kind}: {unread}");
    }
    assert!(!said.out.contains(token.trim()) && !said.err.contains(token.trim()));
}

/// The fields of a pod whose only container has these fields.
fn main_container(fields: &Value) -> Value {
    let mut container = json!({"name": "main", "image": "registry.example/web:1.0"});
    for (key, value) in fields.as_object().unwrap() {
        container[key] = value.clone();
    }
    json!({ "containers": [container] })
}

/// A service on port 80 with this selector.
fn service(name: &str, selector: &Value) -> String {
    let spec = json!({"selector": selector, "ports": [{"port": 80, "targetPort": 8080}]});
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}).to_string()
}
