//! The chain of all checkpoints, read along with the records.

use assent_base::Digest;

use super::{Fault, Stop};
use crate::checkpoint::{Checkpoint, Trust};
use crate::files::{Files, HISTORY};
use crate::note::{BadNote, NOTE_BYTES_MAX, split_first};

/// Bytes that are read at once: several notes.
const CHUNK_BYTES: usize = 16 * NOTE_BYTES_MAX;

/// Goes through the history, one checkpoint ahead of the records.
pub(super) struct History<'a, F> {
    files: &'a F,
    trust: Trust,
    read_to: u64,
    buffer: Vec<u8>,
    used: usize,
    ended: bool,
    count: u64,
    last: Option<Checkpoint>,
    next: Option<Checkpoint>,
}

impl<'a, F: Files> History<'a, F> {
    pub(super) fn new(files: &'a F, trust: &Trust) -> Result<Self, Stop> {
        if files.length(HISTORY)?.is_none() {
            return Err(Fault::Missing { path: HISTORY.to_owned() }.into());
        }
        let trust = trust.clone();
        let mut history = Self { files, trust, read_to: 0, buffer: Vec::new(), used: 0, ended: false, count: 0, last: None, next: None };
        history.step()?;
        Ok(history)
    }

    /// The checkpoint of this size, if there is one. To be asked for growing sizes.
    pub(super) fn at(&mut self, size: u64) -> Result<Option<Checkpoint>, Stop> {
        if self.next.as_ref().is_some_and(|next| next.size == size) {
            self.step()?;
            return Ok(self.last.clone());
        }
        Ok(None)
    }

    /// Checks that nothing follows, and that the last one is the newest.
    pub(super) fn finish(&mut self, newest: &Checkpoint) -> Result<(), Stop> {
        while self.next.is_some() {
            self.step()?;
        }
        match &self.last {
            Some(last) if last == newest => Ok(()),
            Some(last) if last.size == newest.size => Err(Fault::Chain { path: HISTORY.to_owned(), offset: self.offset() }.into()),
            Some(last) => Err(Fault::HistoryEnd { history: last.size, size: newest.size }.into()),
            None => Err(Fault::HistoryEnd { history: 0, size: newest.size }.into()),
        }
    }

    pub(super) const fn count(&self) -> u64 {
        self.count
    }

    /// Where in the file the next note begins.
    const fn offset(&self) -> u64 {
        self.read_to - (self.buffer.len() - self.used) as u64
    }

    /// Makes the next checkpoint the last one, and reads the one after it.
    fn step(&mut self) -> Result<(), Stop> {
        self.last = self.next.take().or_else(|| self.last.take());
        self.fill()?;
        let offset = self.offset();
        let rest = self.buffer.get(self.used..).unwrap_or_default();
        if rest.is_empty() {
            return Ok(());
        }
        let (note, _) = split_first(rest).ok_or_else(|| Stop::history(offset, BadNote::NoSignatures.into()))?;
        let checkpoint = self.trust.checkpoint_of_log(note).map_err(|cause| Stop::history(offset, cause))?;
        let follows = match &self.last {
            Some(last) => checkpoint.previous == Some(Digest::of(last.text().as_bytes())) && checkpoint.size > last.size,
            None => checkpoint == Checkpoint::first(&checkpoint.origin),
        };
        // The history has the log's signature alone, so that each byte of it is accounted for.
        if !follows || note.iter().filter(|byte| **byte == b'\n').count() != checkpoint.text().lines().count() + 2 {
            return Err(Fault::Chain { path: HISTORY.to_owned(), offset }.into());
        }
        self.used += note.len();
        self.count += 1;
        self.next = Some(checkpoint);
        Ok(())
    }

    /// Keeps a whole note at hand, unless the file ends before.
    fn fill(&mut self) -> Result<(), Stop> {
        if self.ended || self.buffer.len() - self.used > NOTE_BYTES_MAX {
            return Ok(());
        }
        self.buffer.drain(..self.used);
        self.used = 0;
        let more = self.files.read_at(HISTORY, self.read_to, CHUNK_BYTES)?.unwrap_or_default();
        self.ended = more.len() < CHUNK_BYTES;
        self.read_to += more.len() as u64;
        self.buffer.extend(more);
        Ok(())
    }
}
