//! AWS Key Management Service: `Encrypt` and `Decrypt`, with the place as encryption context.

pub(crate) mod credentials;
pub(crate) mod signature;

use assent_base::{Secret, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Client, RequestBuilder, Url};
use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::config;
use crate::error::{BadConfig, CustodyError};
use crate::exchange::{Exchange, Outside, Reply};
use crate::origin::{name, origin};
use credentials::Source;
use signature::Signed;

/// The content type of the protocol.
const JSON: &str = "application/x-amz-json-1.1";

/// A key of the service.
pub(crate) struct Aws {
    exchange: Exchange,
    address: Url,
    pub(crate) region: String,
    pub(crate) key: String,
    source: Source,
    clock: std::sync::Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

impl Aws {
    pub(crate) fn new(config: &config::AwsKms, outside: &Outside) -> Result<Self, BadConfig> {
        let region = region(&config.region)?;
        let address = origin(&config.endpoint.clone().unwrap_or_else(|| of_region("kms", &region)))?;
        let key = name("key", &config.key)?;
        let who = format!("AWS KMS at {}", address.as_str().trim_end_matches('/'));
        let exchange = Exchange::new(who, outside)?;
        let source = Source::of(&config.credentials, &region, outside)?;
        Ok(Self { exchange, address, region, key, source, clock: std::sync::Arc::clone(&outside.clock) })
    }

    pub(crate) fn who(&self) -> &str {
        &self.exchange.who
    }

    pub(crate) async fn encrypt(&self, context: &[u8], plain: &[u8]) -> Result<Vec<u8>, CustodyError> {
        let body = json!({ "KeyId": self.key, "Plaintext": STANDARD.encode(plain), "EncryptionContext": place(context) });
        let answer = self.done("`kms:Encrypt`", "Encrypt", &body).await?;
        let blob = answer.ciphertext_blob.and_then(|text| STANDARD.decode(text).ok());
        blob.ok_or_else(|| self.exchange.bad("there is no ciphertext in it"))
    }

