//! Links that show one report to whoever holds them, until they expire or are revoked.
//!
//! The secret stands behind `#` in the link, so that no browser, proxy or log sends it along; only its hash is kept. Its text names the
//! tenant and the link, so that it is found without a search.

use assent_api::operations::{CreateShare, ListShares, OpenShare, RevokeShare};
use assent_api::shares::{NewShare, Share, Shared};
use assent_api::{Action, Code, Empty, Problem};
use assent_base::id::{ShareId, TenantId};
use assent_base::{Digest, Timestamp};
use assent_http::{Handle, Input, Reply};
use assent_ledger::Outcome;
use assent_policy::Principal;
use assent_store::{Expect, Query, StoreError, Tenant};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use crate::caller::Caller;
use crate::desk::Desk;
use crate::documents::{AccountDoc, ApiKeyDoc, IncidentDoc, ReportDoc, ShareDoc};
use crate::incidents::summary;
use crate::pages::Pages;
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;
use crate::queries;
use crate::queries::QueryWords;
use crate::turns::{Topic, Turn};

/// Seconds that a link works at least.
const SHARE_S_MIN: u64 = 60;
/// Seconds that a link works at most: 90 days.
const SHARE_S_MAX: u64 = 90 * 86_400;
/// Links that work for one incident at one time.
const SHARES_MAX: usize = 50;
/// Bytes of a link's secret.
const SECRET_BYTES: usize = 32;
/// Tries to count an opening while others open it too.
const TRIES_MAX: u32 = 5;

impl ShareDoc {
    fn works(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }

    fn shown(self) -> Share {
        Share {
            id: self.id,
            incident: self.incident,
            created_at: self.created_at,
            created_by: self.created_by,
            expires_at: self.expires_at,
            revoked_at: self.revoked_at,
            opened: self.opened,
        }
    }
}

impl Handle<ListShares> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<ListShares>) -> Result<Reply<ListShares>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let (kept, _, resource) = desk.incident(input.path.incident).await?;
        let _permit = desk.require(Action::IncidentShare, resource).await?;
        let query = Query::newest_first().equal("incident", &kept.id);
        let page = Pages::of(&desk, &input.query)?.collect::<ShareDoc, _>(query, |kept| Some(kept.doc.shown())).await?;
        Ok(Reply::new(page))
    }
}

impl Handle<CreateShare> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<CreateShare>) -> Result<Reply<CreateShare>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let (incident, _, resource) = desk.incident(input.path.incident).await?;
        let (_, wide) = desk.with_report(&incident.id, &resource).await?;
        let permit = desk.require(Action::IncidentShare, resource).await?;
        // I11: nobody shows others what they may not see themselves.
        if !desk.may(Action::IncidentShare, &wide) {
            return Err(Problem::new(Code::Refused, "the report names objects of namespaces that you may not share"));
        }
        if !(SHARE_S_MIN..=SHARE_S_MAX).contains(&input.body.expires_in_s) {
            return Err(Problem::invalid("/expires_in_s", format!("{SHARE_S_MIN} to {SHARE_S_MAX} seconds")));
        }
        let turn = Turn::take(self, &desk.tenant, Topic::Sharing).await?;
        let others = desk.all::<ShareDoc>(&Query::default().equal("incident", &incident.id)).await?;
        if others.iter().filter(|kept| kept.doc.works(desk.now)).count() >= SHARES_MAX {
            return Err(Problem::new(Code::Conflict, format!("an incident has at most {SHARES_MAX} links that work: revoke one")));
        }
        let id = self.new_id(ShareId::new);
        let secret = URL_SAFE_NO_PAD.encode(self.random::<SECRET_BYTES>());
        let span = i64::try_from(input.body.expires_in_s).unwrap_or(0);
        let doc = ShareDoc {
            id,
            incident: incident.doc.0.id,
            hash: Digest::of(secret.as_bytes()),
            created_at: desk.now,
            created_by: desk.actor(),
            expires_at: later(desk.now, span).ok_or_else(|| Problem::invalid("/expires_in_s", "too far away"))?,
            revoked_at: None,
            opened: 0,
        };
        let intent = desk.intend(permit, json!({ "share": id, "expires_at": doc.expires_at })).await?;
        desk.keep(intent, vec![queries::put(&id.to_string(), &doc, Expect::Absent)?, turn.write()?]).await?;
        let base = self.inner.settings.public_url.as_deref().unwrap_or(&input.meta.base_url);
        let link = format!("{base}/shared#{}.{id}.{secret}", desk.tenant_id());
        Ok(Reply::new(NewShare { share: doc.shown(), link }))
    }
}

