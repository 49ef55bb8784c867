//! Plans for people at a terminal.

use std::fmt::Write;

use assent_plan::{Proposed, text};

use super::text::{Paint, printable};

/// Writes what is proposed, and for what nothing is.
pub(super) fn write(proposed: &Proposed, paint: Paint) -> String {
    let mut out = String::new();
    if proposed.plans.is_empty() && proposed.without.is_empty() {
        return out;
    }
    let _ = writeln!(out, "\n{}", paint.strong("PLANS  proposed, and nothing is changed"));
    for (index, plan) in proposed.plans.iter().enumerate() {
        let whole = text::write(plan);
        let mut lines = whole.lines();
        let title = lines.next().unwrap_or_default();
        let _ = writeln!(out, "\n{}. {}", index + 1, paint.strong(&printable(title)));
        for line in lines {
            let _ = writeln!(out, " {}", printable(line));
        }
    }
    for none in &proposed.without {
        let why = printable(&format!("{} on {}: {}", none.cause, none.entity, none.reason));
        let _ = writeln!(out, "\n{}  {why}", paint.unsure("No plan"));
    }
    out
}
