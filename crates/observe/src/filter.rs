//! What of a cluster is sent at all.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What is left out. By default nothing is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Filter {
    /// Only these namespaces; all if empty. `team-*` means every namespace that begins so.
    pub namespaces: Choice,
    /// Only objects with one of these labels: `team` or `team=red`. Objects of the whole cluster and events have none of their own and pass.
    pub labels: Choice,
    /// Kinds: `ConfigMap`.
    pub kinds: Choice,
    /// Of events that are no warnings, one in so many is sent, the same ones each time. 0 sends none of them.
    #[serde(default = "all")]
    pub normal_events_one_in: Sample,
}

/// What is in and what is out. Out goes before in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Choice {
    /// If there are any, nothing else is in.
    pub include: Vec<String>,
    /// These are out.
    pub exclude: Vec<String>,
}

/// One in how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sample(pub u32);

impl Default for Sample {
    fn default() -> Self {
        all()
    }
}

fn all() -> Sample {
    Sample(1)
}

impl Choice {
    fn takes(&self, is: impl Fn(&str) -> bool) -> bool {
        !self.exclude.iter().any(|pattern| is(pattern)) && (self.include.is_empty() || self.include.iter().any(|pattern| is(pattern)))
    }
}

impl Filter {
    /// Whether objects of this kind are read at all.
    #[must_use]
    pub fn takes_kind(&self, kind: &str) -> bool {
        self.kinds.takes(|pattern| pattern.eq_ignore_ascii_case(kind))
    }

    /// Whether this namespace is looked at.
    #[must_use]
    pub fn takes_namespace(&self, namespace: &str) -> bool {
        self.namespaces.takes(|pattern| match pattern.strip_suffix('*') {
            Some(start) => namespace.starts_with(start),
            None => pattern == namespace,
        })
    }

    /// The namespaces to ask for one by one; none if the whole cluster is to be asked.
    #[must_use]
    pub fn only_namespaces(&self) -> Vec<String> {
        let include = &self.namespaces.include;
        if include.len() > ASKED_ONE_BY_ONE_MAX || include.iter().any(|pattern| pattern.ends_with('*')) {
            return Vec::new();
        }
        include.iter().filter(|name| self.takes_namespace(name)).cloned().collect()
    }

    /// Whether an object is sent.
    pub(crate) fn takes(&self, kind: &str, object: &Value) -> bool {
        let metadata = object.get("metadata");
        let namespace = metadata.and_then(|metadata| metadata.get("namespace")).and_then(Value::as_str);
        let own_name = metadata.and_then(|metadata| metadata.get("name")).and_then(Value::as_str).filter(|_| kind == "Namespace");
        if !namespace.or(own_name).is_none_or(|namespace| self.takes_namespace(namespace)) {
            return false;
        }
        match (kind, namespace) {
            ("Event", _) => self.takes_event(object),
            (_, None) => true,
            (_, Some(_)) => self.takes_labels(metadata.and_then(|metadata| metadata.get("labels"))),
        }
    }

    fn takes_labels(&self, labels: Option<&Value>) -> bool {
        self.labels.takes(|pattern| match pattern.split_once('=') {
            Some((key, value)) => labels.and_then(|labels| labels.get(key)).and_then(Value::as_str) == Some(value),
            None => labels.is_some_and(|labels| labels.get(pattern).is_some()),
        })
    }

    /// An event that repeats keeps its name, so it stays in or out.
    fn takes_event(&self, event: &Value) -> bool {
        let is_normal = event.get("type").and_then(Value::as_str) == Some("Normal");
        let Sample(one_in) = self.normal_events_one_in;
        if !is_normal || one_in == 1 {
            return true;
        }
        let name = event.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
        fingerprint(name.as_bytes()).checked_rem(u64::from(one_in)) == Some(0)
    }
}

/// More namespaces than this are not asked one by one.
pub const ASKED_ONE_BY_ONE_MAX: usize = 20;

/// FNV-1a, 64 bits: spreads names evenly and is the same in every run. Nothing that matters hangs on it.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn filter(text: &str) -> Filter {
        serde_json::from_str(text).unwrap()
    }

    fn pod(namespace: &str, labels: Value) -> Value {
        json!({"metadata": {"name": "a", "namespace": namespace, "labels": labels}})
    }

    #[test]
    fn by_default_everything_passes() {
        assert!(Filter::default().takes("Pod", &pod("shop", json!({}))));
        assert!(Filter::default().takes("Event", &json!({"type": "Normal", "metadata": {"name": "e", "namespace": "shop"}})));
    }

    #[test]
    fn namespaces_are_taken_by_name_or_beginning_and_out_goes_before_in() {
        let filter = filter(r#"{"namespaces": {"include": ["shop", "team-*"], "exclude": ["team-red"]}}"#);
        for (namespace, expected) in [("shop", true), ("shops", false), ("team-blue", true), ("team-red", false), ("kube-system", false)] {
            assert_eq!(filter.takes("Pod", &pod(namespace, json!({}))), expected, "{namespace}");
            assert_eq!(filter.takes("Namespace", &json!({"metadata": {"name": namespace}})), expected, "{namespace}");
        }
        assert!(filter.takes("Node", &json!({"metadata": {"name": "shops"}})));
        assert!(filter.only_namespaces().is_empty(), "a pattern cannot be asked for");
    }

    #[test]
    fn labels_are_taken_by_key_or_by_value() {
        let filter = filter(r#"{"labels": {"include": ["team=red", "app"], "exclude": ["secretive"]}}"#);
        assert!(filter.takes("Pod", &pod("shop", json!({"team": "red"}))));
        assert!(filter.takes("Pod", &pod("shop", json!({"app": "x"}))));
        assert!(!filter.takes("Pod", &pod("shop", json!({"team": "blue"}))));
        assert!(!filter.takes("Pod", &pod("shop", json!({"team": "red", "secretive": "yes"}))));
        assert!(filter.takes("Node", &json!({"metadata": {"name": "n"}})));
    }

    #[test]
    fn of_normal_events_one_in_so_many_passes_and_every_warning() {
        let filter = filter(r#"{"normal_events_one_in": 4}"#);
        let event = |name: usize, word: &str| json!({"type": word, "metadata": {"name": format!("pod-{name}.17a"), "namespace": "shop"}});
        let passed = (0..1_000).filter(|name| filter.takes("Event", &event(*name, "Normal"))).count();
        assert!((200..300).contains(&passed), "{passed}");
        assert!((0..1_000).all(|name| filter.takes("Event", &event(name, "Warning"))));
        let none = Filter { normal_events_one_in: Sample(0), ..Filter::default() };
        assert!(!none.takes("Event", &event(1, "Normal")) && none.takes("Event", &event(1, "Warning")));
    }

    #[test]
    fn a_word_that_is_not_known_is_refused() {
        assert!(serde_json::from_str::<Filter>(r#"{"namespace": {}}"#).is_err());
        assert!(serde_json::from_str::<Filter>(r#"{"kinds": {"only": []}}"#).is_err());
    }
}
