//! What is known of one cluster, and what of it has to be looked at again.
//!
//! A change concerns the slice it is in and the slices that reach its place. What a slice reaches is worked out when it is examined, from
//! counts that every change keeps up to date: a change that alters what a slice reaches is always a change within its reach, so a slice
//! that is not dirty knows its reach exactly.
//!
//! Example: Deployment `shop/web` has `DB_HOST=db.data`, and its pods run on `n1`. The slice of `shop` reaches the namespace `data` with
//! all that `data` reaches, and the node `n1`. A change to `data` makes both dirty, a change to `bank` neither.
//!
//! Units: instants are UTC; the present one is an argument.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use assent_base::{Kind, ObjectRef, Timestamp};

use crate::baseline::series::Watch;
use crate::fact::{BadFact, Fact, LOG_BYTES_MAX, SAMPLES_BYTES_MAX};

mod aftermath;
mod calls;
mod changes;
mod due;
mod entry;
mod examine;
mod links;
mod metrics;
pub mod place;
mod reach;
mod sketch;
pub mod snapshot;

pub use aftermath::Aftermath;
pub use calls::Called;
pub use changes::Change;
pub use examine::{Examined, Wide};
pub use place::Slice;
pub use snapshot::BadSnapshot;

use calls::Calls;
use changes::Changes;
use entry::Entry;
use metrics::Metrics;
use place::Place;
use reach::Reach;

/// Objects of one cluster.
pub const OBJECTS_MAX: usize = 1_000_000;
/// Bytes of the JSON of all objects of one cluster: what is known must fit a snapshot, and one cluster must not take the memory of all.
pub const OBJECTS_BYTES_MAX: usize = 256 << 20;
/// Listings that are remembered: kinds, by namespaces. Of one that is not, absence proves nothing.
pub const LISTED_MAX: usize = 20_000;
/// Events that are kept per place. Of more, the longest unseen go.
pub const EVENTS_PER_PLACE_MAX: usize = 2_000;
/// Logs that are kept in all. Of more, the oldest go.
pub const LOGS_MAX: usize = 2_000;
/// Removed objects that are remembered, so that late news of them is not believed.
pub const GRAVES_MAX: usize = 20_000;

/// What a fact touched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    /// Slices that are to be examined again, the one that changed itself first. None where nothing changed that anybody looks at.
    pub slices: Vec<Slice>,
    /// Whether the fact was older than what is known, and was left out.
    pub stale: bool,
}

/// One run of one container.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Run {
    pub(crate) namespace: Box<str>,
    pub(crate) pod: Box<str>,
    pub(crate) container: Box<str>,
    pub(crate) previous: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Log {
    pub(crate) at: Timestamp,
    pub(crate) text: Box<str>,
    links: Vec<Place>,
}

/// What was last known of an object that is gone.
#[derive(Debug, Clone)]
pub(crate) struct Grave {
    pub(crate) uid: Box<str>,
    pub(crate) version: Option<u64>,
    pub(crate) at: Timestamp,
}

#[derive(Debug, Clone, Copy)]
struct Dirty {
    since: Timestamp,
    direct: bool,
}

/// What is known of one cluster.
#[derive(Debug, Default)]
pub struct Known {
    objects: BTreeMap<ObjectRef, Entry>,
    /// Bytes of their JSON.
    bytes: usize,
    places: BTreeMap<Place, BTreeSet<ObjectRef>>,
    on_node: BTreeMap<Box<str>, BTreeSet<ObjectRef>>,
    /// Events, by what they speak of.
    said_of: BTreeMap<ObjectRef, BTreeSet<ObjectRef>>,
    logs: BTreeMap<Run, Log>,
    metrics: Metrics,
    watch: Watch,
    calls: Calls,
    changes: Changes,
    listed: BTreeMap<(Kind, Option<Box<str>>), Timestamp>,
    graves: VecDeque<Grave>,
    dropped: u64,
    reach: Reach,
    dirty: BTreeMap<Slice, Dirty>,
    due: BTreeMap<Slice, Timestamp>,
}

