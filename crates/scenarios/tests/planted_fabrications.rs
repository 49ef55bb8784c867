//! I6: a claim whose evidence does not re-check is found, whatever was done to it.

use crate::support;
use assent_diagnosis::Report;
use assent_diagnosis::proof;
use assent_diagnosis::report::{EntityName, Link};

/// Changes a report; false where the report has nothing of that kind to change.
type Tamper = fn(&mut Report) -> bool;

/// Every way of tampering, by name. Each changes a report so that something in it is no longer true, or says that it cannot here.
const WAYS: &[(&str, Tamper)] = &[
    ("a word of a quote is changed", |report| {
        let Some(item) = report.root_causes.first_mut().and_then(|cause| cause.evidence.first_mut()) else { return false };
        item.quote.push('x');
        true
    }),
    ("a quote is cut", |report| {
        let Some(item) = report.root_causes.first_mut().and_then(|cause| cause.evidence.first_mut()) else { return false };
        item.quote.pop().is_some()
    }),
    ("a quote is empty and its locator too", |report| {
        let Some(item) = report.root_causes.first_mut().and_then(|cause| cause.evidence.first_mut()) else { return false };
        item.quote.clear();
        item.locator = "L1 B0+0".to_owned();
        true
    }),
    ("a locator is moved", |report| {
        let Some(item) = report.root_causes.first_mut().and_then(|cause| cause.evidence.first_mut()) else { return false };
        item.locator = format!("L1 B1+{}", item.quote.len());
        true
    }),
    ("a locator points beyond the end", |report| {
        let Some(item) = report.root_causes.first_mut().and_then(|cause| cause.evidence.first_mut()) else { return false };
        item.locator = format!("L1 B18446744073709551615+{}", item.quote.len());
        true
    }),
    ("a locator is no locator", |report| {
        let Some(item) = report.root_causes.first_mut().and_then(|cause| cause.evidence.first_mut()) else { return false };
        item.locator = "somewhere".to_owned();
        true
    }),
    ("all evidence is taken away", |report| {
        let Some(cause) = report.root_causes.first_mut() else { return false };
        cause.evidence.clear();
        true
    }),
    ("the cause is not in the catalogue", |report| {
        let Some(cause) = report.root_causes.first_mut() else { return false };
        cause.cause = "gremlins.at_work".to_owned();
        true
    }),
    ("the entity does not exist", |report| {
        let Some(cause) = report.root_causes.first_mut() else { return false };
        cause.entity.name.push_str("-that-is-not-there");
        true
    }),
    ("the confidence is out of bounds", |report| {
        let Some(cause) = report.root_causes.first_mut() else { return false };
        cause.confidence = 1.5;
        true
    }),
    ("the confidence is no number", |report| {
        let Some(cause) = report.root_causes.first_mut() else { return false };
        cause.confidence = f64::NAN;
        true
    }),
    ("a step leads to an entity that does not exist", |report| {
        let Some(link) = first_link(report) else { return false };
        let nobody = EntityName { kind: "Pod".to_owned(), namespace: Some("nowhere".to_owned()), name: "nobody".to_owned() };
        link.to = nobody.clone();
        link.path.push(nobody);
        true
    }),
    ("the path of a step skips a tie", |report| {
        let Some(link) = first_link(report).filter(|link| link.path.len() > 2) else { return false };
        link.path.remove(1);
        true
    }),
    ("the path of a step does not join its ends", |report| {
        let Some(link) = first_link(report) else { return false };
        link.path.clear();
        true
    }),
    ("a step cites nothing", |report| {
        let Some(link) = first_link(report) else { return false };
        link.evidence.clear();
        true
    }),
    ("a step cites evidence that is not there", |report| {
        let Some(link) = first_link(report) else { return false };
        link.evidence.push("E999".to_owned());
        true
    }),
    ("an effect is told to be long before its cause", |report| {
        let Some(cause) = report.root_causes.first_mut() else { return false };
        let Some(cited) = cause.chain.first().map(|link| link.evidence.clone()) else { return false };
        for item in &mut cause.evidence {
            let effect = cited.contains(&item.id);
            item.time = Some(if effect { "2001-01-01T00:00:00Z" } else { "2031-01-01T00:00:00Z" }.to_owned());
        }
        // An effect that shares all its words with the cause cannot be out of order with it.
        cause.evidence.iter().any(|item| !cited.contains(&item.id))
    }),
    ("a finding that is not there is explained", |report| {
        let Some(cause) = report.root_causes.first_mut() else { return false };
        cause.explains.push("F999".to_owned());
        true
    }),
    ("an id means two things", |report| {
        let Some(cause) = report.root_causes.first_mut() else { return false };
        let [first, second, ..] = cause.evidence.as_mut_slice() else { return false };
        second.id.clone_from(&first.id);
        true
    }),
    ("a source that is not there is cited", |report| {
        let several = report.input.sources > 1;
        let Some(item) = report.root_causes.first_mut().and_then(|cause| cause.evidence.first_mut()) else { return false };
        item.source = "made-up.json".to_owned();
        several
    }),
];

fn first_link(report: &mut Report) -> Option<&mut Link> {
    report.root_causes.first_mut()?.chain.first_mut()
}

#[test]
fn no_planted_fabrication_is_admitted() {
    let mut tried = vec![0_usize; WAYS.len()];
    let mut admitted = Vec::new();
    for (name, text) in support::all() {
        let scenario = assent_scenarios::read(&name, &text).unwrap();
        let (report, graph) = assent_scenarios::investigate(scenario);
        assert_eq!(proof::check(&report, &graph).failures, [], "{name}: the engine's own report does not re-check");
        for (way, (what, tamper)) in WAYS.iter().enumerate() {
            let mut tampered = report.clone();
            if tamper(&mut tampered) {
                tried[way] += 1;
                if proof::check(&tampered, &graph).failures.is_empty() {
                    admitted.push(format!("{name}: {what}"));
                }
            }
        }
    }
    assert!(admitted.is_empty(), "{} fabrications were admitted:\n{}", admitted.len(), admitted.join("\n"));
    for (way, (what, _)) in WAYS.iter().enumerate() {
        assert!(tried[way] > 0, "no scenario could try: {what}");
    }
}
