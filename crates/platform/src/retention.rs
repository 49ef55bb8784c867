//! What is no longer to be kept goes: closed incidents with all that belongs to them, answers to repeated requests, old events.
//!
//! Facts of a cluster are kept as its present state and the segments since the last snapshot, so what is gone from a cluster goes with the
//! next snapshot.

use std::collections::BTreeMap;

use assent_api::Problem;
use assent_base::id::EnvironmentId;
use assent_base::{Timestamp, time};
use assent_http::idempotency::KEEP_H;
use assent_ledger::Outcome;
use assent_store::{Expect, Query, Tenant, Write};
use serde_json::json;

use crate::documents::{
    AlertDoc, BY_TIME, CommentDoc, EnvironmentDoc, IdempotencyDoc, IncidentDoc, NoticeDoc, PlanDoc, ReportDoc, SessionDoc, ShareDoc,
    ToldDoc,
};
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;
use crate::queries::{QueryWords, ReadAll};
use crate::tenants::chunks;

/// Seconds between rounds.
pub(crate) const ROUND_S: u64 = 3_600;
/// Documents of one kind that one round removes from one tenant at most; the rest goes in the next.
const REMOVED_MAX: u32 = 1_000;
/// Events that a tenant's live stream keeps for readers that come back.
const EVENTS_KEPT: u64 = 100_000;
/// Days that an alert is remembered, so that it is not taken twice.
pub(crate) const ALERTS_DAYS: i64 = 7;
/// Days after which what nobody was told is old news.
const NOTICES_DAYS: i64 = 7;
/// Days that it is remembered what people were told of a plan: plans live for less.
const TOLD_DAYS: i64 = 90;
/// Days after which a session's record goes, long after it has ended.
const SESSIONS_DAYS: i64 = 90;

impl ControlPlane {
    /// Removes what is too old, for all tenants. One tenant's trouble does not keep another's waiting.
    pub async fn retain(&self) -> Result<(), Problem> {
        for doc in self.tenant_docs().await? {
            let done = match self.tenant(doc.id).await {
                Ok(tenant) => self.retain_of(&tenant).await,
                Err(problem) => Err(problem),
            };
            if let Err(problem) = done {
                tracing::warn!(tenant = %doc.id, %problem, "old documents are not removed");
            }
        }
        Ok(())
    }

    async fn retain_of(&self, tenant: &Tenant) -> Result<(), Problem> {
        let now = self.now();
        self.prune_incidents(tenant, now).await?;
        let before = |seconds| time::earlier(now, seconds).unwrap_or(Timestamp::MIN);
        let prune = |error| Problem::from_store(error);
        tenant.prune::<IdempotencyDoc>(BY_TIME, before(i64::from(KEEP_H) * 3_600), now).await.map_err(prune)?;
        tenant.prune::<AlertDoc>(BY_TIME, before(ALERTS_DAYS * 86_400), now).await.map_err(prune)?;
        tenant.prune::<SessionDoc>(BY_TIME, before(SESSIONS_DAYS * 86_400), now).await.map_err(prune)?;
        tenant.prune::<NoticeDoc>(BY_TIME, before(NOTICES_DAYS * 86_400), now).await.map_err(prune)?;
        tenant.prune::<ToldDoc>(BY_TIME, before(TOLD_DAYS * 86_400), now).await.map_err(prune)?;
        tenant.trim_events(EVENTS_KEPT, now).await.map_err(prune)?;
        Ok(())
    }

    /// Closed incidents beyond their environment's retention. What still lives stays, however old.
    async fn prune_incidents(&self, tenant: &Tenant, now: Timestamp) -> Result<(), Problem> {
        let environments = tenant.all::<EnvironmentDoc>(&Query::default()).await.map_err(Problem::from_store)?;
        let days: BTreeMap<EnvironmentId, u32> =
            environments.into_iter().map(|kept| (kept.doc.id, kept.doc.retention.incidents_days)).collect();
        let places = self.places(tenant).await?;
        let is_over = |incident: &assent_incidents::Incident| {
            // Of a cluster that was removed, nothing is kept: nobody is left to see how it ends.
            let Some(place) = places.get(&incident.cluster) else { return true };
            let spent =
                |closed| days.get(&place.environment).is_none_or(|days| time::seconds_between(closed, now) > i64::from(*days) * 86_400);
            incident.closed_at().is_some_and(spent)
        };
        // All of them: what has to stay must not stand before what has to go.
        let mut query = Query::oldest_first().limit(assent_store::PAGE_ENTRIES_MAX);
        let mut removed = 0;
        loop {
            let page = tenant.list::<IncidentDoc>(&query).await.map_err(Problem::from_store)?;
            for kept in page.items.iter().filter(|kept| is_over(&kept.doc.0)) {
                if removed >= REMOVED_MAX {
                    return Ok(());
                }
                self.remove_incident(tenant, &kept.id, now).await?;
                removed += 1;
            }
            match page.next {
                Some(next) => query = query.after(Some(next)),
                None => return Ok(()),
            }
        }
    }

