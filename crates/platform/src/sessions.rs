//! Sessions: begun by whoever has proven who they are, shown by a cookie, ended at once.

use assent_api::operations::{EndSession, GetMe, ListSessions, SignOut};
use assent_api::sessions::{Me, Session as Shown};
use assent_api::{Code, Empty, Problem};
use assent_base::Secret;
use assent_base::id::{SessionId, TenantId};
use assent_http::{CookieName, Handle, Input, Reply, RequestMeta};
use assent_identity::cookie::{Cookie, Transport};
use assent_identity::session::{Lifetime, Session, csrf_token};
use assent_ledger::Outcome;
use assent_store::{Expect, Query, Tenant, Write};
use serde_json::json;

use crate::caller::{Caller, Person};
use crate::desk::Desk;
use crate::documents::{AccountDoc, SessionDoc, TenantDoc};
use crate::links::{no_randomness, secret_of};
use crate::pages::Pages;
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;
use crate::queries::{QueryWords, ReadAll};
use crate::ticket::Ticket;

/// Sessions of one account at most; the oldest ends when there is one more.
const SESSIONS_MAX: usize = 20;

/// A session that is about to begin.
pub(crate) struct Begun {
    pub(crate) session: Session,
    /// The value of `Set-Cookie`.
    pub(crate) cookie: Secret,
    pub(crate) csrf_token: String,
    /// To be written with the account that it is for.
    pub(crate) writes: Vec<Write>,
}

/// How somebody has proven who they are, and what they go on with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way<'a> {
    /// `password`, `passkey`, `command line`, or the name of an identity provider.
    pub(crate) name: &'a str,
    /// What a command line calls its machine; absent for a browser.
    pub(crate) command_line: Option<&'a str>,
}

impl<'a> Way<'a> {
    /// With a browser.
    pub(crate) fn browser(name: &'a str) -> Self {
        Self { name, command_line: None }
    }
}

/// The names of the session's cookie and of that of a sign-in with an identity provider.
#[must_use]
pub fn cookie_names() -> (CookieName, CookieName) {
    let named = |cookie: Cookie| CookieName { plain: cookie.name(Transport::Loopback), secure: cookie.name(Transport::Tls) };
    (named(Cookie::Session), named(Cookie::SignIn))
}

/// How a browser reaches us.
pub(crate) fn transport(meta: &RequestMeta) -> Transport {
    if meta.secure { Transport::Tls } else { Transport::Loopback }
}

impl ControlPlane {
    /// Begins a session for somebody who has just proven who they are. One that the browser had ends: none is ever carried over.
    pub(crate) async fn begin_session(
        &self,
        tenant: &Tenant,
        account: &AccountDoc,
        meta: &RequestMeta,
        way: Way<'_>,
    ) -> Result<Begun, Problem> {
        let lifetime = self.lifetime(way.command_line.is_some());
        let (session, secret) = Session::begin(account.id, self.now(), &lifetime, meta.user_agent.as_deref()).map_err(no_randomness)?;
        let session = Session { command_line: way.command_line.map(str::to_owned), ..session };
        let ticket = Ticket { tenant: tenant.id(), id: session.id, secret: secret.text() };
        let set = Cookie::Session.set(transport(meta), &secret, lifetime.absolute_s);
        let cookie = pointed(&set, &ticket);
        let id = session.id.to_string();
        let mut writes = vec![Write::put(&id, &SessionDoc { session: session.clone() }, Expect::Absent).map_err(Problem::from_store)?];
        for old in self.superseded(tenant, account, meta).await? {
            writes.push(Write::delete::<SessionDoc>(&old, Expect::Any).map_err(Problem::from_store)?);
        }
        Ok(Begun { session, cookie, csrf_token: csrf_token(&secret), writes })
    }

    /// Sessions that end when another begins: that of this browser, those that are over, and the oldest beyond the bound.
    async fn superseded(&self, tenant: &Tenant, account: &AccountDoc, meta: &RequestMeta) -> Result<Vec<String>, Problem> {
        let query = Query::oldest_first().equal("account", &account.id.to_string());
        let kept = tenant.all::<SessionDoc>(&query).await.map_err(Problem::from_store)?;
        let ticket = meta.session_cookie.as_ref().and_then(Ticket::<SessionId>::read);
        let own = ticket.and_then(|ticket| Some((ticket.id, secret_of(&ticket)?)));
        let is_own = |session: &Session| own.as_ref().is_some_and(|(id, secret)| *id == session.id && session.hash.is(&secret.hash()));
        let (mut ended, left): (Vec<_>, Vec<_>) =
            kept.into_iter().partition(|kept| is_own(&kept.doc.session) || self.is_over(&kept.doc.session));
        let beyond = left.len().saturating_sub(SESSIONS_MAX.saturating_sub(1));
        ended.extend(left.into_iter().take(beyond));
        Ok(ended.into_iter().map(|kept| kept.id).collect())
    }

    /// How long sessions last.
    fn lifetime(&self, of_command_line: bool) -> Lifetime {
        let limits = &self.inner.settings.command_lines;
        if of_command_line { Lifetime { idle_s: limits.idle_s, absolute_s: limits.absolute_s } } else { Lifetime::default() }
    }

