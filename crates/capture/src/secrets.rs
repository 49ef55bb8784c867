//! Blanks the values of Secrets in a text that is kept, so that no quote can show them.
//!
//! The text keeps its length and its lines: each byte of a value becomes `*`. Names and keys stay.

use std::ops::Range;

use crate::tree::{Node, Value};

const LAST_APPLIED: &str = "last-applied-configuration";

/// Whether a text may hold a Secret.
#[must_use]
pub fn may_hold(text: &str) -> bool {
    memchr::memmem::find_iter(text.as_bytes(), "Secret").any(|at| {
        let before = text.get(..at).unwrap_or_default();
        let start = before.floor_char_boundary(before.len().saturating_sub(32));
        let before = before.get(start..).unwrap_or_default();
        let quotes = ['"', '\'', '\\', ' ', '\t', '\n', '\r'];
        before.trim_end_matches(quotes).strip_suffix(':').is_some_and(|before| before.trim_end_matches(quotes).ends_with("kind"))
    })
}

/// Blanks the values of the Secrets among trees whose spans point into the text. `assumed` says that objects without a kind are
/// Secrets. `part` is what the trees were read from.
pub fn blank(text: &mut String, part: Range<usize>, nodes: &[Node], assumed: bool) {
    let mut found = Found::default();
    nodes.iter().for_each(|node| found.walk(text, node, assumed));
    if found.unplaced {
        return blank_unread(text, part);
    }
    if !found.any {
        return;
    }
    let whole = text.get(part.clone()).unwrap_or_default();
    let applied = memchr::memmem::find_iter(whole.as_bytes(), LAST_APPLIED);
    found.spans.extend(applied.map(|at| value_after(text, part.start + at + LAST_APPLIED.len(), part.end)));
    overwrite(text, &found.spans);
}

/// Blanks all that may be a Secret's values in a text that could not be read.
pub fn blank_unread(text: &mut String, part: Range<usize>) {
    let whole = text.get(part.clone()).unwrap_or_default();
    let mut spans = Vec::new();
    for key in ["data", "stringData", LAST_APPLIED] {
        for at in memchr::memmem::find_iter(whole.as_bytes(), key) {
            let begins = at == 0 || whole.as_bytes().get(at - 1).is_some_and(|byte| !byte.is_ascii_alphanumeric());
            let after = whole.get(at + key.len()..).unwrap_or_default().trim_start_matches(['"', '\'', '\\', ' ']);
            if begins && after.starts_with(':') {
                spans.push(value_after(text, part.start + at + key.len(), part.end));
            }
        }
    }
    overwrite(text, &spans);
}

/// Blanks a whole part.
pub fn blank_all(text: &mut String, part: Range<usize>) {
    overwrite(text, &[part]);
}

fn overwrite(text: &mut String, spans: &[Range<usize>]) {
    for span in spans {
        let span = text.floor_char_boundary(span.start)..text.ceil_char_boundary(span.end);
        let Some(words) = text.get(span.clone()) else { continue };
        let blank: String =
            words.chars().flat_map(|c| std::iter::repeat_n(if c.is_ascii_whitespace() { c } else { '*' }, c.len_utf8())).collect();
        text.replace_range(span, &blank);
    }
}

#[derive(Default)]
struct Found {
    any: bool,
    unplaced: bool,
    spans: Vec<Range<usize>>,
}

impl Found {
    fn walk(&mut self, text: &str, node: &Node, assumed: bool) {
        match &node.value {
            Value::List(items) => items.iter().for_each(|item| self.walk(text, item, assumed)),
            Value::Map(entries) => {
                let kinds: Vec<&str> =
                    entries.iter().filter(|(key, _)| &**key == "kind").filter_map(|(_, kind)| word(text, kind)).collect();
                let assumed = kinds.contains(&"SecretList") || (assumed && kinds.iter().all(|kind| *kind == "List"));
                let has = |name: &str| entries.iter().any(|(key, _)| &**key == name);
                let is_secret =
                    kinds.contains(&"Secret") || (assumed && kinds.is_empty() && (has("data") || has("stringData") || has("metadata")));
                self.any |= is_secret;
                for (key, child) in entries {
                    match &**key {
                        "data" | "stringData" if is_secret => self.take(child),
                        "metadata" if is_secret => self.annotations(child),
                        _ => self.walk(text, child, assumed),
                    }
                }
            }
            _ => {}
        }
    }

    fn annotations(&mut self, metadata: &Node) {
        let Value::Map(entries) = &metadata.value else { return };
        entries.iter().filter(|(key, _)| &**key == "annotations").for_each(|(_, node)| self.take(node));
    }

    fn take(&mut self, node: &Node) {
        match &node.value {
            Value::Null => {}
            Value::List(items) => items.iter().for_each(|item| self.take(item)),
            Value::Map(entries) => entries.iter().for_each(|(_, child)| self.take(child)),
            Value::Text(text) if node.len == 0 => self.unplaced |= !text.is_empty(),
            _ => self.spans.push(node.start as usize..node.start as usize + node.len as usize),
        }
    }
}

fn word<'t>(text: &'t str, node: &'t Node) -> Option<&'t str> {
    match &node.value {
        Value::Verbatim => text.get(node.start as usize..node.start as usize + node.len as usize),
        Value::Text(text) => Some(text),
        _ => None,
    }
}

