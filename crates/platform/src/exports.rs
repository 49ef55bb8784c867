//! Everything of a tenant, as JSON lines.
//!
//! The first line says what the file is, the last how many lines of each kind came before, so that a file that was cut off shows. In
//! between: documents, signals of clusters, events, ledger records. Secrets that let somebody in are withheld: they are no data, and what
//! is kept of them would be of use to nobody else. The format is documented in `docs/export.md`.

use std::collections::{BTreeMap, VecDeque};

use assent_api::{Action, Code, Problem};
use assent_base::Timestamp;
use assent_http::streams::Export;
use assent_policy::Resource;
use assent_store::{Exported, Segments, Tenant};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use crate::caller::Caller;
use crate::desk::Desk;
use crate::ledger_api::Opened;
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;
use crate::records;

/// The version of the format.
const VERSION: u32 = 1;
/// Events that are read at once.
const EVENTS_AT_ONCE: u32 = 500;
/// Ledger records that are read at once.
const RECORDS_AT_ONCE: u64 = 512;
/// What is withheld: the kind of document, and the place in it.
const WITHHELD: &[(&str, &str)] = &[
    ("account", "/password"),
    ("alert_source", "/secret"),
    ("api_key", "/record/hash"),
    ("channel", "/target/key"),
    ("channel", "/target/url"),
    ("cluster", "/key/hash"),
    ("executor", "/key/hash"),
    // Answers that were given once can hold secrets that are shown once.
    ("idempotency", "/stored"),
    ("link", "/link/hash"),
    ("session", "/session/hash"),
    ("share", "/hash"),
];

/// What is still to come.
enum Part {
    Head,
    Documents(assent_store::Export),
    Streams(VecDeque<String>),
    Segments(Box<Segments>, String, VecDeque<String>),
    Events(u64),
    Records(u64),
    End,
    Over,
}

struct Walk {
    plane: ControlPlane,
    tenant: Tenant,
    now: Timestamp,
    part: Part,
    counts: BTreeMap<&'static str, u64>,
}

impl ControlPlane {
    /// Everything of the caller's tenant.
    pub(crate) async fn tenant_export(&self, caller: Caller) -> Result<Export, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let permit = desk.require(Action::TenantExport, Resource::of_tenant(desk.tenant_id())).await?;
        let intent = desk.intend(permit, json!({})).await?;
        let walk = Walk { plane: self.clone(), tenant: desk.tenant.clone(), now: desk.now, part: Part::Head, counts: BTreeMap::new() };
        let file_name = format!("{}.jsonl", desk.tenant_id());
        desk.close(intent, Ok(())).await?;
        let lines = futures_util::stream::try_unfold(walk, |mut walk| async move { Ok(walk.next().await?.map(|bytes| (bytes, walk))) });
        Ok(Export { content_type: "application/jsonl", file_name, bytes: Box::pin(lines) })
    }
}

