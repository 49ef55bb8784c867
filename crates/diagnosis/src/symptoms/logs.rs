//! Complaints in logs, and slowness that logs and traces tell of.
//!
//! A complaint of a container that is ill, or that nobody asked about, is a notice: the illness is what needs explaining. It is a
//! symptom of its own where a person asked about a workload that otherwise looks well, and where the log is all there is.

use assent_evidence::EntityId;

use crate::case::Case;
use crate::complaint::{self, Complaint};
use crate::finding::{Finding, Severity, Symptom};
use crate::logs::Signal;

mod spans;

/// A signal of at least this weight is a symptom by itself where somebody asked.
const STRONG_FROM: u8 = 60;
/// Complaints that become findings for one entity.
const FINDINGS_PER_LOG_MAX: usize = 8;

/// Finds them.
pub(super) fn find(case: &mut Case<'_>) {
    let ids: Vec<EntityId> = case.signals.keys().copied().collect();
    let mut found = Vec::new();
    for id in ids {
        found.extend(of_entity(case, id));
    }
    for finding in found {
        case.add(finding);
    }
    spans::find(case);
}

fn of_entity(case: &Case<'_>, id: EntityId) -> Vec<Finding> {
    let complaints = complaint::of(case, id);
    let entity = case.entity(id);
    let owner = complaint::owner(case, entity);
    let ill = is_ill(case, id) || is_ill(case, owner.id);
    let alone = !entity.is_captured() && !owner.is_captured();
    let asked = alone || complaint::is_concerned(case, entity);
    let (mut told, mut told_slow) = (false, false);
    let mut findings = Vec::new();
    for one in complaints.iter().filter(|one| one.live && worth_telling(one.means)).take(FINDINGS_PER_LOG_MAX) {
        let slow = is_slow(one);
        if !(ill || asked || one.is_repeated()) {
            continue;
        }
        let insistent = one.is_repeated() || alone || one.after <= if slow { 10 } else { 2 };
        let already = if slow { &mut told_slow } else { &mut told };
        let counts = asked && !ill && insistent && (slow || one.means.weight() >= STRONG_FROM) && !*already;
        *already |= counts;
        findings.push(finding(case, one, slow, if counts { Severity::Degraded } else { Severity::Notice }));
    }
    findings
}

/// Whether something is wrong with an entity that an alert does not merely claim.
fn is_ill(case: &Case<'_>, id: EntityId) -> bool {
    let own = |finding: &Finding| finding.severity > Severity::Notice && finding.symptom != Symptom::Alert;
    case.on(id).any(|index| case.findings.get(index).is_some_and(own))
}

fn is_slow(one: &Complaint<'_, '_>) -> bool {
    matches!(one.means, Signal::SlowQuery | Signal::SlowRequest)
}

/// What a process prints while it stops, and texts of usage, are no complaints.
fn worth_telling(signal: Signal) -> bool {
    !matches!(signal, Signal::GracefulShutdown | Signal::Usage | Signal::Killed)
}

fn finding(case: &Case<'_>, one: &Complaint<'_, '_>, slow: bool, severity: Severity) -> Finding {
    let quote = one.quote(case);
    let times = if one.count > 1 { format!(", {} times", one.count) } else { String::new() };
    let about = one.target_text().map(|target| format!(" about `{target}`")).unwrap_or_default();
    let what = one.means.id().replace('_', " ");
    Finding {
        symptom: if slow { Symptom::Slow } else { Symptom::LogComplaint },
        on: one.on.id,
        container: one.signal.stream.container.clone(),
        says: format!("The log of {} complains{about} ({what}){times}: \"{}\"", one.on.reference(), one.words()),
        since: quote.time,
        quotes: vec![quote],
        severity,
        reason: one.means.id().into(),
    }
}
