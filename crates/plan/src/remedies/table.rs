//! The table: every cause of the catalogue, with its remedy.

use super::{Ctx, Found, revisions};

/// What is known of a cause's fix.
#[derive(Debug, Clone, Copy)]
pub enum Remedy {
    /// There may be one: look for it in the graph.
    Try(fn(&Ctx<'_, '_>) -> Found),
    /// None is safe, ever, for this reason.
    None(&'static str),
}

/// The remedy of a cause.
#[must_use]
pub fn of(cause: &str) -> Option<&'static Remedy> {
    TABLE.iter().find(|(id, _)| *id == cause).map(|(_, remedy)| remedy)
}

static TABLE: &[(&str, Remedy)] =
    &[("change.crash_after_change", Remedy::Try(revisions::back)), ("image.not_found", Remedy::Try(revisions::image))];
