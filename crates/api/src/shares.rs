//! Links that show one report to whoever holds them.

use assent_base::Secret;
use assent_base::id::{IncidentId, ShareId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::incidents::{IncidentSummary, Report};

/// A link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// Its id.
    pub id: ShareId,
    /// What it shows.
    pub incident: IncidentId,
    /// When it was made.
    pub created_at: assent_base::Timestamp,
    /// By whom.
    pub created_by: String,
    /// Until when it works.
    pub expires_at: assent_base::Timestamp,
    /// Since when it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<assent_base::Timestamp>,
    /// How often it was opened.
    pub opened: u32,
}

/// Makes a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateShare {
    /// For how long; a minute to 90 days.
    pub expires_in_s: u64,
}

/// The link, shown this once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewShare {
    /// The link's record.
    pub share: Share,
    /// The address; its secret stands behind `#`, which browsers do not send.
    pub link: String,
}

/// One link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SharePath {
    /// The incident.
    pub incident: IncidentId,
    /// The link.
    pub share: ShareId,
}

/// Opens a link.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenShare {
    /// What stands behind `#` in the link.
    pub token: Secret,
}

/// What the link shows, and nothing else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Shared {
    /// The incident.
    pub incident: IncidentSummary,
    /// Its report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Report>,
}
