//! Opens a log: checks its right edge against what was signed, writes what only the redo has, and refuses everything else.

use std::path::Path;
use std::sync::Arc;

use assent_base::Digest;
use assent_ledger::{
    CHECKPOINT, Checkpoint, Frontier, HISTORY, NOTE_BYTES_MAX, PAYLOADS_PREFIX_BYTES, Signer, TILE_WIDTH, Tile, TileFault, Tiles, Trust,
    Unreadable, entries_path, levels, payload_path, read_whole, sign, split_first, width_at,
};

use crate::commit::{CHECKPOINT_NEW, CommitError, Signers, failed, publish, settle};
use crate::disk::Disk;
use crate::edge::Edge;
use crate::folder::Folder;
use crate::frame::{Frame, encode};
use crate::journal::{BATCH_RECORDS_MAX, JournalError};
use crate::layer::Layer;
use crate::reader::{ReadError, stored};
use crate::redo::{REDO, Redo, after};
use crate::witness::Witness;

/// Of the history, as much is read when a log is opened: more than the checkpoints that its files may run ahead. A full verification reads
/// all of it.
const HISTORY_TAIL_BYTES: u64 = 1024 * 1024;
/// As many checkpoints before the newest are compared with the tree when a log is opened.
const HISTORY_CHECKED_MAX: usize = 64;

/// A log that is ready to be written to.
pub(crate) struct Opened {
    pub(crate) signers: Signers,
    pub(crate) redo: Redo,
    pub(crate) edge: Edge,
    /// The newest checkpoint with all its signatures.
    pub(crate) note: String,
}

/// Opens the log on this disk, or begins it.
pub(crate) fn open(
    disk: &Arc<dyn Disk>,
    signer: Box<dyn Signer + Send>,
    witness: Option<Box<dyn Witness>>,
) -> Result<Opened, JournalError> {
    let mut signers = Signers { log: signer, witness };
    let trust = Trust::log(signers.log.key().clone());
    let recovered = match read_whole(&disk.as_ref(), CHECKPOINT, NOTE_BYTES_MAX)? {
        Some(note) => recovered(disk, &trust, &note, |size| Ok(signers.agree(size)?))?,
        None => begin(disk, &trust, &signers)?,
    };
    let Recovered { redo, edge, mut note, own } = recovered;
    if signers.trust().checkpoint(note.as_bytes()).is_err() {
        note = signers.cosigned(disk.as_ref(), edge.checkpoint.size, &own)?;
        publish(disk, &note)?;
    }
    Ok(Opened { signers, redo, edge, note })
}

/// Brings a log that was copied, or whose process was killed, into the state in which everything is in its own files. Needs no key but the
/// public one. Gives the newest checkpoint.
///
/// # Errors
/// When another process has it, when it is damaged or was never begun, or when the system fails.
pub fn recover(dir: &Path, trust: &Trust) -> Result<Checkpoint, JournalError> {
    let folder = Folder::open(dir).map_err(|cause| JournalError::Failed { what: cause.to_string() })?;
    let disk: Arc<dyn Disk> = Arc::new(folder.ok_or_else(|| JournalError::Locked { dir: dir.to_owned() })?);
    let note = read_whole(&disk.as_ref(), CHECKPOINT, NOTE_BYTES_MAX)?.ok_or_else(|| corrupt(format!("`{CHECKPOINT}` is missing")))?;
    let recovered = recovered(&disk, &Trust::log(trust.log.clone()), &note, |_| Ok(()));
    disk.release();
    Ok(recovered?.edge.checkpoint)
}

/// A log of which its files have everything.
struct Recovered {
    redo: Redo,
    edge: Edge,
    /// The newest checkpoint as it is published.
    note: String,
    /// The same with the log's signature alone.
    own: String,
}

