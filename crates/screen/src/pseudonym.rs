//! What stands in the place of a secret: `[redacted:aws-key:7f3a9c01]`, the kind and a short keyed digest of the value.
//!
//! Under one key equal values keep equal stand-ins, so that a reader sees that two pods share a password without seeing it. Without
//! the key nothing can be tried against a stand-in, and another tenant's key gives another stand-in for the same value.

use std::fmt;
use std::ops::Range;

use hmac::{Hmac, KeyInit as _, Mac as _};
use memchr::memchr_iter;
use sha2::Sha256;

use crate::cursor::{at, slice};

/// How every stand-in begins.
pub const MARK: &str = "[redacted:";
/// Hexadecimal digits of the keyed digest in a stand-in. Short, so that a stand-in says little even to one who holds the key.
pub const DIGEST_DIGITS: usize = 8;
/// Longest name of a rule, and so the longest kind in a stand-in.
pub const NAME_BYTES_MAX: usize = 40;

/// The key of one tenant's stand-ins. It prints as `[redacted]` and cannot be serialized.
#[derive(Clone)]
pub struct PseudonymKey(Hmac<Sha256>);

impl PseudonymKey {
    /// A key from 32 secret bytes that belong to one tenant alone.
    #[must_use]
    pub fn new(bytes: &[u8; 32]) -> Self {
        #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
        Self(Hmac::new_from_slice(bytes).expect("any length of key"))
    }

    /// The stand-in of a value that a rule of this name found.
    #[must_use]
    pub fn stand_in(&self, rule: &str, value: &[u8]) -> String {
        let mut mac = self.0.clone();
        mac.update(value);
        let digest = mac.finalize().into_bytes();
        let mut out = String::with_capacity(MARK.len() + rule.len() + DIGEST_DIGITS + 2);
        out.push_str(MARK);
        out.push_str(rule);
        out.push(':');
        for byte in digest.iter().take(DIGEST_DIGITS / 2) {
            out.extend([byte >> 4, byte & 15].map(|digit| char::from_digit(u32::from(digit), 16).unwrap_or('0')));
        }
        out.push(']');
        out
    }
}

impl fmt::Debug for PseudonymKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("[redacted]")
    }
}

/// The length of the stand-in that begins here, if one does.
pub(crate) fn stand_in_len(text: &[u8]) -> Option<usize> {
    let rest = text.strip_prefix(MARK.as_bytes())?;
    let name = rest.iter().take(NAME_BYTES_MAX + 1).position(|byte| *byte == b':').filter(|len| *len > 0)?;
    let named = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
    let digest = slice(rest, name + 1, name + 1 + DIGEST_DIGITS);
    let fits = slice(rest, 0, name).iter().all(named)
        && digest.len() == DIGEST_DIGITS
        && digest.iter().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte))
        && at(rest, name + 1 + DIGEST_DIGITS) == b']';
    fits.then_some(MARK.len() + name + DIGEST_DIGITS + 2)
}

/// Where stand-ins already are: they stay as they are, so that redacting twice is redacting once.
pub(crate) fn stand_ins(text: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for start in memchr_iter(b'[', text) {
        if let Some(len) = stand_in_len(slice(text, start, text.len())) {
            found.push(start..start + len);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_share_a_stand_in_under_one_key_only() {
        let (ours, theirs) = (PseudonymKey::new(&[1; 32]), PseudonymKey::new(&[2; 32]));
        assert_eq!(ours.stand_in("password", b"a"), ours.stand_in("password", b"a"));
        assert_ne!(ours.stand_in("password", b"a"), ours.stand_in("password", b"b"));
        assert_ne!(ours.stand_in("password", b"a"), theirs.stand_in("password", b"a"));
    }

    #[test]
    fn a_stand_in_is_the_hmac_of_rfc_4231() {
        // RFC 4231, test case 1, has a key of 20 bytes 0x0b; HMAC pads a key with zero bytes, so 32 bytes with zeros are the same key.
        let mut key = [0; 32];
        key[..20].fill(0x0b);
        assert_eq!(PseudonymKey::new(&key).stand_in("x", b"Hi There"), "[redacted:x:b0344c61]");
    }

    #[test]
    fn a_stand_in_is_recognised_and_little_else_is() {
        let text = format!("a {} b", PseudonymKey::new(&[1; 32]).stand_in("aws-key", b"v"));
        assert_eq!(stand_ins(text.as_bytes()), vec![2..text.len() - 2]);
        for other in ["[redacted:]", "[redacted:x:12]", "[redacted:X:00000000]", "[redacted:x:0000000g]", "[redacted:x:00000000"] {
            assert!(stand_ins(other.as_bytes()).is_empty(), "{other}");
        }
    }
}
