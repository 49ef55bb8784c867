//! `kubectl top`: usage as rows of figures, to the trees of the metrics API.

use std::ops::Range;

use assent_base::Kind;

use crate::set::{CaptureSet, Hint, Origin};
use crate::source::{Source, SourceId};
use crate::tree::{Node, Value};

/// Reads a part of a source as the output of `kubectl top`. Returns how many rows were in it.
pub(crate) fn read(set: &mut CaptureSet, source: SourceId, part: Range<usize>, nodes: bool, namespace: Option<&str>) -> usize {
    let text = set.source(source).map(Source::text).and_then(|text| text.get(part.clone())).unwrap_or_default();
    let mut columns: Option<Vec<&str>> = None;
    let mut rows = Vec::new();
    let mut offset = part.start;
    for line in text.split_inclusive('\n') {
        let cells = cells(line, offset);
        offset += line.len();
        let titles: Vec<&str> = cells.iter().map(|(_, cell)| *cell).collect();
        if titles.contains(&"NAME") && titles.iter().any(|title| title.starts_with("CPU(")) {
            columns = Some(titles);
        } else if let Some(columns) = columns.as_ref().filter(|columns| columns.len() == cells.len()) {
            rows.push(row(columns, &cells, nodes));
        }
    }
    let kind = Kind::Other(if nodes { "NodeMetrics" } else { "PodMetrics" }.into());
    let hint = Hint { kind: Some(kind), namespace: namespace.filter(|_| !nodes).map(Into::into), complete: false };
    rows.into_iter().map(|root| set.admit(source, Origin::Row, root, &hint)).sum()
}

/// The words of a line with their offsets.
fn cells(line: &str, offset: usize) -> Vec<(usize, &str)> {
    line.split_ascii_whitespace().map(|cell| (offset + (cell.as_ptr() as usize - line.as_ptr() as usize), cell)).collect()
}

fn row(columns: &[&str], cells: &[(usize, &str)], nodes: bool) -> Node {
    let mut root = Node::map();
    let mut container = Node::map();
    let per_container = columns.contains(&"POD");
    for (title, (start, cell)) in columns.iter().zip(cells) {
        let node = Node::verbatim(*start, cell.len());
        if *cell == "<unknown>" {
            continue;
        }
        match *title {
            "NAMESPACE" => root.put(&["metadata", "namespace"], node),
            "POD" => root.put(&["metadata", "name"], node),
            "NAME" if per_container => container.put(&["name"], node),
            "NAME" => root.put(&["metadata", "name"], node),
            title => {
                let resource = if title.starts_with("CPU") { "cpu" } else { "memory" };
                let field = if title.ends_with("%)") || title.ends_with('%') { "percent" } else { "usage" };
                let into = if nodes { &mut root } else { &mut container };
                into.put(&[field, resource], node);
            }
        }
    }
    if !nodes {
        root.put(&["containers"], Node::synthetic(Value::List(vec![container])));
    }
    root
}
