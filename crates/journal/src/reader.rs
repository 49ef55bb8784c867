//! Reads records, proofs and receipts. What is read is checked against its tile, and the tile against the root that was signed; a receipt is
//! checked as its reader will. So a record that was altered, however old it is and whatever was altered with it, is never handed out.
//!
//! Errors: what is not what was signed stops the journal. What else is not there can only be said by verifying the whole log.

use std::ops::Range;
use std::sync::Arc;

use assent_base::Digest;
use assent_ledger::{
    BadReceipt, CHECKPOINT, Checkpoint, ENTRIES_PREFIX_BYTES, Files, HISTORY, PAYLOAD_BYTES_MAX, PAYLOADS_PREFIX_BYTES, RECORD_BYTES_MAX,
    Receipt, Record, TILE_WIDTH, Tile, TileFault, Tiles, Trust, Unreadable, Verdict, consistency, entries, entries_path, inclusion,
    leaf_hash, payload_path, payloads, read_whole, verify_inclusion, width_at,
};

use crate::disk::Disk;
use crate::edge::Edge;
use crate::layer::{Layer, View};
use crate::writer::Shared;

/// Bytes of checkpoints that one call reads at most: some millions of them.
pub const HISTORY_BYTES_MAX: usize = 1 << 30;
/// Records that one call reads at most.
pub const RANGE_RECORDS_MAX: u64 = 4 * TILE_WIDTH;

const WIDTH: usize = TILE_WIDTH as usize;
/// A bundle of records at most.
pub(crate) const ENTRIES_BYTES_MAX: usize = WIDTH * (ENTRIES_PREFIX_BYTES + RECORD_BYTES_MAX);
/// A file of payloads at most.
pub(crate) const PAYLOADS_BYTES_MAX: usize = WIDTH * (PAYLOADS_PREFIX_BYTES + PAYLOAD_BYTES_MAX);

/// A record with its place and its sealed payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its place in the log, from 0.
    pub index: u64,
    /// The record.
    pub record: Record,
    /// The hash of the leaf.
    pub leaf: Digest,
    /// The payload as the caller sealed it.
    pub sealed: Vec<u8>,
}

/// Why nothing was read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The system failed. Try again.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The files do not hold together. Verify the log.
    #[error("`{path}` is damaged at record {index}")]
    Damaged {
        /// Which file.
        path: String,
        /// Which record.
        index: u64,
    },
    /// The tiles do not have the root that was signed. Verify the log.
    #[error("`{path}` is not what was signed, or a tile above it")]
    NotSigned {
        /// The tile that was asked for.
        path: String,
    },
    /// A tile is missing or damaged. Verify the log.
    #[error(transparent)]
    Tile(TileFault),
    /// The receipt that was made does not prove its record. Verify the log.
    #[error("the files give a receipt that proves nothing: {0}")]
    Receipt(#[from] BadReceipt),
}

impl From<TileFault> for ReadError {
    fn from(fault: TileFault) -> Self {
        match fault {
            TileFault::Unreadable(unreadable) => Self::Unreadable(unreadable),
            TileFault::Missing { .. } | TileFault::WrongLength { .. } => Self::Tile(fault),
        }
    }
}

/// The newest signed state, with what lies over the files until they have it.
#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) note: String,
    pub(crate) checkpoint: Checkpoint,
    pub(crate) layer: Layer,
}

impl Published {
    pub(crate) fn new(note: String, edge: &Edge, mut layer: Layer) -> Self {
        layer.file(CHECKPOINT.to_owned(), note.clone().into_bytes());
        // The next commit replaces the files at the edge.
        edge.partials().into_iter().for_each(|(path, bytes)| layer.file(path, bytes));
        Self { note, checkpoint: edge.checkpoint.clone(), layer }
    }
}

/// Reads the log while it is written to. Its calls wait for the disk.
#[derive(Clone)]
pub struct Reader {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) trust: Trust,
}

