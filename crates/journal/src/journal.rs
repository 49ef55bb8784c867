//! The journal as its callers see it: append, read, prove.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use assent_base::id::TenantId;
use assent_base::{Digest, Timestamp};
use assent_ledger::{Action, BadRecord, Checkpoint, Outcome, PAYLOAD_BYTES_MAX, Receipt, Record, Signer, Verdict, VerifierKey, leaf_hash};
use tokio::sync::{mpsc, oneshot, watch};

use crate::backlog::Backlog;
use crate::disk::Disk;
use crate::edge::Ready;
use crate::folder::Folder;
use crate::layer::Layer;
use crate::open;
use crate::reader::{Published, ReadError, Reader, Stored};
use crate::witness::{Witness, WitnessError};
use crate::writer::{Request, Shared, Waiting, Writer};

/// Records of one commit, at most and by default.
pub const BATCH_RECORDS_MAX: usize = 2048;
/// A commit takes no more records once it has this many bytes of them, at most and by default.
pub const BATCH_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Appends that may wait in the queue, unless said otherwise; whoever comes later waits before it.
pub const QUEUE_RECORDS_DEFAULT: usize = 4096;
/// How long commits gather before they are written into the log's own files, unless said otherwise.
pub const GATHER_FOR_DEFAULT: Duration = Duration::from_millis(250);

/// Where the log is, and what it may take.
#[derive(Debug, Clone)]
pub struct Config {
    /// Its folder, which is made if it is absent.
    pub dir: PathBuf,
    /// Its name in every checkpoint: that of its key.
    pub origin: String,
    /// What it may take.
    pub limits: Limits,
}

/// What a journal may take. Smaller batches answer sooner and write more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Records of one commit: 1 to [`BATCH_RECORDS_MAX`].
    pub batch_records: usize,
    /// Bytes after which a commit takes no more records: up to [`BATCH_BYTES_MAX`].
    pub batch_bytes: usize,
    /// Appends that may wait in the queue: at least 1.
    pub queue_records: usize,
    /// How long commits gather before they are written into the log's own files. Answers do not wait for that.
    pub gather_for: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            batch_records: BATCH_RECORDS_MAX,
            batch_bytes: BATCH_BYTES_MAX,
            queue_records: QUEUE_RECORDS_DEFAULT,
            gather_for: GATHER_FOR_DEFAULT,
        }
    }
}

/// What is to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Whose it is.
    pub tenant: TenantId,
    /// When.
    pub at: Timestamp,
    /// What.
    pub action: Action,
    /// How it ended.
    pub outcome: Outcome,
    /// The digest of the plain payload, from [`assent_ledger::Payload::canonical`].
    pub commitment: Digest,
    /// The payload, encrypted with the tenant's key. It is never changed again, so it must not hold what key rotation would change.
    pub sealed: Vec<u8>,
}

/// Where a record stands, now and for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Its place in the log, from 0.
    pub index: u64,
    /// The hash of the leaf.
    pub leaf: Digest,
}

/// Whether the journal takes records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// It does.
    Writing,
    /// It does not, until it is opened again.
    Stopped {
        /// What happened.
        why: String,
    },
}

/// Why a record was not acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The journal takes no records any more. This one may or may not be found when it is opened again, but never in part.
    #[error("the ledger is stopped: {why}")]
    Stopped {
        /// What happened.
        why: String,
    },
    /// The payload is too long. Nothing was written.
    #[error("a sealed payload has at most {PAYLOAD_BYTES_MAX} bytes")]
    TooLong,
    /// It makes no record. Nothing was written.
    #[error(transparent)]
    Bad(#[from] BadRecord),
}

/// Why a journal cannot be opened. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another process has it.
    #[error("the ledger in `{dir}` is in use by another process")]
    Locked {
        /// Its folder.
        dir: PathBuf,
    },
    /// A limit that makes no sense.
    #[error("limits: batch_records is 1 to {BATCH_RECORDS_MAX}, batch_bytes up to {BATCH_BYTES_MAX}, queue_records at least 1")]
    BadLimits,
    /// The key is not that of the log.
    #[error("the ledger is called `{origin}`, its key `{key}`")]
    OtherKey {
        /// The configured name.
        origin: String,
        /// The name of the key.
        key: String,
    },
    /// What is there is not what was signed. Nothing is mended: verify it, and restore a backup.
    #[error("the ledger is damaged: {what}")]
    Corrupt {
        /// What is wrong, and where.
        what: String,
    },
    /// The witness has seen more, or something else.
    #[error("the witness does not agree with the ledger: {0}")]
    Witness(#[from] WitnessError),
    /// The system failed.
    #[error("cannot use the ledger: {what}")]
    Failed {
        /// What failed.
        what: String,
    },
}

