//! Runs in one cluster what its people have signed, as them, and nothing else.
//!
//! It believes the document that is pinned in its cluster, and of the control plane nothing: that delivers plans and warrants, and takes down each
//! step before it is made. See `docs/executor.md`.
//!
//! Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused because this account may do more than an executor may.

mod backoff;
mod cli;
mod config;
mod drive;
mod link;
mod pinning;
mod pulse;
mod rehearse;
mod repin;
mod run;
mod state;
mod work;

use std::process::ExitCode;

use assent_apply::rights::NotFit;
use assent_resident::{Program, health};
use clap::Parser as _;

use crate::cli::{Cli, Command};

const PROGRAM: Program = Program::new("executor");

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match &cli.command {
        Command::Run(asked) => run::run(asked),
        Command::Preflight(asked) => run::preflight(asked),
        Command::Health(asked) => health::ask(PROGRAM, asked.port),
        Command::Repin(asked) => repin::run(asked),
    };
    PROGRAM.end(done, |cause| matches!(cause.downcast_ref(), Some(NotFit::OverGranted(_))))
}
