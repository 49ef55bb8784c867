//! Vault and OpenBao, by the engine Transit: `encrypt`, `decrypt`, and for whoever rotates `rotate`, reading the key, and `config`.
//!
//! The place goes with each request as associated data, and as the context that a derived key needs.

pub(crate) mod answer;
mod pass;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderValue;
use reqwest::{Client, Method, RequestBuilder, StatusCode, Url};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::config;
use crate::error::{BadConfig, CustodyError};
use crate::exchange::{Exchange, Outside, Reply};
use crate::origin::{name, origin};
use answer::{Answer, Said};
use pass::{Held, Way};

/// A lease that is renewed at every look.
const SHORT: Duration = Duration::from_secs(3 * crate::keeper::LOOK_EVERY_S);
/// What every place begins with, so that no other use of the same key opens what is ours.
const PLACE: &[u8] = b"assent tenant secret ";

/// A key of the engine.
pub(crate) struct Transit {
    exchange: Exchange,
    address: Url,
    namespace: Option<HeaderValue>,
    mount: String,
    name: String,
    /// `transit/assent`, with the namespace before it if there is one.
    pub(crate) key: String,
    way: Way,
    held: tokio::sync::Mutex<Option<Held>>,
}

impl Transit {
    pub(crate) fn new(config: &config::Vault, outside: &Outside) -> Result<Self, BadConfig> {
        let address = origin(&config.address)?;
        let who = format!("Vault at {}", address.as_str().trim_end_matches('/'));
        let namespace = config.namespace.as_deref().map(|value| name("namespace", value)).transpose()?;
        let (mount, key) = (name("mount", &config.mount)?, name("key", &config.key)?);
        if key.contains('/') {
            return Err(BadConfig::Name { field: "key", value: key });
        }
        let shown = namespace.iter().chain([&mount, &key]).map(String::as_str).collect::<Vec<_>>().join("/");
        let header = namespace.map(|value| HeaderValue::from_str(&value).map_err(|_| BadConfig::Name { field: "namespace", value }));
        Ok(Self {
            exchange: Exchange::new(who, &outside.with_ca(config.ca_file.as_deref())?)?,
            address,
            namespace: header.transpose()?,
            mount,
            name: key,
            key: shown,
            way: Way::of(config)?,
            held: tokio::sync::Mutex::default(),
        })
    }

    pub(crate) fn who(&self) -> &str {
        &self.exchange.who
    }

    pub(crate) async fn encrypt(&self, context: &[u8], plain: &[u8]) -> Result<Vec<u8>, CustodyError> {
        let place = place(context);
        let body = json!({ "plaintext": STANDARD.encode(plain), "associated_data": place, "context": place });
        let path = format!("{}/encrypt/{}", self.mount, self.name);
        match self.done("`encrypt` with the key", Method::POST, &path, Some(&body)).await?.ciphertext {
            Some(text) if is_ciphertext(&text) => Ok(text.into_bytes()),
            _ => Err(self.exchange.bad("there is no ciphertext in it")),
        }
    }

