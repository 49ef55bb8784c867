//! Prometheus and Alertmanager JSON: samples and alerts.
//!
//! Read are answers of the query API (vector, matrix, scalar), alerts of Alertmanager (v2, and its webhook) and of Prometheus, and the
//! like of notification systems, which say `title` and `subject`. All alerts come out as `labels`, `annotations` and `status`.
//! Source: Prometheus HTTP API v1, Alertmanager OpenAPI v2.

use assent_base::Kind;

use crate::set::{CaptureSet, Loose};
use crate::source::SourceId;
use crate::tree::{At, Node, Value};

enum Shape {
    /// A list of series under this path.
    Series(&'static [&'static str]),
    /// One value without labels under this path.
    Scalar(&'static [&'static str]),
    /// A list of alerts under this path.
    Alerts(&'static [&'static str]),
    Alert,
    /// A notification with a title and a subject.
    Notice,
    Notices,
}

/// Takes a value that is an answer of Prometheus or Alertmanager, and says how many samples or alerts it had.
///
/// # Errors
/// Gives the value back when it is none.
pub(crate) fn take(set: &mut CaptureSet, source: SourceId, mut node: Node, query: Option<&str>) -> Result<usize, Node> {
    let Some(shape) = set.source(source).and_then(|text| shape(At::root(source, text, &node))) else { return Err(node) };
    let mut found: Vec<Node> = match shape {
        Shape::Series(path) | Shape::Alerts(path) => pull_list(&mut node, path),
        Shape::Notices => pull_list(&mut node, &[]),
        Shape::Scalar(path) => {
            let mut sample = Node::map();
            sample.put(&["metric"], Node::map());
            sample.put(&["value"], pull(&mut node, path).unwrap_or_else(|| Node::synthetic(Value::Null)));
            vec![sample]
        }
        Shape::Alert | Shape::Notice => vec![node],
    };
    found.retain(|node| matches!(node.value, Value::Map(_)));
    let count = found.len();
    for mut root in found {
        match shape {
            Shape::Series(_) | Shape::Scalar(_) => {
                if let Some(query) = query {
                    root.put(&["query"], Node::synthetic(Value::Text(query.into())));
                }
                set.samples.push(Loose { root, source });
            }
            Shape::Alerts(_) | Shape::Alert => set.alerts.push(Loose { root: alert(root), source }),
            Shape::Notice | Shape::Notices => {
                let root = notice(set, source, root);
                set.alerts.push(Loose { root, source });
            }
        }
    }
    Ok(count)
}

fn shape(at: At<'_>) -> Option<Shape> {
    let result_type = |at: At<'_>| match at.get("resultType").text_or_empty() {
        "vector" | "matrix" => Some(false),
        "scalar" | "string" => Some(true),
        _ => None,
    };
    let is_list = |at: At<'_>| at.items().next().is_some();
    let is_alert = |at: At<'_>| at.get("labels").get("alertname").exists();
    let is_notice = |at: At<'_>| at.get("title").text().is_some() && (at.get("subject").exists() || at.get("subject_name").exists());
    let first = at.items().next();
    if let Some(scalar) = result_type(at.get("data")) {
        return Some(if scalar { Shape::Scalar(&["data", "result"]) } else { Shape::Series(&["data", "result"]) });
    }
    if let Some(scalar) = result_type(at) {
        return Some(if scalar { Shape::Scalar(&["result"]) } else { Shape::Series(&["result"]) });
    }
    match first {
        Some(first) if first.get("metric").exists() && (is_list(first.get("value")) || is_list(first.get("values"))) => {
            Some(Shape::Series(&[]))
        }
        Some(first) if is_alert(first) => Some(Shape::Alerts(&[])),
        Some(first) if is_notice(first) => Some(Shape::Notices),
        Some(_) => None,
        None if at.at("data/alerts/0").get("labels").exists() => Some(Shape::Alerts(&["data", "alerts"])),
        None if at.at("data/0").get("labels").get("alertname").exists() => Some(Shape::Alerts(&["data"])),
        None if at.at("alerts/0").get("labels").exists() => Some(Shape::Alerts(&["alerts"])),
        None if is_notice(at) => Some(Shape::Notice),
        None if is_alert(at) => Some(Shape::Alert),
        None => None,
    }
}

