//! JSON text to trees, with spans.
//!
//! `serde_json` does the parsing. A string without escapes is borrowed from the input, so its place is known from its address; the
//! place of any other scalar follows from the end of its key.
//! Errors: `serde_json`'s, with line and column; nesting beyond 128 levels is one of them.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::tree::{Key, Node, Value};

/// Subtrees that no rule reads and that are most of a live object's bytes.
const SKIPPED_KEYS: [&str; 2] = ["fieldsV1", "kubectl.kubernetes.io/last-applied-configuration"];

/// Reads one JSON value. `base` is the offset of `text` in its source.
///
/// # Errors
/// When the text is not one JSON value.
pub fn parse(text: &str, base: usize) -> Result<Node, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let node = Seed { text, base, keys: &RefCell::default() }.deserialize(&mut reader)?;
    reader.end()?;
    Ok(node)
}

/// Reads JSON values that follow each other with nothing but space between them, as JSON lines do.
/// Stops at the first that cannot be read, and says so.
#[must_use]
pub fn parse_stream(text: &str, base: usize) -> (Vec<Node>, Option<serde_json::Error>) {
    let mut nodes = Vec::new();
    let keys = RefCell::default();
    let mut rest = text;
    while !rest.trim_start().is_empty() {
        let skipped = text.len() - rest.trim_start().len();
        let (Some(tail), mut raw) = (text.get(skipped..), None::<&serde_json::value::RawValue>) else { break };
        match serde_json::Deserializer::from_str(tail).into_iter::<&serde_json::value::RawValue>().next() {
            Some(Ok(value)) => raw = Some(value),
            Some(Err(error)) => return (nodes, Some(error)),
            None => {}
        }
        let Some(raw) = raw else { break };
        let mut reader = serde_json::Deserializer::from_str(raw.get());
        match (Seed { text: raw.get(), base: base + skipped, keys: &keys }).deserialize(&mut reader) {
            Ok(node) => nodes.push(node),
            Err(error) => return (nodes, Some(error)),
        }
        rest = tail.get(raw.get().len()..).unwrap_or_default();
    }
    (nodes, None)
}

/// Closes JSON that is cut off after the last value that is whole. Offsets into the result are offsets into the text.
/// None where nothing is whole.
#[must_use]
pub fn mend(text: &str) -> Option<String> {
    let (mut open, mut quoted, mut escaped) = (Vec::new(), false, false);
    let mut whole = None;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' if !escaped => quoted = !quoted,
            b'{' | b'[' if !quoted => open.push(if byte == b'{' { '}' } else { ']' }),
            b'}' | b']' if !quoted => {
                open.pop();
                whole = Some((at + 1, open.len()));
            }
            b',' if !quoted => whole = Some((at, open.len())),
            _ => {}
        }
        escaped = quoted && byte == b'\\' && !escaped;
    }
    let (end, depth) = whole?;
    let closing = open.get(..depth)?.iter().rev();
    Some(text.get(..end)?.chars().chain(closing.copied()).collect())
}

#[derive(Clone, Copy)]
struct Seed<'s, 'k> {
    text: &'s str,
    base: usize,
    keys: &'k RefCell<HashSet<Key>>,
}

impl<'s> Seed<'s, '_> {
    fn offset(&self, piece: &str) -> usize {
        (piece.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize)
    }

    fn key(&self, word: &str) -> Key {
        let mut keys = self.keys.borrow_mut();
        if let Some(key) = keys.get(word) {
            return key.clone();
        }
        let key = Key::from(word);
        keys.insert(key.clone());
        key
    }

    /// Finds the bytes of a scalar, or the start of a list or map, that follows a key ending at `key_end`.
    fn place(&self, node: &mut Node, key_end: usize) {
        let Some(tail) = self.text.get(key_end..) else { return };
        let tail = tail.strip_prefix('"').unwrap_or(tail).trim_start();
        let Some(tail) = tail.strip_prefix(':').map(str::trim_start) else { return };
        let (tail, len) = match &node.value {
            Value::List(_) | Value::Map(_) | Value::Verbatim => return,
            Value::Text(_) => {
                let inner = tail.strip_prefix('"').unwrap_or(tail);
                (inner, string_end(inner))
            }
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => {
                (tail, tail.find(|c: char| c == ',' || c == '}' || c == ']' || c.is_whitespace()).unwrap_or(tail.len()))
            }
        };
        if let (Ok(start), Ok(len)) = (u32::try_from(self.base + self.offset(tail)), u32::try_from(len)) {
            (node.start, node.len) = (start, len);
        }
    }
}

/// The offset of the quote that ends a JSON string whose opening quote is already gone.
fn string_end(text: &str) -> usize {
    let mut escaped = false;
    text.bytes()
        .position(|byte| {
            let ends = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            ends
        })
        .unwrap_or(text.len())
}

