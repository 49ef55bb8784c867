//! What is visibly wrong. No cause is named here.

use crate::case::Case;

mod nodes;
mod pods;
mod storage;
mod workloads;

/// Finds every symptom of a case.
pub(crate) fn find(case: &mut Case<'_>) {
    pods::find(case);
    workloads::find(case);
    nodes::find(case);
    storage::find(case);
}
