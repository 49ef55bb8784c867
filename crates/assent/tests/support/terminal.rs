//! Somebody at a terminal: a home folder with a session and an SSH key.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part of a module that is in all of them")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::platform::PASSWORD;

pub struct Terminal {
    pub home: PathBuf,
    server: String,
}

impl Terminal {
    /// Signs in.
    pub fn of_person(home: &Path, port: u16, email: &str) -> Self {
        let terminal = Self { home: home.to_owned(), server: format!("http://localhost:{port}") };
        let signed_in = terminal.run_with(&["login", "--email", email], &format!("{PASSWORD}\n"));
        assert!(signed_in.status.success(), "{}", said(&signed_in.stderr));
        terminal
    }

    /// Signs in as the first owner, and adds an SSH key.
    pub fn of_owner(home: &Path, port: u16) -> Self {
        let terminal = Self::of_person(home, port, "ada@example.org");
        let folder = home.join(".ssh");
        std::fs::create_dir_all(&folder).unwrap();
        let made =
            Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-C", "ada", "-f"]).arg(folder.join("id_ed25519")).status();
        assert!(made.unwrap().success());
        let public = folder.join("id_ed25519.pub");
        let added = terminal.ok(&["ssh-key", "add", public.to_str().unwrap(), "--name", "Terminal"]);
        assert!(added.contains("SHA256:") && terminal.ok(&["ssh-key", "list"]).contains("Terminal"), "{added}");
        terminal
    }

    /// The manifest of a cluster's executor, in which keys in files are good enough.
    pub fn executor_manifest(&self, cluster: &str) -> String {
        let manifest = self.ok(&["executor", "add", cluster, "--endpoint", "https://assent.example.org"]);
        manifest.replace("assurance: verified", "assurance: held")
    }

    pub fn ok(&self, arguments: &[&str]) -> String {
        let out = self.run(arguments);
        assert!(out.status.success(), "{arguments:?}: {}", said(&out.stderr));
        said(&out.stdout)
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.run_with(arguments, "")
    }

    pub fn run_with(&self, arguments: &[&str], input: &str) -> Output {
        self.run_at(&self.server, arguments, input)
    }

    pub fn run_at(&self, server: &str, arguments: &[&str], input: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_assent"));
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", &self.home);
        command.args(arguments).env("ASSENT_SERVER", server).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }
}

/// The document that a manifest pins, as its file has it.
pub fn pinned(manifest: &str) -> String {
    let (_, document) = manifest.split_once("  pinned.yaml: |\n").unwrap();
    document.lines().map_while(|line| line.strip_prefix("    ")).collect::<Vec<_>>().join("\n")
}

/// The key that stands in a manifest.
pub fn key(manifest: &str) -> &str {
    manifest.lines().find_map(|line| line.trim().strip_prefix("key: \"")?.strip_suffix('"')).expect("a key")
}

/// Whether there is nothing to sign with. A skip that nobody sees reads as a pass, so it is said past the capture of the test's output.
pub fn is_without_openssh() -> bool {
    let absent = Command::new("ssh-keygen").arg("-?").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err();
    if absent {
        let _ = writeln!(std::io::stderr(), "SKIPPED without OpenSSH: plans that are signed in a terminal");
    }
    absent
}

pub fn said(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
