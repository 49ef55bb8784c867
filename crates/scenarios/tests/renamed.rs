//! Rename everything in a scenario, consistently, and the answer is the same with the new names.

use crate::support;
use std::collections::BTreeMap;

use assent_diagnosis::Report;

/// Names that mean something to Kubernetes itself.
const OWN_NAMES: &[&str] = &["default", "cluster", "local", "true", "false", "none", "all"];

/// The names that a scenario gives to things: the values of `name` and `namespace`, and the parts of `kind/namespace/name`.
fn names(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for line in text.lines() {
        for key in ["name:", "namespace:", "of:"] {
            for (at, _) in line.match_indices(key) {
                let value = line[at + key.len()..].trim_start();
                let value: String = value.chars().take_while(|c| c.is_ascii_alphanumeric() || "-./".contains(*c)).collect();
                names.extend(value.split('/').map(str::to_owned));
            }
        }
    }
    names.retain(|name| is_free(name, text));
    names.sort_by_key(|name| (std::cmp::Reverse(name.len()), name.clone()));
    names.dedup();
    names
}

/// Whether a name is the scenario's own invention, and appears nowhere as a word of the API or of a message.
fn is_free(name: &str, text: &str) -> bool {
    let own = name.starts_with("kube-") || name.contains("coredns") || name.contains('.') || OWN_NAMES.contains(&name);
    // A name without a dash may be any word; it must at least not be a key.
    let key = text.contains(&format!("{name}:")) || text.contains(&format!("{name}=")) || text.contains(&format!("{name} \""));
    name.len() >= 4 && name.contains('-') && !own && !key && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// Another name of the same form: letters turned by 13, digits and dashes kept.
fn turned(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_lowercase() { char::from((c as u8 - b'a' + 13) % 26 + b'a') } else { c }).collect()
}

fn rename(text: &str, names: &BTreeMap<String, String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut word = String::new();
    let flush = |word: &mut String, out: &mut String| {
        out.push_str(names.get(word.as_str()).unwrap_or(word));
        word.clear();
    };
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || c == '-' {
            word.push(c);
        } else {
            flush(&mut word, &mut out);
            out.push(c);
        }
    }
    flush(&mut word, &mut out);
    out
}

fn said(report: &Report) -> Vec<String> {
    let causes = report.root_causes.iter().map(|cause| format!("{} {} {}", cause.cause, cause.entity, cause.confidence));
    std::iter::once(format!("{:?}", report.verdict)).chain(causes).collect()
}

#[test]
fn renaming_everything_renames_the_answer_and_nothing_else() {
    let mut renamed_names = 0;
    let mut wrong = Vec::new();
    for (file, text) in support::all() {
        let names: BTreeMap<String, String> = names(&text).into_iter().map(|name| (name.clone(), turned(&name))).collect();
        renamed_names += names.len();
        let report = |text: &str| assent_scenarios::investigate(assent_scenarios::read(&file, text).unwrap()).0;
        let mut expected: Vec<String> = said(&report(&text)).iter().map(|line| rename(line, &names)).collect();
        let mut got = said(&report(&rename(&text, &names)));
        // Causes of equal rank are ordered by name, and names changed.
        expected.sort();
        got.sort();
        if expected != got {
            wrong.push(format!("{file}:\n  expected {expected:#?}\n  got {got:#?}"));
        }
    }
    assert!(renamed_names > 0);
    assert!(wrong.is_empty(), "{} scenarios changed their answer:\n{}", wrong.len(), wrong.join("\n"));
}
