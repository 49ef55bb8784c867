//! Traces drawn as trees, as command-line clients of tracing systems print them:
//!
//! ```text
//! ├─ GET /orders (web) - 250.10ms (span_id=8497c3b9f4fea8fe)
//! │  Resource labels: k8s.pod.name='web-1'
//! │    http.status_code: 500
//!   ├─ SELECT (db) - 240ms (span_id=c3f26ce96b9d22c8)
//! ```
//!
//! Spans come out in the shape that [`crate::traces`] gives those of JSON.

use std::ops::Range;

use crate::set::{CaptureSet, Loose};
use crate::source::{Source, SourceId};
use crate::traces::{ATTRIBUTES_MAX, SPANS_MAX};
use crate::tree::{Key, Node, Value};

/// Reads the spans of a part of a source, and says how many there were.
pub(crate) fn read(set: &mut CaptureSet, source: SourceId, part: Range<usize>) -> usize {
    let text = set.source(source).map(Source::text).and_then(|text| text.get(part.clone())).unwrap_or_default();
    let mut tree = Tree { spans: Vec::new(), above: Vec::new(), attributes: Vec::new() };
    let mut offset = part.start;
    for line in text.split_inclusive('\n') {
        tree.line(line.trim_end(), offset);
        offset += line.len();
    }
    tree.end_span();
    let mut spans = tree.spans;
    spans.truncate(SPANS_MAX.saturating_sub(set.spans.len()));
    let count = spans.len();
    set.spans.extend(spans.into_iter().map(|root| Loose { root, source }));
    count
}

struct Tree {
    spans: Vec<Node>,
    /// The spans that the next may be within: their indentation and id.
    above: Vec<(usize, Node)>,
    attributes: Vec<(Key, Node)>,
}

impl Tree {
    fn line(&mut self, line: &str, offset: usize) {
        let indent = line.len() - line.trim_start_matches(' ').len();
        let rest = line.get(indent..).unwrap_or_default();
        let place = |piece: &str| Node::verbatim(offset + (piece.as_ptr() as usize).saturating_sub(line.as_ptr() as usize), piece.len());
        if let Some(head) = rest.strip_prefix("├─ ").or_else(|| rest.strip_prefix("└─ ")) {
            self.end_span();
            if let Some((name, service, duration, id)) = parts(head)
                && self.spans.len() < SPANS_MAX
            {
                let mut span = Node::map();
                span.put(&["name"], place(name));
                span.put(&["service"], place(service));
                span.put(&["duration_ms"], Node { value: Value::Float(duration.parse().unwrap_or(0.0)), ..place(duration) });
                span.put(&["span"], place(id));
                self.above.retain(|(depth, _)| *depth < indent);
                if let Some((_, parent)) = self.above.last() {
                    span.put(&["parent"], parent.clone());
                }
                self.above.push((indent, place(id)));
                self.spans.push(span);
            }
        } else if let (Some(said), Some(span)) = (rest.strip_prefix('│').map(str::trim_start), self.spans.last_mut()) {
            if let Some(times) = said.strip_prefix("Datetime: start=") {
                span.put(&["start"], place(times.split(' ').next().unwrap_or(times)));
            } else if let Some(labels) = said.strip_prefix("Resource labels: ") {
                let pairs = labels.split("' ").filter_map(|pair| pair.split_once("='"));
                self.attributes.extend(pairs.map(|(key, value)| (Key::from(key), place(value.trim_end_matches('\'')))));
            } else if let Some((key, value)) = said.split_once(": ") {
                self.attributes.push((Key::from(key), place(value)));
            }
            self.attributes.truncate(ATTRIBUTES_MAX);
        }
    }

    fn end_span(&mut self) {
        let attributes = std::mem::take(&mut self.attributes);
        if let Some(span) = self.spans.last_mut().filter(|_| !attributes.is_empty()) {
            span.put(&["attributes"], Node::synthetic(Value::Map(attributes)));
        }
    }
}

/// Splits `NAME (SERVICE) - 250.10ms (span_id=ID)`.
fn parts(head: &str) -> Option<(&str, &str, &str, &str)> {
    let (of, rest) = head.rsplit_once(") - ")?;
    let (name, service) = of.rsplit_once(" (")?;
    let (duration, id) = rest.split_once("ms (span_id=")?;
    duration.parse::<f64>().ok()?;
    Some((name, service, duration, id.strip_suffix(')')?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_drawn_tree_gives_spans_with_their_parents() {
        let text = "├─ GET /orders (web) - 250.10ms (span_id=s1)\n│  Datetime: start=2025-01-02T15:04:05Z end=2025-01-02T15:04:06Z\n\
            │  Resource labels: k8s.pod.name='web-1' service.name='web'\n│    http.status_code: 500\n  ├─ SELECT (db) - 240ms (span_id=s2)\n\
            \x20 ├─ UPDATE (db) - 5ms (span_id=s3)\n";
        let mut set = CaptureSet::default();
        let source = set.add_source(Source::whole("t", text.into()));
        assert_eq!(read(&mut set, source, 0..text.len()), 3);
        let span = |index: usize| set.loose(&set.spans[index]).unwrap();
        assert!(span(0).get("service").is("web") && span(0).get("attributes").get("k8s.pod.name").is("web-1"));
        assert_eq!(span(0).get("attributes").get("http.status_code").int(), Some(500));
        assert_eq!(span(0).get("duration_ms").number(), Some(250.1));
        assert!(span(1).get("parent").is("s1") && span(2).get("parent").is("s1"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "((├─ |│  |  ├─ )?[a-z' =é(]{0,9}(\\) - 1ms \\(span_id=x\\))?\n){0,6}") {
            let mut set = CaptureSet::default();
            let source = set.add_source(Source::whole("t", text.as_str().into()));
            read(&mut set, source, 0..text.len());
        }
    }
}
