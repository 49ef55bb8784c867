//! The tenant at a glance.
//!
//! I11: environments and clusters that the caller may read, and numbers of the incidents that the caller may read, and no others.

use std::collections::BTreeMap;

use assent_api::incidents::{Entity, IncidentSummary, Severity, State};
use assent_api::operations::GetOverview;
use assent_api::overview::{
    ClusterOverview, EnvironmentOverview, Overview, OverviewItem, OverviewItemKind, SeverityCounts, Today, Understanding,
};
use assent_api::{Action, Problem};
use assent_base::{Timestamp, time};
use assent_http::{Handle, Input, Reply};
use assent_incidents::record::TimelineKind;
use assent_policy::Resource;
use assent_store::{Direction, Kept, Order, Query};

use crate::caller::Caller;
use crate::desk::Desk;
use crate::documents::{BY_TIME, ClusterDoc, EnvironmentDoc, IncidentDoc};
use crate::incidents::{Places, summary};
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;
use crate::queries::QueryWords;

/// Days that understanding is measured over.
const WINDOW_DAYS: u32 = 7;
/// Seconds of what counts as today.
const TODAY_S: i64 = 86_400;
/// The latest things that are told of.
const LATEST_MAX: usize = 20;
/// Incidents that are looked at, those that changed last first. Of a tenant with more in a week, the numbers are of these.
const LOOKED_AT_MAX: usize = 5_000;

impl Handle<GetOverview> for ControlPlane {
    async fn handle(&self, caller: Caller, _: Input<GetOverview>) -> Result<Reply<GetOverview>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let places = self.places(&desk.tenant).await?;
        let incidents = desk.recent(&places).await?;
        let open = |takes: &dyn Fn(&IncidentSummary) -> bool| {
            let mut counts = SeverityCounts::default();
            incidents.iter().filter(|(_, shown)| is_open(shown) && takes(shown)).for_each(|(_, shown)| count(&mut counts, shown.severity));
            counts
        };
        let mut environments = Vec::new();
        let clusters = desk.all::<ClusterDoc>(&Query::oldest_first()).await?;
        for kept in desk.all::<EnvironmentDoc>(&Query::oldest_first()).await? {
            let resource = kept.doc.resource(desk.tenant_id());
            if !desk.may(Action::EnvironmentRead, &resource) {
                continue;
            }
            let own = clusters.iter().filter(|cluster| cluster.doc.environment == kept.doc.id);
            let readable = own.filter(|cluster| desk.may(Action::ClusterRead, &resource.clone().with_id(cluster.doc.id)));
            let clusters = readable.map(|cluster| desk.glance(&cluster.doc, open(&|one| one.cluster == cluster.doc.id))).collect();
            environments.push(EnvironmentOverview {
                id: kept.doc.id,
                open: open(&|one| one.environment == kept.doc.id),
                name: kept.doc.name,
                criticality: kept.doc.criticality,
                clusters,
            });
        }
        Ok(Reply::new(Overview {
            at: desk.now,
            environments,
            open: open(&|_| true),
            understanding: understanding(&incidents, desk.now),
            today: today(&incidents, desk.now),
        }))
    }
}

impl Desk<'_> {
    /// Incidents that live or changed within the window, and that the caller may read.
    async fn recent(&self, places: &Places) -> Result<Vec<(Kept<IncidentDoc>, IncidentSummary)>, Problem> {
        let since = time::earlier(self.now, i64::from(WINDOW_DAYS) * 86_400).unwrap_or(Timestamp::MIN);
        let order = Order { from: since.as_microsecond(), ..Order::all(BY_TIME, Direction::Descending) };
        let mut found: BTreeMap<String, Kept<IncidentDoc>> = BTreeMap::new();
        for query in [Query::newest_first().equal("live", "yes"), Query { order: Some(order), ..Query::default() }] {
            let mut query = query.limit(assent_store::PAGE_ENTRIES_MAX);
            loop {
                let page = self.tenant.list::<IncidentDoc>(&query).await.map_err(Problem::from_store)?;
                found.extend(page.items.into_iter().map(|kept| (kept.id.clone(), kept)));
                match page.next {
                    Some(next) if found.len() < LOOKED_AT_MAX => query = query.after(Some(next)),
                    Some(_) | None => break,
                }
            }
        }
        let readable = found.into_values().filter_map(|kept| {
            let place = places.get(&kept.doc.0.cluster)?;
            let resource: Resource = kept.doc.resource(self.tenant_id(), place);
            let shown = summary(&kept, place, self.now);
            self.may(Action::IncidentRead, &resource).then_some((kept, shown))
        });
        Ok(readable.collect())
    }

    fn glance(&self, doc: &ClusterDoc, open: SeverityCounts) -> ClusterOverview {
        let live = self.plane.inner.watched.shown(self.tenant_id(), doc.id);
        let connection = doc.connection(self.now);
        ClusterOverview {
            id: doc.id,
            name: doc.name.clone(),
            health: live.health(connection),
            connection,
            seen_at: doc.seen_at,
            objects: live.objects,
            open,
        }
    }
}

