//! Reads a request in JSON where it lies: one span or point at a time, and what is not needed is skipped.
//!
//! Source: the OTLP specification, JSON Protobuf Encoding: names in lowerCamelCase, enums as numbers, 64-bit numbers as texts or numbers.

use std::borrow::Cow;
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};

use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::said::{Attributes, Buckets, Few, Metric, Raw, Said, Span, Take, Unreadable, Word, grows};

/// A part that is read when its turn comes.
type Part<'a> = Option<&'a RawValue>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    #[serde(borrow)]
    resource_spans: Part<'a>,
    #[serde(borrow)]
    resource_metrics: Part<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Of<'a> {
    #[serde(borrow)]
    resource: Option<Holder<'a>>,
    #[serde(borrow)]
    scope_spans: Part<'a>,
    #[serde(borrow)]
    scope_metrics: Part<'a>,
}

/// A resource: here, no more than its attributes.
#[derive(Deserialize)]
struct Holder<'a> {
    #[serde(borrow)]
    attributes: Part<'a>,
}

#[derive(Deserialize)]
struct Scope<'a> {
    #[serde(borrow)]
    scope: Part<'a>,
    #[serde(borrow)]
    spans: Part<'a>,
    #[serde(borrow)]
    metrics: Part<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound = "'de: 'a")]
struct SpanJson<'a> {
    kind: Option<Whole>,
    start_time_unix_nano: Option<Whole>,
    end_time_unix_nano: Option<Whole>,
    status: Option<StatusJson>,
    #[serde(borrow)]
    attributes: Part<'a>,
}

#[derive(Deserialize)]
struct StatusJson {
    code: Option<Whole>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MetricJson<'a> {
    #[serde(borrow)]
    name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    unit: Option<Cow<'a, str>>,
    #[serde(borrow)]
    histogram: Option<HistogramJson<'a>>,
    #[serde(borrow)]
    exponential_histogram: Option<HistogramJson<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HistogramJson<'a> {
    aggregation_temporality: Option<Whole>,
    #[serde(borrow)]
    data_points: Part<'a>,
}

/// A point of either kind of histogram.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PointJson<'a> {
    #[serde(borrow)]
    attributes: Part<'a>,
    start_time_unix_nano: Option<Whole>,
    count: Option<Whole>,
    flags: Option<Whole>,
    #[serde(borrow)]
    bucket_counts: Part<'a>,
    #[serde(borrow)]
    explicit_bounds: Part<'a>,
    scale: Option<Whole>,
    zero_count: Option<Whole>,
    #[serde(borrow)]
    positive: Option<BucketsJson<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BucketsJson<'a> {
    offset: Option<Whole>,
    #[serde(borrow)]
    bucket_counts: Part<'a>,
}

#[derive(Deserialize)]
struct Pair<'a> {
    #[serde(borrow)]
    key: Option<Cow<'a, str>>,
    #[serde(borrow)]
    value: Option<ValueJson<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ValueJson<'a> {
    #[serde(borrow)]
    string_value: Option<Cow<'a, str>>,
    int_value: Option<Whole>,
}

/// Reads spans.
pub(super) fn traces(bytes: &[u8], hasher: &RandomState, take: &mut Take<'_>) -> Result<(), Unreadable> {
    each(parsed::<Request<'_>>(text(bytes)?)?.resource_spans, &mut |of| {
        let of: Of<'_> = parsed(of.get())?;
        take(Said::Resource(&attributes(of.resource.and_then(|own| own.attributes), Some(hasher))?));
        each(of.scope_spans, &mut |scope| {
            each(parsed::<Scope<'_>>(scope.get())?.spans, &mut |span| {
                let span: SpanJson<'_> = parsed(span.get())?;
                let times = (unsigned(span.start_time_unix_nano)?, unsigned(span.end_time_unix_nano)?);
                let status = signed(span.status.and_then(|status| status.code));
                take(Said::Span(&Span::new(signed(span.kind), times, status, attributes(span.attributes, None)?)));
                Ok(())
            })
        })
    })
}

/// Reads histograms.
pub(super) fn metrics(bytes: &[u8], hasher: &RandomState, take: &mut Take<'_>) -> Result<(), Unreadable> {
    each(parsed::<Request<'_>>(text(bytes)?)?.resource_metrics, &mut |of| {
        let of: Of<'_> = parsed(of.get())?;
        take(Said::Resource(&attributes(of.resource.and_then(|own| own.attributes), Some(hasher))?));
        each(of.scope_metrics, &mut |scope| {
            let scope: Scope<'_> = parsed(scope.get())?;
            let identity = scope.scope.map_or(0, |own| hasher.hash_one(own.get()));
            each(scope.metrics, &mut |metric| read_metric(metric, identity, hasher, take))
        })
    })
}

fn read_metric(metric: &RawValue, scope: u64, hasher: &RandomState, take: &mut Take<'_>) -> Result<(), Unreadable> {
    let own: MetricJson<'_> = parsed(metric.get())?;
    let Some(metric) = Metric::new(&own.name.unwrap_or_default(), &own.unit.unwrap_or_default(), scope) else { return Ok(()) };
    for (histogram, exponential) in [(own.histogram, false), (own.exponential_histogram, true)] {
        let Some(histogram) = histogram else { continue };
        let grows = grows(signed(histogram.aggregation_temporality));
        each(histogram.data_points, &mut |point| {
            point_of(parsed(point.get())?, exponential, hasher)?.take(metric, grows, take);
            Ok(())
        })?;
    }
    Ok(())
}

