//! What was acknowledged is there, in order, provable, and private.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "this is a test, helpers included")]

mod support;

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use assent_journal::{AppendError, DirFiles, Journal, JournalError, Key, Limits, Status, WitnessError};
use assent_ledger::{Algorithm, Payload, Trust, Verdict, verify_consistency};
use support::{Place, append_all, entry, key};

#[tokio::test]
async fn records_read_back_in_their_order_after_any_number_of_restarts() {
    let place = Place::new();
    let mut next = 0;
    for count in [0, 1, 254, 1, 1, 300, 3] {
        let journal = place.open().unwrap();
        append_all(&journal, next..next + count).await;
        next += count;
        assert_eq!(journal.checkpoint().0.size, next);
        journal.close().await;
    }
    let journal = place.open().unwrap();
    let all = journal.range(0..u64::MAX).await.unwrap();
    assert_eq!(all.iter().map(|stored| stored.index).collect::<Vec<_>>(), (0..next).collect::<Vec<_>>());
    for stored in &all {
        let expected = entry(stored.index);
        assert_eq!((stored.record.commitment, &stored.sealed), (expected.commitment, &expected.sealed), "record {}", stored.index);
    }
    assert_eq!(journal.read(255).await.unwrap().as_ref(), all.get(255));
    assert_eq!(journal.read(next).await.unwrap(), None);
    let newest: Vec<u64> = journal.range_back(u64::MAX, 3).await.unwrap().iter().map(|stored| stored.index).collect();
    assert_eq!(newest, [next - 1, next - 2, next - 3]);
    assert!(journal.range_back(0, 3).await.unwrap().is_empty());
}

#[tokio::test]
async fn receipts_and_consistency_hold_with_nothing_but_the_key() {
    let place = Place::new();
    let journal = place.open().unwrap();
    append_all(&journal, 0..100).await;
    let old = journal.checkpoint().0;
    append_all(&journal, 100..600).await;
    let (new, note) = journal.checkpoint();
    assert_eq!(place.trust().checkpoint(note.as_bytes()), Ok(new.clone()));
    for index in [0, 99, 255, 256, 511, 512, 599] {
        let receipt = journal.receipt(index).await.unwrap().unwrap();
        let proven = receipt.verify(&place.trust()).unwrap();
        assert_eq!((proven.index, proven.record.commitment), (index, entry(index).commitment));
    }
    assert_eq!(journal.receipt(600).await.unwrap(), None);
    let proof = journal.consistency(old.size).await.unwrap().unwrap();
    assert_eq!(verify_consistency((old.size, &old.root), (new.size, &new.root), &proof), Ok(()));
    assert_eq!(journal.consistency(601).await.unwrap(), None);
}

#[tokio::test]
async fn a_log_verifies_while_it_is_written_to_and_after() {
    let place = Place::new();
    let journal = place.open().unwrap();
    let mut next = 0;
    for count in [1, 255, 44, 500] {
        append_all(&journal, next..next + count).await;
        next += count;
        let Verdict::Sound(summary) = journal.verify().await.unwrap() else { panic!("not sound at {next}") };
        assert_eq!(summary.checkpoint.size, next);
    }
    journal.close().await;
    assert!(matches!(place.trust().verify(&DirFiles::new(place.log()), None), Ok(Verdict::Sound(_))));
}

/// The tenant's key is gone: nobody can open the payload, and nothing else changes.
#[tokio::test]
async fn a_log_verifies_without_the_keys_of_its_tenants() {
    let place = Place::new();
    let journal = place.open().unwrap();
    append_all(&journal, 0..3).await;
    let stored = journal.read(1).await.unwrap().unwrap();
    assert!(Payload::open(&stored.sealed, &stored.record.commitment).is_err(), "sealed");
    let opened: Vec<u8> = stored.sealed.iter().map(|byte| byte ^ 0x5a).collect();
    assert_eq!(Payload::open(&opened, &stored.record.commitment).unwrap().subject, "inc_1");
    assert!(matches!(journal.verify().await.unwrap(), Verdict::Sound(_)));
    let text = String::from_utf8(stored.record.canonical().unwrap()).unwrap();
    assert!(!text.contains("inc_1") && !text.contains("platform"), "nothing personal in {text}");
}