/// Reads a log that was begun, and writes into its files what only the redo has, if everything holds and `agrees` has nothing against it.
fn recovered(
    disk: &Arc<dyn Disk>,
    trust: &Trust,
    note: &[u8],
    agrees: impl FnOnce(u64) -> Result<(), JournalError>,
) -> Result<Recovered, JournalError> {
    let settled = trust.checkpoint_of_log(note).map_err(|cause| corrupt(format!("the checkpoint is wrong: {cause}")))?;
    let history = History::read(disk.as_ref(), trust)?;
    let at = history.notes.iter().position(|kept| kept.checkpoint == settled);
    let at = at.ok_or_else(|| corrupt(format!("`{HISTORY}` does not end with the checkpoint of {} records", settled.size)))?;
    let (known, ahead) = history.notes.split_at_checked(at + 1).unwrap_or((&history.notes, &[]));
    let (mut redo, chain) = Redo::open(Arc::clone(disk), trust)?;
    let known_from = chain.first().map_or(settled.size, |first| first.checkpoint.size.saturating_sub(first.records.len() as u64));
    let frames = after(chain, &settled);
    let frames = frames.ok_or_else(|| corrupt(format!("`{REDO}` does not go on from the checkpoint of {} records", settled.size)))?;
    let is_ahead = |(kept, at): (&Kept, usize)| frames.get(at).is_none_or(|frame| frame.checkpoint != kept.checkpoint);
    if ahead.iter().zip(0..).any(is_ahead) {
        return Err(corrupt(format!("the checkpoint of {} records was rolled back: `{HISTORY}` goes on", settled.size)));
    }
    let edge = load(disk.as_ref(), settled, known.last().map_or(0, |kept| kept.end))?;
    compare(disk.as_ref(), &edge, known)?;
    let own = frames.last().map(|frame| frame.note.clone()).or_else(|| known.last().map(|kept| kept.note.clone())).unwrap_or_default();
    let (layer, to) = again(&edge, &frames)?;
    agrees(to.checkpoint.size)?;

    cut(disk.as_ref(), &edge)?;
    // The name of the checkpoint may not be on the disk yet, and the redo is only needed until it is.
    disk.touch(CHECKPOINT).map_err(failed(CHECKPOINT))?;
    let note = if frames.is_empty() {
        disk.sync().map_err(failed(CHECKPOINT))?;
        String::from_utf8_lossy(note).into_owned()
    } else {
        tracing::info!(records = to.checkpoint.size - edge.checkpoint.size, "writing what only the redo of the ledger had");
        settle(disk, &edge, &layer, &to, &own)?;
        own.clone()
    };
    remove_leftovers(disk.as_ref(), known_from.min(edge.checkpoint.size), &to)?;
    redo.begin(&encode(&own, [].iter()), to.checkpoint.size)?;
    Ok(Recovered { redo, edge: to, note, own })
}

/// Adds frames to the log in memory.
fn again(from: &Edge, frames: &[Frame]) -> Result<(Layer, Edge), JournalError> {
    let (mut layer, mut edge) = (Layer::above(from.history_bytes), from.clone());
    for frame in frames {
        let staged = edge.stage(&frame.records);
        if staged.edge.checkpoint != frame.checkpoint {
            return Err(corrupt(format!("the records in `{REDO}` do not lead to the checkpoint of {} records", frame.checkpoint.size)));
        }
        let history_bytes = edge.history_bytes + frame.note.len() as u64;
        layer.append(HISTORY, edge.history_bytes, frame.note.as_bytes());
        staged.writes.into_iter().for_each(|(path, bytes)| layer.file(path, bytes));
        staged.appends.iter().for_each(|(path, at, bytes)| layer.append(path, *at, bytes));
        edge = Edge { history_bytes, ..staged.edge };
    }
    Ok((layer, edge))
}

/// The end of the history.
struct History {
    notes: Vec<Kept>,
}

/// A checkpoint of the history, and where it ends there.
struct Kept {
    checkpoint: Checkpoint,
    note: String,
    end: u64,
}

