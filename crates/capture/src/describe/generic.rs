//! Kinds that kubectl has no describer for: it prints the object as a tree with its keys spelled out (`Backend Refs:`).
//!
//! The tree lost which maps were items of a list. Keys are printed in order, so a key that does not come after the one before it
//! begins a new item; and some fields are known to be lists.

use super::block::Block;
use crate::piece::{PARTS_MAX, Piece};
use crate::tree::{Key, Node, Value};

/// Fields of Gateway API, Istio, webhooks and conditions that are lists of maps.
const LISTS: [&str; 33] = [
    "addresses",
    "ancestors",
    "backendRefs",
    "certificateRefs",
    "conditions",
    "filters",
    "from",
    "gateways",
    "headers",
    "hostnames",
    "hosts",
    "http",
    "kinds",
    "listeners",
    "match",
    "matchConditions",
    "matchExpressions",
    "matches",
    "ownerReferences",
    "parentRefs",
    "parents",
    "queryParams",
    "route",
    "rules",
    "servers",
    "subsets",
    "supportedKinds",
    "targetRefs",
    "tcp",
    "tls",
    "to",
    "webhooks",
    "when",
];
/// Of those, the ones that hold a map after all when these keys stand in them.
const MAPS: [(&str, &str); 2] = [("tls", "Mode"), ("tls", "Certificate Refs")];
/// Fields that are printed above the tree and read there.
const ABOVE: [&str; 4] = ["Name", "Namespace", "Labels", "Annotations"];

/// Puts everything that the tree holds.
pub(super) fn put(root: &mut Node, blocks: &[Block<'_>]) {
    for block in blocks.iter().take(PARTS_MAX) {
        let Some(key) = block.key.filter(|key| !ABOVE.contains(&key.text)) else { continue };
        let field = camel(key.text);
        let Some(node) = value(block, &field) else { continue };
        match (field.as_str(), node.value) {
            ("metadata", Value::Map(entries)) => {
                entries.into_iter().for_each(|(key, node)| root.put(&["metadata", &key], node));
            }
            ("kind", _) => root.put(&["kind"], block.value.node()),
            (_, value) => root.put(&[&field], Node { value, ..node }),
        }
    }
}

fn value(block: &Block<'_>, field: &str) -> Option<Node> {
    if block.below.is_empty() {
        return block.present().map(scalar);
    }
    let keyed: Vec<(&Block<'_>, Piece<'_>)> = block.below.iter().filter_map(|child| Some((child, child.key?))).collect();
    if keyed.is_empty() || (!block.value.is_empty() && keyed.len() < block.below.len()) {
        let items = block.below.iter().map(|child| scalar(child.line));
        return Some(Node::synthetic(Value::List(items.collect())));
    }
    let mut items: Vec<Vec<(Key, Node)>> = Vec::new();
    let mut before: Option<String> = None;
    for (child, key) in keyed {
        let own = camel(key.text);
        if before.as_ref().is_none_or(|before| *before >= own) {
            items.push(Vec::new());
        }
        if let (Some(item), Some(node)) = (items.last_mut(), value(child, &own)) {
            item.push((Key::from(own.as_str()), node));
        }
        before = Some(own);
    }
    let is_map = MAPS.iter().any(|(list, key)| *list == field && block.get(key).is_some());
    if items.len() == 1 && (is_map || !LISTS.contains(&field)) {
        return items.pop().map(|entries| Node::synthetic(Value::Map(entries)));
    }
    Some(Node::synthetic(Value::List(items.into_iter().map(|entries| Node::synthetic(Value::Map(entries))).collect())))
}

/// Booleans are printed in lower case; `True` is the text of a condition.
fn scalar(value: Piece<'_>) -> Node {
    match value.text {
        "true" | "false" => value.implies(Value::Bool(value.text == "true")),
        _ => value.number_or_text(),
    }
}

/// `Backend Refs` as `backendRefs`, `UID` as `uid`; what kubectl left alone (`app.kubernetes.io/name`) as it is.
pub(super) fn camel(label: &str) -> String {
    if !label.chars().all(|c| c.is_alphabetic() || c == '-' || c == ' ') {
        return label.to_owned();
    }
    let joined = label.replace(" - ", "-");
    let mut out = String::new();
    for word in joined.split(' ') {
        if out.is_empty() {
            out = if word.chars().all(char::is_uppercase) { word.to_lowercase() } else { lower_words(word) };
        } else {
            out.push_str(word);
        }
    }
    out
}

/// The first letter of each part between dashes in lower case: `My-Key` as `my-key`.
fn lower_words(word: &str) -> String {
    let parts = word.split('-').map(|part| {
        let mut chars = part.chars();
        chars.next().map(|first| first.to_lowercase().chain(chars).collect::<String>()).unwrap_or_default()
    });
    parts.collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printed_labels_become_field_names_again() {
        for (label, field) in [
            ("API Version", "apiVersion"),
            ("Backend Refs", "backendRefs"),
            ("UID", "uid"),
            ("Last Transition Time", "lastTransitionTime"),
            ("kubernetes.io/metadata.name", "kubernetes.io/metadata.name"),
            ("My - Key", "my-key"),
        ] {
            assert_eq!(camel(label), field);
        }
    }
}
