//! Finds what has to go: keywords, addresses and runs in the text itself, then the same in every view of it.

use std::ops::Range;
use std::sync::Arc;

use memchr::{memchr, memchr_iter};

use crate::cursor::{DASH, DIGIT, HEX, LOWER, PLUS, UPPER};
use crate::cursor::{at, before, class, is_alnum, run, slice};
use crate::keywords::Look;
use crate::pseudonym::stand_ins;
use crate::rules::Rules;
use crate::special::Armour;
use crate::view::{Decoded, VIEW_BYTES_MAX, VIEW_DEPTH_MAX, View};
use crate::{assign, personal, special, verify, view};

/// Shortest run of token characters that is random beyond doubt, without any word that announces it.
pub(crate) const OPAQUE_BYTES_MIN: usize = 32;
/// Shortest run that is read as base64.
const BASE64_BYTES_MIN: usize = 16;
/// Shortest run that is read as hexadecimal text.
const HEX_BYTES_MIN: usize = 24;

/// The name of the rule that found something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Name {
    Built(&'static str),
    Custom(Arc<str>),
}

impl Name {
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Built(name) => name,
            Self::Custom(name) => name,
        }
    }
}

/// How much a rule knows about what it found: of two that overlap, the more knowing names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    Personal,
    Random,
    Context,
    Token,
    Custom,
}

/// Bytes that have to go.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    pub(crate) range: Range<usize>,
    pub(crate) name: Name,
    pub(crate) rank: Rank,
}

/// One look at one window of text.
pub(crate) struct Finder<'r> {
    rules: &'r Rules,
    /// Bytes that views may still have.
    left: usize,
}

/// What is found in one reading of the text.
#[derive(Default)]
struct Found {
    spans: Vec<Span>,
    /// Certificates and public keys: random, and no secret.
    calm: Vec<Range<usize>>,
}

impl Found {
    fn add(&mut self, range: Range<usize>, rule: &'static str, rank: Rank) {
        if !range.is_empty() {
            self.spans.push(Span { range, name: Name::Built(rule), rank });
        }
    }

    fn is_calm(&self, range: &Range<usize>) -> bool {
        self.calm.iter().any(|calm| calm.start <= range.start && range.end <= calm.end)
    }

    /// Takes over what a view of some bytes has in it: all of these bytes go.
    fn swallow(&mut self, inner: Vec<Span>, range: &Range<usize>) -> bool {
        let Some(best) = inner.into_iter().max_by_key(|span| span.rank) else { return false };
        self.spans.push(Span { range: range.clone(), rank: best.rank.max(Rank::Random), ..best });
        true
    }
}

impl<'r> Finder<'r> {
    pub(crate) fn new(rules: &'r Rules) -> Self {
        Self { rules, left: VIEW_BYTES_MAX }
    }

    /// All that has to go, in no order and overlapping.
    pub(crate) fn find(&mut self, text: &[u8]) -> Vec<Span> {
        self.read(text, 0)
    }

    fn read(&mut self, text: &[u8], depth: usize) -> Vec<Span> {
        let mut found = Found::default();
        // The name of a rule in a stand-in is no keyword.
        let marks = stand_ins(text);
        for (start, end, look) in self.rules.keywords.find(text) {
            let mark = marks.get(marks.partition_point(|mark| mark.end <= start));
            if mark.is_none_or(|mark| end <= mark.start) {
                closer(text, start, end, look, &mut found);
            }
        }
        for sign in memchr_iter(b'@', text) {
            found.spans.extend(personal::mail(text, sign).map(|range| Span { range, name: Name::Built("email"), rank: Rank::Personal }));
        }
        self.runs(text, depth, &mut found);
        if depth < VIEW_DEPTH_MAX {
            self.escapes(text, depth, &mut found);
        }
        if self.rules.addresses {
            for range in personal::addresses(text) {
                found.add(range, "ip-address", Rank::Personal);
            }
        }
        if !self.rules.allow.is_empty() {
            found.spans.retain(|span| !self.rules.allows(slice(text, span.range.start, span.range.end)));
        }
        for (name, pattern) in &self.rules.deny {
            let hits = pattern.find_iter(text).filter(|hit| !hit.is_empty());
            found.spans.extend(hits.map(|hit| Span { range: hit.range(), name: Name::Custom(Arc::clone(name)), rank: Rank::Custom }));
        }
        found.spans
    }

    /// Runs of letters, digits, `+/` and `-_`: encodings, cards, accounts, and what is simply random.
    fn runs(&mut self, text: &[u8], depth: usize, found: &mut Found) {
        let (mut start, mut any, mut all, mut joined_to) = (0, 0, u8::MAX, 0);
        for (here, byte) in text.iter().enumerate() {
            let sort = class(*byte);
            if sort != 0 {
                any |= sort;
                all &= sort;
                continue;
            }
            let len = here - start;
            if len >= 12 || len > 1 && any & PLUS != 0 || len == 4 && *byte == b' ' && any & DIGIT != 0 {
                self.one_run(text, start..here, (any, all), depth, found);
            }
            let ends_line = match byte {
                b'\n' | b'\r' => len > 3,
                b'\\' => matches!(at(text, here + 1), b'\n' | b'\r'),
                _ => false,
            };
            if ends_line && here >= joined_to && depth < VIEW_DEPTH_MAX {
                let encoded = len >= BASE64_BYTES_MIN && any & (UPPER | LOWER) == UPPER | LOWER;
                joined_to = self.lines(text, here, encoded, depth, found);
            }
            (start, any, all) = (here + 1, 0, u8::MAX);
        }
        if text.len() - start >= 12 || any & PLUS != 0 {
            self.one_run(text, start..text.len(), (any, all), depth, found);
        }
    }

