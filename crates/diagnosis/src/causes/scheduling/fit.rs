//! Whether a pod would fit a node, as far as the capture shows: labels, taints, allocatable resources.
//!
//! Units: quantities in thousandths, as [`At::milli`] gives them.

use assent_base::Kind;
use assent_capture::tree::At;
use assent_evidence::{Entity, Graph, labels};

/// The nodes that the input holds.
pub(super) fn nodes<'g>(graph: &'g Graph) -> Vec<Entity<'g>> {
    graph.of_kind(&Kind::Node).filter(Entity::is_observed).collect()
}

/// Whether the labels of a node are known at all: a plain table omits them.
pub(super) fn has_labels(node: Entity<'_>) -> bool {
    node.at("metadata/labels").exists()
}

/// Whether a node's labels meet the pod's selector.
pub(super) fn meets_selector(spec: At<'_>, node: Entity<'_>) -> bool {
    let own = node.at("metadata/labels");
    spec.get("nodeSelector").entries().all(|(key, value)| own.get(key).scalar() == value.scalar())
}

/// The terms of the pod's required node affinity.
pub(super) fn affinity_terms(spec: At<'_>) -> At<'_> {
    spec.at("affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms")
}

/// Whether a node meets the pod's required node affinity: one term of those it has.
pub(super) fn meets_affinity(spec: At<'_>, node: Entity<'_>) -> bool {
    let terms = affinity_terms(spec);
    !terms.exists() || terms.items().any(|term| meets_term(term, node))
}

fn meets_term(term: At<'_>, node: Entity<'_>) -> bool {
    let own = node.at("metadata/labels");
    let by_labels = term.get("matchExpressions").items().all(|expression| labels::expression_selects(expression, own));
    let by_fields = term.get("matchFields").items().all(|field| field.get("values").items().any(|value| value.is(node.name())));
    let empty = !term.get("matchExpressions").exists() && !term.get("matchFields").exists();
    by_labels && by_fields && !empty
}

/// The taint of a node with this key, and with this value unless the message left it out.
pub(super) fn taint<'g>(node: Entity<'g>, key: &str, value: &str) -> Option<At<'g>> {
    let meant = |taint: &At<'_>| taint.get("key").is(key) && (value.is_empty() || taint.get("value").scalar().as_deref() == Some(value));
    node.at("spec/taints").items().find(meant)
}

/// Whether a node has a taint that keeps this pod off: one other than a cordon's or a sick node's, which no toleration meets.
pub(super) fn repels(spec: At<'_>, node: Entity<'_>) -> bool {
    let tolerated = |taint: At<'_>| {
        spec.get("tolerations").items().any(|toleration| {
            let same = |field: &str| toleration.get(field).text_or_empty() == taint.get(field).text_or_empty();
            let any = toleration.get("operator").is("Exists");
            (same("key") || (any && !toleration.get("key").exists()))
                && (any || same("value"))
                && (!toleration.get("effect").exists() || same("effect"))
        })
    };
    let counts = |taint: &At<'_>| {
        !taint.get("effect").is("PreferNoSchedule") && !taint.get("key").text_or_empty().starts_with("node.kubernetes.io/")
    };
    node.at("spec/taints").items().filter(counts).any(|taint| !tolerated(taint))
}

/// What a pod asks for of a resource in all: its containers together, or its greediest init container, and its overhead.
/// None where it asks for none, or the capture does not show it.
pub(super) fn request(spec: At<'_>, resource: &str) -> Option<i128> {
    let of = |container: At<'_>| {
        let asked = container.at("resources/requests").get(resource).milli();
        asked.or_else(|| container.at("resources/limits").get(resource).milli()).unwrap_or(0)
    };
    let together = spec.get("containers").items().map(of).fold(0_i128, i128::saturating_add);
    let greediest = spec.get("initContainers").items().map(of).max().unwrap_or(0);
    let overhead = spec.get("overhead").get(resource).milli().unwrap_or(0);
    let all = together.max(greediest).saturating_add(overhead);
    (all > 0).then_some(all)
}

/// Where a pod asks for a resource, for citing: its greediest container.
pub(super) fn request_at<'g>(spec: At<'g>, resource: &str) -> Option<At<'g>> {
    let places = assent_evidence::edges::containers(spec).map(|container| {
        let asked = container.at("resources/requests").get(resource);
        if asked.exists() { asked } else { container.at("resources/limits").get(resource) }
    });
    places.filter(At::exists).max_by_key(|at| at.milli())
}

/// The node that offers most of a resource, with what it offers. None if no node's offer is known.
pub(super) fn greatest<'g>(nodes: &[Entity<'g>], resource: &str) -> Option<(Entity<'g>, At<'g>, i128)> {
    let offers = nodes.iter().filter_map(|node| {
        let offer =
            [node.at("status/allocatable").get(resource), node.at("status/capacity").get(resource)].into_iter().find(|at| at.exists())?;
        Some((*node, offer, offer.milli()?))
    });
    offers.max_by_key(|(node, _, offer)| (*offer, std::cmp::Reverse(node.id)))
}

/// What the captured pods of a node leave of a resource. None unless every pod of the cluster was listed.
pub(super) fn free(graph: &Graph, node: Entity<'_>, resource: &str) -> Option<i128> {
    if !graph.is_listed(&Kind::Pod, None) {
        return None;
    }
    let offer = node.at("status/allocatable").get(resource).milli()?;
    let running = node.from(assent_evidence::Relation::RunsOn);
    let alive = running.filter(|pod| !matches!(pod.at("status/phase").text(), Some("Succeeded" | "Failed")));
    let taken = alive.map(|pod| request(pod.pod_spec(), resource).unwrap_or(0)).fold(0_i128, i128::saturating_add);
    Some(offer.saturating_sub(taken))
}

/// A quantity for people: `1500m` of CPU, `640Mi` of memory, `2` of anything counted.
pub(super) fn printed(resource: &str, milli: i128) -> String {
    const MEBI: i128 = 1024 * 1024 * 1000;
    match resource {
        "memory" | "ephemeral-storage" if milli % (MEBI * 1024) == 0 => format!("{}Gi", milli / (MEBI * 1024)),
        "memory" | "ephemeral-storage" if milli >= MEBI => format!("{}Mi", milli / MEBI),
        _ if milli % 1000 == 0 => (milli / 1000).to_string(),
        _ => format!("{milli}m"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_printed_as_people_write_them() {
        assert_eq!(printed("cpu", 1500), "1500m");
        assert_eq!(printed("cpu", 16_000), "16");
        assert_eq!(printed("memory", 640 * 1024 * 1024 * 1000), "640Mi");
        assert_eq!(printed("memory", 2 * 1024 * 1024 * 1024 * 1000), "2Gi");
        assert_eq!(printed("nvidia.com/gpu", 2000), "2");
    }
}
