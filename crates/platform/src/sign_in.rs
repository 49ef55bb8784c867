//! Setting up, and signing in with a password. With a passkey: `passkey_sign_in.rs`.
//!
//! Whoever has no account, a wrong password, or an account that is shut gets the same answer after the same work.

use assent_api::operations::{SetUp, SignIn, SignInOptions};
use assent_api::sessions::{ProviderSummary, SignInOptions as Options, SignedIn};
use assent_api::{Code, Problem};
use assent_base::Secret;
use assent_base::id::AccountId;
use assent_http::{Handle, Input, Reply, RequestMeta};
use assent_identity::link::{Link, Purpose};
use assent_identity::password::{self, PasswordError, PasswordRecord, Verdict};
use assent_ledger::Outcome;
use assent_policy::{Caller as Who, Principal};
use assent_store::{Expect, Kept, Query, StoreError, Tenant, Write};
use serde_json::{Value, json};

use crate::address::EmailAddress;
use crate::attempts::Attempt;
use crate::caller::Caller;
use crate::challenges;
use crate::documents::{AccountDoc, DirectoryDoc, LinkDoc, TenantDoc};
use crate::granting;
use crate::links::secret_of;
use crate::names;
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;
use crate::sessions::{Begun, Way};
use crate::ticket::Ticket;

/// Times that a sign-in begins again because the account has changed meanwhile.
const TRIES_MAX: usize = 5;
/// Characters of what was typed as an address that are looked at, when it is none.
const TYPED_CHARS_MAX: usize = 254;

impl Handle<SignInOptions> for ControlPlane {
    async fn handle(&self, _: Caller, input: Input<SignInOptions>) -> Result<Reply<SignInOptions>, Problem> {
        let system = self.system().await?;
        let any = system.list::<DirectoryDoc>(&Query { limit: 1, ..Query::default() }).await.map_err(Problem::from_store)?;
        let provider = |provider: &crate::settings::Provider| ProviderSummary {
            name: provider.name.clone(),
            start: format!("/api/v1/oidc/{}/start", provider.name),
        };
        let providers = self.inner.settings.providers.iter().map(provider).collect();
        let passkey = challenges::party(&input.meta).is_ok();
        let console = self.console(&input.meta);
        Ok(Reply::new(Options { set_up: !any.items.is_empty(), password: true, passkey, providers, console }))
    }
}

impl Handle<SignIn> for ControlPlane {
    async fn handle(&self, _: Caller, input: Input<SignIn>) -> Result<Reply<SignIn>, Problem> {
        let typed: String = input.body.email.trim().chars().take(TYPED_CHARS_MAX).collect::<String>().to_ascii_lowercase();
        let attempt = Attempt::make(self, &typed, input.meta.remote).await?;
        let found = match EmailAddress::read("/email", &typed) {
            Ok(email) => self.account_of(&email).await?,
            // An address that is none has no account, and is answered like one that has none.
            Err(_) => None,
        };
        let record = found.as_ref().filter(|(_, kept)| !kept.doc.disabled).and_then(|(_, kept)| kept.doc.password.clone());
        let verdict = self.verify(record, input.body.password.clone()).await?;
        let (Verdict::Right { outdated }, Some((tenant, mut kept))) = (verdict, found.clone()) else {
            let reason = found.as_ref().map_or("no such account", |(_, kept)| unfit(&kept.doc));
            self.refuse_sign_in(found, reason, attempt, &input.meta).await?;
            return Err(wrong());
        };
        if outdated {
            kept.doc.password = Some(self.hash(input.body.password).await?);
        }
        let begun = self.sign_in(&tenant, kept.clone(), &input.meta, Way::browser("password"), Ok).await?;
        attempt.succeeded(self.now()).await?;
        let signed_in = self.signed_in(&tenant, &kept.doc, &begun).await?;
        Ok(Reply::new(signed_in).cookie(begun.cookie))
    }
}

impl Handle<SetUp> for ControlPlane {
    async fn handle(&self, _: Caller, input: Input<SetUp>) -> Result<Reply<SetUp>, Problem> {
        let mut taking = self.taking_up(&input.body.token, &input.body.email, &input.body.name).await?;
        let (name, email) = (&taking.doc.name, taking.email.as_str());
        password::accept(&input.body.password, name, email).map_err(|bad| Problem::invalid("/password", bad.to_string()))?;
        taking.doc.password = Some(self.hash(input.body.password).await?);
        let (signed_in, cookie) = self.take_up(taking, &input.meta, json!("password")).await?;
        Ok(Reply::new(signed_in).cookie(cookie))
    }
}

/// A one-time link that somebody holds, and the account that it is for, as they choose it. Nothing of it is kept yet.
pub(crate) struct TakingUp {
    pub(crate) tenant: Tenant,
    pub(crate) link: Link,
    pub(crate) email: EmailAddress,
    pub(crate) doc: AccountDoc,
    kept: Kept<LinkDoc>,
    expect: Expect,
}

