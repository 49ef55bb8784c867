//! How bad and how urgent an incident is: from what is seen, how far it is off, who depends on it, whether it grows, and how it was before.

use crate::record::{Incident, Severity, Weight};

/// So many objects worse off make what works badly count as broken.
pub const AFFECTED_BROKEN: u32 = 10;
/// A metric this many spreads off makes what works badly count as broken.
pub const DEVIATION_BROKEN: f64 = 30.0;

/// Weighs an incident by what is kept of it.
pub(crate) fn of(incident: &Incident) -> Weight {
    let mut because = Vec::new();
    let mut severity = incident.sightings.values().map(|seen| seen.severity).max().unwrap_or(incident.weight.severity);
    let affected = incident.affected_count();
    let deviation = incident.sightings.values().filter_map(|seen| seen.deviation).reduce(f64::max).unwrap_or(0.0);
    let mut urgency: u32 = match severity {
        Severity::Notice => 10,
        Severity::Degraded => 40,
        Severity::Broken => 65,
    };
    if severity == Severity::Degraded && affected >= AFFECTED_BROKEN {
        because.push(format!("{affected} objects are worse off for it"));
        (severity, urgency) = (Severity::Broken, 65);
    }
    if severity == Severity::Degraded && deviation >= DEVIATION_BROKEN {
        because.push(format!("a metric is {deviation:.0} spreads from what is usual"));
        (severity, urgency) = (Severity::Broken, 65);
    }
    let mut add = |points: u32, why: String| {
        if points > 0 {
            urgency += points;
            because.push(why);
        }
    };
    add((affected.saturating_sub(1) * 2).min(12), format!("{affected} objects are affected"));
    add((u32::BITS - incident.downstream.leading_zeros()).min(8), format!("{} more depend on these", incident.downstream));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a score is not negative, and the cast saturates")]
    add(((deviation / 3.0) as u32).min(6), format!("a metric is {deviation:.0} spreads from what is usual"));
    if affected > incident.affected_first {
        add(4, format!("it grows: {} objects were affected at first", incident.affected_first));
    }
    add(
        incident.recurrences.saturating_add(incident.flaps).min(5),
        format!("it came back {} times", incident.recurrences.saturating_add(incident.flaps)),
    );
    Weight { severity, urgency_percent: u8::try_from(urgency.min(100)).unwrap_or(100), because }
}
