//! A credential that somebody has just made.
//!
//! Source: Web Authentication Level 3, sections 7.1, 8.2 (packed, by the credential itself) and 8.7 (none).

use minicbor::Decoder;

use super::authenticator_data::AuthenticatorData;
use super::cbor::{BadCbor, map, number, once, text};
use super::client_data::{self, Ceremony};
use super::{ATTESTATION_BYTES_MAX, Credential, Refused, RelyingParty, cose, signed_bytes};

/// A credential that was made for us, just now, by somebody who was verified.
///
/// Only [`register`] makes one. Who that somebody is, it does not say: the caller knows whom it gave the challenge to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    credential: Credential,
    model: [u8; 16],
}

impl Registered {
    /// The credential, to be kept.
    #[must_use]
    pub fn into_credential(self) -> Credential {
        self.credential
    }

    /// The credential.
    #[must_use]
    pub const fn credential(&self) -> &Credential {
        &self.credential
    }

    /// What the authenticator calls its model: a hint to name it by, and no proof. All zeros when it keeps that to itself.
    #[must_use]
    pub const fn model(&self) -> &[u8; 16] {
        &self.model
    }
}

/// The parts of an attestation object.
#[derive(Default)]
struct Attestation<'b> {
    format: Option<&'b str>,
    statement: Option<Statement<'b>>,
    data: Option<&'b [u8]>,
}

#[derive(Default)]
struct Statement<'b> {
    algorithm: Option<i64>,
    signature: Option<&'b [u8]>,
    /// Whether it holds anything else, such as certificates.
    more: bool,
}

/// Checks the answer of an authenticator that was asked to make a credential.
///
/// # Errors
/// With the first reason found.
pub fn register(party: &RelyingParty, challenge: &[u8], client_data: &[u8], attestation: &[u8]) -> Result<Registered, Refused> {
    client_data::check(client_data, Ceremony::Create, challenge, party)?;
    if attestation.len() > ATTESTATION_BYTES_MAX {
        return Err(Refused::TooLong);
    }
    let object = read(attestation).map_err(|BadCbor| Refused::BadAttestation)?;
    let (Some(format), Some(statement), Some(bytes)) = (object.format, object.statement, object.data) else {
        return Err(Refused::BadAttestation);
    };
    let data = AuthenticatorData::parse(bytes)?;
    data.check(party)?;
    let (sign_count, flags) = (data.sign_count, data.flags);
    let made = data.attested.ok_or(Refused::BadAuthenticatorData)?;
    match (format, statement) {
        ("none", Statement { algorithm: None, signature: None, more: false }) => {}
        // The credential vouches for itself, which proves that somebody holds its private half.
        ("packed", Statement { algorithm: Some(algorithm), signature: Some(signature), more: false }) => {
            let same = algorithm == cose::number_of(made.key.algorithm());
            if !same || !made.key.signed(&signed_bytes(bytes, client_data), signature) {
                return Err(Refused::BadSignature);
            }
        }
        ("none", _) => return Err(Refused::BadAttestation),
        _ => return Err(Refused::UnknownAttestation),
    }
    let credential =
        Credential { id: made.id, key: made.key, sign_count, backup_eligible: flags.backup_eligible(), backed_up: flags.backed_up() };
    Ok(Registered { credential, model: made.aaguid })
}

fn read(bytes: &[u8]) -> Result<Attestation<'_>, BadCbor> {
    let mut input = Decoder::new(bytes);
    let mut object = Attestation::default();
    map(&mut input, text, |key, input| match key {
        "fmt" => once(&mut object.format, text(input)?),
        "attStmt" => once(&mut object.statement, statement(input)?),
        "authData" => once(&mut object.data, input.bytes()?),
        _ => Err(BadCbor),
    })?;
    if input.position() == bytes.len() { Ok(object) } else { Err(BadCbor) }
}

fn statement<'b>(input: &mut Decoder<'b>) -> Result<Statement<'b>, BadCbor> {
    let mut statement = Statement::default();
    map(input, text, |key, input| match key {
        "alg" => once(&mut statement.algorithm, number(input)?),
        "sig" => once(&mut statement.signature, input.bytes()?),
        _ => {
            statement.more = true;
            super::cbor::pass(input)
        }
    })?;
    Ok(statement)
}
