//! All tests: `cargo test` over the workspace, then those that need a real API server, then those that need a browser.

use anyhow::Result;

use crate::cluster;
use crate::command;
use crate::console;
use crate::metadata::Workspace;
use crate::nats;
use crate::postgres;

/// Runs everything, or `cargo test` with the given arguments if there are any.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    if arguments.is_empty() {
        postgres::look(workspace)?;
        nats::look(workspace)?;
        command::run(&workspace.root, "cargo", &["test", "--workspace"])?;
        cluster::test(workspace)?;
        console::drive(workspace)?;
        return Ok(());
    }
    let words: Vec<&str> = std::iter::once("test").chain(arguments.iter().map(String::as_str)).collect();
    command::run(&workspace.root, "cargo", &words)
}
