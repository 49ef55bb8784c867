//! A sign-in under way: what the browser is sent away with, and what it must come back with.

use std::str::FromStr;

use assent_base::Timestamp;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Url;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::claims::Refused;
use super::config::Config;
use super::discovery::Discovery;
use super::{OidcError, fetch};
use crate::opaque::{Opaque, SecretHash};
use crate::random::NoRandomness;
use crate::time::later;

/// Bytes of a query that a browser comes back with at most.
pub(crate) const CALLBACK_BYTES_MAX: usize = 8 * 1024;
/// Bytes of a path to go back to at most.
pub(crate) const RETURN_TO_BYTES_MAX: usize = 512;

/// A sign-in that has begun.
#[derive(Debug)]
pub struct Begun {
    /// Where to send the browser.
    pub location: String,
    /// For the cookie [`crate::cookie::Cookie::SignIn`], which ties the sign-in to this browser.
    pub cookie: Opaque,
    /// To be kept until the browser comes back, found by the hash of the cookie.
    pub flow: Flow,
}

/// What is kept of a sign-in under way. Remove it before finishing with it: it holds for one attempt.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// The issuer that the browser was sent to.
    pub issuer: String,
    /// What is kept of the cookie.
    pub cookie: SecretHash,
    state: SecretHash,
    nonce: SecretHash,
    /// The one secret that must be kept as it is: it goes to the provider.
    verifier: Zeroizing<String>,
    /// Where the browser wanted to go.
    pub return_to: ReturnTo,
    /// When it is too late.
    pub expires_at: Timestamp,
}

/// A path of our own to go to after signing in: never another site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ReturnTo(String);

/// Text that is no path of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a path on this site")]
pub struct BadReturnTo;

/// What the browser came back with.
#[derive(Clone, PartialEq, Eq)]
pub struct Callback {
    state: String,
    issuer: Option<String>,
    outcome: Result<Zeroizing<String>, String>,
}

impl Flow {
    /// Begins one.
    pub(crate) fn begin(config: &Config, discovery: &Discovery, return_to: ReturnTo, now: Timestamp) -> Result<Begun, NoRandomness> {
        let (cookie, state, nonce, verifier) = (Opaque::draw()?, Opaque::draw()?, Opaque::draw()?, Opaque::draw()?);
        let challenge = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.text().expose().as_bytes());
        let scopes: Vec<&str> = std::iter::once("openid").chain(config.scopes.iter().map(String::as_str)).collect();
        let mut location = discovery.authorization.clone();
        location
            .query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &config.client_id)
            .append_pair("redirect_uri", &config.redirect_uri)
            .append_pair("scope", &scopes.join(" "))
            .append_pair("state", state.text().expose())
            .append_pair("nonce", nonce.text().expose())
            .append_pair("code_challenge", &URL_SAFE_NO_PAD.encode(challenge))
            .append_pair("code_challenge_method", "S256");
        let flow = Self {
            issuer: config.issuer.clone(),
            cookie: cookie.hash(),
            state: state.hash(),
            nonce: nonce.hash(),
            verifier: Zeroizing::new(verifier.text().expose().to_owned()),
            return_to,
            expires_at: later(now, config.limits.flow_s),
        };
        Ok(Begun { location: location.into(), cookie, flow })
    }

    /// Whether the browser that came back is the one that was sent away, to this provider, in time. The code is then worth exchanging.
    pub(crate) fn accept(
        &self,
        config: &Config,
        discovery: &Discovery,
        callback: Callback,
        cookie: &Opaque,
        now: Timestamp,
    ) -> Result<Zeroizing<String>, OidcError> {
        if self.issuer != config.issuer {
            return Err(Refused::Issuer.into());
        }
        if !self.cookie.is(&cookie.hash()) {
            return Err(Refused::Browser.into());
        }
        if !Opaque::parse(&callback.state).is_some_and(|state| self.state.is(&state.hash())) {
            return Err(Refused::State.into());
        }
        if now >= self.expires_at {
            return Err(Refused::FlowOver.into());
        }
        // RFC 9207: the answer of one provider must not be taken for that of another.
        match &callback.issuer {
            Some(issuer) if *issuer != config.issuer => return Err(Refused::Issuer.into()),
            None if discovery.names_issuer => return Err(Refused::Issuer.into()),
            Some(_) | None => {}
        }
        callback.outcome.map_err(OidcError::Denied)
    }

    pub(crate) fn nonce(&self) -> &SecretHash {
        &self.nonce
    }

    /// The body of the request that exchanges the code.
    pub(crate) fn exchange(&self, config: &Config, code: &str) -> Vec<(&'static str, Zeroizing<String>)> {
        let text = |text: &str| Zeroizing::new(text.to_owned());
        vec![
            ("grant_type", text("authorization_code")),
            ("code", text(code)),
            ("redirect_uri", text(&config.redirect_uri)),
            ("code_verifier", self.verifier.clone()),
        ]
    }
}

