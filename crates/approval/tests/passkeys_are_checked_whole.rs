//! What an authenticator signed holds for the site, the challenge, the ceremony and the key that it was for, and for nothing else.

use crate::support::authenticator::{Ask, Authenticator, BACKED_UP, BACKUP_ELIGIBLE, PRESENT, Signed, VERIFIED, attestation};
use assent_approval::webauthn::{Assertion, Credential, CredentialId, Refused, RelyingParty, register};
use proptest::prelude::*;

const ORIGIN: &str = "https://assent.example";
const PARTY: &str = "assent.example";
const CHALLENGE: [u8; 32] = [7; 32];

#[test]
fn a_credential_is_registered_and_signs() {
    let authenticator = Authenticator::new(b"credential");
    for (client_data, attestation) in [authenticator.make(&create()), authenticator.make_packed(&create())] {
        let registered = register(&party(), &CHALLENGE, &client_data, &attestation).unwrap();
        assert_eq!(registered.model(), &[0; 16]);
        let credential = registered.into_credential();
        assert_eq!(credential.id.as_bytes(), b"credential");
        assert_eq!(CredentialId::parse(&credential.id.text()), Some(credential.id.clone()));
        let asserted = credential.check(&party(), &CHALLENGE, &assertion(authenticator.sign(&get()))).unwrap();
        assert_eq!(asserted.credential(), &credential.id);
        assert_eq!(credential.after(&asserted), Ok(credential.clone()), "an authenticator that does not count");
        let kept = serde_json::to_string(&credential).unwrap();
        assert_eq!(serde_json::from_str::<Credential>(&kept).unwrap(), credential);
    }
}

#[test]
fn a_registration_for_anything_else_is_refused() {
    let authenticator = Authenticator::new(b"credential");
    for (ask, why) in [
        (Ask { ceremony: "webauthn.get".to_owned(), ..create() }, Refused::WrongCeremony),
        (Ask { challenge: vec![8; 32], ..create() }, Refused::WrongChallenge),
        (Ask { origin: "https://evil.example".to_owned(), ..create() }, Refused::WrongOrigin),
        (Ask { party: "evil.example".to_owned(), ..create() }, Refused::WrongParty),
        (Ask { flags: VERIFIED, ..create() }, Refused::NotPresent),
        (Ask { flags: PRESENT, ..create() }, Refused::NotVerified),
        (Ask { flags: PRESENT | VERIFIED | BACKED_UP, ..create() }, Refused::BadBackup),
        (Ask { flags: PRESENT | VERIFIED | 0x02, ..create() }, Refused::BadAuthenticatorData),
    ] {
        let (client_data, attestation) = authenticator.make(&ask);
        assert_eq!(register(&party(), &CHALLENGE, &client_data, &attestation).unwrap_err(), why, "{ask:?}");
    }
}

#[test]
fn an_attestation_that_was_not_asked_for_is_refused() {
    let authenticator = Authenticator::new(b"credential");
    let data = authenticator.attested(&create());
    let read = |format: &str, statement: &[u8]| {
        register(&party(), &CHALLENGE, &create().client_data(), &attestation(format, statement, &data)).map(drop)
    };
    assert_eq!(read("none", &[0xa0]), Ok(()));
    assert_eq!(read("none", &[0xa1, 0x61, b'a', 0x01]), Err(Refused::BadAttestation));
    assert_eq!(read("none", &[0x80]), Err(Refused::BadAttestation));
    assert_eq!(read("packed", &[0xa0]), Err(Refused::UnknownAttestation));
    assert_eq!(read("tpm", &[0xa0]), Err(Refused::UnknownAttestation));
    assert_eq!(
        read("packed", &[0xa3, 0x63, b'a', b'l', b'g', 0x26, 0x63, b's', b'i', b'g', 0x40, 0x63, b'x', b'5', b'c', 0x80]),
        Err(Refused::UnknownAttestation)
    );
    let (client_data, packed) = authenticator.make_packed(&create());
    assert!(register(&party(), &CHALLENGE, &client_data, &packed).is_ok());
    let of_another = Authenticator::new(b"credential").attested(&create());
    let signature = authenticator.sign_bytes(&[of_another.as_slice(), assent_base::Digest::of(&client_data).as_bytes()].concat());
    let head = [0xa2, 0x63, b'a', b'l', b'g', 0x26, 0x63, b's', b'i', b'g', 0x58, u8::try_from(signature.len()).unwrap()];
    let statement = [head.as_slice(), &signature].concat();
    let refused = register(&party(), &CHALLENGE, &client_data, &attestation("packed", &statement, &of_another));
    assert_eq!(refused.unwrap_err(), Refused::BadSignature, "signed by another key than the new one");
}

