//! Whether the tests of observers by NATS find a server. They start servers of their own; the program has to be in PATH for that.

use anyhow::Result;

use crate::command;
use crate::metadata::Workspace;
use crate::step::Outcome;

/// Looks for it. The tests pass without it, and test nothing, so this is where it is said.
pub(crate) fn look(_: &Workspace) -> Result<Outcome> {
    if command::answers("nats-server", &["--version"]) {
        println!("nats-server is installed: observers are tested through it");
        return Ok(Outcome::Passed);
    }
    Ok(Outcome::skipped("tests of observers by NATS", "nats-server is not installed"))
}
