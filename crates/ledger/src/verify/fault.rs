//! What can be wrong with a log, in words for the person who has to look.

use crate::bundle::BadBundle;
use crate::checkpoint::BadCheckpoint;
use crate::record::BadRecord;

/// The first thing that does not hold. Indices count records from 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A file that the log needs is not there.
    #[error("`{path}` is missing")]
    Missing {
        /// Where it should lie.
        path: String,
    },
    /// The newest checkpoint does not hold.
    #[error("the checkpoint is wrong: {cause}")]
    Checkpoint {
        /// Why.
        cause: BadCheckpoint,
    },
    /// The log is smaller than it was: its end was cut off.
    #[error("the log was rolled back: it had {since} records and has {size}")]
    RolledBack {
        /// Records it had.
        since: u64,
        /// Records it has.
        size: u64,
    },
    /// The log was rewritten: another tree than the one that was signed before.
    #[error("the log is a fork: its first {size} records are not those that were signed then")]
    Forked {
        /// Records in the older checkpoint.
        size: u64,
    },
    /// The records and hashes of the log agree with each other, but not with what was signed at this size.
    #[error("the first {size} records do not have the root that was signed")]
    Root {
        /// Records under that checkpoint.
        size: u64,
    },
    /// A tile has too few or too many hashes.
    #[error("`{path}` should hold {expected} hashes of 32 bytes")]
    TileLength {
        /// Which file.
        path: String,
        /// Hashes it should hold.
        expected: u64,
    },
    /// A hash of a tile is not that of what lies beneath it.
    #[error("hash {position} of `{path}` does not match what lies beneath it")]
    Tile {
        /// Which file.
        path: String,
        /// Which hash in it, from 0.
        position: usize,
    },
    /// A bundle of records or payloads cannot be taken apart.
    #[error("`{path}` is damaged: {cause}")]
    Bundle {
        /// Which file.
        path: String,
        /// How.
        cause: BadBundle,
    },
    /// A bundle has too few or too many items.
    #[error("`{path}` should hold {expected} items and holds {found}")]
    Count {
        /// Which file.
        path: String,
        /// How many it should hold.
        expected: usize,
        /// How many it holds.
        found: usize,
    },
    /// A record is not the one that was logged.
    #[error("record {index} in `{path}` {problem}")]
    Entry {
        /// Which file.
        path: String,
        /// Which record.
        index: u64,
        /// What is there instead.
        problem: EntryProblem,
    },
    /// Something was logged that is no record.
    #[error("record {index} is wrong: {cause}")]
    Record {
        /// Which record.
        index: u64,
        /// Why.
        cause: BadRecord,
    },
    /// A sealed payload is not the one that its record names.
    #[error("the payload of record {index} in `{path}` {problem}")]
    Payload {
        /// Which file.
        path: String,
        /// Which record.
        index: u64,
        /// What is there instead.
        problem: EntryProblem,
    },
    /// A checkpoint of the history does not hold.
    #[error("the checkpoint at byte {offset} of `{path}` is wrong: {cause}")]
    History {
        /// Which file.
        path: String,
        /// Where in it.
        offset: u64,
        /// Why.
        cause: BadCheckpoint,
    },
    /// A checkpoint of the history does not follow the one before it: some were taken out, put in or moved.
    #[error("the checkpoint at byte {offset} of `{path}` does not follow the one before it")]
    Chain {
        /// Which file.
        path: String,
        /// Where in it.
        offset: u64,
    },
    /// The history does not end with the newest checkpoint: one of the two was rolled back. After a crash the history may be one ahead
    /// until the journal has been opened again.
    #[error("the history of checkpoints ends at {history} records, the checkpoint is of {size}")]
    HistoryEnd {
        /// Records under the last of the history.
        history: u64,
        /// Records under the checkpoint.
        size: u64,
    },
}

/// What stands in the place of a record or payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryProblem {
    /// Something that was not logged nearby.
    Changed,
    /// Another one of the same bundle: they were swapped, moved, or one before it was taken out.
    HoldsAnother {
        /// Whose place it belongs to.
        index: u64,
    },
}

impl std::fmt::Display for EntryProblem {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Changed => out.write_str("was changed"),
            Self::HoldsAnother { index } => write!(out, "is the one of record {index}"),
        }
    }
}
