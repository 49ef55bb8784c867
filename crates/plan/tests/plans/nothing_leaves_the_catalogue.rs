//! Whoever sits in the model's place may propose anything: what becomes a plan stays within the catalogue, on an object of the incident,
//! with values from where they may come.

use std::collections::BTreeSet;

use crate::support::{self, Cluster};
use assent_base::Kind;
use assent_evidence::{Relation, edges};
use assent_plan::action::{Action, ActionKind, BudgetBound, Origin, PortPlace, PortRef, Probe, SelectorPlace};
use assent_plan::draw::draw;
use assent_plan::observed::{Object, entity, name};
use assent_plan::patch::Edit;
use assent_plan::plan::{Inverse, Plan, Request};
use assent_plan::proposal::{Author, Proposal};
use assent_plan::{catalogue, grounds};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

/// Proposals that are generated in all.
const PROPOSALS: usize = 10_000;

/// Words that stand in the cluster, and words that an attacker would like to stand there.
fn words(cluster: &Cluster) -> Vec<String> {
    let mut words: BTreeSet<String> = [
        "evil.example/miner:latest",
        "registry.example/evil/miner:1",
        "http://169.254.169.254/",
        "$(id)",
        "LD_PRELOAD",
        "app",
        "default",
        "x",
        "../../etc",
        "",
        "\u{202e}",
        "restartedAt",
    ]
    .map(str::to_owned)
    .into();
    for own in cluster.graph.entities() {
        words.insert(own.name().to_owned());
        words.extend(own.pod_labels().entries().flat_map(|(key, value)| [Some(key.to_owned()), value.scalar()]).flatten());
        for container in edges::containers(own.pod_spec()) {
            words.extend(container.get("name").scalar());
            words.extend(container.get("image").scalar());
            words.extend(container.get("env").items().flat_map(|env| [env.get("name").scalar(), env.get("value").scalar()]).flatten());
            words.extend(container.get("ports").items().filter_map(|port| port.get("containerPort").scalar()));
        }
        words.extend(own.at("data").entries().map(|(key, _)| key.to_owned()));
        words.extend(own.at("spec/selector").entries().filter_map(|(_, value)| value.scalar()));
    }
    words.into_iter().collect()
}

fn origin(words: Vec<String>) -> impl Strategy<Value = Value> {
    prop_oneof![
        (0_u32..12).prop_map(|number| json!({ "revision": number })),
        Just(json!({ "allowed_registry": {} })),
        Just(json!({ "stated": {} })),
        (select(words.clone()), select(words), any::<u16>())
            .prop_map(|(namespace, name, port)| json!({ "service": { "namespace": namespace, "name": name, "port": port } })),
    ]
}

