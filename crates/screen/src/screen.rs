//! Redacts text: finds what has to go, settles what overlaps, and puts stand-ins in its place.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use crate::cursor::{at, class, run, run_back, slice};
use crate::finder::{Finder, Span};
use crate::pseudonym::{PseudonymKey, stand_ins};
use crate::rules::Rules;
use crate::stream::Stream;
use crate::view::View;

/// Text is looked at in windows of this size; shorter text in one.
pub const WINDOW_BYTES: usize = 128 * 1024;
/// What a window keeps back at its end for the next one, so that a secret up to this size is always seen whole.
pub const LOOKBACK_BYTES: usize = 16 * 1024;
/// What a window sees of the text before it, so that a name is seen with its value.
pub const CONTEXT_BYTES: usize = 512;

/// How often what is left is looked at again.
const ROUNDS_MAX: usize = 8;
/// How far from a stand-in it is looked at again: as far, and up to a blank.
const NEIGHBOURHOOD_BYTES: usize = 256;

/// Rules and a tenant's key: all that redaction takes.
#[derive(Debug, Clone)]
pub struct Screen {
    rules: Arc<Rules>,
    key: PseudonymKey,
}

/// Something that was redacted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The rule that found it, as in the stand-in.
    pub rule: Cow<'static, str>,
    /// Where it began in the original text.
    pub start: usize,
    /// How long it was there.
    pub len: usize,
}

/// Text that may cross, and what it lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted<'t> {
    /// The text with stand-ins; borrowed when nothing was found.
    pub text: Cow<'t, str>,
    /// What was redacted, in the order of the text.
    pub hits: Vec<Hit>,
}

impl Screen {
    /// A screen for one tenant, and one set of rules.
    #[must_use]
    pub fn new(rules: Arc<Rules>, key: PseudonymKey) -> Self {
        Self { rules, key }
    }

    /// Redacts text.
    #[must_use]
    pub fn text<'t>(&self, text: &'t str) -> Redacted<'t> {
        let bytes = text.as_bytes();
        let (mut hits, mut out) = (Vec::new(), Vec::new());
        let (mut done, mut context) = (0, 0);
        while done < bytes.len() {
            let from = done - context;
            let last = bytes.len() - done < WINDOW_BYTES;
            let window = slice(bytes, from, if last { bytes.len() } else { done + WINDOW_BYTES });
            let step = self.step(window, context, last);
            if !step.spans.is_empty() || !hits.is_empty() {
                if hits.is_empty() {
                    out.extend_from_slice(slice(bytes, 0, done));
                }
                self.write(window, context, &step, &mut out);
            }
            hits.extend(step.spans.iter().map(|span| hit(span, from)));
            done = from + step.cut;
            context = step.cut.min(CONTEXT_BYTES);
            if step.open {
                let end = run(bytes, done, is_swallowed);
                if let Some(hit) = hits.last_mut() {
                    hit.len += end - done;
                }
                (done, context) = (end, 0);
            }
        }
        let text = if hits.is_empty() {
            Cow::Borrowed(text)
        } else {
            // Stand-ins are ASCII, and spans end where characters do.
            Cow::Owned(String::from_utf8(out).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
        };
        Redacted { text, hits }
    }

    /// Redacts text that comes in pieces. The result is that of the whole, wherever the pieces were cut.
    #[must_use]
    pub fn stream(&self) -> Stream {
        Stream::new(self.clone())
    }

    /// The stand-in of a value.
    pub(crate) fn stand_in(&self, rule: &str, value: &[u8]) -> String {
        self.key.stand_in(rule, value)
    }

    /// All that has to go from bytes that are no longer than a window: in order, apart from each other.
    ///
    /// A stand-in is another neighbour than what it replaced, so what is left is looked at again until nothing more is found: what
    /// has been redacted is then never redacted further.
    pub(crate) fn spans(&self, text: &[u8]) -> Vec<Span> {
        let mut spans = settle(text, Finder::new(&self.rules).find(text));
        for _ in 0..ROUNDS_MAX {
            let more = self.again(text, &spans);
            if more.is_empty() {
                break;
            }
            spans.extend(more);
            spans.sort_by_key(|span| span.range.start);
        }
        spans
    }

    /// What more there is once these have gone, near to them.
    fn again(&self, text: &[u8], spans: &[Span]) -> Vec<Span> {
        let mut more = Vec::new();
        for near in neighbourhoods(text, spans) {
            let mut view = View::default();
            let mut here = near.start;
            for span in spans.iter().filter(|span| near.start <= span.range.start && span.range.end <= near.end) {
                view.plain(text, here..span.range.start);
                let stand_in = self.stand_in(span.name.as_str(), slice(text, span.range.start, span.range.end));
                view.escape(stand_in.as_bytes(), span.range.start, span.range.len());
                here = span.range.end;
            }
            view.plain(text, here..near.end);
            for span in settle(&view.text, Finder::new(&self.rules).find(&view.text)) {
                more.push(Span { range: view.origin(span.range.clone()), ..span });
            }
        }
        more
    }

    /// Looks at one window, of which `context` bytes are already done.
    pub(crate) fn step(&self, window: &[u8], context: usize, last: bool) -> Step {
        let mut spans = self.spans(window);
        spans.retain(|span| span.range.end > context);
        if let Some(span) = spans.first_mut() {
            span.range.start = span.range.start.max(context);
        }
        let (cut, open) = if last { (window.len(), false) } else { cut(window, context, &spans) };
        spans.retain(|span| span.range.start < cut);
        Step { cut, open, spans }
    }

    /// Writes what a step is done with.
    pub(crate) fn write(&self, window: &[u8], context: usize, step: &Step, out: &mut Vec<u8>) {
        let mut here = context;
        for span in &step.spans {
            let Range { start, end } = span.range;
            out.extend_from_slice(slice(window, here, start));
            out.extend_from_slice(self.stand_in(span.name.as_str(), slice(window, start, end)).as_bytes());
            here = end;
        }
        out.extend_from_slice(slice(window, here, step.cut));
    }
}

