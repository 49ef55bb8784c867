//! Ways out for notifications, what waits in them, and what is to be told.

use std::collections::BTreeSet;

use assent_api::channels::{ChannelRules, NoticeKind};
use assent_api::incidents::Severity;
use assent_api::plans::PlanState;
use assent_base::id::{ChannelId, ClusterId, IncidentId, PlanId};
use assent_base::{Secret, Timestamp};
use assent_notify::{Address, Delivery, Pace};
use serde::{Deserialize, Serialize};

use super::{Index, by_time, document};

/// A way out, as people set it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChannelDoc {
    pub(crate) id: ChannelId,
    pub(crate) name: String,
    pub(crate) target: TargetDoc,
    pub(crate) rules: ChannelRules,
    pub(crate) enabled: bool,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) updated_by: String,
}
document!(ChannelDoc = "channel", 1, |doc| vec![by_time(doc.created_at), Index::Equal("name", doc.name.clone())]);

/// Where it leads. Sealed like everything that is kept, and never shown whole.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum TargetDoc {
    Slack { url: String },
    Teams { url: String },
    Webhook { url: String, key: String },
    Email { to: Vec<String> },
}

impl std::fmt::Debug for TargetDoc {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("[redacted]")
    }
}

impl From<&Address> for TargetDoc {
    fn from(address: &Address) -> Self {
        let text = |secret: &Secret| secret.expose().to_owned();
        match address {
            Address::Slack(url) => TargetDoc::Slack { url: text(url) },
            Address::Teams(url) => TargetDoc::Teams { url: text(url) },
            Address::Webhook { url, key } => TargetDoc::Webhook { url: text(url), key: text(key) },
            Address::Email(to) => TargetDoc::Email { to: to.clone() },
        }
    }
}

impl From<TargetDoc> for Address {
    fn from(target: TargetDoc) -> Self {
        match target {
            TargetDoc::Slack { url } => Address::Slack(Secret::new(url)),
            TargetDoc::Teams { url } => Address::Teams(Secret::new(url)),
            TargetDoc::Webhook { url, key } => Address::Webhook { url: Secret::new(url), key: Secret::new(key) },
            TargetDoc::Email { to } => Address::Email(to),
        }
    }
}

/// What waits in a channel, and how it does: under the channel's id. Only rounds of sending write it, so that setting a channel and
/// sending do not get into each other's way.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChannelStateDoc {
    /// The version of the channel that what waits was decided by.
    pub(crate) decided_by: u64,
    pub(crate) pace: Pace,
    /// The message on its way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) delivery: Option<Delivery>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_sent: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_error: Option<(Timestamp, String)>,
    pub(crate) failures: u32,
    pub(crate) sent: u64,
    pub(crate) given_up: u64,
}
document!(ChannelStateDoc = "channel_state", 1, |_doc| Vec::new());

/// Something that people may want to know, kept together with the change that it tells of, until every channel has taken it or not.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoticeDoc {
    pub(crate) at: Timestamp,
    pub(crate) about: About,
}
document!(NoticeDoc = "notice", 1, |doc| vec![by_time(doc.at)]);

/// What it is about.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum About {
    /// An incident, as it was then.
    Incident {
        incident: IncidentId,
        kind: NoticeKind,
        cluster: ClusterId,
        severity: Severity,
        title: String,
        detail: Option<String>,
        namespaces: BTreeSet<String>,
    },
    /// A plan has changed. What there is to tell is seen from what was told of it before.
    Plan { plan: PlanId },
}

/// Where a plan stood when people were last told of it, under its id.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToldDoc {
    pub(crate) state: PlanState,
    pub(crate) at: Timestamp,
}
document!(ToldDoc = "told", 1, |doc| vec![by_time(doc.at)]);
