//! A platform that is killed loses nothing that it acknowledged, and has nothing twice.
//!
//! An observer and a person keep the real program busy; it is killed at random points, and started again on the same folder. What was
//! answered is compared with what is there: a small model of the cluster for the signals, every comment and environment by its id, the
//! ledger by the offline verifier and by a record for each act.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "this is a test, helpers included")]

mod support {
    pub mod http;
    pub mod platform;
}

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use assent_journal::{DirFiles, verify_while_written};
use assent_ledger::{Checkpoint, Trust, Verdict};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use support::http::{Http, Who};
use support::platform::{Cluster, Observer, Platform, all, ill_cluster, incident, until};

const STREAM: &str = "0f0e0d0c0b0a09080706050403020100";
/// Kills without anything to look at more closely.
const KILLS: u64 = 20;
/// Kills of the long run.
const KILLS_LONG: u64 = 200;
/// Milliseconds under load before a kill, at most.
const LOAD_MS_MAX: u64 = 400;
/// Signals of a batch at most.
const BATCH_MAX: u64 = 40;
/// One environment in so many is kept; the others are removed again.
const KEPT_EVERY: u64 = 5;
/// Environments that are kept at most: a tenant is allowed some more.
const KEPT_MAX: usize = 40;

#[test]
fn what_was_acknowledged_survives_twenty_kills() {
    survives(KILLS, 1);
}

/// Takes some minutes: `cargo test -p assent --test killed_platform -- --ignored`.
#[test]
#[ignore = "takes minutes"]
fn what_was_acknowledged_survives_two_hundred_kills() {
    survives(KILLS_LONG, 2);
}

fn survives(kills: u64, seed: u64) {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("assent");
    let program = Path::new(env!("CARGO_BIN_EXE_assent"));
    let mut random = Random(seed);
    let mut platform = Platform::start(program, &data);
    let mut world = World::build(&platform);
    for _ in 0..kills {
        let pause = Duration::from_millis(random.below(LOAD_MS_MAX));
        world.load(&mut platform, pause, &mut random);
        platform = Platform::start(program, &data);
        world.check(&platform, &data);
    }
    world.check_whole(&platform);
    platform.stop();
    assert_sound(&data, &world.trust, Some(&world.newest));
    println!(
        "{kills} kills: {} signals, {} comments, {} environments and {} removals were acknowledged, the ledger has {} records; {} kills hit a batch",
        world.acknowledged,
        world.comments.len(),
        world.environments.kept.len() + world.environments.gone.len(),
        world.environments.gone.len(),
        world.newest.size,
        world.interrupted,
    );
}

/// What was acknowledged so far.
struct World {
    owner: Who,
    cluster: Cluster,
    incident: String,
    /// Signals before those of the model.
    base: u64,
    /// Objects that those left.
    base_objects: u64,
    acknowledged: u64,
    sent: u64,
    /// By id, with its text.
    comments: BTreeMap<String, String>,
    next_comment: u64,
    environments: Environments,
    trust: Trust,
    newest: Checkpoint,
    interrupted: u64,
}

impl World {
    fn build(platform: &Platform) -> Self {
        let owner = platform.owner();
        let cluster = platform.add_cluster(&owner);
        let (mut observer, welcome) = Observer::connect(platform.address, &cluster, STREAM).unwrap();
        assert_eq!(welcome["acknowledged"], 0);
        let facts = ill_cluster();
        let base = facts.len() as u64;
        assert_eq!(observer.send(1, facts).unwrap().json()["acknowledged"], base);
        let mut http = platform.http();
        let incident = incident(&mut http, &owner);
        // An incident is kept before the watcher says again what it knows.
        let base_objects = until("objects that are counted", || Some(objects(&mut http, &owner, &cluster)).filter(|objects| *objects > 50));
        let checkpoint = http.get(&owner, "/api/v1/ledger/checkpoint").unwrap().json();
        let trust = Trust::log(checkpoint["public_key"].as_str().unwrap().parse().unwrap());
        let newest = trust.checkpoint(checkpoint["note"].as_str().unwrap().as_bytes()).unwrap();
        Self {
            owner,
            cluster,
            incident,
            base,
            base_objects,
            acknowledged: base,
            sent: base,
            comments: BTreeMap::new(),
            next_comment: 0,
            environments: Environments::default(),
            trust,
            newest,
            interrupted: 0,
        }
    }

