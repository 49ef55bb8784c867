//! Events, folded: the same thing said again and again is one fact with a count.
//!
//! Kubernetes owns the word `Event`; ours is [`EventFact`].

use std::collections::BTreeMap;

use assent_base::{Kind, ObjectRef, Timestamp, time};
use assent_capture::set::CaptureSet;
use assent_capture::tree::At;

use crate::graph::{EntityId, Graph};

/// Messages are told apart by their first bytes, with figures masked.
const FOLD_KEY_BYTES: usize = 200;

/// What a controller, the scheduler or a kubelet said of an object, once or many times.
#[derive(Debug, Clone)]
pub struct EventFact {
    /// `FailedScheduling`.
    pub reason: Box<str>,
    /// Whether it is of type `Warning`.
    pub warning: bool,
    /// The latest message.
    pub message: Box<str>,
    /// How often it was said.
    pub count: i64,
    /// When it was first said, where known.
    pub first: Option<Timestamp>,
    /// When it was last said, where known.
    pub last: Option<Timestamp>,
    /// `spec.containers{web}`, where the event names a part.
    pub field_path: Box<str>,
    /// Which captured object says so: the index in the set's objects.
    pub object: u32,
}

impl EventFact {
    /// The event's fields, for citing.
    #[must_use]
    pub fn root<'g>(&self, graph: &'g Graph) -> At<'g> {
        let object = graph.set.objects.get(self.object as usize);
        object.and_then(|object| graph.set.root(object)).unwrap_or_else(crate::entity::nowhere)
    }

    /// The container that the event names.
    #[must_use]
    pub fn container(&self) -> Option<&str> {
        self.field_path.split_once('{')?.1.strip_suffix('}')
    }
}

/// The object that an event is about; none when the event does not name it.
#[must_use]
pub fn involved(event: At<'_>) -> Option<ObjectRef> {
    let of = if event.get("involvedObject").exists() { event.get("involvedObject") } else { event.get("regarding") };
    let name = of.get("name").text().filter(|name| !name.is_empty())?;
    let namespace = of.get("namespace").text().or_else(|| event.at("metadata/namespace").text());
    Some(ObjectRef::new(Kind::named(of.get("kind").text_or_empty()), namespace, name))
}

/// The latest instant that the input states anywhere a cluster writes one.
#[must_use]
pub fn latest_instant(set: &CaptureSet) -> Option<Timestamp> {
    let of_object = |root: At<'_>| {
        let direct = ["lastTimestamp", "eventTime", "firstTimestamp", "metadata/creationTimestamp", "status/startTime"];
        let mut latest = direct.iter().filter_map(|path| root.at(path).instant()).max();
        for condition in root.at("status/conditions").items() {
            latest = latest.max(condition.get("lastHeartbeatTime").instant()).max(condition.get("lastTransitionTime").instant());
        }
        for status in root.at("status/containerStatuses").items() {
            for path in ["state/terminated/finishedAt", "lastState/terminated/finishedAt", "state/running/startedAt"] {
                latest = latest.max(status.at(path).instant());
            }
        }
        latest
    };
    let objects = set.objects.iter().filter_map(|object| of_object(set.root(object)?)).max();
    let logs = set.logs.iter().flat_map(|log| log.lines.iter().filter_map(|line| line.time)).max();
    objects.max(logs)
}

/// What makes two events the same saying: reason, part, masked message.
type Saying = (Box<str>, Box<str>, Box<str>);

/// Folds the events of a set by what they are about; those that name nobody come second.
pub(crate) fn fold(graph: &Graph) -> (BTreeMap<EntityId, Vec<EventFact>>, Vec<EventFact>) {
    let mut by_entity: BTreeMap<EntityId, BTreeMap<Saying, EventFact>> = BTreeMap::new();
    let mut loose = Vec::new();
    for (index, object) in graph.set.objects.iter().enumerate() {
        if object.reference.kind != Kind::Event {
            continue;
        }
        let Some(root) = graph.set.root(object) else { continue };
        let Some(fact) = read(graph, root, index) else { continue };
        match involved(root).and_then(|of| graph.id(&of)) {
            None => loose.push(fact),
            Some(id) => {
                let key = (fact.reason.clone(), fact.field_path.clone(), mask(&fact.message));
                by_entity.entry(id).or_default().entry(key).and_modify(|own| merge(own, &fact)).or_insert(fact);
            }
        }
    }
    let folded = by_entity
        .into_iter()
        .map(|(id, facts)| {
            let mut facts: Vec<EventFact> = facts.into_values().collect();
            facts.sort_by_key(|fact| std::cmp::Reverse(fact.last));
            (id, facts)
        })
        .collect();
    (folded, loose)
}

fn read(graph: &Graph, root: At<'_>, index: usize) -> Option<EventFact> {
    let reason = root.get("reason").text()?;
    let ago = |path: &str| time::earlier(graph.as_of?, time::span_s(root.get(path).text()?)?);
    let series = root.get("series");
    let last = root.get("lastTimestamp").instant().or_else(|| series.get("lastObservedTime").instant());
    let last = last.or_else(|| root.get("eventTime").instant()).or_else(|| ago("age"));
    let first = root.get("firstTimestamp").instant().or_else(|| root.get("eventTime").instant()).or_else(|| ago("firstAge"));
    let count = root.get("count").int().or_else(|| series.get("count").int()).unwrap_or(1);
    let message = root.get("message").text().or_else(|| root.get("note").text()).unwrap_or_default();
    Some(EventFact {
        reason: reason.into(),
        warning: !root.get("type").is("Normal"),
        message: message.into(),
        count: count.max(1),
        first: first.or(last),
        last: last.or(first),
        field_path: root.at("involvedObject/fieldPath").text_or_empty().into(),
        object: u32::try_from(index).ok()?,
    })
}

/// Joins two sayings of one thing. The same event captured twice (same name and last instant) is not counted twice.
fn merge(own: &mut EventFact, other: &EventFact) {
    let same = own.last == other.last && own.count == other.count;
    if !same {
        own.count = own.count.saturating_add(other.count);
    }
    own.first = [own.first, other.first].into_iter().flatten().min();
    if other.last > own.last {
        own.last = other.last;
        own.message = other.message.clone();
        own.object = other.object;
    }
}

/// A message with its figures masked, so that "2 nodes" and "3 nodes" fold.
fn mask(message: &str) -> Box<str> {
    message.chars().take(FOLD_KEY_BYTES).map(|c| if c.is_ascii_digit() { '0' } else { c }).collect::<String>().into()
}
