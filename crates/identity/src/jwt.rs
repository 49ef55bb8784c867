//! Signatures of JSON Web Tokens, and nothing about what they claim.
//!
//! The caller says which algorithm and key it expects; a token does not choose. Time is checked by the callers, who know the instant.
//!
//! Source: RFC 7515, RFC 7519, RFC 8725.

use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde::de::DeserializeOwned;

/// Why a token is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadJwt {
    #[error("longer than a token may be")]
    TooLong,
    #[error("not a signed token")]
    Malformed,
    #[error("an algorithm that is not allowed")]
    Algorithm,
    #[error("a wrong signature")]
    Signature,
    #[error("claims that are not as they should be")]
    Claims,
}

/// Reads the header, of which nothing may be believed but which key to try.
pub(crate) fn header(token: &str, bytes_max: usize) -> Result<Header, BadJwt> {
    if token.len() > bytes_max {
        return Err(BadJwt::TooLong);
    }
    let header = jsonwebtoken::decode_header(token).map_err(|fault| match fault.kind() {
        jsonwebtoken::errors::ErrorKind::InvalidAlgorithmName | jsonwebtoken::errors::ErrorKind::InvalidAlgorithm => BadJwt::Algorithm,
        _ => BadJwt::Malformed,
    })?;
    // RFC 7515 section 4.1.11: whoever does not understand what is critical refuses. We understand nothing that could be.
    if header.crit.is_some() || header.enc.is_some() || header.zip.is_some() {
        return Err(BadJwt::Malformed);
    }
    Ok(header)
}

/// Checks the signature with this key and algorithm, and reads the claims.
pub(crate) fn claims<T: DeserializeOwned>(token: &str, key: &DecodingKey, algorithm: Algorithm) -> Result<T, BadJwt> {
    let mut signature_only = Validation::new(algorithm);
    signature_only.required_spec_claims.clear();
    signature_only.validate_exp = false;
    signature_only.validate_nbf = false;
    signature_only.validate_aud = false;
    jsonwebtoken::decode(token, key, &signature_only).map(|decoded| decoded.claims).map_err(|fault| match fault.kind() {
        jsonwebtoken::errors::ErrorKind::InvalidSignature => BadJwt::Signature,
        jsonwebtoken::errors::ErrorKind::InvalidAlgorithm | jsonwebtoken::errors::ErrorKind::InvalidAlgorithmName => BadJwt::Algorithm,
        jsonwebtoken::errors::ErrorKind::Json(_) => BadJwt::Claims,
        _ => BadJwt::Signature,
    })
}
