//! The text around what a report quotes, so that a reader sees the words where they stand.
//!
//! Units: bytes of UTF-8. A cut falls between lines where there are any, and between characters where there are none.

use std::collections::BTreeMap;

use assent_capture::source::Locator;
use assent_evidence::Graph;
use serde::{Deserialize, Serialize};

use crate::report::{Evidence, Report};

/// Bytes of text before a quote, and as many after it, at most.
pub const AROUND_BYTES_MAX: usize = 4 << 10;
/// Bytes of text around all quotes of one report, at most. Quotes beyond it stand alone.
pub const REPORT_BYTES_MAX: usize = 1 << 20;

/// The text around a quote.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Excerpt {
    /// The text before.
    pub before: String,
    /// The text after.
    pub after: String,
    /// Whether there was more before.
    pub cut_before: bool,
    /// Whether there was more after.
    pub cut_after: bool,
}

impl Excerpt {
    /// The text around some bytes of a text; none if they are not in it.
    #[must_use]
    pub fn around(text: &str, start: usize, len: usize) -> Option<Self> {
        let (head, tail) = (text.get(..start)?, text.get(start.checked_add(len)?..)?);
        let (before, after) = (end_of(head), start_of(tail));
        Some(Self {
            cut_before: before.len() < head.len(),
            cut_after: after.len() < tail.len(),
            before: before.to_owned(),
            after: after.to_owned(),
        })
    }
}

/// The text around each quote of a report, by the evidence's id. Of a text that was not kept whole there is none.
#[must_use]
pub fn of(report: &Report, graph: &Graph) -> BTreeMap<String, Excerpt> {
    let causes = report.root_causes.iter().chain(&report.not_proven).flat_map(|cause| &cause.evidence);
    let mut left = REPORT_BYTES_MAX;
    let mut excerpts = BTreeMap::new();
    for item in causes.chain(report.findings.iter().flat_map(|finding| &finding.evidence)) {
        if excerpts.contains_key(&item.id) {
            continue;
        }
        let Some(excerpt) = of_one(item, graph) else { continue };
        let Some(rest) = left.checked_sub(excerpt.before.len() + excerpt.after.len()) else { break };
        left = rest;
        excerpts.insert(item.id.clone(), excerpt);
    }
    excerpts
}

fn of_one(item: &Evidence, graph: &Graph) -> Option<Excerpt> {
    let locator: Locator = item.locator.parse().ok()?;
    let start = usize::try_from(locator.start).ok()?;
    // Two sources may have one name: that one is meant which has the words.
    let named = graph.set.sources.iter().filter(|source| *source.name == *item.source);
    let source = named.into_iter().find(|source| source.slice(locator.start, locator.len) == Some(&item.quote))?;
    Excerpt::around(source.text(), start, locator.len as usize)
}

/// The end of a text, from the start of a line where there is one.
fn end_of(text: &str) -> &str {
    if text.len() <= AROUND_BYTES_MAX {
        return text;
    }
    let from = (text.len() - AROUND_BYTES_MAX..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    let tail = text.get(from..).unwrap_or_default();
    tail.split_once('\n').map_or(tail, |(_, whole)| whole)
}

/// The start of a text, to the end of a line where there is one.
fn start_of(text: &str) -> &str {
    if text.len() <= AROUND_BYTES_MAX {
        return text;
    }
    let to = (0..=AROUND_BYTES_MAX).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let head = text.get(..to).unwrap_or_default();
    head.rfind('\n').and_then(|end| head.get(..=end)).unwrap_or(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_text_is_shown_whole() {
        let excerpt = Excerpt::around("one\ntwo\nthree\n", 4, 3).unwrap();
        assert_eq!((excerpt.before.as_str(), excerpt.after.as_str()), ("one\n", "\nthree\n"));
        assert!(!excerpt.cut_before && !excerpt.cut_after);
    }

    #[test]
    fn a_long_text_is_cut_between_lines() {
        let lines: String = (0..1_000).map(|n| format!("line {n} of the log\n")).collect();
        let start = lines.find("line 500 ").unwrap();
        let excerpt = Excerpt::around(&lines, start, 8).unwrap();
        assert!(excerpt.cut_before && excerpt.cut_after);
        assert!(excerpt.before.starts_with("line ") && excerpt.after.ends_with(" of the log\n"), "{excerpt:?}");
        assert!(excerpt.before.len() <= AROUND_BYTES_MAX && excerpt.after.len() <= AROUND_BYTES_MAX);
        assert!(lines.contains(&format!("{}line 500{}", excerpt.before, excerpt.after)));
    }

    #[test]
    fn a_long_line_is_cut_between_characters() {
        let line = "é".repeat(10_000);
        let excerpt = Excerpt::around(&line, 9_000, 2).unwrap();
        assert!(excerpt.before.chars().chain(excerpt.after.chars()).all(|c| c == 'é'));
        assert!(excerpt.before.len() >= AROUND_BYTES_MAX - 2 && excerpt.cut_before && excerpt.cut_after);
        assert_eq!(Excerpt::around(&line, 9_001, 2), None, "within a character");
        assert_eq!(Excerpt::around(&line, 30_000, 2), None, "beyond the end");
    }
}
