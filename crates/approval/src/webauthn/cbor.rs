//! Maps in CBOR, strictly: of known length, each key once, nothing left out and nothing behind.
//!
//! Authenticators write the canonical form of CTAP2, some browsers and password managers a looser one; the order of keys is not looked at.

use minicbor::Decoder;
use minicbor::data::Type;

/// Entries of a map at most.
const ENTRIES_MAX: u64 = 32;
/// How deep something that is passed over may be.
const DEPTH_MAX: usize = 8;

/// Bytes that are no CBOR, or not the CBOR that belongs there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BadCbor;

impl From<minicbor::decode::Error> for BadCbor {
    fn from(_: minicbor::decode::Error) -> Self {
        Self
    }
}

/// Reads a map: `entry` is called with each key and takes its value. Whether a key is known and stands once is for `entry` to say.
pub(super) fn map<'b, K>(
    input: &mut Decoder<'b>,
    mut key: impl FnMut(&mut Decoder<'b>) -> Result<K, BadCbor>,
    mut entry: impl FnMut(K, &mut Decoder<'b>) -> Result<(), BadCbor>,
) -> Result<(), BadCbor> {
    let entries = input.map()?.filter(|entries| *entries <= ENTRIES_MAX).ok_or(BadCbor)?;
    for _ in 0..entries {
        let key = key(input)?;
        entry(key, input)?;
    }
    Ok(())
}

/// Puts a value where none is yet.
pub(super) fn once<T>(slot: &mut Option<T>, value: T) -> Result<(), BadCbor> {
    if slot.replace(value).is_none() { Ok(()) } else { Err(BadCbor) }
}

/// A text.
pub(super) fn text<'b>(input: &mut Decoder<'b>) -> Result<&'b str, BadCbor> {
    Ok(input.str()?)
}

/// A small number.
pub(super) fn number(input: &mut Decoder<'_>) -> Result<i64, BadCbor> {
    Ok(input.i64()?)
}

/// Passes over one well-formed item, whatever it says.
pub(super) fn pass(input: &mut Decoder<'_>) -> Result<(), BadCbor> {
    pass_within(input, DEPTH_MAX)
}

fn pass_within(input: &mut Decoder<'_>, depth: usize) -> Result<(), BadCbor> {
    let depth = depth.checked_sub(1).ok_or(BadCbor)?;
    match input.datatype()? {
        Type::Map => {
            for _ in 0..input.map()?.filter(|entries| *entries <= ENTRIES_MAX).ok_or(BadCbor)?.saturating_mul(2) {
                pass_within(input, depth)?;
            }
            Ok(())
        }
        Type::Array => {
            for _ in 0..input.array()?.filter(|entries| *entries <= ENTRIES_MAX).ok_or(BadCbor)? {
                pass_within(input, depth)?;
            }
            Ok(())
        }
        Type::Bytes => Ok(input.bytes().map(drop)?),
        Type::String => Ok(input.str().map(drop)?),
        Type::Bool => Ok(input.bool().map(drop)?),
        Type::Null => Ok(input.null()?),
        Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::I8 | Type::I16 | Type::I32 | Type::I64 => Ok(input.i64().map(drop)?),
        // Tags, floats, strings in pieces: no authenticator has a use for them.
        _ => Err(BadCbor),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_passed_over_is_well_formed_and_shallow() {
        let pass = |bytes: &[u8]| {
            let mut input = Decoder::new(bytes);
            super::pass(&mut input).map(|()| input.position())
        };
        assert_eq!(pass(&[0xa1, 0x61, b'a', 0x82, 0xf5, 0xf6]), Ok(6));
        assert_eq!(pass(&[0x43, 1, 2, 3, 9]), Ok(4), "what is behind stays there");
        for bad in [&[][..], &[0x43, 1], &[0xa1, 0x01], &[0xbf, 0xff], &[0xfb, 0, 0, 0, 0, 0, 0, 0, 0], &[0xc0, 0x60], &[0x5f, 0xff]] {
            assert_eq!(pass(bad), Err(BadCbor), "{bad:?}");
        }
        assert_eq!(pass(&[0x81; DEPTH_MAX + 1]), Err(BadCbor), "too deep");
        assert_eq!(pass(&[0x98, 33]), Err(BadCbor), "too many");
    }
}
