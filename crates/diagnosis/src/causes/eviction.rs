//! Pods that a node put out: for its own want of memory, disk or process ids, for a taint, or because the pod outgrew its own bound.
//!
//! The kubelet says which in the pod's status and in an event: `The node was low on resource: memory`.

use assent_base::Kind;
use assent_capture::tree::At;
use assent_evidence::{Entity, Relation, edges};

use crate::candidate::{Candidate, Strength};
use crate::case::Case;
use crate::cause::Cause;
use crate::finding::{Finding, Symptom};
use crate::said::{self, Said};

mod catalogue;

/// The causes of this family.
pub static CAUSES: &[Cause] = catalogue::CAUSES;

/// What the kubelet says, what it means, and the node's own condition for it. The pod's own bound comes first: its messages name storage too.
const ANSWERS: &[(&str, &str, &[&str])] = &[
    (
        "eviction.ephemeral_storage",
        "",
        &[
            "exceeded its local ephemeral storage limit",
            "ephemeral local storage usage exceeds",
            "usage of emptydir volume",
            "exceeds the total limit of containers",
        ],
    ),
    ("eviction.memory", "MemoryPressure", &["low on resource: memory", "memorypressure", "low on resource: [memory"]),
    (
        "eviction.disk",
        "DiskPressure",
        &[
            "low on resource: ephemeral-storage",
            "low on resource: inodes",
            "low on resource: nodefs",
            "low on resource: imagefs",
            "diskpressure",
            "low on resource: [diskpressure",
        ],
    ),
    ("eviction.pid", "PIDPressure", &["low on resource: pid", "pidpressure"]),
    ("eviction.taint", "", &["taint"]),
];

/// Offers candidates.
pub fn find(case: &Case<'_>, out: &mut Vec<Candidate>) {
    for (index, finding) in case.findings.iter().enumerate() {
        if finding.symptom == Symptom::Evicted {
            out.extend(evicted(case, index, finding));
        }
    }
}

fn evicted(case: &Case<'_>, index: usize, finding: &Finding) -> Option<Candidate> {
    let pod = case.entity(finding.on);
    let words = said::of(case, finding, &["Evicted", "TaintManagerEviction"]);
    let matched =
        ANSWERS.iter().find_map(|(cause, condition, marks)| Some((*cause, *condition, words.iter().find(|said| said.has(marks))?)));
    let node = pod.to(Relation::RunsOn).find(|node| *node.kind() == Kind::Node);
    if let Some(("eviction.ephemeral_storage", _, said)) = matched {
        return Some(own_bound(case, index, finding, said));
    }
    if &*finding.reason == "TaintManagerEviction" || matches!(matched, Some(("eviction.taint", ..))) {
        return Some(tainted(case, index, finding, node, words.first()));
    }
    let pressure = |kind: &str| node.and_then(|node| node.condition(kind)).filter(|condition| condition.get("status").is("True"));
    let (cause, condition, said) = match matched {
        Some((cause, condition, said)) => (cause, condition, Some(said)),
        // A row says only `Evicted`; a node that is under pressure now says why.
        None => ANSWERS
            .iter()
            .filter(|(_, condition, _)| !condition.is_empty())
            .find_map(|(cause, condition, _)| pressure(condition).map(|_| (*cause, *condition, None)))?,
    };
    let now = pressure(condition);
    let place = node.map_or_else(|| "its node".to_owned(), |node| format!("node `{}`", node.name()));
    let what = match cause {
        "eviction.memory" => "memory",
        "eviction.disk" => "disk space or inodes",
        _ => "process ids",
    };
    let told = said.map(|said| format!(": {}", crate::wording::short(&said.text).trim_end_matches(['.', ' ']))).unwrap_or_default();
    let says = format!("{} was evicted because {place} ran short of {what}{told}", pod.reference());
    let strength = match (said, now) {
        (Some(_), Some(_)) => Strength::Proven,
        (Some(_), None) => Strength::Stated,
        (None, _) => Strength::Shown,
    };
    let mut candidate = Candidate::new(cause, node.map_or_else(|| case.owner(pod.id).id, |node| node.id), strength, says)
        .quote(said.map(|said| said.quote.clone()))
        .quote(finding.quotes.iter().cloned())
        .quote(node.and_then(|node| now.and_then(|condition| case.quote(condition.get("message"), node))))
        .explain([index])
        .explain(
            node.into_iter()
                .flat_map(|node| case.on_with(node.id, &[Symptom::NodePressure]))
                .filter(|other| case.findings.get(*other).is_some_and(|finding| &*finding.reason == condition)),
        );
    if let Some(said) = said {
        candidate =
            candidate.not("eviction.ephemeral_storage", "the node was short, not the pod beyond a bound of its own", [said.quote.clone()]);
    }
    let owner = case.owner(pod.id).reference();
    Some(match cause {
        "eviction.memory" => candidate
            .next(format!("Set memory requests of {owner} to what it really uses, so that the scheduler leaves room"))
            .next("See who uses the node's memory: kubectl top pod -A --sort-by=memory"),
        "eviction.disk" => candidate.next(format!("Free disk space on {place}: images, logs, `emptyDir` volumes")),
        _ => candidate.next(format!("Find who starts so many processes on {place}, and set `podPidsLimit`")),
    })
}

