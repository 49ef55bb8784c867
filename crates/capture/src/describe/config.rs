//! Config maps with their values, secrets without.

use crate::piece::{PARTS_MAX, Piece, span};
use crate::tree::{Node, Value};

/// Puts the data of a config map. A value begins below its key and a line of dashes, and ends before the next such pair.
pub(super) fn config_map(root: &mut Node, text: &str, base: usize, data: &[Piece<'_>]) {
    let end = data.iter().position(|line| line.text == "BinaryData").unwrap_or(data.len());
    let (plain, binary) = data.split_at(end);
    let key_at = |at: usize| {
        let key = plain.get(at)?.text.strip_suffix(':').filter(|key| !key.is_empty() && !key.contains(' '))?;
        (plain.get(at + 1)?.text == "----").then_some(key)
    };
    let starts: Vec<(usize, &str)> = (0..plain.len()).filter_map(|at| Some((at, key_at(at)?))).take(PARTS_MAX).collect();
    for (index, (at, key)) in starts.iter().enumerate() {
        let to = starts.get(index + 1).map_or(plain.len(), |(next, _)| *next);
        let own = plain.get(at + 2..to).unwrap_or_default();
        let (first, last) = (own.iter().find(|line| !line.is_empty()), own.iter().rev().find(|line| !line.is_empty()));
        let node = match (first, last, plain.get(*at)) {
            (Some(first), Some(last), _) => span(text, base, *first, *last).node(),
            (_, _, Some(line)) => line.says(""),
            _ => continue,
        };
        root.put(&["data", key], node);
    }
    for line in binary.iter().take(PARTS_MAX) {
        if let Some((key, size)) = line.split_once(": ").filter(|(_, size)| size.text.ends_with(" bytes")) {
            root.put(&["binaryData", key.text], line.implies(Value::Null));
            root.put(
                &["status", "printed", "sizes", key.text],
                size.leading().map_or_else(|| size.node(), |n| line.implies(Value::Int(n))),
            );
        }
    }
}

/// Puts the keys of a secret, and sizes where those are printed. A value that was printed is not kept.
pub(super) fn secret(root: &mut Node, data: &[Piece<'_>]) {
    for line in data.iter().skip(2).take(PARTS_MAX) {
        let Some((key, value)) = line.split_once(":").filter(|(key, _)| !key.is_empty() && !key.text.contains(' ')) else { continue };
        root.put(&["data", key.text], Node::synthetic(Value::Null));
        if let Some(size) = value.trim().text.strip_suffix(" bytes").and_then(|size| size.parse().ok()) {
            root.put(&["status", "printed", "sizes", key.text], line.implies(Value::Int(size)));
        }
    }
}
