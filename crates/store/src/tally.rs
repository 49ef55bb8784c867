//! Adds up what a tenant has, without opening any of it, and compares that with the tallies in its sealed state.
//!
//! What a read meets is authentic, but no single read can know of what is not there: a document that went with all its entries, one that
//! came back, an entry that is gone. So whoever serves adds up at the start and now and then, and a tenant that does not add up is refused
//! from then on, in whole: an empty list would be a wrong answer.
//!
//! Read are the entries, the marks of segments and the heads of streams, page by page; of documents and events only how many there are.

use crate::database::{Tx, Value, values};
use crate::document::unsigned;
use crate::error::StoreError;
use crate::event;
use crate::keys::Keys;
use crate::row::{Entry, OWN};
use crate::scope::{Scope, State};
use crate::segment::Head;
use crate::tenant::Tenant;
use crate::write::{Batch, Step};

/// Rows that are read at once.
const ROWS: i64 = 4_096;

/// What was added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AddedUp {
    /// Documents.
    pub documents: u64,
    /// The entries by which they are found.
    pub entries: u64,
    /// Segments and parts of snapshots.
    pub segments: u64,
    /// Events.
    pub events: u64,
}

impl Tenant {
    /// Adds up what the tenant has, in one state of the database. If that is not what was kept, this tenant is refused from now on, by every
    /// handle of this store.
    ///
    /// # Errors
    /// [`StoreError::Incomplete`] if it does not add up. Any other error says nothing about the rows, and refuses nothing.
    pub async fn add_up(&self) -> Result<AddedUp, StoreError> {
        let keys = self.keyring.keys()?;
        match self.compare(&keys).await {
            Err(StoreError::Corrupt { what }) => {
                self.keyring.refuse(what.clone());
                Err(StoreError::Incomplete { tenant: self.id(), what })
            }
            other => other,
        }
    }

    async fn compare(&self, keys: &Keys) -> Result<AddedUp, StoreError> {
        let mut tx = self.store.db.snapshot().await?;
        let state = State::read(&mut tx, keys).await?;
        let mut found = State { event_first: state.event_first, event_last: state.event_last, ..State::new() };
        let mut added = AddedUp::default();
        let own = entries(&mut tx, keys, &mut found, &mut added).await?;
        added.documents = count(&mut tx, "SELECT COUNT(*) FROM documents WHERE tenant = $1", keys).await?;
        if own != added.documents {
            return Err(StoreError::corrupt(format!("{} documents, and {own} that are known of", added.documents)));
        }
        heads(&mut tx, keys, &mut found).await?;
        segments(&mut tx, keys, &mut found, &mut added).await?;
        events(&mut tx, keys, &state, &mut added).await?;
        drop(tx);
        found.compare(keys, &state)?;
        if state.entries.is_none() {
            // Written before there was such a tally: what it begins with is read in full, once.
            self.check().await?;
            self.store.write(&self.keyring, Batch { now: 0, steps: vec![Step::TallyEntries] }).await?;
        }
        Ok(added)
    }
}

impl State {
    /// The state as it is kept.
    pub(crate) async fn read(tx: &mut Tx, keys: &Keys) -> Result<Self, StoreError> {
        let sql = "SELECT state, revision, data_generation, sealed_state FROM tenants WHERE id = $1";
        let row = tx.row(sql, values![keys.tenant.to_string()]).await?.ok_or(StoreError::TenantAbsent(keys.tenant))?;
        if row.text(0)? != "alive" {
            return Err(StoreError::KeyDestroyed(keys.tenant));
        }
        Self::open(keys, row.int(1)?, row.int(2)?, &row.bytes(3)?)
    }

    /// Compares what was found with what was kept.
    pub(crate) fn compare(&self, keys: &Keys, kept: &Self) -> Result<(), StoreError> {
        let entries = kept.entries.is_none() || self.entries == kept.entries;
        if self.tally == kept.tally && entries {
            return Ok(());
        }
        Err(StoreError::corrupt(format!("what {} has does not add up: rows are missing or came back", keys.tenant)))
    }
}

impl Scope<'_> {
    /// Gives a state of old its tally of entries.
    pub(crate) async fn tally_entries(&mut self) -> Result<(), StoreError> {
        if self.state.entries.is_none() {
            let mut found = State::new();
            entries(self.tx, &self.keys, &mut found, &mut AddedUp::default()).await?;
            self.state.entries = found.entries;
        }
        Ok(())
    }
}

