//! Complaints in logs, slowness, throttling.

use crate::case::Case;

/// Finds them.
pub(super) fn find(_case: &mut Case<'_>) {}
