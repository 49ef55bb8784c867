//! Other ways to read the same bytes: decoded, unescaped, joined. Each view knows where its bytes come from.

use std::io::Read as _;
use std::ops::Range;

use flate2::read::{GzDecoder, ZlibDecoder};

use crate::cursor::{at, before, class, run, run_back, slice};
use crate::verify;

/// How often a view may be taken of a view.
pub const VIEW_DEPTH_MAX: usize = 6;
/// Most bytes that the views of one window of text may have together. What would go beyond is redacted unread.
pub const VIEW_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Most bytes around an escape that are read with it.
const ESCAPE_REACH_BYTES: usize = 256;
/// Most bytes that a word with an escape in it may have.
const ESCAPED_WORD_BYTES_MAX: usize = 16 * 1024;
/// Most lines that are joined to one.
const LINES_JOINED_MAX: usize = 4_096;

/// Text made from other text, with the way back.
#[derive(Debug, Default)]
pub(crate) struct View {
    pub(crate) text: Vec<u8>,
    /// From where in the view on which bytes of the original follow; an escape has a length there, plain text has none.
    steps: Vec<(usize, usize, usize)>,
    /// Where in the view lines were joined.
    joins: Vec<usize>,
    /// Whether a line was joined that no backslash says goes on.
    pub(crate) wrapped: bool,
}

impl View {
    /// Bytes as they are in the original.
    pub(crate) fn plain(&mut self, text: &[u8], range: Range<usize>) {
        if !range.is_empty() {
            self.steps.push((self.text.len(), range.start, 0));
            self.text.extend_from_slice(slice(text, range.start, range.end));
        }
    }

    /// Bytes that stand for others in the original.
    pub(crate) fn escape(&mut self, bytes: &[u8], start: usize, len: usize) {
        self.steps.push((self.text.len(), start, len));
        self.text.extend_from_slice(bytes);
    }

    /// The bytes of the original that these bytes of the view were made from.
    pub(crate) fn origin(&self, range: Range<usize>) -> Range<usize> {
        let step = |place: usize| {
            let after = self.steps.partition_point(|(start, ..)| *start <= place);
            self.steps.get(after.saturating_sub(1)).copied().unwrap_or_default()
        };
        let (view, start, len) = step(range.start);
        let start = if len == 0 { start + (range.start - view) } else { start };
        let (view, end, len) = step(range.end.saturating_sub(1));
        let end = if len == 0 { end + (range.end - view) } else { end + len };
        start..end
    }

    /// Whether these bytes are what they are because lines were joined: across a wrap, or anywhere behind a backslash.
    pub(crate) fn by_joining(&self, range: &Range<usize>) -> bool {
        let inside = |join: &usize| *join < range.end && (range.start < *join || !self.wrapped);
        self.joins.iter().any(inside)
    }
}

/// The text around a percent sign with `%2F` read as `/`, and where it ends; nothing when no such escape is here.
pub(crate) fn percent(text: &[u8], sign: usize) -> Option<(View, usize)> {
    hex_pair(text, sign + 1)?;
    let inside = |byte: u8| !byte.is_ascii_whitespace() && !matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'\\');
    let start = run_back(text, sign, ESCAPE_REACH_BYTES, inside);
    let mut view = View::default();
    let (mut here, mut plain, mut last) = (sign, start, sign);
    while here < text.len() && inside(at(text, here)) && here - last < ESCAPED_WORD_BYTES_MAX {
        if let Some(byte) = (at(text, here) == b'%').then(|| hex_pair(text, here + 1)).flatten() {
            view.plain(text, plain..here);
            view.escape(&[byte], here, 3);
            here += 3;
            (plain, last) = (here, here);
        } else {
            here += 1;
        }
    }
    view.plain(text, plain..here);
    Some((view, here))
}

/// The part of a line around its backslashes with `\n`, `\"`, `\u0041` and `\x41` read as what they stand for, and where it ends.
pub(crate) fn backslash(text: &[u8], first: usize) -> (View, usize) {
    let start = run_back(text, first, ESCAPE_REACH_BYTES, |byte| byte != b'\n');
    let mut view = View::default();
    let (mut here, mut plain) = (first, start);
    let mut end = first;
    while here < text.len() && here - end < ESCAPE_REACH_BYTES && at(text, here) != b'\n' {
        if at(text, here) == b'\\' {
            let (bytes, size, len) = unescape(text, here);
            if len > 0 {
                view.plain(text, plain..here);
                view.escape(slice(&bytes, 0, size), here, len);
                here += len;
                (plain, end) = (here, here);
                continue;
            }
        }
        here += 1;
        let left = slice(text, here, text.len());
        here += memchr::memchr2(b'\\', b'\n', slice(left, 0, ESCAPE_REACH_BYTES)).unwrap_or(left.len().min(ESCAPE_REACH_BYTES));
    }
    let word = |byte: u8| !byte.is_ascii_whitespace() && !matches!(byte, b'"' | b'\'' | b',' | b'\\');
    here = run(slice(text, 0, here + ESCAPED_WORD_BYTES_MAX), here.min(text.len()), word);
    view.plain(text, plain..here);
    (view, here.max(first + 1))
}

