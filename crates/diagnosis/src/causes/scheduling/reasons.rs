//! Of several reasons, the one that, if it were gone, would let the pod fit.
//!
//! The scheduler asks one rule after the other and counts a node under the first that it fails. A node that lacks CPU has
//! therefore passed the selector and the taints: it is nearer to taking the pod than one that the selector excludes. What somebody
//! did to a node by hand comes before what it lacks; a control-plane taint is the answer only where there is no other.

use assent_capture::tree::At;
use assent_evidence::Entity;

use super::fit;
use super::message::{Counted, Message, Reason};
use crate::case::Case;
use crate::finding::Symptom;

/// The reason to name, if this family names one: claims and volumes belong to another.
pub(super) fn decisive<'t>(case: &Case<'_>, spec: At<'_>, message: &Message<'t>) -> Option<Counted<'t>> {
    let global = message.reasons.iter().any(|counted| matches!(counted.reason, Reason::ClaimUnbound | Reason::ClaimMissing(_)));
    if global {
        return None;
    }
    let nodes = fit::nodes(case.graph);
    let ranked = message.reasons.iter().map(|counted| (rank(case, spec, &nodes, &counted.reason), counted.count.unwrap_or(0), *counted));
    // Of equals the one with more nodes, then the first named.
    let mut best: Option<(u8, u32, Counted<'t>)> = None;
    for one in ranked.filter(|(rank, _, _)| *rank > 0) {
        if best.is_none_or(|(rank, count, _)| (one.0, one.1) > (rank, count)) {
            best = Some(one);
        }
    }
    best.map(|(_, _, counted)| counted).filter(|counted| !matches!(counted.reason, Reason::VolumeAffinity | Reason::VolumeBinding))
}

/// How near the nodes of a reason are to taking the pod; 0 for a reason that the objects refute.
fn rank(case: &Case<'_>, spec: At<'_>, nodes: &[Entity<'_>], reason: &Reason<'_>) -> u8 {
    if reason.is_control_plane() {
        return 2;
    }
    if reason.is_cordon() {
        let cordoned = cordoned(nodes);
        let whole = case.graph.is_listed(&assent_base::Kind::Node, None) && !nodes.is_empty();
        return match (cordoned.is_empty(), cordoned.iter().any(|node| would_take(case, spec, *node))) {
            (true, _) if whole => 0,
            (true, _) | (false, true) => 70,
            (false, false) => 10,
        };
    }
    if reason.is_node_ill() {
        let ill = nodes.iter().any(|node| !case.on_with(node.id, &[Symptom::NodeNotReady, Symptom::NodePressure]).is_empty());
        return if ill { 55 } else { 45 };
    }
    match reason {
        Reason::Insufficient(resource) => {
            let asked = fit::request(spec, resource);
            let beyond = asked.is_some_and(|asked| fit::greatest(nodes, resource).is_some_and(|(_, _, offer)| asked > offer));
            if beyond { 52 } else { 50 }
        }
        Reason::TooManyPods | Reason::PodAffinity | Reason::PodAntiAffinity | Reason::Spread | Reason::HostPorts | Reason::VolumeCount => {
            50
        }
        Reason::Taint { key, value } => {
            // Newer schedulers count taints without naming them.
            let carries = |node: &Entity<'_>| match *key {
                "" => fit::repels(spec, *node),
                _ => fit::taint(*node, key, value).is_some(),
            };
            let tainted: Vec<Entity<'_>> = nodes.iter().copied().filter(carries).collect();
            let all_known = !nodes.is_empty() && nodes.iter().all(|node| node.is_full());
            if tainted.is_empty() && all_known && !key.is_empty() {
                return 0;
            }
            let matching =
                |node: &Entity<'_>| !fit::has_labels(*node) || (fit::meets_selector(spec, *node) && fit::meets_affinity(spec, *node));
            if tainted.is_empty() || tainted.iter().any(matching) { 40 } else { 20 }
        }
        Reason::NodeMatch => 30,
        Reason::VolumeAffinity | Reason::VolumeBinding => 5,
        Reason::Cordoned | Reason::NodeIll | Reason::ClaimUnbound | Reason::ClaimMissing(_) => 0,
        Reason::Other => 3,
    }
}

/// The nodes that are cordoned.
pub(super) fn cordoned<'g>(nodes: &[Entity<'g>]) -> Vec<Entity<'g>> {
    nodes.iter().copied().filter(|node| node.at("spec/unschedulable").bool() == Some(true)).collect()
}

/// Whether a node would take the pod if it were back in service, as far as that is known.
pub(super) fn would_take(case: &Case<'_>, spec: At<'_>, node: Entity<'_>) -> bool {
    let matches = !fit::has_labels(node) || (fit::meets_selector(spec, node) && fit::meets_affinity(spec, node));
    let room = ["cpu", "memory"].iter().all(|resource| {
        let asked = fit::request(spec, resource).unwrap_or(0);
        let left = fit::free(case.graph, node, resource).or_else(|| node.at("status/allocatable").get(resource).milli());
        left.is_none_or(|left| asked <= left)
    });
    // A device that the node does not offer, the pod would lack there too.
    let devices = assent_evidence::edges::containers(spec)
        .flat_map(|container| container.at("resources/limits").entries())
        .map(|(resource, _)| resource)
        .filter(|resource| resource.contains('/'));
    let offered = node.at("status/allocatable");
    let mut devices = devices.filter(|_| offered.exists());
    matches && room && devices.all(|resource| offered.get(resource).milli() >= fit::request(spec, resource))
}
