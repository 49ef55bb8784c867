//! Every rule understands its own example, and the tables hold what the matcher relies on.

use std::collections::{BTreeMap, BTreeSet};

use assent_diagnosis::logs::{FIELDS, LOG_LINE_SCAN_BYTES_MAX, Matcher, Signal, duration_ms, rules, target_of, target_of_fields};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

/// Rules whose example another rule explains better, and which.
const OUTRANKED: &[(&str, &str)] = &[
    // npm names the file in the same line.
    ("node.npm_package", "node.file_missing"),
];

#[test]
fn there_are_enough_rules_with_unique_names() {
    let ids: BTreeSet<&str> = rules().map(|rule| rule.id).collect();
    assert_eq!(ids.len(), rules().count());
    assert!(ids.len() >= 400, "{}", ids.len());
    for id in ids {
        let (family, name) = id.split_once('.').unwrap();
        assert!([family, name].iter().all(|part| part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')), "{id}");
    }
}

#[test]
fn every_rule_matches_its_example_with_exactly_its_fields() {
    let matcher = Matcher::new();
    let mut wrong = Vec::new();
    for rule in rules() {
        let expected: BTreeMap<&str, &str> = rule.expects.iter().copied().collect();
        match matcher.all(rule.example).into_iter().find(|found| found.rule.id == rule.id) {
            None => wrong.push(format!("{}: no match: {}", rule.id, rule.example)),
            Some(found) if found.fields != expected => wrong.push(format!("{}: {:?}", rule.id, found.fields)),
            Some(_) => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_example_is_explained_best_by_its_own_rule_or_by_the_one_named_here() {
    let matcher = Matcher::new();
    let outranked: BTreeMap<&str, &str> = OUTRANKED.iter().copied().collect();
    let mut wrong = Vec::new();
    for rule in rules() {
        let winner = outranked.get(rule.id).copied().unwrap_or(rule.id);
        let best = matcher.best(rule.example).map(|found| found.rule.id);
        if best != Some(winner) {
            wrong.push(format!("    (\"{}\", \"{}\"),", rule.id, best.unwrap_or("nothing")));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_best_match_is_the_first_of_all() {
    let matcher = Matcher::new();
    for rule in rules() {
        let all: Vec<&str> = matcher.all(rule.example).iter().map(|found| found.rule.id).collect();
        assert_eq!(all.first().copied(), matcher.best(rule.example).map(|found| found.rule.id), "{}", rule.example);
    }
}

#[test]
fn every_pattern_compiles_small_and_captures_only_known_fields() {
    for rule in rules() {
        let built = regex::RegexBuilder::new(rule.pattern).case_insensitive(true).size_limit(1 << 20).build();
        let pattern = built.unwrap_or_else(|error| panic!("{}: {error}", rule.id));
        assert!(!pattern.is_match(""), "{} matches the empty line", rule.id);
        for name in pattern.capture_names().flatten() {
            assert!(FIELDS.contains(&name), "{} captures `{name}`", rule.id);
        }
    }
}

#[test]
fn keywords_are_lower_case_and_long_enough_to_be_rare() {
    for rule in rules() {
        assert!(!rule.keywords.is_empty(), "{}", rule.id);
        for keyword in rule.keywords {
            assert_eq!(*keyword, keyword.to_ascii_lowercase(), "{}", rule.id);
            assert!(keyword.len() >= 3, "{}: `{keyword}`", rule.id);
        }
    }
}

#[test]
fn whatever_a_pattern_matches_holds_one_of_its_keywords() {
    let mut runner = TestRunner::deterministic();
    let mut wrong = Vec::new();
    for rule in rules() {
        let strategy = proptest::string::string_regex(&format!("(?i){}", without_anchors(rule.pattern)));
        let strategy = strategy.unwrap_or_else(|error| panic!("{}: {error}", rule.id));
        let missed = (0..60).map(|_| strategy.new_tree(&mut runner).unwrap().current()).find(|text| {
            let text = folded(text);
            !rule.keywords.iter().any(|keyword| text.contains(keyword))
        });
        if let Some(missed) = missed {
            wrong.push(format!("{}: {missed:?}", rule.id));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_signal_has_a_rule() {
    let used: BTreeSet<Signal> = rules().map(|rule| rule.signal).collect();
    let unused: Vec<&Signal> = Signal::ALL.iter().filter(|signal| !used.contains(signal)).collect();
    assert!(unused.is_empty(), "{unused:?}");
}

#[test]
fn only_the_beginning_of_a_line_is_read() {
    let matcher = Matcher::new();
    let far = format!("{}{}", "é".repeat(LOG_LINE_SCAN_BYTES_MAX / 2), "connection refused");
    assert!(matcher.best(&far).is_none());
    let near = format!("connection refused {}", "é".repeat(LOG_LINE_SCAN_BYTES_MAX));
    assert_eq!(matcher.best(&near).map(|found| found.rule.signal), Some(Signal::ConnectionRefused));
}

#[test]
fn no_field_of_a_line_with_a_connection_string_holds_its_password() {
    let matcher = Matcher::new();
    let lines = [
        "consumer: Cannot connect to amqp://worker:hunter2@mq:5672//: [Errno 111] Connection refused.",
        "failed to connect to postgres://app:hunter2@db:5432/orders: connection refused",
        "failed to connect to postgres://app:12/hunter2@db:5432/orders: connection refused",
        "panic: cannot open postgres://app:hunter2@db:5432/orders?sslmode=disable",
        "panic: bad dsn app:hunter2@tcp(db:3306)/orders",
        "panic: bad dsn host=db user=app password=hunter2 dbname=orders",
        r#"Get "http://app:hunter2@orders:8080/v1": EOF"#,
        r#"connect() failed (111: Connection refused) while connecting to upstream, upstream: "http://app:hunter2@10.2.3.4:80/""#,
        "panic: cannot open jdbc:oracle:thin:app/hunter2@db:1521/orders",
        "panic: DB_PASSWORD: hunter2 is too short",
        "could not connect to redis://:hunter2@cache:6379",
    ];
    for line in lines {
        let all = matcher.all(line);
        assert!(!all.is_empty(), "{line}");
        for found in all {
            assert!(found.fields.values().all(|text| !text.contains("hunter2")), "{}: {:?}", found.rule.id, found.fields);
        }
    }
}

#[test]
fn the_target_survives_the_cut() {
    let line = "failed to connect to postgres://app:hunter2@db:5432/orders: connection refused";
    let found = Matcher::new().best(line).unwrap();
    let target = target_of_fields(&found.fields).or_else(|| target_of(line)).unwrap();
    assert_eq!((target.host.as_str(), target.port), ("db", Some(5432)));
}

#[test]
fn a_slow_line_states_a_second_or_more() {
    let matcher = Matcher::new();
    let took = |line: &str| matcher.best(line).and_then(|found| duration_ms(&found.fields));
    assert_eq!(took("request completed in 8012ms"), Some(8012));
    assert_eq!(took("request completed in 999ms"), None);
    assert_eq!(took("LOG:  duration: 12.117 ms  statement: SELECT 1"), None);
    assert_eq!(took("fetching data using /v1/items took 1m2.5s"), Some(62_500));
}

#[test]
fn colours_and_prefixes_do_not_hide_a_line() {
    let matcher = Matcher::new();
    let signal = |line: &str| matcher.best(line).map(|found| found.rule.signal);
    assert_eq!(signal("\u{1b}[31mERROR\u{1b}[0m dial tcp 10.0.0.1:5432: connect: connection refused"), Some(Signal::ConnectionRefused));
    assert_eq!(signal("2026-03-01T10:00:00Z [pod/orders-1/app] sh: 1: serve: not found"), Some(Signal::CommandNotFound));
    assert_eq!(
        signal(r#"{"level":"error","msg":"pods is forbidden: User \"system:serviceaccount:shop:orders\" cannot list resource \"pods\""}"#),
        Some(Signal::RbacForbidden)
    );
}

proptest! {
    #[test]
    fn no_line_panics_and_every_range_is_on_character_boundaries(
        noise in "(?s).{0,80}",
        tail in "(?s).{0,80}",
        pick in 0usize..10_000,
        cut in 0usize..400,
    ) {
        let matcher = shared();
        let rule = rules().nth(pick % rules().count()).unwrap();
        let end = rule.example.floor_char_boundary(cut);
        for line in [format!("{noise}{}{tail}", rule.example), format!("{noise}{}{tail}", &rule.example[..end]), noise.clone()] {
            for found in matcher.all(&line) {
                prop_assert!(line.get(found.matched.clone()).is_some());
                let _ = target_of_fields(&found.fields);
            }
            let _ = matcher.best(&line);
        }
    }
}

fn shared() -> &'static Matcher {
    static MATCHER: std::sync::OnceLock<Matcher> = std::sync::OnceLock::new();
    MATCHER.get_or_init(Matcher::new)
}

/// The pattern without what matches no character: the generator of strings knows no anchors.
fn without_anchors(pattern: &str) -> String {
    let (mut out, mut class, mut letters) = (String::new(), false, pattern.chars());
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('b') if !class => {}
                Some(escaped) => out.extend(['\\', escaped]),
                None => out.push('\\'),
            },
            '[' if !class => {
                class = true;
                out.push('[');
                // A closing bracket or a caret right here is part of the class.
                if letters.as_str().starts_with('^') {
                    out.extend(letters.next());
                }
            }
            ']' if class => {
                class = false;
                out.push(']');
            }
            '^' | '$' if !class => {}
            _ => out.push(letter),
        }
    }
    out
}

/// Lower case, with the two letters outside ASCII that Unicode folds into it.
fn folded(text: &str) -> String {
    text.replace('\u{212a}', "k").replace('\u{17f}', "s").to_ascii_lowercase()
}