    pub(crate) async fn decrypt(&self, context: &[u8], wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, CustodyError> {
        let body = json!({ "KeyId": self.key, "CiphertextBlob": STANDARD.encode(wrapped), "EncryptionContext": place(context) });
        let answer = self.done("`kms:Decrypt`", "Decrypt", &body).await?;
        let plain = answer.plaintext.and_then(|text| STANDARD.decode(text.expose()).ok());
        plain.map(Zeroizing::new).ok_or_else(|| self.exchange.bad("there is no plaintext in it"))
    }

    async fn done(&self, what: &'static str, action: &str, body: &Value) -> Result<Answer, CustodyError> {
        let credentials = self.source.credentials((self.clock)()).await?;
        let body = Zeroizing::new(body.to_string().into_bytes());
        let target = format!("TrentService.{action}");
        let host = authority(&self.address);
        let make = |http: &Client| -> RequestBuilder {
            let at = (self.clock)().strftime("%Y%m%dT%H%M%SZ").to_string();
            let mut headers = vec![("content-type", JSON), ("host", host.as_str()), ("x-amz-date", at.as_str())];
            headers.extend(credentials.session.as_ref().map(|session| ("x-amz-security-token", session.expose())));
            headers.push(("x-amz-target", target.as_str()));
            let signed = Signed { region: &self.region, service: "kms", at: &at, headers: &headers, body: &body };
            let request = http.post(self.address.clone()).header("authorization", signed.by(&credentials)).body(body.to_vec());
            headers.iter().filter(|(name, _)| *name != "host").fold(request, |request, (name, value)| request.header(*name, *value))
        };
        self.judge(what, &self.exchange.ask(make).await?)
    }

    /// What an answer means. Names of faults are those of the API reference.
    fn judge(&self, what: &'static str, reply: &Reply) -> Result<Answer, CustodyError> {
        let (who, status) = (self.exchange.who.clone(), reply.status.as_u16());
        if status == 200 {
            return read_answer(&reply.body).ok_or_else(|| self.exchange.bad("it is no JSON of AWS KMS"));
        }
        let does_not_open = |why| CustodyError::DoesNotOpen { who: who.clone(), key: self.key.clone(), why };
        let fault = fault(&reply.body);
        Err(match fault.as_str() {
            "NotFoundException" => CustodyError::Absent {
                who,
                key: self.key.clone(),
                status,
                hint: "see that `key`, `region` and the account of the credentials belong together",
            },
            "DisabledException" | "KMSInvalidStateException" | "KeyUnavailableException" => CustodyError::Denied {
                who,
                what,
                status,
                hint: "the key is disabled or about to be deleted: enable it, or cancel its deletion",
            },
            "InvalidCiphertextException" => does_not_open("another key wrapped it, or for another tenant"),
            "IncorrectKeyException" => does_not_open("another key wrapped it"),
            "ThrottlingException" | "LimitExceededException" | "KMSInternalException" | "DependencyTimeoutException" => {
                CustodyError::NotServing { who, status, hint: "it asks us to wait" }
            }
            "AccessDeniedException" => CustodyError::Denied {
                who,
                what,
                status,
                hint: "let the role's policy and the key's policy permit this, with this encryption context",
            },
            "ExpiredTokenException" | "ExpiredToken" => {
                CustodyError::Denied { who, what, status, hint: "the credentials have expired: renew them" }
            }
            "UnrecognizedClientException"
            | "InvalidSignatureException"
            | "InvalidClientTokenId"
            | "IncompleteSignature"
            | "MissingAuthenticationToken" => {
                CustodyError::Denied { who, what, status, hint: "it does not know the credentials, or this machine's clock is wrong" }
            }
            _ if reply.status.is_server_error() || status == 429 => CustodyError::NotServing { who, status, hint: "try again" },
            _ if matches!(status, 401 | 403) => {
                CustodyError::Denied { who, what, status, hint: "see that the credentials are those of this region and account" }
            }
            _ => self.exchange.bad("it refuses the request for no known reason"),
        })
    }
}

/// What an answer holds.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Answer {
    #[serde(default)]
    ciphertext_blob: Option<String>,
    #[serde(default)]
    plaintext: Option<Secret>,
}

/// Reads an answer. `None` if it is not the service's.
pub fn read_answer(body: &[u8]) -> Option<Answer> {
    serde_json::from_slice(body).ok()
}

/// The name of a fault; nothing if there is none.
fn fault(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Fault {
        #[serde(rename = "__type")]
        kind: String,
    }
    let kind = serde_json::from_slice::<Fault>(body).map(|fault| fault.kind).unwrap_or_default();
    kind.rsplit('#').next().unwrap_or_default().to_owned()
}

/// The place of a secret: what the key's policy can demand, and the log of AWS shows.
fn place(context: &[u8]) -> Value {
    json!({ "assent": "tenant secret", "assent-place": hex::encode(context) })
}

/// A region's name.
fn region(text: &str) -> Result<String, BadConfig> {
    let plain =
        !text.is_empty() && text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if plain { Ok(text.to_owned()) } else { Err(BadConfig::Name { field: "region", value: text.chars().take(64).collect() }) }
}

/// The address of a service in a region.
fn of_region(service: &str, region: &str) -> String {
    let end = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("https://{service}.{region}.{end}")
}

/// The host as `Host` bears it: with the port, unless it is the scheme's own.
fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn regions_lead_to_their_services() {
        assert_eq!(of_region("kms", "eu-central-1"), "https://kms.eu-central-1.amazonaws.com");
        assert_eq!(of_region("sts", "cn-north-1"), "https://sts.cn-north-1.amazonaws.com.cn");
        for bad in ["", "eu.example.com/", "EU", "a b"] {
            assert!(region(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_fault_is_read_with_and_without_its_namespace() {
        assert_eq!(fault(br#"{"__type":"NotFoundException","message":"no"}"#), "NotFoundException");
        assert_eq!(fault(br#"{"__type":"com.amazonaws.kms#AccessDeniedException"}"#), "AccessDeniedException");
        assert_eq!(fault(b"<html>"), "");
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_or_not(bytes in any::<Vec<u8>>()) {
            read_answer(&bytes);
            fault(&bytes);
        }
    }
}
