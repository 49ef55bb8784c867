//! A row of an event table: `kubectl get events`, `kubectl events`, and the end of every `describe`.

use assent_base::Kind;

use super::{Row, typed_name};
use crate::piece::Piece;
use crate::tree::{Node, Value};

/// The object that events are about, where the rows do not say it.
#[derive(Debug, Clone, Default)]
pub(crate) struct EventOf<'s> {
    pub(crate) kind: Option<Kind>,
    pub(crate) name: Option<Piece<'s>>,
    pub(crate) namespace: Option<Piece<'s>>,
}

/// Fills an event from a row. Titles in any case.
pub(crate) fn event(root: &mut Node, row: &Row<'_>, of: &EventOf<'_>) {
    if let Some(kind) = &of.kind {
        root.put(&["involvedObject", "kind"], Node::synthetic(Value::Text(kind.as_str().into())));
    }
    if let Some(name) = of.name {
        root.put(&["involvedObject", "name"], name.node());
    }
    if let Some(namespace) = of.namespace {
        root.put(&["metadata", "namespace"], namespace.node());
        root.put(&["involvedObject", "namespace"], namespace.node());
    }
    for (title, cell) in row {
        let Some(cell) = cell.present() else { continue };
        match title.to_ascii_uppercase().as_str() {
            "TYPE" => root.put(&["type"], cell.node()),
            "REASON" => root.put(&["reason"], cell.node()),
            "MESSAGE" => root.put(&["message"], cell.node()),
            "NAME" => root.put(&["metadata", "name"], cell.node()),
            "COUNT" => root.put(&["count"], cell.number_or_text()),
            "FIRST SEEN" => root.put(&["firstAge"], cell.node()),
            "SUBOBJECT" => root.put(&["involvedObject", "fieldPath"], cell.node()),
            "NAMESPACE" => {
                root.put(&["metadata", "namespace"], cell.node());
                root.put(&["involvedObject", "namespace"], cell.node());
            }
            "AGE" | "LAST SEEN" => seen(root, cell),
            "FROM" | "SOURCE" => {
                let (component, host) = cell.split_once(", ").map_or((cell, None), |(component, host)| (component, Some(host)));
                root.put(&["source", "component"], component.node());
                if let Some(host) = host {
                    root.put(&["source", "host"], host.node());
                }
            }
            "OBJECT" => object(root, cell),
            _ => {}
        }
    }
}

/// `2m`, or `2m (x5 over 10m)`.
fn seen(root: &mut Node, cell: Piece<'_>) {
    let Some((last, rest)) = cell.split_once(" (x") else {
        root.put(&["age"], cell.node());
        return;
    };
    root.put(&["age"], last.node());
    if let Some(count) = rest.leading() {
        root.put(&["count"], cell.implies(Value::Int(count)));
    }
    if let Some(first) = rest.between(" over ", ")") {
        root.put(&["firstAge"], first.node());
    }
}

/// `pod/checkout-7d9f`, in any case.
fn object(root: &mut Node, cell: Piece<'_>) {
    let Some((word, name)) = cell.split_once("/") else { return };
    let kind = match typed_name(cell) {
        Some((kind, _)) if kind.as_str() != word.text => word.says(kind.as_str()),
        _ => word.node(),
    };
    root.put(&["involvedObject", "kind"], kind);
    root.put(&["involvedObject", "name"], name.node());
}
