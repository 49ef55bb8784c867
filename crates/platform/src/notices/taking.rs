//! Takes notices into channels: all of them, and what each channel makes of them, in one transaction.

use std::collections::BTreeMap;

use assent_api::Problem;
use assent_api::channels::NoticeKind;
use assent_api::plans::{PlanState, Risk};
use assent_base::Timestamp;
use assent_base::id::{EnvironmentId, PlanId};
use assent_notify::{Notice, Subject};
use assent_store::{Expect, Kept, Query, Tenant, Write};

use crate::documents::{About, ChannelDoc, ChannelStateDoc, EnvironmentDoc, IncidentDoc, NoticeDoc, PlanDoc, ToldDoc, word_of};
use crate::incidents::{Place, Places};
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;
use crate::queries::{self, QueryWords, ReadAll};

/// Notices that are taken at once.
const AT_ONCE: u32 = 200;
/// Characters of a text that are kept while it waits; less of it is shown.
const TEXT_CHARS_MAX: usize = 600;
/// Namespaces of a notice that channels choose by.
const NAMESPACES_MAX: usize = 200;

/// A channel and its state as they were read.
pub(super) struct Open {
    pub(super) channel: Kept<ChannelDoc>,
    pub(super) state: ChannelStateDoc,
    pub(super) expect: Expect,
}

impl Open {
    /// A step that keeps the state.
    pub(super) fn write(&self) -> Result<Write, Problem> {
        queries::put(&self.channel.id, &self.state, self.expect)
    }
}

/// All channels of a tenant with what waits in them.
pub(super) async fn channels(tenant: &Tenant) -> Result<Vec<Open>, Problem> {
    let channels = tenant.all::<ChannelDoc>(&Query::default()).await.map_err(Problem::from_store)?;
    let mut open = Vec::new();
    for channel in channels {
        let kept = tenant.get::<ChannelStateDoc>(&channel.id).await.map_err(Problem::from_store)?;
        open.push(match kept {
            Some(kept) => Open { channel, state: kept.doc, expect: Expect::Version(kept.version) },
            None => Open { channel, state: ChannelStateDoc::default(), expect: Expect::Absent },
        });
    }
    Ok(open)
}

/// Takes everything that nobody has taken yet.
pub(super) async fn round(plane: &ControlPlane, tenant: &Tenant) -> Result<(), Problem> {
    loop {
        let page = tenant.list::<NoticeDoc>(&Query::oldest_first().limit(AT_ONCE)).await.map_err(Problem::from_store)?;
        if page.items.is_empty() {
            return Ok(());
        }
        let more = page.next.is_some();
        take(plane, tenant, page.items).await?;
        if !more {
            return Ok(());
        }
    }
}

async fn take(plane: &ControlPlane, tenant: &Tenant, kept: Vec<Kept<NoticeDoc>>) -> Result<(), Problem> {
    let now = plane.now();
    let mut channels = channels(tenant).await?;
    channels.retain(|open| open.channel.doc.enabled);
    // A notice that was written anew meanwhile is another one: it stays for the next round.
    let mut writes: Vec<Write> =
        kept.iter().map(|kept| queries::delete::<NoticeDoc>(&kept.id, Expect::Version(kept.version))).collect::<Result<_, _>>()?;
    if !channels.is_empty() {
        let scene = Scene::of(plane, tenant).await?;
        for kept in kept {
            let notice = match kept.doc.about {
                About::Plan { plan } => scene.of_plan(tenant, plan, now, &mut writes).await?,
                about @ About::Incident { .. } => scene.of_incident(about, kept.doc.at),
            };
            for open in channels.iter_mut().filter(|_| notice.is_some()) {
                if let Some(notice) = notice.clone() {
                    open.state.pace.take(&open.channel.doc.rules, notice, now);
                }
            }
        }
        for open in &channels {
            writes.push(open.write()?);
        }
    }
    tenant.write(writes, now).await.map_err(Problem::from_store)?;
    Ok(())
}

/// Where things are.
struct Scene {
    places: Places,
    environments: BTreeMap<EnvironmentId, String>,
}

impl Scene {
    async fn of(plane: &ControlPlane, tenant: &Tenant) -> Result<Self, Problem> {
        let environments = tenant.all::<EnvironmentDoc>(&Query::default()).await.map_err(Problem::from_store)?;
        let environments = environments.into_iter().map(|kept| (kept.doc.id, kept.doc.name)).collect();
        Ok(Self { places: plane.places(tenant).await?, environments })
    }

    /// None where its cluster is gone.
    fn of_incident(&self, about: About, at: Timestamp) -> Option<Notice> {
        let About::Incident { incident, kind, cluster, severity, title, detail, namespaces } = about else { return None };
        let place = self.places.get(&cluster)?;
        Some(Notice {
            kind,
            subject: Subject::Incident(incident),
            at,
            severity,
            title: cut(&title),
            detail: detail.as_deref().map(cut),
            environment: place.environment,
            environment_name: self.name_of(place),
            cluster_name: cut(&place.name),
            namespaces: namespaces.into_iter().take(NAMESPACES_MAX).collect(),
        })
    }

