//! Registrations and signatures as Chromium hands them on.
//!
//! The vectors were made by Chromium 156 and its virtual authenticator at `http://localhost:8599`, with a challenge of 32 sevens, one for each
//! kind of key that we take and one for a passkey that is backed up.

use assent_approval::base64url;
use assent_approval::key::Algorithm;
use assent_approval::webauthn::{Assertion, Refused, RelyingParty, register};
use serde_json::Value;

const CHALLENGE: [u8; 32] = [7; 32];

#[test]
fn what_chromium_says_is_taken() {
    let party = RelyingParty::of_origin("http://localhost:8599").unwrap();
    let vectors: Vec<Value> = serde_json::from_str(include_str!("vectors/chromium.json")).unwrap();
    let mut seen = Vec::new();
    for vector in &vectors {
        let bytes = |name: &str| base64url::bytes(vector[name].as_str().unwrap(), 4_096).unwrap();
        let made = register(&party, &CHALLENGE, &bytes("registration_client_data"), &bytes("attestation")).unwrap();
        let credential = made.into_credential();
        assert_eq!(credential.id.text(), vector["id"].as_str().unwrap());
        let assertion =
            Assertion { client_data: bytes("client_data"), authenticator_data: bytes("authenticator_data"), signature: bytes("signature") };
        let asserted = credential.check(&party, &CHALLENGE, &assertion).unwrap();
        let after = credential.after(&asserted).unwrap();
        assert_eq!((credential.sign_count, after.sign_count), (1, 2));
        assert_eq!(after.after(&asserted), Err(Refused::CounterBack), "the same once more");
        seen.push((vector["name"].as_str().unwrap(), credential.key.algorithm(), after.backup_eligible, after.backed_up));

        let elsewhere = RelyingParty::of_origin("http://localhost:8473").unwrap();
        assert_eq!(credential.check(&elsewhere, &CHALLENGE, &assertion).unwrap_err(), Refused::WrongOrigin);
        assert_eq!(credential.check(&party, &[8; 32], &assertion).unwrap_err(), Refused::WrongChallenge);
    }
    assert_eq!(
        seen,
        [
            ("es256", Algorithm::Es256, false, false),
            ("eddsa", Algorithm::Ed25519, false, false),
            ("rs256", Algorithm::Rs256, false, false),
            ("backed_up", Algorithm::Es256, true, true),
        ]
    );
}
