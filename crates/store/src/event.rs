//! The tenant's stream of events: numbered without gaps, read from any number on, trimmed from the front.

use assent_base::Timestamp;

use crate::database::{Row, values};
use crate::document::{instant, signed, unsigned};
use crate::error::StoreError;
use crate::keys::Keys;
use crate::scope::{Scope, State};

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its number: one more than the one before.
    pub seq: u64,
    /// When it was published.
    pub at: Timestamp,
    /// The bytes, as they were given.
    pub bytes: Vec<u8>,
}

/// What follows a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Events {
    /// The events, in order. None if there is a gap.
    pub events: Vec<Event>,
    /// Whether events after the number asked for are no longer kept, or the number is not of this stream: the reader reads everything
    /// anew and goes on after `last`.
    pub gap: bool,
    /// The number of the newest event; 0 before the first.
    pub last: u64,
}

/// The row of an event.
pub(crate) struct EventRow {
    pub(crate) seq: i64,
    pub(crate) at: i64,
    pub(crate) generation: i64,
}

impl EventRow {
    /// Reads the columns seq, at and generation.
    pub(crate) fn read(row: &Row, from: usize) -> Result<Self, StoreError> {
        Ok(Self { seq: row.int(from)?, at: row.int(from + 1)?, generation: row.int(from + 2)? })
    }

    fn bound(&self) -> Vec<u8> {
        [self.seq, self.at, self.generation].map(i64::to_be_bytes).concat()
    }

    fn seal(&self, keys: &Keys, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        let key = keys.of(self.generation, "event", "").ok_or_else(corrupt)?;
        key.seal(&[b"event", keys.tenant.as_bytes(), &self.bound()], plain)
    }

    pub(crate) fn open(&self, keys: &Keys, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        let key = keys.of(self.generation, "event", "").ok_or_else(corrupt)?;
        key.open(&[b"event", keys.tenant.as_bytes(), &self.bound()], sealed).map_err(|_| corrupt())
    }
}

impl Scope<'_> {
    /// Publishes an event and says its number.
    pub(crate) async fn publish(&mut self, bytes: &[u8]) -> Result<u64, StoreError> {
        let seq = self.state.event_last.saturating_add(1);
        let event = EventRow { seq: signed("the number of an event", seq)?, at: self.now, generation: self.generation };
        let sealed = event.seal(&self.keys, bytes)?;
        let sql = "INSERT INTO events (tenant, seq, at, generation, sealed) VALUES ($1, $2, $3, $4, $5)";
        self.tx.execute(sql, values![self.tenant.as_str(), event.seq, event.at, event.generation, sealed]).await?;
        self.state.event_last = seq;
        Ok(seq)
    }

    /// Forgets all events but the newest `keep`, and says how many went.
    pub(crate) async fn trim_events(&mut self, keep: u64) -> Result<u64, StoreError> {
        let first = self.state.event_last.saturating_add(1).saturating_sub(keep).max(self.state.event_first);
        let gone = first.saturating_sub(self.state.event_first);
        let sql = "DELETE FROM events WHERE tenant = $1 AND seq < $2";
        self.tx.execute(sql, values![self.tenant.as_str(), signed("the number of an event", first)?]).await?;
        self.state.event_first = first;
        Ok(gone)
    }

    /// Seals an event under the present data key.
    pub(crate) async fn reseal_event(&mut self, event: &EventRow, sealed: &[u8]) -> Result<(), StoreError> {
        let plain = event.open(&self.keys, sealed)?;
        let new = EventRow { seq: event.seq, at: event.at, generation: self.generation };
        let sealed = new.seal(&self.keys, &plain)?;
        let sql = "UPDATE events SET generation = $3, sealed = $4 WHERE tenant = $1 AND seq = $2";
        self.tx.execute(sql, values![self.tenant.as_str(), new.seq, new.generation, sealed]).await.map(drop)
    }
}

/// What `$1`, `$2` and `$3` name: tenant, number and limit. There is a row if the tenant exists, whether or not an event follows.
pub(crate) const AFTER: &str = "SELECT t.state, t.revision, t.data_generation, t.sealed_state, e.seq, e.at, e.generation, e.sealed
    FROM tenants t LEFT JOIN events e ON e.tenant = t.id AND e.seq > $2 WHERE t.id = $1 ORDER BY e.seq LIMIT $3";

/// Reads the rows of [`AFTER`]. An event that is missing is told from one that was trimmed, since the state says which are kept.
pub(crate) fn after(keys: &Keys, rows: &[Row], seq: u64, limit: u32) -> Result<Events, StoreError> {
    let first = rows.first().ok_or(StoreError::TenantAbsent(keys.tenant))?;
    let state = State::open(keys, first.int(1)?, first.int(2)?, &first.bytes(3)?)?;
    let last = state.event_last;
    if seq > last || seq.saturating_add(1) < state.event_first {
        return Ok(Events { events: Vec::new(), gap: true, last });
    }
    let mut events = Vec::new();
    for row in rows {
        if row.int_if_any(4)?.is_none() {
            break;
        }
        let event = EventRow::read(row, 4)?;
        let bytes = event.open(keys, &row.bytes(7)?)?;
        events.push(Event { seq: unsigned(event.seq)?, at: instant(event.at)?, bytes });
    }
    let due = last.saturating_sub(seq).min(u64::from(limit));
    let numbers = seq.saturating_add(1)..=seq.saturating_add(due);
    if !events.iter().map(|event| event.seq).eq(numbers) {
        return Err(corrupt());
    }
    Ok(Events { events, gap: false, last })
}

pub(crate) fn corrupt() -> StoreError {
    StoreError::corrupt("the stream of events")
}
