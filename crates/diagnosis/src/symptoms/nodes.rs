//! Symptoms of nodes, and of the parts of the control plane that no pod of the input shows.

use std::collections::BTreeMap;

use assent_base::Kind;
use assent_evidence::{Entity, EntityId, Relation};

use crate::case::Case;
use crate::finding::{Finding, Quote, Severity, Symptom};

/// A leader that has not renewed its lease for this long does not work.
pub(crate) const LEASE_STALE_S: i64 = 300;
/// Conditions that say something bad when they are true, from the kubelet and from the node problem detector.
const BAD_WHEN_TRUE: [&str; 9] = [
    "MemoryPressure",
    "DiskPressure",
    "PIDPressure",
    "NetworkUnavailable",
    "KernelDeadlock",
    "ReadonlyFilesystem",
    "FrequentKubeletRestart",
    "FrequentContainerdRestart",
    "CorruptDockerOverlay2",
];

/// Finds symptoms of every node, and of the control plane.
pub(super) fn find<'g>(case: &mut Case<'g>) {
    let nodes: Vec<Entity<'g>> = case.graph.of_kind(&Kind::Node).filter(Entity::is_observed).collect();
    for node in nodes {
        conditions(case, node);
    }
    gone(case);
    leases(case);
    components(case);
}

fn conditions<'g>(case: &mut Case<'g>, node: Entity<'g>) {
    for condition in node.at("status/conditions").items() {
        let kind = condition.get("type").text_or_empty();
        let status = condition.get("status").text_or_empty();
        let (symptom, says) = match (kind, status) {
            ("Ready", "False" | "Unknown") => (Symptom::NodeNotReady, format!("Node `{}` is not ready", node.name())),
            (kind, "True") if BAD_WHEN_TRUE.contains(&kind) => (Symptom::NodePressure, format!("Node `{}` reports {kind}", node.name())),
            _ => continue,
        };
        let since = condition.get("lastTransitionTime").instant();
        let mut quotes: Vec<_> = [condition.get("message"), condition.get("reason"), condition.get("status")]
            .into_iter()
            .filter_map(|at| case.quote(at, node))
            .take(2)
            .collect();
        for quote in &mut quotes {
            quote.time = since;
        }
        case.add(Finding { symptom, on: node.id, container: None, says, quotes, severity: Severity::Broken, since, reason: kind.into() });
    }
}

/// Nodes that pods are bound to and that a whole listing of nodes lacks.
fn gone<'g>(case: &mut Case<'g>) {
    let mut bound: BTreeMap<EntityId, Vec<Quote>> = BTreeMap::new();
    for pod in case.graph.of_kind(&Kind::Pod).filter(Entity::is_observed) {
        let over = matches!(pod.at("status/phase").text(), Some("Succeeded" | "Failed"));
        for node in pod.to(Relation::RunsOn).filter(|node| !over && case.graph.is_absent(node.reference())) {
            bound.entry(node.id).or_default().extend(case.quote(pod.at("spec/nodeName"), pod));
        }
    }
    for (id, quotes) in bound {
        let name = case.entity(id).name();
        case.add(Finding {
            symptom: Symptom::NodeNotReady,
            on: id,
            container: None,
            says: format!("Node `{name}` does not exist, and pods are bound to it"),
            quotes: quotes.into_iter().take(3).collect(),
            severity: Severity::Broken,
            since: None,
            reason: "NodeGone".into(),
        });
    }
}

/// Leaders of the control plane that no longer renew their lease. The newest lease tells what "now" was.
fn leases<'g>(case: &mut Case<'g>) {
    let all: Vec<Entity<'g>> = case.graph.of_kind(&Kind::Lease).filter(Entity::is_observed).collect();
    let Some(newest) = all.iter().filter_map(|lease| lease.at("spec/renewTime").instant()).max() else { return };
    for lease in all {
        let part = matches!(lease.name(), "kube-scheduler" | "kube-controller-manager") && lease.namespace() == Some("kube-system");
        let renewed = lease.at("spec/renewTime");
        let age = renewed.instant().map_or(0, |instant| assent_base::time::seconds_between(instant, newest));
        let old = case.age_s(renewed.instant()).is_some_and(|age| age > LEASE_STALE_S);
        if !part || !old || age <= LEASE_STALE_S {
            continue;
        }
        let quotes = [renewed, lease.at("spec/holderIdentity")].into_iter().filter_map(|at| case.quote(at, lease)).collect();
        case.add(Finding {
            symptom: Symptom::ClusterPartFailing,
            on: lease.id,
            container: None,
            says: format!("`{}` has not renewed its lease for {age} s", lease.name()),
            quotes,
            severity: Severity::Broken,
            since: None,
            reason: lease.name().into(),
        });
    }
}

/// What `kubectl get componentstatuses` calls unhealthy. Ports that newer releases closed look so and mean nothing.
fn components<'g>(case: &mut Case<'g>) {
    let all: Vec<Entity<'g>> = case.graph.of_kind(&Kind::ComponentStatus).filter(Entity::is_observed).collect();
    for part in all {
        for condition in part.at("conditions").items().filter(|condition| condition.get("status").is("False")) {
            let texts = [condition.get("message"), condition.get("error"), part.at("conditions/0/message")];
            let closed = texts.iter().any(|at| at.text().is_some_and(|text| text.contains(":10251") || text.contains(":10252")));
            let quotes = texts.into_iter().chain([condition.get("status")]).filter_map(|at| case.quote(at, part)).take(2).collect();
            case.add(Finding {
                symptom: Symptom::ClusterPartFailing,
                on: part.id,
                container: None,
                says: format!("`{}` is reported unhealthy", part.name()),
                quotes,
                severity: if closed { Severity::Notice } else { Severity::Broken },
                since: None,
                reason: part.name().into(),
            });
        }
    }
}
