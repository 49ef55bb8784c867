//! Public keys that people sign with, and whether one made a signature.
//!
//! A key has one text: `es256:BPl…`, `ed25519:11qY…`, `rs256:…`. A value of the type is a usable key: a point of its curve, not of small order,
//! or a modulus of a length that is still worth something.
//! Source: FIPS 186-5 (P-256 with SHA-256), RFC 8032 with the strict rules of `ed25519-dalek`, RFC 8017 section 8.2 (RS256).

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_FIXED, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use ed25519_dalek::VerifyingKey;

use crate::base64url;

/// Bytes of an RSA modulus at least: 2,048 bits.
pub const MODULUS_BYTES_MIN: usize = 256;
/// Bytes of an RSA modulus at most: 4,096 bits.
pub const MODULUS_BYTES_MAX: usize = 512;
/// The only public exponent that we take: 65,537, as everybody's is.
pub const EXPONENT: [u8; 3] = [1, 0, 1];
/// Bytes of the text of a key at most.
pub const KEY_TEXT_BYTES_MAX: usize = 1_024;
/// Bytes of a coordinate of P-256, and of the numbers of its signatures.
pub const P256_BYTES: usize = 32;

/// A public key.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey(Kind);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Kind {
    /// The point, uncompressed.
    P256([u8; 1 + 2 * P256_BYTES]),
    Ed25519([u8; 32]),
    /// The modulus, without leading zeros.
    Rsa(Vec<u8>),
}

/// How a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    Ed25519,
    /// RSA, PKCS #1 version 1.5, with SHA-256. Some security chips know no other.
    Rs256,
}

/// Bytes or text that are no key we take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a public key that can be used")]
pub struct BadKey;

impl PublicKey {
    /// A key on P-256 from its uncompressed point: `04`, X, Y.
    ///
    /// # Errors
    /// When it is no point of the curve.
    pub fn p256(point: &[u8]) -> Result<Self, BadKey> {
        let bytes = <[u8; 1 + 2 * P256_BYTES]>::try_from(point).map_err(|_| BadKey)?;
        // Compressed and hybrid points would be second spellings.
        if bytes.first() != Some(&4) {
            return Err(BadKey);
        }
        ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, bytes).map_err(|_| BadKey)?;
        Ok(Self(Kind::P256(bytes)))
    }

    /// An Ed25519 key.
    ///
    /// # Errors
    /// When it is no point, or one of small order, under which one signature holds for many messages.
    pub fn ed25519(bytes: &[u8]) -> Result<Self, BadKey> {
        let bytes = <[u8; 32]>::try_from(bytes).map_err(|_| BadKey)?;
        let key = VerifyingKey::from_bytes(&bytes).ok().filter(|key| !key.is_weak()).ok_or(BadKey)?;
        // A point written with a coordinate beyond the field is a second spelling of it.
        if key.to_bytes() == bytes && is_reduced(&bytes) { Ok(Self(Kind::Ed25519(bytes))) } else { Err(BadKey) }
    }

    /// An RSA key.
    ///
    /// # Errors
    /// When the modulus is even, too short or too long, or the exponent is not 65,537.
    pub fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<Self, BadKey> {
        let bounded = (MODULUS_BYTES_MIN..=MODULUS_BYTES_MAX).contains(&modulus.len());
        let full = modulus.first().is_some_and(|byte| byte & 0x80 != 0);
        let odd = modulus.last().is_some_and(|byte| byte & 1 == 1);
        if bounded && full && odd && exponent == EXPONENT { Ok(Self(Kind::Rsa(modulus.to_vec()))) } else { Err(BadKey) }
    }

    /// How it signs.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        match self.0 {
            Kind::P256(_) => Algorithm::Es256,
            Kind::Ed25519(_) => Algorithm::Ed25519,
            Kind::Rsa(_) => Algorithm::Rs256,
        }
    }

    /// Whether this key signed this message. A signature on P-256 is ASN.1, as passkeys write it.
    ///
    /// Another signature of the same key may hold for the same message; none may stand for the signature's identity.
    #[must_use]
    pub fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.0 {
            Kind::P256(point) => UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature).is_ok(),
            Kind::Ed25519(bytes) => ed25519_signed(bytes, message, signature),
            Kind::Rsa(modulus) => {
                let key = RsaPublicKeyComponents { n: modulus.as_slice(), e: EXPONENT.as_slice() };
                key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
            }
        }
    }

    /// The same for a signature on P-256 that is written as R and S of 32 bytes each; the other kinds have one way to write theirs.
    #[must_use]
    pub fn signed_fixed(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.0 {
            Kind::P256(point) => UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok(),
            Kind::Ed25519(_) | Kind::Rsa(_) => self.signed(message, signature),
        }
    }
}

