//! What an observer says cannot blind the platform, keep its own key alive, or stay when its cluster is gone.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "this is a test, helpers included")]

mod support;

use std::time::Duration;

use serde_json::{Value, json};
use support::observer::Observer;
use support::{House, NOON, Who};

const LATER: &str = "2026-05-04T18:00:00Z";

#[tokio::test]
async fn an_observer_whose_clock_is_ahead_is_believed_what_it_saw() {
    let house = House::open().await;
    let owner = house.owner().await;
    let observer = Observer::of_new_cluster(&house, &owner).await;
    observer.hello(&house, "a").await;
    assert!(incident(&house, &owner, &observer, LATER).await.is_some(), "the incident opens, whatever the observer's clock says");
}

#[tokio::test]
async fn a_key_is_revoked_though_its_observer_never_rests() {
    let house = House::open().await;
    let owner = house.owner().await;
    let observer = Observer::of_new_cluster(&house, &owner).await;
    observer.hello(&house, "a").await;
    let busy = async {
        loop {
            observer.heartbeat(&house, "a").await;
        }
    };
    let path = format!("/api/v1/clusters/{}/key", observer.cluster);
    let revoked = tokio::select! {
        answer = house.call(&owner, "DELETE", &path, None) => answer,
        () = busy => panic!("it never ends"),
    };
    assert_eq!(revoked.status, 204, "{}", revoked.text());
    assert_eq!(observer.heartbeat(&house, "a").await.status, 401, "its tokens hold no more");
}

/// Sends a cluster with one pod that cannot pull its image, and waits for the incident.
async fn incident(house: &House, owner: &Who, observer: &Observer, at: &str) -> Option<String> {
    let object = |body: Value| json!({ "object": { "at": at, "body": body } });
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": { "namespace": "shop", "name": "cart", "uid": "p1", "creationTimestamp": "2026-05-04T11:00:00Z" },
        "spec": { "nodeName": "n1", "containers": [{ "name": "app", "image": "registry.example/cart:v2" }] },
        "status": { "phase": "Pending", "containerStatuses": [{
            "name": "app", "image": "registry.example/cart:v2", "ready": false, "restartCount": 0,
            "state": { "waiting": { "reason": "ImagePullBackOff", "message": "Back-off pulling image \"registry.example/cart:v2\"" } },
        }] },
    });
    let event = json!({
        "apiVersion": "v1", "kind": "Event", "metadata": { "namespace": "shop", "name": "cart.1", "uid": "e1" },
        "involvedObject": { "kind": "Pod", "namespace": "shop", "name": "cart", "uid": "p1" }, "type": "Warning", "reason": "Failed",
        "message": "Failed to pull image \"registry.example/cart:v2\": rpc error: code = NotFound desc = manifest unknown",
        "lastTimestamp": "2026-05-04T11:59:00Z", "count": 3,
    });
    let mut signals = vec![
        object(json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "shop", "uid": "ns1" } })),
        object(pod),
        object(event),
    ];
    for kind in ["Pod", "Node", "Namespace", "Deployment", "ReplicaSet", "Service", "Ingress", "ConfigMap", "Event"] {
        signals.push(json!({ "listed": { "at": at, "kind": kind } }));
    }
    let sent = observer.send(house, "a", 1, signals).await;
    assert_eq!(sent.status, 200, "{}", sent.text());
    let found = async {
        loop {
            house.pass(1);
            let incidents = house.get(owner, "/api/v1/incidents").await.json();
            if let Some(id) = incidents["items"][0]["id"].as_str() {
                return id.to_owned();
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), found).await.ok()
}
