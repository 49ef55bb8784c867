//! What a request says, one thing at a time: what is read is handed on at once, so a request takes no more memory than its own bytes.
//!
//! A request is read twice, first to see that it can be read at all: one that cannot counts nothing.

use std::borrow::Cow;
use std::hash::{BuildHasher as _, RandomState};

use super::durations::{Counts, Exponential, SCALES};

/// Buckets of one histogram.
pub(super) const BUCKETS_MAX: usize = 512;
/// Attributes that say something here; all others are passed over.
const KEYS: [&str; 13] = [
    "k8s.deployment.name",
    "k8s.statefulset.name",
    "k8s.daemonset.name",
    "service.name",
    "k8s.namespace.name",
    "service.namespace",
    "server.address",
    "net.peer.name",
    "peer.service",
    "http.response.status_code",
    "http.status_code",
    "rpc.grpc.status_code",
    "error.type",
];
/// Histograms that count: what servers and what clients measure, by the present semantic conventions and those before.
const SERVERS: [&str; 4] = ["http.server.request.duration", "http.server.duration", "rpc.server.duration", "rpc.server.call.duration"];
const CLIENTS: [&str; 4] = ["http.client.request.duration", "http.client.duration", "rpc.client.duration", "rpc.client.call.duration"];

/// A request that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no request of OpenTelemetry")]
pub struct Unreadable;

/// One thing that a request says.
#[derive(Debug, Clone, Copy)]
pub(super) enum Said<'a> {
    /// Who says what follows, until the next.
    Resource(&'a Attributes<'a>),
    Span(&'a Span<'a>),
    Point(&'a Point<'a>),
    /// A point of a histogram that would count, but cannot be used: its unit, temporality or buckets are none that we know.
    Unusable,
}

/// What is done with what is read.
pub(super) type Take<'t> = dyn FnMut(Said<'_>) + 't;

/// Which end measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Server,
    Client,
}

#[derive(Debug)]
pub(super) struct Span<'a> {
    /// None, if it is neither end of a call.
    pub(super) side: Option<Side>,
    pub(super) nanos: u64,
    pub(super) failed: bool,
    pub(super) attributes: Attributes<'a>,
}

impl<'a> Span<'a> {
    pub(super) fn new(kind: i64, (start, end): (u64, u64), status: i64, attributes: Attributes<'a>) -> Self {
        const ERROR: i64 = 2;
        let side = match kind {
            2 => Some(Side::Server),
            3 => Some(Side::Client),
            _ => None,
        };
        Self { side, nanos: end.saturating_sub(start), failed: status == ERROR, attributes }
    }
}

/// One state of a histogram.
#[derive(Debug)]
pub(super) struct Point<'a> {
    pub(super) measured: Measured,
    /// Whether it only ever grows.
    pub(super) grows: bool,
    pub(super) start: u64,
    pub(super) count: u64,
    pub(super) counts: Counts,
    /// How coarse its buckets are, if they can become coarser.
    pub(super) scale: i32,
    /// What tells it from others of its resource.
    pub(super) identity: u64,
    pub(super) attributes: Attributes<'a>,
}

/// What a histogram measures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Measured {
    pub(super) name: &'static str,
    pub(super) side: Side,
}

impl Measured {
    /// None for what does not count here.
    pub(super) fn of(name: &str) -> Option<Self> {
        let find = |names: [&'static str; 4], side| names.into_iter().find(|one| *one == name).map(|name| Self { name, side });
        find(SERVERS, Side::Server).or_else(|| find(CLIENTS, Side::Client))
    }
}

/// Of a metric: whose histograms these are, and in which unit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Metric {
    pub(super) measured: Measured,
    pub(super) unit_s: Option<f64>,
    /// Tells the scope from others.
    pub(super) scope: u64,
}

impl Metric {
    pub(super) fn new(name: &str, unit: &str, scope: u64) -> Option<Self> {
        let unit_s = match unit {
            "s" => Some(1.0),
            "ms" => Some(0.001),
            _ => None,
        };
        Some(Self { measured: Measured::of(name)?, unit_s, scope })
    }
}

/// Of a histogram: whether it only ever grows. None if that is not said.
pub(super) fn grows(temporality: i64) -> Option<bool> {
    match temporality {
        1 => Some(false),
        2 => Some(true),
        _ => None,
    }
}

/// A point as it was read, of either kind of histogram.
#[derive(Debug)]
pub(super) struct Raw<'a> {
    pub(super) start: u64,
    pub(super) count: u64,
    pub(super) flags: u64,
    pub(super) attributes: Attributes<'a>,
    pub(super) buckets: Buckets,
}

#[derive(Debug)]
pub(super) enum Buckets {
    Explicit { ends: Few<f64>, counts: Few<u64> },
    Exponential { scale: i64, offset: i64, counts: Few<u64>, zeros: u64 },
}

