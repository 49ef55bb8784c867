//! The bytes of SSH: numbers of four bytes, and strings after their length.

/// Bytes that do not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BadWire;

/// What is left to read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wire<'a>(pub(super) &'a [u8]);

impl<'a> Wire<'a> {
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], BadWire> {
        let (taken, left) = self.0.split_at_checked(count).ok_or(BadWire)?;
        self.0 = left;
        Ok(taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, BadWire> {
        self.take(1)?.first().copied().ok_or(BadWire)
    }

    pub(super) fn number(&mut self) -> Result<u32, BadWire> {
        self.take(4)?.try_into().map(u32::from_be_bytes).map_err(|_| BadWire)
    }

    pub(super) fn string(&mut self) -> Result<&'a [u8], BadWire> {
        let length = self.number()?;
        self.take(usize::try_from(length).map_err(|_| BadWire)?)
    }

    pub(super) fn text(&mut self) -> Result<&'a str, BadWire> {
        std::str::from_utf8(self.string()?).map_err(|_| BadWire)
    }

    /// A number that is not negative, of at most 32 bytes, in its one spelling; right-aligned.
    pub(super) fn number_32(&mut self) -> Result<[u8; 32], BadWire> {
        let bytes = match self.string()? {
            // A zero goes in front of a number whose first bit is set, and nowhere else.
            [0, rest @ ..] if rest.first().is_some_and(|byte| byte & 0x80 != 0) => rest,
            [first, ..] if first & 0x80 != 0 || *first == 0 => return Err(BadWire),
            bytes => bytes,
        };
        let mut number = [0; 32];
        let start = number.len().checked_sub(bytes.len()).ok_or(BadWire)?;
        number.iter_mut().skip(start).zip(bytes).for_each(|(to, from)| *to = *from);
        Ok(number)
    }

    /// Everything was read.
    pub(super) fn end(self) -> Result<(), BadWire> {
        if self.0.is_empty() { Ok(()) } else { Err(BadWire) }
    }
}

/// Appends a string after its length.
pub(super) fn push_string(bytes: &mut Vec<u8>, string: &[u8]) {
    let length = u32::try_from(string.len()).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(string);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_spelling() {
        let read = |bytes: &[u8]| {
            let mut string = Vec::new();
            push_string(&mut string, bytes);
            Wire(&string).number_32().map(|number| number[30..].to_vec())
        };
        assert_eq!(read(&[]), Ok(vec![0, 0]));
        assert_eq!(read(&[0x7f]), Ok(vec![0, 0x7f]));
        assert_eq!(read(&[0, 0x80]), Ok(vec![0, 0x80]));
        for bad in [&[0][..], &[0, 0x7f], &[0x80], &[0, 0, 0x80], &[1; 33]] {
            assert_eq!(read(bad), Err(BadWire), "{bad:?}");
        }
        assert!(read(&[&[0], [0x80; 32].as_slice()].concat()).is_ok());
    }

    #[test]
    fn a_length_beyond_the_end_is_refused() {
        for bad in [&[][..], &[0, 0, 0], &[0, 0, 0, 2, 1], &[0xff; 8]] {
            assert_eq!(Wire(bad).string(), Err(BadWire), "{bad:?}");
        }
    }
}
