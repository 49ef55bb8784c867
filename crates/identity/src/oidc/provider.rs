//! A provider that people sign in with.

use assent_base::Timestamp;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, DecodingKey};
use reqwest::{Client, Url, header};
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use super::claims::{self, Person, Refused};
use super::config::{BadConfig, ClientAuth, Config};
use super::discovery::{self, Discovery};
use super::flow::{Begun, Callback, Flow, ReturnTo};
use super::keys::{self, ProviderKey};
use super::{OidcError, fetch};
use crate::jwt::{self, BadJwt};
use crate::opaque::Opaque;
use crate::time::later;

/// Bytes of a provider's token at most.
const TOKEN_BYTES_MAX: usize = 16 * 1024;

/// A provider, with what it last said about itself. One is shared by all requests.
#[derive(Debug)]
pub struct Provider {
    config: Config,
    issuer: Url,
    client: Client,
    // Held while asking, so that many who wait for an answer ask once.
    said: Mutex<Said>,
}

#[derive(Default)]
struct Said {
    discovery: Option<(Discovery, Timestamp)>,
    keys: Vec<ProviderKey>,
    keys_at: Option<Timestamp>,
    tried_at: Option<Timestamp>,
}

/// From whom we have a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Handed {
    /// From the provider, in exchange for a code.
    ByProvider,
    /// From whoever calls.
    ByCaller,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: Zeroizing<String>,
    token_type: String,
}

#[derive(Deserialize)]
struct TokenFault {
    error: String,
}

impl Provider {
    /// Checks the configuration. Nobody is contacted yet.
    pub fn new(config: Config) -> Result<Self, BadConfig> {
        let issuer = config.check()?;
        let client = fetch::client(&config)?;
        Ok(Self { config, issuer, client, said: Mutex::default() })
    }

