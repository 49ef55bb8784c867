//! Nothing is contacted that the configuration does not name: a capture is explained without opening a socket, and the platform, started
//! as it comes, speaks on loopback with those who call it and with nobody else.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "this is a test, helpers included")]

mod support;

use std::path::Path;
use std::process::{Command, Stdio};

use support::fault::wrong_image;
use support::platform::Platform;

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

/// A command that runs the program under a recorder of its network calls, with variables around it that others take for an invitation.
fn watched(log: &Path) -> Command {
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-e", "trace=%network", "-e", "signal=none", "-o"]).arg(log).arg(env!("CARGO_BIN_EXE_assent")).env_clear();
    for (name, value) in [
        ("PATH", "/usr/bin:/bin"),
        ("HTTPS_PROXY", "http://127.0.0.1:9"),
        ("HTTP_PROXY", "http://127.0.0.1:9"),
        ("ALL_PROXY", "http://127.0.0.1:9"),
        ("KUBECONFIG", "/nowhere/config"),
        ("KUBERNETES_SERVICE_HOST", "127.0.0.1"),
        ("KUBERNETES_SERVICE_PORT", "9"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9"),
        ("VAULT_ADDR", "http://127.0.0.1:9"),
        ("SENTRY_DSN", "http://key@127.0.0.1:9/1"),
    ] {
        command.env(name, value);
    }
    command
}

/// What of the recorded calls is neither the one socket that is listened on, nor an answer to somebody who came to it.
fn reaching_out(calls: &str) -> Vec<String> {
    let mut sockets = 0;
    let mut is_harmless = |call: &str| {
        let (name, _) = call.split_once('(').unwrap_or((call, ""));
        match name.rsplit(' ').next().unwrap_or_default() {
            "socketpair" | "setsockopt" | "getsockopt" | "getsockname" | "getpeername" | "listen" | "accept" | "accept4" | "shutdown" => {
                true
            }
            "recvfrom" | "recvmsg" => true,
            // Over what is connected already.
            "sendto" => call.contains("NULL, 0"),
            "socket" => {
                sockets += 1;
                sockets == 1 && call.contains("AF_INET, SOCK_STREAM")
            }
            "bind" => call.contains("sin_addr=inet_addr(\"127.0.0.1\")"),
            _ => false,
        }
    };
    // The second half of a call that was interrupted: its first half has been seen.
    calls.lines().filter(|line| line.contains('(') && !line.contains(" resumed>") && !is_harmless(line)).map(str::to_owned).collect()
}

#[test]
fn a_platform_started_as_it_comes_speaks_with_its_callers_alone() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("calls");
    let able = Command::new("strace").args(["-qq", "-o", "/dev/null", "true"]).status().is_ok_and(|status| status.success());
    if !able {
        eprintln!("SKIPPED a_platform_started_as_it_comes_speaks_with_its_callers_alone: strace is not here, or may not trace");
        return;
    }
    let mut platform = Platform::start_as(watched(&log), &folder.path().join("assent"), &[]);
    platform.do_everything();
    platform.stop();
    let calls = std::fs::read_to_string(&log).unwrap();
    assert!(calls.contains("accept4("), "the recorder sees nothing: {calls}");
    let found = reaching_out(&calls);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_recorder_would_find_what_reaches_out() {
    let own = "7 socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) = 18\n7 bind(18, {sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr(\"127.0.0.1\")}, 16) = 0\n7 recvfrom(8, \"\\1\", 128, 0, NULL, NULL) = 1";
    assert_eq!(reaching_out(own), [""; 0]);
    for call in [
        "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_TCP) = 19",
        "socket(AF_INET6, SOCK_DGRAM, IPPROTO_IP) = 19",
        "socket(AF_UNIX, SOCK_STREAM, 0) = 19",
        "connect(19, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr(\"203.0.113.7\")}, 16 <unfinished ...>",
        "sendto(19, \"x\", 1, 0, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr(\"127.0.0.53\")}, 16) = 1",
        "sendmsg(19, {msg_name=NULL, msg_namelen=0}, 0) = 1",
        "sendmmsg(19, [], 2, MSG_NOSIGNAL) = 2",
        "bind(18, {sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr(\"0.0.0.0\")}, 16) = 0",
    ] {
        assert_eq!(reaching_out(&format!("{own}\n7 {call}")).len(), 1, "{call}");
    }
}
