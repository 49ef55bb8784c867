//! The book of a cluster's incidents: what reports say becomes incidents that open, change, flap, and close.
//!
//! One fault is one incident: the same cause on the same object, wherever it is seen from; symptoms that nothing explains go by the
//! workload they are on. What is no longer seen anywhere for [`RESOLVE_AFTER_S`] is resolved. What comes back within [`REOPEN_WITHIN_S`]
//! is reopened, counted as a flap, and told of only while it does not flap too often. What comes back later is a recurrence.
//!
//! What is dismissed stays dismissed until it worsens: until it is worse than it was then ([`Severity`] higher), or at least twice as many
//! objects are affected and [`WORSE_AFFECTED_MIN`] more.
//!
//! Units: spans are seconds. A clock that steps back counts as standing still.

use std::collections::{BTreeMap, BTreeSet};

use assent_base::id::{ClusterId, IncidentId};
use assent_base::{Timestamp, time};

mod act;
pub mod fingerprint;
mod group;
pub mod narrow;
mod weigh;

pub use act::{
    Act, BadAct, CONTEXT_CHARS_MAX, CONTEXTS_MAX, MUTE_MAX_S, MUTE_MIN_S, PLAN_TEXT_CHARS_MAX, REASON_CHARS_MAX, REOPENED_HOLD_S,
};
pub use group::CHANGE_LOOKBACK_S;
pub use weigh::{AFFECTED_BROKEN, DEVIATION_BROKEN};

use crate::known::{Examined, Slice};
use crate::record::{INCIDENT_VERSION, Incident, Phase, Severity, Standing, TimelineEntry, TimelineKind, Weight};
use group::Group;

/// What nobody sees for this long is resolved.
pub const RESOLVE_AFTER_S: i64 = 120;
/// What comes back this soon after it was resolved is the same incident.
pub const REOPEN_WITHIN_S: i64 = 1_800;
/// From so many flaps on, people are not told of each.
pub const FLAPS_HELD: u32 = 2;
/// What flaps is not told of for this long after it came back.
pub const FLAP_HOLD_S: i64 = 900;
/// Symptoms that nothing explains and that break nothing are waited for this long: most go by themselves.
pub const UNEXPLAINED_PATIENCE_S: i64 = 60;
/// Logs that were asked for are waited for this long before the answer is that the evidence does not show why.
pub const INVESTIGATE_MAX_S: i64 = 90;
/// What is still seen this long after a plan was carried out is not over.
pub const ACTED_PATIENCE_S: i64 = 600;
/// A dismissal holds for recurrences for this long after the last sighting.
pub const DISMISSAL_HOLDS_S: i64 = 30 * 86_400;
/// So many more must be affected before a dismissed incident is worse.
pub const WORSE_AFFECTED_MIN: u32 = 3;
/// Entries that a timeline keeps.
pub const TIMELINE_MAX: usize = 200;
/// Earlier incidents that one names.
pub const SIMILAR_MAX: usize = 20;
/// Closed incidents that the book remembers. The store has them all.
pub const CLOSED_MAX: usize = 5_000;

/// Why people are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tell {
    /// It is new.
    Opened,
    /// Its cause is known now.
    Explained,
    /// It is worse than when they were told last.
    Worsened,
    /// It is back.
    Reopened,
    /// It is over.
    Resolved,
    /// It is not muted or held any longer, and is still there.
    StillThere,
}

/// What became of an incident. Whoever keeps incidents writes the one named by each step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// It is new.
    Opened(IncidentId),
    /// A cause is shown now, or another than before.
    Explained(IncidentId),
    /// Something of it is not as it was.
    Changed(IncidentId),
    /// It is back: after it was gone, or since it worsened after it was dismissed, or since a person said so.
    Reopened(IncidentId),
    /// It is over.
    Resolved(IncidentId),
    /// It turned out to be another one, which goes on.
    Merged {
        /// Which ends.
        from: IncidentId,
        /// Which goes on.
        into: IncidentId,
    },
    /// People are to be told.
    Notify {
        /// Of what.
        id: IncidentId,
        /// Why.
        why: Tell,
    },
    /// Slices are to be examined, asked for by a person.
    Examine {
        /// For what.
        id: IncidentId,
        /// Which.
        slices: Vec<Slice>,
    },
}

