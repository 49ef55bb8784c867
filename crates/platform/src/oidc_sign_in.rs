//! Signing in with an identity provider, and its tokens at the API.
//!
//! The provider says who somebody is and in which groups; what they may do is ours. The first sign-in makes an account without grants of
//! its own: what its groups are granted is all it has. An address that a provider tells is shown, and never joins one account with another.

use std::sync::Arc;

use assent_api::{Code, Problem};
use assent_base::id::{AccountId, TenantId};
use assent_base::{Secret, Timestamp};
use assent_http::RequestMeta;
use assent_http::platform::OidcCallback;
use assent_http::streams::Redirect;
use assent_identity::cookie::Cookie;
use assent_identity::oidc::{BadConfig, Callback, Flow, OidcError, Person, Provider, ReturnTo};
use assent_identity::opaque::Opaque;
use assent_ledger::Outcome;
use assent_store::{Expect, Kept, Query, StoreError, Tenant, Write};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::address::EmailAddress;
use crate::authenticate::unknown;
use crate::caller::Caller;
use crate::documents::{AccountDoc, BY_TIME, TenantDoc, by_time, document, subject_key};
use crate::members::MEMBERS_MAX;
use crate::names;
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;
use crate::queries::{QueryWords, ReadAll};
use crate::sessions::{Way, transport};
use crate::settings::Settings;
use crate::turns::{Topic, Turn};

/// A sign-in under way, under the hash of the cookie that ties it to a browser. Kept in the installation's own tenant.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FlowDoc {
    flow: Flow,
    provider: String,
}
document!(FlowDoc = "oidc_flow", 1, |doc| vec![by_time(doc.flow.expires_at)]);

/// The identity providers of the configuration, with what they have said about themselves so far.
#[derive(Clone, Default)]
pub(crate) struct Providers(Vec<Arc<Known>>);

struct Known {
    name: String,
    tenant: Option<String>,
    provider: Provider,
    flow_s: u64,
}

impl Providers {
    /// Those of the settings. Nobody is contacted before somebody signs in.
    pub(crate) fn of(settings: &Settings) -> Result<Self, BadConfig> {
        let known = |configured: &crate::settings::Provider| {
            Ok(Arc::new(Known {
                name: configured.name.clone(),
                tenant: configured.tenant.clone(),
                flow_s: configured.config.limits.flow_s,
                provider: Provider::new(configured.config.clone())?,
            }))
        };
        settings.providers.iter().map(known).collect::<Result<_, _>>().map(Self)
    }

    fn named(&self, name: &str) -> Option<Arc<Known>> {
        self.0.iter().find(|known| known.name == name).cloned()
    }

    fn of_issuer(&self, issuer: &str) -> Option<Arc<Known>> {
        self.0.iter().find(|known| known.provider.issuer() == issuer).cloned()
    }
}

impl ControlPlane {
    /// Sends a browser to a provider. `to` is a path of the console to come back to.
    pub(crate) async fn start_oidc(&self, name: String, to: Option<String>, meta: RequestMeta) -> Result<Redirect, Problem> {
        let known = self.inner.people.providers.named(&name).ok_or_else(Problem::not_found)?;
        let return_to = to.map_or(Ok(ReturnTo::start()), |to| to.parse()).map_err(|_| Problem::invalid("/to", "a path of the console"))?;
        let begun = known.provider.begin(return_to, self.now()).await.map_err(|error| told(&error))?;
        let system = self.system().await?;
        system.prune::<FlowDoc>(BY_TIME, self.now(), self.now()).await.map_err(Problem::from_store)?;
        let id = begun.flow.cookie.digest().to_string();
        system.put(&id, &FlowDoc { flow: begun.flow, provider: name }, Expect::Absent, self.now()).await.map_err(Problem::from_store)?;
        let cookie = Cookie::SignIn.set(transport(&meta), &begun.cookie, known.flow_s);
        Ok(Redirect { location: begun.location, cookies: vec![Secret::new(cookie)] })
    }

