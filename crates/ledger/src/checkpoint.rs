//! Checkpoints: size and root of the log at one moment, signed by the log and perhaps by witnesses.
//!
//! Every checkpoint but the first has one extension line, `previous`, with the SHA-256 of the text of the one before it in base64. So all
//! checkpoints of a log are a chain, from which none can be taken out unnoticed.
//!
//! Source: C2SP tlog-checkpoint and tlog-cosignature. Other extension lines are not accepted.

use assent_base::Digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::key::{Algorithm, VerifierKey};
use crate::note::{BadNote, Note, Signature};

/// Records in a log at most: far more than there will be, and far from where arithmetic would overflow.
pub const SIZE_MAX: u64 = 1 << 48;
const PREVIOUS: &str = "previous ";

/// What a log was at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The name of the log, which is also the name of its key.
    pub origin: String,
    /// Records in it.
    pub size: u64,
    /// Root of the tree over them.
    pub root: Digest,
    /// Digest of the text of the checkpoint before this one; the first has none.
    pub previous: Option<Digest>,
}

/// Something that holds a private key. The core holds none.
pub trait Signer {
    /// The public half.
    fn key(&self) -> &VerifierKey;

    /// The Ed25519 signature over this message.
    ///
    /// # Errors
    /// When the key cannot be used now.
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SigningFailed>;
}

/// No signature was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot sign: {cause}")]
pub struct SigningFailed {
    /// What the signer said.
    pub cause: String,
}

/// Why a note is not a checkpoint of the log that is asked about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadCheckpoint {
    /// No note at all.
    #[error("not a signed note: {0}")]
    Note(#[from] BadNote),
    /// A note about something else.
    #[error("not a checkpoint: expected the origin, a size and a root")]
    NotACheckpoint,
    /// A checkpoint of another log.
    #[error("a checkpoint of `{0}`")]
    OtherLog(String),
    /// A key that must have signed it has not.
    #[error("`{0}` has not signed it, or it was changed since")]
    NotSigned(String),
}

/// The keys that an auditor trusts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    /// The key of the log.
    pub log: VerifierKey,
    /// Witnesses, each of which must have signed the newest checkpoint.
    pub witnesses: Vec<VerifierKey>,
}

impl Checkpoint {
    /// The text that is signed.
    #[must_use]
    pub fn text(&self) -> String {
        let text = format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root.as_bytes()));
        match &self.previous {
            Some(previous) => format!("{text}{PREVIOUS}{}\n", STANDARD.encode(previous.as_bytes())),
            None => text,
        }
    }

    /// The checkpoint that follows this one.
    #[must_use]
    pub fn next(&self, size: u64, root: Digest) -> Self {
        Self { origin: self.origin.clone(), size, root, previous: Some(Digest::of(self.text().as_bytes())) }
    }

    /// The checkpoint that a log begins with.
    #[must_use]
    pub fn first(origin: &str) -> Self {
        Self { origin: origin.to_owned(), size: 0, root: Digest::of(&[]), previous: None }
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
        let previous = match lines.next() {
            Some(line) => Some(digest(line.strip_prefix(PREVIOUS)?)?),
            None => None,
        };
        let size = size.parse().ok().filter(|size| *size <= SIZE_MAX)?;
        let checkpoint = Self { origin: origin.to_owned(), size, root: digest(root)?, previous };
        // One spelling only: no sign, no leading zeros, nothing after the root.
        (checkpoint.text() == text).then_some(checkpoint)
    }
}

fn digest(base64: &str) -> Option<Digest> {
    Some(Digest::from_bytes(STANDARD.decode(base64).ok()?.try_into().ok()?))
}

impl Trust {
    /// Trust in a log alone.
    #[must_use]
    pub const fn log(log: VerifierKey) -> Self {
        Self { log, witnesses: Vec::new() }
    }

