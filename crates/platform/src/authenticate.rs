//! Who is calling: what their cookie, key or token proves, and what they are granted now.
//!
//! Nothing about a caller is remembered between requests: an account that was shut, a key that was revoked, a grant that was taken away
//! is so with the next call. Whatever is wrong with credentials, the answer is the same.

use assent_api::accounts::Grant;
use assent_api::{Access, Code, Problem};
use assent_base::Secret;
use assent_base::id::{SessionId, TenantId};
use assent_http::{Credentials, RequestMeta};
use assent_identity::key::{KEY_PREFIX, Presented};
use assent_identity::session::{SEEN_GRAIN_S, csrf_token, is_csrf_token};
use assent_policy::{Caller as Who, Principal};
use assent_store::{Document, Expect, Kept, Query, StoreError, Tenant};

use crate::caller::{Caller, Machine, Person};
use crate::documents::{AccountDoc, ApiKeyDoc, ClusterDoc, ExecutorDoc, SessionDoc};
use crate::links::secret_of;
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;
use crate::queries::QueryWords;
use crate::ticket::Ticket;

impl ControlPlane {
    /// Finds out who is calling.
    pub(crate) async fn authenticate_caller(
        &self,
        credentials: Credentials,
        access: Access,
        _meta: &RequestMeta,
    ) -> Result<Caller, Problem> {
        match (access, credentials) {
            (Access::Public, _) => Ok(Caller::Public),
            (Access::Observer, Credentials::Bearer(token)) => self.observer(&token).await,
            (Access::Executor, Credentials::Bearer(token)) => self.executor(&token).await,
            (Access::SignedIn | Access::Action(_), Credentials::Session { cookie, csrf }) => self.person(&cookie, csrf.as_ref()).await,
            (Access::SignedIn | Access::Action(_), Credentials::Bearer(token)) => {
                if token.expose().starts_with(KEY_PREFIX) {
                    self.machine(&token).await
                } else {
                    self.vouched_for(&token).await
                }
            }
            (Access::Observer | Access::Executor, Credentials::None | Credentials::Session { .. })
            | (Access::SignedIn | Access::Action(_), Credentials::None) => Err(unknown()),
        }
    }

    /// The person whose session this cookie shows.
    async fn person(&self, cookie: &Secret, csrf: Option<&Secret>) -> Result<Caller, Problem> {
        let ticket = Ticket::<SessionId>::read(cookie).ok_or_else(unknown)?;
        let secret = secret_of(&ticket).ok_or_else(unknown)?;
        let tenant = self.tenant_shown(ticket.tenant).await?;
        let kept = found::<SessionDoc>(&tenant, &ticket.id.to_string()).await?;
        let session = &kept.doc.session;
        session.check(&secret, self.now(), &self.lifetime_of(session)).map_err(|_| unknown())?;
        if csrf.is_some_and(|token| !is_csrf_token(&secret, token.expose())) {
            return Err(Problem::new(Code::CrossSite, "`X-Csrf-Token` is not that of the session"));
        }
        let account = found::<AccountDoc>(&tenant, &session.account.to_string()).await?;
        let person = self.as_person(&tenant, &account.doc, &account.doc.groups).await?;
        if let Some(seen) = session.seen(self.now()) {
            self.touch(&tenant, &kept, &SessionDoc { session: seen }).await?;
        }
        Ok(Caller::Person(Box::new(Person { session: Some(kept.doc.session.id), csrf: Some(csrf_token(&secret)), ..person })))
    }

    /// An account as a caller; refused if it is shut.
    pub(crate) async fn as_person(&self, tenant: &Tenant, account: &AccountDoc, groups: &[String]) -> Result<Person, Problem> {
        if account.disabled {
            return Err(unknown());
        }
        let grants = self.grants_of(tenant, account, groups).await?;
        Ok(Person {
            account: account.id,
            name: account.name.clone(),
            email: account.email.clone(),
            session: None,
            csrf: None,
            groups: groups.to_vec(),
            who: Who { tenant: tenant.id(), principal: Principal::Account(account.id), grants },
        })
    }

    /// The same caller with what they are granted now; refused if they are shut out, signed out, or their key holds no more.
    pub(crate) async fn as_of_now(&self, caller: &Caller) -> Result<Caller, Problem> {
        match caller {
            Caller::Public | Caller::Observer { .. } | Caller::Executor { .. } => Ok(caller.clone()),
            Caller::Person(person) => {
                let tenant = self.tenant_shown(person.who.tenant).await?;
                let account = found::<AccountDoc>(&tenant, &person.account.to_string()).await?.doc;
                if let Some(session) = person.session {
                    found::<SessionDoc>(&tenant, &session.to_string()).await?;
                }
                // What a provider's token claims is not kept with the account.
                let groups = if person.session.is_some() { &account.groups } else { &person.groups };
                let now = self.as_person(&tenant, &account, groups).await?;
                Ok(Caller::Person(Box::new(Person { session: person.session, csrf: person.csrf.clone(), ..now })))
            }
            Caller::Machine(machine) => {
                let Principal::Key(key) = machine.who.principal else { return Err(unknown()) };
                let tenant = self.tenant_shown(machine.who.tenant).await?;
                let kept = found::<ApiKeyDoc>(&tenant, &key.to_string()).await?.doc;
                kept.record.holds(self.now()).map_err(|_| unknown())?;
                let who = Who { tenant: tenant.id(), principal: Principal::Key(key), grants: self.held_now(&tenant, &kept).await? };
                Ok(Caller::Machine(Box::new(Machine { name: kept.name, who })))
            }
        }
    }

