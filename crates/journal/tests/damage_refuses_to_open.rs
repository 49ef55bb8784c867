//! What a crash leaves is cut off or finished; what a crash cannot leave is damage, and is neither written over nor mended.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "this is a test, helpers included")]

mod support;

use std::path::PathBuf;

use assent_journal::{DirFiles, JournalError};
use assent_ledger::{Fault, Verdict, split_first};
use support::{Place, append_all};

#[tokio::test]
async fn damage_at_the_edge_is_named_and_nothing_is_touched() {
    let place = written().await;
    let cases = [
        ("checkpoint", "the checkpoint is wrong"),
        ("checkpoints", "`checkpoints` does not end with the checkpoint of 300 records"),
        ("tile/entries/001.p/44", "`tile/entries/001.p/44` is damaged at record 299"),
        ("tile/0/001.p/44", "the tiles do not have the root that was signed for 300 records"),
        ("tile/1/000.p/1", "the tiles do not have the root that was signed for 300 records"),
        ("payload/001", "`payload/001` is damaged at record 299"),
    ];
    for (path, expected) in cases {
        let at = place.log().join(path);
        let whole = std::fs::read(&at).unwrap();
        let mut damaged = whole.clone();
        let last = damaged.len() - 3;
        damaged[last] ^= 1;
        std::fs::write(&at, &damaged).unwrap();
        refused(&place, path, expected);
        assert_eq!(std::fs::read(&at).unwrap(), damaged, "`{path}` was not touched");
        std::fs::remove_file(&at).unwrap();
        refused(&place, path, "");
        std::fs::write(&at, &whole).unwrap();
    }
    place.open().unwrap();
}

#[tokio::test]
async fn a_checkpoint_put_back_is_damage() {
    let place = written().await;
    // From here on the redo knows of 300 records and of nothing before.
    place.open().unwrap().close().await;
    let history = std::fs::read(place.log().join("checkpoints")).unwrap();
    let (first, _) = split_first(&history).unwrap();
    let newest = std::fs::read(place.log().join("checkpoint")).unwrap();
    std::fs::write(place.log().join("checkpoint"), first).unwrap();
    refused(&place, "an old checkpoint", "`redo` does not go on from the checkpoint of 0 records");
    std::fs::write(place.log().join("checkpoint"), newest).unwrap();
    std::fs::write(place.log().join("checkpoints"), first).unwrap();
    refused(&place, "an old history", "`checkpoints` does not end with the checkpoint of 300 records");
}

#[tokio::test]
async fn a_torn_end_is_cut_off() {
    let place = written().await;
    let whole = files(&place);
    for (path, tail) in
        [("checkpoints", &b"ledger.example\n301\nAAAA"[..]), ("checkpoints", &[0; 4096]), ("payload/001", b"\0\0\0\x09half")]
    {
        let mut torn = std::fs::read(place.log().join(path)).unwrap();
        torn.extend(tail);
        std::fs::write(place.log().join(path), torn).unwrap();
        place.open().unwrap().close().await;
        assert_eq!(files(&place), whole, "{path}");
    }
    let strays = ["tile/entries/001.p/45", "tile/0/001.p/46", "tile/entries/002", "tile/0/002", "payload/002", "checkpoint.new"];
    for path in strays {
        std::fs::write(place.log().join(path), b"never signed").unwrap();
    }
    let journal = place.open().unwrap();
    journal.close().await;
    assert_eq!(files(&place), whole, "what was never signed is gone");
}

#[tokio::test]
async fn a_log_without_its_checkpoint_was_begun_all_the_same() {
    let place = written().await;
    std::fs::remove_file(place.log().join("checkpoint")).unwrap();
    refused(&place, "no checkpoint", "`checkpoint` is missing, but the log was begun");
    let verdict = place.trust().verify(&DirFiles::new(place.log()), None);
    assert_eq!(verdict, Ok(Verdict::Faulty(Fault::Missing { path: "checkpoint".to_owned() })));
}

async fn written() -> Place {
    let place = Place::new();
    let journal = place.open().unwrap();
    append_all(&journal, 0..10).await;
    append_all(&journal, 10..300).await;
    journal.close().await;
    place
}

fn refused(place: &Place, case: &str, expected: &str) {
    match place.open() {
        Err(JournalError::Corrupt { what }) => assert!(what.contains(expected), "{case}: {what}"),
        Err(other) => panic!("{case}: {other}"),
        Ok(_) => panic!("{case}: it opened"),
    }
}

/// Every file of the log with its bytes, but for the redo, which opening the log changes.
fn files(place: &Place) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    let mut folders = vec![place.log()];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.ends_with("redo") {
                continue;
            }
            if path.is_dir() { folders.push(path) } else { files.push((path.clone(), std::fs::read(path).unwrap())) }
        }
    }
    files.sort();
    files
}
