//! Checks a whole log from its files and a public key, and names the first fault.
//!
//! Signature and chain of the checkpoints, every record, every hash of every tile, every sealed payload, and the root at every
//! checkpoint there ever was. What this cannot see is a log of which the end was cut off together with its newest checkpoints: for that
//! it takes an older checkpoint from elsewhere, or a witness.
//!
//! A log may be checked while it is written to: the right edge is held in memory first, and everything left of it never changes again.

mod edge;
mod fault;
mod history;

use assent_base::Digest;

pub use fault::{EntryProblem, Fault};

use crate::bundle::{ENTRIES_PREFIX_BYTES, PAYLOAD_BYTES_MAX, PAYLOADS_PREFIX_BYTES, entries, payloads};
use crate::checkpoint::{Checkpoint, Trust};
use crate::files::{CHECKPOINT, Files, HISTORY, Unreadable, read_whole};
use crate::record::{RECORD_BYTES_MAX, Record};
use crate::tile::{TILE_WIDTH, Tile, entries_path, fold, levels, payload_path, width_at};
use crate::tiles::{TileFault, Tiles};
use crate::tree::{Frontier, leaf_hash};
use edge::Held;
use history::History;

const WIDTH: usize = TILE_WIDTH as usize;
const ENTRIES_BYTES_MAX: usize = WIDTH * (ENTRIES_PREFIX_BYTES + RECORD_BYTES_MAX);
const PAYLOADS_BYTES_MAX: usize = WIDTH * (PAYLOADS_PREFIX_BYTES + PAYLOAD_BYTES_MAX);

/// What came of checking a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Everything holds.
    Sound(Summary),
    /// Something does not; this is the first.
    Faulty(Fault),
}

/// What was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The newest checkpoint.
    pub checkpoint: Checkpoint,
    /// Checkpoints in the chain.
    pub checkpoints: u64,
    /// Bytes of sealed payloads.
    pub payload_bytes: u64,
}

impl Trust {
    /// Checks a log. With `since`, a checkpoint of this log from elsewhere, also that the log still holds everything it held then.
    ///
    /// # Errors
    /// When a file cannot be read, so that nothing is known.
    pub fn verify(&self, files: &impl Files, since: Option<&Checkpoint>) -> Result<Verdict, Unreadable> {
        match Walk::through(self, files, since) {
            Ok(summary) => Ok(Verdict::Sound(summary)),
            Err(Stop::Fault(fault)) => Ok(Verdict::Faulty(fault)),
            Err(Stop::Unreadable(unreadable)) => Err(unreadable),
        }
    }
}

/// Why a walk through a log ended early.
#[derive(Debug)]
enum Stop {
    Fault(Fault),
    Unreadable(Unreadable),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Unreadable> for Stop {
    fn from(unreadable: Unreadable) -> Self {
        Self::Unreadable(unreadable)
    }
}

impl From<TileFault> for Stop {
    fn from(fault: TileFault) -> Self {
        match fault {
            TileFault::Missing { path } => Self::Fault(Fault::Missing { path }),
            TileFault::WrongLength { path, expected } => Self::Fault(Fault::TileLength { path, expected }),
            TileFault::Unreadable(unreadable) => Self::Unreadable(unreadable),
        }
    }
}

/// A walk from the first record to the last.
struct Walk<'a, F> {
    files: &'a Held<'a, F>,
    tiles: Tiles<&'a Held<'a, F>>,
    checkpoint: &'a Checkpoint,
    since: Option<&'a Checkpoint>,
    history: History<'a, Held<'a, F>>,
    frontier: Frontier,
    /// For each level above 0, the hashes of the tile that is being filled.
    rows: Vec<Vec<Digest>>,
    payload_bytes: u64,
}

