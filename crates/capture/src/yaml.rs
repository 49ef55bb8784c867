//! YAML text to trees, with spans.
//!
//! Errors: the scanner's, with line and column. Aliases are expanded, up to [`ALIASED_NODES_MAX`]; nesting is bounded by
//! [`DEPTH_MAX`]. Both end the document with an error and keep the documents before it.

use std::collections::{BTreeMap, HashSet};

use granit_parser::{Event, Parser, ScalarStyle, Span};

use crate::tree::{Key, Node, Value};

/// Nodes that aliases may add to one text. A Kubernetes manifest has none.
pub const ALIASED_NODES_MAX: usize = 100_000;
/// Nesting of lists and maps.
pub const DEPTH_MAX: usize = 128;

/// Reads the documents of a YAML text. `base` is the offset of `text` in its source. What could be read comes first.
#[must_use]
pub fn parse(text: &str, base: usize) -> (Vec<Node>, Option<String>) {
    let mut builder =
        Builder { text, base, documents: Vec::new(), open: Vec::new(), anchors: BTreeMap::new(), aliased: 0, keys: HashSet::new() };
    for event in Parser::new_from_str(text) {
        let (event, span) = match event {
            Ok(pair) => pair,
            Err(error) => return (builder.documents, Some(error.to_string())),
        };
        if let Err(why) = builder.event(event, &span) {
            return (builder.documents, Some(format!("{why} at line {}", span.start.line())));
        }
    }
    (builder.documents, None)
}

struct Builder<'s> {
    text: &'s str,
    base: usize,
    documents: Vec<Node>,
    open: Vec<Open>,
    anchors: BTreeMap<usize, Node>,
    aliased: usize,
    keys: HashSet<Key>,
}

struct Open {
    anchor: usize,
    node: Node,
    key: Option<Key>,
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, span: &Span) -> Result<(), String> {
        match event {
            Event::DocumentStart(..) => {
                self.open.clear();
                self.anchors.clear();
            }
            Event::Scalar(text, style, anchor, _) => {
                let node = self.scalar(&text, style, span);
                self.close(node, anchor);
            }
            Event::SequenceStart(_, anchor, _) => self.begin(Value::List(Vec::new()), anchor)?,
            Event::MappingStart(_, anchor, _) => self.begin(Value::Map(Vec::new()), anchor)?,
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(Open { anchor, node, .. }) = self.open.pop() {
                    self.close(node, anchor);
                }
            }
            Event::Alias(anchor) => {
                let node = self.anchors.get(&anchor).cloned().unwrap_or_else(|| Node::synthetic(Value::Null));
                self.aliased += count(&node);
                if self.aliased > ALIASED_NODES_MAX {
                    return Err(format!("aliases expand to more than {ALIASED_NODES_MAX} nodes"));
                }
                self.close(node, 0);
            }
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self, value: Value, anchor: usize) -> Result<(), String> {
        if self.open.len() >= DEPTH_MAX {
            return Err(format!("nesting is deeper than {DEPTH_MAX}"));
        }
        self.open.push(Open { anchor, node: Node::synthetic(value), key: None });
        Ok(())
    }

    /// Puts a finished node into what is open, or makes it a document.
    fn close(&mut self, node: Node, anchor: usize) {
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let source = self.text;
        let Some(open) = self.open.last_mut() else {
            self.documents.push(node);
            return;
        };
        match &mut open.node.value {
            Value::List(items) => items.push(node),
            Value::Map(entries) => match open.key.take() {
                Some(key) => {
                    if &*key != "fieldsV1" && &*key != "kubectl.kubernetes.io/last-applied-configuration" {
                        entries.push((key, node));
                    }
                }
                None => {
                    let word = match &node.value {
                        Value::Text(text) => text.to_string(),
                        Value::Bool(value) => value.to_string(),
                        Value::Int(value) => value.to_string(),
                        Value::Float(value) => value.to_string(),
                        Value::Verbatim => {
                            let start = (node.start as usize).saturating_sub(self.base);
                            source.get(start..start + node.len as usize).unwrap_or_default().to_owned()
                        }
                        Value::Null | Value::List(_) | Value::Map(_) => String::new(),
                    };
                    let key = self.keys.get(word.as_str()).cloned().unwrap_or_else(|| Key::from(word));
                    self.keys.insert(key.clone());
                    open.key = Some(key);
                }
            },
            _ => {}
        }
    }

    fn scalar(&self, text: &str, style: ScalarStyle, span: &Span) -> Node {
        let range = span.byte_range().unwrap_or(0..0);
        let raw = self.text.get(range.clone()).unwrap_or_default();
        let (start, len) = (self.base + range.start, raw.trim_end().len());
        match style {
            ScalarStyle::Plain => match plain(text) {
                None if raw.trim_end() == text => Node::verbatim(start, len),
                None => Node::implied(start, len, Value::Text(text.into())),
                Some(value) => Node::implied(start, len, value),
            },
            _ => match raw.find(text).filter(|_| !text.is_empty() && !text.contains('\n')) {
                Some(inner) => Node::verbatim(start + inner, text.len()),
                None => Node::implied(start, len, Value::Text(text.into())),
            },
        }
    }
}