fn ed25519_signed(key: &[u8; 32], message: &[u8], signature: &[u8]) -> bool {
    let (Ok(key), Ok(signature)) = (VerifyingKey::from_bytes(key), ed25519_dalek::Signature::from_slice(signature)) else { return false };
    key.verify_strict(message, &signature).is_ok()
}

/// Whether the coordinate of a point is below 2^255 - 19, sign bit aside. Little-endian.
fn is_reduced(bytes: &[u8; 32]) -> bool {
    let [low, middle @ .., high] = bytes;
    high & 0x7f != 0x7f || middle.iter().any(|byte| *byte != 0xff) || *low < 0xed
}

impl Algorithm {
    const fn word(self) -> &'static str {
        match self {
            Algorithm::Es256 => "es256",
            Algorithm::Ed25519 => "ed25519",
            Algorithm::Rs256 => "rs256",
        }
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = match &self.0 {
            Kind::P256(point) => point.as_slice(),
            Kind::Ed25519(bytes) => bytes.as_slice(),
            Kind::Rsa(modulus) => modulus.as_slice(),
        };
        write!(out, "{}:{}", self.algorithm().word(), base64url::text(bytes))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl FromStr for PublicKey {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        let (word, encoded) = text.split_once(':').ok_or(BadKey)?;
        let bytes = base64url::bytes(encoded, MODULUS_BYTES_MAX).ok_or(BadKey)?;
        match word {
            "es256" => Self::p256(&bytes),
            "ed25519" => Self::ed25519(&bytes),
            "rs256" => Self::rsa(&bytes, &EXPONENT),
            _ => Err(BadKey),
        }
    }
}

impl serde::Serialize for PublicKey {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for PublicKey {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(input)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};

    use super::*;

    #[test]
    fn a_key_reads_back_from_its_text() {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let key = PublicKey::p256(pair.public_key().as_ref()).unwrap();
        assert_eq!(key.to_string().parse(), Ok(key.clone()));
        assert!(key.to_string().replace("es256", "ed25519").parse::<PublicKey>().is_err());
        let signature = pair.sign(&SystemRandom::new(), b"yes").unwrap();
        assert!(key.signed(b"yes", signature.as_ref()));
        assert!(!key.signed(b"no", signature.as_ref()));
        assert!(!key.signed_fixed(b"yes", signature.as_ref()), "another way to write it");
    }

    #[test]
    fn what_is_no_point_of_the_curve_is_no_key() {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let mut point = pair.public_key().as_ref().to_vec();
        assert!(PublicKey::p256(&point[..64]).is_err());
        point[64] ^= 1;
        assert!(PublicKey::p256(&point).is_err(), "beside the curve");
        assert!(PublicKey::p256(&[0]).is_err() && PublicKey::p256(&[4; 65]).is_err(), "infinity, and no point");
        let compressed = [[2].as_slice(), &point[1..33]].concat();
        assert!(PublicKey::p256(&compressed).is_err(), "a second spelling");
    }

    #[test]
    fn keys_of_small_order_and_second_spellings_are_none() {
        let mut identity = [0; 32];
        identity[0] = 1;
        assert!(PublicKey::ed25519(&identity).is_err());
        assert!(PublicKey::ed25519(&[0; 32]).is_err());
        let mut beyond = [0xff; 32];
        (beyond[0], beyond[31]) = (0xed + 3, 0x7f);
        assert!(PublicKey::ed25519(&beyond).is_err(), "3 written as p + 3");
    }

    #[test]
    fn short_moduli_and_other_exponents_are_no_keys() {
        let mut modulus = vec![0xff; MODULUS_BYTES_MIN];
        assert!(PublicKey::rsa(&modulus, &EXPONENT).is_ok());
        assert!(PublicKey::rsa(&modulus, &[3]).is_err());
        assert!(PublicKey::rsa(&modulus[1..], &EXPONENT).is_err());
        modulus[0] = 0x7f;
        assert!(PublicKey::rsa(&modulus, &EXPONENT).is_err());
    }
}
