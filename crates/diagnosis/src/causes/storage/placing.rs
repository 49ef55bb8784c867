//! What the scheduler says of claims and volumes: a claim that is missing or not bound, a volume that lives elsewhere.

use assent_base::{Kind, ObjectRef};
use assent_capture::tree::At;
use assent_evidence::{Entity, Relation, labels};

use crate::candidate::{Candidate, Strength};
use crate::case::Case;
use crate::causes::scheduling::message::{self, Message, Reason};
use crate::causes::scheduling::{self};
use crate::causes::told::{self, Told};
use crate::finding::Symptom;
use crate::wording::in_namespace;

/// Offers candidates for pods on no node because of a volume.
pub(super) fn find(case: &Case<'_>, out: &mut Vec<Candidate>) {
    for (index, finding) in case.with(Symptom::PodUnschedulable) {
        let pod = case.entity(finding.on);
        let Some(told) = scheduling::told(case, finding).into_iter().next() else { continue };
        let message = message::read(told.text);
        let named = message.reasons.iter().find_map(|counted| match counted.reason {
            Reason::ClaimMissing(name) => Some(name),
            _ => None,
        });
        let has = |wanted: Reason<'_>| message.reasons.iter().any(|counted| counted.reason == wanted);
        if let Some(name) = named {
            out.extend(claim_missing(case, index, pod, name, &told));
        } else if has(Reason::ClaimUnbound) {
            out.extend(claim_unbound(case, index, pod, &told));
        } else if has(Reason::VolumeAffinity) {
            out.extend(volume_affinity(case, index, pod, &message, &told));
        } else if has(Reason::VolumeBinding) {
            out.extend(no_volume(case, index, pod, &message, &told));
        }
    }
}

/// The claims that a pod, or the template of its owner, mounts.
fn claims<'g>(pod: Entity<'g>) -> Vec<At<'g>> {
    let own = pod.pod_spec().get("volumes");
    let volumes = if own.exists() { own } else { pod.top_owner().pod_spec().get("volumes") };
    volumes.items().map(|volume| volume.at("persistentVolumeClaim/claimName")).filter(At::exists).collect()
}

fn claim_missing<'g>(case: &Case<'g>, index: usize, pod: Entity<'g>, name: &str, told: &Told<'g>) -> Option<Candidate> {
    let owner = case.owner(pod.id);
    let claim = pod.reference().beside(Kind::PersistentVolumeClaim, name);
    let captured = case.graph.find(&claim).filter(Entity::is_observed);
    let leaving = captured.is_some_and(|claim| claim.at("metadata/deletionTimestamp").exists()) || told.text.contains("is being deleted");
    if captured.is_some() && !leaving {
        return None;
    }
    let named = claims(pod).into_iter().find(|at| at.is(name));
    let strength = if case.graph.is_absent(&claim) && named.is_some() || leaving { Strength::Proven } else { Strength::Stated };
    let what = if leaving { "which is being deleted" } else { "which does not exist in its namespace (not found)" };
    let holder = if pod.pod_spec().get("volumes").exists() { pod } else { owner };
    let candidate = Candidate::new(
        "storage.claim_missing",
        owner.id,
        strength,
        format!("{} mounts the PersistentVolumeClaim `{name}`, {what}", owner.reference()),
    )
    .quote([told.quote.clone()])
    .quote(named.and_then(|at| case.quote(at, holder)))
    .explain([index])
    .next(format!("Create the claim, or correct `claimName` in {}: kubectl get pvc{}", owner.reference(), in_namespace(pod)));
    Some(candidate)
}

/// A pod whose claims the input does not hold: all that is known is that one of them is not bound.
fn claim_unbound<'g>(case: &Case<'g>, index: usize, pod: Entity<'g>, told: &Told<'g>) -> Option<Candidate> {
    let owner = case.owner(pod.id);
    let pending = pod.to(Relation::Mounts).find(|to| !case.on_with(to.id, &[Symptom::ClaimPending]).is_empty());
    if pending.is_some() {
        return None;
    }
    let named = claims(pod);
    let names: Vec<&str> = named.iter().filter_map(At::text).take(3).collect();
    let which = if names.is_empty() { String::new() } else { format!(" (`{}`)", names.join("`, `")) };
    let candidate = Candidate::new(
        "storage.claim_unbound",
        owner.id,
        Strength::Stated,
        format!(
            "A PersistentVolumeClaim of {}{which} is not bound (unbound immediate PersistentVolumeClaims), and the input does not hold why",
            owner.reference()
        ),
    )
    .quote([told.quote.clone()])
    .quote(named.first().and_then(|at| case.quote(*at, pod)))
    .explain([index])
    .missing("the claims of the namespace and their events", format!("kubectl describe pvc{}", in_namespace(pod)));
    Some(candidate)
}

