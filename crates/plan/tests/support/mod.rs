//! The scenarios of the repository.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its scenarios has failed")]

use std::path::Path;

/// The instant at which plans are drawn.
pub(crate) const NOON: &str = "2026-05-04T12:00:00Z";

/// Every scenario with its name, sorted.
pub(crate) fn all() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let mut found = Vec::new();
    for family in std::fs::read_dir(&root).unwrap() {
        let family = family.unwrap().path();
        if !family.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(&family).unwrap() {
            let file = file.unwrap().path();
            let name = file.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
            found.push((name, std::fs::read_to_string(&file).unwrap()));
        }
    }
    found.sort();
    found
}
