//! What follows from a symptom by how Kubernetes works: pods that are not ready leave a Service without endpoints.

use std::collections::BTreeSet;

use assent_base::Kind;
use assent_evidence::{Entity, Relation};

use crate::case::Case;
use crate::finding::Symptom;

/// How far from the fault a symptom is: what the user sees comes last.
pub(crate) fn stage(symptom: Symptom) -> u8 {
    match symptom {
        Symptom::ClusterPartFailing | Symptom::NodeNotReady | Symptom::NodePressure => 0,
        Symptom::ClaimPending
        | Symptom::ClaimNotResized
        | Symptom::ObjectRefused
        | Symptom::NoReplicasWanted
        | Symptom::AddressDangling => 1,
        Symptom::PodNotCreated
        | Symptom::PodUnschedulable
        | Symptom::PodStuckCreating
        | Symptom::ImagePull
        | Symptom::ContainerConfig
        | Symptom::ContainerStart
        | Symptom::OomKilled
        | Symptom::Evicted
        | Symptom::Throttled => 2,
        Symptom::ContainerCrash | Symptom::PodFailed | Symptom::LogComplaint | Symptom::PodStuckTerminating => 3,
        Symptom::ProbeFailing => 4,
        Symptom::NotReady => 5,
        Symptom::ReplicasUnavailable | Symptom::JobFailed | Symptom::CronJobIdle => 6,
        Symptom::RolloutStuck | Symptom::AutoscalerStuck | Symptom::DisruptionBlocked | Symptom::StuckDeleting => 7,
        Symptom::NoEndpoints | Symptom::ServiceMismatch => 8,
        Symptom::RouteBroken | Symptom::Slow => 9,
        Symptom::CheckFailed => 10,
        Symptom::Alert => 11,
    }
}

/// Whether a symptom usually follows from another, so that explaining it alone is no merit.
pub(crate) fn is_consequence(symptom: Symptom) -> bool {
    matches!(
        symptom,
        Symptom::ReplicasUnavailable
            | Symptom::RolloutStuck
            | Symptom::NoEndpoints
            | Symptom::Alert
            | Symptom::NotReady
            | Symptom::RouteBroken
            | Symptom::CheckFailed
            | Symptom::DisruptionBlocked
    )
}

/// Adds the findings that follow from those explained already.
pub(crate) fn close(case: &Case<'_>, explained: &mut BTreeSet<usize>) {
    let mut open: Vec<usize> = explained.iter().copied().collect();
    while let Some(index) = open.pop() {
        let Some(finding) = case.findings.get(index) else { continue };
        for follower in followers(case, case.entity(finding.on), finding.symptom) {
            if explained.insert(follower) {
                open.push(follower);
            }
        }
    }
}

fn followers(case: &Case<'_>, entity: Entity<'_>, symptom: Symptom) -> Vec<usize> {
    let mut found = Vec::new();
    let mut add = |of: Entity<'_>, symptoms: &[Symptom]| found.extend(case.on_with(of.id, symptoms));
    add(entity, &[Symptom::Alert]);
    match entity.kind() {
        Kind::Pod => {
            add(entity, &[Symptom::NotReady]);
            if matches!(symptom, Symptom::OomKilled | Symptom::ContainerStart | Symptom::ContainerConfig | Symptom::ImagePull) {
                add(entity, &[Symptom::ProbeFailing]);
            }
            if matches!(symptom, Symptom::ProbeFailing) {
                add(entity, &[Symptom::ContainerCrash]);
            }
            let mut owner = entity;
            for _ in 0..4 {
                let Some(next) = owner.from(Relation::Owns).next() else { break };
                owner = next;
                add(
                    owner,
                    &[Symptom::ReplicasUnavailable, Symptom::RolloutStuck, Symptom::JobFailed, Symptom::Alert, Symptom::AutoscalerStuck],
                );
                for scaler in owner.from(Relation::Scales) {
                    add(scaler, &[Symptom::AutoscalerStuck, Symptom::Alert]);
                }
            }
            for selecting in entity.from(Relation::Selects) {
                add(selecting, &[Symptom::NoEndpoints, Symptom::Alert, Symptom::CheckFailed, Symptom::DisruptionBlocked]);
            }
        }
        Kind::Service => {
            for route in entity.from(Relation::RoutesTo) {
                add(route, &[Symptom::RouteBroken, Symptom::Alert]);
            }
            for hook in entity.from(Relation::ServedBy) {
                add(hook, &[Symptom::Alert]);
            }
        }
        Kind::PersistentVolumeClaim => {
            for user in entity.from(Relation::Mounts) {
                add(user, &[Symptom::PodUnschedulable, Symptom::PodStuckCreating]);
            }
        }
        Kind::Node => {
            for pod in entity.from(Relation::RunsOn) {
                add(pod, &[Symptom::NotReady, Symptom::PodStuckTerminating]);
            }
        }
        Kind::Deployment | Kind::ReplicaSet | Kind::StatefulSet | Kind::DaemonSet | Kind::Job => {
            add(entity, &[Symptom::ReplicasUnavailable, Symptom::RolloutStuck]);
            for owner in entity.from(Relation::Owns) {
                add(owner, &[Symptom::ReplicasUnavailable, Symptom::RolloutStuck, Symptom::PodNotCreated, Symptom::Alert]);
            }
            for owned in entity.to(Relation::Owns).filter(|_| symptom == Symptom::PodNotCreated) {
                add(owned, &[Symptom::PodNotCreated]);
            }
            for selecting in entity.from(Relation::Selects) {
                add(selecting, &[Symptom::NoEndpoints, Symptom::Alert]);
            }
        }
        _ => {}
    }
    found
}
