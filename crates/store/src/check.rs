//! Reads everything that a tenant has and compares it with the tenant's tally.

use std::collections::BTreeSet;

use crate::database::{Row, Tx, values};
use crate::document::unsigned;
use crate::error::StoreError;
use crate::event::{self, EventRow};
use crate::keys::Keys;
use crate::row::{Entry, Stored};
use crate::scope::State;
use crate::segment::{Head, Part, corrupt};
use crate::tenant::{Tenant, with_keys};

/// Rows that are read at once.
const ROWS: i64 = 256;

/// What a tenant has, all of it authentic and nothing missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Checked {
    /// Documents.
    pub documents: u64,
    /// Streams of signals.
    pub streams: u64,
    /// Segments and parts of snapshots.
    pub segments: u64,
    /// Events.
    pub events: u64,
}

impl Tenant {
    /// Opens every row of the tenant, from one state of the database, and adds them up. This finds what no single read can: a document
    /// that came back with all its entries, an entry that is gone, a row that nobody asks for.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] with what was found first.
    pub async fn check(&self) -> Result<Checked, StoreError> {
        with_keys!(self, |keys| Check::run(self, &keys).await)
    }
}

struct Check<'a> {
    tx: Tx,
    keys: &'a Keys,
    tenant: String,
    found: State,
    checked: Checked,
}

impl<'a> Check<'a> {
    async fn run(tenant: &Tenant, keys: &'a Keys) -> Result<Checked, StoreError> {
        let tx = tenant.store.db.snapshot().await?;
        let mut check = Self { tx, keys, tenant: keys.tenant.to_string(), found: State::new(), checked: Checked::default() };
        let state = State::read(&mut check.tx, keys).await?;
        check.documents().await?;
        check.streams().await?;
        check.segments().await?;
        check.events(&state).await?;
        check.found.compare(keys, &state)?;
        Ok(check.checked)
    }

    async fn documents(&mut self) -> Result<(), StoreError> {
        let mut after = (String::new(), String::new());
        let mut entries: u64 = 0;
        loop {
            let sql = "SELECT d.kind, d.id, d.version, d.schema_version, d.generation, d.created_at, d.updated_at, d.sealed, m.seal
                FROM documents d LEFT JOIN entries m ON m.tenant = d.tenant AND m.kind = d.kind AND m.id = d.id AND m.name = ''
                WHERE d.tenant = $1 AND (d.kind > $2 OR (d.kind = $2 AND d.id > $3)) ORDER BY d.kind, d.id LIMIT $4";
            let rows = self.tx.rows(sql, values![self.tenant.as_str(), after.0.as_str(), after.1.as_str(), ROWS]).await?;
            let Some(last) = rows.last() else { break };
            after = (last.text(0)?, last.text(1)?);
            for row in &rows {
                entries = entries.saturating_add(self.document(row).await?);
            }
        }
        let row = self.tx.row("SELECT COUNT(*) FROM entries WHERE tenant = $1", values![self.tenant.as_str()]).await?;
        if row.map_or(Ok(0), |row| row.int(0)).and_then(unsigned)? != entries {
            return Err(StoreError::corrupt("an entry without its document"));
        }
        Ok(())
    }

    /// Checks a document and says how many entries it has.
    async fn document(&mut self, row: &Row) -> Result<u64, StoreError> {
        let (kind, id) = (row.text(0)?, row.text(1)?);
        let gone = || StoreError::corrupt(format!("{kind} `{id}`"));
        let stored = Stored::read(self.keys, row, 2, &kind, &id)?.ok_or_else(gone)?;
        let (digest, _) = stored.open(self.keys)?;
        let sql = "SELECT name, blind, place, seal FROM entries WHERE tenant = $1 AND kind = $2 AND id = $3 AND name <> ''";
        let mut entries = BTreeSet::new();
        self.found.toggle_entry(self.keys, &kind, &id, &Entry::own());
        for row in self.tx.rows(sql, values![self.tenant.as_str(), kind.as_str(), id.as_str()]).await? {
            let entry = Entry { name: row.text(0)?, blind: row.bytes(1)?, place: row.int(2)? };
            if entry.seal(self.keys, &kind, &id, stored.place.version) != row.bytes(3)? {
                return Err(stored.place.corrupt());
            }
            self.found.toggle_entry(self.keys, &kind, &id, &entry);
            entries.insert(entry);
        }
        if Entry::digest(&entries) != digest {
            return Err(stored.place.corrupt());
        }
        self.found.toggle(self.keys, &stored.mark);
        self.checked.documents = self.checked.documents.saturating_add(1);
        Ok(entries.len().saturating_add(1) as u64)
    }

    async fn streams(&mut self) -> Result<(), StoreError> {
        let mut after = String::new();
        loop {
            let sql = "SELECT stream, base, snapshot, last, seal FROM streams WHERE tenant = $1 AND stream > $2 ORDER BY stream LIMIT $3";
            let rows = self.tx.rows(sql, values![self.tenant.as_str(), after.as_str(), ROWS]).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.text(0)?;
            for row in &rows {
                let stream = row.text(0)?;
                let head = Head::read(self.keys, row, 1, &stream)?;
                self.found.toggle(self.keys, &head.seal(self.keys, &stream));
                self.checked.streams = self.checked.streams.saturating_add(1);
            }
        }
    }

    /// The tally knows each segment, so their order need not be looked at again. One row at a time: each may have a megabyte and more.
    async fn segments(&mut self) -> Result<(), StoreError> {
        let mut after = (String::new(), 0, 0);
        loop {
            let sql = "SELECT stream, last, part, parts, first, snapshot, at, generation, mark, sealed FROM segments
                WHERE tenant = $1 AND (stream > $2 OR (stream = $2 AND (last > $3 OR (last = $3 AND part > $4))))
                ORDER BY stream, last, part LIMIT 1";
            let Some(row) = self.tx.row(sql, values![self.tenant.as_str(), after.0.as_str(), after.1, after.2]).await? else {
                return Ok(());
            };
            let (stream, part, mark, sealed) = (row.text(0)?, Part::read(&row, 1)?, row.bytes(8)?, row.bytes(9)?);
            part.open(self.keys, &stream, &sealed)?;
            if part.mark(self.keys, &stream, &sealed).as_slice() != mark {
                return Err(corrupt(&stream));
            }
            self.found.toggle(self.keys, &mark);
            self.checked.segments = self.checked.segments.saturating_add(1);
            after = (stream, part.last, part.part);
        }
    }

    async fn events(&mut self, state: &State) -> Result<(), StoreError> {
        let mut expected = state.event_first;
        let mut after = i64::MIN;
        loop {
            let sql = "SELECT seq, at, generation, sealed FROM events WHERE tenant = $1 AND seq > $2 ORDER BY seq LIMIT $3";
            let rows = self.tx.rows(sql, values![self.tenant.as_str(), after, ROWS]).await?;
            if rows.is_empty() {
                break;
            }
            for row in &rows {
                let event = EventRow::read(row, 0)?;
                event.open(self.keys, &row.bytes(3)?)?;
                if unsigned(event.seq)? != expected {
                    return Err(event::corrupt());
                }
                (after, expected) = (event.seq, expected.saturating_add(1));
                self.checked.events = self.checked.events.saturating_add(1);
            }
        }
        if expected == state.event_last.saturating_add(1) { Ok(()) } else { Err(event::corrupt()) }
    }
}
