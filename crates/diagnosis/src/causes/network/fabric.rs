//! The network below the pods: plug-ins that give no network, links that are slow, nodes that cannot be reached.

use std::collections::BTreeMap;

use assent_base::Kind;
use assent_evidence::{Entity, EntityId, Relation};

use crate::candidate::{Candidate, Strength};
use crate::case::Case;
use crate::finding::{Finding, Quote, Symptom};
use crate::routing::check::{self, Outcome};
use crate::routing::service::short;

/// What kubelets and runtimes print when the network plug-in fails, whatever its name.
const PLUGIN_WORDS: [&str; 12] = [
    "failed to setup network for sandbox",
    "failed to set up sandbox container",
    "cni plugin not initialized",
    "cni config uninitialized",
    "networkpluginnotready",
    "network plugin is not ready",
    "network plugin returns error",
    "failed to set up pod",
    "plugin type=",
    "networkplugin cni",
    "failed to find plugin",
    "no networks found in",
];
/// What is printed when the plug-in works and has no address left.
const ADDRESS_WORDS: [&str; 4] = ["no ip addresses available", "failed to assign an ip address", "no available ip", "ippool is exhausted"];

/// Offers candidates.
pub(super) fn find<'g>(case: &Case<'g>, out: &mut Vec<Candidate>) {
    plugin(case, out);
    delay(case, out);
    unreachable(case, out);
}

fn speaks_of_plugin(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    PLUGIN_WORDS.iter().chain(&ADDRESS_WORDS).any(|word| text.contains(word))
}

/// Pods without a network, and nodes that say so of themselves.
fn plugin<'g>(case: &Case<'g>, out: &mut Vec<Candidate>) {
    let mut stuck: BTreeMap<EntityId, (Vec<usize>, Vec<Quote>, String)> = BTreeMap::new();
    for (index, finding) in case.with(Symptom::PodStuckCreating) {
        let Some((quote, message)) = said_of_plugin(case, finding) else { continue };
        let pod = case.entity(finding.on);
        let node = pod.to(Relation::RunsOn).next().unwrap_or(pod);
        let entry = stuck.entry(node.id).or_default();
        entry.0.push(index);
        entry.1.push(quote);
        if entry.2.is_empty() {
            entry.2 = message;
        }
    }
    for (index, finding) in case.with(Symptom::NodeNotReady).chain(case.with(Symptom::NodePressure)) {
        let node = case.entity(finding.on);
        let condition = node.condition(&finding.reason).map_or_else(assent_evidence::entity::nowhere, |condition| condition.get("message"));
        let of_network = condition.text().is_some_and(speaks_of_plugin);
        if !of_network {
            continue;
        }
        let entry = stuck.entry(node.id).or_default();
        entry.0.push(index);
        entry.1.extend(case.quote(condition, node));
        entry.2 = condition.text_or_empty().to_owned();
    }
    for (id, (findings, quotes, message)) in stuck {
        let on = case.entity(id);
        let on = if *on.kind() == Kind::Pod { on.top_owner() } else { on };
        let exhausted = ADDRESS_WORDS.iter().any(|word| message.to_ascii_lowercase().contains(word));
        let what = if exhausted { "has no pod address left" } else { "cannot give pods a network" };
        let mut candidate = Candidate::new(
            "network.cni_failed",
            on.id,
            if *on.kind() == Kind::Node { Strength::Proven } else { Strength::Stated },
            format!("The network plug-in on {} {what}: {}", on.reference(), short(&message)),
        )
        .quote(quotes)
        .explain(findings)
        .explain(case.on_with(on.id, &[Symptom::NodeNotReady]))
        .next(if exhausted {
            "Widen the address pool or subnet, or clear leaked addresses"
        } else {
            "See the plug-in's pods and /etc/cni/net.d on the node"
        });
        for pod in on.from(Relation::RunsOn).filter(|pod| is_plugin_pod(*pod) && case.is_ill(pod.id)) {
            candidate = candidate.blame(pod.id);
        }
        out.push(candidate);
    }
}

