//! What a report quotes, with the text around it.

use assent_base::id::IncidentId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::incidents::Entity;

/// One piece of evidence of an incident's report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvidencePath {
    /// The incident.
    pub incident: IncidentId,
    /// Its id in the report: `E1`.
    pub evidence: String,
}

/// Quoted words, and the text around them as it was when the report was made. All of it is plain text, redacted where it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvidenceExcerpt {
    /// Its id in the report: `E1`.
    pub id: String,
    /// Where the words stand.
    pub source: String,
    /// The part of the source, where it has parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
    /// Line, byte offset and length there: `L12 B345+67`.
    pub locator: String,
    /// What they are about.
    pub about: Entity,
    /// When what they say was so, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// The text before, 4 KiB at most.
    pub before: String,
    /// The words.
    pub quote: String,
    /// The text after, 4 KiB at most.
    pub after: String,
    /// Whether there was, or may have been, more before.
    pub cut_before: bool,
    /// Whether there was, or may have been, more after.
    pub cut_after: bool,
    /// Whether the proof checker found the words at their place.
    pub checked: bool,
}
