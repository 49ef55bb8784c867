//! Incidents, their reports, and what people add.

use assent_base::id::{AccountId, ClusterId, CommentId, EnvironmentId, IncidentId, ShareId};
use assent_base::{Digest, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Document, Index, by_time, document};

/// An incident, with where it belongs and who has it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct IncidentDoc {
    pub(crate) id: IncidentId,
    pub(crate) cluster: ClusterId,
    pub(crate) environment: EnvironmentId,
    pub(crate) incident: assent_incidents::Incident,
    pub(crate) assignee: Option<AccountId>,
    /// What people added for the investigation.
    pub(crate) context: Vec<String>,
    pub(crate) comments: u32,
}
document!(IncidentDoc = "incident", 1, |doc| vec![
    by_time(doc.incident.updated_at),
    Index::Equal("cluster", doc.cluster.to_string()),
    Index::Equal("open", format!("{}:{}", doc.cluster, doc.incident.state.is_open())),
    Index::Equal("fingerprint", doc.incident.fingerprint.clone()),
]);

/// The report that an incident last had. Apart from the incident, so that lists stay small.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportDoc {
    pub(crate) at: Timestamp,
    pub(crate) report: Box<serde_json::value::RawValue>,
}
document!(ReportDoc = "report", 1, |_doc| Vec::new());

/// A remark.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CommentDoc {
    pub(crate) id: CommentId,
    pub(crate) incident: IncidentId,
    pub(crate) by: String,
    pub(crate) by_name: String,
    pub(crate) at: Timestamp,
    pub(crate) text: String,
}
document!(CommentDoc = "comment", 1, |doc| vec![by_time(doc.at), Index::Equal("incident", doc.incident.to_string())]);

/// A link that shows one report.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShareDoc {
    pub(crate) id: ShareId,
    pub(crate) incident: IncidentId,
    pub(crate) hash: Digest,
    pub(crate) created_at: Timestamp,
    pub(crate) created_by: String,
    pub(crate) expires_at: Timestamp,
    pub(crate) revoked_at: Option<Timestamp>,
    pub(crate) opened: u32,
}
document!(ShareDoc = "share", 1, |doc| vec![by_time(doc.created_at), Index::Equal("incident", doc.incident.to_string())]);