impl ControlPlane {
    /// Opens a link for whoever holds it.
    pub(crate) async fn taking_up(&self, token: &Secret, email: &str, name: &str) -> Result<TakingUp, Problem> {
        let (tenant, kept, link) = self.link(token).await?;
        let email = EmailAddress::read("/email", email)?;
        let name = names::title("/name", name)?;
        let (doc, expect) = self.chosen(&tenant, &link.purpose, &email, name).await?;
        Ok(TakingUp { tenant, link, email, doc, kept, expect })
    }

    /// Uses a link: account, link and session are written together. `way` says how the account signs in from now on.
    pub(crate) async fn take_up(&self, taking: TakingUp, meta: &RequestMeta, way: Value) -> Result<(SignedIn, Secret), Problem> {
        let TakingUp { tenant, link, email, doc, kept, expect } = taking;
        let doc = AccountDoc { signed_in_at: Some(self.now()), ..doc };
        let first_owner = matches!(link.purpose, Purpose::SetUp { .. });
        let details = json!({ "email": doc.email, "remote": meta.remote, "first_owner": first_owner, "way": way });
        let id = doc.id.to_string();
        self.record(&tenant, &format!("account:{id}"), "link.use", &id, Outcome::Intended, details).await?;
        self.claim_address(&email, tenant.id(), doc.id).await?;
        let mut begun = self.begin_session(&tenant, &doc, meta, Way::browser("link")).await?;
        let mut writes = vec![
            Write::put(&kept.id, &LinkDoc { link }, Expect::Version(kept.version)).map_err(Problem::from_store)?,
            Write::put(&id, &doc, expect).map_err(Problem::from_store)?,
        ];
        writes.append(&mut begun.writes);
        match tenant.write(writes, self.now()).await {
            Ok(_) => {}
            // Somebody else was faster with the same link.
            Err(StoreError::Stale { .. } | StoreError::Conflict { .. } | StoreError::Absent { .. }) => return Err(bad_link()),
            Err(error) => return Err(Problem::from_store(error)),
        }
        if first_owner {
            self.mark_set_up(&tenant).await?;
        }
        let signed_in = self.signed_in(&tenant, &doc, &begun).await?;
        Ok((signed_in, begun.cookie))
    }

    /// The link whose secret this is, used. Whatever is wrong with it, the answer is one; the ledger knows more.
    async fn link(&self, token: &Secret) -> Result<(Tenant, Kept<LinkDoc>, Link), Problem> {
        let ticket = Ticket::<AccountId>::read(token).ok_or_else(bad_link)?;
        let secret = secret_of(&ticket).ok_or_else(bad_link)?;
        let tenant = match self.inner.store.tenant(ticket.tenant).await {
            Ok(tenant) => tenant,
            Err(StoreError::TenantAbsent(_) | StoreError::KeyDestroyed(_)) => return Err(bad_link()),
            Err(error) => return Err(Problem::from_store(error)),
        };
        let kept = tenant.get::<LinkDoc>(&ticket.id.to_string()).await.map_err(Problem::from_store)?.ok_or_else(bad_link)?;
        match kept.doc.link.clone().open(&secret, self.now()) {
            Ok(used) => Ok((tenant, kept, used)),
            Err(over) => {
                let details = json!({ "reason": over.to_string() });
                self.record(&tenant, "public", "link.use", &ticket.id.to_string(), Outcome::Refused, details).await?;
                Err(bad_link())
            }
        }
    }

    /// The account that a link is for, as whoever holds it chooses it.
    async fn chosen(
        &self,
        tenant: &Tenant,
        purpose: &Purpose,
        email: &EmailAddress,
        name: String,
    ) -> Result<(AccountDoc, Expect), Problem> {
        match purpose {
            Purpose::SetUp { account } => {
                let grants = vec![granting::ownership()];
                Ok((AccountDoc::invited(*account, email.to_string(), name, grants, self.now()), Expect::Absent))
            }
            Purpose::Invitation { account } => {
                let kept = tenant.get::<AccountDoc>(&account.to_string()).await.map_err(Problem::from_store)?;
                let kept = kept.filter(|kept| !kept.doc.disabled).ok_or_else(bad_link)?;
                if kept.doc.email != email.as_str() {
                    return Err(Problem::invalid("/email", "the address that was invited"));
                }
                Ok((AccountDoc { name, ..kept.doc }, Expect::Version(kept.version)))
            }
            Purpose::Share { .. } => Err(bad_link()),
        }
    }

    async fn mark_set_up(&self, tenant: &Tenant) -> Result<(), Problem> {
        let (system, id) = (self.system().await?, tenant.id().to_string());
        let Some(kept) = system.get::<TenantDoc>(&id).await.map_err(Problem::from_store)? else { return Ok(()) };
        let doc = TenantDoc { set_up: true, ..kept.doc };
        system.put(&id, &doc, Expect::Version(kept.version), self.now()).await.map(drop).map_err(Problem::from_store)
    }

