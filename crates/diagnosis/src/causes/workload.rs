//! Workloads as they are asked to be: scaled to zero, paused, done; jobs and cron jobs; autoscalers; disruption budgets; deletions.

use crate::candidate::Candidate;
use crate::case::Case;
use crate::cause::Cause;

mod catalogue;
mod jobs;
mod replicas;
mod scaling;

/// The causes of this family.
pub static CAUSES: &[Cause] = catalogue::CAUSES;

/// Offers candidates.
pub fn find(case: &Case<'_>, out: &mut Vec<Candidate>) {
    replicas::find(case, out);
    jobs::find(case, out);
    scaling::find(case, out);
}
