//! A report cut into what belongs together: one group for each cause, one for each object whose symptoms nothing explains.

use std::collections::{BTreeMap, BTreeSet};

use assent_base::{Timestamp, time};
use assent_diagnosis::report::{EntityName, FindingReport, RootCause};

use super::fingerprint;
use crate::known::Examined;
use crate::record::{SeenCause, Severity, Sighting, TimelineEntry, TimelineKind};

/// Changes this long before a symptom may have to do with it.
pub const CHANGE_LOOKBACK_S: i64 = 3600;

/// What belongs together in one report.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) fingerprint: String,
    pub(crate) entity: EntityName,
    pub(crate) title: String,
    pub(crate) sighting: Sighting,
    /// Symptom to what to say of it, with its instant.
    pub(crate) findings: BTreeMap<String, TimelineEntry>,
    /// Events and changes that belong to it.
    pub(crate) told: BTreeSet<TimelineEntry>,
}

/// Cuts a report.
pub(crate) fn of(examined: &Examined) -> Vec<Group> {
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    let findings: BTreeMap<&str, &FindingReport> = examined.report.findings.iter().map(|finding| (finding.id.as_str(), finding)).collect();
    for (index, cause) in examined.report.root_causes.iter().enumerate() {
        let explained: Vec<&FindingReport> = cause.explains.iter().filter_map(|id| findings.get(id.as_str()).copied()).collect();
        let mut group = of_cause(examined, cause, &explained);
        if let Some(aftermath) = examined.aftermaths.get(index) {
            group.sighting.affected.extend(aftermath.affected.iter().cloned());
            group.sighting.downstream = aftermath.downstream;
        }
        join(&mut groups, group);
    }
    let unexplained = examined.report.findings.iter().filter(|finding| !finding.explained && severity(finding) > Severity::Notice);
    for finding in unexplained {
        join(&mut groups, of_symptom(examined, finding));
    }
    for group in groups.values_mut() {
        notes(examined, group);
    }
    groups.into_values().collect()
}

fn join(groups: &mut BTreeMap<String, Group>, group: Group) {
    match groups.get_mut(&group.fingerprint) {
        None => drop(groups.insert(group.fingerprint.clone(), group)),
        Some(own) => {
            if group.sighting.severity > own.sighting.severity {
                own.title = group.title;
            }
            let (into, from) = (&mut own.sighting, group.sighting);
            into.severity = into.severity.max(from.severity);
            into.affected.extend(from.affected);
            into.downstream = into.downstream.max(from.downstream);
            into.holds.extend(from.holds);
            into.symptoms.extend(from.symptoms);
            let confidence = |cause: &Option<SeenCause>| cause.as_ref().map(|cause| cause.confidence_percent);
            if confidence(&from.cause) > confidence(&into.cause) {
                into.cause = from.cause;
            }
            own.findings.extend(group.findings);
            own.told.extend(group.told);
        }
    }
}

fn severity(finding: &FindingReport) -> Severity {
    match finding.severity.as_str() {
        "broken" => Severity::Broken,
        "degraded" => Severity::Degraded,
        _ => Severity::Notice,
    }
}

fn top(examined: &Examined, name: &EntityName) -> EntityName {
    examined.owners.get(name).unwrap_or(name).clone()
}

fn of_cause(examined: &Examined, cause: &RootCause, explained: &[&FindingReport]) -> Group {
    let entity = top(examined, &cause.entity);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 100 by the clamp")]
    let percent = (cause.confidence * 100.0).round().clamp(0.0, 100.0) as u8;
    let mut group = empty(examined, Some(&cause.cause), entity.clone(), format!("{}: {entity}", cause.title));
    group.sighting.cause = Some(SeenCause { cause: cause.cause.clone(), confidence_percent: percent });
    group.sighting.severity = Severity::Degraded;
    for finding in explained {
        add(examined, &mut group, finding);
    }
    for item in cause.evidence.iter().filter(|item| item.source.starts_with("cluster/Event/")) {
        let Some(at) = item.time.as_deref().and_then(time::instant) else { continue };
        let text = item.quote.clone();
        group.told.insert(TimelineEntry { at, kind: TimelineKind::Event, text, entity: Some(item.about.clone()), by: None });
    }
    group
}

fn of_symptom(examined: &Examined, finding: &FindingReport) -> Group {
    let entity = top(examined, &finding.entity);
    let title = finding.statement.trim_end_matches('.').to_owned();
    let mut group = empty(examined, None, entity, title);
    group.sighting.severity = severity(finding);
    add(examined, &mut group, finding);
    group
}

fn empty(examined: &Examined, cause: Option<&str>, entity: EntityName, title: String) -> Group {
    let sighting = Sighting {
        at: examined.at,
        severity: Severity::Notice,
        affected: BTreeSet::from([entity.clone()]),
        downstream: 0,
        holds: BTreeSet::from([entity.clone()]),
        symptoms: BTreeSet::new(),
        cause: None,
        deviation: None,
    };
    let fingerprint = fingerprint::of(cause, &entity);
    Group { fingerprint, entity, title, sighting, findings: BTreeMap::new(), told: BTreeSet::new() }
}

fn add(examined: &Examined, group: &mut Group, finding: &FindingReport) {
    let entity = top(examined, &finding.entity);
    let symptom = format!("{} on {entity}", finding.symptom);
    group.sighting.severity = group.sighting.severity.max(severity(finding));
    group.sighting.affected.insert(entity.clone());
    group.sighting.holds.insert(entity.clone());
    group.sighting.symptoms.insert(symptom.clone());
    let at = finding.since.as_deref().and_then(time::instant).unwrap_or(examined.at).min(examined.at);
    let text = finding.statement.clone();
    group.findings.entry(symptom).or_insert(TimelineEntry { at, kind: TimelineKind::Finding, text, entity: Some(entity), by: None });
}

/// Adds the changes to what is ill, and how far its metrics are off.
fn notes(examined: &Examined, group: &mut Group) {
    let first: Timestamp = group.findings.values().map(|entry| entry.at).min().unwrap_or(examined.at);
    for change in &examined.changes {
        let of = EntityName {
            kind: change.of.kind.to_string(),
            namespace: change.of.namespace().map(str::to_owned),
            name: change.of.name.to_string(),
        };
        let near = time::seconds_between(change.at, first) <= CHANGE_LOOKBACK_S;
        if near && group.sighting.holds.contains(&of) {
            let (at, text) = (change.at, change.says.clone());
            group.told.insert(TimelineEntry { at, kind: TimelineKind::Change, text, entity: Some(of), by: None });
        }
    }
    let about = |of: &str| {
        group
            .sighting
            .holds
            .iter()
            .any(|own| of == own.name || of.strip_prefix(own.name.as_str()).is_some_and(|rest| rest.starts_with('-')))
    };
    let off = examined.unusual.iter().filter(|own| own.of.as_deref().is_some_and(about)).map(|own| own.deviation.score);
    group.sighting.deviation = off.reduce(f64::max);
    for own in examined.unusual.iter().filter(|own| own.of.as_deref().is_some_and(about)).take(3) {
        // Told once per series: the figures of later values stay out.
        group.findings.entry(format!("{} of {} is unusual", own.query, own.series)).or_insert(TimelineEntry {
            at: examined.at,
            kind: TimelineKind::Finding,
            text: own.says(),
            entity: Some(group.entity.clone()),
            by: None,
        });
        group.sighting.symptoms.insert(format!("{} of {} is unusual", own.query, own.series));
    }
}
