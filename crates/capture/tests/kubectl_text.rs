//! What kubectl prints for people becomes the trees that the API's JSON gives, each leaf with its exact words.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a fixture that cannot be read, and a citation outside its text, fail the test")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use assent_base::Kind;
use assent_capture::describe;
use assent_capture::outline::outline;
use assent_capture::source::{Source, SourceId};
use assent_capture::table::{self, Ask, CustomColumn};
use assent_capture::tree::{At, Node};
use assent_capture::yaml;
use proptest::prelude::*;

#[test]
fn tables_become_objects() {
    for (path, text) in fixtures("get") {
        let (body, base, table) = read_table(&text);
        let mut out = format!("complete: {}\n", table.complete);
        out.push_str(&describe_objects(&text, &table.rows));
        check_citations(&path, &text, &table.rows);
        assert!(base > 0 && !body.is_empty());
        insta::assert_snapshot!(format!("get-{}", stem(&path)), out);
    }
}

#[test]
fn descriptions_become_objects_and_events() {
    for (path, text) in fixtures("describe") {
        let objects = describe::read(&text, 0, None);
        check_citations(&path, &text, &objects);
        insta::assert_snapshot!(format!("describe-{}", stem(&path)), describe_objects(&text, &objects));
    }
}

#[test]
fn a_row_is_cited_as_its_line_and_a_cell_as_its_words() {
    let text = "NAME    READY   STATUS             RESTARTS      AGE\nweb-1   0/1     CrashLoopBackOff   7 (2m ago)    9m\n";
    let rows = table::read(text, 0, &Ask::default()).rows;
    let source = Source::whole("t", text.into());
    let row = At::root(SourceId(0), &source, &rows[0].1);
    let quote = |at: At<'_>| at.cite().and_then(|cite| source.slice(cite.start, cite.len)).map(str::to_owned);
    assert_eq!(quote(row).as_deref(), Some("web-1   0/1     CrashLoopBackOff   7 (2m ago)    9m"));
    assert_eq!(quote(row.at("status/printed/status")).as_deref(), Some("CrashLoopBackOff"));
    assert_eq!(quote(row.at("status/printed/restarts")).as_deref(), Some("7 (2m ago)"));
}

#[test]
fn what_a_row_points_to_is_not_what_the_row_is() {
    let bindings = "NAME   ROLE        AGE   USERS   GROUPS   SERVICEACCOUNTS\nlook   Role/look   0s    ada              shop/runner\n";
    let scalers = "NAMESPACE   NAME   REFERENCE        TARGETS     MINPODS   MAXPODS   REPLICAS   AGE\nshop        web    Deployment/web   cpu: 7%/70%   1         5         3          1s\n";
    let all = "NAMESPACE   NAME                  READY   UP-TO-DATE   AVAILABLE   AGE\nshop        deployment.apps/web   1/1     1            1           9m\n";
    let asked = |kind| Ask { kind: Some(kind), ..Ask::default() };
    for (text, ask, kind) in [
        (bindings, asked(Kind::RoleBinding), Kind::RoleBinding),
        (scalers, asked(Kind::HorizontalPodAutoscaler), Kind::HorizontalPodAutoscaler),
        (all, Ask::default(), Kind::Deployment),
    ] {
        let kinds: Vec<Kind> = table::read(text, 0, &ask).rows.into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(kinds, [kind]);
    }
}

#[test]
fn a_kernel_is_told_from_its_architecture() {
    let text = "NAME   STATUS   ROLES    AGE   VERSION   INTERNAL-IP   EXTERNAL-IP   OS-IMAGE      KERNEL-VERSION   CONTAINER-RUNTIME\nn1     Ready    <none>   1s    v1.36.0   <none>        <none>        An Image 12   6.12.0 (arm64)   containerd://2.1.0\n";
    let rows = table::read(text, 0, &Ask { kind: Some(Kind::Node), ..Ask::default() }).rows;
    let source = Source::whole("t", text.into());
    let info = At::root(SourceId(0), &source, &rows[0].1).at("status/nodeInfo");
    assert_eq!((info.get("kernelVersion").text(), info.get("architecture").text()), (Some("6.12.0"), Some("arm64")));
}

