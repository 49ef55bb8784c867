//! One signature, read and checked.

use aws_lc_rs::digest::{SHA256, SHA512, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::key::SshKey;
use super::wire::{BadWire, Wire, push_string};
use crate::key::Algorithm;

/// Bytes of the text of a signature at most. Those that we take have some 500.
pub const ARMOR_BYTES_MAX: usize = 4 * 1024;
/// Bytes of a namespace at most.
pub const NAMESPACE_BYTES_MAX: usize = 128;

const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
const END: &str = "-----END SSH SIGNATURE-----";
const MAGIC: &[u8] = b"SSHSIG";
const VERSION: u32 = 1;
/// What a security key saw.
const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;

/// Why a signature is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SshRefused {
    /// It is too long, or not in its frame of `BEGIN SSH SIGNATURE`.
    #[error("not a signature as `ssh-keygen -Y sign` writes it")]
    NotASignature,
    /// Another version, digest or kind of key; or a field that should be empty is not.
    #[error("a signature of a kind that is not taken")]
    UnknownKind,
    /// It is for another purpose.
    #[error("made for another namespace")]
    WrongNamespace,
    /// A security key signed that nobody had touched.
    #[error("nobody touched the security key")]
    NotPresent,
    /// It is not by this key over this message.
    #[error("the signature does not hold")]
    BadSignature,
}

impl From<BadWire> for SshRefused {
    fn from(_: BadWire) -> Self {
        Self::NotASignature
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hash {
    Sha256,
    Sha512,
}

/// What a security key adds to its signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Touch {
    flags: u8,
    count: u32,
}

/// A signature, read and not yet checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshSignature {
    key: SshKey,
    namespace: String,
    hash: Hash,
    /// An Ed25519 signature, or R and S.
    bytes: Vec<u8>,
    touch: Option<Touch>,
}

/// A signature that holds: this key, over this message, for this namespace.
///
/// Only [`SshSignature::verify`] makes one. Whose key it is, it does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshSigned {
    key: SshKey,
    verified: bool,
}

impl SshSigned {
    /// The key that signed.
    #[must_use]
    pub const fn key(&self) -> &SshKey {
        &self.key
    }

    /// Whether a security key says that it knew who touched it, by PIN or finger. A key of a file or an agent says nothing.
    #[must_use]
    pub const fn user_verified(&self) -> bool {
        self.verified
    }
}

impl SshSignature {
    /// Reads what `ssh-keygen -Y sign` writes.
    ///
    /// # Errors
    /// When it is not exactly that.
    pub fn parse(text: &str) -> Result<Self, SshRefused> {
        Self::from_blob(&unframed(text)?)
    }

    /// Reads what stands in the frame.
    ///
    /// # Errors
    /// When it is of another kind, or not exactly that.
    pub fn from_blob(blob: &[u8]) -> Result<Self, SshRefused> {
        if blob.len() > ARMOR_BYTES_MAX {
            return Err(SshRefused::NotASignature);
        }
        let mut wire = Wire(blob);
        if wire.take(MAGIC.len())? != MAGIC {
            return Err(SshRefused::NotASignature);
        }
        if wire.number()? != VERSION {
            return Err(SshRefused::UnknownKind);
        }
        let key = SshKey::from_blob(wire.string()?).map_err(|_| SshRefused::UnknownKind)?;
        let namespace = wire.text()?.to_owned();
        let reserved = wire.string()?;
        let hash = match wire.string()? {
            b"sha256" => Hash::Sha256,
            b"sha512" => Hash::Sha512,
            _ => return Err(SshRefused::UnknownKind),
        };
        if namespace.is_empty() || namespace.len() > NAMESPACE_BYTES_MAX || !reserved.is_empty() {
            return Err(SshRefused::UnknownKind);
        }
        let mut signature = Wire(wire.string()?);
        wire.end()?;
        if signature.text()? != key.kind() {
            return Err(SshRefused::UnknownKind);
        }
        let bytes = numbers(&key, signature.string()?)?;
        let touch = match key.application() {
            Some(_) => Some(Touch { flags: signature.byte()?, count: signature.number()? }),
            None => None,
        };
        signature.end()?;
        Ok(Self { key, namespace, hash, bytes, touch })
    }