impl Step {
    /// The incident that is to be written.
    #[must_use]
    pub fn incident(&self) -> IncidentId {
        match self {
            Step::Opened(id) | Step::Explained(id) | Step::Changed(id) | Step::Reopened(id) | Step::Resolved(id) => *id,
            Step::Merged { from, .. } => *from,
            Step::Notify { id, .. } | Step::Examine { id, .. } => *id,
        }
    }
}

/// An incident that cannot be read back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadBook {
    /// Another form of it.
    #[error("incident {id} is of form {form}; this program reads form {INCIDENT_VERSION}")]
    Form {
        /// Which.
        id: IncidentId,
        /// Its form.
        form: u32,
    },
    /// Of another cluster.
    #[error("incident {0} is of another cluster")]
    OtherCluster(IncidentId),
    /// Two of one fingerprint are not closed.
    #[error("incidents {0} and {1} are the same, and both open")]
    Twice(IncidentId, IncidentId),
}

/// A cluster's incidents.
#[derive(Debug, Clone)]
pub struct Book {
    cluster: ClusterId,
    incidents: BTreeMap<IncidentId, Incident>,
    /// The one incident of a fingerprint that lives or is dismissed.
    current: BTreeMap<String, IncidentId>,
    /// The latest of a fingerprint that is resolved.
    latest: BTreeMap<String, IncidentId>,
    /// Symptoms that are waited for, by fingerprint: since when, and as seen from where.
    pending: BTreeMap<String, (Timestamp, Slice)>,
    now: Timestamp,
    serial: u64,
}