    /// How long this session lasts.
    pub(crate) fn lifetime_of(&self, session: &Session) -> Lifetime {
        self.lifetime(session.command_line.is_some())
    }

    /// Whether a session is over by time alone.
    pub(crate) fn is_over(&self, session: &Session) -> bool {
        is_over(session, self.now(), &self.lifetime_of(session))
    }

    /// Who somebody is, as they are told.
    pub(crate) async fn me(&self, tenant: TenantId, who: &assent_policy::Caller, name: &str) -> Result<Me, Problem> {
        let kept = self.system().await?.get::<TenantDoc>(&tenant.to_string()).await.map_err(Problem::from_store)?;
        Ok(Me {
            tenant,
            tenant_name: kept.map_or_else(String::new, |kept| kept.doc.name),
            principal: who.principal.to_string(),
            account: None,
            name: name.to_owned(),
            email: None,
            grants: who.grants.clone(),
            csrf_token: None,
        })
    }
}

/// Whether a session is over by time alone.
fn is_over(session: &Session, now: assent_base::Timestamp, lifetime: &Lifetime) -> bool {
    let idle_until = assent_base::time::seconds_between(session.seen_at, now) > i64::try_from(lifetime.idle_s).unwrap_or(i64::MAX);
    now >= session.expires_at || idle_until
}

/// The cookie with its tenant and session in front of the secret.
fn pointed(set: &str, ticket: &Ticket<SessionId>) -> Secret {
    let (name, rest) = set.split_once('=').unwrap_or((set, ""));
    Secret::new(format!("{name}={}.{}.{rest}", ticket.tenant, ticket.id))
}

/// The person with a session; machines and holders of tokens have none.
pub(crate) fn with_session(caller: &Caller) -> Result<(&Person, SessionId), Problem> {
    match caller {
        Caller::Person(person) => match person.session {
            Some(session) => Ok((person, session)),
            None => Err(no_session()),
        },
        Caller::Machine(_) => Err(no_session()),
        Caller::Public | Caller::Observer { .. } | Caller::Executor { .. } => Err(Problem::new(Code::NotSignedIn, "sign in first")),
    }
}

fn no_session() -> Problem {
    Problem::new(Code::Conflict, "you call with a key or a token, so there is no session")
}

impl Handle<GetMe> for ControlPlane {
    async fn handle(&self, caller: Caller, _: Input<GetMe>) -> Result<Reply<GetMe>, Problem> {
        let (who, name) = caller.member().ok_or_else(|| Problem::new(Code::NotSignedIn, "sign in first"))?;
        let mut me = self.me(who.tenant, who, name).await?;
        if let Caller::Person(person) = &caller {
            me.account = Some(person.account);
            me.email = Some(person.email.clone());
            me.csrf_token.clone_from(&person.csrf);
        }
        Ok(Reply::new(me))
    }
}

impl Handle<ListSessions> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<ListSessions>) -> Result<Reply<ListSessions>, Problem> {
        let (person, current) = with_session(&caller)?;
        let desk = Desk::of(self, &caller).await?;
        let query = Query::oldest_first().equal("account", &person.account.to_string());
        let page = Pages::of(&desk, &input.query)?
            .collect::<SessionDoc, _>(query, |kept| {
                let session = kept.doc.session;
                (!self.is_over(&session)).then(|| Shown {
                    id: session.id,
                    created_at: session.created_at,
                    seen_at: session.seen_at,
                    expires_at: session.expires_at,
                    user_agent: session.user_agent,
                    command_line: session.command_line,
                    current: session.id == current,
                })
            })
            .await?;
        Ok(Reply::new(page))
    }
}

impl Handle<EndSession> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<EndSession>) -> Result<Reply<EndSession>, Problem> {
        let (person, _) = with_session(&caller)?;
        let desk = Desk::of(self, &caller).await?;
        let kept = desk.get::<SessionDoc>(&input.path.session.to_string()).await?;
        if kept.doc.session.account != person.account {
            return Err(Problem::not_found());
        }
        self.end_session(&desk, input.path.session).await?;
        Ok(Reply::new(Empty {}))
    }
}

impl Handle<SignOut> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<SignOut>) -> Result<Reply<SignOut>, Problem> {
        let (_, session) = with_session(&caller)?;
        let desk = Desk::of(self, &caller).await?;
        self.end_session(&desk, session).await?;
        Ok(Reply::new(Empty {}).cookie(Secret::new(Cookie::Session.clear(transport(&input.meta)))))
    }
}

impl ControlPlane {
    /// Ends a session of the caller. Everybody may do this to themselves, so policy is not asked; the ledger is told all the same.
    async fn end_session(&self, desk: &Desk<'_>, session: SessionId) -> Result<(), Problem> {
        let id = session.to_string();
        self.record(&desk.tenant, &desk.actor(), "session.end", &id, Outcome::Intended, json!({})).await?;
        desk.tenant.delete::<SessionDoc>(&id, Expect::Any, desk.now).await.map(drop).map_err(Problem::from_store)
    }
}
