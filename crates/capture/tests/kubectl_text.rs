//! What kubectl prints for people becomes the trees that the API's JSON gives, each leaf with its exact words.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a fixture that cannot be read, and a citation outside its text, fail the test")]

use std::fs;
use std::path::{Path, PathBuf};

use assent_base::Kind;
use assent_capture::outline::outline;
use assent_capture::source::{Source, SourceId};
use assent_capture::table::{self, Ask, CustomColumn};
use assent_capture::tree::{At, Node};
use proptest::prelude::*;

#[test]
fn tables_become_objects() {
    for (path, text) in fixtures("get") {
        let (body, base, table) = read_table(&text);
        let mut out = format!("complete: {}\n", table.complete);
        out.push_str(&describe_objects(&text, &table.rows));
        check_citations(&path, &text, &table.rows);
        assert!(base > 0 && !body.is_empty());
        insta::assert_snapshot!(path.file_stem().unwrap().to_string_lossy().into_owned(), out);
    }
}

#[test]
fn no_loss_of_lines_or_bytes_is_fatal() {
    let all: Vec<String> = fixtures("get").into_iter().map(|(_, text)| text).collect();
    proptest!(config(300), |(which in 0..all.len(), cut in any::<prop::sample::Index>(), drop in any::<u64>())| {
        let text = &all[which];
        let cut = (0..=cut.index(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap();
        let truncated = &text[..cut];
        let (_, _, table) = read_table(truncated);
        check_citations(Path::new("truncated"), truncated, &table.rows);
        let thinned: String = text.split_inclusive('\n').enumerate().filter(|(at, _)| drop >> (at % 64) & 1 == 0).map(|(_, line)| line).collect();
        let (_, _, table) = read_table(&thinned);
        check_citations(Path::new("thinned"), &thinned, &table.rows);
    });
}

proptest! {
    #![proptest_config(config(500))]

    #[test]
    fn arbitrary_text_is_read_without_panic(text in "(NAME|READY|STATUS| |\t|\n|é|[a-z0-9/(),:=<>-]){0,200}", wide: bool, pick in 0..Kind::KNOWN.len()) {
        let ask = Ask { kind: Kind::KNOWN.get(pick).cloned(), wide, ..Ask::default() };
        let table = table::read(&text, 0, &ask);
        check_citations(Path::new("arbitrary"), &text, &table.rows);
    }
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Reads a fixture: a command, and below it what it printed.
fn read_table(text: &str) -> (&str, usize, table::Table) {
    let base = text.find('\n').map_or(text.len(), |at| at + 1);
    let (command, body) = text.split_at(base);
    (body, base, table::read(body, base, &ask(command)))
}

fn ask(command: &str) -> Ask {
    let words: Vec<&str> = command.split_whitespace().collect();
    let after = |flag: &str| words.iter().position(|word| *word == flag).and_then(|at| words.get(at + 1)).copied();
    let kind = after("get").or_else(|| words.contains(&"events").then_some("events")).filter(|word| !word.contains(','));
    let columns = command.split_once("custom-columns='").map(|(_, rest)| {
        let pairs = rest.split('\'').next().unwrap().split(',').filter_map(|column| column.split_once(':'));
        pairs.map(|(title, path)| CustomColumn { title: title.into(), path: path.into() }).collect()
    });
    Ask {
        kind: kind.and_then(Kind::from_word),
        all_namespaces: words.contains(&"-A"),
        wide: after("-o") == Some("wide"),
        show_labels: words.contains(&"--show-labels"),
        namespace: after("-n").map(Into::into),
        columns,
        no_headers: words.contains(&"--no-headers"),
    }
}

fn fixtures(folder: &str) -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kubectl").join(folder);
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

fn describe_objects(text: &str, rows: &[(Kind, Node)]) -> String {
    let source = Source::whole("t", text.into());
    rows.iter().map(|(kind, node)| format!("\n# {kind}\n{}", outline(At::root(SourceId(0), &source, node)))).collect()
}

/// Each scalar that came from the text cites bytes of the text, and at least one.
fn check_citations(path: &Path, text: &str, rows: &[(Kind, Node)]) {
    let source = Source::whole("t", text.into());
    for (kind, node) in rows {
        let root = At::root(SourceId(0), &source, node);
        let mut cited = 0;
        visit(root, &mut |leaf| {
            let Some(cite) = leaf.cite() else { return };
            let words = source.slice(cite.start, cite.len).unwrap_or_else(|| panic!("{}: {cite:?} is outside", path.display()));
            assert!(!words.is_empty() && leaf.scalar().is_some(), "{}: empty words in {kind}", path.display());
            cited += 1;
        });
        assert!(cited > 0, "{}: nothing of {kind} is cited", path.display());
    }
}

fn visit<'a>(at: At<'a>, leaf: &mut impl FnMut(At<'a>)) {
    let mut below = false;
    for (_, child) in at.entries() {
        below = true;
        visit(child, leaf);
    }
    for child in at.items() {
        below = true;
        visit(child, leaf);
    }
    if !below && at.scalar().is_some() {
        leaf(at);
    }
}
