//! What Vault answers, as far as it concerns us. Its words are looked at for known ones, and never passed on.

use assent_base::Secret;
use serde::Deserialize;

/// What an answer to a question holds.
#[derive(Debug, Default)]
pub struct Answer {
    pub(crate) ciphertext: Option<String>,
    pub(crate) plaintext: Option<Secret>,
    pub(crate) latest_version: Option<u64>,
    /// The token of a sign-in or a renewal.
    pub(crate) token: Option<Secret>,
    /// Seconds that it holds; none if for ever.
    pub(crate) lease_s: u64,
    pub(crate) renewable: bool,
}

#[derive(Deserialize, Default)]
struct Body {
    #[serde(default)]
    data: Option<Data>,
    #[serde(default)]
    auth: Option<Auth>,
}

#[derive(Deserialize, Default)]
struct Data {
    #[serde(default)]
    ciphertext: Option<String>,
    #[serde(default)]
    plaintext: Option<Secret>,
    #[serde(default)]
    latest_version: Option<u64>,
    #[serde(default)]
    ttl: Option<u64>,
    #[serde(default)]
    renewable: Option<bool>,
}

#[derive(Deserialize)]
struct Auth {
    client_token: Secret,
    #[serde(default)]
    lease_duration: u64,
    #[serde(default)]
    renewable: bool,
}

/// Reads an answer that says yes. An empty one is an answer. `None` if it is not Vault's.
pub fn read(body: &[u8]) -> Option<Answer> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Some(Answer::default());
    }
    let Body { data, auth } = serde_json::from_slice(body).ok()?;
    let data = data.unwrap_or_default();
    let mut answer = Answer {
        ciphertext: data.ciphertext,
        plaintext: data.plaintext,
        latest_version: data.latest_version,
        token: None,
        lease_s: data.ttl.unwrap_or(0),
        renewable: data.renewable.unwrap_or(false),
    };
    if let Some(auth) = auth {
        (answer.token, answer.lease_s, answer.renewable) = (Some(auth.client_token), auth.lease_duration, auth.renewable);
    }
    Some(answer)
}

/// What a refusal is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    /// There is no such key.
    NoKey,
    /// The version of the key is retired.
    TooOld,
    /// Something else.
    Unknown,
}

/// Looks for known words in a refusal.
pub(crate) fn said(body: &[u8]) -> Said {
    let text = errors(body);
    if text.contains("key not found") || text.contains("no existing key named") {
        Said::NoKey
    } else if text.contains("too old") || text.contains("disallowed by policy") {
        Said::TooOld
    } else {
        Said::Unknown
    }
}

pub(crate) fn is_sealed(body: &[u8]) -> bool {
    errors(body).contains("sealed")
}

fn errors(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Errors {
        errors: Vec<String>,
    }
    serde_json::from_slice::<Errors>(body).map(|body| body.errors.join("\n")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn answers_as_a_server_gave_them_are_read() {
        let body = br#"{"request_id":"d4b7","lease_id":"","renewable":false,"lease_duration":0,"data":{"ciphertext":"vault:v1:u6IR","key_version":1},"wrap_info":null,"warnings":null,"auth":null}"#;
        assert_eq!(read(body).unwrap().ciphertext.as_deref(), Some("vault:v1:u6IR"));
        let body = br#"{"request_id":"f9be","lease_duration":0,"data":null,"auth":{"client_token":"s.CPX0","policies":["assent"],"metadata":{"role_name":"assent"},"lease_duration":60,"renewable":true,"num_uses":0}}"#;
        let answer = read(body).unwrap();
        assert_eq!((answer.token.unwrap().expose(), answer.lease_s, answer.renewable), ("s.CPX0", 60, true));
        assert!(read(b"").is_some() && read(b"<html>").is_none() && read(br#"{"data":{"ciphertext":7}}"#).is_none());
    }

    #[test]
    fn refusals_are_told_apart_by_the_words_of_a_server() {
        for (text, due) in [
            ("encryption key not found", Said::NoKey),
            ("no existing key named assent could be found", Said::NoKey),
            ("ciphertext or signature version is disallowed by policy (too old)", Said::TooOld),
            ("cipher: message authentication failed", Said::Unknown),
        ] {
            assert_eq!(said(format!(r#"{{"errors":["{text}"]}}"#).as_bytes()), due, "{text}");
        }
        assert!(is_sealed(br#"{"errors":["Vault is sealed"]}"#) && !is_sealed(b"sealed, says a proxy"));
        assert_eq!(said(b"<html>key not found</html>"), Said::Unknown, "a proxy's page is no word of Vault");
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_or_not(bytes in any::<Vec<u8>>(), text in "\\PC{0,80}") {
            read(&bytes);
            said(&bytes);
            read(format!(r#"{{"data":{{"plaintext":"{text}"}}}}"#).as_bytes());
        }
    }
}
