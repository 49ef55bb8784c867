//! From a graph to a picture of a part of it.

use std::collections::{BTreeMap, BTreeSet};

use assent_base::{Kind, ObjectRef};

use super::{Health, Node, Part, Tie, readiness};
use crate::entity::Entity;
use crate::graph::{EntityId, Graph, Relation};

impl Part {
    /// Draws those objects of a graph that `holds` says are of this part, and what they are tied to.
    ///
    /// A tie is drawn by the part of whichever end names the other, since that part is looked at again when the tie changes.
    #[must_use]
    pub fn draw(graph: &Graph, holds: impl Fn(&ObjectRef) -> bool) -> Self {
        let own: Vec<Entity<'_>> = graph.entities().filter(|entity| holds(entity.reference()) && is_worth_drawing(*entity)).collect();
        let mut numbers: BTreeMap<EntityId, u32> = own.iter().map(|entity| entity.id).zip(0..).collect();
        let mut found: BTreeSet<(EntityId, EntityId, &'static str)> = BTreeSet::new();
        for entity in &own {
            let out = graph.edges_out(entity.id).iter().map(|edge| (entity.id, edge.relation, edge.to));
            // Of ties that lead here, those that this part alone knows of: a namespace is not told of by what belongs to none.
            let common = |edge: &&crate::graph::Edge| graph.entity(edge.to).namespace().is_none();
            let into = graph.edges_into(entity.id).iter().filter(common).map(|edge| (edge.to, edge.relation, entity.id));
            found.extend(out.chain(into).filter_map(|(from, relation, to)| directed(graph, from, relation, to)));
        }
        let mut others: Vec<ObjectRef> = Vec::new();
        let far: BTreeSet<EntityId> = found.iter().flat_map(|(from, to, _)| [*from, *to]).filter(|id| !numbers.contains_key(id)).collect();
        for id in far {
            // Of one's own, what is not worth drawing is not worth a tie; others know best what of theirs is.
            if !holds(graph.entity(id).reference()) {
                numbers.insert(id, u32::try_from(own.len() + others.len()).unwrap_or(u32::MAX));
                others.push(graph.entity(id).reference().clone());
            }
        }
        let ties = found.into_iter().filter_map(|(from, to, verb)| Some(Tie { from: *numbers.get(&from)?, to: *numbers.get(&to)?, verb }));
        let ties = ties.collect();
        Self { nodes: own.into_iter().map(node).collect(), others, ties }
    }
}

fn node(entity: Entity<'_>) -> Node {
    let readiness::Readiness { health, note, is_down } = readiness::of(entity);
    Node { of: entity.reference().clone(), health, note: note.map(Into::into), owner: owner(entity).cloned(), is_down }
}

/// Who owns it directly. A pod whose ReplicaSet is known is not also its Deployment's.
fn owner<'g>(entity: Entity<'g>) -> Option<&'g ObjectRef> {
    let owners = entity.from(Relation::Owns).map(|owner| owner.reference());
    owners.min_by_key(|owner| (!matches!(owner.kind, Kind::ReplicaSet | Kind::Job), *owner))
}

/// Left out: what every Service has besides, what a rollout left behind, and what nobody is tied to and nothing is said of.
fn is_worth_drawing(entity: Entity<'_>) -> bool {
    let graph = entity.graph;
    let is_tied = || {
        let ties = graph.edges_out(entity.id).iter().chain(graph.edges_into(entity.id));
        ties.into_iter().any(|edge| edge.relation != Relation::Serves)
    };
    match entity.kind() {
        Kind::Event | Kind::Endpoints | Kind::EndpointSlice | Kind::Lease => false,
        Kind::Pod | Kind::Node | Kind::Service | Kind::Ingress | Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet | Kind::CronJob => {
            entity.is_captured() || is_tied()
        }
        Kind::ReplicaSet => !is_retired(entity),
        Kind::Namespace => entity.at("metadata/deletionTimestamp").exists(),
        _ => is_tied() || readiness::of(entity).health > Health::Healthy,
    }
}

/// A ReplicaSet of an earlier revision.
fn is_retired(entity: Entity<'_>) -> bool {
    entity.at("spec/replicas").int() == Some(0) && entity.to(Relation::Owns).next().is_none()
}

/// Who depends on whom by a tie, and the verb in that direction.
fn directed(graph: &Graph, from: EntityId, relation: Relation, to: EntityId) -> Option<(EntityId, EntityId, &'static str)> {
    let kind = |id: EntityId| graph.entity(id).kind();
    // A ReplicaSet repeats what its Deployment says.
    let repeats = |id: EntityId| *kind(id) == Kind::ReplicaSet && graph.entity(id).from(Relation::Owns).next().is_some();
    match relation {
        Relation::Owns => Some((from, to, relation.verb())),
        // The policy guards the pod; that is drawn from the pod's side.
        Relation::Selects if *kind(from) == Kind::NetworkPolicy => None,
        Relation::Selects | Relation::RoutesTo | Relation::RunsOn | Relation::GuardedBy | Relation::BoundTo | Relation::ServedBy => {
            Some((from, to, relation.verb()))
        }
        Relation::Mounts | Relation::References | Relation::Calls => (!repeats(from)).then_some((from, to, relation.verb())),
        Relation::Scales => Some((to, from, "is scaled by")),
        Relation::Limits => (!repeats(to)).then_some((to, from, "is limited by")),
        Relation::TurnsAway => Some((to, from, "is turned away by")),
        // What serves everything would tie everything to everything.
        Relation::Serves => None,
    }
}
