//! Pods on no node of which the scheduler's count says nothing: gated, preempted, nobody's, pinned to a node that is not there.

use std::collections::BTreeSet;

use assent_base::{Kind, ObjectRef};
use assent_evidence::{Entity, EventFact};

use crate::candidate::{Candidate, Strength};
use crate::case::Case;
use crate::finding::{Finding, Symptom};
use crate::wording::in_namespace;

/// The candidate for one pod, if one of these causes holds.
pub(super) fn find<'g>(case: &Case<'g>, index: usize, finding: &Finding, victims: &[Victim<'g>]) -> Option<Candidate> {
    let pod = case.entity(finding.on);
    gated(case, pod)
        .or_else(|| preempted(case, pod, finding, victims))
        .or_else(|| nobodys(case, pod))
        .map(|candidate| candidate.explain([index]))
}

fn gated<'g>(case: &Case<'g>, pod: Entity<'g>) -> Option<Candidate> {
    let condition = pod.condition("PodScheduled").filter(|condition| condition.get("reason").is("SchedulingGated"));
    let printed = pod.at("status/printed/status");
    let reason = condition.map(|condition| condition.get("reason")).or_else(|| printed.is("SchedulingGated").then_some(printed))?;
    let owner = pod.top_owner();
    let gates: Vec<&str> = pod.at("spec/schedulingGates").items().filter_map(|gate| gate.get("name").text()).take(5).collect();
    let named = if gates.is_empty() { "a scheduling gate".to_owned() } else { format!("the scheduling gate `{}`", gates.join("`, `")) };
    let strength = if gates.is_empty() { Strength::Stated } else { Strength::Proven };
    let says = format!(
        "{} carries {named}, and nobody has removed it, so the scheduler leaves its pods alone (SchedulingGated)",
        owner.reference()
    );
    let candidate = Candidate::new("scheduling.scheduling_gated", owner.id, strength, says)
        .quote(case.quote(reason, pod))
        .quote(case.quote(pod.at("spec/schedulingGates"), pod))
        .next(format!("Find who should remove the gate: kubectl get pod {}{} -o yaml", pod.name(), in_namespace(pod)));
    Some(candidate)
}

/// A pod of the same workload that gave way, while its replacement waits for room.
fn preempted<'g>(case: &Case<'g>, pod: Entity<'g>, finding: &Finding, victims: &[Victim<'g>]) -> Option<Candidate> {
    if victims.is_empty() {
        return None;
    }
    let owner = pod.top_owner();
    let told = super::told(case, finding);
    if !told.iter().any(|told| told.text.contains("Insufficient ") || told.text.contains("Too many pods")) {
        return None;
    }
    let stem = |name: &'g str| name.rsplit_once('-').map_or(name, |(stem, _)| stem);
    let siblings = victims.iter().filter(|(other, _)| {
        let alike = stem(other.name()) == stem(pod.name()) && other.name().contains('-');
        other.namespace() == pod.namespace() && (other.id == pod.id || other.top_owner() == owner && owner != *other || alike)
    });
    let (victim, event) = *siblings.max_by_key(|(_, event)| event.last)?;
    let by = event.message.split(" on node ").next().unwrap_or(&event.message).trim_start_matches("Preempted by ").trim();
    let by = if by.is_empty() { "another pod" } else { by };
    let says = format!(
        "{} lost its place to a pod of higher priority: Pod `{}` was preempted by {}, and its replacement finds no room",
        owner.reference(),
        victim.name(),
        crate::wording::shortened(by, 120)
    );
    let candidate = Candidate::new("scheduling.preempted", owner.id, Strength::Proven, says)
        .quote(case.quote_event(event, victim))
        .quote(told.into_iter().take(1).map(|told| told.quote))
        .quote(case.quote(pod.at("spec/priority"), pod))
        .next("Compare the priorities: kubectl get priorityclasses")
        .next("Add room, or raise the priority of the workload");
    Some(candidate)
}

/// A pod that gave way, and the event that says so.
pub(super) type Victim<'g> = (Entity<'g>, &'g EventFact);

