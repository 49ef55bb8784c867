//! The demonstration: the program on a bundled incident, with no cluster at hand.

use anyhow::Result;

use crate::command;
use crate::metadata::Workspace;

/// Builds `assent` and runs `assent demo` with these arguments.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    let mut words = vec!["run", "--package", "assent", "--", "demo"];
    words.extend(arguments.iter().map(String::as_str));
    command::run(&workspace.root, "cargo", &words)
}
