//! What `assent demo` prints works as printed, whatever it listens on.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "this is a test, helpers included")]

mod support;

use std::io::{BufRead as _, BufReader};
use std::process::Child;

use support::program::{command, said};

/// Ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_commands_that_the_demo_prints_reach_it() {
    let mut demo = Running(command(&["demo", "--listen", "127.0.0.1:0"]).spawn().unwrap());
    let lines = BufReader::new(demo.0.stdout.take().unwrap()).lines();
    let line = lines.map_while(Result::ok).find_map(|line| line.trim().strip_prefix("export ").map(str::to_owned)).expect("variables");
    let set: Vec<(&str, &str)> = line.split(' ').map(|pair| pair.split_once('=').expect("NAME=VALUE")).collect();
    assert_eq!(set.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["ASSENT_SERVER", "ASSENT_TOKEN"]);
    let listed = said(&command(&["incidents"]).envs(set.clone()).output().unwrap());
    assert_eq!(listed.code, 0, "{}", listed.err);
    for words in [["cluster", "list", "--server", set[0].1], ["cluster", "--server", set[0].1, "list"]] {
        let listed = said(&command(&words).env(set[1].0, set[1].1).output().unwrap());
        assert_eq!(listed.code, 0, "the server may be named before or after what is asked: {}", listed.err);
    }
}
