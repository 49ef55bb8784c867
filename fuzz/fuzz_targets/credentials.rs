//! Any text as a key, a cookie, a callback, a path to return to or a token: nothing panics, and nothing made up is taken.
#![no_main]

use assent_base::Timestamp;
use assent_identity::cookie::{Cookie, Transport};
use assent_identity::key::Presented;
use assent_identity::oidc::{Callback, ReturnTo};
use assent_identity::token::{Issuer, SigningKey};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = Presented::parse(text);
    let _ = Cookie::Session.read(Transport::Tls, [text]);
    let _ = Callback::parse(text);
    if let Ok(path) = text.parse::<ReturnTo>() {
        assert!(path.as_str().starts_with('/') && !path.as_str().starts_with("//"));
    }
    let key = SigningKey::draw(Timestamp::UNIX_EPOCH).expect("a key");
    let issuer = Issuer::new("https://assent.example".to_owned(), vec![key]).expect("an issuer");
    assert!(issuer.read(text, Timestamp::UNIX_EPOCH).is_err());
});
