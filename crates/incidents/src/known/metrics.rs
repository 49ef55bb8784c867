//! Metric samples by namespace and query: the latest answer of each.

use std::collections::{BTreeMap, BTreeSet};

use assent_base::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::baseline::series::Watch;
use crate::fact::BadFact;

/// Series of one query that are kept per namespace.
pub(crate) const SERIES_MAX: usize = 5_000;
/// Names of queries that are kept.
pub(crate) const QUERIES_MAX: usize = 100;

/// The latest answer to one query, as far as it is about one namespace.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) at: Timestamp,
    /// Items of the answer, one a line.
    pub(crate) text: Box<str>,
}

#[derive(Debug, Default)]
pub(crate) struct Metrics(pub(crate) BTreeMap<(Box<str>, Box<str>), Answer>);

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(rename = "resultType")]
    _kind: Option<String>,
    #[serde(borrow)]
    result: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Series<'a> {
    #[serde(default)]
    metric: BTreeMap<String, String>,
    #[serde(borrow, default)]
    value: Option<&'a RawValue>,
    #[serde(borrow, default)]
    values: Option<Vec<&'a RawValue>>,
}

impl Metrics {
    /// Keeps an answer, feeds the baselines, and gives the namespaces that it is about.
    pub(crate) fn take(&mut self, at: Timestamp, query: &str, body: &str, watch: &mut Watch) -> Result<BTreeSet<Box<str>>, BadFact> {
        let data: Data<'_> = serde_json::from_str(body).map_err(|error| BadFact::Json(error.to_string()))?;
        let queries: BTreeSet<&str> = self.0.keys().map(|(_, query)| &**query).collect();
        if !queries.contains(query) && queries.len() >= QUERIES_MAX {
            return Err(BadFact::TooMuch { what: "queries", limit: QUERIES_MAX });
        }
        let mut by_namespace: BTreeMap<Box<str>, (usize, String)> = BTreeMap::new();
        for item in data.result {
            let series: Series<'_> = serde_json::from_str(item.get()).map_err(|error| BadFact::Json(error.to_string()))?;
            let Some(namespace) = series.metric.get("namespace").filter(|namespace| !namespace.is_empty()) else { continue };
            let (count, text) = by_namespace.entry(namespace.as_str().into()).or_default();
            if *count >= SERIES_MAX {
                continue;
            }
            *count += 1;
            text.push_str(item.get());
            text.push('\n');
            for (seen_s, value) in points(&series) {
                watch.see(namespace, query, &series.metric, seen_s, value);
            }
        }
        let mut touched: BTreeSet<Box<str>> = by_namespace.keys().cloned().collect();
        let gone = self.0.keys().filter(|(namespace, own)| &**own == query && !by_namespace.contains_key(namespace));
        let gone: Vec<_> = gone.cloned().collect();
        for key in gone {
            touched.insert(key.0.clone());
            self.0.remove(&key);
        }
        for (namespace, (_, text)) in by_namespace {
            self.0.insert((namespace, query.into()), Answer { at, text: text.into() });
        }
        Ok(touched)
    }
}

/// The points of a series: second and value. What is no number is left out.
fn points(series: &Series<'_>) -> Vec<(i64, f64)> {
    let raw = series.value.iter().copied().chain(series.values.iter().flatten().copied());
    raw.filter_map(|point| {
        let (at, value): (f64, serde_json::Value) = serde_json::from_str(point.get()).ok()?;
        let value = value.as_f64().or_else(|| value.as_str()?.parse().ok())?;
        #[expect(clippy::cast_possible_truncation, reason = "whole seconds are enough")]
        let at = at as i64;
        value.is_finite().then_some((at, value))
    })
    .collect()
}
