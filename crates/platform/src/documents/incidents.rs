//! Incidents, their reports, and what people add.

use std::collections::{BTreeMap, BTreeSet};

use assent_base::id::{CommentId, IncidentId, ShareId};
use assent_base::{Digest, Timestamp};
use assent_diagnosis::excerpt::Excerpt;
use serde::{Deserialize, Serialize};

use super::{Index, by_time, document};

/// An incident. Its environment is its cluster's, which can be moved.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct IncidentDoc(pub(crate) assent_incidents::Incident);
document!(IncidentDoc = "incident", 1, |doc| {
    let incident = &doc.0;
    let mut indexes = vec![
        by_time(incident.updated_at),
        Index::Equal("cluster", incident.cluster.to_string()),
        Index::Equal("fingerprint", incident.fingerprint.clone()),
    ];
    indexes.extend(incident.is_live().then(|| Index::Equal("live", "yes".to_owned())));
    // What a watcher has to take up again when it starts.
    indexes.extend((!doc.is_resolved()).then(|| Index::Equal("unresolved", incident.cluster.to_string())));
    indexes
});

impl IncidentDoc {
    /// Whether it ended by itself.
    pub(crate) fn is_resolved(&self) -> bool {
        matches!(self.0.standing, assent_incidents::record::Standing::Resolved { .. })
    }
}

/// The report that an incident last had. Apart from the incident, so that lists stay small.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportDoc {
    pub(crate) at: Timestamp,
    pub(crate) report: Box<serde_json::value::RawValue>,
    /// The text around what it quotes, by the evidence's id.
    #[serde(default)]
    pub(crate) excerpts: BTreeMap<String, Excerpt>,
    /// Evidence whose words the proof checker did not find at their place.
    #[serde(default)]
    pub(crate) unproven: BTreeSet<String>,
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