#[test]
fn a_signature_for_anything_else_is_refused() {
    let authenticator = Authenticator::new(b"credential");
    let credential = registered(&authenticator);
    let check = |ask: &Ask| credential.check(&party(), &CHALLENGE, &assertion(authenticator.sign(ask))).map(drop);
    assert_eq!(check(&get()), Ok(()));
    for (ask, why) in [
        (Ask { ceremony: "webauthn.create".to_owned(), ..get() }, Refused::WrongCeremony),
        (Ask { challenge: vec![8; 32], ..get() }, Refused::WrongChallenge),
        (Ask { challenge: vec![7; 31], ..get() }, Refused::WrongChallenge),
        (Ask { origin: "http://assent.example".to_owned(), ..get() }, Refused::WrongOrigin),
        (Ask { origin: "https://assent.example.evil.example".to_owned(), ..get() }, Refused::WrongOrigin),
        (Ask { party: "example".to_owned(), ..get() }, Refused::WrongParty),
        (Ask { flags: VERIFIED, ..get() }, Refused::NotPresent),
        (Ask { flags: PRESENT, ..get() }, Refused::NotVerified),
        (Ask { flags: PRESENT | VERIFIED | BACKUP_ELIGIBLE, ..get() }, Refused::BadBackup),
        (Ask { flags: PRESENT | VERIFIED | BACKED_UP, ..get() }, Refused::BadBackup),
    ] {
        assert_eq!(check(&ask), Err(why), "{ask:?}");
    }
}

#[test]
fn a_signature_of_another_key_is_none() {
    let (ours, others) = (Authenticator::new(b"credential"), Authenticator::new(b"credential"));
    let credential = registered(&ours);
    assert_eq!(credential.check(&party(), &CHALLENGE, &assertion(others.sign(&get()))).unwrap_err(), Refused::BadSignature);
    let mut mixed = ours.sign(&get());
    mixed.client_data.push(b' ');
    assert_eq!(
        credential.check(&party(), &CHALLENGE, &assertion(mixed)).unwrap_err(),
        Refused::BadSignature,
        "the same words in other bytes"
    );
}

#[test]
fn a_new_credential_has_no_place_in_a_signature() {
    let authenticator = Authenticator::new(b"credential");
    let credential = registered(&authenticator);
    let data = authenticator.attested(&get());
    let client_data = get().client_data();
    let digest = assent_base::Digest::of(&client_data);
    let signature = authenticator.sign_bytes(&[data.as_slice(), digest.as_bytes()].concat());
    let assertion = Assertion { client_data, authenticator_data: data, signature };
    assert_eq!(credential.check(&party(), &CHALLENGE, &assertion).unwrap_err(), Refused::BadAuthenticatorData);
}

#[test]
fn the_counter_goes_forward_or_does_not_exist() {
    let authenticator = Authenticator::new(b"credential");
    let credential = registered(&authenticator);
    let at = |credential: &Credential, count: u32| {
        let asserted = credential.check(&party(), &CHALLENGE, &assertion(authenticator.sign(&Ask { count, ..get() }))).unwrap();
        credential.after(&asserted)
    };
    let five = at(&credential, 5).unwrap();
    assert_eq!(five.sign_count, 5);
    for back in [0, 4, 5] {
        assert_eq!(at(&five, back), Err(Refused::CounterBack), "{back}");
    }
    assert_eq!(at(&five, u32::MAX).unwrap().sign_count, u32::MAX);
}

#[test]
fn who_signed_with_one_credential_did_not_sign_with_another() {
    let (one, two) = (Authenticator::new(b"one"), Authenticator::new(b"two"));
    let (first, second) = (registered(&one), registered(&two));
    let asserted = first.check(&party(), &CHALLENGE, &assertion(one.sign(&get()))).unwrap();
    assert_eq!(second.after(&asserted), Err(Refused::BadSignature));
}

#[test]
fn extensions_nobody_asked_for_say_nothing_and_must_be_well_formed() {
    let authenticator = Authenticator::new(b"credential");
    let credential = registered(&authenticator);
    let with = |extensions: &[u8]| {
        let plain = authenticator.sign(&get());
        let mut data = plain.authenticator_data;
        data[32] |= 0x80;
        data.extend_from_slice(extensions);
        let signature = authenticator.sign_bytes(&[data.as_slice(), assent_base::Digest::of(&plain.client_data).as_bytes()].concat());
        let assertion = Assertion { client_data: plain.client_data, authenticator_data: data, signature };
        credential.check(&party(), &CHALLENGE, &assertion).map(drop)
    };
    assert_eq!(with(&[0xa1, 0x61, b'a', 0xf5]), Ok(()));
    for bad in [&[][..], &[0xa1], &[0x80], &[0xa1, 0x01, 0xf5], &[0xa0, 0x00], &[0xbf, 0xff]] {
        assert_eq!(with(bad), Err(Refused::BadAuthenticatorData), "{bad:?}");
    }
}