impl<'a, F: Files> Walk<'a, F> {
    fn through(trust: &Trust, files: &F, since: Option<&Checkpoint>) -> Result<Summary, Stop> {
        let (held, note) = Held::settled(files, trust)?;
        let note = note.ok_or_else(|| Fault::Missing { path: CHECKPOINT.to_owned() })?;
        let checkpoint = trust.checkpoint(&note).map_err(|cause| Fault::Checkpoint { cause })?;
        if let Some(since) = since.filter(|since| since.size > checkpoint.size) {
            return Err(Fault::RolledBack { since: since.size, size: checkpoint.size }.into());
        }
        let mut walk = Walk {
            files: &held,
            tiles: Tiles::new(&held, checkpoint.size),
            checkpoint: &checkpoint,
            since,
            history: History::new(&held, trust)?,
            frontier: Frontier::default(),
            rows: Vec::new(),
            payload_bytes: 0,
        };
        walk.at_size()?;
        for index in 0..checkpoint.size.div_ceil(TILE_WIDTH) {
            walk.bundle(index)?;
        }
        walk.finish()?;
        let (checkpoints, payload_bytes) = (walk.history.count(), walk.payload_bytes);
        Ok(Summary { checkpoint, checkpoints, payload_bytes })
    }

    /// Compares the root of what has been walked with every checkpoint of this size.
    fn at_size(&mut self) -> Result<(), Stop> {
        let size = self.frontier.size();
        if let Some(signed) = self.history.at(size)? {
            let root = self.frontier.root();
            if signed.root != root {
                return Err(Fault::Root { size }.into());
            }
        }
        if self.since.is_some_and(|since| since.size == size && since.root != self.frontier.root()) {
            return Err(Fault::Forked { size }.into());
        }
        Ok(())
    }

    fn bundle(&mut self, index: u64) -> Result<(), Stop> {
        let width = width_at(0, index, self.checkpoint.size);
        let path = entries_path(index, width);
        let bytes = read_whole(self.files, &path, ENTRIES_BYTES_MAX)?.ok_or_else(|| Fault::Missing { path: path.clone() })?;
        let tile = Tile { level: 0, index, width };
        let hashes = self.tiles.tile(tile)?.to_vec();
        let found = self.entries(index, &path, &bytes, &hashes)?;
        for leaf in &hashes {
            self.frontier.push(*leaf);
            self.at_size()?;
        }
        self.payloads(index, &found)?;
        if width == TILE_WIDTH {
            self.carry(1, &hashes)?;
        }
        Ok(())
    }

    /// Compares a bundle with the hashes of its tile.
    fn entries(&mut self, bundle: u64, path: &str, bytes: &[u8], hashes: &[Digest]) -> Result<Vec<Record>, Stop> {
        let first = bundle * TILE_WIDTH;
        let mut found = Vec::with_capacity(hashes.len());
        for (item, index) in entries(bytes).zip(first..) {
            let entry = item.map_err(|cause| Fault::Bundle { path: path.to_owned(), cause })?;
            match hashes.get(found.len()) {
                None => return Err(Fault::Count { path: path.to_owned(), expected: hashes.len(), found: entries(bytes).count() }.into()),
                Some(expected) if *expected != leaf_hash(entry) => return Err(self.changed(bundle, path, bytes, hashes, index).into()),
                Some(_) => found.push(entry),
            }
        }
        if found.len() != hashes.len() {
            return Err(Fault::Count { path: path.to_owned(), expected: hashes.len(), found: found.len() }.into());
        }
        let records = found.iter().zip(first..).map(|(entry, index)| Record::parse(entry).map_err(|cause| Fault::Record { index, cause }));
        Ok(records.collect::<Result<_, _>>()?)
    }

    /// Record `index` and its hash differ: says which of the two was changed, as far as the hash above tells.
    fn changed(&mut self, bundle: u64, path: &str, bytes: &[u8], hashes: &[Digest], index: u64) -> Fault {
        let leaves: Vec<Digest> = entries(bytes).map_while(Result::ok).map(leaf_hash).collect();
        let position = usize::try_from(index % TILE_WIDTH).unwrap_or_default();
        if self.is_right(bundle, &leaves) && !self.is_right(bundle, hashes) {
            let tile = Tile { level: 0, index: bundle, width: hashes.len() as u64 };
            return Fault::Tile { path: tile.path(), position };
        }
        let found = leaves.get(position);
        let elsewhere = hashes.iter().position(|hash| Some(hash) == found);
        let problem = elsewhere.map_or(EntryProblem::Changed, |at| EntryProblem::HoldsAnother { index: bundle * TILE_WIDTH + at as u64 });
        Fault::Entry { path: path.to_owned(), index, problem }
    }

