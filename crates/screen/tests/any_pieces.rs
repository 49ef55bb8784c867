//! A stream gives what the whole text gives, wherever it is cut.

use crate::support;
use crate::support::corpus::{self, Rng};
use assent_screen::screen::{LOOKBACK_BYTES, WINDOW_BYTES};

#[test]
fn any_pieces_give_the_same() {
    let screen = support::score::screen();
    let mut r = Rng(5);
    for (text, round) in [mixed(&mut r, "\n"), mixed(&mut r, " "), mixed(&mut r, ""), blob(&mut r), long_key(&mut r)].iter().zip(0..) {
        assert!(text.len() > 2 * WINDOW_BYTES, "round {round}");
        let whole = screen.text(text);
        for largest in [7_000, WINDOW_BYTES + 1, usize::MAX] {
            let mut stream = screen.stream();
            let mut out = Vec::new();
            let mut rest = text.as_bytes();
            while !rest.is_empty() {
                let (piece, left) = rest.split_at((1 + r.below(largest)).min(rest.len()));
                out.extend(stream.push(piece));
                rest = left;
            }
            let (last, counts) = stream.finish();
            out.extend(last);
            assert!(out == whole.text.as_bytes(), "round {round}, pieces up to {largest}");
            assert_eq!(counts.total(), whole.hits.len() as u64);
        }
    }
}

#[test]
fn single_bytes_give_the_same() {
    let screen = support::score::screen();
    let text = "a password=hunter2 b\nDB_PASSWORD=\u{e9}\u{4e2d}x";
    let mut stream = screen.stream();
    let mut out: Vec<u8> = text.bytes().flat_map(|byte| stream.push(&[byte])).collect();
    out.extend(stream.finish().0);
    assert_eq!(String::from_utf8(out).unwrap(), screen.text(text).text);
}

#[test]
fn hits_say_where_even_across_windows() {
    let screen = support::score::screen();
    let text = format!("{}password=hunter2 {}", "plain words here\n".repeat(20_000), "more words\n".repeat(20_000));
    let hits = screen.text(&text).hits;
    assert_eq!(hits.len(), 1);
    assert_eq!(&text[hits[0].start..hits[0].start + hits[0].len], "hunter2");
}

/// Secrets and look-alikes, joined; without line breaks and blanks between them at places.
fn mixed(r: &mut Rng, joint: &str) -> String {
    let (seed, other) = (r.next(), r.next());
    let mut samples: Vec<String> =
        corpus::secrets(seed, 2).into_iter().chain(corpus::look_alikes(other, 2_000)).map(|sample| sample.text).collect();
    for place in (1..samples.len()).rev() {
        samples.swap(place, r.below(place + 1));
    }
    samples.join(joint)
}

fn blob(r: &mut Rng) -> String {
    let packed = corpus::encode("base64", &r.alnum(300_000), r);
    format!("before {packed} after password=hunter2")
}

fn long_key(r: &mut Rng) -> String {
    let lead = "words of a log line\n".repeat((WINDOW_BYTES - LOOKBACK_BYTES) / 20 + 200);
    let body = corpus::wrap(&corpus::encode("base64", &r.alnum(9_000), r), 64);
    format!("{lead}-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----\n{lead}{lead}")
}
