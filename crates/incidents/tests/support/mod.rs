//! What the tests share: facts from the demo and from the repository's scenarios, and a watch that runs on a simulated clock.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its input has failed")]

#[path = "../../../scenarios/tests/support/mod.rs"]
mod files;

use assent_base::Timestamp;
use assent_base::id::ClusterId;
use assent_capture::set::CaptureSet;
use assent_capture::tree::At;
use assent_incidents::{Book, Fact, Known, Step};
use serde_json::{Value, json};

pub(crate) fn after(start: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_second(start.as_second() + seconds).unwrap()
}

pub(crate) fn fact(json: &Value) -> Fact {
    serde_json::from_str(&json.to_string()).unwrap()
}

/// A cluster under watch, by a clock of its own.
pub(crate) struct Watched {
    pub(crate) known: Known,
    pub(crate) book: Book,
    pub(crate) steps: Vec<(Timestamp, Step)>,
    pub(crate) examined: usize,
}

impl Watched {
    pub(crate) fn new() -> Self {
        let cluster = ClusterId::new(Timestamp::UNIX_EPOCH, [1; 10]);
        Self { known: Known::new(), book: Book::new(cluster), steps: Vec::new(), examined: 0 }
    }

    pub(crate) fn take(&mut self, facts: &[Value]) {
        for one in facts {
            self.known.apply(fact(one)).unwrap();
        }
    }

    /// Examines what is to be examined at an instant, and folds it.
    pub(crate) fn turn(&mut self, now: Timestamp) {
        self.known.pass(now);
        let mut steps = self.book.tick(now);
        let mut slices = self.known.dirty();
        slices.extend(self.book.waited_for().into_iter().filter(|(_, at)| *at <= now).map(|(slice, _)| slice));
        slices.dedup();
        for slice in slices {
            let examined = self.known.examine(&slice, now);
            self.examined += 1;
            steps.extend(self.book.fold(&examined, now));
        }
        self.steps.extend(steps.into_iter().map(|step| (now, step)));
    }
}

/// Every scenario of the repository, with its path.
pub(crate) fn scenarios() -> &'static [(String, String)] {
    static ALL: std::sync::LazyLock<Vec<(String, String)>> = std::sync::LazyLock::new(files::all);
    &ALL
}

/// A tree as JSON.
pub(crate) fn value(at: At<'_>) -> Value {
    let entries: Vec<_> = at.entries().collect();
    if !entries.is_empty() {
        return Value::Object(entries.into_iter().map(|(key, own)| (key.to_owned(), value(own))).collect());
    }
    let items: Vec<_> = at.items().collect();
    if !items.is_empty() {
        return Value::Array(items.into_iter().map(value).collect());
    }
    match at.text() {
        Some(text) => json!(text),
        None => at.scalar().map_or(Value::Null, |text| serde_json::from_str(&text).unwrap_or(json!(text))),
    }
}

/// The facts that a scenario's set comes to, as an observer would send them; none where it holds what no observer sends.
pub(crate) fn facts_of(set: &CaptureSet, at: Timestamp) -> Option<Vec<Value>> {
    let read_by_hand = !set.outputs.is_empty() || !set.spans.is_empty() || !set.alerts.is_empty() || !set.not_found.is_empty();
    if read_by_hand || !set.samples.is_empty() {
        return None;
    }
    let mut facts = Vec::new();
    for (number, object) in set.objects.iter().enumerate() {
        let mut body = value(set.root(object)?);
        let of = &object.reference;
        if of.kind.as_str() == "Secret" || !matches!(object.origin, assent_capture::set::Origin::Full) {
            return None;
        }
        let metadata = body.get_mut("metadata")?.as_object_mut()?;
        if of.kind.is_namespaced() {
            metadata.entry("namespace").or_insert_with(|| json!(of.namespace().unwrap_or("default")));
        }
        if of.kind.as_str() == "Event" {
            // An API server's event always names its object.
            set.root(object)?.at("involvedObject/name").text()?;
            metadata.entry("name").or_insert_with(|| json!(format!("event.{number}")));
        }
        facts.push(json!({"object": {"at": at, "body": body}}));
    }
    for log in &set.logs {
        let source = set.source(log.source)?;
        let text = if source.text().is_empty() { return None } else { source.text() };
        facts
            .push(json!({"log": {"at": at, "namespace": log.of.namespace()?, "pod": &*log.of.name, "container": log.container.as_deref()?,
            "previous": log.previous, "text": text}}));
    }
    for listed in &set.listed {
        facts.push(json!({"listed": {"at": at, "kind": listed.kind.as_str(), "namespace": listed.namespace.as_deref()}}));
    }
    Some(facts)
}
