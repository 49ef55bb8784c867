//! Public keys as C2SP writes them: `ledger.example+1d7d5d1c+AZ…`, which is name, key hash, and algorithm with key in base64.
//!
//! Source: C2SP signed-note and tlog-cosignature. Signatures are Ed25519 by the strict rules, under which a signature cannot be bent
//! into another one that holds as well.

use std::fmt;
use std::str::FromStr;

use assent_base::Digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::VerifyingKey;

/// The name of a key at most.
pub const KEY_NAME_BYTES_MAX: usize = 128;

/// What a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// The text of a note: what a log does.
    Ed25519,
    /// A checkpoint with the time it was seen: what a witness does.
    CosignatureV1,
}

/// A name and a public key.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: Box<str>,
    algorithm: Algorithm,
    key: VerifyingKey,
}

/// Why text is no verifier key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// The parts are not there, or not in the right alphabet.
    #[error("expected a key such as `ledger.example+1d7d5d1c+AZ…`")]
    NotAKey,
    /// An empty or overlong name, or one with spaces or `+`.
    #[error("the name of a key is 1 to {KEY_NAME_BYTES_MAX} bytes without spaces and `+`")]
    BadName,
    /// The hash in the middle belongs to another key.
    #[error("the key does not match its hash: it was changed or mixed with another")]
    WrongHash,
    /// An algorithm that we do not check.
    #[error("signature algorithm {0} is not known")]
    UnknownAlgorithm(u8),
    /// No point of the curve, or one of small order, for which anybody can sign.
    #[error("not a usable Ed25519 public key")]
    WeakKey,
}

impl Algorithm {
    const fn byte(self) -> u8 {
        match self {
            Self::Ed25519 => 1,
            Self::CosignatureV1 => 4,
        }
    }
}

impl VerifierKey {
    /// A key from its parts.
    ///
    /// # Errors
    /// When the name or the key cannot be used.
    pub fn new(name: &str, algorithm: Algorithm, public: [u8; 32]) -> Result<Self, BadKey> {
        let odd = |c: char| c.is_whitespace() || c.is_control() || c == '+';
        if name.is_empty() || name.len() > KEY_NAME_BYTES_MAX || name.contains(odd) {
            return Err(BadKey::BadName);
        }
        let key = VerifyingKey::from_bytes(&public).ok().filter(|key| !key.is_weak()).ok_or(BadKey::WeakKey)?;
        Ok(Self { name: name.into(), algorithm, key })
    }

    /// Whose key it is; for a log, its origin.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it signs.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The key hash, by which a signature names its key.
    #[must_use]
    pub fn id(&self) -> [u8; 4] {
        key_id(&self.name, self.algorithm.byte(), self.key.as_bytes())
    }

    /// Whether this key signed this message.
    #[must_use]
    pub fn signed(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature)).is_ok()
    }
}

fn key_id(name: &str, algorithm: u8, public: &[u8; 32]) -> [u8; 4] {
    let mut bytes = Vec::with_capacity(name.len() + 34);
    bytes.extend_from_slice(name.as_bytes());
    bytes.extend_from_slice(&[b'\n', algorithm]);
    bytes.extend_from_slice(public);
    let [a, b, c, d, ..] = *Digest::of(&bytes).as_bytes();
    [a, b, c, d]
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key: Vec<u8> = [self.algorithm.byte()].iter().chain(self.key.as_bytes()).copied().collect();
        write!(out, "{}+{:08x}+{}", self.name, u32::from_be_bytes(self.id()), STANDARD.encode(key))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl FromStr for VerifierKey {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(hash), Some(key)) = (parts.next(), parts.next(), parts.next()) else { return Err(BadKey::NotAKey) };
        if key.len() > 64 {
            return Err(BadKey::NotAKey);
        }
        let key = STANDARD.decode(key).map_err(|_| BadKey::NotAKey)?;
        let (algorithm, public) = key.split_first().ok_or(BadKey::NotAKey)?;
        let algorithm = match algorithm {
            1 => Algorithm::Ed25519,
            4 => Algorithm::CosignatureV1,
            other => return Err(BadKey::UnknownAlgorithm(*other)),
        };
        let public = public.try_into().map_err(|_| BadKey::NotAKey)?;
        let key = Self::new(name, algorithm, public)?;
        if format!("{:08x}", u32::from_be_bytes(key.id())) == hash { Ok(key) } else { Err(BadKey::WrongHash) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of the Go checksum database, as its documentation prints it.
    const KNOWN: &str = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";

    #[test]
    fn a_key_of_another_log_reads_and_prints_alike() {
        let key: VerifierKey = KNOWN.parse().unwrap();
        assert_eq!((key.name(), key.algorithm(), key.to_string()), ("sum.golang.org", Algorithm::Ed25519, KNOWN.to_owned()));
    }

    #[test]
    fn a_key_that_was_changed_anywhere_is_refused() {
        assert_eq!(KNOWN.replace("sum.", "sun.").parse::<VerifierKey>(), Err(BadKey::WrongHash));
        assert_eq!(KNOWN.replace("033d", "033e").parse::<VerifierKey>(), Err(BadKey::WrongHash));
        assert_eq!(KNOWN.replace("+Ac", "+A c").parse::<VerifierKey>(), Err(BadKey::NotAKey));
        assert_eq!(KNOWN.replace("+Ac", "+Bc").parse::<VerifierKey>(), Err(BadKey::UnknownAlgorithm(5)));
        assert_eq!(KNOWN.replace("sum.", "sum ").parse::<VerifierKey>(), Err(BadKey::BadName));
        assert_eq!("".parse::<VerifierKey>(), Err(BadKey::NotAKey));
    }

    #[test]
    fn a_point_of_small_order_is_no_key() {
        let mut identity = [0; 32];
        identity[0] = 1;
        assert_eq!(VerifierKey::new("ledger.example", Algorithm::Ed25519, identity), Err(BadKey::WeakKey));
    }
}
