//! What only the redo has is in the log after a crash. A torn end is dropped; a redo that is anything else than what was written is damage.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "this is a test, helpers included")]

mod support;

use std::path::PathBuf;
use std::time::Duration;

use assent_journal::{BACKLOG_COMMITS_MAX, Config, DirFiles, Entry, Journal, JournalError, Limits, REDO_BYTES_MIN, recover};
use assent_ledger::Verdict;
use support::{Dice, Place, append_all, entry, key};

const SECTOR_BYTES: usize = 512;
/// Flips of an ordinary run.
const FLIPS: usize = 200;
/// Edits of whole sectors.
const EDITS: usize = 100;

#[tokio::test]
async fn what_was_acknowledged_is_in_the_log_after_a_crash() {
    let place = Place::new();
    let journal = place.open_gathering();
    append_all(&journal, 0..300).await;
    journal.append(entry(300)).await.unwrap();
    let crashed = place.as_it_is();
    assert_eq!(std::fs::read_to_string(crashed.log().join("checkpoint")).unwrap().lines().nth(1), Some("0"), "the files have nothing yet");
    // Reading does not wait for the files, nor does verifying.
    assert_eq!(journal.read(299).await.unwrap().unwrap().record.commitment, entry(299).commitment);
    assert!(journal.receipt(300).await.unwrap().is_some());
    let Verdict::Sound(summary) = journal.verify().await.unwrap() else { panic!("faulty") };
    assert_eq!((summary.checkpoint.size, journal.history().await.unwrap().is_empty()), (301, false));

    let reopened = crashed.open().unwrap();
    assert_eq!(reopened.checkpoint(), journal.checkpoint());
    assert_eq!(reopened.range(0..301).await.unwrap(), journal.range(0..301).await.unwrap());
    assert_eq!(reopened.append(entry(301)).await.unwrap().index, 301);
    reopened.close().await;
    sound(&crashed, 302);
}

#[tokio::test]
async fn every_moment_of_a_long_life_survives_a_crash() {
    let place = Place::new();
    let journal = place.open_gathering();
    let mut dice = Dice(11);
    let mut size = 0;
    // Often enough round both files of the redo.
    for round in 0..40 {
        let more = 1 + dice.roll(400) as u64;
        append_all(&journal, size..size + more).await;
        size += more;
        if dice.roll(3) == 0 {
            journal.settle().await.unwrap();
        }
        if round % 5 == 0 {
            let crashed = place.as_it_is();
            let reopened = crashed.open().unwrap_or_else(|cause| panic!("round {round}: {cause}"));
            assert_eq!(reopened.checkpoint(), journal.checkpoint(), "round {round}");
            reopened.close().await;
            sound(&crashed, size);
        }
    }
    let written: u64 = size * (entry(0).sealed.len() as u64 + 300);
    assert!(written > 8 * REDO_BYTES_MIN, "{written} bytes went through the redo");
}

#[tokio::test]
async fn commits_wait_for_the_files_rather_than_run_away() {
    let place = Place::new();
    let limits = Limits { batch_records: 1, gather_for: Duration::from_secs(3600), ..Limits::default() };
    let journal = Journal::open(&Config { limits, ..place.config() }, Box::new(key(place.folder.path())), None).unwrap();
    let many = BACKLOG_COMMITS_MAX as u64 + 100;
    append_all(&journal, 0..many).await;
    let crashed = place.as_it_is();
    let Verdict::Sound(_) = journal.verify().await.unwrap() else { panic!("faulty") };
    let reopened = crashed.open().unwrap();
    assert_eq!(reopened.checkpoint().0.size, many);
    reopened.close().await;
    sound(&crashed, many);
}

#[tokio::test]
async fn a_torn_end_is_dropped_whatever_sectors_it_lacks() {
    let place = Place::new();
    let journal = place.open_gathering();
    append_all(&journal, 0..3).await;
    let before = place.as_it_is();
    // One commit of some sectors.
    journal.append(Entry { sealed: vec![7; 2000], ..entry(3) }).await.unwrap();
    let after = place.as_it_is();
    let (path, torn) = (redo_of(&before), std::fs::read(redo_of(&after)).unwrap());
    let old = std::fs::read(&path).unwrap();
    let sectors: Vec<usize> = (0..old.len() / SECTOR_BYTES).filter(|at| old[span(*at)] != torn[span(*at)]).collect();
    assert!(sectors.len() > 3, "{sectors:?}");
    for lacking in 1..1 << sectors.len().min(6) {
        let crashed = before.as_it_is();
        let mut bytes = torn.clone();
        let lost = sectors.iter().enumerate().filter(|(at, _)| lacking >> (at % 6) & 1 == 1);
        lost.for_each(|(_, sector)| bytes[span(*sector)].copy_from_slice(&old[span(*sector)]));
        std::fs::write(redo_of(&crashed), bytes).unwrap();
        let reopened = crashed.open().unwrap_or_else(|cause| panic!("without {lacking:b}: {cause}"));
        assert_eq!(reopened.checkpoint().0.size, 3);
        // What was torn never comes back, not even after another crash.
        append_all(&reopened, 10..12).await;
        let again = crashed.as_it_is();
        reopened.close().await;
        let reopened = again.open().unwrap();
        assert_eq!(reopened.read(3).await.unwrap().unwrap().record.commitment, entry(10).commitment);
        assert_eq!(reopened.checkpoint().0.size, 5);
    }
}

