//! A record that is not what was signed is never handed out, however old it is and whatever else was made to fit it; and the journal stops.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "this is a test, helpers included")]

mod support;

use assent_journal::{AppendError, Journal, ReadError, Status};
use assent_ledger::{Outcome, Record, leaf_hash, push_entry, push_payload};
use support::{Place, append_all, entry};

/// Records of the log: the first two tiles are full, and old.
const RECORDS: u64 = 700;
/// The record that is altered.
const ALTERED: u64 = 300;

#[tokio::test]
async fn a_record_whose_tile_was_made_to_fit_it_is_refused_and_stops_the_journal() {
    let place = written().await;
    let good = opened(&place).range(256..512).unwrap();
    forge(&place, &good, true);
    let journal = place.open().unwrap();
    let reader = journal.reader();
    assert_eq!(reader.range(0..256).unwrap().len(), 256, "what is as it was signed is read");
    assert_eq!(journal.status(), Status::Writing);

    let refused = reader.read(ALTERED + 1).unwrap_err();
    assert_eq!(refused, ReadError::NotSigned { path: "tile/0/001".to_owned() }, "the tile is all that the record is held against");
    assert!(matches!(reader.range_back(u64::MAX, 512), Err(ReadError::NotSigned { .. })));
    assert!(matches!(reader.receipt(ALTERED), Err(ReadError::NotSigned { .. })));
    let Status::Stopped { why } = journal.status() else { panic!("it goes on") };
    assert!(why.contains("tile/0/001"), "{why}");
    assert!(matches!(journal.append(entry(RECORDS)).await, Err(AppendError::Stopped { .. })), "nothing is added to it");
    assert_eq!(journal.checkpoint().0.size, RECORDS);
    assert_eq!(reader.range(512..700).unwrap().len(), 188, "what is as it was signed is still read");
    journal.close().await;
}

#[tokio::test]
async fn a_record_alone_that_was_altered_is_named() {
    let place = written().await;
    let good = opened(&place).range(256..512).unwrap();
    forge(&place, &good, false);
    let journal = place.open().unwrap();
    let refused = journal.reader().read(ALTERED).unwrap_err();
    assert_eq!(refused, ReadError::Damaged { path: "tile/entries/001".to_owned(), index: ALTERED });
    assert!(matches!(journal.status(), Status::Stopped { .. }));
    journal.close().await;
}

#[tokio::test]
async fn a_hash_beside_that_was_altered_or_a_file_that_is_gone_lets_nothing_through() {
    for (path, is_altered) in [("tile/0/000", true), ("tile/0/000", false), ("tile/entries/000", false), ("payload/000", false)] {
        let place = written().await;
        let at = place.log().join(path);
        let journal = place.open().unwrap();
        assert_eq!(journal.reader().range(0..10).unwrap().len(), 10);
        if is_altered {
            let mut bytes = std::fs::read(&at).unwrap();
            // The hash of the second record, and the first is read.
            bytes[40] ^= 1;
            std::fs::write(&at, bytes).unwrap();
        } else {
            std::fs::remove_file(&at).unwrap();
        }
        let Err(refused) = journal.reader().range(0..1) else { panic!("{path}: it is handed out") };
        assert!(!matches!(refused, ReadError::Unreadable(_)), "{path}: {refused}");
        assert!(matches!(journal.status(), Status::Stopped { .. }), "{path}");
        journal.close().await;
    }
}

/// A log on disk, closed.
async fn written() -> Place {
    let place = Place::new();
    let journal = place.open().unwrap();
    append_all(&journal, 0..RECORDS).await;
    journal.close().await;
    place
}

fn opened(place: &Place) -> assent_journal::Reader {
    Journal::open(&place.config(), Box::new(support::key(place.folder.path())), None).unwrap().reader()
}

/// Alters a record with its payload, and its hash in the tile if that is asked for: all that lies beside it.
fn forge(place: &Place, good: &[assent_journal::Stored], with_tile: bool) {
    let (mut entries, mut payloads, mut hashes) = (Vec::new(), Vec::new(), Vec::new());
    for stored in good {
        let mut record = stored.record.canonical().unwrap();
        if stored.index == ALTERED {
            let Record { tenant, at, action, commitment, sealed, .. } = stored.record.clone();
            record = Record::new(tenant, at, action, Outcome::Refused, commitment, sealed).canonical().unwrap();
            assert_ne!(leaf_hash(&record), stored.leaf);
        }
        assert!(push_entry(&mut entries, &record));
        assert!(push_payload(&mut payloads, &stored.sealed));
        hashes.extend_from_slice(leaf_hash(&record).as_bytes());
    }
    let log = place.log();
    assert_eq!(std::fs::read(log.join("payload/001")).unwrap(), payloads);
    std::fs::write(log.join("tile/entries/001"), entries).unwrap();
    if with_tile {
        std::fs::write(log.join("tile/0/001"), hashes).unwrap();
    }
}
