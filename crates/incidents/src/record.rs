//! An incident as it is kept.
//!
//! Its states are data: what is resolved knows when, what is dismissed knows why. [`Incident::state`] gives the one word that people see.

use std::collections::{BTreeMap, BTreeSet};

use assent_base::Timestamp;
use assent_base::id::{AccountId, ClusterId, IncidentId};
use assent_diagnosis::report::EntityName;
use serde::{Deserialize, Serialize};

use crate::known::Slice;

/// The version of the form.
pub const INCIDENT_VERSION: u32 = 1;

/// Where an incident stands, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Found, and not yet looked into.
    Open,
    /// Evidence is being gathered.
    Investigating,
    /// A cause is shown.
    Explained,
    /// Something is wrong, and the evidence does not show why.
    Inconclusive,
    /// A plan of it was carried out.
    ActedOn,
    /// What was wrong is gone.
    Resolved,
    /// Known, and not to be told of until its time.
    Muted,
    /// Somebody said why it does not matter.
    Dismissed,
}

/// How bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Notice,
    /// Works worse than it should.
    Degraded,
    /// Does not work.
    Broken,
}

/// How far the explanation of a live incident is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Not looked into.
    Open,
    /// Logs are on their way.
    Investigating,
    /// A cause is shown.
    Explained,
    /// None is.
    Inconclusive,
    /// A plan was carried out, and what was wrong is still seen.
    ActedOn,
}

/// Whether an incident lives, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Standing {
    /// What is wrong is seen, or was just now.
    Live {
        /// How far its explanation is.
        phase: Phase,
    },
    /// What was wrong is gone.
    Resolved {
        /// Since when.
        at: Timestamp,
        /// How far its explanation was.
        phase: Phase,
    },
    /// Somebody said why it does not matter.
    Dismissed {
        /// Why, by whom, and how bad it was then.
        dismissal: Dismissal,
    },
}

/// Why it does not matter, and how bad it was when that was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dismissal {
    /// Why.
    pub reason: String,
    /// Who said so.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// How bad it was then.
    pub severity: Severity,
    /// How many objects were worse off then.
    pub affected: u32,
}

/// Known, and not to be told of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mute {
    /// Until when.
    pub until: Timestamp,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who said so.
    pub by: String,
}

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimelineKind {
    /// A symptom showed or went.
    Finding,
    /// An object was changed.
    Change,
    /// Kubernetes said something.
    Event,
    /// The incident moved on.
    State,
    /// Somebody did something.
    Act,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimelineEntry {
    /// When.
    pub at: Timestamp,
    /// What kind.
    pub kind: TimelineKind,
    /// In words. Plain text.
    pub text: String,
    /// What it happened to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<EntityName>,
    /// Who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// What one slice last said of an incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sighting {
    /// When it was last seen there.
    pub at: Timestamp,
    /// How bad it is as seen from there.
    pub severity: Severity,
    /// Who is worse off, as seen from there.
    pub affected: BTreeSet<EntityName>,
    /// How many more depend on these.
    pub downstream: u32,
    /// Workloads and other objects whose symptoms it holds.
    pub holds: BTreeSet<EntityName>,
    /// Its symptoms: `container.crash on Deployment shop/web`.
    pub symptoms: BTreeSet<String>,
    /// The cause, if one is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<SeenCause>,
    /// How far a metric of the ill objects is off, in spreads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deviation: Option<f64>,
}

/// A cause as a report shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeenCause {
    /// The catalogue's id.
    pub cause: String,
    /// How sure.
    pub confidence_percent: u8,
}

/// How urgent an incident is, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weight {
    /// How bad.
    pub severity: Severity,
    /// How urgent, 0 to 100.
    pub urgency_percent: u8,
    /// What counted, in words.
    pub because: Vec<String>,
}

