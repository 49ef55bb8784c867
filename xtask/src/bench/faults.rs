//! How many of the planted faults each program names, and on how many sound workloads it raises an alarm.
//!
//! Matching is by namespace and name, and by nothing that a program says in words. A planted fault is on one Deployment; it counts
//! as named when the program puts something of its highest level on that Deployment, on a ReplicaSet or Pod of it (its name, a
//! dash, and more) or on the Service of the same name. That does not ask whether the cause is right. For Assent, whose causes have
//! ids, the cause is compared as well; Popeye has no such thing.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use serde_json::Value;

/// The faults that were planted: kind of fault by namespace and Deployment.
pub(super) type Planted = BTreeMap<(String, String), String>;
/// Namespace and name of objects that a program complains of.
type Named = BTreeSet<(String, String)>;

/// Catalogue ids that are right for a kind of fault.
const RIGHT: [(&str, &[&str]); 7] = [
    ("image_not_found", &["image."]),
    ("crash_loop", &["app.", "config.", "container."]),
    ("out_of_memory", &["memory."]),
    ("config_map_missing", &["config."]),
    ("cpu_unschedulable", &["scheduling."]),
    ("selector_matches_nothing", &["service."]),
    ("readiness_fails", &["probe."]),
];

/// A Service without Endpoints. The world has EndpointSlices and no Endpoints objects, which Popeye reads: it says this of every
/// Service, and is not to blame for it.
const POPEYE_NO_ENDPOINTS: &str = "[POP-1105]";
const POPEYE_ERROR: i64 = 3;

/// What one program found.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Score {
    pub(super) planted: usize,
    /// Faults that the program puts on the right workload.
    pub(super) named: usize,
    /// Of those, the ones with the right cause; none for a program that names no causes.
    pub(super) right_cause: Option<usize>,
    /// Objects that it complains of and that belong to no planted fault.
    pub(super) elsewhere: usize,
}

/// Reads what `assent-cluster fill` printed.
pub(super) fn planted(filled: &Value) -> Result<Planted> {
    let list = filled.get("broken").and_then(Value::as_array).context("the launcher does not say what it broke")?;
    let one = |fault: &Value| {
        let text = |key: &str| fault.get(key).and_then(Value::as_str).map(str::to_owned);
        Some(((text("namespace")?, text("deployment")?), text("fault")?))
    };
    list.iter().map(|fault| one(fault).context("a planted fault lacks its place")).collect()
}

/// Scores the root causes of an Assent report and its findings of the highest severity.
pub(super) fn of_assent(planted: &Planted, report: &Value) -> Result<Score> {
    let list = |key: &str| report.get(key).and_then(Value::as_array).with_context(|| format!("the report has no `{key}`"));
    let place = |item: &Value| {
        let text = |key: &str| item.pointer(key).and_then(Value::as_str).map(str::to_owned);
        Some((text("/entity/namespace")?, text("/entity/name")?))
    };
    let loud = |item: &&Value| item.get("severity").and_then(Value::as_str) == Some("broken");
    let causes = list("root_causes")?;
    let named: Named = causes.iter().chain(list("findings")?.iter().filter(loud)).filter_map(place).collect();
    let right = planted.iter().filter(|(at, fault)| {
        causes.iter().any(|cause| {
            let id = cause.get("cause").and_then(Value::as_str).unwrap_or_default();
            place(cause).is_some_and(|place| belongs(&place, at)) && is_right(fault, id)
        })
    });
    Ok(Score { right_cause: Some(right.count()), ..score(planted, &named) })
}

/// Scores the errors of a Popeye report.
pub(super) fn of_popeye(planted: &Planted, report: &Value) -> Result<Score> {
    let sections = report.pointer("/popeye/sections").and_then(Value::as_array).context("the report has no sections")?;
    let is_error = |issue: &Value| {
        let said = issue.get("message").and_then(Value::as_str).unwrap_or_default();
        issue.get("level").and_then(Value::as_i64) == Some(POPEYE_ERROR) && !said.starts_with(POPEYE_NO_ENDPOINTS)
    };
    let issues = sections.iter().filter_map(|section| section.get("issues")?.as_object()).flatten();
    let named = issues.filter(|(_, list)| list.as_array().is_some_and(|list| list.iter().any(is_error))).filter_map(|(at, _)| {
        let (namespace, name) = at.split_once('/')?;
        Some((namespace.to_owned(), name.to_owned()))
    });
    Ok(score(planted, &named.collect()))
}

fn score(planted: &Planted, named: &Named) -> Score {
    Score {
        planted: planted.len(),
        named: planted.keys().filter(|at| named.iter().any(|place| belongs(place, at))).count(),
        right_cause: None,
        elsewhere: named.iter().filter(|place| !planted.keys().any(|at| belongs(place, at))).count(),
    }
}

/// Whether an object is this workload, or is named after it.
fn belongs(place: &(String, String), at: &(String, String)) -> bool {
    let same = |rest: &str| rest.is_empty() || rest.starts_with('-');
    place.0 == at.0 && place.1.strip_prefix(at.1.as_str()).is_some_and(same)
}

fn is_right(fault: &str, cause: &str) -> bool {
    RIGHT.iter().any(|(kind, prefixes)| *kind == fault && prefixes.iter().any(|prefix| cause.starts_with(prefix)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn world() -> Planted {
        let fault = |deployment: &str, fault: &str| json!({"namespace": "team-01", "deployment": deployment, "fault": fault});
        planted(&json!({"broken": [fault("oak", "image_not_found"), fault("elm", "readiness_fails")]})).unwrap()
    }

    #[test]
    fn a_popeye_report_is_matched_by_name_and_level() {
        let issues = json!({
            "team-01/oak-7d9f-x2": [{"level": 3, "message": "[POP-207] Pod is in an unhappy phase (Pending)"}],
            "team-01/elm": [{"level": 2, "message": "[POP-106] No resources requests/limits defined"}],
            "team-01/oakum": [{"level": 3, "message": "[POP-501] Unhealthy 1 desired but have 0 available"}],
            "team-02/ash": [{"level": 3, "message": "[POP-1105] No associated endpoints found"}],
            "worker-1": [{"level": 3, "message": "[POP-700] Found taint"}],
        });
        let report = json!({"popeye": {"sections": [{"linter": "pods", "issues": issues}, {"linter": "jobs"}]}});
        let expected = Score { planted: 2, named: 1, right_cause: None, elsewhere: 1 };
        assert_eq!(of_popeye(&world(), &report).unwrap(), expected);
    }

    #[test]
    fn an_assent_report_is_matched_by_cause_too() {
        let entity = |name: &str| json!({"kind": "Deployment", "namespace": "team-01", "name": name});
        let report = json!({
            "root_causes": [{"cause": "image.not_found", "entity": entity("oak")}, {"cause": "image.not_found", "entity": entity("elm")}],
            "findings": [{"severity": "broken", "entity": entity("elm-5c-1")}, {"severity": "degraded", "entity": entity("ash")}],
        });
        let expected = Score { planted: 2, named: 2, right_cause: Some(1), elsewhere: 0 };
        assert_eq!(of_assent(&world(), &report).unwrap(), expected);
    }

    #[test]
    fn a_report_of_another_shape_is_an_error_and_no_score() {
        assert!(of_assent(&world(), &json!({})).is_err());
        assert!(of_popeye(&world(), &json!({"popeye": {}})).is_err());
        assert!(planted(&json!({"broken": [{"namespace": "a"}]})).is_err());
    }
}
