//! The web console: built before the binary that carries it, and driven in a real browser once there is one.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};

use crate::command;
use crate::metadata::Workspace;
use crate::step::Outcome;

/// The oldest Node.js that the console's tools run on.
const NODE_MIN: (u32, u32) = (20, 19);

/// What a build of the console is made of, beside the API's document.
const SOURCES: [&str; 8] =
    ["src", "public", "scripts", "index.html", "package.json", "package-lock.json", "vite.config.ts", "postcss.config.cjs"];

/// The browser, by the name that Debian gives it.
const CHROMIUM: &str = "chromium";

/// Builds `console/dist`, unless it is newer than everything that it is made of.
pub(crate) fn build(workspace: &Workspace) -> Result<Outcome> {
    let folder = workspace.root.join("console");
    if let Some(skipped) = without_node() {
        return Ok(skipped);
    }
    if is_fresh(&folder)? {
        println!("console/dist is up to date");
        return Ok(Outcome::Passed);
    }
    install(&folder)?;
    command::run(&folder, "npm", &["run", "--silent", "build"])?;
    Ok(Outcome::Passed)
}

/// Types, unit tests, and a build.
pub(crate) fn check(workspace: &Workspace) -> Result<Outcome> {
    let folder = workspace.root.join("console");
    if let Some(skipped) = without_node() {
        return Ok(skipped);
    }
    install(&folder)?;
    for task in ["check", "test", "build"] {
        command::run(&folder, "npm", &["run", "--silent", task])?;
    }
    Ok(Outcome::Passed)
}

/// The console in a headless browser, served by the real binary.
pub(crate) fn drive(workspace: &Workspace) -> Result<Outcome> {
    let folder = workspace.root.join("console");
    if let Some(skipped) = without_node() {
        return Ok(skipped);
    }
    if !command::answers(CHROMIUM, &["--version"]) {
        return Ok(Outcome::skipped("the console in a browser", "Chromium is not installed"));
    }
    build(workspace)?;
    command::run(&workspace.root, "cargo", &["build", "--bin", "assent"])?;
    command::run(&folder, "npm", &["run", "--silent", "e2e"])?;
    Ok(Outcome::Passed)
}

fn without_node() -> Option<Outcome> {
    let found = command::answers("node", &["--version"]) && command::answers("npm", &["--version"]);
    let version = found.then(|| command::output("node", &["--version"]).ok()).flatten();
    let version = version.and_then(|printed| String::from_utf8(printed).ok());
    let enough = version.as_deref().and_then(parse_version).is_some_and(|version| version >= NODE_MIN);
    let (major, minor) = NODE_MIN;
    (!enough).then(|| Outcome::skipped("the console", &format!("Node.js {major}.{minor} or later with npm is not installed")))
}

/// `v20.20.2` as (20, 20).
fn parse_version(printed: &str) -> Option<(u32, u32)> {
    let mut numbers = printed.trim().strip_prefix('v')?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// Installs exactly what the lock file says, unless that is what is there.
fn install(folder: &Path) -> Result<()> {
    let lock = std::fs::read(folder.join("package-lock.json")).context("cannot read console/package-lock.json")?;
    let stamp = folder.join("node_modules/.installed-package-lock.json");
    if std::fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    command::run(folder, "npm", &["ci", "--no-audit", "--no-fund"])?;
    std::fs::write(&stamp, lock).with_context(|| format!("cannot write {}", stamp.display()))
}

fn is_fresh(folder: &Path) -> Result<bool> {
    let Some(built) = modified(&folder.join("dist/index.html")) else {
        return Ok(false);
    };
    let mut sources: Vec<PathBuf> = SOURCES.iter().map(|name| folder.join(name)).collect();
    sources.push(folder.join("../docs/openapi.json"));
    Ok(newest(sources)? <= built)
}

/// The latest change of these files, and of all in these folders.
fn newest(mut waiting: Vec<PathBuf>) -> Result<SystemTime> {
    let mut newest = SystemTime::UNIX_EPOCH;
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            let entries = path.read_dir().with_context(|| format!("cannot list {}", path.display()))?;
            for entry in entries {
                waiting.push(entry?.path());
            }
        } else if !path.ends_with("api/schema.ts") {
            // The schema is made anew by each check, from the document that is asked for above.
            newest = newest.max(modified(&path).unwrap_or(SystemTime::UNIX_EPOCH));
        }
    }
    Ok(newest)
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|metadata| metadata.modified()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        assert!(parse_version("v20.20.2\n") >= Some(NODE_MIN));
        assert!(parse_version("v22.1.0") >= Some(NODE_MIN));
        assert!(parse_version("v20.9.0") < Some(NODE_MIN));
        assert_eq!(parse_version("20.20.2"), None);
        assert_eq!(parse_version("v20"), None);
    }

    #[test]
    fn a_build_is_old_once_a_source_is_newer() {
        let folder = tempfile::tempdir().unwrap();
        let console = folder.path().join("console");
        for name in ["docs", "console/src", "console/dist"] {
            std::fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        let write = |path: &Path, at: u64| {
            let file = std::fs::File::create(path).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(at)).unwrap();
        };
        write(&console.join("src/main.tsx"), 10);
        write(&folder.path().join("docs/openapi.json"), 10);
        assert!(!is_fresh(&console).unwrap(), "nothing is built");
        write(&console.join("dist/index.html"), 20);
        assert!(is_fresh(&console).unwrap());
        write(&folder.path().join("docs/openapi.json"), 30);
        assert!(!is_fresh(&console).unwrap(), "the API changed");
    }
}
