//! The other programs that read the same cluster, built from their Go modules in `testing/peers`.
//!
//! Popeye is one. k8sgpt belongs beside it and is missing: `testing/peers/README.md` says why.

use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::command;

/// A program to compare with.
pub(super) struct Peer {
    /// What people call it, with the version that is pinned.
    pub(super) title: String,
    program: PathBuf,
}

/// Where what is built once stays; the launcher of test clusters uses the same folder.
pub(super) fn cache() -> Result<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "the task runner is the binary that reads this setting")]
    let setting = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty()).map(PathBuf::from);
    let root = setting("ASSENT_TEST_CACHE").or_else(|| Some(setting("HOME")?.join(".cache").join("assent")));
    root.context("neither ASSENT_TEST_CACHE nor HOME is set")
}

/// Builds Popeye unless it is there. The folder's name changes with any pinned module.
pub(super) fn popeye(root: &Path) -> Result<Peer> {
    let (name, module) = ("popeye", "github.com/derailed/popeye");
    let pins = root.join("testing").join("peers").join(name);
    let mut digest = DefaultHasher::new();
    let read = |file: &str| fs::read(pins.join(file)).with_context(|| format!("cannot read `testing/peers/{name}/{file}`"));
    let manifest = read("go.mod")?;
    digest.write(&manifest);
    digest.write(&read("go.sum")?);
    let program = cache()?.join("peers").join(format!("{name}-{:012x}", digest.finish() & 0xffff_ffff_ffff)).join(name);
    if !program.exists() {
        println!("bench: building {name} from its Go module, once; this takes minutes");
        command::go_build(&pins, &program, module)?;
    }
    let manifest = String::from_utf8_lossy(&manifest);
    let version = pinned(&manifest, module).with_context(|| format!("`testing/peers/{name}/go.mod` does not pin `{module}`"))?;
    Ok(Peer { title: format!("Popeye {version}"), program })
}

impl Peer {
    /// Reads the whole cluster, prints JSON, and ends well whatever it found. Its own log goes to `log`.
    pub(super) fn command(&self, kubeconfig: &Path, log: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["--all-namespaces", "--out", "json", "--force-exit-zero", "--kubeconfig"]).arg(kubeconfig).arg("--logs").arg(log);
        command
    }
}

/// The version that a `go.mod` requires of a module.
fn pinned<'m>(manifest: &'m str, module: &str) -> Option<&'m str> {
    manifest.lines().find_map(|line| {
        let line = line.trim();
        let rest = line.strip_prefix("require ").unwrap_or(line).strip_prefix(module)?;
        rest.strip_prefix(' ')?.split_whitespace().next()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pinned_version_is_that_of_the_module_itself() {
        let manifest =
            "tool example.test/sailor\n\nrequire (\n\texample.test/sailor/v2 v2.0.0\n\texample.test/sailor v0.22.1 // indirect\n)\n";
        assert_eq!(pinned(manifest, "example.test/sailor"), Some("v0.22.1"));
        assert_eq!(pinned("require example.test/sailor v1.0.0", "example.test/sailor"), Some("v1.0.0"));
        assert_eq!(pinned(manifest, "example.test/cook"), None);
    }
}