    async fn remove_incident(&self, tenant: &Tenant, id: &str, now: Timestamp) -> Result<(), Problem> {
        self.record(tenant, "platform", "incident.expire", id, Outcome::Intended, json!({})).await?;
        let of = Query::default().equal("incident", id);
        let mut writes = Vec::new();
        for comment in tenant.all::<CommentDoc>(&of).await.map_err(Problem::from_store)? {
            writes.push(Write::delete::<CommentDoc>(&comment.id, Expect::Any).map_err(Problem::from_store)?);
        }
        for share in tenant.all::<ShareDoc>(&of).await.map_err(Problem::from_store)? {
            writes.push(Write::delete::<ShareDoc>(&share.id, Expect::Any).map_err(Problem::from_store)?);
        }
        for plan in tenant.all::<PlanDoc>(&of).await.map_err(Problem::from_store)? {
            writes.push(Write::delete::<PlanDoc>(&plan.id, Expect::Any).map_err(Problem::from_store)?);
        }
        // The incident last: what is broken off is found and ended by the next round.
        writes.push(Write::delete::<ReportDoc>(id, Expect::Any).map_err(Problem::from_store)?);
        writes.push(Write::delete::<IncidentDoc>(id, Expect::Any).map_err(Problem::from_store)?);
        for chunk in chunks(writes) {
            tenant.write(chunk, now).await.map_err(Problem::from_store)?;
        }
        Ok(())
    }

    /// Removes what is too old, every hour, until the platform stops.
    pub async fn keep_retaining(&self) {
        let mut rounds = tokio::time::interval(std::time::Duration::from_secs(ROUND_S));
        loop {
            rounds.tick().await;
            if let Err(problem) = self.retain().await {
                tracing::warn!(%problem, "old documents are not removed");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use assent_base::id::CommentId;
    use assent_incidents::record::{Phase, Standing};

    use super::*;
    use crate::documents::IncidentDoc;
    use crate::fixture::{Fixture, incident, now};

    #[tokio::test]
    async fn nothing_of_a_removed_cluster_is_kept_though_it_lived_to_the_end() {
        let house = Fixture::open().await;
        let tenant = house.plane.first_tenant().await.expect("a tenant");
        let gone = assent_base::id::ClusterId::new(now(), [9; assent_base::id::RANDOM_BYTES]);
        let id = keep(&tenant, incident(gone, 1)).await;
        house.plane.retain().await.expect("a round");
        assert!(tenant.get::<IncidentDoc>(&id).await.expect("read").is_none());
    }

    #[tokio::test]
    async fn what_has_to_stay_keeps_nothing_that_is_over() {
        let house = Fixture::open().await;
        let (tenant, cluster) = house.cluster().await;
        // More than one page of incidents that live, and one after them that is over.
        let mut writes = Vec::new();
        for n in 0..=REMOVED_MAX {
            let mut random = [1; assent_base::id::RANDOM_BYTES];
            random.iter_mut().zip(n.to_be_bytes()).for_each(|(to, from)| *to = from);
            let mut one = incident(cluster, 1);
            one.id = assent_base::id::IncidentId::new(now(), random);
            writes.push(Write::put(&one.id.to_string(), &IncidentDoc(one), Expect::Absent).expect("a write"));
        }
        tenant.write(writes, now()).await.expect("kept");
        let mut over = incident(cluster, 2);
        over.standing = Standing::Resolved { at: time::earlier(now(), 5_000 * 86_400).expect("an instant"), phase: Phase::Open };
        over.updated_at = time::earlier(now(), -60).expect("an instant");
        let id = keep(&tenant, over).await;
        house.plane.retain().await.expect("a round");
        assert!(tenant.get::<IncidentDoc>(&id).await.expect("read").is_none());
    }

    #[tokio::test]
    async fn an_incident_with_more_remarks_than_a_transaction_takes_goes_too() {
        let house = Fixture::open().await;
        let tenant = house.plane.first_tenant().await.expect("a tenant");
        let gone = assent_base::id::ClusterId::new(now(), [9; assent_base::id::RANDOM_BYTES]);
        let one = incident(gone, 1);
        let remark = |n: u32| {
            let mut random = [2; assent_base::id::RANDOM_BYTES];
            random.iter_mut().zip(n.to_be_bytes()).for_each(|(to, from)| *to = from);
            let id = CommentId::new(now(), random);
            let doc = CommentDoc { id, incident: one.id, by: String::new(), by_name: String::new(), at: now(), text: String::new() };
            Write::put(&id.to_string(), &doc, Expect::Absent).expect("a write")
        };
        let half = u32::try_from(assent_store::STEPS_MAX / 2).expect("small") + 1;
        for half in [0..half, half..2 * half] {
            tenant.write(half.map(remark).collect(), now()).await.expect("kept");
        }
        let id = keep(&tenant, one.clone()).await;
        house.plane.retain().await.expect("a round");
        assert!(tenant.get::<IncidentDoc>(&id).await.expect("read").is_none());
        let left = Query::default().equal("incident", &id);
        assert_eq!(tenant.count::<CommentDoc>(&left).await.expect("a count"), 0);
    }

    async fn keep(tenant: &Tenant, incident: assent_incidents::Incident) -> String {
        let id = incident.id.to_string();
        tenant.put(&id, &IncidentDoc(incident), Expect::Absent, now()).await.expect("kept");
        id
    }
}
