//! The sentence at the top claims no more than the causes below it explain.

use crate::support;
use std::collections::BTreeSet;

use assent_diagnosis::Options;
use assent_evidence::Graph;

#[test]
fn the_summary_counts_what_the_named_causes_explain() {
    let mut left_out = 0;
    for (name, text) in support::all() {
        let scenario = assent_scenarios::read(&name, &text).unwrap();
        let options = Options { focus: scenario.focus.clone(), causes_max: 1, ..Options::default() };
        let graph = Graph::build(scenario.set, scenario.at);
        let report = assent_diagnosis::investigate(&graph, &options);
        let Some(cause) = report.root_causes.first() else { continue };
        let ill: BTreeSet<&String> =
            report.findings.iter().filter(|finding| finding.severity != "notice").map(|finding| &finding.id).collect();
        let explained = cause.explains.iter().filter(|id| ill.contains(id)).count();
        let claim = if explained == 1 { "explaining 1 symptom.".to_owned() } else { format!("explaining {explained} symptoms.") };
        assert!(report.summary.ends_with(&claim), "{name}: {} instead of {claim}", report.summary);
        left_out += usize::from(explained < ill.len());
    }
    assert!(left_out > 0, "no scenario has a symptom that its first cause leaves open");
}
