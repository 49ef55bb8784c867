//! What was acknowledged is there after `kill -9`.
//!
//! The writer is this very program, run again with one ignored test of its own; it says on its output what has been acknowledged.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use assent_store::{Expect, KeyFolder, Limits, Query, Store, Tenant};

use crate::database::{Note, RED, World, at, lite_url, note, tenant_id};

const FOLDER: &str = "ASSENT_STORE_TEST_FOLDER";
const ROUNDS: usize = 12;

#[test]
fn acknowledged_writes_survive_kill_9() {
    let world = World::lite();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async { world.settled().await.0.close().await });
    let (mut notes, mut signals, mut events) = (0, 0, 0);
    for round in 0..ROUNDS {
        // Another number each time, so that the kill meets another moment of the group commit.
        for line in killed_after(world.folder.path(), 3 + round * 5) {
            let (what, number) = line.split_once(' ').unwrap();
            let number: u64 = number.parse().unwrap();
            match what {
                "note" => notes = notes.max(number),
                "signal" => signals = signals.max(number),
                "event" => events = events.max(number),
                other => panic!("{other}"),
            }
        }
        runtime.block_on(async {
            let store = world.open().await;
            let red = store.tenant(tenant_id(RED)).await.unwrap();
            let kept = red.count::<Note>(&Query::default()).await.unwrap();
            let event = red.events_after(0, 1).await.unwrap().last;
            let signal = red.last_seq("s").await.unwrap();
            assert!(kept >= notes && signal >= signals && event >= events, "{kept} {notes} {signal} {signals} {event} {events}");
            let checked = red.check().await.unwrap();
            assert_eq!((checked.documents, checked.events, checked.segments * 10), (kept, event, signal));
            store.close().await;
        });
    }
    assert!(notes > 0 && signals > 0 && events > 0, "the writer was killed before it wrote anything");
}

/// What the writer said before it was killed.
fn killed_after(folder: &Path, lines: usize) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "durability::writes_until_it_is_killed", "--ignored", "--nocapture", "--test-threads", "1"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap()).lines();
    let acknowledged = |line: &String| ["note ", "signal ", "event "].iter().any(|word| line.starts_with(word));
    let said = output.map_while(Result::ok).filter(acknowledged).take(lines).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    said
}

#[test]
#[ignore = "run by the test that kills it"]
#[expect(clippy::disallowed_methods, reason = "the only way to hand a path to a test")]
fn writes_until_it_is_killed() {
    // Asked for by name without a folder, as `--include-ignored` does, there is nothing to do.
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let folder = Path::new(&folder);
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let keys = KeyFolder::open(&folder.join("keys")).unwrap();
        let store = Store::open(&lite_url(folder), keys, Limits::default()).await.unwrap();
        let red = store.tenant(tenant_id(RED)).await.unwrap();
        let writers = [tokio::spawn(notes(red.clone())), tokio::spawn(signals(red.clone())), tokio::spawn(events(red))];
        for writer in writers {
            writer.await.unwrap();
        }
    });
}

async fn notes(red: Tenant) {
    let mut number = red.count::<Note>(&Query::default()).await.unwrap();
    loop {
        number += 1;
        red.put(&format!("n{number}"), &note("green", 1, "text"), Expect::Absent, at(1)).await.unwrap();
        say("note", number);
    }
}

async fn signals(red: Tenant) {
    let mut last = red.last_seq("s").await.unwrap();
    loop {
        red.append_segment("s", (last + 1, last + 10), at(1), vec![7; 50_000]).await.unwrap();
        last += 10;
        say("signal", last);
    }
}

async fn events(red: Tenant) {
    loop {
        say("event", red.publish(at(1), b"event".to_vec()).await.unwrap());
    }
}

/// Written at once: what is said has been acknowledged, and what is not said may have been.
fn say(what: &str, number: u64) {
    let mut output = std::io::stdout().lock();
    writeln!(output, "\n{what} {number}").unwrap();
    output.flush().unwrap();
}