    /// Keeps the platform busy, and kills it in the middle of that.
    fn load(&mut self, platform: &mut Platform, pause: Duration, random: &mut Random) {
        let address = platform.address;
        let (acknowledged, sent) = (AtomicU64::new(self.acknowledged), AtomicU64::new(self.sent));
        let mut draws = Random(random.next());
        let (interrupted, (comments, next), note) = std::thread::scope(|scope| {
            let observer = scope.spawn(|| observe(address, &self.cluster, &acknowledged, &sent, &mut draws));
            let person = scope.spawn(|| comment(address, &self.owner, &self.incident, self.next_comment));
            let admin = scope.spawn(|| self.environments.make(address, &self.owner));
            let auditor = scope.spawn(|| audit(address, &self.owner));
            std::thread::sleep(pause);
            platform.kill();
            admin.join().unwrap();
            (observer.join().unwrap(), person.join().unwrap(), auditor.join().unwrap())
        });
        (self.acknowledged, self.sent) = (acknowledged.into_inner(), sent.into_inner());
        self.interrupted += u64::from(interrupted);
        self.comments.extend(comments);
        self.next_comment = next;
        if let Some(note) = note {
            let seen = self.trust.checkpoint(note.as_bytes()).unwrap();
            assert!(seen.size >= self.newest.size, "the ledger was shown shorter than before");
            self.newest = seen;
        }
    }

    /// What can be seen at once: no signal is lost, none counts twice, and the ledger holds.
    fn check(&mut self, platform: &Platform, data: &Path) {
        let (_, welcome) = Observer::connect(platform.address, &self.cluster, STREAM).unwrap();
        let has = welcome["acknowledged"].as_u64().unwrap();
        assert!(
            (self.acknowledged..=self.sent).contains(&has),
            "{} were acknowledged, {} sent, {has} are there",
            self.acknowledged,
            self.sent
        );
        self.acknowledged = has;
        let expected = self.base_objects + model(self.base, has);
        let mut http = platform.http();
        let mut last = 0;
        until(&format!("a cluster of {expected} objects"), || {
            last = objects(&mut http, &self.owner, &self.cluster);
            assert!(last <= expected, "{last} objects, and {expected} are right");
            (last == expected).then_some(())
        });
        assert_sound(data, &self.trust, Some(&self.newest));
    }

    /// What takes longer: every comment, every environment, every record, and each signal that is kept one by one.
    fn check_whole(&self, platform: &Platform) {
        let mut http = platform.http();
        let comments = all(&mut http, &self.owner, &format!("/api/v1/incidents/{}/comments", self.incident));
        let texts: BTreeSet<&str> = comments.iter().map(|one| one["text"].as_str().unwrap()).collect();
        assert_eq!(texts.len(), comments.len(), "a comment is there twice");
        let kept: BTreeMap<&str, &str> = comments.iter().map(|one| (one["id"].as_str().unwrap(), one["text"].as_str().unwrap())).collect();
        for (id, text) in &self.comments {
            assert_eq!(kept.get(id.as_str()), Some(&text.as_str()), "a comment that was acknowledged");
        }
        let environments = all(&mut http, &self.owner, "/api/v1/environments");
        let names: BTreeSet<&str> = environments.iter().map(|one| one["name"].as_str().unwrap()).collect();
        assert_eq!(names.len(), environments.len(), "an environment is there twice");
        let ids: BTreeSet<&str> = environments.iter().map(|one| one["id"].as_str().unwrap()).collect();
        assert!(self.environments.kept.iter().all(|id| ids.contains(id.as_str())), "an environment that was acknowledged is lost");
        assert!(!self.environments.gone.iter().any(|id| ids.contains(id.as_str())), "an environment that was removed is back");
        self.check_records(&mut http);
        self.check_signals(&mut http);
    }

