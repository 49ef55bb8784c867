//! Planted secrets of fifty kinds: none is in what the platform keeps, answers or logs, neither as it was nor decoded.
//!
//! Seven of ten come as an observer sends them: in objects, events and logs, redacted by the screen with the rules and the key of the
//! platform's welcome. The others come as people and machines send them, and only the platform stands between them and the disk: in
//! comments, in what is added to a rerun, in reasons, in alerts, in credentials that do not hold, in searches.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "this is a test, helpers included")]

mod support {
    #[path = "../../../screen/tests/support/canary.rs"]
    pub mod canary;
    #[path = "../../../screen/tests/support/corpus.rs"]
    pub mod corpus;
    pub mod http;
    pub mod platform;
}

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use aho_corasick::AhoCorasick;
use assent_screen::{PseudonymKey, Rules, Screen};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use support::canary::views;
use support::corpus::{ENCODINGS, KINDS, Rng, planted};
use support::http::{Http, Who};
use support::platform::{Cluster, Observer, Platform, all, files, ill_cluster, incident, until};

const STREAM: &str = "00112233445566778899aabbccddeeff";
/// Secrets that come through an observer, and those of the long run. As people and machines send them come [`WRITTEN`] more.
const OBSERVED: usize = 700;
const OBSERVED_MANY: usize = 9_700;
const WRITTEN: usize = 300;
/// Ways in which an observer sends text.
const PLACES: usize = 7;
/// Comments, and secrets in each.
const COMMENTS: (usize, usize) = (14, 10);
/// Reruns: an incident takes no more.
const RERUNS: usize = 20;
const MUTES: usize = 10;
const ALERTS: usize = 110;
const CREDENTIALS: usize = 10;
const SEARCHES: usize = 10;
/// Characters in a row that are worth reading.
const RUN_BYTES_MIN: usize = 12;
/// Lines of a log that are read together: no secret has more than half as many.
const LINES_AT_ONCE: usize = 20;
/// Something that is no secret, in everything that is sent: if the search does not find it, it finds nothing.
const MARK: &str = "zuckerhut";

#[test]
fn no_canary_of_a_thousand_is_kept_answered_or_logged() {
    plant_and_search(OBSERVED);
}

/// Takes minutes: `cargo test -p assent --test canaries -- --ignored`.
#[test]
#[ignore = "takes minutes"]
fn no_canary_of_ten_thousand_is_kept_answered_or_logged() {
    plant_and_search(OBSERVED_MANY);
}

fn plant_and_search(observed: usize) {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("assent");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_assent"));
    command.env_clear();
    let mut platform = Platform::start_as(command, &data, &["--log", "debug"]);
    let owner = platform.owner();
    let cluster = platform.add_cluster(&owner);
    let mut canaries = Canaries { rng: Rng(23), values: Vec::new() };
    let mut http = platform.http();

    let next = observe(&platform, &cluster, &mut canaries, 0..OBSERVED, 1);
    let ill = incident(&mut http, &owner);
    write(&mut http, &owner, &ill, &mut canaries);
    alert(&mut http, &owner, &cluster, &mut canaries);
    knock(&mut http, &owner, &mut canaries);
    observe(&platform, &cluster, &mut canaries, OBSERVED..observed, next);
    assert_eq!(canaries.values.len(), observed + WRITTEN);
    let search = Search::for_all(&canaries.values);

    // A connection that was idle meanwhile may be gone.
    let mut http = platform.http();
    // The watcher hears of the last signals after they were acknowledged.
    until("a report of the log", || http.get(&owner, "/api/v1/tenant/export").unwrap().text().contains(MARK).then_some(()));
    let mut found = Vec::new();
    let answers = answers(&mut http, &owner, &ill);
    let seen: BTreeSet<String> = answers.iter().flat_map(|(_, text)| strings(text)).collect();
    let lost: Vec<usize> = (0..observed).filter(|number| !seen.iter().any(|text| is_of(*number, text))).collect();
    assert!(lost.is_empty(), "the search does not see what was sent: {lost:?}");
    for (place, text) in &answers {
        found.extend(search.in_answer(text).into_iter().map(|what| format!("{place}: {what}")));
    }
    let (out, err) = platform.stop();
    assert!(err.len() > 1_000, "there is hardly a log: {}", String::from_utf8_lossy(&err));
    for (place, bytes) in files(&data).into_iter().chain([("standard output".into(), out), ("standard error".into(), err)]) {
        found.extend(search.in_bytes(&bytes).into_iter().map(|what| format!("{}: {what}", place.display())));
        let is_data = place.starts_with(data.join("ledger")) || place.to_string_lossy().contains("assent.db");
        assert!(!is_data || memchr::memmem::find(&bytes, MARK.as_bytes()).is_none(), "{} is in plain", place.display());
    }
    println!("{} secrets of {} kinds in {} encodings, {} findings", canaries.values.len(), KINDS.len(), ENCODINGS.len(), found.len());
    assert!(found.is_empty(), "{} findings:\n{}", found.len(), found[..found.len().min(40)].join("\n"));
}

