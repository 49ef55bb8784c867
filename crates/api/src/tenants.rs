//! The tenant as a whole.

use assent_base::id::TenantId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created_at: assent_base::Timestamp,
    /// Counts changes; the `ETag`.
    pub version: u64,
}

/// Changes the tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateTenant {
    /// Its name.
    pub name: String,
}

/// Makes a tenant. Only owners of the tenant that runs the installation may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateTenant {
    /// Its name.
    pub name: String,
}

/// The tenant, and the one-time link for its first owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTenant {
    /// The tenant.
    pub tenant: Tenant,
    /// The link, valid once.
    pub link: String,
    /// Until when.
    pub expires_at: assent_base::Timestamp,
}

/// Deletes the tenant for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeleteTenant {
    /// The tenant's name, typed again.
    pub name: String,
}

/// Signed proof that the tenant's key is destroyed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeletionCertificate {
    /// A signed note; its text names the tenant, the instant, the digest of the destroyed key and the record.
    pub note: String,
    /// The key that signed, as C2SP writes verifier keys.
    pub public_key: String,
}