#[test]
fn a_listing_is_complete_only_when_every_line_was_understood() {
    let header = "NAME    DATA   AGE\nweb-1   1      9m\n";
    let of = |text: &str, ask: &Ask| table::read(text, 0, ask).complete;
    let ask = Ask { kind: Some(Kind::ConfigMap), ..Ask::default() };
    assert!(of(header, &ask));
    assert!(of("No resources found in shop namespace.\n", &ask));
    assert!(!of(&format!("{header}Error from server (Forbidden): secrets is forbidden\n"), &ask));
    assert!(!of("web-1   1      9m\n", &ask));
    assert!(of("web-1   1      9m\n", &Ask { no_headers: true, ..ask.clone() }));
    assert!(!of("", &ask));
}

/// What kubectl 1.32 printed of these objects says nothing that the objects do not say at the same path.
#[test]
fn a_description_agrees_with_the_object_it_describes() {
    let manifest = fs::read_to_string(folder("objects.yaml")).unwrap();
    let (documents, error) = yaml::parse(&manifest, 0);
    assert_eq!(error, None);
    let full: Vec<(String, BTreeMap<String, String>)> =
        documents.iter().map(|node| (name_of(&manifest, node), leaves(&manifest, node))).collect();
    let mut wrong = Vec::new();
    let mut compared = 0;
    for (path, text) in fixtures("describe") {
        for (kind, node) in describe::read(&text, 0, None) {
            let name = name_of(&text, &node);
            let Some((_, object)) = full.iter().find(|(own, _)| *own == name && kind != Kind::Event) else { continue };
            for (field, value) in leaves(&text, &node) {
                if field.contains("/printed") || field.starts_with("metadata/age") || value == "null" {
                    continue;
                }
                compared += 1;
                let same = object.get(&field).is_some_and(|own| own.trim_end() == value.trim_end());
                if !same && (object.contains_key(&field) || !is_default(&field, &value)) {
                    wrong.push(format!("{}: {field} = {value}, not {:?}", stem(&path), object.get(&field)));
                }
            }
        }
    }
    assert!(compared > 500, "only {compared} fields were compared");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn several_objects_in_one_output_read_as_each_alone() {
    let all = fixtures("describe");
    let joined = all.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join("\n\n");
    let together: Vec<String> =
        describe::read(&joined, 0, None).iter().map(|(kind, node)| format!("{kind} {:?}", leaves(&joined, node))).collect();
    let apart: Vec<String> = all
        .iter()
        .flat_map(|(_, text)| {
            describe::read(text, 0, None).into_iter().map(|(kind, node)| format!("{kind} {:?}", leaves(text, &node))).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(together, apart);
}

#[test]
fn indented_and_windows_copies_read_the_same() {
    for (path, text) in fixtures("describe") {
        let alone: Vec<String> = describe::read(&text, 0, None).iter().map(|(_, node)| format!("{:?}", leaves(&text, node))).collect();
        let copy = text.replace('\n', "\r\n");
        let read: Vec<String> =
            describe::read(&copy, 0, None).iter().map(|(_, node)| format!("{:?}", leaves(&copy, node)).replace("\\\\r", "")).collect();
        assert_eq!(read, alone, "{}", path.display());
        let copy: String =
            text.split_inclusive('\n').map(|line| if line.trim().is_empty() { line.to_owned() } else { format!("  {line}") }).collect();
        assert_eq!(describe::read(&copy, 0, None).len(), alone.len(), "{}", path.display());
    }
}

#[test]
fn a_quote_from_a_description_is_its_printed_line() {
    let text = fs::read_to_string(folder("describe/pod-checkout-7d9f4c6b5-x2x9k.txt")).unwrap();
    let source = Source::whole("t", text.as_str().into());
    let objects = describe::read(&text, 0, Some(Kind::Pod));
    let pod = At::root(SourceId(0), &source, &objects[0].1);
    let quote = |path: &str| {
        let cite = pod.at(path).cite().unwrap();
        source.slice(cite.start, cite.len).unwrap()
    };
    assert_eq!(quote("status/containerStatuses/0/state/waiting/reason"), "Reason:    CrashLoopBackOff");
    assert_eq!(quote("status/containerStatuses/0/lastState/terminated/exitCode"), "Exit Code:    2");
    assert_eq!(quote("spec/containers/0/env/2/value"), "URL:       http://cart:8080/api?x=1");
    assert_eq!(
        quote("spec/containers/0/env/3/valueFrom/secretKeyRef/key"),
        "PASSWORD:  <set to the key 'password' in secret 'db'>         Optional: false"
    );
    assert_eq!(
        quote("spec/containers/0/livenessProbe/httpGet/port"),
        "Liveness:   http-get http://:8080/healthz delay=5s timeout=1s period=10s #success=1 #failure=3"
    );
    assert_eq!(quote("status/conditions/1/status"), "Ready         False");
    assert_eq!(quote("metadata/labels/app"), "Labels:               app=checkout");
    assert_eq!(quote("spec/nodeName"), "Node:                 worker-a");
}

#[test]
fn no_loss_of_lines_or_bytes_is_fatal() {
    let all: Vec<String> = fixtures("get").into_iter().chain(fixtures("describe")).map(|(_, text)| text).collect();
    proptest!(config(300), |(which in 0..all.len(), cut in any::<prop::sample::Index>(), drop in any::<u64>())| {
        let text = &all[which];
        let cut = (0..=cut.index(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap();
        let truncated = &text[..cut];
        let (_, _, table) = read_table(truncated);
        check_citations(Path::new("truncated"), truncated, &table.rows);
        check_citations(Path::new("truncated"), truncated, &describe::read(truncated, 0, None));
        let thinned: String = text.split_inclusive('\n').enumerate().filter(|(at, _)| drop >> (at % 64) & 1 == 0).map(|(_, line)| line).collect();
        let (_, _, table) = read_table(&thinned);
        check_citations(Path::new("thinned"), &thinned, &table.rows);
        check_citations(Path::new("thinned"), &thinned, &describe::read(&thinned, 0, None));
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

    #[test]
    fn arbitrary_blocks_are_read_without_panic(
        body in "(Name:  a\n|Namespace:  b\n|Containers:\n|  app:\n|    State:  Waiting\n|Events:\n|Rules:\n|Data\n====\n|x:\n----\n|[ a-z:/=(),<>-]{0,12}\n|\t|é){0,40}",
        pick in 0..=Kind::KNOWN.len(),
    ) {
        let text = format!("Name:  a\nNamespace:  b\n{body}");
        let objects = describe::read(&text, 0, Kind::KNOWN.get(pick).cloned());
        check_citations(Path::new("arbitrary"), &text, &objects);
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

/// Fields that describe prints though the object leaves them out.
fn is_default(field: &str, value: &str) -> bool {
    let fixed = [("readOnly", "false"), ("operator", "Equal"), ("initialDelaySeconds", "0"), ("optional", "false"), ("path", "/")];
    fixed.iter().any(|(own, default)| field.ends_with(own) && value == *default) || field == "kind" || value == "(empty)"
}

fn name_of(text: &str, node: &Node) -> String {
    let source = Source::whole("t", text.into());
    let root = At::root(SourceId(0), &source, node);
    format!("{}/{}", root.get("kind").text_or_empty(), root.at("metadata/name").text_or_empty())
}

/// Each scalar by its path, instants in one spelling.
fn leaves(text: &str, node: &Node) -> BTreeMap<String, String> {
    let source = Source::whole("t", text.into());
    let lines = outline(At::root(SourceId(0), &source, node));
    let pairs = lines.lines().filter_map(|line| line.split_once(" = "));
    let plain = |value: &str| {
        let value = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
        assent_base::time::instant(value).map_or_else(|| value.trim_end_matches("\\n").to_owned(), |instant| instant.to_string())
    };
    pairs.map(|(path, value)| (path.to_owned(), plain(value))).collect()
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kubectl").join(name)
}

fn fixtures(name: &str) -> Vec<(PathBuf, String)> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
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