    /// The machine whose key this is.
    async fn machine(&self, token: &Secret) -> Result<Caller, Problem> {
        let presented = Presented::parse(token.expose()).map_err(|_| unknown())?;
        let tenant = self.tenant_shown(presented.tenant).await?;
        let kept = found::<ApiKeyDoc>(&tenant, &presented.key.to_string()).await?;
        kept.doc.record.check(&presented, self.now()).map_err(|_| unknown())?;
        let grants = self.held_now(&tenant, &kept.doc).await?;
        let grain_s = i64::try_from(SEEN_GRAIN_S).unwrap_or(i64::MAX);
        if kept.doc.used_at.is_none_or(|used| assent_base::time::seconds_between(used, self.now()) >= grain_s) {
            self.touch(&tenant, &kept, &ApiKeyDoc { used_at: Some(self.now()), ..kept.doc.clone() }).await?;
        }
        let who = Who { tenant: tenant.id(), principal: Principal::Key(presented.key), grants };
        Ok(Caller::Machine(Box::new(Machine { name: kept.doc.name, who })))
    }

    /// What a key holds now. One whose maker has gone, or holds none of it any more, holds no more than one that was revoked.
    async fn held_now(&self, tenant: &Tenant, key: &ApiKeyDoc) -> Result<Vec<Grant>, Problem> {
        let grants = self.held_by(tenant, key).await?;
        if grants.is_empty() && !key.grants().is_empty() { Err(unknown()) } else { Ok(grants) }
    }

    /// The observer whose token this is. The key that it was issued for must be the cluster's key now, of the same generation and not
    /// revoked: a token holds no minute longer than its key.
    async fn observer(&self, token: &Secret) -> Result<Caller, Problem> {
        let shown = self.inner.tokens.read(token.expose(), self.now()).map_err(|_| unknown())?;
        let tenant = self.tenant_shown(shown.tenant()).await?;
        let query = Query { limit: 1, ..Query::default() }.equal("key", &shown.key().to_string());
        let clusters = tenant.list::<ClusterDoc>(&query).await.map_err(Problem::from_store)?.items;
        let kept = clusters.into_iter().next().ok_or_else(unknown)?;
        let record = kept.doc.key.as_ref().ok_or_else(unknown)?;
        let observer = shown.confirm(record, self.now()).map_err(|_| unknown())?;
        // A key names its cluster, and a cluster its key: both must say the same.
        if observer.cluster == kept.doc.id {
            Ok(Caller::Observer { tenant: tenant.id(), cluster: observer.cluster })
        } else {
            Err(unknown())
        }
    }

    /// The executor whose token this is. It is held against the key that the cluster's executor has now, as an observer's is.
    async fn executor(&self, token: &Secret) -> Result<Caller, Problem> {
        let shown = self.inner.tokens.read(token.expose(), self.now()).map_err(|_| unknown())?;
        let tenant = self.tenant_shown(shown.tenant()).await?;
        let query = Query { limit: 1, ..Query::default() }.equal("key", &shown.key().to_string());
        let executors = tenant.list::<ExecutorDoc>(&query).await.map_err(Problem::from_store)?.items;
        let kept = executors.into_iter().next().ok_or_else(unknown)?;
        let executor = shown.confirm_executor(&kept.doc.key, self.now()).map_err(|_| unknown())?;
        if executor.cluster == kept.doc.cluster {
            Ok(Caller::Executor { tenant: tenant.id(), cluster: executor.cluster })
        } else {
            Err(unknown())
        }
    }

    /// The tenant that credentials name. One that is not there is told as any other wrong credential.
    pub(crate) async fn tenant_shown(&self, id: TenantId) -> Result<Tenant, Problem> {
        match self.inner.store.tenant(id).await {
            Ok(tenant) => Ok(tenant),
            Err(StoreError::TenantAbsent(_) | StoreError::KeyDestroyed(_)) => Err(unknown()),
            Err(error) => Err(Problem::from_store(error)),
        }
    }

    /// Writes down that something was used. If it changed meanwhile, that counts more.
    async fn touch<D: Document>(&self, tenant: &Tenant, kept: &Kept<D>, doc: &D) -> Result<(), Problem> {
        match tenant.put(&kept.id, doc, Expect::Version(kept.version), self.now()).await {
            Ok(_) | Err(StoreError::Stale { .. } | StoreError::Absent { .. }) => Ok(()),
            Err(error) => Err(Problem::from_store(error)),
        }
    }
}

async fn found<D: Document>(tenant: &Tenant, id: &str) -> Result<Kept<D>, Problem> {
    tenant.get::<D>(id).await.map_err(Problem::from_store)?.ok_or_else(unknown)
}

/// The one answer to credentials that do not hold.
pub(crate) fn unknown() -> Problem {
    Problem::new(Code::NotSignedIn, "sign in, or send a key or token that holds")
}
