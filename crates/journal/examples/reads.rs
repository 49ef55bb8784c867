//! Measures reading: records a second as a list pages through them, newest first: `cargo run --release -p assent-journal --example reads`.
//!
//! The folder is made where the command is run, since a temporary folder may lie in memory. What is read was written just before, so the system
//! has it in memory: this measures checking, and not the disk.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a measurement that fails is none")]

use std::sync::Arc;
use std::time::Instant;

use assent_base::id::TenantId;
use assent_base::{Digest, Timestamp};
use assent_journal::{Config, Entry, Journal, Key, Limits};
use assent_ledger::{Algorithm, Outcome};

const ORIGIN: &str = "ledger.example";
/// A payload of a usual size: some details, encrypted.
const SEALED_BYTES: usize = 400;
const RECORDS: usize = 60_000;
const APPENDERS: usize = 500;
/// Records of one call, as the platform asks for them.
const PAGE_RECORDS: u64 = 512;
const ROUNDS: usize = 7;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_time().build().unwrap();
    let folder = tempfile::tempdir_in(".").unwrap();
    let key = Key::load_or_create(&folder.path().join("key"), ORIGIN, Algorithm::Ed25519, [1; 32]).unwrap();
    let config = Config { dir: folder.path().join("log"), origin: ORIGIN.to_owned(), limits: Limits::default() };
    let journal = Arc::new(Journal::open(&config, Box::new(key), None).unwrap());
    runtime.block_on(fill(&journal));
    runtime.block_on(journal.settle()).unwrap();
    let mut rates: Vec<f64> = (0..ROUNDS).map(|_| read(&journal)).collect();
    rates.sort_by(f64::total_cmp);
    println!("{RECORDS} records: {:.0}/s, from {:.0} to {:.0} in {ROUNDS} rounds", rates[ROUNDS / 2], rates[0], rates[ROUNDS - 1]);
    runtime.block_on(journal.close());
}

async fn fill(journal: &Arc<Journal>) {
    let appenders = (0..APPENDERS).map(|appender| {
        let journal = Arc::clone(journal);
        tokio::spawn(async move {
            for number in 0..RECORDS / APPENDERS {
                journal.append(entry(appender * RECORDS + number)).await.unwrap();
            }
        })
    });
    for appender in appenders.collect::<Vec<_>>() {
        appender.await.unwrap();
    }
}

fn read(journal: &Journal) -> f64 {
    let (reader, begun) = (journal.reader(), Instant::now());
    let (mut below, mut read) = (u64::MAX, 0);
    while below > 0 {
        let page = reader.range_back(below, PAGE_RECORDS).unwrap();
        read += page.len();
        below = page.last().map_or(0, |last| last.index);
    }
    assert_eq!(read, RECORDS);
    read as f64 / begun.elapsed().as_secs_f64()
}

fn entry(number: usize) -> Entry {
    let bytes = number.to_be_bytes();
    Entry {
        tenant: TenantId::new(Timestamp::UNIX_EPOCH, [1; 10]),
        at: Timestamp::UNIX_EPOCH,
        action: "incident.dismiss".parse().unwrap(),
        outcome: Outcome::Done,
        commitment: Digest::of(&bytes),
        sealed: bytes.iter().copied().cycle().take(SEALED_BYTES).collect(),
    }
}