/// The bytes of the value that follows a key ending at `from`, in JSON or YAML.
fn value_after(text: &str, from: usize, end: usize) -> Range<usize> {
    let rest = text.get(from..end).unwrap_or_default();
    let value = rest.trim_start_matches(['"', '\'', '\\', ' ']);
    let Some(value) = value.strip_prefix(':') else { return from..from };
    let value = value.trim_start_matches([' ', '\t']);
    let start = from + (rest.len() - value.len());
    match value.as_bytes().first() {
        Some(b'"') => start + 1..start + 1 + value.get(1..).map_or(0, quoted_len),
        Some(b'{') => start..start + braced_len(value),
        _ => start..start + indented_len(text, from, value),
    }
}

fn quoted_len(text: &str) -> usize {
    let mut escaped = false;
    let ends = text.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    ends.unwrap_or(text.len())
}

fn braced_len(text: &str) -> usize {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    let ends = text.bytes().position(|byte| {
        match byte {
            b'"' if !escaped => quoted = !quoted,
            b'{' if !quoted => depth += 1,
            b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        escaped = byte == b'\\' && !escaped;
        depth == 0
    });
    ends.unwrap_or(text.len())
}

/// The rest of a key's line, and the lines after it that are indented more than the key.
fn indented_len(text: &str, key_end: usize, value: &str) -> usize {
    let line_start = text.get(..key_end).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let lead = text.get(line_start..key_end).unwrap_or_default();
    let indent = lead.len() - lead.trim_start_matches([' ', '-']).len();
    let mut len = value.find('\n').map_or(value.len(), |at| at + 1);
    for line in value.get(len..).unwrap_or_default().split_inclusive('\n') {
        let own = line.len() - line.trim_start_matches(' ').len();
        if own <= indent && !line.trim().is_empty() {
            break;
        }
        len += line.len();
    }
    len
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{json, yaml};

    const VALUES: [&str; 4] = ["aHVudGVyMg", "hunter2", "c2Vjb25k", "line-two"];

    fn assert_blank(text: &str) {
        for value in VALUES {
            assert!(!text.contains(value), "{text}");
        }
    }

    #[test]
    fn json_secrets_lose_values_and_keep_keys_and_length() {
        let before = r#"{"kind":"List","items":[{"kind":"ConfigMap","metadata":{"name":"c"},"data":{"color":"blue"}},
          {"data":{"password":"aHVudGVyMg==","odd":"c2Vjb25k\u003d"},"kind":"Secret","metadata":{"name":"s","annotations":
          {"kubectl.kubernetes.io/last-applied-configuration":"{\"data\":{\"password\":\"aHVudGVyMg==\"}}"}}}]}"#;
        let mut text = before.to_owned();
        assert!(may_hold(&text));
        blank(&mut text, 0..before.len(), &[json::parse(before, 0).unwrap()], false);
        assert_blank(&text);
        assert_eq!(text.len(), before.len());
        assert!(text.contains("blue") && text.contains("\"password\":\"****"));
        json::parse(&text, 0).unwrap();
    }

    #[test]
    fn yaml_secrets_lose_values_in_every_style() {
        let before = "apiVersion: v1\nkind: Secret\nmetadata:\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: |\n      \
            {\"data\":{\"p\":\"aHVudGVyMg==\"}}\n  name: s\nstringData:\n  plain: hunter2\n  quoted: \"hunter2\"\n  block: |\n    hunter2\n    line-two\n\
            data:\n  p: aHVudGVyMg==\n---\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  color: blue\n";
        let mut text = before.to_owned();
        let (nodes, error) = yaml::parse(before, 0);
        assert_eq!(error, None);
        blank(&mut text, 0..before.len(), &nodes, false);
        assert_blank(&text);
        assert_eq!(text.len(), before.len());
        assert!(text.contains("blue") && text.contains("name: s"));
    }

    #[test]
    fn a_list_of_secrets_needs_no_kind_on_its_items() {
        let before = r#"{"kind":"SecretList","items":[{"metadata":{"name":"s"},"data":{"p":"aHVudGVyMg=="}}]}"#;
        let mut text = before.to_owned();
        blank(&mut text, 0..before.len(), &[json::parse(before, 0).unwrap()], false);
        assert_blank(&text);
    }

    #[test]
    fn the_head_of_a_secret_needs_no_kind_where_one_was_asked_for() {
        let mut text = "apiVersion: v1\ndata:\n  p: aHVudGVyMg==\n".to_owned();
        let (nodes, _) = yaml::parse(&text, 0);
        let all = 0..text.len();
        blank(&mut text, all, &nodes, true);
        assert_blank(&text);
    }

    #[test]
    fn a_text_cut_off_within_a_secret_is_blanked_all_the_same() {
        for before in [
            "{\"kind\": \"Secret\", \"metadata\": {\"name\": \"s\"}, \"data\": {\"a\": \"aHVudGVyMg==\", \"b\": \"c2Vjb",
            "kind: Secret\nmetadata:\n  name: s\ndata:\n  a: aHVudGVyMg==\n  b: \"c2Vjb25k",
        ] {
            let mut text = before.to_owned();
            assert!(may_hold(before));
            blank_unread(&mut text, 0..before.len());
            assert_blank(&text);
            assert_eq!(text.len(), before.len());
        }
    }
}
