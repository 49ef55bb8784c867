//! The same `POST` twice is done once.
//!
//! A caller sends `Idempotency-Key` with a `POST`. The same key with the same request gets the same answer again; with another request,
//! or while the first still runs, a conflict. Only answers of success are kept: after a problem the key is free again. Keys belong to
//! one principal and one operation.

use assent_base::Digest;

/// Characters of a key at most.
pub const KEY_CHARS_MAX: usize = 128;
/// Hours for which answers should be kept.
pub const KEEP_H: u32 = 24;

/// Under what an answer is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remember {
    /// The operation's name.
    pub operation: &'static str,
    /// The key: printable ASCII.
    pub key: String,
    /// Digest of path, query and body.
    pub request: Digest,
}

/// An answer that was given.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stored {
    /// The digest of the request that it answered.
    pub request: Digest,
    /// `ETag`, as a version.
    pub version: Option<u64>,
    /// `Location`.
    pub location: Option<String>,
    /// The body; empty with status 204.
    pub body: String,
}

/// What became of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It was not known, and is now held until [`crate::Platform::finish`].
    New,
    /// It was known, with this answer. Whether the requests are the same is checked here.
    Known(Stored),
    /// It is held by a request that is not done yet.
    Running,
}

/// Whether text is a key: 1 to 128 printable characters of ASCII.
#[must_use]
pub fn is_key(text: &str) -> bool {
    (1..=KEY_CHARS_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}
