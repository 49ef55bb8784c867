//! Opens what the user names: a folder, an archive, a file, standard input.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use assent_capture::archive;
use assent_capture::files::{Intake, read_file};
use assent_capture::limits::Limits;
use assent_capture::set::{CaptureSet, LogLine, LogStream};

use crate::cli::Bounds;
use crate::progress::Progress;

/// Folders within folders that are walked.
const DEPTH_MAX: usize = 32;

/// The limits that the user asked for.
pub(crate) fn limits(bounds: &Bounds) -> Limits {
    Limits { structured_bytes_max: bounds.max_file_mib << 20, input_bytes_max: bounds.max_input_mib << 20, ..Limits::default() }
}

/// Reads an input that is not a live cluster.
pub(crate) fn read(path: &Path, limits: &Limits, progress: &Progress) -> anyhow::Result<CaptureSet> {
    let mut set = CaptureSet::default();
    let shown = path.display();
    if path == Path::new("-") {
        stream(&mut set, "-", std::io::stdin().lock(), limits)?;
    } else if path.is_dir() {
        folder(&mut set, path, limits, progress)?;
    } else {
        let file =
            File::open(path).with_context(|| format!("cannot read `{shown}`; name a bundle, a folder, a file, or - for standard input"))?;
        let name = path.file_name().map_or_else(|| shown.to_string(), |name| name.to_string_lossy().into_owned());
        stream(&mut set, &name, file, limits).with_context(|| format!("cannot read `{shown}`"))?;
    }
    let blank = set.sources.iter().all(|source| source.text().trim().is_empty()) && set.logs.iter().all(|log| is_blank(&set, log));
    if blank && set.objects.is_empty() {
        let why = set.problems.iter().take(3).map(|problem| format!("{}: {}", problem.place, problem.what)).collect::<Vec<_>>().join("; ");
        let why = if why.is_empty() { "it is empty, or holds no form that is known".to_owned() } else { why };
        bail!("nothing in `{shown}` could be read ({why}). Give a support bundle, a folder of `kubectl get -o yaml`, or a transcript");
    }
    Ok(set)
}

/// Whether a log has no line with a word in it.
fn is_blank(set: &CaptureSet, log: &LogStream) -> bool {
    let words = |line: &LogLine| set.source(log.source).and_then(|source| source.slice(line.start, line.len));
    log.lines.iter().all(|line| words(line).is_none_or(|words| words.trim().is_empty()))
}

/// Reads one stream: an archive by its first bytes, otherwise a file.
fn stream(set: &mut CaptureSet, name: &str, mut from: impl Read, limits: &Limits) -> anyhow::Result<()> {
    let mut head = Vec::new();
    from.by_ref().take(512).read_to_end(&mut head).context("the first bytes cannot be read")?;
    let packed = head.starts_with(&[0x1f, 0x8b]) || head.starts_with(b"PK\x03\x04") || head.get(257..262) == Some(b"ustar");
    let from = head.as_slice().chain(from);
    if packed {
        archive::read_archive(set, name, from, limits)?;
    } else {
        read_file(set, name, from, limits);
    }
    Ok(())
}

/// Reads the files of a folder, in the order of their names. Links are not followed: they may lead anywhere.
fn folder(set: &mut CaptureSet, root: &Path, limits: &Limits, progress: &Progress) -> anyhow::Result<()> {
    let mut paths = Vec::new();
    let mut skipped = Vec::new();
    walk(root, 0, &mut paths, &mut skipped).with_context(|| format!("cannot read the folder `{}`", root.display()))?;
    for (path, why) in skipped {
        set.problem(&path.display().to_string(), why);
    }
    paths.sort();
    let mut opened = Vec::with_capacity(paths.len());
    for path in paths {
        let inside = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
        opened.push((inside, path));
    }
    let mut unreadable = Vec::new();
    let mut intake = Intake::new(set, limits);
    for (index, (inside, path)) in opened.iter().enumerate() {
        progress.say(&format!("reading file {} of {}", index + 1, opened.len()));
        match File::open(path) {
            Ok(file) => intake.file(inside, file),
            Err(error) => unreadable.push((inside.clone(), error.to_string())),
        }
    }
    intake.finish();
    for (inside, why) in unreadable {
        set.problem(&inside, why);
    }
    Ok(())
}

fn walk(folder: &Path, depth: usize, found: &mut Vec<PathBuf>, skipped: &mut Vec<(PathBuf, &'static str)>) -> std::io::Result<()> {
    if depth > DEPTH_MAX {
        skipped.push((folder.to_owned(), "not read: folders are nested too deep"));
        return Ok(());
    }
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() {
            if walk(&path, depth + 1, found, skipped).is_err() {
                skipped.push((path, "not read: the folder cannot be opened"));
            }
        } else if kind.is_file() {
            found.push(path);
        } else {
            skipped.push((path, "not read: links and devices are not followed"));
        }
    }
    Ok(())
}

/// Reads a saved report, JSON or YAML.
pub(crate) fn report(path: &Path) -> anyhow::Result<assent_diagnosis::Report> {
    let mut text = String::new();
    let shown = path.display();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().read_to_string(&mut text)
    } else {
        File::open(path).and_then(|mut file| file.read_to_string(&mut text))
    };
    read.with_context(|| format!("cannot read the report `{shown}`"))?;
    let report: assent_diagnosis::Report = if text.trim_start().starts_with('{') {
        serde_json::from_str(&text).with_context(|| format!("`{shown}` is no report of this version"))?
    } else {
        serde_saphyr::from_str(&text).with_context(|| format!("`{shown}` is no report of this version"))?
    };
    if report.version != assent_diagnosis::report::REPORT_VERSION {
        bail!(
            "`{shown}` is a report of version {}; this program reads version {}",
            report.version,
            assent_diagnosis::report::REPORT_VERSION
        );
    }
    Ok(report)
}
