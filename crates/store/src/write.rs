//! What can be done in one transaction, as values.

use std::sync::Arc;

use assent_base::Timestamp;

use crate::database::{Tx, values};
use crate::document::{Document, Expect, micros, named};
use crate::error::StoreError;
use crate::event::EventRow;
use crate::keys::Keyring;
use crate::limits::{EVENT_BYTES_MAX, Limits, STEPS_MAX};
use crate::row::Put;
use crate::scope::Scope;
use crate::segment::{Appended, Part, Sealed};

/// One step of a transaction.
pub struct Write(pub(crate) Step);

/// What a step came to, in the order of the steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// The document is at this version.
    Version(u64),
    /// Whether there was a document to delete.
    Deleted(bool),
    /// What became of the segment.
    Appended(Appended),
    /// The event has this number.
    Event(u64),
}

impl Write {
    /// Puts a document.
    ///
    /// # Errors
    /// If the id is none, or the document does not serialize.
    pub fn put<D: Document>(id: &str, doc: &D, expect: Expect) -> Result<Self, StoreError> {
        let kind = named("the kind of a document", D::KIND)?;
        let json = serde_json::to_vec(doc).map_err(|_| StoreError::refused(format!("a {kind} does not become JSON")))?;
        let id = named("an id", id)?.to_owned();
        Ok(Self(Step::Put(Put { kind: D::KIND, schema: D::SCHEMA, id, json, indexes: doc.indexes(), expect })))
    }

    /// Deletes a document. With [`Expect::Any`] there may be none.
    ///
    /// # Errors
    /// If the id is none, or nothing is expected to be there.
    pub fn delete<D: Document>(id: &str, expect: Expect) -> Result<Self, StoreError> {
        if expect == Expect::Absent {
            return Err(StoreError::refused("what is absent cannot be deleted"));
        }
        Ok(Self(Step::Delete { kind: D::KIND, id: named("an id", id)?.to_owned(), expect }))
    }

    /// Appends a segment of signals with the numbers `first` to `last`.
    ///
    /// # Errors
    /// If the stream's name is none, or the numbers are no run.
    pub fn append(stream: &str, (first, last): (u64, u64), bytes: Vec<u8>) -> Result<Self, StoreError> {
        let stream = named("the name of a stream", stream)?.to_owned();
        if first == 0 || last < first {
            return Err(StoreError::refused("a segment has a first number above 0, and a last number not below it"));
        }
        Ok(Self(Step::Append(Signals::Plain { stream, first, last, bytes })))
    }

    /// Publishes an event.
    #[must_use]
    pub fn publish(bytes: Vec<u8>) -> Self {
        Self(Step::Publish(bytes))
    }
}

/// A step as the store runs it.
pub(crate) enum Step {
    Put(Put),
    Delete {
        kind: &'static str,
        id: String,
        expect: Expect,
    },
    Append(Signals),
    Publish(Vec<u8>),
    BeginStream {
        stream: String,
        after: i64,
    },
    Compact(Sealed),
    DeleteStream(String),
    TrimEvents {
        keep: u64,
    },
    /// Seals rows under the present data key, this many at most.
    Reseal {
        rows: i64,
    },
    /// Gives the tenant a tally of entries, if it has none.
    TallyEntries,
}

/// A segment before and after it is sealed.
pub(crate) enum Signals {
    Plain { stream: String, first: u64, last: u64, bytes: Vec<u8> },
    Sealed(Sealed),
}

/// What a step came to, within the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Did {
    Written(Written),
    /// How many things were touched.
    Touched(u64),
}

/// Steps of one tenant that are kept together or not at all.
pub(crate) struct Batch {
    pub(crate) now: i64,
    pub(crate) steps: Vec<Step>,
}

/// How a batch ended, when it did not fail.
pub(crate) enum Applied {
    Done(Vec<Did>),
    /// The tenant's data keys are newer than the ring: read them and try again. Nothing was written.
    KeysChanged,
}

impl Batch {
    /// Checks the steps against the limits and seals what can be sealed before the database is asked.
    pub(crate) fn new(keyring: &Keyring, limits: &Limits, now: Timestamp, steps: Vec<Step>) -> Result<Self, StoreError> {
        bounded("the steps of a transaction", steps.len(), STEPS_MAX)?;
        let (now, keys) = (micros(now), keyring.keys()?);
        let seal = |step| match step {
            Step::Append(Signals::Plain { stream, first, last, bytes }) => {
                bounded("a segment", bytes.len(), limits.segment_bytes_max)?;
                Sealed::new(&keys, &stream, (first, last), false, now, &bytes).map(|sealed| Step::Append(Signals::Sealed(sealed)))
            }
            Step::Put(put) => bounded("a document", put.json.len(), limits.document_bytes_max).map(|()| Step::Put(put)),
            Step::Publish(bytes) => bounded("an event", bytes.len(), EVENT_BYTES_MAX).map(|()| Step::Publish(bytes)),
            other => Ok(other),
        };
        Ok(Self { now, steps: steps.into_iter().map(seal).collect::<Result<_, StoreError>>()? })
    }