/// What a plain scalar is under the YAML 1.2 core schema; none for text.
fn plain(text: &str) -> Option<Value> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Some(Value::Null),
        "true" | "True" | "TRUE" => Some(Value::Bool(true)),
        "false" | "False" | "FALSE" => Some(Value::Bool(false)),
        _ if text.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '+' || c == '.') => {
            let whole = text.parse().ok().map(Value::Int);
            whole.or_else(|| text.parse::<f64>().ok().filter(|value| value.is_finite()).map(Value::Float))
        }
        _ => None,
    }
}

fn count(node: &Node) -> usize {
    match &node.value {
        Value::List(items) => 1 + items.iter().map(count).sum::<usize>(),
        Value::Map(entries) => 1 + entries.iter().map(|(_, value)| count(value)).sum::<usize>(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Source, SourceId};
    use crate::tree::At;

    fn quote(text: &str, path: &str) -> Option<String> {
        let (documents, error) = parse(text, 0);
        assert_eq!(error, None);
        let source = Source::whole("t", text.into());
        let cite = At::root(SourceId(0), &source, documents.first().unwrap()).at(path).cite()?;
        source.slice(cite.start, cite.len).map(str::to_owned)
    }

    #[test]
    fn scalars_quote_their_exact_words() {
        let text = "kind: Pod\nstatus:\n  reason: Evicted\n  code: 137\n  'q': \"say \\\"hi\\\"\"\n  list:\n  - one\n  - 'two'\n";
        assert_eq!(quote(text, "status/reason").as_deref(), Some("reason: Evicted"));
        assert_eq!(quote(text, "status/code").as_deref(), Some("code: 137"));
        assert_eq!(quote(text, "status/list/1").as_deref(), Some("two"));
        assert!(quote(text, "status/q").unwrap().contains("say \\\"hi\\\""));
    }

    #[test]
    fn an_alias_bomb_is_refused() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let previous = vec![format!("*a{}", level - 1); 10].join(", ");
            text.push_str(&format!("a{level}: &a{level} [{previous}]\n"));
        }
        let (_, error) = parse(&text, 0);
        assert!(error.unwrap().contains("aliases"));
    }

    #[test]
    fn deep_nesting_is_refused() {
        let (_, error) = parse(&"[".repeat(10_000), 0);
        assert!(error.is_some());
    }

    #[test]
    fn good_documents_before_a_bad_one_are_kept() {
        let (documents, error) = parse("kind: A\n---\nkind: B\n---\n{ nope\n", 0);
        assert_eq!(documents.len(), 2);
        assert!(error.is_some());
    }
}
