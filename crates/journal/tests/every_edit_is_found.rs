//! Random edits of a real log's files: the verifier finds every one.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "this is a test, helpers included")]

mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use assent_base::Digest;
use assent_journal::{Journal, Key};
use assent_ledger::{
    Algorithm, CHECKPOINT, Checkpoint, Fault, Files, Frontier, HISTORY, Summary, TILE_WIDTH, Tile, Trust, Unreadable, Verdict, cosign,
    entries, entries_path, fold, leaf_hash, part, payloads, push_entry, push_payload, sign, split_first,
};
use support::{Dice, Place, append_all, key};

/// Edits of an ordinary run; without optimisation, each takes some ten milliseconds.
const EDITS: usize = 1_000;
/// Edits of a run that has the time.
const EDITS_MANY: usize = 10_000;
const RECORDS: u64 = 280;

#[test]
fn random_edits_are_found() {
    edit_at_random(EDITS, 0);
}

#[test]
#[ignore = "takes minutes without optimisation"]
fn ten_thousand_random_edits_are_found() {
    edit_at_random(EDITS_MANY, 100);
}

fn edit_at_random(edits: usize, seed: u64) {
    let log = Arc::new(Log::new());
    let halves: Vec<_> = [seed + 1, seed + 2]
        .map(|seed| {
            let log = Arc::clone(&log);
            std::thread::spawn(move || log.edit_at_random(edits / 2, Dice(0x9e37_79b9_7f4a_7c15 ^ seed)))
        })
        .into();
    let mut kinds = BTreeMap::new();
    for half in halves {
        half.join().unwrap().into_iter().for_each(|(kind, count)| *kinds.entry(kind).or_insert(0) += count);
    }
    assert_eq!(kinds.values().sum::<usize>(), edits);
    assert_eq!(kinds.len(), Edit::ALL.len(), "every kind of edit was tried: {kinds:?}");
}

#[test]
fn the_first_fault_is_named_exactly() {
    let log = Log::new();
    let first = entries_path(0, 256);
    let mut files = log.files.clone();
    files.change(&first, |bytes| reorder(bytes, Bundle::Entries, |items| items.swap(3, 9)));
    let found = log.verify(&files).to_string();
    assert_eq!(found, "record 3 in `tile/entries/000` is the one of record 9");

    let mut files = log.files.clone();
    files.change(&first, |bytes| reorder(bytes, Bundle::Entries, |items| drop(items.remove(100))));
    assert_eq!(log.verify(&files).to_string(), "record 100 in `tile/entries/000` is the one of record 101");

    let mut files = log.files.clone();
    files.change("tile/0/000", |bytes| bytes[32 * 7] ^= 1);
    assert_eq!(log.verify(&files).to_string(), "hash 7 of `tile/0/000` does not match what lies beneath it");

    let mut files = log.files.clone();
    files.change("payload/001", |bytes| bytes[4] ^= 1);
    assert_eq!(log.verify(&files).to_string(), "the payload of record 256 in `payload/001` was changed");

    let mut files = log.files.clone();
    files.change(HISTORY, |bytes| *bytes = notes(bytes).concat().split_off(notes(bytes)[0].len()));
    assert_eq!(log.verify(&files).to_string(), "the checkpoint at byte 0 of `checkpoints` does not follow the one before it");

    let before = log.since(50);
    assert_eq!(log.trust.verify(&before, Some(&log.newest)).map(fault), Ok(Fault::RolledBack { since: RECORDS, size: 50 }));
    assert_eq!(log.trust.verify(&log.forks[0], Some(&log.newest)).map(fault), Ok(Fault::Forked { size: RECORDS }));
}

