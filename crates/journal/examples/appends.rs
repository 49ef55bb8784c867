//! Measures durable appends, beside one sync for each record on the same disk: `cargo run --release -p assent-journal --example appends`.
//!
//! The folder is made where the command is run, since a temporary folder may lie in memory.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a measurement that fails is none")]

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use assent_base::id::TenantId;
use assent_base::{Digest, Timestamp};
use assent_journal::{Config, DirFiles, Entry, Journal, Key, Limits};
use assent_ledger::{Algorithm, Outcome, Signer as _, Trust, Verdict};

const ORIGIN: &str = "ledger.example";
/// A payload of a usual size: some details, encrypted.
const SEALED_BYTES: usize = 400;
const SINGLE_SYNCS: usize = 1_000;
/// Appenders at once, each of which waits for its answer before it appends again; and appends of each.
const LOADS: [(usize, usize); 4] = [(1, 1_000), (64, 1_000), (256, 800), (1_024, 300)];
/// Appends that arrive each second whatever became of those before, and for how long.
const RATES: [(usize, u64); 2] = [(10_000, 5), (20_000, 5)];
/// Arrivals come so often.
const TICK: Duration = Duration::from_millis(1);

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_time().build().unwrap();
    let folder = tempfile::tempdir_in(".").unwrap();
    let single = single_syncs(folder.path());
    println!("one sync for each record: {single:.0}/s");
    for (appenders, each) in LOADS {
        measure(&runtime, folder.path(), &format!("{appenders} appenders"), single, |journal| append(journal, appenders, each));
    }
    for (rate, seconds) in RATES {
        measure(&runtime, folder.path(), &format!("{rate} arrive each second"), single, |journal| arrive(journal, rate, seconds));
    }
}

fn measure<F: Future<Output = (f64, Vec<Duration>)>>(
    runtime: &tokio::runtime::Runtime,
    folder: &Path,
    name: &str,
    single: f64,
    load: impl FnOnce(Arc<Journal>) -> F,
) {
    let dir = folder.join(name);
    let key = Key::load_or_create(&folder.join("key"), ORIGIN, Algorithm::Ed25519, [1; 32]).unwrap();
    let trust = Trust::log(key.key().clone());
    let config = Config { dir: dir.clone(), origin: ORIGIN.to_owned(), limits: Limits::default() };
    let journal = Arc::new(Journal::open(&config, Box::new(key), None).unwrap());
    // The redo has grown to what the load needs before the clock runs.
    runtime.block_on(append(Arc::clone(&journal), 1_024, 20));
    let (rate, mut acks) = runtime.block_on(load(Arc::clone(&journal)));
    runtime.block_on(journal.close());
    acks.sort_unstable();
    let at = |share: usize| acks[(acks.len() - 1) * share / 1000].as_secs_f64() * 1e3;
    println!(
        "{name}: {rate:.0}/s ({:.1} times), ack p50 {:.1} ms, p99 {:.1} ms, worst {:.1} ms",
        rate / single,
        at(500),
        at(990),
        at(1000)
    );
    let began = Instant::now();
    let Verdict::Sound(summary) = trust.verify(&DirFiles::new(dir), None).unwrap() else { std::process::exit(1) };
    let seconds = began.elapsed().as_secs_f64();
    println!("  verified {} records under {} checkpoints in {seconds:.2} s", summary.checkpoint.size, summary.checkpoints);
}

fn single_syncs(folder: &Path) -> f64 {
    let mut file = std::fs::File::create(folder.join("single")).unwrap();
    let record = [7; SEALED_BYTES + 330];
    let began = Instant::now();
    for _ in 0..SINGLE_SYNCS {
        file.write_all(&record).unwrap();
        file.sync_all().unwrap();
    }
    SINGLE_SYNCS as f64 / began.elapsed().as_secs_f64()
}

/// Lets appends arrive at this rate; each is timed from when it was due.
async fn arrive(journal: Arc<Journal>, rate: usize, seconds: u64) -> (f64, Vec<Duration>) {
    let began = tokio::time::Instant::now();
    let mut ticks = tokio::time::interval_at(began, TICK);
    let (count, per_tick) = (rate * usize::try_from(seconds).unwrap(), rate / 1000);
    let mut tasks = Vec::with_capacity(count);
    for tick in 0..count / per_tick {
        ticks.tick().await;
        let due = began + TICK * u32::try_from(tick).unwrap();
        for step in 0..per_tick {
            let journal = Arc::clone(&journal);
            tasks.push(tokio::spawn(async move {
                journal.append(entry(tick * per_tick + step)).await.unwrap();
                due.elapsed()
            }));
        }
    }
    let mut acks = Vec::with_capacity(count);
    for task in tasks {
        acks.push(task.await.unwrap());
    }
    (count as f64 / began.elapsed().as_secs_f64(), acks)
}

/// Appends per second, and how long each waited for its answer.
async fn append(journal: Arc<Journal>, appenders: usize, each: usize) -> (f64, Vec<Duration>) {
    let began = Instant::now();
    let tasks: Vec<_> = (0..appenders)
        .map(|appender| {
            let journal = Arc::clone(&journal);
            tokio::spawn(async move {
                let mut acks = Vec::with_capacity(each);
                for step in 0..each {
                    let began = Instant::now();
                    journal.append(entry(appender * each + step)).await.unwrap();
                    acks.push(began.elapsed());
                }
                acks
            })
        })
        .collect();
    let mut acks = Vec::with_capacity(appenders * each);
    for task in tasks {
        acks.extend(task.await.unwrap());
    }
    ((appenders * each) as f64 / began.elapsed().as_secs_f64(), acks)
}

fn entry(number: usize) -> Entry {
    let at = Timestamp::UNIX_EPOCH;
    Entry {
        tenant: TenantId::new(at, [1; 10]),
        at,
        action: "incident.dismiss".parse().unwrap(),
        outcome: Outcome::Done,
        commitment: Digest::of(&number.to_be_bytes()),
        sealed: number.to_be_bytes().repeat(SEALED_BYTES / 8),
    }
}