    /// Takes a browser back from a provider, and signs its person in.
    pub(crate) async fn finish_oidc(&self, callback: OidcCallback, meta: RequestMeta) -> Result<Redirect, Problem> {
        let known = self.inner.people.providers.named(&callback.provider).ok_or_else(Problem::not_found)?;
        let cookie = callback.cookie.as_ref().and_then(|cookie| Opaque::parse(cookie.expose())).ok_or_else(not_begun)?;
        let flow = self.take_flow(&cookie, &known.name).await?;
        let return_to = flow.return_to.as_str().to_owned();
        let finished = async {
            let callback = Callback::parse(&query_of(&callback)).map_err(OidcError::Refused)?;
            known.provider.finish(flow, callback, &cookie, self.now()).await
        };
        let tenant = self.tenant_of(&known).await?;
        let person = match finished.await {
            Ok(person) => person,
            Err(error) => {
                let details = json!({ "way": known.name, "reason": error.to_string(), "remote": meta.remote });
                self.record(&tenant, "public", "session.begin", "unknown", Outcome::Refused, details).await?;
                return Err(told(&error));
            }
        };
        let kept = self.account_for(&tenant, &known.name, person).await?;
        if kept.doc.disabled {
            let details = json!({ "way": known.name, "reason": "the account is disabled", "remote": meta.remote });
            self.record(&tenant, "public", "session.begin", &kept.id, Outcome::Refused, details).await?;
            return Err(unknown());
        }
        // What the provider claims now counts, whatever is kept.
        let groups = kept.doc.groups.clone();
        let proven = |doc: AccountDoc| Ok(AccountDoc { groups: groups.clone(), ..doc });
        let begun = self.sign_in(&tenant, kept, &meta, Way::browser(&known.name), proven).await?;
        let clear = Secret::new(Cookie::SignIn.clear(transport(&meta)));
        Ok(Redirect { location: return_to, cookies: vec![begun.cookie, clear] })
    }

    /// The person whom a provider's token is about. Whoever never signed in here with a browser has no account and is nobody.
    pub(crate) async fn vouched_for(&self, token: &Secret) -> Result<Caller, Problem> {
        let issuer = issuer_of(token.expose()).ok_or_else(unknown)?;
        let known = self.inner.people.providers.of_issuer(&issuer).ok_or_else(unknown)?;
        let person = known.provider.bearer(token.expose(), self.now()).await.map_err(|error| told(&error))?;
        let tenant = self.tenant_of(&known).await?;
        let kept = vouched_account(&tenant, &person).await?.ok_or_else(unknown)?;
        Ok(Caller::Person(Box::new(self.as_person(&tenant, &kept.doc, &person.groups).await?)))
    }

    /// A flow holds for one attempt: it is gone before the attempt is made.
    async fn take_flow(&self, cookie: &Opaque, provider: &str) -> Result<Flow, Problem> {
        let (system, id) = (self.system().await?, cookie.hash().digest().to_string());
        let kept = system.get::<FlowDoc>(&id).await.map_err(Problem::from_store)?;
        let kept = kept.filter(|kept| kept.doc.provider == provider).ok_or_else(not_begun)?;
        match system.delete::<FlowDoc>(&id, Expect::Version(kept.version), self.now()).await {
            Ok(_) => Ok(kept.doc.flow),
            Err(StoreError::Stale { .. } | StoreError::Absent { .. }) => Err(not_begun()),
            Err(error) => Err(Problem::from_store(error)),
        }
    }

    /// The tenant that a provider's people belong to.
    async fn tenant_of(&self, known: &Known) -> Result<Tenant, Problem> {
        let Some(name) = &known.tenant else { return self.first_tenant().await };
        // A name is the tenant's own to change, an id is not.
        if let Ok(id) = name.parse::<TenantId>() {
            return self.tenant(id).await;
        }
        let tenants = self.system().await?.all::<TenantDoc>(&Query::oldest_first()).await.map_err(Problem::from_store)?;
        let mut named = tenants.into_iter().filter(|kept| kept.doc.name == *name).map(|kept| kept.doc.id);
        let ids: (Option<TenantId>, Option<TenantId>) = (named.next(), named.next());
        match ids {
            (Some(id), None) => self.tenant(id).await,
            // Two of one name: nobody can say whose people they are.
            (Some(_), Some(_)) | (None, _) => {
                tracing::error!(provider = %known.name, tenant = %name, "a provider's tenant is not there, or not the only one of its name");
                Err(Problem::new(Code::Unavailable, "this identity provider is not set up completely"))
            }
        }
    }

    /// The account of a person, with the groups that the provider claims now; made if it is not there.
    async fn account_for(&self, tenant: &Tenant, way: &str, person: Person) -> Result<Kept<AccountDoc>, Problem> {
        if let Some(kept) = vouched_account(tenant, &person).await? {
            return Ok(Kept { doc: AccountDoc { groups: person.groups, ..kept.doc }, ..kept });
        }
        let turn = Turn::take(self, tenant, Topic::Administration).await?;
        // They may have come twice at one time.
        if let Some(kept) = vouched_account(tenant, &person).await? {
            return Ok(Kept { doc: AccountDoc { groups: person.groups, ..kept.doc }, ..kept });
        }
        if tenant.count::<AccountDoc>(&Query::default()).await.map_err(Problem::from_store)? >= MEMBERS_MAX {
            return Err(Problem::new(Code::Conflict, format!("a tenant has at most {MEMBERS_MAX} members")));
        }
        let id = self.new_id(AccountId::new);
        let doc = newcomer(id, person, self.now());
        let details = json!({ "way": way, "email": doc.email, "groups": doc.groups });
        self.record(tenant, &format!("account:{id}"), "account.make", &id.to_string(), Outcome::Intended, details).await?;
        let account = Write::put(&id.to_string(), &doc, Expect::Absent).map_err(Problem::from_store)?;
        match tenant.write(vec![account, turn.write()?], self.now()).await {
            Ok(_) => {}
            Err(StoreError::Stale { .. } | StoreError::Conflict { .. }) => {
                return Err(Problem::new(Code::Conflict, "the members are changing at this moment: sign in again"));
            }
            Err(error) => return Err(Problem::from_store(error)),
        }
        let kept = tenant.get::<AccountDoc>(&id.to_string()).await.map_err(Problem::from_store)?;
        kept.ok_or_else(Problem::not_found)
    }
}

