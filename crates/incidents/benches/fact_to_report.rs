//! How long it takes from a fact to a checked report, in a cluster of 10,000 pods.
//!
//! `cargo bench -p assent-incidents` prints median and 99th percentile for one cluster of 100 namespaces with 100 pods each, and for one
//! whose first namespace has 2,000. Each round makes one pod ill, then well again, in a namespace that changes from round to round.

#![expect(clippy::indexing_slicing, reason = "JSON objects that are made here, and take what is put into them")]
#![expect(clippy::unwrap_used, reason = "a measurement that cannot make its input has failed")]

use std::time::{Duration, Instant};

use assent_base::Timestamp;
use assent_incidents::{Fact, Known, Slice};
use serde_json::{Value, json};

const NODES: usize = 100;
const PODS_PER_APP: usize = 10;
const ROUNDS: usize = 150;

fn main() {
    measure("100 namespaces, 100 pods each", &vec![100; 100]);
    let mut one_large = vec![2_000];
    one_large.extend(vec![81; 99]);
    measure("one namespace of 2,000 pods, 99 of 81", &one_large);
}

fn measure(what: &str, pods: &[usize]) {
    let start: Timestamp = "2026-06-01T09:00:00Z".parse().unwrap();
    let mut known = Known::new();
    let began = Instant::now();
    let mut facts = 0;
    let mut take = |known: &mut Known, body: Value| {
        facts += 1;
        known.apply(fact(start, &body)).unwrap();
    };
    for node in 0..NODES {
        take(&mut known, node_object(node));
    }
    for (namespace, count) in pods.iter().enumerate() {
        namespace_objects(namespace, *count).into_iter().for_each(|body| take(&mut known, body));
    }
    for kind in ["Pod", "Node", "Deployment", "ReplicaSet", "Service", "Endpoints", "ConfigMap", "Namespace", "Event"] {
        known.apply(serde_json::from_value(json!({"listed": {"at": "2020-01-01T00:00:00Z", "kind": kind}})).unwrap()).unwrap();
    }
    let applied = began.elapsed();
    let began = Instant::now();
    for slice in known.dirty() {
        let report = known.examine(&slice, start).report;
        assert_eq!(report.findings.len(), 0, "{slice}: {}", report.summary);
    }
    println!(
        "{what}: {facts} facts taken in {applied:?}, {:.1} us each; everything examined in {:?}",
        micros(applied) / facts as f64,
        began.elapsed()
    );
    let large = pods.first().copied().unwrap_or(0) > 1_000;
    let (mut ill, mut well, mut unplaced, mut busiest, mut version) = (Vec::new(), Vec::new(), Vec::new(), 0, 0);
    for round in 0..ROUNDS {
        let namespace = if large { 0 } else { round * 7 % pods.len() };
        let app = round % (pods.get(namespace).copied().unwrap_or(0) / PODS_PER_APP);
        let now = later(start, round as i64 * 10 + 5);
        for (how, times) in [(How::Ill, &mut ill), (How::Well, &mut well), (How::Unplaced, &mut unplaced), (How::Well, &mut Vec::new())] {
            let body = pod(namespace, app, 3, how, {
                version += 1;
                version
            });
            let slice = Slice::namespace(&format!("team-{namespace}"));
            let began = Instant::now();
            let touched = known.apply(fact(now, &body)).unwrap();
            let examined = known.examine(&slice, now);
            times.push(began.elapsed());
            busiest = busiest.max(touched.slices.len());
            let expected = usize::from(how != How::Well);
            assert_eq!(examined.report.root_causes.len(), expected, "{}", examined.report.summary);
        }
    }
    println!("  a pod that cannot pull its image: {}", percentiles(&mut ill));
    println!("  the pod is well again: {}", percentiles(&mut well));
    println!("  a pod that fits no node: {}", percentiles(&mut unplaced));
    println!("  slices made dirty by one change, at most: {busiest}");
    let began = Instant::now();
    let bytes = known.snapshot();
    let written = began.elapsed();
    let began = Instant::now();
    Known::restore(&bytes).unwrap();
    println!("  snapshot: {} MiB in {written:?}, read back in {:?}", bytes.len() >> 20, began.elapsed());
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn percentiles(times: &mut [Duration]) -> String {
    times.sort();
    let at = |share: usize| times.get((times.len() * share / 100).min(times.len() - 1)).copied().unwrap_or_default();
    format!("p50 {:.1} ms, p99 {:.1} ms", micros(at(50)) / 1e3, micros(at(99)) / 1e3)
}

fn later(start: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_second(start.as_second() + seconds).unwrap()
}

fn fact(at: Timestamp, body: &Value) -> Fact {
    Fact::Object { at, body: serde_json::value::RawValue::from_string(body.to_string()).unwrap() }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Well,
    Ill,
    Unplaced,
}

fn node_object(node: usize) -> Value {
    let amounts = json!({"cpu": "64", "memory": "256Gi", "pods": "250", "ephemeral-storage": "400Gi"});
    let images: Vec<Value> = (0..50)
        .map(|n| json!({"names": [format!("registry.example/some/image-{n}@sha256:{n:064}")], "sizeBytes": 123_456_789 + n}))
        .collect();
    json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": format!("node-{node}"), "uid": format!("n{node}"), "resourceVersion": "1",
        "creationTimestamp": "2026-01-01T00:00:00Z", "labels": {"kubernetes.io/hostname": format!("node-{node}"), "kubernetes.io/os": "linux"}},
        "spec": {}, "status": {"allocatable": amounts, "capacity": amounts, "images": images,
            "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady", "lastTransitionTime": "2026-01-01T00:00:00Z"}]}})
}