    /// The key that it says made it: to find whose it is, before anything is proven.
    #[must_use]
    pub const fn key(&self) -> &SshKey {
        &self.key
    }

    /// Checks it over a message, for a namespace.
    ///
    /// # Errors
    /// With the first reason found.
    pub fn verify(&self, namespace: &str, message: &[u8]) -> Result<SshSigned, SshRefused> {
        if self.namespace != namespace {
            return Err(SshRefused::WrongNamespace);
        }
        let signed = signed_bytes(namespace, self.hash, message);
        let (bytes, verified) = match (self.key.application(), self.touch) {
            (Some(application), Some(touch)) => {
                if touch.flags & PRESENT == 0 {
                    return Err(SshRefused::NotPresent);
                }
                if touch.flags & !(PRESENT | VERIFIED) != 0 {
                    return Err(SshRefused::UnknownKind);
                }
                (touched_bytes(application, touch, &signed), touch.flags & VERIFIED != 0)
            }
            (None, None) => (signed, false),
            (Some(_), None) | (None, Some(_)) => return Err(SshRefused::UnknownKind),
        };
        if !self.key.key().signed_fixed(&bytes, &self.bytes) {
            return Err(SshRefused::BadSignature);
        }
        Ok(SshSigned { key: self.key.clone(), verified })
    }
}

/// What stands in the frame of `BEGIN SSH SIGNATURE`. Lines may end in the way of either kind of system, so the frame has more than one
/// spelling; what stands in it has one.
///
/// # Errors
/// When there is no such frame, or more.
pub fn unframed(text: &str) -> Result<Vec<u8>, SshRefused> {
    if text.len() > ARMOR_BYTES_MAX {
        return Err(SshRefused::NotASignature);
    }
    let mut lines = text.trim_end_matches(['\r', '\n']).lines().map(|line| line.trim_end_matches('\r'));
    if lines.next() != Some(BEGIN) || lines.next_back() != Some(END) {
        return Err(SshRefused::NotASignature);
    }
    let encoded: String = lines.collect();
    STANDARD.decode(encoded).map_err(|_| SshRefused::NotASignature)
}

/// The numbers of a signature, in the one way in which keys check them.
fn numbers(key: &SshKey, bytes: &[u8]) -> Result<Vec<u8>, SshRefused> {
    match key.key().algorithm() {
        Algorithm::Ed25519 if bytes.len() == 64 => Ok(bytes.to_vec()),
        Algorithm::Es256 => {
            let mut wire = Wire(bytes);
            let (r, s) = (wire.number_32()?, wire.number_32()?);
            wire.end()?;
            Ok([r, s].concat())
        }
        Algorithm::Ed25519 | Algorithm::Rs256 => Err(SshRefused::NotASignature),
    }
}

/// What is signed for a message: PROTOCOL.sshsig, section 3.
fn signed_bytes(namespace: &str, hash: Hash, message: &[u8]) -> Vec<u8> {
    let (name, algorithm) = match hash {
        Hash::Sha256 => ("sha256", &SHA256),
        Hash::Sha512 => ("sha512", &SHA512),
    };
    let mut bytes = MAGIC.to_vec();
    for part in [namespace.as_bytes(), b"", name.as_bytes(), digest(algorithm, message).as_ref()] {
        push_string(&mut bytes, part);
    }
    bytes
}

/// What a security key signs instead: PROTOCOL.u2f, "SSH U2F signatures".
fn touched_bytes(application: &str, touch: Touch, signed: &[u8]) -> Vec<u8> {
    let mut bytes = digest(&SHA256, application.as_bytes()).as_ref().to_vec();
    bytes.push(touch.flags);
    bytes.extend_from_slice(&touch.count.to_be_bytes());
    bytes.extend_from_slice(digest(&SHA256, signed).as_ref());
    bytes
}
