//! Pods that the scheduler finds no node for.
//!
//! The scheduler's message is parsed into counted reasons, the decisive one is chosen, and the nodes and the pod's own
//! requests are asked whether they agree.

use std::collections::BTreeMap;

use assent_base::Kind;
use assent_capture::source::Cite;
use assent_capture::tree::At;
use assent_evidence::{Entity, EntityId, Relation};

use crate::candidate::{Candidate, Strength};
use crate::case::Case;
use crate::causes::told::{self, Told};
use crate::finding::{Finding, Quote, Symptom};

mod catalogue;
mod fit;
pub(crate) mod message;
mod others;
mod reasons;
mod says;

pub use catalogue::CAUSES;
use message::{Counted, Message, Reason};

/// A pod that is on no node, and the reason that decides.
pub(crate) struct Waiting<'g> {
    index: usize,
    pod: Entity<'g>,
    owner: Entity<'g>,
    spec: At<'g>,
    message: Message<'g>,
    decisive: Counted<'g>,
    quote: Quote,
}

/// Offers candidates.
pub fn find(case: &Case<'_>, out: &mut Vec<Candidate>) {
    let mut waiting = Vec::new();
    let victims = others::victims(case);
    let mut known = Known::new();
    for (index, finding) in case.with(Symptom::PodUnschedulable) {
        if let Some(candidate) = others::find(case, index, finding, &victims) {
            out.push(candidate);
        }
        waiting.extend(read(case, index, finding, &mut known));
    }
    out.extend(others::no_nodes(case));
    out.extend(others::absent_nodes(case));
    for ((cause, on), group) in grouped(case, waiting) {
        out.push(candidate(case, cause, case.entity(on), &group));
    }
}

/// How much of a repeated message is read.
const REPEATED_BYTES_MAX: usize = 600;

/// The specification that decides where a pod may run: its own, or its template's where the pod itself is not captured.
fn spec<'g>(pod: Entity<'g>, owner: Entity<'g>) -> At<'g> {
    if pod.pod_spec().get("containers").exists() { pod.pod_spec() } else { owner.pod_spec() }
}

/// What the scheduler said last of the pod of a finding.
pub(crate) fn told<'g>(case: &Case<'g>, finding: &Finding) -> Vec<Told<'g>> {
    let mut told = told::of(case, finding, &[("PodScheduled", "False")], &["FailedScheduling"]);
    if told.is_empty() {
        told.extend(repeated(case, case.entity(finding.on)));
    }
    told
}

/// The scheduler's words about a pod, or about its owner, as the output of a command that no reader knows repeats them.
fn repeated<'g>(case: &Case<'g>, pod: Entity<'g>) -> Option<Told<'g>> {
    let owner = pod.top_owner();
    case.graph.set.outputs.iter().find_map(|output| {
        let source = case.graph.set.source(output.source)?;
        let text = source.slice(output.start, u32::try_from(output.len).ok()?)?;
        if !text.contains(pod.name()) && !text.contains(owner.name()) {
            return None;
        }
        let mark = text.find(" nodes are available:")?;
        let begin = text.get(..mark)?.rfind(|c: char| !c.is_ascii_digit() && c != '/').map_or(0, |before| before + 1);
        let rest = text.get(begin..text.floor_char_boundary(begin + REPEATED_BYTES_MAX))?;
        let words = rest.split(['"', '\'', '\\']).next().unwrap_or(rest).trim_end();
        let cite = Cite { source: output.source, start: output.start + begin as u64, len: u32::try_from(words.len()).ok()? };
        Some(Told { text: words, quote: Quote { cite, about: pod.id, time: None } })
    })
}

/// What decides, by workload and message: replicas wait for the same.
type Known<'g> = BTreeMap<(EntityId, &'g str), Option<Counted<'g>>>;

