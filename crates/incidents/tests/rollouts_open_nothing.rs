//! Pods are replaced all day: a rollout that goes forward opens no incident, however long it takes, and one that stands still does.

#![expect(clippy::unwrap_used, reason = "a test that cannot make its input has failed")]

use crate::support::{Watched, after};
use assent_base::Timestamp;
use assent_incidents::Step;
use serde_json::{Value, json};

/// Replicas that are wanted; two of them may be missing while they are replaced.
const WANTED: i64 = 10;
/// Seconds in which two pods are replaced.
const STEP_S: i64 = 40;

#[test]
fn a_slow_rollout_within_its_bounds_opens_nothing() {
    let start = start();
    let mut watched = Watched::new();
    watched.take(&settled(start));
    for second in 0..WANTED / 2 * STEP_S {
        if second % STEP_S == 0 {
            watched.take(&replacing(start, second));
        }
        watched.turn(after(start, second));
    }
    let end = after(start, WANTED / 2 * STEP_S);
    watched.take(&[deployment(end, WANTED)]);
    watched.take(&[WANTED - 2, WANTED - 1].map(|number| pod(&format!("web-2-{number}"), after(end, -STEP_S), end, true)));
    for second in 0..300 {
        watched.turn(after(start, WANTED / 2 * STEP_S + second));
    }
    assert_eq!(watched.steps, []);
}

#[test]
fn a_rollout_that_stands_still_is_told() {
    let start = start();
    let mut watched = Watched::new();
    watched.take(&settled(start));
    watched.take(&replacing(start, 0));
    for second in 0..300 {
        watched.turn(after(start, second));
    }
    let missing = |incident: &assent_incidents::Incident| incident.entity.to_string() == "Deployment shop/web";
    assert!(watched.steps.iter().any(|(_, step)| matches!(step, Step::Opened(_))), "{:#?}", watched.steps);
    assert!(watched.book.incidents().any(missing), "{:#?}", watched.book.incidents().map(|own| own.title.clone()).collect::<Vec<_>>());
}

fn start() -> Timestamp {
    "2026-06-01T09:00:00Z".parse().unwrap()
}

/// All is well, and has been for an hour.
fn settled(start: Timestamp) -> Vec<Value> {
    let long_ago = after(start, -3_600);
    let set = json!({"object": {"at": long_ago, "body": {"apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {"name": "web-1", "namespace": "shop", "uid": "rs", "creationTimestamp": long_ago,
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "web", "controller": true}]},
        "spec": {"replicas": WANTED, "selector": {"matchLabels": {"app": "web"}}}, "status": {"replicas": WANTED, "readyReplicas": WANTED}}}});
    let mut facts = vec![deployment(long_ago, WANTED), set];
    facts.extend((0..WANTED).map(|number| pod(&format!("web-1-{number}"), long_ago, long_ago, true)));
    facts.extend(
        ["Pod", "Node", "Deployment", "ReplicaSet", "Service", "Endpoints", "ConfigMap", "Namespace", "Event"]
            .map(|kind| json!({"listed": {"at": after(long_ago, -1), "kind": kind}})),
    );
    facts
}

/// Two pods go, two come, and those that came before are ready.
fn replacing(start: Timestamp, second: i64) -> Vec<Value> {
    let (now, step) = (after(start, second), second / STEP_S * 2);
    let mut facts = vec![deployment(now, WANTED - 2)];
    for number in step..step + 2 {
        facts.push(json!({"gone": {"at": now, "kind": "Pod", "namespace": "shop", "name": format!("web-1-{number}")}}));
        facts.push(pod(&format!("web-2-{number}"), now, now, false));
    }
    let before = (step - 2).max(0)..step;
    facts.extend(before.map(|number| pod(&format!("web-2-{number}"), after(now, -STEP_S), now, true)));
    facts
}

fn deployment(now: Timestamp, available: i64) -> Value {
    let status = json!({"replicas": WANTED, "updatedReplicas": WANTED, "availableReplicas": available, "readyReplicas": available,
        "unavailableReplicas": WANTED - available,
        "conditions": [{"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable", "lastTransitionTime": "2026-06-01T08:00:00Z"}]});
    json!({"object": {"at": now, "body": {"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "uid": "web", "creationTimestamp": "2026-06-01T08:00:00Z"},
        "spec": {"replicas": WANTED, "selector": {"matchLabels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "main", "image": "registry.example/web:1"}]}}},
        "status": status}}})
}

fn pod(name: &str, created: Timestamp, at: Timestamp, ready: bool) -> Value {
    let word = if ready { "True" } else { "False" };
    let state = json!({"running": {"startedAt": created}});
    json!({"object": {"at": at, "body": {"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop", "uid": name, "labels": {"app": "web"}, "creationTimestamp": created,
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-1", "uid": "rs", "controller": true}]},
        "spec": {"nodeName": "node-1", "containers": [{"name": "main", "image": "registry.example/web:1"}]},
        "status": {"phase": "Running", "startTime": created,
            "conditions": [{"type": "PodScheduled", "status": "True", "lastTransitionTime": created}, {"type": "Ready", "status": word, "lastTransitionTime": at}],
            "containerStatuses": [{"name": "main", "ready": ready, "started": true, "restartCount": 0, "image": "registry.example/web:1", "state": state}]}}}})
}
