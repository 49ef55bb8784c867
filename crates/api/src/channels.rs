//! Ways out for notifications: where they go, what they tell of, and when.
//!
//! A notification holds a link to the platform, and nothing in it decides anything: people sign there, not in a chat. Addresses of Slack,
//! Teams and webhooks are secrets, since whoever knows one can write there; they are shown without their path.

use assent_base::id::{ChannelId, EnvironmentId};
use assent_base::{Secret, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::incidents::Severity;

/// Seconds within which the same of the same incident or plan is told once, unless asked otherwise.
pub const DEDUP_S_DEFAULT: u32 = 300;
/// Messages of one channel in an hour, unless asked otherwise. What is beyond goes into the next message.
pub const PER_HOUR_DEFAULT: u32 = 60;

/// What a notification tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// An incident is new.
    IncidentOpened,
    /// Its cause is known now.
    IncidentExplained,
    /// It is worse than when people were told last.
    IncidentWorsened,
    /// It is back.
    IncidentReopened,
    /// It is over.
    IncidentResolved,
    /// It is not muted or held any longer, and is still there.
    IncidentStillThere,
    /// A plan is put to the vote.
    PlanAwaiting,
    /// Enough people have said yes to a plan.
    PlanApproved,
    /// A plan was carried out, refused, rejected, or its time is over.
    PlanEnded,
}

impl NoticeKind {
    /// Every one of them.
    pub const ALL: [NoticeKind; 9] = [
        NoticeKind::IncidentOpened,
        NoticeKind::IncidentExplained,
        NoticeKind::IncidentWorsened,
        NoticeKind::IncidentReopened,
        NoticeKind::IncidentResolved,
        NoticeKind::IncidentStillThere,
        NoticeKind::PlanAwaiting,
        NoticeKind::PlanApproved,
        NoticeKind::PlanEnded,
    ];

    /// The word of the API: `plan_awaiting`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            NoticeKind::IncidentOpened => "incident_opened",
            NoticeKind::IncidentExplained => "incident_explained",
            NoticeKind::IncidentWorsened => "incident_worsened",
            NoticeKind::IncidentReopened => "incident_reopened",
            NoticeKind::IncidentResolved => "incident_resolved",
            NoticeKind::IncidentStillThere => "incident_still_there",
            NoticeKind::PlanAwaiting => "plan_awaiting",
            NoticeKind::PlanApproved => "plan_approved",
            NoticeKind::PlanEnded => "plan_ended",
        }
    }
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Day {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

/// A time of the day when only what is urgent is told. The rest waits for its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    /// When it begins, on the clocks of the zone: `22:00`.
    pub from: String,
    /// When it ends: `07:00`. Not after `from`: on the next day. The same as `from`: a day later.
    pub to: String,
    /// The zone, as the IANA names it: `Europe/Berlin`.
    pub zone: String,
    /// Days on which it begins; every day if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<Day>,
}

/// When what was collected is told, in one message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "when", rename_all = "snake_case", deny_unknown_fields)]
pub enum DigestTimes {
    /// Every so many minutes, counted from midnight UTC.
    Every {
        /// 1 to 1,440.
        minutes: u32,
    },
    /// Once a day.
    Daily {
        /// On the clocks of the zone: `08:30`.
        at: String,
        /// The zone, as the IANA names it.
        zone: String,
    },
}

/// What a channel tells of, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ChannelRules {
    /// What it tells; everything if there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<NoticeKind>,
    /// How bad an incident is at least; of a plan, its incident.
    pub severity_min: Severity,
    /// Environments; all if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub environments: Vec<EnvironmentId>,
    /// Namespaces, of which one must be touched: `shop`, or `lab-*` for all that begin so. All, and what is in none, if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub namespaces: Vec<String>,
    /// When only what is urgent is told; never if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub quiet: Vec<QuietHours>,
    /// What is at least so bad is urgent: it waits neither for the end of quiet hours nor for a digest. Nothing is, if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub urgent: Option<Severity>,
    /// Seconds within which the same of the same incident or plan is told once; 0 for every time, 86,400 at most.
    pub dedup_s: u32,
    /// When what was collected is told; at once if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<DigestTimes>,
    /// Messages in an hour, 1 to 600. What is beyond goes into the next message.
    pub per_hour_max: u32,
}

