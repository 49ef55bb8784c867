//! What people set: environments, redaction, policies, alert sources; and the tenant itself.

use assent_api::access::Criticality;
use assent_api::alerts::AlertFormat;
use assent_api::environments::Retention;
use assent_api::redaction::RedactionRule;
use assent_base::id::{AlertSourceId, ClusterId, EnvironmentId, PolicyId, TenantId};
use assent_base::{Digest, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Index, by_time, document};
use crate::alerts::Alert;

/// An organisation. Kept in the installation's own tenant.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TenantDoc {
    pub(crate) id: TenantId,
    pub(crate) name: String,
    pub(crate) created_at: Timestamp,
    /// Whether its first owner has chosen a password.
    pub(crate) set_up: bool,
    /// Made by `assent demo`; its cluster is a recording.
    pub(crate) demo: bool,
    /// The tenant that runs the installation, if its people made this one. It was made by none itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) made_by: Option<TenantId>,
}
document!(TenantDoc = "tenant", 1, |doc| vec![by_time(doc.created_at)]);

/// A part of the tenant with one criticality.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnvironmentDoc {
    pub(crate) id: EnvironmentId,
    pub(crate) name: String,
    pub(crate) criticality: Criticality,
    pub(crate) retention: Retention,
    pub(crate) created_at: Timestamp,
}
document!(EnvironmentDoc = "environment", 1, |doc| vec![by_time(doc.created_at), Index::Equal("name", doc.name.clone())]);

/// Redaction rules of an environment; its id is the environment's.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RedactionDoc {
    pub(crate) deny: Vec<RedactionRule>,
    pub(crate) allow: Vec<RedactionRule>,
    pub(crate) addresses: bool,
}
document!(RedactionDoc = "redaction", 1, |_doc| Vec::new());

/// Cedar text with a name.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PolicyDoc {
    pub(crate) id: PolicyId,
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) enabled: bool,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) updated_by: String,
}
document!(PolicyDoc = "policy", 1, |doc| vec![by_time(doc.created_at), Index::Equal("name", doc.name.clone())]);

/// A way in for alerts. The secret is kept, sealed like everything, since signatures are checked with it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlertSourceDoc {
    pub(crate) id: AlertSourceId,
    pub(crate) name: String,
    pub(crate) format: AlertFormat,
    pub(crate) cluster: ClusterId,
    pub(crate) secret: String,
    pub(crate) created_at: Timestamp,
    pub(crate) received_at: Option<Timestamp>,
    pub(crate) received: u64,
}
document!(AlertSourceDoc = "alert_source", 1, |doc| vec![by_time(doc.created_at), Index::Equal("cluster", doc.cluster.to_string())]);

/// An alert that came, so that it counts once; its id is the digest of what makes it one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlertDoc {
    pub(crate) source: AlertSourceId,
    pub(crate) cluster: ClusterId,
    pub(crate) at: Timestamp,
    pub(crate) alert: Alert,
}
document!(AlertDoc = "alert", 2, |doc| vec![by_time(doc.at), Index::Equal("cluster", doc.cluster.to_string())]);

/// What was answered to a request with an `Idempotency-Key`. Answers can hold a secret that is shown once; they are kept a day.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct IdempotencyDoc {
    /// Over path, query and body of the request.
    pub(crate) request: Digest,
    pub(crate) at: Timestamp,
    /// None while it runs.
    pub(crate) stored: Option<assent_http::idempotency::Stored>,
}
document!(IdempotencyDoc = "idempotency", 1, |doc| vec![by_time(doc.at)]);
