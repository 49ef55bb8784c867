//! Container images, built from this repository without a container engine: a static program, the certificate authorities, a user, nothing else.
//!
//! `cargo xtask image observer` writes `target/images/assent-observer-0.1.0-amd64.tar`, an OCI image layout in a tar archive, which
//! skopeo, podman, buildah, crane and containerd read as it is. The same commit, compiler and C compiler give the same bytes, so the digest that
//! is printed can be compared with somebody else's; `layer.rs` says what it takes.
//!
//! Errors: what this machine lacks for a static build is named with the package that has it; nothing is built another way instead.
//! Units: sizes are bytes. Source: the OCI image specification, version 1.1.

mod compile;
mod layer;
mod layout;
mod program;
mod roots;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::command;
use crate::console;
use crate::metadata::Workspace;
use crate::step::Outcome;
use layout::{Image, Origin};
use program::Program;

/// Builds the images that the words name.
pub(crate) fn run(workspace: &Workspace, words: &[String]) -> Result<()> {
    let asked = Asked::parse(words)?;
    let folder = asked.out.clone().unwrap_or_else(|| workspace.target.join("images"));
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    if asked.programs.contains(&Program::Platform)
        && let Outcome::Skipped(why) = console::build(workspace)?
    {
        println!("image: the platform's image has no console: {why}");
    }
    let origin = origin(&workspace.root, &asked);
    let binaries = compile::binaries(workspace, &asked.programs)?;
    for (program, path) in asked.programs.iter().zip(&binaries) {
        let binary = std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        let image = layout::image(*program, &binary, &origin)?;
        keep(&folder, &image)?;
    }
    Ok(())
}

fn keep(folder: &Path, image: &Image) -> Result<()> {
    let file = folder.join(image.file_name());
    std::fs::write(&file, &image.archive).with_context(|| format!("cannot write `{}`", file.display()))?;
    println!("{} {}", image.name, image.digest);
    println!("  in {}, {} bytes", file.display(), image.archive.len());
    Ok(())
}

/// What the words ask for.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    programs: Vec<Program>,
    out: Option<PathBuf>,
    tag: Option<String>,
    source: Option<String>,
}

impl Asked {
    fn parse(words: &[String]) -> Result<Self> {
        let mut asked = Self { programs: Vec::new(), out: None, tag: None, source: None };
        let mut words = words.iter().map(String::as_str);
        while let Some(word) = words.next() {
            let mut value = || words.next().filter(|value| !value.is_empty()).with_context(|| format!("`{word}` needs a value"));
            match word {
                "--out" => asked.out = Some(value()?.into()),
                "--tag" => asked.tag = Some(tag(value()?)?),
                "--source" => asked.source = Some(value()?.to_owned()),
                "all" => asked.programs.extend(Program::ALL),
                name => asked.programs.push(Program::named(name)?),
            }
        }
        if asked.programs.is_empty() {
            asked.programs.extend(Program::ALL);
        }
        asked.programs.sort();
        asked.programs.dedup();
        Ok(asked)
    }
}

/// A tag as registries take it: at most 128 letters, digits, `_`, `.` and `-`, of which the last two do not begin it.
fn tag(text: &str) -> Result<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if text.len() > 128 || text.starts_with(['.', '-']) || !text.chars().all(plain) {
        bail!("`{text}` is no tag: letters, digits, `_`, `.` and `-`, 128 at most");
    }
    Ok(text.to_owned())
}

/// Which commit this is, as git says. A folder that is no checkout has neither commit nor date, and the image says neither.
fn origin(root: &Path, asked: &Asked) -> Origin {
    let folder = root.to_string_lossy().into_owned();
    let git = |words: &[&str]| command::quiet("git", &[&["-C", &folder], words].concat());
    let dirty = git(&["status", "--porcelain", "--untracked-files=no"]).is_some_and(|changes| !changes.is_empty());
    let revision = git(&["rev-parse", "HEAD"]).map(|commit| if dirty { format!("{commit}-dirty") } else { commit });
    match &revision {
        None => println!("image: git does not say which commit this is, so the image does not either"),
        Some(_) if dirty => println!("image: files have changed since the last commit, and the image says so"),
        Some(_) => {}
    }
    // %ct is the commit's own time, so that it is the same wherever the image is built.
    let created = git(&["show", "--no-patch", "--format=%cd", "--date=format-local:%Y-%m-%dT%H:%M:%SZ", "HEAD"]);
    Origin {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        tag: asked.tag.clone().unwrap_or_else(|| env!("CARGO_PKG_VERSION").to_owned()),
        licence: env!("CARGO_PKG_LICENSE").to_owned(),
        source: asked.source.clone(),
        revision,
        created,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_name_all_images_are_built_and_each_once() {
        assert_eq!(asked(&[]).unwrap().programs, Program::ALL);
        assert_eq!(asked(&["all", "observer"]).unwrap().programs, Program::ALL);
        assert_eq!(asked(&["platform", "observer", "platform"]).unwrap().programs, [Program::Observer, Program::Platform]);
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for words in [&["console"][..], &["--out"], &["--tag", ""], &["--push", "x"], &["--tag", "a:b"], &["--tag", "-x"]] {
            assert!(asked(words).is_err(), "{words:?}");
        }
        assert_eq!(asked(&["--tag", "1.2_rc-3"]).unwrap().tag.as_deref(), Some("1.2_rc-3"));
    }

    fn asked(words: &[&str]) -> Result<Asked> {
        Asked::parse(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }
}
