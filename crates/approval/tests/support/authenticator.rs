//! An authenticator in software with a real key, and a browser around it that says whatever a test wants.

#![allow(dead_code, reason = "each file of tests uses the part it needs")]

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

pub(crate) const PRESENT: u8 = 0x01;
pub(crate) const VERIFIED: u8 = 0x04;
pub(crate) const BACKUP_ELIGIBLE: u8 = 0x08;
pub(crate) const BACKED_UP: u8 = 0x10;
const ATTESTED: u8 = 0x40;

/// What a browser asks, and what the authenticator shall say it saw.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) ceremony: String,
    pub(crate) origin: String,
    pub(crate) party: String,
    pub(crate) challenge: Vec<u8>,
    pub(crate) flags: u8,
    pub(crate) count: u32,
}

impl Ask {
    /// What an honest browser asks when a credential is to be made.
    pub(crate) fn create(origin: &str, party: &str, challenge: &[u8]) -> Self {
        Self {
            ceremony: "webauthn.create".to_owned(),
            origin: origin.to_owned(),
            party: party.to_owned(),
            challenge: challenge.to_vec(),
            flags: PRESENT | VERIFIED,
            count: 0,
        }
    }

    /// What it asks when one is to sign.
    pub(crate) fn get(origin: &str, party: &str, challenge: &[u8]) -> Self {
        Self { ceremony: "webauthn.get".to_owned(), ..Self::create(origin, party, challenge) }
    }

    /// The client data.
    pub(crate) fn client_data(&self) -> Vec<u8> {
        let challenge = URL_SAFE_NO_PAD.encode(&self.challenge);
        format!(r#"{{"type":"{}","challenge":"{challenge}","origin":"{}","crossOrigin":false}}"#, self.ceremony, self.origin).into_bytes()
    }

    fn head(&self, flags: u8) -> Vec<u8> {
        [sha256(self.party.as_bytes()).as_slice(), &[flags], &self.count.to_be_bytes()].concat()
    }
}

/// One credential.
pub(crate) struct Authenticator {
    pair: EcdsaKeyPair,
    pub(crate) id: Vec<u8>,
}

/// What comes back when it signs.
#[derive(Debug, Clone)]
pub(crate) struct Signed {
    pub(crate) client_data: Vec<u8>,
    pub(crate) authenticator_data: Vec<u8>,
    pub(crate) signature: Vec<u8>,
}

impl Authenticator {
    pub(crate) fn new(id: &[u8]) -> Self {
        Self { pair: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key"), id: id.to_vec() }
    }

    /// The point of its key, uncompressed.
    pub(crate) fn point(&self) -> Vec<u8> {
        self.pair.public_key().as_ref().to_vec()
    }

    /// Client data and an attestation object without an attestation.
    pub(crate) fn make(&self, ask: &Ask) -> (Vec<u8>, Vec<u8>) {
        (ask.client_data(), attestation("none", &[0xa0], &self.attested(ask)))
    }

    /// The same, vouched for by the credential itself.
    pub(crate) fn make_packed(&self, ask: &Ask) -> (Vec<u8>, Vec<u8>) {
        let (client_data, data) = (ask.client_data(), self.attested(ask));
        let signature = self.sign_bytes(&[data.as_slice(), &sha256(&client_data)].concat());
        let statement = [&[0xa2], text("alg").as_slice(), &[0x26], &text("sig"), &bytes(&signature)].concat();
        (client_data, attestation("packed", &statement, &data))
    }

    /// Signs what it is asked.
    pub(crate) fn sign(&self, ask: &Ask) -> Signed {
        let (client_data, authenticator_data) = (ask.client_data(), ask.head(ask.flags));
        let signature = self.sign_bytes(&[authenticator_data.as_slice(), &sha256(&client_data)].concat());
        Signed { client_data, authenticator_data, signature }
    }

    pub(crate) fn sign_bytes(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(&SystemRandom::new(), message).expect("a signature").as_ref().to_vec()
    }

    /// Authenticator data of a new credential.
    pub(crate) fn attested(&self, ask: &Ask) -> Vec<u8> {
        let id_bytes = u16::try_from(self.id.len()).expect("short").to_be_bytes();
        [ask.head(ask.flags | ATTESTED).as_slice(), &[0; 16], &id_bytes, &self.id, &self.cose()].concat()
    }

    fn cose(&self) -> Vec<u8> {
        let point = self.point();
        [&[0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21], bytes(&point[1..33]).as_slice(), &[0x22], &bytes(&point[33..])].concat()
    }
}

/// An attestation object.
pub(crate) fn attestation(format: &str, statement: &[u8], data: &[u8]) -> Vec<u8> {
    [&[0xa3], text("fmt").as_slice(), &text(format), &text("attStmt"), statement, &text("authData"), &bytes(data)].concat()
}

/// A text in CBOR, up to 23 bytes.
fn text(text: &str) -> Vec<u8> {
    [&[0x60 | u8::try_from(text.len()).expect("short")], text.as_bytes()].concat()
}

/// Bytes in CBOR.
fn bytes(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).expect("short");
    let head = match u8::try_from(length) {
        Ok(length) if length < 24 => vec![0x40 | length],
        Ok(length) => vec![0x58, length],
        Err(_) => [&[0x59], length.to_be_bytes().as_slice()].concat(),
    };
    [head.as_slice(), bytes].concat()
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref().to_vec()
}
