//! Symptoms of what makes pods, and of what scales and guards them.

use assent_base::Kind;
use assent_capture::tree::At;
use assent_evidence::{Entity, Relation};

use crate::case::Case;
use crate::finding::{Finding, Quote, Severity, Symptom};

/// Replicas may be missing this long while a rollout goes on.
pub(crate) const ROLLOUT_PATIENCE_S: i64 = 60;

/// An object may need this long to go away.
pub(crate) const DELETION_PATIENCE_S: i64 = 300;

/// Finds symptoms of workloads, autoscalers, disruption budgets and namespaces.
pub(super) fn find<'g>(case: &mut Case<'g>) {
    let entities: Vec<Entity<'g>> = case.graph.entities().collect();
    for entity in entities {
        if !entity.is_captured() && entity.events().is_empty() {
            continue;
        }
        match entity.kind() {
            Kind::Deployment | Kind::ReplicaSet | Kind::StatefulSet | Kind::DaemonSet | Kind::ReplicationController => {
                replicas(case, entity)
            }
            Kind::Job => job(case, entity),
            Kind::CronJob => cron_job(case, entity),
            Kind::HorizontalPodAutoscaler => autoscaler(case, entity),
            Kind::PodDisruptionBudget => budget(case, entity),
            Kind::Namespace => namespace(case, entity),
            _ => {}
        }
        if !matches!(entity.kind(), Kind::Namespace | Kind::Pod) {
            deleting(case, entity);
        }
        if entity.kind().is_workload() {
            not_created(case, entity);
        }
    }
}

fn add<'g>(case: &mut Case<'g>, symptom: Symptom, on: Entity<'g>, severity: Severity, reason: &str, says: String, quotes: Vec<Quote>) {
    let since = quotes.iter().filter_map(|quote| quote.time).min();
    case.add(Finding { symptom, on: on.id, container: None, says, quotes, severity, since, reason: reason.into() });
}

fn some<'g, const N: usize>(case: &Case<'g>, on: Entity<'g>, places: [At<'g>; N]) -> Vec<Quote> {
    places.into_iter().filter_map(|at| case.quote(at, on)).collect()
}

fn replicas<'g>(case: &mut Case<'g>, entity: Entity<'g>) {
    if !entity.is_observed() {
        return;
    }
    let (wanted_at, ready_at) = match entity.kind() {
        Kind::DaemonSet => (entity.at("status/desiredNumberScheduled"), entity.at("status/numberReady")),
        Kind::Deployment => (entity.at("spec/replicas"), entity.at("status/availableReplicas")),
        _ => (entity.at("spec/replicas"), entity.at("status/readyReplicas")),
    };
    let Some(wanted) = wanted_at.int() else { return };
    if wanted == 0 {
        let owned = entity.from(Relation::Owns).next().is_some();
        if !owned && *entity.kind() != Kind::DaemonSet {
            let quotes = some(case, entity, [wanted_at]);
            let says = format!("{} is asked to have no replicas", entity.reference());
            let severity = if is_missed(case, entity) { Severity::Degraded } else { Severity::Notice };
            add(case, Symptom::NoReplicasWanted, entity, severity, "ScaledToZero", says, quotes);
        }
        return;
    }
    paused(case, entity, wanted);
    if let Some(condition) = entity.condition("Progressing").filter(|condition| condition.get("reason").is("ProgressDeadlineExceeded")) {
        let quotes = some(case, entity, [condition.get("message"), condition.get("reason")]);
        add(
            case,
            Symptom::RolloutStuck,
            entity,
            Severity::Broken,
            "ProgressDeadlineExceeded",
            format!("The rollout of {} makes no progress", entity.reference()),
            quotes,
        );
    }
    // Omitted counts are zero where the whole object was printed.
    let ready = match ready_at.int() {
        Some(ready) => ready,
        None if entity.is_full() && entity.at("status").exists() => 0,
        None => return,
    };
    let fresh = case.age_s(entity.created()).is_some_and(|age| age < ROLLOUT_PATIENCE_S);
    if ready < wanted && !fresh && entity.from(Relation::Owns).next().is_none() {
        let mut quotes = some(case, entity, [wanted_at, ready_at, entity.at("status/unavailableReplicas")]);
        if let Some(condition) = entity.condition("Available").filter(|condition| condition.get("status").is("False")) {
            quotes.extend(case.quote(condition.get("message"), entity));
        }
        let says = format!("{} has {ready} of {wanted} replicas", entity.reference());
        // Rollouts, scaling and drained nodes replace pods all day.
        let severity = if is_settling(case, entity) { Severity::Notice } else { Severity::Broken };
        add(case, Symptom::ReplicasUnavailable, entity, severity, "ReplicasUnavailable", says, quotes);
    }
}

