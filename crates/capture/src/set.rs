//! Everything that was read from one input: sources, objects, logs, outputs, and what could not be read.

use std::collections::BTreeSet;

use assent_base::{Kind, ObjectRef, Timestamp};

use crate::source::{Section, Source, SourceId};
use crate::tree::{At, Key, Node, Value};
use crate::yaml;

/// How an object was printed, poorest first. Where two print the same field, the richer one is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A part of an object, in a file that somebody means to apply.
    Patch,
    /// A file that somebody means to apply; no API server printed it.
    Manifest,
    /// A row of a table.
    Row,
    /// `kubectl describe`.
    Describe,
    /// The object as the API server serves it, in JSON or YAML.
    Full,
}

/// One object as one source printed it.
#[derive(Debug, Clone)]
pub struct Object {
    /// Which object.
    pub reference: ObjectRef,
    /// Its fields, shaped like the API's.
    pub root: Node,
    /// Where it was printed.
    pub source: SourceId,
    /// How it was printed.
    pub origin: Origin,
}

/// A structure that is no object: an alert, a sample of a metric, a span of a trace.
#[derive(Debug, Clone)]
pub struct Loose {
    /// Its fields.
    pub root: Node,
    /// Where it was printed.
    pub source: SourceId,
}

/// What a command printed that no reader knows. Kept, because its words may still be evidence.
#[derive(Debug, Clone)]
pub struct Output {
    /// The command as typed.
    pub command: Box<str>,
    /// Where its output is.
    pub source: SourceId,
    /// Offset of the output.
    pub start: u64,
    /// Length of the output in bytes.
    pub len: u64,
}

/// One line of a log, or a run of lines that differ only in figures.
#[derive(Debug, Clone, PartialEq)]
pub struct LogLine {
    /// Offset of the line, the last of the run.
    pub start: u64,
    /// Its length in bytes, cut at [`crate::source::QUOTE_BYTES_MAX`].
    pub len: u32,
    /// The line's own time stamp, if it begins with one or carries one in a known JSON field.
    pub time: Option<Timestamp>,
    /// How many lines the run has.
    pub count: u64,
    /// Position of the line in the log, from 1.
    pub line: u64,
}

/// The log of a container, or what of it is kept.
#[derive(Debug, Clone)]
pub struct LogStream {
    /// The pod; or the workload, when the command named one.
    pub of: ObjectRef,
    /// The container, when known.
    pub container: Option<Box<str>>,
    /// Whether this is the log of the container's previous run.
    pub previous: bool,
    /// Where the log is.
    pub source: SourceId,
    /// The lines that are kept, in order: the first, the last, and one for each kind of complaint.
    pub lines: Vec<LogLine>,
    /// Lines in all.
    pub lines_total: u64,
}

/// Something of the input that could not be read, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where: a path, a command, a request.
    pub place: Box<str>,
    /// What is wrong and what would settle it.
    pub what: Box<str>,
}

/// Says that every object of a kind in a scope was listed, so that absence means absence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// The kind.
    pub kind: Kind,
    /// The namespace; none for all of them.
    pub namespace: Option<Box<str>>,
}

/// What the surroundings of a text say about the objects in it.
#[derive(Debug, Clone, Default)]
pub struct Hint {
    /// The kind that was asked for.
    pub kind: Option<Kind>,
    /// The namespace that was asked in.
    pub namespace: Option<Box<str>>,
    /// Whether the text lists all there is of the kind in the namespace (in the cluster, if none is given).
    pub complete: bool,
}

/// Everything that was read from one input.
#[derive(Debug, Default)]
pub struct CaptureSet {
    /// The texts, by [`SourceId`].
    pub sources: Vec<Source>,
    /// The objects, in reading order: later ones are later captures. Events are among them.
    pub objects: Vec<Object>,
    /// The logs.
    pub logs: Vec<LogStream>,
    /// Alerts, shaped like Alertmanager's: `labels`, `annotations`, `status`.
    pub alerts: Vec<Loose>,
    /// Samples, shaped like Prometheus's: `metric`, `value` or `values`, and the `query` where known.
    pub samples: Vec<Loose>,
    /// Spans of traces: `service`, `name`, `duration_ms`, `parent`, `attributes`.
    pub spans: Vec<Loose>,
    /// Outputs of commands that no reader knows.
    pub outputs: Vec<Output>,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// Which kinds were listed whole.
    pub listed: BTreeSet<Listed>,
    /// Objects that the API server said do not exist.
    pub not_found: Vec<(ObjectRef, crate::source::Cite)>,
    /// Objects that the person who captured asked about by name, in order.
    pub asked: Vec<ObjectRef>,
    /// When the capture was taken, if the input says so.
    pub taken_at: Option<Timestamp>,
    /// Objects of kinds that no rule looks at.
    pub unexamined: u64,
}

