//! `assent`: explains what is wrong with a Kubernetes cluster, with evidence that a program has checked.
//!
//! This binary wires rooms together and decides nothing. Exit codes: 0 healthy, 1 causes found, 2 inconclusive, 3 bad input or no
//! access.

use std::io::Write;
use std::ops::ControlFlow;
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
mod surroundings;
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
            let _ = writeln!(std::io::stderr(), "assent: {}", render::text::printable(&chain(&error)));
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
        cli::Command::Whoami(asked) => asked.run(),
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
        cli::Command::Certificate(asked) => asked.run(),
        cli::Command::Member(asked) => asked.run(),
        cli::Command::Group(asked) => asked.run(),
        cli::Command::MachineKey(asked) => asked.run(),
        cli::Command::Environment(asked) => asked.run(),
        cli::Command::Retention(asked) => asked.run(),
        cli::Command::Redaction(asked) => asked.run(),
        cli::Command::AlertSource(asked) => asked.run(),
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

/// An error and what caused it, outermost first. Many texts name their cause already: what was said is not said again.
fn chain(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// Tells a person something that is no part of the output.
fn tell(text: &str) {
    // Standard error that is gone is no reason to fail.
    let _ = writeln!(std::io::stderr(), "assent: {}", render::text::printable(text));
}

/// Prints to standard output for as long as somebody reads: for what goes on until then.
fn print_on(text: &str) -> anyhow::Result<ControlFlow<()>> {
    match std::io::stdout().write_all(text.as_bytes()).and_then(|()| std::io::stdout().flush()) {
        Ok(()) => Ok(ControlFlow::Continue(())),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(ControlFlow::Break(())),
        Err(error) => Err(error).context("cannot write to standard output"),
    }
}

/// Prints to standard output. A reader that has gone away, such as `head`, is no error.
fn print(text: &str) -> anyhow::Result<u8> {
    match std::io::stdout().write_all(text.as_bytes()).and_then(|()| std::io::stdout().flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error).context("cannot write to standard output"),
        _ => Ok(0),
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the folder cannot be used: {cause}")]
    struct Folder {
        #[source]
        cause: std::io::Error,
    }

    #[test]
    fn a_cause_that_is_in_the_text_is_not_said_again() {
        let cause = || std::io::Error::from(std::io::ErrorKind::NotFound);
        let error = anyhow::Error::from(Folder { cause: cause() });
        assert_eq!(chain(&error), "the folder cannot be used: entity not found");
        let error = Err::<(), _>(Folder { cause: cause() }).context("cannot start").unwrap_err();
        assert_eq!(chain(&error), "cannot start: the folder cannot be used: entity not found");
        let error = Err::<(), _>(cause()).context("cannot read x").unwrap_err();
        assert_eq!(chain(&error), "cannot read x: entity not found");
    }
}