    /// Reads a checkpoint that the log and all witnesses have signed. Signatures of keys that are not known count for nothing.
    ///
    /// # Errors
    /// When it is none, or one of them has not signed it.
    pub fn checkpoint(&self, note: &[u8]) -> Result<Checkpoint, BadCheckpoint> {
        let note = Note::parse(note)?;
        let checkpoint = self.signed_by_log(&note)?;
        let missing = self.witnesses.iter().find(|witness| !has_signed(witness, &note));
        missing.map_or(Ok(checkpoint), |witness| Err(BadCheckpoint::NotSigned(witness.name().to_owned())))
    }

    /// Reads a checkpoint that the log has signed, as the history keeps them.
    ///
    /// # Errors
    /// When it is none, or the log has not signed it.
    pub fn checkpoint_of_log(&self, note: &[u8]) -> Result<Checkpoint, BadCheckpoint> {
        self.signed_by_log(&Note::parse(note)?)
    }

    fn signed_by_log(&self, note: &Note) -> Result<Checkpoint, BadCheckpoint> {
        let checkpoint = Checkpoint::parse(note.text()).ok_or(BadCheckpoint::NotACheckpoint)?;
        if checkpoint.origin != self.log.name() {
            return Err(BadCheckpoint::OtherLog(checkpoint.origin));
        }
        if has_signed(&self.log, note) { Ok(checkpoint) } else { Err(BadCheckpoint::NotSigned(self.log.name().to_owned())) }
    }
}

/// Signs a checkpoint for the log and gives the note back.
///
/// # Errors
/// When the key cannot be used.
pub fn sign(checkpoint: &Checkpoint, signer: &(impl Signer + ?Sized)) -> Result<String, SigningFailed> {
    signed_note(&checkpoint.text(), signer)
}

/// A note of this text with one signature.
pub(crate) fn signed_note(text: &str, signer: &(impl Signer + ?Sized)) -> Result<String, SigningFailed> {
    let bytes = signer.sign(text.as_bytes())?.to_vec();
    let signature = Signature { name: signer.key().name().to_owned(), id: signer.key().id(), bytes };
    Ok(format!("{text}\n{}", signature.line()))
}

/// The signature line of a witness that has seen this checkpoint, and no other of its size, at this second since 1970.
///
/// # Errors
/// When the key cannot be used.
pub fn cosign(checkpoint: &Checkpoint, at_s: u64, witness: &(impl Signer + ?Sized)) -> Result<String, SigningFailed> {
    let signature = witness.sign(cosigned(&checkpoint.text(), at_s).as_bytes())?;
    let bytes = at_s.to_be_bytes().into_iter().chain(signature).collect();
    Ok(Signature { name: witness.key().name().to_owned(), id: witness.key().id(), bytes }.line())
}

fn cosigned(text: &str, at_s: u64) -> String {
    format!("cosignature/v1\ntime {at_s}\n{text}")
}

