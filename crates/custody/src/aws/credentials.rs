//! Whom we are at AWS: what the environment holds, a role that a token is exchanged for, or what an endpoint gives to a container.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::PoisonError;

use assent_base::{Secret, Timestamp};
use reqwest::Url;
use serde::Deserialize;

use super::of_region;
use super::signature::Credentials;
use crate::config::{AwsCredentials, ContainerCredentials, WebIdentity};
use crate::error::{BadConfig, CustodyError};
use crate::exchange::{Exchange, Outside, form};
use crate::origin::{any_origin, origin, secret_of};

/// Seconds before their end at which credentials are replaced.
const MARGIN_S: i64 = 120;
/// What the session is called in the log of AWS.
const SESSION: &str = "assent";
/// Hosts that give credentials to containers without TLS: of ECS, and of EKS Pod Identity.
const CONTAINER_HOSTS: [&str; 3] = ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"];

/// Where credentials come from.
pub(super) enum Source {
    /// They are always the same.
    Fixed(Credentials),
    /// They hold for some time.
    Given { giver: Giver, exchange: Exchange, held: Mutex<Option<(Credentials, Timestamp)>> },
}

/// Who gives them.
pub(super) enum Giver {
    /// The Security Token Service, for a token.
    Role { address: Url, role: String, token_file: PathBuf },
    /// An endpoint beside the container.
    Container { address: Url, token_file: Option<PathBuf> },
}

impl Source {
    pub(super) fn of(config: &AwsCredentials, region: &str, outside: &Outside) -> Result<Self, BadConfig> {
        match config {
            AwsCredentials::Environment => {
                let [Some(id), Some(secret), session] = &outside.aws else { return Err(BadConfig::Environment) };
                Ok(Self::Fixed(Credentials { id: id.expose().to_owned(), secret: secret.clone(), session: session.clone() }))
            }
            AwsCredentials::WebIdentity(WebIdentity { role_arn, token_file, endpoint }) => {
                let address = origin(&endpoint.clone().unwrap_or_else(|| of_region("sts", region)))?;
                let who = format!("AWS STS at {}", address.as_str().trim_end_matches('/'));
                let exchange = Exchange::new(who, outside)?;
                let giver = Giver::Role { address, role: role_arn.clone(), token_file: token_file.clone() };
                Ok(Self::Given { giver, exchange, held: Mutex::default() })
            }
            AwsCredentials::Container(ContainerCredentials { url, token_file }) => {
                let address = any_origin(url)?;
                let plain = address.host_str().is_some_and(|host| CONTAINER_HOSTS.contains(&host));
                if !plain {
                    let mut bare = address.clone();
                    bare.set_path("");
                    origin(bare.as_str()).map_err(|_| BadConfig::Address(url.clone()))?;
                }
                let exchange =
                    Exchange::new(format!("the container's credentials at {}", address.host_str().unwrap_or_default()), outside)?;
                let giver = Giver::Container { address, token_file: token_file.clone() };
                Ok(Self::Given { giver, exchange, held: Mutex::default() })
            }
        }
    }

    /// The credentials to sign with now.
    pub(super) async fn credentials(&self, now: Timestamp) -> Result<Credentials, CustodyError> {
        match self {
            Self::Fixed(credentials) => Ok(credentials.clone()),
            Self::Given { giver, exchange, held } => {
                let kept = held.lock().unwrap_or_else(PoisonError::into_inner).clone();
                if let Some((credentials, until)) = kept
                    && until.as_second() - MARGIN_S > now.as_second()
                {
                    return Ok(credentials);
                }
                let given = giver.ask(exchange).await?;
                *held.lock().unwrap_or_else(PoisonError::into_inner) = Some(given.clone());
                Ok(given.0)
            }
        }
    }
}

