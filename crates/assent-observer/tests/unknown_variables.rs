//! A variable of the environment that looks like ours and is none is refused at the start, like an unknown key of the file.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "this is a test, helpers included")]

use std::process::{Command, Stdio};

/// The exit code, and what is told.
fn told(words: &[&str], name: &str) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assent-observer"));
    command.args(words).env_clear().env(name, "a-value").stdin(Stdio::null());
    let said = command.output().unwrap();
    (said.status.code(), String::from_utf8(said.stderr).unwrap())
}

#[test]
fn a_mistyped_variable_is_named_with_the_one_that_is_meant() {
    for words in [["run"], ["preflight"]] {
        let (code, told) = told(&words, "ASSENT_OBSERVER_ENPOINT");
        let meant = "the environment has `ASSENT_OBSERVER_ENPOINT`, which nothing reads: did you mean `ASSENT_OBSERVER_ENDPOINT`?";
        assert!(code == Some(1) && told.contains(meant) && told.contains("ASSENT_LOG") && !told.contains("a-value"), "{words:?}: {told}");
    }
}

#[test]
fn what_other_programs_read_is_no_mistake() {
    let (_, told) = told(&["run"], "ASSENT_SERVER");
    assert!(!told.contains("ASSENT_SERVER"), "{told}");
}
