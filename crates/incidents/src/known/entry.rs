//! One object as it is kept: its JSON, and what has to be known of it without reading it again.

use std::hash::{DefaultHasher, Hash, Hasher};

use assent_base::{Digest, Kind, ObjectRef, Timestamp};
use assent_capture::json;
use assent_capture::set::{CaptureSet, Hint, Origin};
use assent_capture::source::Source;
use assent_capture::tree::At;
use assent_evidence::events;

use super::links;
use super::place::Place;
use super::sketch;
use crate::fact::{BadFact, OBJECT_BYTES_MAX};

/// Fields that change without anything having changed.
const RESTLESS: [&str; 5] = ["resourceVersion", "managedFields", "lastHeartbeatTime", "lastProbeTime", "images"];

/// An object that is known.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) body: Box<str>,
    pub(crate) digest: Digest,
    pub(crate) uid: Option<Box<str>>,
    pub(crate) version: Option<u64>,
    /// When it was last seen, changed or not.
    pub(crate) seen_at: Timestamp,
    /// When what it says last changed.
    pub(crate) changed_at: Timestamp,
    pub(crate) place: Place,
    pub(crate) links: Vec<Place>,
    /// Addresses that it has.
    pub(crate) addresses: Vec<Box<str>>,
    /// What others need to know of it.
    pub(crate) sketch: Option<Box<str>>,
    /// Whether it may serve ingresses or gateways, or every node.
    pub(crate) serves: bool,
    /// Two objects that say the same have the same gist. Good for this run of the program only.
    pub(crate) gist: u64,
    pub(crate) generation: Option<i64>,
    /// What it speaks of, if it is an event.
    pub(crate) about: Option<ObjectRef>,
}

/// Reads an object.
pub(crate) fn read(body: &str, at: Timestamp) -> Result<(ObjectRef, Entry), BadFact> {
    if body.len() > OBJECT_BYTES_MAX {
        return Err(BadFact::TooMuch { what: "bytes of an object", limit: OBJECT_BYTES_MAX });
    }
    let node = json::parse(body, 0).map_err(|error| BadFact::Json(error.to_string()))?;
    let mut set = CaptureSet::default();
    let source = set.add_source(Source::whole("", body.into()));
    {
        let Some(text) = set.source(source) else { return Err(BadFact::NotAnObject) };
        let root = At::root(source, text, &node);
        let kind = root.get("kind").text_or_empty();
        if kind == "Secret" || kind == "SecretList" {
            return Err(BadFact::Secret);
        }
        if kind.ends_with("List") && root.get("items").exists() {
            return Err(BadFact::NotAnObject);
        }
    }
    if set.admit(source, Origin::Full, node, &Hint::default()) != 1 {
        return Err(BadFact::NotAnObject);
    }
    let Some(object) = set.objects.first() else { return Err(BadFact::NotAnObject) };
    let reference = object.reference.clone();
    let Some(root) = set.root(object) else { return Err(BadFact::NotAnObject) };
    let known = Kind::KNOWN.contains(&reference.kind);
    if reference.name.is_empty() || (known && reference.kind.is_namespaced() && reference.namespace.is_none()) {
        return Err(BadFact::NotAnObject);
    }
    let mut hasher = DefaultHasher::new();
    gist(root, 0, &mut hasher);
    let text = |path: &str| root.at(path).text().map(Into::into);
    let entry = Entry {
        body: body.into(),
        digest: Digest::of(body.as_bytes()),
        uid: text("metadata/uid"),
        version: root.at("metadata/resourceVersion").text().and_then(|version| version.parse().ok()),
        seen_at: at,
        changed_at: at,
        place: Place::of(&reference, root),
        links: links::of(&reference, root),
        addresses: addresses(&reference, root),
        sketch: sketch::of(&reference, body),
        serves: serves(&reference, root),
        gist: hasher.finish(),
        generation: root.at("metadata/generation").int(),
        about: if reference.kind == Kind::Event { events::involved(root) } else { None },
    };
    Ok((reference, entry))
}

