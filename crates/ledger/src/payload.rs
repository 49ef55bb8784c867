//! The payload of a record: who, to what, and what else, in plain. It is sealed with the tenant's key before it is kept.
//!
//! The record commits to the SHA-256 of these canonical bytes. They hold 32 random bytes of salt: whoever has only the record cannot
//! try out who the actor was, and whoever can open the payload can check with `sha256sum` that it is the one recorded.

use assent_base::Digest;
use serde::{Deserialize, Serialize};

use crate::bundle::PAYLOAD_BYTES_MAX;

/// Random bytes in each payload.
pub const SALT_BYTES: usize = 32;
/// Up to here, every integer is a double.
const INTEGER_MAX: u64 = 1 << 53;

/// What a record is about, in plain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payload {
    /// Who: `account:acc_…`, `key:key_…`, `observer:cls_…`, `platform`.
    pub actor: String,
    /// What else there is to know.
    pub details: serde_json::Value,
    salt: String,
    /// To what: an id.
    pub subject: String,
}

/// Why bytes are no payload, or a payload has no canonical bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPayload {
    /// More bytes than a payload has.
    #[error("longer than {PAYLOAD_BYTES_MAX} bytes")]
    TooLong,
    /// No JSON, or other fields.
    #[error("not a payload: {cause}")]
    NotAPayload {
        /// What the parser said.
        cause: String,
    },
    /// Another spelling than the canonical one, or a number that canonical JSON cannot hold exactly.
    #[error("not in canonical form")]
    NotCanonical,
    /// It is not the payload of this record.
    #[error("not the payload that the record commits to")]
    NotCommitted,
}

impl Payload {
    /// A payload. The salt must be drawn at random for each, by the caller.
    #[must_use]
    pub fn new(actor: String, subject: String, details: serde_json::Value, salt: [u8; SALT_BYTES]) -> Self {
        let salt = salt.iter().map(|byte| format!("{byte:02x}")).collect();
        Self { actor, details, salt, subject }
    }

    /// The bytes to seal, and the commitment that goes into the record.
    ///
    /// # Errors
    /// When they would be too long, or would not read back as this payload: canonical JSON has no integers beyond 2^53.
    pub fn canonical(&self) -> Result<(Vec<u8>, Digest), BadPayload> {
        let bytes = serde_json_canonicalizer::to_vec(self).map_err(|cause| BadPayload::NotAPayload { cause: cause.to_string() })?;
        Self::parse(&bytes)?;
        if !is_exact(&self.details) {
            return Err(BadPayload::NotCanonical);
        }
        let commitment = Digest::of(&bytes);
        Ok((bytes, commitment))
    }

    /// Reads a payload that was opened, and checks that it is the one committed to.
    ///
    /// # Errors
    /// When it is another, or is none.
    pub fn open(bytes: &[u8], commitment: &Digest) -> Result<Self, BadPayload> {
        if Digest::of(bytes) == *commitment { Self::parse(bytes) } else { Err(BadPayload::NotCommitted) }
    }

    fn parse(bytes: &[u8]) -> Result<Self, BadPayload> {
        if bytes.len() > PAYLOAD_BYTES_MAX {
            return Err(BadPayload::TooLong);
        }
        let payload: Self = serde_json::from_slice(bytes).map_err(|cause| BadPayload::NotAPayload { cause: cause.to_string() })?;
        let again = serde_json_canonicalizer::to_vec(&payload).map_err(|cause| BadPayload::NotAPayload { cause: cause.to_string() })?;
        let salted = payload.salt.len() == 2 * SALT_BYTES && payload.salt.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if again == bytes && salted { Ok(payload) } else { Err(BadPayload::NotCanonical) }
    }
}

/// Whether every integer survives canonical JSON, whose numbers are doubles.
fn is_exact(value: &serde_json::Value) -> bool {
    use serde_json::Value;
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => true,
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(signed), _) => signed.unsigned_abs() <= INTEGER_MAX,
            (None, Some(_)) => false,
            (None, None) => true,
        },
        Value::Array(items) => items.iter().all(is_exact),
        Value::Object(fields) => fields.values().all(is_exact),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_payload_opens_only_under_its_commitment() {
        let (bytes, commitment) = payload(json!({"reason": "known", "count": 3})).canonical().unwrap();
        assert_eq!(Payload::open(&bytes, &commitment).unwrap().subject, "inc_1");
        assert_eq!(Payload::open(&bytes, &Digest::of(b"another")), Err(BadPayload::NotCommitted));
    }

    #[test]
    fn the_salt_keeps_equal_payloads_apart() {
        let other = Payload::new("platform".to_owned(), "inc_1".to_owned(), json!({}), [8; SALT_BYTES]);
        assert_ne!(payload(json!({})).canonical().unwrap().1, other.canonical().unwrap().1);
    }

    #[test]
    fn what_would_not_read_back_is_refused() {
        assert_eq!(payload(json!("x".repeat(PAYLOAD_BYTES_MAX))).canonical(), Err(BadPayload::TooLong));
        assert_eq!(payload(json!([{"n": (1_u64 << 53) + 1}])).canonical(), Err(BadPayload::NotCanonical));
        assert!(payload(json!([1.0, 1u64 << 53, -7])).canonical().is_ok());
        let unsalted = br#"{"actor":"platform","details":{},"salt":"07","subject":"inc_1"}"#;
        assert_eq!(Payload::open(unsalted, &Digest::of(unsalted)), Err(BadPayload::NotCanonical));
        let more = br#"{"actor":"platform","details":{},"more":1,"salt":"07","subject":"inc_1"}"#;
        assert!(matches!(Payload::open(more, &Digest::of(more)), Err(BadPayload::NotAPayload { .. })));
    }

    fn payload(details: serde_json::Value) -> Payload {
        Payload::new("platform".to_owned(), "inc_1".to_owned(), details, [7; SALT_BYTES])
    }
}
