//! The control plane: what all operations share.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use assent_api::Problem;
use assent_base::Timestamp;
use assent_base::id::{RANDOM_BYTES, TenantId};
use assent_identity::token::Issuer;
use assent_journal::Journal;
use assent_ledger::Outcome;
use assent_policy::{Engine, Pack, TenantPolicy};
use assent_store::{Query, Store, Tenant};
use serde_json::Value;
use tokio::sync::{Semaphore, broadcast};

use crate::documents::PolicyDoc;
use crate::engines::Engines;
use crate::executors::Handed;
use crate::notices::Notices;
use crate::people::People;
use crate::problem_of::ProblemOf;
use crate::queries::ReadAll;
use crate::settings::Settings;
use crate::turns::Turns;
use crate::watching::Watched;

/// Passwords that are hashed at one time: each takes a core and 19 MiB for some milliseconds.
pub(crate) const HASHES_AT_ONCE_MAX: usize = 2;

/// Fills bytes with randomness.
pub type Random = Box<dyn Fn(&mut [u8]) + Send + Sync>;

/// What the platform takes from outside besides files and sockets, so that tests can hold them still.
pub struct Outside {
    /// Reads the clock.
    pub clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
    /// Fills bytes with randomness fit for keys.
    pub random: Random,
}

/// The control plane. Cheap to clone: all clones are one.
#[derive(Clone)]
pub struct ControlPlane {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) outside: Arc<Outside>,
    pub(crate) settings: Settings,
    pub(crate) data: PathBuf,
    pub(crate) store: Store,
    pub(crate) journal: Journal,
    pub(crate) tokens: Issuer,
    pub(crate) hashing: Semaphore,
    pub(crate) watched: Watched,
    pub(crate) started_at: Timestamp,
    pub(crate) engines: Mutex<Engines>,
    pub(crate) live: Mutex<BTreeMap<TenantId, broadcast::Sender<()>>>,
    pub(crate) people: People,
    pub(crate) handed: Handed,
    pub(crate) notices: Notices,
    pub(crate) turns: Turns,
    pub(crate) nats: OnceLock<assent_nats::Connection>,
    /// Tenants that are refused, since what they have does not add up.
    pub(crate) doubted: Mutex<BTreeMap<TenantId, String>>,
}

impl ControlPlane {
    /// The present instant.
    pub(crate) fn now(&self) -> Timestamp {
        (self.inner.outside.clock)()
    }

    /// Random bytes, fit for keys.
    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.inner.outside.random)(&mut bytes);
        bytes
    }

    /// A new id: `self.new_id(IncidentId::new)`.
    pub(crate) fn new_id<I>(&self, make: fn(Timestamp, [u8; RANDOM_BYTES]) -> I) -> I {
        make(self.now(), self.random())
    }

    /// The handle of a tenant.
    pub(crate) async fn tenant(&self, id: TenantId) -> Result<Tenant, Problem> {
        self.inner.store.tenant(id).await.map_err(Problem::from_store)
    }

    /// The policies of a tenant, compiled. Kept until [`ControlPlane::forget_engine`].
    pub(crate) async fn engine(&self, tenant: &Tenant) -> Result<Arc<Engine>, Problem> {
        let read_at = match self.engines().get(tenant.id()) {
            Ok(engine) => return Ok(engine),
            Err(changes) => changes,
        };
        let texts = self.tenant_policies(tenant).await?;
        // I8: policies that do not compile refuse everything, and say so.
        let engine = Engine::compile(tenant.id(), Pack::STANDARD, &texts).map_err(|bad| {
            tracing::error!(tenant = %tenant.id(), policy = %bad.name, "the policies of a tenant do not compile");
            Problem::new(assent_api::Code::Unavailable, "the policies of this tenant do not compile, so nothing is permitted")
        })?;
        let engine = Arc::new(engine);
        self.engines().keep(tenant.id(), Arc::clone(&engine), read_at);
        Ok(engine)
    }

    /// The tenant's own policies that count.
    pub(crate) async fn tenant_policies(&self, tenant: &Tenant) -> Result<Vec<TenantPolicy>, Problem> {
        let kept = tenant.all::<PolicyDoc>(&Query::default()).await.map_err(Problem::from_store)?;
        let enabled = kept.into_iter().filter(|kept| kept.doc.enabled);
        Ok(enabled.map(|kept| TenantPolicy { name: kept.doc.name, text: kept.doc.text }).collect())
    }

    /// To be called after policies changed.
    pub(crate) fn forget_engine(&self, tenant: TenantId) {
        self.engines().forget(tenant);
    }

    fn engines(&self) -> std::sync::MutexGuard<'_, Engines> {
        self.inner.engines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a record on the ledger, and answers once it is there for good. `details` are sealed under the tenant's key.
    pub(crate) async fn record(
        &self,
        tenant: &Tenant,
        actor: &str,
        action: &str,
        subject: &str,
        outcome: Outcome,
        details: Value,
    ) -> Result<u64, Problem> {
        crate::records::append(self, tenant, actor, action, subject, outcome, details).await
    }
}
