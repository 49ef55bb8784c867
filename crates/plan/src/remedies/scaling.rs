//! Replicas, autoscalers, budgets, and what was paused.

use assent_base::Kind;
use assent_evidence::{Entity, Relation};
use serde_json::{Value, json};

use super::{Ctx, Found, beside, meant, propose, whole};
use crate::action::{Action, BudgetBound};
use crate::domain::Replicas;
use crate::patch::Edit;

/// Where the Deployment controller keeps how many replicas were asked for.
const DESIRED: &str = "deployment.kubernetes.io/desired-replicas";
/// By how much the most replicas of an autoscaler grow, in percent.
const AUTOSCALER_GROWTH_PERCENT: u64 = 50;
/// How long after its time a cron job may start, where too many starts were missed to count them.
const STARTING_DEADLINE_S: u32 = 300;

fn replicas(number: u64) -> Result<Replicas, String> {
    u32::try_from(number)
        .ok()
        .and_then(|number| Replicas::new(number).ok())
        .ok_or_else(|| "the number of replicas is out of bounds".to_owned())
}

/// From no replicas to as many as there were: what an autoscaler wants at least, or what was asked for before, or one.
pub(super) fn from_zero(ctx: &Ctx<'_, '_>) -> Found {
    let workload = ctx.workload()?;
    if workload.at("/spec/replicas").and_then(Value::as_u64) != Some(0) {
        return Err("replicas are asked for, and why they fail the input does not say".to_owned());
    }
    let least = workload.entity.from(Relation::Scales).find_map(|scaler| scaler.at("spec/minReplicas").int());
    let sets = workload.entity.to(Relation::Owns).filter_map(|set| set.annotation(DESIRED).scalar()?.parse::<i64>().ok());
    let before = least.or_else(|| sets.max()).filter(|number| *number > 0).unwrap_or(1);
    propose(workload.entity, Action::Scale { replicas: replicas(before.unsigned_abs())? })
}

/// More room for an autoscaler that is at its end.
pub(super) fn autoscaler(ctx: &Ctx<'_, '_>) -> Found {
    let scaler = ctx.object()?;
    let max = scaler.at("/spec/maxReplicas").and_then(Value::as_u64).ok_or_else(|| "the most replicas were not captured".to_owned())?;
    let more = max + (max * AUTOSCALER_GROWTH_PERCENT).div_ceil(100).max(1);
    propose(ctx.entity, Action::AdjustAutoscaler { min: None, max: Some(replicas(more)?) })
}

/// A budget that allows nothing: one pod may go, or a single pod gets a second beside it.
pub(super) fn budget(ctx: &Ctx<'_, '_>) -> Found {
    let budget = ctx.object()?;
    let owner = ctx.entity.to(Relation::Selects).map(|pod| pod.top_owner()).find(|owner| owner.kind().is_workload());
    let owner = owner.ok_or_else(|| "no workload behind the budget was captured".to_owned())?;
    let count = owner.at("spec/replicas").int().unwrap_or(1);
    if count >= 2 {
        let bound =
            match (budget.at("/spec/minAvailable").and_then(Value::as_u64), budget.at("/spec/maxUnavailable").and_then(Value::as_u64)) {
                (Some(_), _) => BudgetBound::MinAvailable(replicas(count.unsigned_abs() - 1)?),
                (None, Some(_)) => BudgetBound::MaxUnavailable(replicas(1)?),
                (None, None) => return Err("the budget is stated in percent, and what it should be is its owner's to say".to_owned()),
            };
        return propose(ctx.entity, Action::AdjustBudget { bound });
    }
    if *owner.kind() != Kind::Deployment || owner.at("spec/strategy/type").is("Recreate") || mounts_claims(owner) {
        return Err("the workload runs one pod by design, so that any eviction disrupts it: plan the moment with its owner".to_owned());
    }
    propose(owner, Action::Scale { replicas: replicas(2)? })
}

fn mounts_claims(owner: Entity<'_>) -> bool {
    owner.pod_spec().get("volumes").items().any(|volume| volume.get("persistentVolumeClaim").exists())
}

/// Lets go on what was paused or suspended.
pub(super) fn resume(ctx: &Ctx<'_, '_>) -> Found {
    propose(whole(ctx.entity)?.entity, Action::Resume {})
}

/// Bounds how far back a cron job counts missed starts.
pub(super) fn starting_deadline(ctx: &Ctx<'_, '_>) -> Found {
    propose(ctx.entity, Action::CustomPatch { edits: vec![Edit::set("/spec/startingDeadlineSeconds", json!(STARTING_DEADLINE_S))] })
}

/// The DNS policy under which pods resolve names of the cluster.
pub(super) fn dns_policy(ctx: &Ctx<'_, '_>) -> Found {
    let workload = ctx.workload()?;
    let spec = workload.pod_spec_path().ok_or_else(|| "a pod's DNS policy cannot be changed: it is made anew by its owner".to_owned())?;
    let on_host = workload.at(&format!("{spec}/hostNetwork")).and_then(Value::as_bool) == Some(true);
    if workload.at(&format!("{spec}/dnsConfig")).is_some() {
        return Err("the pod has a DNS configuration of its own, and what it is for only its owner knows".to_owned());
    }
    let policy = if on_host { "ClusterFirstWithHostNet" } else { "ClusterFirst" };
    propose(workload.entity, Action::CustomPatch { edits: vec![Edit::set(format!("{spec}/dnsPolicy"), policy)] })
}

/// The workload that an autoscaler means, where one of nearly the name exists.
pub(super) fn autoscaler_target(ctx: &Ctx<'_, '_>) -> Found {
    let scaler = ctx.object()?;
    let (kind, name) = (scaler.text("/spec/scaleTargetRef/kind"), scaler.text("/spec/scaleTargetRef/name"));
    let (Some(kind), Some(name)) = (kind, name) else { return Err("what it scales was not captured".to_owned()) };
    let there = beside(ctx.graph, &Kind::named(kind), ctx.entity.namespace());
    let near = meant(name, there.iter().map(Entity::name));
    let near = near.ok_or_else(|| format!("no {kind} of nearly that name exists, and which is meant only its owner knows"))?;
    propose(ctx.entity, Action::CustomPatch { edits: vec![Edit::set("/spec/scaleTargetRef/name", near)] })
}
