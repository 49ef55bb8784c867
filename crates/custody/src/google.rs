//! Google Cloud KMS: `encrypt` and `decrypt`, with the place as additional authenticated data and checksums of all that is sent.

mod bearer;
mod crc32c;

use std::sync::Arc;

use assent_base::{Secret, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;
use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::config;
use crate::error::{BadConfig, CustodyError};
use crate::exchange::{Exchange, Outside, Reply};
use crate::origin::{name, origin};
use bearer::Bearer;
use crc32c::crc32c;

/// Google's own address.
const ADDRESS: &str = "https://cloudkms.googleapis.com";
/// What every place begins with.
const PLACE: &[u8] = b"assent tenant secret ";

/// A key of the service.
pub(crate) struct Google {
    exchange: Exchange,
    address: Url,
    pub(crate) key: String,
    bearer: Bearer,
    clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

impl Google {
    pub(crate) fn new(config: &config::GoogleKms, outside: &Outside) -> Result<Self, BadConfig> {
        let address = origin(config.endpoint.as_deref().unwrap_or(ADDRESS))?;
        let key = name("key", &config.key)?;
        let words: Vec<&str> = key.split('/').collect();
        if !matches!(words.as_slice(), ["projects", _, "locations", _, "keyRings", _, "cryptoKeys", _]) {
            return Err(BadConfig::Name { field: "key", value: key });
        }
        let exchange = Exchange::new(format!("Google Cloud KMS at {}", address.as_str().trim_end_matches('/')), outside)?;
        Ok(Self { exchange, address, key, bearer: Bearer::of(&config.credentials, outside)?, clock: Arc::clone(&outside.clock) })
    }

    pub(crate) fn who(&self) -> &str {
        &self.exchange.who
    }

    pub(crate) async fn encrypt(&self, context: &[u8], plain: &[u8]) -> Result<Vec<u8>, CustodyError> {
        let place = [PLACE, context].concat();
        let body = json!({
            "plaintext": STANDARD.encode(plain),
            "plaintextCrc32c": crc32c(plain).to_string(),
            "additionalAuthenticatedData": STANDARD.encode(&place),
            "additionalAuthenticatedDataCrc32c": crc32c(&place).to_string(),
        });
        let answer = self.done("`cloudkms.cryptoKeyVersions.useToEncrypt`", "encrypt", &body).await?;
        if !answer.verified_plaintext_crc32c || !answer.verified_additional_authenticated_data_crc32c {
            return Err(self.exchange.bad("it did not get what was sent"));
        }
        let sealed = answer.ciphertext.and_then(|text| STANDARD.decode(text).ok()).unwrap_or_default();
        if sealed.is_empty() || !sums(&sealed, answer.ciphertext_crc32c.as_ref()) {
            return Err(self.exchange.bad("the ciphertext is not what its checksum says"));
        }
        Ok(sealed)
    }

    pub(crate) async fn decrypt(&self, context: &[u8], wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, CustodyError> {
        let place = [PLACE, context].concat();
        let body = json!({
            "ciphertext": STANDARD.encode(wrapped),
            "ciphertextCrc32c": crc32c(wrapped).to_string(),
            "additionalAuthenticatedData": STANDARD.encode(&place),
            "additionalAuthenticatedDataCrc32c": crc32c(&place).to_string(),
        });
        let answer = self.done("`cloudkms.cryptoKeyVersions.useToDecrypt`", "decrypt", &body).await?;
        let plain = Zeroizing::new(answer.plaintext.and_then(|text| STANDARD.decode(text.expose()).ok()).unwrap_or_default());
        if plain.is_empty() || !sums(&plain, answer.plaintext_crc32c.as_ref()) {
            return Err(self.exchange.bad("the plaintext is not what its checksum says"));
        }
        Ok(plain)
    }

    async fn done(&self, what: &'static str, action: &str, body: &Value) -> Result<Answer, CustodyError> {
        let token = self.bearer.token((self.clock)()).await?;
        let mut url = self.address.clone();
        url.set_path(&format!("v1/{}:{action}", self.key));
        let body = Zeroizing::new(body.to_string().into_bytes());
        let ask = |http: &reqwest::Client| {
            http.post(url.clone()).bearer_auth(token.expose()).header("content-type", "application/json").body(body.to_vec())
        };
        self.judge(what, &self.exchange.ask(ask).await?)
    }

    fn judge(&self, what: &'static str, reply: &Reply) -> Result<Answer, CustodyError> {
        let (who, status) = (self.exchange.who.clone(), reply.status.as_u16());
        Err(match (status, fault(&reply.body).as_str()) {
            (200, _) => return read_answer(&reply.body).ok_or_else(|| self.exchange.bad("it is no JSON of Cloud KMS")),
            (400, "FAILED_PRECONDITION") => CustodyError::Denied {
                who,
                what,
                status,
                hint: "the version of the key is disabled or destroyed: enable it, or restore it",
            },
            (400, "INVALID_ARGUMENT") => {
                CustodyError::DoesNotOpen { who, key: self.key.clone(), why: "another key wrapped it, or for another tenant" }
            }
            (401, _) => CustodyError::Denied { who, what, status, hint: "it does not know the credentials, or they have expired" },
            (403, _) => CustodyError::Denied {
                who,
                what,
                status,
                hint: "grant the service account `roles/cloudkms.cryptoKeyEncrypterDecrypter` on the key",
            },
            (404, _) => {
                CustodyError::Absent { who, key: self.key.clone(), status, hint: "see that project, location, ring and key are right" }
            }
            (429 | 500..=599, _) => CustodyError::NotServing { who, status, hint: "try again" },
            _ => self.exchange.bad("it refuses the request for no known reason"),
        })
    }
}

/// What an answer holds.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    #[serde(default)]
    ciphertext: Option<String>,
    #[serde(default)]
    ciphertext_crc32c: Option<Sum>,
    #[serde(default)]
    verified_plaintext_crc32c: bool,
    #[serde(default)]
    verified_additional_authenticated_data_crc32c: bool,
    #[serde(default)]
    plaintext: Option<Secret>,
    #[serde(default)]
    plaintext_crc32c: Option<Sum>,
}

/// A number, which Google writes as text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Sum {
    Text(String),
    Number(u32),
}

fn sums(bytes: &[u8], sum: Option<&Sum>) -> bool {
    let due = match sum {
        Some(Sum::Text(text)) => text.parse().ok(),
        Some(Sum::Number(number)) => Some(*number),
        None => None,
    };
    due == Some(crc32c(bytes))
}

/// Reads an answer. `None` if it is not the service's.
pub fn read_answer(body: &[u8]) -> Option<Answer> {
    serde_json::from_slice(body).ok()
}

/// The word for a refusal.
fn fault(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Body {
        error: Fault,
    }
    #[derive(Deserialize)]
    struct Fault {
        status: String,
    }
    serde_json::from_slice::<Body>(body).map(|body| body.error.status).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whatever_comes_is_read_or_not(bytes in any::<Vec<u8>>(), text in "\\PC{0,40}") {
            read_answer(&bytes);
            fault(&bytes);
            if let Some(answer) = read_answer(format!(r#"{{"plaintextCrc32c":"{text}"}}"#).as_bytes()) {
                prop_assert!(!sums(b"other bytes", answer.plaintext_crc32c.as_ref()));
            }
        }
    }
}