impl Known {
    /// Knows nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a fact in, and says what is to be looked at again.
    ///
    /// # Errors
    /// When the fact cannot be read, is too large, or is a Secret. Nothing of it is kept then.
    pub fn apply(&mut self, fact: Fact) -> Result<Touched, BadFact> {
        match fact {
            Fact::Object { at, body } => self.object(at, body.get()),
            Fact::Gone { at, kind, namespace, name, uid } => {
                let of = ObjectRef::new(Kind::named(&kind), namespace.as_deref(), &name);
                Ok(self.gone(at, &of, uid.as_deref()))
            }
            Fact::Listed { at, kind, namespace } => Ok(self.list(at, Kind::named(&kind), namespace.map(Into::into))),
            Fact::Log { at, namespace, pod, container, previous, text } => {
                let run = Run { namespace: namespace.into(), pod: pod.into(), container: container.into(), previous };
                Ok(self.log(at, run, &text))
            }
            Fact::Samples { at, query, body } => {
                if body.get().len() > SAMPLES_BYTES_MAX {
                    return Err(BadFact::TooMuch { what: "bytes of samples", limit: SAMPLES_BYTES_MAX });
                }
                let namespaces = self.metrics.take(at, &query, body.get(), &mut self.watch)?;
                Ok(self.touch(at, namespaces.into_iter().map(Place::Namespace).collect()))
            }
            Fact::Calls { at, from, to, calls, errors, p99_ms } => {
                let namespaces = self.calls.take(&from, &to, Called { at, calls, errors, p99_ms }, &mut self.reach);
                Ok(self.touch(at, namespaces.into_iter().map(Place::Namespace).collect()))
            }
            Fact::Dropped { at, signals } => {
                self.dropped = self.dropped.saturating_add(signals);
                // What was lost may have been news of anything: what was listed is listed no longer.
                self.listed.clear();
                Ok(self.touch(at, self.places.keys().cloned().collect()))
            }
        }
    }

    fn object(&mut self, at: Timestamp, body: &str) -> Result<Touched, BadFact> {
        let (of, mut new) = entry::read(body, at)?;
        if matches!(of.kind, Kind::Other(_)) && of.namespace.is_none() && new.place == Place::Common {
            return Ok(Touched::default());
        }
        if self.is_buried(&new) {
            return Ok(Touched { stale: true, ..Touched::default() });
        }
        let full = self.objects.len() >= OBJECTS_MAX;
        match self.objects.get_mut(&of) {
            None if full => return Err(BadFact::TooMuch { what: "objects", limit: OBJECTS_MAX }),
            None => {}
            Some(old) if new.is_older_than(old) => return Ok(Touched { stale: true, ..Touched::default() }),
            Some(old) if old.gist == new.gist && old.uid == new.uid => {
                // Nothing that anybody looks at: the words that were seen first stay, so that what was quoted still stands.
                old.seen_at = old.seen_at.max(at);
                old.version = new.version;
                return Ok(Touched::default());
            }
            Some(old) => new.seen_at = new.seen_at.max(old.seen_at),
        }
        let others = self.bytes.saturating_sub(self.objects.get(&of).map_or(0, |old| old.body.len()));
        if others.saturating_add(new.body.len()) > OBJECTS_BYTES_MAX {
            return Err(BadFact::TooMuch { what: "bytes of objects", limit: OBJECTS_BYTES_MAX });
        }
        let old = self.remove(&of);
        self.changes.note(&of, old.as_ref(), Some(&new));
        let mut touched = places_between(&of, old.as_ref(), Some(&new));
        touched.extend(self.node_spoken_of(&new));
        self.insert(of, new);
        Ok(self.touch(at, touched))
    }

    fn gone(&mut self, at: Timestamp, of: &ObjectRef, uid: Option<&str>) -> Touched {
        let Some(known) = self.objects.get(of) else { return Touched::default() };
        let another = uid.is_some_and(|uid| known.uid.as_deref().is_some_and(|own| own != uid));
        if another || (uid.is_none() && known.seen_at > at) {
            return Touched { stale: true, ..Touched::default() };
        }
        let touched = self.bury(at, of);
        self.touch(at, touched)
    }

