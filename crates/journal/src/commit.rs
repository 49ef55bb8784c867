//! One commit: files, syncs, signature, and the checkpoint that makes it public.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use assent_ledger::{CHECKPOINT, HISTORY, Signer, Tiles, Trust, consistency, sign};

use crate::disk::Disk;
use crate::edge::{Edge, Staged};
use crate::witness::{Witness, WitnessError};

/// Where the next checkpoint lies until it takes the place of the last.
pub(crate) const CHECKPOINT_NEW: &str = "checkpoint.new";

/// Why a commit did not come to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommitError {
    #[error("cannot write `{path}`: {cause}")]
    Disk { path: String, cause: io::Error },
    #[error(transparent)]
    Signing(#[from] assent_ledger::SigningFailed),
    #[error("the witness does not sign: {0}")]
    Witness(#[from] WitnessError),
    #[error("cannot prove to the witness that the log only grew: {0}")]
    Proof(#[from] assent_ledger::TileFault),
}

/// All that takes part in a commit besides the records.
pub(crate) struct Committer {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) signer: Box<dyn Signer + Send>,
    pub(crate) witness: Option<Box<dyn Witness>>,
}

impl Committer {
    /// The keys that must be on a checkpoint of this journal.
    pub(crate) fn trust(&self) -> Trust {
        Trust { log: self.signer.key().clone(), witnesses: self.witness.iter().map(|witness| witness.key().clone()).collect() }
    }

    /// Brings staged records to the disk under a checkpoint, and gives the published note and the new edge.
    ///
    /// When it fails before the checkpoint is in the history, everything written is taken back as far as the disk allows; opening the
    /// journal again does the rest.
    pub(crate) fn commit(&mut self, before: &Edge, staged: Staged) -> Result<(String, Edge), CommitError> {
        let Staged { writes, appends, removes, mut edge } = staged;
        let note = sign(&edge.checkpoint, self.signer.as_ref())?;
        let written = self.write(before, &writes, &appends, &note);
        if written.is_err() {
            self.take_back(before, writes.keys(), &appends);
        }
        written?;
        edge.history_bytes = before.history_bytes + note.len() as u64;
        let note = match self.witness {
            // It was written and synced along with the history.
            None => self.disk.rename(CHECKPOINT_NEW, CHECKPOINT).map_err(failed(CHECKPOINT)).map(|()| note)?,
            Some(_) => self.publish(&edge, note)?,
        };
        for path in removes {
            if let Err(cause) = self.disk.remove(&path) {
                tracing::warn!(path, %cause, "a file that is needed no more could not be removed");
            }
        }
        Ok((note, edge))
    }

    fn write(
        &self,
        before: &Edge,
        writes: &BTreeMap<String, Vec<u8>>,
        appends: &[(String, u64, Vec<u8>)],
        note: &str,
    ) -> Result<(), CommitError> {
        for (path, bytes) in writes {
            self.disk.write(path, bytes).map_err(failed(path))?;
        }
        for (path, at, bytes) in appends {
            self.disk.append(path, *at, bytes).map_err(failed(path))?;
        }
        // This also brings the name of the last checkpoint to the disk, so that it is never more than one behind the history.
        self.disk.sync().map_err(failed("tile"))?;
        // From here on the records are in the log: everything the checkpoint speaks of is on the disk.
        self.disk.append(HISTORY, before.history_bytes, note.as_bytes()).map_err(failed(HISTORY))?;
        if self.witness.is_none() {
            self.disk.write(CHECKPOINT_NEW, note.as_bytes()).map_err(failed(CHECKPOINT_NEW))?;
        }
        self.disk.sync().map_err(failed(HISTORY))
    }

    fn take_back<'a>(&self, before: &Edge, writes: impl Iterator<Item = &'a String>, appends: &[(String, u64, Vec<u8>)]) {
        let cut = std::iter::once(self.disk.truncate(HISTORY, before.history_bytes));
        let cuts =
            cut.chain(appends.iter().map(|(path, at, _)| if *at == 0 { self.disk.remove(path) } else { self.disk.truncate(path, *at) }));
        let removed = cuts.chain(writes.map(|path| self.disk.remove(path)));
        for cause in removed.chain(std::iter::once_with(|| self.disk.sync())).filter_map(Result::err) {
            tracing::warn!(%cause, "what a failed commit left could not be taken back; opening the journal will");
        }
    }

    /// Has a checkpoint cosigned, and puts it in the place of the last one.
    pub(crate) fn publish(&mut self, edge: &Edge, note: String) -> Result<String, CommitError> {
        let note = match &mut self.witness {
            Some(witness) => {
                let mut tiles = Tiles::new(self.disk.as_ref(), edge.checkpoint.size);
                let seen = witness.seen()?;
                let proof = consistency(seen, edge.checkpoint.size, |level, index| tiles.node(level, index))?;
                let proof = if seen == edge.checkpoint.size { Vec::new() } else { proof.unwrap_or_default() };
                let line = witness.cosign(&note, &proof)?;
                format!("{note}{line}")
            }
            None => note,
        };
        self.disk.write(CHECKPOINT_NEW, note.as_bytes()).map_err(failed(CHECKPOINT_NEW))?;
        self.disk.sync().map_err(failed(CHECKPOINT_NEW))?;
        self.disk.rename(CHECKPOINT_NEW, CHECKPOINT).map_err(failed(CHECKPOINT))?;
        Ok(note)
    }
}

pub(crate) fn failed(path: &str) -> impl FnOnce(io::Error) -> CommitError {
    let path = path.to_owned();
    |cause| CommitError::Disk { path, cause }
}
