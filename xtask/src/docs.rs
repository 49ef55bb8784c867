//! The pages that are written by the program itself: one per cause, the actions, the schemas, the description of the API.
//!
//! `assent docs --out DIR` writes them; they are committed, so that a reader needs no build. The check compares what the program
//! writes today with what is committed, byte for byte, and also notices a page whose cause is gone.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::command;
use crate::metadata::Workspace;
use crate::step::Outcome;

/// What the program owns below `docs/`. Everything else there is written by people.
const OWNED: [&str; 6] = ["actions.md", "causes", "openapi.json", "plan.schema.json", "proposal.schema.json", "report.schema.json"];

/// File contents by path relative to `docs/`, with `/` between the parts.
type Pages = BTreeMap<String, Vec<u8>>;

/// Writes the pages into `docs/`.
pub(crate) fn write(workspace: &Workspace) -> Result<()> {
    let generated = generate(workspace)?;
    let docs = workspace.root.join("docs");
    let committed = committed(&docs)?;
    for stale in committed.keys().filter(|path| !generated.contains_key(*path)) {
        fs::remove_file(docs.join(stale)).with_context(|| format!("cannot remove `docs/{stale}`"))?;
    }
    for (path, bytes) in &generated {
        let file = docs.join(path);
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).with_context(|| format!("cannot make the folder of `docs/{path}`"))?;
        }
        fs::write(&file, bytes).with_context(|| format!("cannot write `docs/{path}`"))?;
    }
    println!("docs: {} pages written, {} changed", generated.len(), differences(&generated, &committed).len());
    Ok(())
}

/// Fails if the committed pages are not those that the program writes.
pub(crate) fn check(workspace: &Workspace) -> Result<Outcome> {
    let generated = generate(workspace)?;
    let differences = differences(&generated, &committed(&workspace.root.join("docs"))?);
    if !differences.is_empty() {
        bail!("pages are out of date; run `cargo xtask docs` and commit the result:\n  {}", differences.join("\n  "));
    }
    println!("docs: {} generated pages are up to date", generated.len());
    Ok(Outcome::Passed)
}

/// Lets the program write into a fresh folder below the target folder, and reads that.
fn generate(workspace: &Workspace) -> Result<Pages> {
    let folder = workspace.target.join("xtask").join("docs");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot empty `{}`", folder.display()))?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    let out = folder.to_str().context("the target folder has a name that is not UTF-8")?;
    command::run(&workspace.root, "cargo", &["run", "--quiet", "--bin", "assent", "--", "docs", "--out", out])?;
    let mut pages = Pages::new();
    collect(&folder, "", &mut pages)?;
    accept(pages)
}

/// A program that wrote nothing, or wrote where people write, is wrong; comparing further would hide that.
fn accept(pages: Pages) -> Result<Pages> {
    for owned in OWNED {
        if !pages.keys().any(|path| is_below(path, owned)) {
            bail!("`assent docs` wrote nothing for `docs/{owned}`");
        }
    }
    if let Some(path) = pages.keys().find(|path| !OWNED.iter().any(|owned| is_below(path, owned))) {
        bail!("`assent docs` wrote `{path}`, which is not in {OWNED:?}");
    }
    Ok(pages)
}

fn committed(docs: &Path) -> Result<Pages> {
    let mut pages = Pages::new();
    if docs.is_dir() {
        collect(docs, "", &mut pages)?;
    }
    pages.retain(|path, _| OWNED.iter().any(|owned| is_below(path, owned)));
    Ok(pages)
}

fn is_below(path: &str, owned: &str) -> bool {
    path == owned || path.strip_prefix(owned).is_some_and(|rest| rest.starts_with('/'))
}

fn collect(folder: &Path, prefix: &str, pages: &mut Pages) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot list `{}`", folder.display()))? {
        let entry = entry?;
        let name = entry.file_name().into_string().ok().context("a page has a name that is not UTF-8")?;
        let path = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &path, pages)?;
        } else {
            pages.insert(path, fs::read(entry.path())?);
        }
    }
    Ok(())
}

/// One line per page that differs, in path order.
fn differences(generated: &Pages, committed: &Pages) -> Vec<String> {
    let mut lines = BTreeMap::new();
    for (path, bytes) in generated {
        match committed.get(path) {
            None => lines.insert(path, "is missing"),
            Some(old) if old != bytes => lines.insert(path, "differs"),
            Some(_) => None,
        };
    }
    for path in committed.keys().filter(|path| !generated.contains_key(*path)) {
        lines.insert(path, "is no longer generated");
    }
    lines.into_iter().map(|(path, what)| format!("docs/{path} {what}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_that_agree_have_no_differences() {
        let pages = pages(&[("causes/a.md", "a"), ("report.schema.json", "{}")]);
        assert_eq!(differences(&pages, &pages), Vec::<String>::new());
    }

    #[test]
    fn a_missing_a_changed_and_a_stale_page_are_each_named() {
        let generated = pages(&[("causes/a.md", "new"), ("causes/b.md", "b")]);
        let committed = pages(&[("causes/a.md", "old"), ("causes/c.md", "c")]);
        assert_eq!(
            differences(&generated, &committed),
            ["docs/causes/a.md differs", "docs/causes/b.md is missing", "docs/causes/c.md is no longer generated"]
        );
    }

    #[test]
    fn a_program_that_writes_too_little_or_elsewhere_is_refused() {
        assert!(accept(pages(&[])).is_err());
        assert!(accept(pages(&[("causes/a.md", "")])).is_err());
        let whole = OWNED.map(|owned| (if owned == "causes" { "causes/a.md" } else { owned }, ""));
        assert!(accept(pages(&[&whole[..], &[("adr/0001.md", "")]].concat())).is_err());
        assert!(accept(pages(&whole)).is_ok());
    }

    #[test]
    fn a_folder_that_only_starts_like_an_owned_one_is_not_owned() {
        assert!(is_below("causes/a.md", "causes"));
        assert!(!is_below("causes-old/a.md", "causes"));
    }

    fn pages(files: &[(&str, &str)]) -> Pages {
        files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect()
    }
}
