//! The objects of the demo, as an API server would serve them.

use assent_base::{Digest, Timestamp, time};
use serde_json::{Value, json};

/// A workload: a Deployment with its Service.
#[derive(Debug, Clone, Copy)]
pub(super) struct App {
    pub(super) namespace: &'static str,
    pub(super) name: &'static str,
    pub(super) tag: &'static str,
    pub(super) port: u16,
    /// The last part of its addresses.
    pub(super) address: u8,
    pub(super) memory: &'static str,
    pub(super) node_selector: Option<(&'static str, &'static str)>,
    /// A variable and the address in it.
    pub(super) calls: Option<(&'static str, &'static str)>,
    /// A key that it takes from the ConfigMap of its name.
    pub(super) setting: Option<&'static str>,
    pub(super) generation: i64,
    /// The hash of its template.
    pub(super) hash: &'static str,
}

/// How a pod is.
pub(super) enum Pod<'a> {
    Running { since: &'a str },
    Waiting { reason: &'static str, says: String, restarts: i64, last: Option<Value> },
    Unschedulable { says: &'static str },
}

/// An instant of the demo, as Kubernetes writes it.
pub(super) fn at(start: Timestamp, offset_s: i64) -> String {
    let instant = time::earlier(start, -offset_s).unwrap_or(start);
    time::earlier(instant, 0)
        .map_or_else(|| instant.to_string(), |instant| Timestamp::from_second(instant.as_second()).unwrap_or(instant).to_string())
}

/// A fact that says what an object is. Its version grows with the instant.
pub(super) fn seen(now: &str, mut body: Value) -> Value {
    let version = now.parse::<Timestamp>().map_or(0, |at| at.as_second());
    let kind = body.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
    if let Some(metadata) = body.get_mut("metadata").and_then(Value::as_object_mut) {
        let word = |key: &str| metadata.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let uid = uid(&kind, &word("namespace"), &word("name"));
        metadata.insert("resourceVersion".to_owned(), json!(version.to_string()));
        metadata.insert("uid".to_owned(), json!(uid));
    }
    json!({"object": {"at": now, "body": body}})
}

/// A UID in its usual form, the same each time.
fn uid(kind: &str, namespace: &str, name: &str) -> String {
    let digest = Digest::of_parts(&[kind.as_bytes(), namespace.as_bytes(), name.as_bytes()]);
    let hex: String = digest.as_bytes().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-4{}-8{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}

pub(super) fn namespace(name: &str, created: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "creationTimestamp": created, "labels": {"kubernetes.io/metadata.name": name}},
        "status": {"phase": "Active"}})
}

pub(super) fn node(name: &str, created: &str) -> Value {
    let amounts = json!({"cpu": "8", "memory": "32Gi", "pods": "110", "ephemeral-storage": "90Gi"});
    let condition =
        |kind: &str, status: &str, reason: &str| json!({"type": kind, "status": status, "reason": reason, "lastTransitionTime": created});
    json!({"apiVersion": "v1", "kind": "Node",
        "metadata": {"name": name, "creationTimestamp": created,
            "labels": {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64", "disk": "ssd"}},
        "spec": {},
        "status": {"allocatable": amounts, "capacity": amounts, "conditions": [
            condition("MemoryPressure", "False", "KubeletHasSufficientMemory"),
            condition("DiskPressure", "False", "KubeletHasNoDiskPressure"),
            condition("PIDPressure", "False", "KubeletHasSufficientPID"),
            condition("Ready", "True", "KubeletReady")]}})
}

pub(super) fn config_map(namespace: &str, name: &str, created: &str, data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace, "creationTimestamp": created}, "data": data})
}

impl App {
    pub(super) fn image(&self) -> String {
        format!("registry.example/{}/{}:{}", self.namespace, self.name, self.tag)
    }

    fn set_name(&self) -> String {
        format!("{}-{}", self.name, self.hash)
    }

    pub(super) fn pod_name(&self, n: usize) -> String {
        format!("{}-{}", self.set_name(), ["k2x4p", "v7m9t"].get(n).copied().unwrap_or("z5c8r"))
    }

    fn pod_spec(&self) -> Value {
        let mut env = Vec::new();
        if let Some((name, value)) = self.calls {
            env.push(json!({"name": name, "value": value}));
        }
        if let Some(key) = self.setting {
            env.push(json!({"name": key, "valueFrom": {"configMapKeyRef": {"name": self.name, "key": key}}}));
        }
        let mut spec = json!({"containers": [{
            "name": self.name, "image": self.image(), "env": env,
            "ports": [{"containerPort": self.port, "protocol": "TCP"}],
            "resources": {"requests": {"cpu": "100m", "memory": self.memory}, "limits": {"memory": self.memory}}}]});
        if let (Some((key, value)), Some(fields)) = (self.node_selector, spec.as_object_mut()) {
            fields.insert("nodeSelector".to_owned(), json!({key: value}));
        }
        spec
    }

