//! One entity, read through all that was captured of it.

use std::fmt;

use assent_base::{Kind, ObjectRef, Timestamp};
use assent_capture::set::{LogStream, Origin};
use assent_capture::tree::At;

use crate::events::EventFact;
use crate::graph::{Edge, EntityId, Graph, Relation};

/// An entity of a graph. It may be known by name only, from an event or an owner reference.
#[derive(Clone, Copy)]
pub struct Entity<'g> {
    /// The graph it belongs to.
    pub graph: &'g Graph,
    /// Its number there.
    pub id: EntityId,
}

impl PartialEq for Entity<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl fmt::Debug for Entity<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.reference())
    }
}

static NOBODY: std::sync::LazyLock<ObjectRef> = std::sync::LazyLock::new(|| ObjectRef::new(Kind::named(""), None, ""));
static NOTHING: std::sync::LazyLock<assent_capture::source::Source> =
    std::sync::LazyLock::new(|| assent_capture::source::Source::whole("", "".into()));
static NULL: assent_capture::tree::Node = assent_capture::tree::Node { start: 0, len: 0, value: assent_capture::tree::Value::Null };

/// A place where nothing is.
#[must_use]
pub fn nowhere<'g>() -> At<'g> {
    At::root(assent_capture::source::SourceId(u32::MAX), &NOTHING, &NULL)
}

impl<'g> Entity<'g> {
    /// Its reference.
    #[must_use]
    pub fn reference(&self) -> &'g ObjectRef {
        self.graph.references.get(self.id.0 as usize).unwrap_or(&NOBODY)
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> &'g Kind {
        &self.reference().kind
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'g str {
        &self.reference().name
    }

    /// Its namespace.
    #[must_use]
    pub fn namespace(&self) -> Option<&'g str> {
        self.reference().namespace()
    }

    /// Every capture of it, most believed first.
    pub fn views(&self) -> impl Iterator<Item = (Origin, At<'g>)> + use<'g> {
        let graph = self.graph;
        let indices = graph.views.get(self.id.0 as usize).map_or(&[][..], Vec::as_slice);
        indices.iter().filter_map(move |index| {
            let object = graph.set.objects.get(*index as usize)?;
            Some((object.origin, graph.set.root(object)?))
        })
    }

    /// Whether any source printed the object itself.
    #[must_use]
    pub fn is_captured(&self) -> bool {
        self.views().next().is_some()
    }

    /// Whether an API server printed it, as opposed to a file that somebody means to apply.
    #[must_use]
    pub fn is_observed(&self) -> bool {
        self.views().any(|(origin, _)| !matches!(origin, Origin::Manifest | Origin::Patch))
    }

    /// Whether all fields were printed, so that a missing one is not set.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.views().any(|(origin, _)| origin == Origin::Full || origin == Origin::Manifest)
    }

    /// The value at a path, from the most believed capture that has it.
    #[must_use]
    pub fn at(&self, path: &str) -> At<'g> {
        self.views().map(|(_, root)| root.at(path)).find(At::exists).unwrap_or_else(nowhere)
    }

    /// A label's value.
    #[must_use]
    pub fn label(&self, key: &str) -> Option<&'g str> {
        self.at("metadata/labels").get(key).text()
    }

    /// An annotation's value.
    #[must_use]
    pub fn annotation(&self, key: &str) -> At<'g> {
        self.at("metadata/annotations").get(key)
    }

    /// Events about it, latest first.
    #[must_use]
    pub fn events(&self) -> &'g [EventFact] {
        self.graph.events_of(self.id)
    }

    /// Its logs.
    pub fn logs(&self) -> impl Iterator<Item = &'g LogStream> + use<'g> {
        self.graph.logs_of(self.id)
    }

    /// Entities that it is tied to by this relation.
    pub fn to(&self, relation: Relation) -> impl Iterator<Item = Entity<'g>> + use<'g> {
        let graph = self.graph;
        graph.edges_out(self.id).iter().filter(move |edge| edge.relation == relation).map(|Edge { to, .. }| graph.entity(*to))
    }

    /// Entities that are tied to it by this relation.
    pub fn from(&self, relation: Relation) -> impl Iterator<Item = Entity<'g>> + use<'g> {
        let graph = self.graph;
        graph.edges_into(self.id).iter().filter(move |edge| edge.relation == relation).map(|Edge { to, .. }| graph.entity(*to))
    }

    /// The controller at the top of its ownership: the Deployment of a Pod. Itself when nobody owns it.
    #[must_use]
    pub fn top_owner(&self) -> Entity<'g> {
        let mut here = *self;
        for _ in 0..8 {
            // Owners may form a cycle in hostile input; eight steps are more than any real chain.
            match here.from(Relation::Owns).find(|owner| owner.kind().is_workload()) {
                Some(owner) => here = owner,
                None => break,
            }
        }
        here
    }

    /// The pods below it: itself for a pod.
    #[must_use]
    pub fn pods(&self) -> Vec<Entity<'g>> {
        let mut pods = Vec::new();
        let mut open = vec![(*self, 0)];
        while let Some((here, depth)) = open.pop() {
            if *here.kind() == Kind::Pod {
                if !pods.contains(&here) {
                    pods.push(here);
                }
            } else if depth < 4 {
                open.extend(here.to(Relation::Owns).map(|child| (child, depth + 1)));
            }
        }
        pods.sort_by_key(|pod| pod.id);
        pods
    }

    /// The pod specification: of a pod its own, of a workload its template's.
    #[must_use]
    pub fn pod_spec(&self) -> At<'g> {
        match self.kind() {
            Kind::Pod => self.at("spec"),
            Kind::CronJob => self.at("spec/jobTemplate/spec/template/spec"),
            _ => self.at("spec/template/spec"),
        }
    }

    /// The labels that its pods carry.
    #[must_use]
    pub fn pod_labels(&self) -> At<'g> {
        match self.kind() {
            Kind::Pod => self.at("metadata/labels"),
            Kind::CronJob => self.at("spec/jobTemplate/spec/template/metadata/labels"),
            _ => self.at("spec/template/metadata/labels"),
        }
    }

    /// A condition of its status, by type.
    #[must_use]
    pub fn condition(&self, kind: &str) -> Option<At<'g>> {
        self.views().find_map(|(_, root)| root.at("status/conditions").items().find(|condition| condition.get("type").is(kind)))
    }

    /// When it was created.
    #[must_use]
    pub fn created(&self) -> Option<Timestamp> {
        let stated = self.at("metadata/creationTimestamp").instant().or_else(|| self.at("status/startTime").instant());
        stated.or_else(|| {
            let age = assent_base::time::span_s(self.at("metadata/age").text()?)?;
            assent_base::time::earlier(self.graph.as_of?, age)
        })
    }
}
