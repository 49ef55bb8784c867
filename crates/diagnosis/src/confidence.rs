//! How sure a report is of a cause, 0 to 1.
//!
//! The base comes from how the cause is shown; what else speaks for or against it moves it. The resulting steps are calibrated
//! on the project's own scenarios; docs/confidence.md has the curve.

use crate::candidate::{Candidate, Strength};
use crate::case::Case;

/// A cause below this is told as not proven, and no verdict rests on it.
pub const PROVEN_FROM: f64 = 0.5;

/// The confidence in a candidate, rounded to hundredths so that it prints the same everywhere.
#[must_use]
pub fn of(case: &Case<'_>, candidate: &Candidate, rivals: usize) -> f64 {
    let base: f64 = match candidate.strength {
        Strength::Proven => 0.96,
        Strength::Stated => 0.90,
        Strength::Shown => 0.85,
        Strength::Logged => 0.75,
        Strength::Suspected => 0.45,
    };
    let sources = {
        let mut sources: Vec<_> = candidate.quotes.iter().map(|quote| (quote.cite.source, quote.about)).collect();
        sources.sort_unstable();
        sources.dedup();
        sources.len()
    };
    let mut sure = base;
    if sources >= 2 {
        sure += (1.0 - sure) * 0.25;
    }
    if candidate.explains.iter().filter(|index| case.findings.get(**index).is_some()).count() >= 3 {
        sure += (1.0 - sure) * 0.15;
    }
    if !candidate.missing.is_empty() {
        sure -= 0.10;
    }
    // Others explain the same findings as well.
    #[expect(clippy::cast_precision_loss, reason = "a handful of rivals")]
    let share = 0.06 * rivals.min(4) as f64;
    sure -= share;
    (sure.clamp(0.05, 0.99) * 100.0).round() / 100.0
}