#[test]
fn the_search_would_find_what_survives() {
    let mut canaries = Canaries { rng: Rng(24), values: Vec::new() };
    let texts: Vec<String> = (0..KINDS.len() * ENCODINGS.len()).map(|_| canaries.next()).collect();
    for (value, text) in canaries.values.iter().zip(&texts) {
        let search = Search::for_all(std::slice::from_ref(value));
        let signal = json!({ "log": { "text": format!("{MARK}: {text} end") } }).to_string();
        let export = json!({ "type": "signals", "bytes": STANDARD.encode(&signal) }).to_string();
        assert!(!search.in_answer(&export).is_empty(), "{value} in {export}");
        assert!(!search.in_bytes(format!("\0\u{1}{text}\0").as_bytes()).is_empty(), "{value} in {text}");
    }
}

/// Secrets that were planted.
struct Canaries {
    rng: Rng,
    values: Vec<String>,
}

impl Canaries {
    /// The text of the next one, in its encoding.
    fn next(&mut self) -> String {
        let number = self.values.len();
        let (value, text) = planted(&KINDS[number % KINDS.len()], ENCODINGS[number / KINDS.len() % ENCODINGS.len()], &mut self.rng);
        self.values.push(value);
        text
    }

    /// The next one as it is.
    fn bare(&mut self) -> String {
        self.next();
        self.values.last().unwrap().clone()
    }
}

/// Sends canaries from signal `first` on, behind a cluster that is ill if they are the first ones. Gives the number of the next signal.
fn observe(platform: &Platform, cluster: &Cluster, canaries: &mut Canaries, numbers: Range<usize>, first: u64) -> u64 {
    let (_, welcome) = Observer::connect(platform.address, cluster, STREAM).unwrap();
    let key: Vec<u8> = welcome["pseudonym_key"]
        .as_str()
        .unwrap()
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect();
    let screen = Screen::new(Arc::new(Rules::builtin()), PseudonymKey::new(&key.try_into().unwrap()));
    let mut signals = ill_cluster();
    let facts = signals.len();
    // What a report quotes is shown to people: the messages and logs of the pod that is ill.
    let pod = signals
        .iter()
        .map(|signal| &signal["object"]["body"])
        .find(|body| body["kind"] == "Pod" && body["status"]["phase"] == "Pending")
        .unwrap();
    let (pod, container) = (pod["metadata"].clone(), pod["spec"]["containers"][0]["name"].clone());
    let at = signals.last().unwrap()["object"]["at"].clone();
    let is_first = numbers.start == 0;
    for number in numbers {
        let text = canaries.next();
        // All of a thousand words of one pod would be read again with each of them.
        let other = || json!({ "namespace": "shop", "name": format!("l{number}"), "uid": format!("l{number}") });
        let pod = if is_first { pod.clone() } else { other() };
        let signal = match number % PLACES {
            0 => {
                let line = format!("{MARK} {number} ERROR cannot go on: {text} (attempt 2)");
                json!({ "log": { "at": at, "namespace": pod["namespace"], "pod": pod["name"], "container": container, "previous": number % 2 == 0, "text": screen.text(&line).text } })
            }
            place => {
                let mut body = carrier(place, number, &pod, &at, &text);
                screen.object(&mut body);
                json!({ "object": { "at": at, "body": body } })
            }
        };
        signals.push(signal);
    }
    // Making them may have taken longer than an idle connection is kept.
    let (mut observer, _) = Observer::connect(platform.address, cluster, STREAM).unwrap();
    let signals = if is_first { signals } else { signals.split_off(facts) };
    let mut next = first;
    for batch in signals.chunks(200) {
        let answer = observer.send(next, batch.to_vec()).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
        next += batch.len() as u64;
    }
    next
}