#[tokio::test]
async fn one_process_at_a_time_and_nobody_else_reads_the_files() {
    let place = Place::new();
    let journal = place.open().unwrap();
    append_all(&journal, 0..257).await;
    assert!(matches!(place.open(), Err(JournalError::Locked { .. })));
    journal.close().await;
    assert!(matches!(journal.append(entry(0)).await, Err(AppendError::Stopped { .. })));
    assert!(matches!(journal.status(), Status::Stopped { .. }));
    assert_eq!(journal.read(7).await.unwrap().unwrap().record.commitment, entry(7).commitment, "reading goes on");
    private(&place.log());
    place.open().unwrap();
}

#[tokio::test]
async fn what_cannot_be_recorded_is_refused_before_it_is_written() {
    let place = Place::new();
    let journal = place.open().unwrap();
    let mut long = entry(0);
    long.sealed = vec![0; assent_ledger::PAYLOAD_BYTES_MAX + 1];
    assert_eq!(journal.append(long.clone()).await, Err(AppendError::TooLong));
    long.sealed.pop();
    assert_eq!(journal.append(long).await.unwrap().index, 0);
    assert_eq!(journal.status(), Status::Writing);
}

#[tokio::test]
async fn small_limits_make_small_commits_and_lose_nothing() {
    let place = Place::new();
    let config = |limits| assent_journal::Config { limits, ..place.config() };
    let open = |limits| Journal::open(&config(limits), Box::new(key(place.folder.path())), None);
    let limits = Limits { batch_records: 7, batch_bytes: 2000, queue_records: 1, ..Limits::default() };
    for bad in [Limits { batch_records: 0, ..limits }, Limits { batch_bytes: usize::MAX, ..limits }, Limits { queue_records: 0, ..limits }]
    {
        assert!(matches!(open(bad), Err(JournalError::BadLimits)));
    }
    let journal = open(limits).unwrap();
    append_all(&journal, 0..60).await;
    let Verdict::Sound(summary) = journal.verify().await.unwrap() else { panic!("not sound") };
    assert_eq!(summary.checkpoint.size, 60);
    assert!(summary.checkpoints > 60 / 7, "{} checkpoints", summary.checkpoints);
}

#[tokio::test]
async fn the_key_of_another_log_opens_nothing() {
    let place = Place::new();
    let journal = place.open().unwrap();
    append_all(&journal, 0..3).await;
    journal.close().await;
    let named = Key::load_or_create(&place.folder.path().join("other"), "other.example", Algorithm::Ed25519, [9; 32]).unwrap();
    assert!(matches!(Journal::open(&place.config(), Box::new(named), None), Err(JournalError::OtherKey { .. })));
    let renamed = Key::load_or_create(&place.folder.path().join("same"), support::ORIGIN, Algorithm::Ed25519, [9; 32]).unwrap();
    assert!(matches!(Journal::open(&place.config(), Box::new(renamed), None), Err(JournalError::Corrupt { .. })));
    place.open().unwrap();
}

#[tokio::test]
async fn a_witness_signs_every_checkpoint_and_notices_a_log_that_shrank() {
    let place = Place::new();
    let journal = place.open().unwrap();
    append_all(&journal, 0..10).await;
    journal.close().await;
    let earlier = tempfile::tempdir().unwrap();
    copy(&place.log(), earlier.path());

    let journal = place.open_witnessed().unwrap();
    append_all(&journal, 10..300).await;
    journal.close().await;
    let witness = place.witness();
    assert_eq!(witness.seen().unwrap(), 300);
    let trust = Trust { witnesses: vec![witness.key().clone()], ..place.trust() };
    assert!(matches!(trust.verify(&DirFiles::new(place.log()), None), Ok(Verdict::Sound(_))));
    assert!(matches!(place.trust().verify(&DirFiles::new(place.log()), None), Ok(Verdict::Sound(_))), "the log's key alone will do");

    std::fs::remove_dir_all(place.log()).unwrap();
    copy(earlier.path(), &place.log());
    assert!(matches!(place.open_witnessed(), Err(JournalError::Witness(WitnessError::RolledBack { seen: 300, size: 10 }))));
    place.open().unwrap();
}

fn private(at: &Path) {
    let mode = std::fs::metadata(at).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, if at.is_dir() { 0o700 } else { 0o600 }, "{}", at.display());
    if at.is_dir() {
        std::fs::read_dir(at).unwrap().for_each(|entry| private(&entry.unwrap().path()));
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() { copy(&entry.path(), &to) } else { std::fs::copy(entry.path(), to).map(drop).unwrap() }
    }
}