fn namespace_objects(namespace: usize, pods: usize) -> Vec<Value> {
    let name = format!("team-{namespace}");
    let mut bodies = vec![
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "creationTimestamp": "2026-01-01T00:00:00Z"}, "status": {"phase": "Active"}}),
    ];
    for app in 0..pods / PODS_PER_APP {
        let label = format!("app-{app}");
        let meta = |name: &str| json!({"name": name, "namespace": format!("team-{namespace}"), "resourceVersion": "1", "creationTimestamp": "2026-01-01T00:00:00Z"});
        let spec = json!({"replicas": PODS_PER_APP, "selector": {"matchLabels": {"app": label}},
            "template": {"metadata": {"labels": {"app": label}}, "spec": pod_spec(app)}});
        let status = json!({"replicas": PODS_PER_APP, "readyReplicas": PODS_PER_APP, "availableReplicas": PODS_PER_APP, "updatedReplicas": PODS_PER_APP});
        let mut set = meta(&format!("{label}-7d9c5b6f8"));
        set["ownerReferences"] = json!([{"apiVersion": "apps/v1", "kind": "Deployment", "name": label, "controller": true}]);
        bodies.push(json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta(&label), "spec": spec, "status": status}));
        bodies.push(json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": set, "spec": spec, "status": status}));
        bodies.push(json!({"apiVersion": "v1", "kind": "Service", "metadata": meta(&label), "spec": {"type": "ClusterIP",
            "clusterIP": format!("10.96.{}.{}", namespace % 250, app % 250), "selector": {"app": label}, "ports": [{"port": 80, "targetPort": 8080}]}}));
        let addresses: Vec<Value> = (0..PODS_PER_APP).map(|n| json!({"ip": format!("10.{}.{app}.{n}", namespace % 250)})).collect();
        bodies.push(json!({"apiVersion": "v1", "kind": "Endpoints", "metadata": meta(&label), "subsets": [{"addresses": addresses, "ports": [{"port": 8080}]}]}));
        bodies.push(
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta(&label), "data": {"LOG_LEVEL": "info", "REGION": "eu-1"}}),
        );
        bodies.extend((0..PODS_PER_APP).map(|n| pod(namespace, app, n, How::Well, 0)));
    }
    bodies
}

fn pod_spec(app: usize) -> Value {
    let env: Vec<Value> = (0..12).map(|n| json!({"name": format!("SETTING_{n}"), "value": format!("value of setting {n}")})).collect();
    let probe = json!({"httpGet": {"path": "/healthz", "port": 8080, "scheme": "HTTP"}, "periodSeconds": 10, "timeoutSeconds": 1, "failureThreshold": 3});
    json!({"containers": [{"name": "app", "image": "registry.example/app:1.0.0", "env": env, "livenessProbe": probe, "readinessProbe": probe,
            "envFrom": [{"configMapRef": {"name": format!("app-{app}")}}], "ports": [{"containerPort": 8080, "protocol": "TCP"}],
            "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
            "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}, {"name": "token", "mountPath": "/var/run/secrets/token", "readOnly": true}]}],
        "volumes": [{"name": "tmp", "emptyDir": {}}], "serviceAccountName": "default", "terminationGracePeriodSeconds": 30,
        "tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
            {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}]})
}

fn pod(namespace: usize, app: usize, n: usize, how: How, version: usize) -> Value {
    let then = "2026-01-01T00:00:00Z";
    let mut spec = pod_spec(app);
    if how != How::Unplaced {
        spec["nodeName"] = json!(format!("node-{}", (namespace * 31 + app * 7 + n) % NODES));
    }
    let image = "registry.example/app:1.0.0";
    let condition = |kind: &str, status: &str| json!({"type": kind, "status": status, "lastTransitionTime": then});
    let container = |ready: bool, state: Value| json!([{"name": "app", "image": image, "ready": ready, "restartCount": 0, "state": state}]);
    let status = match how {
        How::Well => {
            json!({"phase": "Running", "podIP": format!("10.{}.{app}.{n}", namespace % 250), "conditions": [condition("PodScheduled", "True"), condition("Ready", "True")],
            "containerStatuses": container(true, json!({"running": {"startedAt": then}}))})
        }
        How::Ill => json!({"phase": "Pending", "conditions": [condition("PodScheduled", "True"), condition("Ready", "False")],
            "containerStatuses": container(false, json!({"waiting": {"reason": "ErrImagePull", "message": format!("failed to resolve reference \"{image}\": {image}: not found")}}))}),
        How::Unplaced => {
            json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "lastTransitionTime": then,
            "message": "0/100 nodes are available: 100 Insufficient cpu. preemption: 0/100 nodes are available: 100 No preemption victims found for incoming pod."}]})
        }
    };
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": format!("app-{app}-7d9c5b6f8-{n:05}"), "namespace": format!("team-{namespace}"),
        "uid": format!("{namespace}-{app}-{n}"), "resourceVersion": (version + 1).to_string(), "creationTimestamp": then,
        "labels": {"app": format!("app-{app}"), "pod-template-hash": "7d9c5b6f8"},
        "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": format!("app-{app}-7d9c5b6f8"), "controller": true}]}, "spec": spec, "status": status})
}
