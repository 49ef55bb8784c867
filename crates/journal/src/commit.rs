//! One commit: the signature over the new state of the log, that of the witness, and the files that hold it in the end.

use std::io;
use std::sync::Arc;

use assent_ledger::{CHECKPOINT, Files, HISTORY, Signer, Tiles, Trust, consistency};

use crate::disk::Disk;
use crate::edge::Edge;
use crate::layer::Layer;
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

/// Those who sign.
pub(crate) struct Signers {
    pub(crate) log: Box<dyn Signer + Send>,
    pub(crate) witness: Option<Box<dyn Witness>>,
}

impl Signers {
    /// The keys that must be on a checkpoint of this journal.
    pub(crate) fn trust(&self) -> Trust {
        Trust { log: self.log.key().clone(), witnesses: self.witness.iter().map(|witness| witness.key().clone()).collect() }
    }

    /// The note of the log with the witness's signature, if there is one. The files are those of the log at this size.
    pub(crate) fn cosigned(&mut self, files: impl Files, size: u64, note: &str) -> Result<String, CommitError> {
        let Some(witness) = &mut self.witness else { return Ok(note.to_owned()) };
        let mut tiles = Tiles::new(files, size);
        let seen = witness.seen()?;
        let proof = if seen == size { None } else { consistency(seen, size, |level, index| tiles.node(level, index))? };
        let line = witness.cosign(note, &proof.unwrap_or_default())?;
        Ok(format!("{note}{line}"))
    }

    /// A witness must not have seen more than the log has.
    pub(crate) fn agree(&self, size: u64) -> Result<(), WitnessError> {
        let Some(witness) = &self.witness else { return Ok(()) };
        let seen = witness.seen()?;
        if seen > size { Err(WitnessError::RolledBack { seen, size }) } else { Ok(()) }
    }
}

/// Brings the log's files from one edge to another: what the layer holds, then the files at the edge, then the checkpoint.
///
/// What is written anew comes first, and last in a short step what changes files that are read for the checkpoint before: so whoever checks
/// the log meanwhile seldom has to read twice. When it fails, the files still hold what they held, and opening the journal does the rest.
pub(crate) fn settle(disk: &Arc<dyn Disk>, from: &Edge, layer: &Layer, to: &Edge, note: &str) -> Result<(), CommitError> {
    let (before, after) = (from.partials(), to.partials());
    let at_the_edge = after.iter().filter(|(path, _)| !before.contains_key(*path)).map(|(path, bytes)| (path, bytes.as_slice()));
    for (path, bytes) in layer.files().chain(at_the_edge) {
        disk.write(path, bytes).map_err(failed(path))?;
    }
    let (new, grown): (Vec<_>, Vec<_>) = layer.tails().partition(|(_, at, _)| *at == 0);
    for (path, at, bytes) in new {
        disk.append(path, at, &bytes).map_err(failed(path))?;
    }
    disk.sync().map_err(failed("tile"))?;
    for (path, at, bytes) in grown.iter().filter(|(_, _, bytes)| !bytes.is_empty()) {
        disk.append(path, *at, bytes).map_err(failed(path))?;
    }
    publish(disk, note)?;
    for path in before.keys().filter(|path| !after.contains_key(*path)) {
        if let Err(cause) = disk.remove(path) {
            tracing::warn!(path, %cause, "a file that is needed no more could not be removed");
        }
    }
    Ok(())
}

/// Puts a checkpoint in the place of the last one.
pub(crate) fn publish(disk: &Arc<dyn Disk>, note: &str) -> Result<(), CommitError> {
    disk.write(CHECKPOINT_NEW, note.as_bytes()).map_err(failed(CHECKPOINT_NEW))?;
    disk.sync().map_err(failed(HISTORY))?;
    disk.rename(CHECKPOINT_NEW, CHECKPOINT).map_err(failed(CHECKPOINT))?;
    disk.sync().map_err(failed(CHECKPOINT))
}

pub(crate) fn failed(path: &str) -> impl FnOnce(io::Error) -> CommitError {
    let path = path.to_owned();
    |cause| CommitError::Disk { path, cause }
}