/// What one look at a window decided.
pub(crate) struct Step {
    /// Up to where the window is done.
    pub(crate) cut: usize,
    /// Whether the last span goes on beyond the window.
    pub(crate) open: bool,
    /// What has to go between the context and the cut.
    pub(crate) spans: Vec<Span>,
}

/// What follows an open span and still belongs to it: an encoding that fills more than a window.
pub(crate) fn is_swallowed(byte: u8) -> bool {
    class(byte) != 0 || matches!(byte, b'=' | b'\\' | b'\n' | b'\r')
}

fn hit(span: &Span, offset: usize) -> Hit {
    let rule = match &span.name {
        crate::finder::Name::Built(name) => Cow::Borrowed(*name),
        crate::finder::Name::Custom(name) => Cow::Owned(name.to_string()),
    };
    Hit { rule, start: offset + span.range.start, len: span.range.len() }
}

/// Where a window ends for good. It depends on the window alone, so that the pieces in which text came do not matter.
fn cut(window: &[u8], context: usize, spans: &[Span]) -> (usize, bool) {
    let latest = window.len().saturating_sub(LOOKBACK_BYTES);
    let earliest = latest.saturating_sub(LOOKBACK_BYTES).max(context + 1);
    let back = |is: fn(&u8) -> bool| slice(window, earliest, latest).iter().rposition(is).map(|place| earliest + place + 1);
    let mut place = back(|byte| *byte == b'\n').or_else(|| back(|byte| matches!(byte, b' ' | b','))).unwrap_or(latest);
    while place > context + 1 && is_continuation(at(window, place)) {
        place -= 1;
    }
    match spans.iter().find(|span| span.range.start < place && place < span.range.end) {
        Some(span) if span.range.start > context => (span.range.start, false),
        Some(span) => (span.range.end, span.range.end == window.len()),
        None => (place, false),
    }
}

/// What lies around spans, up to a blank.
fn neighbourhoods(text: &[u8], spans: &[Span]) -> Vec<Range<usize>> {
    let mut near: Vec<Range<usize>> = Vec::new();
    for span in spans {
        let start = span.range.start.saturating_sub(NEIGHBOURHOOD_BYTES);
        let start = run_back(text, start, NEIGHBOURHOOD_BYTES, |byte| !byte.is_ascii_whitespace());
        let end = span.range.end + NEIGHBOURHOOD_BYTES;
        let end = run(slice(text, 0, end + NEIGHBOURHOOD_BYTES), end.min(text.len()), |byte| !byte.is_ascii_whitespace());
        match near.last_mut() {
            Some(last) if start <= last.end => last.end = last.end.max(end),
            _ => near.push(start..end),
        }
    }
    near
}

fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

/// Joins what overlaps, widens it to whole characters, and leaves out stand-ins that are already there.
fn settle(text: &[u8], mut spans: Vec<Span>) -> Vec<Span> {
    if spans.is_empty() {
        return spans;
    }
    for span in &mut spans {
        while span.range.start > 0 && is_continuation(at(text, span.range.start)) {
            span.range.start -= 1;
        }
        while is_continuation(at(text, span.range.end)) {
            span.range.end += 1;
        }
    }
    spans.sort_by(|a, b| (a.range.start, b.range.end).cmp(&(b.range.start, a.range.end)).then_with(|| b.rank.cmp(&a.rank)));
    let mut settled: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match settled.last_mut() {
            Some(last) if span.range.start < last.range.end => {
                last.range.end = last.range.end.max(span.range.end);
                if span.rank > last.rank {
                    (last.rank, last.name) = (span.rank, span.name);
                }
            }
            _ => settled.push(span),
        }
    }
    let marks = stand_ins(text);
    if marks.is_empty() { settled } else { settled.into_iter().flat_map(|span| without(span, &marks)).collect() }
}

/// What is left of a span without the stand-ins in it.
fn without(span: Span, marks: &[Range<usize>]) -> Vec<Span> {
    let mut left = Vec::new();
    let mut here = span.range.start;
    for mark in marks.iter().filter(|mark| mark.start < span.range.end && mark.end > span.range.start) {
        if mark.start > here {
            left.push(Span { range: here..mark.start, ..span.clone() });
        }
        here = mark.end;
    }
    if here < span.range.end {
        left.push(Span { range: here..span.range.end, ..span });
    }
    left
}
