//! Opens a log: checks its right edge against what was signed, finishes or cuts off what a crash left, and refuses everything else.

use std::sync::Arc;

use assent_base::Digest;
use assent_ledger::{
    CHECKPOINT, Checkpoint, Frontier, HISTORY, NOTE_BYTES_MAX, PAYLOADS_PREFIX_BYTES, Signer, TILE_WIDTH, Tile, TileFault, Tiles, Trust,
    Unreadable, entries_path, levels, payload_path, read_whole, sign, split_first, width_at,
};

use crate::commit::{CommitError, Committer, failed};
use crate::disk::Disk;
use crate::edge::Edge;
use crate::journal::{BATCH_RECORDS_MAX, JournalError};
use crate::reader::{Published, ReadError, stored};
use crate::witness::{Witness, WitnessError};

/// Of the history, as much is read when a log is opened. A full verification reads all of it.
const HISTORY_TAIL_BYTES: u64 = 64 * 1024;
/// As many checkpoints before the newest are compared with the tree when a log is opened.
const HISTORY_CHECKED_MAX: usize = 64;

/// What opening gives to the writer.
type Opened = (Committer, Edge, Published);

/// Opens the log on this disk, or begins it.
pub(crate) fn open(disk: Arc<dyn Disk>, signer: Box<dyn Signer + Send>, witness: Option<Box<dyn Witness>>) -> Result<Opened, JournalError> {
    let mut committer = Committer { disk, signer, witness };
    let trust = Trust::log(committer.signer.key().clone());
    let history = History::read(&committer, &trust)?;
    let note = read_whole(&committer.disk.as_ref(), CHECKPOINT, NOTE_BYTES_MAX)?;
    let Some(note) = note else { return begin(committer, history) };
    let newest = trust.checkpoint_of_log(&note).map_err(|cause| corrupt(format!("the checkpoint is wrong: {cause}")))?;

    let at = history.notes.iter().position(|kept| kept.checkpoint == newest);
    let at = at.ok_or_else(|| corrupt(format!("`{HISTORY}` does not end with the checkpoint of {} records", newest.size)))?;
    let (known, after) = history.notes.split_at_checked(at + 1).unwrap_or((&history.notes, &[]));
    if after.len() > 1 {
        return Err(corrupt(format!("the checkpoint of {} records was rolled back: `{HISTORY}` goes on", newest.size)));
    }
    let published_end = known.last().map_or(0, |kept| kept.end);
    let (note, edge) = match after.first() {
        Some(unfinished) => finish(&mut committer, newest.size, unfinished, &history.notes)?,
        None => {
            let edge = load(&committer, newest, published_end)?;
            compare(&committer, &edge, known)?;
            settle(&mut committer, edge, &note)?
        }
    };
    remove_leftovers(&committer, &edge)?;
    let published = Published::new(note, &edge);
    Ok((committer, edge, published))
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
    fn read(committer: &Committer, trust: &Trust) -> Result<Self, JournalError> {
        let length = committer.disk.length(HISTORY)?.unwrap_or(0);
        let start = length.saturating_sub(HISTORY_TAIL_BYTES);
        let tail = committer.disk.read_at(HISTORY, start, usize::try_from(HISTORY_TAIL_BYTES).unwrap_or(usize::MAX))?.unwrap_or_default();
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
fn begin(mut committer: Committer, history: History) -> Result<Opened, JournalError> {
    let first = Checkpoint::first(committer.signer.key().name());
    let begun = match history.notes.as_slice() {
        [] => committer.disk.length(HISTORY)?.unwrap_or(0) < NOTE_BYTES_MAX as u64,
        [only] => only.checkpoint == first,
        [..] => false,
    };
    let names = |folder: &str| committer.disk.names(folder).map_err(|cause| JournalError::Failed { what: cause.to_string() });
    if !begun || !names("tile")?.is_empty() || !names("payload")?.is_empty() {
        return Err(corrupt(format!("`{CHECKPOINT}` is missing, but the log was begun")));
    }
    let note = sign(&first, committer.signer.as_ref()).map_err(CommitError::from)?;
    committer.disk.append(HISTORY, 0, note.as_bytes()).map_err(failed(HISTORY))?;
    let edge = Edge::empty(first, note.len() as u64);
    committer.disk.sync().map_err(failed(HISTORY))?;
    agree_with_witness(&committer, &edge)?;
    let note = committer.publish(&edge, note)?;
    let published = Published::new(note, &edge);
    Ok((committer, edge, published))
}

/// The edge at this checkpoint, from the files, if they have the root that was signed.
fn load(committer: &Committer, checkpoint: Checkpoint, history_bytes: u64) -> Result<Edge, JournalError> {
    let disk = committer.disk.as_ref();
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
        stored(&disk, size, bundle, bundle * TILE_WIDTH..size, &mut found)?;
        let path = entries_path(bundle, size % TILE_WIDTH);
        edge.entries = read_whole(&disk, &path, crate::reader::ENTRIES_BYTES_MAX)?.unwrap_or_default();
        edge.payload_bytes = found.iter().map(|stored| (PAYLOADS_PREFIX_BYTES + stored.sealed.len()) as u64).sum();
    }
    Ok(edge)
}

/// Compares the last checkpoints of the history with the tree.
fn compare(committer: &Committer, edge: &Edge, known: &[Kept]) -> Result<(), JournalError> {
    let mut tiles = Tiles::new(committer.disk.as_ref(), edge.checkpoint.size);
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

/// Finishes the commit whose checkpoint is in the history and is not published. Its records were synced before, or the log is damaged.
fn finish(committer: &mut Committer, from: u64, unfinished: &Kept, known: &[Kept]) -> Result<(String, Edge), JournalError> {
    let to = unfinished.checkpoint.size;
    if to <= from || to - from > BATCH_RECORDS_MAX as u64 {
        return Err(corrupt(format!("`{HISTORY}` goes on from {from} to {to} records")));
    }
    let edge = load(committer, unfinished.checkpoint.clone(), unfinished.end)?;
    compare(committer, &edge, known)?;
    let disk = committer.disk.as_ref();
    for bundle in from / TILE_WIDTH..to.div_ceil(TILE_WIDTH) {
        let range = from.max(bundle * TILE_WIDTH)..to.min((bundle + 1) * TILE_WIDTH);
        stored(&disk, to, bundle, range, &mut Vec::new())?;
    }
    agree_with_witness(committer, &edge)?;
    tracing::info!(records = to - from, "finishing a commit that was cut short");
    cut(committer, &edge)?;
    committer.disk.touch(HISTORY).map_err(failed(HISTORY))?;
    let note = committer.publish(&edge, unfinished.note.clone())?;
    Ok((note, edge))
}

/// Cuts off what lies behind the checkpoint, and has it cosigned if the witness is new.
fn settle(committer: &mut Committer, edge: Edge, note: &[u8]) -> Result<(String, Edge), JournalError> {
    cut(committer, &edge)?;
    agree_with_witness(committer, &edge)?;
    if committer.trust().checkpoint(note).is_ok() {
        return Ok((String::from_utf8_lossy(note).into_owned(), edge));
    }
    let own = sign(&edge.checkpoint, committer.signer.as_ref()).map_err(CommitError::from)?;
    let note = committer.publish(&edge, own)?;
    Ok((note, edge))
}

/// Cuts history and payloads where the signed part ends: what lies behind was never acknowledged.
fn cut(committer: &Committer, edge: &Edge) -> Result<(), JournalError> {
    let payload = payload_path(edge.checkpoint.size / TILE_WIDTH);
    committer.disk.truncate(HISTORY, edge.history_bytes).map_err(failed(HISTORY))?;
    match edge.payload_bytes {
        0 => committer.disk.remove(&payload).map_err(failed(&payload))?,
        bytes => committer.disk.truncate(&payload, bytes).map_err(failed(&payload))?,
    }
    Ok(())
}

/// A witness must not have seen more than the log has.
fn agree_with_witness(committer: &Committer, edge: &Edge) -> Result<(), JournalError> {
    let Some(witness) = &committer.witness else { return Ok(()) };
    let (seen, size) = (witness.seen()?, edge.checkpoint.size);
    if seen > size { Err(WitnessError::RolledBack { seen, size }.into()) } else { Ok(()) }
}

/// Removes the files that a commit wrote before a crash cut it short, or left behind after it. They are no part of the log.
fn remove_leftovers(committer: &Committer, edge: &Edge) -> Result<(), JournalError> {
    let disk = &committer.disk;
    let size = edge.checkpoint.size;
    let own = edge.partials();
    let failing = |path: &str| {
        let path = path.to_owned();
        move |cause| JournalError::from(failed(&path)(cause))
    };
    let beyond = BATCH_RECORDS_MAX as u64 / TILE_WIDTH + 1;
    for level in 0..levels(size + BATCH_RECORDS_MAX as u64) {
        let current = (size >> (8 * level)) / TILE_WIDTH;
        // The tiles before may have been filled by the last commit, and their parts not removed yet.
        for index in current.saturating_sub(beyond)..=current + if level == 0 { beyond } else { 1 } {
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
    disk.remove(crate::commit::CHECKPOINT_NEW).map_err(failing(crate::commit::CHECKPOINT_NEW))?;
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
            ReadError::Damaged { .. } | ReadError::Tile(_) | ReadError::Receipt(_) => corrupt(error.to_string()),
        }
    }
}