/// Whether replicas are missing because pods have only just been made, and no controller says that there have been too few for long.
fn is_settling<'g>(case: &Case<'g>, entity: Entity<'g>) -> bool {
    let is_new = |since| case.age_s(since).is_some_and(|age| age < ROLLOUT_PATIENCE_S);
    let lacking = entity.condition("Available").filter(|condition| condition.get("status").is("False"));
    if lacking.is_some_and(|condition| !is_new(condition.get("lastTransitionTime").instant())) {
        return false;
    }
    let owned = |of: Entity<'g>| of.to(Relation::Owns);
    let mut pods = owned(entity).flat_map(|one| if *one.kind() == Kind::Pod { vec![one] } else { owned(one).collect() });
    pods.any(|pod| *pod.kind() == Kind::Pod && is_new(pod.created()))
}

/// Whether anybody misses the pods of a workload: who asked, a route that leads to it, a workload with replicas that calls it.
fn is_missed<'g>(case: &Case<'g>, entity: Entity<'g>) -> bool {
    let calls = |service: &Entity<'g>| {
        service.from(Relation::Calls).any(|caller| {
            let lives = caller.at("spec/replicas").int().is_none_or(|replicas| replicas > 0);
            lives && caller.top_owner() != entity
        })
    };
    let services = entity.from(Relation::Selects).filter(|other| *other.kind() == Kind::Service);
    case.is_asked(entity)
        || services.into_iter().any(|service| {
            case.is_asked(service) || calls(&service) || service.from(Relation::RoutesTo).any(|route| *route.kind() != Kind::Service)
        })
}

/// A Deployment that is paused with a template that not all of its pods have.
fn paused<'g>(case: &mut Case<'g>, entity: Entity<'g>, wanted: i64) {
    let flag = entity.at("spec/paused");
    let updated = entity.at("status/updatedReplicas");
    let behind = updated.int().unwrap_or(0) < wanted && (updated.exists() || entity.is_full());
    if flag.bool() == Some(true) && behind {
        let quotes = some(case, entity, [flag, updated]);
        let says = format!("The rollout of {} is paused", entity.reference());
        add(case, Symptom::RolloutStuck, entity, Severity::Degraded, "Paused", says, quotes);
    }
}

/// An object that is marked for deletion for long and still has finalizers.
fn deleting<'g>(case: &mut Case<'g>, entity: Entity<'g>) {
    let since = entity.at("metadata/deletionTimestamp");
    let finalizers = entity.at("metadata/finalizers");
    let patient = case.age_s(since.instant()).is_none_or(|age| age < DELETION_PATIENCE_S);
    if since.exists() && finalizers.items().next().is_some() && !patient {
        let quotes = some(case, entity, [since, finalizers]);
        let says = format!("{} does not go away", entity.reference());
        // Storage that is still in use waits for its user by design, and serves it meanwhile.
        let storage = matches!(entity.kind(), Kind::PersistentVolumeClaim | Kind::PersistentVolume);
        let serves = storage && entity.at("status/phase").is("Bound") && !case.is_asked(entity);
        let severity = if serves { Severity::Notice } else { Severity::Broken };
        add(case, Symptom::StuckDeleting, entity, severity, "Terminating", says, quotes);
    }
}