/// Takes what is at a path out of a tree.
pub(crate) fn pull(node: &mut Node, path: &[&str]) -> Option<Node> {
    let found = node.get_mut(path)?;
    Some(std::mem::replace(found, Node::synthetic(Value::Null)))
}

pub(crate) fn pull_list(node: &mut Node, path: &[&str]) -> Vec<Node> {
    match pull(node, path).map(|node| node.value) {
        Some(Value::List(items)) => items,
        _ => Vec::new(),
    }
}

/// Gives an alert its state as text, where Alertmanager and Prometheus each have it elsewhere.
fn alert(mut root: Node) -> Node {
    let state = pull(&mut root, &["status", "state"])
        .or_else(|| root.get_mut(&["status"]).is_none().then(|| pull(&mut root, &["state"])).flatten());
    if let Some(state) = state {
        root.put(&["status"], state);
    }
    root
}

/// Gives a notification the shape of an alert.
fn notice(set: &CaptureSet, source: SourceId, mut root: Node) -> Node {
    let label = set.source(source).map(|text| {
        let (at, subject) = (At::root(source, text, &root), At::root(source, text, &root).get("subject"));
        let kind =
            [subject.get("subject_type"), subject.get("kind"), subject.get("type"), at.get("subject_type")].iter().find_map(At::text);
        match kind.and_then(Kind::from_word) {
            // Prometheus has a label `job` of its own.
            Some(Kind::Job) => "job_name".to_owned(),
            Some(kind) => kind.as_str().to_ascii_lowercase(),
            None => "subject".to_owned(),
        }
    });
    let mut alert = Node::map();
    for key in ["labels", "annotations"] {
        let own = pull(&mut root, &[key]).filter(|node| matches!(node.value, Value::Map(_)));
        alert.put(&[key], own.unwrap_or_else(Node::map));
    }
    let named = alert.get_mut(&["labels", "alertname"]).is_some();
    let mut carry = |from: &[&str], to: &[&str]| {
        if let Some(node) = pull(&mut root, from).filter(|node| node.value != Value::Null && node.len > 0) {
            alert.put(to, node);
        }
    };
    carry(&["title"], if named { &["annotations", "summary"] } else { &["labels", "alertname"] });
    carry(&["subject", "name"], &["labels", label.as_deref().unwrap_or("subject")]);
    for (from, to) in [("namespace", "namespace"), ("container", "container"), ("node", "node")] {
        carry(&["subject", from], &["labels", to]);
    }
    carry(&["subject_name"], &["labels", label.as_deref().unwrap_or("subject")]);
    carry(&["subject_namespace"], &["labels", "namespace"]);
    carry(&["subject_node"], &["labels", "node"]);
    carry(&["severity"], &["labels", "severity"]);
    carry(&["description"], &["annotations", "description"]);
    carry(&["status"], &["status"]);
    carry(&["starts_at"], &["startsAt"]);
    alert
}

