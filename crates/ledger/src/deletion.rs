//! Certificates of deletion: a signed note that says which tenant was deleted, when, and which key was destroyed for it.
//!
//! ```text
//! assent tenant deletion v1
//! ledger assent/ledger
//! tenant tnt_…
//! at 2026-05-04T12:00:00Z
//! key sha256:…
//! record 812
//!
//! — assent/ledger HX1dHJ7…
//! ```
//!
//! No checkpoint begins like the first line, so no signature over one can be taken for the other.
//!
//! Source: C2SP signed-note for the envelope; the text is our own.

use assent_base::id::TenantId;
use assent_base::{Digest, Timestamp};

use crate::checkpoint::{SIZE_MAX, Signer, SigningFailed, Trust, has_signed, signed_note};
use crate::note::{BadNote, Note};

/// The first line.
const TITLE: &str = "assent tenant deletion v1";

/// What a certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deletion {
    /// The name of the log that holds the record, which is also the name of the key that signs.
    pub ledger: String,
    /// The tenant.
    pub tenant: TenantId,
    /// When it was asked for.
    pub at: Timestamp,
    /// The digest of the destroyed key.
    pub key: Digest,
    /// The place of the record that says it was done.
    pub record: u64,
}

/// Why a note is no certificate of deletion by the log that is trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadDeletion {
    /// No note at all.
    #[error("not a signed note: {0}")]
    Note(#[from] BadNote),
    /// A note about something else.
    #[error("not a certificate of deletion: expected `{TITLE}`, then ledger, tenant, instant, key and record")]
    NotADeletion,
    /// A certificate of another log.
    #[error("a certificate by `{0}`")]
    OtherLog(String),
    /// The log has not signed it.
    #[error("`{0}` has not signed it, or it was changed since")]
    NotSigned(String),
}

impl Deletion {
    /// The text that is signed.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { ledger, tenant, at, key, record } = self;
        format!("{TITLE}\nledger {ledger}\ntenant {tenant}\nat {at}\nkey {key}\nrecord {record}\n")
    }

    /// Signs it for the log, and gives the note.
    ///
    /// # Errors
    /// When the key cannot be used.
    pub fn sign(&self, signer: &(impl Signer + ?Sized)) -> Result<String, SigningFailed> {
        signed_note(&self.text(), signer)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_prefix(TITLE)?.strip_prefix('\n')?.split('\n');
        let mut line = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(' ');
        let ledger = line("ledger")?.to_owned();
        let tenant = line("tenant")?.parse().ok()?;
        let at = line("at")?.parse().ok()?;
        let key = line("key")?.parse().ok()?;
        let record = line("record")?.parse().ok().filter(|record| *record < SIZE_MAX)?;
        let deletion = Self { ledger, tenant, at, key, record };
        // One spelling only, and nothing after the record.
        (deletion.text() == text).then_some(deletion)
    }
}

impl Trust {
    /// Reads a certificate of deletion that the log has signed. Witnesses are not asked: they vouch for checkpoints alone.
    ///
    /// # Errors
    /// When it is none, or the log has not signed it.
    pub fn deletion(&self, note: &[u8]) -> Result<Deletion, BadDeletion> {
        let note = Note::parse(note)?;
        let deletion = Deletion::parse(note.text()).ok_or(BadDeletion::NotADeletion)?;
        if deletion.ledger != self.log.name() {
            return Err(BadDeletion::OtherLog(deletion.ledger));
        }
        if has_signed(&self.log, &note) { Ok(deletion) } else { Err(BadDeletion::NotSigned(deletion.ledger)) }
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer as _, SigningKey};

    use super::*;
    use crate::key::{Algorithm, VerifierKey};

    #[test]
    fn a_certificate_reads_back_under_the_key_of_its_log_only() {
        let note = deletion().sign(&log()).unwrap();
        assert!(note.starts_with("assent tenant deletion v1\nledger ledger.example\ntenant tnt_"), "{note}");
        assert_eq!(Trust::log(log().key).deletion(note.as_bytes()), Ok(deletion()));
        let other = Trust::log(TestKey::new("ledger.example", 2).key);
        assert_eq!(other.deletion(note.as_bytes()), Err(BadDeletion::NotSigned("ledger.example".to_owned())));
        let renamed = Trust::log(TestKey::new("other.example", 1).key);
        assert_eq!(renamed.deletion(note.as_bytes()), Err(BadDeletion::OtherLog("ledger.example".to_owned())));
    }

    #[test]
    fn every_changed_byte_of_a_certificate_is_noticed() {
        let note = deletion().sign(&log()).unwrap().into_bytes();
        let trust = Trust::log(log().key);
        for at in 0..note.len() {
            for bit in 0..8 {
                let mut changed = note.clone();
                changed[at] ^= 1 << bit;
                assert!(trust.deletion(&changed).is_err(), "byte {at} bit {bit}");
            }
        }
    }

    #[test]
    fn what_the_log_signed_about_something_else_is_no_certificate() {
        let trust = Trust::log(log().key);
        let text = deletion().text();
        for other in [
            text.replace(" v1", " v2"),
            text.replace("record 812", "record 0812"),
            text.replace("12:00:00Z", "12:00:00.0Z"),
            text.replace("record 812\n", ""),
            format!("{text}more\n"),
            "ledger.example\n7\nroot\n".to_owned(),
        ] {
            let note = signed_note(&other, &log()).unwrap();
            assert_eq!(trust.deletion(note.as_bytes()), Err(BadDeletion::NotADeletion), "{other}");
        }
        assert!(matches!(trust.deletion(text.as_bytes()), Err(BadDeletion::Note(_))), "not signed at all");
    }

    fn deletion() -> Deletion {
        Deletion {
            ledger: "ledger.example".to_owned(),
            tenant: "tnt_0192f0c1d2e37a4b8c5d6e7f80912a3b".parse().unwrap(),
            at: "2026-05-04T12:00:00Z".parse().unwrap(),
            key: Digest::of(b"key"),
            record: 812,
        }
    }

    fn log() -> TestKey {
        TestKey::new("ledger.example", 1)
    }

    struct TestKey {
        key: VerifierKey,
        private: SigningKey,
    }

    impl TestKey {
        fn new(name: &str, seed: u8) -> Self {
            let private = SigningKey::from_bytes(&[seed; 32]);
            Self { key: VerifierKey::new(name, Algorithm::Ed25519, private.verifying_key().to_bytes()).unwrap(), private }
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
