//! Which logs an investigation wants: those of containers that are ill, and of what the person asked about. Never all of them.

use std::collections::{BTreeMap, BTreeSet};

use assent_base::{Kind, ObjectRef};
use assent_evidence::{Entity, EntityId, Graph};

use crate::case::Case;
use crate::engine::Options;
use crate::finding::Symptom;

/// Pods whose logs are wanted in all.
pub const PODS_MAX: usize = 60;
/// Pods of one owner whose logs are wanted: what three replicas say, the fourth says too.
pub const PODS_PER_OWNER_MAX: usize = 3;

/// The log of one run of one container.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wanted {
    /// The pod.
    pub pod: ObjectRef,
    /// The container.
    pub container: Box<str>,
    /// Whether the run before the present one is meant.
    pub previous: bool,
}

/// The logs that would help to explain what is wrong in a graph.
#[must_use]
pub fn logs(graph: &Graph, options: &Options) -> Vec<Wanted> {
    of_case(&Case::open(graph, &options.focus, options.since))
}

/// The logs that would help with a case.
pub(crate) fn of_case(case: &Case<'_>) -> Vec<Wanted> {
    let graph = case.graph;
    let mut pods: Vec<EntityId> = Vec::new();
    let mut per_owner: BTreeMap<EntityId, usize> = BTreeMap::new();
    let ill = case.findings.iter().filter(|finding| has_started(finding.symptom)).map(|finding| finding.on);
    let asked = case.asked.iter().flat_map(|id| graph.entity(*id).pods()).map(|pod| pod.id);
    for id in ill.chain(asked) {
        let pod = graph.entity(id);
        if *pod.kind() != Kind::Pod || pods.contains(&id) || pods.len() >= PODS_MAX {
            continue;
        }
        let count = per_owner.entry(pod.top_owner().id).or_insert(0);
        if *count < PODS_PER_OWNER_MAX {
            *count += 1;
            pods.push(id);
        }
    }
    pods.iter().flat_map(|id| of_pod(graph.entity(*id))).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Whether a container can have logged anything at all when this is its symptom.
fn has_started(symptom: Symptom) -> bool {
    matches!(
        symptom,
        Symptom::ContainerCrash
            | Symptom::OomKilled
            | Symptom::NotReady
            | Symptom::ProbeFailing
            | Symptom::PodFailed
            | Symptom::LogComplaint
            | Symptom::Alert
            | Symptom::Throttled
    )
}

fn of_pod(pod: Entity<'_>) -> Vec<Wanted> {
    let mut wanted = Vec::new();
    for list in ["status/initContainerStatuses", "status/containerStatuses"] {
        for status in pod.at(list).items() {
            let Some(container) = status.get("name").text() else { continue };
            let runs = status.at("state/running").exists() || status.at("state/terminated").exists();
            let mut want = |previous| wanted.push(Wanted { pod: pod.reference().clone(), container: container.into(), previous });
            if runs {
                want(false);
            }
            if status.get("restartCount").int().unwrap_or(0) > 0 {
                want(true);
            }
        }
    }
    wanted
}
