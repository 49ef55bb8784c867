//! Redaction of Kubernetes objects, by what Kubernetes keeps where, and then by text rules for every string.
//!
//! Values of a Secret go and its keys stay. Elsewhere a value goes when its name says that it is a secret, or when text rules find
//! one in it: `DB_HOST=cart-store:6379` stays, since whoever looks for a fault needs it. A string that is JSON itself, such as
//! `last-applied-configuration`, is read, redacted as an object and written again.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::assign::is_secret;
use crate::cursor::slice;
use crate::names::{Strength, strength};
use crate::pseudonym::{stand_in_len, stand_ins};
use crate::screen::{Screen, WINDOW_BYTES};
use crate::verify;

/// How deep strings of JSON in strings of JSON are read. A deeper one is text like any other.
pub const JSON_IN_JSON_MAX: usize = 4;
/// Longest string that is read as JSON. A longer one is text like any other.
pub const JSON_IN_JSON_BYTES_MAX: usize = 1024 * 1024;
/// Shortest value of an environment variable that is redacted for being random.
pub const RANDOM_VALUE_BYTES_MIN: usize = 20;
/// Shortest key of a map that is read as text, if it has a digit too.
const KEY_BYTES_READ_MIN: usize = 16;
/// Smallest number that is read as one of a card.
const CARD_NUMBER_MIN: u64 = 10_000_000_000_000;
/// Most levels of an object that are read; what lies deeper goes.
pub const OBJECT_DEPTH_MAX: usize = 200;

/// How often each rule has redacted something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts(BTreeMap<String, u64>);

impl Counts {
    /// How often any rule has.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// Rules and their counts, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(rule, count)| (rule.as_str(), *count))
    }

    /// Adds the counts of another redaction.
    pub fn add(&mut self, other: &Self) {
        for (rule, count) in other.iter() {
            *self.0.entry(rule.to_owned()).or_default() += count;
        }
    }

    fn one(&mut self, rule: &str) {
        match self.0.get_mut(rule) {
            Some(count) => *count += 1,
            None => {
                self.0.insert(rule.to_owned(), 1);
            }
        }
    }
}

impl From<BTreeMap<String, u64>> for Counts {
    fn from(counts: BTreeMap<String, u64>) -> Self {
        Self(counts)
    }
}

impl Screen {
    /// Redacts an object of the Kubernetes API, a list of them, or any other JSON.
    pub fn object(&self, json: &mut Value) -> Counts {
        let mut walk = Walk { screen: self, counts: Counts::default(), json_depth: 0 };
        walk.value(json, "", 0);
        walk.counts
    }
}

struct Walk<'s> {
    screen: &'s Screen,
    counts: Counts,
    json_depth: usize,
}

