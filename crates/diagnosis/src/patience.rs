//! The ages at which rules change their mind, for who has to know when to look again though nothing has changed.

use crate::case::{RECENT_S, RECOVERED_AFTER_S};
use crate::complaint::COMPLAINT_AGE_S;
use crate::routing::{ingress, service};
use crate::symptoms::{nodes, pods, workloads};

/// Every such age. A rule counts it from an instant that an object, an event or a log states.
pub const AGES_S: [i64; 11] = [
    workloads::ROLLOUT_PATIENCE_S,
    workloads::DELETION_PATIENCE_S,
    pods::CREATING_PATIENCE_S,
    pods::READY_PATIENCE_S,
    pods::TERMINATING_PATIENCE_S,
    nodes::LEASE_STALE_S,
    ingress::ADDRESS_PATIENCE_S,
    service::LOAD_BALANCER_PATIENCE_S,
    RECOVERED_AFTER_S,
    COMPLAINT_AGE_S,
    RECENT_S,
];