    pub(crate) async fn decrypt(&self, context: &[u8], wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, CustodyError> {
        let text = std::str::from_utf8(wrapped).ok().filter(|text| is_ciphertext(text));
        let text = text.ok_or_else(|| self.does_not_open("it is damaged"))?;
        let place = place(context);
        let body = json!({ "ciphertext": text, "associated_data": place, "context": place });
        let path = format!("{}/decrypt/{}", self.mount, self.name);
        let answer = self.done("`decrypt` with the key", Method::POST, &path, Some(&body)).await?;
        let plain = answer.plaintext.and_then(|text| STANDARD.decode(text.expose()).ok());
        plain.map(Zeroizing::new).ok_or_else(|| self.exchange.bad("there is no plaintext in it"))
    }

    pub(crate) async fn rotate(&self) -> Result<(), CustodyError> {
        let path = format!("{}/keys/{}/rotate", self.mount, self.name);
        self.done("`rotate` of the key", Method::POST, &path, Some(&json!({}))).await.map(drop)
    }

    /// Raises the version that opens at least to the newest: the older ones open nothing any more.
    pub(crate) async fn forget_older(&self) -> Result<(), CustodyError> {
        let path = format!("{}/keys/{}", self.mount, self.name);
        let newest = self.done("reading the key", Method::GET, &path, None).await?.latest_version;
        let newest = newest.ok_or_else(|| self.exchange.bad("there is no version of the key in it"))?;
        let body = json!({ "min_decryption_version": newest });
        self.done("`config` of the key", Method::POST, &format!("{path}/config"), Some(&body)).await.map(drop)
    }

    /// Asks with the token that is held. One that does not hold any more is replaced once, if there is another.
    async fn done(&self, what: &'static str, method: Method, path: &str, body: Option<&Value>) -> Result<Answer, CustodyError> {
        let token = self.token().await?;
        let reply = self.send(method.clone(), path, body, Some(token.expose())).await?;
        if reply.status == StatusCode::FORBIDDEN
            && let Some(fresh) = self.token_after(&token).await?
        {
            let reply = self.send(method, path, body, Some(fresh.expose())).await?;
            return self.judge(what, &reply);
        }
        self.judge(what, &reply)
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>, token: Option<&str>) -> Result<Reply, CustodyError> {
        let mut url = self.address.clone();
        url.set_path(&format!("v1/{path}"));
        let header = token
            .map(HeaderValue::from_str)
            .transpose()
            .map_err(|_| self.exchange.credentials("the token holds characters that no token has"))?;
        let body = body.map(|body| Zeroizing::new(body.to_string().into_bytes()));
        let make = |http: &Client| -> RequestBuilder {
            let mut request = http.request(method.clone(), url.clone()).header("x-vault-request", "true");
            if let Some(namespace) = &self.namespace {
                request = request.header("x-vault-namespace", namespace.clone());
            }
            if let Some(header) = &header {
                let mut header = header.clone();
                header.set_sensitive(true);
                request = request.header("x-vault-token", header);
            }
            match &body {
                Some(body) => request.header("content-type", "application/json").body(body.to_vec()),
                None => request,
            }
        };
        self.exchange.ask(make).await
    }

    /// What an answer means.
    fn judge(&self, what: &'static str, reply: &Reply) -> Result<Answer, CustodyError> {
        let (who, status) = (self.exchange.who.clone(), reply.status.as_u16());
        let absent = |hint| CustodyError::Absent { who: who.clone(), key: self.key.clone(), status, hint };
        match status {
            200 | 204 => answer::read(&reply.body).ok_or_else(|| self.exchange.bad("it is no JSON of Vault")),
            400 => Err(match answer::said(&reply.body) {
                Said::NoKey => absent("make it with `vault write -f MOUNT/keys/NAME`, or correct `key`"),
                Said::TooOld => self.does_not_open(
                    "its version of the key is retired: lower `min_decryption_version`, or restore a newer copy of the key folder",
                ),
                Said::Unknown if what.starts_with("`decrypt`") => {
                    self.does_not_open("another key wrapped it, or for another tenant, or the key was made anew under this name")
                }
                Said::Unknown => {
                    self.exchange.bad("it refuses the request: the key's type must be `aes256-gcm96` or another that takes associated data")
                }
            }),
            401 | 403 => Err(CustodyError::Denied { who, what, status, hint: "renew the token, or let its policy permit this" }),
            404 => Err(absent("see that the engine is mounted there, that `namespace` is right, and that the key exists")),
            412 | 429 | 472 | 473 | 500..=599 => {
                Err(CustodyError::NotServing { who, status, hint: not_serving(status, answer::is_sealed(&reply.body)) })
            }
            300..=399 => Err(CustodyError::NotServing {
                who,
                status,
                hint: "it stands by and sends us elsewhere: name the address of the active one, or of what balances them",
            }),
            _ => Err(self.exchange.bad("its status is none that Vault gives")),
        }
    }

    fn does_not_open(&self, why: &'static str) -> CustodyError {
        CustodyError::DoesNotOpen { who: self.exchange.who.clone(), key: self.key.clone(), why }
    }

    /// Renews the token if half of its lease is over. Says how long the lease is.
    pub(crate) async fn tend(&self) -> Result<Option<Duration>, CustodyError> {
        pass::tend(self).await
    }
}

fn not_serving(status: u16, is_sealed: bool) -> &'static str {
    match status {
        503 if is_sealed => "it is sealed: unseal it",
        429 | 412 => "it asks us to wait",
        472 | 473 => "it stands by: name the address of the active one, or of what balances them",
        _ => "see its log",
    }
}

/// The place of a secret, as Vault takes it.
fn place(context: &[u8]) -> String {
    STANDARD.encode([PLACE, context].concat())
}

/// `vault:v3:` and base64.
fn is_ciphertext(text: &str) -> bool {
    let mut parts = text.splitn(3, ':');
    let (Some(_), Some(version), Some(rest)) = (parts.next().filter(|word| *word == "vault"), parts.next(), parts.next()) else {
        return false;
    };
    let version = version
        .strip_prefix('v')
        .is_some_and(|number| !number.is_empty() && number.len() <= 9 && number.bytes().all(|byte| byte.is_ascii_digit()));
    version && !rest.is_empty() && STANDARD.decode(rest).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ciphertext_has_a_version_and_bytes() {
        for good in ["vault:v1:u6IRDibuvCs9nVFzU82dc6NlH+xmPZbs7ggFjA5fvwtc", "vault:v12:AAAA"] {
            assert!(is_ciphertext(good), "{good}");
        }
        for bad in ["", "vault:v1:", "vault:v:AAAA", "vault:1:AAAA", "vault:v1:?", "other:v1:AAAA", "vault:v1", "vault:v1:AAAA\n"] {
            assert!(!is_ciphertext(bad), "{bad}");
        }
    }
}