pub(crate) fn add_time(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

impl Book {
    /// An empty book.
    #[must_use]
    pub fn new(cluster: ClusterId) -> Self {
        Self {
            cluster,
            incidents: BTreeMap::new(),
            current: BTreeMap::new(),
            latest: BTreeMap::new(),
            pending: BTreeMap::new(),
            now: Timestamp::UNIX_EPOCH,
            serial: 0,
        }
    }

    /// Opens a book with what was kept: all that lives or is dismissed, and the recently resolved.
    ///
    /// # Errors
    /// When an incident is of another form or cluster, or two that are the same are both open.
    pub fn restore(cluster: ClusterId, kept: impl IntoIterator<Item = Incident>) -> Result<Self, BadBook> {
        let mut book = Self::new(cluster);
        for incident in kept {
            if incident.form != INCIDENT_VERSION {
                return Err(BadBook::Form { id: incident.id, form: incident.form });
            }
            if incident.cluster != cluster {
                return Err(BadBook::OtherCluster(incident.id));
            }
            book.now = book.now.max(incident.updated_at);
            let (id, fingerprint) = (incident.id, incident.fingerprint.clone());
            match &incident.standing {
                Standing::Resolved { at, .. } => {
                    let earlier = book.latest.get(&fingerprint).and_then(|id| book.incidents.get(id)).and_then(Incident::closed_at);
                    if earlier.is_none_or(|earlier| earlier <= *at) {
                        book.latest.insert(fingerprint, id);
                    }
                }
                Standing::Live { .. } => {
                    let other = book.current.insert(fingerprint, id);
                    if let Some(other) = other.filter(|other| book.incidents.get(other).is_some_and(Incident::is_live)) {
                        return Err(BadBook::Twice(other, id));
                    }
                }
                // A dismissal that no longer holds has left its place to a newer incident.
                Standing::Dismissed { .. } => {
                    let other = book.current.get(&fingerprint).and_then(|other| book.incidents.get(other));
                    if other.is_none_or(|other| !other.is_live() && other.opened_at <= incident.opened_at) {
                        book.current.insert(fingerprint, id);
                    }
                }
            }
            book.incidents.insert(id, incident);
        }
        book.serial = book.incidents.len() as u64;
        Ok(book)
    }

    /// An incident.
    #[must_use]
    pub fn get(&self, id: IncidentId) -> Option<&Incident> {
        self.incidents.get(&id)
    }

    /// All that the book remembers, oldest first.
    pub fn incidents(&self) -> impl Iterator<Item = &Incident> {
        self.incidents.values()
    }

    /// The present instant; one that lies before what was told already counts as that.
    fn tell_time(&mut self, now: Timestamp) -> Timestamp {
        self.now = self.now.max(now);
        self.now
    }

    /// Folds what an examination says of its slice into the incidents.
    pub fn fold(&mut self, examined: &Examined, now: Timestamp) -> Vec<Step> {
        let now = self.tell_time(now);
        let mut steps = self.tick(now);
        let slice = &examined.slice;
        let groups = group::of(examined);
        let waiting = !examined.wanted_logs.is_empty();
        let (known, new): (Vec<Group>, Vec<Group>) = groups.into_iter().partition(|group| self.current.contains_key(&group.fingerprint));
        let mut seen = BTreeSet::new();
        self.pending.retain(|fingerprint, (_, from)| from != slice || new.iter().any(|group| group.fingerprint == *fingerprint));
        for group in known {
            if let Some(id) = self.current.get(&group.fingerprint).copied() {
                seen.insert(id);
                self.see(id, slice, group, waiting, now, &mut steps);
            }
        }
        for group in new {
            let id = match self.adopt(slice, &group, &seen) {
                Some(id) => {
                    self.refingerprint(id, &group, &mut steps, now);
                    Some(id)
                }
                None => self.reopen(&group, now, &mut steps).or_else(|| self.open(slice, &group, now, &mut steps)),
            };
            if let Some(id) = id {
                seen.insert(id);
                self.see(id, slice, group, waiting, now, &mut steps);
            }
        }
        self.lose(slice, &seen, now, &mut steps);
        self.forget();
        steps
    }

    /// The incident that a group continues under another name: this slice alone saw it, does so no longer, and it is about the same.
    fn adopt(&self, slice: &Slice, group: &Group, seen: &BTreeSet<IncidentId>) -> Option<IncidentId> {
        let unseen = self.current.values().filter(|id| !seen.contains(id)).filter_map(|id| self.incidents.get(id));
        let about = unseen.filter(|incident| {
            let sighting = incident.sightings.get(slice).filter(|_| incident.sightings.len() == 1);
            sighting.is_some_and(|sighting| {
                // Not merely neighbours of one Service: the faulty or ill object itself is among what the other holds.
                group.sighting.holds.contains(&incident.entity) || sighting.holds.contains(&group.entity)
            })
        });
        about.map(|incident| incident.id).next()
    }

    /// A group that explains gives an incident its name; one that does not leaves it the name it has.
    fn refingerprint(&mut self, id: IncidentId, group: &Group, steps: &mut Vec<Step>, now: Timestamp) {
        if group.sighting.cause.is_none() {
            return;
        }
        let Some(incident) = self.incidents.get_mut(&id) else { return };
        self.current.remove(&incident.fingerprint);
        incident.fingerprint = group.fingerprint.clone();
        incident.entity = group.entity.clone();
        self.current.insert(group.fingerprint.clone(), id);
        // It was resolved under this name a moment ago: then it came back.
        let before = self.latest.get(&group.fingerprint).copied();
        if let Some(before) = before.and_then(|before| self.incidents.get(&before)).map(|before| (before.id, before.recurrences)) {
            incident_recurs(self.incidents.get_mut(&id), before);
        }
        let others: Vec<IncidentId> = self.swallowed(id, group);
        for other in others {
            self.end(other, Some(id), now);
            steps.push(Step::Merged { from: other, into: id });
        }
    }

    /// Live incidents of symptoms on what this group explains.
    fn swallowed(&self, id: IncidentId, group: &Group) -> Vec<IncidentId> {
        let own = group.sighting.holds.iter().map(|entity| fingerprint::of(None, entity));
        own.filter_map(|fingerprint| self.current.get(&fingerprint).copied())
            .filter(|other| *other != id && self.incidents.get(other).is_some_and(Incident::is_live))
            .collect()
    }

    /// Opens anew what was resolved a moment ago.
    fn reopen(&mut self, group: &Group, now: Timestamp, steps: &mut Vec<Step>) -> Option<IncidentId> {
        let id = self.latest.get(&group.fingerprint).copied()?;
        let incident = self.incidents.get_mut(&id)?;
        let Standing::Resolved { at, phase } = incident.standing else { return None };
        if time::seconds_between(at, now) > REOPEN_WITHIN_S {
            return None;
        }
        incident.standing = Standing::Live { phase };
        incident.flaps = incident.flaps.saturating_add(1);
        if incident.flaps >= FLAPS_HELD {
            incident.held_until = Some(add_time(now, FLAP_HOLD_S));
        }
        incident.note(now, TimelineKind::State, format!("it is back, for the {} time", ordinal(incident.flaps)), None);
        incident.changed(now);
        self.latest.remove(&group.fingerprint);
        self.current.insert(group.fingerprint.clone(), id);
        steps.push(Step::Reopened(id));
        tell(incident, Tell::Reopened, now, steps);
        Some(id)
    }

    fn open(&mut self, slice: &Slice, group: &Group, now: Timestamp, steps: &mut Vec<Step>) -> Option<IncidentId> {
        if group.sighting.cause.is_none() && group.sighting.severity < Severity::Broken {
            let (since, _) = self.pending.entry(group.fingerprint.clone()).or_insert((now, slice.clone()));
            if time::seconds_between(*since, now) < UNEXPLAINED_PATIENCE_S {
                return None;
            }
        }
        self.pending.remove(&group.fingerprint);
        self.serial += 1;
        let id = fingerprint::incident_id(self.cluster, &group.fingerprint, now, self.serial);
        let mut incident = blank(id, self.cluster, group, now);
        let before = self.latest.get(&group.fingerprint).and_then(|before| self.incidents.get(before));
        if let Some(before) = before {
            incident.recurrences = before.recurrences.saturating_add(1);
            incident.similar = std::iter::once(before.id).chain(before.similar.iter().copied()).take(SIMILAR_MAX).collect();
        }
        incident.note(now, TimelineKind::State, "it opened".to_owned(), None);
        self.incidents.insert(id, incident);
        self.current.insert(group.fingerprint.clone(), id);
        steps.push(Step::Opened(id));
        let swallowed = if group.sighting.cause.is_some() { self.swallowed(id, group) } else { Vec::new() };
        for other in swallowed {
            self.end(other, Some(id), now);
            steps.push(Step::Merged { from: other, into: id });
        }
        Some(id)
    }

    /// Takes a sighting into an incident.
    fn see(&mut self, id: IncidentId, slice: &Slice, group: Group, waiting: bool, now: Timestamp, steps: &mut Vec<Step>) {
        let Some(incident) = self.incidents.get_mut(&id) else { return };
        let fresh = incident.told.is_none() && incident.sightings.is_empty() && incident.version == 1;
        let before =
            (incident.weight.clone(), incident.cause.clone(), incident.standing.clone(), incident.affected.clone(), incident.title.clone());
        let known: BTreeSet<String> = incident.sightings.values().flat_map(|seen| seen.symptoms.iter().cloned()).collect();
        (incident.seen_at, incident.gone_since) = (now, None);
        for (symptom, entry) in group.findings {
            if !known.contains(&symptom) {
                incident.put(entry);
            }
        }
        let told = incident.timeline.len();
        group.told.into_iter().for_each(|entry| incident.put(entry));
        let told = told != incident.timeline.len();
        let cause = group.sighting.cause.clone();
        let gone: Vec<String> = incident
            .sightings
            .get(slice)
            .map(|old| old.symptoms.difference(&group.sighting.symptoms).cloned().collect())
            .unwrap_or_default();
        incident.sightings.insert(slice.clone(), group.sighting);
        incident.miss(gone, now);
        incident.sum_up();
        if let Some(cause) = cause {
            incident.title = group.title;
            incident.entity = group.entity;
            incident.confidence_percent = Some(cause.confidence_percent);
            incident.cause = Some(cause.cause);
        } else if incident.cause.is_none() {
            incident.title = group.title;
        }
        incident.weight = weigh::of(incident);
        incident.advance(waiting, now);
        let explained = incident.cause != before.1 && incident.cause.is_some();
        if explained {
            incident.explained_at.get_or_insert(now);
            let text = format!("its cause is shown: {}", incident.title);
            incident.note(now, TimelineKind::State, text, None);
            steps.push(Step::Explained(id));
        }
        incident.undismiss(now, steps);
        let after =
            (incident.weight.clone(), incident.cause.clone(), incident.standing.clone(), incident.affected.clone(), incident.title.clone());
        if fresh {
            incident.affected_first = incident.affected_count();
            incident.weight = weigh::of(incident);
            tell(incident, Tell::Opened, now, steps);
        } else if before != after || told {
            incident.changed(now);
            steps.push(Step::Changed(id));
            let worse = incident.told.is_some_and(|(_, severity)| incident.weight.severity > severity);
            if worse {
                tell(incident, Tell::Worsened, now, steps);
            } else if explained {
                tell(incident, Tell::Explained, now, steps);
            }
        }
    }

    /// Takes a slice's sighting away from what it no longer sees.
    fn lose(&mut self, slice: &Slice, seen: &BTreeSet<IncidentId>, now: Timestamp, steps: &mut Vec<Step>) {
        for id in self.current.values().filter(|id| !seen.contains(id)) {
            let Some(incident) = self.incidents.get_mut(id) else { continue };
            let Some(old) = incident.sightings.remove(slice) else { continue };
            incident.miss(old.symptoms, now);
            if incident.sightings.is_empty() {
                incident.gone_since = Some(now);
            } else {
                incident.sum_up();
                incident.weight = weigh::of(incident);
            }
            incident.changed(now);
            steps.push(Step::Changed(*id));
        }
    }

    /// Lets time pass: resolves what is gone, ends mutes and holds.
    pub fn tick(&mut self, now: Timestamp) -> Vec<Step> {
        let now = self.tell_time(now);
        let mut steps = Vec::new();
        for id in self.current.values().copied().collect::<Vec<_>>() {
            let Some(incident) = self.incidents.get_mut(&id) else { continue };
            if incident.mute.as_ref().is_some_and(|mute| mute.until <= now) {
                incident.mute = None;
                incident.note(now, TimelineKind::State, "it is muted no longer".to_owned(), None);
                incident.changed(now);
                steps.push(Step::Changed(id));
                if incident.is_live() && incident.gone_since.is_none() {
                    tell(incident, Tell::StillThere, now, &mut steps);
                }
            }
            if incident.held_until.is_some_and(|until| until <= now) {
                incident.held_until = None;
                incident.changed(now);
                steps.push(Step::Changed(id));
                if incident.is_live() && incident.gone_since.is_none() {
                    tell(incident, Tell::StillThere, now, &mut steps);
                }
            }
            match incident.standing {
                Standing::Live { .. } if incident.resolves_at().is_some_and(|at| at <= now) => {
                    tell(incident, Tell::Resolved, now, &mut steps);
                    self.end(id, None, now);
                    steps.push(Step::Resolved(id));
                }
                Standing::Live { phase: Phase::Investigating } if add_time(incident.opened_at, INVESTIGATE_MAX_S) <= now => {
                    incident.advance(false, now);
                    incident.changed(now);
                    steps.push(Step::Changed(id));
                }
                Standing::Dismissed { .. }
                    if incident.sightings.is_empty() && time::seconds_between(incident.seen_at, now) > DISMISSAL_HOLDS_S =>
                {
                    self.current.remove(&incident.fingerprint);
                }
                Standing::Live { .. } | Standing::Resolved { .. } | Standing::Dismissed { .. } => {}
            }
        }
        steps
    }

    /// When time alone will change something: the earliest instant.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        let incidents = self.current.values().filter_map(|id| self.incidents.get(id));
        let due = incidents.flat_map(|incident| {
            let mute = incident.mute.as_ref().map(|mute| mute.until);
            let investigating = matches!(incident.standing, Standing::Live { phase: Phase::Investigating });
            let patience = investigating.then(|| add_time(incident.opened_at, INVESTIGATE_MAX_S));
            let resolves = incident.is_live().then(|| incident.resolves_at()).flatten();
            [mute, incident.held_until, patience, resolves]
        });
        due.flatten().min()
    }

    /// Slices with symptoms that are waited for, and when they should be folded again.
    #[must_use]
    pub fn waited_for(&self) -> Vec<(Slice, Timestamp)> {
        self.pending.values().map(|(since, slice)| (slice.clone(), add_time(*since, UNEXPLAINED_PATIENCE_S))).collect()
    }

    /// Slices that some incident is seen from. Who opens a book anew examines these too: one of them may be gone since.
    #[must_use]
    pub fn seen_from(&self) -> BTreeSet<Slice> {
        self.current.values().filter_map(|id| self.incidents.get(id)).flat_map(|incident| incident.sightings.keys().cloned()).collect()
    }

    fn end(&mut self, id: IncidentId, into: Option<IncidentId>, now: Timestamp) {
        let Some(incident) = self.incidents.get_mut(&id) else { return };
        let Standing::Live { phase } = incident.standing else { return };
        incident.standing = Standing::Resolved { at: now, phase };
        incident.sightings.clear();
        (incident.gone_since, incident.kept_until) = (None, None);
        let text = into.map_or_else(|| "what was wrong is gone".to_owned(), |into| format!("it turned out to be {into}"));
        incident.note(now, TimelineKind::State, text, None);
        incident.changed(now);
        self.current.remove(&incident.fingerprint);
        if into.is_none() {
            self.latest.insert(incident.fingerprint.clone(), id);
        }
    }

    /// Drops the oldest closed incidents beyond what the book remembers.
    fn forget(&mut self) {
        if self.incidents.len() <= self.current.len() + CLOSED_MAX {
            return;
        }
        let current: BTreeSet<IncidentId> = self.current.values().copied().collect();
        let mut closed: Vec<(Option<Timestamp>, IncidentId)> =
            self.incidents.values().filter(|own| !current.contains(&own.id)).map(|own| (own.closed_at(), own.id)).collect();
        closed.sort();
        for (_, id) in closed.into_iter().take(CLOSED_MAX / 10) {
            self.incidents.remove(&id);
            self.latest.retain(|_, latest| *latest != id);
        }
    }
}

