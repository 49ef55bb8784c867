//! Golden signals: how often each workload is asked, how often it fails, how long it takes; and who calls whom.
//!
//! A span of a server counts for its workload, a span of a client for the pair of caller and called. Histograms of the semantic
//! conventions say the same; where a workload sends both, its histograms count, since spans may be a sample.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher as _, RandomState};

use super::durations::{Counts, Durations};
use super::names::Named;
use super::said::{Attributes, Point, Said, Side, Span};

/// Workloads that are told of.
pub(super) const WORKLOADS_MAX: usize = 2_000;
/// Pairs of caller and called that are told of.
pub(super) const PAIRS_MAX: usize = 10_000;
/// Histograms that only ever grow, of which the last state is remembered.
pub(super) const GROWING_MAX: usize = 5_000;
/// Intervals for which a histogram that is not sent any more is remembered: its pod is gone, and another has its place.
const GROWN_INTERVALS_MAX: u32 = 15;
/// Intervals for which a workload that nobody asks any more is told of with a rate of nothing.
const SILENT_INTERVALS_MAX: u32 = 60;
/// Codes of gRPC that say that the server failed: unknown, deadline exceeded, unimplemented, internal, unavailable, data loss.
const GRPC_FAULTS: [i64; 6] = [2, 4, 12, 13, 14, 15];

/// What came in since it was last summed up.
#[derive(Debug, Default)]
pub(super) struct Golden {
    served: Tallies<Named>,
    called: Tallies<(Named, Named)>,
    growing: BTreeMap<u64, Grown>,
    hasher: RandomState,
    silent: BTreeMap<Named, u32>,
}

/// Counts by what they are of, apart by where they come from.
#[derive(Debug)]
struct Tallies<K> {
    spans: BTreeMap<K, Tally>,
    histograms: BTreeMap<K, Tally>,
}

impl<K> Default for Tallies<K> {
    fn default() -> Self {
        Self { spans: BTreeMap::new(), histograms: BTreeMap::new() }
    }
}

#[derive(Debug, Default)]
struct Tally {
    calls: u64,
    errors: u64,
    durations: Durations,
}

/// The last state of a histogram that only grows.
#[derive(Debug)]
struct Grown {
    start: u64,
    count: u64,
    counts: Counts,
    scale: i32,
    /// Intervals since it was last seen.
    unseen: u32,
}

/// What an interval comes to.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// By the name of the samples.
    pub(super) signals: Vec<(&'static str, Vec<(Named, f64)>)>,
    pub(super) calls: Vec<Call>,
}

/// How calls between two went.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Call {
    pub(super) from: Named,
    pub(super) to: Named,
    pub(super) calls: u64,
    pub(super) errors: u64,
    pub(super) p99_ms: f64,
}

/// Counts one request.
#[derive(Debug)]
pub(super) struct Counting<'g> {
    golden: &'g mut Golden,
    /// Whose what follows is, and what tells its source from other pods of the same workload.
    own: Option<Named>,
    source: u64,
    rejected: u64,
}

impl Counting<'_> {
    /// Counts one thing.
    pub(super) fn take(&mut self, said: Said<'_>) {
        let taken = match said {
            Said::Resource(attributes) => {
                (self.own, self.source) = (Named::of_resource(attributes), attributes.identity());
                true
            }
            Said::Span(span) => self.span(span),
            Said::Point(point) => self.point(point),
            Said::Unusable => false,
        };
        self.rejected += u64::from(!taken);
    }

    /// Spans of servers and clients, and points of histograms that count, which were not taken.
    pub(super) fn rejected(&self) -> u64 {
        self.rejected
    }

    fn span(&mut self, span: &Span<'_>) -> bool {
        let Some(side) = span.side else { return true };
        let Some(own) = &self.own else { return false };
        let failed = span.failed || is_fault(&span.attributes);
        #[expect(clippy::cast_precision_loss, reason = "nanoseconds of a span, good to some digits of a millisecond")]
        let seconds = span.nanos as f64 / 1e9;
        let mut counts = Counts::default();
        counts.add(seconds, 1);
        let one = Measure { calls: 1, errors: u64::from(failed), counts: &counts, source: Source::Spans };
        self.golden.served_or_called(side, own, &span.attributes, &one)
    }

    fn point(&mut self, point: &Point<'_>) -> bool {
        let Some(own) = &self.own else { return false };
        let (calls, grown);
        let counts = if point.grows {
            let key = self.golden.hasher.hash_one((own, point.measured.name, self.source, point.identity));
            match self.golden.grown(key, point) {
                Growth::By(more, counts) => {
                    (calls, grown) = (more, counts);
                    &*grown
                }
                Growth::First => return true,
                Growth::NoRoom => return false,
            }
        } else {
            calls = point.count;
            &point.counts
        };
        let errors = if is_fault(&point.attributes) { calls } else { 0 };
        let all = Measure { calls, errors, counts, source: Source::Histograms };
        calls == 0 || self.golden.served_or_called(point.measured.side, own, &point.attributes, &all)
    }
}

/// What a histogram that only grows comes to.
#[derive(Debug)]
enum Growth {
    By(u64, Box<Counts>),
    /// It is seen for the first time, and nobody knows since when it counts.
    First,
    NoRoom,
}

/// What is added to a tally.
#[derive(Debug)]
struct Measure<'a> {
    calls: u64,
    errors: u64,
    counts: &'a Counts,
    source: Source,
}

