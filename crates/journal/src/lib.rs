//! The ledger's files: group commit, tiles and checkpoints on disk, recovery.
//!
//! One thread commits. It takes all entries that wait, signs the checkpoint of the log with them, writes both into the redo with one sync,
//! and answers. So an answer means that the record is on the disk and under a signature. A second thread writes what is committed into the
//! log's own files: bundles, tiles, payloads, the history, and at last the checkpoint. Until then readers see it in memory.
//!
//! The sync of the redo is the moment of commit. What a crash leaves before it is dropped when the journal is opened again; what only the
//! redo has is written into the files. Everything else that does not hold is corruption: the journal then refuses to open, and says where.
//!
//! For example: 300 requests wait when the disk is free again. They become records 256 to 555: one checkpoint, one sync, and 300 answers; a
//! quarter of a second later one full bundle, one of 44, and three tiles.
//!
//! Units: sizes and indices count records, lengths are bytes.
//! Errors: after any failed write the journal stops for good, until it is opened again; reading goes on.
//! Source: C2SP tlog-tiles for what lies where; docs/ledger.md.

mod backlog;
mod commit;
mod disk;
mod edge;
mod folder;
mod frame;
mod journal;
mod key;
mod layer;
mod open;
mod reader;
mod redo;
mod sector;
mod watched;
mod witness;
mod writer;

pub use backlog::{BACKLOG_COMMITS_MAX, BACKLOG_RECORDS_MAX};
pub use disk::Disk;
pub use folder::{DirFiles, Folder};
pub use journal::{
    AppendError, Appended, BATCH_BYTES_MAX, BATCH_RECORDS_MAX, Config, Entry, GATHER_FOR_DEFAULT, Journal, JournalError, Limits,
    QUEUE_RECORDS_DEFAULT, Status,
};
pub use key::{Key, KeyError};
pub use open::recover;
pub use reader::{HISTORY_BYTES_MAX, RANGE_RECORDS_MAX, ReadError, Reader, Stored};
pub use redo::{REDO, REDO_BYTES_MAX, REDO_BYTES_MIN};
pub use watched::{LOOKS_MAX, verify_while_written};
pub use witness::{FileWitness, Witness, WitnessError};
