//! The ledger's files: group commit, tiles and checkpoints on disk, recovery.
//!
//! One thread writes. It takes all entries that wait, writes their bundles, tiles and payloads, syncs them, appends the signed checkpoint to
//! the history, publishes it, and only then answers. So an answer means that the record is on the disk and under a signature.
//!
//! The append to the history is the moment of commit. What a crash leaves before it is cut off when the journal is opened again; what it
//! leaves after it is finished. Everything else that does not hold is corruption: the journal then refuses to open, and says where.
//!
//! For example: 300 requests wait when the disk is free again. They become records 256 to 555: one full bundle, one of 44, three tiles, one
//! checkpoint, a dozen syncs, and 300 answers.
//!
//! Units: sizes and indices count records, lengths are bytes.
//! Errors: after any failed write the journal stops for good, until it is opened again; reading goes on.
//! Source: C2SP tlog-tiles for what lies where; docs/ledger.md.

mod commit;
mod disk;
mod edge;
mod folder;
mod journal;
mod key;
mod open;
mod reader;
mod witness;
mod writer;

pub use disk::Disk;
pub use folder::{DirFiles, Folder};
pub use journal::{
    AppendError, Appended, BATCH_BYTES_MAX, BATCH_RECORDS_MAX, Config, Entry, Journal, JournalError, Limits, QUEUE_RECORDS_DEFAULT, Status,
};
pub use key::{Key, KeyError};
pub use reader::{RANGE_RECORDS_MAX, ReadError, Reader, Stored};
pub use witness::{FileWitness, Witness, WitnessError};
