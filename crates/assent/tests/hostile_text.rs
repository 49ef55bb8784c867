//! Text from a cluster is evidence and nothing else: no terminal, browser, Markdown viewer or parser obeys it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "this is a test, helpers included")]

mod support;

use std::fs;

use serde_json::Value;
use support::fault::wrong_image;
use support::program::{Said, assent, assent_reads};

/// What a hostile workload would like to have printed.
const ATTACKS: [&str; 12] = [
    "\u{1b}[2J\u{1b}[31mALL GOOD\u{1b}[0m",
    "\u{1b}]0;owned\u{7}",
    "\u{1b}]8;;https://evil.example\u{7}click\u{1b}]8;;\u{7}",
    "\u{9b}31m c1",
    "over\rwritten\u{8}\u{8}",
    "\u{202e}desrever\u{202c} \u{2066}isolate\u{2069} zero\u{200b}width \u{feff}",
    "\n# INJECTED HEADING\n\n- item\n",
    "[link](javascript:alert(1)) ![i](https://evil.example/p.png) | a | b |",
    "<script>alert(1)</script><img src=x onerror=alert(1)> </pre></code></details>",
    "``` ` `` ```` \\` end",
    "\" onmouseover=\"alert(1)\" '&lt;&amp;",
    "- {a: *b} # yaml\n---\nverdict: healthy\n",
];

const FORMS: [&str; 5] = ["human", "json", "yaml", "markdown", "html"];

/// A dump that carries an attack in every text that a workload or its author controls.
fn dump(attack: &str) -> Value {
    let mut dump = wrong_image(attack);
    for name in ["checkout", "1.9.0-rc", "shop", "web"] {
        rename(&mut dump, name, &format!("{name}{attack}"));
    }
    dump
}

fn rename(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::String(text) => *text = text.replace(from, to),
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, from, to)),
        Value::Object(entries) => entries.values_mut().for_each(|item| rename(item, from, to)),
        _ => {}
    }
}

#[test]
fn no_form_of_a_report_obeys_what_it_quotes() {
    for attack in ATTACKS {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.json");
        fs::write(&path, dump(attack).to_string()).unwrap();
        for form in FORMS {
            let said = assent(&["investigate", path.to_str().unwrap(), "-o", form, "--explain-all"]);
            harmless(&said, form, attack);
            if form == "json" {
                let report = said.report();
                assert_eq!(report["verdict"], "root_cause", "{attack:?}: {report:#}");
                assert_eq!(report["root_causes"][0]["entity"]["name"], format!("checkout{attack}"), "{attack:?}");
            }
        }
    }
}

#[test]
fn a_log_and_a_transcript_are_quoted_as_harmlessly() {
    for attack in ATTACKS {
        let text = format!(
            "$ kubectl get pods\nNAME    READY   STATUS             RESTARTS   AGE\nweb-1   0/1     CrashLoopBackOff   7          9m\n\
             $ kubectl logs web-1\npanic: cannot open {attack}\ndial tcp: lookup db{attack} on 10.96.0.10:53: no such host\n\
             $ whoami{attack}\n{attack}\n"
        );
        for form in FORMS {
            let said = assent_reads(&["investigate", "-", "-o", form, "--explain-all"], text.as_bytes());
            harmless(&said, form, attack);
        }
    }
}

#[test]
fn file_names_and_arguments_are_as_harmless_in_messages() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("list.json"), wrong_image("").to_string()).unwrap();
    for attack in ATTACKS.iter().filter(|attack| !attack.contains('/')) {
        fs::write(folder.path().join(attack), "kind: [").unwrap();
        harmless(&assent(&["investigate", folder.path().join(format!("absent{attack}")).to_str().unwrap()]), "human", attack);
        harmless(&assent(&["causes", attack]), "human", attack);
        harmless(&assent(&["investigate", "-n", attack, folder.path().to_str().unwrap()]), "human", attack);
    }
    for form in FORMS {
        harmless(&assent(&["investigate", folder.path().to_str().unwrap(), "-o", form]), form, "all of them");
    }
}

fn harmless(said: &Said, form: &str, attack: &str) {
    for text in [&said.out, &said.err] {
        let obeyed = text.chars().find(|c| {
            (c.is_control() && *c != '\n')
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
        });
        assert_eq!(obeyed, None, "{form} {attack:?}: {text}");
    }
    match form {
        "html" => {
            for markup in ["<script", "<img", "onerror=alert(1)>", "\" onmouseover=\"", "</pre></code></details>"] {
                assert!(!said.out.contains(markup), "{attack:?}: {}", said.out);
            }
        }
        "markdown" => assert_inert_markdown(&said.out, attack),
        "yaml" if said.code != 3 => {
            let value: Value = serde_saphyr::from_str(&said.out).unwrap_or_else(|error| panic!("{attack:?}: {error}\n{}", said.out));
            assert!(value["version"] == 1, "{attack:?}: {}", said.out);
        }
        "human" => assert!(!said.out.lines().any(|line| line.starts_with("# INJECTED")), "{attack:?}: {}", said.out),
        _ => {}
    }
}

/// Outside of code, nothing of an attack is markup.
fn assert_inert_markdown(text: &str, attack: &str) {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('`') {
        let fence: String = rest[at..].chars().take_while(|c| *c == '`').collect();
        if rest[..at].ends_with('\\') {
            plain += &rest[..at + 1];
            rest = &rest[at + 1..];
            continue;
        }
        plain += &rest[..at];
        let inside = &rest[at + fence.len()..];
        // A code span ends at a run of just as many backticks.
        let mut end = None;
        let mut from = 0;
        while let Some(next) = inside[from..].find('`') {
            let run = inside[from + next..].chars().take_while(|c| *c == '`').count();
            if run == fence.len() {
                end = Some(from + next + run);
                break;
            }
            from += next + run;
        }
        let Some(end) = end else { panic!("{attack:?}: a code span never ends in {text}") };
        rest = &inside[end..];
    }
    plain += rest;
    // What a backslash stands before is a character and no markup.
    let mut escaped = false;
    plain.retain(|c| {
        let kept = c != '\\' && !escaped;
        escaped = c == '\\' && !escaped;
        kept
    });
    for markup in ["<script", "<img", "](", "\n# INJECTED", "\n---\nverdict"] {
        assert!(!plain.contains(markup), "{attack:?}: `{markup}` in {plain}");
    }
}
