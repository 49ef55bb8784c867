//! A witness: a second key that signs only what goes on from what it signed before.
//!
//! Whoever holds the log's key can sign two histories. A witness cannot be brought to: it keeps the last checkpoint that it has seen, and asks
//! for proof that the next one contains it. Put its folder where those who can write the log cannot.
//!
//! Source: C2SP tlog-witness and tlog-cosignature.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use assent_base::{Digest, Timestamp};
use assent_ledger::{
    BadCheckpoint, BadProof, Checkpoint, NOTE_BYTES_MAX, Signer as _, SigningFailed, Trust, VerifierKey, cosign, verify_consistency,
};

use crate::key::Key;

/// Signs checkpoints that follow from what it has seen.
pub trait Witness: Send {
    /// Its public key.
    fn key(&self) -> &VerifierKey;

    /// Records in the log when it last signed; 0 if it never did.
    ///
    /// # Errors
    /// When it does not know.
    fn seen(&self) -> Result<u64, WitnessError>;

    /// Its signature line under a checkpoint that the log has signed, given the proof that the log only grew since [`Witness::seen`].
    ///
    /// # Errors
    /// When the checkpoint does not follow from what it has seen, or it cannot keep that it has seen it.
    fn cosign(&mut self, note: &str, proof: &[Digest]) -> Result<String, WitnessError>;
}

/// Why a witness does not sign.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// It was shown a smaller log than before.
    #[error("it has seen {seen} records, and is shown {size}")]
    RolledBack {
        /// Records it has seen.
        seen: u64,
        /// Records it was shown.
        size: u64,
    },
    /// It was shown a log that does not contain what it has seen.
    #[error("what it is shown does not contain what it has seen: {0}")]
    Forked(#[from] BadProof),
    /// It was shown no checkpoint of the log.
    #[error("what it is shown is {0}")]
    Checkpoint(#[from] BadCheckpoint),
    /// Its memory cannot be read or written.
    #[error("cannot use `{path}`: {cause}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// Its key cannot be used.
    #[error(transparent)]
    Signing(#[from] SigningFailed),
    /// It is out of reach, or its answer makes no sense.
    #[error("no answer: {0}")]
    NoAnswer(String),
}

/// A witness with its own key, which keeps the last checkpoint in a file of its own.
pub struct FileWitness<C> {
    key: Key,
    trust: Trust,
    path: PathBuf,
    clock: C,
}

impl<C: Fn() -> Timestamp + Send> FileWitness<C> {
    /// A witness of the log with this key; its memory is the file at `path`.
    pub const fn new(key: Key, log: VerifierKey, path: PathBuf, clock: C) -> Self {
        Self { key, trust: Trust::log(log), path, clock }
    }

    fn last(&self) -> Result<Option<Checkpoint>, WitnessError> {
        use std::io::Read as _;
        let failed = |cause| WitnessError::File { path: self.path.clone(), cause };
        let mut note = Vec::new();
        match std::fs::File::open(&self.path) {
            Ok(file) => file.take(NOTE_BYTES_MAX as u64 + 1).read_to_end(&mut note).map_err(failed)?,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(failed(cause)),
        };
        Ok(Some(self.trust.checkpoint_of_log(&note)?))
    }

    fn keep(&self, note: &str) -> io::Result<()> {
        let mut unfinished = self.path.as_os_str().to_owned();
        unfinished.push(".new");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
        file.write_all(note.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&unfinished, &self.path)?;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        std::fs::File::open(folder.unwrap_or(std::path::Path::new(".")))?.sync_all()
    }
}

impl<C: Fn() -> Timestamp + Send> Witness for FileWitness<C> {
    fn key(&self) -> &VerifierKey {
        self.key.key()
    }

    fn seen(&self) -> Result<u64, WitnessError> {
        Ok(self.last()?.map_or(0, |last| last.size))
    }

    fn cosign(&mut self, note: &str, proof: &[Digest]) -> Result<String, WitnessError> {
        let shown = self.trust.checkpoint_of_log(note.as_bytes())?;
        if let Some(last) = self.last()? {
            if last.size > shown.size {
                return Err(WitnessError::RolledBack { seen: last.size, size: shown.size });
            }
            verify_consistency((last.size, &last.root), (shown.size, &shown.root), proof)?;
        }
        // Remembered before it is signed: a signature that was given is never forgotten.
        self.keep(note).map_err(|cause| WitnessError::File { path: self.path.clone(), cause })?;
        let at_s = u64::try_from((self.clock)().as_second()).unwrap_or(0);
        Ok(cosign(&shown, at_s, &self.key)?)
    }
}

#[cfg(test)]
mod tests {
    use assent_ledger::{Algorithm, Frontier, leaf_hash, sign};

    use super::*;

    #[test]
    fn a_witness_signs_what_goes_on_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let key = |name: &str, algorithm| Key::load_or_create(&folder.path().join(name), name, algorithm, [3; 32]).unwrap();
        let log = key("ledger.example", Algorithm::Ed25519);
        let clock = || Timestamp::UNIX_EPOCH;
        let witness_key = key("witness.example", Algorithm::CosignatureV1);
        let mut witness = FileWitness::new(witness_key, log.key().clone(), folder.path().join("seen"), clock);

        let none = Checkpoint::first("ledger.example");
        let one = none.next(1, root(&[b"a"]));
        let two = one.next(2, root(&[b"a", b"b"]));
        let fork = one.next(2, root(&[b"x", b"b"]));
        let mut ask = |checkpoint: &Checkpoint, proof: &[Digest]| witness.cosign(&sign(checkpoint, &log).unwrap(), proof);

        assert!(ask(&none, &[]).is_ok());
        assert!(ask(&one, &[]).is_ok());
        assert!(ask(&one, &[]).is_ok(), "the same once more");
        assert!(matches!(ask(&fork, &[leaf_hash(b"b")]), Err(WitnessError::Forked(_))));
        assert!(matches!(ask(&two, &[]), Err(WitnessError::Forked(_))), "no proof");
        let line = ask(&two, &[leaf_hash(b"b")]).unwrap();
        assert!(matches!(ask(&one, &[]), Err(WitnessError::RolledBack { seen: 2, size: 1 })));

        let trust = Trust { log: log.key().clone(), witnesses: vec![witness.key().clone()] };
        assert_eq!(trust.checkpoint(format!("{}{line}", sign(&two, &log).unwrap()).as_bytes()), Ok(two));
    }

    fn root(leaves: &[&[u8]]) -> Digest {
        let mut frontier = Frontier::default();
        leaves.iter().for_each(|leaf| frontier.push(leaf_hash(leaf)));
        frontier.root()
    }
}
