//! Ten thousand planted secrets: none is left in what crosses, neither as it was nor in any decoding of it.

use crate::support;
use crate::support::canary::{survives, views};
use crate::support::corpus::{ENCODINGS, KINDS, Rng, planted};
use serde_json::json;

const CANARIES: usize = 10_000;
const PLACES: usize = 9;

#[test]
fn no_canary_survives() {
    let screen = support::score::screen();
    let mut r = Rng(11);
    let mut survivors = Vec::new();
    for number in 0..CANARIES {
        let kind = &KINDS[number % KINDS.len()];
        let encoding = ENCODINGS[number / KINDS.len() % ENCODINGS.len()];
        let place = number / KINDS.len() / ENCODINGS.len() % PLACES;
        let (value, text) = planted(kind, encoding, &mut r);
        let out = if place < 2 {
            let line = format!("2026-04-14T09:27:21Z ERROR retry {number}: {text} (attempt 2)");
            if place == 0 { screen.text(&line).text.into_owned() } else { streamed(&screen, &line) }
        } else {
            let mut object = carrier(place, kind.setting, &value, &text);
            screen.object(&mut object);
            object.to_string()
        };
        if survives(&value, &views(out.as_bytes())) {
            survivors.push(format!("{} {encoding} in place {place}: {value:?} in {out}", kind.name));
        }
    }
    assert!(survivors.is_empty(), "{} of {CANARIES}:\n{}", survivors.len(), survivors[..survivors.len().min(20)].join("\n"));
}

#[test]
fn the_search_would_find_what_survives() {
    let mut r = Rng(12);
    for kind in KINDS {
        for encoding in ENCODINGS {
            let (value, text) = planted(kind, encoding, &mut r);
            let object = carrier(4, kind.setting, &value, &text);
            assert!(survives(&value, &views(object.to_string().as_bytes())), "{} {encoding}: {object}", kind.name);
            assert!(survives(&value, &views(format!("log {text} end").as_bytes())), "{} {encoding}: {value} in {text}", kind.name);
        }
    }
}

fn streamed(screen: &assent_screen::Screen, line: &str) -> String {
    let mut stream = screen.stream();
    let mut out = stream.push(line.as_bytes());
    out.extend(stream.finish().0);
    String::from_utf8(out).unwrap()
}

fn carrier(place: usize, setting: Option<&str>, value: &str, text: &str) -> serde_json::Value {
    let pod = |container: serde_json::Value| json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "cart-0"}, "spec": {"containers": [container]}});
    match place {
        2 => pod(
            json!({"name": "app", "env": [{"name": "EXTRA", "value": text}, {"name": setting.unwrap_or("PLAIN"), "value": value_or(setting, value, text)}]}),
        ),
        3 => pod(json!({"name": "app", "command": ["/app", "--verbose"], "args": [format!("--set={text}"), text]})),
        4 => json!({"kind": "Pod", "metadata": {"annotations": {"example.com/note": text}}}),
        5 => json!({"kind": "ConfigMap", "data": {"settings.txt": format!("# settings\n{text}\nreplicas=3\n"), "key": text}}),
        6 => {
            let applied = json!({"kind": "Deployment", "spec": {"template": {"metadata": {"annotations": {"note": text}}}}}).to_string();
            json!({"kind": "Deployment", "metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": applied}}})
        }
        7 => json!({"kind": "Event", "reason": "Failed", "message": format!("Error: failed to start container \"app\": {text}")}),
        _ => json!({"kind": "Secret", "data": {"x": text}, "stringData": {"y": value}, "status": {"message": text}}),
    }
}

fn value_or<'t>(setting: Option<&str>, value: &'t str, text: &'t str) -> &'t str {
    if setting.is_some() { value } else { text }
}
