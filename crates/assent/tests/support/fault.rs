//! A small cluster with a known fault, as a dump would hold it, for tests that need some report.

use serde_json::{Value, json};

pub const IMAGE: &str = "registry.example/shop/checkout:1.9.0-rc";

/// A pod that cannot pull its image, its owners, and the event that says so. The texts of its message are the caller's.
pub fn wrong_image(message: &str) -> Value {
    let owner = |kind: &str, name: &str| json!([{"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": "u", "controller": true}]);
    let container = json!({"name": "web", "image": IMAGE});
    let waiting = json!({"waiting": {"reason": "ImagePullBackOff", "message": format!("Back-off pulling image \"{IMAGE}\" {message}")}});
    let statuses = json!([{"name": "web", "image": IMAGE, "ready": false, "restartCount": 0, "state": waiting}]);
    let meta = |name: &str| json!({"name": name, "namespace": "shop", "creationTimestamp": "2026-03-01T11:40:00Z"});
    let mut set = meta("checkout-5d8f7c9b6");
    set["ownerReferences"] = owner("Deployment", "checkout");
    let mut pod = meta("checkout-5d8f7c9b6-k2x4p");
    pod["ownerReferences"] = owner("ReplicaSet", "checkout-5d8f7c9b6");
    let failed = format!(
        "Failed to pull image \"{IMAGE}\": rpc error: code = NotFound desc = failed to resolve reference \"{IMAGE}\": {IMAGE}: not found {message}"
    );
    json!({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta("checkout"), "spec": {
            "replicas": 1, "template": {"spec": {"containers": [container]}},
        }},
        {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": set, "spec": {"replicas": 1}},
        {"apiVersion": "v1", "kind": "Pod", "metadata": pod,
            "spec": {"nodeName": "worker-1", "containers": [container]}, "status": {"phase": "Pending", "containerStatuses": statuses}},
        {"apiVersion": "v1", "kind": "Event", "metadata": meta("checkout.1"), "type": "Warning", "reason": "Failed", "count": 4,
            "message": failed, "lastTimestamp": "2026-03-01T11:50:00Z",
            "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "checkout-5d8f7c9b6-k2x4p"}},
    ]})
}

/// What is added to a list of objects.
pub fn with(mut list: Value, object: Value) -> Value {
    list["items"].as_array_mut().unwrap().push(object);
    list
}
