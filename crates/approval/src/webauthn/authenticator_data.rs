//! What the authenticator says it saw.
//!
//! Source: Web Authentication Level 3, sections 6.1 and 6.5.1.

use minicbor::Decoder;

use super::cbor::{self, BadCbor};
use super::{AUTHENTICATOR_DATA_BYTES_MAX, CredentialId, Refused, RelyingParty, cose};
use crate::key::PublicKey;

const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const ATTESTED: u8 = 0x40;
const EXTENSIONS: u8 = 0x80;
/// What has no meaning yet.
const RESERVED: u8 = !(PRESENT | VERIFIED | BACKUP_ELIGIBLE | BACKED_UP | ATTESTED | EXTENSIONS);

/// What the authenticator saw, in bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Flags(u8);

impl Flags {
    const fn has(self, bit: u8) -> bool {
        self.0 & bit != 0
    }

    pub(super) const fn backup_eligible(self) -> bool {
        self.has(BACKUP_ELIGIBLE)
    }

    pub(super) const fn backed_up(self) -> bool {
        self.has(BACKED_UP)
    }
}

/// A credential that was just made.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Attested {
    pub(super) aaguid: [u8; 16],
    pub(super) id: CredentialId,
    pub(super) key: PublicKey,
}

/// Authenticator data, read and not yet judged.
#[derive(Debug)]
pub(super) struct AuthenticatorData<'a> {
    party_hash: &'a [u8],
    pub(super) flags: Flags,
    pub(super) sign_count: u32,
    pub(super) attested: Option<Attested>,
}

impl<'a> AuthenticatorData<'a> {
    /// Reads all of the bytes.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, Refused> {
        if bytes.len() > AUTHENTICATOR_DATA_BYTES_MAX {
            return Err(Refused::TooLong);
        }
        let mut rest = bytes;
        let party_hash = take(&mut rest, 32)?;
        let flags = Flags(take_array::<1>(&mut rest)?[0]);
        let sign_count = u32::from_be_bytes(take_array(&mut rest)?);
        if flags.has(RESERVED) {
            return Err(Refused::BadAuthenticatorData);
        }
        let attested = if flags.has(ATTESTED) { Some(attested(&mut rest)?) } else { None };
        if flags.has(EXTENSIONS) {
            extensions(&mut rest)?;
        }
        if rest.is_empty() { Ok(Self { party_hash, flags, sign_count, attested }) } else { Err(Refused::BadAuthenticatorData) }
    }

    /// Checks what holds for making a credential and for signing alike.
    pub(super) fn check(&self, party: &RelyingParty) -> Result<(), Refused> {
        if self.party_hash != party.id_hash().as_bytes() {
            return Err(Refused::WrongParty);
        }
        if !self.flags.has(PRESENT) {
            return Err(Refused::NotPresent);
        }
        if !self.flags.has(VERIFIED) {
            return Err(Refused::NotVerified);
        }
        if self.flags.backed_up() && !self.flags.backup_eligible() {
            return Err(Refused::BadBackup);
        }
        Ok(())
    }
}

fn attested(rest: &mut &[u8]) -> Result<Attested, Refused> {
    let aaguid = take_array(rest)?;
    let id_bytes = usize::from(u16::from_be_bytes(take_array(rest)?));
    let id = CredentialId::new(take(rest, id_bytes)?)?;
    let mut input = Decoder::new(rest);
    let key = cose::read(&mut input)?;
    *rest = rest.get(input.position()..).unwrap_or_default();
    Ok(Attested { aaguid, id, key })
}

/// We ask for no extension, and authenticators may add some all the same: they must be a map by the name of each, and say nothing to us.
fn extensions(rest: &mut &[u8]) -> Result<(), Refused> {
    let mut input = Decoder::new(rest);
    let read = cbor::map(&mut input, cbor::text, |_, input| cbor::pass(input));
    read.map_err(|BadCbor| Refused::BadAuthenticatorData)?;
    *rest = rest.get(input.position()..).unwrap_or_default();
    Ok(())
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Result<&'a [u8], Refused> {
    let (taken, left) = rest.split_at_checked(count).ok_or(Refused::BadAuthenticatorData)?;
    *rest = left;
    Ok(taken)
}

fn take_array<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], Refused> {
    take(rest, N)?.try_into().map_err(|_| Refused::BadAuthenticatorData)
}
