//! Passkeys: what an authenticator says when it makes a credential, and when it signs with one.
//!
//! Ours and complete, because a person's assent is a signature over a digest that the caller gives: the challenge is an argument here, and no
//! library in between draws one. A value of [`Registered`] or [`Asserted`] has passed every check that does not need memory; the counter,
//! which does, is [`Credential::after`].
//!
//! For example: the platform asks with 32 random bytes for `assent.example`; Ada touches her key; [`register`] gives her credential. Weeks later
//! [`Credential::check`] takes the digest of a statement as the challenge, and says whether that key, at that site, with her finger, signed it.
//!
//! Attestation is read so far as to refuse what is malformed, and believed for nothing: which maker built an authenticator is not known here.
//! Errors: [`Refused`], the first reason found. Everything is bounded before it is read.
//! Source: Web Authentication Level 3, sections 6.1, 6.5, 7.1, 7.2 and 8; CTAP 2.1 section 8 for CBOR; RFC 9053 for keys.

use serde::{Deserialize, Serialize};

use crate::base64url;
use crate::key::PublicKey;

mod authenticator_data;
mod cbor;
mod client_data;
mod cose;
mod party;
mod registration;

pub use party::{BadParty, RelyingParty};
pub use registration::{Registered, register};

use authenticator_data::AuthenticatorData;
use client_data::Ceremony;

/// Bytes of a challenge at least: a guess must be hopeless.
pub const CHALLENGE_BYTES_MIN: usize = 16;
/// Bytes of a challenge at most: the digests that we know are shorter.
pub const CHALLENGE_BYTES_MAX: usize = 64;
/// Bytes of client data at most. Browsers write some 150.
pub const CLIENT_DATA_BYTES_MAX: usize = 4 * 1024;
/// Bytes of authenticator data at most: an id, an RSA key and room for extensions.
pub const AUTHENTICATOR_DATA_BYTES_MAX: usize = 4 * 1024;
/// Bytes of an attestation object at most.
pub const ATTESTATION_BYTES_MAX: usize = 8 * 1024;
/// Bytes of a credential's id at most: section 5.1 of the standard.
pub const CREDENTIAL_ID_BYTES_MAX: usize = 1_023;
/// Bytes of a signature at most: that of the longest RSA key.
pub const SIGNATURE_BYTES_MAX: usize = crate::key::MODULUS_BYTES_MAX;

/// Why something of an authenticator is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// More bytes than any authenticator sends.
    #[error("more bytes than an authenticator sends")]
    TooLong,
    /// The challenge that was to be signed is too short or too long to be one.
    #[error("a challenge has {CHALLENGE_BYTES_MIN} to {CHALLENGE_BYTES_MAX} bytes")]
    BadChallenge,
    /// Client data that cannot be read.
    #[error("the client data cannot be read")]
    BadClientData,
    /// A signature of one ceremony for another.
    #[error("made for another ceremony")]
    WrongCeremony,
    /// Another challenge was signed.
    #[error("made for another challenge")]
    WrongChallenge,
    /// Another site asked.
    #[error("made at another origin")]
    WrongOrigin,
    /// A page inside another site's page asked.
    #[error("made inside a page of another site")]
    CrossOrigin,
    /// Authenticator data that cannot be read, or that says more than it may.
    #[error("the authenticator data cannot be read")]
    BadAuthenticatorData,
    /// Made for another relying party.
    #[error("made for another relying party")]
    WrongParty,
    /// Nobody was there.
    #[error("nobody was present")]
    NotPresent,
    /// Somebody was there, and it is not known who.
    #[error("the user was not verified")]
    NotVerified,
    /// Backed up, and not able to be: no authenticator says this.
    #[error("the backup flags contradict each other")]
    BadBackup,
    /// A key of a kind that we do not take, or none.
    #[error("not a key that is taken")]
    BadKey,
    /// A credential whose id is empty or too long.
    #[error("a credential's id has 1 to {CREDENTIAL_ID_BYTES_MAX} bytes")]
    BadCredentialId,
    /// An attestation object that cannot be read.
    #[error("the attestation cannot be read")]
    BadAttestation,
    /// An attestation of a kind that we did not ask for.
    #[error("an attestation of a kind that was not asked for")]
    UnknownAttestation,
    /// The signature is not by this key over this.
    #[error("the signature does not hold")]
    BadSignature,
    /// The counter did not go forward: there may be two of this authenticator.
    #[error("the counter did not go forward: the authenticator may have been cloned")]
    CounterBack,
}

