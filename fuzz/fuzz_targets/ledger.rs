//! Any bytes as each thing that the ledger reads: what is accepted has one spelling, and nothing is signed by chance.
#![no_main]

use assent_ledger::{Note, Receipt, Record, Trust, VerifierKey, entries, payloads, push_entry, push_payload, split_first};

const KEY: &str = "ledger.example+9e004662+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c";

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let trust = Trust::log(KEY.parse().expect("the key of the golden files"));
    if let Ok(record) = Record::parse(bytes) {
        assert_eq!(record.canonical().as_deref(), Ok(bytes));
    }
    if let Ok(note) = Note::parse(bytes) {
        let lines: String = note.signatures().iter().map(|signature| signature.line()).collect();
        assert_eq!(format!("{}\n{lines}", note.text()).as_bytes(), bytes);
    }
    if let Some((first, rest)) = split_first(bytes) {
        assert_eq!([first, rest].concat(), bytes);
    }
    if let Ok(key) = std::str::from_utf8(bytes).unwrap_or_default().parse::<VerifierKey>() {
        assert_eq!(key.to_string().as_bytes(), bytes);
    }
    if let Ok(receipt) = Receipt::parse(bytes) {
        let _ = receipt.verify(&trust);
    }
    let _ = trust.checkpoint(bytes);
    let _ = trust.deletion(bytes);
    let mut again = Vec::new();
    if entries(bytes).all(|entry| entry.is_ok_and(|entry| push_entry(&mut again, entry))) {
        assert_eq!(again, bytes);
    }
    let mut again = Vec::new();
    if payloads(bytes).all(|payload| payload.is_ok_and(|payload| push_payload(&mut again, payload))) {
        assert_eq!(again, bytes);
    }
});
