//! Reading the ledger.

use assent_base::Digest;
use assent_base::id::{EnvironmentId, TenantId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One thing that was done, or was refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Its place in the log, from 0.
    pub index: u64,
    /// Whose it is.
    pub tenant: TenantId,
    /// When.
    pub at: assent_base::Timestamp,
    /// Who: `account:acc_…`, `key:key_…`, `observer:cls_…`, `platform`.
    pub actor: String,
    /// What: `incident.dismiss`.
    pub action: String,
    /// To what: an id.
    pub subject: String,
    /// How it ended.
    pub outcome: Outcome,
    /// What else was recorded. Absent (null) when the tenant's key is gone.
    pub details: serde_json::Value,
    /// The leaf's hash.
    pub leaf: Digest,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Recorded before it was done.
    Intended,
    /// Done.
    Done,
    /// Policy, or a check, said no.
    Refused,
    /// It was tried, and did not work.
    Failed,
}

/// Which records. Every field narrows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordQuery {
    /// By this actor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// This action, or all that start with it, as `incident.`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// To this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// About this environment, or something in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<EnvironmentId>,
    /// With this end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// At or after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<assent_base::Timestamp>,
    /// Before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<assent_base::Timestamp>,
    /// Where to go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Entries at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// In which form the ledger is taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// One record a line, as JSON.
    Jsonl,
    /// A table with a first row of names, RFC 4180.
    Csv,
}

/// How the ledger is exported.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportQuery {
    /// The records as lines; if absent, an archive that can be checked with nothing but the public key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<ExportFormat>,
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordPath {
    /// Its place.
    pub index: u64,
}

/// Proof that a record is in the log, to be checked with nothing but the public key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The record's place.
    pub index: u64,
    /// The canonical record, as it was hashed, in base64.
    pub record: String,
    /// The path to the root, leaf upwards.
    pub inclusion: Vec<Digest>,
    /// The signed checkpoint, a C2SP note.
    pub checkpoint: String,
}

/// The newest signed checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// A C2SP note.
    pub note: String,
    /// Records in the log.
    pub size: u64,
    /// Root of the tree.
    pub root: Digest,
    /// The log's key, as C2SP writes verifier keys.
    pub public_key: String,
    /// The key of the witness that signs too, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub witness_key: Option<String>,
}
