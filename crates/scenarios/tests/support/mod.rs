//! The scenario files of the repository.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its scenarios has failed")]

use std::path::{Path, PathBuf};

/// Every scenario: its path below `scenarios/`, and its text. `ASSENT_SCENARIOS=image/` takes only paths that hold that text.
pub(crate) fn all() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let mut paths = Vec::new();
    walk(&root, &mut paths);
    #[expect(clippy::disallowed_methods, reason = "a test's own switch")]
    let only = std::env::var("ASSENT_SCENARIOS").unwrap_or_default();
    let named = |path: &PathBuf| path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
    let chosen: Vec<(String, String)> =
        paths.iter().filter(|path| named(path).contains(&only)).map(|path| (named(path), std::fs::read_to_string(path).unwrap())).collect();
    assert!(!chosen.is_empty(), "no scenario was found");
    chosen
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            found.push(path);
        }
    }
}
