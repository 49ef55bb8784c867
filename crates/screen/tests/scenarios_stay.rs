//! Diagnosis needs what the scenarios say: redaction takes nothing from them but what is listed here.

use crate::support;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What redaction takes from a scenario file, and may: the file, the rule, and how often.
const EXPECTED: &[(&str, &str, u64)] = &[];

#[test]
fn scenarios_lose_only_what_is_listed() {
    let screen = support::score::screen();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let files = files(&root);
    assert!(files.len() > 100, "{} files", files.len());
    let (mut taken, mut shown, mut objects) = (BTreeMap::new(), Vec::new(), 0);
    for file in &files {
        let name = file.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(file).unwrap();
        for hit in screen.text(&text).hits {
            shown.push(format!("{name} (text) {}: {:?}", hit.rule, &text[hit.start..hit.start + hit.len]));
            *taken.entry((name.clone(), hit.rule.into_owned())).or_insert(0) += 1;
        }
        for document in text.split("\n---\n") {
            let Ok(mut object) = serde_saphyr::from_str::<serde_json::Value>(document) else { continue };
            objects += 1;
            let before = object.to_string();
            for (rule, count) in screen.object(&mut object).iter() {
                shown.push(format!("{name} (object) {rule}: {before}\n -> {object}"));
                *taken.entry((format!("{name} as objects"), rule.to_owned())).or_insert(0) += count;
            }
        }
    }
    assert!(objects > 1_000, "{objects} objects");
    let expected: BTreeMap<_, _> = EXPECTED.iter().map(|(file, rule, count)| (((*file).to_owned(), (*rule).to_owned()), *count)).collect();
    assert_eq!(taken, expected, "{}", shown.join("\n"));
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}
