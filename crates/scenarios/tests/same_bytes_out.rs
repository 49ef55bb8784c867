//! The same input gives the same bytes; the same objects in another order give the same answer.

use crate::support;
use std::collections::BTreeSet;

use assent_diagnosis::Report;

#[expect(clippy::unwrap_used, reason = "a test that cannot read its scenarios has failed")]
fn report_of(name: &str, text: &str) -> Report {
    assent_scenarios::investigate(assent_scenarios::read(name, text).unwrap()).0
}

/// What a report says, without where in the text its words stand.
fn said(report: &Report) -> String {
    let causes: Vec<_> = report
        .root_causes
        .iter()
        .map(|cause| {
            let quotes: BTreeSet<&str> = cause.evidence.iter().map(|item| item.quote.as_str()).collect();
            let chain: Vec<_> = cause.chain.iter().map(|link| (&link.effect, &link.because)).collect();
            format!("{} {} {} {:?} {quotes:?} {chain:?}", cause.cause, cause.entity, cause.confidence, cause.statement)
        })
        .collect();
    format!("{:?} {:?} {causes:#?}", report.verdict, report.summary)
}

#[test]
fn repeated_runs_print_the_same_bytes() {
    for (name, text) in support::all() {
        let first = serde_json::to_string(&report_of(&name, &text)).unwrap();
        assert_eq!(first, serde_json::to_string(&report_of(&name, &text)).unwrap(), "{name}");
    }
}

#[test]
fn the_order_of_the_objects_does_not_matter() {
    for (name, text) in support::all() {
        let documents: Vec<&str> = text.split("\n---\n").collect();
        let (head, rest) = documents.split_first().unwrap();
        let expected = said(&report_of(&name, &text));
        for seed in [1_u64, 2] {
            let mut shuffled = rest.to_vec();
            // A fixed sequence: the order must not matter, so it need not be random.
            let mut state = seed;
            for index in (1..shuffled.len()).rev() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                shuffled.swap(index, usize::try_from(state >> 33).unwrap() % (index + 1));
            }
            let text = std::iter::once(*head).chain(shuffled).collect::<Vec<_>>().join("\n---\n");
            assert_eq!(expected, said(&report_of(&name, &text)), "{name}, order {seed}");
        }
    }
}
