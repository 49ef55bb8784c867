//! What is told: notices as they come up, and the batch of them that one message holds.

use assent_api::channels::NoticeKind;
use assent_api::incidents::Severity;
use assent_base::Timestamp;
use assent_base::id::{EnvironmentId, IncidentId, PlanId};
use serde::{Deserialize, Serialize};

/// Notices that one message shows. It says how many more there are.
pub const ITEMS_MAX: usize = 20;

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// An incident.
    Incident(IncidentId),
    /// A plan.
    Plan(PlanId),
}

/// Something that people may want to know. Its texts are of low integrity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// What happened.
    pub kind: NoticeKind,
    /// To what.
    pub subject: Subject,
    /// When.
    pub at: Timestamp,
    /// How bad the incident is.
    pub severity: Severity,
    /// What is wrong, or what the plan does.
    pub title: String,
    /// What else there is to say: the cause, the outcome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Where.
    pub environment: EnvironmentId,
    /// The environment's name.
    pub environment_name: String,
    /// The cluster's name.
    pub cluster_name: String,
    /// Namespaces that are touched.
    pub namespaces: Vec<String>,
}

/// A notice in a message, and how much was told of the same subject before it while it waited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// The latest.
    pub notice: Notice,
    /// Notices of the same subject that it took the place of.
    #[serde(default)]
    pub earlier: u32,
}

/// What leaves together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// What is shown, the worst first.
    pub items: Vec<Item>,
    /// How many more there are that are not shown.
    pub more: u32,
}

/// One message.
#[derive(Debug, Clone, Copy)]
pub enum Message<'a> {
    /// Notices.
    Batch(&'a Batch),
    /// That somebody tries the channel, by its name.
    Test {
        /// What the channel is called.
        channel: &'a str,
    },
}

impl Batch {
    /// Notices that it stands for.
    #[must_use]
    pub fn count(&self) -> usize {
        self.items.len().saturating_add(usize::try_from(self.more).unwrap_or(usize::MAX))
    }
}

/// What happened, for people.
pub(crate) fn headline(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::IncidentOpened => "New incident",
        NoticeKind::IncidentExplained => "Cause found",
        NoticeKind::IncidentWorsened => "Incident is worse",
        NoticeKind::IncidentReopened => "Incident is back",
        NoticeKind::IncidentResolved => "Incident resolved",
        NoticeKind::IncidentStillThere => "Incident is still there",
        NoticeKind::PlanAwaiting => "Plan needs votes",
        NoticeKind::PlanApproved => "Plan approved",
        NoticeKind::PlanEnded => "Plan ended",
    }
}

/// What the link is for.
pub(crate) fn invitation(subject: Subject, kind: NoticeKind) -> &'static str {
    match (subject, kind) {
        (Subject::Plan(_), NoticeKind::PlanAwaiting) => "Review and sign",
        (Subject::Plan(_), _) => "Open plan",
        (Subject::Incident(_), _) => "Open incident",
    }
}

/// How bad, in a word.
pub(crate) fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Notice => "notice",
        Severity::Degraded => "degraded",
        Severity::Broken => "broken",
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use assent_base::id::RANDOM_BYTES;

    use super::*;

    /// A notice of one of 256 incidents.
    pub(crate) fn notice(n: u8, kind: NoticeKind) -> Notice {
        Notice {
            kind,
            subject: Subject::Incident(IncidentId::new(Timestamp::UNIX_EPOCH, [n; RANDOM_BYTES])),
            at: Timestamp::UNIX_EPOCH,
            severity: Severity::Notice,
            title: "Deployment shop/checkout cannot pull its image".to_owned(),
            detail: None,
            environment: EnvironmentId::new(Timestamp::UNIX_EPOCH, [1; RANDOM_BYTES]),
            environment_name: "prod".to_owned(),
            cluster_name: "prod-eu1".to_owned(),
            namespaces: vec!["shop".to_owned()],
        }
    }
}