impl<'s> DeserializeSeed<'s> for Seed<'s, '_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'s>>(self, reader: D) -> Result<Node, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'s> Visitor<'s> for Seed<'s, '_> {
    type Value = Node;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::synthetic(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::synthetic(Value::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::synthetic(Value::Int(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        #[expect(clippy::cast_precision_loss, reason = "beyond i64 no Kubernetes field is exact anyway")]
        Ok(Node::synthetic(i64::try_from(value).map_or(Value::Float(value as f64), Value::Int)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::synthetic(Value::Float(value)))
    }

    fn visit_borrowed_str<E>(self, value: &'s str) -> Result<Node, E> {
        Ok(Node::verbatim(self.base + self.offset(value), value.len()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::synthetic(Value::Text(value.into())))
    }

    fn visit_seq<A: SeqAccess<'s>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(node) = items.next_element_seed(self)? {
            list.push(node);
        }
        list.shrink_to_fit();
        Ok(Node::synthetic(Value::List(list)))
    }

    fn visit_map<A: MapAccess<'s>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut map = Vec::new();
        while let Some(Word(word)) = entries.next_key::<Word<'s>>()? {
            if SKIPPED_KEYS.contains(&&*word) {
                entries.next_value::<IgnoredAny>()?;
                continue;
            }
            let mut node = entries.next_value_seed(self)?;
            if let Cow::Borrowed(piece) = word {
                self.place(&mut node, self.offset(piece) + piece.len());
            }
            map.push((self.key(&word), node));
        }
        map.shrink_to_fit();
        Ok(Node::synthetic(Value::Map(map)))
    }
}

/// A key, borrowed from the input where it has no escapes.
struct Word<'s>(Cow<'s, str>);

impl<'s> serde::Deserialize<'s> for Word<'s> {
    fn deserialize<D: Deserializer<'s>>(reader: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'s> Visitor<'s> for Read {
            type Value = Word<'s>;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a key")
            }
            fn visit_borrowed_str<E>(self, word: &'s str) -> Result<Word<'s>, E> {
                Ok(Word(Cow::Borrowed(word)))
            }
            fn visit_str<E>(self, word: &str) -> Result<Word<'s>, E> {
                Ok(Word(Cow::Owned(word.to_owned())))
            }
        }
        reader.deserialize_str(Read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Source, SourceId};
    use crate::tree::At;

    fn quote(text: &str, path: &str) -> Option<String> {
        let node = parse(text, 0).unwrap();
        let source = Source::whole("t", text.into());
        let cite = At::root(SourceId(0), &source, &node).at(path).cite()?;
        source.slice(cite.start, cite.len).map(str::to_owned)
    }

    #[test]
    fn every_scalar_quotes_its_exact_words() {
        let text = r#"{"a": {"reason" : "OOMKilled", "exitCode":137, "ok": true}, "m": "say \"hi\" \\", "l": ["x", "y"], "n": -1.5e3}"#;
        assert_eq!(quote(text, "a/reason").as_deref(), Some(r#""reason" : "OOMKilled""#));
        assert_eq!(quote(text, "a/exitCode").as_deref(), Some(r#""exitCode":137"#));
        assert_eq!(quote(text, "a/ok").as_deref(), Some(r#""ok": true"#));
        assert_eq!(quote(text, "m").as_deref(), Some(r#""m": "say \"hi\" \\""#));
        assert_eq!(quote(text, "l/1").as_deref(), Some("y"));
        assert_eq!(quote(text, "n").as_deref(), Some(r#""n": -1.5e3"#));
    }

    #[test]
    fn a_stream_of_values_reads_up_to_the_first_bad_one() {
        let (nodes, error) = parse_stream("{\"a\":1}\n{\"b\":2}\n{\"c\":", 0);
        assert_eq!(nodes.len(), 2);
        assert!(error.is_some());
    }

    #[test]
    fn cut_off_json_is_closed_after_what_is_whole() {
        for (cut, mended) in
            [(r#"{"a":[{"b":"},"},{"c":"#, r#"{"a":[{"b":"},"}]}"#), (r#"{"a":1,"b":"x\""#, r#"{"a":1}"#), (r#"[1,[2,3],4"#, "[1,[2,3]]")]
        {
            assert_eq!(mend(cut).as_deref(), Some(mended));
            parse(mended, 0).unwrap();
        }
        assert_eq!(mend("{\"a"), None);
    }

    #[test]
    fn bulk_that_no_rule_reads_is_not_kept() {
        let node = parse(r#"{"metadata":{"managedFields":[{"manager":"m","fieldsV1":{"f:a":{}}}]}}"#, 0).unwrap();
        let source = Source::whole("t", "".into());
        let root = At::root(SourceId(0), &source, &node);
        assert!(!root.at("metadata/managedFields/0/fieldsV1").exists());
    }

    #[test]
    fn a_tree_says_in_json_what_was_written() {
        let text = r#"{"a":{},"b":[],"c":"8","d":8,"e":0.5,"f":null,"g":[true,{"h":"i\n"}]}"#;
        let node = parse(text, 0).unwrap();
        let source = Source::whole("t", text.into());
        let written: serde_json::Value = serde_json::from_str(text).unwrap();
        assert_eq!(At::root(SourceId(0), &source, &node).json(), Some(written));
    }

    #[test]
    fn deep_nesting_is_an_error_and_no_crash() {
        assert!(parse(&"[".repeat(100_000), 0).is_err());
    }
}