    fn check_records(&self, http: &mut Http) {
        let commented = all(http, &self.owner, "/api/v1/ledger/records?action=incident.comment&outcome=intended");
        let recorded: BTreeSet<&str> = commented.iter().filter_map(|record| record["details"]["details"]["comment"].as_str()).collect();
        let lost: Vec<_> = self.comments.keys().filter(|id| !recorded.contains(id.as_str())).collect();
        assert!(lost.is_empty() && !recorded.is_empty(), "no record of {lost:?}");
        let made = all(http, &self.owner, "/api/v1/ledger/records?action=environment.manage&outcome=intended");
        let mut recorded: BTreeMap<&str, usize> = BTreeMap::new();
        for record in &made {
            *recorded.entry(record["subject"].as_str().unwrap()).or_default() += 1;
        }
        let recorded = |id: &str| recorded.get(id).copied().unwrap_or_default();
        assert!(self.environments.kept.iter().all(|id| recorded(id) == 1), "an environment was made without a record, or with two");
        assert!(self.environments.gone.iter().all(|id| recorded(id) == 2), "an environment was made and removed without two records");
    }

    /// Reads the kept signals themselves: those that no snapshot stands for are there once each, in order.
    fn check_signals(&self, http: &mut Http) {
        let export = http.get(&self.owner, "/api/v1/tenant/export").unwrap();
        let text = export.text();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.last().unwrap()["type"], "end");
        // The store counts from one more, since its first number stands for what came before the stream.
        let mut next = None;
        for segment in lines.iter().filter(|line| line["type"] == "signals") {
            let (first, last) = (segment["first"].as_u64().unwrap(), segment["last"].as_u64().unwrap());
            assert!(next.is_none_or(|next| next == first), "after {next:?} comes {first}");
            next = Some(last + 1);
            if segment["snapshot"] == true || last < 2 {
                continue;
            }
            let bytes = STANDARD.decode(segment["bytes"].as_str().unwrap()).unwrap();
            let signals: Vec<Value> = bytes
                .split(|byte| *byte == b'\n')
                .filter(|line| !line.is_empty())
                .map(|line| serde_json::from_slice(line).unwrap())
                .collect();
            assert_eq!(signals.len() as u64, last - first + 1);
            for (seq, kept) in (first - 1..).zip(&signals).filter(|(seq, _)| *seq > self.base) {
                assert_eq!(*kept, signal(seq), "signal {seq}");
            }
        }
        assert_eq!(next, Some(self.acknowledged + 2), "the last signal");
    }
}

/// Sends signals until nobody answers, some of them again. Says whether a batch was on its way then.
fn observe(address: SocketAddr, cluster: &Cluster, acknowledged: &AtomicU64, sent: &AtomicU64, random: &mut Random) -> bool {
    let Ok((mut observer, welcome)) = Observer::connect(address, cluster, STREAM) else { return false };
    let mut has = welcome["acknowledged"].as_u64().unwrap();
    loop {
        // What is already there is skipped: an observer that lost an answer sends again.
        let again = if random.below(4) == 0 { random.below(BATCH_MAX) } else { 0 };
        let first = (has + 1).saturating_sub(again).max(1);
        let last = has + 1 + random.below(BATCH_MAX);
        let batch = (first..=last).map(signal).collect();
        sent.fetch_max(last, Ordering::Relaxed);
        let Ok(answer) = observer.send(first, batch) else { return true };
        has = answer.json()["acknowledged"].as_u64().unwrap();
        assert_eq!(has, last);
        acknowledged.fetch_max(has, Ordering::Relaxed);
    }
}

