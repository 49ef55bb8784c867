//! Bytes as text: base64url without padding, in the one way to write them.
//!
//! Use on a field: `#[serde(with = "assent_approval::base64url")]`.
//! Source: RFC 4648, section 5.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serializer};

/// The text of some bytes.
#[must_use]
pub fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes of a text; none if it is longer than the text of `bytes_max` bytes, or not exactly what [`text`] writes.
#[must_use]
pub fn bytes(text: &str, bytes_max: usize) -> Option<Vec<u8>> {
    // Four characters carry three bytes.
    if text.len() > bytes_max.saturating_mul(4).div_ceil(3) {
        return None;
    }
    URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() <= bytes_max)
}

/// Writes bytes as text.
pub fn serialize<S: Serializer>(bytes: &[u8], out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(&text(bytes))
}

/// Reads bytes that are kept as text. What comes from outside is bounded by [`bytes`].
pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<u8>, D::Error> {
    let text = std::borrow::Cow::<'de, str>::deserialize(input)?;
    URL_SAFE_NO_PAD.decode(text.as_bytes()).map_err(|_| serde::de::Error::custom("expected base64url without padding"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_read_back_in_one_spelling_only() {
        assert_eq!(text(&[0xfb, 0xff]), "-_8");
        assert_eq!(bytes("-_8", 2), Some(vec![0xfb, 0xff]));
        for bad in ["-_8=", "+/8", "-_9", "-_8 ", "-_", "-", "-_88"] {
            assert!(bytes(bad, 2).is_none(), "{bad}");
        }
        assert_eq!(bytes("", 0), Some(Vec::new()));
    }
}