    fn one_run(&mut self, text: &[u8], range: Range<usize>, (any, all): (u8, u8), depth: usize, found: &mut Found) {
        let (start, end) = (range.start, range.end);
        let len = end - start;
        if any & PLUS != 0 && at(text, start) == b'+' {
            found.spans.extend(personal::international(text, start).map(|range| Span {
                range,
                name: Name::Built("phone"),
                rank: Rank::Personal,
            }));
        }
        if len == 4 || any & (LOWER | PLUS) == 0 && len < 35 {
            let number = if class(at(text, start)) & DIGIT != 0 { personal::card(text, start) } else { None };
            found.spans.extend(number.map(|range| Span { range, name: Name::Built("card"), rank: Rank::Personal }));
            if class(at(text, start)) & UPPER != 0 && class(at(text, start + 2)) & DIGIT != 0 {
                found.spans.extend(personal::account(text, start).map(|range| Span {
                    range,
                    name: Name::Built("iban"),
                    rank: Rank::Personal,
                }));
            }
        }
        if len < BASE64_BYTES_MIN {
            return;
        }
        let hex = if at(text, start + 1) == b'x' { start + 2 } else { start };
        if len >= HEX_BYTES_MIN && (all & HEX != 0 || hex > start && slice(text, hex, end).iter().all(u8::is_ascii_hexdigit)) {
            self.hexadecimal(text, hex..end, depth, found);
        }
        if all & HEX != 0 && any & (UPPER | LOWER) != UPPER | LOWER || any & (UPPER | LOWER) == 0 {
            return;
        }
        if at(text, end) == b'.' && (23..=28).contains(&len) && discord(text, start, end, found) {
            return;
        }
        if any & UPPER != 0 {
            let padded = run(slice(text, 0, end + 2), end, |byte| byte == b'=');
            if !self.base64(text, start..padded, depth, found) {
                random(text, start..padded, any, found);
            }
        }
    }

    fn hexadecimal(&mut self, text: &[u8], range: Range<usize>, depth: usize, found: &mut Found) {
        if let Some(bytes) = view::hex(slice(text, range.start, range.end)) {
            let inner = self.inner(&bytes, depth);
            found.swallow(inner, &range);
        }
    }

    /// Reads a run as base64. Whether it was base64 of something readable.
    fn base64(&mut self, text: &[u8], range: Range<usize>, depth: usize, found: &mut Found) -> bool {
        let whole = slice(text, range.start, range.end);
        let mut readable = false;
        for from in view::base64_starts(whole) {
            let part = slice(whole, from, whole.len());
            if part.len() < BASE64_BYTES_MIN {
                continue;
            }
            let inner = match view::base64(part, self.left) {
                None => continue,
                Some(Decoded::Text(bytes)) => self.inner(&bytes, depth),
                Some(Decoded::Key) => vec![Span { range: 0..0, name: Name::Built("private-key"), rank: Rank::Token }],
                Some(Decoded::Unread) => vec![unread()],
            };
            readable = true;
            if found.swallow(inner, &range) {
                break;
            }
        }
        readable
    }

    /// What is in a view. One too deep or too large to be read has to go as it is.
    fn inner(&mut self, bytes: &[u8], depth: usize) -> Vec<Span> {
        let Some(left) = self.left.checked_sub(bytes.len()) else { return vec![unread()] };
        self.left = left;
        if depth >= VIEW_DEPTH_MAX {
            return vec![unread()];
        }
        self.read(bytes, depth + 1)
    }

    /// Percent signs and backslashes, read as what they stand for.
    fn escapes(&mut self, text: &[u8], depth: usize, found: &mut Found) {
        let mut here = 0;
        while let Some(place) = memchr(b'%', slice(text, here, text.len())) {
            let sign = here + place;
            here = match view::percent(text, sign) {
                Some((view, end)) => {
                    self.mapped(&view, depth, found, |_| true);
                    end
                }
                None => sign + 1,
            };
        }
        here = 0;
        while let Some(place) = memchr(b'\\', slice(text, here, text.len())) {
            let (view, end) = view::backslash(text, here + place);
            self.mapped(&view, depth, found, |_| true);
            here = end;
        }
    }

