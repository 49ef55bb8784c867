//! Runs other programs, and shows the words it runs them with so that a person can repeat them.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Runs `program` in `folder` with our own output and input; anything but success is an error that names the command.
pub(crate) fn run(folder: &Path, program: &str, arguments: &[&str]) -> Result<()> {
    run_to(folder, program, arguments, &[0])
}

/// Like [`run`], for a program that also says something useful with these exit codes.
pub(crate) fn run_to(folder: &Path, program: &str, arguments: &[&str], codes: &[i32]) -> Result<()> {
    let words = spelled(program, arguments);
    println!("$ {words}");
    let status =
        Command::new(program).args(arguments).current_dir(folder).status().with_context(|| format!("`{program}` could not be started"))?;
    if !status.code().is_some_and(|code| codes.contains(&code)) {
        bail!("`{words}` failed: {status}");
    }
    Ok(())
}

/// Runs `program` and gives back what it printed. Its messages go to our stderr.
pub(crate) fn output(program: &str, arguments: &[&str]) -> Result<Vec<u8>> {
    let words = spelled(program, arguments);
    let output = Command::new(program)
        .args(arguments)
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("`{program}` could not be started"))?;
    if !output.status.success() {
        bail!("`{words}` failed: {}", output.status);
    }
    Ok(output.stdout)
}

/// What `program` prints on one line, if it is installed and ends well. It says nothing else.
pub(crate) fn quiet(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).env("TZ", "UTC").output().ok()?;
    let printed = output.status.success().then(|| String::from_utf8(output.stdout).ok()).flatten()?;
    Some(printed.trim().to_owned())
}

/// Builds a Go program from the module in `folder`. A workspace file in a folder above must not replace what is pinned there.
pub(crate) fn go_build(folder: &Path, program: &Path, package: &str) -> Result<()> {
    println!("$ go build {package}");
    let status = Command::new("go")
        .args(["build", "-trimpath", "-ldflags", "-s -w", "-o"])
        .arg(program)
        .arg(package)
        .current_dir(folder)
        .env("GOWORK", "off")
        .env("CGO_ENABLED", "0")
        .status()
        .context("`go` could not be started: the benchmark's cluster and peers are built with it")?;
    if !status.success() {
        bail!("`go build {package}` failed: {status}");
    }
    Ok(())
}

/// Whether `program` is installed and answers these arguments with success.
pub(crate) fn answers(program: &str, arguments: &[&str]) -> bool {
    let silent = Command::new(program).args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    silent.is_ok_and(|status| status.success())
}

fn spelled(program: &str, arguments: &[&str]) -> String {
    std::iter::once(program).chain(arguments.iter().copied()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_command_is_named_in_the_error() {
        let error = run(Path::new("."), "cargo", &["no-such-task-exists"]).unwrap_err();
        assert!(error.to_string().starts_with("`cargo no-such-task-exists` failed"), "{error}");
    }

    #[test]
    fn an_exit_code_that_was_expected_is_no_failure() {
        let failing = ["no-such-task-exists"];
        assert!(run_to(Path::new("."), "cargo", &failing, &[0, 101]).is_ok());
        assert!(run_to(Path::new("."), "cargo", &failing, &[0, 1]).is_err());
    }

    #[test]
    fn a_quiet_program_is_heard_only_if_it_ends_well() {
        assert!(quiet("cargo", &["--version"]).is_some_and(|printed| printed.starts_with("cargo ") && !printed.ends_with('\n')));
        assert_eq!(quiet("cargo", &["no-such-task-exists"]), None);
        assert_eq!(quiet("assent-has-no-such-program", &[]), None);
    }

    #[test]
    fn a_program_that_is_not_there_does_not_answer() {
        assert!(!answers("assent-has-no-such-program", &["--version"]));
        assert!(answers("cargo", &["--version"]));
    }
}