    /// What the button says.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.config.name
    }

    /// The issuer.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.config.issuer
    }

    /// Begins to sign somebody in.
    pub async fn begin(&self, return_to: ReturnTo, now: Timestamp) -> Result<Begun, OidcError> {
        let discovery = self.discover(&mut *self.said.lock().await, now).await?;
        Ok(Flow::begin(&self.config, &discovery, return_to, now)?)
    }

    /// Signs somebody in who came back from the provider. The flow is the one found by the hash of the cookie, and already removed.
    pub async fn finish(&self, flow: Flow, callback: Callback, cookie: &Opaque, now: Timestamp) -> Result<Person, OidcError> {
        let discovery = self.discover(&mut *self.said.lock().await, now).await?;
        let code = flow.accept(&self.config, &discovery, callback, cookie, now)?;
        let token = self.exchange(&discovery, &flow, &code).await?;
        let claims = self.verified(&token, &["JWT"], Handed::ByProvider, now).await?;
        Ok(claims::of_id_token(&claims, &self.config, &flow, now)?)
    }

    /// Who presents this bearer token to the API.
    pub async fn bearer(&self, token: &str, now: Timestamp) -> Result<Person, OidcError> {
        if self.config.api_audience.is_none() {
            return Err(Refused::NoBearer.into());
        }
        let claims = self.verified(token, &["JWT", "at+jwt", "application/at+jwt"], Handed::ByCaller, now).await?;
        Ok(claims::of_bearer(&claims, &self.config, now)?)
    }

    async fn exchange(&self, discovery: &Discovery, flow: &Flow, code: &str) -> Result<Zeroizing<String>, OidcError> {
        const WHAT: &str = "token answer";
        let mut fields = flow.exchange(&self.config, code);
        let mut request = self.client.post(discovery.token.clone()).header(header::ACCEPT, "application/json");
        match &self.config.client_auth {
            ClientAuth::Basic(secret) => request = request.header(header::AUTHORIZATION, basic(&self.config.client_id, secret.expose())),
            ClientAuth::Post(secret) => {
                fields.push(("client_id", Zeroizing::new(self.config.client_id.clone())));
                fields.push(("client_secret", Zeroizing::new(secret.expose().to_owned())));
            }
            ClientAuth::Public => fields.push(("client_id", Zeroizing::new(self.config.client_id.clone()))),
        }
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(form(&fields));
        let (status, bytes) = fetch::fetch(&self.config, WHAT, request).await?;
        let bytes = Zeroizing::new(bytes);
        if status.is_client_error() {
            let fault = serde_json::from_slice::<TokenFault>(&bytes).map(|fault| fault.error).unwrap_or_default();
            return Err(OidcError::Denied(fetch::error_code(&fault)));
        }
        if status.is_server_error() {
            return Err(OidcError::Unreachable(WHAT));
        }
        let tokens = (status == reqwest::StatusCode::OK).then(|| serde_json::from_slice::<Tokens>(&bytes).ok()).flatten();
        match tokens {
            Some(tokens) if tokens.token_type.eq_ignore_ascii_case("bearer") => Ok(tokens.id_token),
            Some(_) | None => Err(OidcError::BadAnswer(WHAT, "no ID token in it".to_owned())),
        }
    }

    /// The claims of a token that this provider has signed.
    async fn verified(&self, token: &str, types: &[&str], handed: Handed, now: Timestamp) -> Result<Map<String, Value>, OidcError> {
        let refused = |fault: BadJwt| match fault {
            BadJwt::TooLong | BadJwt::Malformed | BadJwt::Claims => Refused::NotAToken,
            BadJwt::Algorithm => Refused::Algorithm,
            BadJwt::Signature => Refused::Signature,
        };
        let header = jwt::header(token, TOKEN_BYTES_MAX).map_err(refused)?;
        if !keys::ALGORITHMS.contains(&header.alg) {
            return Err(Refused::Algorithm.into());
        }
        // RFC 8725 section 3.11: a logout token is no ID token, whoever signed it.
        if header.typ.is_some_and(|typ| !types.iter().any(|known| known.eq_ignore_ascii_case(&typ))) {
            return Err(Refused::NotAToken.into());
        }
        let key = self.key(header.kid.as_deref(), header.alg, handed, now).await?;
        Ok(jwt::claims(token, &key, header.alg).map_err(refused)?)
    }

    /// The key of this name. An unknown one may be new, so it is worth a look at the provider. Where a caller named it, no more than one a
    /// minute: whoever sends us made-up names does not thereby keep the provider busy. What the provider itself has just signed is always
    /// worth one, else nobody could sign in for a minute after it has changed its keys.
    async fn key(&self, kid: Option<&str>, algorithm: Algorithm, handed: Handed, now: Timestamp) -> Result<DecodingKey, OidcError> {
        let mut said = self.said.lock().await;
        let limits = &self.config.limits;
        let fresh = said.keys_at.is_some_and(|at| now < later(at, limits.keys_age_s));
        if fresh && let Ok(key) = keys::find(&said.keys, kid, algorithm) {
            return Ok(key.clone());
        }
        if handed == Handed::ByCaller && said.tried_at.is_some_and(|at| now < later(at, limits.keys_retry_s)) {
            return Err(if fresh { Refused::UnknownKey.into() } else { OidcError::Unreachable("key set") });
        }
        let discovery = self.discover(&mut said, now).await?;
        said.tried_at = Some(now);
        let bytes = fetch::fetch_ok(&self.config, "key set", self.client.get(discovery.keys)).await?;
        said.keys = keys::read(&bytes)?;
        said.keys_at = Some(now);
        Ok(keys::find(&said.keys, kid, algorithm)?.clone())
    }

    async fn discover(&self, said: &mut Said, now: Timestamp) -> Result<Discovery, OidcError> {
        if let Some((discovery, at)) = &said.discovery
            && now < later(*at, self.config.limits.keys_age_s)
        {
            return Ok(discovery.clone());
        }
        let request = self.client.get(discovery::address(&self.config)?).header(header::ACCEPT, "application/json");
        let bytes = fetch::fetch_ok(&self.config, "discovery document", request).await?;
        let discovery = discovery::read(&self.config, &self.issuer, &bytes)?;
        said.discovery = Some((discovery.clone(), now));
        Ok(discovery)
    }
}

/// RFC 6749 section 2.3.1: id and secret are form-encoded before they are joined.
fn basic(id: &str, secret: &str) -> String {
    let encoded = |text: &str| form(&[("", Zeroizing::new(text.to_owned()))]).trim_start_matches('=').to_owned();
    let pair = Zeroizing::new(format!("{}:{}", encoded(id), encoded(secret)));
    format!("Basic {}", STANDARD.encode(pair.as_bytes()))
}

fn form(fields: &[(&'static str, Zeroizing<String>)]) -> String {
    let Ok(mut url) = Url::parse("http://form.invalid/") else { return String::new() };
    url.query_pairs_mut().extend_pairs(fields.iter().map(|(name, value)| (*name, value.as_str())));
    url.query().unwrap_or_default().to_owned()
}

impl std::fmt::Debug for Said {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} keys", self.keys.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_form_encoded_before_they_are_joined() {
        let header = basic("my client", "p:ss%=&");
        let decoded = STANDARD.decode(header.trim_start_matches("Basic ")).unwrap();
        assert_eq!(String::from_utf8(decoded).unwrap(), "my+client:p%3Ass%25%3D%26");
    }
}
