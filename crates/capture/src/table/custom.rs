//! Cells of `-o custom-columns`, put where their JSON path points.

use crate::piece::Piece;
use crate::tree::{Node, Value};

/// Items that one `[*]` may make.
const ITEMS_MAX: usize = 1000;

enum Step {
    Field(String),
    /// `[*]`
    Each,
    /// `[2]`
    Nth(usize),
    /// `[?(@.type=="Ready")]`
    Where(String, String),
}

/// Puts a cell at the place of a path. A path that is no plain path of fields and lists puts nothing.
pub(super) fn put(root: &mut Node, path: &str, cell: Piece<'_>) {
    if let (Some(steps), Some(cell)) = (steps(path), cell.present()) {
        place(root, &steps, cell);
    }
}

fn place(node: &mut Node, steps: &[Step], cell: Piece<'_>) {
    let Some((step, rest)) = steps.split_first() else {
        *node = match cell.text {
            "true" => cell.implies(Value::Bool(true)),
            "false" => cell.implies(Value::Bool(false)),
            _ => cell.number_or_text(),
        };
        return;
    };
    match step {
        Step::Field(name) => {
            if let Value::List(_) | Value::Null = node.value {
                node.value = Value::Map(Vec::new());
            }
            if node.get_mut(&[name]).is_none() {
                node.put(&[name], Node::synthetic(Value::Null));
            }
            if let Some(child) = node.get_mut(&[name]) {
                place(child, rest, cell);
            }
        }
        Step::Each => {
            for (index, part) in cell.commas().into_iter().take(ITEMS_MAX).enumerate() {
                if let (Some(part), Some(item)) = (part.present(), item(node, index)) {
                    place(item, rest, part);
                }
            }
        }
        Step::Nth(index) => {
            if let Some(item) = item(node, *index) {
                place(item, rest, cell);
            }
        }
        Step::Where(field, value) => {
            let len = if let Value::List(items) = &node.value { items.len() } else { 0 };
            if let Some(item) = item(node, len) {
                *item = Node::map();
                item.put(&[field], Node::synthetic(Value::Text(value.as_str().into())));
                place(item, rest, cell);
            }
        }
    }
}

/// An item of a list, which grows to hold it. Fields of earlier columns stay.
fn item(node: &mut Node, index: usize) -> Option<&mut Node> {
    if !matches!(node.value, Value::List(_)) {
        node.value = Value::List(Vec::new());
    }
    let Value::List(items) = &mut node.value else { return None };
    if index >= ITEMS_MAX {
        return None;
    }
    while items.len() <= index {
        items.push(Node::synthetic(Value::Null));
    }
    items.get_mut(index)
}

fn steps(path: &str) -> Option<Vec<Step>> {
    let path = path.trim().trim_start_matches('{').trim_end_matches('}');
    let (mut steps, mut field, mut chars) = (Vec::new(), String::new(), path.chars().peekable());
    while let Some(c) = chars.next() {
        match c {
            '\\' => field.extend(chars.next()),
            '.' => end_field(&mut steps, &mut field),
            '[' => {
                end_field(&mut steps, &mut field);
                let inner: String = chars.by_ref().take_while(|c| *c != ']').collect();
                steps.push(bracket(&inner)?);
            }
            _ => field.push(c),
        }
    }
    end_field(&mut steps, &mut field);
    (!steps.is_empty() && steps.len() < 64).then_some(steps)
}

fn end_field(steps: &mut Vec<Step>, field: &mut String) {
    if !field.is_empty() {
        steps.push(Step::Field(std::mem::take(field)));
    }
}

fn bracket(inner: &str) -> Option<Step> {
    if inner == "*" {
        return Some(Step::Each);
    }
    if let Ok(index) = inner.parse() {
        return Some(Step::Nth(index));
    }
    if let Some(filter) = inner.strip_prefix("?(@.").and_then(|rest| rest.strip_suffix(')')) {
        let (field, value) = filter.split_once("==")?;
        return Some(Step::Where(field.trim().to_owned(), value.trim().trim_matches(['"', '\'']).to_owned()));
    }
    let name = inner.trim_matches(['"', '\'']);
    (name.len() < inner.len()).then(|| Step::Field(name.to_owned()))
}
