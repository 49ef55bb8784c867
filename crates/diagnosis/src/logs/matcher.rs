//! Finds the rules that a line satisfies.
//!
//! One pass over the line looks for all keywords at once; only the rules whose keyword occurs are tried with their expression,
//! the most telling first. Most lines hold no keyword and cost that one pass.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex::{Regex, RegexBuilder};

use super::fields::{FIELDS, Secrets};
use super::{LOG_LINE_SCAN_BYTES_MAX, LogRule, SLOW_MS_MIN, Signal, duration_ms, quiet, rules};

/// The compiled size that no pattern may exceed.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// One rule that a line satisfies.
#[derive(Debug)]
pub struct LogMatch<'l> {
    /// The rule.
    pub rule: &'static LogRule,
    /// What the named groups captured, without secrets.
    pub fields: BTreeMap<&'static str, &'l str>,
    /// Where in the line the pattern matched.
    pub matched: Range<usize>,
}

impl LogMatch<'_> {
    /// Higher weight first, then the longer match, then the rule's id.
    fn rank(&self, other: &Self) -> Ordering {
        let weights = other.rule.signal.weight().cmp(&self.rule.signal.weight());
        weights.then(other.matched.len().cmp(&self.matched.len())).then(self.rule.id.cmp(other.rule.id))
    }
}

/// All rules behind one keyword pass. Expressions are compiled when first needed; share one matcher between threads.
#[derive(Debug)]
pub struct Matcher {
    keywords: AhoCorasick,
    /// For each keyword, the places in `ranked` of the rules that have it.
    places: Vec<Vec<usize>>,
    /// Higher weight first, so that the search for the best may stop early.
    ranked: Vec<Ranked>,
}

#[derive(Debug)]
struct Ranked {
    rule: &'static LogRule,
    /// `None` inside for a pattern that does not compile; a test rules that out.
    pattern: OnceLock<Option<Regex>>,
}

impl Matcher {
    /// Builds the keyword pass over every rule.
    #[expect(clippy::expect_used, reason = "the keywords are a constant table, and a test builds it")]
    pub fn new() -> Self {
        let mut ranked: Vec<Ranked> = rules().map(|rule| Ranked { rule, pattern: OnceLock::new() }).collect();
        ranked.sort_by_key(|entry| (std::cmp::Reverse(entry.rule.signal.weight()), entry.rule.id));
        let mut by_keyword: BTreeMap<&'static str, Vec<usize>> = BTreeMap::new();
        for (place, entry) in ranked.iter().enumerate() {
            for keyword in entry.rule.keywords {
                by_keyword.entry(keyword).or_default().push(place);
            }
        }
        // Twice the speed of the smaller automaton for some 8 MB, and a line costs little more than this pass.
        let keywords = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::DFA))
            .ascii_case_insensitive(true)
            .build(by_keyword.keys())
            .expect("keywords build");
        Matcher { keywords, places: by_keyword.into_values().collect(), ranked }
    }

    /// The rule that says most about the line: highest weight, then longest match, then id.
    pub fn best<'l>(&self, line: &'l str) -> Option<LogMatch<'l>> {
        let line = scanned(line);
        let mut best: Option<LogMatch<'l>> = None;
        for entry in self.candidates(line) {
            if best.as_ref().is_some_and(|found| found.rule.signal.weight() > entry.rule.signal.weight()) {
                break;
            }
            let Some(found) = entry.try_match(line) else { continue };
            if best.as_ref().is_none_or(|known| found.rank(known) == Ordering::Less) {
                best = Some(found);
            }
        }
        best.filter(|_| !quiet::is_quiet(line))
    }

    /// Every rule that the line satisfies, the most telling first.
    pub fn all<'l>(&self, line: &'l str) -> Vec<LogMatch<'l>> {
        let line = scanned(line);
        let mut found: Vec<LogMatch<'l>> = self.candidates(line).filter_map(|entry| entry.try_match(line)).collect();
        if found.is_empty() || quiet::is_quiet(line) {
            return Vec::new();
        }
        found.sort_by(LogMatch::rank);
        found
    }

    /// The rules with a keyword in the line, in the order of `ranked`.
    fn candidates(&self, line: &str) -> impl Iterator<Item = &Ranked> {
        let mut places: Vec<usize> = Vec::new();
        for found in self.keywords.find_overlapping_iter(line) {
            places.extend(self.places.get(found.pattern().as_usize()).into_iter().flatten());
            // A line that repeats a keyword must not make the list grow with it.
            if places.len() > 4 * self.ranked.len() {
                places.sort_unstable();
                places.dedup();
            }
        }
        places.sort_unstable();
        places.dedup();
        places.into_iter().filter_map(|place| self.ranked.get(place))
    }
}

impl Default for Matcher {
    fn default() -> Self {
        Matcher::new()
    }
}

impl Ranked {
    fn try_match<'l>(&self, line: &'l str) -> Option<LogMatch<'l>> {
        let pattern = self.pattern.get_or_init(|| compile(self.rule.pattern).ok()).as_ref()?;
        let captures = pattern.captures(line)?;
        let matched = captures.get_match().range();
        let secrets = Secrets::of(line);
        let mut fields = BTreeMap::new();
        for name in pattern.capture_names().flatten() {
            let (Some(name), Some(group)) = (FIELDS.iter().find(|known| **known == name), captures.name(name)) else { continue };
            if let Some(text) = secrets.allowed(name, group.range()).and_then(|range| line.get(range)) {
                fields.insert(*name, text.trim_end());
            }
        }
        let slow = matches!(self.rule.signal, Signal::SlowQuery | Signal::SlowRequest);
        if slow && duration_ms(&fields).is_none_or(|took| took < SLOW_MS_MIN) {
            return None;
        }
        Some(LogMatch { rule: self.rule, fields, matched })
    }
}

fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).case_insensitive(true).size_limit(PATTERN_BYTES_MAX).build()
}

/// The part of the line that is looked at, cut on a character boundary.
fn scanned(line: &str) -> &str {
    line.get(..line.floor_char_boundary(LOG_LINE_SCAN_BYTES_MAX)).unwrap_or_default()
}