/// Whether the note has exactly one signature under this key's name and hash, and it holds.
pub(crate) fn has_signed(key: &VerifierKey, note: &Note) -> bool {
    let mut own = note.signatures().iter().filter(|signature| signature.name == key.name() && signature.id == key.id());
    let (Some(signature), None) = (own.next(), own.next()) else { return false };
    match key.algorithm() {
        Algorithm::Ed25519 => signature.bytes.as_slice().try_into().is_ok_and(|signature| key.signed(note.text().as_bytes(), signature)),
        Algorithm::CosignatureV1 => signature.bytes.split_first_chunk::<8>().is_some_and(|(at_s, rest)| {
            let message = cosigned(note.text(), u64::from_be_bytes(*at_s));
            rest.try_into().is_ok_and(|signature| key.signed(message.as_bytes(), signature))
        }),
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer as _, SigningKey};

    use super::*;

    #[test]
    fn a_signed_checkpoint_reads_back_under_its_key_only() {
        let note = sign(&checkpoint(), &log()).unwrap();
        assert_eq!(Trust::log(log().key).checkpoint(note.as_bytes()), Ok(checkpoint()));
        let other = Trust::log(TestKey::new("ledger.example", Algorithm::Ed25519, 2).key);
        assert_eq!(other.checkpoint(note.as_bytes()), Err(BadCheckpoint::NotSigned("ledger.example".to_owned())));
        let renamed = Trust::log(TestKey::new("other.example", Algorithm::Ed25519, 1).key);
        assert_eq!(renamed.checkpoint(note.as_bytes()), Err(BadCheckpoint::OtherLog("ledger.example".to_owned())));
    }

    #[test]
    fn a_witness_that_is_asked_for_must_have_signed() {
        let witness = TestKey::new("witness.example", Algorithm::CosignatureV1, 3);
        let trust = Trust { log: log().key, witnesses: vec![witness.key.clone()] };
        let note = sign(&checkpoint(), &log()).unwrap();
        assert_eq!(trust.checkpoint(note.as_bytes()), Err(BadCheckpoint::NotSigned("witness.example".to_owned())));
        let line = cosign(&checkpoint(), 1_777_888_999, &witness).unwrap();
        assert_eq!(trust.checkpoint(format!("{note}{line}").as_bytes()), Ok(checkpoint()));
        assert!(trust.checkpoint(format!("{note}{line}{line}").as_bytes()).is_err(), "twice");
        let older = cosign(&Checkpoint { size: 6, ..checkpoint() }, 1_777_888_999, &witness).unwrap();
        assert!(trust.checkpoint(format!("{note}{older}").as_bytes()).is_err(), "of another checkpoint");
    }

    #[test]
    fn a_log_cannot_sign_in_the_place_of_a_witness() {
        let forged = TestKey::new("ledger.example", Algorithm::CosignatureV1, 1);
        let note = format!("{}\n{}", checkpoint().text(), cosign(&checkpoint(), 1, &forged).unwrap());
        assert!(Trust::log(log().key).checkpoint(note.as_bytes()).is_err());
    }

    #[test]
    fn every_changed_byte_of_a_checkpoint_is_noticed() {
        let note = sign(&checkpoint(), &log()).unwrap().into_bytes();
        let trust = Trust::log(log().key);
        for at in 0..note.len() {
            for bit in 0..8 {
                let mut changed = note.clone();
                changed[at] ^= 1 << bit;
                assert!(trust.checkpoint(&changed).is_err(), "byte {at} bit {bit}");
            }
        }
    }

    #[test]
    fn a_checkpoint_has_one_spelling() {
        let root = STANDARD.encode([0; 32]);
        assert!(Checkpoint::parse(&format!("a\n7\n{root}\n")).is_some());
        assert_eq!(Checkpoint::parse(&checkpoint().text()), Some(checkpoint()));
        let odd = ["07", "+7", "-7", "", "99999999999999999999"].map(|size| format!("a\n{size}\n{root}\n"));
        for text in odd.into_iter().chain([format!("a\n7\n{root}\nmore\n"), format!("a\n7\n{root}"), "a\n7\nAA==\n".to_owned()]) {
            assert_eq!(Checkpoint::parse(&text), None, "{text}");
        }
    }

    fn checkpoint() -> Checkpoint {
        Checkpoint { origin: "ledger.example".to_owned(), size: 7, root: Digest::of(b"root"), previous: Some(Digest::of(b"before")) }
    }

    fn log() -> TestKey {
        TestKey::new("ledger.example", Algorithm::Ed25519, 1)
    }

    struct TestKey {
        key: VerifierKey,
        private: SigningKey,
    }

    impl TestKey {
        fn new(name: &str, algorithm: Algorithm, seed: u8) -> Self {
            let private = SigningKey::from_bytes(&[seed; 32]);
            Self { key: VerifierKey::new(name, algorithm, private.verifying_key().to_bytes()).unwrap(), private }
        }
    }

    impl Signer for TestKey {
        fn key(&self) -> &VerifierKey {
            &self.key
        }

        fn sign(&self, message: &[u8]) -> Result<[u8; 64], SigningFailed> {
            Ok(self.private.sign(message).to_bytes())
        }
    }
}