/// A log that is open for writing.
pub struct Journal {
    queue: mpsc::Sender<Request>,
    reader: Reader,
    backlog: Arc<Backlog>,
    ended: watch::Receiver<()>,
}

impl Journal {
    /// Opens a log, or begins one. Finishes or cuts off what a crash left; waits for the disk.
    ///
    /// # Errors
    /// When another process has it, when it is damaged, or when the system fails.
    pub fn open(config: &Config, signer: Box<dyn Signer + Send>, witness: Option<Box<dyn Witness>>) -> Result<Self, JournalError> {
        let folder = Folder::open(&config.dir).map_err(|cause| JournalError::Failed { what: cause.to_string() })?;
        let folder = folder.ok_or_else(|| JournalError::Locked { dir: config.dir.clone() })?;
        Self::open_on(Arc::new(folder), config, signer, witness)
    }

    /// Opens a log on some other disk; `config.dir` counts for nothing then.
    ///
    /// # Errors
    /// As [`Journal::open`].
    pub fn open_on(
        disk: Arc<dyn Disk>,
        config: &Config,
        signer: Box<dyn Signer + Send>,
        witness: Option<Box<dyn Witness>>,
    ) -> Result<Self, JournalError> {
        let limits = config.limits;
        if !(1..=BATCH_RECORDS_MAX).contains(&limits.batch_records) || limits.batch_bytes > BATCH_BYTES_MAX || limits.queue_records == 0 {
            return Err(JournalError::BadLimits);
        }
        if signer.key().name() != config.origin {
            return Err(JournalError::OtherKey { origin: config.origin.clone(), key: signer.key().name().to_owned() });
        }
        let open::Opened { signers, redo, edge, note } = open::open(&disk, signer, witness)?;
        let published = Published::new(note.clone(), &edge, Layer::above(edge.history_bytes));
        let shared = Arc::new(Shared::new(Arc::new(published)));
        let backlog = Arc::new(Backlog::new(&edge, &note, limits.gather_for));
        let reader = Reader { disk: Arc::clone(&disk), shared: Arc::clone(&shared), trust: signers.trust() };
        let (queue, requests) = mpsc::channel(limits.queue_records);
        let (alive, ended) = watch::channel(());
        let settling = {
            let (backlog, disk, shared) = (Arc::clone(&backlog), Arc::clone(&disk), Arc::clone(&shared));
            thread("ledger-files", move || backlog.run(&disk, &shared))?
        };
        let writer = Writer { disk, signers, redo, edge, limits, shared, backlog: Arc::clone(&backlog), settling, alive };
        thread("ledger", move || writer.run(requests))?;
        Ok(Self { queue, reader, backlog, ended })
    }

    /// Records something. The answer comes when it is on the disk under a signed checkpoint, if not in the log's own files yet.
    ///
    /// Who stops waiting does not take the record back: it may be written all the same.
    ///
    /// # Errors
    /// When it is too long, or when the journal is stopped.
    pub async fn append(&self, entry: Entry) -> Result<Appended, AppendError> {
        let ready = ready(entry)?;
        let (answer, answered) = oneshot::channel();
        let sent = self.queue.send(Request::Append(Waiting { ready, answer })).await;
        sent.map_err(|_| self.reader.shared.refusal())?;
        answered.await.map_err(|_| self.reader.shared.refusal())?
    }

