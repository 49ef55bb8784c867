//! Secrets of all kinds and encodings in what an observer reads, with a platform that takes nothing: none is in its buffer.
//!
//! The folder is searched as it lies on the disk, and as its key opens it, decoded over and over.

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test, helpers included"
)]

mod support;

#[path = "../../screen/tests/support/canary.rs"]
mod canary;
#[path = "../../screen/tests/support/corpus.rs"]
mod corpus;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use assent_base::Secret;
use assent_observe::buffer::{BUFFER_BYTES_MIN, Buffer, BufferKey};
use canary::{survives, views};
use corpus::{ENCODINGS, KINDS, Rng, planted};
use serde_json::{Value, json};
use support::platform::{KEY, Platform};
use support::played::Played;
use support::{observer, unread};

/// How long the observer may take to read what there is.
const PATIENCE: Duration = Duration::from_secs(120);
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);
/// Each kind is planted in one of so many shares of the encodings; all of them are, over the kinds.
const SHARES: usize = 3;
/// The object that is read last of its kind; its name stands in the buffer when all was read.
const MARKER: &str = "zz-all-was-read";

#[test]
fn no_canary_is_in_the_buffer_raw_or_decoded() {
    let (played, platform) = (Played::start(), Platform::start());
    platform.hold_back();
    let mut r = Rng(21);
    let mut values = Vec::new();
    for (number, kind) in KINDS.iter().enumerate() {
        for (turn, encoding) in ENCODINGS.iter().enumerate().filter(|(turn, _)| turn % SHARES == number % SHARES) {
            let (value, text) = planted(kind, encoding, &mut r);
            let (kind_of_object, fields) = carrier((number + turn) % 6, kind.setting, &value, &text);
            played.put(kind_of_object, &format!("carrier-{number}-{turn}"), &fields);
            values.push((value, number, turn));
        }
    }
    for kind in ["ConfigMap", "Event", "Pod"] {
        played.put(kind, MARKER, &json!({"data": {"note": "end"}}));
    }
    let folder = tempfile::tempdir().unwrap();
    let mut child = observer(&played.kubeconfig(folder.path()), &platform, folder.path(), &[], unread());
    let buffer = folder.path().join("buffer");
    let deadline = Instant::now() + PATIENCE;
    let opened = loop {
        std::thread::sleep(BETWEEN_LOOKS);
        let signals = opened(&buffer, folder.path());
        let kinds: BTreeSet<&str> = signals.iter().filter_map(|one| one["listed"]["kind"].as_str()).collect();
        if ["ConfigMap", "Event", "Pod"].iter().all(|kind| kinds.contains(kind)) {
            break signals;
        }
        assert!(Instant::now() < deadline && child.try_wait().unwrap().is_none(), "{} signals, lists of {kinds:?}", signals.len());
    };
    child.kill().unwrap();
    child.wait().unwrap();
    let bodies = opened.iter().map(|one| &one["object"]["body"]).filter(|body| body.is_object());
    assert!(bodies.count() >= values.len(), "what was planted was read");
    assert_eq!(opened.iter().filter(|one| one["object"]["body"]["metadata"]["name"] == MARKER).count(), 3);
    let texts: Vec<Vec<Vec<u8>>> = opened.iter().map(|one| views(one.to_string().as_bytes())).collect();
    let raw: Vec<Vec<u8>> = std::fs::read_dir(&buffer)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| std::fs::read(path).unwrap())
        .collect();
    assert!(!raw.is_empty());
    let left: Vec<_> =
        values.iter().filter(|(value, ..)| survives(value, &raw) || texts.iter().any(|views| survives(value, views))).collect();
    assert!(left.is_empty(), "{} of {}: {left:?}", left.len(), values.len());
    println!("{} canaries, {} signals in the buffer, 0 found", values.len(), opened.len());
}

/// What the buffer holds, opened as a copy, since the observer has the folder itself.
fn opened(buffer: &Path, folder: &Path) -> Vec<Value> {
    let Ok(entries) = std::fs::read_dir(buffer) else { return Vec::new() };
    let copy = tempfile::tempdir_in(folder).unwrap();
    for path in entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
        // What is removed between the two is acknowledged, and then not looked for.
        let _ = std::fs::copy(&path, copy.path().join(path.file_name().unwrap()));
    }
    let mut buffer = Buffer::open(copy.path(), BUFFER_BYTES_MIN * 64, BufferKey::of(&Secret::new(KEY.to_owned()))).unwrap();
    let mut all = Vec::new();
    let mut seen = 0;
    loop {
        let more = buffer.after(seen, u64::MAX, 1_000).unwrap();
        let Some(last) = more.last() else { return all };
        seen = last.seq;
        all.extend(more.iter().map(|kept| serde_json::from_slice::<Value>(&kept.bytes).unwrap()));
    }
}

/// An object that holds a secret in one of the places that are read.
fn carrier(place: usize, setting: Option<&str>, value: &str, text: &str) -> (&'static str, Value) {
    // What nothing announces speaks for itself, with what is around it.
    let (setting, value) = setting.map_or(("SETTING", text), |setting| (setting, value));
    match place {
        0 => ("ConfigMap", json!({"data": {setting: value, "file": text}})),
        1 => ("ConfigMap", json!({"metadata": {"annotations": {"note": text}}, "data": {}})),
        2 => (
            "Pod",
            json!({"spec": {"containers": [{"name": "app", "env": [{"name": setting, "value": value}, {"name": "NOTE", "value": text}]}]}}),
        ),
        3 => ("Pod", json!({"spec": {"containers": [{"name": "app", "args": ["run", "--config", text]}]}})),
        4 => {
            ("Pod", json!({"status": {"containerStatuses": [{"name": "app", "state": {"waiting": {"reason": "Error", "message": text}}}]}}))
        }
        _ => (
            "Event",
            json!({"type": "Warning", "reason": "Failed", "message": format!("could not start: {text}"),
            "involvedObject": {"kind": "Pod", "name": "cart", "namespace": "shop"}}),
        ),
    }
}
