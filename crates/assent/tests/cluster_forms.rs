//! The same cluster gives the same graph, whether it is captured as JSON, as descriptions or as tables, up to what text omits.
//!
//! Objects are generated from seeds, and live in a real API server, which fills in its defaults; kubectl of the same version
//! prints them. Nothing but the API server acts on them, so what is printed twice is the same.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "this is a test, helpers included")]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use assent_base::{Kind, quantity, time};
use assent_capture::files::read_file;
use assent_capture::limits::Limits;
use assent_capture::set::CaptureSet;
use assent_capture::tree::At;
use assent_evidence::{Entity, Graph};
use support::cluster::Cluster;
use support::generate;

const SEEDS: [u64; 3] = [1, 7, 4242];

/// What is captured, as kubectl calls it.
const NAMESPACED: [&str; 19] = [
    "pods",
    "deployments",
    "replicasets",
    "statefulsets",
    "daemonsets",
    "jobs",
    "cronjobs",
    "services",
    "endpointslices",
    "ingresses",
    "networkpolicies",
    "configmaps",
    "persistentvolumeclaims",
    "resourcequotas",
    "limitranges",
    "horizontalpodautoscalers",
    "poddisruptionbudgets",
    "serviceaccounts",
    "roles,rolebindings",
];
const WIDE: [&str; 6] = [
    "nodes",
    "persistentvolumes",
    "storageclasses",
    "priorityclasses",
    "validatingwebhookconfigurations,mutatingwebhookconfigurations",
    "ingressclasses",
];

#[test]
#[ignore = "needs Go: run `cargo xtask test`"]
fn json_and_text_of_the_newest_minor_agree() {
    agree("1.36");
}

#[test]
#[ignore = "needs Go: run `cargo xtask test`"]
fn json_and_text_of_the_older_minor_agree() {
    agree("1.34");
}

fn agree(minor: &str) {
    let cluster = Cluster::start(minor, &[]);
    let mut wrong = Vec::new();
    let mut compared = 0;
    for seed in SEEDS {
        let world = format!("seed-{seed}");
        cluster.create(&generate::list(&generate::objects(seed, &world)));
        cluster.replace_statuses(&generate::list(&generate::with_status(seed, &world)));
        let json = capture(&cluster, &world, &["get"], &["--output=json"]);
        for (form, verb, flags) in
            [("describe", &["describe"][..], &["--show-events=false"][..]), ("table", &["get"], &["--output=wide", "--show-labels"])]
        {
            let text = capture(&cluster, &world, verb, flags);
            compared += compare(&json, &text, &format!("{minor}, seed {seed}, {form}"), form == "describe", &mut wrong);
        }
    }
    // One example of each: what differs for one object of a kind mostly differs for all.
    let alike = |line: &String| line.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
    let examples: BTreeMap<String, &String> = wrong.iter().map(|line| (alike(line), line)).collect();
    let examples: Vec<&str> = examples.values().map(|line| line.as_str()).collect();
    assert!(wrong.is_empty(), "{} differences, such as\n{}", wrong.len(), examples.join("\n"));
    assert!(compared > 3000, "only {compared} fields were compared");
}

/// A transcript of a session that shows every kind, read into a graph.
fn capture(cluster: &Cluster, world: &str, verb: &[&str], flags: &[&str]) -> Graph {
    let mut session = String::new();
    for (kinds, scope) in NAMESPACED.iter().map(|kinds| (kinds, Some(world))).chain(WIDE.iter().map(|kinds| (kinds, None))) {
        for kind in kinds.split(',') {
            let scope: Vec<&str> = scope.map_or_else(Vec::new, |world| vec!["-n", world]);
            let words = [verb, &[kind], &scope, flags].concat();
            session += &format!("$ kubectl {}\n{}", words.join(" "), cluster.kubectl(&words));
        }
    }
    let mut set = CaptureSet::default();
    read_file(&mut set, "session.txt", session.as_bytes(), &Limits::default());
    assert!(set.problems.is_empty(), "{verb:?}: {:?}", set.problems);
    Graph::build(set, None)
}