/// An object with the text in one of its places.
fn carrier(place: usize, number: usize, pod: &Value, at: &Value, text: &str) -> Value {
    let meta = json!({ "name": format!("c{number}"), "namespace": "shop", "uid": format!("c{number}"), "resourceVersion": "7", "labels": { "says": MARK } });
    let of_pod = |container: Value| json!({ "apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": { "containers": [container] }, "status": { "phase": "Running" } });
    match place {
        1 => of_pod(json!({ "name": "app", "image": "app:1", "env": [{ "name": "EXTRA", "value": text }] })),
        2 => of_pod(json!({ "name": "app", "image": "app:1", "command": ["/app", "--verbose"], "args": [format!("--set={text}"), text] })),
        3 => {
            json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": { "settings.txt": format!("# settings\n{text}\nreplicas=3\n"), "key": text } })
        }
        4 => {
            let mut meta = meta;
            meta["annotations"] = json!({ "example.com/note": text });
            json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": meta })
        }
        5 => {
            let applied =
                json!({ "kind": "Deployment", "spec": { "template": { "metadata": { "annotations": { "note": text } } } } }).to_string();
            let mut meta = meta;
            meta["annotations"] = json!({ "kubectl.kubernetes.io/last-applied-configuration": applied });
            json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": { "replicas": 0 } })
        }
        _ => {
            let mut meta = meta;
            meta["namespace"] = pod["namespace"].clone();
            let message = format!("Error: {MARK}: failed to start container: {text}");
            json!({ "apiVersion": "v1", "kind": "Event", "metadata": meta, "type": "Warning", "reason": "Failed", "message": message, "count": 1,
                "firstTimestamp": at, "lastTimestamp": at, "involvedObject": { "kind": "Pod", "namespace": pod["namespace"], "name": pod["name"], "uid": pod["uid"] } })
        }
    }
}

/// What people write.
fn write(http: &mut Http, owner: &Who, incident: &str, canaries: &mut Canaries) {
    let path = |act: &str| format!("/api/v1/incidents/{incident}/{act}");
    let (comments, in_each) = COMMENTS;
    for number in 0..comments {
        let lines: Vec<String> = (0..in_each).map(|line| format!("{MARK} {number}.{line}: {}", canaries.next())).collect();
        let answer = http.post(owner, &path("comments"), &json!({ "text": lines.join("\n\n") })).unwrap();
        assert_eq!(answer.status, 201, "{}", answer.text());
    }
    for _ in 0..RERUNS {
        let answer =
            http.post(owner, &path("rerun"), &json!({ "context": format!("{MARK}: it was started with {}", canaries.next()) })).unwrap();
        assert_eq!(answer.status, 202, "{}", answer.text());
    }
    for _ in 0..MUTES {
        let answer =
            http.post(owner, &path("mute"), &json!({ "for_s": 3_600, "reason": format!("{MARK}: known, {}", canaries.next()) })).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(http.post(owner, &path("unmute"), &json!({})).unwrap().status, 200);
    }
}

/// What other systems send.
fn alert(http: &mut Http, owner: &Who, cluster: &Cluster, canaries: &mut Canaries) {
    let made = http
        .post(owner, "/api/v1/alert-sources", &json!({ "name": "Alerts", "format": "alertmanager", "cluster": cluster.id }))
        .unwrap()
        .json();
    let way = format!("/api/v1/alerts/{}", made["source"]["id"].as_str().unwrap());
    let alerts: Vec<Value> = (0..ALERTS)
        .map(|number| {
            let (summary, severity) =
                if number % 10 == 0 { ("it burns".to_owned(), canaries.next()) } else { (canaries.next(), "critical".to_owned()) };
            json!({
                "status": "firing", "startsAt": "2026-05-04T11:59:00Z", "fingerprint": format!("f{number}"),
                "labels": { "alertname": "Burning", "namespace": "shop", "pod": "c1", "severity": severity },
                "annotations": { "summary": format!("{MARK} {number}: {summary}") },
            })
        })
        .collect();
    let bearer = Who::Bearer(made["secret"].as_str().unwrap().to_owned());
    let answer = http.post(&bearer, &way, &json!({ "version": "4", "alerts": alerts })).unwrap();
    assert_eq!((answer.status, answer.json()["taken"].as_u64()), (202, Some(ALERTS as u64)));
}

/// Credentials that do not hold, and words to search for: nobody keeps those.
fn knock(http: &mut Http, owner: &Who, canaries: &mut Canaries) {
    for number in 0..CREDENTIALS {
        let secret = canaries.bare();
        let answer = if number % 2 == 0 {
            http.post(&Who::Nobody, "/api/v1/sign-in", &json!({ "email": "nobody@example.org", "password": secret })).unwrap()
        } else {
            http.get(&Who::Bearer(secret.split_whitespace().collect()), "/api/v1/me").unwrap()
        };
        assert!((400..500).contains(&answer.status), "{}", answer.text());
    }
    for _ in 0..SEARCHES {
        let words: String = canaries.bare().bytes().map(|byte| format!("%{byte:02x}")).collect();
        assert_eq!(http.get(owner, &format!("/api/v1/incidents?text={words}")).unwrap().status, 200);
    }
}