impl CaptureSet {
    /// Keeps a source and names it.
    pub fn add_source(&mut self, source: Source) -> SourceId {
        let id = SourceId(u32::try_from(self.sources.len()).unwrap_or(u32::MAX));
        self.sources.push(source);
        id
    }

    /// The source with this id. Ids come from [`CaptureSet::add_source`] alone, so a miss is an empty source.
    #[must_use]
    pub fn source(&self, id: SourceId) -> Option<&Source> {
        self.sources.get(id.0 as usize)
    }

    /// Opens a titled part of a source.
    pub fn begin_section(&mut self, id: SourceId, start: u64, title: &str) {
        if let Some(source) = self.sources.get_mut(id.0 as usize) {
            source.sections.push(Section { start, title: title.into() });
        }
    }

    /// Notes something that could not be read.
    pub fn problem(&mut self, place: &str, what: impl Into<Box<str>>) {
        self.problems.push(Problem { place: place.into(), what: what.into() });
    }

    /// The root of an object.
    #[must_use]
    pub fn root<'a>(&'a self, object: &'a Object) -> Option<At<'a>> {
        Some(At::root(object.source, self.source(object.source)?, &object.root))
    }

    /// The root of a structure that is no object.
    #[must_use]
    pub fn loose<'a>(&'a self, loose: &'a Loose) -> Option<At<'a>> {
        Some(At::root(loose.source, self.source(loose.source)?, &loose.root))
    }

    /// Admits a tree that should be an object or a list of objects. Returns how many objects were in it.
    pub fn admit(&mut self, source: SourceId, origin: Origin, root: Node, hint: &Hint) -> usize {
        let Some(text) = self.source(source) else { return 0 };
        let at = At::root(source, text, &root);
        let kind = at.get("kind").text_or_empty().to_owned();
        if kind.ends_with("List") && at.get("items").exists() {
            let item_kind = match kind.strip_suffix("List").filter(|word| !word.is_empty()) {
                Some(word) => Some(kind_in_group(word, at)),
                None => hint.kind.clone(),
            };
            let hint = Hint { kind: item_kind.or_else(|| hint.kind.clone()), ..hint.clone() };
            return self.admit_list(source, origin, root, &hint);
        }
        if kind == "Kustomization" {
            return self.admit_patches(source, &root);
        }
        if kind.is_empty() && at.get("items").exists() {
            return self.admit_list(source, origin, root, hint);
        }
        if let Value::List(items) = root.value {
            return items.into_iter().map(|item| self.admit(source, origin, item, hint)).sum();
        }
        usize::from(self.admit_one(source, origin, root, hint))
    }

    /// Admits the patches that a kustomization spells out: parts of objects that somebody means to apply.
    fn admit_patches(&mut self, source: SourceId, root: &Node) -> usize {
        let Some(text) = self.source(source) else { return 0 };
        let at = At::root(source, text, root);
        let mut parsed = Vec::new();
        for patch in at.get("patches").items().map(|patch| patch.get("patch")).chain(at.get("patchesStrategicMerge").items()) {
            let Some((start, words)) = patch.raw() else { continue };
            // A block may begin with its mark, `|-`, on a line of its own; its first line is indented like the others.
            let skipped = if words.starts_with(['|', '>']) { words.find('\n').map_or(words.len(), |end| end + 1) } else { 0 };
            let before = text.text().get(..start + skipped).unwrap_or_default();
            let from = before.trim_end_matches(' ').len();
            let block = text.text().get(from..start + words.len()).unwrap_or_default();
            parsed.extend(yaml::parse(block, from).0);
        }
        parsed.into_iter().map(|node| self.admit(source, Origin::Patch, node, &Hint::default())).sum()
    }

    fn admit_list(&mut self, source: SourceId, origin: Origin, mut root: Node, hint: &Hint) -> usize {
        let items = match root.get_mut(&["items"]).map(|node| std::mem::replace(&mut node.value, Value::Null)) {
            Some(Value::List(items)) => items,
            _ => Vec::new(),
        };
        if let (true, Some(kind)) = (hint.complete, &hint.kind) {
            self.listed.insert(Listed { kind: kind.clone(), namespace: hint.namespace.clone() });
        }
        items.into_iter().map(|item| self.admit(source, origin, item, hint)).sum()
    }

