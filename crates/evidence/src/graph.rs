//! The graph itself: who is there, who is tied to whom, and how.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use assent_base::{Kind, ObjectRef, Timestamp};
use assent_capture::set::{CaptureSet, Listed, LogStream};

use crate::edges;
use crate::entity::Entity;
use crate::events::{self, EventFact};

/// Steps that a path between two entities may have. Longer ones explain nothing to a person.
pub const PATH_STEPS_MAX: usize = 7;

/// The number of an entity within one graph: its rank among the sorted references.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityId(pub u32);

/// How one entity is tied to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// Deployment owns ReplicaSet owns Pod.
    Owns,
    /// Service, disruption budget or network policy selects Pod.
    Selects,
    /// Ingress or route routes to Service; Service routes to its endpoints object.
    RoutesTo,
    /// Pod or template mounts a claim, ConfigMap or Secret.
    Mounts,
    /// Pod or template references a ConfigMap, Secret, ServiceAccount, class or the like.
    References,
    /// Pod runs on Node.
    RunsOn,
    /// Autoscaler scales a workload.
    Scales,
    /// Quota or limit range limits a workload or claim of its namespace.
    Limits,
    /// Pod is guarded by a network policy or mesh policy.
    GuardedBy,
    /// A workload calls a Service: its environment or configuration names the address, or its log does.
    Calls,
    /// Claim is bound to volume.
    BoundTo,
    /// Admission webhook or class is served by a Service.
    ServedBy,
    /// A cluster part such as CoreDNS or the scheduler serves everything.
    Serves,
    /// A cordoned or tainted node turns away a pod that waits.
    TurnsAway,
}

impl Relation {
    /// The verb: `owns`, `selects`.
    #[must_use]
    pub fn verb(self) -> &'static str {
        match self {
            Relation::Owns => "owns",
            Relation::Selects => "selects",
            Relation::RoutesTo => "routes to",
            Relation::Mounts => "mounts",
            Relation::References => "references",
            Relation::RunsOn => "runs on",
            Relation::Scales => "scales",
            Relation::Limits => "limits",
            Relation::GuardedBy => "is guarded by",
            Relation::Calls => "calls",
            Relation::BoundTo => "is bound to",
            Relation::ServedBy => "is served by",
            Relation::Serves => "serves",
            Relation::TurnsAway => "turns away",
        }
    }
}

/// One tie, seen from one end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edge {
    /// What ties them.
    pub relation: Relation,
    /// The other end.
    pub to: EntityId,
}

/// One cluster as far as the input shows it.
#[derive(Debug)]
pub struct Graph {
    /// What was read.
    pub set: CaptureSet,
    /// The instant that ages are counted from: when the capture was taken, or else the latest instant in it.
    pub as_of: Option<Timestamp>,
    pub(crate) references: Vec<ObjectRef>,
    pub(crate) views: Vec<Vec<u32>>,
    out: Vec<Vec<Edge>>,
    into: Vec<Vec<Edge>>,
    events: Vec<Vec<EventFact>>,
    loose_events: Vec<EventFact>,
    logs: BTreeMap<EntityId, Vec<usize>>,
    by_kind: BTreeMap<Kind, Vec<EntityId>>,
}

impl Graph {
    /// Builds the graph. `at` overrides the instant that ages are counted from.
    #[must_use]
    pub fn build(set: CaptureSet, at: Option<Timestamp>) -> Self {
        let mut graph = Self {
            as_of: at.or(set.taken_at),
            references: Vec::new(),
            views: Vec::new(),
            out: Vec::new(),
            into: Vec::new(),
            events: Vec::new(),
            loose_events: Vec::new(),
            logs: BTreeMap::new(),
            by_kind: BTreeMap::new(),
            set,
        };
        graph.number_entities();
        graph.order_outputs();
        if graph.as_of.is_none() {
            graph.as_of = events::latest_instant(&graph.set);
        }
        let (by_entity, loose) = events::fold(&graph);
        graph.loose_events = loose;
        graph.events = vec![Vec::new(); graph.references.len()];
        for (id, facts) in by_entity {
            if let Some(slot) = graph.events.get_mut(id.0 as usize) {
                *slot = facts;
            }
        }
        let ties = edges::all(&graph);
        graph.tie(&ties);
        for (index, stream) in graph.set.logs.iter().enumerate() {
            if let Some(id) = graph.id(&stream.of) {
                graph.logs.entry(id).or_default().push(index);
            }
        }
        graph
    }

    /// Puts outputs into an order that does not depend on that of the input, so that the first that tells something is always the same.
    fn order_outputs(&mut self) {
        let mut outputs = std::mem::take(&mut self.set.outputs);
        outputs.sort_by_cached_key(|output| {
            let source = self.set.source(output.source);
            let len = u32::try_from(output.len).unwrap_or(u32::MAX);
            (output.command.clone(), source.and_then(|source| source.slice(output.start, len)).map(str::to_owned))
        });
        self.set.outputs = outputs;
    }