/// A controller that is refused when it creates pods, unless it has what it wants by now.
fn not_created<'g>(case: &mut Case<'g>, entity: Entity<'g>) {
    let failure = entity.condition("ReplicaFailure").filter(|condition| condition.get("status").is("True"));
    let failure =
        failure.or_else(|| entity.condition("Progressing").filter(|condition| condition.get("reason").is("ReplicaSetCreateError")));
    let event = case.event(entity, &["FailedCreate", "ReplicaSetCreateError"]);
    if event.is_none() && failure.is_none() {
        return;
    }
    let wanted = entity.at("spec/replicas").int().or_else(|| entity.at("status/desiredNumberScheduled").int());
    // Pods that exist were admitted, whatever ails them now. A Deployment counts those of its newest template.
    let made = match entity.kind() {
        Kind::Deployment => {
            ["status/updatedReplicas", "status/readyReplicas"].map(|path| entity.at(path).int()).into_iter().flatten().next()
        }
        Kind::DaemonSet => entity.at("status/currentNumberScheduled").int().or_else(|| entity.at("status/numberReady").int()),
        _ => entity.at("status/replicas").int().max(entity.at("status/readyReplicas").int()),
    };
    let satisfied = wanted.is_some_and(|wanted| made.unwrap_or(0) >= wanted);
    let done = entity.condition("Complete").is_some_and(|condition| condition.get("status").is("True"));
    let started = *entity.kind() == Kind::Job && entity.at("status/active").int().or_else(|| entity.at("status/succeeded").int()) > Some(0);
    let succeeded = case.event(entity, &["SuccessfulCreate"]).is_some_and(|good| event.is_some_and(|bad| good.last > bad.last));
    // Without counts, a later success is all that is known.
    let over = succeeded && wanted.is_none() && failure.is_none();
    if satisfied || done || started || over {
        return;
    }
    let mut quotes: Vec<Quote> = event.and_then(|event| case.quote_event(event, entity)).into_iter().collect();
    quotes.extend(failure.and_then(|condition| case.quote(condition.get("message"), entity)));
    add(
        case,
        Symptom::PodNotCreated,
        entity,
        Severity::Broken,
        "FailedCreate",
        format!("{} cannot create its pods", entity.reference()),
        quotes,
    );
}

fn job<'g>(case: &mut Case<'g>, job: Entity<'g>) {
    let failed = job.condition("Failed").filter(|condition| condition.get("status").is("True"));
    let target = job.condition("FailureTarget").filter(|condition| condition.get("status").is("True"));
    let event = case.event(job, &["BackoffLimitExceeded", "DeadlineExceeded", "PodFailurePolicy"]);
    if failed.is_none() && target.is_none() && event.is_none() {
        return;
    }
    let condition = failed.or(target);
    let mut quotes: Vec<Quote> = condition.and_then(|condition| case.quote(condition.get("message"), job)).into_iter().collect();
    quotes.extend(condition.and_then(|condition| case.quote(condition.get("reason"), job)));
    quotes.extend(event.and_then(|event| case.quote_event(event, job)));
    let reason =
        condition.and_then(|condition| condition.get("reason").text()).or_else(|| event.map(|event| &*event.reason)).unwrap_or("Failed");
    // A failed run of a cron job whose later run went well is history.
    let owner = job.top_owner();
    let good = owner.at("status/lastSuccessfulTime").instant();
    let superseded = *owner.kind() == Kind::CronJob && good.is_some_and(|good| job.created().is_some_and(|made| made < good));
    let severity = if superseded { Severity::Notice } else { Severity::Broken };
    add(case, Symptom::JobFailed, job, severity, reason, format!("{} failed ({reason})", job.reference()), quotes);
}

fn cron_job<'g>(case: &mut Case<'g>, cron: Entity<'g>) {
    let event = case.event(
        cron,
        &["FailedNeedsStart", "TooManyMissedTimes", "UnparseableSchedule", "InvalidSchedule", "FailedCreate", "UnknownTimeZone"],
    );
    let suspended = cron.at("spec/suspend").bool() == Some(true);
    if let Some(event) = event {
        let quotes = case.quote_event(event, cron).into_iter().collect();
        add(
            case,
            Symptom::CronJobIdle,
            cron,
            Severity::Broken,
            &event.reason,
            format!("{} does not start its jobs", cron.reference()),
            quotes,
        );
    } else if suspended {
        let asked = case.is_asked(cron);
        let quotes = some(case, cron, [cron.at("spec/suspend")]);
        let severity = if asked { Severity::Degraded } else { Severity::Notice };
        add(case, Symptom::CronJobIdle, cron, severity, "Suspended", format!("{} is suspended", cron.reference()), quotes);
    } else if let Some(event) = case.event(cron, &["JobAlreadyActive"]).filter(|event| event.count > 1 || case.is_asked(cron)) {
        let quotes = case.quote_event(event, cron).into_iter().collect();
        let says = format!("{} skips its starts", cron.reference());
        add(case, Symptom::CronJobIdle, cron, Severity::Degraded, "JobAlreadyActive", says, quotes);
    }
}

