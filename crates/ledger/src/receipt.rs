//! A receipt: proof that one record is in the log, which needs nothing but itself and the public key.

use assent_base::Digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::checkpoint::{BadCheckpoint, Checkpoint, Trust};
use crate::proof::{BadProof, verify_inclusion};
use crate::record::{BadRecord, RECORD_BYTES_MAX, Record};
use crate::tree::leaf_hash;

/// The JSON of a receipt at most.
pub const RECEIPT_BYTES_MAX: usize = 64 * 1024;
/// Hashes of a path at most: one for each bit of an index.
const PATH_HASHES_MAX: usize = 64;

/// A record, its path to the root, and the checkpoint that signs the root. Nothing about it is proven until it is checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The record's place in the log, from 0.
    pub index: u64,
    /// The canonical record, as it was hashed, in base64.
    pub record: String,
    /// The path to the root, from the leaf upwards.
    pub inclusion: Vec<Digest>,
    /// The signed checkpoint.
    pub checkpoint: String,
}

/// What a receipt has proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// The record.
    pub record: Record,
    /// Its place in the log.
    pub index: u64,
    /// The checkpoint under which it stands.
    pub checkpoint: Checkpoint,
}

/// Why a receipt proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadReceipt {
    /// It does not have the shape of one.
    #[error("not a receipt: {cause}")]
    NotAReceipt {
        /// What the parser said.
        cause: String,
    },
    /// What it holds is no record.
    #[error("the record is {0}")]
    Record(#[from] BadRecord),
    /// The checkpoint is none of this log.
    #[error("the checkpoint is {0}")]
    Checkpoint(#[from] BadCheckpoint),
    /// The record is not where the receipt says.
    #[error("{0}")]
    Proof(#[from] BadProof),
}

impl Receipt {
    /// A receipt from its parts.
    #[must_use]
    pub fn new(index: u64, record: &[u8], inclusion: Vec<Digest>, checkpoint: String) -> Self {
        Self { index, record: STANDARD.encode(record), inclusion, checkpoint }
    }

    /// Reads the JSON of a receipt.
    ///
    /// # Errors
    /// When it is too long, or has other fields.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadReceipt> {
        if bytes.len() > RECEIPT_BYTES_MAX {
            return Err(BadReceipt::NotAReceipt { cause: format!("longer than {RECEIPT_BYTES_MAX} bytes") });
        }
        serde_json::from_slice(bytes).map_err(|cause| BadReceipt::NotAReceipt { cause: cause.to_string() })
    }

    /// Checks signature, path and record.
    ///
    /// # Errors
    /// At the first that does not hold.
    pub fn verify(&self, trust: &Trust) -> Result<Proven, BadReceipt> {
        if self.inclusion.len() > PATH_HASHES_MAX {
            return Err(BadProof::WrongLength.into());
        }
        let checkpoint = trust.checkpoint(self.checkpoint.as_bytes())?;
        if self.record.len() > RECORD_BYTES_MAX * 2 {
            return Err(BadRecord::TooLong.into());
        }
        let bytes = STANDARD.decode(&self.record).map_err(|cause| BadReceipt::NotAReceipt { cause: cause.to_string() })?;
        verify_inclusion(&leaf_hash(&bytes), self.index, checkpoint.size, &checkpoint.root, &self.inclusion)?;
        Ok(Proven { record: Record::parse(&bytes)?, index: self.index, checkpoint })
    }
}