/// An incident as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Incident {
    /// The form's version.
    pub form: u32,
    /// Its id.
    pub id: IncidentId,
    /// Where.
    pub cluster: ClusterId,
    /// The same for every recurrence.
    pub fingerprint: String,
    /// Where it stands.
    pub standing: Standing,
    /// Until when it is muted, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mute: Option<Mute>,
    /// How bad and how urgent.
    pub weight: Weight,
    /// What is wrong, in a few words.
    pub title: String,
    /// The catalogue id of the cause, when one is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// The faulty object, or the ill one while no cause is shown.
    pub entity: EntityName,
    /// Namespaces that it touches.
    pub namespaces: BTreeSet<String>,
    /// How sure, when a cause is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence_percent: Option<u8>,
    /// Who is worse off.
    pub affected: BTreeSet<EntityName>,
    /// How many more depend on these.
    pub downstream: u32,
    /// Earlier incidents with this fingerprint.
    pub recurrences: u32,
    /// The latest of them, newest first.
    pub similar: Vec<IncidentId>,
    /// How many were worse off when it opened.
    pub affected_first: u32,
    /// When a plan of it was carried out last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acted_at: Option<Timestamp>,
    /// How often it came back soon after it was gone.
    pub flaps: u32,
    /// When it opened.
    pub opened_at: Timestamp,
    /// When a checked report explained it first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explained_at: Option<Timestamp>,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it was last seen.
    pub seen_at: Timestamp,
    /// Since when nobody sees it; none while somebody does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone_since: Option<Timestamp>,
    /// A person opened it anew: it does not close by itself before this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_until: Option<Timestamp>,
    /// It flaps: nobody is told before this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_until: Option<Timestamp>,
    /// When people were last told of it, and how bad it was then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<(Timestamp, Severity)>,
    /// Who has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<AccountId>,
    /// What people added for the investigation.
    pub context: Vec<String>,
    /// Remarks.
    pub comments: u32,
    /// Who sees it, and what they see.
    pub sightings: BTreeMap<Slice, Sighting>,
    /// What happened, oldest first.
    pub timeline: Vec<TimelineEntry>,
    /// Counts changes.
    pub version: u64,
}

impl Incident {
    /// The one word for where it stands.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> State {
        match &self.standing {
            Standing::Dismissed { .. } => State::Dismissed,
            Standing::Resolved { .. } => State::Resolved,
            Standing::Live { .. } if self.is_muted(now) => State::Muted,
            Standing::Live { phase } => match phase {
                Phase::Open => State::Open,
                Phase::Investigating => State::Investigating,
                Phase::Explained => State::Explained,
                Phase::Inconclusive => State::Inconclusive,
                Phase::ActedOn => State::ActedOn,
            },
        }
    }

    /// Whether it is muted at an instant.
    #[must_use]
    pub fn is_muted(&self, now: Timestamp) -> bool {
        self.mute.as_ref().is_some_and(|mute| now < mute.until)
    }

    /// When it ended; none while it lives. One that is dismissed ended when somebody said so.
    #[must_use]
    pub fn closed_at(&self) -> Option<Timestamp> {
        match &self.standing {
            Standing::Live { .. } => None,
            Standing::Resolved { at, .. } => Some(*at),
            Standing::Dismissed { dismissal } => Some(dismissal.at),
        }
    }

    /// Whether it lives.
    #[must_use]
    pub fn is_live(&self) -> bool {
        matches!(self.standing, Standing::Live { .. })
    }

    /// Whether it was looked into and no cause was shown.
    #[must_use]
    pub fn is_inconclusive(&self) -> bool {
        match &self.standing {
            Standing::Live { phase } | Standing::Resolved { phase, .. } => *phase == Phase::Inconclusive,
            Standing::Dismissed { .. } => self.cause.is_none(),
        }
    }

    /// How many objects are worse off.
    #[must_use]
    pub fn affected_count(&self) -> u32 {
        u32::try_from(self.affected.len()).unwrap_or(u32::MAX)
    }
}
