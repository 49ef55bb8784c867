//! Public keys of SSH.
//!
//! Source: RFC 8709 section 4, RFC 5656 section 3.1, PROTOCOL.u2f of OpenSSH.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::wire::{BadWire, Wire};
use crate::key::{Algorithm, PublicKey};

/// Bytes of a key at most: a name, a point and an application.
pub const SSH_KEY_BYTES_MAX: usize = 512;
/// Bytes of the application of a security key at most.
const APPLICATION_BYTES_MAX: usize = 256;
/// The name of the curve.
const CURVE: &str = "nistp256";
const ED25519: &str = "ssh-ed25519";
const P256: &str = "ecdsa-sha2-nistp256";
const SK_ED25519: &str = "sk-ssh-ed25519@openssh.com";
const SK_P256: &str = "sk-ecdsa-sha2-nistp256@openssh.com";

/// An SSH key: what a line of `authorized_keys` calls `ssh-ed25519 AAAA…`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SshKey {
    key: PublicKey,
    /// What a security key is bound to; it signs with what it saw.
    application: Option<String>,
    /// As it is written.
    blob: Vec<u8>,
}

/// Text or bytes that are no SSH key we take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an SSH key that is taken: Ed25519 or ECDSA on P-256, such as `ssh-ed25519 AAAA…`")]
pub struct BadSshKey;

impl From<BadWire> for BadSshKey {
    fn from(_: BadWire) -> Self {
        Self
    }
}

impl SshKey {
    /// Reads a key as it travels in a signature.
    ///
    /// # Errors
    /// When it is of another kind, or has more than one reading.
    pub fn from_blob(blob: &[u8]) -> Result<Self, BadSshKey> {
        if blob.len() > SSH_KEY_BYTES_MAX {
            return Err(BadSshKey);
        }
        let mut wire = Wire(blob);
        let kind = wire.text()?;
        let key = match kind {
            ED25519 | SK_ED25519 => PublicKey::ed25519(wire.string()?),
            P256 | SK_P256 if wire.text()? == CURVE => PublicKey::p256(wire.string()?),
            _ => return Err(BadSshKey),
        };
        let application = match kind {
            SK_ED25519 | SK_P256 => Some(wire.text()?.to_owned()),
            _ => None,
        };
        wire.end()?;
        if application.as_ref().is_some_and(|name| name.is_empty() || name.len() > APPLICATION_BYTES_MAX) {
            return Err(BadSshKey);
        }
        Ok(Self { key: key.map_err(|_| BadSshKey)?, application, blob: blob.to_vec() })
    }

    /// What checks its signatures.
    #[must_use]
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// What a security key is bound to; none for a key of a file or an agent.
    #[must_use]
    pub fn application(&self) -> Option<&str> {
        self.application.as_deref()
    }

    /// As it travels.
    #[must_use]
    pub fn blob(&self) -> &[u8] {
        &self.blob
    }

    /// The name of its kind.
    pub(super) const fn kind(&self) -> &'static str {
        match (self.key.algorithm(), self.application.is_some()) {
            (Algorithm::Ed25519, false) => ED25519,
            (Algorithm::Ed25519, true) => SK_ED25519,
            (Algorithm::Es256 | Algorithm::Rs256, false) => P256,
            (Algorithm::Es256 | Algorithm::Rs256, true) => SK_P256,
        }
    }
}

impl fmt::Display for SshKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.kind(), STANDARD.encode(&self.blob))
    }
}

impl fmt::Debug for SshKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl FromStr for SshKey {
    type Err = BadSshKey;

    /// Reads kind and key, without a comment behind them.
    fn from_str(text: &str) -> Result<Self, BadSshKey> {
        let (kind, encoded) = text.split_once(' ').ok_or(BadSshKey)?;
        if encoded.len() > SSH_KEY_BYTES_MAX.saturating_mul(2) {
            return Err(BadSshKey);
        }
        let blob = STANDARD.decode(encoded).map_err(|_| BadSshKey)?;
        Self::from_blob(&blob).and_then(|key| if key.kind() == kind { Ok(key) } else { Err(BadSshKey) })
    }
}

impl serde::Serialize for SshKey {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for SshKey {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(input)?.parse().map_err(serde::de::Error::custom)
    }
}
