//! What a program needs to live in a watched cluster: its settings and key, the probe of its health, a log, a beginning and an end.
//!
//! `assent-observer` and `assent-executor` differ in what they do, and are lodged alike: a file from a ConfigMap, a key from a Secret, a port on
//! loopback, SIGTERM. Apart from `observe` and `apply`, so that neither program links what the other one does. Nothing in here speaks to an API
//! server or to the platform: what a new program in a cluster would want word for word belongs here, and nothing else.
//!
//! Units: sizes are bytes, seconds close a name.
//! Errors: all of them end the program and are read by whoever set it up, so they are words and no variants. A key is never in them.

pub mod file;
pub mod health;
mod pod;
mod settings;

use std::error::Error;
use std::fmt;
use std::process::ExitCode;

use assent_base::variables;

pub use pod::{install_cryptography, now, runtime, start_log, stop, variable};
pub use settings::{Place, Said, Way};

/// The exit code when this account may do more than the program may. Others: 0 done, 1 failed, 2 wrong usage.
const REFUSED: u8 = 3;

/// A program, by its last word: `observer` is `assent-observer`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Program(&'static str);

impl Program {
    /// The program of this name: one lower-case word.
    #[must_use]
    pub const fn new(word: &'static str) -> Self {
        Self(word)
    }

    /// Says why it failed, if it did, and how it ends. `is_refusal` knows the words for an account that may do too much.
    pub fn end(self, done: anyhow::Result<()>, is_refusal: impl Fn(&(dyn Error + 'static)) -> bool) -> ExitCode {
        let Err(error) = done else { return ExitCode::SUCCESS };
        eprintln!("assent-{self}: {error:#}");
        ExitCode::from(code(&error, is_refusal))
    }

    /// Refuses a variable of the environment that looks like ours and that nothing reads: neither the command line, nor who asks for the key and
    /// for what is logged.
    ///
    /// # Errors
    /// Names the variables, and those that there are.
    pub fn knows_its_variables(self, line: &clap::Command) -> anyhow::Result<()> {
        let read = variables_of(line).into_iter().chain([self.key_variable(), pod::LOG.to_owned()]);
        Ok(variables::check(&format!("assent-{self}"), read, pod::variables())?)
    }

    /// The variable that holds its key where no file does.
    fn key_variable(self) -> String {
        format!("ASSENT_{}_KEY", self.0.to_uppercase())
    }
}

/// Every variable of the environment that stands for an argument of this command line.
#[must_use]
pub fn variables_of(line: &clap::Command) -> Vec<String> {
    let arguments = line.get_subcommands().flat_map(clap::Command::get_arguments);
    arguments.filter_map(|one| one.get_env()).map(|name| name.to_string_lossy().into_owned()).collect()
}

impl fmt::Display for Program {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0)
    }
}

fn code(error: &anyhow::Error, is_refusal: impl Fn(&(dyn Error + 'static)) -> bool) -> u8 {
    if error.chain().any(is_refusal) { REFUSED } else { 1 }
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn a_refusal_is_told_from_a_failure_however_deep_it_is() {
        let is_refusal = |cause: &(dyn Error + 'static)| cause.is::<fmt::Error>();
        let refused = Err::<(), _>(fmt::Error).context("this account").context("the start").unwrap_err();
        assert_eq!(code(&refused, is_refusal), REFUSED);
        assert_eq!(code(&anyhow::anyhow!("no answer").context("the start"), is_refusal), 1);
    }
}