impl Reader {
    /// The newest checkpoint, and the note that signs it.
    #[must_use]
    pub fn checkpoint(&self) -> (Checkpoint, String) {
        let published = self.shared.published();
        (published.checkpoint.clone(), published.note.clone())
    }

    /// One record; none if the log has fewer.
    ///
    /// # Errors
    /// When the files cannot be read, or are damaged there.
    pub fn read(&self, index: u64) -> Result<Option<Stored>, ReadError> {
        Ok(self.range(index..index.saturating_add(1))?.pop())
    }

    /// The records of a range that the log has, oldest first, but no more than [`RANGE_RECORDS_MAX`].
    ///
    /// # Errors
    /// When the files cannot be read, or are damaged there. Damage stops the journal.
    pub fn range(&self, range: Range<u64>) -> Result<Vec<Stored>, ReadError> {
        self.stopping(self.found(range))
    }

    fn found(&self, range: Range<u64>) -> Result<Vec<Stored>, ReadError> {
        let published = self.shared.published();
        let end = range.end.min(published.checkpoint.size).min(range.start.saturating_add(RANGE_RECORDS_MAX));
        let view = View { disk: self.disk.as_ref(), layer: &published.layer };
        let mut found = Vec::new();
        let mut next = range.start;
        while next < end {
            let bundle = next / TILE_WIDTH;
            let bundle_end = end.min((bundle + 1) * TILE_WIDTH);
            let hashes = signed_hashes(&view, &published.checkpoint, bundle)?;
            stored(&view, &hashes, bundle, next..bundle_end, &mut found)?;
            next = bundle_end;
        }
        Ok(found)
    }

    /// Takes no more records once some are not what was signed: nobody knows what else is not.
    fn stopping<T>(&self, read: Result<T, ReadError>) -> Result<T, ReadError> {
        if let Err(error) = &read {
            match error {
                // That a receipt is not taken for one, with all hashes as they were signed, says nothing of records.
                ReadError::Unreadable(_) | ReadError::Receipt(_) => {}
                ReadError::Damaged { .. } | ReadError::NotSigned { .. } | ReadError::Tile(_) => {
                    tracing::error!(%error, "the ledger is stopped: what was read is not what was signed");
                    self.shared.stop(format!("what it holds is not what was signed: {error}"));
                }
            }
        }
        read
    }

    /// Up to `count` records below an index, newest first, but no more than [`RANGE_RECORDS_MAX`]. Begin with `u64::MAX`.
    ///
    /// # Errors
    /// When the files cannot be read, or are damaged there.
    pub fn range_back(&self, below: u64, count: u64) -> Result<Vec<Stored>, ReadError> {
        let below = below.min(self.shared.published().checkpoint.size);
        let mut found = self.range(below.saturating_sub(count.min(RANGE_RECORDS_MAX))..below)?;
        found.reverse();
        Ok(found)
    }

    /// Proof that a record is in the log, under the newest checkpoint; none if the log has fewer records.
    ///
    /// # Errors
    /// When the files cannot be read, or do not prove it. Damage stops the journal.
    pub fn receipt(&self, index: u64) -> Result<Option<Receipt>, ReadError> {
        self.stopping(self.proven(index))
    }

    fn proven(&self, index: u64) -> Result<Option<Receipt>, ReadError> {
        let published = self.shared.published();
        let size = published.checkpoint.size;
        let view = View { disk: self.disk.as_ref(), layer: &published.layer };
        let mut tiles = Tiles::new(&view, size);
        let Some(path) = inclusion(index, size, |level, at| tiles.node(level, at))? else { return Ok(None) };
        let bundle = index / TILE_WIDTH;
        let hashes = signed_hashes(&view, &published.checkpoint, bundle)?;
        let mut found = Vec::new();
        stored(&view, &hashes, bundle, index..index + 1, &mut found)?;
        let damaged = || ReadError::Damaged { path: entries_path(bundle, hashes.len() as u64), index };
        let record = found.pop().and_then(|stored| stored.record.canonical().ok()).ok_or_else(damaged)?;
        let receipt = Receipt::new(index, &record, path, published.note.clone());
        receipt.verify(&self.trust)?;
        Ok(Some(receipt))
    }