/// Pods, known perhaps by their events alone, that were preempted.
pub(super) fn victims<'g>(case: &Case<'g>) -> Vec<Victim<'g>> {
    let pods = case.graph.entities_of_kind(&Kind::Pod);
    pods.filter_map(|pod| Some((pod, case.event(pod, &["Preempted", "Preempting"])?))).collect()
}

/// A pod for which no scheduler has done anything.
fn nobodys<'g>(case: &Case<'g>, pod: Entity<'g>) -> Option<Candidate> {
    let name = pod.at("spec/schedulerName");
    let named = name.text().filter(|name| *name != "default-scheduler")?;
    if !pod.is_full() || pod.condition("PodScheduled").is_some() || !pod.events().is_empty() {
        return None;
    }
    let served = case.graph.of_kind(&Kind::Pod).any(|other| {
        other.id != pod.id
            && other.at("spec/schedulerName").is(named)
            && (other.at("spec/nodeName").exists() || other.condition("PodScheduled").is_some())
    });
    if served {
        return None;
    }
    let owner = pod.top_owner();
    let says = format!(
        "{} asks for the scheduler `{named}` (schedulerName), which nobody runs: Pod `{}` is pending and no scheduler has said a word about it",
        owner.reference(),
        pod.name()
    );
    let candidate = Candidate::new("scheduling.scheduler_name_unknown", owner.id, Strength::Shown, says)
        .quote(case.quote(name, pod))
        .quote(case.quote(pod.at("status/phase"), pod))
        .next(format!("Remove or correct `schedulerName` in {}, or run that scheduler", owner.reference()));
    Some(candidate)
}

/// Pods that wait because there is no node at all: one cause, on the first workload that waits.
pub(super) fn no_nodes(case: &Case<'_>) -> Option<Candidate> {
    let mut waiting = case.with(Symptom::PodUnschedulable).filter_map(|(index, finding)| {
        let told = super::told(case, finding).into_iter().next()?;
        (super::message::read(told.text).nodes == Some(0)).then_some((index, case.owner(finding.on), told.quote))
    });
    let (index, owner, quote) = waiting.next()?;
    let rest: Vec<_> = waiting.collect();
    let owners: BTreeSet<_> = rest.iter().map(|(_, owner, _)| owner.id).chain([owner.id]).collect();
    let more = if owners.len() > 1 { format!(" and {} more workloads", owners.len() - 1) } else { String::new() };
    let says = format!("The cluster has no node: no nodes available to schedule the pods of {}{more}", owner.reference());
    let candidate = Candidate::new("scheduling.no_nodes", owner.id, Strength::Stated, says)
        .quote([quote])
        .quote(rest.iter().map(|(_, _, quote)| quote.clone()))
        .explain(rest.iter().map(|(index, _, _)| *index).chain([index]))
        .next("See which nodes are registered: kubectl get nodes");
    Some(candidate)
}

/// Pods that were pinned by name to a node that a listing lacks.
pub(super) fn absent_nodes(case: &Case<'_>) -> Vec<Candidate> {
    let stuck = case.with(Symptom::PodStuckCreating).chain(case.with(Symptom::PodFailed));
    let found = stuck.filter_map(|(index, finding)| {
        let pod = case.entity(finding.on);
        let owner = pod.top_owner();
        let pinned = owner.pod_spec().get("nodeName");
        let node = pinned.text()?;
        if !case.graph.is_absent(&ObjectRef::new(Kind::Node, None, node)) {
            return None;
        }
        let says = format!("{} pins its pods to Node `{node}` (nodeName), and the cluster has no such node", owner.reference());
        let candidate = Candidate::new("scheduling.node_name_missing", owner.id, Strength::Proven, says)
            .quote(case.quote(pinned, owner))
            .quote(finding.quotes.iter().cloned())
            .explain([index])
            .next(format!("Take `nodeName` out of {}, or name a node that exists", owner.reference()));
        Some(candidate)
    });
    found.collect()
}
