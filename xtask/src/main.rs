//! Runs the chores of the project, with the same words on a laptop and in CI.
//!
//! `cargo xtask ci` is the whole gate. Its steps are tasks of their own where a person wants them alone:
//! `cargo xtask walls` after a change of a manifest, `cargo xtask docs` after a change of the cause catalogue.

use std::process::ExitCode;

use anyhow::{Result, bail};

mod bench;
mod ci;
mod cluster;
mod command;
mod console;
mod demo;
mod docs;
mod image;
mod listed;
mod metadata;
mod nats;
mod postgres;
mod step;
mod test;
mod walls;

use metadata::Workspace;

const USAGE: &str = "\
usage: cargo xtask <task> [arguments]

  bench [args]    measure: all, or of cluster, dump and logs those named; --pods N
  ci              everything that must hold before a merge
  console         build the web console; `console test` drives it in Chromium
  demo [args]     build `assent` and run the platform on a played cluster; with --report, print one incident
  docs            write the pages that `assent` generates: docs/causes, docs/actions.md, docs/*.schema.json, docs/openapi.json
  image [names]   static programs as container images: observer, executor, platform, or all; --out DIR, --tag TAG, --source URL
  test [args]     all tests; with arguments, `cargo test` with these arguments
  walls           check that no dependency runs up and that core rooms meet no I/O";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[String]) -> Result<()> {
    let Some((task, rest)) = words.split_first() else {
        bail!("name a task\n\n{USAGE}");
    };
    if task == "--help" || task == "help" {
        println!("{USAGE}");
        return Ok(());
    }
    let workspace = Workspace::load()?;
    match (task.as_str(), rest) {
        ("bench", _) => bench::run(&workspace, rest),
        ("ci", []) => ci::run(&workspace),
        ("console", []) => console::build(&workspace).map(drop),
        ("console", [word]) if word == "test" => console::drive(&workspace).map(drop),
        ("console", [first, ..]) => bail!("task `console` takes nothing or `test`, not `{first}`"),
        ("demo", _) => demo::run(&workspace, rest),
        ("docs", []) => docs::write(&workspace),
        ("image", _) => image::run(&workspace, rest),
        ("test", _) => test::run(&workspace, rest),
        ("walls", []) => walls::run(&workspace).map(drop),
        ("ci" | "docs" | "walls", [first, ..]) => bail!("task `{task}` takes no arguments, not even `{first}`"),
        _ => bail!("there is no task `{task}`\n\n{USAGE}"),
    }
}
