//! Incidents, their reports, and what people do with them.

use assent_base::id::{AccountId, ClusterId, CommentId, EnvironmentId, IncidentId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where an incident stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Notice,
    /// Works worse than it should.
    Degraded,
    /// Does not work.
    Broken,
}

/// One object of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entity {
    /// `Deployment`.
    pub kind: String,
    /// The namespace; absent for cluster-scoped objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
}

/// An incident as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IncidentSummary {
    /// Its id.
    pub id: IncidentId,
    /// Where.
    pub cluster: ClusterId,
    /// The cluster's name.
    pub cluster_name: String,
    /// The environment.
    pub environment: EnvironmentId,
    /// Where it stands.
    pub state: State,
    /// How bad.
    pub severity: Severity,
    /// What is wrong, in a few words.
    pub title: String,
    /// The catalogue id of the cause, when one is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// The faulty object, or the ill one while no cause is shown.
    pub entity: Entity,
    /// Namespaces that it touches.
    pub namespaces: Vec<String>,
    /// How sure, when a cause is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence_percent: Option<u8>,
    /// The same for every recurrence.
    pub fingerprint: String,
    /// Earlier incidents with this fingerprint.
    pub recurrences: u32,
    /// Objects that are worse off for it.
    pub affected: u32,
    /// When it opened.
    pub opened_at: assent_base::Timestamp,
    /// When a checked report was there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explained_at: Option<assent_base::Timestamp>,
    /// When it last changed.
    pub updated_at: assent_base::Timestamp,
    /// When it closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<assent_base::Timestamp>,
    /// Who has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<AccountId>,
    /// Remarks.
    pub comments: u32,
    /// Counts changes; the `ETag`.
    pub version: u64,
}

/// An incident whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Incident {
    /// What a list shows.
    pub summary: IncidentSummary,
    /// Until when it is muted, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mute: Option<Mute>,
    /// Why it was dismissed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dismissal: Option<Dismissal>,
    /// What people added for the investigation; nothing by default.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub context: Vec<String>,
    /// Earlier incidents with this fingerprint, newest first; none by default.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub similar: Vec<IncidentId>,
    /// The checked report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Report>,
}

/// A report of the diagnosis, as `docs/report.schema.json` describes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Report(pub serde_json::Value);

impl JsonSchema for Report {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Report".into()
    }

    /// Only a place for it: whoever makes the OpenAPI document puts the schema of the diagnosis there.
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "object" })
    }
}

/// Known, and not to be told of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mute {
    /// Until when.
    pub until: assent_base::Timestamp,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who said so.
    pub by: String,
}

/// Why it does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dismissal {
    /// Why.
    pub reason: String,
    /// Who said so.
    pub by: String,
    /// When.
    pub at: assent_base::Timestamp,
}

/// Which incidents. Every field narrows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IncidentQuery {
    /// States, joined by commas; `open` and all that follow it but closed ones if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// At least this bad.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Of this environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<EnvironmentId>,
    /// Of this cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<ClusterId>,
    /// Touching this namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// With this cause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// Recurrences of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Somebody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<AccountId>,
    /// Whose title or entity has these words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Changed at or after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<assent_base::Timestamp>,
    /// Where to go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Entries at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// One incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IncidentPath {
    /// Its id.
    pub incident: IncidentId,
}

/// Mutes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MuteIncident {
    /// For how long; a minute to 90 days.
    pub for_s: u64,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Dismisses it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DismissIncident {
    /// Why; it goes on the ledger.
    pub reason: String,
}

/// Explains it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RerunIncident {
    /// What the evidence cannot show; kept with the incident, told to readers, and never believed as evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
}

/// Gives it to somebody, or to nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignIncident {
    /// Who has it now; nobody if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<AccountId>,
}

/// A remark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Comment {
    /// Its id.
    pub id: CommentId,
    /// Who made it.
    pub by: String,
    /// Their name.
    pub by_name: String,
    /// When.
    pub at: assent_base::Timestamp,
    /// What they said. Plain text.
    pub text: String,
}

/// Makes a remark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddComment {
    /// Plain text, 10,000 characters at most.
    pub text: String,
}

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TimelineEntry {
    /// When.
    pub at: assent_base::Timestamp,
    /// What kind.
    pub kind: TimelineKind,
    /// In words. Plain text.
    pub text: String,
    /// What it happened to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<Entity>,
    /// Who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}
