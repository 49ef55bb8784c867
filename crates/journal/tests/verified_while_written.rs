//! A log that is checked while somebody writes to it holds, however long a commit takes; what does not hold is a fault all the same.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "this is a test, helpers included")]

mod support;

use std::cell::Cell;

use assent_journal::{DirFiles, LOOKS_MAX, verify_while_written};
use assent_ledger::{Fault, Files, Unreadable, Verdict};
use support::{Place, append_all};

const RECORDS: u64 = 119;
const PAYLOADS: &str = "payload/000";

/// A log whose last payloads run ahead of its checkpoint until somebody has paused so often.
struct UnderWay {
    files: DirFiles,
    pauses_left: Cell<usize>,
}

impl Files for UnderWay {
    fn read_at(&self, path: &str, offset: u64, bytes_max: usize) -> Result<Option<Vec<u8>>, Unreadable> {
        if path != PAYLOADS || self.pauses_left.get() == 0 {
            return self.files.read_at(path, offset, bytes_max);
        }
        let all = self.files.read_at(path, 0, usize::MAX)?.unwrap();
        let ahead: Vec<u8> = [all.clone(), all].concat();
        Ok(Some(ahead.into_iter().skip(usize::try_from(offset).unwrap()).take(bytes_max).collect()))
    }

    fn length(&self, path: &str) -> Result<Option<u64>, Unreadable> {
        let length = self.files.length(path)?;
        Ok(if path == PAYLOADS && self.pauses_left.get() > 0 { length.map(|bytes| bytes * 2) } else { length })
    }
}

#[tokio::test]
async fn a_commit_that_takes_long_is_waited_for() {
    let place = written().await;
    let files = UnderWay { files: DirFiles::new(place.log()), pauses_left: Cell::new(7) };
    let at_once = place.trust().verify(&files, None).unwrap();
    assert_eq!(at_once, Verdict::Faulty(Fault::Count { path: PAYLOADS.to_owned(), expected: 119, found: 238 }));

    let waited = verify_while_written(&place.trust(), &files, None, || files.pauses_left.set(files.pauses_left.get() - 1)).unwrap();
    assert!(matches!(waited, Verdict::Sound(_)), "{waited:?}");
}

#[tokio::test]
async fn payloads_that_stay_ahead_are_a_fault() {
    let place = written().await;
    let files = UnderWay { files: DirFiles::new(place.log()), pauses_left: Cell::new(usize::MAX) };
    let pauses = Cell::new(0);
    let verdict = verify_while_written(&place.trust(), &files, None, || pauses.set(pauses.get() + 1)).unwrap();
    assert!(matches!(verdict, Verdict::Faulty(Fault::Count { .. })), "{verdict:?}");
    assert_eq!(pauses.get(), LOOKS_MAX);
}

#[tokio::test]
async fn a_fault_where_nobody_writes_is_told_at_once() {
    let place = written().await;
    let path = place.log().join(PAYLOADS);
    let mut bytes = std::fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let verdict = verify_while_written(&place.trust(), &DirFiles::new(place.log()), None, || panic!("nothing to wait for")).unwrap();
    assert!(matches!(verdict, Verdict::Faulty(_)), "{verdict:?}");
}

async fn written() -> Place {
    let place = Place::new();
    let journal = place.open().unwrap();
    append_all(&journal, 0..RECORDS).await;
    journal.close().await;
    place
}