/// What an escape stands for: bytes, how many, and how long the escape is. A length of zero is no escape.
fn unescape(text: &[u8], start: usize) -> ([u8; 4], usize, usize) {
    let one = |byte: u8| ([byte, 0, 0, 0], 1, 2);
    match at(text, start + 1) {
        b'n' => one(b'\n'),
        b'r' => one(b'\r'),
        b't' => one(b'\t'),
        byte @ (b'"' | b'\\' | b'/' | b'\'' | b'&' | b'=' | b'$' | b' ' | b':' | b'@') => one(byte),
        b'x' => hex_pair(text, start + 2).map_or(([0; 4], 0, 0), |byte| ([byte, 0, 0, 0], 1, 4)),
        b'u' => match (hex_pair(text, start + 2), hex_pair(text, start + 4)) {
            (Some(high), Some(low)) => {
                let mut bytes = [0; 4];
                let character = char::from_u32(u32::from(high) << 8 | u32::from(low)).unwrap_or('\u{fffd}');
                let size = character.encode_utf8(&mut bytes).len();
                (bytes, size, 6)
            }
            _ => ([0; 4], 0, 0),
        },
        _ => ([0; 4], 0, 0),
    }
}

fn hex_pair(text: &[u8], start: usize) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let value = digit(at(text, start))? * 16 + digit(at(text, start + 1))?;
    u8::try_from(value).ok()
}

/// Lines that a wrap or a trailing backslash has cut, joined again; `end` is where a line ends. Also where the last of them ends.
/// When the first line ends in what may be base64, the last one may go on with other words.
pub(crate) fn joined(text: &[u8], end: usize, encoded: bool) -> Option<(View, usize)> {
    let token = |byte: u8| byte > b' ' && !matches!(byte, b'"' | b'\'' | b'`' | b'\\' | b',' | b'{' | b'}' | b'<' | b'>' | b'|');
    let first = run_back(text, end, ESCAPE_REACH_BYTES, |byte| byte != b'\n');
    let mut view = View::default();
    view.plain(text, first..end);
    let mut here = end;
    for _ in 0..LINES_JOINED_MAX {
        let continued = at(text, here) == b'\\';
        // A line that goes on by a backslash ends where there is none.
        if !continued && !view.joins.is_empty() && !view.wrapped {
            break;
        }
        let newline = here + usize::from(continued);
        let newline = newline + usize::from(at(text, newline) == b'\r');
        if at(text, newline) != b'\n' {
            break;
        }
        let start = run(slice(text, 0, newline + 64), newline + 1, |byte| matches!(byte, b' ' | b'\t'));
        let stop = if continued {
            run(slice(text, 0, start + ESCAPE_REACH_BYTES), start, |byte| !matches!(byte, b'\\' | b'\n' | b'\r'))
        } else {
            run(text, start, token)
        };
        let last = at(text, stop);
        let ends =
            matches!(last, b'\n' | b'\r' | 0 | b'"' | b'\'' | b'`' | b',') || last == b'\\' && !matches!(at(text, stop + 1), b'\n' | b'\r');
        let whole = ends && before(text, stop) != b':';
        let fits = continued || whole && (stop - start > 3 || !view.joins.is_empty()) || encoded && last == b' ';
        if stop == start || !fits {
            break;
        }
        view.joins.push(view.text.len());
        view.wrapped |= !continued;
        view.plain(text, start..stop);
        here = stop;
    }
    (!view.joins.is_empty()).then_some((view, here))
}

/// What decoded bytes turned out to be.
pub(crate) enum Decoded {
    /// Text to be read.
    Text(Vec<u8>),
    /// A private key in binary form.
    Key,
    /// Compressed or otherwise more than can be read.
    Unread,
}

/// The text behind base64, if these bytes look like base64 of text, of a key or of something compressed.
pub(crate) fn base64(text: &[u8], bytes_max: usize) -> Option<Decoded> {
    let mut head = [0; 12];
    let len = base64_head(text, &mut head)?;
    let head = slice(&head, 0, len);
    let packed = head.starts_with(&[0x1f, 0x8b, 8]) || head.starts_with(&[0x78, 0x9c]) || head.starts_with(&[0x78, 0xda]);
    if !packed && !verify::der_private_key(head) && !plausible(head) {
        return None;
    }
    if text.len() / 4 * 3 > bytes_max {
        return Some(Decoded::Unread);
    }
    let whole = slice(text, 0, text.len() - usize::from(text.len() % 4 == 1));
    let bytes = verify::base64(whole)?;
    match () {
        () if packed => inflate(&bytes, bytes_max),
        () if verify::der_private_key(&bytes) => Some(Decoded::Key),
        () => verify::is_text(&bytes).then_some(Decoded::Text(bytes)),
    }
}