fn incident_recurs(incident: Option<&mut Incident>, before: (IncidentId, u32)) {
    if let Some(incident) = incident {
        incident.recurrences = incident.recurrences.max(before.1.saturating_add(1));
        if !incident.similar.contains(&before.0) && before.0 != incident.id {
            incident.similar.insert(0, before.0);
            incident.similar.truncate(SIMILAR_MAX);
        }
    }
}

fn ordinal(n: u32) -> String {
    match (n % 10, n % 100) {
        (_, 11..=13) => format!("{n}th"),
        (1, _) => format!("{n}st"),
        (2, _) => format!("{n}nd"),
        (3, _) => format!("{n}rd"),
        _ => format!("{n}th"),
    }
}

/// Tells people, unless it is muted, dismissed or held.
fn tell(incident: &mut Incident, why: Tell, now: Timestamp, steps: &mut Vec<Step>) {
    let held = incident.held_until.is_some_and(|until| now < until);
    // Who was never told that it began need not hear that it is over.
    let unheard = why == Tell::Resolved && incident.told.is_none();
    if incident.is_muted(now) || held || unheard || !incident.is_live() {
        return;
    }
    incident.told = Some((now, incident.weight.severity));
    steps.push(Step::Notify { id: incident.id, why });
}

fn blank(id: IncidentId, cluster: ClusterId, group: &Group, now: Timestamp) -> Incident {
    Incident {
        form: INCIDENT_VERSION,
        id,
        cluster,
        fingerprint: group.fingerprint.clone(),
        standing: Standing::Live { phase: Phase::Open },
        mute: None,
        weight: Weight { severity: group.sighting.severity, urgency_percent: 0, because: Vec::new() },
        title: group.title.clone(),
        cause: None,
        entity: group.entity.clone(),
        namespaces: BTreeSet::new(),
        confidence_percent: None,
        affected: BTreeSet::new(),
        downstream: 0,
        recurrences: 0,
        similar: Vec::new(),
        affected_first: 0,
        acted_at: None,
        flaps: 0,
        opened_at: now,
        explained_at: None,
        updated_at: now,
        seen_at: now,
        gone_since: None,
        kept_until: None,
        held_until: None,
        told: None,
        assignee: None,
        context: Vec::new(),
        comments: 0,
        sightings: BTreeMap::new(),
        timeline: Vec::new(),
        version: 1,
    }
}