    /// Signs somebody in who has proven who they are: the account and the session are written together, so that an account that is
    /// being shut at this moment gets no session. `proven` puts into the account what was proven, each time that it is read anew.
    pub(crate) async fn sign_in(
        &self,
        tenant: &Tenant,
        mut kept: Kept<AccountDoc>,
        meta: &RequestMeta,
        way: Way<'_>,
        proven: impl Fn(AccountDoc) -> Result<AccountDoc, Problem>,
    ) -> Result<Begun, Problem> {
        for _ in 0..TRIES_MAX {
            let doc = AccountDoc { signed_in_at: Some(self.now()), ..proven(kept.doc)? };
            let mut begun = self.begin_session(tenant, &doc, meta, way).await?;
            let actor = format!("account:{}", doc.id);
            let details = json!({ "way": way.name, "remote": meta.remote, "user_agent": meta.user_agent });
            self.record(tenant, &actor, "session.begin", &begun.session.id.to_string(), Outcome::Intended, details.clone()).await?;
            let mut writes = vec![Write::put(&kept.id, &doc, Expect::Version(kept.version)).map_err(Problem::from_store)?];
            writes.append(&mut begun.writes);
            match tenant.write(writes, self.now()).await {
                Ok(_) => return Ok(begun),
                // The same person signs in elsewhere at this moment, or somebody changes the account: what it is now counts.
                Err(StoreError::Stale { .. } | StoreError::Absent { .. }) => {
                    self.record(tenant, &actor, "session.begin", &begun.session.id.to_string(), Outcome::Failed, details).await?;
                    let now = tenant.get::<AccountDoc>(&kept.id).await.map_err(Problem::from_store)?;
                    kept = now.filter(|now| !now.doc.disabled).ok_or_else(wrong)?;
                }
                Err(error) => return Err(Problem::from_store(error)),
            }
        }
        Err(Problem::new(Code::Conflict, "the account is changing at this moment: try again").retry_after(1))
    }

    /// Records why somebody does not sign in, and counts it.
    pub(crate) async fn refuse_sign_in(
        &self,
        found: Option<(Tenant, Kept<AccountDoc>)>,
        reason: &str,
        attempt: Attempt,
        meta: &RequestMeta,
    ) -> Result<(), Problem> {
        let locks = attempt.locks;
        let (tenant, subject) = match found {
            Some((tenant, kept)) => (tenant, kept.id),
            // Nobody's tenant: the installation's own ledger has it, without the address.
            None => (self.system().await?, "unknown".to_owned()),
        };
        let details = json!({ "reason": reason, "remote": meta.remote, "user_agent": meta.user_agent });
        self.record(&tenant, "public", "session.begin", &subject, Outcome::Refused, details).await?;
        if locks {
            self.record(&tenant, "platform", "account.lock_out", &subject, Outcome::Done, json!({ "remote": meta.remote })).await?;
        }
        attempt.failed(self.now()).await
    }

    /// What whoever has just signed in is told.
    pub(crate) async fn signed_in(&self, tenant: &Tenant, account: &AccountDoc, begun: &Begun) -> Result<SignedIn, Problem> {
        let grants = self.grants_of(tenant, account, &account.groups).await?;
        let who = Who { tenant: tenant.id(), principal: Principal::Account(account.id), grants };
        let mut me = self.me(tenant.id(), &who, &account.name).await?;
        me.account = Some(account.id);
        me.email = Some(account.email.clone());
        me.csrf_token = Some(begun.csrf_token.clone());
        Ok(SignedIn { me, csrf_token: begun.csrf_token.clone() })
    }

    /// Checks a password beside the runtime, a few at a time.
    async fn verify(&self, record: Option<PasswordRecord>, password: Secret) -> Result<Verdict, Problem> {
        let _turn = self.inner.hashing.acquire().await.map_err(|_| stopping())?;
        let work = tokio::task::spawn_blocking(move || password::verify(record.as_ref(), &password));
        work.await.map_err(|_| stopping())?.map_err(unhashed)
    }

    async fn hash(&self, password: Secret) -> Result<PasswordRecord, Problem> {
        let _turn = self.inner.hashing.acquire().await.map_err(|_| stopping())?;
        let work = tokio::task::spawn_blocking(move || PasswordRecord::new(&password));
        work.await.map_err(|_| stopping())?.map_err(unhashed)
    }
}

/// Why a password does not sign in to an account.
fn unfit(account: &AccountDoc) -> &'static str {
    match (account.disabled, account.password.is_some()) {
        (true, _) => "the account is disabled",
        (false, false) => "the account has no password",
        (false, true) => "a wrong password",
    }
}

fn unhashed(error: PasswordError) -> Problem {
    tracing::error!(%error, "a password could not be checked");
    match error {
        PasswordError::BadRecord(_) => Problem::new(Code::Corrupt, "what is stored does not pass its checks; the platform's log says more"),
        PasswordError::NoRandomness(_) | PasswordError::Failed => {
            Problem::new(Code::Unavailable, "passwords cannot be checked now").retry_after(5)
        }
    }
}

fn stopping() -> Problem {
    Problem::new(Code::Unavailable, "the platform is stopping")
}

fn wrong() -> Problem {
    Problem::new(Code::NotSignedIn, "address and password do not belong together")
}

fn bad_link() -> Problem {
    Problem::new(Code::NotSignedIn, "the link does not hold: it was used, has expired, or never was one")
}