#[tokio::test]
async fn a_flipped_bit_is_damage_wherever_it_is() {
    let place = Place::new();
    let journal = place.open_gathering();
    append_all(&journal, 0..40).await;
    journal.settle().await.unwrap();
    append_all(&journal, 40..80).await;
    let crashed = place.as_it_is();
    let path = redo_of(&crashed);
    let whole = std::fs::read(&path).unwrap();
    let written = whole.chunks(SECTOR_BYTES).filter(|sector| sector.iter().any(|byte| *byte != 0)).count() * SECTOR_BYTES;
    let mut dice = Dice(5);
    for _ in 0..FLIPS {
        let at = dice.roll(written);
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << dice.roll(8);
        std::fs::write(&path, bytes).unwrap();
        refused(&crashed, &format!("byte {at}"), "is damaged at byte");
    }
    std::fs::write(&path, &whole).unwrap();
    crashed.open().unwrap().close().await;
    sound(&crashed, 80);
}

#[tokio::test]
async fn a_redo_that_is_not_the_last_of_this_log_is_damage() {
    let place = Place::new();
    let journal = place.open_gathering();
    one_by_one(&journal, 0..2).await;
    let early = place.as_it_is();
    one_by_one(&journal, 2..4).await;
    journal.settle().await.unwrap();
    one_by_one(&journal, 4..6).await;
    let crashed = place.as_it_is();
    let path = redo_of(&crashed);
    let whole = std::fs::read(&path).unwrap();
    let put = |bytes: &[u8], case: &str, expected: &str| {
        std::fs::write(&path, bytes).unwrap();
        refused(&crashed, case, expected);
    };
    put(&std::fs::read(redo_of(&early)).unwrap(), "a stale redo", "`redo` does not go on from the checkpoint of 4 records");
    put(&[], "an empty redo", "`redo` does not go on from the checkpoint of 4 records");
    // The frame of record 4 is there no more: what follows it hangs in the air.
    let mut gap = whole.clone();
    let frames = frames(&whole);
    put(&whole[..frames[5].end - 1], "a redo of an odd length", "is cut off");
    gap[frames[5].clone()].fill(0);
    put(&gap, "a redo with a gap", "`redo` does not go on");
    let other = Place::new();
    let theirs = other.open_gathering();
    append_all(&theirs, 100..110).await;
    put(&std::fs::read(redo_of(&other.as_it_is())).unwrap(), "the redo of another log", "does not go on from the checkpoint of 4 records");
    std::fs::remove_dir_all(crashed.log().join("redo")).unwrap();
    refused(&crashed, "no redo", "`redo` does not go on from the checkpoint of 4 records");
}

#[tokio::test]
async fn a_history_that_the_redo_does_not_know_is_damage() {
    let place = Place::new();
    let journal = place.open_gathering();
    append_all(&journal, 0..10).await;
    let early = place.as_it_is();
    journal.settle().await.unwrap();
    let history = std::fs::read(place.log().join("checkpoints")).unwrap();
    // A crash between the history and the checkpoint: the redo knows both.
    let crashed = early.as_it_is();
    std::fs::write(crashed.log().join("checkpoints"), &history).unwrap();
    crashed.open().unwrap().close().await;
    sound(&crashed, 10);
    // The same, but the redo has lost the commit that the history has.
    let mut lost = std::fs::read(redo_of(&early)).unwrap();
    let last = frames(&lost).pop().unwrap();
    lost[last].fill(0);
    std::fs::write(redo_of(&early), lost).unwrap();
    std::fs::write(early.log().join("checkpoints"), &history).unwrap();
    refused(&early, "a redo without the commit", "the checkpoint of 0 records was rolled back");
}

