//! Bundles: up to 256 neighbouring entries, or payloads, in one file, each behind its length.
//!
//! Source: C2SP tlog-tiles for entries, with lengths of two bytes; payloads follow it with lengths of four.

use crate::record::RECORD_BYTES_MAX;

/// Bytes of the length before an entry, big-endian.
pub const ENTRIES_PREFIX_BYTES: usize = 2;
/// Bytes of the length before a payload, big-endian.
pub const PAYLOADS_PREFIX_BYTES: usize = 4;
/// A sealed payload at most.
pub const PAYLOAD_BYTES_MAX: usize = 64 * 1024;

/// What is wrong with a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadBundle {
    /// It ends in the middle.
    #[error("item {position} is cut off")]
    CutOff {
        /// Which item, from 0.
        position: usize,
    },
    /// A length that nothing we write has.
    #[error("item {position} is longer than {bytes_max} bytes")]
    TooLong {
        /// Which item, from 0.
        position: usize,
        /// What is allowed.
        bytes_max: usize,
    },
}

/// Adds an entry to a bundle. Nothing is added and false returned when it is longer than a record may be.
#[must_use]
pub fn push_entry(bundle: &mut Vec<u8>, entry: &[u8]) -> bool {
    match u16::try_from(entry.len()) {
        Ok(length) if entry.len() <= RECORD_BYTES_MAX => {
            bundle.extend_from_slice(&length.to_be_bytes());
            bundle.extend_from_slice(entry);
            true
        }
        Ok(_) | Err(_) => false,
    }
}

/// Adds a sealed payload to a bundle. Nothing is added and false returned when it is longer than a payload may be.
#[must_use]
pub fn push_payload(bundle: &mut Vec<u8>, payload: &[u8]) -> bool {
    match u32::try_from(payload.len()) {
        Ok(length) if payload.len() <= PAYLOAD_BYTES_MAX => {
            bundle.extend_from_slice(&length.to_be_bytes());
            bundle.extend_from_slice(payload);
            true
        }
        Ok(_) | Err(_) => false,
    }
}

/// The entries of a bundle in their order. After an error there is nothing more.
pub fn entries(bundle: &[u8]) -> impl Iterator<Item = Result<&[u8], BadBundle>> {
    items::<ENTRIES_PREFIX_BYTES>(bundle, RECORD_BYTES_MAX)
}

/// The sealed payloads of a bundle in their order. After an error there is nothing more.
pub fn payloads(bundle: &[u8]) -> impl Iterator<Item = Result<&[u8], BadBundle>> {
    items::<PAYLOADS_PREFIX_BYTES>(bundle, PAYLOAD_BYTES_MAX)
}

fn items<const PREFIX: usize>(bundle: &[u8], bytes_max: usize) -> impl Iterator<Item = Result<&[u8], BadBundle>> {
    let mut rest = bundle;
    let mut position = 0;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let item = first::<PREFIX>(rest, bytes_max, position);
        position += 1;
        rest = item.map_or(&[], |(_, after)| after);
        Some(item.map(|(item, _)| item))
    })
}

fn first<const PREFIX: usize>(bytes: &[u8], bytes_max: usize, position: usize) -> Result<(&[u8], &[u8]), BadBundle> {
    let (length, rest) = bytes.split_first_chunk::<PREFIX>().ok_or(BadBundle::CutOff { position })?;
    let length = length.iter().fold(0_usize, |length, byte| length << 8 | usize::from(*byte));
    if length > bytes_max {
        return Err(BadBundle::TooLong { position, bytes_max });
    }
    rest.split_at_checked(length).ok_or(BadBundle::CutOff { position })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out_in_order() {
        let mut bundle = Vec::new();
        assert!(push_entry(&mut bundle, b"one") && push_entry(&mut bundle, b"") && push_entry(&mut bundle, b"three"));
        assert_eq!(entries(&bundle).collect::<Result<Vec<_>, _>>().unwrap(), [&b"one"[..], b"", b"three"]);
        assert!(!push_entry(&mut bundle, &vec![0; RECORD_BYTES_MAX + 1]), "too long");
        assert!(!push_payload(&mut bundle, &vec![0; PAYLOAD_BYTES_MAX + 1]), "too long");
    }

    #[test]
    fn a_bundle_that_is_cut_or_boasts_is_refused_at_the_item() {
        assert_eq!(entries(b"\x00\x01a\x00").collect::<Vec<_>>(), [Ok(&b"a"[..]), Err(BadBundle::CutOff { position: 1 })]);
        assert_eq!(entries(b"\x00\x05a").collect::<Vec<_>>(), [Err(BadBundle::CutOff { position: 0 })]);
        let boasts = [0xff, 0xff, 0xff, 0xff];
        assert_eq!(payloads(&boasts).collect::<Vec<_>>(), [Err(BadBundle::TooLong { position: 0, bytes_max: PAYLOAD_BYTES_MAX })]);
    }
}
