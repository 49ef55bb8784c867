//! The scenarios of the repository, as clusters whose objects have UIDs, resource versions and generations.

use std::path::Path;
use std::sync::LazyLock;

use assent_base::{Digest, Timestamp};
use assent_capture::tree::{Node, Value};
use assent_diagnosis::Report;
use assent_evidence::Graph;
use assent_plan::draw::{Rules, Site};
use assent_plan::plan::Scope;
use assent_scenarios::Expected;

/// Every scenario with its name, sorted.
pub(crate) fn all() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let mut found = Vec::new();
    for family in std::fs::read_dir(&root).unwrap() {
        let family = family.unwrap().path();
        if !family.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(&family).unwrap() {
            let file = file.unwrap().path();
            let name = file.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
            found.push((name, std::fs::read_to_string(&file).unwrap()));
        }
    }
    found.sort();
    found
}

/// A scenario that was investigated.
pub(crate) struct Cluster {
    pub(crate) name: String,
    pub(crate) expected: Vec<Expected>,
    pub(crate) report: Report,
    pub(crate) graph: Graph,
    pub(crate) scope: Scope,
    pub(crate) rules: Rules,
}

impl Cluster {
    /// Where plans for it are drawn.
    pub(crate) fn site(&self) -> Site<'_> {
        Site { graph: &self.graph, scope: &self.scope, now: now(), rules: &self.rules }
    }
}

/// The instant at which plans are drawn.
pub(crate) fn now() -> Timestamp {
    "2026-05-04T12:00:00Z".parse().unwrap()
}

/// A registered cluster.
pub(crate) fn registered() -> Scope {
    let at = now();
    Scope::Cluster {
        tenant: assent_base::id::TenantId::new(at, [1; 10]),
        cluster: assent_base::id::ClusterId::new(at, [2; 10]),
        cluster_uid: "5f1c9d2e-0c1b-4b8e-9a51-6f1d1f0c7a11".to_owned(),
    }
}

/// Reads and investigates a scenario, with what an API server adds to each object.
pub(crate) fn cluster(name: &str, text: &str, reversed: bool) -> Cluster {
    let mut scenario = assent_scenarios::read(name, text).unwrap();
    let expected = scenario.causes.clone();
    for object in &mut scenario.set.objects {
        let digest = Digest::of(object.reference.to_string().as_bytes()).to_string();
        let hex = digest.strip_prefix("sha256:").unwrap_or_default();
        let uid = format!("{}-0000-4000-8000-{}", &hex[..8], &hex[8..20]);
        let text = |text: &str| Node::synthetic(Value::Text(text.into()));
        object.root.put(&["metadata", "uid"], text(&uid));
        object.root.put(&["metadata", "resourceVersion"], text("4711"));
        object.root.put(&["metadata", "generation"], Node::synthetic(Value::Int(3)));
    }
    if reversed {
        scenario.set.objects.reverse();
    }
    let (report, graph) = assent_scenarios::investigate(scenario);
    let rules = Rules { registries_allowed: ["registry.example".to_owned()].into(), ..Rules::default() };
    Cluster { name: name.to_owned(), expected, report, graph, scope: registered(), rules }
}

/// Every scenario, investigated.
pub(crate) static CLUSTERS: LazyLock<Vec<Cluster>> =
    LazyLock::new(|| all().iter().map(|(name, text)| cluster(name, text, false)).collect());
