//! What slices say, taken together, is what an examination of the whole cluster says; and a change that a slice does not reach leaves its
//! report as it is, byte for byte.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its input has failed")]

use crate::support;
use std::collections::{BTreeMap, BTreeSet};

use crate::support::{after, fact};
use assent_base::Timestamp;
use assent_incidents::{Known, Slice};
use proptest::prelude::*;
use serde_json::{Value, json};

type Causes = BTreeSet<(String, String)>;

fn causes(report: &assent_diagnosis::Report) -> Causes {
    report.root_causes.iter().map(|cause| (cause.cause.clone(), cause.entity.to_string())).collect()
}

/// What is wrong and not explained, by its object.
fn unexplained(report: &assent_diagnosis::Report) -> Causes {
    let ill = report.findings.iter().filter(|finding| finding.severity != "notice" && !finding.explained);
    ill.map(|finding| (finding.symptom.clone(), finding.entity.to_string())).collect()
}

fn bytes(report: &assent_diagnosis::Report) -> String {
    serde_json::to_string(report).unwrap()
}

#[test]
fn every_scenario_is_explained_alike_in_slices_and_as_a_whole() {
    let (mut looked_at, mut wrong) = (0, Vec::new());
    for (name, text) in support::scenarios() {
        let scenario = assent_scenarios::read(name, text).unwrap();
        let now = scenario.at.unwrap_or_else(|| "2026-03-01T12:00:00Z".parse().unwrap());
        let Some(facts) = support::facts_of(&scenario.set, now).filter(|_| scenario.focus.is_empty()) else { continue };
        let mut known = Known::new();
        if facts.iter().any(|one| known.apply(fact(one)).is_err()) {
            continue;
        }
        looked_at += 1;
        let whole = known.examine_whole(now).report;
        let (mut found, mut left) = (Causes::new(), Causes::new());
        for slice in known.slices() {
            let report = known.examine(&slice, now).report;
            found.extend(causes(&report));
            left.extend(unexplained(&report));
        }
        if found != causes(&whole) || left != unexplained(&whole) {
            wrong.push(format!("{name}: whole {:?} {:?}, slices {found:?} {left:?}", causes(&whole), unexplained(&whole)));
        }
    }
    assert!(looked_at > 250, "only {looked_at} scenarios could be looked at");
    assert!(wrong.is_empty(), "{} of {looked_at}:\n{}", wrong.len(), wrong.join("\n"));
}

/// What becomes of a cluster, step by step.
#[derive(Debug, Clone)]
enum Move {
    /// The next fact of a scenario.
    More(prop::sample::Index),
    /// An object that is there is deleted.
    Delete(prop::sample::Index),
    /// Everything that is dirty is examined.
    Examine,
    /// It is written down and read back.
    Restore,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        12 => any::<prop::sample::Index>().prop_map(Move::More),
        3 => any::<prop::sample::Index>().prop_map(Move::Delete),
        2 => Just(Move::Examine),
        1 => Just(Move::Restore),
    ];
    proptest::collection::vec(one, 1..160)
}

/// A fact's object, as the words of a deletion; none for what is no object.
fn deletion(of: &Value, at: Timestamp) -> Option<Value> {
    let body = of.pointer("/object/body")?;
    let word = |path: &str| body.pointer(path).and_then(Value::as_str);
    Some(json!({"gone": {"at": at, "kind": word("/kind")?, "namespace": word("/metadata/namespace"), "name": word("/metadata/name")?}}))
}