/// Comments until nobody answers. Gives the comments that were acknowledged, and the number of the next.
fn comment(address: SocketAddr, owner: &Who, incident: &str, mut next: u64) -> (Vec<(String, String)>, u64) {
    let mut http = Http::to(address);
    let mut comments = Vec::new();
    loop {
        let text = format!("remark {next}");
        next += 1;
        let Ok(answer) = http.post(owner, &format!("/api/v1/incidents/{incident}/comments"), &json!({ "text": text })) else {
            return (comments, next);
        };
        assert_eq!(answer.status, 201, "{}", answer.text());
        comments.push((answer.json()["id"].as_str().unwrap().to_owned(), text));
    }
}

/// Environments that were acknowledged as there, and as gone.
#[derive(Default)]
struct Environments {
    kept: BTreeSet<String>,
    gone: BTreeSet<String>,
    next: u64,
}

impl Environments {
    /// Makes environments and removes most of them, until nobody answers.
    fn make(&mut self, address: SocketAddr, owner: &Who) {
        let mut http = Http::to(address);
        loop {
            let body = json!({ "name": format!("e{}", self.next), "criticality": "lab" });
            self.next += 1;
            let Ok(made) = http.post(owner, "/api/v1/environments", &body) else { return };
            assert_eq!(made.status, 201, "{}", made.text());
            let id = made.json()["id"].as_str().unwrap().to_owned();
            if self.next.is_multiple_of(KEPT_EVERY) && self.kept.len() < KEPT_MAX {
                self.kept.insert(id);
                continue;
            }
            // One whose removal was not answered is there or not.
            let Ok(gone) = http.call(owner, "DELETE", &format!("/api/v1/environments/{id}"), None) else { return };
            assert_eq!(gone.status, 204, "{}", gone.text());
            self.gone.insert(id);
        }
    }
}

/// Keeps the last checkpoint that it was shown.
fn audit(address: SocketAddr, owner: &Who) -> Option<String> {
    let mut http = Http::to(address);
    let mut last = None;
    while let Ok(answer) = http.get(owner, "/api/v1/ledger/checkpoint") {
        last = Some(answer.json()["note"].as_str().unwrap().to_owned());
        std::thread::sleep(Duration::from_millis(5));
    }
    last
}

/// A signal of the model, by its number: of four, two make an object, one changes the second, one ends the first.
fn signal(seq: u64) -> Value {
    let at = "2026-05-04T12:00:00Z";
    let object = |of: u64| {
        let metadata =
            json!({ "name": format!("c{of}"), "namespace": "load", "uid": format!("u{of}"), "resourceVersion": seq.to_string() });
        let body = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": { "number": seq.to_string() } });
        json!({ "object": { "at": at, "body": body } })
    };
    match seq % 4 {
        0 | 1 => object(seq),
        2 => object(seq - 1),
        _ => {
            json!({ "gone": { "at": at, "kind": "ConfigMap", "namespace": "load", "name": format!("c{}", seq - 3), "uid": format!("u{}", seq - 3) } })
        }
    }
}

/// Objects that the model's signals leave, from those after `base` to `last`.
fn model(base: u64, last: u64) -> u64 {
    let mut objects = BTreeSet::new();
    for seq in base + 1..=last {
        match seq % 4 {
            0 | 1 => drop(objects.insert(seq)),
            2 => drop(objects.insert(seq - 1)),
            _ => drop(objects.remove(&(seq - 3))),
        }
    }
    objects.len() as u64
}

fn objects(http: &mut Http, owner: &Who, cluster: &Cluster) -> u64 {
    http.get(owner, &format!("/api/v1/clusters/{}", cluster.id)).unwrap().json()["objects"].as_u64().unwrap()
}

fn assert_sound(data: &Path, trust: &Trust, since: Option<&Checkpoint>) {
    let pause = || std::thread::sleep(Duration::from_millis(100));
    let verdict = verify_while_written(trust, &DirFiles::new(data.join("ledger")), since, pause).unwrap();
    assert!(matches!(verdict, Verdict::Sound(_)), "{verdict:?}");
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}