fn point_of<'a>(point: PointJson<'a>, exponential: bool, hasher: &RandomState) -> Result<Raw<'a>, Unreadable> {
    let mut counts = Few::default();
    let mut count_all = |part: Part<'_>| {
        each(part, &mut |one| {
            counts.push(unsigned(Some(parsed(one.get())?))?);
            Ok(())
        })
    };
    let buckets = if exponential {
        let (mut offset, mut own) = (None, None);
        if let Some(positive) = point.positive {
            (offset, own) = (positive.offset, positive.bucket_counts);
        }
        count_all(own)?;
        Buckets::Exponential { scale: signed(point.scale), offset: signed(offset), counts, zeros: unsigned(point.zero_count)? }
    } else {
        count_all(point.bucket_counts)?;
        let mut ends = Few::default();
        each(point.explicit_bounds, &mut |one| {
            ends.push(parsed::<Broken>(one.get())?.0);
            Ok(())
        })?;
        Buckets::Explicit { ends, counts }
    };
    let attributes = attributes(point.attributes, Some(hasher))?;
    let (start, count, flags) = (unsigned(point.start_time_unix_nano)?, unsigned(point.count)?, unsigned(point.flags)?);
    Ok(Raw { start, count, flags, attributes, buckets })
}

fn attributes<'a>(part: Part<'a>, mark: Option<&RandomState>) -> Result<Attributes<'a>, Unreadable> {
    let mut all = Attributes::default();
    each(part, &mut |pair| {
        if let Some(hasher) = mark {
            all.mark(hasher, pair.get().as_bytes());
        }
        let pair: Pair<'a> = parsed(pair.get())?;
        let key = pair.key.unwrap_or_default();
        if Attributes::wants(&key) {
            let word = match pair.value {
                Some(ValueJson { string_value: Some(text), .. }) => Word::Text(text),
                Some(ValueJson { int_value: Some(Whole(number)), .. }) => Word::Number(number),
                Some(_) | None => Word::Other,
            };
            all.note(&key, word);
        }
        Ok(())
    })?;
    Ok(all)
}

fn text(bytes: &[u8]) -> Result<&str, Unreadable> {
    std::str::from_utf8(bytes).map_err(|_| Unreadable)
}

fn parsed<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Unreadable> {
    serde_json::from_str(text).map_err(|_| Unreadable)
}

fn signed(number: Option<Whole>) -> i64 {
    number.map_or(0, |number| number.0)
}

fn unsigned(number: Option<Whole>) -> Result<u64, Unreadable> {
    u64::try_from(signed(number)).map_err(|_| Unreadable)
}

/// Does something with each of a list, without keeping the list.
fn each<'a>(part: Part<'a>, with: &mut dyn FnMut(&'a RawValue) -> Result<(), Unreadable>) -> Result<(), Unreadable> {
    struct Each<'w, 'a>(&'w mut dyn FnMut(&'a RawValue) -> Result<(), Unreadable>);
    impl<'a> Visitor<'a> for Each<'_, 'a> {
        type Value = ();

        fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            out.write_str("a list")
        }

        fn visit_seq<A: SeqAccess<'a>>(self, mut list: A) -> Result<(), A::Error> {
            while let Some(one) = list.next_element::<&'a RawValue>()? {
                (self.0)(one).map_err(A::Error::custom)?;
            }
            Ok(())
        }
    }
    let Some(part) = part else { return Ok(()) };
    let mut reader = serde_json::Deserializer::from_str(part.get());
    reader.deserialize_seq(Each(with)).map_err(|_| Unreadable)
}

/// A whole number, or a text that is one.
#[derive(Clone, Copy)]
struct Whole(i64);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Number;
        impl Visitor<'_> for Number {
            type Value = Whole;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a whole number")
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Whole, E> {
                Ok(Whole(number))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Whole, E> {
                i64::try_from(number).map(Whole).map_err(E::custom)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Whole, E> {
                text.parse().map(Whole).map_err(E::custom)
            }
        }
        from.deserialize_any(Number)
    }
}

/// A number that may have a fraction, or a text that is one: `Infinity` has no other form.
struct Broken(f64);

impl<'de> Deserialize<'de> for Broken {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Number;
        impl Visitor<'_> for Number {
            type Value = Broken;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a number")
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Broken, E> {
                Ok(Broken(number))
            }

            #[expect(clippy::cast_precision_loss, reason = "the end of a bucket, good to some digits")]
            fn visit_i64<E: Error>(self, number: i64) -> Result<Broken, E> {
                Ok(Broken(number as f64))
            }

            #[expect(clippy::cast_precision_loss, reason = "the end of a bucket, good to some digits")]
            fn visit_u64<E: Error>(self, number: u64) -> Result<Broken, E> {
                Ok(Broken(number as f64))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Broken, E> {
                text.parse().map(Broken).map_err(E::custom)
            }
        }
        from.deserialize_any(Number)
    }
}