fn actions(words: Vec<String>) -> impl Strategy<Value = Value> {
    let word = || select(words.clone());
    let from = || origin(words.clone());
    let amount = || {
        prop_oneof![
            Just(Value::Null),
            (0_u32..9000).prop_map(|n| json!(format!("{n}m"))),
            (0_u32..9000).prop_map(|n| json!(format!("{n}Mi")))
        ]
    };
    let port = || prop_oneof![(0_u16..10_000).prop_map(|n| json!({ "number": n })), word().prop_map(|name| json!({ "name": name }))];
    let place = prop_oneof![
        (0_u16..10_000).prop_map(|n| json!({ "service_target": n })),
        word().prop_map(|name| json!({ "ingress_backend": name })),
        (word(), select(vec!["liveness", "readiness", "startup"])).prop_map(|(c, p)| json!({ "probe": { "container": c, "probe": p } })),
    ];
    let path = prop_oneof![
        Just("/spec/replicas".to_owned()),
        Just("/spec/template/spec/serviceAccountName".to_owned()),
        Just("/spec/template/spec/hostNetwork".to_owned()),
        Just("/spec/template/spec/containers/0/securityContext".to_owned()),
        Just("/spec/template/spec/containers/0/livenessProbe/failureThreshold".to_owned()),
        Just("/metadata/annotations/a".to_owned()),
        Just("/spec/template/spec/containers/0/command".to_owned()),
        word().prop_map(|word| format!("/spec/{word}")),
    ];
    let value =
        prop_oneof![Just(json!(true)), Just(json!("admin")), (0_u32..99).prop_map(|n| json!(n)), Just(json!({ "privileged": true }))];
    prop_oneof![
        (0_u32..12).prop_map(|n| json!({ "roll_back": { "to_revision": n } })),
        Just(json!({ "restart": {} })),
        (0_u32..2000).prop_map(|n| json!({ "scale": { "replicas": n } })),
        (word(), word(), from()).prop_map(|(c, i, o)| json!({ "set_image": { "container": c, "image": i, "origin": o } })),
        (word(), select(vec!["cpu", "memory", "ephemeral-storage", "nvidia.com/gpu"]), amount(), amount()).prop_map(
            |(c, of, request, limit)| {
                let mut fields = json!({ "container": c, "compute": of });
                for (key, value) in [("request", request), ("limit", limit)] {
                    if !value.is_null() {
                        fields[key] = value;
                    }
                }
                json!({ "set_resources": fields })
            }
        ),
        (word(), word(), word(), from())
            .prop_map(|(c, n, v, o)| json!({ "set_env": { "container": c, "name": n, "value": v, "origin": o } })),
        (word(), word(), from()).prop_map(|(k, v, o)| json!({ "set_config_key": { "key": k, "value": v, "origin": o } })),
        (select(vec!["service", "node"]), word(), word())
            .prop_map(|(p, k, v)| json!({ "fix_selector": { "place": p, "key": k, "value": v } })),
        (place, port()).prop_map(|(place, port)| json!({ "fix_port": { "place": place, "port": port } })),
        select(vec!["cordon", "uncordon", "delete_pod", "suspend", "resume", "restart", "exec", "drain"])
            .prop_map(|kind| json!({ kind: {} })),
        (0_u32..2000, 0_u32..2000).prop_map(|(min, max)| json!({ "adjust_autoscaler": { "min": min, "max": max } })),
        (select(vec!["min_available", "max_unavailable"]), 0_u32..20).prop_map(|(k, n)| json!({ "adjust_budget": { "bound": { k: n } } })),
        proptest::collection::vec((path, value), 1..4).prop_map(|edits| {
            let edits: Vec<Value> = edits.into_iter().map(|(path, value)| json!({ "path": path, "value": value })).collect();
            json!({ "custom_patch": { "edits": edits } })
        }),
    ]
}

#[test]
fn ten_thousand_proposals_of_an_attacker_change_nothing_but_what_the_catalogue_says() {
    let mut runner = TestRunner::deterministic();
    let (mut tried, mut read, mut drawn) = (0, 0, [0; 3]);
    let clusters: Vec<&Cluster> = support::CLUSTERS.iter().filter(|cluster| !cluster.report.root_causes.is_empty()).collect();
    let each = PROPOSALS.div_ceil(clusters.len());
    for cluster in clusters {
        let site = cluster.site();
        let causes: Vec<_> = grounds::check(&cluster.report, &cluster.graph).into_iter().filter_map(Result::ok).collect();
        let targets: Vec<Value> = cluster.graph.entities().map(|own| serde_json::to_value(name(own)).unwrap()).collect();
        let made = (select(targets), actions(words(cluster))).prop_map(|(target, action)| json!({ "target": target, "action": action }));
        for _ in 0..each {
            tried += 1;
            let text = made.new_tree(&mut runner).unwrap().current().to_string();
            let Ok(proposal) = Proposal::read(&text) else { continue };
            read += 1;
            for cause in &causes {
                for (index, author) in [Author::Model, Author::Engine, Author::Person].into_iter().enumerate() {
                    if let Ok(plan) = draw(&site, &proposal, author, cause) {
                        drawn[index] += 1;
                        within(cluster, &plan, &proposal, author);
                    }
                }
            }
        }
    }
    println!("{tried} proposals, {read} of the form, plans drawn for model, engine, person: {drawn:?}");
    assert!(tried >= PROPOSALS && drawn[0] > 100 && drawn[2] >= drawn[0], "{tried} {read} {drawn:?}");
}