    fn number_entities(&mut self) {
        let mut views: BTreeMap<ObjectRef, Vec<u32>> = BTreeMap::new();
        for (index, object) in self.set.objects.iter().enumerate() {
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            if object.reference.kind == Kind::Event {
                if let Some(of) = self.set.root(object).and_then(events::involved) {
                    views.entry(of).or_default();
                }
                continue;
            }
            views.entry(object.reference.clone()).or_default().push(index);
            if let Some(root) = self.set.root(object) {
                for owner in edges::owners(root, &object.reference) {
                    views.entry(owner).or_default();
                }
                // What a pod cannot start without is worth a place also when nobody captured it.
                for missed in edges::settings(root, &object.reference) {
                    views.entry(missed).or_default();
                }
                if let Some(node) = root.at("spec/nodeName").text().filter(|_| object.reference.kind == Kind::Pod) {
                    views.entry(ObjectRef::new(Kind::Node, None, node)).or_default();
                }
            }
        }
        for stream in &self.set.logs {
            views.entry(stream.of.clone()).or_default();
        }
        for (reference, _) in &self.set.not_found {
            views.entry(reference.clone()).or_default();
        }
        for span in &self.set.spans {
            if let Some(reference) = self.set.loose(span).and_then(traced) {
                views.entry(reference).or_default();
            }
        }
        let namespaces: BTreeSet<Box<str>> = views.keys().filter_map(|reference| reference.namespace.clone()).collect();
        for namespace in namespaces {
            views.entry(ObjectRef::new(Kind::Namespace, None, &namespace)).or_default();
        }
        for (reference, mut own) in views {
            own.sort_by_key(|index| std::cmp::Reverse(self.belief(*index)));
            let id = EntityId(u32::try_from(self.references.len()).unwrap_or(u32::MAX));
            self.by_kind.entry(reference.kind.clone()).or_default().push(id);
            self.references.push(reference);
            self.views.push(own);
        }
        self.out = vec![Vec::new(); self.references.len()];
        self.into = vec![Vec::new(); self.references.len()];
    }

    /// What decides between two captures of one object: the richer, then the newer revision, then the later in the input.
    fn belief(&self, index: u32) -> (assent_capture::set::Origin, i64, u32) {
        let Some(object) = self.set.objects.get(index as usize) else { return (assent_capture::set::Origin::Manifest, 0, 0) };
        let revision = self.set.root(object).and_then(|root| root.at("metadata/resourceVersion").int()).unwrap_or(0);
        (object.origin, revision, index)
    }

    fn tie(&mut self, ties: &BTreeSet<(EntityId, Relation, EntityId)>) {
        for (from, relation, to) in ties {
            if let Some(out) = self.out.get_mut(from.0 as usize) {
                out.push(Edge { relation: *relation, to: *to });
            }
            if let Some(into) = self.into.get_mut(to.0 as usize) {
                into.push(Edge { relation: *relation, to: *from });
            }
        }
    }

    /// Adds ties that a reader of logs or outputs found.
    pub fn add_ties(&mut self, ties: &BTreeSet<(EntityId, Relation, EntityId)>) {
        let new: BTreeSet<_> = ties
            .iter()
            .filter(|(from, relation, to)| !self.edges_out(*from).contains(&Edge { relation: *relation, to: *to }))
            .copied()
            .collect();
        self.tie(&new);
    }

    /// The number of an entity.
    #[must_use]
    pub fn id(&self, reference: &ObjectRef) -> Option<EntityId> {
        self.references.binary_search(reference).ok().and_then(|rank| u32::try_from(rank).ok()).map(EntityId)
    }

