//! Whether an export of a tenant has come whole: its last line says how many lines came before, of each type.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use serde::Deserialize;

/// Bytes of the last line at most: it has a handful of numbers.
const LAST_LINE_BYTES_MAX: usize = 64 << 10;
/// Lines that the last line does not count: the first, and itself.
const UNCOUNTED: u64 = 2;

/// Sees an export pass, and keeps no more of it than its last line.
#[derive(Debug, Default)]
pub(super) struct Watched {
    lines: u64,
    /// The line that is being seen, while it is short enough to be the last.
    line: Vec<u8>,
    is_long: bool,
    last: Vec<u8>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    r#type: String,
    lines: BTreeMap<String, u64>,
}

impl Watched {
    /// Sees the next bytes.
    pub(super) fn see(&mut self, chunk: &[u8]) {
        for piece in chunk.split_inclusive(|byte| *byte == b'\n') {
            self.is_long = self.is_long || self.line.len() + piece.len() > LAST_LINE_BYTES_MAX;
            if !self.is_long {
                self.line.extend_from_slice(piece);
            }
            if piece.ends_with(b"\n") {
                self.lines += 1;
                self.last = std::mem::take(&mut self.line);
                if std::mem::take(&mut self.is_long) {
                    self.last.clear();
                }
            }
        }
    }

    /// Says how many lines there were, if that is all of them.
    pub(super) fn end(self) -> anyhow::Result<u64> {
        let Self { lines, line, is_long, last } = self;
        if !line.is_empty() || is_long {
            bail!("it breaks off within a line");
        }
        let end: End = serde_json::from_slice(&last).ok().filter(|end: &End| end.r#type == "end").context("its last line is missing")?;
        let counted = end.lines.values().try_fold(UNCOUNTED, |sum, count| sum.checked_add(*count)).context("its last line counts wrong")?;
        if counted != lines {
            bail!("it has {lines} lines, and should have {counted}");
        }
        Ok(lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "{\"type\":\"export\"}\n{\"type\":\"document\"}\n{\"type\":\"record\"}\n{\"type\":\"end\",\"lines\":{\"document\":1,\"record\":1}}\n";

    fn seen(text: &str, at_a_time: usize) -> anyhow::Result<u64> {
        let mut watched = Watched::default();
        text.as_bytes().chunks(at_a_time).for_each(|chunk| watched.see(chunk));
        watched.end()
    }

    #[test]
    fn a_whole_export_is_known_however_it_comes() {
        for at_a_time in [1, 2, 7, 1_000] {
            assert_eq!(seen(WHOLE, at_a_time).unwrap(), 4, "{at_a_time} bytes at a time");
        }
        let long = WHOLE.replace("\"document\"}", &format!("\"document\",\"x\":\"{}\"}}", "x".repeat(LAST_LINE_BYTES_MAX)));
        assert_eq!(seen(&long, 4_096).unwrap(), 4, "with a line that cannot be the last");
    }

    #[test]
    fn no_part_of_an_export_passes_for_the_whole() {
        for length in 0..WHOLE.len() {
            assert!(seen(&WHOLE[..length], 16).is_err(), "cut at {length}");
        }
        let lines: Vec<&str> = WHOLE.split_inclusive('\n').collect();
        for without in 0..lines.len() {
            let rest: String = lines.iter().enumerate().filter(|(at, _)| *at != without).map(|(_, line)| *line).collect();
            assert!(seen(&rest, 16).is_err(), "without line {without}");
        }
        assert!(seen(&format!("{WHOLE}{{}}\n"), 16).is_err(), "with more after the end");
    }
}
