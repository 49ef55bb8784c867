//! Secrets without structure: 256 random bits that let whoever holds them in, and the hash that we keep of them.

use assent_base::{Digest, Secret};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::random::{self, NoRandomness};

/// Random bytes of a secret.
pub const SECRET_BYTES: usize = 32;
/// Characters of a secret's text.
pub const SECRET_CHARS: usize = 43;

/// A secret that we made. It prints as `[redacted]`, and its memory is overwritten when it goes.
#[derive(Clone)]
pub struct Opaque(Zeroizing<[u8; SECRET_BYTES]>);

/// What we keep of a secret. It is found by it, and shows nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretHash(Digest);

impl Opaque {
    /// A new secret.
    pub fn draw() -> Result<Self, NoRandomness> {
        random::bytes().map(|bytes| Self(Zeroizing::new(bytes)))
    }

    /// Reads what [`Opaque::text`] wrote: 43 characters, in the one way to write them.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != SECRET_CHARS {
            return None;
        }
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?);
        <[u8; SECRET_BYTES]>::try_from(bytes.as_slice()).ok().map(|bytes| Self(Zeroizing::new(bytes)))
    }

    /// Its text: base64url without padding.
    #[must_use]
    pub fn text(&self) -> Secret {
        Secret::new(URL_SAFE_NO_PAD.encode(self.0.as_slice()))
    }

    /// What we keep of it.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        SecretHash(Digest::of(self.0.as_slice()))
    }

    /// What we keep of it, bound to what it is for: the same secret elsewhere has another hash.
    #[must_use]
    pub fn hash_for(&self, purpose: &[&[u8]]) -> SecretHash {
        let mut parts = purpose.to_vec();
        parts.push(self.0.as_slice());
        SecretHash(Digest::of_parts(&parts))
    }

    /// Another secret that follows from this one, for this purpose.
    pub(crate) fn derive(&self, purpose: &[u8]) -> [u8; SECRET_BYTES] {
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, self.0.as_slice());
        let tag = aws_lc_rs::hmac::sign(&key, purpose);
        let mut derived = [0; SECRET_BYTES];
        for (to, from) in derived.iter_mut().zip(tag.as_ref()) {
            *to = *from;
        }
        derived
    }
}

impl SecretHash {
    /// The key to find the record by. It may stand in a database column and in a log.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.0
    }

    /// Compares in constant time.
    #[must_use]
    pub fn is(&self, other: &SecretHash) -> bool {
        same(self.0.as_bytes(), other.0.as_bytes())
    }
}

/// Compares in a time that depends on the lengths alone.
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(a, b).is_ok()
}

impl std::fmt::Debug for Opaque {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_reads_back_in_one_spelling_only() {
        let secret = Opaque::draw().unwrap();
        let text = secret.text();
        assert_eq!(Opaque::parse(text.expose()).unwrap().hash(), secret.hash());
        assert!(Opaque::parse(&format!("{}=", text.expose())).is_none());
        assert!(Opaque::parse(&text.expose()[1..]).is_none());
        // The last character carries four bits of the secret; the other two must be zero.
        assert!(Opaque::parse(&"A".repeat(42)).is_none());
        assert!(Opaque::parse(&format!("{}B", "A".repeat(42))).is_none());
        assert!(Opaque::parse(&format!("{}A", "A".repeat(42))).is_some());
    }

    #[test]
    fn a_secret_does_not_print() {
        assert_eq!(format!("{:?}", Opaque::draw().unwrap()), "[redacted]");
    }

    #[test]
    fn a_hash_is_bound_to_its_purpose() {
        let secret = Opaque::draw().unwrap();
        assert!(!secret.hash_for(&[b"a"]).is(&secret.hash_for(&[b"b"])));
        assert!(secret.hash_for(&[b"a"]).is(&secret.hash_for(&[b"a"])));
    }
}
