//! All that is known, as bytes: JSON lines of facts, closed by a digest.
//!
//! Reading them back gives the same reports. What cannot be read back whole is refused whole.

use std::io::Write as _;

use assent_base::{Digest, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::metrics::Answer;
use super::place::{Place, Slice};
use super::{Dirty, Grave, Known};
use crate::baseline::series::Watch;
use crate::fact::{BadFact, Fact};

/// The version of the form.
pub const SNAPSHOT_VERSION: u32 = 1;
/// What a snapshot begins with.
const MAGIC: &str = "assent-known";

/// Why bytes are no snapshot.
#[derive(Debug, thiserror::Error)]
pub enum BadSnapshot {
    /// Another form, or another version of it.
    #[error("expected a snapshot of version {SNAPSHOT_VERSION}, found `{found}`")]
    Version {
        /// The first line.
        found: String,
    },
    /// It was cut, or changed.
    #[error("the snapshot is not whole: its digest is another")]
    Digest,
    /// A line cannot be read.
    #[error("line {line} cannot be read: {why}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// Why.
        why: String,
    },
    /// A line has a fact that is not taken.
    #[error("line {line} is not taken")]
    Fact {
        /// Counted from 1.
        line: usize,
        /// Why.
        #[source]
        cause: BadFact,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Line {
    Object {
        at: Timestamp,
        changed_at: Timestamp,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version: Option<u64>,
        body: Box<RawValue>,
    },
    Fact(Fact),
    Answer {
        at: Timestamp,
        namespace: Box<str>,
        query: Box<str>,
        text: Box<str>,
    },
    Watch(Watch),
    Grave {
        at: Timestamp,
        uid: Box<str>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version: Option<u64>,
    },
    Dropped {
        signals: u64,
    },
    Dirty {
        at: Timestamp,
        slice: Slice,
    },
}

impl Known {
    /// All that is known, as bytes.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        let mut out = format!("{MAGIC} {SNAPSHOT_VERSION}\n").into_bytes();
        let mut line = |line: &Line| {
            // Writing to memory does not fail, and neither does a map with text keys.
            if serde_json::to_writer(&mut out, line).is_ok() {
                out.push(b'\n');
            }
        };
        for entry in self.objects.values() {
            let Ok(body) = RawValue::from_string(entry.body.to_string()) else { continue };
            line(&Line::Object { at: entry.seen_at, changed_at: entry.changed_at, version: entry.version, body });
        }
        for (run, log) in &self.logs {
            line(&Line::Fact(Fact::Log {
                at: log.at,
                namespace: run.namespace.to_string(),
                pod: run.pod.to_string(),
                container: run.container.to_string(),
                previous: run.previous,
                text: log.text.to_string(),
            }));
        }
        for ((namespace, query), answer) in &self.metrics.0 {
            line(&Line::Answer { at: answer.at, namespace: namespace.clone(), query: query.clone(), text: answer.text.clone() });
        }
        for ((from, to), called) in &self.calls.0 {
            let (from, to) = (from.to_string(), to.to_string());
            line(&Line::Fact(Fact::Calls { at: called.at, from, to, calls: called.calls, errors: called.errors, p99_ms: called.p99_ms }));
        }
        line(&Line::Watch(self.watch.clone()));
        for grave in &self.graves {
            line(&Line::Grave { at: grave.at, uid: grave.uid.clone(), version: grave.version });
        }
        for ((kind, namespace), at) in &self.listed {
            let namespace = namespace.as_deref().map(str::to_owned);
            line(&Line::Fact(Fact::Listed { at: *at, kind: kind.as_str().to_owned(), namespace }));
        }
        line(&Line::Dropped { signals: self.dropped });
        // A namespace whose last object is gone has nothing else that remembers it.
        for (slice, dirty) in &self.dirty {
            line(&Line::Dirty { at: dirty.since, slice: slice.clone() });
        }
        let digest = Digest::of(&out);
        let _written = writeln!(out, "{digest}");
        out
    }

    /// Reads a snapshot back. Every slice is dirty then.
    ///
    /// # Errors
    /// When the bytes are of another version, were cut or changed, or hold what is not taken.
    pub fn restore(bytes: &[u8]) -> Result<Self, BadSnapshot> {
        let text = std::str::from_utf8(bytes).map_err(|_| BadSnapshot::Digest)?;
        let head = text.lines().next().unwrap_or_default();
        if head != format!("{MAGIC} {SNAPSHOT_VERSION}") {
            return Err(BadSnapshot::Version { found: head.chars().take(64).collect() });
        }
        let (body, digest) = text.trim_end_matches('\n').rsplit_once('\n').ok_or(BadSnapshot::Digest)?;
        let signed = text.get(..body.len() + 1).unwrap_or_default();
        if digest.parse() != Ok(Digest::of(signed.as_bytes())) {
            return Err(BadSnapshot::Digest);
        }
        let mut known = Self::new();
        let (mut latest, mut waiting) = (Timestamp::UNIX_EPOCH, Vec::new());
        for (index, words) in body.lines().enumerate().skip(1) {
            let number = index + 1;
            let line: Line = serde_json::from_str(words).map_err(|error| BadSnapshot::Line { line: number, why: error.to_string() })?;
            if let Line::Dirty { at, slice } = &line {
                waiting.push((slice.clone(), *at));
            }
            latest = latest.max(known.take(line).map_err(|cause| BadSnapshot::Fact { line: number, cause })?);
        }
        let places: Vec<Place> = known.places.keys().cloned().collect();
        known.dirty.clear();
        known.touch(latest, places);
        for (slice, since) in waiting {
            known.dirty.insert(slice, Dirty { since, direct: true });
        }
        Ok(known)
    }

    fn take(&mut self, line: Line) -> Result<Timestamp, BadFact> {
        match line {
            Line::Object { at, changed_at, version, body } => {
                let (of, mut entry) = super::entry::read(body.get(), at)?;
                (entry.changed_at, entry.version) = (changed_at, version);
                self.remove(&of);
                self.insert(of, entry);
                Ok(at)
            }
            // Nothing was seen before it was listed: listing removes nothing here.
            Line::Fact(Fact::Listed { at, kind, namespace }) => {
                self.listed.insert((assent_base::Kind::named(&kind), namespace.map(Into::into)), at);
                Ok(at)
            }
            Line::Fact(Fact::Log { at, namespace, pod, container, previous, text }) => {
                self.apply(Fact::Log { at, namespace, pod, container, previous, text }).map(|_| at)
            }
            Line::Fact(Fact::Calls { at, from, to, calls, errors, p99_ms }) => {
                self.apply(Fact::Calls { at, from, to, calls, errors, p99_ms }).map(|_| at)
            }
            Line::Fact(Fact::Object { .. } | Fact::Gone { .. } | Fact::Samples { .. } | Fact::Dropped { .. }) => Err(BadFact::NotAnObject),
            Line::Answer { at, namespace, query, text } => {
                self.metrics.0.insert((namespace, query), Answer { at, text });
                Ok(at)
            }
            Line::Watch(watch) => {
                self.watch = watch;
                Ok(Timestamp::UNIX_EPOCH)
            }
            Line::Grave { at, uid, version } => {
                self.graves.push_back(Grave { uid, version, at });
                Ok(at)
            }
            Line::Dirty { at, .. } => Ok(at),
            Line::Dropped { signals } => {
                self.dropped = signals;
                Ok(Timestamp::UNIX_EPOCH)
            }
        }
    }
}
