//! Environments: how careful to be, and what to keep.

use assent_base::id::EnvironmentId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::Criticality;

/// A part of the tenant with one criticality.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// Its id.
    pub id: EnvironmentId,
    /// Its name, unique in the tenant.
    pub name: String,
    /// How much a mistake would cost.
    pub criticality: Criticality,
    /// What is kept, and how long.
    pub retention: Retention,
    /// When it was made.
    pub created_at: assent_base::Timestamp,
    /// Counts changes; the `ETag`.
    pub version: u64,
}

/// What is kept, and how long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Closed incidents and their reports; 1 to 3650.
    pub incidents_days: u32,
}

/// Makes an environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateEnvironment {
    /// A DNS label.
    pub name: String,
    /// How much a mistake would cost.
    pub criticality: Criticality,
    /// What to keep; 90 days if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<Retention>,
}

/// Changes an environment. What is absent stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateEnvironment {
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The criticality.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criticality: Option<Criticality>,
    /// The retention.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<Retention>,
}

/// One environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentPath {
    /// Its id.
    pub environment: EnvironmentId,
}

impl Default for Retention {
    fn default() -> Self {
        Self { incidents_days: 90 }
    }
}
