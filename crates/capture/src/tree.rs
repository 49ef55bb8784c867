//! The one shape of all foreign structure: a tree like the Kubernetes API's, whose scalars know their bytes.
//!
//! A rule reads it through [`At`]: `pod.at("status/containerStatuses").items()`, `reason.text()`, `reason.cite()`. Reading what is
//! not there gives an empty [`At`], never an error, because captures omit things.

use std::sync::Arc;

use crate::source::{Cite, QUOTE_BYTES_MAX, Source, SourceId};

/// A key of a map. Shared, since the same few hundred recur.
pub type Key = Arc<str>;

/// A value and the bytes it came from. A `len` of 0 means that the bytes are not known.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Offset of the value's first byte; for quoted text, the byte after the quote.
    pub start: u32,
    /// Length in bytes.
    pub len: u32,
    /// What it is.
    pub value: Value,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Null, and a value that was deliberately not kept.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// Text that stands in the source exactly so, at the node's bytes.
    Verbatim,
    /// Text that the source escapes, folds or implies.
    Text(Box<str>),
    /// A list.
    List(Vec<Node>),
    /// A map, in the source's order.
    Map(Vec<(Key, Node)>),
}

impl Node {
    /// A node whose bytes are not known.
    #[must_use]
    pub fn synthetic(value: Value) -> Self {
        Self { start: 0, len: 0, value }
    }

    /// Text that stands verbatim at these bytes.
    #[must_use]
    pub fn verbatim(start: usize, len: usize) -> Self {
        match (u32::try_from(start), u32::try_from(len)) {
            (Ok(start), Ok(len)) => Self { start, len, value: Value::Verbatim },
            _ => Self::synthetic(Value::Null),
        }
    }

    /// A value that these bytes imply without spelling it: `Ready` for a condition that a table prints as `1/1`.
    #[must_use]
    pub fn implied(start: usize, len: usize, value: Value) -> Self {
        match (u32::try_from(start), u32::try_from(len)) {
            (Ok(start), Ok(len)) => Self { start, len, value },
            _ => Self::synthetic(value),
        }
    }

    /// An empty map.
    #[must_use]
    pub fn map() -> Self {
        Self::synthetic(Value::Map(Vec::new()))
    }

    /// Sets what is at a path such as `metadata/labels`, making maps on the way. Does nothing where a scalar is in the way.
    pub fn put(&mut self, path: &[&str], node: Node) {
        let Some((first, rest)) = path.split_first() else {
            *self = node;
            return;
        };
        let Value::Map(entries) = &mut self.value else { return };
        let found = entries.iter().position(|(key, _)| &**key == *first);
        let index = found.unwrap_or_else(|| {
            entries.push((Key::from(*first), Node::map()));
            entries.len() - 1
        });
        if let Some((_, child)) = entries.get_mut(index) {
            child.put(rest, node);
        }
    }

    /// Appends to the list at a path, making it if need be.
    pub fn push(&mut self, path: &[&str], node: Node) {
        match self.get_mut(path) {
            Some(Node { value: Value::List(items), .. }) => items.push(node),
            Some(_) => {}
            None => self.put(path, Node::synthetic(Value::List(vec![node]))),
        }
    }

    /// What is at a path of keys.
    pub fn get_mut(&mut self, path: &[&str]) -> Option<&mut Node> {
        let Some((first, rest)) = path.split_first() else { return Some(self) };
        let Value::Map(entries) = &mut self.value else { return None };
        entries.iter_mut().find(|(key, _)| &**key == *first)?.1.get_mut(rest)
    }
}

/// A place in a tree, with its source; possibly a place where nothing is.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    id: SourceId,
    source: &'a Source,
    node: Option<&'a Node>,
    key: Option<&'a str>,
}

impl<'a> At<'a> {
    /// The root of a tree.
    #[must_use]
    pub fn root(id: SourceId, source: &'a Source, node: &'a Node) -> Self {
        Self { id, source, node: Some(node), key: None }
    }

