//! A record: one entry of the log, as canonical JSON.
//!
//! ```json
//! {"action":"incident.dismiss","at":"2026-05-04T10:00:00Z","commitment":"sha256:…","outcome":"done","sealed":"sha256:…","tenant":"tnt_…","version":1}
//! ```
//!
//! There is one spelling of each record: [`Record::parse`] refuses bytes that [`Record::canonical`] would not write.
//!
//! Source: RFC 8785.

use std::fmt;
use std::str::FromStr;

use assent_base::id::TenantId;
use assent_base::{Digest, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The version that is written, and the only one that is read.
pub const RECORD_VERSION: u8 = 1;
/// A canonical record at most. What it is made of keeps it far below.
pub const RECORD_BYTES_MAX: usize = 1024;
/// The name of an action at most.
pub const ACTION_BYTES_MAX: usize = 64;

/// One thing that was done, or was refused, without anything personal about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// What: `incident.dismiss`.
    pub action: Action,
    /// When, as the platform saw it.
    pub at: Timestamp,
    /// SHA-256 of the canonical payload, whose salt keeps it from being guessed.
    pub commitment: Digest,
    /// How it ended.
    pub outcome: Outcome,
    /// SHA-256 of the sealed payload that lies beside the log.
    pub sealed: Digest,
    /// Whose it is.
    pub tenant: TenantId,
    #[serde(rename = "version")]
    version: Version,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Recorded before it was done.
    Intended,
    /// Done.
    Done,
    /// Policy, or a check, said no.
    Refused,
    /// It was tried, and did not work.
    Failed,
}

/// The name of an action: lower-case words with dots between, as `incident.dismiss`. `FromStr` is the only way in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Action(Box<str>);

/// Why bytes are no record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRecord {
    /// More bytes than a record has.
    #[error("longer than {RECORD_BYTES_MAX} bytes")]
    TooLong,
    /// No JSON, a field too many or too few, a value of the wrong kind, or another version.
    #[error("not a record of version {RECORD_VERSION}: {cause}")]
    NotARecord {
        /// What the parser said.
        cause: String,
    },
    /// A record in another spelling than the canonical one.
    #[error("not in canonical form")]
    NotCanonical,
    /// Text that names no action.
    #[error("an action is 1 to {ACTION_BYTES_MAX} bytes of a-z, 0-9 and _, in words with dots between")]
    BadAction,
}

impl Record {
    /// A record of the present version.
    #[must_use]
    pub const fn new(tenant: TenantId, at: Timestamp, action: Action, outcome: Outcome, commitment: Digest, sealed: Digest) -> Self {
        Self { action, at, commitment, outcome, sealed, tenant, version: Version }
    }

    /// Reads a record from the bytes that were hashed.
    ///
    /// # Errors
    /// When the bytes are not exactly what [`Record::canonical`] writes.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadRecord> {
        if bytes.len() > RECORD_BYTES_MAX {
            return Err(BadRecord::TooLong);
        }
        let record: Self = serde_json::from_slice(bytes).map_err(|cause| BadRecord::NotARecord { cause: cause.to_string() })?;
        if record.canonical()? == bytes { Ok(record) } else { Err(BadRecord::NotCanonical) }
    }

    /// The bytes that are hashed.
    ///
    /// # Errors
    /// When they are longer than a record may be; its parts are bounded, so that they never are.
    pub fn canonical(&self) -> Result<Vec<u8>, BadRecord> {
        let bytes = serde_json_canonicalizer::to_vec(self).map_err(|cause| BadRecord::NotARecord { cause: cause.to_string() })?;
        if bytes.len() > RECORD_BYTES_MAX { Err(BadRecord::TooLong) } else { Ok(bytes) }
    }
}

impl Action {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Action {
    type Err = BadRecord;

    fn from_str(text: &str) -> Result<Self, BadRecord> {
        let word = |word: &str| !word.is_empty() && word.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        if text.len() <= ACTION_BYTES_MAX && text.split('.').all(word) { Ok(Self(text.into())) } else { Err(BadRecord::BadAction) }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl Serialize for Action {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Action {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(input)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The number of [`RECORD_VERSION`], and no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Version;

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_u8(RECORD_VERSION)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        match u8::deserialize(input)? {
            RECORD_VERSION => Ok(Self),
            other => Err(serde::de::Error::custom(format_args!("version {other}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_has_one_spelling() {
        let bytes = record().canonical().unwrap();
        assert_eq!(Record::parse(&bytes), Ok(record()));
        let text = String::from_utf8(bytes).unwrap();
        for other in [
            text.replace(',', ", "),
            text.replace("10:00:00Z", "10:00:00.0Z"),
            text.replace("10:00:00Z", "12:00:00+02:00"),
            text.replace("done", "d\\u006fne"),
            format!("{text}\n"),
        ] {
            assert_eq!(Record::parse(other.as_bytes()), Err(BadRecord::NotCanonical), "{other}");
        }
    }

    #[test]
    fn what_is_not_known_is_refused() {
        let text = String::from_utf8(record().canonical().unwrap()).unwrap();
        for other in [
            text.replace("\"version\":1", "\"version\":2"),
            text.replace("\"version\":1", "\"version\":1,\"zone\":\"a\""),
            text.replace("\"outcome\":\"done\",", ""),
            text.replace("\"outcome\":\"done\"", "\"outcome\":\"pending\""),
            text.replace("\"outcome\":\"done\"", "\"outcome\":\"done\",\"outcome\":\"done\""),
            text.replace("incident.dismiss", "Incident Dismiss"),
            text.replace("tnt_", "inc_"),
            String::new(),
        ] {
            assert!(matches!(Record::parse(other.as_bytes()), Err(BadRecord::NotARecord { .. })), "{other}");
        }
        assert_eq!(Record::parse(&[b' '; RECORD_BYTES_MAX + 1]), Err(BadRecord::TooLong));
    }

    #[test]
    fn the_longest_record_fits() {
        let action = "a".repeat(ACTION_BYTES_MAX).parse().unwrap();
        let longest = Record { action, outcome: Outcome::Intended, at: Timestamp::MIN, ..record() };
        assert!(longest.canonical().unwrap().len() < RECORD_BYTES_MAX / 2);
    }

    #[test]
    fn an_action_is_words_with_dots_between() {
        assert!("a.b_c.d2".parse::<Action>().is_ok());
        for bad in ["", ".", "a.", ".a", "a..b", "A", "a b", "a-b", "ä"] {
            assert_eq!(bad.parse::<Action>(), Err(BadRecord::BadAction), "{bad}");
        }
    }

    fn record() -> Record {
        let at: Timestamp = "2026-05-04T10:00:00Z".parse().unwrap();
        Record::new(
            TenantId::new(at, [1; 10]),
            at,
            "incident.dismiss".parse().unwrap(),
            Outcome::Done,
            Digest::of(b"plain"),
            Digest::of(b"sealed"),
        )
    }
}
