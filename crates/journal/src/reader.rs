//! Reads records, proofs and receipts. What is read is checked against its tile; a receipt is checked as its reader will.

use std::ops::Range;
use std::sync::Arc;

use assent_base::Digest;
use assent_ledger::{
    BadReceipt, CHECKPOINT, Checkpoint, ENTRIES_PREFIX_BYTES, Files, HISTORY, PAYLOAD_BYTES_MAX, PAYLOADS_PREFIX_BYTES, RECORD_BYTES_MAX,
    Receipt, Record, TILE_WIDTH, Tile, TileFault, Tiles, Trust, Unreadable, Verdict, consistency, entries, entries_path, inclusion,
    leaf_hash, payload_path, payloads, read_whole, width_at,
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
    /// When the files cannot be read, or are damaged there.
    pub fn range(&self, range: Range<u64>) -> Result<Vec<Stored>, ReadError> {
        let published = self.shared.published();
        let end = range.end.min(published.checkpoint.size).min(range.start.saturating_add(RANGE_RECORDS_MAX));
        let view = View { disk: self.disk.as_ref(), layer: &published.layer };
        let mut found = Vec::new();
        let mut next = range.start;
        while next < end {
            let bundle = next / TILE_WIDTH;
            let bundle_end = end.min((bundle + 1) * TILE_WIDTH);
            stored(&view, published.checkpoint.size, bundle, next..bundle_end, &mut found)?;
            next = bundle_end;
        }
        Ok(found)
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
    /// When the files cannot be read, or do not prove it.
    pub fn receipt(&self, index: u64) -> Result<Option<Receipt>, ReadError> {
        let published = self.shared.published();
        let size = published.checkpoint.size;
        let view = View { disk: self.disk.as_ref(), layer: &published.layer };
        let mut tiles = Tiles::new(&view, size);
        let Some(path) = inclusion(index, size, |level, at| tiles.node(level, at))? else { return Ok(None) };
        let mut found = Vec::new();
        stored(&view, size, index / TILE_WIDTH, index..index + 1, &mut found)?;
        let damaged = || ReadError::Damaged { path: entries_path(index / TILE_WIDTH, width_at(0, index / TILE_WIDTH, size)), index };
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

/// Reads records of one bundle, each checked against its tile, with payloads, each checked against its record.
pub(crate) fn stored(files: &impl Files, size: u64, bundle: u64, range: Range<u64>, found: &mut Vec<Stored>) -> Result<(), ReadError> {
    let first = bundle * TILE_WIDTH;
    let width = width_at(0, bundle, size);
    let (records_at, payloads_at) = (entries_path(bundle, width), payload_path(bundle));
    let damaged = |path: &str, index| ReadError::Damaged { path: path.to_owned(), index };
    let absent = |path: &str| ReadError::Damaged { path: path.to_owned(), index: first };
    let bundle_bytes = read_whole(files, &records_at, ENTRIES_BYTES_MAX)?.ok_or_else(|| absent(&records_at))?;
    let payload_bytes = read_whole(files, &payloads_at, PAYLOADS_BYTES_MAX)?.ok_or_else(|| absent(&payloads_at))?;
    let mut tiles = Tiles::new(files, size);
    let hashes = tiles.tile(Tile { level: 0, index: bundle, width })?;
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
