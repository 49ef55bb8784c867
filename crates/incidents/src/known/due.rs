//! When to look again though nothing has changed: the next instant at which something known reaches an age that a rule counts.

use assent_base::{Kind, Timestamp, time};
use assent_diagnosis::Home;
use assent_diagnosis::patience::AGES_S;
use assent_evidence::{Entity, Graph};

/// Instants in an object's conditions and container states that rules count from.
const STATES: [&str; 6] = [
    "state/running/startedAt",
    "state/terminated/startedAt",
    "state/terminated/finishedAt",
    "lastState/terminated/startedAt",
    "lastState/terminated/finishedAt",
    "state/waiting/startedAt",
];

/// The next instant after `now` at which a rule may change its mind about what is at home.
pub(crate) fn next(graph: &Graph, home: &Home, now: Timestamp) -> Option<Timestamp> {
    let oldest_s = AGES_S.iter().max().copied().unwrap_or(0);
    let mut next: Option<Timestamp> = None;
    let mut count_from = |since: Timestamp, grace_s: i64| {
        let age_s = time::seconds_between(since, now);
        if age_s > oldest_s.saturating_add(grace_s) {
            return;
        }
        // Rules compare with `>` or `>=`; a second later both hold.
        let crossed = AGES_S.iter().map(|age| age + grace_s + 1).filter(|age| *age > age_s).min();
        let at = crossed.and_then(|age| since.checked_add(jiff::SignedDuration::from_secs(age)).ok());
        if let Some(at) = at.filter(|at| *at > now) {
            next = Some(next.map_or(at, |known| known.min(at)));
        }
    };
    for entity in graph.entities().filter(|entity| home.holds(entity.reference())) {
        for since in instants(entity) {
            count_from(since, 0);
        }
        if let Some(since) = entity.at("metadata/deletionTimestamp").instant() {
            count_from(since, 0);
            count_from(since, entity.at("metadata/deletionGracePeriodSeconds").int().unwrap_or(30).clamp(0, 86_400));
        }
        let said = entity.logs().filter_map(|log| log.lines.iter().rev().find_map(|line| line.time));
        said.for_each(|since| count_from(since, 0));
    }
    next
}

fn instants(entity: Entity<'_>) -> Vec<Timestamp> {
    let mut found: Vec<Timestamp> = entity.created().into_iter().collect();
    found.extend(entity.at("status/startTime").instant());
    found.extend(entity.at("status/conditions").items().filter_map(|condition| condition.get("lastTransitionTime").instant()));
    if *entity.kind() == Kind::Pod {
        for list in ["status/initContainerStatuses", "status/containerStatuses"] {
            for status in entity.at(list).items() {
                found.extend(STATES.iter().filter_map(|path| status.at(path).instant()));
            }
        }
    }
    found.extend(entity.events().iter().filter_map(|event| event.last));
    found
}
