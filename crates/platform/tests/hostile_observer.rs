//! What an observer says cannot blind the platform, keep its own key alive, or stay when its cluster is gone.

use std::time::Duration;

use crate::support::observer::Observer;
use crate::support::{House, NOON, Who};
use serde_json::{Value, json};

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

#[tokio::test]
async fn a_secret_in_a_reason_is_not_kept() {
    let house = House::open().await;
    let owner = house.owner().await;
    let observer = Observer::of_new_cluster(&house, &owner).await;
    observer.hello(&house, "a").await;
    let id = incident(&house, &owner, &observer, NOON).await.expect("an incident");
    let token = format!("ghp_{}", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8");
    for (act, body) in [
        ("mute", json!({ "for_s": 3_600, "reason": format!("known, password={token}") })),
        ("dismiss", json!({ "reason": format!("works with password={token}") })),
    ] {
        let answer = house.call(&owner, "POST", &format!("/api/v1/incidents/{id}/{act}"), Some(body)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    let export = house.get(&owner, "/api/v1/tenant/export").await.text();
    assert!(export.contains("works with"), "the reason is kept");
    assert!(!export.contains(&token), "its secret is not, neither with the incident nor on the ledger");
}

#[tokio::test]
async fn a_secret_of_a_cluster_is_not_kept_though_an_observer_sends_it() {
    let house = House::open().await;
    let owner = house.owner().await;
    let observer = Observer::of_new_cluster(&house, &owner).await;
    observer.hello(&house, "a").await;
    let secret = json!({ "kind": "Secret", "metadata": { "namespace": "shop", "name": "db" }, "data": { "password": "Y2FuYXJ5" } });
    let list = json!({ "kind": "List", "items": [secret] });
    for (seq, body) in [(1, &secret), (2, &list)] {
        let sent = observer.send(&house, "a", seq, vec![json!({ "object": { "at": NOON, "body": body } })]).await;
        assert_eq!((sent.status.as_u16(), &sent.json()["acknowledged"]), (200, &json!(seq)), "passed over");
    }
    let export = house.get(&owner, "/api/v1/tenant/export").await.text();
    let lines = export.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line of JSON"));
    let kept: Vec<Value> = lines.filter(|line| line["type"] == "signals" && line["bytes"] != "").collect();
    assert_eq!(kept, Vec::<Value>::new(), "nothing of it is kept");
}

#[tokio::test]
async fn whoever_may_not_know_of_an_incident_learns_nothing_of_members_by_it() {
    let house = House::open().await;
    let owner = house.owner().await;
    let guest = house.join(&owner, "ben@example.org", json!([{ "role": "viewer" }])).await;
    let ada = house.get(&owner, "/api/v1/me").await.json()["account"].clone();
    let nobody = json!("acc_0192f0c1d2e37a4b8c5d6e7f80912a3b");
    let path = "/api/v1/incidents/inc_0192f0c1d2e37a4b8c5d6e7f80912a3b/assign";
    let of_ada = house.call(&guest, "POST", path, Some(json!({ "assignee": ada }))).await;
    let of_nobody = house.call(&guest, "POST", path, Some(json!({ "assignee": nobody }))).await;
    assert_eq!(of_ada.status, 404, "{}", of_ada.text());
    assert_eq!(of_ada.but_for_its_id(), of_nobody.but_for_its_id());
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
