//! A frame: what one commit adds to the log, as it lies in the redo until the log's own files have it.

use assent_base::Digest;
use assent_ledger::{Checkpoint, ENTRIES_PREFIX_BYTES, PAYLOADS_PREFIX_BYTES, Record, Trust, leaf_hash, push_entry, push_payload};

use crate::edge::Ready;

const COUNT_BYTES: usize = 4;

/// A commit: its signed checkpoint, and the records that lead to it. One without records begins a chain of frames.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    /// What was signed.
    pub(crate) checkpoint: Checkpoint,
    /// The note that signs it, with the log's signature alone.
    pub(crate) note: String,
    /// The records.
    pub(crate) records: Vec<Ready>,
}

/// The bytes of a frame: length, note, records with payloads.
pub(crate) fn encode<'a>(note: &str, records: impl ExactSizeIterator<Item = &'a Ready> + Clone) -> Vec<u8> {
    let each = |ready: &Ready| ENTRIES_PREFIX_BYTES + ready.record.len() + PAYLOADS_PREFIX_BYTES + ready.sealed.len();
    let room = 3 * COUNT_BYTES + note.len() + records.clone().map(each).sum::<usize>();
    let mut bytes = Vec::with_capacity(room);
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes();
    bytes.extend(count(room));
    bytes.extend(count(note.len()));
    bytes.extend(note.as_bytes());
    bytes.extend(count(records.len()));
    for ready in records {
        let fits = push_entry(&mut bytes, &ready.record) && push_payload(&mut bytes, &ready.sealed);
        debug_assert!(fits, "lengths were checked when the record was taken in");
    }
    bytes
}

/// Reads a frame. None if it is not one that the log has signed, with records that hold.
pub(crate) fn decode(bytes: &[u8], trust: &Trust) -> Option<Frame> {
    let length = usize::try_from(u32::from_be_bytes(*bytes.first_chunk::<COUNT_BYTES>()?)).ok()?;
    let mut rest = bytes.get(COUNT_BYTES..length)?;
    let note = taken::<COUNT_BYTES>(&mut rest)?;
    let checkpoint = trust.checkpoint_of_log(note).ok()?;
    let (count, after) = rest.split_first_chunk::<COUNT_BYTES>()?;
    rest = after;
    let mut records = Vec::new();
    for _ in 0..u32::from_be_bytes(*count) {
        let (record, sealed) = (taken::<ENTRIES_PREFIX_BYTES>(&mut rest)?, taken::<PAYLOADS_PREFIX_BYTES>(&mut rest)?);
        if Record::parse(record).ok()?.sealed != Digest::of(sealed) {
            return None;
        }
        records.push(Ready { record: record.to_vec(), leaf: leaf_hash(record), sealed: sealed.to_vec() });
    }
    rest.is_empty().then(|| Frame { checkpoint, note: String::from_utf8_lossy(note).into_owned(), records })
}

/// Takes an item behind its length.
fn taken<'a, const PREFIX: usize>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first_chunk::<PREFIX>()?;
    let length = length.iter().fold(0_usize, |length, byte| length << 8 | usize::from(*byte));
    let (item, after) = after.split_at_checked(length)?;
    *rest = after;
    Some(item)
}