#[test]
fn a_log_cut_off_whole_is_only_found_with_an_older_checkpoint() {
    let log = Log::new();
    let before = log.since(50);
    let verdict = log.trust.verify(&before, None);
    assert!(matches!(verdict, Ok(Verdict::Sound(Summary { checkpoint: Checkpoint { size: 50, .. }, .. }))), "{verdict:?}");
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Edit {
    Bit,
    Insert,
    Cut,
    Truncate,
    SwapItems,
    SwapFiles,
    DropItem,
    DropFile,
    DuplicateItem,
    Reorder,
    Rollback,
    RollbackOneFile,
    Fork,
    ForkOneFile,
    SignAgain,
    RewriteWithoutKey,
}

impl Edit {
    const ALL: [Self; 16] = [
        Self::Bit,
        Self::Insert,
        Self::Cut,
        Self::Truncate,
        Self::SwapItems,
        Self::SwapFiles,
        Self::DropItem,
        Self::DropFile,
        Self::DuplicateItem,
        Self::Reorder,
        Self::Rollback,
        Self::RollbackOneFile,
        Self::Fork,
        Self::ForkOneFile,
        Self::SignAgain,
        Self::RewriteWithoutKey,
    ];
}

/// A log with a witness, as it is and as it was; and others that its key has signed as well.
struct Log {
    trust: Trust,
    newest: Checkpoint,
    files: Held,
    earlier: Vec<Held>,
    forks: Vec<Held>,
    thief: Key,
    _place: Place,
}

impl Log {
    fn new() -> Self {
        let place = Place::new();
        let (files, earlier) = written(&place, 0);
        let forks = (1..4)
            .map(|fork| {
                let other = Place::new();
                written(&other, fork * 100_000).0
            })
            .collect();
        let trust = Trust { witnesses: vec![place.witness().key().clone()], ..place.trust() };
        let newest = trust.checkpoint(&files.0[CHECKPOINT]).unwrap();
        let thief = Key::load_or_create(&place.folder.path().join("thief"), support::ORIGIN, Algorithm::Ed25519, [66; 32]).unwrap();
        let log = Self { trust, newest, files, earlier, forks, thief, _place: place };
        assert!(matches!(log.trust.verify(&log.files, Some(&log.newest)), Ok(Verdict::Sound(_))));
        log
    }

    fn edit_at_random(&self, edits: usize, mut dice: Dice) -> BTreeMap<Edit, usize> {
        let mut kinds = BTreeMap::new();
        let mut done = 0;
        while done < edits {
            let edit = Edit::ALL[dice.roll(Edit::ALL.len())];
            let files = self.edited(edit, &mut dice);
            if files == self.files {
                continue;
            }
            let verdict = self.trust.verify(&files, Some(&self.newest));
            assert!(
                matches!(verdict, Ok(Verdict::Faulty(_))),
                "edit {done}, {edit:?}: {verdict:?} with {:?} changed",
                self.files.differ(&files)
            );
            *kinds.entry(edit).or_insert(0) += 1;
            done += 1;
        }
        kinds
    }

    fn edited(&self, edit: Edit, dice: &mut Dice) -> Held {
        let mut files = self.files.clone();
        let path = files.0.keys().nth(dice.roll(files.0.len())).unwrap().clone();
        let length = files.0[&path].len();
        match edit {
            Edit::Bit => files.change(&path, |bytes| bytes[dice.roll(length)] ^= 1 << dice.roll(8)),
            Edit::Insert => files.change(&path, |bytes| bytes.insert(dice.roll(length + 1), u8::try_from(dice.roll(256)).unwrap())),
            Edit::Cut => files.change(&path, |bytes| {
                bytes.remove(dice.roll(length));
            }),
            Edit::Truncate => files.change(&path, |bytes| bytes.truncate(dice.roll(length))),
            Edit::SwapItems => files.change(&path, |bytes| {
                reorder(bytes, Bundle::of(&path), |items| {
                    let (one, two) = (dice.roll(items.len()), dice.roll(items.len()));
                    items.swap(one, two);
                });
            }),
            Edit::DropItem => files.change(&path, |bytes| {
                reorder(bytes, Bundle::of(&path), |items| {
                    let at = dice.roll(items.len());
                    items.remove(at);
                });
            }),
            Edit::DuplicateItem => files.change(&path, |bytes| {
                reorder(bytes, Bundle::of(&path), |items| {
                    let item = items[dice.roll(items.len())].clone();
                    items.insert(dice.roll(items.len()), item);
                });
            }),
            Edit::Reorder => files.change(&path, |bytes| {
                reorder(bytes, Bundle::of(&path), |items| {
                    let start = dice.roll(items.len());
                    items[start..].reverse();
                });
            }),
            Edit::SwapFiles => {
                let other = files.0.keys().nth(dice.roll(files.0.len())).unwrap().clone();
                let (one, two) = (files.0[&path].clone(), files.0[&other].clone());
                files.0.extend([(path, two), (other, one)]);
            }
            Edit::DropFile => drop(files.0.remove(&path)),
            Edit::Rollback => files = self.earlier[dice.roll(self.earlier.len())].clone(),
            Edit::RollbackOneFile => {
                let earlier = &self.earlier[dice.roll(self.earlier.len())];
                earlier.0.get(&path).into_iter().for_each(|bytes| drop(files.0.insert(path.clone(), bytes.clone())));
            }
            Edit::Fork => files = self.forks[dice.roll(self.forks.len())].clone(),
            Edit::ForkOneFile => drop(files.0.insert(path.clone(), self.forks[dice.roll(self.forks.len())].0[&path].clone())),
            Edit::SignAgain => self.sign_again(&mut files, dice),
            Edit::RewriteWithoutKey => rewrite(&mut files, dice),
        }
        files
    }

    /// Signs checkpoints with a key of the same name.
    fn sign_again(&self, files: &mut Held, dice: &mut Dice) {
        let path = [CHECKPOINT, HISTORY][dice.roll(2)];
        let again = |note: &Vec<u8>| {
            let checkpoint = self.trust.checkpoint_of_log(note).unwrap();
            sign(&checkpoint, &self.thief).unwrap().into_bytes()
        };
        files.change(path, |bytes| {
            let mut notes = notes(bytes);
            let from = dice.roll(notes.len());
            notes[from..].iter_mut().for_each(|note| *note = again(note));
            *bytes = notes.concat();
        });
        if path == CHECKPOINT {
            let line = cosign(&self.newest, 0, &self.thief).unwrap();
            files.change(path, |bytes| bytes.extend(line.into_bytes()));
        }
    }

    fn verify(&self, files: &Held) -> Fault {
        fault(self.trust.verify(files, Some(&self.newest)).unwrap())
    }

    /// The log as it was at this size.
    fn since(&self, size: u64) -> Held {
        let at = |files: &&Held| self.trust.checkpoint(&files.0[CHECKPOINT]).unwrap().size == size;
        self.earlier.iter().find(at).unwrap().clone()
    }
}

fn fault(verdict: Verdict) -> Fault {
    match verdict {
        Verdict::Faulty(fault) => fault,
        Verdict::Sound(summary) => panic!("sound: {summary:?}"),
    }
}

/// Writes a log in several commits; gives its files, and what they were after each commit.
fn written(place: &Place, numbers_from: u64) -> (Held, Vec<Held>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let journal = Journal::open(&place.config(), Box::new(key(place.folder.path())), Some(place.witness())).unwrap();
        let mut states = Vec::new();
        let mut from = 0;
        for to in [1, 50, 255, 256, 257, RECORDS] {
            append_all(&journal, numbers_from + from..numbers_from + to).await;
            journal.settle().await.unwrap();
            let mut files = Held::default();
            files.load(&place.log(), "");
            states.push(files);
            from = to;
        }
        journal.close().await;
        (states.pop().unwrap(), states)
    })
}

