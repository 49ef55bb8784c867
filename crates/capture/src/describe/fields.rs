//! Blocks to fields: which printed key is which path of the API, and how its value is written.

use super::block::{Block, find};
use crate::piece::{PARTS_MAX, Piece, access_modes, put_pairs, put_selector};
use crate::table::Header;
use crate::tree::{Node, Value};

/// How a value is written.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    /// The words themselves.
    Text,
    /// The number at the beginning, for instance 30 of `30s`; the words where there is none.
    Number,
    /// A number, or a percentage as text.
    Amount,
    /// True or false.
    Truth,
    /// `a=b` on a line each, or between commas.
    Pairs,
    /// A label selector.
    Selector,
    /// `RWO,ROX`
    Modes,
    /// Words between commas, and on lines below.
    List,
    /// `Kind/name` as `kind` and `name`.
    Reference,
}

/// A printed key, the path of its field with slashes, and the shape of its value.
pub(super) type Field = (&'static str, &'static str, Shape);

/// Puts those of the fields that the blocks hold.
pub(super) fn put_fields(root: &mut Node, blocks: &[Block<'_>], fields: &[Field]) {
    for (key, path, shape) in fields {
        if let Some(block) = find(blocks, key) {
            put(root, &path.split('/').collect::<Vec<_>>(), *shape, block);
        }
    }
}

/// Puts one field.
pub(super) fn put(root: &mut Node, path: &[&str], shape: Shape, block: &Block<'_>) {
    match shape {
        Shape::Pairs => {
            let pairs: Vec<Piece<'_>> = block.entries().into_iter().flat_map(Piece::commas).take(PARTS_MAX).collect();
            put_pairs(root, path, &pairs);
        }
        Shape::List => {
            for item in block.entries().into_iter().flat_map(Piece::commas) {
                root.push(path, item.node());
            }
        }
        _ => {
            let Some(value) = block.present() else { return };
            match shape {
                Shape::Number => root.put(path, value.leading().map_or_else(|| value.node(), |number| value.implies(Value::Int(number)))),
                Shape::Amount => root.put(path, value.number_or_text()),
                Shape::Truth => root.put(path, value.truth().unwrap_or_else(|| value.node())),
                Shape::Selector => put_selector(root, path, value),
                Shape::Modes => root.put(path, access_modes(value)),
                Shape::Reference => put_reference(root, path, value),
                _ => root.put(path, value.node()),
            }
        }
    }
}

/// `ReplicaSet/checkout-7d9f` as `kind` and `name`, both cited with the whole.
pub(super) fn put_reference(root: &mut Node, path: &[&str], value: Piece<'_>) {
    let Some((kind, name)) = value.split_once("/") else { return };
    for (field, part) in [("kind", kind), ("name", name)] {
        root.put(&path.iter().copied().chain([field]).collect::<Vec<_>>(), value.says(part.text));
    }
}

/// The rows of a table printed inside a block: the line, and its cells by title. The line of dashes is left out, and what
/// comes after [`PARTS_MAX`] rows.
pub(super) fn rows<'s>(blocks: &[Block<'s>]) -> Vec<(Piece<'s>, Vec<(&'s str, Piece<'s>)>)> {
    let mut lines = blocks.iter().map(|block| block.line);
    let Some(header) = lines.next().map(Header::new) else { return Vec::new() };
    let body = lines.filter(|line| !line.text.starts_with("---")).take(PARTS_MAX);
    body.map(|line| (line, header.cut(line).into_iter().map(|(title, cell)| (title, cell.trim())).collect())).collect()
}

/// Puts a table of conditions. Each field is cited with its row.
pub(super) fn put_conditions(root: &mut Node, blocks: &[Block<'_>]) {
    let Some(block) = find(blocks, "Conditions") else { return };
    for (line, row) in rows(&block.below) {
        let mut node = Node::map();
        for (title, cell) in row {
            let field = match title {
                "Type" => "type",
                "Status" => "status",
                "Reason" => "reason",
                "Message" => "message",
                "LastHeartbeatTime" => "lastHeartbeatTime",
                "LastTransitionTime" => "lastTransitionTime",
                "LastProbeTime" => "lastProbeTime",
                _ => continue,
            };
            if let Some(cell) = cell.present() {
                let alone = matches!(field, "message");
                node.put(&[field], if alone { cell.node() } else { line.says(cell.text) });
            }
        }
        root.push(&["status", "conditions"], node);
    }
}

/// `2 current / 3 desired`, `1 desired | 1 updated`: each number with the word after it.
pub(super) fn counts<'s>(value: Piece<'s>) -> Vec<(i64, &'s str)> {
    let parts = value.text.split(['/', '|', ',', '(', ')']);
    parts
        .filter_map(|part| {
            let (number, word) = part.trim().split_once(' ')?;
            Some((number.parse().ok()?, word.trim()))
        })
        .collect()
}
