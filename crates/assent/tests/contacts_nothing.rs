//! Nothing is contacted that the configuration does not name: a capture is explained without opening a socket.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "this is a test, helpers included")]

mod support;

use std::path::Path;
use std::process::{Command, Stdio};

use support::fault::wrong_image;

/// Each network call of a run, or `None` where calls cannot be watched here.
fn network_calls(folder: &Path, arguments: &[&str]) -> Option<Vec<String>> {
    let log = folder.join("calls");
    let run = Command::new("strace")
        .args(["-f", "-qq", "-e", "trace=%network", "-e", "signal=none", "-o"])
        .arg(&log)
        .arg(env!("CARGO_BIN_EXE_assent"))
        .args(arguments)
        .env("HTTPS_PROXY", "http://127.0.0.1:9")
        .env("HTTP_PROXY", "http://127.0.0.1:9")
        .env("KUBECONFIG", folder.join("config"))
        .env("KUBERNETES_SERVICE_HOST", "127.0.0.1")
        .env("KUBERNETES_SERVICE_PORT", "9")
        .stdin(Stdio::null())
        .output()
        .ok()?;
    // A run that strace may not attach to never ends with a code of ours and a log.
    let text = std::fs::read_to_string(&log).ok().filter(|_| run.status.code().is_some_and(|code| code <= 3))?;
    Some(text.lines().filter(|line| line.contains('(')).map(str::to_owned).collect())
}

/// The commands that must contact nothing.
fn offline(folder: &Path) -> Vec<Vec<String>> {
    let input = folder.join("list.json").to_str().unwrap().to_owned();
    let report = folder.join("report.json").to_str().unwrap().to_owned();
    let saved = folder.join("saved.tar.gz").to_str().unwrap().to_owned();
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    vec![
        words(&["investigate", &input]),
        words(&["investigate", &input, "-n", "shop", "-o", "html", "--save", &saved]),
        words(&["investigate", "-"]),
        words(&["verify", &report, "--against", &input]),
        words(&["demo", "--report"]),
        words(&["causes"]),
        words(&["causes", "image.not_found"]),
        words(&["schema"]),
    ]
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("list.json"), wrong_image("see https://telemetry.example/collect").to_string()).unwrap();
    let input = folder.path().join("list.json");
    let said = support::program::assent(&["investigate", input.to_str().unwrap(), "-o", "json"]);
    std::fs::write(folder.path().join("report.json"), said.out).unwrap();
    let cluster = r#"{"name": "c", "cluster": {"server": "http://127.0.0.1:9"}}"#;
    let config = format!(
        r#"{{"apiVersion": "v1", "kind": "Config", "current-context": "c", "clusters": [{cluster}],
        "contexts": [{{"name": "c", "context": {{"cluster": "c", "user": "u"}}}}], "users": [{{"name": "u", "user": {{}}}}]}}"#
    );
    std::fs::write(folder.path().join("config"), config).unwrap();
    folder
}

#[test]
fn only_a_live_investigation_opens_a_socket() {
    let folder = folder();
    let Some(live) = network_calls(folder.path(), &["investigate"]) else {
        eprintln!("SKIPPED only_a_live_investigation_opens_a_socket: strace is not here, or may not trace");
        return;
    };
    assert!(live.iter().any(|call| call.contains("connect(") && call.contains("htons(9)")), "the watch sees nothing: {live:?}");
    for arguments in offline(folder.path()) {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let calls = network_calls(folder.path(), &arguments).unwrap();
        assert!(calls.is_empty(), "{arguments:?}: {calls:?}");
    }
}

#[test]
fn a_machine_without_a_network_makes_no_difference() {
    let folder = folder();
    let able = Command::new("unshare").args(["--map-root-user", "--net", "true"]).output().is_ok_and(|output| output.status.success());
    if !able {
        eprintln!("SKIPPED a_machine_without_a_network_makes_no_difference: no network namespace can be made here");
        return;
    }
    for arguments in offline(folder.path()) {
        let program = env!("CARGO_BIN_EXE_assent");
        let usual = Command::new(program).args(&arguments).stdin(Stdio::null()).output().unwrap();
        let apart =
            Command::new("unshare").args(["--map-root-user", "--net", program]).args(&arguments).stdin(Stdio::null()).output().unwrap();
        assert_eq!((usual.status.code(), usual.stdout), (apart.status.code(), apart.stdout), "{arguments:?}");
    }
}
