//! Nodes: taints, conditions, room, and the pods that take it.

use super::block::{Block, find};
use super::fields::{Field, Shape, put_conditions, put_fields, rows};
use super::volume::lower;
use crate::piece::{PARTS_MAX, Piece};
use crate::tree::{Node, Value};

const FIELDS: [Field; 5] = [
    ("Unschedulable", "spec/unschedulable", Shape::Truth),
    ("PodCIDR", "spec/podCIDR", Shape::Text),
    ("ProviderID", "spec/providerID", Shape::Text),
    ("Roles", "status/printed/roles", Shape::Text),
    ("ExternalID", "spec/externalID", Shape::Text),
];

/// Puts the fields of a node.
pub(super) fn put(root: &mut Node, blocks: &[Block<'_>]) {
    put_fields(root, blocks, &FIELDS);
    for line in find(blocks, "Taints").map(Block::entries).unwrap_or_default() {
        root.push(&["spec", "taints"], taint(line));
    }
    put_conditions(root, blocks);
    for block in find(blocks, "Addresses").map(|block| block.below.as_slice()).unwrap_or_default() {
        if let (Some(kind), Some(address)) = (block.key, block.present()) {
            let mut node = Node::map();
            node.put(&["type"], block.line.says(kind.text));
            node.put(&["address"], address.node());
            root.push(&["status", "addresses"], node);
        }
    }
    for (key, field) in [("Capacity", "capacity"), ("Allocatable", "allocatable")] {
        for block in find(blocks, key).map(|block| block.below.as_slice()).unwrap_or_default().iter().take(PARTS_MAX) {
            if let (Some(resource), Some(amount)) = (block.key, block.present()) {
                root.put(&["status", field, resource.text], amount.node());
            }
        }
    }
    for block in find(blocks, "System Info").map(|block| block.below.as_slice()).unwrap_or_default().iter().take(PARTS_MAX) {
        if let (Some(key), Some(value)) = (block.key, block.present()) {
            let field = lower(&key.text.replace([' ', '-'], ""));
            root.put(&["status", "nodeInfo", &field], value.node());
        }
    }
    if let Some(lease) = find(blocks, "Lease") {
        put_fields(
            root,
            &lease.below,
            &[
                ("RenewTime", "status/printed/lease/renewTime", Shape::Text),
                ("HolderIdentity", "status/printed/lease/holderIdentity", Shape::Text),
            ],
        );
    }
    pods(root, blocks);
    allocated(root, blocks);
}

/// `dedicated=gpu:NoSchedule`, `node.kubernetes.io/not-ready:NoExecute`
fn taint(line: Piece<'_>) -> Node {
    let mut node = Node::map();
    let (pair, effect) = line.rsplit_once(":").unwrap_or((line, line.from(line.text.len())));
    let (key, value) = pair.split_once("=").map_or((pair, None), |(key, value)| (key, Some(value)));
    node.put(&["key"], line.says(key.text));
    if let Some(value) = value {
        node.put(&["value"], line.says(value.text));
    }
    if !effect.is_empty() {
        node.put(&["effect"], line.says(effect.text));
    }
    node
}

/// The pods on the node, with what they request.
fn pods(root: &mut Node, blocks: &[Block<'_>]) {
    let Some(section) = find(blocks, "Non-terminated Pods") else { return };
    for (line, row) in rows(&section.below) {
        let mut node = Node { value: Value::Map(Vec::new()), ..line.node() };
        for (title, cell) in row {
            let path: &[&str] = match title {
                "Namespace" => &["namespace"],
                "Name" => &["name"],
                "CPU Requests" => &["requests", "cpu"],
                "CPU Limits" => &["limits", "cpu"],
                "Memory Requests" => &["requests", "memory"],
                "Memory Limits" => &["limits", "memory"],
                "Age" | "AGE" => &["age"],
                _ => continue,
            };
            if let Some(cell) = cell.present() {
                node.put(path, cell.words().first().copied().unwrap_or(cell).node());
            }
        }
        root.push(&["status", "printed", "pods"], node);
    }
}

/// The table of what is taken: `cpu  950m (47%)  1 (50%)`. Each figure is cited with its row.
fn allocated(root: &mut Node, blocks: &[Block<'_>]) {
    let Some(section) = find(blocks, "Allocated resources") else { return };
    let from = section.below.iter().position(|block| block.line.text.starts_with("Resource")).unwrap_or(section.below.len());
    for (line, row) in rows(section.below.get(from..).unwrap_or_default()) {
        let cell = |wanted: &str| row.iter().find(|(title, _)| *title == wanted).and_then(|(_, cell)| cell.present());
        let Some(resource) = cell("Resource") else { continue };
        for (title, field, percent) in [("Requests", "requests", "percent"), ("Limits", "limits", "limitsPercent")] {
            let Some(amount) = cell(title) else { continue };
            let own = amount.words().first().copied().unwrap_or(amount);
            let base = ["status", "printed", "allocated", resource.text];
            root.put(&[&base[..], &[field]].concat(), line.says(own.text));
            if let Some(share) = amount.between("(", "%)").and_then(Piece::number) {
                root.put(&[&base[..], &[percent]].concat(), line.implies(Value::Int(share)));
            }
        }
    }
}
