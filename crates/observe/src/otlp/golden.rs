//! Golden signals: how often each workload is asked, how often it fails, how long it takes; and who calls whom.
//!
//! A span of a server counts for its workload, a span of a client for the pair of caller and called. Histograms of the semantic
//! conventions say the same; where a workload sends both, its histograms count, since spans may be a sample.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher as _, RandomState};

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::{AggregationTemporality, HistogramDataPoint, Metric, metric};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span};
use prost::Message as _;

use super::durations::Durations;
use super::names::{Named, number, text};

/// Workloads that are told of.
pub(super) const WORKLOADS_MAX: usize = 2_000;
/// Pairs of caller and called that are told of.
pub(super) const PAIRS_MAX: usize = 10_000;
/// Histograms that only ever grow, of which the last state is remembered.
pub(super) const GROWING_MAX: usize = 5_000;
/// Buckets of one histogram.
const BUCKETS_MAX: usize = 512;
/// Intervals for which a workload that nobody asks any more is told of with a rate of nothing.
const SILENT_INTERVALS_MAX: u32 = 60;
/// Histograms that count: what servers and what clients measure, by the present semantic conventions and those before.
const SERVERS: [&str; 4] = ["http.server.request.duration", "http.server.duration", "rpc.server.duration", "rpc.server.call.duration"];
const CLIENTS: [&str; 4] = ["http.client.request.duration", "http.client.duration", "rpc.client.duration", "rpc.client.call.duration"];
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

#[derive(Debug, Clone, Default)]
struct Tally {
    calls: u64,
    errors: u64,
    durations: Durations,
}

/// The last state of a histogram that only grows.
#[derive(Debug, Clone, Default)]
struct Grown {
    start: u64,
    count: u64,
    buckets: Vec<u64>,
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

/// Which end measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Server,
    Client,
}

impl Golden {
    /// Counts spans.
    pub(super) fn spans(&mut self, export: &ExportTraceServiceRequest) {
        for ResourceSpans { resource, scope_spans, .. } in &export.resource_spans {
            let attributes = resource.as_ref().map_or(&[][..], |resource| &resource.attributes);
            let Some(own) = Named::of_resource(attributes) else { continue };
            for span in scope_spans.iter().flat_map(|scope| &scope.spans) {
                self.span(&own, span);
            }
        }
    }

    fn span(&mut self, own: &Named, span: &Span) {
        let failed = is_fault(&span.attributes) || span.status.as_ref().is_some_and(|status| status.code == StatusCode::Error as i32);
        #[expect(clippy::cast_precision_loss, reason = "nanoseconds of a span, good to some digits of a millisecond")]
        let ms = span.end_time_unix_nano.saturating_sub(span.start_time_unix_nano) as f64 / 1e6;
        let side = match SpanKind::try_from(span.kind) {
            Ok(SpanKind::Server) => Side::Server,
            Ok(SpanKind::Client) => Side::Client,
            Ok(SpanKind::Unspecified | SpanKind::Internal | SpanKind::Producer | SpanKind::Consumer) | Err(_) => return,
        };
        let mut tally = Tally { calls: 1, errors: u64::from(failed), ..Tally::default() };
        tally.durations.add(ms, 1);
        self.served_or_called(side, own, &span.attributes, tally, Source::Spans);
    }

    /// Counts histograms.
    pub(super) fn metrics(&mut self, export: &ExportMetricsServiceRequest) {
        for of in &export.resource_metrics {
            let attributes = of.resource.as_ref().map_or(&[][..], |resource| &resource.attributes);
            let Some(own) = Named::of_resource(attributes) else { continue };
            for metric in of.scope_metrics.iter().flat_map(|scope| &scope.metrics) {
                self.metric(&own, metric);
            }
        }
    }

    fn metric(&mut self, own: &Named, metric: &Metric) {
        let name = metric.name.as_str();
        let side = match (SERVERS.contains(&name), CLIENTS.contains(&name)) {
            (true, _) => Side::Server,
            (_, true) => Side::Client,
            (false, false) => return,
        };
        let per_ms = match metric.unit.as_str() {
            "s" => 1_000.0,
            "ms" => 1.0,
            _ => return,
        };
        let Some(metric::Data::Histogram(histogram)) = &metric.data else { return };
        let grows = match AggregationTemporality::try_from(histogram.aggregation_temporality) {
            Ok(AggregationTemporality::Cumulative) => true,
            Ok(AggregationTemporality::Delta) => false,
            Ok(AggregationTemporality::Unspecified) | Err(_) => return,
        };
        for point in histogram.data_points.iter().filter(|point| point.bucket_counts.len() <= BUCKETS_MAX) {
            let new = if grows { self.grown(own, name, point) } else { Some((point.count, point.bucket_counts.clone())) };
            let Some((calls, buckets)) = new.filter(|(calls, _)| *calls > 0) else { continue };
            let errors = if is_fault(&point.attributes) { calls } else { 0 };
            let mut tally = Tally { calls, errors, ..Tally::default() };
            tally.durations.add_buckets(point.explicit_bounds.iter().map(|end| end * per_ms), &buckets);
            self.served_or_called(side, own, &point.attributes, tally, Source::Histograms);
        }
    }

    /// What a histogram that only grows has grown by. None when it is seen for the first time: nobody knows since when it counts.
    fn grown(&mut self, own: &Named, name: &str, point: &HistogramDataPoint) -> Option<(u64, Vec<u64>)> {
        let mut attributes: Vec<Vec<u8>> = point.attributes.iter().map(KeyValue::encode_to_vec).collect();
        attributes.sort_unstable();
        let key = self.hasher.hash_one((own, name, attributes));
        let now = Grown { start: point.start_time_unix_nano, count: point.count, buckets: point.bucket_counts.clone() };
        if !self.growing.contains_key(&key) && self.growing.len() >= GROWING_MAX {
            return None;
        }
        let before = self.growing.insert(key, now.clone())?;
        // It began anew: then all of it is new.
        let anew = before.start != now.start || now.count < before.count || before.buckets.len() != now.buckets.len();
        if anew {
            return Some((now.count, now.buckets));
        }
        let buckets = now.buckets.iter().zip(&before.buckets).map(|(now, before)| now.saturating_sub(*before)).collect();
        Some((now.count - before.count, buckets))
    }

    fn served_or_called(&mut self, side: Side, own: &Named, attributes: &[KeyValue], tally: Tally, source: Source) {
        match side {
            Side::Server => self.served.add(own.clone(), tally, source, WORKLOADS_MAX),
            Side::Client => {
                if let Some(to) = Named::of_callee(attributes, &own.namespace) {
                    self.called.add((own.clone(), to), tally, source, PAIRS_MAX);
                }
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
    fn add(&mut self, key: K, tally: Tally, source: Source, max: usize) {
        let own = match source {
            Source::Spans => &mut self.spans,
            Source::Histograms => &mut self.histograms,
        };
        if !own.contains_key(&key) && own.len() >= max {
            return;
        }
        let known = own.entry(key).or_default();
        known.calls = known.calls.saturating_add(tally.calls);
        known.errors = known.errors.saturating_add(tally.errors);
        known.durations.join(&tally.durations);
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
fn is_fault(attributes: &[KeyValue]) -> bool {
    let http = number(attributes, "http.response.status_code").or_else(|| number(attributes, "http.status_code"));
    match http {
        Some(code) => code >= 500,
        None => {
            number(attributes, "rpc.grpc.status_code").is_some_and(|code| GRPC_FAULTS.contains(&code))
                || text(attributes, "error.type").is_some_and(|kind| !kind.is_empty())
        }
    }
}
