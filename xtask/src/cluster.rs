//! The tests against a real API server, which `testing/cluster` builds with Go.
//!
//! They are the integration tests whose name starts with `cluster`. They are marked `#[ignore]`, since `cargo test` alone must
//! not take minutes to compile an API server; here they are asked for by name. Without Go they are skipped, loudly.

use anyhow::{Result, bail};

use crate::command;
use crate::metadata::{TestTarget, Workspace};
use crate::step::Outcome;

const WHAT: &str = "tests against a real API server";
const FOLDER: &str = "testing/cluster";
const PREFIX: &str = "cluster";

/// Runs the cluster tests if this machine can.
pub(crate) fn test(workspace: &Workspace) -> Result<Outcome> {
    let sources = workspace.root.join(FOLDER).is_dir();
    let go = command::answers("go", &["version"]);
    match choose(sources, go, &workspace.tests)? {
        Choice::Skip(why) => Ok(Outcome::skipped(WHAT, why)),
        Choice::Run => {
            // All at once and over the workspace: for one package alone cargo would choose other features, and compile anew.
            let pattern = format!("{PREFIX}*");
            command::run(&workspace.root, "cargo", &["test", "--workspace", "--test", &pattern, "--", "--include-ignored"])?;
            Ok(Outcome::Passed)
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Choice {
    Skip(&'static str),
    Run,
}

/// What to do with these sources, this machine and these tests. Sources that no test uses are a mistake, not a skip.
fn choose(sources: bool, go: bool, tests: &[TestTarget]) -> Result<Choice> {
    let any = tests.iter().any(|test| test.name.starts_with(PREFIX));
    match (sources, go, any) {
        (false, _, false) => Ok(Choice::Skip("this checkout has no `testing/cluster`")),
        (false, _, true) => bail!("tests named `{PREFIX}*` exist, but `{FOLDER}` does not"),
        (true, _, false) => bail!("`{FOLDER}` exists, but no integration test has a name that starts with `{PREFIX}`"),
        (true, false, true) => Ok(Choice::Skip("Go is not installed")),
        (true, true, true) => Ok(Choice::Run),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_named_after_the_cluster_are_run() {
        assert_eq!(choose(true, true, &[target("bad_input"), target("cluster_images")]).unwrap(), Choice::Run);
    }

    #[test]
    fn without_go_the_tests_are_skipped() {
        assert_eq!(choose(true, false, &[target("cluster_images")]).unwrap(), Choice::Skip("Go is not installed"));
    }

    #[test]
    fn a_cluster_that_no_test_uses_is_a_mistake() {
        assert!(choose(true, true, &[target("bad_input")]).is_err());
        assert!(choose(true, false, &[]).is_err());
        assert!(choose(false, true, &[target("cluster_images")]).is_err());
    }

    fn target(name: &str) -> TestTarget {
        TestTarget { source: "main.rs".into(), name: name.to_owned() }
    }
}