impl Incident {
    /// Counts a change.
    pub(crate) fn changed(&mut self, now: Timestamp) {
        self.version = self.version.saturating_add(1);
        self.updated_at = now;
    }

    /// Adds what happened.
    pub(crate) fn note(&mut self, at: Timestamp, kind: TimelineKind, text: String, by: Option<&str>) {
        self.put(TimelineEntry { at, kind, text, entity: None, by: by.map(str::to_owned) });
    }

    fn put(&mut self, entry: TimelineEntry) {
        if self.timeline.contains(&entry) {
            return;
        }
        let place = self.timeline.partition_point(|known| known.at <= entry.at);
        self.timeline.insert(place, entry);
        while self.timeline.len() > TIMELINE_MAX {
            // How it stood outlasts all else, and the oldest of what there is most of goes: no flood of one kind pushes out another.
            let count = |kind| self.timeline.iter().filter(|entry| entry.kind == kind).count();
            let kinds = [TimelineKind::Event, TimelineKind::Finding, TimelineKind::Change, TimelineKind::Act];
            let most = kinds.into_iter().rev().max_by_key(|kind| count(*kind)).filter(|kind| count(*kind) > 0);
            let oldest = self.timeline.iter().position(|entry| most.is_none_or(|kind| entry.kind == kind)).unwrap_or(0);
            self.timeline.remove(oldest);
        }
    }