    fn list(&mut self, at: Timestamp, kind: Kind, namespace: Option<Box<str>>) -> Touched {
        let inside = |of: &ObjectRef| of.kind == kind && (namespace.is_none() || of.namespace == namespace);
        let first = ObjectRef { kind: kind.clone(), namespace: None, name: "".into() };
        let own = self.objects.range(first..).take_while(|(of, _)| of.kind == kind);
        let unseen: Vec<ObjectRef> = own.filter(|(of, entry)| inside(of) && entry.seen_at < at).map(|(of, _)| of.clone()).collect();
        let mut touched = Vec::new();
        for of in unseen {
            touched.extend(self.bury(at, &of));
        }
        let scope = (kind.clone(), namespace.clone());
        if self.listed.len() >= LISTED_MAX && !self.listed.contains_key(&scope) {
            return self.touch(at, touched);
        }
        let new = self.listed.insert(scope, at).is_none();
        if new {
            // Absence now means absence, which may tell something about everything of the scope.
            match &namespace {
                Some(namespace) => touched.push(Place::Namespace(namespace.clone())),
                None if kind.is_namespaced() => {
                    touched.extend(self.places.keys().filter(|place| matches!(place, Place::Namespace(_))).cloned())
                }
                None => touched.extend([Place::Common, Place::Nodes, Place::Volumes, Place::Namespaces]),
            }
        }
        self.dropped = 0;
        self.touch(at, touched)
    }

    fn log(&mut self, at: Timestamp, run: Run, text: &str) -> Touched {
        let text = tail(text, LOG_BYTES_MAX);
        let (old, place) = (self.logs.get(&run), Place::Namespace(run.namespace.clone()));
        // A log of a pod that nobody knows is late, or early: it would outlive everything.
        let pod = ObjectRef::new(Kind::Pod, Some(&run.namespace), &run.pod);
        if old.is_some_and(|old| old.at > at) || !self.objects.contains_key(&pod) {
            return Touched { stale: true, ..Touched::default() };
        }
        let same = old.is_some_and(|old| &*old.text == text);
        self.forget_log(&run);
        let links = links::of_log(&run.namespace, text);
        self.reach.link(&place, &links);
        self.logs.insert(run, Log { at, text: text.into(), links });
        while self.logs.len() > LOGS_MAX {
            let Some(oldest) = self.logs.iter().min_by_key(|(_, log)| log.at).map(|(run, _)| run.clone()) else { break };
            self.forget_log(&oldest);
        }
        if same { Touched::default() } else { self.touch(at, vec![place]) }
    }

    fn forget_log(&mut self, run: &Run) {
        if let Some(log) = self.logs.remove(run) {
            self.reach.unlink(&Place::Namespace(run.namespace.clone()), &log.links);
        }
    }

    fn insert(&mut self, of: ObjectRef, entry: Entry) {
        self.reach.link(&entry.place, &entry.links);
        for address in &entry.addresses {
            self.reach.own_address(address, of.namespace());
        }
        if entry.serves
            && let Some(namespace) = of.namespace()
        {
            self.reach.serve(namespace);
        }
        if let Some(node) = node_of(&of, &entry) {
            self.on_node.entry(node.into()).or_default().insert(of.clone());
        }
        if let Some(about) = &entry.about {
            self.said_of.entry(about.clone()).or_default().insert(of.clone());
        }
        let own = self.places.entry(entry.place.clone()).or_default();
        own.insert(of.clone());
        let crowded = of.kind == Kind::Event && own.len() > EVENTS_PER_PLACE_MAX;
        let place = entry.place.clone();
        self.bytes = self.bytes.saturating_add(entry.body.len());
        self.objects.insert(of, entry);
        if crowded {
            self.thin_events(&place);
        }
    }

    /// Takes an object out of every index.
    fn remove(&mut self, of: &ObjectRef) -> Option<Entry> {
        let entry = self.objects.remove(of)?;
        self.bytes = self.bytes.saturating_sub(entry.body.len());
        self.reach.unlink(&entry.place, &entry.links);
        for address in &entry.addresses {
            self.reach.disown_address(address, of.namespace());
        }
        if entry.serves
            && let Some(namespace) = of.namespace()
        {
            self.reach.unserve(namespace);
        }
        if let Some(own) = node_of(of, &entry).and_then(|node| self.on_node.get_mut(node)) {
            own.remove(of);
        }
        if let Some(about) = &entry.about
            && let Some(own) = self.said_of.get_mut(about)
        {
            own.remove(of);
            if own.is_empty() {
                self.said_of.remove(about);
            }
        }
        if let Some(own) = self.places.get_mut(&entry.place) {
            own.remove(of);
            if own.is_empty() {
                self.places.remove(&entry.place);
            }
        }
        Some(entry)
    }

