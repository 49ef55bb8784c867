//! Replicas that nobody asked for, rollouts that are held, programs that end, objects that do not go away.

use assent_base::Kind;
use assent_evidence::{Relation, labels};

use crate::candidate::{Candidate, Strength};
use crate::case::Case;
use crate::finding::{Finding, Severity, Symptom};
use crate::said;

/// Offers candidates.
pub(super) fn find(case: &Case<'_>, out: &mut Vec<Candidate>) {
    for (index, finding) in case.findings.iter().enumerate() {
        match finding.symptom {
            Symptom::NoReplicasWanted => out.push(zero(case, index, finding)),
            Symptom::RolloutStuck if &*finding.reason == "Paused" => out.push(paused(case, index, finding)),
            Symptom::RolloutStuck => out.push(no_progress(case, index, finding)),
            Symptom::ContainerCrash => out.extend(done(case, index, finding)),
            Symptom::StuckDeleting | Symptom::PodStuckTerminating => out.extend(finalizer(case, index, finding)),
            Symptom::ReplicasUnavailable => out.extend(foreign_selector(case, index, finding)),
            _ => {}
        }
    }
}

fn zero(case: &Case<'_>, index: usize, finding: &Finding) -> Candidate {
    let entity = case.entity(finding.on);
    let services: Vec<_> = entity.from(Relation::Selects).filter(|other| *other.kind() == Kind::Service).collect();
    let left = services.first().map(|service| format!(", so {} has nobody to answer", service.reference())).unwrap_or_default();
    let says = format!("{} is scaled to zero (`spec.replicas: 0`){left}", entity.reference());
    let strength = if services.is_empty() { Strength::Shown } else { Strength::Proven };
    let kind = entity.kind().as_str().to_lowercase();
    Candidate::new("workload.zero_replicas", entity.id, strength, says)
        .quote(finding.quotes.iter().cloned())
        .explain([index])
        .explain(services.iter().flat_map(|service| case.on_with(service.id, &[Symptom::NoEndpoints])))
        .next(format!("Scale it up: kubectl scale {kind}/{}{} --replicas=1", entity.name(), crate::wording::in_namespace(entity)))
}

fn paused(case: &Case<'_>, index: usize, finding: &Finding) -> Candidate {
    let entity = case.entity(finding.on);
    let says = format!("{} is paused (`spec.paused: true`), so its current template is not rolled out", entity.reference());
    Candidate::new("workload.paused", entity.id, Strength::Proven, says)
        .quote(finding.quotes.iter().cloned())
        .explain([index])
        .next(format!("Resume it: kubectl rollout resume deployment/{}{}", entity.name(), crate::wording::in_namespace(entity)))
}

fn no_progress(case: &Case<'_>, index: usize, finding: &Finding) -> Candidate {
    let entity = case.entity(finding.on);
    let namespace = crate::wording::in_namespace(entity);
    Candidate::new(
        "workload.progress_deadline",
        entity.id,
        Strength::Stated,
        format!("The rollout of {} made no progress within its deadline; the input does not show why", entity.reference()),
    )
    .quote(finding.quotes.iter().cloned())
    .explain([index])
    .missing(format!("the pods of {} and their events", entity.reference()), format!("kubectl get pods,events{namespace}"))
    .next(format!("Go back to the revision before: kubectl rollout undo deployment/{}{namespace}", entity.name()))
}

