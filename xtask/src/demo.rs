//! The demonstration: the program on a bundled incident, with no cluster at hand.

use anyhow::Result;

use crate::command;
use crate::metadata::Workspace;

/// `assent` ends with 1 when it has found causes, and with 0 when there were none. Both are a demonstration.
const CODES: [i32; 2] = [0, 1];

/// Builds `assent` and runs `assent demo` with these arguments.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    let mut words = vec!["run", "--package", "assent", "--", "demo"];
    words.extend(arguments.iter().map(String::as_str));
    command::run_to(&workspace.root, "cargo", &words, &CODES)
}