impl Walk<'_> {
    /// Redacts a value that stands under this name.
    fn value(&mut self, value: &mut Value, name: &str, depth: usize) {
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(number) => {
                let secret = match strength(name.as_bytes()) {
                    Some(Strength::Strong) => true,
                    Some(Strength::Firm) => is_secret(Strength::Firm, number.to_string().as_bytes(), true, name.as_bytes()),
                    Some(Strength::Plain | Strength::Hinted | Strength::Weak) | None => false,
                };
                let long = number.as_u64().is_some_and(|number| number >= CARD_NUMBER_MIN);
                if !secret && !long {
                    return;
                }
                let text = number.to_string();
                if secret || verify::card(text.as_bytes()) {
                    *value = Value::String(self.stand_in(if secret { "secret-setting" } else { "card" }, &text));
                }
            }
            Value::String(text) => self.string(text, name),
            Value::Array(_) | Value::Object(_) if depth >= OBJECT_DEPTH_MAX => *value = Value::String(self.stand_in("unread", "")),
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item, name, depth + 1)),
            Value::Object(map) => self.map(map, name, depth),
        }
    }

    fn map(&mut self, map: &mut Map<String, Value>, name: &str, depth: usize) {
        if map.get("kind").and_then(Value::as_str) == Some("Secret") {
            for part in ["data", "stringData"] {
                if let Some(data) = map.get_mut(part) {
                    self.all(data);
                }
            }
        }
        self.command_line(map);
        let pair = ["name", "key"].iter().find_map(|part| map.get(*part)?.as_str()).map(str::to_owned);
        if let (Some(name), Some(value)) = (&pair, map.get_mut("value")) {
            self.named(value, name, depth);
        }
        // An ExternalSecret says into which key of a Secret it writes.
        let writes_into = map.contains_key("remoteRef") || map.contains_key("sourceRef");
        for (key, value) in map.iter_mut() {
            // `password: {value: x}` is said of the outer name.
            match (key.as_str(), &pair) {
                ("value", Some(_)) => {}
                ("value", None) => self.value(value, name, depth + 1),
                ("secretKey", _) if writes_into => self.value(value, "", depth + 1),
                (key, _) => self.value(value, key, depth + 1),
            }
        }
        self.keys(map);
    }

    /// The value of an environment variable, header or parameter.
    fn named(&mut self, value: &mut Value, name: &str, depth: usize) {
        self.value(value, name, depth + 1);
        if let Value::String(text) = value {
            let random = text.len() >= RANDOM_VALUE_BYTES_MIN && !text.contains([' ', '/', '.', ':']) && verify::opaque(text.as_bytes());
            if random {
                *text = self.stand_in("random", text);
            }
            let header = ["authorization", "proxy-authorization", "cookie", "x-api-key", "x-auth-token"]
                .iter()
                .any(|known| name.eq_ignore_ascii_case(known));
            if header && stand_in_len(text.as_bytes()).is_none() && !text.is_empty() && !text.contains("[redacted:") {
                *text = self.stand_in("authorization", text);
            }
        }
    }

    fn string(&mut self, text: &mut String, name: &str) {
        self.by_name(text, name);
        if stand_in_len(text.as_bytes()) == Some(text.len()) || self.json(text) {
            return;
        }
        let redacted = self.screen.text(text);
        for hit in &redacted.hits {
            self.counts.one(&hit.rule);
        }
        if !redacted.hits.is_empty() {
            *text = redacted.text.into_owned();
            self.by_name(text, name);
        }
    }

    /// Redacts a string because of its name; stand-ins in it stay.
    fn by_name(&mut self, text: &mut String, name: &str) {
        let Some(strength) = strength(name.as_bytes()) else { return };
        let marks = stand_ins(text.as_bytes());
        let edges = marks.iter().flat_map(|mark| [mark.start, mark.end]);
        let edges: Vec<usize> = std::iter::once(0).chain(edges).chain([text.len()]).collect();
        let part = |edges: &[usize]| edges.first().zip(edges.get(1)).and_then(|(start, end)| text.get(*start..*end)).unwrap_or_default();
        let parts: Vec<&str> = edges.chunks(2).map(part).collect();
        if !is_secret(strength, parts.concat().as_bytes(), true, name.as_bytes()) {
            return;
        }
        let mut out = String::new();
        for (place, part) in parts.into_iter().enumerate() {
            if !part.is_empty() {
                out.push_str(&self.stand_in("secret-setting", part));
            }
            if let Some(mark) = marks.get(place) {
                out.push_str(text.get(mark.clone()).unwrap_or_default());
            }
        }
        *text = out;
    }

    /// Reads a string as JSON if it is an object or array, and writes it again if that changed it.
    fn json(&mut self, text: &mut String) -> bool {
        let looks = text.len() > 2 && text.len() <= JSON_IN_JSON_BYTES_MAX && text.trim_start().starts_with(['{', '[']);
        if !looks || self.json_depth >= JSON_IN_JSON_MAX {
            return false;
        }
        let Ok(mut inner) = serde_json::from_str::<Value>(text) else { return false };
        let before = self.counts.total();
        self.json_depth += 1;
        self.value(&mut inner, "", 0);
        self.json_depth -= 1;
        if self.counts.total() > before {
            let newline = text.ends_with('\n');
            *text = inner.to_string();
            text.extend(newline.then_some('\n'));
        }
        true
    }

    /// `command` and `args` are one line: an option in one string has its value in the next.
    fn command_line(&mut self, map: &mut Map<String, Value>) {
        let mut line = Vec::new();
        let mut parts = Vec::new();
        for list in ["command", "args"] {
            for (place, part) in map.get(list).and_then(Value::as_array).into_iter().flatten().enumerate() {
                if let Some(part) = part.as_str().filter(|part| line.len() + part.len() < WINDOW_BYTES) {
                    parts.push((list, place, line.len()..line.len() + part.len()));
                    line.extend_from_slice(part.as_bytes());
                    line.push(b' ');
                }
            }
        }
        if parts.len() < 2 {
            return;
        }
        let spans = self.screen.spans(&line);
        // From the end, so that what is replaced does not move what is to come.
        for span in spans.iter().rev() {
            for (list, place, range) in &parts {
                let (start, end) = (span.range.start.max(range.start), span.range.end.min(range.end));
                let target = map.get_mut(*list).and_then(|list| list.get_mut(*place));
                if let (true, Some(Value::String(text))) = (start < end, target) {
                    let stand_in = self.stand_in_bytes(span.name.as_str(), slice(&line, start, end));
                    if text.is_char_boundary(start - range.start) && text.is_char_boundary(end - range.start) {
                        text.replace_range(start - range.start..end - range.start, &stand_in);
                    }
                }
            }
        }
    }

    /// Secrets do not belong into keys; where one is, the key changes.
    fn keys(&mut self, map: &mut Map<String, Value>) {
        let changed: Vec<(String, String)> = map
            .keys()
            .filter(|key| key.len() >= KEY_BYTES_READ_MIN && key.bytes().any(|byte| byte.is_ascii_digit()))
            .filter_map(|key| {
                let redacted = self.screen.text(key);
                (!redacted.hits.is_empty()).then(|| (key.clone(), redacted.text.into_owned()))
            })
            .collect();
        for (old, new) in changed {
            if let Some(value) = map.remove(&old) {
                self.counts.one("key");
                map.insert(new, value);
            }
        }
    }

    /// Redacts every value, whatever it is; keys stay.
    fn all(&mut self, value: &mut Value) {
        match value {
            Value::Null => {}
            Value::Object(map) => map.iter_mut().for_each(|(_, value)| self.all(value)),
            Value::Array(items) => items.iter_mut().for_each(|item| self.all(item)),
            Value::String(text) if stand_in_len(text.as_bytes()) == Some(text.len()) => {}
            Value::String(text) => *text = self.stand_in("secret-data", text),
            Value::Bool(_) | Value::Number(_) => *value = Value::String(self.stand_in("secret-data", &value.to_string())),
        }
    }

    fn stand_in(&mut self, rule: &str, value: &str) -> String {
        self.stand_in_bytes(rule, value.as_bytes())
    }

    fn stand_in_bytes(&mut self, rule: &str, value: &[u8]) -> String {
        self.counts.one(rule);
        self.screen.stand_in(rule, value)
    }
}