/// Adds all entries up, with the marks of documents that stand in their own ones. Says how many of these there are.
async fn entries(tx: &mut Tx, keys: &Keys, found: &mut State, added: &mut AddedUp) -> Result<u64, StoreError> {
    const FIRST: &str = "SELECT kind, name, blind, place, id, seal FROM entries WHERE tenant = $1
        ORDER BY kind, name, blind, place, id LIMIT $2";
    const NEXT: &str = "SELECT kind, name, blind, place, id, seal FROM entries WHERE tenant = $1
        AND (kind, name, blind, place, id) > ($3, $4, $5, $6, $7) ORDER BY kind, name, blind, place, id LIMIT $2";
    let (mut own, mut after): (u64, Option<Vec<Value>>) = (0, None);
    loop {
        let mut bound = values![keys.tenant.to_string(), ROWS];
        let sql = if after.is_none() { FIRST } else { NEXT };
        bound.extend(after.take().into_iter().flatten());
        let rows = tx.rows(sql, bound).await?;
        for row in &rows {
            let (kind, id) = (row.text(0)?, row.text(4)?);
            let entry = Entry { name: row.text(1)?, blind: row.bytes(2)?, place: row.int(3)? };
            found.toggle_entry(keys, &kind, &id, &entry);
            if entry.name == OWN {
                found.toggle(keys, &row.bytes(5)?);
                own = own.saturating_add(1);
            }
            added.entries = added.entries.saturating_add(1);
            after = Some(values![kind, entry.name, entry.blind, entry.place, id]);
        }
        if after.is_none() {
            return Ok(own);
        }
    }
}

async fn heads(tx: &mut Tx, keys: &Keys, found: &mut State) -> Result<(), StoreError> {
    let mut after = String::new();
    loop {
        let sql = "SELECT stream, base, snapshot, last, seal FROM streams WHERE tenant = $1 AND stream > $2 ORDER BY stream LIMIT $3";
        let rows = tx.rows(sql, values![keys.tenant.to_string(), after.as_str(), ROWS]).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.text(0)?;
        for row in &rows {
            let stream = row.text(0)?;
            let head = Head::read(keys, row, 1, &stream)?;
            found.toggle(keys, &head.seal(keys, &stream));
        }
    }
}

async fn segments(tx: &mut Tx, keys: &Keys, found: &mut State, added: &mut AddedUp) -> Result<(), StoreError> {
    let mut after = (String::new(), 0, 0);
    loop {
        let sql = "SELECT stream, last, part, mark FROM segments
            WHERE tenant = $1 AND (stream, last, part) > ($2, $3, $4) ORDER BY stream, last, part LIMIT $5";
        let rows = tx.rows(sql, values![keys.tenant.to_string(), after.0.as_str(), after.1, after.2, ROWS]).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = (last.text(0)?, last.int(1)?, last.int(2)?);
        for row in &rows {
            found.toggle(keys, &row.bytes(3)?);
        }
        added.segments = added.segments.saturating_add(rows.len() as u64);
    }
}

/// Events are numbered, so that how many there are says whether one is missing; one that was altered is found when it is read.
async fn events(tx: &mut Tx, keys: &Keys, state: &State, added: &mut AddedUp) -> Result<(), StoreError> {
    let sql = "SELECT COUNT(*), MIN(seq), MAX(seq) FROM events WHERE tenant = $1";
    let row = tx.row(sql, values![keys.tenant.to_string()]).await?.ok_or_else(event::corrupt)?;
    added.events = unsigned(row.int(0)?)?;
    let ends = (row.int_if_any(1)?.map(unsigned).transpose()?, row.int_if_any(2)?.map(unsigned).transpose()?);
    let due = state.event_last.saturating_add(1).saturating_sub(state.event_first);
    let right = match ends {
        (Some(first), Some(last)) => (first, last) == (state.event_first, state.event_last),
        _ => due == 0,
    };
    if right && added.events == due { Ok(()) } else { Err(event::corrupt()) }
}

async fn count(tx: &mut Tx, sql: &'static str, keys: &Keys) -> Result<u64, StoreError> {
    let row = tx.row(sql, values![keys.tenant.to_string()]).await?;
    row.map_or(Ok(0), |row| row.int(0)).and_then(unsigned)
}
