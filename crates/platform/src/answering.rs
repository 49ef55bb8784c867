//! What `http` asks of the platform besides operations.

use assent_api::alerts::AlertsTaken;
use assent_api::events::Event;
use assent_api::ledger::ExportFormat;
use assent_api::{Access, Code, Problem};
use assent_base::{Digest, time};
use assent_http::idempotency::{Begun, KEEP_H, Remember, Stored};
use assent_http::platform::{Alerts, OidcCallback};
use assent_http::streams::{Export, Readiness, ReadyPart, Redirect};
use assent_http::{Credentials, Platform, Principal, RequestMeta};
use assent_store::{Expect, StoreError, Tenant};
use futures_util::Stream;

use crate::caller::Caller;
use crate::documents::IdempotencyDoc;
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;

/// Seconds after which a request that never finished gives its key back: the platform died meanwhile.
const HELD_S_MAX: i64 = 120;

impl Platform for ControlPlane {
    type Caller = Caller;

    async fn authenticate(&self, credentials: Credentials, access: Access, meta: &RequestMeta) -> Result<Caller, Problem> {
        self.authenticate_caller(credentials, access, meta).await
    }

    async fn begin(&self, caller: &Caller, remember: &Remember) -> Result<Begun, Problem> {
        let Some((tenant, id)) = self.idempotency(caller, remember).await? else { return Ok(Begun::New) };
        let held = IdempotencyDoc { at: self.now(), request: remember.request, stored: None };
        let known = tenant.get::<IdempotencyDoc>(&id).await.map_err(Problem::from_store)?;
        let expect = match &known {
            None => Expect::Absent,
            Some(kept) => {
                let age = time::seconds_between(kept.doc.at, self.now());
                match &kept.doc.stored {
                    Some(stored) if age <= i64::from(KEEP_H) * 3600 => return Ok(Begun::Known(stored.clone())),
                    None if age <= HELD_S_MAX => return Ok(Begun::Running),
                    Some(_) | None => Expect::Version(kept.version),
                }
            }
        };
        match tenant.put(&id, &held, expect, self.now()).await {
            Ok(_) => Ok(Begun::New),
            // Another request with the same key was faster.
            Err(StoreError::Conflict { .. } | StoreError::Stale { .. }) => Ok(Begun::Running),
            Err(error) => Err(Problem::from_store(error)),
        }
    }

    async fn finish(&self, caller: &Caller, remember: &Remember, answer: Option<&Stored>) -> Result<(), Problem> {
        let Some((tenant, id)) = self.idempotency(caller, remember).await? else { return Ok(()) };
        let done = match answer {
            Some(stored) => {
                let doc = IdempotencyDoc { at: self.now(), request: remember.request, stored: Some(stored.clone()) };
                tenant.put(&id, &doc, Expect::Any, self.now()).await.map(drop)
            }
            None => tenant.delete::<IdempotencyDoc>(&id, Expect::Any, self.now()).await.map(drop),
        };
        match done {
            // The request deleted the caller's own tenant.
            Err(StoreError::KeyDestroyed(_) | StoreError::TenantAbsent(_)) => Ok(()),
            other => other.map_err(Problem::from_store),
        }
    }

    async fn readiness(&self) -> Readiness {
        let store = self.inner.store.health().await.err().map(|_| "the database does not answer, or not as it should");
        let ledger = (self.inner.journal.status() != assent_journal::Status::Writing).then_some("the ledger is stopped: see the log");
        // One cluster whose diagnosis stands still is no reason to take requests about all others away: the status page tells of it.
        let parts = [("store", store), ("ledger", ledger)];
        let mut parts: Vec<ReadyPart> = parts.into_iter().map(|(name, waits_for)| ReadyPart { name, waits_for, notice: None }).collect();
        // Nor is one tenant that is refused: the others are served.
        let notice = (!self.doubted().is_empty()).then_some(crate::tallies::REFUSED);
        parts.push(ReadyPart { name: "tenants", waits_for: None, notice });
        parts.extend(self.nats_readiness());
        // Nor is a keeper that is silent: what was opened is in memory, and another process of ours could open less.
        let root_key = self.inner.settings.root_key.notice();
        parts.extend(root_key.map(|notice| ReadyPart { name: "root key", waits_for: None, notice }));
        Readiness { parts }
    }

    async fn events(&self, caller: Caller, after: Option<u64>) -> Result<impl Stream<Item = (u64, Event)> + Send + 'static, Problem> {
        self.follow(caller, after).await
    }

    async fn export_tenant(&self, caller: Caller, _: RequestMeta) -> Result<Export, Problem> {
        self.tenant_export(caller).await
    }

    async fn export_ledger(&self, caller: Caller, format: Option<ExportFormat>, _: RequestMeta) -> Result<Export, Problem> {
        self.ledger_export(caller, format).await
    }

    async fn alerts(&self, alerts: Alerts, _: RequestMeta) -> Result<AlertsTaken, Problem> {
        self.take_alerts(alerts).await
    }

    async fn oidc_start(&self, provider: String, to: Option<String>, meta: RequestMeta) -> Result<Redirect, Problem> {
        self.start_oidc(provider, to, meta).await
    }

    async fn oidc_callback(&self, callback: OidcCallback, meta: RequestMeta) -> Result<Redirect, Problem> {
        self.finish_oidc(callback, meta).await
    }
}

impl ControlPlane {
    /// Where a key of a caller is kept. Strangers have none: two of them could send the same.
    async fn idempotency(&self, caller: &Caller, remember: &Remember) -> Result<Option<(Tenant, String)>, Problem> {
        let Some((who, _)) = caller.member() else { return Ok(None) };
        let tenant = match self.tenant(who.tenant).await {
            Ok(tenant) => tenant,
            Err(problem) if problem.code == Code::NotFound => return Ok(None),
            Err(problem) => return Err(problem),
        };
        let principal = caller.principal();
        let id = Digest::of_parts(&[principal.as_bytes(), remember.operation.as_bytes(), remember.key.as_bytes()]);
        Ok(Some((tenant, id.to_string())))
    }
}
