//! Any bytes as a message from NATS: as a question and as an answer. Nothing opens that was not sealed, and nothing panics.
#![no_main]

use assent_envelope::seal::{Came, Question, Seal};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some(seal) = Seal::of("c2lnbmF0dXJl") else { return };
    if let Ok(question) = Question::read(bytes) {
        assert!(seal.open("ObserverSignals", &question).is_err());
    }
    assert!(!matches!(seal.came(&[7; 32], bytes), Ok(Came::Answer(_))));
});
