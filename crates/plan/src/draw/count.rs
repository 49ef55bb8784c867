//! Numbers and switches: replicas, bounds, cordons, suspension.

use assent_base::Kind;
use assent_evidence::Relation;
use serde_json::Value;

use super::{Edits, Refused};
use crate::action::BudgetBound;
use crate::domain::Replicas;
use crate::observed::Object;
use crate::patch::Edit;

pub(super) fn scale(object: &Object<'_>, replicas: Replicas) -> Result<Edits, Refused> {
    let now = object.at("/spec/replicas").and_then(Value::as_u64);
    let scaler = object.entity.from(Relation::Scales).find(|scaler| *scaler.kind() == Kind::HorizontalPodAutoscaler);
    // An autoscaler stands still while a workload has no replicas, and owns their number otherwise.
    if let Some(scaler) = scaler.filter(|_| now != Some(0)) {
        return Err(Refused::Value(format!("{} owns the number of replicas and would set it back", scaler.reference())));
    }
    Ok(Edits::of([Edit::set("/spec/replicas", replicas.get())]))
}

pub(super) fn cordon(object: &Object<'_>, on: bool) -> Result<Edits, Refused> {
    let now = object.at("/spec/unschedulable").and_then(Value::as_bool).unwrap_or(false);
    match (now, on) {
        (false, true) => Ok(Edits::of([Edit::set("/spec/unschedulable", true)])),
        (true, false) => Ok(Edits::of([Edit::remove("/spec/unschedulable")])),
        _ => Err(Refused::Value(format!("the node is {} already", if on { "cordoned" } else { "not cordoned" }))),
    }
}

pub(super) fn adjust_autoscaler(object: &Object<'_>, min: Option<Replicas>, max: Option<Replicas>) -> Result<Edits, Refused> {
    let now = |path: &str| object.at(path).and_then(Value::as_u64);
    let least = min.map_or_else(|| now("/spec/minReplicas").unwrap_or(1), |min| u64::from(min.get()));
    let most = max.map(|max| u64::from(max.get())).or_else(|| now("/spec/maxReplicas"));
    if least == 0 || most.is_none_or(|most| most < least) {
        return Err(Refused::Value("the fewest replicas must be at least 1 and no more than the most".to_owned()));
    }
    let min = min.map(|min| Edit::set("/spec/minReplicas", min.get()));
    Ok(Edits::of(min.into_iter().chain(max.map(|max| Edit::set("/spec/maxReplicas", max.get())))))
}

pub(super) fn adjust_budget(object: &Object<'_>, bound: BudgetBound) -> Result<Edits, Refused> {
    let (path, number) = match bound {
        BudgetBound::MinAvailable(number) => ("/spec/minAvailable", number),
        BudgetBound::MaxUnavailable(number) => ("/spec/maxUnavailable", number),
    };
    // The API server refuses a budget with both.
    if object.at(path).is_none() {
        return Err(Refused::Value(format!("the budget does not use `{path}`")));
    }
    Ok(Edits::of([Edit::set(path, number.get())]))
}

pub(super) fn suspend(object: &Object<'_>, on: bool) -> Result<Edits, Refused> {
    let path = if *object.entity.kind() == Kind::Deployment { "/spec/paused" } else { "/spec/suspend" };
    if object.at(path).and_then(Value::as_bool).unwrap_or(false) == on {
        return Err(Refused::Value(format!("it is {} already", if on { "suspended" } else { "running" })));
    }
    Ok(Edits::of([Edit::set(path, on)]))
}
