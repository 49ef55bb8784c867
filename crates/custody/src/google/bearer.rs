//! The token that Google lets us in with: got for a statement that a service account's key signs, or from the metadata server.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use assent_base::{Secret, Timestamp};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Url;
use serde::{Deserialize, Serialize};

use crate::config::GoogleCredentials;
use crate::error::{BadConfig, CustodyError};
use crate::exchange::form;
use crate::exchange::{Exchange, Outside};
use crate::origin::{any_origin, origin, secret_of};

/// What the token is for.
const SCOPE: &str = "https://www.googleapis.com/auth/cloudkms";
/// Seconds that a statement holds.
const STATEMENT_S: i64 = 600;
/// Seconds before its end at which a token is replaced.
const MARGIN_S: i64 = 120;
/// Seconds that a token may say it holds.
const LEASE_S_MAX: i64 = 86_400;
/// Where the metadata server has tokens.
const METADATA: &str = "computeMetadata/v1/instance/service-accounts/default/token";
/// Hosts of metadata servers, which speak without TLS.
const METADATA_HOSTS: [&str; 2] = ["metadata.google.internal", "169.254.169.254"];

/// Where tokens come from.
pub(super) struct Bearer {
    way: Way,
    exchange: Exchange,
    held: Mutex<Option<(Secret, i64)>>,
}

enum Way {
    Key { account: String, id: String, key: EncodingKey, address: Url },
    Metadata(Url),
}

/// A service account's key, as Google gives it.
#[derive(Deserialize)]
struct KeyFile {
    #[serde(rename = "type")]
    kind: String,
    client_email: String,
    private_key_id: String,
    private_key: Secret,
    token_uri: String,
}

#[derive(Serialize)]
struct Statement<'a> {
    iss: &'a str,
    scope: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
}

impl Bearer {
    pub(super) fn of(config: &GoogleCredentials, outside: &Outside) -> Result<Self, BadConfig> {
        let way = match config {
            GoogleCredentials::KeyFile(path) => key_file(path)?,
            GoogleCredentials::Metadata(address) => {
                let mut url = any_origin(address)?;
                if !url.host_str().is_some_and(|host| METADATA_HOSTS.contains(&host)) {
                    url = origin(address)?;
                }
                url.set_path(METADATA);
                Way::Metadata(url)
            }
        };
        let who = match &way {
            Way::Key { address, .. } | Way::Metadata(address) => format!("Google's tokens at {}", address.host_str().unwrap_or_default()),
        };
        Ok(Self { way, exchange: Exchange::new(who, outside)?, held: Mutex::default() })
    }

    /// The token to use now.
    pub(super) async fn token(&self, now: Timestamp) -> Result<Secret, CustodyError> {
        let now_s = now.as_second();
        let kept = self.held.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((token, until)) = kept
            && until - MARGIN_S > now_s
        {
            return Ok(token);
        }
        let (token, lease_s) = self.ask(now_s).await?;
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some((token.clone(), now_s + lease_s));
        Ok(token)
    }

    async fn ask(&self, now_s: i64) -> Result<(Secret, i64), CustodyError> {
        let reply = match &self.way {
            Way::Key { account, id, key, address } => {
                let statement = Statement { iss: account, scope: SCOPE, aud: address.as_str(), iat: now_s, exp: now_s + STATEMENT_S };
                let header = Header { kid: Some(id.clone()), ..Header::new(Algorithm::RS256) };
                let signed = jsonwebtoken::encode(&header, &statement, key);
                let signed = signed.map_err(|_| self.exchange.credentials("the key of the service account does not sign"))?;
                let body = form(&[("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", &signed)]);
                let ask = |http: &reqwest::Client| {
                    http.post(address.clone()).header("content-type", "application/x-www-form-urlencoded").body(body.to_string())
                };
                self.exchange.ask(ask).await?
            }
            Way::Metadata(address) => self.exchange.ask(|http| http.get(address.clone()).header("metadata-flavor", "Google")).await?,
        };
        let (who, status) = (self.exchange.who.clone(), reply.status.as_u16());
        match status {
            200 => read_token(&reply.body).ok_or_else(|| self.exchange.bad("there is no token in it")),
            429 | 500..=599 => Err(CustodyError::NotServing { who, status, hint: "try again" }),
            _ => {
                let hint = "see that the service account and its key exist, and that this machine's clock is right";
                Err(CustodyError::Denied { who, what: "giving a token", status, hint })
            }
        }
    }
}

fn key_file(path: &Path) -> Result<Way, BadConfig> {
    let text = secret_of(path).map_err(BadConfig::File)?;
    let unfit = || BadConfig::File(format!("`{}` is no key of a service account", path.display()));
    let file: KeyFile = serde_json::from_str(text.expose()).map_err(|_| unfit())?;
    if file.kind != "service_account" {
        return Err(unfit());
    }
    let key = EncodingKey::from_rsa_pem(file.private_key.expose().as_bytes()).map_err(|_| unfit())?;
    let address = any_origin(&file.token_uri)?;
    let mut bare = address.clone();
    bare.set_path("");
    origin(bare.as_str())?;
    Ok(Way::Key { account: file.client_email, id: file.private_key_id, key, address })
}

/// A token, and the seconds that it holds.
fn read_token(body: &[u8]) -> Option<(Secret, i64)> {
    #[derive(Deserialize)]
    struct Token {
        access_token: Secret,
        expires_in: i64,
    }
    let Token { access_token, expires_in } = serde_json::from_slice(body).ok()?;
    let plain = !access_token.expose().is_empty() && access_token.expose().bytes().all(|byte| byte.is_ascii_graphic());
    (plain && (1..=LEASE_S_MAX).contains(&expires_in)).then_some((access_token, expires_in))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_one_that_can_stand_in_a_header() {
        let (token, lease_s) = read_token(br#"{"access_token":"ya29.c.b0","expires_in":3599,"token_type":"Bearer"}"#).unwrap();
        assert_eq!((token.expose(), lease_s), ("ya29.c.b0", 3599));
        for bad in [
            r#"{"access_token":"","expires_in":9}"#,
            r#"{"access_token":"a b","expires_in":9}"#,
            r#"{"access_token":"a","expires_in":0}"#,
            "{}",
            "[",
        ] {
            assert!(read_token(bad.as_bytes()).is_none(), "{bad}");
        }
    }
}
