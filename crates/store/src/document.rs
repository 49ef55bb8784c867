//! Documents: what the rooms keep under an id, each kind with its own type.

use assent_base::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::StoreError;
use crate::limits::NAME_BYTES_MAX;

/// A type that can be kept.
pub trait Document: Serialize + DeserializeOwned + Send + Sync {
    /// The kind's name, part of what each row is bound to: it cannot be changed later. It is kept in the clear.
    const KIND: &'static str;
    /// The version of the type. A row of a newer version is refused; one of an older version goes through [`Document::upgrade`].
    const SCHEMA: u32;

    /// By what a document of this kind can be found and ordered.
    fn indexes(&self) -> Vec<Index>;

    /// Turns what an older version of this type wrote into what the present one reads. By default nothing changes, which is right when
    /// all new fields have defaults.
    ///
    /// # Errors
    /// Text that says why the old document cannot be read any more.
    fn upgrade(schema: u32, json: serde_json::Value) -> Result<serde_json::Value, String> {
        let _ = schema;
        Ok(json)
    }
}

/// One way to find a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Index {
    /// Finds documents by an equal value. The value is kept as a keyed digest: the database shows which documents of a kind share a value,
    /// and not which value.
    Equal(&'static str, String),
    /// Orders documents, and finds them by range. The number is kept in the clear: only times, counts and ranks may be used.
    Order(&'static str, i64),
}

/// What a write expects to find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// Nothing: the document is new.
    Absent,
    /// Exactly this version.
    Version(u64),
    /// Whatever is there, or nothing.
    Any,
}

/// A document as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept<D> {
    /// Its id.
    pub id: String,
    /// Counts its changes, from 1. A document that is deleted and made again starts anew.
    pub version: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// The document.
    pub doc: D,
}

/// Reads a document of a schema version back.
pub(crate) fn decode<D: Document>(schema: i64, json: &[u8]) -> Result<D, StoreError> {
    let found = u64::try_from(schema).map_err(|_| StoreError::corrupt("a schema version below zero"))?;
    let known = u64::from(D::SCHEMA);
    // The parser's own words are left out: they repeat values of the document.
    let unreadable = |_| StoreError::corrupt(format!("a {} does not read as version {known} of its type", D::KIND));
    match found.cmp(&known) {
        std::cmp::Ordering::Greater => Err(StoreError::Newer { what: format!("a {}", D::KIND), found, known }),
        std::cmp::Ordering::Equal => serde_json::from_slice(json).map_err(unreadable),
        std::cmp::Ordering::Less => {
            let old = serde_json::from_slice(json).map_err(unreadable)?;
            let new = D::upgrade(u32::try_from(found).unwrap_or(u32::MAX), old)
                .map_err(|why| StoreError::corrupt(format!("a {}: {why}", D::KIND)))?;
            serde_json::from_value(new).map_err(unreadable)
        }
    }
}

/// Checks an id, a kind, a stream or the name of an index: 1 to 200 visible ASCII characters.
pub(crate) fn named<'a>(what: &'static str, name: &'a str) -> Result<&'a str, StoreError> {
    if name.is_empty() || name.len() > NAME_BYTES_MAX || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(StoreError::refused(format!("{what} has 1 to {NAME_BYTES_MAX} visible ASCII characters")));
    }
    Ok(name)
}

/// Instants are kept as microseconds.
pub(crate) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// The instant of these microseconds.
pub(crate) fn instant(micros: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(micros).map_err(|_| StoreError::corrupt("an instant outside of all calendars"))
}

/// A number that cannot be below zero.
pub(crate) fn unsigned(number: i64) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(|_| StoreError::corrupt("a number below zero"))
}

/// A number as the database keeps it.
pub(crate) fn signed(what: &'static str, number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::TooLarge { what, size: number, max: i64::MAX.unsigned_abs() })
}
