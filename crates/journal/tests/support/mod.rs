//! What the tests of the journal share: a log with a key of its own in a temporary folder.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "this is a test, and not every one needs all of it"
)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use assent_base::Timestamp;
use assent_base::id::TenantId;
use assent_journal::{Config, Entry, FileWitness, Journal, JournalError, Key, Limits, Witness};
use assent_ledger::{Algorithm, Outcome, Payload, Signer as _, Trust, VerifierKey};

pub(crate) const ORIGIN: &str = "ledger.example";

pub(crate) struct Place {
    pub(crate) folder: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    pub(crate) fn config(&self) -> Config {
        config(&self.log())
    }

    pub(crate) fn open(&self) -> Result<Journal, JournalError> {
        Journal::open(&self.config(), Box::new(key(self.folder.path())), None)
    }

    /// Opens it so that nothing is written into the log's own files unless somebody asks for that.
    pub(crate) fn open_gathering(&self) -> Journal {
        let limits = Limits { gather_for: Duration::from_secs(3600), ..Limits::default() };
        Journal::open(&Config { limits, ..self.config() }, Box::new(key(self.folder.path())), None).unwrap()
    }

    /// The place as a power failure would leave it now, if everything that was written reached the disk.
    pub(crate) fn as_it_is(&self) -> Self {
        let other = Self::new();
        copy(self.folder.path(), other.folder.path());
        other
    }

    pub(crate) fn witness(&self) -> Box<dyn Witness> {
        let key = Key::load_or_create(&self.folder.path().join("witness"), "witness.example", Algorithm::CosignatureV1, [2; 32]).unwrap();
        Box::new(FileWitness::new(key, self.trust().log, self.folder.path().join("seen"), now))
    }

    pub(crate) fn open_witnessed(&self) -> Result<Journal, JournalError> {
        Journal::open(&self.config(), Box::new(key(self.folder.path())), Some(self.witness()))
    }

    pub(crate) fn trust(&self) -> Trust {
        Trust::log(public(self.folder.path()))
    }
}

pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() { copy(&entry.path(), &to) } else { std::fs::copy(entry.path(), to).map(drop).unwrap() }
    }
}

pub(crate) fn config(log: &Path) -> Config {
    Config { dir: log.to_owned(), origin: ORIGIN.to_owned(), limits: Limits::default() }
}

pub(crate) fn key(folder: &Path) -> Key {
    Key::load_or_create(&folder.join("key"), ORIGIN, Algorithm::Ed25519, [1; 32]).unwrap()
}

pub(crate) fn public(folder: &Path) -> VerifierKey {
    key(folder).key().clone()
}

pub(crate) fn now() -> Timestamp {
    "2026-05-04T10:00:00Z".parse().unwrap()
}

/// The entry with this number: different numbers give different records and payloads.
pub(crate) fn entry(number: u64) -> Entry {
    let payload = Payload::new("platform".to_owned(), format!("inc_{number}"), serde_json::json!({ "number": number }), [5; 32]);
    let (plain, commitment) = payload.canonical().unwrap();
    // Stands for encryption: the journal never looks inside.
    let sealed = plain.iter().map(|byte| byte ^ 0x5a).collect();
    Entry {
        tenant: TenantId::new(now(), [1; 10]),
        at: now(),
        action: "incident.dismiss".parse().unwrap(),
        outcome: Outcome::Done,
        commitment,
        sealed,
    }
}

/// Appends these numbers at once, and waits for all.
pub(crate) async fn append_all(journal: &Journal, numbers: std::ops::Range<u64>) {
    let mut waiting: Vec<_> = numbers.map(|number| Box::pin(journal.append(entry(number)))).collect();
    std::future::poll_fn(|context| {
        waiting.retain_mut(|append| match append.as_mut().poll(context) {
            std::task::Poll::Ready(done) => {
                done.unwrap();
                false
            }
            std::task::Poll::Pending => true,
        });
        if waiting.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}

/// Numbers that look random and are the same each time.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % below.max(1) as u64).unwrap()
    }
}
