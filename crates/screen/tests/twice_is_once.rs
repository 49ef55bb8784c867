//! Redacting what is redacted changes nothing.

use crate::support;
use crate::support::corpus;
use proptest::prelude::*;

#[test]
fn redacted_samples_stay_as_they_are() {
    let screen = support::score::screen();
    for sample in corpus::secrets(3, 1).iter().chain(&corpus::look_alikes(4, 400)) {
        let once = screen.text(&sample.text).text;
        let twice = screen.text(&once);
        assert_eq!(twice.text, once, "{} in {}: {:?}", sample.kind, sample.encoding, sample.text);
        assert!(twice.hits.is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_redacted_once(pieces in prop::collection::vec(prop::sample::select(PIECES), 1..24), free in "\\PC{0,24}") {
        let screen = support::score::screen();
        let text = pieces.concat() + &free;
        let once = screen.text(&text).text.into_owned();
        prop_assert_eq!(&screen.text(&once).text, &once, "of {:?}", text);
    }

    #[test]
    fn any_json_stays_json(pieces in prop::collection::vec(prop::sample::select(PIECES), 1..16), name in prop::sample::select(NAMES)) {
        let screen = support::score::screen();
        let mut object = serde_json::json!({"kind": "ConfigMap", "data": {name: pieces.concat(), "args": [pieces.concat(), "x"]}});
        screen.object(&mut object);
        let once = object.clone();
        screen.object(&mut object);
        prop_assert_eq!(object, once);
    }
}

const NAMES: &[&str] = &["password", "token", "plain", "api_key", "settings.yaml"];
const PIECES: &[&str] = &[
    "password",
    "=",
    ": ",
    "hunter2",
    "\"",
    "\\\"",
    "\n",
    "  ",
    " ",
    "\\",
    "\\n",
    "token",
    "secret",
    "Zx9Kq2LmT7vRb4WnYc8Hs5Pd1Fg6Jt3A",
    "cGFzc3dvcmQ9aHVudGVyMg==",
    "[redacted:secret-setting:01234567]",
    "[redacted:",
    "://",
    "@",
    "app:x",
    "example.com",
    "%3D",
    "%70",
    "-----BEGIN RSA PRIVATE KEY-----",
    "-----END RSA PRIVATE KEY-----",
    "Bearer ",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc",
    ",",
    ";",
    "&",
    "{",
    "}",
    "'",
    "-p",
    "mysql ",
    "+442071838750",
    "70617373776f72643d68756e74657232",
    "\\u0070",
    "é",
    "x",
    "4539578763621486",
    "customer name",
    "Jane Doe",
    "|\n",
    ">-\n",
    "--api-key",
    "user \"",
    "AKIAIOSFODNN7EXAMPLQ",
    "\\\n",
];
