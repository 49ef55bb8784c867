//! No file of tests is left out. Most rooms link their tests into one program, whose `tests/main.rs` names the files; a file that
//! it does not name would never run, and nothing else would say so.

use std::ffi::OsStr;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::metadata::Workspace;
use crate::step::Outcome;

const MAIN: &str = "main.rs";

/// Fails if a file stands beside a `main.rs` of tests that does not name it.
pub(crate) fn run(workspace: &Workspace) -> Result<Outcome> {
    let mut missing = Vec::new();
    let mut programs = 0;
    for main in workspace.tests.iter().map(|test| &test.source).filter(|source| source.ends_with(MAIN)) {
        let text = std::fs::read_to_string(main).with_context(|| format!("cannot read `{}`", main.display()))?;
        let folder = main.parent().context("a file without a folder")?;
        missing.extend(unnamed(&text, &files(folder)?).map(|stem| format!("{} has no `mod {stem};`", main.display())));
        programs += 1;
    }
    if !missing.is_empty() {
        bail!("tests that nothing runs:\n  {}", missing.join("\n  "));
    }
    println!("{programs} programs of tests name each file beside them");
    Ok(Outcome::Passed)
}

/// The names of the Rust files of a folder, without `main.rs`.
fn files(folder: &Path) -> Result<Vec<String>> {
    let mut stems = Vec::new();
    for entry in folder.read_dir().with_context(|| format!("cannot list `{}`", folder.display()))? {
        let path = entry?.path();
        let rust = path.extension() == Some(OsStr::new("rs")) && !path.ends_with(MAIN);
        stems.extend(path.file_stem().and_then(OsStr::to_str).filter(|_| rust).map(str::to_owned));
    }
    stems.sort();
    Ok(stems)
}

fn unnamed<'a>(main: &'a str, stems: &'a [String]) -> impl Iterator<Item = &'a String> {
    stems.iter().filter(|stem| !main.lines().any(|line| line.trim().trim_start_matches("pub(crate) ") == format!("mod {stem};")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_named_is_found() {
        let stems = ["passkeys".to_owned(), "places".to_owned()];
        assert_eq!(unnamed("mod passkeys;\n// mod places;\n", &stems).collect::<Vec<_>>(), ["places"]);
        assert_eq!(unnamed("mod passkeys;\nmod places;\n", &stems).count(), 0);
    }
}
