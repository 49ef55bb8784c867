//! The baselines of a cluster's series, and which of them are not as usual now.

use std::collections::BTreeMap;

use assent_base::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Baseline, Deviation, Direction};

/// Series that are watched. Of more, those that were seen last the longest ago go.
pub const SERIES_MAX: usize = 5_000;
/// Bytes of a series' name.
const NAME_BYTES_MAX: usize = 512;
/// A deviation that was seen longer ago than this is history.
pub const UNUSUAL_FOR_S: i64 = 600;

/// A series that is not as usual.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unusual {
    /// The query that it is of.
    pub query: String,
    /// Its labels but the namespace: `container=app,pod=web-0`.
    pub series: String,
    /// The pod, workload or Service that its labels name.
    pub of: Option<String>,
    /// The value.
    pub value: f64,
    /// How far it is off.
    pub deviation: Deviation,
}

impl Unusual {
    /// A sentence for people, a notice and never an incident by itself.
    #[must_use]
    pub fn says(&self) -> String {
        let (low, high) = self.deviation.expected;
        let how = match (self.deviation.drift, self.deviation.direction) {
            (true, Direction::Above) => "has been rising away from",
            (true, Direction::Below) => "has been falling away from",
            (false, Direction::Above) => "is above",
            (false, Direction::Below) => "is below",
        };
        format!("`{}` of {} is {:.4} and {how} what is usual at this hour, {low:.4} to {high:.4}", self.query, self.series, self.value)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Watched {
    namespace: Box<str>,
    query: Box<str>,
    series: Box<str>,
    of: Option<Box<str>>,
    seen_s: i64,
    usual: Baseline,
    unusual: Option<(f64, Deviation)>,
}

/// The watched series.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Watch {
    series: BTreeMap<String, Watched>,
}

impl Watch {
    /// Takes a value of a series in. A second that was seen already changes nothing.
    pub fn see(&mut self, namespace: &str, query: &str, labels: &BTreeMap<String, String>, at_s: i64, value: f64) {
        let told: Vec<String> = labels
            .iter()
            .filter(|(key, _)| *key != "namespace" && *key != "__name__")
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        let series = told.join(",");
        let key = format!("{namespace}\n{query}\n{series}");
        if key.len() > NAME_BYTES_MAX {
            return;
        }
        if !self.series.contains_key(&key) && self.series.len() >= SERIES_MAX {
            self.forget();
        }
        let of = ["pod", "deployment", "statefulset", "daemonset", "workload", "service"].iter().find_map(|label| labels.get(*label));
        let watched = self.series.entry(key).or_insert_with(|| Watched {
            namespace: namespace.into(),
            query: query.into(),
            series: series.into(),
            of: of.map(|name| name.as_str().into()),
            seen_s: i64::MIN,
            usual: Baseline::default(),
            unusual: None,
        });
        if at_s <= watched.seen_s {
            return;
        }
        watched.seen_s = at_s;
        watched.unusual = watched.usual.deviation(at_s, value).map(|deviation| (value, deviation));
        watched.usual.see(at_s, value);
    }

    /// Drops an eighth, those not seen for the longest.
    fn forget(&mut self) {
        let mut by_age: Vec<(i64, String)> = self.series.iter().map(|(key, watched)| (watched.seen_s, key.clone())).collect();
        by_age.sort();
        for (_, key) in by_age.into_iter().take(SERIES_MAX / 8) {
            self.series.remove(&key);
        }
    }

    /// What is not as usual in a namespace at an instant.
    #[must_use]
    pub fn unusual(&self, namespace: &str, now: Timestamp) -> Vec<Unusual> {
        let own = self.series.range(format!("{namespace}\n")..).map(|(_, own)| own).take_while(|own| &*own.namespace == namespace);
        own.filter(|own| now.as_second().saturating_sub(own.seen_s) <= UNUSUAL_FOR_S)
            .filter_map(|own| {
                let (value, deviation) = own.unusual?;
                let of = own.of.as_deref().map(str::to_owned);
                Some(Unusual { query: own.query.to_string(), series: own.series.to_string(), of, value, deviation })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_that_leaves_its_range_is_told_and_a_neighbour_is_not() {
        let mut watch = Watch::default();
        let labels = |pod: &str| BTreeMap::from([("namespace".to_owned(), "shop".to_owned()), ("pod".to_owned(), pod.to_owned())]);
        for n in 0..100_i64 {
            for pod in ["a", "b"] {
                let value = if pod == "a" && n == 99 { 50.0 } else { 10.0 + (n % 3) as f64 };
                watch.see("shop", "latency", &labels(pod), n * 30, value);
            }
        }
        let now = Timestamp::from_second(99 * 30).unwrap();
        let told = watch.unusual("shop", now);
        assert_eq!(told.iter().map(|own| own.of.as_deref()).collect::<Vec<_>>(), [Some("a")]);
        assert!(told.first().unwrap().says().starts_with("`latency` of pod=a is 50.0000 and is above what is usual"));
        assert!(watch.unusual("shop", Timestamp::from_second(99 * 30 + UNUSUAL_FOR_S + 1).unwrap()).is_empty());
        assert!(watch.unusual("sho", now).is_empty());
    }

    #[test]
    fn memory_is_bounded() {
        let mut watch = Watch::default();
        for n in 0..SERIES_MAX as i64 + 10 {
            watch.see("shop", "latency", &BTreeMap::from([("pod".to_owned(), n.to_string())]), n, 1.0);
        }
        assert!(watch.series.len() <= SERIES_MAX);
    }
}
