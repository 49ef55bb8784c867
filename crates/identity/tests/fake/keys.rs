//! Keys of the fake provider, and tokens signed with them: also such as no library would make.

use std::sync::OnceLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RSA_PKCS1_SHA512, RSA_PSS_SHA256,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

pub(crate) struct TestKey {
    pub(crate) kid: &'static str,
    kind: Kind,
}

enum Kind {
    Rsa(rsa::KeyPair),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

/// One RSA key for the whole run: making it takes a while.
pub(crate) fn rsa_key() -> &'static TestKey {
    static KEY: OnceLock<TestKey> = OnceLock::new();
    KEY.get_or_init(|| TestKey { kid: "rsa", kind: Kind::Rsa(rsa::KeyPair::generate(rsa::KeySize::Rsa2048).unwrap()) })
}

pub(crate) fn p256(kid: &'static str) -> TestKey {
    TestKey { kid, kind: Kind::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()) }
}

pub(crate) fn p384(kid: &'static str) -> TestKey {
    TestKey { kid, kind: Kind::P384(EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap()) }
}

pub(crate) fn ed(kid: &'static str) -> TestKey {
    TestKey { kid, kind: Kind::Ed(Ed25519KeyPair::generate().unwrap()) }
}

impl TestKey {
    pub(crate) fn jwk(&self) -> Value {
        let kid = self.kid;
        match &self.kind {
            Kind::Rsa(pair) => {
                let n = encode(pair.public_key().modulus().big_endian_without_leading_zero());
                let e = encode(pair.public_key().exponent().big_endian_without_leading_zero());
                json!({ "kty": "RSA", "use": "sig", "kid": kid, "n": n, "e": e })
            }
            Kind::P256(pair) | Kind::P384(pair) => {
                let point = &pair.public_key().as_ref()[1..];
                let (x, y) = point.split_at(point.len() / 2);
                let curve = if x.len() == 32 { "P-256" } else { "P-384" };
                json!({ "kty": "EC", "use": "sig", "kid": kid, "crv": curve, "x": encode(x), "y": encode(y) })
            }
            Kind::Ed(pair) => json!({ "kty": "OKP", "use": "sig", "kid": kid, "crv": "Ed25519", "x": encode(self.public_of(pair)) }),
        }
    }

    fn public_of<'a>(&self, pair: &'a Ed25519KeyPair) -> &'a [u8] {
        pair.public_key().as_ref()
    }

    /// What an attacker who only knows the public key has: its bytes, in the ways that libraries were once confused by.
    pub(crate) fn public_bytes(&self) -> Vec<Vec<u8>> {
        match &self.kind {
            Kind::Rsa(pair) => {
                let modulus = pair.public_key().modulus().big_endian_without_leading_zero().to_vec();
                vec![pair.public_key().as_ref().to_vec(), encode(&modulus).into_bytes(), modulus]
            }
            Kind::P256(pair) | Kind::P384(pair) => vec![pair.public_key().as_ref().to_vec(), pair.public_key().as_ref()[1..].to_vec()],
            Kind::Ed(pair) => vec![self.public_of(pair).to_vec()],
        }
    }

    /// A token signed with this algorithm.
    pub(crate) fn sign(&self, algorithm: &str, claims: &Value) -> String {
        self.sign_with(&json!({ "alg": algorithm, "typ": "JWT", "kid": self.kid }), claims)
    }

    /// A token with this header, signed as it says.
    pub(crate) fn sign_with(&self, header: &Value, claims: &Value) -> String {
        let message = message(header, claims);
        let random = SystemRandom::new();
        let signature = match (&self.kind, header["alg"].as_str().unwrap()) {
            (Kind::Rsa(pair), algorithm) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let padding: &dyn aws_lc_rs::signature::RsaEncoding = match algorithm {
                    "RS256" => &RSA_PKCS1_SHA256,
                    "RS512" => &RSA_PKCS1_SHA512,
                    "PS256" => &RSA_PSS_SHA256,
                    other => panic!("{other}"),
                };
                pair.sign(padding, &random, message.as_bytes(), &mut signature).unwrap();
                signature
            }
            (Kind::P256(pair) | Kind::P384(pair), _) => pair.sign(&random, message.as_bytes()).unwrap().as_ref().to_vec(),
            (Kind::Ed(pair), _) => pair.sign(message.as_bytes()).as_ref().to_vec(),
        };
        format!("{message}.{}", encode(&signature))
    }
}

/// A token without a signature, or with a wrong one.
pub(crate) fn with_signature(header: &Value, claims: &Value, signature: &[u8]) -> String {
    format!("{}.{}", message(header, claims), encode(signature))
}

/// A token signed with a shared secret.
pub(crate) fn hs256(kid: &str, claims: &Value, secret: &[u8]) -> String {
    let message = message(&json!({ "alg": "HS256", "typ": "JWT", "kid": kid }), claims);
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret);
    format!("{message}.{}", encode(aws_lc_rs::hmac::sign(&key, message.as_bytes()).as_ref()))
}

fn message(header: &Value, claims: &Value) -> String {
    format!("{}.{}", encode(header.to_string()), encode(claims.to_string()))
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