fn is_open(shown: &IncidentSummary) -> bool {
    match shown.state {
        State::Open | State::Investigating | State::Explained | State::Inconclusive | State::ActedOn => true,
        State::Resolved | State::Muted | State::Dismissed => false,
    }
}

fn count(counts: &mut SeverityCounts, severity: Severity) {
    let own = match severity {
        Severity::Notice => &mut counts.notice,
        Severity::Degraded => &mut counts.degraded,
        Severity::Broken => &mut counts.broken,
    };
    *own = own.saturating_add(1);
}

fn understanding(incidents: &[(Kept<IncidentDoc>, IncidentSummary)], now: Timestamp) -> Understanding {
    let within = |at: Timestamp| time::seconds_between(at, now) <= i64::from(WINDOW_DAYS) * 86_400;
    let (mut took_s, mut inconclusive) = (Vec::new(), 0_u32);
    for (kept, _) in incidents.iter().filter(|(_, shown)| within(shown.opened_at)) {
        match kept.doc.0.explained_at {
            Some(at) => took_s.push(at.duration_since(kept.doc.0.opened_at).as_secs_f64().max(0.0)),
            None => inconclusive = inconclusive.saturating_add(u32::from(kept.doc.0.is_inconclusive())),
        }
    }
    took_s.sort_by(f64::total_cmp);
    Understanding {
        window_days: WINDOW_DAYS,
        explained: u32::try_from(took_s.len()).unwrap_or(u32::MAX),
        inconclusive,
        p50_s: percentile(&took_s, 50),
        p95_s: percentile(&took_s, 95),
    }
}

/// The least of some sorted values that so many in a hundred of them do not exceed.
fn percentile(sorted: &[f64], percent: usize) -> Option<f64> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}

fn today(incidents: &[(Kept<IncidentDoc>, IncidentSummary)], now: Timestamp) -> Today {
    let since = time::earlier(now, TODAY_S).unwrap_or(Timestamp::MIN);
    let mut latest: Vec<OverviewItem> =
        incidents.iter().flat_map(|(kept, shown)| items(kept, shown)).filter(|item| item.at >= since).collect();
    let number = |kind| u32::try_from(latest.iter().filter(|item| item.kind == kind).count()).unwrap_or(u32::MAX);
    let (opened, explained, resolved) =
        (number(OverviewItemKind::Opened), number(OverviewItemKind::Explained), number(OverviewItemKind::Resolved));
    latest.sort_by(|one, other| other.at.cmp(&one.at).then(one.incident.cmp(&other.incident)).then(one.kind.cmp(&other.kind)));
    latest.truncate(LATEST_MAX);
    Today { since, opened, explained, resolved, latest }
}

/// Everything that happened with an incident.
fn items(kept: &Kept<IncidentDoc>, shown: &IncidentSummary) -> Vec<OverviewItem> {
    let incident = &kept.doc.0;
    let item = |at, kind| OverviewItem {
        at,
        kind,
        text: shown.title.clone(),
        incident: Some(incident.id),
        cluster: incident.cluster,
        entity: Some(shown.entity.clone()),
        by: None,
    };
    let mut items = vec![item(incident.opened_at, OverviewItemKind::Opened)];
    items.extend(incident.explained_at.map(|at| item(at, OverviewItemKind::Explained)));
    items.extend(incident.closed_at().filter(|_| kept.doc.is_resolved()).map(|at| item(at, OverviewItemKind::Resolved)));
    for entry in &incident.timeline {
        let kind = match entry.kind {
            TimelineKind::Change => OverviewItemKind::Change,
            TimelineKind::Act => OverviewItemKind::Act,
            TimelineKind::Finding | TimelineKind::Event | TimelineKind::State => continue,
        };
        let of = |name: &assent_diagnosis::report::EntityName| Entity {
            kind: name.kind.clone(),
            namespace: name.namespace.clone(),
            name: name.name.clone(),
        };
        let entity = entry.entity.as_ref().map(of);
        items.push(OverviewItem { text: entry.text.clone(), entity, by: entry.by.clone(), ..item(entry.at, kind) });
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_values() {
        assert_eq!(percentile(&[], 50), None);
        assert_eq!(percentile(&[4.0], 95), Some(4.0));
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!((percentile(&hundred, 50), percentile(&hundred, 95)), (Some(50.0), Some(95.0)));
        assert_eq!(percentile(&[1.0, 2.0], 50), Some(1.0));
    }
}