/// The account that issuer and subject together stand for.
async fn vouched_account(tenant: &Tenant, person: &Person) -> Result<Option<Kept<AccountDoc>>, Problem> {
    let query = Query::default().equal("subject", &subject_key(&person.issuer, &person.subject));
    let found = tenant.all::<AccountDoc>(&query).await.map_err(Problem::from_store)?;
    Ok(found.into_iter().next())
}

/// Somebody who signs in for the first time. Name and address are what the provider says, if it can be shown.
fn newcomer(id: AccountId, person: Person, now: Timestamp) -> AccountDoc {
    let email = person.email.and_then(|text| EmailAddress::read("/email", &text).ok());
    let name = person.name.and_then(|text| names::title("/name", &text).ok());
    let name = name.or_else(|| email.as_ref().map(|email| email.local().to_owned())).unwrap_or_else(|| "Somebody".to_owned());
    let mut doc = AccountDoc::invited(id, email.map_or_else(String::new, |email| email.to_string()), name, Vec::new(), now);
    doc.subject = Some((person.issuer, person.subject));
    doc.groups = person.groups;
    doc
}

/// The issuer that a token names, before anything about it is checked: it says only whom to ask.
fn issuer_of(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        iss: String,
    }
    let payload = token.split('.').nth(1)?;
    let named: Named = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    Some(named.iss)
}

/// What the browser came back with, as a query again: that is what is checked.
fn query_of(callback: &OidcCallback) -> String {
    let secret = |secret: &Option<Secret>| secret.as_ref().map(|secret| secret.expose().to_owned());
    let pairs = [
        ("code", secret(&callback.code)),
        ("state", secret(&callback.state)),
        ("iss", callback.issuer.clone()),
        ("error", callback.error.clone()),
    ];
    let given = pairs.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", percent_encoded(&value?))));
    given.collect::<Vec<_>>().join("&")
}

fn percent_encoded(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    text.bytes().map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// What a caller is told: whether to try again, and nothing of what exactly was wrong.
fn told(error: &OidcError) -> Problem {
    tracing::warn!(%error, "a sign-in with an identity provider failed");
    match error {
        OidcError::Refused(_) | OidcError::Denied(_) => unknown(),
        OidcError::Unreachable(_) | OidcError::BadAnswer(..) | OidcError::NoRandomness(_) => {
            Problem::new(Code::Unavailable, "the identity provider does not answer as it should").retry_after(10)
        }
    }
}

fn not_begun() -> Problem {
    Problem::new(Code::NotSignedIn, "this sign-in did not begin in this browser, or took too long: begin again")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callback_comes_through_unchanged() {
        let callback = OidcCallback {
            code: Some(Secret::new("a b&c=d%".to_owned())),
            state: Some(Secret::new("s".to_owned())),
            issuer: Some("https://id.example/".to_owned()),
            ..OidcCallback::default()
        };
        assert_eq!(query_of(&callback), "code=a%20b%26c%3Dd%25&state=s&iss=https%3A%2F%2Fid.example%2F");
        assert!(Callback::parse(&query_of(&callback)).is_ok());
        assert!(Callback::parse(&query_of(&OidcCallback::default())).is_err(), "nothing at all");
    }

    #[test]
    fn a_token_says_whom_to_ask_and_nothing_more() {
        let token = |payload: &str| format!("e30.{}.x", URL_SAFE_NO_PAD.encode(payload));
        assert_eq!(issuer_of(&token(r#"{"iss":"https://id.example","sub":"1"}"#)), Some("https://id.example".to_owned()));
        for bad in ["", "..", "a.b.c", &token("{}"), &token("[]")] {
            assert_eq!(issuer_of(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_newcomer_has_no_grants_whatever_the_provider_says() {
        let person = Person {
            issuer: "https://id.example".to_owned(),
            subject: "1".to_owned(),
            email: Some("not an address".to_owned()),
            email_verified: true,
            name: Some("Ada\u{1b}[31m".to_owned()),
            groups: vec!["sre".to_owned()],
        };
        let doc = newcomer(AccountId::new(Timestamp::UNIX_EPOCH, [1; 10]), person, Timestamp::UNIX_EPOCH);
        assert!(doc.grants.is_empty() && doc.password.is_none());
        assert_eq!((doc.email.as_str(), doc.name.as_str()), ("", "Somebody"));
    }
}
