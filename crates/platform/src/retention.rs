//! What is no longer to be kept goes: closed incidents with all that belongs to them, answers to repeated requests, old events.
//!
//! Facts of a cluster are kept as its present state and the segments since the last snapshot, so what is gone from a cluster goes with the
//! next snapshot; `facts_days` bounds how long segments wait for one.

use std::collections::BTreeMap;

use assent_api::Problem;
use assent_base::id::EnvironmentId;
use assent_base::{Timestamp, time};
use assent_http::idempotency::KEEP_H;
use assent_ledger::Outcome;
use assent_store::{Expect, Query, Tenant, Write};
use serde_json::json;

use crate::documents::{AlertDoc, BY_TIME, CommentDoc, EnvironmentDoc, IdempotencyDoc, IncidentDoc, ReportDoc, SessionDoc, ShareDoc};
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;
use crate::queries::{QueryWords, ReadAll};

/// Seconds between rounds.
pub(crate) const ROUND_S: u64 = 3_600;
/// Documents of one kind that one round removes from one tenant at most; the rest goes in the next.
const REMOVED_MAX: u32 = 1_000;
/// Events that a tenant's live stream keeps for readers that come back.
const EVENTS_KEPT: u64 = 100_000;
/// Days that an alert is remembered, so that it is not taken twice.
const ALERTS_DAYS: i64 = 7;
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
        tenant.trim_events(EVENTS_KEPT, now).await.map_err(prune)?;
        Ok(())
    }

    /// Closed incidents beyond their environment's retention. What still lives stays, however old.
    async fn prune_incidents(&self, tenant: &Tenant, now: Timestamp) -> Result<(), Problem> {
        let environments = tenant.all::<EnvironmentDoc>(&Query::default()).await.map_err(Problem::from_store)?;
        let days: BTreeMap<EnvironmentId, u32> =
            environments.into_iter().map(|kept| (kept.doc.id, kept.doc.retention.incidents_days)).collect();
        let places = self.places(tenant).await?;
        let oldest = tenant.list::<IncidentDoc>(&Query::oldest_first().limit(REMOVED_MAX)).await.map_err(Problem::from_store)?;
        for kept in oldest.items {
            let Some(closed) = kept.doc.0.closed_at() else { continue };
            // Of a cluster that was removed, nothing is kept.
            let kept_days = places.get(&kept.doc.0.cluster).and_then(|place| days.get(&place.environment));
            let is_over = kept_days.is_none_or(|days| time::seconds_between(closed, now) > i64::from(*days) * 86_400);
            if is_over {
                self.remove_incident(tenant, &kept.id, now).await?;
            }
        }
        Ok(())
    }

    async fn remove_incident(&self, tenant: &Tenant, id: &str, now: Timestamp) -> Result<(), Problem> {
        self.record(tenant, "platform", "incident.expire", id, Outcome::Intended, json!({})).await?;
        let of = Query::default().equal("incident", id);
        let mut writes = vec![
            Write::delete::<IncidentDoc>(id, Expect::Any).map_err(Problem::from_store)?,
            Write::delete::<ReportDoc>(id, Expect::Any).map_err(Problem::from_store)?,
        ];
        for comment in tenant.all::<CommentDoc>(&of).await.map_err(Problem::from_store)? {
            writes.push(Write::delete::<CommentDoc>(&comment.id, Expect::Any).map_err(Problem::from_store)?);
        }
        for share in tenant.all::<ShareDoc>(&of).await.map_err(Problem::from_store)? {
            writes.push(Write::delete::<ShareDoc>(&share.id, Expect::Any).map_err(Problem::from_store)?);
        }
        tenant.write(writes, now).await.map(drop).map_err(Problem::from_store)
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
