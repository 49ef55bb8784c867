//! The process is killed while it appends, again and again: what was acknowledged stays, once, and the log verifies.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "this is a test, helpers included")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use assent_journal::Journal;
use assent_ledger::Verdict;
use support::{Dice, Place, config, entry, key};

const KILLS: u64 = 40;
const KILLS_MANY: u64 = 200;
/// After each so many kills, everything is checked from the first record on.
const KILLS_PER_CHECK: u64 = 10;
/// A child appends from this many tasks at once.
const APPENDERS: u64 = 16;
/// Numbers that one child may use.
const NUMBERS_PER_CHILD: u64 = 1_000_000;
const FOLDER_VARIABLE: &str = "ASSENT_TEST_JOURNAL";
const FIRST_VARIABLE: &str = "ASSENT_TEST_FIRST";

#[tokio::test]
async fn forty_kills_lose_nothing() {
    kill(KILLS, 7).await;
}

#[tokio::test]
#[ignore = "takes a minute"]
async fn two_hundred_kills_lose_nothing() {
    kill(KILLS_MANY, 8).await;
}

/// Not a test of its own: what the others start and kill. Without their variables it does nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let Some(folder) = std::env::var_os(FOLDER_VARIABLE).map(PathBuf::from) else { return };
    let first: u64 = std::env::var_os(FIRST_VARIABLE).unwrap().into_string().unwrap().parse().unwrap();
    let place = folder.parent().unwrap();
    let journal = Arc::new(Journal::open(&config(&folder), Box::new(key(place)), None).unwrap());
    let tasks: Vec<_> = (0..APPENDERS)
        .map(|appender| {
            let journal = Arc::clone(&journal);
            tokio::spawn(async move {
                for step in 0.. {
                    let number = first + step * APPENDERS + appender;
                    let index = journal.append(entry(number)).await.unwrap().index;
                    let mut out = std::io::stdout().lock();
                    out.write_all(format!("acknowledged {index} {number}.\n").as_bytes()).unwrap();
                    out.flush().unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

async fn kill(kills: u64, seed: u64) {
    let place = Place::new();
    key(place.folder.path());
    let mut dice = Dice(seed);
    let mut acknowledged = BTreeMap::new();
    for round in 0..kills {
        acknowledged.extend(one_life(&place, round * NUMBERS_PER_CHILD, dice.roll(120)));
        let journal = place.open().unwrap();
        let newest = journal.checkpoint().0.size;
        assert!(acknowledged.keys().all(|index| *index < newest), "after kill {round}");
        if round % KILLS_PER_CHECK == KILLS_PER_CHECK - 1 {
            check(&journal, &acknowledged).await;
        }
        journal.close().await;
    }
    assert!(acknowledged.len() as u64 > kills, "the children got to work");
}

/// Starts a child, reads so many acknowledgements, and kills it; gives all that it managed to say.
fn one_life(place: &Place, first: u64, acknowledgements: usize) -> BTreeMap<u64, u64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture", "--test-threads=1"])
        .env(FOLDER_VARIABLE, place.log())
        .env(FIRST_VARIABLE, first.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut said = BTreeMap::new();
    while said.len() < acknowledgements {
        let Some(Ok(line)) = lines.next() else { panic!("the child died on its own") };
        said.extend(acknowledgement(&line));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // The last line may be cut off: then nobody was told.
    said.extend(lines.map_while(Result::ok).filter_map(|line| acknowledgement(&line)));
    said
}

fn acknowledgement(line: &str) -> Option<(u64, u64)> {
    let (index, number) = line.split_once("acknowledged ")?.1.split_once(' ')?;
    Some((index.parse().ok()?, number.strip_suffix('.')?.parse().ok()?))
}

async fn check(journal: &Journal, acknowledged: &BTreeMap<u64, u64>) {
    assert!(matches!(journal.verify().await.unwrap(), Verdict::Sound(_)));
    let mut seen = BTreeSet::new();
    let mut next = 0;
    loop {
        let records = journal.range(next..u64::MAX).await.unwrap();
        let Some(last) = records.last() else { break };
        next = last.index + 1;
        for stored in records {
            assert!(seen.insert(stored.record.commitment), "record {} is there twice", stored.index);
            if let Some(number) = acknowledged.get(&stored.index) {
                assert_eq!(stored.record.commitment, entry(*number).commitment, "record {}", stored.index);
            }
        }
    }
    assert!(acknowledged.keys().all(|index| *index < next));
}
