//! What is visibly wrong. No cause is named here.

use crate::case::Case;

pub mod alerts;
mod cpu;
mod logs;
pub(crate) mod network;
pub(crate) mod nodes;
pub(crate) mod outputs;
pub(crate) mod pods;
mod storage;
pub(crate) mod workloads;

/// Finds every symptom of a case. Alerts, logs and outputs come last: what they are worth depends on what else is wrong.
pub(crate) fn find(case: &mut Case<'_>) {
    pods::find(case);
    workloads::find(case);
    nodes::find(case);
    storage::find(case);
    network::find(case);
    cpu::find(case);
    outputs::find(case);
    alerts::find(case);
    logs::find(case);
}
