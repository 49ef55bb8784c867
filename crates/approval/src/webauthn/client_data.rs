//! What the browser says it was asked.
//!
//! Browsers may add fields that nobody knows, and some do to remind us of it; so these are not looked at. A known field stands once.
//! Source: Web Authentication Level 3, section 5.8.1.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{CHALLENGE_BYTES_MAX, CHALLENGE_BYTES_MIN, CLIENT_DATA_BYTES_MAX, Refused, RelyingParty};
use crate::base64url;

/// What an authenticator was asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ceremony {
    /// To make a credential.
    Create,
    /// To sign with one.
    Get,
}

impl Ceremony {
    const fn word(self) -> &'static str {
        match self {
            Ceremony::Create => "webauthn.create",
            Ceremony::Get => "webauthn.get",
        }
    }
}

#[derive(Deserialize)]
struct ClientData<'a> {
    #[serde(rename = "type", borrow)]
    ceremony: Cow<'a, str>,
    #[serde(borrow)]
    challenge: Cow<'a, str>,
    #[serde(borrow)]
    origin: Cow<'a, str>,
    #[serde(rename = "crossOrigin", default)]
    cross_origin: bool,
    #[serde(rename = "topOrigin", default, deserialize_with = "present")]
    has_top_origin: bool,
}

/// Whatever it is, it is there.
fn present<'de, D: serde::Deserializer<'de>>(input: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(input).map(|_| true)
}

/// Checks that a page of ours asked for exactly this.
pub(super) fn check(bytes: &[u8], ceremony: Ceremony, challenge: &[u8], party: &RelyingParty) -> Result<(), Refused> {
    if !(CHALLENGE_BYTES_MIN..=CHALLENGE_BYTES_MAX).contains(&challenge.len()) {
        return Err(Refused::BadChallenge);
    }
    if bytes.len() > CLIENT_DATA_BYTES_MAX {
        return Err(Refused::TooLong);
    }
    let data: ClientData<'_> = serde_json::from_slice(bytes).map_err(|_| Refused::BadClientData)?;
    if data.ceremony != ceremony.word() {
        return Err(Refused::WrongCeremony);
    }
    // The text is compared, so that there is one spelling of a challenge. It is no secret: the browser was told.
    if data.challenge != base64url::text(challenge) {
        return Err(Refused::WrongChallenge);
    }
    if !party.has_origin(&data.origin) {
        return Err(Refused::WrongOrigin);
    }
    if data.cross_origin || data.has_top_origin {
        return Err(Refused::CrossOrigin);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHALLENGE: [u8; 32] = [7; 32];

    #[test]
    fn what_a_page_of_ours_asked_for_is_taken() {
        assert_eq!(read(&good()), Ok(()));
        assert_eq!(read(&good().replace('}', ",\"other_keys_can_be_added_here\":{\"a\":[1]}}")), Ok(()));
        assert_eq!(read(&good().replace('}', ",\"crossOrigin\":false}")), Ok(()));
    }

    #[test]
    fn anything_else_is_refused() {
        let other = base64url::text(&[8; 32]);
        for (text, why) in [
            (good().replace("webauthn.get", "webauthn.create"), Refused::WrongCeremony),
            (good().replace("webauthn.get", "payment.get"), Refused::WrongCeremony),
            (good().replace(&base64url::text(&CHALLENGE), &other), Refused::WrongChallenge),
            (good().replace(&base64url::text(&CHALLENGE), ""), Refused::WrongChallenge),
            (good().replace("https://", "http://"), Refused::WrongOrigin),
            (good().replace("example\"", "example/\""), Refused::WrongOrigin),
            (good().replace("assent.", "assent.evil."), Refused::WrongOrigin),
            (good().replace('}', ",\"crossOrigin\":true}"), Refused::CrossOrigin),
            (good().replace('}', ",\"topOrigin\":\"https://assent.example\"}"), Refused::CrossOrigin),
            (good().replace('}', ",\"topOrigin\":null}"), Refused::CrossOrigin),
            (good().replace('}', ",\"crossOrigin\":\"false\"}"), Refused::BadClientData),
            (good().replace('}', ",\"origin\":\"https://assent.example\"}"), Refused::BadClientData),
            (good().replace("origin", "Origin"), Refused::BadClientData),
            (format!("{} {{}}", good()), Refused::BadClientData),
            (format!("\u{feff}{}", good()), Refused::BadClientData),
            (String::new(), Refused::BadClientData),
            (good().replace('}', &format!(",\"a\":\"{}\"}}", "a".repeat(CLIENT_DATA_BYTES_MAX))), Refused::TooLong),
        ] {
            assert_eq!(read(&text), Err(why), "{text}");
        }
        let party = RelyingParty::of_origin("https://assent.example").unwrap();
        assert_eq!(check(good().as_bytes(), Ceremony::Get, &[], &party), Err(Refused::BadChallenge));
    }

    fn good() -> String {
        format!(r#"{{"type":"webauthn.get","challenge":"{}","origin":"https://assent.example"}}"#, base64url::text(&CHALLENGE))
    }

    fn read(text: &str) -> Result<(), Refused> {
        check(text.as_bytes(), Ceremony::Get, &CHALLENGE, &RelyingParty::of_origin("https://assent.example").unwrap())
    }
}
