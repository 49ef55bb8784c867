//! The gate: everything that must hold before a merge, cheapest first.

use anyhow::{Context, Result};

use crate::metadata::Workspace;
use crate::step::Outcome;
use crate::{cluster, command, console, docs, listed, nats, postgres, walls};

type Step = fn(&Workspace) -> Result<Outcome>;

/// The steps, in the order they run. The tests come last, so that their closing lines are the last thing in a log.
const STEPS: [(&str, Step); 12] = [
    ("format", format),
    ("walls", walls::run),
    ("no test is left out", listed::run),
    ("licences and registries", licences),
    ("console", console::check),
    ("lints", lints),
    ("generated pages", docs::check),
    ("databases for the tests", postgres::look),
    ("NATS for the tests", nats::look),
    ("tests", tests),
    ("cluster tests", cluster::test),
    ("console in a browser", console::drive),
];

/// Runs every step; the first that fails ends the run.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let mut skipped = Vec::new();
    for (name, step) in STEPS {
        println!("\n==> {name}");
        match step(workspace).with_context(|| format!("ci stopped at `{name}`"))? {
            Outcome::Passed => {}
            Outcome::Skipped(what) => skipped.push(what),
        }
    }
    println!("\nci: {} of {} steps passed, {} skipped", STEPS.len().saturating_sub(skipped.len()), STEPS.len(), skipped.len());
    for what in skipped {
        println!("ci: SKIPPED {what}");
    }
    Ok(())
}

fn format(workspace: &Workspace) -> Result<Outcome> {
    cargo(workspace, &["fmt", "--all", "--check"])
}

fn lints(workspace: &Workspace) -> Result<Outcome> {
    cargo(workspace, &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])
}

fn tests(workspace: &Workspace) -> Result<Outcome> {
    cargo(workspace, &["test", "--workspace"])
}

/// Advisories are left out: their database needs a network, and a gate must give the same answer twice.
fn licences(workspace: &Workspace) -> Result<Outcome> {
    if !command::answers("cargo", &["deny", "--version"]) {
        return Ok(Outcome::skipped("licences and registries", "cargo-deny is not installed"));
    }
    cargo(workspace, &["deny", "check", "bans", "licenses", "sources"])
}

fn cargo(workspace: &Workspace, words: &[&str]) -> Result<Outcome> {
    command::run(&workspace.root, "cargo", words)?;
    Ok(Outcome::Passed)
}
