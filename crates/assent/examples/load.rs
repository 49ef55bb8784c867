//! Measures a running platform from outside: idle memory, symptom to report, and the API's latency under a fixed rate of requests.
//!
//! `cargo build --release -p assent && cargo run --release -p assent --example load`
//!
//! Requests are sent when they are due, whether or not earlier ones were answered, and each is timed from when it was due: a platform that
//! stalls pays for every request that had to wait. What the figures mean stands in docs/benchmarks.md.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "this measures, and is no part of a program that people run"
)]

#[path = "../tests/support/http.rs"]
mod http;
#[path = "../tests/support/platform.rs"]
mod platform;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use http::{Http, Who};
use platform::{Cluster, Observer, Platform};
use serde_json::{Value, json};

const STREAM: &str = "00112233445566778899aabbccddeeff";
/// Seconds before idle memory is read.
const IDLE_S: u64 = 30;
/// The second of the demo at which an image is not found; its rollout begins before.
const SYMPTOM_S: i64 = 33;
/// Symptoms, one after the other; each is an incident of its own.
const SYMPTOMS: usize = 100;
/// Requests a second.
const RATE: u32 = 500;
/// Seconds of them.
const LOAD_S: u32 = 20;
/// Connections that they come by.
const CONNECTIONS: u32 = 32;

fn main() {
    let beside = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join("assent");
    let program = std::env::args().nth(1).map_or(beside, PathBuf::from);
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::start(&program, &folder.path().join("assent"));
    let owner = platform.owner();
    std::thread::sleep(Duration::from_secs(IDLE_S));
    println!("idle for {IDLE_S} s: {} resident", memory(platform.id()));
    let cluster = platform.add_cluster(&owner);
    symptoms(&platform, &owner, &cluster);
    println!("with {SYMPTOMS} incidents: {} resident", memory(platform.id()));
    let grants = json!([{ "role": "viewer" }]);
    let key = platform.http().post(&owner, "/api/v1/keys", &json!({ "name": "load", "grants": grants })).unwrap().json();
    let key = Who::Bearer(key["secret"].as_str().unwrap().to_owned());
    for paths in [&["/api/v1/me"][..], &["/api/v1/incidents"], &["/api/v1/me", "/api/v1/incidents"]] {
        let (timings, failed) = load(platform.address, &key, paths);
        println!("{RATE} requests/s for {LOAD_S} s of {}: {}; {failed} failed", paths.join(" and "), percentiles(timings));
    }
    println!("after the load: {} resident", memory(platform.id()));
}

/// What `/proc` says.
fn memory(id: u32) -> String {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let kib: u64 = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.trim().parse().ok()).unwrap();
    format!("{:.1} MiB", kib as f64 / 1_024.0)
}

/// Sends symptoms and waits for the event of each that brings a report.
fn symptoms(platform: &Platform, owner: &Who, cluster: &Cluster) {
    let (mut observer, _) = Observer::connect(platform.address, cluster, STREAM).unwrap();
    let mut next = 1;
    let mut send = |signals: Vec<Value>| {
        let count = signals.len() as u64;
        assert_eq!(observer.send(next, signals).unwrap().status, 200);
        next += count;
    };
    send(moments(None).0);
    for number in 0..SYMPTOMS {
        send(moments(Some(number)).0);
    }
    std::thread::sleep(Duration::from_secs(2));
    let mut events = platform.http().follow(owner).unwrap();
    let mut http = platform.http();
    let mut timings = Vec::new();
    for number in 0..SYMPTOMS {
        let ill = moments(Some(number)).1;
        let sent = Instant::now();
        send(ill);
        loop {
            let event = events.next().unwrap();
            if event["type"] != "incident" {
                continue;
            }
            let heard = sent.elapsed();
            let whole = http.get(owner, &format!("/api/v1/incidents/{}", event["incident"].as_str().unwrap())).unwrap().json();
            if whole["summary"]["namespaces"].as_array().unwrap().contains(&json!(namespace(number))) && !whole["report"].is_null() {
                assert_eq!(whole["summary"]["cause"], "image.not_found");
                timings.push(heard);
                break;
            }
        }
    }
    println!("symptom sent to event of a checked report, {SYMPTOMS} times: {}", percentiles(timings));
}

fn namespace(number: usize) -> String {
    format!("grocer-{number}")
}

/// What comes before the symptom and the symptom; of the whole cluster, or of one more copy of its namespace.
fn moments(copy: Option<usize>) -> (Vec<Value>, Vec<Value>) {
    // The symptom is of now: the platform waits from then until things have settled.
    let start = assent_base::Timestamp::now().checked_sub(jiff::SignedDuration::from_secs(SYMPTOM_S)).unwrap();
    let (mut well, mut ill) = (Vec::new(), Vec::new());
    for moment in assent_scenarios::demo::timeline(start).into_iter().take_while(|moment| moment.offset_s <= SYMPTOM_S) {
        let facts = moment.facts.into_iter().filter_map(|fact| match copy {
            None => Some(fact),
            Some(number) => {
                let text = fact.to_string();
                text.contains("grocer").then(|| serde_json::from_str(&text.replace("grocer", &namespace(number))).unwrap())
            }
        });
        if moment.offset_s < SYMPTOM_S { well.extend(facts) } else { ill.extend(facts) }
    }
    (well, ill)
}

/// Sends requests when they are due. Gives how long each took from then, and how many were not answered well.
fn load(address: SocketAddr, key: &Who, paths: &[&str]) -> (Vec<Duration>, usize) {
    let begun = Instant::now() + Duration::from_millis(100);
    let (mut timings, mut failed) = (Vec::new(), 0);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..CONNECTIONS)
            .map(|worker| {
                scope.spawn(move || {
                    let mut http = Http::to(address);
                    let (mut timings, mut failed) = (Vec::new(), 0);
                    for number in (worker..RATE * LOAD_S).step_by(CONNECTIONS as usize) {
                        let due = begun + Duration::from_secs(1) * number / RATE;
                        std::thread::sleep(due.saturating_duration_since(Instant::now()));
                        let answered = http.get(key, paths[number as usize / 7 % paths.len()]).is_ok_and(|answer| answer.status == 200);
                        timings.push(due.elapsed());
                        failed += usize::from(!answered);
                    }
                    (timings, failed)
                })
            })
            .collect();
        for worker in workers {
            let (more, bad) = worker.join().unwrap();
            timings.extend(more);
            failed += bad;
        }
    });
    (timings, failed)
}

fn percentiles(mut timings: Vec<Duration>) -> String {
    timings.sort();
    let at = |percent: usize| timings[(timings.len() * percent / 100).min(timings.len() - 1)].as_secs_f64() * 1_000.0;
    format!("p50 {:.1} ms, p99 {:.1} ms, worst {:.1} ms", at(50), at(99), at(100))
}
