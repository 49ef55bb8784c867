//! The disk fails at every single step, in every way: the journal stops, and after it is opened again everything that was acknowledged is
//! there and nothing is there in part.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "this is a test, helpers included")]

mod support;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use assent_journal::{AppendError, DirFiles, Disk, Folder, Journal, JournalError, Status};
use assent_ledger::{Files, Unreadable, Verdict};
use support::{Place, append_all, config, copy, entry, key};

/// How a step fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Nothing happens.
    Refused,
    /// Half of the bytes are written.
    Short,
    /// Everything is written, but whether it reached the disk is not known: a sync that fails.
    Unsynced,
}

#[tokio::test]
async fn a_disk_that_fails_for_good() {
    for way in [Way::Refused, Way::Short] {
        fail_at_every_step(way, true).await;
    }
}

#[tokio::test]
async fn a_disk_that_fails_once() {
    for way in [Way::Short, Way::Unsynced] {
        fail_at_every_step(way, false).await;
    }
}

#[tokio::test]
async fn a_disk_that_fails_when_the_log_begins() {
    for way in [Way::Refused, Way::Short, Way::Unsynced] {
        for step in 0.. {
            let place = Place::new();
            let disk = Arc::new(Failing::new(&place.log(), step, way, true));
            let opened =
                Journal::open_on(Arc::clone(&disk) as Arc<dyn Disk>, &config(&place.log()), Box::new(key(place.folder.path())), None);
            let failed = matches!(opened, Err(JournalError::Failed { .. }));
            assert_eq!(failed, disk.has_failed(), "{way:?} at {step}");
            if let Ok(journal) = opened {
                journal.close().await;
                break;
            }
            disk.release();
            assert_eq!(place.open().unwrap().checkpoint().0.size, 0, "{way:?} at {step}");
        }
    }
}

/// Lets step after step fail until nothing fails any more.
async fn fail_at_every_step(way: Way, for_good: bool) {
    let prepared = Place::new();
    let journal = prepared.open().unwrap();
    append_all(&journal, 0..254).await;
    journal.close().await;
    let mut stops = 0;
    for step in 0.. {
        let place = Place::new();
        copy(prepared.folder.path(), place.folder.path());
        let disk = Arc::new(Failing::new(&place.log(), step, way, for_good));
        let acknowledged = use_until_it_stops(&place, &disk).await;
        disk.release();

        let journal = place.open().unwrap_or_else(|cause| panic!("{way:?} at {step}: {cause}"));
        let records = journal.range(0..u64::MAX).await.unwrap();
        assert!((acknowledged..=258).contains(&(records.len() as u64)), "{way:?} at {step}: {} of {acknowledged}", records.len());
        for stored in records {
            assert_eq!(stored.record.commitment, entry(stored.index).commitment, "{way:?} at {step}");
        }
        append_all(&journal, 1_000..1_003).await;
        journal.close().await;
        let verdict = place.trust().verify(&DirFiles::new(place.log()), None).unwrap();
        assert!(matches!(verdict, Verdict::Sound(_)), "{way:?} at {step}: {verdict:?}");
        if !disk.has_failed() {
            break;
        }
        stops += 1;
    }
    assert!(stops > 30, "{stops} steps failed");
}

/// Appends over the border of a bundle; gives how many records were acknowledged.
async fn use_until_it_stops(place: &Place, disk: &Arc<Failing>) -> u64 {
    let opened = Journal::open_on(Arc::clone(disk) as Arc<dyn Disk>, &config(&place.log()), Box::new(key(place.folder.path())), None);
    let Ok(journal) = opened else { return 254 };
    let mut acknowledged = 254;
    for number in 254..258 {
        match journal.append(entry(number)).await {
            Ok(appended) => {
                assert_eq!((appended.index, acknowledged), (number, number));
                acknowledged += 1;
            }
            Err(AppendError::Stopped { why }) => {
                assert!(why.contains("no space left"), "{why}");
                assert_eq!(journal.status(), Status::Stopped { why });
                assert!(matches!(journal.append(entry(number)).await, Err(AppendError::Stopped { .. })), "stopped for good");
                break;
            }
            Err(other) => panic!("{other}"),
        }
        // Whether the log's own files get it is another matter: it is recorded.
        let settled = journal.settle().await;
        assert!(settled.is_ok() || matches!(journal.status(), Status::Stopped { .. }), "{settled:?}");
    }
    assert_eq!(journal.read(acknowledged - 1).await.unwrap().unwrap().record.commitment, entry(acknowledged - 1).commitment);
    journal.close().await;
    acknowledged
}

