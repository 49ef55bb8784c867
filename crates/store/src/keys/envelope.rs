//! How a wrapped secret lies in its file, so that the file says who wrapped it.
//!
//! What the root key in a file wrapped lies there bare: eight bytes of its generation, and the sealed secret. What somebody else wrapped
//! begins with a word, their name and the ends of both lines:
//!
//! ```text
//! assent-wrapped-1
//! vault transit/assent
//! vault:v1:…
//! ```
//!
//! The two cannot be mixed up: a bare file that began like this would be of generation 7,022,365,700,000,000,000 or so.

use super::root::FILE;
use crate::error::StoreError;

const WORD: &[u8] = b"assent-wrapped-1\n";
/// Bytes of a keeper's name.
pub(super) const KEEPER_BYTES_MAX: usize = 1_024;

/// A wrapped secret, and who wrapped it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Envelope<'a> {
    pub(super) keeper: &'a str,
    pub(super) wrapped: &'a [u8],
}

impl<'a> Envelope<'a> {
    /// Reads a file. `None` if it is neither form.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let Some(rest) = bytes.strip_prefix(WORD) else { return Some(Self { keeper: FILE, wrapped: bytes }) };
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        let (keeper, wrapped) = rest.split_at_checked(end)?;
        let keeper = std::str::from_utf8(keeper).ok().filter(|keeper| is_name(keeper) && *keeper != FILE)?;
        Some(Self { keeper, wrapped: wrapped.strip_prefix(b"\n")? })
    }

    pub(super) fn bytes(&self) -> Result<Vec<u8>, StoreError> {
        if self.keeper == FILE {
            return Ok(self.wrapped.to_vec());
        }
        if !is_name(self.keeper) {
            return Err(StoreError::refused("the name of who keeps the root key is no line of text"));
        }
        Ok([WORD, self.keeper.as_bytes(), b"\n", self.wrapped].concat())
    }
}

/// Whether a name can stand on a line, and in a message.
pub(super) fn is_name(keeper: &str) -> bool {
    !keeper.is_empty() && keeper.len() <= KEEPER_BYTES_MAX && keeper.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(keeper in "[a-z:/ ]{1,40}", wrapped in proptest::collection::vec(any::<u8>(), 0..100)) {
            prop_assume!(keeper != FILE);
            let written = Envelope { keeper: &keeper, wrapped: &wrapped }.bytes().unwrap();
            prop_assert_eq!(Envelope::read(&written), Some(Envelope { keeper: &keeper, wrapped: &wrapped }));
        }

        #[test]
        fn whatever_lies_there_is_read_or_not_and_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..60), marked: bool) {
            let bytes = if marked { [WORD, &bytes].concat() } else { bytes };
            if let Some(read) = Envelope::read(&bytes) {
                prop_assert_eq!(read.bytes().unwrap(), bytes);
            }
        }
    }

    #[test]
    fn what_a_file_wrapped_lies_bare_as_it_always_did() {
        let bare = [&1_u64.to_be_bytes()[..], b"sealed"].concat();
        assert_eq!(Envelope::read(&bare), Some(Envelope { keeper: FILE, wrapped: &bare }));
        assert_eq!(Envelope { keeper: FILE, wrapped: &bare }.bytes().unwrap(), bare);
        assert_eq!(Envelope::read(b"assent-wrapped-1\nfile\nx"), None, "the file never wrote this form");
        assert_eq!(Envelope::read(b"assent-wrapped-1\nvault"), None);
        assert!(Envelope { keeper: "a\nb", wrapped: b"" }.bytes().is_err());
    }
}