    /// Has everything that is recorded now written into the log's own files, where others can read it, and waits for that.
    ///
    /// # Errors
    /// When the journal is stopped before. What is recorded stays so: opening the journal again writes it.
    pub async fn settle(&self) -> Result<(), AppendError> {
        let size = self.checkpoint().0.size;
        let mut settled = self.backlog.follow();
        self.backlog.hurry();
        while *settled.borrow_and_update() < size {
            if let Status::Stopped { why } = self.status() {
                return Err(AppendError::Stopped { why });
            }
            // The sender lives as long as this journal.
            let _ = settled.changed().await;
        }
        Ok(())
    }

    /// Finishes what waits, and gives the folder back. Appends from now on are refused.
    pub async fn close(&self) {
        // An error says that the thread is ending already.
        let _ = self.queue.send(Request::Close).await;
        let mut ended = self.ended.clone();
        while ended.changed().await.is_ok() {}
    }

    /// Whether it takes records.
    #[must_use]
    pub fn status(&self) -> Status {
        self.reader.shared.status()
    }

    /// The newest checkpoint, and the note that signs it.
    #[must_use]
    pub fn checkpoint(&self) -> (Checkpoint, String) {
        self.reader.checkpoint()
    }

    /// The public keys of whoever signs besides the log.
    #[must_use]
    pub fn witnesses(&self) -> &[VerifierKey] {
        &self.reader.trust.witnesses
    }

    /// Reads without waiting for the writer; for threads that may wait for the disk.
    #[must_use]
    pub fn reader(&self) -> Reader {
        self.reader.clone()
    }

    /// As [`Reader::read`].
    ///
    /// # Errors
    /// As [`Reader::read`].
    pub async fn read(&self, index: u64) -> Result<Option<Stored>, ReadError> {
        self.on_disk(move |reader| reader.read(index)).await
    }

    /// As [`Reader::range`].
    ///
    /// # Errors
    /// As [`Reader::range`].
    pub async fn range(&self, range: Range<u64>) -> Result<Vec<Stored>, ReadError> {
        self.on_disk(move |reader| reader.range(range)).await
    }

    /// As [`Reader::range_back`].
    ///
    /// # Errors
    /// As [`Reader::range_back`].
    pub async fn range_back(&self, below: u64, count: u64) -> Result<Vec<Stored>, ReadError> {
        self.on_disk(move |reader| reader.range_back(below, count)).await
    }

    /// As [`Reader::receipt`].
    ///
    /// # Errors
    /// As [`Reader::receipt`].
    pub async fn receipt(&self, index: u64) -> Result<Option<Receipt>, ReadError> {
        self.on_disk(move |reader| reader.receipt(index)).await
    }

    /// As [`Reader::consistency`].
    ///
    /// # Errors
    /// As [`Reader::consistency`].
    pub async fn consistency(&self, old: u64) -> Result<Option<Vec<Digest>>, ReadError> {
        self.on_disk(move |reader| reader.consistency(old)).await
    }

    /// Checks the whole log from its files, while it is written to.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub async fn verify(&self) -> Result<Verdict, ReadError> {
        self.on_disk(|reader| reader.verify()).await
    }

    /// As [`Reader::history`].
    ///
    /// # Errors
    /// As [`Reader::history`].
    pub async fn history(&self) -> Result<Vec<u8>, ReadError> {
        self.on_disk(|reader| reader.history()).await
    }

    async fn on_disk<T: Send + 'static>(&self, read: impl FnOnce(Reader) -> Result<T, ReadError> + Send + 'static) -> Result<T, ReadError> {
        let reader = self.reader.clone();
        let read = tokio::task::spawn_blocking(move || read(reader)).await;
        read.unwrap_or_else(|cause| Err(assent_ledger::Unreadable { path: "checkpoint".to_owned(), cause: cause.to_string() }.into()))
    }
}

fn thread(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, JournalError> {
    let thread = std::thread::Builder::new().name(name.to_owned());
    thread.spawn(run).map_err(|cause| JournalError::Failed { what: cause.to_string() })
}

fn ready(entry: Entry) -> Result<Ready, AppendError> {
    let Entry { tenant, at, action, outcome, commitment, sealed } = entry;
    if sealed.len() > PAYLOAD_BYTES_MAX {
        return Err(AppendError::TooLong);
    }
    let record = Record::new(tenant, at, action, outcome, commitment, Digest::of(&sealed)).canonical()?;
    Ok(Ready { leaf: leaf_hash(&record), record, sealed })
}
