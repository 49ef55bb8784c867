//! `assent`: explains what is wrong with a Kubernetes cluster, with evidence that a program has checked.
//!
//! This binary wires rooms together and decides nothing. Exit codes: 0 healthy, 1 causes found, 2 inconclusive, 3 bad input or no
//! access.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;

mod causes;
mod cli;
mod console;
mod demo;
mod docs;
mod input;
mod investigate;
mod plans;
mod progress;
mod remote;
mod render;
mod root_key;
mod save;
mod up;
mod upkeep;
mod verify;

/// Bad input, or no access.
const EXIT_FAILED: u8 = 3;

fn main() -> ExitCode {
    let arguments = match cli::Cli::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // clap's own code for bad usage is 2, which here means inconclusive.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(EXIT_FAILED) } else { ExitCode::SUCCESS };
        }
    };
    match run(arguments) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "assent: {}", render::text::printable(&format!("{error:#}")));
            ExitCode::from(EXIT_FAILED)
        }
    }
}

fn run(arguments: cli::Cli) -> anyhow::Result<u8> {
    match arguments.command {
        cli::Command::Investigate(asked) => investigate::run(&asked),
        cli::Command::Verify(asked) => verify::run(&asked),
        cli::Command::Causes(asked) => causes::run(&asked),
        cli::Command::Up(asked) => up::run(*asked),
        cli::Command::Login(asked) => asked.run(),
        cli::Command::Logout(asked) => asked.run(),
        cli::Command::Incidents(asked) => asked.run(),
        cli::Command::Incident(asked) => asked.run(),
        cli::Command::Plans(asked) => asked.run(),
        cli::Command::Plan(asked) => asked.run(),
        cli::Command::Propose(asked) => asked.run(),
        cli::Command::Approve(asked) => asked.run(),
        cli::Command::Reject(asked) => asked.run(),
        cli::Command::Withdraw(asked) => asked.run(),
        cli::Command::SshKey(asked) => asked.run(),
        cli::Command::Executor(asked) => asked.run(),
        cli::Command::Cluster(asked) => asked.run(),
        cli::Command::Tenant(asked) => asked.run(),
        cli::Command::Environment(asked) => asked.run(),
        cli::Command::Ledger(asked) => asked.run(),
        cli::Command::Policy(asked) => asked.run(),
        cli::Command::Channel(asked) => asked.run(),
        cli::Command::Backup(asked) => asked.run(),
        cli::Command::Restore(asked) => asked.run(),
        cli::Command::Check(asked) => asked.run(),
        cli::Command::Keys(asked) => asked.run(),
        cli::Command::Observer(asked) => asked.run(),
        cli::Command::Demo(asked) => asked.run(),
        cli::Command::Schema => print(&format!("{:#}\n", assent_diagnosis::report::schema())),
        cli::Command::Docs(asked) => docs::run(&asked.out),
    }
}

/// Tells a person something that is no part of the output.
fn tell(text: &str) {
    // Standard error that is gone is no reason to fail.
    let _ = writeln!(std::io::stderr(), "assent: {}", render::text::printable(text));
}

/// Prints to standard output. A reader that has gone away, such as `head`, is no error.
fn print(text: &str) -> anyhow::Result<u8> {
    match std::io::stdout().write_all(text.as_bytes()).and_then(|()| std::io::stdout().flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error).context("cannot write to standard output"),
        _ => Ok(0),
    }
}
