//! Whether disruption budgets allow what a change does to pods.
//!
//! Deleting a pod goes past its budget, so a plan must not; a rollout is held by its own strategy and not by budgets, which is worth
//! knowing where one allows nothing.

use assent_base::Kind;
use assent_evidence::{Entity, Relation};

use super::{About, Check, Outcome};
use crate::action::{Action, ActionKind};
use crate::observed::Object;

pub(super) fn budget(object: &Object<'_>, action: &Action) -> Option<Check> {
    let pods: Vec<Entity<'_>> = match action.kind() {
        ActionKind::DeletePod => vec![object.entity],
        ActionKind::RollBack | ActionKind::Restart | ActionKind::SetImage | ActionKind::SetResources | ActionKind::SetEnv => {
            object.entity.pods()
        }
        _ => return None,
    };
    let budgets = pods.iter().flat_map(|pod| pod.from(Relation::Selects)).filter(|budget| *budget.kind() == Kind::PodDisruptionBudget);
    let mut budgets: Vec<Entity<'_>> = budgets.collect();
    budgets.sort_by_key(|budget| budget.id);
    budgets.dedup();
    let full = budgets.iter().find(|budget| budget.at("status/disruptionsAllowed").int() == Some(0));
    let broken = pods.iter().all(|pod| pod.condition("Ready").is_some_and(|ready| ready.get("status").is("False")));
    Some(match (full, action.kind()) {
        // A pod that is not ready is not counted as available, so that its end disrupts nothing.
        (Some(budget), ActionKind::DeletePod) if !broken => {
            Check::new(About::DisruptionBudget, Outcome::Fails, format!("{} allows no disruption now", budget.reference()))
        }
        (Some(budget), _) => {
            Check::new(About::DisruptionBudget, Outcome::Warns, format!("{} allows no disruption now", budget.reference()))
        }
        (None, _) if budgets.is_empty() => {
            Check::new(About::DisruptionBudget, Outcome::Passes, "no captured disruption budget concerns it")
        }
        (None, _) => Check::new(About::DisruptionBudget, Outcome::Passes, "the disruption budgets allow it"),
    })
}
