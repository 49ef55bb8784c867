//! Text made to be slow or to break something: what it costs is bounded, and nothing panics.

use crate::support;
use assent_screen::screen::WINDOW_BYTES;

/// Each fills a window with a beginning that could be read over and over.
const BEGINNINGS: &[&str] = &[
    "password=",
    "SG.",
    "eyJ",
    "eyJ.",
    "-----BEGIN RSA PRIVATE KEY",
    "://a:",
    "%41",
    "\\\\",
    "\\u0041",
    "$6$",
    "8Q~",
    "bearer:",
    "hooks.teams.",
    "[redacted:",
    "[redacted:x:00000000]",
    "a\n",
    "aaaaAAAA1\n",
    "H4sIAAAA",
    "\"password\":\"",
    "@",
    "+1 ",
    "4539 ",
    "user \"",
    "mysql -p ",
    "\u{e9}",
    "QUFB",
    "name: x\nvalue: ",
];

#[test]
fn repeated_beginnings_end() {
    let screen = support::score::screen();
    for beginning in BEGINNINGS {
        let text = beginning.repeat(WINDOW_BYTES / 8 / beginning.len());
        let redacted = screen.text(&text);
        assert!(redacted.text.len() <= text.len() * 12, "{beginning}");
    }
}

#[test]
fn what_is_too_deep_or_too_large_goes() {
    let screen = support::score::screen();
    let mut text = "replicas: 3, image: shop".to_owned();
    for _ in 0..assent_screen::view::VIEW_DEPTH_MAX + 2 {
        text = support::corpus::encode("base64", &text, &mut support::corpus::Rng(1));
    }
    assert_eq!(screen.text(&text).hits.first().map(|hit| &*hit.rule), Some("unread"));
    let bomb = support::corpus::encode("gzip-base64", &"0".repeat(4 * assent_screen::view::VIEW_BYTES_MAX), &mut support::corpus::Rng(1));
    assert_eq!(screen.text(&bomb).hits.first().map(|hit| &*hit.rule), Some("unread"));
}

#[test]
fn objects_too_deep_to_read_go() {
    let mut object = serde_json::json!("AKIA");
    for _ in 0..assent_screen::object::OBJECT_DEPTH_MAX + 5 {
        object = serde_json::json!([object]);
    }
    assert_eq!(support::score::screen().object(&mut object).total(), 1);
}