    /// Whether these leaves are the ones that the tree above this bundle covers.
    fn is_right(&mut self, bundle: u64, leaves: &[Digest]) -> bool {
        if leaves.len() == WIDTH && fold(leaves).is_some_and(|hash| self.tiles.node(8, bundle) == Ok(hash)) {
            return true;
        }
        let mut frontier = self.frontier.clone();
        leaves.iter().for_each(|leaf| frontier.push(*leaf));
        frontier.size() == self.checkpoint.size && frontier.root() == self.checkpoint.root
    }

    fn payloads(&mut self, bundle: u64, records: &[Record]) -> Result<(), Stop> {
        let path = payload_path(bundle);
        let bytes = read_whole(self.files, &path, PAYLOADS_BYTES_MAX)?.ok_or_else(|| Fault::Missing { path: path.clone() })?;
        let mut found = payloads(&bytes);
        for (position, (record, index)) in records.iter().zip(bundle * TILE_WIDTH..).enumerate() {
            let payload = match found.next() {
                Some(item) => item.map_err(|cause| Fault::Bundle { path: path.clone(), cause })?,
                None => return Err(Fault::Count { path, expected: records.len(), found: position }.into()),
            };
            let digest = Digest::of(payload);
            if digest != record.sealed {
                let other = records.iter().position(|record| record.sealed == digest);
                let problem =
                    other.map_or(EntryProblem::Changed, |at| EntryProblem::HoldsAnother { index: bundle * TILE_WIDTH + at as u64 });
                return Err(Fault::Payload { path, index, problem }.into());
            }
            self.payload_bytes += payload.len() as u64;
        }
        match found.next() {
            Some(_) => Err(Fault::Count { path, expected: records.len(), found: payloads(&bytes).count() }.into()),
            None => Ok(()),
        }
    }

    /// Takes the hash over a full tile up to the next level, and checks the tile there when it is full too.
    fn carry(&mut self, level: u32, beneath: &[Digest]) -> Result<(), Stop> {
        let Some(hash) = fold(beneath) else { return Ok(()) };
        let at = level as usize - 1;
        if self.rows.len() <= at {
            self.rows.push(Vec::with_capacity(WIDTH));
        }
        let full = self.rows.get_mut(at).and_then(|row| {
            row.push(hash);
            (row.len() == WIDTH).then(|| std::mem::take(row))
        });
        match full {
            Some(row) => {
                let before = self.frontier.size() >> (level * 8 + 8);
                self.row(level, before - 1, &row)?;
                self.carry(level + 1, &row)
            }
            None => Ok(()),
        }
    }

    fn row(&mut self, level: u32, index: u64, row: &[Digest]) -> Result<(), Stop> {
        let tile = Tile { level, index, width: row.len() as u64 };
        let hashes = self.tiles.tile(tile)?;
        match hashes.iter().zip(row).position(|(kept, walked)| kept != walked) {
            Some(position) => Err(Fault::Tile { path: tile.path(), position }.into()),
            None => Ok(()),
        }
    }

    /// Checks the tiles at the right edge, the root, and that the chain of checkpoints ends with the newest.
    fn finish(&mut self) -> Result<(), Stop> {
        let size = self.checkpoint.size;
        if self.frontier.root() != self.checkpoint.root {
            return Err(Fault::Root { size }.into());
        }
        for (level, row) in (1..levels(size)).zip(std::mem::take(&mut self.rows)) {
            if !row.is_empty() {
                self.row(level, size >> (level * 8 + 8), &row)?;
            }
        }
        self.history.finish(self.checkpoint)
    }
}

impl Stop {
    fn history(offset: u64, cause: crate::checkpoint::BadCheckpoint) -> Self {
        Self::Fault(Fault::History { path: HISTORY.to_owned(), offset, cause })
    }
}
