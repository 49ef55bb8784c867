//! Looks for a canary in every reading of some bytes, with decoders of its own.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part of a module that is in all of them")]

use std::io::Read as _;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{GeneralPurpose, general_purpose::NO_PAD};

const PLAIN: GeneralPurpose = GeneralPurpose::new(&STANDARD, NO_PAD.with_decode_allow_trailing_bits(true));
const URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, NO_PAD.with_decode_allow_trailing_bits(true));

/// The bytes, and what they decode to in any way, over and over.
pub fn views(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut all = vec![bytes.to_vec()];
    let mut next = 0;
    while next < all.len() && all.len() < 3_000 {
        let text = all[next].clone();
        next += 1;
        for view in readings(&text) {
            if view.len() >= 6 && !all.contains(&view) {
                all.push(view);
            }
        }
    }
    all
}

/// Whether most of the value is there: its first or last three fifths.
pub fn survives(value: &str, views: &[Vec<u8>]) -> bool {
    let value: Vec<u8> = value.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let most = (value.len() * 3).div_ceil(5);
    let parts = [&value[..most], &value[value.len() - most..]];
    views.iter().any(|view| parts.iter().any(|part| memchr::memmem::find(view, part).is_some()))
}

fn readings(text: &[u8]) -> Vec<Vec<u8>> {
    let mut found =
        vec![unescaped(text), percent(text), text.iter().copied().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'\\').collect()];
    for run in text.split(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_'))).filter(|run| run.len() >= 8)
    {
        if run.len() % 2 == 0 && run.iter().all(u8::is_ascii_hexdigit) {
            found.push(run.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect());
        }
        for from in 0..4 {
            let part = &run[from.min(run.len())..];
            let part = &part[..part.len() - usize::from(part.len() % 4 == 1)];
            for bytes in [PLAIN.decode(part), URL.decode(part)].into_iter().flatten() {
                let mut unpacked = Vec::new();
                if bytes.starts_with(&[0x1f, 0x8b]) && flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut unpacked).is_ok() {
                    found.push(unpacked);
                } else if bytes.iter().filter(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace()).count() * 10 > bytes.len() * 9 {
                    found.push(bytes);
                }
            }
        }
    }
    found
}

fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut here = 0;
    while here < text.len() {
        let pair = &text[here..text.len().min(here + 2)];
        let unicode = text.get(here + 2..here + 6).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match (pair, unicode) {
            (b"\\u", Some(byte)) => {
                out.push(byte);
                here += 6;
            }
            (b"\\n", _) => {
                out.push(b'\n');
                here += 2;
            }
            ([b'\\', byte @ (b'"' | b'\\' | b'/')], _) => {
                out.push(*byte);
                here += 2;
            }
            _ => {
                out.push(text[here]);
                here += 1;
            }
        }
    }
    out
}

fn percent(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut here = 0;
    while here < text.len() {
        let hex = text.get(here + 1..here + 3).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match (text[here], hex) {
            (b'%', Some(byte)) => {
                out.push(byte);
                here += 3;
            }
            (byte, _) => {
                out.push(byte);
                here += 1;
            }
        }
    }
    out
}
