//! What is known follows the facts: newer ones win, absence is believed where it was listed, and nothing grows without bound.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its input has failed")]

use crate::support::{after, fact};
use assent_base::{Kind, ObjectRef, Timestamp};
use assent_diagnosis::report::Verdict;
use assent_incidents::known::{BadSnapshot, EVENTS_PER_PLACE_MAX, LOGS_MAX};
use assent_incidents::{BadFact, Known, Slice};
use serde_json::{Value, json};

fn noon() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn pod(at: Timestamp, version: &str, uid: &str, image: &str) -> Value {
    json!({"object": {"at": at, "body": {"kind": "Pod", "metadata": {"name": "web-0", "namespace": "shop", "uid": uid, "resourceVersion": version},
        "spec": {"containers": [{"name": "web", "image": image}]}, "status": {"phase": "Running"}}}})
}

fn image(known: &Known) -> Option<String> {
    let body: Value = serde_json::from_str(known.body(&ObjectRef::new(Kind::Pod, Some("shop"), "web-0"))?).unwrap();
    Some(body.pointer("/spec/containers/0/image")?.as_str()?.to_owned())
}

fn take(known: &mut Known, one: &Value) -> assent_incidents::Touched {
    known.apply(fact(one)).unwrap()
}

#[test]
fn an_older_version_never_overwrites_a_newer() {
    let mut known = Known::new();
    take(&mut known, &pod(noon(), "20", "a", "web:2"));
    assert!(take(&mut known, &pod(after(noon(), 5), "9", "a", "web:1")).stale, "versions are numbers, and decide before instants");
    assert!(take(&mut known, &pod(after(noon(), 5), "19", "old", "web:0")).stale, "a former object of that name");
    assert_eq!(image(&known).as_deref(), Some("web:2"));
    take(&mut known, &pod(after(noon(), 6), "21", "b", "web:3"));
    assert_eq!(image(&known).as_deref(), Some("web:3"));
}

#[test]
fn what_is_gone_is_gone_and_late_news_of_it_is_not_believed() {
    let mut known = Known::new();
    take(&mut known, &pod(noon(), "20", "a", "web:2"));
    let gone = |uid: &str| json!({"gone": {"at": after(noon(), 3), "kind": "Pod", "namespace": "shop", "name": "web-0", "uid": uid}});
    assert!(take(&mut known, &gone("another")).stale);
    assert_eq!(take(&mut known, &gone("a")).slices, [Slice::namespace("shop")]);
    assert_eq!(image(&known), None);
    assert!(take(&mut known, &pod(after(noon(), 1), "20", "a", "web:2")).stale);
    take(&mut known, &pod(after(noon(), 9), "22", "a", "web:2"));
    assert_eq!(image(&known).as_deref(), Some("web:2"), "seen anew with a later version, it had only left a filter");
}

#[test]
fn what_a_listing_did_not_show_is_gone() {
    let mut known = Known::new();
    take(&mut known, &pod(noon(), "20", "a", "web:2"));
    let listed = |at: Timestamp, namespace: Value| json!({"listed": {"at": at, "kind": "Pod", "namespace": namespace}});
    take(&mut known, &listed(after(noon(), 10), json!("bank")));
    assert!(image(&known).is_some(), "another namespace was listed");
    take(&mut known, &pod(after(noon(), 11), "20", "a", "web:2"));
    take(&mut known, &listed(after(noon(), 10), Value::Null));
    assert!(image(&known).is_some(), "it was sent since the listing began, unchanged");
    take(&mut known, &listed(after(noon(), 20), Value::Null));
    assert_eq!(image(&known), None);
}

#[test]
fn what_was_lost_takes_the_proof_of_absence_away() {
    let mut known = Known::new();
    let wants = json!({"object": {"at": noon(), "body": {"kind": "Service", "metadata": {"name": "web", "namespace": "shop", "creationTimestamp": "2026-02-01T00:00:00Z"},
        "spec": {"type": "ClusterIP", "clusterIP": "10.96.0.9", "selector": {"app": "web"}, "ports": [{"port": 80}]}}}});
    take(&mut known, &wants);
    for kind in ["Pod", "Service", "Deployment", "Endpoints"] {
        take(&mut known, &json!({"listed": {"at": noon(), "kind": kind}}));
    }
    let shop = Slice::namespace("shop");
    let sure = known.examine(&shop, noon()).report;
    assert!(known.dirty().iter().all(|slice| *slice != shop));
    take(&mut known, &json!({"dropped": {"at": after(noon(), 1), "signals": 3}}));
    assert!(known.dirty().contains(&shop));
    let unsure = known.examine(&shop, noon()).report;
    assert_eq!(unsure.input.unread.len(), 1);
    assert!(unsure.root_causes.len() <= sure.root_causes.len());
}

