//! Workloads that do not do what their own settings keep them from: zero replicas, deadlines, suspension, autoscaling, disruption budgets.

use crate::candidate::Candidate;
use crate::case::Case;
use crate::cause::Cause;

/// The causes of this family.
pub static CAUSES: &[Cause] = &[];

/// Offers candidates.
pub fn find(_case: &Case<'_>, _out: &mut Vec<Candidate>) {}
