//! The demonstration: the platform on a played cluster, or with `--report` one bundled incident, with no cluster at hand.

use anyhow::Result;

use crate::metadata::Workspace;
use crate::{command, console};

/// `assent demo --report` ends with 1, since it has found causes; the platform ends with 0 when it is interrupted.
const CODES: [i32; 2] = [0, 1];

/// Builds `assent` with its console and runs `assent demo` with these arguments.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    console::build(workspace)?;
    let mut words = vec!["run", "--package", "assent", "--", "demo"];
    words.extend(arguments.iter().map(String::as_str));
    command::run_to(&workspace.root, "cargo", &words, &CODES)
}
