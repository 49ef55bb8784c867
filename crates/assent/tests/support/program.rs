//! Runs the real binary, with nothing of this machine's environment.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// What the program said.
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// A command that runs the program. No proxy, kubeconfig or colour of the machine reaches it.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assent"));
    command.args(arguments).env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs the program. Whatever it is given, it ends with one of its own exit codes.
pub fn assent(arguments: &[&str]) -> Said {
    said(&command(arguments).output().unwrap())
}

/// Runs the program with these bytes on standard input.
pub fn assent_reads(arguments: &[&str], input: &[u8]) -> Said {
    let mut child = command(arguments).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        // The program may refuse early, and stop reading.
        scope.spawn(move || drop(stdin.write_all(input)));
        child.wait_with_output().unwrap()
    });
    said(&output)
}

/// Runs the program with a bound on its address space.
pub fn bounded(arguments: &[&str], mib: u64) -> Said {
    let mut command = Command::new("/bin/sh");
    let script = format!("ulimit -v {} && exec \"$0\" \"$@\"", mib << 10);
    command.args(["-c", &script, env!("CARGO_BIN_EXE_assent")]).args(arguments).env_clear().stdin(Stdio::null());
    said(&command.output().unwrap())
}

/// What a run of the program said. Text and an exit code of its own are what it must give, whatever it was given.
pub fn said(output: &Output) -> Said {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("the program prints UTF-8");
    let said = Said { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) };
    assert!((0..=3).contains(&said.code) && !said.err.contains("panicked"), "exit code {}: {}", said.code, said.err);
    said
}

impl Said {
    /// The report, when the program was asked for JSON.
    pub fn report(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("no report ({error}): {} {}", self.out, self.err))
    }
}

/// Investigates an input, and checks that every citation of the report holds against that input.
pub fn investigate(input: &Path, further: &[&str]) -> (i32, Value) {
    let input = input.to_str().unwrap();
    let said = assent(&[&["investigate", input, "-o", "json"], further].concat());
    let report = said.report();
    let again = assent_reads(&["verify", "-", "--against", input], said.out.as_bytes());
    assert_eq!(again.code, 0, "{}{}", again.out, again.err);
    (said.code, report)
}