/// The first bytes behind base64, without an allocation: most runs of letters are no base64 of text.
fn base64_head(text: &[u8], head: &mut [u8; 12]) -> Option<usize> {
    let mut len = 0;
    for group in text.chunks_exact(4).take(4) {
        let bits = group.iter().try_fold(0_u32, |bits, byte| {
            let value = match byte {
                b'A'..=b'Z' => byte - b'A',
                b'a'..=b'z' => byte - b'a' + 26,
                b'0'..=b'9' => byte - b'0' + 52,
                b'+' | b'-' => 62,
                b'/' | b'_' => 63,
                _ => return None,
            };
            Some(bits << 6 | u32::from(value))
        })?;
        for byte in bits.to_be_bytes().into_iter().skip(1) {
            *head.get_mut(len)? = byte;
            len += 1;
        }
        // Most runs are no base64 of anything, and their first three bytes say so.
        if len == 3 && !plausible(slice(head, 0, 3)) && !matches!(head.first(), Some(0x1f | 0x30 | 0x78)) {
            return None;
        }
        if len == head.len() {
            break;
        }
    }
    (len > 8).then_some(len)
}

/// Whether the first decoded bytes could open a text.
fn plausible(head: &[u8]) -> bool {
    let control = |byte: &u8| *byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r') || *byte == 0x7f;
    !head.iter().any(control) && std::str::from_utf8(head).map_or_else(|error| error.error_len().is_none(), |_| true)
}

fn inflate(bytes: &[u8], bytes_max: usize) -> Option<Decoded> {
    let mut out = Vec::new();
    let limit = bytes_max as u64 + 1;
    let read = if bytes.first() == Some(&0x1f) {
        GzDecoder::new(bytes).take(limit).read_to_end(&mut out)
    } else {
        ZlibDecoder::new(bytes).take(limit).read_to_end(&mut out)
    };
    match read {
        Ok(_) if out.len() <= bytes_max && verify::is_text(&out) => Some(Decoded::Text(out)),
        // Cut off, too large or binary: in doubt it goes.
        Ok(_) => Some(Decoded::Unread),
        Err(_) => (bytes.first() == Some(&0x1f)).then_some(Decoded::Unread),
    }
}

/// The text behind hexadecimal digits.
pub(crate) fn hex(text: &[u8]) -> Option<Vec<u8>> {
    let byte = |pair: &[u8]| hex_pair(pair, 0);
    let head: Vec<u8> = text.chunks_exact(2).take(8).filter_map(byte).collect();
    if !plausible(&head) {
        return None;
    }
    let bytes: Vec<u8> = text.chunks_exact(2).filter_map(byte).collect();
    verify::is_text(&bytes).then_some(bytes)
}

/// Where in a run of token characters base64 may begin: glued to other text, it does not begin with the run.
pub(crate) fn base64_starts(text: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let after = text.iter().enumerate().filter(|(_, byte)| class(**byte) & crate::cursor::ALNUM == 0).map(|(place, _)| place + 1).take(6);
    (0..4).chain(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_knows_where_its_bytes_come_from() {
        let text = br#"say \"ok\" and \u0041B"#;
        let (view, end) = backslash(text, 4);
        assert_eq!((view.text.as_slice(), end), (br#"say "ok" and AB"#.as_slice(), text.len()));
        assert_eq!(&text[view.origin(5..7)], b"ok");
        assert_eq!(&text[view.origin(13..14)], br"\u0041");
        let text = b"x?a=%41b%20c d";
        let (view, _) = percent(text, 4).unwrap();
        assert_eq!(view.text, b"x?a=Ab c");
        assert_eq!(&text[view.origin(4..6)], b"%41b");
    }

    #[test]
    fn lines_that_were_cut_are_joined() {
        let text = b"key: abcd\\\n  efgh\\\n  ijkl mn";
        let (view, end) = joined(text, 9, false).unwrap();
        assert_eq!((view.text.as_slice(), end), (b"key: abcdefghijkl mn".as_slice(), 28));
        assert_eq!(view.origin(5..17), 5..25);
        assert!(joined(b"kind: Pod\nmetadata:\n", 9, false).is_none());
        assert!(joined(b"name: shop\nspec: x\n", 10, false).is_none());
    }

    #[test]
    fn what_cannot_be_read_is_not_passed() {
        assert!(matches!(base64(b"H4sIAAAAAAAAA0vOzywqTlXISM3JAQA", 1_000), Some(Decoded::Unread)));
        assert!(base64(b"lastTransitionTimeOfThePod", 1_000).is_none());
        assert!(matches!(base64(b"cGFzc3dvcmQ9aHVudGVyMg==", 1_000), Some(Decoded::Text(_))));
        assert!(matches!(base64(b"cGFzc3dvcmQ9aHVudGVyMg==", 4), Some(Decoded::Unread)));
    }
}