impl Default for ChannelRules {
    fn default() -> Self {
        Self {
            events: Vec::new(),
            severity_min: Severity::Notice,
            environments: Vec::new(),
            namespaces: Vec::new(),
            quiet: Vec::new(),
            urgent: None,
            dedup_s: DEDUP_S_DEFAULT,
            digest: None,
            per_hour_max: PER_HOUR_DEFAULT,
        }
    }
}

/// Where notifications go, as it is told to the platform. Only hosts that its configuration names are taken.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum PutTarget {
    /// An incoming webhook of Slack.
    Slack {
        /// Its URL.
        url: Secret,
    },
    /// A workflow of Microsoft Teams that posts what a webhook receives.
    Teams {
        /// Its URL.
        url: Secret,
    },
    /// A receiver of JSON.
    Webhook {
        /// Its URL.
        url: Secret,
        /// The key of the signature, 16 to 256 characters.
        key: Secret,
    },
    /// E-mail.
    Email {
        /// Addresses, 1 to 20.
        to: Vec<String>,
    },
}

/// Where notifications go, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Target {
    /// An incoming webhook of Slack.
    Slack {
        /// Its URL without what is secret: `https://hooks.slack.com/…`.
        url: String,
    },
    /// A workflow of Microsoft Teams.
    Teams {
        /// Its URL without what is secret.
        url: String,
    },
    /// A receiver of JSON.
    Webhook {
        /// Its URL without what is secret.
        url: String,
    },
    /// E-mail.
    Email {
        /// Addresses.
        to: Vec<String>,
    },
}

/// How a channel does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelStatus {
    /// When a message last arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_sent: Option<Timestamp>,
    /// Why a message last did not arrive. Partly the receiver's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// When that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error_at: Option<Timestamp>,
    /// Attempts that failed since a message last arrived.
    pub failures: u32,
    /// Messages that arrived.
    pub sent: u64,
    /// Messages that were given up.
    pub given_up: u64,
    /// Notices that wait: for the end of quiet hours, a digest, the next hour, or a receiver that does not answer.
    pub waiting: u32,
    /// When something is sent next, if something waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<Timestamp>,
    /// Why nothing is sent, if the platform's configuration does not name its host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// A way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// Its id.
    pub id: ChannelId,
    /// Its name.
    pub name: String,
    /// Where it leads.
    pub target: Target,
    /// What it tells of, and when.
    pub rules: ChannelRules,
    /// Whether it is used.
    pub enabled: bool,
    /// How it does.
    pub status: ChannelStatus,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// By whom.
    pub updated_by: String,
    /// Counts changes; the `ETag`.
    pub version: u64,
}

/// Opens a way out.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateChannel {
    /// Its name.
    pub name: String,
    /// Where it leads.
    pub target: PutTarget,
    /// What it tells of, and when; everything, at once, if absent.
    #[serde(default)]
    pub rules: ChannelRules,
}

/// Changes what is given.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateChannel {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it leads: all of it, secrets included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<PutTarget>,
    /// All of its rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<ChannelRules>,
    /// Whether it is used. What waits in a channel that is not used is forgotten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// One channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelPath {
    /// Its id.
    pub channel: ChannelId,
}

/// What came of a test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tested {
    /// Whether the receiver took the message.
    pub delivered: bool,
    /// Why not, in words. Partly the receiver's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_that_say_nothing_are_the_default() {
        let rules: ChannelRules = serde_json::from_str("{}").unwrap();
        assert_eq!(rules, ChannelRules::default());
        assert!(serde_json::from_str::<ChannelRules>(r#"{"severity":"broken"}"#).is_err(), "an unknown rule");
    }

    #[test]
    fn a_kind_has_one_word() {
        for kind in NoticeKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }

    #[test]
    fn a_target_prints_no_secret() {
        let target: PutTarget = serde_json::from_str(r#"{"type":"slack","url":"https://hooks.example/T0/secret"}"#).unwrap();
        assert!(!format!("{target:?}").contains("secret"));
        assert!(serde_json::from_str::<PutTarget>(r#"{"type":"slack","url":"x","key":"y"}"#).is_err());
    }
}