impl Golden {
    /// Counts a request.
    pub(super) fn counting(&mut self) -> Counting<'_> {
        Counting { golden: self, own: None, source: 0, rejected: 0 }
    }

    /// What tells one text from another, here and in no other process.
    pub(super) fn hasher(&self) -> &RandomState {
        &self.hasher
    }

    fn grown(&mut self, key: u64, point: &Point<'_>) -> Growth {
        if !self.growing.contains_key(&key) && self.growing.len() >= GROWING_MAX {
            return Growth::NoRoom;
        }
        let (start, count, scale) = (point.start, point.count, point.scale);
        let now = Grown { start, count, counts: point.counts.clone(), scale, unseen: 0 };
        let Some(before) = self.growing.insert(key, now) else { return Growth::First };
        // It began anew: then all of it is new.
        if before.start != start || count < before.count {
            return Growth::By(count, Box::new(point.counts.clone()));
        }
        // Buckets become coarser as they must hold more.
        let scale = before.scale.min(scale);
        Growth::By(count - before.count, Box::new(point.counts.by(scale).since(&before.counts.by(scale))))
    }

    fn served_or_called(&mut self, side: Side, own: &Named, attributes: &Attributes<'_>, measure: &Measure<'_>) -> bool {
        match side {
            Side::Server => self.served.add(own.clone(), measure, WORKLOADS_MAX),
            // Whoever is called from outside of the cluster, or by an address, is none of its Services: there is nothing to tell.
            Side::Client => {
                Named::of_callee(attributes, &own.namespace).is_none_or(|to| self.called.add((own.clone(), to), measure, PAIRS_MAX))
            }
        }
    }

    /// Histograms whose last state is remembered.
    #[cfg(test)]
    pub(super) fn remembered(&self) -> usize {
        self.growing.len()
    }

    /// What the interval comes to, and begins the next.
    pub(super) fn sum_up(&mut self, interval_s: u64) -> Told {
        let served = std::mem::take(&mut self.served).joined(Clone::clone);
        let called = std::mem::take(&mut self.called).joined(|(from, _)| from.clone());
        #[expect(clippy::cast_precision_loss, reason = "rates and shares, good to some digits")]
        let (rate, share) = (|calls: u64| calls as f64 / interval_s.max(1) as f64, |part: u64, all: u64| part as f64 / all.max(1) as f64);
        self.growing.values_mut().for_each(|grown| grown.unseen += 1);
        self.growing.retain(|_, grown| grown.unseen <= GROWN_INTERVALS_MAX);
        self.silent.retain(|_, intervals| *intervals < SILENT_INTERVALS_MAX);
        self.silent.values_mut().for_each(|intervals| *intervals += 1);
        for own in served.keys() {
            if self.silent.contains_key(own) || self.silent.len() < WORKLOADS_MAX {
                self.silent.insert(own.clone(), 0);
            }
        }
        let mut rates: BTreeMap<Named, f64> = self.silent.keys().map(|own| (own.clone(), 0.0)).collect();
        rates.extend(served.iter().map(|(own, tally)| (own.clone(), rate(tally.calls))));
        let signals = vec![
            ("service_requests_per_s", rates.into_iter().collect()),
            ("service_errors_ratio", served.iter().map(|(own, tally)| (own.clone(), share(tally.errors, tally.calls))).collect()),
            ("service_p99_ms", served.iter().map(|(own, tally)| (own.clone(), tally.durations.p99_ms())).collect()),
        ];
        let call = |((from, to), tally): ((Named, Named), Tally)| {
            let (calls, errors) = (tally.calls, tally.errors.min(tally.calls));
            Call { from, to, calls, errors, p99_ms: tally.durations.p99_ms() }
        };
        Told { signals, calls: called.into_iter().map(call).collect() }
    }
}

/// What a count comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Spans,
    Histograms,
}

impl<K: Ord + Clone> Tallies<K> {
    /// Whether there was room for it.
    fn add(&mut self, key: K, measure: &Measure<'_>, max: usize) -> bool {
        let own = match measure.source {
            Source::Spans => &mut self.spans,
            Source::Histograms => &mut self.histograms,
        };
        if !own.contains_key(&key) && own.len() >= max {
            return false;
        }
        let known = own.entry(key).or_default();
        known.calls = known.calls.saturating_add(measure.calls);
        known.errors = known.errors.saturating_add(measure.errors);
        known.durations.join(measure.counts);
        true
    }

    /// Those of histograms, and those of spans by whom no histogram comes.
    fn joined(self, by: impl Fn(&K) -> Named) -> BTreeMap<K, Tally> {
        let measured: BTreeSet<Named> = self.histograms.keys().map(&by).collect();
        let mut all = self.histograms;
        all.extend(self.spans.into_iter().filter(|(key, _)| !measured.contains(&by(key))));
        all
    }
}

/// Whether attributes say that a call failed by fault of who was called.
fn is_fault(attributes: &Attributes<'_>) -> bool {
    match attributes.number("http.response.status_code").or_else(|| attributes.number("http.status_code")) {
        Some(code) => code >= 500,
        None => {
            attributes.number("rpc.grpc.status_code").is_some_and(|code| GRPC_FAULTS.contains(&code))
                || attributes.text("error.type").is_some_and(|kind| !kind.is_empty())
        }
    }
}