fn autoscaler<'g>(case: &mut Case<'g>, hpa: Entity<'g>) {
    autoscaler_events(case, hpa);
    for (kind, bad) in [("AbleToScale", "False"), ("ScalingActive", "False"), ("ScalingLimited", "True")] {
        let Some(condition) = hpa.condition(kind).filter(|condition| condition.get("status").is(bad)) else { continue };
        let reason = condition.get("reason").text_or_empty();
        // Held at its minimum, or switched off with its target: as asked for.
        let severity = match reason {
            "ScalingDisabled" | "TooFewReplicas" => Severity::Notice,
            "TooManyReplicas" => Severity::Degraded,
            _ => Severity::Broken,
        };
        let quotes = some(case, hpa, [condition.get("message"), condition.get("reason")]);
        add(case, Symptom::AutoscalerStuck, hpa, severity, reason, format!("{} cannot scale ({reason})", hpa.reference()), quotes);
    }
}

/// What an autoscaler's events say where its conditions were not captured.
fn autoscaler_events<'g>(case: &mut Case<'g>, hpa: Entity<'g>) {
    const REASONS: &[&str] = &[
        "FailedGetResourceMetric",
        "FailedGetContainerResourceMetric",
        "FailedGetExternalMetric",
        "FailedGetObjectMetric",
        "FailedGetPodsMetric",
        "FailedComputeMetricsReplicas",
        "FailedGetScale",
    ];
    let told = hpa.condition("ScalingActive").is_some() || hpa.condition("AbleToScale").is_some();
    if let Some(event) = case.event(hpa, REASONS).filter(|_| !told) {
        let quotes = case.quote_event(event, hpa).into_iter().collect();
        let says = format!("{} cannot scale ({})", hpa.reference(), event.reason);
        add(case, Symptom::AutoscalerStuck, hpa, Severity::Broken, &event.reason, says, quotes);
    }
}

fn budget<'g>(case: &mut Case<'g>, budget: Entity<'g>) {
    let allowed = budget.at("status/disruptionsAllowed");
    if allowed.int() != Some(0) || budget.at("status/expectedPods").int() == Some(0) {
        return;
    }
    let drained =
        budget.to(Relation::Selects).any(|pod| pod.to(Relation::RunsOn).any(|node| node.at("spec/unschedulable").bool() == Some(true)));
    let severity = if drained || case.is_asked(budget) { Severity::Degraded } else { Severity::Notice };
    let quotes = some(case, budget, [allowed, budget.at("status/currentHealthy"), budget.at("status/desiredHealthy")]);
    add(
        case,
        Symptom::DisruptionBlocked,
        budget,
        severity,
        "DisruptionsAllowed0",
        format!("{} allows no disruption", budget.reference()),
        quotes,
    );
}

fn namespace<'g>(case: &mut Case<'g>, namespace: Entity<'g>) {
    let since = namespace.at("metadata/deletionTimestamp");
    let terminating = namespace.at("status/phase").is("Terminating");
    if !terminating || case.age_s(since.instant()).is_some_and(|age| age < DELETION_PATIENCE_S) {
        return;
    }
    let mut quotes = some(case, namespace, [namespace.at("status/phase"), since]);
    for condition in namespace.at("status/conditions").items().filter(|condition| condition.get("status").is("True")) {
        quotes.extend(case.quote(condition.get("message"), namespace));
    }
    add(
        case,
        Symptom::StuckDeleting,
        namespace,
        Severity::Broken,
        "Terminating",
        format!("Namespace `{}` does not go away", namespace.name()),
        quotes,
    );
}
