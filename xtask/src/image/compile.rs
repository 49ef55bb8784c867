//! Static programs: the target `x86_64-unknown-linux-musl` in the profile `dist`, which need no file of the system that they run on.
//!
//! Paths of the machine that builds are kept out of them, in Rust and in C, so that they are the same from any folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::program::Program;
use crate::command;
use crate::metadata::Workspace;

/// What is built for. Another machine would need a C compiler for this one; nobody has tried.
pub(super) const TARGET: &str = "x86_64-unknown-linux-musl";
/// What OCI calls its processor.
pub(super) const ARCHITECTURE: &str = "amd64";
/// What C compilers take for the present: 1970-01-01, as in the layers. Some sources write the time of the build into a program.
const BUILT_AT_S: &str = "0";
/// The profile of what people run.
const PROFILE: &str = "dist";

/// Builds the programs, and gives their files in the same order.
pub(super) fn binaries(workspace: &Workspace, programs: &[Program]) -> Result<Vec<PathBuf>> {
    set_up()?;
    let mut words = vec!["build", "--locked", "--profile", PROFILE, "--target", TARGET];
    for program in programs {
        words.extend(["--package", program.package()]);
    }
    println!("$ cargo {}", words.join(" "));
    let paths = paths(workspace)?;
    let remap: Vec<String> = paths.iter().map(|(from, to)| format!("--remap-path-prefix={from}={to}")).collect();
    let prefix: Vec<String> = paths.iter().map(|(from, to)| format!("-ffile-prefix-map={from}={to}")).collect();
    let status = Command::new("cargo")
        .args(&words)
        .current_dir(&workspace.root)
        .env("CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_RUSTFLAGS", remap.join(" "))
        .env("CFLAGS_x86_64_unknown_linux_musl", prefix.join(" "))
        .env("SOURCE_DATE_EPOCH", BUILT_AT_S)
        // What is set for other builds would come on top.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .status()
        .context("`cargo` could not be started")?;
    if !status.success() {
        bail!("the static build failed: {status}");
    }
    let folder = workspace.target.join(TARGET).join(PROFILE);
    Ok(programs.iter().map(|program| folder.join(program.package())).collect())
}

/// Folders of this machine that compilers write into programs, and what they write instead. The last that fits wins, so the longest comes last.
fn paths(workspace: &Workspace) -> Result<Vec<(String, &'static str)>> {
    #[expect(clippy::disallowed_methods, reason = "the task runner is the binary that reads this setting")]
    let setting = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let cargo = setting("CARGO_HOME").or_else(|| Some(format!("{}/.cargo", setting("HOME")?)));
    let text = |path: &Path| path.to_str().map(str::to_owned).with_context(|| format!("`{}` is no text", path.display()));
    let mut paths = vec![(text(&workspace.root)?, "/assent"), (text(&workspace.target)?, "/target")];
    paths.extend(cargo.map(|cargo| (cargo, "/cargo")));
    if let Some((path, _)) = paths.iter().find(|(path, _)| path.contains(char::is_whitespace)) {
        bail!("`{path}` has a blank, which cargo cannot pass on to a compiler");
    }
    Ok(paths)
}

/// Looks for what a static build needs. The target is had from rustup where that is at hand.
fn set_up() -> Result<()> {
    if (std::env::consts::ARCH, std::env::consts::OS) != ("x86_64", "linux") {
        bail!("images are built for {ARCHITECTURE}, and on Linux on such a machine alone");
    }
    if !command::answers("musl-gcc", &["--version"]) {
        bail!("`musl-gcc` is missing, which compiles the parts in C: on Debian and Ubuntu, install the package musl-tools");
    }
    if !has_target() {
        let added = command::run(Path::new("."), "rustup", &["target", "add", TARGET]);
        added.with_context(|| format!("the Rust standard library for {TARGET} is missing"))?;
    }
    Ok(())
}

fn has_target() -> bool {
    let folder = command::quiet("rustc", &["--print", "target-libdir", "--target", TARGET]);
    folder.is_some_and(|folder| Path::new(&folder).is_dir())
}
