//! What people are told of, from the change to the receiver.
//!
//! A notice is kept in the transaction of the change that it tells of ([`of_incident`], [`of_plan`]), so a change without its notice does not
//! exist. A round takes notices into the channels ([`taking`]): which ones, and when they are told, is decided in `assent_notify`. What is due
//! then goes out ([`sending`]). Everything that a channel waits for is kept, and a restart goes on where it was.
//!
//! Rounds follow on each other and never overlap: whatever a round finds begun was begun before the platform stopped.

mod sending;
mod taking;

use std::time::Duration;

use assent_api::Problem;
use assent_api::channels::NoticeKind;
use assent_api::incidents::Severity;
use assent_base::{Timestamp, time};
use assent_incidents::book::Tell;
use assent_incidents::{Incident, Severity as Weight};
use assent_notify::{Courier, Site};
use assent_store::{Expect, Tenant, Write};

use crate::documents::{About, NoticeDoc, PlanDoc};
use crate::plane::ControlPlane;
use crate::queries;
use crate::settings::Settings;

/// Milliseconds between two rounds at least, so that a burst is one.
const ROUND_MS_MIN: u64 = 250;
/// Milliseconds between two rounds at most: whatever else wakes nobody is seen then.
const ROUND_MS_MAX: u64 = 30_000;

/// What sending needs.
pub(crate) struct Notices {
    courier: Courier,
    /// Rounds take turns.
    round: tokio::sync::Mutex<()>,
    woken: tokio::sync::Notify,
}

impl Notices {
    /// Reads the settings. Contacts nobody.
    pub(crate) fn open(settings: &Settings) -> Result<Self, String> {
        let site = settings.public_url.as_deref().and_then(Site::parse);
        let courier = Courier::new(settings.notify.clone(), site).map_err(|bad| format!("`notify`: {bad}"))?;
        Ok(Self { courier, round: tokio::sync::Mutex::default(), woken: tokio::sync::Notify::new() })
    }

    pub(crate) fn courier(&self) -> &Courier {
        &self.courier
    }

    /// There may be something to tell.
    pub(crate) fn wake(&self) {
        self.woken.notify_one();
    }
}

impl ControlPlane {
    /// Tells people what there is to tell, until the platform stops.
    pub async fn keep_notifying(&self) {
        loop {
            let next = self.notify().await;
            let now = self.now();
            let wait = next.map_or(ROUND_MS_MAX, |at| u64::try_from(at.as_millisecond().saturating_sub(now.as_millisecond())).unwrap_or(0));
            let wait = Duration::from_millis(wait.clamp(ROUND_MS_MIN, ROUND_MS_MAX));
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.inner.notices.woken.notified() => tokio::time::sleep(Duration::from_millis(ROUND_MS_MIN)).await,
            }
        }
    }

    /// One round for all tenants: takes what is new into the channels, and sends what is due. Says when there is something to do next. One
    /// tenant's trouble does not keep another's waiting.
    pub async fn notify(&self) -> Option<Timestamp> {
        let _turn = self.inner.notices.round.lock().await;
        let docs = match self.tenant_docs().await {
            Ok(docs) => docs,
            Err(problem) => {
                tracing::warn!(%problem, "nobody can be told of anything now");
                return None;
            }
        };
        let mut next = None;
        for doc in docs {
            let told = match self.tenant(doc.id).await {
                Ok(tenant) => self.notify_of(&tenant).await,
                Err(problem) => Err(problem),
            };
            match told {
                Ok(at) => next = [next, at].into_iter().flatten().min(),
                Err(problem) => tracing::warn!(tenant = %doc.id, %problem, "notifications wait"),
            }
        }
        next
    }

    async fn notify_of(&self, tenant: &Tenant) -> Result<Option<Timestamp>, Problem> {
        taking::round(self, tenant).await?;
        sending::round(self, tenant).await
    }
}

/// That people are to be told of an incident, as a step of the transaction that keeps it.
pub(crate) fn of_incident(incident: &Incident, why: Tell) -> Result<Write, Problem> {
    let (kind, detail) = match why {
        Tell::Opened => (NoticeKind::IncidentOpened, cause_of(incident)),
        Tell::Explained => (NoticeKind::IncidentExplained, cause_of(incident)),
        Tell::Worsened => (NoticeKind::IncidentWorsened, cause_of(incident)),
        Tell::Reopened => (NoticeKind::IncidentReopened, cause_of(incident)),
        Tell::StillThere => (NoticeKind::IncidentStillThere, cause_of(incident)),
        Tell::Resolved => (NoticeKind::IncidentResolved, lasted(incident)),
    };
    let about = About::Incident {
        incident: incident.id,
        kind,
        cluster: incident.cluster,
        severity: severity(incident.weight.severity),
        title: incident.title.clone(),
        detail,
        namespaces: incident.namespaces.clone(),
    };
    // Two of one kind that nobody has taken yet are one.
    queries::put(&format!("{}.{}", incident.id, kind.as_str()), &NoticeDoc { at: incident.updated_at, about }, Expect::Any)
}

/// That there may be something to tell of a plan, as a step of the transaction that keeps it.
pub(crate) fn of_plan(doc: &PlanDoc) -> Result<Write, Problem> {
    queries::put(&doc.id.to_string(), &NoticeDoc { at: doc.updated_at, about: About::Plan { plan: doc.id } }, Expect::Any)
}

fn severity(severity: Weight) -> Severity {
    match severity {
        Weight::Notice => Severity::Notice,
        Weight::Degraded => Severity::Degraded,
        Weight::Broken => Severity::Broken,
    }
}

/// `Cause image.not_found, 96% sure. 3 objects are worse off.`
fn cause_of(incident: &Incident) -> Option<String> {
    let cause = incident.cause.as_ref().map(|cause| match incident.confidence_percent {
        Some(percent) => format!("Cause {cause}, {percent}% sure."),
        None => format!("Cause {cause}."),
    });
    let affected = match incident.affected.len() {
        0 => None,
        1 => Some("1 object is worse off.".to_owned()),
        many => Some(format!("{many} objects are worse off.")),
    };
    let parts: Vec<String> = cause.into_iter().chain(affected).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// `It lasted 14 min.`
fn lasted(incident: &Incident) -> Option<String> {
    let seconds = time::seconds_between(incident.opened_at, incident.closed_at()?).max(0);
    let (hours, minutes) = (seconds / 3_600, seconds % 3_600 / 60);
    Some(match (hours, minutes) {
        (0, 0) => format!("It lasted {seconds} s."),
        (0, minutes) => format!("It lasted {minutes} min."),
        (hours, minutes) => format!("It lasted {hours} h {minutes} min."),
    })
}
