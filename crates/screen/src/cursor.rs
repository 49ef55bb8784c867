//! Reading bytes by position without panics: past the end there are zero bytes and empty slices.

/// A letter or digit.
pub(crate) const ALNUM: u8 = 1;
/// `+` and `/`, which only the standard base64 alphabet has.
pub(crate) const PLUS: u8 = 2;
/// `-` and `_`, which only the URL-safe base64 alphabet has.
pub(crate) const DASH: u8 = 4;
/// A small letter.
pub(crate) const LOWER: u8 = 8;
/// A capital letter.
pub(crate) const UPPER: u8 = 16;
/// A decimal digit.
pub(crate) const DIGIT: u8 = 32;
/// A hexadecimal digit of either case.
pub(crate) const HEX: u8 = 64;

const CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    #[expect(clippy::indexing_slicing, reason = "the loop stays below 256, and this runs when compiled")]
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'a'..=b'f' => ALNUM | LOWER | HEX,
            b'g'..=b'z' => ALNUM | LOWER,
            b'A'..=b'F' => ALNUM | UPPER | HEX,
            b'G'..=b'Z' => ALNUM | UPPER,
            b'0'..=b'9' => ALNUM | DIGIT | HEX,
            b'+' | b'/' => PLUS,
            b'-' | b'_' => DASH,
            _ => 0,
        };
        byte += 1;
    }
    table
}

/// What a byte is, as bits; zero for whatever ends a run of token characters.
#[inline]
pub(crate) fn class(byte: u8) -> u8 {
    CLASSES.get(usize::from(byte)).copied().unwrap_or(0)
}

/// The byte at a position, and zero past the end.
#[inline]
pub(crate) fn at(text: &[u8], position: usize) -> u8 {
    text.get(position).copied().unwrap_or(0)
}

/// The byte before a position, and zero at the start.
#[inline]
pub(crate) fn before(text: &[u8], position: usize) -> u8 {
    position.checked_sub(1).map_or(0, |position| at(text, position))
}

/// The bytes between two positions, as far as there are any.
#[inline]
pub(crate) fn slice(text: &[u8], start: usize, end: usize) -> &[u8] {
    text.get(start..end.min(text.len())).unwrap_or_default()
}

/// Where the bytes from `start` on stop being of a sort.
#[inline]
pub(crate) fn run(text: &[u8], start: usize, is: impl Fn(u8) -> bool) -> usize {
    start + slice(text, start, text.len()).iter().take_while(|byte| is(**byte)).count()
}

/// Where the bytes before `end` start being of a sort, looking back some bytes at most.
#[inline]
pub(crate) fn run_back(text: &[u8], end: usize, bytes_max: usize, is: impl Fn(u8) -> bool) -> usize {
    end - slice(text, 0, end).iter().rev().take(bytes_max).take_while(|byte| is(**byte)).count()
}

/// Whether some text stands here, letters of either case.
#[inline]
pub(crate) fn starts_with(text: &[u8], position: usize, expected: &[u8]) -> bool {
    slice(text, position, position + expected.len()).eq_ignore_ascii_case(expected)
}

/// Letters and digits.
#[inline]
pub(crate) fn is_alnum(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

/// Letters, digits, `_`, `-` and `.`: what names of settings are made of.
#[inline]
pub(crate) fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}
