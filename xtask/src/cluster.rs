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
        Choice::Run(targets) => {
            for target in targets {
                let words = ["test", "--package", &target.package, "--test", &target.name, "--", "--include-ignored"];
                command::run(&workspace.root, "cargo", &words)?;
            }
            Ok(Outcome::Passed)
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Choice<'a> {
    Skip(&'static str),
    Run(Vec<&'a TestTarget>),
}

/// What to do with these sources, this machine and these tests. Sources that no test uses are a mistake, not a skip.
fn choose(sources: bool, go: bool, tests: &[TestTarget]) -> Result<Choice<'_>> {
    let targets: Vec<_> = tests.iter().filter(|test| test.name.starts_with(PREFIX)).collect();
    match (sources, go, targets.is_empty()) {
        (false, _, true) => Ok(Choice::Skip("this checkout has no `testing/cluster`")),
        (false, _, false) => bail!("tests named `{PREFIX}*` exist, but `{FOLDER}` does not"),
        (true, _, true) => bail!("`{FOLDER}` exists, but no integration test has a name that starts with `{PREFIX}`"),
        (true, false, false) => Ok(Choice::Skip("Go is not installed")),
        (true, true, false) => Ok(Choice::Run(targets)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tests_named_after_the_cluster_are_run() {
        let tests = [target("bad_input"), target("cluster_images")];
        assert_eq!(choose(true, true, &tests).unwrap(), Choice::Run(vec![&tests[1]]));
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
        TestTarget { package: "assent".to_owned(), name: name.to_owned() }
    }
}
