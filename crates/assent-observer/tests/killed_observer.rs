//! `kill -9` of the observer at random points under load: no number is lost, none stands for two things, and what is so arrives.

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test, helpers included"
)]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;
use support::platform::{Platform, Seen};
use support::played::Played;
use support::{observer, unread};

/// Kills in the suite.
const KILLS: usize = 5;
/// Kills by hand.
const KILLS_BY_HAND: usize = 200;
/// ConfigMaps that change in turn.
const MAPS: u64 = 40;
/// How long the load waits between two changes.
const BETWEEN_CHANGES: Duration = Duration::from_millis(2);
/// Signals that arrive between two kills, at most.
const SIGNALS_MAX: usize = 400;

#[test]
fn nothing_acknowledged_is_lost_or_twice_over_kills_under_load() {
    kills(KILLS);
}

#[test]
#[ignore = "takes minutes: the same with 200 kills, by hand"]
fn nothing_acknowledged_is_lost_or_twice_over_two_hundred_kills_under_load() {
    kills(KILLS_BY_HAND);
}

fn kills(kills: usize) {
    let (played, platform) = (Arc::new(Played::start()), Platform::start());
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = played.kubeconfig(folder.path());
    let (load, loaded) = (played.clone(), Arc::new(AtomicBool::new(true)));
    let goes_on = loaded.clone();
    let load = std::thread::spawn(move || {
        let mut last = BTreeMap::new();
        for turn in 0.. {
            if !goes_on.load(Ordering::Relaxed) {
                break;
            }
            let name = format!("settings-{}", turn % MAPS);
            load.put("ConfigMap", &name, &json!({"data": {"turn": turn.to_string()}}));
            last.insert(name, turn.to_string());
            std::thread::sleep(BETWEEN_CHANGES);
        }
        last
    });
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    for _ in 0..kills {
        let mut child = observer(&kubeconfig, &platform, folder.path(), &[], unread());
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let more = usize::try_from(random >> 33).unwrap() % SIGNALS_MAX + 1;
        let before = platform.until(|seen| Some(seen.signals.len()));
        platform.until(|seen| (seen.signals.len() >= before + more).then_some(()));
        // A moment within what happens between two batches.
        std::thread::sleep(Duration::from_micros(random >> 20 & 0xffff));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    loaded.store(false, Ordering::Relaxed);
    let last = load.join().unwrap();
    let mut child = observer(&kubeconfig, &platform, folder.path(), &[], unread());
    let arrived = |seen: &Seen| {
        let mut known = BTreeMap::new();
        for body in seen.signals.iter().map(|one| &one["object"]["body"]).filter(|body| body["kind"] == "ConfigMap") {
            known.insert(body["metadata"]["name"].as_str().unwrap().to_owned(), body["data"]["turn"].as_str().unwrap().to_owned());
        }
        (known == last).then_some(())
    };
    platform.until(arrived);
    child.kill().unwrap();
    child.wait().unwrap();
    platform.until(|seen| {
        assert_eq!(seen.streams.len(), 1, "one stream over all kills");
        assert_eq!(seen.numbers.keys().copied().collect::<Vec<_>>(), (1..=seen.acknowledged).collect::<Vec<_>>(), "each number once");
        assert_eq!(seen.signals.len() as u64, seen.acknowledged);
        assert!(seen.signals.iter().all(|one| one.get("dropped").is_none()), "nothing was dropped");
        println!("{kills} kills, {} signals acknowledged, {} came again, 0 lost, 0 twice", seen.acknowledged, seen.again);
        Some(())
    });
}
