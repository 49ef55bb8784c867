//! Traces: spans of OTLP JSON, Tempo and Jaeger.
//!
//! A span comes out as `service`, `name`, `duration_ms`, `trace`, `span`, `parent`, `start`, `error` and `attributes`, whose keys are the
//! sender's own (`http.status_code`). Of the attributes of its resource it has those that say where it ran.
//! Source: OTLP 1.x JSON encoding, Jaeger's query API, Tempo's search API.

use crate::prometheus::{pull, pull_list};
use crate::set::{CaptureSet, Loose};
use crate::source::SourceId;
use crate::tree::{At, Key, Node, Value};

/// Spans that are read of one input.
pub const SPANS_MAX: usize = 500_000;
/// Attributes that are kept of one span.
pub const ATTRIBUTES_MAX: usize = 128;

/// Takes a value that holds spans, and says how many.
///
/// # Errors
/// Gives the value back when it holds none.
pub(crate) fn take(set: &mut CaptureSet, source: SourceId, mut node: Node) -> Result<usize, Node> {
    let Some(at) = set.source(source).map(|text| At::root(source, text, &node)) else { return Err(node) };
    let batches: &[&[&str]] = &[&["batches"], &["resourceSpans"], &["trace", "batches"], &["trace", "resourceSpans"]];
    let here = |path: &[&str]| path.iter().fold(at, |at, key| at.get(key)).items().next().is_some();
    let otlp = batches.iter().find(|path| here(path));
    let (jaeger, search) = (at.at("data/0/spans").exists(), at.at("traces/0").get("traceID").exists());
    let mut reader = Reader { set, source, spans: Vec::new() };
    match otlp {
        Some(path) => pull_list(&mut node, path).into_iter().for_each(|batch| reader.otlp(batch)),
        None if jaeger => pull_list(&mut node, &["data"]).into_iter().for_each(|trace| reader.jaeger(trace)),
        None if search => pull_list(&mut node, &["traces"]).into_iter().for_each(|trace| reader.summary(trace)),
        None => return Err(node),
    }
    let mut spans = reader.spans;
    spans.truncate(SPANS_MAX.saturating_sub(set.spans.len()));
    let count = spans.len();
    set.spans.extend(spans.into_iter().map(|root| Loose { root, source }));
    Ok(count)
}

struct Reader<'a> {
    set: &'a CaptureSet,
    source: SourceId,
    spans: Vec<Node>,
}

impl Reader<'_> {
    fn at<'n>(&'n self, node: &'n Node) -> Option<At<'n>> {
        Some(At::root(self.source, self.set.source(self.source)?, node))
    }

    fn text(&self, node: &Node) -> Option<String> {
        self.at(node)?.scalar()
    }

    fn otlp(&mut self, mut batch: Node) {
        let resource = self.attributes(pull_list(&mut batch, &["resource", "attributes"]));
        let service = resource.iter().find(|(key, _)| &**key == "service.name").map(|(_, node)| node.clone());
        let place: Vec<(Key, Node)> =
            resource.into_iter().filter(|(key, _)| key.starts_with("k8s.") || key.starts_with("service.")).collect();
        for scopes in ["scopeSpans", "instrumentationLibrarySpans"] {
            for mut scope in pull_list(&mut batch, &[scopes]) {
                for mut from in pull_list(&mut scope, &["spans"]) {
                    let mut span = Node::map();
                    if let Some(service) = &service {
                        span.put(&["service"], service.clone());
                    }
                    let fields = [("name", "name"), ("traceId", "trace"), ("spanId", "span"), ("parentSpanId", "parent")];
                    fields.iter().for_each(|(key, to)| carry(&mut from, &[key], &mut span, to));
                    self.otlp_times(&mut from, &mut span);
                    let failed = pull(&mut from, &["status", "code"]);
                    if let Some(code) = failed.filter(|code| self.text(code).is_some_and(|code| code == "2" || code == "STATUS_CODE_ERROR"))
                    {
                        span.put(&["error"], Node { value: Value::Bool(true), ..code });
                    }
                    let own = self.attributes(pull_list(&mut from, &["attributes"]));
                    let attributes = own.into_iter().chain(place.iter().cloned()).take(ATTRIBUTES_MAX).collect();
                    span.put(&["attributes"], Node::synthetic(Value::Map(attributes)));
                    self.push(span);
                }
            }
        }
    }

    fn otlp_times(&self, from: &mut Node, span: &mut Node) {
        let (Some(start), Some(end)) = (pull(from, &["startTimeUnixNano"]), pull(from, &["endTimeUnixNano"])) else { return };
        let nanoseconds = |node: &Node| self.at(node).and_then(|at| at.int());
        if let (Some(from), Some(to)) = (nanoseconds(&start), nanoseconds(&end)) {
            span.put(&["duration_ms"], Node { value: Value::Float(to.saturating_sub(from) as f64 / 1e6), ..end });
        }
        span.put(&["start"], start);
    }

    fn jaeger(&mut self, mut trace: Node) {
        let mut processes = pull(&mut trace, &["processes"]);
        for mut from in pull_list(&mut trace, &["spans"]) {
            let mut span = Node::map();
            let process = pull(&mut from, &["processID"]).and_then(|id| self.text(&id));
            if let Some(name) = process.and_then(|id| processes.as_mut()?.get_mut(&[&id, "serviceName"]).map(|node| node.clone())) {
                span.put(&["service"], name);
            }
            let fields = [("operationName", "name"), ("traceID", "trace"), ("spanID", "span"), ("startTime", "start")];
            fields.iter().for_each(|(key, to)| carry(&mut from, &[key], &mut span, to));
            if let Some(mut reference) = pull_list(&mut from, &["references"]).into_iter().next() {
                carry(&mut reference, &["spanID"], &mut span, "parent");
            }
            if let Some(duration) = pull(&mut from, &["duration"])
                && let Some(microseconds) = self.at(&duration).and_then(|at| at.number())
            {
                span.put(&["duration_ms"], Node { value: Value::Float(microseconds / 1e3), ..duration });
            }
            let attributes = self.attributes(pull_list(&mut from, &["tags"]));
            if let Some((_, error)) = attributes.iter().find(|(key, _)| &**key == "error") {
                span.put(&["error"], error.clone());
            }
            span.put(&["attributes"], Node::synthetic(Value::Map(attributes)));
            self.push(span);
        }
    }

    /// A found trace, of which only the outermost span is told.
    fn summary(&mut self, mut from: Node) {
        let mut span = Node::map();
        let fields = [
            ("rootServiceName", "service"),
            ("rootTraceName", "name"),
            ("durationMs", "duration_ms"),
            ("traceID", "trace"),
            ("startTimeUnixNano", "start"),
        ];
        fields.iter().for_each(|(key, to)| carry(&mut from, &[key], &mut span, to));
        self.push(span);
    }

    fn push(&mut self, span: Node) {
        if self.spans.len() < SPANS_MAX {
            self.spans.push(span);
        }
    }

    /// Reads `[{"key": k, "value": {"stringValue": v}}]`, and Jaeger's `[{"key": k, "value": v}]`.
    fn attributes(&self, list: Vec<Node>) -> Vec<(Key, Node)> {
        let pair = |mut item: Node| {
            let key = pull(&mut item, &["key"]).and_then(|key| self.text(&key))?;
            let value = pull(&mut item, &["value"])?;
            let value = match value.value {
                Value::Map(entries) => entries.into_iter().next()?.1,
                _ => value,
            };
            Some((Key::from(key), value))
        };
        list.into_iter().take(ATTRIBUTES_MAX).filter_map(pair).collect()
    }
}