#[tokio::test]
async fn whatever_is_done_to_its_sectors_no_log_comes_out_that_was_not_signed() {
    let place = Place::new();
    let journal = place.open_gathering();
    one_by_one(&journal, 0..6).await;
    journal.settle().await.unwrap();
    one_by_one(&journal, 6..12).await;
    let path = redo_of(&place);
    let whole = std::fs::read(&path).unwrap();
    let frames = frames(&whole);
    let (written, last) = (frames.last().unwrap().end / SECTOR_BYTES, frames.last().unwrap().start / SECTOR_BYTES);
    let mut dice = Dice(9);
    let (mut opened, mut was_refused) = (0, 0);
    for _ in 0..EDITS {
        let (one, other) = (dice.roll(written + 2), dice.roll(written + 2));
        let edit = dice.roll(3);
        let mut bytes = whole.clone();
        match edit {
            0 => bytes[span(one)].fill(0),
            1 => bytes.copy_within(span(one), span(other).start),
            _ => {
                let held = bytes[span(one)].to_vec();
                bytes.copy_within(span(other), span(one).start);
                bytes[span(other)].copy_from_slice(&held);
            }
        }
        let crashed = place.as_it_is();
        std::fs::write(crashed.log().join(path.strip_prefix(place.log()).unwrap()), &bytes).unwrap();
        match crashed.open() {
            Ok(reopened) => {
                // Only the last commit may be missing, and only when its sectors were touched.
                let size = reopened.checkpoint().0.size;
                let touched = bytes[last * SECTOR_BYTES..written * SECTOR_BYTES] != whole[last * SECTOR_BYTES..written * SECTOR_BYTES];
                assert!(size == 12 || size == 11 && touched, "{size} after edit {edit} of {one} and {other}");
                for stored in reopened.range(0..size).await.unwrap() {
                    assert_eq!(stored.record.commitment, entry(stored.index).commitment, "edit {edit} of {one} and {other}");
                }
                reopened.close().await;
                sound(&crashed, size);
                opened += 1;
            }
            Err(JournalError::Corrupt { .. }) => was_refused += 1,
            Err(failed) => panic!("edit {edit} of {one} and {other}: {failed}"),
        }
    }
    assert!(opened > 0 && was_refused > 0, "{opened} opened, {was_refused} were refused");
}

#[tokio::test]
async fn a_copy_is_brought_up_to_date_with_the_public_key_alone() {
    let place = Place::new();
    let journal = place.open_gathering();
    append_all(&journal, 0..300).await;
    let copy = place.as_it_is();
    std::fs::remove_file(copy.folder.path().join("key")).unwrap();
    assert_eq!(recover(&copy.log(), &place.trust()).unwrap(), journal.checkpoint().0);
    let verdict = place.trust().verify(&DirFiles::new(copy.log()), None).unwrap();
    assert!(matches!(verdict, Verdict::Sound(summary) if summary.checkpoint.size == 300));
    let empty = Place::new();
    assert!(matches!(recover(&empty.log(), &place.trust()), Err(JournalError::Corrupt { .. })), "nothing is begun without a key");
}

/// Appends these numbers, each in a commit of its own.
async fn one_by_one(journal: &Journal, numbers: std::ops::Range<u64>) {
    for number in numbers {
        journal.append(entry(number)).await.unwrap();
    }
}

/// The file of the redo that was written to, where only one was.
fn redo_of(place: &Place) -> PathBuf {
    let paths = ["redo/0", "redo/1"].map(|path| place.log().join(path));
    let mut written = paths.into_iter().filter(|path| std::fs::read(path).is_ok_and(|bytes| bytes.iter().any(|byte| *byte != 0)));
    let path = written.next().unwrap();
    assert!(written.next().is_none(), "only one file of the redo was written to");
    path
}

/// Where the frames of a file of the redo lie, in their order.
fn frames(redo: &[u8]) -> Vec<std::ops::Range<usize>> {
    let mut frames: Vec<std::ops::Range<usize>> = Vec::new();
    let mut last = None;
    for (sector, at) in redo.chunks(SECTOR_BYTES).zip((0..).step_by(SECTOR_BYTES)) {
        let number = &sector[..8];
        if sector.iter().all(|byte| *byte == 0) {
            break;
        }
        match frames.last_mut().filter(|_| last == Some(number)) {
            Some(frame) => frame.end = at + SECTOR_BYTES,
            None => frames.push(at..at + SECTOR_BYTES),
        }
        last = Some(number);
    }
    frames
}

fn span(sector: usize) -> std::ops::Range<usize> {
    sector * SECTOR_BYTES..(sector + 1) * SECTOR_BYTES
}

fn sound(place: &Place, size: u64) {
    let verdict = place.trust().verify(&DirFiles::new(place.log()), None).unwrap();
    assert!(matches!(&verdict, Verdict::Sound(summary) if summary.checkpoint.size == size), "{verdict:?}");
}

fn refused(place: &Place, case: &str, expected: &str) {
    match place.open() {
        Err(JournalError::Corrupt { what }) => assert!(what.contains(expected), "{case}: {what}"),
        Err(other) => panic!("{case}: {other}"),
        Ok(_) => panic!("{case}: it opened"),
    }
}