/// A claim of a StatefulSet that the API server refuses because it cannot tell which class is meant.
pub(super) fn refused(case: &Case<'_>, out: &mut Vec<Candidate>) {
    for (index, finding) in case.with(Symptom::PodNotCreated) {
        let told = told::of(case, finding, &[], &["FailedCreate"]);
        let Some(told) = told.into_iter().next().filter(|told| told.text.contains("default StorageClasses were found")) else { continue };
        let owner = case.owner(finding.on);
        let mark = "storageclass.kubernetes.io/is-default-class";
        let classes = case.graph.of_kind(&Kind::StorageClass).filter(|class| class.annotation(mark).bool() == Some(true));
        let classes: Vec<Entity<'_>> = classes.collect();
        let names: Vec<&str> = classes.iter().map(Entity::name).collect();
        let which = if names.is_empty() { String::new() } else { format!(": `{}`", names.join("`, `")) };
        let says =
            format!("The claims of {} name no storage class, and more than one StorageClass is the default{which}", owner.reference());
        let strength = if names.len() > 1 { Strength::Proven } else { Strength::Stated };
        out.push(
            Candidate::new("storage.several_default_classes", owner.id, strength, says)
                .quote([told.quote])
                .quote(classes.iter().filter_map(|class| case.quote(class.annotation(mark), *class)))
                .explain([index])
                .next(format!("Take the annotation `{mark}` from all classes but one")),
        );
    }
}

/// A node that lacks something else may be the volume's own; then that is the reason, and another family names it.
fn others_decide(message: &Message<'_>, own: Reason<'_>) -> bool {
    message.reasons.iter().any(|counted| counted.reason != own && !counted.reason.is_control_plane() && counted.reason != Reason::NodeMatch)
}

fn volume_affinity<'g>(case: &Case<'g>, index: usize, pod: Entity<'g>, message: &Message<'g>, told: &Told<'g>) -> Option<Candidate> {
    let bound = pod.to(Relation::Mounts).find_map(|claim| {
        let volume = claim.to(Relation::BoundTo).next()?;
        Some((claim, volume, place(volume)?))
    });
    let Some((claim, volume, (key, values))) = bound else {
        if others_decide(message, Reason::VolumeAffinity) {
            return None;
        }
        let owner = case.owner(pod.id);
        let claim = pod.to(Relation::Mounts).find(|to| *to.kind() == Kind::PersistentVolumeClaim);
        let on = claim.unwrap_or(owner);
        let says = format!(
            "The volume of {} can be used only where {} cannot run (volume node affinity conflict)",
            on.reference(),
            owner.reference()
        );
        return Some(
            Candidate::new("storage.volume_node_affinity", on.id, Strength::Stated, says)
                .quote([told.quote.clone()])
                .explain([index])
                .missing("the node affinity of the volume", "kubectl get pv -o yaml"),
        );
    };
    let words: Vec<String> = values.items().filter_map(|value| value.scalar()).collect();
    let nodes: Vec<Entity<'g>> = case.graph.of_kind(&Kind::Node).filter(|node| node.at("metadata/labels").exists()).collect();
    let there: Vec<Entity<'g>> = nodes.iter().copied().filter(|node| place_takes(volume, *node)).collect();
    let gone = there.is_empty() && !nodes.is_empty() && case.graph.is_listed(&Kind::Node, None);
    if !gone && others_decide(message, Reason::VolumeAffinity) {
        return None;
    }
    let absent = if gone { ", and the cluster has no such node" } else { "" };
    let says = format!(
        "{} is bound to the volume `{}`, which can be used only on nodes with `{key}` = {}{absent}; {} cannot run there (volume node affinity conflict)",
        claim.reference(),
        volume.name(),
        words.join(", "),
        case.owner(pod.id).reference()
    );
    let candidate = Candidate::new("storage.volume_node_affinity", claim.id, Strength::Proven, says)
        .quote([told.quote.clone()])
        .quote(case.quote(values, volume))
        .quote(case.quote(claim.at("spec/volumeName"), claim))
        .explain([index])
        .next(format!("Bring back a node with `{key}` = {}, or move the data to a new volume", words.join(", ")));
    Some(there.iter().fold(candidate, |candidate, node| candidate.blame(node.id)))
}