fn read<'g>(case: &Case<'g>, index: usize, finding: &Finding, known: &mut Known<'g>) -> Option<Waiting<'g>> {
    let pod = case.entity(finding.on);
    let owner = case.owner(finding.on);
    let spec = spec(pod, owner);
    let told = told(case, finding).into_iter().next()?;
    let message = message::read(told.text);
    let decisive = (*known
        .entry((owner.id, told.text))
        .or_insert_with(|| reasons::decisive(case, spec, &message).map(|one| reasons::named(case, spec, one))))?;
    Some(Waiting { index, pod, owner, spec, message, decisive, quote: told.quote })
}

fn cause_of(case: &Case<'_>, waiting: &Waiting<'_>) -> &'static str {
    let reason = waiting.decisive.reason;
    if reason.is_cordon() {
        return "scheduling.node_cordoned";
    }
    match reason {
        Reason::Insufficient("cpu") => "scheduling.insufficient_cpu",
        Reason::Insufficient("memory") => "scheduling.insufficient_memory",
        Reason::Insufficient("ephemeral-storage") => "scheduling.insufficient_ephemeral_storage",
        Reason::Insufficient(_) => "scheduling.insufficient_extended_resource",
        Reason::TooManyPods => "scheduling.pod_capacity",
        Reason::Taint { .. } | Reason::NodeIll => "scheduling.taint_untolerated",
        Reason::NodeMatch => node_match(case, waiting.pod, waiting.spec),
        Reason::PodAffinity => "scheduling.pod_affinity_unmatched",
        Reason::PodAntiAffinity => "scheduling.pod_anti_affinity",
        Reason::Spread => "scheduling.topology_spread",
        Reason::HostPorts => "scheduling.host_port_conflict",
        Reason::VolumeCount => "scheduling.volume_limit",
        _ => "scheduling.unschedulable",
    }
}

/// The message names selector and affinity in one breath; the specification, and the nodes' labels, tell which.
fn node_match(case: &Case<'_>, pod: Entity<'_>, spec: At<'_>) -> &'static str {
    let (selector, affinity) = (spec.get("nodeSelector").entries().next().is_some(), fit::affinity_terms(spec).exists());
    let described = pod.is_captured() && !pod.is_full() && spec.get("containers").exists();
    match (selector, affinity) {
        (true, true) => {
            let known: Vec<Entity<'_>> = fit::nodes(case.graph).into_iter().filter(|node| fit::has_labels(*node)).collect();
            let affinity_met = known.iter().any(|node| fit::meets_affinity(spec, *node));
            let selector_met = known.iter().any(|node| fit::meets_selector(spec, *node));
            if !known.is_empty() && selector_met && !affinity_met {
                "scheduling.node_affinity_unmatched"
            } else {
                "scheduling.node_selector_unmatched"
            }
        }
        (false, true) => "scheduling.node_affinity_unmatched",
        // `kubectl describe` prints selectors and leaves affinity out.
        (false, false) if described => "scheduling.node_affinity_unmatched",
        _ => "scheduling.node_selector_unmatched",
    }
}

/// Pods that wait for one thing: a cordoned or tainted node that several workloads need, otherwise each workload for itself.
fn grouped<'g>(case: &Case<'g>, waiting: Vec<Waiting<'g>>) -> BTreeMap<(&'static str, EntityId), Vec<Waiting<'g>>> {
    let nodes = fit::nodes(case.graph);
    let mut owners_of_taint: BTreeMap<(&str, &str), Vec<EntityId>> = BTreeMap::new();
    for one in &waiting {
        if let Reason::Taint { key, value } = one.decisive.reason {
            owners_of_taint.entry((key, value)).or_default().push(one.owner.id);
        }
    }
    let mut groups: BTreeMap<(&'static str, EntityId), Vec<Waiting<'g>>> = BTreeMap::new();
    for one in waiting {
        let on = match one.decisive.reason {
            reason if reason.is_cordon() => {
                let cordoned = reasons::cordoned(&nodes);
                let fits = cordoned.iter().find(|node| reasons::would_take(case, one.spec, **node)).or(cordoned.first());
                fits.map_or(one.owner.id, |node| node.id)
            }
            Reason::Taint { key, value } => {
                let tainted: Vec<EntityId> =
                    nodes.iter().filter(|node| fit::taint(**node, key, value).is_some()).map(|node| node.id).collect();
                let several = owners_of_taint.get(&(key, value)).is_some_and(|owners| owners.iter().any(|owner| *owner != one.owner.id));
                match tainted.as_slice() {
                    [only] if several => *only,
                    _ => one.owner.id,
                }
            }
            _ => one.owner.id,
        };
        groups.entry((cause_of(case, &one), on)).or_default().push(one);
    }
    groups
}

