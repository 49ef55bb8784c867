//! Any bytes as what a browser and an authenticator say: nothing panics, and nothing made up is believed.
#![no_main]

use assent_approval::webauthn::{Assertion, Credential, RelyingParty, register};

/// What a browser says before anybody has made anything up.
const CHALLENGE: [u8; 32] = [7; 32];
const CLIENT_DATA: &[u8] =
    br#"{"type":"webauthn.create","challenge":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc","origin":"https://assent.example"}"#;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let party = RelyingParty::of_origin("https://assent.example").expect("a party");
    let _ = register(&party, &CHALLENGE, bytes, &[]);
    if let Ok(registered) = register(&party, &CHALLENGE, CLIENT_DATA, bytes) {
        let credential = registered.into_credential();
        assert!(!credential.backed_up || credential.backup_eligible);
        let kept = serde_json::to_vec(&credential).expect("JSON");
        assert_eq!(serde_json::from_slice::<Credential>(&kept).expect("a credential"), credential);
        let assertion = Assertion { client_data: CLIENT_DATA.to_vec(), authenticator_data: bytes.to_vec(), signature: bytes.to_vec() };
        assert!(credential.check(&party, &CHALLENGE, &assertion).is_err());
    }
});
