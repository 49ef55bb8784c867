//! The live stream.

use assent_base::id::{ClusterId, IncidentId, PlanId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One event of the stream. Its number is the `id` of the server-sent event; a reader that comes back names it in `Last-Event-ID`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// An incident opened or changed. Read it anew.
    Incident {
        /// Which.
        incident: IncidentId,
        /// Its version now.
        version: u64,
    },
    /// A cluster's health or connection changed.
    Cluster {
        /// Which.
        cluster: ClusterId,
        /// Its version now.
        version: u64,
    },
    /// A plan was drawn, or something became of it. Read it anew.
    Plan {
        /// Which.
        plan: PlanId,
        /// Its version now.
        version: u64,
    },
    /// Some events are no longer kept: read everything anew.
    Gap {},
}