/// The query in a command or URL: `…/api/v1/query?query=up%7Bjob%3D%22web%22%7D`.
pub(crate) fn query_of(command: &str) -> Option<String> {
    let (_, rest) = command.split_once("query=")?;
    let quoted = command.contains("'query=") || command.contains("\"query=");
    let end = rest.find(|c: char| if quoted { c == '\'' } else { c == '&' || c == '\'' || c == '"' || c.is_whitespace() });
    let raw = rest.get(..end.unwrap_or(rest.len()))?.trim_end_matches('"');
    let mut bytes = Vec::new();
    let mut rest = raw.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let code: Vec<u8> = rest.by_ref().take(2).collect();
                let text = std::str::from_utf8(&code).ok()?;
                bytes.push(u8::from_str_radix(text, 16).ok()?);
            }
            b'+' if !quoted => bytes.push(b' '),
            byte => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).ok().filter(|query| !query.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    fn set_of(text: &str) -> CaptureSet {
        let mut set = CaptureSet::default();
        crate::files::read_file(&mut set, "-", text.as_bytes(), &Limits::default());
        set
    }

    fn quote(set: &CaptureSet, loose: &Loose, path: &str) -> Option<String> {
        let cite = set.loose(loose)?.at(path).cite()?;
        set.source(cite.source)?.slice(cite.start, cite.len).map(str::to_owned)
    }

    #[test]
    fn query_results_become_samples() {
        let set = set_of(
            "$ curl -s 'http://p:9090/api/v1/query?query=up%7Bjob%3D%22web%22%7D&time=1'\n{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\
             \"result\":[{\"metric\":{\"pod\":\"web-1\"},\"value\":[1735830245,\"0.97\"]}]}}\n",
        );
        assert_eq!(set.loose(&set.samples[0]).unwrap().get("query").text(), Some("up{job=\"web\"}"));
        assert_eq!(quote(&set, &set.samples[0], "metric/pod").as_deref(), Some("\"pod\":\"web-1\""));
        assert_eq!(set.loose(&set.samples[0]).unwrap().at("value/1").number(), Some(0.97));
        let set = set_of("{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1735830245,\"3\"]}}");
        assert_eq!(set.loose(&set.samples[0]).unwrap().at("value/1").number(), Some(3.0));
    }

    #[test]
    fn alerts_of_every_sender_have_one_shape() {
        for text in [
            r#"[{"labels":{"alertname":"PodDown","pod":"web-1"},"annotations":{"description":"gone"},"status":{"state":"firing"}}]"#,
            r#"{"receiver":"r","status":"firing","alerts":[{"status":"firing","labels":{"alertname":"PodDown","pod":"web-1"},"annotations":{"description":"gone"}}]}"#,
            r#"{"status":"success","data":{"alerts":[{"state":"firing","labels":{"alertname":"PodDown","pod":"web-1"},"annotations":{"description":"gone"}}]}}"#,
            r#"{"title":"PodDown","description":"gone","status":"firing","subject":{"name":"web-1","namespace":"shop","subject_type":"pod"}}"#,
        ] {
            let set = set_of(text);
            let alert = set.loose(&set.alerts[0]).unwrap();
            assert!(alert.at("labels/alertname").is("PodDown") && alert.at("labels/pod").is("web-1"), "{text}");
            assert!(alert.at("annotations/description").is("gone") && alert.get("status").is("firing"), "{text}");
            assert!(alert.at("labels/alertname").cite().is_some());
        }
    }

    #[test]
    fn an_alert_printed_as_yaml_is_read_and_its_words_are_kept() {
        let set = set_of(
            "$ show finding 7\ntitle: Pod is not ready\nlabels:\n  alertname: PodNotReady\nsubject_name: web-1\nsubject_namespace: shop\nsubject_type: pod\n",
        );
        let alert = set.loose(&set.alerts[0]).unwrap();
        assert!(
            alert.at("labels/alertname").is("PodNotReady") && alert.at("labels/pod").is("web-1") && alert.at("labels/namespace").is("shop")
        );
        assert!(alert.at("annotations/summary").is("Pod is not ready"));
        assert_eq!(set.outputs.len(), 1);
    }

    #[test]
    fn objects_of_kubernetes_are_not_mistaken_for_alerts() {
        let set =
            set_of(r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"},"alerts":[{"labels":{}}],"labels":{"alertname":"x"}}"#);
        assert_eq!((set.alerts.len(), set.objects.len()), (0, 1));
    }
}