/// Compares what two graphs hold. Gives the number of fields that the text form carries.
fn compare(full: &Graph, text: &Graph, place: &str, every_tie: bool, wrong: &mut Vec<String>) -> usize {
    let (own, other) = (captured(full), captured(text));
    for name in own.keys().collect::<BTreeSet<_>>().symmetric_difference(&other.keys().collect()) {
        wrong.push(format!("{place}: {name} is in one form only ({})", if own.contains_key(*name) { "JSON" } else { "text" }));
    }
    let mut compared = 0;
    for (name, entity) in &other {
        let Some(same) = own.get(name) else { continue };
        let truth = leaves(same);
        for (path, value) in leaves(entity) {
            // `describe` sorts the rules of a role anew, one for each resource.
            if path.contains("printed") || path.starts_with("rules/") || matches!(path.as_str(), "metadata/age" | "kind" | "apiVersion") {
                continue;
            }
            compared += 1;
            match truth.get(&path) {
                Some(own) if equal(own, &value) => {}
                None if is_implied(&path, &value) => {}
                // Both `False` and `Unknown` are printed as `NotReady`.
                Some(own) if path == "status/conditions/Ready/status" && own == "Unknown" && value == "False" => {}
                own => wrong.push(format!("{place}: {name}: {path} is {value:?} and not {own:?}")),
            }
        }
    }
    let (ties, told) = (ties(full), ties(text));
    let captured = |tie: &&(String, String, String)| own.contains_key(&tie.0) && own.contains_key(&tie.2);
    for tie in told.difference(&ties).filter(captured) {
        wrong.push(format!("{place}: the text ties {} {} {}, and JSON does not", tie.0, tie.1, tie.2));
    }
    if every_tie {
        for tie in ties.difference(&told).filter(captured).filter(|tie| !omitted(tie)) {
            wrong.push(format!("{place}: the text does not tie {} {} {}", tie.0, tie.1, tie.2));
        }
    }
    compared
}

fn captured(graph: &Graph) -> BTreeMap<String, Entity<'_>> {
    graph
        .entities()
        .filter(|entity| entity.is_captured() && *entity.kind() != Kind::Namespace)
        .map(|entity| (entity.reference().to_string(), entity))
        .collect()
}

fn ties(graph: &Graph) -> BTreeSet<(String, String, String)> {
    let name = |entity: Entity<'_>| entity.reference().to_string();
    let of = |entity: Entity<'_>| -> Vec<(String, String, String)> {
        let out = graph.edges_out(entity.id).iter();
        out.map(|edge| (name(entity), edge.relation.verb().to_owned(), name(graph.entity(edge.to)))).collect()
    };
    graph.entities().flat_map(of).collect()
}

/// Ties that rest on a field which `kubectl describe` does not print.
fn omitted(_tie: &(String, String, String)) -> bool {
    false
}

/// Each scalar by its path. An item of a list is called by what names it, since kubectl sorts some lists.
fn leaves(entity: &Entity<'_>) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    if let Some((_, root)) = entity.views().next() {
        walk(root, &mut found, String::new());
    }
    found
}

fn walk(at: At<'_>, found: &mut BTreeMap<String, String>, path: String) {
    for (key, child) in at.entries() {
        walk(child, found, if path.is_empty() { key.to_owned() } else { format!("{path}/{key}") });
    }
    for (index, item) in at.items().enumerate() {
        // A table prints the ports of a Service without their names.
        let names: &[&str] = if path.ends_with("ports") { &[] } else { &ITEM_NAMES };
        let named = names.iter().find_map(|name| item.get(name).text());
        walk(item, found, format!("{path}/{}", named.map_or_else(|| index.to_string(), str::to_owned)));
    }
    if let Some(value) = at.scalar() {
        found.insert(path, value);
    }
}

/// What names an item of a list, the most telling first.
const ITEM_NAMES: [&str; 5] = ["mountPath", "name", "type", "key", "path"];

/// Whether two spellings mean the same: of an instant, a quantity, or text whose last line break is not printed.
fn equal(own: &str, printed: &str) -> bool {
    let (own, printed) = (own.trim(), printed.trim());
    own == printed
        || time::instant(own).is_some_and(|instant| time::instant(printed) == Some(instant))
        || quantity::milli(own).is_some_and(|amount| quantity::milli(printed) == Some(amount))
}

/// Fields that kubectl prints though the object leaves them out, with the value that this means.
fn is_implied(path: &str, value: &str) -> bool {
    let means = [("operator", "Equal"), ("path", "/")];
    matches!(value, "" | "0" | "false") || means.iter().any(|(field, meaning)| path.ends_with(field) && value == *meaning)
}
