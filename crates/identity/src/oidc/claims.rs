//! What a token of the provider claims, and whether that is for us, now.

use assent_base::Timestamp;
use serde_json::{Map, Value};

use super::config::Config;
use super::flow::Flow;
use crate::opaque::Opaque;
use crate::time::later;

/// Bytes of a subject at most, as OpenID Connect has it.
const SUBJECT_BYTES_MAX: usize = 255;
/// Bytes of an address or name at most; a longer one is left out.
const TEXT_BYTES_MAX: usize = 320;
/// Groups of one person at most.
pub(crate) const GROUPS_MAX: usize = 1_000;
/// Bytes of a group's name at most.
const GROUP_BYTES_MAX: usize = 256;
/// Seconds that an ID token may be old when it arrives: it was made for this exchange.
const ID_TOKEN_AGE_S_MAX: u64 = 600;

/// Somebody whom the provider vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The provider.
    pub issuer: String,
    /// Who that is there. Issuer and subject together are who somebody is; nothing else is.
    pub subject: String,
    /// The address, a hint.
    pub email: Option<String>,
    /// Whether the provider has checked the address.
    pub email_verified: bool,
    /// The name, a hint.
    pub name: Option<String>,
    /// The groups, in order, each once.
    pub groups: Vec<String>,
}

/// What is not right about what was presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The query of the callback cannot be read.
    #[error("an unreadable callback")]
    Callback,
    /// Another browser began the sign-in, or none did.
    #[error("another browser")]
    Browser,
    /// The state is not that of this sign-in.
    #[error("a wrong state")]
    State,
    /// It took too long.
    #[error("the sign-in took too long")]
    FlowOver,
    /// Not a signed token of a form that we take.
    #[error("not a token")]
    NotAToken,
    /// An algorithm that is not allowed.
    #[error("an algorithm that is not allowed")]
    Algorithm,
    /// No key of the provider fits, or two do.
    #[error("an unknown key")]
    UnknownKey,
    /// The signature is wrong.
    #[error("a wrong signature")]
    Signature,
    /// Another issuer.
    #[error("another issuer")]
    Issuer,
    /// For somebody else.
    #[error("another audience")]
    Audience,
    /// Issued to somebody else.
    #[error("another authorized party")]
    AuthorizedParty,
    /// Its time is over.
    #[error("expired")]
    Expired,
    /// Its time has not come.
    #[error("not yet valid")]
    NotYet,
    /// Made too long ago for this sign-in.
    #[error("too old")]
    TooOld,
    /// Made for another sign-in.
    #[error("a wrong nonce")]
    Nonce,
    /// No subject.
    #[error("no subject")]
    Subject,
    /// Groups that cannot be read, or too many. Some providers list more than a few elsewhere; we do not guess.
    #[error("unreadable groups")]
    Groups,
    /// The API takes no tokens of this provider.
    #[error("no bearer tokens are taken")]
    NoBearer,
}

/// Checks an ID token's claims.
pub(crate) fn of_id_token(claims: &Map<String, Value>, config: &Config, flow: &Flow, now: Timestamp) -> Result<Person, Refused> {
    common(claims, config, &config.client_id, now)?;
    // Core 1.0 section 3.1.3.7, steps 3 to 5.
    let others = audiences(claims).is_some_and(|audiences| audiences.len() > 1);
    match claims.get("azp") {
        Some(Value::String(party)) if *party == config.client_id => {}
        Some(_) => return Err(Refused::AuthorizedParty),
        None if others => return Err(Refused::AuthorizedParty),
        None => {}
    }
    let issued_at = instant(claims, "iat")?.ok_or(Refused::NotYet)?;
    if now.as_second() > issued_at.saturating_add(seconds(ID_TOKEN_AGE_S_MAX.saturating_add(config.limits.skew_s))) {
        return Err(Refused::TooOld);
    }
    let nonce = text(claims, "nonce").and_then(Opaque::parse).ok_or(Refused::Nonce)?;
    if !flow.nonce().is(&nonce.hash()) {
        return Err(Refused::Nonce);
    }
    person(claims, config)
}

/// Checks a bearer token's claims.
pub(crate) fn of_bearer(claims: &Map<String, Value>, config: &Config, now: Timestamp) -> Result<Person, Refused> {
    let audience = config.api_audience.as_deref().ok_or(Refused::NoBearer)?;
    common(claims, config, audience, now)?;
    person(claims, config)
}

fn common(claims: &Map<String, Value>, config: &Config, audience: &str, now: Timestamp) -> Result<(), Refused> {
    if text(claims, "iss") != Some(&config.issuer) {
        return Err(Refused::Issuer);
    }
    if !audiences(claims).is_some_and(|audiences| audiences.contains(&audience)) {
        return Err(Refused::Audience);
    }
    let skew_s = seconds(config.limits.skew_s);
    let expires_at = instant(claims, "exp")?.ok_or(Refused::Expired)?;
    if now.as_second() >= expires_at.saturating_add(skew_s) {
        return Err(Refused::Expired);
    }
    for begins in ["nbf", "iat"] {
        if instant(claims, begins)?.is_some_and(|at| at > later(now, config.limits.skew_s).as_second()) {
            return Err(Refused::NotYet);
        }
    }
    Ok(())
}

fn person(claims: &Map<String, Value>, config: &Config) -> Result<Person, Refused> {
    let subject = text(claims, "sub").filter(|subject| !subject.is_empty() && subject.len() <= SUBJECT_BYTES_MAX);
    let hint = |name| text(claims, name).filter(|text| !text.is_empty() && text.len() <= TEXT_BYTES_MAX).map(str::to_owned);
    Ok(Person {
        issuer: config.issuer.clone(),
        subject: subject.ok_or(Refused::Subject)?.to_owned(),
        email: hint("email"),
        email_verified: claims.get("email_verified") == Some(&Value::Bool(true)),
        name: hint("name"),
        groups: groups(claims.get(&config.groups_claim))?,
    })
}

fn groups(claim: Option<&Value>) -> Result<Vec<String>, Refused> {
    let listed = match claim {
        None => return Ok(Vec::new()),
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(many)) if many.len() <= GROUPS_MAX => {
            many.iter().map(|group| group.as_str().map(str::to_owned).ok_or(Refused::Groups)).collect::<Result<_, _>>()?
        }
        Some(_) => return Err(Refused::Groups),
    };
    if listed.iter().any(|group| group.is_empty() || group.len() > GROUP_BYTES_MAX) {
        return Err(Refused::Groups);
    }
    let listed: std::collections::BTreeSet<String> = listed.into_iter().collect();
    Ok(listed.into_iter().collect())
}

fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}

/// The audiences; nothing if the claim is not text or a list of it.
fn audiences(claims: &Map<String, Value>) -> Option<Vec<&str>> {
    match claims.get("aud")? {
        Value::String(one) => Some(vec![one]),
        Value::Array(many) => many.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

/// A `NumericDate`, which may have a fraction.
fn instant(claims: &Map<String, Value>, name: &str) -> Result<Option<i64>, Refused> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let whole = value.as_i64().or_else(|| {
        let fraction = value.as_f64().filter(|seconds| seconds.is_finite() && seconds.abs() < 1e12)?;
        #[expect(clippy::cast_possible_truncation, reason = "bounded above")]
        let whole = fraction.floor() as i64;
        Some(whole)
    });
    whole.map(Some).ok_or(Refused::NotAToken)
}

fn seconds(span_s: u64) -> i64 {
    i64::try_from(span_s).unwrap_or(i64::MAX)
}