    /// The Deployment, with so many replicas, of which so many are ready; it wants two.
    pub(super) fn deployment(&self, replicas: i64, ready: i64, changed: &str) -> Value {
        let progressing = if replicas == ready { "NewReplicaSetAvailable" } else { "ReplicaSetUpdated" };
        json!({"apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": self.name, "namespace": self.namespace, "generation": self.generation, "creationTimestamp": "2026-01-12T07:00:00Z",
                "labels": {"app": self.name}, "annotations": {"deployment.kubernetes.io/revision": self.generation.to_string()}},
            "spec": {"replicas": 2, "selector": {"matchLabels": {"app": self.name}},
                "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
                "template": {"metadata": {"labels": {"app": self.name}}, "spec": self.pod_spec()}},
            "status": {"observedGeneration": self.generation, "replicas": replicas, "readyReplicas": ready, "availableReplicas": ready,
                "updatedReplicas": if replicas == ready { 2 } else { 1 },
                "unavailableReplicas": replicas - ready,
                "conditions": [
                    {"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable", "lastTransitionTime": "2026-01-12T07:01:00Z"},
                    {"type": "Progressing", "status": "True", "reason": progressing, "lastUpdateTime": changed, "lastTransitionTime": changed}]}})
    }

    pub(super) fn replica_set(&self, replicas: i64, ready: i64, created: &str) -> Value {
        json!({"apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": {"name": self.set_name(), "namespace": self.namespace, "creationTimestamp": created,
                "labels": {"app": self.name, "pod-template-hash": self.hash},
                "annotations": {"deployment.kubernetes.io/revision": self.generation.to_string()},
                "ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": self.name, "controller": true}]},
            "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": self.name, "pod-template-hash": self.hash}},
                "template": {"metadata": {"labels": {"app": self.name, "pod-template-hash": self.hash}}, "spec": self.pod_spec()}},
            "status": {"replicas": replicas, "readyReplicas": ready, "availableReplicas": ready}})
    }

    pub(super) fn pod(&self, n: usize, created: &str, how: &Pod<'_>) -> Value {
        let mut spec = self.pod_spec();
        if let (false, Some(fields)) = (matches!(how, Pod::Unschedulable { .. }), spec.as_object_mut()) {
            fields.insert("nodeName".to_owned(), json!(["node-a", "node-b", "node-c"].get((usize::from(self.address) + n) % 3)));
        }
        let container = |ready: bool, restarts: i64, state: Value, last: Value| json!([{"name": self.name, "image": self.image(), "ready": ready, "started": ready, "restartCount": restarts, "state": state, "lastState": last}]);
        let condition = |kind: &str, status: &str| json!({"type": kind, "status": status, "lastTransitionTime": created});
        let status = match how {
            Pod::Running { since } => json!({"phase": "Running", "podIP": format!("10.244.{}.{}", n, self.address), "startTime": created,
                "conditions": [condition("PodScheduled", "True"), condition("Initialized", "True"),
                    {"type": "Ready", "status": "True", "lastTransitionTime": since}, {"type": "ContainersReady", "status": "True", "lastTransitionTime": since}],
                "containerStatuses": container(true, 0, json!({"running": {"startedAt": since}}), json!({}))}),
            Pod::Waiting { reason, says, restarts, last } => {
                let phase = if *restarts > 0 { "Running" } else { "Pending" };
                let waiting = if says.is_empty() { json!({"reason": reason}) } else { json!({"reason": reason, "message": says}) };
                let last = last.as_ref().map_or_else(|| json!({}), |last| json!({"terminated": last}));
                json!({"phase": phase, "startTime": created,
                    "conditions": [condition("PodScheduled", "True"), condition("Initialized", "True"),
                        {"type": "Ready", "status": "False", "reason": "ContainersNotReady", "lastTransitionTime": created}],
                    "containerStatuses": container(false, *restarts, json!({"waiting": waiting}), last)})
            }
            Pod::Unschedulable { says } => json!({"phase": "Pending", "conditions": [
                {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": says, "lastTransitionTime": created}]}),
        };
        json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": self.pod_name(n), "namespace": self.namespace, "creationTimestamp": created,
                "labels": {"app": self.name, "pod-template-hash": self.hash},
                "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": self.set_name(), "controller": true}]},
            "spec": spec, "status": status})
    }

    pub(super) fn service(&self, selects: &str, created: &str) -> Value {
        let name = if self.name == "coredns" { "kube-dns" } else { self.name };
        json!({"apiVersion": "v1", "kind": "Service",
            "metadata": {"name": name, "namespace": self.namespace, "creationTimestamp": created},
            "spec": {"type": "ClusterIP", "clusterIP": format!("10.96.0.{}", self.address), "selector": {"app": selects},
                "ports": [{"port": self.port, "targetPort": self.port, "protocol": "TCP"}]}})
    }

    /// The endpoints of its Service, with so many addresses.
    pub(super) fn endpoints(&self, addresses: usize, created: &str) -> Value {
        let name = if self.name == "coredns" { "kube-dns" } else { self.name };
        let addresses: Vec<Value> = (0..addresses)
            .map(|n| json!({"ip": format!("10.244.{n}.{}", self.address), "targetRef": {"kind": "Pod", "namespace": self.namespace, "name": self.pod_name(n)}}))
            .collect();
        let subsets = if addresses.is_empty() {
            json!([])
        } else {
            json!([{"addresses": addresses, "ports": [{"port": self.port, "protocol": "TCP"}]}])
        };
        json!({"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": name, "namespace": self.namespace, "creationTimestamp": created}, "subsets": subsets})
    }

    /// What the kubelet or the scheduler says of a pod.
    pub(super) fn event(&self, n: usize, reason: &str, says: &str, first: &str, last: &str, count: u32) -> Value {
        let pod = self.pod_name(n);
        let name = format!("{pod}.{}", reason.to_lowercase());
        let mut of = json!({"kind": "Pod", "namespace": self.namespace, "name": pod});
        if let (true, Some(fields)) = (reason != "FailedScheduling", of.as_object_mut()) {
            fields.insert("fieldPath".to_owned(), json!(format!("spec.containers{{{}}}", self.name)));
        }
        json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": name, "namespace": self.namespace, "creationTimestamp": first},
            "involvedObject": of, "type": "Warning", "reason": reason, "message": says, "count": count, "firstTimestamp": first, "lastTimestamp": last})
    }
}