impl Giver {
    async fn ask(&self, exchange: &Exchange) -> Result<(Credentials, Timestamp), CustodyError> {
        let reply = match self {
            Self::Role { address, role, token_file } => {
                let token = secret_of(token_file).map_err(|what| exchange.credentials(what))?;
                let body = form(&[
                    ("Action", "AssumeRoleWithWebIdentity"),
                    ("Version", "2011-06-15"),
                    ("RoleArn", role),
                    ("RoleSessionName", SESSION),
                    ("WebIdentityToken", token.expose()),
                ]);
                exchange
                    .ask(|http| {
                        http.post(address.clone()).header("content-type", "application/x-www-form-urlencoded").body(body.to_string())
                    })
                    .await?
            }
            Self::Container { address, token_file } => {
                let token = token_file.as_ref().map(|path| secret_of(path)).transpose().map_err(|what| exchange.credentials(what))?;
                let ask = |http: &reqwest::Client| {
                    let request = http.get(address.clone());
                    match &token {
                        Some(token) => request.header("authorization", token.expose()),
                        None => request,
                    }
                };
                exchange.ask(ask).await?
            }
        };
        let (who, status) = (exchange.who.clone(), reply.status.as_u16());
        let given = match status {
            200 => match self {
                Self::Role { .. } => read_assumed(&reply.body),
                Self::Container { .. } => read_given(&reply.body),
            },
            429 | 500..=599 => return Err(CustodyError::NotServing { who, status, hint: "try again" }),
            _ => {
                let hint = "see that the role trusts this token's issuer and subject, and that the token has not expired";
                return Err(CustodyError::Denied { who, what: "giving credentials", status, hint });
            }
        };
        given.ok_or_else(|| exchange.bad("there are no credentials in it"))
    }
}

/// Reads what the Security Token Service answers: XML, of which four elements count. Their texts have nothing that would be escaped.
pub fn read_assumed(body: &[u8]) -> Option<(Credentials, Timestamp)> {
    let text = std::str::from_utf8(body).ok()?;
    let (_, inner) = text.split_once("<Credentials>")?;
    let (inner, _) = inner.split_once("</Credentials>")?;
    let element = |name: &str| -> Option<String> {
        let (_, after) = inner.split_once(&format!("<{name}>"))?;
        let (value, _) = after.split_once(&format!("</{name}>"))?;
        is_plain(value.trim()).then(|| value.trim().to_owned())
    };
    let (id, secret) = (element("AccessKeyId")?, Secret::new(element("SecretAccessKey")?));
    let session = Some(Secret::new(element("SessionToken")?));
    Some((Credentials { id, secret, session }, element("Expiration")?.parse().ok()?))
}

/// Reads what an endpoint gives to a container.
fn read_given(body: &[u8]) -> Option<(Credentials, Timestamp)> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Given {
        access_key_id: String,
        secret_access_key: Secret,
        token: Secret,
        expiration: String,
    }
    let given: Given = serde_json::from_slice(body).ok()?;
    let plain = [given.access_key_id.as_str(), given.secret_access_key.expose(), given.token.expose()].into_iter().all(is_plain);
    let credentials = Credentials { id: given.access_key_id, secret: given.secret_access_key, session: Some(given.token) };
    Some((credentials, given.expiration.parse().ok()?)).filter(|_| plain)
}

/// Whether a text can stand in a header.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>&".contains(&byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ASSUMED: &str = "<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n <AssumeRoleWithWebIdentityResult>\n  <Credentials>\n   <SessionToken>AQoDYXdzEE0a8ANXXX</SessionToken>\n   <SecretAccessKey>wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY</SecretAccessKey>\n   <Expiration>2026-11-22T05:00:00Z</Expiration>\n   <AccessKeyId>ASgeIAIOSFODNN7EXAMPLE</AccessKeyId>\n  </Credentials>\n </AssumeRoleWithWebIdentityResult>\n</AssumeRoleWithWebIdentityResponse>";

    #[test]
    fn credentials_of_a_role_are_read() {
        let (credentials, until) = read_assumed(ASSUMED.as_bytes()).unwrap();
        assert_eq!(credentials.id, "ASgeIAIOSFODNN7EXAMPLE");
        assert_eq!(credentials.session.unwrap().expose(), "AQoDYXdzEE0a8ANXXX");
        assert_eq!(until.to_string(), "2026-11-22T05:00:00Z");
        assert!(read_assumed(ASSUMED.replace("2026-11-22T05", "soon").as_bytes()).is_none());
        assert!(read_assumed(ASSUMED.replace("AQoD", "AQ&lt;").as_bytes()).is_none());
        assert!(read_assumed(ASSUMED.replace("AQoD", "AQ\nX: y").as_bytes()).is_none());
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_or_not(text in "\\PC{0,200}", id in "[^<]{0,30}") {
            read_assumed(text.as_bytes());
            read_given(text.as_bytes());
            if let Some((credentials, _)) = read_assumed(ASSUMED.replace("ASgeIAIOSFODNN7EXAMPLE", &id).as_bytes()) {
                prop_assert!(is_plain(&credentials.id));
            }
        }
    }
}
