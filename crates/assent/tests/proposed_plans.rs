//! `assent investigate --plans` prints plans with their commands, writes their patches, and changes nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "this is a test, helpers included")]

mod support;

use serde_json::{Value, json};
use support::program::assent;
use tempfile::TempDir;

/// A Deployment whose container is killed for want of memory, as an API server prints it.
fn dump() -> TempDir {
    let containers = json!([{ "name": "thumbs", "image": "registry.example/thumbs:1",
        "resources": { "requests": { "memory": "128Mi" }, "limits": { "memory": "256Mi" } } }]);
    let owner = |kind: &str, name: &str| json!([{ "kind": kind, "name": name, "controller": true }]);
    let list = json!({ "kind": "List", "apiVersion": "v1", "items": [
        { "kind": "Deployment", "apiVersion": "apps/v1",
          "metadata": { "name": "thumbs", "namespace": "media", "uid": "0a0b0c0d-0000-4000-8000-000000000001", "resourceVersion": "7", "generation": 4 },
          "spec": { "replicas": 1, "selector": { "matchLabels": { "app": "thumbs" } },
                    "template": { "metadata": { "labels": { "app": "thumbs" } }, "spec": { "containers": containers } } },
          "status": { "replicas": 1, "unavailableReplicas": 1 } },
        { "kind": "ReplicaSet", "apiVersion": "apps/v1",
          "metadata": { "name": "thumbs-6c9d5f7b8", "namespace": "media", "ownerReferences": owner("Deployment", "thumbs") }, "spec": { "replicas": 1 } },
        { "kind": "Pod", "apiVersion": "v1",
          "metadata": { "name": "thumbs-6c9d5f7b8-q2w4z", "namespace": "media", "labels": { "app": "thumbs", "pod-template-hash": "6c9d5f7b8" },
                        "ownerReferences": owner("ReplicaSet", "thumbs-6c9d5f7b8") },
          "spec": { "nodeName": "w1", "containers": containers },
          "status": { "phase": "Running", "containerStatuses": [{ "name": "thumbs", "ready": false, "restartCount": 6,
              "state": { "waiting": { "reason": "CrashLoopBackOff" } },
              "lastState": { "terminated": { "reason": "OOMKilled", "exitCode": 137, "finishedAt": "2026-05-04T11:59:00Z" } } }] } },
    ] });
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("dump.json"), list.to_string()).unwrap();
    folder
}

fn investigated(folder: &TempDir, more: &[&str]) -> support::program::Said {
    let path = folder.path().join("dump.json");
    let arguments = [&["investigate", path.to_str().unwrap(), "--plans", "--at", "2026-05-04T12:00:00Z"], more].concat();
    assent(&arguments)
}

#[test]
fn a_plan_is_printed_with_its_commands() {
    let said = investigated(&dump(), &[]);
    assert_eq!(said.code, 1, "{}", said.err);
    for words in [
        "Set requests and limits: Deployment media/thumbs",
        "kubectl patch deployments.apps thumbs -n media",
        "--dry-run=server",
        "undone by",
    ] {
        assert!(said.out.contains(words), "{words}: {}", said.out);
    }
}

#[test]
fn patches_are_written_under_the_name_of_their_plan() {
    let folder = dump();
    let out = folder.path().join("patches");
    let said = investigated(&folder, &["--patches", out.to_str().unwrap(), "-o", "json"]);
    let both: Value = serde_json::from_str(&said.out).unwrap();
    let plan = &both["proposed"]["plans"][0];
    assert_eq!(plan["action"]["set_resources"]["limit"], "512Mi");
    let mut files: Vec<_> = std::fs::read_dir(&out).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let [change, undo] = files.as_slice() else { panic!("{files:?}") };
    let read = |path: &std::path::Path| serde_json::from_str::<Value>(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(read(change), plan["request"]["patch"]);
    assert_eq!(read(undo), plan["inverse"]["patch"]["patch"]);
}

#[test]
fn forms_without_room_for_plans_are_refused_and_patches_need_plans() {
    let folder = dump();
    assert_eq!(investigated(&folder, &["-o", "html"]).code, 3);
    let path = folder.path().join("dump.json");
    assert_ne!(assent(&["investigate", path.to_str().unwrap(), "--patches", "x"]).code, 0);
}
