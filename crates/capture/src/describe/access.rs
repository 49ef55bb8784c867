//! Service accounts, roles and bindings.

use assent_base::Kind;

use super::block::{Block, find};
use super::fields::{Shape, put_fields, rows};
use crate::piece::Piece;
use crate::tree::{Node, Value};

/// Puts the fields of one of them.
pub(super) fn put(root: &mut Node, kind: &Kind, blocks: &[Block<'_>]) {
    match kind {
        Kind::ServiceAccount => {
            secrets(root, blocks, "Image pull secrets", "imagePullSecrets");
            secrets(root, blocks, "Mountable secrets", "secrets");
        }
        Kind::Role | Kind::ClusterRole => rules(root, blocks),
        _ => binding(root, blocks),
    }
}

/// Names on a line each; one that does not exist is printed with ` (not found)`.
fn secrets(root: &mut Node, blocks: &[Block<'_>], key: &str, field: &str) {
    for line in find(blocks, key).map(Block::entries).unwrap_or_default() {
        let (name, missing) = line.split_once(" (not found)").map_or((line, false), |(name, _)| (name, true));
        let mut node = Node::map();
        node.put(&["name"], name.trim().node());
        root.push(&[field], node);
        if missing {
            root.push(&["status", "printed", "missingSecrets"], line.says(name.text));
        }
    }
}

/// The table `Resources, Non-Resource URLs, Resource Names, Verbs`.
fn rules(root: &mut Node, blocks: &[Block<'_>]) {
    let Some(section) = find(blocks, "PolicyRule") else { return };
    for (line, row) in rows(&section.below) {
        let mut node = Node::map();
        for (title, cell) in row {
            match title {
                "Resources" if !cell.is_empty() => {
                    let (resource, sub) = cell.text.split_once('/').map_or((cell.text, None), |(own, sub)| (own, Some(sub)));
                    let (resource, group) = resource.split_once('.').unwrap_or((resource, ""));
                    node.push(&["apiGroups"], line.says(group));
                    node.push(&["resources"], line.says(sub.map_or_else(|| resource.to_owned(), |sub| format!("{resource}/{sub}"))));
                }
                "Non-Resource URLs" => list(&mut node, "nonResourceURLs", line, cell),
                "Resource Names" => list(&mut node, "resourceNames", line, cell),
                "Verbs" => list(&mut node, "verbs", line, cell),
                _ => {}
            }
        }
        root.push(&["rules"], node);
    }
}

/// `[get list]`
fn list(node: &mut Node, field: &str, line: Piece<'_>, cell: Piece<'_>) {
    for word in cell.text.trim_matches(['[', ']']).split(' ').filter(|word| !word.is_empty()) {
        node.push(&[field], line.says(word));
    }
}

fn binding(root: &mut Node, blocks: &[Block<'_>]) {
    if let Some(role) = find(blocks, "Role") {
        put_fields(root, &role.below, &[("Kind", "roleRef/kind", Shape::Text), ("Name", "roleRef/name", Shape::Text)]);
    }
    let Some(section) = find(blocks, "Subjects") else { return };
    root.put(&["subjects"], section.line.implies(Value::List(Vec::new())));
    for (line, row) in rows(&section.below) {
        let mut node = Node::map();
        for (title, cell) in row {
            if let Some(cell) = cell.present() {
                node.put(&[&title.to_lowercase()], line.says(cell.text));
            }
        }
        root.push(&["subjects"], node);
    }
}
