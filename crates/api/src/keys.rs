//! Keys of machines that call the API.

use assent_base::id::KeyId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::accounts::Grant;

/// A machine's key. Its secret is not kept, only a hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiKey {
    /// The key.
    pub id: KeyId,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub grants: Vec<Grant>,
    /// When it was made.
    pub created_at: assent_base::Timestamp,
    /// By whom.
    pub created_by: String,
    /// Until when it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<assent_base::Timestamp>,
    /// When it was last used, to the minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_at: Option<assent_base::Timestamp>,
    /// Since when it holds no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<assent_base::Timestamp>,
}

/// Makes a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateApiKey {
    /// What it is for.
    pub name: String,
    /// What it may do: nothing that its maker may not.
    pub grants: Vec<Grant>,
    /// How long it holds; without end if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in_s: Option<u64>,
}

/// A key with its secret, which is shown this once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApiKey {
    /// The key.
    pub key: ApiKey,
    /// To be sent as `Authorization: Bearer …`.
    pub secret: String,
}

/// One key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyPath {
    /// The key.
    pub key: KeyId,
}
