//! The report: what an investigation says, with every word of proof. Its JSON form is a contract.
//!
//! Version 1. Fields are only added; a change of meaning is a new version. The schema is generated from these types.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The version of the report's JSON form.
pub const REPORT_VERSION: u32 = 1;

/// The answer in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// At least one cause is shown.
    RootCause,
    /// Nothing is wrong that the input shows.
    Healthy,
    /// Something is wrong, and the input does not show why.
    Inconclusive,
}

/// One object of the cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EntityName {
    /// `Deployment`.
    pub kind: String,
    /// The namespace; absent for cluster-scoped objects and where the input omits it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
}

impl std::fmt::Display for EntityName {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(out, "{} {namespace}/{}", self.kind, self.name),
            None => write!(out, "{} {}", self.kind, self.name),
        }
    }
}

/// Exact words of the input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// `E1`, unique within the report.
    pub id: String,
    /// The file inside the input, `-` for standard input, or the request path of a live cluster.
    pub source: String,
    /// The part of the source, where it has parts: the command of a transcript.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
    /// Line, byte offset and length: `L12 B345+67`.
    pub locator: String,
    /// The words, exactly as they stand there.
    pub quote: String,
    /// What they are about.
    pub about: EntityName,
    /// When what they say was so, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
}

/// One step: A caused B because C.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Where A is.
    pub from: EntityName,
    /// A, a sentence.
    pub cause: String,
    /// Where B is.
    pub to: EntityName,
    /// B, a sentence.
    pub effect: String,
    /// C: how the two are tied, as a walk through the graph.
    pub because: String,
    /// The entities on that walk, both ends included.
    pub path: Vec<EntityName>,
    /// Ids of the evidence that shows B.
    pub evidence: Vec<String>,
}

/// A cause that was considered and does not hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuledOut {
    /// Catalogue id.
    pub cause: String,
    /// Why not.
    pub why: String,
    /// Ids of the evidence that shows it.
    pub evidence: Vec<String>,
}

/// One root cause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RootCause {
    /// Catalogue id: `image.not_found`.
    pub cause: String,
    /// The catalogue's title of it.
    pub title: String,
    /// The faulty object.
    pub entity: EntityName,
    /// How sure, 0 to 1.
    pub confidence: f64,
    /// One or two sentences that a person can act on.
    pub statement: String,
    /// The words that show it.
    pub evidence: Vec<Evidence>,
    /// From the cause to what the user sees.
    pub chain: Vec<Link>,
    /// What else was considered.
    pub ruled_out: Vec<RuledOut>,
    /// What to do, most useful first.
    pub next_steps: Vec<String>,
    /// Ids of the findings that it explains.
    pub explains: Vec<String>,
}

/// A symptom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FindingReport {
    /// `F1`, unique within the report.
    pub id: String,
    /// What kind of symptom: `pod.unschedulable`.
    pub symptom: String,
    /// `notice`, `degraded` or `broken`.
    pub severity: String,
    /// Where.
    pub entity: EntityName,
    /// The container, where it is one container's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// A sentence.
    pub statement: String,
    /// Since when, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// The words that show it.
    pub evidence: Vec<Evidence>,
    /// Whether a root cause of this report explains it.
    pub explained: bool,
}

/// Something that was not in the input and would settle a question.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MissingEvidence {
    /// What is missing.
    pub what: String,
    /// The command or grant that gets it.
    pub how: String,
    /// The objects whose question it would settle.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub about: Vec<EntityName>,
}

/// Something of the input that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Unread {
    /// Where.
    pub place: String,
    /// Why, and what would settle it.
    pub why: String,
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InputSummary {
    /// Texts read.
    pub sources: u64,
    /// Objects by kind.
    pub objects: std::collections::BTreeMap<String, u64>,
    /// Logs read.
    pub logs: u64,
    /// Objects of kinds that no rule looks at.
    pub unexamined: u64,
    /// The instant that ages are counted from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
    /// What could not be read.
    pub unread: Vec<Unread>,
}

/// What an investigation says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// The version of this form: 1.
    pub version: u32,
    /// The answer in one word.
    pub verdict: Verdict,
    /// The answer in one sentence.
    pub summary: String,
    /// The causes that are shown, best first.
    pub root_causes: Vec<RootCause>,
    /// Causes that fit and are not proven, best first. No verdict rests on them.
    pub not_proven: Vec<RootCause>,
    /// What was not in the input and would settle a question.
    pub missing_evidence: Vec<MissingEvidence>,
    /// Every symptom.
    pub findings: Vec<FindingReport>,
    /// What was read.
    pub input: InputSummary,
}

/// The JSON Schema of the report, as published.
#[must_use]
pub fn schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(Report);
    schema.insert("title".to_owned(), "Assent report, version 1".into());
    schema.to_value()
}