/// Everything that the platform answers about what it has.
fn answers(http: &mut Http, owner: &Who, incident: &str) -> Vec<(String, String)> {
    let mut paths: Vec<String> = [
        "/api/v1/tenant/export",
        "/api/v1/ledger/export",
        "/api/v1/clusters",
        "/api/v1/environments",
        "/api/v1/alert-sources",
        "/metrics",
        "/api/v1/status",
    ]
    .map(str::to_owned)
    .to_vec();
    let incidents = all(http, owner, "/api/v1/incidents?state=open,investigating,explained,inconclusive,resolved,muted,dismissed");
    assert!(incidents.iter().any(|one| one["id"] == incident));
    for one in &incidents {
        let path = format!("/api/v1/incidents/{}", one["id"].as_str().unwrap());
        paths.extend([format!("{path}/timeline?limit=500"), format!("{path}/comments?limit=500"), path]);
    }
    let mut answers = vec![
        ("incidents".to_owned(), Value::Array(incidents).to_string()),
        ("records".to_owned(), Value::Array(all(http, owner, "/api/v1/ledger/records")).to_string()),
    ];
    for path in paths {
        let answer = http.get(owner, &path).unwrap();
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answers.push((path, answer.text()));
    }
    answers
}

/// Looks for most of any canary: its first or last three fifths.
struct Search {
    automaton: AhoCorasick,
    values: Vec<String>,
}

impl Search {
    fn for_all(values: &[String]) -> Self {
        let parts: Vec<Vec<u8>> = values
            .iter()
            .flat_map(|value| {
                let value: Vec<u8> = value.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
                let most = (value.len() * 3).div_ceil(5);
                [value[..most].to_vec(), value[value.len() - most..].to_vec()]
            })
            .collect();
        Self { automaton: AhoCorasick::new(parts).unwrap(), values: values.to_vec() }
    }

    fn in_raw(&self, bytes: &[u8]) -> Option<String> {
        self.automaton.find(bytes).map(|hit| format!("{:?}", self.values[hit.pattern().as_usize() / 2]))
    }

    /// In every string of some lines of JSON, and in every reading of those.
    fn in_answer(&self, text: &str) -> Vec<String> {
        let found = strings(text).into_iter().filter_map(|text| {
            let what = views(text.as_bytes()).iter().find_map(|view| self.in_raw(view))?;
            Some(format!("{what} in {:?}", text.chars().take(400).collect::<String>()))
        });
        self.in_raw(text.as_bytes()).into_iter().chain(found).collect()
    }

    /// In the bytes as they are, and in every reading of each run of characters.
    fn in_bytes(&self, bytes: &[u8]) -> Vec<String> {
        let mut found: Vec<String> = self.in_raw(bytes).into_iter().collect();
        let printable = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
        let runs = bytes.split(|byte| !printable(byte)).filter(|run| run.len() >= RUN_BYTES_MIN);
        let runs: BTreeSet<Vec<u8>> = runs.flat_map(windows).collect();
        for run in runs {
            if let Some(what) = views(&run).iter().find_map(|view| self.in_raw(view)) {
                found.push(format!("{what} in {:?}", String::from_utf8_lossy(&run[..run.len().min(400)])));
            }
        }
        found
    }
}

/// Some lines at a time of a long text, each line twice: the number of readings of one text is bounded.
fn windows(text: &[u8]) -> Vec<Vec<u8>> {
    let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
    (0..lines.len()).step_by(LINES_AT_ONCE / 2).map(|from| lines[from..lines.len().min(from + LINES_AT_ONCE)].join(&b'\n')).collect()
}

/// Whether this is the text that came with a signal.
fn is_of(number: usize, text: &str) -> bool {
    if number.is_multiple_of(PLACES) { text.starts_with(&format!("{MARK} {number} ")) } else { text == format!("c{number}") }
}

/// Every string, key and decoded signal of some lines of JSON; a line that is none counts as a string.
fn strings(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for line in text.lines() {
        match serde_json::from_str::<Value>(line) {
            Ok(value) => collect(&value, &mut found),
            Err(_) => drop(found.insert(line.to_owned())),
        }
    }
    found
}

fn collect(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => match serde_json::from_str::<Value>(text) {
            Ok(inner @ (Value::Object(_) | Value::Array(_))) => collect(&inner, found),
            _ => drop(found.insert(text.clone())),
        },
        Value::Array(all) => all.iter().for_each(|one| collect(one, found)),
        Value::Object(fields) => {
            let kept = fields.get("bytes").and_then(Value::as_str).filter(|_| fields.get("type").is_some_and(|kind| kind == "signals"));
            if let Some(lines) = kept.and_then(|kept| STANDARD.decode(kept).ok()) {
                found.append(&mut strings(&String::from_utf8_lossy(&lines)));
                return;
            }
            for (key, one) in fields {
                found.insert(key.clone());
                collect(one, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
