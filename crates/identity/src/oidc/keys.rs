//! The provider's keys.

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;

use super::OidcError;
use super::claims::Refused;

/// Keys of a provider at most.
pub(crate) const KEYS_MAX: usize = 100;
/// Algorithms that tokens of a provider may be signed with. All are asymmetric: a secret that both sides know proves nothing here.
pub(crate) const ALGORITHMS: &[Algorithm] = &[Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::ES384, Algorithm::EdDSA];

/// A key that can verify.
#[derive(Clone)]
pub(crate) struct ProviderKey {
    kid: Option<String>,
    algorithms: Vec<Algorithm>,
    key: DecodingKey,
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<serde_json::Value>,
}

/// Reads a key set. Keys that we cannot use are left out: providers list keys for other purposes, and of kinds to come.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<ProviderKey>, OidcError> {
    let set: Set = serde_json::from_slice(bytes).map_err(|_| OidcError::BadAnswer("key set", "not a JSON key set".to_owned()))?;
    if set.keys.len() > KEYS_MAX {
        return Err(OidcError::BadAnswer("key set", format!("more than {KEYS_MAX} keys")));
    }
    Ok(set.keys.into_iter().filter_map(|value| serde_json::from_value(value).ok()).filter_map(|jwk: Jwk| usable(&jwk)).collect())
}

fn usable(jwk: &Jwk) -> Option<ProviderKey> {
    match jwk.common.public_key_use {
        Some(PublicKeyUse::Signature) | None => {}
        Some(_) => return None,
    }
    let of_kind: &[Algorithm] = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => &[Algorithm::RS256, Algorithm::PS256],
        AlgorithmParameters::EllipticCurve(parameters) => match parameters.curve {
            EllipticCurve::P256 => &[Algorithm::ES256],
            EllipticCurve::P384 => &[Algorithm::ES384],
            _ => return None,
        },
        AlgorithmParameters::OctetKeyPair(parameters) => match parameters.curve {
            EllipticCurve::Ed25519 => &[Algorithm::EdDSA],
            _ => return None,
        },
        // Shared secrets, and kinds to come.
        _ => return None,
    };
    // A key that names its algorithm is for no other.
    let named = jwk.common.key_algorithm.as_ref().map(ToString::to_string);
    let algorithms: Vec<Algorithm> =
        of_kind.iter().copied().filter(|algorithm| named.as_ref().is_none_or(|named| *named == format!("{algorithm:?}"))).collect();
    let key = DecodingKey::from_jwk(jwk).ok()?;
    (!algorithms.is_empty()).then(|| ProviderKey { kid: jwk.common.key_id.clone(), algorithms, key })
}

/// The one key for this name and algorithm. Two that fit are none.
pub(crate) fn find<'a>(keys: &'a [ProviderKey], kid: Option<&str>, algorithm: Algorithm) -> Result<&'a DecodingKey, Refused> {
    let mut fitting =
        keys.iter().filter(|key| key.algorithms.contains(&algorithm) && kid.is_none_or(|kid| key.kid.as_deref() == Some(kid)));
    match (fitting.next(), fitting.next()) {
        (Some(key), None) => Ok(&key.key),
        (None, _) | (Some(_), Some(_)) => Err(Refused::UnknownKey),
    }
}
