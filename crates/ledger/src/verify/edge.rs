//! The right edge of a log, held in memory while the rest is read.
//!
//! While a log is written to, its newest checkpoint, the files of partial tiles, and the last file of payloads give way to others. They are
//! read first, and again if the checkpoint changed meanwhile.

use std::collections::BTreeMap;

use super::{ENTRIES_BYTES_MAX, PAYLOADS_BYTES_MAX};
use crate::bundle::payloads;
use crate::checkpoint::{Checkpoint, Trust};
use crate::files::{CHECKPOINT, Files, HISTORY, Unreadable, part, read_whole};
use crate::note::{NOTE_BYTES_MAX, split_first};
use crate::tile::{TILE_WIDTH, Tile, entries_path, levels, payload_path, width_at};

/// How often the edge of a log that is written to is read again before it is taken as it is.
const ATTEMPTS_MAX: usize = 16;

impl Trust {
    /// Whether no commit seems to be under way in a log just now. A log that does not hold, and has such an edge, may hold a moment later.
    ///
    /// # Errors
    /// When a file cannot be read, so that nothing is known.
    pub fn is_settled(&self, files: &impl Files) -> Result<bool, Unreadable> {
        let note = read_whole(files, CHECKPOINT, NOTE_BYTES_MAX)?;
        let checkpoint = note.as_deref().and_then(|note| self.checkpoint(note).ok());
        let edge = Held::read(files, checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.size))?;
        edge.stays(note.as_deref(), checkpoint.as_ref())
    }
}

/// Files with an edge that does not change any more.
pub(super) struct Held<'a, F> {
    files: &'a F,
    held: BTreeMap<String, Option<Vec<u8>>>,
    history_bytes: u64,
}

impl<'a, F: Files> Held<'a, F> {
    /// Holds the edge, and gives the newest checkpoint, unless there is none.
    pub(super) fn settled(files: &'a F, trust: &Trust) -> Result<(Self, Option<Vec<u8>>), Unreadable> {
        let mut attempt = 1;
        let mut known: Option<(Option<Vec<u8>>, Option<Checkpoint>)> = None;
        loop {
            let note = read_whole(files, CHECKPOINT, NOTE_BYTES_MAX)?;
            let checkpoint = match known.take() {
                Some((same, checkpoint)) if same == note => checkpoint,
                Some(_) | None => note.as_deref().and_then(|note| trust.checkpoint(note).ok()),
            };
            let edge = Self::read(files, checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.size))?;
            let settled = edge.stays(note.as_deref(), checkpoint.as_ref())?;
            if settled || attempt == ATTEMPTS_MAX {
                return Ok((edge, note));
            }
            attempt += 1;
            known = Some((note, checkpoint));
        }
    }

    fn read(files: &'a F, size: u64) -> Result<Self, Unreadable> {
        let mut held = BTreeMap::new();
        let history_bytes = files.length(HISTORY)?.unwrap_or(0);
        for level in 0..levels(size) {
            let index = (size >> (level * 8)) / TILE_WIDTH;
            let width = width_at(level, index, size);
            if width > 0 {
                let path = Tile { level, index, width }.path();
                held.insert(path.clone(), read_whole(files, &path, ENTRIES_BYTES_MAX)?);
            }
        }
        let (index, width) = (size / TILE_WIDTH, size % TILE_WIDTH);
        if width > 0 {
            let path = entries_path(index, width);
            held.insert(path.clone(), read_whole(files, &path, ENTRIES_BYTES_MAX)?);
            let path = payload_path(index);
            held.insert(path.clone(), read_whole(files, &path, PAYLOADS_BYTES_MAX)?);
        }
        Ok(Self { files, held, history_bytes })
    }

    /// Whether what is held is what the newest checkpoint says, and that checkpoint is still the newest. Where there is none that can be believed,
    /// there is nothing to wait for.
    fn stays(&self, note: Option<&[u8]>, checkpoint: Option<&Checkpoint>) -> Result<bool, Unreadable> {
        let (Some(note), Some(checkpoint)) = (note, checkpoint) else { return Ok(true) };
        Ok(self.is_settled(note, checkpoint)? && read_whole(self.files, CHECKPOINT, NOTE_BYTES_MAX)?.as_deref() == Some(note))
    }

    /// Whether no commit was under way: everything is there, and neither history nor payloads run ahead.
    fn is_settled(&self, note: &[u8], checkpoint: &Checkpoint) -> Result<bool, Unreadable> {
        let all_there = self.held.values().all(Option::is_some);
        let last = self.held.get(&payload_path(checkpoint.size / TILE_WIDTH)).and_then(Option::as_ref);
        let payloads_end = last.is_none_or(|bytes| payloads(bytes).count() as u64 == checkpoint.size % TILE_WIDTH);
        let newest = self.read_at(HISTORY, self.history_bytes.saturating_sub(NOTE_BYTES_MAX as u64), NOTE_BYTES_MAX)?.unwrap_or_default();
        // The history keeps the note with its first signature, the log's.
        let text_end = split_first(note).map_or(0, |_| checkpoint.text().len() + 1);
        let line_end = note.get(text_end..).and_then(|lines| lines.iter().position(|byte| *byte == b'\n'));
        let kept = line_end.and_then(|end| note.get(..=text_end + end)).unwrap_or(note);
        Ok(all_there && payloads_end && newest.ends_with(kept))
    }
}

impl<F: Files> Files for Held<'_, F> {
    fn read_at(&self, path: &str, offset: u64, bytes_max: usize) -> Result<Option<Vec<u8>>, Unreadable> {
        let Some(held) = self.held.get(path) else {
            let left = if path == HISTORY { self.history_bytes.saturating_sub(offset) } else { u64::MAX };
            return self.files.read_at(path, offset, bytes_max.min(usize::try_from(left).unwrap_or(usize::MAX)));
        };
        Ok(held.as_ref().map(|bytes| part(bytes, offset, bytes_max).to_vec()))
    }

    fn length(&self, path: &str) -> Result<Option<u64>, Unreadable> {
        match self.held.get(path) {
            Some(held) => Ok(held.as_ref().map(|bytes| bytes.len() as u64)),
            None => self.files.length(path),
        }
    }
}
