//! Watches one cluster, read-only, and sends what it sees to the control plane.
//!
//! Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused because this account may do more than an observer may.

mod cli;
mod config;
mod health;
mod nats;
mod run;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::{Cli, Command};

/// This account may do more than an observer may.
const REFUSED: u8 = 3;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match &cli.command {
        Command::Run(asked) => run::run(asked),
        Command::Rbac(asked) => run::rbac(asked),
        Command::Preflight(asked) => run::preflight(asked),
        Command::Health(asked) => health::ask(asked.port),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("assent-observer: {error:#}");
            let refused = error.chain().any(|cause| {
                matches!(cause.downcast_ref(), Some(assent_observe::preflight::NotFit::OverGranted(_)))
                    || matches!(
                        cause.downcast_ref(),
                        Some(assent_observe::observer::ObserverError::NotFit(assent_observe::preflight::NotFit::OverGranted(_)))
                    )
            });
            ExitCode::from(if refused { REFUSED } else { 1 })
        }
    }
}