    /// Lines that a wrap has cut. Where the last of them ends.
    fn lines(&mut self, text: &[u8], end: usize, encoded: bool, depth: usize, found: &mut Found) -> usize {
        let Some((view, joined_to)) = view::joined(text, end, encoded) else { return end };
        self.line(&view, depth, found);
        // The first line may be another matter, and glued to the rest it hides what that is.
        let second = end + 1 + memchr(b'\n', slice(text, end + 1, joined_to)).unwrap_or(joined_to);
        if view.wrapped
            && second < joined_to
            && let Some((view, _)) = view::joined(text, second, true)
        {
            self.line(&view, depth, found);
        }
        joined_to
    }

    fn line(&mut self, view: &View, depth: usize, found: &mut Found) {
        // Words on lines of their own may make an address or a name together that nobody wrote.
        self.mapped(view, depth, found, |span| (span.rank > Rank::Personal || !view.wrapped) && view.by_joining(&span.range));
    }

    fn mapped(&mut self, view: &View, depth: usize, found: &mut Found, keep: impl Fn(&Span) -> bool) {
        for span in self.inner(&view.text, depth) {
            if span.name == unread().name && span.range.is_empty() {
                found.spans.push(Span { range: view.origin(0..view.text.len()), ..span });
            } else if keep(&span) {
                let range = view.origin(span.range.clone());
                if !(span.rank == Rank::Random && found.is_calm(&range)) {
                    found.spans.push(Span { range, ..span });
                }
            }
        }
    }
}

fn unread() -> Span {
    Span { range: 0..0, name: Name::Built("unread"), rank: Rank::Random }
}

/// Looks closely at the place of a keyword.
fn closer(text: &[u8], start: usize, end: usize, look: Look, found: &mut Found) {
    let special = match look {
        Look::Token(token) => {
            if let Some(end) = token.end(text, start) {
                found.add(start..end, token.rule, Rank::Token);
            }
            None
        }
        Look::Name => assign::secret_at(text, start, end).map(|range| (range, "secret-setting")),
        Look::Url => special::url(text, start, end),
        Look::Armour => match special::armour(text, start) {
            Some(Armour::Private(range)) => Some((range, "private-key")),
            Some(Armour::Public(range)) => {
                found.calm.push(range);
                None
            }
            None => None,
        },
        Look::Scheme => special::scheme(text, start, end),
        Look::WebToken => special::web_token(text, start),
        Look::Crypt => special::crypt(text, start, end),
        Look::Webhook => special::webhook(text, end),
        Look::Middle => special::middle(text, start, end),
        Look::Command => special::command(text, start, end),
        Look::Option => special::option(text, start, end),
        Look::Dsn => special::dsn(text, start, end),
        Look::Phone | Look::Person => {
            let (range, rule) = if matches!(look, Look::Phone) {
                (personal::national(text, start, end), "phone")
            } else {
                (personal::person(text, start, end), "person")
            };
            if let Some(range) = range {
                found.add(range, rule, Rank::Personal);
            }
            None
        }
    };
    if let Some((range, rule)) = special {
        let rank = if matches!(look, Look::Name | Look::Scheme | Look::Command) { Rank::Context } else { Rank::Token };
        found.add(range, rule, rank);
    }
}

/// What no name, path or digest would look like.
fn random(text: &[u8], range: Range<usize>, any: u8, found: &mut Found) {
    let (start, end) = (range.start, range.end);
    if end - start < 23 || any & (UPPER | LOWER | DIGIT) != UPPER | LOWER | DIGIT || found.is_calm(&range) {
        return;
    }
    let whole = slice(text, start, end);
    // Digests and public keys are random, and meant to be seen.
    let lead = slice(text, start.saturating_sub(7), start + 7);
    let digest =
        [b"sha256".as_slice(), b"sha384", b"sha512"].iter().any(|name| lead.to_ascii_lowercase().windows(6).any(|window| window == *name));
    if digest || before(text, start) == b':' && slice(text, start.saturating_sub(3), start) == b"h1:" || whole.starts_with(b"AAAA") {
        return;
    }
    if whole.ends_with(b"=") || memchr(b'+', whole).is_some() {
        if whole.len() >= 40 && verify::opaque(whole) {
            found.add(range, "random", Rank::Random);
        }
        return;
    }
    let mut from = start;
    for part in whole.split(|byte| *byte == b'/') {
        if part.len() >= OPAQUE_BYTES_MIN && verify::opaque(part) {
            found.add(from..from + part.len(), "random", Rank::Random);
        }
        from += part.len() + 1;
    }
    // Of 40 characters with slashes no part may be long enough: the secret keys of AWS.
    if any & (PLUS | DASH) == PLUS && whole.len() == 40 && verify::opaque(whole) && whole.split(|byte| *byte == b'/').count() < 5 {
        found.add(range, "random", Rank::Random);
    }
}

/// A bot's token: its number in base64, six characters, and a signature.
fn discord(text: &[u8], start: usize, end: usize, found: &mut Found) -> bool {
    let url = |byte: u8| is_alnum(byte) || matches!(byte, b'-' | b'_');
    let middle = run(text, end + 1, url);
    let last = run(text, middle + 1, url);
    let fits = matches!(at(text, start), b'M' | b'N' | b'O') && middle - end == 7 && at(text, middle) == b'.' && last - middle >= 28;
    if fits {
        found.add(start..last, "discord-token", Rank::Token);
    }
    fits
}