/// As many as a histogram may have, and whether there were more.
#[derive(Debug)]
pub(super) struct Few<T> {
    some: Vec<T>,
    too_many: bool,
}

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self { some: Vec::new(), too_many: false }
    }
}

impl<T> Few<T> {
    pub(super) fn push(&mut self, one: T) {
        if self.some.len() < BUCKETS_MAX {
            self.some.push(one);
        } else {
            self.too_many = true;
        }
    }
}

impl<'a> Raw<'a> {
    /// Hands it on, if it says something.
    pub(super) fn take(self, metric: Metric, grows: Option<bool>, take: &mut Take<'_>) {
        const NOTHING_RECORDED: u64 = 1;
        if self.flags & NOTHING_RECORDED != 0 {
            return;
        }
        match self.point(metric, grows) {
            Some(point) => take(Said::Point(&point)),
            None => take(Said::Unusable),
        }
    }

    fn point(self, metric: Metric, grows: Option<bool>) -> Option<Point<'a>> {
        let (grows, unit_s) = (grows?, metric.unit_s?);
        let mut all = Counts::default();
        let scale = match self.buckets {
            Buckets::Explicit { ends, counts } => {
                if counts.too_many || ends.too_many {
                    return None;
                }
                all.add_buckets(ends.some.iter().map(|end| end * unit_s), &counts.some);
                *SCALES.end()
            }
            Buckets::Exponential { scale, offset, counts, zeros } => {
                let (scale, offset) = (i32::try_from(scale).ok()?, i32::try_from(offset).ok()?);
                if counts.too_many || !SCALES.contains(&scale) {
                    return None;
                }
                all.add_exponential(&Exponential { scale, offset, counts: counts.some, zeros }, unit_s);
                scale
            }
        };
        let identity = metric.scope.wrapping_mul(31).wrapping_add(self.attributes.identity);
        let (start, count, attributes) = (self.start, self.count, self.attributes);
        Some(Point { measured: metric.measured, grows, start, count, counts: all, scale, identity, attributes })
    }
}

/// Attributes, of which only those are kept that say something here.
#[derive(Debug, Default)]
pub(super) struct Attributes<'a> {
    known: [Option<Word<'a>>; KEYS.len()],
    identity: u64,
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word<'a> {
    Text(Cow<'a, str>),
    Number(i64),
    /// Of a kind that says nothing here.
    Other,
}

impl<'a> Attributes<'a> {
    /// Whether an attribute of this name says something.
    pub(super) fn wants(key: &str) -> bool {
        KEYS.contains(&key)
    }

    /// Notes one; of two with the same name the first holds.
    pub(super) fn note(&mut self, key: &str, word: Word<'a>) {
        if let Some(place) = KEYS.iter().position(|one| *one == key).and_then(|at| self.known.get_mut(at)) {
            place.get_or_insert(word);
        }
    }

    /// Makes these attributes differ from those without this one, whatever their order.
    pub(super) fn mark(&mut self, hasher: &RandomState, bytes: &[u8]) {
        self.identity = self.identity.wrapping_add(hasher.hash_one(bytes));
    }

    /// Tells them from others, if they were marked.
    pub(super) fn identity(&self) -> u64 {
        self.identity
    }

    fn word(&self, key: &str) -> Option<&Word<'a>> {
        let at = KEYS.iter().position(|one| *one == key)?;
        self.known.get(at)?.as_ref()
    }

    /// The text of an attribute.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        match self.word(key)? {
            Word::Text(text) => Some(text),
            Word::Number(_) | Word::Other => None,
        }
    }

    /// The whole number of an attribute, however it is written.
    pub(super) fn number(&self, key: &str) -> Option<i64> {
        match self.word(key)? {
            Word::Number(number) => Some(*number),
            Word::Text(text) => text.parse().ok(),
            Word::Other => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_that_is_looked_up_is_kept() {
        use super::super::names::{CALLEE, NAMESPACE, WORKLOAD};
        for key in WORKLOAD.iter().chain(&NAMESPACE).chain(&CALLEE) {
            assert!(Attributes::wants(key), "{key}");
        }
    }

    #[test]
    fn the_first_of_two_holds_and_order_does_not_matter_to_who_it_is() {
        let hasher = RandomState::new();
        let mut one = Attributes::default();
        one.note("service.name", Word::Text("cart".into()));
        one.note("service.name", Word::Number(3));
        one.note("colour", Word::Text("red".into()));
        one.mark(&hasher, b"a");
        one.mark(&hasher, b"b");
        assert_eq!((one.text("service.name"), one.number("service.name"), one.text("colour")), (Some("cart"), None, None));
        let mut other = Attributes::default();
        other.mark(&hasher, b"b");
        other.mark(&hasher, b"a");
        assert_eq!(one.identity(), other.identity());
        other.mark(&hasher, b"a");
        assert_ne!(one.identity(), other.identity());
    }
}
