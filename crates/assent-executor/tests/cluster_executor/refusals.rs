//! Whatever stands against a change ends its run in a clear state: drift, absence, admission, a race, no answer.

use std::sync::atomic::{AtomicUsize, Ordering};

use assent_api::plans::Outcome;
use serde_json::json;

use crate::executor::Executor;
use crate::front::Front;
use crate::plane::{Go, Moment};
use crate::world::{CLUSTER, World};

#[test]
#[ignore = "needs Go: run `cargo xtask test`"]
fn an_object_that_has_changed_or_gone_refuses() {
    let world = World::new("refused-drift");
    let (changed, gone, anew) = (world.settings("changed"), world.settings("gone"), world.settings("anew"));
    let offers = [changed, gone, anew].map(|live| world.signed(&world.set_level(&live, "debug")));
    world.apply(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "changed"}, "data": {"level": "warn"}}));
    CLUSTER.kubectl(&["--namespace=refused-drift", "delete", "configmap", "gone", "anew"]);
    world.settings("anew");
    for (offer, words) in offers.iter().zip(["resource version", "the object is gone", "another object of the same name"]) {
        world.plane.run(offer.clone());
        let (outcome, detail) = world.plane.end(offer.plan, 1);
        assert_eq!(outcome, Outcome::Refused);
        assert!(detail.contains(words), "{detail}");
        assert_eq!(world.plane.steps(offer.plan), ["intended", "ended"]);
    }
    assert_eq!(world.writes(), []);
}

#[test]
#[ignore = "needs Go: run `cargo xtask test`"]
fn an_admission_policy_refuses_and_is_named() {
    let world = World::new("refused-admission");
    let live = world.settings("app");
    CLUSTER.apply(
        &json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy", "metadata": {"name": "no-debug"},
            "spec": {
                "failurePolicy": "Fail",
                "matchConstraints": {"resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["UPDATE"], "resources": ["configmaps"]}]},
                "validations": [{"expression": "!has(object.data) || !('level' in object.data) || object.data.level != 'debug'", "message": "no debugging here"}],
            },
        })
        .to_string(),
    );
    CLUSTER.apply(
        &json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": "no-debug"},
            "spec": {
                "policyName": "no-debug", "validationActions": ["Deny"],
                "matchResources": {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "refused-admission"}}},
            },
        })
        .to_string(),
    );
    // A policy takes a moment to hold.
    let patch = [
        "--namespace=refused-admission",
        "patch",
        "configmap",
        "app",
        "--dry-run=server",
        "--type=merge",
        "--patch",
        r#"{"data":{"level":"debug"}}"#,
    ];
    let denied = (0..300).any(|_| CLUSTER.ask(&patch, "").is_err());
    assert!(denied);
    let offer = world.signed(&world.set_level(&live, "debug"));
    world.plane.run(offer.clone());
    let (outcome, detail) = world.plane.end(offer.plan, 1);
    assert_eq!(outcome, Outcome::Refused);
    assert!(detail.contains("refused by policy no-debug") && detail.contains("no debugging here"), "{detail}");
    assert_eq!(world.writes(), []);
}

#[test]
#[ignore = "needs Go: run `cargo xtask test`"]
fn somebody_who_was_quicker_wins() {
    let world = World::stopped("refused-race", |_| {});
    let front = Front::start(&CLUSTER, &world.account);
    let executor = Executor::new(&world.plane.address, &front.kubeconfig, world.pinned.canonical());
    let offer = world.signed(&world.set_level(&world.settings("app"), "debug"));
    front.hook(Some(Box::new(|label, moment| {
        if (label, moment) == ("PATCH", Moment::Before) {
            CLUSTER.kubectl(&[
                "--namespace=refused-race",
                "patch",
                "configmap",
                "app",
                "--type=merge",
                "--patch",
                r#"{"data":{"level":"warn"}}"#,
            ]);
        }
        Go::On
    })));
    executor.start();
    world.plane.run(offer.clone());
    let (outcome, detail) = world.plane.end(offer.plan, 1);
    assert_eq!(outcome, Outcome::Refused);
    assert!(detail.contains("the object has changed"), "{detail}");
    assert_eq!((world.level("app").as_str(), world.writes().len()), ("warn", 0));
}

#[test]
#[ignore = "needs Go: run `cargo xtask test`"]
fn a_lost_answer_is_looked_for_and_the_change_is_made_once() {
    for (namespace, moment) in [("refused-lost-before", Moment::Before), ("refused-lost-after", Moment::After)] {
        let world = World::stopped(namespace, |_| {});
        let front = Front::start(&CLUSTER, &world.account);
        let executor = Executor::new(&world.plane.address, &front.kubeconfig, world.pinned.canonical());
        let offer = world.signed(&world.set_level(&world.settings("app"), "debug"));
        let sent = AtomicUsize::new(0);
        front.hook(Some(Box::new(move |label, at| {
            let first = label == "PATCH" && at == moment && sent.fetch_add(1, Ordering::Relaxed) == 0;
            if first { Go::Cut } else { Go::On }
        })));
        executor.start();
        world.plane.run(offer.clone());
        let (outcome, detail) = world.plane.end(offer.plan, 1);
        assert_eq!(outcome, Outcome::Verified, "{detail}");
        assert_eq!(world.plane.steps(offer.plan), ["intended", "rehearsed", "applied", "ended"]);
        assert_eq!((world.level("app").as_str(), world.writes().len()), ("debug", 1), "{moment:?}");
    }
}

#[test]
#[ignore = "needs Go: run `cargo xtask test`"]
fn an_api_server_that_never_answers_holds_a_run_back_until_it_does() {
    let world = World::stopped("refused-silent", |_| {});
    let front = Front::start(&CLUSTER, &world.account);
    let executor = Executor::new(&world.plane.address, &front.kubeconfig, world.pinned.canonical());
    let offer = world.signed(&world.set_level(&world.settings("app"), "debug"));
    let asked = AtomicUsize::new(0);
    front.hook(Some(Box::new(move |label, at| {
        // The first dry run hangs for longer than anybody waits; the second is an answer of no Kubernetes.
        match (label, at) {
            ("PATCH dry", Moment::Before) => match asked.fetch_add(1, Ordering::Relaxed) {
                0 => Go::Hold,
                1 => Go::Instead(b"HTTP/1.1 502 x\r\ncontent-length: 6\r\nconnection: close\r\n\r\n<html>".to_vec()),
                _ => Go::On,
            },
            _ => Go::On,
        }
    })));
    executor.start();
    world.plane.run(offer.clone());
    let (outcome, detail) = world.plane.end(offer.plan, 1);
    assert_eq!(outcome, Outcome::Verified, "{detail}");
    assert_eq!(world.writes().len(), 1);
}