/// A folder of which one step fails, or all from one step on.
struct Failing {
    folder: Folder,
    steps: AtomicUsize,
    fails_at: usize,
    way: Way,
    for_good: bool,
}

impl Failing {
    fn new(log: &Path, fails_at: usize, way: Way, for_good: bool) -> Self {
        Self { folder: Folder::open(log).unwrap().unwrap(), steps: AtomicUsize::new(0), fails_at, way, for_good }
    }

    fn has_failed(&self) -> bool {
        self.steps.load(Ordering::SeqCst) > self.fails_at
    }

    /// Does a step, or fails it in the way that was asked for.
    fn step(&self, whole: impl FnOnce() -> io::Result<()>, half: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        let step = self.steps.fetch_add(1, Ordering::SeqCst);
        let first = step == self.fails_at;
        let fails = first || self.for_good && step > self.fails_at;
        if !fails {
            return whole();
        }
        match self.way {
            Way::Short if first => half()?,
            Way::Unsynced if first => whole()?,
            Way::Refused | Way::Short | Way::Unsynced => {}
        }
        Err(io::Error::new(io::ErrorKind::StorageFull, "no space left on the disk"))
    }
}

impl Files for Failing {
    fn read_at(&self, path: &str, offset: u64, bytes_max: usize) -> Result<Option<Vec<u8>>, Unreadable> {
        self.folder.read_at(path, offset, bytes_max)
    }

    fn length(&self, path: &str) -> Result<Option<u64>, Unreadable> {
        self.folder.length(path)
    }
}

impl Disk for Failing {
    fn write(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        self.step(|| self.folder.write(path, bytes), || self.folder.write(path, &bytes[..bytes.len() / 2]))
    }

    fn append(&self, path: &str, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.step(|| self.folder.append(path, at, bytes), || self.folder.append(path, at, &bytes[..bytes.len() / 2]))
    }

    fn extend(&self, path: &str, bytes: u64) -> io::Result<()> {
        self.step(|| self.folder.extend(path, bytes), || self.folder.extend(path, bytes / 2 + 100))
    }

    fn overwrite(&self, path: &str, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.step(|| self.folder.overwrite(path, at, bytes), || self.folder.overwrite(path, at, &bytes[..bytes.len() / 1024 * 512]))
    }

    fn touch(&self, path: &str) -> io::Result<()> {
        self.step(|| self.folder.touch(path), || Ok(()))
    }

    fn truncate(&self, path: &str, bytes: u64) -> io::Result<()> {
        match self.folder.length(path) {
            Ok(Some(length)) if length > bytes => self.step(|| self.folder.truncate(path, bytes), || Ok(())),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.step(|| self.folder.rename(from, to), || Ok(()))
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        // To remove what is not there does not touch the disk.
        match self.folder.length(path) {
            Ok(None) => Ok(()),
            Ok(Some(_)) | Err(_) => self.step(|| self.folder.remove(path), || Ok(())),
        }
    }

    fn names(&self, folder: &str) -> io::Result<Vec<String>> {
        self.folder.names(folder)
    }

    fn sync(&self) -> io::Result<()> {
        self.step(|| self.folder.sync(), || Ok(()))
    }

    fn release(&self) {
        self.folder.release();
    }
}