fn said_of_plugin(case: &Case<'_>, finding: &Finding) -> Option<(Quote, String)> {
    let pod = case.entity(finding.on);
    let reasons = ["FailedCreatePodSandBox", "NetworkNotReady", "FailedSync"];
    let events = pod.events().iter().chain(case.graph.loose_events());
    let event = events.into_iter().find(|event| reasons.contains(&&*event.reason) && speaks_of_plugin(&event.message))?;
    Some((case.quote_event(event, pod)?, event.message.to_string()))
}

/// Whether a pod is a part of the network plug-in: of a DaemonSet, on the host's network, and named so.
fn is_plugin_pod(pod: Entity<'_>) -> bool {
    let words = ["cni", "calico", "cilium", "flannel", "weave", "canal", "antrea", "multus", "kindnet", "aws-node", "ovn", "kube-router"];
    let images: Vec<&str> =
        assent_evidence::edges::containers(pod.at("spec")).filter_map(|container| container.get("image").text()).collect();
    *pod.top_owner().kind() == Kind::DaemonSet
        && words.iter().any(|word| pod.name().contains(word) || images.iter().any(|image| image.contains(word)))
}

/// Round trips between pods or nodes that take too long.
fn delay<'g>(case: &Case<'g>, out: &mut Vec<Candidate>) {
    for check in check::checks(case).into_iter().filter(|check| check.outcome == Outcome::Slow && check.resolved) {
        let to = case.entity(check.on);
        let far = to.to(Relation::RunsOn).next();
        let near = check.from.and_then(|from| from.to(Relation::RunsOn).next());
        let on = match (far, near) {
            (Some(far), Some(near)) if far.id != near.id => far,
            _ => to,
        };
        let way = match (near, far) {
            (Some(near), Some(far)) if near.id != far.id => format!(" (from node `{}` to node `{}`)", near.name(), far.name()),
            _ => String::new(),
        };
        let printed =
            case.graph.set.source(check.quote.cite.source).and_then(|source| source.slice(check.quote.cite.start, check.quote.cite.len));
        let ms = printed.and_then(|line| check::round_trip_ms(&line.to_ascii_lowercase())).unwrap_or_default();
        let from = check.from.map(|from| format!("{} to ", from.reference())).unwrap_or_default();
        out.push(
            Candidate::new(
                "network.delay",
                on.id,
                Strength::Stated,
                format!("The network delays packets: the round trip from {from}{} takes {ms:.0} ms{way}", to.reference()),
            )
            .quote([check.quote.clone()])
            .explain(case.on_with(check.on, &[Symptom::CheckFailed, Symptom::Slow]))
            .explain(check.from.into_iter().flat_map(|from| case.on_with(from.top_owner().id, &[Symptom::Slow])))
            .next("Measure the links between the nodes, and look for traffic shaping (`tc qdisc show`) on their interfaces"),
        );
    }
}

/// Nodes of which nothing is heard, and that do not answer a check either.
fn unreachable<'g>(case: &Case<'g>, out: &mut Vec<Candidate>) {
    for check in check::checks(case).into_iter().filter(|check| matches!(check.outcome, Outcome::Timeout | Outcome::Unreachable)) {
        let node = case.entity(check.on);
        let silent = case.on_with(node.id, &[Symptom::NodeNotReady]);
        if *node.kind() != Kind::Node || silent.is_empty() {
            continue;
        }
        let ready = node.condition("Ready").map_or_else(assent_evidence::entity::nowhere, |condition| condition.get("message"));
        out.push(
            Candidate::new(
                "network.node_unreachable",
                node.id,
                Strength::Proven,
                format!(
                    "Node `{}` cannot be reached over the network: `{}` to `{}` gets no answer",
                    node.name(),
                    check.tool,
                    check.asked()
                ),
            )
            .quote([check.quote.clone()])
            .quote(case.quote(ready, node))
            .explain(silent)
            .explain(case.on_with(node.id, &[Symptom::CheckFailed]))
            .not("node.kubelet_down", "the machine itself does not answer", [check.quote.clone()])
            .next("See whether the machine is up, and the network between it and the control plane"),
        );
    }
}
