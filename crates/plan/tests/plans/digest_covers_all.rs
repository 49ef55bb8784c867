//! A plan's digest changes with each of its fields, at whatever depth, and the same input gives the same bytes.

use std::collections::BTreeSet;

use assent_plan::Plan;
use serde_json::Value;

use crate::support;

/// Other values of a scalar, one of which its type admits.
fn others(value: &Value) -> Vec<Value> {
    match value {
        Value::Bool(value) => vec![(!value).into()],
        Value::Number(number) => vec![(number.as_i64().unwrap_or(0) + 1).into()],
        Value::String(text) => {
            let mut others: Vec<Value> = Vec::new();
            others.extend(text.char_indices().rev().take(12).map(|(at, c)| {
                let other = if c == '1' { '2' } else { '1' };
                Value::from(format!("{}{other}{}", &text[..at], &text[at + c.len_utf8()..]))
            }));
            others.extend(
                [
                    "low",
                    "medium",
                    "high",
                    "observed",
                    "generation",
                    "engine",
                    "person",
                    "passes",
                    "warns",
                    "quota",
                    "ownership",
                    "cpu",
                    "memory",
                    "liveness",
                    "readiness",
                    "service",
                    "node",
                ]
                .map(Value::from),
            );
            others.extend([format!("{text}x").into(), format!("x{text}").into()]);
            others.retain(|other| other != value);
            others
        }
        _ => Vec::new(),
    }
}

fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            map.iter().for_each(|(key, inner)| leaves(inner, &format!("{path}/{}", assent_plan::patch::escape(key)), found))
        }
        Value::Array(items) => items.iter().enumerate().for_each(|(index, inner)| leaves(inner, &format!("{path}/{index}"), found)),
        _ => found.push(path.to_owned()),
    }
}

#[test]
fn the_digest_changes_with_every_field() {
    let (mut seen, mut fields) = (BTreeSet::new(), 0);
    for cluster in support::CLUSTERS.iter() {
        for plan in assent_plan::propose(&cluster.site(), &cluster.report).plans {
            // One plan of each action has all the fields that there are.
            if !seen.insert(plan.action.kind()) {
                continue;
            }
            let digest = plan.digest().unwrap();
            let whole = serde_json::to_value(&plan).unwrap();
            let mut paths = Vec::new();
            leaves(&whole, "", &mut paths);
            for path in paths {
                let value = whole.pointer(&path).unwrap();
                let mut read = 0;
                for other in others(value) {
                    let mut changed = whole.clone();
                    *changed.pointer_mut(&path).unwrap() = other;
                    let Ok(other) = serde_json::from_value::<Plan>(changed) else { continue };
                    read += 1;
                    assert_ne!(other.digest().unwrap(), digest, "{}: {path}", cluster.name);
                    break;
                }
                // The name of an operation is no field: another one has other fields.
                assert!(read > 0 || path.ends_with("/op") || value.is_null(), "{}: nothing else reads at {path}: {value}", cluster.name);
                fields += 1;
            }
        }
    }
    assert!(seen.len() > 10 && fields > 800, "{} actions, {fields} fields", seen.len());
}

#[test]
fn the_same_input_in_another_order_gives_the_same_bytes() {
    for (cluster, (name, text)) in support::CLUSTERS.iter().zip(support::all()) {
        let one = assent_plan::propose(&cluster.site(), &cluster.report);
        if one.plans.is_empty() {
            continue;
        }
        let other = support::cluster(&name, &text, true);
        let other = assent_plan::propose(&other.site(), &other.report);
        let bytes = |plans: &[Plan]| plans.iter().map(|plan| plan.canonical().unwrap()).collect::<Vec<_>>();
        assert_eq!(bytes(&one.plans), bytes(&other.plans), "{name}");
        assert_eq!(one.without, other.without, "{name}");
    }
}

#[test]
fn a_plan_reads_back_from_its_canonical_form_and_from_no_other() {
    for cluster in support::CLUSTERS.iter() {
        for plan in assent_plan::propose(&cluster.site(), &cluster.report).plans {
            let bytes = plan.canonical().unwrap();
            assert_eq!(Plan::parse(&bytes), Ok(plan.clone()), "{}", cluster.name);
            let spaced = [&b" "[..], &bytes].concat();
            assert!(Plan::parse(&spaced).is_err(), "{}", cluster.name);
            let pretty = serde_json::to_vec_pretty(&plan).unwrap();
            assert!(Plan::parse(&pretty).is_err(), "{}", cluster.name);
        }
    }
}
