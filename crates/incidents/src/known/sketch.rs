//! What others need to know of a pod or a Service that is not theirs: that it exists, where, and what it takes.

use assent_base::{Kind, ObjectRef};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The sketch of an object, as JSON; none for kinds that others do not ask after.
pub(crate) fn of(object: &ObjectRef, body: &str) -> Option<Box<str>> {
    let drawn = match object.kind {
        Kind::Pod => serde_json::from_str::<Pod<'_>>(body).ok().and_then(|pod| serde_json::to_string(&pod).ok()),
        Kind::Service => serde_json::from_str::<Service<'_>>(body).ok().and_then(|service| serde_json::to_string(&service).ok()),
        _ => None,
    };
    drawn.map(String::into_boxed_str)
}

#[derive(Serialize, Deserialize)]
struct Pod<'a> {
    #[serde(default = "pod_kind")]
    kind: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    metadata: Metadata<'a>,
    #[serde(borrow, default)]
    spec: PodSpec<'a>,
    #[serde(borrow, default)]
    status: PodStatus<'a>,
}

fn pod_kind() -> std::borrow::Cow<'static, str> {
    "Pod".into()
}

#[derive(Serialize, Deserialize)]
struct Metadata<'a> {
    #[serde(borrow)]
    name: &'a RawValue,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    namespace: Option<&'a RawValue>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    labels: Option<&'a RawValue>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PodSpec<'a> {
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    node_name: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    overhead: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Vec::is_empty")]
    init_containers: Vec<Container<'a>>,
    #[serde(borrow, skip_serializing_if = "Vec::is_empty")]
    containers: Vec<Container<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Container<'a> {
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    image: Option<&'a RawValue>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    resources: Option<&'a RawValue>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    restart_policy: Option<&'a RawValue>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PodStatus<'a> {
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    phase: Option<&'a RawValue>,
    #[serde(rename = "podIP", borrow, skip_serializing_if = "Option::is_none")]
    pod_ip: Option<&'a RawValue>,
}

#[derive(Serialize, Deserialize)]
struct Service<'a> {
    #[serde(default = "service_kind")]
    kind: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    metadata: Metadata<'a>,
    #[serde(borrow, default)]
    spec: ServiceSpec<'a>,
}

fn service_kind() -> std::borrow::Cow<'static, str> {
    "Service".into()
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ServiceSpec<'a> {
    #[serde(rename = "type", borrow, skip_serializing_if = "Option::is_none")]
    kind: Option<&'a RawValue>,
    #[serde(rename = "clusterIP", borrow, skip_serializing_if = "Option::is_none")]
    cluster_ip: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    ports: Option<&'a RawValue>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sketch_keeps_what_a_pod_takes_and_drops_what_it_says() {
        let pod = r#"{"kind":"Pod","metadata":{"name":"a","namespace":"n","uid":"u"},"spec":{"nodeName":"n1","containers":[{"name":"c",
            "env":[{"name":"A","value":"b"}],"resources":{"requests":{"cpu":"1"}}}]},"status":{"phase":"Running","message":"m"}}"#;
        let sketch = of(&ObjectRef::new(Kind::Pod, Some("n"), "a"), pod).unwrap();
        assert_eq!(
            &*sketch,
            r#"{"kind":"Pod","metadata":{"name":"a","namespace":"n"},"spec":{"nodeName":"n1","containers":[{"resources":{"requests":{"cpu":"1"}}}]},"status":{"phase":"Running"}}"#
        );
    }
}