#[test]
fn every_flipped_bit_and_every_cut_of_a_signature_refuses() {
    let authenticator = Authenticator::new(b"credential");
    let credential = registered(&authenticator);
    let good = assertion(authenticator.sign(&get()));
    let refused = |assertion: &Assertion| credential.check(&party(), &CHALLENGE, assertion).is_err();
    assert!(!refused(&good));
    let mut tried = 0;
    for part in [Part::Client, Part::Authenticator, Part::Signature] {
        let bytes = part.of(&good).to_vec();
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut bytes = bytes.clone();
                bytes[at] ^= 1 << bit;
                assert!(refused(&part.with(&good, bytes)), "byte {at}, bit {bit} of {part:?}");
                tried += 1;
            }
            assert!(refused(&part.with(&good, bytes[..at].to_vec())), "cut at {at} of {part:?}");
        }
        assert!(refused(&part.with(&good, [bytes.as_slice(), &[0]].concat())), "a byte more of {part:?}");
    }
    assert!(tried > 1_500);
}

#[test]
fn every_flipped_bit_and_every_cut_of_a_self_attested_registration_refuses() {
    let authenticator = Authenticator::new(b"credential");
    let (client_data, attestation) = authenticator.make_packed(&create());
    let refused = |client_data: &[u8], attestation: &[u8]| register(&party(), &CHALLENGE, client_data, attestation).is_err();
    assert!(!refused(&client_data, &attestation));
    for at in 0..attestation.len() {
        for bit in 0..8 {
            let mut bytes = attestation.clone();
            bytes[at] ^= 1 << bit;
            assert!(refused(&client_data, &bytes), "byte {at}, bit {bit}");
        }
        assert!(refused(&client_data, &attestation[..at]), "cut at {at}");
    }
    for at in 0..client_data.len() {
        assert!(refused(&flip(&client_data, at), &attestation), "client data, byte {at}");
    }
    assert!(refused(&client_data, &[attestation.as_slice(), &[0]].concat()));
}

proptest! {
    #[test]
    fn whatever_bytes_come_nothing_panics_and_nothing_is_believed(
        client_data in proptest::collection::vec(any::<u8>(), 0..300),
        other in proptest::collection::vec(any::<u8>(), 0..600),
        signature in proptest::collection::vec(any::<u8>(), 0..100),
    ) {
        let authenticator = Authenticator::new(b"credential");
        let (good, _) = authenticator.make(&create());
        prop_assert!(register(&party(), &CHALLENGE, &client_data, &other).is_err());
        prop_assert!(register(&party(), &CHALLENGE, &good, &other).is_err());
        let assertion = Assertion { client_data: get().client_data(), authenticator_data: other, signature };
        prop_assert!(registered(&authenticator).check(&party(), &CHALLENGE, &assertion).is_err());
    }
}

#[derive(Debug, Clone, Copy)]
enum Part {
    Client,
    Authenticator,
    Signature,
}

impl Part {
    fn of(self, assertion: &Assertion) -> &[u8] {
        match self {
            Part::Client => &assertion.client_data,
            Part::Authenticator => &assertion.authenticator_data,
            Part::Signature => &assertion.signature,
        }
    }

    fn with(self, assertion: &Assertion, bytes: Vec<u8>) -> Assertion {
        let mut changed = assertion.clone();
        match self {
            Part::Client => changed.client_data = bytes,
            Part::Authenticator => changed.authenticator_data = bytes,
            Part::Signature => changed.signature = bytes,
        }
        changed
    }
}

fn party() -> RelyingParty {
    RelyingParty::of_origin(ORIGIN).unwrap()
}

fn create() -> Ask {
    Ask::create(ORIGIN, PARTY, &CHALLENGE)
}

fn get() -> Ask {
    Ask::get(ORIGIN, PARTY, &CHALLENGE)
}

fn registered(authenticator: &Authenticator) -> Credential {
    let (client_data, attestation) = authenticator.make(&create());
    register(&party(), &CHALLENGE, &client_data, &attestation).unwrap().into_credential()
}

fn assertion(signed: Signed) -> Assertion {
    Assertion { client_data: signed.client_data, authenticator_data: signed.authenticator_data, signature: signed.signature }
}

fn flip(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1;
    bytes
}