fn candidate<'g>(case: &Case<'g>, cause: &'static str, on: Entity<'g>, group: &[Waiting<'g>]) -> Candidate {
    let mut owners: Vec<Entity<'g>> = Vec::new();
    for one in group {
        if !owners.contains(&one.owner) {
            owners.push(one.owner);
        }
    }
    let Some(first) = group.first() else { return Candidate::new(cause, on.id, Strength::Suspected, "") };
    let told = says::of(case, cause, on, first, &crate::wording::listed(&owners));
    let strength = match (told.agrees.is_empty(), cause) {
        (_, "scheduling.unschedulable") => Strength::Suspected,
        (false, _) if told.proves => Strength::Proven,
        _ => Strength::Stated,
    };
    let mut candidate = Candidate::new(cause, on.id, strength, told.says)
        .quote([first.quote.clone()])
        .quote(told.agrees)
        .quote(group.iter().skip(1).map(|one| one.quote.clone()))
        .explain(group.iter().map(|one| one.index));
    for one in group {
        candidate = candidate.explain(claims_that_wait(case, one.pod));
    }
    for blamed in told.blames {
        candidate = candidate.blame(blamed);
    }
    candidate = ruled_out(candidate, cause, first);
    told.next.into_iter().fold(candidate, Candidate::next)
}

/// Claims that wait until a pod that uses them is on a node: they are late because the pod is.
fn claims_that_wait(case: &Case<'_>, pod: Entity<'_>) -> Vec<usize> {
    let claims = pod.to(Relation::Mounts).filter(|claim| *claim.kind() == Kind::PersistentVolumeClaim);
    claims.filter(|claim| waits_for_consumer(*claim)).flat_map(|claim| case.on_with(claim.id, &[Symptom::ClaimPending])).collect()
}

/// Whether a claim waits for its first consumer, which is a step and no fault.
pub(crate) fn waits_for_consumer(claim: Entity<'_>) -> bool {
    let latest = claim.events().first().map(|event| &*event.reason);
    let by_class = claim.to(Relation::References).any(|class| class.at("volumeBindingMode").is("WaitForFirstConsumer"));
    match latest {
        Some(reason) => matches!(reason, "WaitForFirstConsumer" | "WaitForPodScheduled"),
        None => by_class,
    }
}

/// Alternatives that the scheduler's own count refutes.
fn ruled_out(mut candidate: Candidate, cause: &str, first: &Waiting<'_>) -> Candidate {
    let mentioned = |wanted: fn(&Reason<'_>) -> bool| first.message.reasons.iter().any(|counted| wanted(&counted.reason));
    let checks: [(&'static str, bool, &str); 3] = [
        (
            "scheduling.insufficient_cpu",
            mentioned(|reason| matches!(reason, Reason::Insufficient(_))),
            "the scheduler counts no node that lacks a resource",
        ),
        (
            "scheduling.taint_untolerated",
            mentioned(|reason| matches!(reason, Reason::Taint { .. }) && !reason.is_control_plane()),
            "the scheduler counts no node with a taint of its own",
        ),
        ("scheduling.node_cordoned", mentioned(|reason| reason.is_cordon()), "the scheduler counts no node that is out of service"),
    ];
    for (other, counted, why) in checks {
        if other != cause && !counted {
            candidate = candidate.not(other, why, [first.quote.clone()]);
        }
    }
    candidate
}