    /// What there is to tell of a plan since people were last told of it. That they are told now is added to the steps.
    async fn of_plan(&self, tenant: &Tenant, id: PlanId, now: Timestamp, writes: &mut Vec<Write>) -> Result<Option<Notice>, Problem> {
        let key = id.to_string();
        let Some(plan) = tenant.get::<PlanDoc>(&key).await.map_err(Problem::from_store)? else { return Ok(None) };
        let incident = tenant.get::<IncidentDoc>(&plan.doc.incident.to_string()).await.map_err(Problem::from_store)?;
        let (Some(incident), Some(place)) = (incident, self.places.get(&plan.doc.cluster)) else { return Ok(None) };
        let told = tenant.get::<ToldDoc>(&key).await.map_err(Problem::from_store)?.map(|kept| kept.doc.state);
        let (plan, incident) = (plan.doc, incident.doc.0);
        let state = plan.state_at(now);
        let Some(kind) = kind_of(told, state) else { return Ok(None) };
        writes.push(queries::put(&key, &ToldDoc { state, at: now }, Expect::Any)?);
        let detail = match kind {
            NoticeKind::PlanEnded => ended(&plan, state),
            _ => asked(&plan, &incident.title),
        };
        Ok(Some(Notice {
            kind,
            subject: Subject::Plan(id),
            at: plan.updated_at,
            severity: super::severity(incident.weight.severity),
            title: cut(&format!("{} on {}", plan.title, plan.target)),
            detail: Some(cut(&detail)),
            environment: place.environment,
            environment_name: self.name_of(place),
            cluster_name: cut(&place.name),
            namespaces: incident.namespaces.into_iter().chain(plan.namespaces).take(NAMESPACES_MAX).collect(),
        }))
    }

    fn name_of(&self, place: &Place) -> String {
        self.environments.get(&place.environment).map(|name| cut(name)).unwrap_or_default()
    }
}

/// What people are told of a plan that stands here and was last told to stand there.
fn kind_of(told: Option<PlanState>, state: PlanState) -> Option<NoticeKind> {
    if told == Some(state) {
        return None;
    }
    match state {
        PlanState::Awaiting => Some(NoticeKind::PlanAwaiting),
        PlanState::Approved => Some(NoticeKind::PlanApproved),
        // Who was never told that there is a plan does not miss its end.
        PlanState::Verified
        | PlanState::Partial
        | PlanState::Reverted
        | PlanState::Failed
        | PlanState::Refused
        | PlanState::Rejected
        | PlanState::Expired => told.map(|_| NoticeKind::PlanEnded),
        // What was superseded has a successor, or its incident is over: both are told.
        PlanState::Advice | PlanState::Running | PlanState::Superseded => None,
    }
}

fn asked(plan: &PlanDoc, incident: &str) -> String {
    let risk = match plan.risk {
        Risk::Low => "low",
        Risk::Medium => "medium",
        Risk::High => "high",
        Risk::Exceptional => "exceptional",
    };
    let expires_at = Timestamp::from_second(plan.expires_at.as_second()).unwrap_or(plan.expires_at);
    format!("For: {incident}. Risk {risk}, {}% sure. Until {expires_at}.", plan.confidence_percent)
}

fn ended(plan: &PlanDoc, state: PlanState) -> String {
    let word = word_of(state);
    match &plan.detail {
        Some(detail) => format!("It was {word}: {detail}"),
        None => format!("It was {word}."),
    }
}

fn cut(text: &str) -> String {
    text.chars().take(TEXT_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_told_when_it_moves_and_its_end_only_to_who_knew_of_it() {
        use PlanState::{Advice, Approved, Awaiting, Expired, Rejected, Reverted, Running, Superseded, Verified};
        assert_eq!(kind_of(None, Advice), None);
        assert_eq!(kind_of(None, Awaiting), Some(NoticeKind::PlanAwaiting));
        assert_eq!(kind_of(Some(Awaiting), Awaiting), None, "another vote");
        assert_eq!(kind_of(Some(Awaiting), Approved), Some(NoticeKind::PlanApproved));
        assert_eq!(kind_of(Some(Approved), Running), None);
        assert_eq!(kind_of(Some(Approved), Verified), Some(NoticeKind::PlanEnded));
        assert_eq!(kind_of(Some(Verified), Reverted), Some(NoticeKind::PlanEnded), "somebody took it back");
        assert_eq!(kind_of(Some(Awaiting), Rejected), Some(NoticeKind::PlanEnded));
        assert_eq!(kind_of(Some(Awaiting), Superseded), None);
        assert_eq!(kind_of(None, Expired), None, "advice that nobody was told of");
    }
}