impl Entry {
    /// Whether this says something older of an object than the other does.
    pub(crate) fn is_older_than(&self, other: &Entry) -> bool {
        match (self.version, other.version) {
            (Some(own), Some(others)) => own < others,
            _ => self.seen_at < other.seen_at,
        }
    }
}

/// Hashes what an object says, less what is restless in it.
fn gist(at: At<'_>, depth: usize, into: &mut DefaultHasher) {
    if depth > 64 {
        return;
    }
    let mut any = false;
    for (key, value) in at.entries() {
        if !RESTLESS.contains(&key) {
            any = true;
            key.hash(into);
            gist(value, depth + 1, into);
        }
    }
    for item in at.items() {
        any = true;
        1_u8.hash(into);
        gist(item, depth + 1, into);
    }
    if !any {
        match at.text() {
            Some(text) => text.hash(into),
            None => at.scalar().hash(into),
        }
    }
    2_u8.hash(into);
}

fn addresses(object: &ObjectRef, root: At<'_>) -> Vec<Box<str>> {
    let one = match object.kind {
        Kind::Service => root.at("spec/clusterIP").text(),
        Kind::Pod => root.at("status/podIP").text(),
        _ => None,
    };
    one.filter(|text| !text.is_empty() && *text != "None").map(Into::into).into_iter().collect()
}

/// Words of the names of those who serve ingresses and gateways.
const SERVING: [&str; 9] = ["ingress", "gateway", "traefik", "haproxy", "contour", "envoy", "kong", "nginx-controller", "istio"];

fn serves(object: &ObjectRef, root: At<'_>) -> bool {
    // What runs on every node may be the network, the storage or the proxy of it.
    if object.kind != Kind::Deployment {
        return object.kind == Kind::DaemonSet;
    }
    let labels = root.at("metadata/labels").entries().filter_map(|(_, value)| value.text());
    std::iter::once(&*object.name).chain(labels).any(|word| SERVING.iter().any(|serving| word.contains(serving)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gist_of(body: &str) -> u64 {
        read(body, Timestamp::UNIX_EPOCH).unwrap().1.gist
    }

    #[test]
    fn a_heartbeat_changes_nothing_and_a_condition_does() {
        let node = |beat: &str, ready: &str| {
            format!(
                r#"{{"kind":"Node","metadata":{{"name":"n","resourceVersion":"{}"}},"status":{{"conditions":[
                {{"type":"Ready","status":"{ready}","lastHeartbeatTime":"{beat}"}}]}}}}"#,
                beat.len()
            )
        };
        assert_eq!(gist_of(&node("2026-01-01T00:00:00Z", "True")), gist_of(&node("2026-01-01T00:05:00.5Z", "True")));
        assert_ne!(gist_of(&node("2026-01-01T00:00:00Z", "True")), gist_of(&node("2026-01-01T00:00:00Z", "False")));
    }

    #[test]
    fn what_is_no_single_object_is_refused() {
        let refused = |body: &str| read(body, Timestamp::UNIX_EPOCH).unwrap_err();
        assert_eq!(refused(r#"{"kind":"Secret","metadata":{"name":"s","namespace":"n"},"data":{"a":"Yg=="}}"#), BadFact::Secret);
        assert_eq!(refused(r#"{"kind":"PodList","items":[]}"#), BadFact::NotAnObject);
        assert_eq!(refused(r#"{"kind":"Pod","metadata":{"name":"p"}}"#), BadFact::NotAnObject);
        assert_eq!(refused(r#"{"kind":"Pod","metadata":{"namespace":"p"}}"#), BadFact::NotAnObject);
        assert_eq!(refused("[]"), BadFact::NotAnObject);
        assert!(matches!(refused("{"), BadFact::Json(_)));
    }
}
