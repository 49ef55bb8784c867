//! Symptoms of nodes.

use assent_base::Kind;
use assent_evidence::Entity;

use crate::case::Case;
use crate::finding::{Finding, Severity, Symptom};

/// Finds symptoms of every node.
pub(super) fn find<'g>(case: &mut Case<'g>) {
    let nodes: Vec<Entity<'g>> = case.graph.of_kind(&Kind::Node).filter(Entity::is_observed).collect();
    for node in nodes {
        for condition in node.at("status/conditions").items() {
            let kind = condition.get("type").text_or_empty();
            let status = condition.get("status").text_or_empty();
            let (symptom, says) = match (kind, status) {
                ("Ready", "False" | "Unknown") => (Symptom::NodeNotReady, format!("Node `{}` is not ready", node.name())),
                ("MemoryPressure" | "DiskPressure" | "PIDPressure" | "NetworkUnavailable", "True") => {
                    (Symptom::NodePressure, format!("Node `{}` reports {kind}", node.name()))
                }
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
            case.add(Finding {
                symptom,
                on: node.id,
                container: None,
                says,
                quotes,
                severity: Severity::Broken,
                since,
                reason: kind.into(),
            });
        }
    }
}