impl History {
    fn read(disk: &dyn Disk, trust: &Trust) -> Result<Self, JournalError> {
        let length = disk.length(HISTORY)?.unwrap_or(0);
        let start = length.saturating_sub(HISTORY_TAIL_BYTES);
        let tail = disk.read_at(HISTORY, start, usize::try_from(HISTORY_TAIL_BYTES).unwrap_or(usize::MAX))?.unwrap_or_default();
        let skipped = if start == 0 { 0 } else { first_start(&tail) };
        let mut rest = tail.get(skipped..).unwrap_or_default();
        let mut notes: Vec<Kept> = Vec::new();
        // What does not go on from the note before it ends the chain; whether that matters, the checkpoint tells.
        while let Some((note, after)) = split_first(rest) {
            let Ok(checkpoint) = trust.checkpoint_of_log(note) else { break };
            let follows = notes.last().is_none_or(|last| checkpoint.previous == Some(Digest::of(last.checkpoint.text().as_bytes())));
            if !follows {
                break;
            }
            rest = after;
            let end = start + (tail.len() - rest.len()) as u64;
            notes.push(Kept { checkpoint, note: String::from_utf8_lossy(note).into_owned(), end });
        }
        Ok(Self { notes })
    }
}

/// Where the first whole note begins in bytes from the middle of a history: after a line of signature.
fn first_start(tail: &[u8]) -> usize {
    let text_end = tail.windows(2).position(|pair| pair == b"\n\n").map_or(tail.len(), |at| at + 2);
    let line_end = tail.get(text_end..).and_then(|rest| rest.iter().position(|byte| *byte == b'\n'));
    line_end.map_or(tail.len(), |end| text_end + end + 1)
}

/// Begins a log where there is none, or where one was begun and nothing published.
fn begin(disk: &Arc<dyn Disk>, trust: &Trust, signers: &Signers) -> Result<Recovered, JournalError> {
    let first = Checkpoint::first(trust.log.name());
    let begun = match History::read(disk.as_ref(), trust)?.notes.as_slice() {
        [] => disk.length(HISTORY)?.unwrap_or(0) < NOTE_BYTES_MAX as u64,
        [only] => only.checkpoint == first,
        [..] => false,
    };
    let (mut redo, chain) = Redo::open(Arc::clone(disk), trust)?;
    let names = |folder: &str| disk.names(folder).map_err(|cause| JournalError::Failed { what: cause.to_string() });
    if !begun || !chain.iter().all(|frame| frame.checkpoint == first) || !names("tile")?.is_empty() || !names("payload")?.is_empty() {
        return Err(corrupt(format!("`{CHECKPOINT}` is missing, but the log was begun")));
    }
    signers.agree(0)?;
    let own = sign(&first, signers.log.as_ref()).map_err(CommitError::from)?;
    disk.append(HISTORY, 0, own.as_bytes()).map_err(failed(HISTORY))?;
    redo.begin(&encode(&own, [].iter()), 0)?;
    publish(disk, &own)?;
    let edge = Edge::empty(first, own.len() as u64);
    Ok(Recovered { redo, edge, note: own.clone(), own })
}

/// The edge at this checkpoint, from the files, if they have the root that was signed.
fn load(disk: &dyn Disk, checkpoint: Checkpoint, history_bytes: u64) -> Result<Edge, JournalError> {
    let size = checkpoint.size;
    let mut tiles = Tiles::new(disk, size);
    let frontier = Frontier::at(size, |level, index| tiles.node(level, index))?;
    if frontier.root() != checkpoint.root {
        return Err(corrupt(format!("the tiles do not have the root that was signed for {size} records")));
    }
    let mut rows = Vec::new();
    for level in 0..levels(size) {
        let index = (size >> (8 * level)) / TILE_WIDTH;
        let width = width_at(level, index, size);
        rows.push(if width == 0 { Vec::new() } else { tiles.tile(Tile { level, index, width })?.to_vec() });
    }
    let mut edge = Edge { checkpoint, frontier, entries: Vec::new(), rows, payload_bytes: 0, history_bytes };
    let bundle = size / TILE_WIDTH;
    if !size.is_multiple_of(TILE_WIDTH) {
        let mut found = Vec::new();
        // The root was checked above, over these hashes too.
        let hashes = tiles.tile(Tile { level: 0, index: bundle, width: size % TILE_WIDTH })?;
        stored(&disk, hashes, bundle, bundle * TILE_WIDTH..size, &mut found)?;
        let path = entries_path(bundle, size % TILE_WIDTH);
        edge.entries = read_whole(&disk, &path, crate::reader::ENTRIES_BYTES_MAX)?.unwrap_or_default();
        edge.payload_bytes = found.iter().map(|stored| (PAYLOADS_PREFIX_BYTES + stored.sealed.len()) as u64).sum();
    }
    Ok(edge)
}