    fn bury(&mut self, at: Timestamp, of: &ObjectRef) -> Vec<Place> {
        let Some(old) = self.remove(of) else { return Vec::new() };
        if of.kind == Kind::Pod {
            let first =
                Run { namespace: of.namespace().unwrap_or_default().into(), pod: of.name.clone(), container: "".into(), previous: false };
            let own = |run: &Run| run.namespace == first.namespace && run.pod == first.pod;
            let runs: Vec<Run> = self.logs.range(first.clone()..).map(|(run, _)| run).take_while(|run| own(run)).cloned().collect();
            runs.iter().for_each(|run| self.forget_log(run));
        }
        if let Some(uid) = &old.uid {
            self.graves.push_back(Grave { uid: uid.clone(), version: old.version, at });
            while self.graves.len() > GRAVES_MAX {
                self.graves.pop_front();
            }
        }
        if of.kind != Kind::Event {
            self.changes.note(of, Some(&old), None);
        }
        let mut touched = places_between(of, Some(&old), None);
        touched.extend(self.node_spoken_of(&old));
        touched
    }

    /// The node of the pod that an event speaks of.
    fn node_spoken_of(&self, event: &Entry) -> Option<Place> {
        let pod = event.about.as_ref()?;
        node_of(pod, self.objects.get(pod)?).map(|node| Place::PodsOf(node.into()))
    }

    /// Whether this is late news of an object that is gone.
    fn is_buried(&self, new: &Entry) -> bool {
        let Some(uid) = &new.uid else { return false };
        self.graves.iter().rev().any(|grave| {
            grave.uid == *uid
                && match (new.version, grave.version) {
                    (Some(own), Some(last)) if own != last => own < last,
                    _ => new.seen_at <= grave.at,
                }
        })
    }

    fn thin_events(&mut self, place: &Place) {
        let Some(own) = self.places.get(place) else { return };
        let events = own.iter().filter(|of| of.kind == Kind::Event);
        let mut events: Vec<(Timestamp, ObjectRef)> = events.filter_map(|of| Some((self.objects.get(of)?.seen_at, of.clone()))).collect();
        if events.len() <= EVENTS_PER_PLACE_MAX {
            return;
        }
        events.sort();
        // An eighth at once, so that a storm of events does not sort them all each time.
        for (_, of) in events.iter().take(EVENTS_PER_PLACE_MAX / 8) {
            self.remove(of);
        }
    }

    /// Marks what looks at these places.
    fn touch(&mut self, at: Timestamp, places: Vec<Place>) -> Touched {
        let mut direct = BTreeSet::new();
        let mut others = BTreeSet::new();
        for place in &places {
            direct.extend(place.slice());
            others.extend(self.reach.reached_by(place).cloned());
        }
        let mut touched = Touched::default();
        let indirect = others.into_iter().filter(|slice| !direct.contains(slice)).map(|slice| (slice, false)).collect::<Vec<_>>();
        for (slice, is_direct) in direct.into_iter().map(|slice| (slice, true)).chain(indirect) {
            let dirty = self.dirty.entry(slice.clone()).or_insert(Dirty { since: at, direct: is_direct });
            dirty.direct |= is_direct;
            touched.slices.push(slice);
        }
        touched
    }

    /// Slices that are to be examined: those that changed themselves first, then those that reach what changed, the longest waiting first.
    #[must_use]
    pub fn dirty(&self) -> Vec<Slice> {
        let mut waiting: Vec<(&Slice, &Dirty)> = self.dirty.iter().collect();
        waiting.sort_by_key(|(slice, dirty)| (!dirty.direct, dirty.since, (*slice).clone()));
        waiting.into_iter().map(|(slice, _)| slice.clone()).collect()
    }

    /// Since when a slice waits; none if it does not.
    #[must_use]
    pub fn dirty_since(&self, slice: &Slice) -> Option<Timestamp> {
        self.dirty.get(slice).map(|dirty| dirty.since)
    }