    /// An entity by its number.
    #[must_use]
    pub fn entity(&self, id: EntityId) -> Entity<'_> {
        Entity { graph: self, id }
    }

    /// An entity by its reference.
    #[must_use]
    pub fn find(&self, reference: &ObjectRef) -> Option<Entity<'_>> {
        self.id(reference).map(|id| self.entity(id))
    }

    /// An object that the input really holds, by its parts.
    #[must_use]
    pub fn object(&self, kind: Kind, namespace: Option<&str>, name: &str) -> Option<Entity<'_>> {
        self.find(&ObjectRef::new(kind, namespace, name)).filter(Entity::is_captured)
    }

    /// All entities, sorted.
    pub fn entities(&self) -> impl Iterator<Item = Entity<'_>> {
        (0..u32::try_from(self.references.len()).unwrap_or(u32::MAX)).map(|id| self.entity(EntityId(id)))
    }

    /// The captured entities of a kind, sorted.
    pub fn of_kind(&self, kind: &Kind) -> impl Iterator<Item = Entity<'_>> {
        self.by_kind.get(kind).into_iter().flatten().map(|id| self.entity(*id)).filter(Entity::is_captured)
    }

    /// The entities of a kind, also those known by name only, sorted.
    pub fn entities_of_kind(&self, kind: &Kind) -> impl Iterator<Item = Entity<'_>> {
        self.by_kind.get(kind).into_iter().flatten().map(|id| self.entity(*id))
    }

    /// The entities of a kind in one namespace, also those known by name only, sorted.
    pub fn entities_in(&self, kind: &Kind, namespace: Option<&str>) -> impl Iterator<Item = Entity<'_>> {
        let ids = self.by_kind.get(kind).map_or(&[][..], Vec::as_slice);
        // Numbers are ranks, and references sort by kind, then namespace: a namespace is one run of its kind.
        let own = |id: &EntityId| self.references.get(id.0 as usize).and_then(ObjectRef::namespace);
        let (from, to) = (ids.partition_point(|id| own(id) < namespace), ids.partition_point(|id| own(id) <= namespace));
        ids.get(from..to).unwrap_or_default().iter().map(|id| self.entity(*id))
    }

    /// Ties that leave an entity.
    #[must_use]
    pub fn edges_out(&self, id: EntityId) -> &[Edge] {
        self.out.get(id.0 as usize).map_or(&[], Vec::as_slice)
    }

    /// Ties that reach an entity; their `to` is where they come from.
    #[must_use]
    pub fn edges_into(&self, id: EntityId) -> &[Edge] {
        self.into.get(id.0 as usize).map_or(&[], Vec::as_slice)
    }

    /// Events about an entity, folded, latest first.
    #[must_use]
    pub fn events_of(&self, id: EntityId) -> &[EventFact] {
        self.events.get(id.0 as usize).map_or(&[], Vec::as_slice)
    }

    /// Events that name no object, only a kind.
    #[must_use]
    pub fn loose_events(&self) -> &[EventFact] {
        &self.loose_events
    }

    /// Logs of an entity.
    pub fn logs_of(&self, id: EntityId) -> impl Iterator<Item = &LogStream> {
        self.logs.get(&id).into_iter().flatten().filter_map(|index| self.set.logs.get(*index))
    }

    /// Whether every object of this kind in this namespace was listed, so that one which is not there does not exist.
    #[must_use]
    pub fn is_listed(&self, kind: &Kind, namespace: Option<&str>) -> bool {
        let listed =
            |namespace: Option<&str>| self.set.listed.contains(&Listed { kind: kind.clone(), namespace: namespace.map(Into::into) });
        listed(None) || (namespace.is_some() && listed(namespace))
    }

    /// Whether the input proves that this object does not exist: the server said so, or a whole listing lacks it.
    #[must_use]
    pub fn is_absent(&self, reference: &ObjectRef) -> bool {
        if self.find(reference).is_some_and(|entity| entity.is_captured()) {
            return false;
        }
        self.set.not_found.iter().any(|(gone, _)| gone == reference) || self.is_listed(&reference.kind, reference.namespace())
    }

    /// A shortest path between two entities, over ties in either direction. Sorted ties make it the same each time.
    #[must_use]
    pub fn path(&self, from: EntityId, to: EntityId) -> Option<Vec<EntityId>> {
        let mut came_from: BTreeMap<EntityId, EntityId> = BTreeMap::new();
        let mut queue = VecDeque::from([(from, 0)]);
        while let Some((here, steps)) = queue.pop_front() {
            if here == to {
                let mut path = vec![to];
                while let Some(previous) = path.last().and_then(|last| came_from.get(last)) {
                    path.push(*previous);
                    if *previous == from {
                        break;
                    }
                }
                path.reverse();
                return Some(path);
            }
            if steps >= PATH_STEPS_MAX {
                continue;
            }
            // Who is served by one part of the cluster is not tied to the others that it serves.
            let back = self.edges_into(here).iter().filter(|edge| edge.relation != Relation::Serves);
            let mut onward: Vec<&Edge> = self.edges_out(here).iter().chain(back).collect();
            // Of paths of one length, the one along ownership says most.
            onward.sort_by_key(|edge| edge.relation);
            for edge in onward {
                // A node or namespace ties everything to everything; a path may end there, not lead through.
                let hub = matches!(self.references.get(edge.to.0 as usize).map(|r| &r.kind), Some(Kind::Namespace | Kind::Node));
                if edge.to != from && !came_from.contains_key(&edge.to) && (!hub || edge.to == to) {
                    came_from.insert(edge.to, here);
                    queue.push_back((edge.to, steps + 1));
                }
            }
        }
        None
    }

    /// The tie between two neighbours, and whether it runs from the first to the second.
    #[must_use]
    pub fn tie_between(&self, from: EntityId, to: EntityId) -> Option<(Relation, bool)> {
        let forward = self.edges_out(from).iter().find(|edge| edge.to == to).map(|edge| (edge.relation, true));
        forward.or_else(|| self.edges_into(from).iter().find(|edge| edge.to == to).map(|edge| (edge.relation, false)))
    }
}

/// The object that a span of a trace says that it ran in: the Deployment where its resource names one, or else the Service.
fn traced(span: assent_capture::tree::At<'_>) -> Option<ObjectRef> {
    let attributes = span.get("attributes");
    let namespace = attributes.get("k8s.namespace.name").text();
    let deployment = attributes.get("k8s.deployment.name").text().filter(|_| namespace.is_some());
    let name = deployment.or_else(|| span.get("service").text()).filter(|name| !name.is_empty() && name.len() <= 253)?;
    Some(ObjectRef::new(if deployment.is_some() { Kind::Deployment } else { Kind::Service }, namespace, name))
}