/// Compares the last checkpoints of the history with the tree.
fn compare(disk: &dyn Disk, edge: &Edge, known: &[Kept]) -> Result<(), JournalError> {
    let mut tiles = Tiles::new(disk, edge.checkpoint.size);
    for kept in known.iter().rev().take(HISTORY_CHECKED_MAX) {
        let size = kept.checkpoint.size;
        if size > edge.checkpoint.size {
            return Err(corrupt(format!("`{HISTORY}` does not grow at {size} records")));
        }
        let root = Frontier::at(size, |level, index| tiles.node(level, index))?.root();
        if root != kept.checkpoint.root {
            return Err(corrupt(format!("the first {size} records do not have the root that was signed")));
        }
    }
    Ok(())
}

/// Cuts history and payloads where the signed part ends: what lies behind is in the redo, or was never acknowledged.
fn cut(disk: &dyn Disk, edge: &Edge) -> Result<(), JournalError> {
    let payload = payload_path(edge.checkpoint.size / TILE_WIDTH);
    disk.truncate(HISTORY, edge.history_bytes).map_err(failed(HISTORY))?;
    match edge.payload_bytes {
        0 => disk.remove(&payload).map_err(failed(&payload))?,
        bytes => disk.truncate(&payload, bytes).map_err(failed(&payload))?,
    }
    Ok(())
}

/// Removes the files that were written before a crash and are no part of the log. The redo goes back to `from` records, so no file that was
/// to be removed is of an older log.
fn remove_leftovers(disk: &dyn Disk, from: u64, edge: &Edge) -> Result<(), JournalError> {
    let size = edge.checkpoint.size;
    let own = edge.partials();
    let failing = |path: &str| {
        let path = path.to_owned();
        move |cause| JournalError::from(failed(&path)(cause))
    };
    let beyond = BATCH_RECORDS_MAX as u64;
    for level in 0..levels(size + beyond) {
        let bundle = |size: u64| (size >> (8 * level)) / TILE_WIDTH;
        let current = bundle(size);
        for index in bundle(from)..=bundle(size + beyond) + 1 {
            let full = [Tile { level, index, width: TILE_WIDTH }.path()].into_iter();
            let full = full.chain((level == 0).then(|| entries_path(index, TILE_WIDTH)));
            for path in full {
                let folder = format!("{path}.p");
                for name in disk.names(&folder).map_err(failing(&folder))? {
                    let part = format!("{folder}/{name}");
                    if !own.contains_key(&part) {
                        disk.remove(&part).map_err(failing(&part))?;
                    }
                }
                if index >= current {
                    disk.remove(&path).map_err(failing(&path))?;
                }
            }
            if level == 0 && index > current {
                disk.remove(&payload_path(index)).map_err(failing("payload"))?;
            }
        }
    }
    disk.remove(CHECKPOINT_NEW).map_err(failing(CHECKPOINT_NEW))?;
    disk.sync().map_err(failing("tile"))
}

fn corrupt(what: String) -> JournalError {
    JournalError::Corrupt { what }
}

impl From<Unreadable> for JournalError {
    fn from(unreadable: Unreadable) -> Self {
        Self::Failed { what: unreadable.to_string() }
    }
}

impl From<CommitError> for JournalError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Witness(cause) => Self::Witness(cause),
            CommitError::Disk { .. } | CommitError::Signing(_) | CommitError::Proof(_) => Self::Failed { what: error.to_string() },
        }
    }
}

impl From<TileFault> for JournalError {
    fn from(fault: TileFault) -> Self {
        match fault {
            TileFault::Unreadable(unreadable) => unreadable.into(),
            TileFault::Missing { .. } | TileFault::WrongLength { .. } => corrupt(fault.to_string()),
        }
    }
}

impl From<ReadError> for JournalError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Unreadable(unreadable) => unreadable.into(),
            ReadError::Damaged { .. } | ReadError::NotSigned { .. } | ReadError::Tile(_) | ReadError::Receipt(_) => {
                corrupt(error.to_string())
            }
        }
    }
}