impl Callback {
    /// Reads the query that the browser came back with. Parameters that we do not know are the provider's business; those that we know
    /// come once.
    pub fn parse(query: &str) -> Result<Self, Refused> {
        if query.len() > CALLBACK_BYTES_MAX {
            return Err(Refused::Callback);
        }
        let url = Url::parse(&format!("http://callback.invalid/?{query}")).map_err(|_| Refused::Callback)?;
        let (mut state, mut code, mut issuer, mut error) = (None, None, None, None);
        for (name, value) in url.query_pairs() {
            let slot = match name.as_ref() {
                "state" => &mut state,
                "code" => &mut code,
                "iss" => &mut issuer,
                "error" => &mut error,
                _ => continue,
            };
            if slot.replace(value.into_owned()).is_some() {
                return Err(Refused::Callback);
            }
        }
        let outcome = match (code, error) {
            (Some(code), None) if !code.is_empty() => Ok(Zeroizing::new(code)),
            (None, Some(error)) => Err(fetch::error_code(&error)),
            _ => return Err(Refused::Callback),
        };
        Ok(Self { state: state.ok_or(Refused::State)?, issuer, outcome })
    }
}

impl ReturnTo {
    /// The start page.
    #[must_use]
    pub fn start() -> Self {
        Self("/".to_owned())
    }

    /// The path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ReturnTo {
    type Err = BadReturnTo;

    fn from_str(text: &str) -> Result<Self, BadReturnTo> {
        // `//host` and `/\host` are other sites to a browser, and it drops tabs and newlines before it looks.
        let path = text.starts_with('/') && !text.starts_with("//");
        let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        if path && plain && text.len() <= RETURN_TO_BYTES_MAX { Ok(Self(text.to_owned())) } else { Err(BadReturnTo) }
    }
}

impl<'de> Deserialize<'de> for ReturnTo {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        String::deserialize(input)?.parse().map_err(serde::de::Error::custom)
    }
}

impl std::fmt::Debug for Flow {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "sign-in at {} until {}, [redacted]", self.issuer, self.expires_at)
    }
}

impl std::fmt::Debug for Callback {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("callback, [redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_returns_to_this_site_only() {
        for good in ["/", "/incidents/inc_1?tab=chain", "/a/../b"] {
            assert!(good.parse::<ReturnTo>().is_ok(), "{good}");
        }
        for bad in ["", "incidents", "//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example", "/a b", "/é"] {
            assert_eq!(bad.parse::<ReturnTo>(), Err(BadReturnTo), "{bad}");
        }
        assert!(format!("/{}", "a".repeat(RETURN_TO_BYTES_MAX)).parse::<ReturnTo>().is_err());
    }

    #[test]
    fn a_callback_has_one_state_and_a_code_or_an_error() {
        assert!(Callback::parse("state=a&code=b&session_state=c").is_ok());
        assert!(Callback::parse("state=a&error=access_denied").is_ok());
        for (bad, why) in [
            ("code=b", Refused::State),
            ("state=a", Refused::Callback),
            ("state=a&code=", Refused::Callback),
            ("state=a&code=b&error=c", Refused::Callback),
            ("state=a&state=b&code=c", Refused::Callback),
            ("state=a&code=b&code=c", Refused::Callback),
            ("state=a&code=b&iss=c&iss=d", Refused::Callback),
            ("", Refused::Callback),
        ] {
            assert_eq!(Callback::parse(bad), Err(why), "{bad}");
        }
        assert_eq!(Callback::parse(&format!("state=a&code={}", "b".repeat(CALLBACK_BYTES_MAX))), Err(Refused::Callback));
    }
}
