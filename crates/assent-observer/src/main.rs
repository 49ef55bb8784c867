//! Watches one cluster, read-only, and sends what it sees to the control plane.
//!
//! Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused because this account may do more than an observer may.

mod cli;
mod config;
mod line;
mod nats;
mod run;

use std::process::ExitCode;

use assent_observe::observer::ObserverError;
use assent_observe::preflight::NotFit;
use assent_resident::{Program, health};
use clap::Parser as _;

use crate::cli::{Cli, Command};

const PROGRAM: Program = Program::new("observer");

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match &cli.command {
        Command::Run(asked) => run::run(asked),
        Command::Rbac(asked) => run::rbac(asked),
        Command::Preflight(asked) => run::preflight(asked),
        Command::Health(asked) => health::ask(PROGRAM, asked.port),
    };
    PROGRAM.end(done, |cause| {
        matches!(cause.downcast_ref(), Some(NotFit::OverGranted(_)))
            || matches!(cause.downcast_ref(), Some(ObserverError::NotFit(NotFit::OverGranted(_))))
    })
}