    /// When something is to be looked at again though nothing has changed: the earliest instant. `None` if nothing waits for time to pass.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        self.due.values().min().copied()
    }

    /// Makes dirty what time alone may have changed by now.
    pub fn pass(&mut self, now: Timestamp) -> Vec<Slice> {
        let due: Vec<Slice> = self.due.iter().filter(|(_, at)| **at <= now).map(|(slice, _)| slice.clone()).collect();
        for slice in &due {
            self.due.remove(slice);
            self.dirty.entry(slice.clone()).or_insert(Dirty { since: now, direct: true });
        }
        due
    }

    /// Takes a slice off the dirty ones without a look at it, after an examination of it failed. The next change makes it dirty again.
    pub fn give_up(&mut self, slice: &Slice) {
        self.dirty.remove(slice);
    }

    /// The slices there are: one for each namespace that has objects, and the cluster's.
    #[must_use]
    pub fn slices(&self) -> Vec<Slice> {
        self.places.keys().filter_map(Place::slice).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// How many objects are known.
    #[must_use]
    pub fn objects(&self) -> usize {
        self.objects.len()
    }

    /// An object's JSON, as it was sent.
    #[must_use]
    pub fn body(&self, of: &ObjectRef) -> Option<&str> {
        self.objects.get(of).map(|entry| &*entry.body)
    }
}

/// The node that a pod is on.
fn node_of<'e>(of: &ObjectRef, entry: &'e Entry) -> Option<&'e str> {
    let pod = of.kind == Kind::Pod;
    entry.links.iter().filter(|_| pod).find_map(|link| if let Place::Node(node) = link { Some(&**node) } else { None })
}

/// The places where somebody may look who should know of the step from the old to the new.
fn places_between(of: &ObjectRef, old: Option<&Entry>, new: Option<&Entry>) -> Vec<Place> {
    let mut places = BTreeSet::new();
    for entry in [old, new].into_iter().flatten() {
        places.insert(entry.place.clone());
        match of.kind {
            Kind::Node => drop(places.insert(Place::Nodes)),
            Kind::PersistentVolume => drop(places.insert(Place::Volumes)),
            Kind::Namespace => drop(places.insert(Place::Namespaces)),
            Kind::Pod => places.extend(node_of(of, entry).map(|node| Place::PodsOf(node.into()))),
            _ => {}
        }
    }
    let part = |entry: Option<&Entry>| entry.and_then(|entry| entry.sketch.clone());
    if part(old) != part(new) {
        places.insert(if of.kind == Kind::Service { Place::Services } else { Place::Pods });
    }
    let addresses = |entry: Option<&Entry>| entry.map(|entry| entry.addresses.clone()).unwrap_or_default();
    if addresses(old) != addresses(new) {
        places.extend(addresses(old).into_iter().chain(addresses(new)).map(Place::Address));
    }
    places.into_iter().collect()
}

/// The end of a text, from the start of a line.
fn tail(text: &str, bytes_max: usize) -> &str {
    if text.len() <= bytes_max {
        return text;
    }
    let mut from = text.len() - bytes_max;
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let cut = text.get(from..).unwrap_or_default();
    cut.split_once('\n').map_or(cut, |(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(name: &str, payload: usize) -> Fact {
        let body = serde_json::json!({ "kind": "ConfigMap", "metadata": { "namespace": "shop", "name": name }, "data": { "x": "x".repeat(payload) } });
        Fact::Object { at: Timestamp::UNIX_EPOCH, body: serde_json::value::to_raw_value(&body).unwrap() }
    }

    #[test]
    fn one_cluster_does_not_take_the_memory_of_all() {
        let mut known = Known::new();
        known.apply(object("small", 0)).unwrap();
        let one = known.bytes;
        known.bytes = OBJECTS_BYTES_MAX - 50;
        assert!(matches!(known.apply(object("more", 0)), Err(BadFact::TooMuch { what: "bytes of objects", .. })));
        assert!(known.apply(object("small", 10)).is_ok(), "what takes the place of another may come");
        known.bytes = one;
        known.apply(object("more", 0)).unwrap();
        known.gone(Timestamp::UNIX_EPOCH, &ObjectRef::new(Kind::named("ConfigMap"), Some("shop"), "more"), Some("x"));
        assert_eq!((known.objects(), known.bytes), (1, one));
    }

    #[test]
    fn a_storm_of_listings_is_remembered_within_bounds() {
        let mut known = Known::new();
        for n in 0..LISTED_MAX + 10 {
            known.apply(Fact::Listed { at: Timestamp::UNIX_EPOCH, kind: format!("Kind{n}"), namespace: None }).unwrap();
        }
        assert_eq!(known.listed.len(), LISTED_MAX);
    }
}