fn terms<'g>(volume: Entity<'g>) -> impl Iterator<Item = At<'g>> {
    volume.at("spec/nodeAffinity/required/nodeSelectorTerms").items()
}

/// The label by which a volume names its place, and the values.
fn place<'g>(volume: Entity<'g>) -> Option<(&'g str, At<'g>)> {
    let expression = terms(volume).flat_map(|term| term.get("matchExpressions").items()).next()?;
    Some((expression.get("key").text()?, expression.get("values")))
}

fn place_takes(volume: Entity<'_>, node: Entity<'_>) -> bool {
    let own = node.at("metadata/labels");
    terms(volume).any(|term| term.get("matchExpressions").items().all(|expression| labels::expression_selects(expression, own)))
}

/// `didn't find available persistent volumes to bind`, for a claim that waits for its pod.
fn no_volume<'g>(case: &Case<'g>, index: usize, pod: Entity<'g>, message: &Message<'g>, told: &Told<'g>) -> Option<Candidate> {
    if others_decide(message, Reason::VolumeBinding) {
        return None;
    }
    let claims = pod.to(Relation::Mounts).filter(|to| *to.kind() == Kind::PersistentVolumeClaim);
    let waiting: Vec<Entity<'g>> = claims.filter(|claim| !claim.at("status/phase").is("Bound")).collect();
    let on = waiting.first().copied().unwrap_or_else(|| case.owner(pod.id));
    let class = on.at("spec/storageClassName");
    let of = class.text().map(|class| format!(" of the storage class `{class}`")).unwrap_or_default();
    let wanted = on.at("spec/resources/requests/storage");
    let size = wanted.scalar().map(|size| format!(" with {size}")).unwrap_or_default();
    let says =
        format!("No volume{of}{size} is free for {} on any node that would do for {}", on.reference(), case.owner(pod.id).reference());
    let candidate = Candidate::new("storage.no_volume", on.id, if class.exists() { Strength::Proven } else { Strength::Stated }, says)
        .quote([told.quote.clone()])
        .quote(case.quote(class, on))
        .quote(case.quote(wanted, on))
        .explain([index])
        .explain(waiting.iter().flat_map(|claim| case.on_with(claim.id, &[Symptom::ClaimPending])))
        .next("Compare the claim with the volumes: kubectl get pv");
    Some(candidate)
}

/// Whether a pod's claim was never made because its name is nowhere: for workloads known by template alone.
pub(super) fn absent_claim<'g>(case: &Case<'g>, pod: Entity<'g>) -> Option<(At<'g>, ObjectRef)> {
    claims(pod).into_iter().find_map(|at| {
        let reference = pod.reference().beside(Kind::PersistentVolumeClaim, at.text()?);
        case.graph.is_absent(&reference).then_some((at, reference))
    })
}

/// Pods that wait for a claim that does not exist and of which the scheduler's words are not captured.
pub(super) fn unsaid(case: &Case<'_>, out: &mut Vec<Candidate>) {
    for (index, finding) in case.with(Symptom::PodUnschedulable) {
        let pod = case.entity(finding.on);
        if !scheduling::told(case, finding).is_empty() {
            continue;
        }
        if let Some((at, reference)) = absent_claim(case, pod) {
            let owner = case.owner(pod.id);
            let says = format!(
                "{} mounts the PersistentVolumeClaim `{}`, which does not exist in its namespace",
                owner.reference(),
                reference.name
            );
            let holder = if pod.pod_spec().get("volumes").exists() { pod } else { owner };
            out.push(
                Candidate::new("storage.claim_missing", owner.id, Strength::Shown, says)
                    .quote(case.quote(at, holder))
                    .quote(finding.quotes.iter().cloned())
                    .explain([index])
                    .next(format!(
                        "Create the claim, or correct `claimName` in {}{}",
                        owner.reference(),
                        crate::wording::in_namespace(pod)
                    )),
            );
        }
    }
}
