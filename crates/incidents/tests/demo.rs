//! The demo opens exactly the incidents that it intends, and the one that heals is closed by itself.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its input has failed")]

use std::collections::BTreeMap;

use crate::support::{Watched, after};
use assent_base::Timestamp;
use assent_incidents::record::TimelineKind;
use assent_incidents::{State, Step};
use assent_scenarios::demo;

fn play() -> (Watched, Timestamp) {
    let start: Timestamp = "2026-06-01T09:00:00Z".parse().unwrap();
    let mut watched = Watched::new();
    let moments = demo::timeline(start);
    for second in 0..=demo::LENGTH_S {
        for moment in moments.iter().filter(|moment| moment.offset_s == second) {
            watched.take(&moment.facts);
        }
        if second % 2 == 0 {
            watched.turn(after(start, second));
        }
    }
    (watched, after(start, demo::LENGTH_S))
}

#[test]
fn exactly_the_intended_incidents_open_and_the_healed_one_closes() {
    let (watched, end) = play();
    let found: BTreeMap<(String, String), State> = watched
        .book
        .incidents()
        .map(|incident| {
            ((incident.cause.clone().unwrap_or_else(|| incident.title.clone()), incident.entity.to_string()), incident.state(end))
        })
        .collect();
    let intended: BTreeMap<(String, String), State> = demo::INTENDED
        .iter()
        .map(|one| ((one.cause.to_owned(), one.entity.to_owned()), if one.heals { State::Resolved } else { State::Explained }))
        .collect();
    assert_eq!(found, intended);
}

#[test]
fn the_healthy_cluster_opens_nothing() {
    let start: Timestamp = "2026-06-01T09:00:00Z".parse().unwrap();
    let mut watched = Watched::new();
    watched.take(&demo::timeline(start).first().unwrap().facts);
    for second in 0..600 {
        watched.turn(after(start, second));
    }
    assert_eq!(watched.steps, []);
}

#[test]
fn each_incident_is_told_once_and_its_timeline_says_what_was_changed() {
    let (watched, _) = play();
    for incident in watched.book.incidents() {
        let told = watched.steps.iter().filter(|(_, step)| matches!(step, Step::Opened(id) if *id == incident.id)).count();
        assert_eq!(told, 1, "{}", incident.title);
        assert_eq!(incident.flaps, 0, "{}", incident.title);
        let changed = incident.timeline.iter().any(|entry| entry.kind == TimelineKind::Change);
        assert!(changed, "{}: {:#?}", incident.title, incident.timeline);
    }
}

#[test]
fn the_same_facts_make_the_same_incidents() {
    let (one, _) = play();
    let (other, _) = play();
    assert!(one.book.incidents().eq(other.book.incidents()));
}