/// The id that an authenticator gave to a credential.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CredentialId(#[serde(with = "crate::base64url")] Vec<u8>);

impl CredentialId {
    /// An id of these bytes.
    ///
    /// # Errors
    /// When there are none or too many.
    pub fn new(bytes: &[u8]) -> Result<Self, Refused> {
        if (1..=CREDENTIAL_ID_BYTES_MAX).contains(&bytes.len()) { Ok(Self(bytes.to_vec())) } else { Err(Refused::BadCredentialId) }
    }

    /// Reads what [`CredentialId::text`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        base64url::bytes(text, CREDENTIAL_ID_BYTES_MAX).and_then(|bytes| Self::new(&bytes).ok())
    }

    /// As text, in base64url.
    #[must_use]
    pub fn text(&self) -> String {
        base64url::text(&self.0)
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A credential that somebody registered, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// Its id.
    pub id: CredentialId,
    /// What checks its signatures.
    pub key: PublicKey,
    /// How often it has signed, if it counts; 0 if it does not.
    pub sign_count: u32,
    /// Whether it can be on several devices. It is so or not for its whole life.
    pub backup_eligible: bool,
    /// Whether it was backed up when it last signed.
    pub backed_up: bool,
}

/// What an authenticator answers when it signs, as the browser hands it on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assertion {
    /// What the browser says it was asked: JSON.
    #[serde(with = "crate::base64url")]
    pub client_data: Vec<u8>,
    /// What the authenticator says it saw.
    #[serde(with = "crate::base64url")]
    pub authenticator_data: Vec<u8>,
    /// Its signature over both.
    #[serde(with = "crate::base64url")]
    pub signature: Vec<u8>,
}

/// A signature that holds: this credential, for this relying party, over this challenge, with a verified user.
///
/// Only [`Credential::check`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asserted {
    credential: CredentialId,
    sign_count: u32,
    backed_up: bool,
}

impl Asserted {
    /// Which credential signed.
    #[must_use]
    pub const fn credential(&self) -> &CredentialId {
        &self.credential
    }

    /// How often it says it has signed.
    #[must_use]
    pub const fn sign_count(&self) -> u32 {
        self.sign_count
    }
}

impl Credential {
    /// Checks a signature over a challenge. Whether the counter went forward is for [`Credential::after`]: who only holds a key has no count.
    ///
    /// # Errors
    /// With the first reason found.
    pub fn check(&self, party: &RelyingParty, challenge: &[u8], assertion: &Assertion) -> Result<Asserted, Refused> {
        if assertion.signature.len() > SIGNATURE_BYTES_MAX {
            return Err(Refused::TooLong);
        }
        client_data::check(&assertion.client_data, Ceremony::Get, challenge, party)?;
        let data = AuthenticatorData::parse(&assertion.authenticator_data)?;
        data.check(party)?;
        if data.attested.is_some() {
            // A new credential has no place in a signature of an old one.
            return Err(Refused::BadAuthenticatorData);
        }
        if data.flags.backup_eligible() != self.backup_eligible {
            return Err(Refused::BadBackup);
        }
        if !self.key.signed(&signed_bytes(&assertion.authenticator_data, &assertion.client_data), &assertion.signature) {
            return Err(Refused::BadSignature);
        }
        Ok(Asserted { credential: self.id.clone(), sign_count: data.sign_count, backed_up: data.flags.backed_up() })
    }

    /// The credential after it signed: to be kept in place of this one before anything comes of the signature.
    ///
    /// # Errors
    /// When the counter did not go forward, or another credential signed.
    pub fn after(&self, asserted: &Asserted) -> Result<Self, Refused> {
        if asserted.credential != self.id {
            return Err(Refused::BadSignature);
        }
        // Section 7.2, step 22. An authenticator that does not count says 0 for ever.
        let counts = self.sign_count != 0 || asserted.sign_count != 0;
        if counts && asserted.sign_count <= self.sign_count {
            return Err(Refused::CounterBack);
        }
        Ok(Self { sign_count: asserted.sign_count, backed_up: asserted.backed_up, ..self.clone() })
    }
}

/// Section 6.3.3, step 11: the authenticator's data, and the digest of the client's.
fn signed_bytes(authenticator_data: &[u8], client_data: &[u8]) -> Vec<u8> {
    [authenticator_data, assent_base::Digest::of(client_data).as_bytes()].concat()
}