fn carry(from: &mut Node, path: &[&str], span: &mut Node, to: &str) {
    if let Some(node) = pull(from, path).filter(|node| node.value != Value::Null) {
        span.put(&[to], node);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    const OTLP: &str = r#"{"batches":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"web"}},
        {"key":"k8s.pod.name","value":{"stringValue":"web-1"}}]},"scopeSpans":[{"spans":[
        {"traceId":"t1","spanId":"s1","parentSpanId":"s0","name":"GET /","startTimeUnixNano":"1735830245000000000","endTimeUnixNano":"1735830245250000000",
         "attributes":[{"key":"http.status_code","value":{"intValue":"500"}}],"status":{"code":"STATUS_CODE_ERROR"}},
        {"traceId":"t1","spanId":"s2","name":"SELECT","startTimeUnixNano":"1735830245000000000","endTimeUnixNano":"1735830246000000000"}]}]}]}"#;

    fn set_of(text: &str) -> CaptureSet {
        let mut set = CaptureSet::default();
        crate::files::read_file(&mut set, "-", text.as_bytes(), &Limits::default());
        set
    }

    fn assert_span(set: &CaptureSet) {
        let span = set.loose(&set.spans[0]).unwrap();
        assert!(span.get("service").is("web") && span.get("name").is("GET /") && span.get("parent").is("s0"));
        assert_eq!(span.get("duration_ms").number(), Some(250.0));
        assert_eq!(span.get("error").bool(), Some(true));
        assert_eq!(span.get("attributes").get("http.status_code").int(), Some(500));
        assert!(span.get("duration_ms").cite().is_some());
    }

    #[test]
    fn otlp_and_jaeger_spans_have_one_shape() {
        let set = set_of(OTLP);
        assert_span(&set);
        assert!(set.loose(&set.spans[1]).unwrap().get("attributes").get("k8s.pod.name").is("web-1"));
        assert_span(&set_of(
            r#"{"data":[{"traceID":"t1","processes":{"p1":{"serviceName":"web"}},"spans":[{"traceID":"t1","spanID":"s1","operationName":"GET /",
            "references":[{"refType":"CHILD_OF","spanID":"s0"}],"startTime":1735830245000000,"duration":250000,"processID":"p1",
            "tags":[{"key":"http.status_code","type":"int64","value":500},{"key":"error","value":true}]}]}]}"#,
        ));
    }

    #[test]
    fn found_traces_are_spans_of_their_roots() {
        let set = set_of(r#"{"traces":[{"traceID":"t1","rootServiceName":"web","rootTraceName":"GET /","durationMs":250}]}"#);
        let span = set.loose(&set.spans[0]).unwrap();
        assert!(span.get("service").is("web"));
        assert_eq!(span.get("duration_ms").number(), Some(250.0));
    }

    #[test]
    fn a_trace_that_is_cut_off_gives_the_spans_before_the_cut() {
        let cut = OTLP.find("\"name\":\"SELECT\"").unwrap();
        let set = set_of(OTLP.get(..cut).unwrap());
        assert_span(&set);
        assert_eq!(set.problems.len(), 1);
    }
}