    fn admit_one(&mut self, source: SourceId, origin: Origin, mut root: Node, hint: &Hint) -> bool {
        let Some(text) = self.source(source) else { return false };
        let at = At::root(source, text, &root);
        let own_kind = at.get("kind").text();
        let asked_event = hint.kind == Some(Kind::Event) && at.get("reason").exists();
        let kind = match own_kind {
            _ if asked_event => Kind::Event,
            Some(word) => kind_in_group(word, at),
            None => match &hint.kind {
                Some(kind) => kind.clone(),
                None => return false,
            },
        };
        let name = at.at("metadata/name").text_or_empty();
        if name.is_empty() && kind != Kind::Event {
            return false;
        }
        let namespace = at.at("metadata/namespace").text().or_else(|| at.at("involvedObject/namespace").text());
        let reference = ObjectRef::new(kind, namespace.or(hint.namespace.as_deref()), name);
        if matches!(reference.kind, Kind::Other(ref word) if &**word != "PodMetrics" && &**word != "NodeMetrics") {
            self.unexamined += 1;
        }
        if reference.kind == Kind::Secret {
            forget_values(&mut root);
        }
        self.objects.push(Object { reference, root, source, origin });
        true
    }
}

/// The kind of this word in the API group that the value names; other groups' kinds of the same word are kept by name, with the group.
fn kind_in_group(word: &str, at: At<'_>) -> Kind {
    let kind = Kind::named(word);
    let group = at.get("apiVersion").text().map(|version| version.split_once('/').map_or("", |(group, _)| group));
    match group {
        Some(group) if kind.group().is_some() && !kind.in_group(group) => Kind::Other(format!("{word}.{group}").into()),
        _ => kind,
    }
}

/// Drops the values of a Secret, and keeps its keys.
fn forget_values(secret: &mut Node) {
    if let Value::Map(fields) = &mut secret.value {
        for (_, field) in fields.iter_mut().filter(|(key, _)| matches!(&**key, "data" | "stringData")) {
            if let Value::Map(entries) = &mut field.value {
                entries.iter_mut().for_each(|(_, node)| *node = Node::synthetic(Value::Null));
            } else {
                field.value = Value::Null;
            }
        }
    }
    if let Some(node) = secret.get_mut(&["metadata", "annotations"]) {
        node.value = Value::Map(Vec::<(Key, Node)>::new());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    fn set_of(text: &str, hint: &Hint) -> CaptureSet {
        let mut set = CaptureSet::default();
        let source = set.add_source(Source::whole("t", text.into()));
        let node = json::parse(text, 0).unwrap();
        set.admit(source, Origin::Full, node, hint);
        set
    }

    #[test]
    fn lists_within_lists_are_flattened_and_named() {
        let text = r#"{"kind":"List","items":[{"kind":"PodList","items":[{"metadata":{"name":"a","namespace":"n"}}]},
            {"kind":"Service","metadata":{"name":"s","namespace":"n"}}]}"#;
        let set = set_of(text, &Hint::default());
        let names: Vec<String> = set.objects.iter().map(|object| object.reference.to_string()).collect();
        assert_eq!(names, ["Pod n/a", "Service n/s"]);
    }

    #[test]
    fn a_complete_empty_list_is_remembered_as_absence() {
        let hint = Hint { kind: None, namespace: Some("n".into()), complete: true };
        let set = set_of(r#"{"kind":"ConfigMapList","items":[]}"#, &hint);
        assert!(set.listed.contains(&Listed { kind: Kind::ConfigMap, namespace: Some("n".into()) }));
    }

    #[test]
    fn a_kind_of_another_group_is_not_mistaken_for_the_one_we_know() {
        let set = set_of(r#"{"apiVersion":"gizmo.io/v1","kind":"Node","metadata":{"name":"a","namespace":"n"}}"#, &Hint::default());
        assert_eq!(set.objects.first().unwrap().reference.kind, Kind::Other("Node.gizmo.io".into()));
        assert_eq!(set.unexamined, 1);
    }

    #[test]
    fn patches_of_a_kustomization_are_objects_that_somebody_means_to_apply() {
        let text = "kind: Kustomization\npatches:\n- patch: |-\n    kind: Deployment\n    metadata:\n      name: web\n    spec:\n      replicas: 3\nnamespace: shop\n";
        let mut set = CaptureSet::default();
        let source = set.add_source(Source::whole("t", text.into()));
        let (nodes, _) = yaml::parse(text, 0);
        for node in nodes {
            set.admit(source, Origin::Full, node, &Hint::default());
        }
        let object = set.objects.first().unwrap();
        assert_eq!((object.reference.to_string().as_str(), object.origin), ("Deployment web", Origin::Patch));
        let cite = set.root(object).unwrap().at("spec/replicas").cite().unwrap();
        assert_eq!(set.sources[0].slice(cite.start, cite.len), Some("replicas: 3"));
    }

    #[test]
    fn secrets_keep_their_keys_and_lose_their_values() {
        let set = set_of(r#"{"kind":"Secret","metadata":{"name":"s"},"data":{"password":"aHVudGVyMg=="}}"#, &Hint::default());
        assert!(!format!("{:?}", set.objects).contains("aHVudGVyMg"));
        let root = set.root(set.objects.first().unwrap()).unwrap();
        assert_eq!(root.get("data").entries().map(|(key, _)| key.to_owned()).collect::<Vec<_>>(), ["password"]);
    }
}