/// Facts of scenarios that name no namespace in common, so that they make one cluster.
fn cluster(pick: &[prop::sample::Index]) -> (Vec<Value>, Timestamp) {
    let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
    let all = support::scenarios();
    let mut facts = Vec::new();
    let mut listed: Option<BTreeSet<String>> = None;
    for (number, index) in pick.iter().enumerate() {
        let (name, text) = index.get(all);
        let scenario = assent_scenarios::read(name, text).unwrap();
        let own = support::facts_of(&scenario.set, now).unwrap_or_default();
        let namespaces: BTreeSet<String> =
            own.iter().filter_map(|one| Some(one.pointer("/object/body/metadata/namespace")?.as_str()?.to_owned())).collect();
        let kinds = own.iter().filter_map(|one| Some(one.pointer("/listed/kind")?.as_str()?.to_owned())).collect::<BTreeSet<_>>();
        // What one scenario lists whole says nothing of the others' objects: only what all list is listed.
        listed = Some(listed.map_or_else(|| kinds.clone(), |known| known.intersection(&kinds).cloned().collect()));
        let named = |path: &str| own.iter().filter_map(|one| Some(one.pointer(path)?.as_str()?.to_owned())).collect::<BTreeSet<_>>();
        let mut nodes = named("/object/body/spec/nodeName");
        nodes.extend(
            own.iter()
                .filter(|one| one.pointer("/object/body/kind").is_some_and(|kind| kind == "Node"))
                .filter_map(|one| Some(one.pointer("/object/body/metadata/name")?.as_str()?.to_owned())),
        );
        let mut words = serde_json::to_string(&own).unwrap();
        for node in nodes {
            words = words.replace(&format!("\"{node}\""), &format!("\"{node}-{number}\""));
        }
        for namespace in namespaces.iter().filter(|name| !name.starts_with("kube-") && name.len() > 3) {
            words = words.replace(namespace.as_str(), &format!("{namespace}{number}"));
        }
        let own: Vec<Value> = serde_json::from_str(&words).unwrap();
        facts.extend(own.into_iter().filter(|one| one.pointer("/object/body/kind").is_none_or(|kind| kind != "Namespace")));
    }
    facts.retain(|one| {
        let kind = one.pointer("/listed/kind").and_then(Value::as_str);
        kind.is_none_or(|kind| listed.as_ref().is_some_and(|listed| listed.contains(kind)))
    });
    (facts, now)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn after_any_changes_slices_agree_with_the_whole(pick in proptest::collection::vec(any::<prop::sample::Index>(), 2..5), moves in moves()) {
        let (facts, now) = cluster(&pick);
        prop_assume!(!facts.is_empty());
        let (mut known, mut reports): (Known, BTreeMap<Slice, String>) = (Known::new(), BTreeMap::new());
        let mut told: BTreeMap<Slice, assent_diagnosis::Report> = BTreeMap::new();
        let examine = |known: &mut Known, reports: &mut BTreeMap<Slice, String>, told: &mut BTreeMap<Slice, assent_diagnosis::Report>| {
            for slice in known.dirty() {
                let report = known.examine(&slice, now).report;
                reports.insert(slice.clone(), bytes(&report));
                told.insert(slice, report);
            }
        };
        for (step, one) in moves.iter().chain(&[Move::Examine]).enumerate() {
            let at = after(now, step as i64 - 1000);
            match one {
                Move::More(index) => {
                    let mut one = index.get(&facts).clone();
                    if let Some(words) = one.as_object_mut().and_then(|fact| fact.values_mut().next()).and_then(Value::as_object_mut) {
                        words.insert("at".to_owned(), json!(at));
                    }
                    // A listing would remove what was not sent again since; here only that it was complete is of interest.
                    if one.get("listed").is_some() {
                        one["listed"]["at"] = json!("2020-01-01T00:00:00Z");
                    }
                    let _taken = known.apply(fact(&one));
                }
                Move::Delete(index) => {
                    if let Some(gone) = deletion(index.get(&facts), at) {
                        known.apply(fact(&gone)).unwrap();
                    }
                }
                Move::Examine => examine(&mut known, &mut reports, &mut told),
                Move::Restore => known = Known::restore(&known.snapshot()).unwrap(),
            }
        }
        // What is not dirty is as a fresh look at it would be.
        let names: Vec<&str> = pick.iter().map(|index| index.get(support::scenarios()).0.as_str()).collect();
        for slice in known.slices() {
            let again = bytes(&known.examine(&slice, now).report);
            prop_assert_eq!(reports.get(&slice), Some(&again), "{} of {:?}", slice, names);
        }
        let whole = known.examine_whole(now).report;
        let found: Causes = told.values().flat_map(causes).collect();
        prop_assert_eq!(found, causes(&whole), "{:?}", names);
        let left: Causes = told.values().flat_map(unexplained).collect();
        prop_assert_eq!(left, unexplained(&whole), "{:?}", names);
    }
}

#[test]
fn a_change_elsewhere_makes_no_slice_dirty_that_does_not_reach_it() {
    let start: Timestamp = "2026-06-01T09:00:00Z".parse().unwrap();
    let mut known = Known::new();
    for one in &assent_scenarios::demo::timeline(start).first().unwrap().facts {
        known.apply(fact(one)).unwrap();
    }
    let now = after(start, 10);
    let before: BTreeMap<Slice, String> =
        known.dirty().into_iter().map(|slice| (slice.clone(), bytes(&known.examine(&slice, now).report))).collect();
    assert!(known.dirty().is_empty());
    let pod = json!({"object": {"at": now, "body": {"kind": "Pod", "metadata": {"name": "stray", "namespace": "grocer"},
        "spec": {"containers": [{"name": "a", "image": "b:1"}]}, "status": {"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory."}}}});
    assert_eq!(known.apply(fact(&pod)).unwrap().slices, [Slice::namespace("grocer")]);
    assert_eq!(known.dirty(), [Slice::namespace("grocer")]);
    for slice in known.slices().into_iter().filter(|slice| *slice != Slice::namespace("grocer")) {
        assert_eq!(before.get(&slice), Some(&bytes(&known.examine(&slice, now).report)));
    }
    let beat = |at: Timestamp| {
        json!({"object": {"at": at, "body": {"kind": "Node", "metadata": {"name": "node-z"}, "status": {"conditions": [{"type": "Ready", "status": "True",
            "lastHeartbeatTime": at}]}}}})
    };
    assert_eq!(known.apply(fact(&beat(now))).unwrap().slices, [Slice::Cluster], "no pod is on it");
    assert_eq!(known.apply(fact(&beat(after(now, 40)))).unwrap().slices, [], "a heartbeat is no change");
}