/// Changes a record or payload and everything that follows from it but the signatures.
fn rewrite(files: &mut Held, dice: &mut Dice) {
    let bundles: Vec<String> = files.0.keys().filter(|path| path.starts_with("tile/entries/")).cloned().collect();
    let mut records: Vec<Vec<u8>> =
        bundles.iter().flat_map(|path| entries(&files.0[path]).map(|entry| entry.unwrap().to_vec()).collect::<Vec<_>>()).collect();
    let at = dice.roll(records.len());
    match dice.roll(3) {
        0 => records[at] = String::from_utf8(records[at].clone()).unwrap().replace("done", "failed").into_bytes(),
        1 => records.swap(at, dice.roll(280)),
        _ => {
            let copy = records[at].clone();
            records[dice.roll(280)] = copy;
        }
    }
    let mut frontier = Frontier::default();
    let leaves: Vec<Digest> = records.iter().map(|record| leaf_hash(record)).collect();
    leaves.iter().for_each(|leaf| frontier.push(*leaf));
    let width = usize::try_from(TILE_WIDTH).unwrap();
    let mut above = Vec::new();
    for ((records, leaves), index) in records.chunks(width).zip(leaves.chunks(width)).zip(0..) {
        let mut bundle = Vec::new();
        records.iter().for_each(|record| assert!(push_entry(&mut bundle, record)));
        let tile = Tile { level: 0, index, width: leaves.len() as u64 };
        files.0.insert(entries_path(index, tile.width), Arc::new(bundle));
        files.0.insert(tile.path(), Arc::new(leaves.iter().flat_map(|leaf| *leaf.as_bytes()).collect()));
        above.extend((leaves.len() == width).then(|| fold(leaves).unwrap()));
    }
    let tile = Tile { level: 1, index: 0, width: above.len() as u64 };
    files.0.insert(tile.path(), Arc::new(above.iter().flat_map(|hash| *hash.as_bytes()).collect()));
    // The root too, half of the time: then the signature does not hold.
    if dice.roll(2) == 0 {
        use base64::Engine as _;
        let root = base64::engine::general_purpose::STANDARD.encode(frontier.root().as_bytes());
        files.change(CHECKPOINT, |bytes| {
            let text = String::from_utf8(bytes.clone()).unwrap();
            let mut lines: Vec<&str> = text.split('\n').collect();
            lines[2] = &root;
            *bytes = lines.join("\n").into_bytes();
        });
    }
}