impl Walk {
    /// The next lines; nothing after the last.
    async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        loop {
            let lines = match std::mem::replace(&mut self.part, Part::Over) {
                Part::Head => self.head(),
                Part::Documents(export) => self.documents(export).await?,
                Part::Streams(streams) => self.stream(streams)?,
                Part::Segments(segments, stream, rest) => self.segment(segments, stream, rest).await?,
                Part::Events(after) => self.events(after).await?,
                Part::Records(next) => self.records(next).await?,
                Part::End => vec![json!({ "type": "end", "lines": self.counts })],
                Part::Over => return Ok(None),
            };
            if !lines.is_empty() {
                return Ok(Some(text(&lines)?));
            }
        }
    }

    fn head(&mut self) -> Vec<Value> {
        self.part = Part::Documents(self.tenant.export());
        let withheld: Vec<String> = WITHHELD.iter().map(|(kind, pointer)| format!("{kind}{pointer}")).collect();
        vec![json!({ "type": "export", "version": VERSION, "tenant": self.tenant.id(), "at": self.now, "withheld": withheld })]
    }

    async fn documents(&mut self, mut export: assent_store::Export) -> Result<Vec<Value>, Problem> {
        let found = export.next().await.map_err(Problem::from_store)?;
        if found.is_empty() {
            self.part = Part::Streams(self.tenant.streams().await.map_err(Problem::from_store)?.into());
            return Ok(Vec::new());
        }
        self.part = Part::Documents(export);
        self.count("document", found.len());
        found.into_iter().map(document).collect()
    }

    fn stream(&mut self, mut streams: VecDeque<String>) -> Result<Vec<Value>, Problem> {
        self.part = match streams.pop_front() {
            Some(stream) => Part::Segments(Box::new(self.tenant.segments(&stream, 0).map_err(Problem::from_store)?), stream, streams),
            None => Part::Events(0),
        };
        Ok(Vec::new())
    }

    async fn segment(&mut self, mut segments: Box<Segments>, stream: String, rest: VecDeque<String>) -> Result<Vec<Value>, Problem> {
        let Some(segment) = segments.next().await.map_err(Problem::from_store)? else {
            self.part = Part::Streams(rest);
            return Ok(Vec::new());
        };
        let line = json!({
            "type": "signals",
            "stream": stream,
            "first": segment.first,
            "last": segment.last,
            "at": segment.at,
            "snapshot": segment.snapshot,
            "bytes": STANDARD.encode(&segment.bytes),
        });
        self.part = Part::Segments(segments, stream, rest);
        self.count("signals", 1);
        Ok(vec![line])
    }

    async fn events(&mut self, after: u64) -> Result<Vec<Value>, Problem> {
        let found = self.tenant.events_after(after, EVENTS_AT_ONCE).await.map_err(Problem::from_store)?;
        self.part = found.events.last().map_or(Part::Records(0), |last| Part::Events(last.seq));
        self.count("event", found.events.len());
        let line =
            |event: &assent_store::Event| Ok(json!({ "type": "event", "seq": event.seq, "at": event.at, "event": parsed(&event.bytes)? }));
        found.events.iter().map(line).collect()
    }

    async fn records(&mut self, next: u64) -> Result<Vec<Value>, Problem> {
        let read = self.plane.inner.journal.range(next..next.saturating_add(RECORDS_AT_ONCE)).await.map_err(records::unread)?;
        self.part = read.last().map_or(Part::End, |last| Part::Records(last.index.saturating_add(1)));
        let own = read.into_iter().filter(|stored| stored.record.tenant == self.tenant.id());
        let line =
            |stored| Opened::read(&self.tenant, stored).map(|opened| json!({ "type": "record", "record": opened.shown(&self.tenant) }));
        let lines: Vec<Value> = own.map(line).collect::<Result<_, Problem>>()?;
        self.count("record", lines.len());
        Ok(lines)
    }

    fn count(&mut self, what: &'static str, more: usize) {
        let count = self.counts.entry(what).or_default();
        *count = count.saturating_add(more as u64);
    }
}

fn document(exported: Exported) -> Result<Value, Problem> {
    let mut document = parsed(exported.json.as_bytes())?;
    for (_, pointer) in WITHHELD.iter().filter(|(kind, _)| *kind == exported.kind) {
        if let Some(secret) = document.pointer_mut(pointer) {
            *secret = Value::Null;
        }
    }
    Ok(json!({
        "type": "document",
        "kind": exported.kind,
        "id": exported.id,
        "version": exported.version,
        "schema": exported.schema,
        "created_at": exported.created_at,
        "updated_at": exported.updated_at,
        "document": document,
    }))
}

fn parsed(bytes: &[u8]) -> Result<Value, Problem> {
    serde_json::from_slice(bytes).map_err(|_| Problem::new(Code::Corrupt, "what is stored is no JSON"))
}

fn text(lines: &[Value]) -> Result<Bytes, Problem> {
    let mut text = Vec::new();
    for line in lines {
        serde_json::to_writer(&mut text, line).map_err(|_| Problem::new(Code::Internal, "a line could not be written"))?;
        text.push(b'\n');
    }
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lets_somebody_in_is_withheld() {
        let exported = |kind: &str, json: Value| Exported {
            kind: kind.to_owned(),
            id: "1".to_owned(),
            version: 1,
            schema: 1,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
            json: json.to_string(),
        };
        let source = document(exported("alert_source", json!({ "name": "Alerts", "secret": "canary" }))).expect("a line");
        assert_eq!(source.pointer("/document"), Some(&json!({ "name": "Alerts", "secret": null })));
        let other = document(exported("policy", json!({ "secret": "a word in a policy" }))).expect("a line");
        assert_eq!(other.pointer("/document/secret"), Some(&json!("a word in a policy")));
    }
}