    /// Whether something other than null is here.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.node.is_some_and(|node| node.value != Value::Null)
    }

    /// The value under a key.
    #[must_use]
    pub fn get(self, key: &str) -> Self {
        let found = match self.node.map(|node| &node.value) {
            Some(Value::Map(entries)) => entries.iter().find(|(own, _)| &**own == key),
            _ => None,
        };
        Self { node: found.map(|(_, node)| node), key: found.map(|(own, _)| &**own), ..self }
    }

    /// The value at a path of keys and list positions: `spec/containers/0/image`. Keys with a slash need [`At::get`].
    #[must_use]
    pub fn at(self, path: &str) -> Self {
        path.split('/').fold(self, |here, step| match here.node.map(|node| &node.value) {
            Some(Value::List(items)) => {
                let node = step.parse::<usize>().ok().and_then(|index| items.get(index));
                Self { node, key: None, ..here }
            }
            _ => here.get(step),
        })
    }

    /// The items of a list; nothing for anything else.
    pub fn items(self) -> impl Iterator<Item = At<'a>> {
        let items: &'a [Node] = match self.node.map(|node| &node.value) {
            Some(Value::List(items)) => items,
            _ => &[],
        };
        items.iter().map(move |node| Self { node: Some(node), key: None, ..self })
    }

    /// The entries of a map; nothing for anything else.
    pub fn entries(self) -> impl Iterator<Item = (&'a str, At<'a>)> {
        let entries: &'a [(Key, Node)] = match self.node.map(|node| &node.value) {
            Some(Value::Map(entries)) => entries,
            _ => &[],
        };
        entries.iter().map(move |(key, node)| (&**key, Self { node: Some(node), key: Some(key), ..self }))
    }

    /// The text of a text node.
    #[must_use]
    pub fn text(&self) -> Option<&'a str> {
        let node = self.node?;
        match &node.value {
            Value::Verbatim => self.source.slice(u64::from(node.start), node.len),
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Text, or empty text.
    #[must_use]
    pub fn text_or_empty(&self) -> &'a str {
        self.text().unwrap_or_default()
    }

    /// The bytes of a scalar as they stand in the source, with their offset: a block of YAML with its mark and its indentation.
    #[must_use]
    pub(crate) fn raw(&self) -> Option<(usize, &'a str)> {
        let node = self.node.filter(|node| node.len > 0)?;
        Some((node.start as usize, self.source.slice(u64::from(node.start), node.len)?))
    }

    /// A scalar as text, numbers and booleans too.
    #[must_use]
    pub fn scalar(&self) -> Option<String> {
        match &self.node?.value {
            Value::Bool(value) => Some(value.to_string()),
            Value::Int(value) => Some(value.to_string()),
            Value::Float(value) => Some(value.to_string()),
            Value::Verbatim | Value::Text(_) => self.text().map(str::to_owned),
            Value::Null | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// A whole number, spelled as a number or as text.
    #[must_use]
    pub fn int(&self) -> Option<i64> {
        match &self.node?.value {
            Value::Int(value) => Some(*value),
            _ => self.text()?.trim().parse().ok(),
        }
    }

    /// A number.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match &self.node?.value {
            #[expect(clippy::cast_precision_loss, reason = "figures for people, not counters")]
            Value::Int(value) => Some(*value as f64),
            Value::Float(value) => Some(*value),
            _ => self.text()?.trim().parse().ok(),
        }
    }

    /// True or false, spelled as a boolean or as text.
    #[must_use]
    pub fn bool(&self) -> Option<bool> {
        match &self.node?.value {
            Value::Bool(value) => Some(*value),
            _ => match self.text()? {
                "true" | "True" => Some(true),
                "false" | "False" => Some(false),
                _ => None,
            },
        }
    }

    /// The value as JSON, each scalar in the type in which it was written. Nothing where nothing is, or where a number has no JSON.
    #[must_use]
    pub fn json(&self) -> Option<serde_json::Value> {
        match &self.node?.value {
            Value::Null => Some(serde_json::Value::Null),
            Value::Bool(value) => Some((*value).into()),
            Value::Int(value) => Some((*value).into()),
            Value::Float(value) => serde_json::Number::from_f64(*value).map(serde_json::Value::Number),
            Value::Verbatim | Value::Text(_) => self.text().map(Into::into),
            Value::List(_) => self.items().map(|item| item.json()).collect::<Option<Vec<_>>>().map(serde_json::Value::Array),
            Value::Map(_) => self
                .entries()
                .map(|(key, value)| Some((key.to_owned(), value.json()?)))
                .collect::<Option<serde_json::Map<_, _>>>()
                .map(serde_json::Value::Object),
        }
    }

    /// Whether this is exactly this text.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        self.text() == Some(text)
    }

    /// An instant.
    #[must_use]
    pub fn instant(&self) -> Option<assent_base::Timestamp> {
        assent_base::time::instant(self.text()?)
    }

    /// A quantity, in thousandths.
    #[must_use]
    pub fn milli(&self) -> Option<i128> {
        assent_base::quantity::milli(&self.scalar()?)
    }

    /// The bytes that prove this value: the scalar with its key, where the key stands before it; of a list or map, its first scalar.
    #[must_use]
    pub fn cite(&self) -> Option<Cite> {
        let node = self.node?;
        match &node.value {
            Value::List(_) => self.items().find_map(|item| item.cite()),
            Value::Map(_) if node.len == 0 => self.entries().find_map(|(_, value)| value.cite()),
            _ if node.len == 0 => None,
            _ => Some(self.widened(node)),
        }
    }

    /// The cited bytes, with the key before them if it stands there, as in `"reason": "OOMKilled"` and `reason: OOMKilled`.
    fn widened(&self, node: &Node) -> Cite {
        let whole = Cite { source: self.id, start: u64::from(node.start), len: node.len.min(QUOTE_BYTES_MAX as u32) };
        let narrow = Cite { len: floor_boundary(self.source, whole), ..whole };
        let (Some(key), Some(before)) = (self.key, self.source.text().get(..node.start as usize)) else { return narrow };
        let close = before.ends_with(['"', '\'']);
        let bare = before.trim_end_matches(['"', '\'']).trim_end_matches([' ', '\t']);
        let Some(bare) = bare.strip_suffix(':') else { return narrow };
        let bare = bare.trim_end_matches(' ').trim_end_matches('"');
        let from = match bare.strip_suffix(key) {
            Some(head) if head.ends_with('"') => head.len() - 1,
            Some(head) => head.len(),
            None => match printed_key(bare) {
                Some(from) => from,
                None => return narrow,
            },
        };
        let Ok(from) = u64::try_from(from) else { return narrow };
        let after = narrow.start + u64::from(narrow.len);
        let closed = close && narrow.len == node.len && self.source.slice(after, 1).is_some_and(|c| c == "\"" || c == "'");
        let end = after + u64::from(closed);
        Cite { start: from, len: u32::try_from(end - from).unwrap_or(narrow.len), ..narrow }
    }
}

/// Longest key that is looked for before a value, in characters.
const KEY_CHARS_MAX: usize = 200;

/// Where a key begins that is spelled for people (`Exit Code`): nothing but its words stands before the colon in its line.
fn printed_key(before: &str) -> Option<usize> {
    let plain = |c: char| c.is_alphanumeric() || " _-./()".contains(c);
    let tail = before.char_indices().rev().take(KEY_CHARS_MAX).take_while(|(_, c)| plain(*c));
    let from = tail.last().map(|(at, _)| at)?;
    let (head, words) = before.split_at(from);
    let own = words.trim_start();
    (!own.is_empty() && (head.is_empty() || head.ends_with('\n'))).then(|| before.len() - own.len())
}

/// The length of a cited piece, shortened to a character boundary.
fn floor_boundary(source: &Source, cite: Cite) -> u32 {
    (0..4).map(|cut| cite.len.saturating_sub(cut)).find(|len| source.slice(cite.start, *len).is_some()).unwrap_or(0)
}
