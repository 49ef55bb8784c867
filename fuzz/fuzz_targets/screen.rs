//! Any text in any pieces: a stream gives what the whole gives, and what is redacted stays as it is.
#![no_main]

use std::sync::{Arc, LazyLock};

use assent_screen::{PseudonymKey, Rules, Screen};

static SCREEN: LazyLock<Screen> = LazyLock::new(|| Screen::new(Arc::new(Rules::builtin()), PseudonymKey::new(&[7; 32])));

libfuzzer_sys::fuzz_target!(|input: (&str, u16)| {
    let (text, piece) = input;
    let once = SCREEN.text(text);
    let mut stream = SCREEN.stream();
    let mut out = Vec::new();
    for piece in text.as_bytes().chunks(usize::from(piece) + 1) {
        out.extend(stream.push(piece));
    }
    out.extend(stream.finish().0);
    assert_eq!(out, once.text.as_bytes());
    assert!(SCREEN.text(&once.text).hits.is_empty());
    if let Ok(mut value) = serde_json::from_str::<serde_json::Value>(text) {
        SCREEN.object(&mut value);
        let before = value.clone();
        SCREEN.object(&mut value);
        assert_eq!(value, before);
    }
});