    /// All checkpoints there ever were, up to the newest: what lies in the log's file of that name. Cut off after [`HISTORY_BYTES_MAX`].
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn history(&self) -> Result<Vec<u8>, ReadError> {
        let published = self.shared.published();
        let view = View { disk: self.disk.as_ref(), layer: &published.layer };
        Ok(view.read_at(HISTORY, 0, HISTORY_BYTES_MAX)?.unwrap_or_default())
    }

    /// Checks the whole log, with what its files do not have yet.
    pub(crate) fn verify(&self) -> Result<Verdict, ReadError> {
        let published = self.shared.published();
        Ok(self.trust.verify(&View { disk: self.disk.as_ref(), layer: &published.layer }, None)?)
    }

    /// Proof that the log of `old` records is the beginning of the present one; none if `old` is 0 or more than there are.
    ///
    /// # Errors
    /// When the files cannot be read.
    pub fn consistency(&self, old: u64) -> Result<Option<Vec<Digest>>, ReadError> {
        let published = self.shared.published();
        let view = View { disk: self.disk.as_ref(), layer: &published.layer };
        let mut tiles = Tiles::new(&view, published.checkpoint.size);
        Ok(consistency(old, published.checkpoint.size, |level, at| tiles.node(level, at))?)
    }
}

/// The hashes of a tile of leaves, proven to be those that were signed. The path from its first leaf to the root has all others in it.
fn signed_hashes(files: &impl Files, checkpoint: &Checkpoint, bundle: u64) -> Result<Vec<Digest>, ReadError> {
    let (first, size) = (bundle * TILE_WIDTH, checkpoint.size);
    let tile = Tile { level: 0, index: bundle, width: width_at(0, bundle, size) };
    let not_signed = || ReadError::NotSigned { path: tile.path() };
    let mut tiles = Tiles::new(files, size);
    let path = inclusion(first, size, |level, at| tiles.node(level, at))?.ok_or_else(not_signed)?;
    let hashes = tiles.tile(tile)?;
    let leaf = hashes.first().ok_or_else(not_signed)?;
    verify_inclusion(leaf, first, size, &checkpoint.root, &path).map_err(|_| not_signed())?;
    Ok(hashes.to_vec())
}

/// Reads records of one bundle, each checked against its tile, with payloads, each checked against its record.
pub(crate) fn stored(
    files: &impl Files,
    hashes: &[Digest],
    bundle: u64,
    range: Range<u64>,
    found: &mut Vec<Stored>,
) -> Result<(), ReadError> {
    let first = bundle * TILE_WIDTH;
    let (records_at, payloads_at) = (entries_path(bundle, hashes.len() as u64), payload_path(bundle));
    let damaged = |path: &str, index| ReadError::Damaged { path: path.to_owned(), index };
    let absent = |path: &str| ReadError::Damaged { path: path.to_owned(), index: first };
    let bundle_bytes = read_whole(files, &records_at, ENTRIES_BYTES_MAX)?.ok_or_else(|| absent(&records_at))?;
    let payload_bytes = read_whole(files, &payloads_at, PAYLOADS_BYTES_MAX)?.ok_or_else(|| absent(&payloads_at))?;
    let mut sealed = payloads(&payload_bytes);
    let mut items = entries(&bundle_bytes).zip(hashes);
    for index in first..range.end {
        let (Some((Ok(bytes), hash)), Some(Ok(sealed))) = (items.next(), sealed.next()) else { return Err(damaged(&records_at, index)) };
        if index < range.start {
            continue;
        }
        let record = Record::parse(bytes).ok().filter(|_| leaf_hash(bytes) == *hash).ok_or_else(|| damaged(&records_at, index))?;
        if record.sealed != Digest::of(sealed) {
            return Err(damaged(&payloads_at, index));
        }
        found.push(Stored { index, record, leaf: *hash, sealed: sealed.to_vec() });
    }
    Ok(())
}
