//! What follows from a cause: who is worse off for it, and who could be.

use std::collections::{BTreeMap, BTreeSet};

use assent_base::{Kind, ObjectRef};
use assent_diagnosis::report::{EntityName, Report};
use assent_evidence::{Edge, EntityId, Graph, Relation};

/// Ties that are followed from an ill object to those that depend on it.
const STEPS_MAX: usize = 4;

/// Who is worse off for a cause.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Aftermath {
    /// What shows symptoms that the cause explains, pods told by their owners, and who calls or routes to these.
    pub affected: BTreeSet<EntityName>,
    /// How many more objects depend on these, near or far.
    pub downstream: u32,
}

pub(crate) fn reference(name: &EntityName) -> ObjectRef {
    ObjectRef::new(Kind::named(&name.kind), name.namespace.as_deref(), &name.name)
}

fn name(of: &ObjectRef) -> EntityName {
    EntityName { kind: of.kind.to_string(), namespace: of.namespace().map(str::to_owned), name: of.name.to_string() }
}

/// Who owns, at the top, each pod and workload that a report names. Who owns itself is left out.
pub(crate) fn owners(report: &Report, graph: &Graph) -> BTreeMap<EntityName, EntityName> {
    let causes = report.root_causes.iter().chain(&report.not_proven).map(|cause| &cause.entity);
    let named: BTreeSet<&EntityName> = causes.chain(report.findings.iter().map(|finding| &finding.entity)).collect();
    let top = |own: &EntityName| graph.find(&reference(own)).map(|entity| name(entity.top_owner().reference()));
    named.into_iter().filter_map(|own| Some((own.clone(), top(own)?))).filter(|(own, top)| own != top).collect()
}

/// The aftermath of each root cause, in the report's order.
pub(crate) fn of(report: &Report, graph: &Graph) -> Vec<Aftermath> {
    let by_id: BTreeMap<&str, &EntityName> = report.findings.iter().map(|finding| (finding.id.as_str(), &finding.entity)).collect();
    let each = report.root_causes.iter().map(|cause| {
        let ill = cause.explains.iter().filter_map(|id| by_id.get(id.as_str()).copied()).chain([&cause.entity]);
        let ill: BTreeSet<EntityId> = ill.filter_map(|own| graph.id(&reference(own))).collect();
        from(&ill, graph)
    });
    each.collect()
}

/// The aftermath of these objects being ill.
pub(crate) fn from(ill: &BTreeSet<EntityId>, graph: &Graph) -> Aftermath {
    let own = |id: EntityId| name(graph.entity(id).top_owner().reference());
    let mut affected: BTreeSet<EntityName> = ill.iter().map(|id| own(*id)).collect();
    for id in ill {
        affected.extend(users(graph, *id).map(own));
    }
    let mut seen: BTreeSet<EntityId> = ill.clone();
    let mut edge: BTreeSet<EntityId> = ill.clone();
    for _ in 0..STEPS_MAX {
        edge = edge.iter().flat_map(|id| dependents(graph, *id)).filter(|id| !seen.contains(id)).collect();
        seen.extend(&edge);
    }
    let far: BTreeSet<EntityName> = seen.into_iter().map(own).filter(|name| !affected.contains(name)).collect();
    Aftermath { affected, downstream: u32::try_from(far.len()).unwrap_or(u32::MAX) }
}

/// Who calls or routes to an object: worse off at once.
fn users(graph: &Graph, id: EntityId) -> impl Iterator<Item = EntityId> {
    let serves = *graph.entity(id).kind() == Kind::Service;
    graph
        .edges_into(id)
        .iter()
        .filter(move |edge| serves && matches!(edge.relation, Relation::Calls | Relation::RoutesTo))
        .map(|edge| edge.to)
}

/// Who could be worse off.
fn dependents(graph: &Graph, id: EntityId) -> Vec<EntityId> {
    let on = |edge: &&Edge| match edge.relation {
        Relation::Selects => *graph.entity(edge.to).kind() == Kind::Service,
        Relation::RoutesTo | Relation::Calls | Relation::Mounts | Relation::References | Relation::RunsOn | Relation::BoundTo => true,
        Relation::ServedBy
        | Relation::Owns
        | Relation::Scales
        | Relation::Limits
        | Relation::GuardedBy
        | Relation::Serves
        | Relation::TurnsAway => false,
    };
    let owned = graph.edges_out(id).iter().filter(|edge| edge.relation == Relation::Owns);
    graph.edges_into(id).iter().filter(on).chain(owned).map(|edge| edge.to).collect()
}