impl Handle<RevokeShare> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<RevokeShare>) -> Result<Reply<RevokeShare>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let (incident, _, resource) = desk.incident(input.path.incident).await?;
        let permit = desk.require(Action::IncidentShare, resource).await?;
        let mut kept = desk.get::<ShareDoc>(&input.path.share.to_string()).await?;
        if kept.doc.incident != incident.doc.0.id {
            return Err(Problem::not_found());
        }
        if kept.doc.revoked_at.is_none() {
            kept.doc.revoked_at = Some(desk.now);
            let intent = desk.intend(permit, json!({ "revoked_share": kept.doc.id })).await?;
            desk.keep(intent, vec![queries::put(&kept.id, &kept.doc, Expect::Version(kept.version))?]).await?;
        }
        Ok(Reply::new(Empty {}))
    }
}

impl Handle<OpenShare> for ControlPlane {
    /// A link that is wrong, expired, revoked or of a deleted tenant gets one and the same answer.
    async fn handle(&self, _: Caller, input: Input<OpenShare>) -> Result<Reply<OpenShare>, Problem> {
        let (tenant, id, secret) = parse(input.body.token.expose()).ok_or_else(Problem::not_found)?;
        let tenant = self.tenant(tenant).await?;
        for _ in 0..TRIES_MAX {
            let kept = tenant.get::<ShareDoc>(&id.to_string()).await.map_err(Problem::from_store)?.ok_or_else(Problem::not_found)?;
            // Both sides are digests: how long the comparison takes says nothing about the secret.
            let holds = kept.doc.hash == Digest::of(secret.as_bytes()) && kept.doc.works(self.now());
            if !holds || !self.is_still_here(&tenant, &kept.doc.created_by).await? {
                return Err(Problem::not_found());
            }
            let mut doc = kept.doc;
            doc.opened = doc.opened.saturating_add(1);
            self.record(&tenant, "public", "share.open", &id.to_string(), Outcome::Intended, json!({ "incident": doc.incident })).await?;
            match tenant.put(&kept.id, &doc, Expect::Version(kept.version), self.now()).await {
                Err(StoreError::Stale { .. }) => continue,
                other => other.map_err(Problem::from_store)?,
            };
            let incident = doc.incident.to_string();
            let found = tenant.get::<IncidentDoc>(&incident).await.map_err(Problem::from_store)?.ok_or_else(Problem::not_found)?;
            let report = tenant.get::<ReportDoc>(&incident).await.map_err(Problem::from_store)?;
            let places = self.places(&tenant).await?;
            let place = places.get(&found.doc.0.cluster).ok_or_else(Problem::not_found)?;
            let incident = summary(&found, place, self.now());
            return Ok(Reply::new(Shared { incident, report: report.map(|kept| kept.doc.shown()).transpose()? }));
        }
        Err(Problem::new(Code::Unavailable, "the link is being opened by many").retry_after(1))
    }
}

impl ControlPlane {
    /// Whether whoever made a link may still act here: a link ends with the membership, or the key, that it was made with.
    async fn is_still_here(&self, tenant: &Tenant, actor: &str) -> Result<bool, Problem> {
        Ok(match actor.parse::<Principal>() {
            Ok(Principal::Account(id)) => {
                let account = tenant.get::<AccountDoc>(&id.to_string()).await.map_err(Problem::from_store)?;
                account.is_some_and(|kept| !kept.doc.disabled)
            }
            Ok(Principal::Key(id)) => match tenant.get::<ApiKeyDoc>(&id.to_string()).await.map_err(Problem::from_store)? {
                Some(kept) if kept.doc.record.holds(self.now()).is_ok() => !self.held_by(tenant, &kept.doc).await?.is_empty(),
                Some(_) | None => false,
            },
            Err(_) => false,
        })
    }
}

fn parse(token: &str) -> Option<(TenantId, ShareId, &str)> {
    let mut parts = token.splitn(3, '.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?))
}

fn later(at: Timestamp, seconds: i64) -> Option<Timestamp> {
    at.checked_add(jiff::SignedDuration::from_secs(seconds)).ok()
}
