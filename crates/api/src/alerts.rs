//! Alerts of other systems as a way in.

use assent_base::id::{AlertSourceId, ClusterId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whose format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertFormat {
    /// Alertmanager's webhook, version 4; bearer token.
    Alertmanager,
    /// PagerDuty's webhook, version 3; signed.
    Pagerduty,
    /// Ours: `title`, `severity`, `object`, `starts_at`; signed with `X-Assent-Signature` or bearer token.
    Generic,
}

/// A way in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertSource {
    /// Its id.
    pub id: AlertSourceId,
    /// Its name.
    pub name: String,
    /// Whose format.
    pub format: AlertFormat,
    /// Which cluster its alerts are about.
    pub cluster: ClusterId,
    /// When it was made.
    pub created_at: assent_base::Timestamp,
    /// When the last alert came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_at: Option<assent_base::Timestamp>,
    /// Alerts that came.
    pub received: u64,
}

/// Opens a way in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateAlertSource {
    /// Its name.
    pub name: String,
    /// Whose format.
    pub format: AlertFormat,
    /// Which cluster its alerts are about.
    pub cluster: ClusterId,
}

/// The way in with its secret, shown this once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAlertSource {
    /// The way in.
    pub source: AlertSource,
    /// Where to send.
    pub url: String,
    /// Bearer token, or key of the signature.
    pub secret: String,
}

/// One way in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertSourcePath {
    /// Its id.
    pub source: AlertSourceId,
}

/// How many alerts were taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertsTaken {
    /// Alerts that were new.
    pub taken: u32,
    /// Alerts that had come before.
    pub known: u32,
}
