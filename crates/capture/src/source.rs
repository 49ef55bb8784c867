//! A source is one foreign text, kept so that what is said of it can be quoted.
//!
//! Units: offsets and lengths are bytes of the text after invalid UTF-8 was replaced; lines count from 1.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

/// Quotes longer than this are cut: the words up to there are still exact.
pub const QUOTE_BYTES_MAX: usize = 800;

/// Which source of a [`crate::set::CaptureSet`] something came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// Some bytes of one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cite {
    /// Where the words are.
    pub source: SourceId,
    /// Offset of the first byte.
    pub start: u64,
    /// How many bytes.
    pub len: u32,
}

/// A part of a source with a title of its own: the output of one command of a transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Offset of the first byte of the part.
    pub start: u64,
    /// What it is: `kubectl describe pod checkout-7d9f`.
    pub title: Box<str>,
}

/// One foreign text.
#[derive(Debug, Clone)]
pub struct Source {
    /// The path inside the input, `-` for standard input, the request path for a live API.
    pub name: Box<str>,
    /// Parts with titles, by offset.
    pub sections: Vec<Section>,
    text: Text,
}

/// Bytes between two places whose line is remembered. A report quotes hundreds of places of a file of a hundred megabytes.
const LINE_MARK_BYTES: usize = 64 * 1024;

#[derive(Debug, Clone)]
enum Text {
    /// All of it; beside it, once asked for, how many lines end before every [`LINE_MARK_BYTES`].
    Whole(Box<str>, OnceLock<Box<[u64]>>),
    /// Only these pieces of a text too large to keep: offset to line number and words.
    Pieces(BTreeMap<u64, (u64, Box<str>)>),
}

impl Source {
    /// Keeps a whole text.
    #[must_use]
    pub fn whole(name: &str, text: Box<str>) -> Self {
        Self { name: name.into(), sections: Vec::new(), text: Text::Whole(text, OnceLock::new()) }
    }

    /// Keeps pieces of a text that was read streaming; [`Source::keep`] adds them.
    #[must_use]
    pub fn pieces(name: &str) -> Self {
        Self { name: name.into(), sections: Vec::new(), text: Text::Pieces(BTreeMap::new()) }
    }

    /// Keeps one more piece. Does nothing when the whole text is kept.
    pub fn keep(&mut self, start: u64, line: u64, words: &str) {
        if let Text::Pieces(pieces) = &mut self.text {
            pieces.insert(start, (line, words.into()));
        }
    }

    /// The whole text; empty when only pieces are kept.
    #[must_use]
    pub fn text(&self) -> &str {
        match &self.text {
            Text::Whole(text, _) => text,
            Text::Pieces(_) => "",
        }
    }

    /// Changes a whole text in place, where its length and its lines stay.
    pub(crate) fn rewrite(&mut self, change: impl FnOnce(&mut String)) {
        if let Text::Whole(text, marks) = &mut self.text {
            *marks = OnceLock::new();
            let mut whole = String::from(std::mem::take(text));
            change(&mut whole);
            *text = whole.into_boxed_str();
        }
    }

    /// The words at these bytes, if this source has them.
    #[must_use]
    pub fn slice(&self, start: u64, len: u32) -> Option<&str> {
        match &self.text {
            Text::Whole(text, _) => {
                let start = usize::try_from(start).ok()?;
                text.get(start..start.checked_add(len as usize)?)
            }
            Text::Pieces(pieces) => {
                let (offset, (_, words)) = pieces.range(..=start).next_back()?;
                let from = usize::try_from(start - offset).ok()?;
                words.get(from..from.checked_add(len as usize)?)
            }
        }
    }

    /// The line that holds this byte, counted from 1.
    #[must_use]
    pub fn line_of(&self, start: u64) -> u64 {
        match &self.text {
            Text::Whole(text, marks) => {
                let end = usize::try_from(start).unwrap_or(usize::MAX).min(text.len());
                let mark = end / LINE_MARK_BYTES;
                let before = marks.get_or_init(|| line_marks(text)).get(mark).copied().unwrap_or(0);
                before + newlines(text.as_bytes().get(mark * LINE_MARK_BYTES..end).unwrap_or_default()) + 1
            }
            Text::Pieces(pieces) => pieces.range(..=start).next_back().map_or(0, |(_, (line, _))| *line),
        }
    }

    /// The title of the part that holds this byte.
    #[must_use]
    pub fn section_at(&self, start: u64) -> Option<&str> {
        let after = self.sections.partition_point(|section| section.start <= start);
        self.sections.get(after.checked_sub(1)?).map(|section| &*section.title)
    }
}

fn newlines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

/// How many lines end before each multiple of [`LINE_MARK_BYTES`], 0 and the text's length rounded down included.
fn line_marks(text: &str) -> Box<[u64]> {
    let ended = text.as_bytes().chunks(LINE_MARK_BYTES).scan(0, |ended, chunk| {
        *ended += newlines(chunk);
        Some(*ended)
    });
    std::iter::once(0).chain(ended).collect()
}

/// Says where some words are, in a form that survives being written down: `L12 B345+67`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Locator {
    /// The line of the first byte, from 1. For people; the bytes decide.
    pub line: u64,
    /// Offset of the first byte.
    pub start: u64,
    /// How many bytes.
    pub len: u32,
}

impl fmt::Display for Locator {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "L{} B{}+{}", self.line, self.start, self.len)
    }
}

/// The text is no locator.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no locator: expected `L<line> B<offset>+<length>`")]
pub struct BadLocator(String);

impl FromStr for Locator {
    type Err = BadLocator;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let (line, bytes) = text.split_once(' ')?;
            let (start, len) = bytes.strip_prefix('B')?.split_once('+')?;
            Some(Self { line: line.strip_prefix('L')?.parse().ok()?, start: start.parse().ok()?, len: len.parse().ok()? })
        };
        read().ok_or_else(|| BadLocator(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locator_reads_back_what_it_wrote() {
        let locator = Locator { line: 3, start: 120, len: 9 };
        assert_eq!(locator.to_string().parse(), Ok(locator));
        assert!("L3".parse::<Locator>().is_err());
        assert!("L3 B-1+2".parse::<Locator>().is_err());
    }

    #[test]
    fn a_line_is_counted_alike_near_and_far_from_a_mark() {
        let text: String = (0..40_000).map(|n| "x".repeat(n % 7) + "\n").collect();
        let source = Source::whole("a", text.as_str().into());
        assert!(text.len() > 2 * LINE_MARK_BYTES);
        let near = [0, 1, 2, LINE_MARK_BYTES - 1, LINE_MARK_BYTES, LINE_MARK_BYTES + 1, 2 * LINE_MARK_BYTES, text.len(), text.len() + 9];
        for at in near.into_iter().chain((0..text.len()).step_by(997)) {
            let counted = text.bytes().take(at).filter(|byte| *byte == b'\n').count() as u64 + 1;
            assert_eq!(source.line_of(at as u64), counted, "at {at}");
        }
    }

    #[test]
    fn slices_come_from_whole_texts_and_from_pieces() {
        let whole = Source::whole("a", "one\ntwo\n".into());
        assert_eq!(whole.slice(4, 3), Some("two"));
        assert_eq!(whole.slice(6, 9), None);
        assert_eq!(whole.line_of(4), 2);
        let mut pieces = Source::pieces("b");
        pieces.keep(4_000_000_000_000, 7, "kept");
        assert_eq!(pieces.slice(4_000_000_000_001, 2), Some("ep"));
        assert_eq!(pieces.slice(3, 2), None);
    }
}