/// A program that does its work and ends, where it should stay.
fn done(case: &Case<'_>, index: usize, finding: &Finding) -> Option<Candidate> {
    let pod = case.entity(finding.on);
    let owner = case.owner(pod.id);
    let probed = case.on_with(pod.id, &[Symptom::ProbeFailing]).into_iter().filter_map(|index| case.findings.get(index));
    if probed.into_iter().any(|finding| finding.severity > Severity::Notice) || matches!(owner.kind(), Kind::Job | Kind::CronJob) {
        return None;
    }
    let code = said::statuses(pod, finding.container.as_deref()).into_iter().find_map(|status| {
        [status.at("state/terminated/exitCode"), status.at("lastState/terminated/exitCode")].into_iter().find(|code| code.exists())
    })?;
    if code.int() != Some(0) {
        return None;
    }
    let last = said::printed(case, finding).into_iter().find(|said| !said.text.trim().is_empty());
    let told = last.as_ref().map(|said| format!("; its last words are `{}`", crate::wording::short(&said.text))).unwrap_or_default();
    let says = format!(
        "{} ends without error (exit code 0) and is restarted each time{told}",
        crate::wording::sentence(&said::who(case, finding))
    );
    let command = said::container_of(case, finding).and_then(|container| {
        let at = [container.get("command"), container.get("args")].into_iter().find(|at| at.exists())?;
        case.quote(at, if pod.pod_spec().exists() { pod } else { owner })
    });
    Some(
        Candidate::new("workload.exits_cleanly", owner.id, Strength::Proven, says)
            .quote(case.quote(code, pod))
            .quote(command)
            .quote(last.map(|said| said.quote))
            .quote(finding.quotes.iter().cloned())
            .explain([index])
            .not("memory.container_limit_oom", "the exit code is 0, not 137", case.quote(code, pod))
            .next(format!("Run it as a Job or CronJob, or let the program of {} stay in the foreground", owner.reference())),
    )
}

/// An object that waits for its finalizers.
fn finalizer(case: &Case<'_>, index: usize, finding: &Finding) -> Option<Candidate> {
    let entity = case.entity(finding.on);
    let finalizers = entity.at("metadata/finalizers").items().chain(entity.at("spec/finalizers").items());
    let names: Vec<_> = finalizers.filter(|at| !at.text_or_empty().is_empty()).take(4).collect();
    let remaining = [
        "NamespaceFinalizersRemaining",
        "NamespaceContentRemaining",
        "NamespaceDeletionDiscoveryFailure",
        "NamespaceDeletionContentFailure",
    ]
    .into_iter()
    .filter_map(|kind| entity.condition(kind))
    .find(|condition| condition.get("status").is("True"))
    .map(|condition| condition.get("message"));
    if names.is_empty() && remaining.is_none() {
        return None;
    }
    let users: Vec<String> = match entity.kind() {
        Kind::PersistentVolumeClaim => {
            entity.from(Relation::Mounts).filter(|user| *user.kind() == Kind::Pod).map(|pod| pod.reference().to_string()).take(3).collect()
        }
        _ => Vec::new(),
    };
    let listed: Vec<&str> = names.iter().map(|at| at.text_or_empty()).collect();
    let why = match (remaining.and_then(|at| at.text()), users.as_slice()) {
        (Some(message), _) => format!(": {}", crate::wording::short(message)),
        (None, []) => format!(": the finalizer `{}` is still there", listed.join("`, `")),
        (None, users) => format!(": the finalizer `{}` waits for {}, which still uses it", listed.join("`, `"), users.join(", ")),
    };
    let says = format!("{} is marked for deletion and does not go away{why}", entity.reference());
    Some(
        Candidate::new("workload.finalizer_stuck", entity.id, Strength::Proven, says)
            .quote(remaining.and_then(|at| case.quote(at, entity)))
            .quote(names.iter().filter_map(|at| case.quote(*at, entity)))
            .quote(finding.quotes.iter().cloned())
            .explain([index])
            .next("Repair the controller that owns the finalizer, or delete what still uses the object; remove the finalizer only as a last resort"),
    )
}

/// A controller whose selector its own template does not satisfy.
fn foreign_selector(case: &Case<'_>, index: usize, finding: &Finding) -> Option<Candidate> {
    let entity = case.entity(finding.on);
    let (selector, template) = (entity.at("spec/selector"), entity.pod_labels());
    if !entity.is_full() || selector.get("matchLabels").entries().next().is_none() || template.entries().next().is_none() {
        return None;
    }
    if labels::selector_selects(selector, template) {
        return None;
    }
    let says = format!("The selector of {} does not match the labels of its own template", entity.reference());
    Some(
        Candidate::new("workload.selector_mismatch", entity.id, Strength::Shown, says)
            .quote(case.quote(selector, entity))
            .quote(case.quote(template, entity))
            .explain([index])
            .next(format!("Make the labels under `spec.template.metadata` of {} satisfy `spec.selector`", entity.reference())),
    )
}
