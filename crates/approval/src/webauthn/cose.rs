//! Public keys as authenticators write them.
//!
//! Source: RFC 9052 section 7, RFC 9053 sections 2 and 7, RFC 8230 section 4.

use minicbor::Decoder;
use minicbor::data::Type;

use super::Refused;
use super::cbor::{BadCbor, map, number, once};
use crate::key::{P256_BYTES, PublicKey};

const KEY_TYPE: i64 = 1;
const ALGORITHM: i64 = 3;
const OKP: i64 = 1;
const EC2: i64 = 2;
const RSA: i64 = 3;
const ES256: i64 = -7;
const EDDSA: i64 = -8;
const RS256: i64 = -257;
const P256: i64 = 1;
const ED25519: i64 = 6;

/// The parameters of a key: numbers or bytes.
#[derive(Default)]
struct Parameters<'b> {
    key_type: Option<i64>,
    algorithm: Option<i64>,
    /// -1: the curve, or the modulus.
    curve: Option<i64>,
    first: Option<&'b [u8]>,
    /// -2: X, or the exponent.
    second: Option<&'b [u8]>,
    /// -3: Y.
    third: Option<&'b [u8]>,
}

/// Reads one key, exactly as it is to be written for its kind.
pub(super) fn read(input: &mut Decoder<'_>) -> Result<PublicKey, Refused> {
    let mut read = Parameters::default();
    let entries = map(input, number, |label, input| match label {
        KEY_TYPE => once(&mut read.key_type, number(input)?),
        ALGORITHM => once(&mut read.algorithm, number(input)?),
        -1 if input.datatype()? == Type::Bytes => once(&mut read.first, input.bytes()?),
        -1 => once(&mut read.curve, number(input)?),
        -2 => once(&mut read.second, input.bytes()?),
        -3 => once(&mut read.third, input.bytes()?),
        _ => Err(BadCbor),
    });
    entries.map_err(|BadCbor| Refused::BadKey)?;
    let key = match (read.key_type, read.algorithm, read.curve, read.first, read.second, read.third) {
        (Some(EC2), Some(ES256), Some(P256), None, Some(x), Some(y)) if x.len() == P256_BYTES && y.len() == P256_BYTES => {
            PublicKey::p256(&[&[4], x, y].concat())
        }
        (Some(OKP), Some(EDDSA), Some(ED25519), None, Some(x), None) => PublicKey::ed25519(x),
        (Some(RSA), Some(RS256), None, Some(modulus), Some(exponent), None) => PublicKey::rsa(modulus, exponent),
        _ => return Err(Refused::BadKey),
    };
    key.map_err(|_| Refused::BadKey)
}

/// The algorithm's number, as attestations repeat it.
pub(super) const fn number_of(algorithm: crate::key::Algorithm) -> i64 {
    match algorithm {
        crate::key::Algorithm::Es256 => ES256,
        crate::key::Algorithm::Ed25519 => EDDSA,
        crate::key::Algorithm::Rs256 => RS256,
    }
}
