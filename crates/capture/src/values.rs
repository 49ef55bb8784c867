//! JSON and YAML that stands in a source: parsed, rid of Secrets, and admitted as objects, alerts, samples or spans.

use std::ops::Range;

use assent_base::Kind;

use crate::set::{CaptureSet, Hint, Origin};
use crate::source::SourceId;
use crate::tree::{At, Node, Value};
use crate::{json, prometheus, secrets, traces, yaml};

/// How values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Yaml,
}

/// What is known of the values beforehand.
#[derive(Debug, Clone, Default)]
pub(crate) struct About {
    pub(crate) hint: Hint,
    /// How they were printed; none to judge by what they hold.
    pub(crate) origin: Option<Origin>,
    /// Whether a list of the hint's kind may be taken as all there is in the namespaces that it shows.
    pub(crate) infer_whole: bool,
    /// The query that was asked of Prometheus.
    pub(crate) query: Option<String>,
    /// Whether what does not say its kind may be a Secret.
    pub(crate) may_be_secret: bool,
}

/// What became of values.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Objects and other structures that were admitted.
    pub(crate) admitted: usize,
    /// Why reading stopped early.
    pub(crate) error: Option<String>,
}

/// Reads the values in a part of a source.
pub(crate) fn read(set: &mut CaptureSet, source: SourceId, part: Range<usize>, format: Format, about: &About) -> Outcome {
    let Some(text) = set.source(source).and_then(|source| source.text().get(part.clone())) else { return Outcome::default() };
    let (mut nodes, error) = match format {
        Format::Json => parse_json(text, part.start),
        Format::Yaml => yaml::parse(text, part.start),
    };
    let assumed = about.may_be_secret || about.hint.kind == Some(Kind::Secret);
    if assumed || secrets::may_hold(text) {
        rewrite(set, source, |whole| {
            secrets::blank(whole, part.clone(), &nodes, assumed);
            if error.is_some() {
                secrets::blank_unread(whole, part.clone());
            }
        });
        if error.is_some() {
            // Their values may be blanked too, and blanks are no values.
            nodes.retain(|node| !is_of_kind(set, source, node, Kind::ConfigMap.as_str()));
        }
    }
    let mut admitted = nodes.into_iter().map(|node| admit(set, source, node, about)).sum();
    if admitted == 0 && format == Format::Json && error.is_some() {
        admitted = cut_off(set, source, part, about);
    }
    Outcome { admitted, error }
}

fn parse_json(text: &str, base: usize) -> (Vec<Node>, Option<String>) {
    match json::parse(text, base) {
        Ok(node) => (vec![node], None),
        Err(_) => {
            let (nodes, error) = json::parse_stream(text, base);
            (nodes, error.map(|error| error.to_string()))
        }
    }
}

/// Reads what came before the cut of JSON that is cut off, if that is samples, alerts or spans: of those each stands for itself.
/// Of objects the first half says something else than the whole.
fn cut_off(set: &mut CaptureSet, source: SourceId, part: Range<usize>, about: &About) -> usize {
    let text = set.source(source).and_then(|source| source.text().get(part.clone())).unwrap_or_default();
    let Some(node) = json::mend(text).and_then(|mended| json::parse(&mended, part.start).ok()) else { return 0 };
    loose(set, source, node, about).unwrap_or(0)
}

fn loose(set: &mut CaptureSet, source: SourceId, node: Node, about: &About) -> Result<usize, Node> {
    let is_object = set
        .source(source)
        .map(|text| At::root(source, text, &node))
        .is_some_and(|at| at.get("kind").exists() && at.get("apiVersion").exists());
    if is_object || about.hint.kind.is_some() {
        return Err(node);
    }
    prometheus::take(set, source, node, about.query.as_deref()).or_else(|node| traces::take(set, source, node))
}

fn admit(set: &mut CaptureSet, source: SourceId, node: Node, about: &About) -> usize {
    let node = match loose(set, source, node, about) {
        Ok(count) => return count,
        Err(node) => node,
    };
    let Some(text) = set.source(source) else { return 0 };
    let at = At::root(source, text, &node);
    let origin = about.origin.unwrap_or(if printed_by_server(at) { Origin::Full } else { Origin::Manifest });
    let hint = if about.infer_whole { inferred(at, &about.hint) } else { about.hint.clone() };
    set.admit(source, origin, node, &hint)
}

fn is_of_kind(set: &CaptureSet, source: SourceId, node: &Node, kind: &str) -> bool {
    set.source(source).is_some_and(|text| At::root(source, text, node).get("kind").is(kind))
}

/// Whether a value, or an item of it, has what only an API server gives an object.
fn printed_by_server(at: At<'_>) -> bool {
    let own = |at: At<'_>| {
        let metadata = at.get("metadata");
        ["uid", "resourceVersion", "creationTimestamp"].iter().any(|key| metadata.get(key).exists())
            || at.get("status").entries().next().is_some()
    };
    own(at) || at.get("items").items().any(own) || at.items().any(own)
}

/// A list named after a kind holds all there is of it in the namespaces that it shows: one, or the cluster if there are several.
fn inferred(at: At<'_>, hint: &Hint) -> Hint {
    let mut namespaces = at.get("items").items().map(|item| item.at("metadata/namespace").text());
    let Some(first) = namespaces.next() else { return hint.clone() };
    let several = namespaces.any(|other| other != first);
    Hint { namespace: if several { None } else { first.map(Into::into) }, complete: true, ..hint.clone() }
}

/// Changes the text of a source in place, where its length and its parts stay.
pub(crate) fn rewrite(set: &mut CaptureSet, id: SourceId, change: impl FnOnce(&mut String)) {
    if let Some(source) = set.sources.get_mut(id.0 as usize) {
        source.rewrite(change);
    }
}

/// Whether a text begins as JSON, or as YAML of Kubernetes objects.
pub(crate) fn sniff(text: &str) -> Option<Format> {
    let start = text.trim_start_matches('\u{feff}').trim_start();
    if starts_json(start) {
        return Some(Format::Json);
    }
    let begins = |line: &str| ["apiVersion:", "kind:", "- apiVersion:", "items:", "metadata:"].iter().any(|key| line.starts_with(key));
    let mut lines = start.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    lines.find(|line| *line != "---").is_some_and(begins).then_some(Format::Yaml)
}

/// A brace or bracket, and then what can follow one in JSON: `[INFO] x` is a log line, and no list.
fn starts_json(text: &str) -> bool {
    let mut chars = text.chars();
    let opens = chars.next();
    let next = chars.as_str().trim_start().chars().next();
    match opens {
        Some('{') => matches!(next, Some('"' | '}') | None),
        Some('[') => matches!(next, Some('{' | '[' | '"' | ']') | None),
        _ => false,
    }
}

/// Whether these are all that a list or map can hold no object of.
pub(crate) fn is_empty_value(node: &Node) -> bool {
    match &node.value {
        Value::Null => true,
        Value::List(items) => items.is_empty(),
        Value::Map(entries) => entries.is_empty(),
        _ => false,
    }
}
