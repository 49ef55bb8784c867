//! The bytes of the format do not change by accident: each file in `golden/` was written once and is compared since.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "this is a test, helpers included")]

use assent_base::Digest;
use assent_base::id::TenantId;
use assent_ledger::{
    Algorithm, Checkpoint, Frontier, Outcome, Payload, Receipt, Record, Signer, SigningFailed, Trust, VerifierKey, cosign, leaf_hash,
    push_entry, push_payload, sign,
};
use ed25519_dalek::{Signer as _, SigningKey};

#[test]
fn record_payload_and_bundles() {
    let (payload, commitment) = payload().canonical().unwrap();
    same(&payload, include_bytes!("golden/payload.json"), "payload.json");
    let record = record(commitment).canonical().unwrap();
    same(&record, include_bytes!("golden/record.json"), "record.json");
    let (mut entries, mut payloads) = (Vec::new(), Vec::new());
    assert!(push_entry(&mut entries, &record) && push_entry(&mut entries, &record));
    assert!(push_payload(&mut payloads, b"sealed") && push_payload(&mut payloads, b""));
    same(&entries, include_bytes!("golden/entries.bundle"), "entries.bundle");
    same(&payloads, include_bytes!("golden/payloads.bundle"), "payloads.bundle");
}

#[test]
fn checkpoint_with_a_cosignature() {
    let note = format!("{}{}", sign(&checkpoint(), &log()).unwrap(), cosign(&checkpoint(), 1_777_888_800, &witness()).unwrap());
    same(note.as_bytes(), include_bytes!("golden/checkpoint"), "checkpoint");
    let keys = format!("{}\n{}\n", log().key, witness().key);
    same(keys.as_bytes(), include_bytes!("golden/keys"), "keys");
    let trust = Trust { log: log().key, witnesses: vec![witness().key] };
    assert_eq!(trust.checkpoint(include_bytes!("golden/checkpoint")), Ok(checkpoint()));
}

#[test]
fn a_receipt_that_proves_its_record() {
    let record = record(payload().canonical().unwrap().1);
    let note = sign(&checkpoint(), &log()).unwrap();
    let receipt = Receipt::new(1, &record.canonical().unwrap(), vec![leaf_hash(b"first")], note);
    same(&serde_json::to_vec_pretty(&receipt).unwrap(), include_bytes!("golden/receipt.json"), "receipt.json");
    let proven = Receipt::parse(include_bytes!("golden/receipt.json")).unwrap().verify(&Trust::log(log().key)).unwrap();
    assert_eq!((proven.index, proven.record), (1, record));
}

#[test]
fn a_receipt_with_anything_changed_proves_nothing() {
    let trust = Trust::log(log().key);
    let receipt = Receipt::parse(include_bytes!("golden/receipt.json")).unwrap();
    let mut other = Record::parse(include_bytes!("golden/record.json")).unwrap();
    other.outcome = Outcome::Failed;
    let other = other.canonical().unwrap();
    assert!(receipt.verify(&trust).is_ok());
    assert!(Receipt { index: 0, ..receipt.clone() }.verify(&trust).is_err());
    assert!(Receipt { inclusion: vec![], ..receipt.clone() }.verify(&trust).is_err());
    assert!(Receipt { inclusion: vec![Digest::of(b""); 65], ..receipt.clone() }.verify(&trust).is_err());
    assert!(Receipt::new(1, &other, receipt.inclusion.clone(), receipt.checkpoint.clone()).verify(&trust).is_err());
    assert!(Receipt { checkpoint: receipt.checkpoint.replace("\n2\n", "\n3\n"), ..receipt.clone() }.verify(&trust).is_err());
    assert!(receipt.verify(&Trust::log(key("ledger.example", Algorithm::Ed25519, 9).key)).is_err());
    assert!(Receipt::parse(br#"{"index":1,"record":"","inclusion":[],"checkpoint":"","more":1}"#).is_err());
}

/// Compares with the golden file, as text first for the sake of whoever reads the failure.
fn same(found: &[u8], golden: &[u8], name: &str) {
    assert_eq!(String::from_utf8_lossy(found), String::from_utf8_lossy(golden), "{name}");
    assert_eq!(found, golden, "{name}");
}

fn payload() -> Payload {
    let details = serde_json::json!({"reason": "known", "was": ["open", "explained"], "count": 3, "ratio": 0.5, "name": "Zo\u{eb}"});
    Payload::new(
        "account:acc_0192f0c1d2e37a4b8c5d6e7f80912a3b".to_owned(),
        "inc_0192f0c1d2e37a4b8c5d6e7f80912a3b".to_owned(),
        details,
        [7; 32],
    )
}

fn record(commitment: Digest) -> Record {
    let at = "2026-05-04T10:00:00.25Z".parse().unwrap();
    Record::new(TenantId::new(at, [1; 10]), at, "incident.dismiss".parse().unwrap(), Outcome::Done, commitment, Digest::of(b"sealed"))
}

fn checkpoint() -> Checkpoint {
    let mut frontier = Frontier::default();
    frontier.push(leaf_hash(b"first"));
    frontier.push(leaf_hash(&record(payload().canonical().unwrap().1).canonical().unwrap()));
    Checkpoint::first("ledger.example").next(2, frontier.root())
}

struct TestKey {
    key: VerifierKey,
    private: SigningKey,
}

fn key(name: &str, algorithm: Algorithm, seed: u8) -> TestKey {
    let private = SigningKey::from_bytes(&[seed; 32]);
    TestKey { key: VerifierKey::new(name, algorithm, private.verifying_key().to_bytes()).unwrap(), private }
}

fn log() -> TestKey {
    key("ledger.example", Algorithm::Ed25519, 1)
}

fn witness() -> TestKey {
    key("witness.example", Algorithm::CosignatureV1, 2)
}

impl Signer for TestKey {
    fn key(&self) -> &VerifierKey {
        &self.key
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SigningFailed> {
        Ok(self.private.sign(message).to_bytes())
    }
}
