//! Faults that began with a change of the workload's own template.

use assent_base::Kind;
use assent_evidence::changes::{self, Change, Difference};
use assent_evidence::{Entity, Relation};

use crate::candidate::{Candidate, Strength};
use crate::case::Case;
use crate::cause::Cause;
use crate::complaint;
use crate::finding::{Quote, Symptom};

/// Differences that a statement names.
const DIFFERENCES_TOLD: usize = 3;
/// Characters of a value that a statement quotes.
const VALUE_CHARS_MAX: usize = 80;

/// The causes of this family.
pub static CAUSES: &[Cause] = &[Cause {
    id: "change.crash_after_change",
    title: "The pods of the new revision fail, those of the revision before do well",
    meaning: "The Deployment's template was changed. Pods of the new ReplicaSet fail, while those of the ReplicaSet before it are ready: \
              what differs between the two templates brought the fault.",
    proof: "Two revisions are captured; only pods of the newer one fail, and the older one has ready pods.",
    refutation: "Pods of the older revision fail in the same way, or failed before the change.",
    confused_with: &["app.exited", "app.panic", "app.config_invalid"],
    fixes: &["Go back to the revision before: `kubectl rollout undo`", "Correct the changed fields and roll out again"],
    depth: 60,
}];

const FAILS: &[Symptom] = &[Symptom::ContainerCrash, Symptom::PodFailed, Symptom::NotReady, Symptom::ProbeFailing, Symptom::OomKilled];

/// Offers candidates.
pub fn find(case: &Case<'_>, out: &mut Vec<Candidate>) {
    for deployment in case.graph.of_kind(&Kind::Deployment) {
        out.extend(of(case, deployment));
    }
}

fn of<'g>(case: &Case<'g>, deployment: Entity<'g>) -> Option<Candidate> {
    let change = broken_by(case, deployment)?;
    let explains: Vec<usize> = change.to.pods().iter().flat_map(|pod| case.on_with(pod.id, FAILS)).collect();
    let told = told(&change);
    let (before, after) = change.revisions;
    let at = change.at.map(|at| format!(" at {at}")).unwrap_or_default();
    let words = complaint::decisive(case)
        .into_iter()
        .find(|said| said.owner == deployment && said.ended)
        .map(|said| format!("; their log ends with \"{}\"", said.complaint.words()))
        .unwrap_or_default();
    let says = format!(
        "Since the change of {} from revision {before} to {after}{at} its new pods fail, while those of revision {before} are ready. Changed: {told}{words}",
        deployment.reference()
    );
    let ready = case.quote(change.from.at("status/readyReplicas"), change.from);
    Some(
        Candidate::new("change.crash_after_change", deployment.id, Strength::Shown, says)
            .quote(quotes(case, &change))
            .quote(ready)
            .explain(explains)
            .next(undo(deployment)),
    )
}

/// The latest change, if pods of the new revision fail and the revision before stands.
fn broken_by<'g>(case: &Case<'g>, deployment: Entity<'g>) -> Option<Change<'g>> {
    let change = changes::latest(deployment)?;
    let fails = |set: Entity<'g>| set.pods().iter().any(|pod| !case.on_with(pod.id, FAILS).is_empty());
    let stands = change.from.at("status/readyReplicas").int().unwrap_or(0) > 0 && !fails(change.from);
    let began_after = change.to.pods().iter().all(|pod| {
        let made = pod.created().zip(change.at).is_none_or(|(made, at)| assent_base::time::seconds_between(at, made) >= -60);
        *pod.kind() == Kind::Pod && made
    });
    (stands && began_after && fails(change.to) && change.differences.iter().any(matters)).then_some(change)
}

/// A restart by hand writes an annotation and changes nothing else.
fn matters(difference: &Difference<'_>) -> bool {
    !difference.path.contains("restartedAt")
}

fn told(change: &Change<'_>) -> String {
    let value = |at: assent_capture::tree::At<'_>| match at.scalar() {
        Some(text) => format!("`{}`", text.chars().take(VALUE_CHARS_MAX).collect::<String>()),
        None if at.exists() || at.items().next().is_some() => "set".to_owned(),
        None => "not set".to_owned(),
    };
    let all: Vec<&Difference<'_>> = change.differences.iter().filter(|difference| matters(difference)).collect();
    let mut parts: Vec<String> = all
        .iter()
        .take(DIFFERENCES_TOLD)
        .map(|difference| format!("`{}` {} -> {}", difference.path, value(difference.before), value(difference.after)))
        .collect();
    if all.len() > DIFFERENCES_TOLD {
        parts.push(format!("and {} more", all.len() - DIFFERENCES_TOLD));
    }
    parts.join(", ")
}

fn quotes<'g>(case: &Case<'g>, change: &Change<'g>) -> Vec<Quote> {
    let differences = change.differences.iter().filter(|difference| matters(difference)).take(DIFFERENCES_TOLD);
    differences
        .flat_map(|difference| [case.quote(difference.before, change.from), case.quote(difference.after, change.to)])
        .flatten()
        .collect()
}

fn undo(deployment: Entity<'_>) -> String {
    let namespace = deployment.namespace().map(|namespace| format!(" -n {namespace}")).unwrap_or_default();
    format!("Go back to the revision that ran before: kubectl rollout undo deployment/{}{namespace}", deployment.name())
}

/// Adds to a cause on a Deployment the change that it came with, as something to undo.
#[must_use]
pub fn annotate(case: &Case<'_>, candidate: Candidate) -> Candidate {
    let entity = case.entity(candidate.on);
    if *entity.kind() != Kind::Deployment || entity.to(Relation::Owns).nth(1).is_none() {
        return candidate;
    }
    match broken_by(case, entity) {
        Some(change) => {
            let (before, after) = change.revisions;
            candidate.next(format!("{}. Revision {after} differs from {before} in {}", undo(entity), told(&change)))
        }
        None => candidate,
    }
}