    /// Tells of symptoms that nobody sees any longer.
    fn miss(&mut self, gone: impl IntoIterator<Item = String>, now: Timestamp) {
        for symptom in gone {
            if !self.sightings.values().any(|seen| seen.symptoms.contains(&symptom)) {
                self.note(now, TimelineKind::Finding, format!("{symptom} is gone"), None);
            }
        }
    }

    /// Sums up what is seen from everywhere.
    fn sum_up(&mut self) {
        self.affected = self.sightings.values().flat_map(|seen| seen.affected.iter().cloned()).collect();
        self.downstream = self.sightings.values().map(|seen| seen.downstream).max().unwrap_or(0);
        let touched = self.affected.iter().chain([&self.entity]).filter_map(|entity| entity.namespace.clone());
        // I11: its timeline and its report still speak of what it touched before, so a namespace never leaves.
        self.namespaces.extend(touched);
    }

    /// Moves a live incident on by what is seen of it now.
    fn advance(&mut self, waiting: bool, now: Timestamp) {
        let Standing::Live { phase } = self.standing else { return };
        let settled = if self.cause.is_some() {
            Phase::Explained
        } else if waiting && now < add_time(self.opened_at, INVESTIGATE_MAX_S) {
            Phase::Investigating
        } else {
            Phase::Inconclusive
        };
        let acting = phase == Phase::ActedOn && self.acted_at.is_some_and(|at| now < add_time(at, ACTED_PATIENCE_S));
        if !acting {
            self.standing = Standing::Live { phase: settled };
        }
    }

    /// When it is resolved if nobody sees it again.
    fn resolves_at(&self) -> Option<Timestamp> {
        let settled = add_time(self.gone_since?, RESOLVE_AFTER_S);
        Some(self.kept_until.map_or(settled, |kept| settled.max(kept)))
    }

    /// Opens a dismissed incident that has worsened.
    fn undismiss(&mut self, now: Timestamp, steps: &mut Vec<Step>) {
        let Standing::Dismissed { dismissal } = &self.standing else { return };
        let affected = self.affected_count();
        let more = affected >= dismissal.affected.saturating_mul(2) && affected >= dismissal.affected.saturating_add(WORSE_AFFECTED_MIN);
        if self.weight.severity <= dismissal.severity && !more {
            return;
        }
        let phase = if self.cause.is_some() { Phase::Explained } else { Phase::Inconclusive };
        self.standing = Standing::Live { phase };
        self.note(now, TimelineKind::State, "it is worse than when it was dismissed".to_owned(), None);
        self.changed(now);
        steps.push(Step::Reopened(self.id));
        tell(self, Tell::Worsened, now, steps);
    }
}
