//! Any change of a log's files: the verifier finds it, and opening the journal answers without a panic and never takes damage for a log.
#![no_main]

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

use assent_base::id::TenantId;
use assent_base::{Digest, Timestamp};
use assent_journal::{Config, Disk, Entry, Folder, Journal, Key, Limits};
use assent_ledger::{Algorithm, Files, Outcome, Signer as _, Trust, Unreadable, Verdict, part};

type Held = BTreeMap<String, Vec<u8>>;
const ORIGIN: &str = "ledger.example";
const RECORDS: u64 = 259;

// Each eight bytes are one change: which file, how, where, and a byte.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (folder, original) = PREPARED.get_or_init(prepare);
    let mut files = original.clone();
    for [file, how, a, b, c, byte, ..] in bytes.as_chunks::<8>().0 {
        let path = files.keys().nth(usize::from(*file) % files.len().max(1)).cloned();
        let Some(path) = path else { continue };
        let held = files.entry(path.clone()).or_default();
        let at = usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c);
        let at = at % held.len().max(1);
        match how % 5 {
            0 => held.iter_mut().skip(at).take(1).for_each(|old| *old = *byte),
            1 => held.insert(at, *byte),
            2 => held.truncate(at),
            3 => held.extend([*byte]),
            _ => drop(files.remove(&path)),
        }
    }
    let key = key(folder);
    let trust = Trust::log(key.key().clone());
    let verdict = trust.verify(&Memory::new(&files), None);
    // The verifier knows nothing of the redo: when the journal was closed, the log's own files have everything.
    let own = |files: &Held| files.iter().filter(|(path, _)| !path.starts_with("redo/")).map(|(path, bytes)| (path.clone(), bytes.clone())).collect::<Held>();
    assert_eq!(matches!(verdict, Ok(Verdict::Sound(_))), own(&files) == own(original), "{verdict:?}");
    if let Ok(journal) = Journal::open_on(Arc::new(Memory::new(&files)), &config(Path::new("")), Box::new(key), None) {
        // Beside a log without any files, one that opens is the one that was written, perhaps less its unsigned end.
        assert!([0, RECORDS].contains(&journal.checkpoint().0.size));
    }
});

static PREPARED: OnceLock<(tempfile::TempDir, Held)> = OnceLock::new();

fn prepare() -> (tempfile::TempDir, Held) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let log = folder.path().join("log");
    let disk = Arc::new(Folder::open(&log).expect("a folder").expect("nobody else has it"));
    let journal = Journal::open_on(disk, &config(&log), Box::new(key(&folder)), None).expect("a new log");
    for number in 0..RECORDS {
        runtime.block_on(journal.append(entry(number))).expect("an acknowledgement");
    }
    runtime.block_on(journal.close());
    let mut files = Held::new();
    load(&log, "", &mut files);
    (folder, files)
}

fn load(folder: &Path, under: &str, files: &mut Held) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let name = format!("{under}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            load(&entry.path(), &format!("{name}/"), files);
        } else if name != "lock" {
            files.insert(name, std::fs::read(entry.path()).expect("a file"));
        }
    }
}

fn key(folder: &tempfile::TempDir) -> Key {
    Key::load_or_create(&folder.path().join("key"), ORIGIN, Algorithm::Ed25519, [1; 32]).expect("a key")
}

fn config(dir: &Path) -> Config {
    Config { dir: dir.to_owned(), origin: ORIGIN.to_owned(), limits: Limits::default() }
}

fn entry(number: u64) -> Entry {
    let at = Timestamp::UNIX_EPOCH;
    let action = "incident.dismiss".parse().expect("an action");
    let bytes = number.to_be_bytes();
    Entry { tenant: TenantId::new(at, [1; 10]), at, action, outcome: Outcome::Done, commitment: Digest::of(&bytes), sealed: bytes.to_vec() }
}

/// A disk in memory.
struct Memory(Mutex<Held>);

impl Memory {
    fn new(files: &Held) -> Self {
        Self(Mutex::new(files.clone()))
    }

    fn with<T>(&self, act: impl FnOnce(&mut Held) -> T) -> T {
        act(&mut self.0.lock().expect("no thread panics"))
    }
}

impl Files for Memory {
    fn read_at(&self, path: &str, offset: u64, bytes_max: usize) -> Result<Option<Vec<u8>>, Unreadable> {
        Ok(self.with(|files| files.get(path).map(|bytes| part(bytes, offset, bytes_max).to_vec())))
    }

    fn length(&self, path: &str) -> Result<Option<u64>, Unreadable> {
        Ok(self.with(|files| files.get(path).map(|bytes| bytes.len() as u64)))
    }
}

impl Disk for Memory {
    fn write(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        self.with(|files| files.insert(path.to_owned(), bytes.to_vec()));
        Ok(())
    }

    fn append(&self, path: &str, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.with(|files| {
            let held = files.entry(path.to_owned()).or_default();
            held.resize(usize::try_from(at).unwrap_or(0), 0);
            held.extend(bytes);
        });
        Ok(())
    }

    fn extend(&self, path: &str, bytes: u64) -> io::Result<()> {
        self.with(|files| {
            let held = files.entry(path.to_owned()).or_default();
            let length = usize::try_from(bytes).unwrap_or(0).max(held.len());
            held.resize(length, 0);
        });
        Ok(())
    }

    fn overwrite(&self, path: &str, at: u64, bytes: &[u8]) -> io::Result<()> {
        let at = usize::try_from(at).unwrap_or(usize::MAX);
        let place = |files: &mut Held| Some(files.get_mut(path)?.get_mut(at..at.checked_add(bytes.len())?)?.copy_from_slice(bytes));
        self.with(place).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    fn touch(&self, _: &str) -> io::Result<()> {
        Ok(())
    }

    fn truncate(&self, path: &str, bytes: u64) -> io::Result<()> {
        self.with(|files| files.get_mut(path).map(|held| held.truncate(usize::try_from(bytes).unwrap_or(usize::MAX))));
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.with(|files| files.remove(from).map(|bytes| files.insert(to.to_owned(), bytes)));
        Ok(())
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        self.with(|files| files.remove(path));
        Ok(())
    }

    fn names(&self, folder: &str) -> io::Result<Vec<String>> {
        let under = format!("{folder}/");
        let name = |path: &String| path.strip_prefix(&under).and_then(|rest| rest.split('/').next()).map(ToOwned::to_owned);
        Ok(self.with(|files| files.keys().filter_map(name).collect()))
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    fn release(&self) {}
}
