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
mod health;
mod link;
mod pinning;
mod rehearse;
mod repin;
mod run;
mod state;
mod work;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::{Cli, Command};

/// This account may do more than an executor may.
const REFUSED: u8 = 3;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match &cli.command {
        Command::Run(asked) => run::run(asked),
        Command::Preflight(asked) => run::preflight(asked),
        Command::Health(asked) => health::ask(asked.port),
        Command::Repin(asked) => repin::run(asked),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("assent-executor: {error:#}");
            let refused = error.chain().any(|cause| matches!(cause.downcast_ref(), Some(assent_apply::rights::NotFit::OverGranted(_))));
            ExitCode::from(if refused { REFUSED } else { 1 })
        }
    }
}
