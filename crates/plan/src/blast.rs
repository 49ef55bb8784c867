//! What a change reaches: the object itself and what is made of it, what works with that, and what depends on it further on.
//!
//! Read off the graph as it was captured; what the input omits is not counted. `direct` is replaced or changed by the plan,
//! `adjacent` is tied to it by one step, `downstream` depends on it by more.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use assent_base::Kind;
use assent_diagnosis::report::EntityName;
use assent_evidence::{Entity, EntityId, Graph, Relation};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::action::ActionKind;
use crate::observed::name;

/// Objects that a plan names per circle. All are counted.
pub const NAMED_MAX: usize = 50;
/// Steps that are followed downstream.
pub const STEPS_MAX: usize = 4;
/// With more objects than this downstream, or pods touched, a plan is riskier by one class.
pub const MANY: u32 = 20;

/// One object that a change reaches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reached {
    /// Which.
    pub object: EntityName,
    /// How, in a few words.
    pub how: String,
}

/// One circle around a change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Circle {
    /// How many objects.
    pub count: u32,
    /// The first of them, sorted.
    pub objects: Vec<Reached>,
}

/// What a change reaches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BlastRadius {
    /// Changed or replaced by it.
    pub direct: Circle,
    /// Tied to that by one step.
    pub adjacent: Circle,
    /// Depends on it by more steps.
    pub downstream: Circle,
}

type Found = BTreeMap<EntityId, String>;

/// What an action on an object reaches.
#[must_use]
pub fn radius(graph: &Graph, action: ActionKind, target: Entity<'_>) -> BlastRadius {
    let direct = direct(action, target);
    let mut seen: BTreeSet<EntityId> = direct.keys().copied().collect();
    let mut adjacent = Found::new();
    for id in direct.keys() {
        for (other, how) in beside(graph, *id) {
            if !seen.contains(&other) {
                adjacent.entry(other).or_insert(how);
            }
        }
    }
    seen.extend(adjacent.keys());
    let downstream = downstream(graph, seen.iter().copied().collect(), &seen);
    BlastRadius { direct: circle(graph, direct), adjacent: circle(graph, adjacent), downstream: circle(graph, downstream) }
}

fn circle(graph: &Graph, found: Found) -> Circle {
    let count = u32::try_from(found.len()).unwrap_or(u32::MAX);
    let objects = found.into_iter().take(NAMED_MAX).map(|(id, how)| Reached { object: name(graph.entity(id)), how }).collect();
    Circle { count, objects }
}

/// The object, and the pods that a change of it replaces, adds, removes or moves traffic to.
fn direct(action: ActionKind, target: Entity<'_>) -> Found {
    let mut found = Found::from([(target.id, "is changed".to_owned())]);
    let pods: Vec<EntityId> = match target.kind() {
        kind if kind.is_workload() => target.pods().iter().map(|pod| pod.id).collect(),
        Kind::Service => target.to(Relation::Selects).filter(|to| *to.kind() == Kind::Pod).map(|pod| pod.id).collect(),
        Kind::HorizontalPodAutoscaler => target.to(Relation::Scales).map(|to| to.id).collect(),
        _ => Vec::new(),
    };
    let how = match (action, target.kind()) {
        (ActionKind::Scale | ActionKind::Suspend | ActionKind::Resume, _) => "may be stopped, or joined by others",
        (_, Kind::Service) => "may be sent other requests",
        (_, Kind::HorizontalPodAutoscaler) => "may be scaled",
        _ => "is replaced",
    };
    found.extend(pods.into_iter().map(|pod| (pod, how.to_owned())));
    found
}

/// What is tied to an object by one step, and would notice.
fn beside(graph: &Graph, id: EntityId) -> Vec<(EntityId, String)> {
    let said = |other: EntityId, relation: Relation, forward: bool| {
        let (from, to) = if forward { (id, other) } else { (other, id) };
        format!("{} {} {}", graph.entity(from).reference(), relation.verb(), graph.entity(to).reference())
    };
    let mut found = Vec::new();
    for edge in graph.edges_into(id) {
        let concerned = matches!(
            edge.relation,
            Relation::Selects
                | Relation::RoutesTo
                | Relation::Calls
                | Relation::Mounts
                | Relation::References
                | Relation::Scales
                | Relation::ServedBy
                | Relation::RunsOn
                | Relation::Owns
        );
        if concerned && *graph.entity(edge.to).kind() != Kind::Namespace {
            found.push((edge.to, said(edge.to, edge.relation, false)));
        }
    }
    for edge in graph.edges_out(id) {
        if matches!(edge.relation, Relation::Owns | Relation::Selects | Relation::Scales | Relation::RoutesTo) {
            found.push((edge.to, said(edge.to, edge.relation, true)));
        }
    }
    found
}

/// What depends on these: what routes to them, calls them, selects them or uses them, and what depends on that.
fn downstream(graph: &Graph, from: Vec<EntityId>, seen: &BTreeSet<EntityId>) -> Found {
    let mut found = Found::new();
    let mut known = seen.clone();
    let mut open: VecDeque<(EntityId, usize)> = from.into_iter().map(|id| (id, 0)).collect();
    while let Some((here, steps)) = open.pop_front() {
        if steps == STEPS_MAX {
            continue;
        }
        for edge in graph.edges_into(here) {
            let depends = matches!(edge.relation, Relation::RoutesTo | Relation::Calls | Relation::Selects | Relation::ServedBy);
            let other = graph.entity(edge.to);
            if depends && !matches!(other.kind(), Kind::PodDisruptionBudget | Kind::NetworkPolicy) && known.insert(edge.to) {
                let how = format!("{} {} {}", other.reference(), edge.relation.verb(), graph.entity(here).reference());
                found.insert(edge.to, how);
                open.push_back((edge.to, steps + 1));
            }
        }
    }
    found
}