/// A pod that outgrew its own bound.
fn own_bound(case: &Case<'_>, index: usize, finding: &Finding, said: &Said) -> Candidate {
    let pod = case.entity(finding.on);
    let owner = case.owner(pod.id);
    let holder = if pod.pod_spec().exists() { pod } else { owner };
    let limits = edges::containers(holder.pod_spec()).map(|container| container.at("resources/limits").get("ephemeral-storage"));
    let sizes = holder.pod_spec().get("volumes").items().map(|volume| volume.at("emptyDir/sizeLimit"));
    let bound = if said.has(&["emptydir"]) { sizes.chain(limits).find(At::exists) } else { limits.chain(sizes).find(At::exists) };
    let says = format!(
        "{} wrote more to local storage than it may: {}",
        owner.reference(),
        crate::wording::short(&said.text).trim_end_matches(['.', ' '])
    );
    let agreed = bound.and_then(|at| case.quote(at, holder));
    let strength = if agreed.is_some() { Strength::Proven } else { Strength::Stated };
    Candidate::new("eviction.ephemeral_storage", owner.id, strength, says)
        .quote([said.quote.clone()])
        .quote(agreed)
        .quote(finding.quotes.iter().cloned())
        .explain([index])
        .not("eviction.disk", "the message names the pod's own bound, not the node's", [said.quote.clone()])
        .next(format!("Raise the bound in {}, or write less: rotate logs, clear temporary files, use a volume", owner.reference()))
}

/// A pod that had to leave a tainted node.
fn tainted(case: &Case<'_>, index: usize, finding: &Finding, node: Option<Entity<'_>>, said: Option<&Said>) -> Candidate {
    let pod = case.entity(finding.on);
    let taint = node.and_then(|node| {
        let found = node.at("spec/taints").items().find(|taint| taint.get("effect").is("NoExecute"))?;
        Some((node, found))
    });
    let named = taint.map(|(_, taint)| format!(" `{}`", taint.get("key").text_or_empty())).unwrap_or_default();
    let place = node.map_or_else(|| "its node".to_owned(), |node| format!("node `{}`", node.name()));
    let says = format!("{} was evicted because {place} carries a NoExecute taint{named} that it does not tolerate", pod.reference());
    let strength = if taint.is_some() { Strength::Proven } else { Strength::Stated };
    let mut candidate = Candidate::new("eviction.taint", node.map_or_else(|| case.owner(pod.id).id, |node| node.id), strength, says)
        .quote(said.map(|said| said.quote.clone()))
        .quote(taint.and_then(|(node, taint)| case.quote(taint.get("key"), node)))
        .quote(finding.quotes.iter().cloned())
        .explain([index])
        .next(format!("Remove the taint from {place}, or add a toleration to {}", case.owner(pod.id).reference()));
    if let Some(node) = node {
        candidate = candidate.explain(case.on_with(case.owner(pod.id).id, &[Symptom::ReplicasUnavailable])).blame(node.id);
    }
    candidate
}