    /// Bytes that it holds in memory, roughly.
    pub(crate) fn bytes(&self) -> usize {
        let of = |step: &Step| match step {
            Step::Put(put) => put.json.len(),
            Step::Append(Signals::Sealed(sealed)) | Step::Compact(sealed) => sealed.parts.iter().map(|(_, bytes)| bytes.len()).sum(),
            Step::Publish(bytes) | Step::Append(Signals::Plain { bytes, .. }) => bytes.len(),
            Step::Delete { .. }
            | Step::BeginStream { .. }
            | Step::DeleteStream(_)
            | Step::TrimEvents { .. }
            | Step::Reseal { .. }
            | Step::TallyEntries => 0,
        };
        self.steps.iter().map(of).sum()
    }

    /// Runs the steps. Whoever calls this commits, or rolls back if it fails.
    pub(crate) async fn apply(&self, tx: &mut Tx, keyring: &Arc<Keyring>) -> Result<Applied, StoreError> {
        let Some(mut scope) = Scope::enter(tx, keyring.keys()?, self.now).await? else { return Ok(Applied::KeysChanged) };
        let mut did = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            did.push(scope.run(step).await?);
        }
        scope.leave().await?;
        Ok(Applied::Done(did))
    }
}

impl Scope<'_> {
    async fn run(&mut self, step: &Step) -> Result<Did, StoreError> {
        Ok(match step {
            Step::Put(put) => Did::Written(Written::Version(self.put(put).await?)),
            Step::Delete { kind, id, expect } => Did::Written(Written::Deleted(self.delete(kind, id, *expect).await?)),
            Step::Append(Signals::Sealed(sealed)) => Did::Written(Written::Appended(self.append(sealed).await?)),
            Step::Append(Signals::Plain { .. }) => return Err(StoreError::refused("a segment was not sealed")),
            Step::Publish(bytes) => Did::Written(Written::Event(self.publish(bytes).await?)),
            Step::BeginStream { stream, after } => self.begin_stream(stream, *after).await.map(|()| Did::Touched(1))?,
            Step::Compact(sealed) => self.compact(sealed).await.map(|()| Did::Touched(1))?,
            Step::DeleteStream(stream) => Did::Touched(u64::from(self.delete_stream(stream).await?)),
            Step::TrimEvents { keep } => Did::Touched(self.trim_events(*keep).await?),
            Step::TallyEntries => self.tally_entries().await.map(|()| Did::Touched(1))?,
            Step::Reseal { rows } => Did::Touched(self.reseal(*rows).await?),
        })
    }

    /// Seals rows that are under another data key than the present one, and says how many it found.
    async fn reseal(&mut self, rows_max: i64) -> Result<u64, StoreError> {
        let (tenant, generation) = (self.tenant.clone(), self.generation);
        let sql = "SELECT kind, id FROM documents WHERE tenant = $1 AND generation <> $2 LIMIT $3";
        let documents = self.tx.rows(sql, values![tenant.as_str(), generation, rows_max]).await?;
        for row in &documents {
            self.reseal_document(&row.text(0)?, &row.text(1)?).await?;
        }
        let sql = "SELECT stream, last, part, parts, first, snapshot, at, generation, mark, sealed FROM segments
            WHERE tenant = $1 AND generation <> $2 LIMIT $3";
        let segments = self.tx.rows(sql, values![tenant.as_str(), generation, rows_max.min(SEGMENTS_RESEALED)]).await?;
        for row in &segments {
            self.reseal_part(&row.text(0)?, &Part::read(row, 1)?, &row.bytes(8)?, &row.bytes(9)?).await?;
        }
        let sql = "SELECT seq, at, generation, sealed FROM events WHERE tenant = $1 AND generation <> $2 LIMIT $3";
        let events = self.tx.rows(sql, values![tenant.as_str(), generation, rows_max]).await?;
        for row in &events {
            self.reseal_event(&EventRow::read(row, 0)?, &row.bytes(3)?).await?;
        }
        Ok(documents.len().saturating_add(segments.len()).saturating_add(events.len()) as u64)
    }
}

/// Parts of segments that one transaction of a rotation seals at most: each may have a megabyte and more.
const SEGMENTS_RESEALED: i64 = 4;

pub(crate) fn bounded(what: &'static str, size: usize, max: usize) -> Result<(), StoreError> {
    if size > max { Err(StoreError::TooLarge { what, size: size as u64, max: max as u64 }) } else { Ok(()) }
}