#[test]
fn secrets_and_what_is_too_much_are_refused() {
    let mut known = Known::new();
    let secret = json!({"object": {"at": noon(), "body": {"kind": "Secret", "metadata": {"name": "s", "namespace": "shop"}, "data": {"k": "dg=="}}}});
    assert_eq!(known.apply(fact(&secret)).unwrap_err(), BadFact::Secret);
    let long = pod(noon(), "1", "a", &"x".repeat(3 << 20));
    assert!(matches!(known.apply(fact(&long)), Err(BadFact::TooMuch { .. })));
    assert_eq!(known.objects(), 0);
    assert!(serde_json::from_str::<assent_incidents::Fact>(r#"{"object":{"at":"2026-03-01T12:00:00Z","body":{},"more":1}}"#).is_err());
}

#[test]
fn events_and_logs_are_bounded() {
    let mut known = Known::new();
    for n in 0..EVENTS_PER_PLACE_MAX + 50 {
        take(
            &mut known,
            &json!({"object": {"at": after(noon(), n as i64), "body": {"kind": "Event", "metadata": {"name": format!("e{n}"), "namespace": "shop"},
                "involvedObject": {"kind": "Pod", "name": "web-0", "namespace": "shop"}, "reason": "Pulled", "message": "m", "type": "Normal"}}}),
        );
    }
    assert!(known.objects() <= EVENTS_PER_PLACE_MAX);
    assert!(
        known.body(&ObjectRef::new(Kind::Event, Some("shop"), &format!("e{}", EVENTS_PER_PLACE_MAX + 49))).is_some(),
        "the latest stay"
    );
    take(&mut known, &pod(noon(), "1", "a", "web:1"));
    for n in 0..LOGS_MAX + 20 {
        take(
            &mut known,
            &json!({"log": {"at": after(noon(), n as i64), "namespace": "shop", "pod": "web-0", "container": format!("c{n}"), "previous": false, "text": "x"}}),
        );
    }
    let examined = known.examine(&Slice::namespace("shop"), after(noon(), 9_000));
    assert_eq!(examined.report.input.logs, LOGS_MAX as u64);
}

#[test]
fn time_alone_makes_ill_and_the_clock_for_it_is_known() {
    let mut known = Known::new();
    let created = after(noon(), 0);
    let waits = json!({"object": {"at": noon(), "body": {"kind": "Pod", "metadata": {"name": "web-0", "namespace": "shop", "creationTimestamp": created},
        "spec": {"nodeName": "n1", "containers": [{"name": "web", "image": "web:1"}]},
        "status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "True", "lastTransitionTime": created}],
            "containerStatuses": [{"name": "web", "ready": false, "restartCount": 0, "state": {"waiting": {"reason": "ContainerCreating"}}}]}}}});
    take(&mut known, &waits);
    let shop = Slice::namespace("shop");
    let mut now = after(noon(), 1);
    assert_eq!(known.examine(&shop, now).report.verdict, Verdict::Healthy);
    let mut looks = 0;
    // Nothing is told any more; only the clock goes on, from one due instant to the next.
    while let Some(due) = known.next_due().filter(|due| *due <= after(noon(), 600)) {
        assert!(due > now, "time goes on");
        now = due;
        assert_eq!(known.pass(now), std::slice::from_ref(&shop));
        looks += 1;
        if known.examine(&shop, now).report.verdict != Verdict::Healthy {
            break;
        }
    }
    assert_eq!(known.examine(&shop, now).report.verdict, Verdict::Inconclusive, "after {looks} looks, at {now}");
    assert!(now <= after(noon(), 130), "found at {now}, as soon as the rule's patience is over");
    assert!(looks < 10);
}

#[test]
fn a_snapshot_reads_back_whole_or_not_at_all() {
    let start: Timestamp = "2026-06-01T09:00:00Z".parse().unwrap();
    let mut known = Known::new();
    for moment in assent_scenarios::demo::timeline(start).iter().filter(|moment| moment.offset_s < 300) {
        for one in &moment.facts {
            known.apply(fact(one)).unwrap();
        }
    }
    let bytes = known.snapshot();
    let mut back = Known::restore(&bytes).unwrap();
    let now = after(start, 300);
    for slice in known.slices() {
        let (one, other) = (known.examine(&slice, now), back.examine(&slice, now));
        assert_eq!((one.report, one.digest), (other.report, other.digest), "{slice}");
    }
    for at in (0..bytes.len()).step_by(997) {
        let mut changed = bytes.clone();
        *changed.get_mut(at).unwrap() ^= 1;
        assert!(Known::restore(&changed).is_err(), "byte {at}");
        assert!(Known::restore(bytes.get(..at).unwrap()).is_err(), "cut at {at}");
    }
    assert!(matches!(Known::restore(b"assent-known 2\n"), Err(BadSnapshot::Version { .. })));
}

#[test]
fn sources_of_a_report_say_which_object_they_are() {
    let start: Timestamp = "2026-06-01T09:00:00Z".parse().unwrap();
    let mut known = Known::new();
    for moment in assent_scenarios::demo::timeline(start).iter().filter(|moment| moment.offset_s <= 62) {
        for one in &moment.facts {
            known.apply(fact(one)).unwrap();
        }
    }
    let examined = known.examine(&Slice::namespace("grocer"), after(start, 63));
    let sources: Vec<&str> =
        examined.report.root_causes.iter().flat_map(|cause| &cause.evidence).map(|item| item.source.as_str()).collect();
    assert!(sources.contains(&"cluster/Pod/grocer/catalog-5f6d8c7b9-k2x4p"), "{sources:?}");
    assert!(examined.citations > 0);
}
