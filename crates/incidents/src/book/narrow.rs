//! The part of a slice's report that is about one incident, for readers who may see that and not the rest.

use std::collections::BTreeSet;

use assent_diagnosis::report::{EntityName, Report, Verdict};

use super::fingerprint;
use crate::known::Examined;
use crate::record::Incident;

/// The report of one incident: its cause, or its symptoms while none is shown. None if the examination does not speak of it.
#[must_use]
pub fn report(examined: &Examined, incident: &Incident) -> Option<Report> {
    let top = |name: &EntityName| examined.owners.get(name).unwrap_or(name).clone();
    let mut report = examined.report.clone();
    report.root_causes.retain(|cause| fingerprint::of(Some(&cause.cause), &top(&cause.entity)) == incident.fingerprint);
    let explained: BTreeSet<String> = report.root_causes.iter().flat_map(|cause| cause.explains.iter().cloned()).collect();
    let holds: BTreeSet<_> = incident.sightings.get(&examined.slice).map(|seen| seen.holds.clone()).unwrap_or_default();
    if report.root_causes.is_empty() {
        report.findings.retain(|finding| !finding.explained && holds.contains(&top(&finding.entity)));
    } else {
        report.findings.retain(|finding| explained.contains(&finding.id));
    }
    if report.findings.is_empty() && report.root_causes.is_empty() {
        return None;
    }
    let own: BTreeSet<String> = report.findings.iter().map(|finding| finding.id.clone()).collect();
    report.not_proven.retain(|cause| !cause.explains.is_empty() && cause.explains.iter().all(|id| own.contains(id)));
    keep_own_questions(&mut report);
    report.verdict = if report.root_causes.is_empty() { Verdict::Inconclusive } else { Verdict::RootCause };
    report.summary = match report.root_causes.first() {
        Some(cause) => cause.statement.clone(),
        None => incident.title.clone(),
    };
    Some(report)
}

/// What would settle a question about objects of others is named to nobody else: its text can name their namespaces (I11).
fn keep_own_questions(report: &mut Report) {
    let of_causes = report.root_causes.iter().chain(&report.not_proven).map(|cause| &cause.entity);
    let own: BTreeSet<EntityName> = report.findings.iter().map(|finding| &finding.entity).chain(of_causes).cloned().collect();
    for missing in &mut report.missing_evidence {
        missing.about.retain(|entity| own.contains(entity));
    }
    // I8: one that does not say whom it is about is told to nobody.
    report.missing_evidence.retain(|missing| !missing.about.is_empty());
}
