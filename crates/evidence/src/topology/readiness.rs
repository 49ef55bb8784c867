//! How an object is by its own state, in a few words.
//!
//! What is broken is for findings to say, which know patience; here is only what the state itself leaves no doubt of.

use assent_base::Kind;
use assent_capture::tree::At;

use super::Health;
use crate::entity::Entity;

/// Characters of a note at most.
const NOTE_CHARS_MAX: usize = 120;

/// How an object is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Readiness {
    pub(super) health: Health,
    pub(super) note: Option<String>,
    /// Something should be ready, and nothing is.
    pub(super) is_down: bool,
}

impl Readiness {
    fn new(health: Health, note: impl Into<Option<String>>) -> Self {
        Self { health, note: note.into().map(shorten), is_down: false }
    }
}

/// How an object is by its own state.
pub(super) fn of(entity: Entity<'_>) -> Readiness {
    if !entity.is_captured() {
        let absent = entity.graph.is_absent(entity.reference());
        return Readiness::new(Health::Unknown, absent.then(|| "not found".to_owned()));
    }
    match entity.kind() {
        Kind::Pod => pod(entity),
        Kind::Deployment | Kind::StatefulSet | Kind::ReplicaSet | Kind::ReplicationController => {
            let wanted = entity.at("spec/replicas").int().unwrap_or(1);
            workload(wanted, entity.at("status/readyReplicas").int().unwrap_or(0))
        }
        Kind::DaemonSet => {
            let wanted = entity.at("status/desiredNumberScheduled").int().unwrap_or(0);
            workload(wanted, entity.at("status/numberReady").int().unwrap_or(0))
        }
        Kind::Job => job(entity),
        Kind::CronJob => Readiness::new(Health::Healthy, (entity.at("spec/suspend").bool() == Some(true)).then(|| "suspended".to_owned())),
        Kind::Node => node(entity),
        Kind::PersistentVolumeClaim | Kind::PersistentVolume => volume(entity),
        Kind::Namespace => {
            let leaving = entity.at("metadata/deletionTimestamp").exists();
            Readiness::new(Health::Healthy, leaving.then(|| "terminating".to_owned()))
        }
        _ => Readiness::new(Health::Healthy, None),
    }
}

fn pod(entity: Entity<'_>) -> Readiness {
    let phase = entity.at("status/phase");
    if phase.is("Succeeded") {
        return Readiness::new(Health::Healthy, "completed".to_owned());
    }
    if phase.is("Failed") {
        let why = entity.at("status/reason").text().map(|reason| format!("failed: {reason}"));
        return Readiness::new(Health::Degraded, why.unwrap_or_else(|| "failed".to_owned()));
    }
    if entity.at("metadata/deletionTimestamp").exists() {
        return Readiness::new(Health::Unknown, "terminating".to_owned());
    }
    let statuses: Vec<At<'_>> = entity.at("status/containerStatuses").items().collect();
    let init: Vec<At<'_>> = entity.at("status/initContainerStatuses").items().collect();
    let regular = entity.at("spec/containers").items().count().max(1);
    let ready = statuses.iter().filter(|status| status.get("ready").bool() == Some(true)).count();
    if ready >= regular {
        return Readiness::new(Health::Healthy, format!("{ready} of {regular} ready"));
    }
    let waits = init.iter().chain(&statuses).find_map(|status| status.at("state/waiting/reason").text());
    let why = waits.map(|reason| format!("{ready} of {regular} ready: {reason}"));
    Readiness::new(Health::Degraded, why.unwrap_or_else(|| format!("{ready} of {regular} ready")))
}

fn workload(wanted: i64, ready: i64) -> Readiness {
    if wanted <= 0 {
        return Readiness::new(Health::Healthy, "none wanted".to_owned());
    }
    let health = if ready >= wanted { Health::Healthy } else { Health::Degraded };
    Readiness { is_down: ready <= 0, ..Readiness::new(health, format!("{ready} of {wanted} ready")) }
}

fn job(entity: Entity<'_>) -> Readiness {
    let holds = |kind: &str| entity.condition(kind).is_some_and(|condition| condition.get("status").is("True"));
    if holds("Failed") {
        return Readiness::new(Health::Degraded, "failed".to_owned());
    }
    if holds("Complete") {
        return Readiness::new(Health::Healthy, "completed".to_owned());
    }
    Readiness::new(Health::Healthy, format!("{} active", entity.at("status/active").int().unwrap_or(0)))
}

fn node(entity: Entity<'_>) -> Readiness {
    let ready = entity.condition("Ready").map(|condition| condition.get("status").is("True"));
    let cordoned = entity.at("spec/unschedulable").bool() == Some(true);
    match ready {
        Some(true) if cordoned => Readiness::new(Health::Healthy, "ready, cordoned".to_owned()),
        Some(true) => Readiness::new(Health::Healthy, "ready".to_owned()),
        Some(false) => Readiness::new(Health::Broken, "not ready".to_owned()),
        None => Readiness::new(Health::Unknown, None),
    }
}

fn volume(entity: Entity<'_>) -> Readiness {
    let Some(phase) = entity.at("status/phase").text() else { return Readiness::new(Health::Unknown, None) };
    let health = match phase {
        "Bound" | "Available" | "Released" => Health::Healthy,
        "Lost" | "Failed" => Health::Broken,
        // A claim may wait for its first pod for as long as it likes.
        _ => Health::Unknown,
    };
    Readiness::new(health, phase.to_lowercase())
}

/// Words of a cluster are of any length.
fn shorten(note: String) -> String {
    match note.char_indices().nth(NOTE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", note.get(..end).unwrap_or_default()),
        None => note,
    }
}