/// What must hold of any plan, told without the code that draws it.
fn within(cluster: &Cluster, plan: &Plan, proposal: &Proposal, author: Author) {
    let of = &cluster.name;
    assert_eq!((&plan.action, &plan.target.object, plan.proposed_by), (&proposal.action, &proposal.target, author), "{of}");
    assert_eq!(Plan::parse(&plan.canonical().unwrap()).as_ref(), Ok(plan), "{of}");
    let target = entity(&cluster.graph, &plan.target.object).unwrap();
    assert!(catalogue::entry(plan.action.kind()).applies_to.contains(target.kind()), "{of}");
    let before = Object::of(target).unwrap().json;
    let (Request::Patch(change), Inverse::Patch { patch, .. }) = (&plan.request, &plan.inverse) else {
        assert_eq!(plan.action, Action::DeletePod {}, "{of}");
        assert!(target.from(Relation::Owns).next().is_some(), "{of}: a pod that nothing makes anew");
        return;
    };
    let run = |object: &Value, ops: &[assent_plan::patch::Op]| {
        let patch: json_patch::Patch = serde_json::from_value(serde_json::to_value(ops).unwrap()).unwrap();
        let mut after = object.clone();
        json_patch::patch(&mut after, &patch.0).unwrap();
        after
    };
    let after = run(&before, change);
    assert_eq!(run(&after, patch), before, "{of}");
    for part in ["/metadata", "/status", "/kind", "/apiVersion"] {
        assert_eq!(after.pointer(part), before.pointer(part), "{of}");
    }
    if plan.action.kind() != ActionKind::RollBack {
        for field in
            ["serviceAccountName", "securityContext", "hostNetwork", "hostPID", "command", "args", "volumes", "volumeMounts", "nodeName"]
        {
            assert_eq!(under(&after, field), under(&before, field), "{of}: {field}");
        }
    }
    let images = under(&after, "image");
    match &plan.action {
        Action::SetImage { image, origin, .. } => {
            let ran = cluster.graph.of_kind(&Kind::ReplicaSet).flat_map(|set| edges::containers(set.pod_spec()).collect::<Vec<_>>());
            let ran = ran.into_iter().any(|container| container.get("image").is(image.as_str()));
            assert!(
                ran || (author != Author::Model && *origin == Origin::AllowedRegistry {} && image.registry() == "registry.example"),
                "{of}"
            );
        }
        Action::RollBack { .. } => {}
        _ => assert_eq!(images, under(&before, "image"), "{of}"),
    }
    if author == Author::Model {
        let free = matches!(
            &plan.action,
            Action::CustomPatch { .. }
                | Action::SetEnv { origin: Origin::Stated {} | Origin::AllowedRegistry {}, .. }
                | Action::SetConfigKey { origin: Origin::Stated {} | Origin::AllowedRegistry {}, .. }
                | Action::SetImage { origin: Origin::AllowedRegistry {} | Origin::Stated {}, .. }
        );
        assert!(!free, "{of}: {:?}", plan.action);
    }
}