#[derive(Clone, Copy)]
enum Bundle {
    Entries,
    Payloads,
    Notes,
    Hashes,
}

impl Bundle {
    fn of(path: &str) -> Self {
        match path {
            HISTORY | CHECKPOINT => Self::Notes,
            path if path.starts_with("tile/entries/") => Self::Entries,
            path if path.starts_with("payload/") => Self::Payloads,
            _ => Self::Hashes,
        }
    }
}

/// Takes a file apart, changes the order or number of its items, and puts it together again.
fn reorder(bytes: &mut Vec<u8>, bundle: Bundle, change: impl FnOnce(&mut Vec<Vec<u8>>)) {
    let mut items: Vec<Vec<u8>> = match bundle {
        Bundle::Entries => entries(bytes).map(|item| item.unwrap().to_vec()).collect(),
        Bundle::Payloads => payloads(bytes).map(|item| item.unwrap().to_vec()).collect(),
        Bundle::Notes => notes(bytes),
        Bundle::Hashes => bytes.chunks(32).map(<[u8]>::to_vec).collect(),
    };
    change(&mut items);
    bytes.clear();
    for item in items {
        match bundle {
            Bundle::Entries => assert!(push_entry(bytes, &item)),
            Bundle::Payloads => assert!(push_payload(bytes, &item)),
            Bundle::Notes | Bundle::Hashes => bytes.extend(item),
        }
    }
}

fn notes(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut notes = Vec::new();
    while let Some((note, rest)) = split_first(bytes) {
        notes.push(note.to_vec());
        bytes = rest;
    }
    notes
}

/// Files in memory.
#[derive(Debug, Clone, Default, PartialEq)]
struct Held(BTreeMap<String, Arc<Vec<u8>>>);

impl Held {
    fn load(&mut self, folder: &Path, under: &str) {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let name = format!("{under}{}", entry.file_name().to_str().unwrap());
            if entry.path().is_dir() {
                self.load(&entry.path(), &format!("{name}/"));
            } else if name != "lock" && !name.starts_with("redo/") {
                self.0.insert(name, Arc::new(std::fs::read(entry.path()).unwrap()));
            }
        }
    }

    fn change(&mut self, path: &str, change: impl FnOnce(&mut Vec<u8>)) {
        change(Arc::make_mut(self.0.get_mut(path).unwrap()));
    }

    fn differ(&self, other: &Self) -> Vec<String> {
        self.0.keys().chain(other.0.keys()).filter(|path| self.0.get(*path) != other.0.get(*path)).cloned().collect()
    }
}

impl Files for Held {
    fn read_at(&self, path: &str, offset: u64, bytes_max: usize) -> Result<Option<Vec<u8>>, Unreadable> {
        Ok(self.0.get(path).map(|bytes| part(bytes, offset, bytes_max).to_vec()))
    }

    fn length(&self, path: &str) -> Result<Option<u64>, Unreadable> {
        Ok(self.0.get(path).map(|bytes| bytes.len() as u64))
    }
}