/// Every value under a key, at whatever depth.
fn under<'v>(value: &'v Value, key: &str) -> Vec<&'v Value> {
    match value {
        Value::Object(map) => map.iter().flat_map(|(own, inner)| if own == key { vec![inner] } else { under(inner, key) }).collect(),
        Value::Array(items) => items.iter().flat_map(|inner| under(inner, key)).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn a_plan_whose_payload_was_exchanged_is_no_plan() {
    let (mut tampered, mut seen) = (0, BTreeSet::new());
    for cluster in support::CLUSTERS.iter() {
        for plan in assent_plan::propose(&cluster.site(), &cluster.report).plans {
            let Request::Patch(change) = &plan.request else { continue };
            if !seen.insert(plan.action.kind()) {
                continue;
            }
            let mut others: Vec<Plan> = Vec::new();
            let with = |ops: Vec<assent_plan::patch::Op>| Plan { request: Request::Patch(ops), ..plan.clone() };
            let add = |path: &str, value: Value| {
                let mut ops = change.clone();
                ops.push(assent_plan::patch::Op::Add { path: path.into(), value });
                ops
            };
            others.push(with(add("/spec/template/spec/serviceAccountName", json!("admin"))));
            others.push(with(add("/metadata/labels/x", json!("y"))));
            others.push(with(change.iter().filter(|op| op.path() != "/metadata/uid").cloned().collect()));
            others.push(with(change.iter().filter(|op| !op.writes()).cloned().collect()));
            others.push(Plan { action: Action::Scale { replicas: serde_json::from_value(json!(7)).unwrap() }, ..plan.clone() });
            others.push(Plan { request: Request::Delete { uid: plan.preconditions.uid.clone() }, ..plan.clone() });
            others.push(Plan { expires_at: "2027-05-04T12:00:00Z".parse().unwrap(), ..plan.clone() });
            // The same plan for the item beside, with all that it observed, but for the test that tells which item is meant.
            let moved = serde_json::to_string(&plan)
                .unwrap()
                .replace("/containers/0/", "/containers/1/")
                .replace("/containers/1/name", "/containers/0/name")
                .replace("/ports/0/", "/ports/1/")
                .replace("/ports/1/port\"", "/ports/0/port\"");
            let moved: Plan = serde_json::from_str(&moved).unwrap();
            let undo = |ops: Vec<assent_plan::patch::Op>| match &plan.inverse {
                Inverse::Patch { preconditions, .. } => Inverse::Patch { patch: ops, preconditions: preconditions.clone() },
                Inverse::MadeAnew { .. } => plan.inverse.clone(),
            };
            let Inverse::Patch { patch: back, .. } = &plan.inverse else { continue };
            if moved != plan && !matches!(plan.action, Action::CustomPatch { .. }) {
                others.push(moved);
            }
            // An inverse that writes the same places with other values.
            let worse: Vec<_> = back
                .iter()
                .map(|op| match op {
                    assent_plan::patch::Op::Replace { path, .. } | assent_plan::patch::Op::Add { path, .. } => {
                        assent_plan::patch::Op::Replace { path: path.clone(), value: json!("registry.example/evil:1") }
                    }
                    other => other.clone(),
                })
                .collect();
            if worse != *back {
                others.push(Plan { inverse: undo(worse), ..plan.clone() });
            }
            let mut elsewhere = plan.clone();
            elsewhere.target.resource = "secrets".into();
            others.push(elsewhere);
            let mut workload_alone = plan.clone();
            workload_alone.grounds.evidence.iter_mut().for_each(|exhibit| exhibit.independent = false);
            others.push(workload_alone);
            for (index, other) in others.into_iter().enumerate() {
                tampered += 1;
                assert!(Plan::parse(&other.canonical().unwrap()).is_err(), "{}: {index}", cluster.name);
            }
        }
    }
    assert!(tampered > 90, "{tampered}");
}

/// The catalogue's parameters are spelled here once more, so that a new one is not forgotten by the generator above.
#[test]
fn the_generator_knows_every_action() {
    let known = [
        Action::FixSelector { place: SelectorPlace::Node, key: "a".parse().unwrap(), value: "b".parse().unwrap(), drops: None },
        Action::FixPort {
            place: PortPlace::Probe { container: "a".parse().unwrap(), probe: Probe::Startup },
            port: PortRef::Name("http".parse().unwrap()),
        },
        Action::AdjustBudget { bound: BudgetBound::MaxUnavailable(serde_json::from_value(json!(1)).unwrap()) },
        Action::CustomPatch { edits: vec![Edit::remove("/spec/a")] },
    ];
    let mut runner = TestRunner::deterministic();
    let generator = actions(vec!["web".to_owned(), "registry.example/web:1".to_owned()]);
    let made: BTreeSet<String> = (0..2000)
        .map(|_| generator.new_tree(&mut runner).unwrap().current())
        .flat_map(|action| action.as_object().unwrap().keys().cloned().collect::<Vec<_>>())
        .collect();
    for kind in ActionKind::ALL {
        assert!(made.contains(kind.as_str()), "{}", kind.as_str());
    }
    assert!(known.iter().all(|action| made.contains(action.kind().as_str())));
}
