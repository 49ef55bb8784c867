//! One tenant's handle. It is bound to the tenant, and nothing here takes another.

use std::sync::Arc;

use assent_base::id::TenantId;
use assent_base::{Digest, Timestamp};

use crate::database::values;
use crate::document::{Document, Expect, Kept, decode, instant, micros, named, signed, unsigned};
use crate::error::StoreError;
use crate::event::{self, Events};
use crate::keys::{Keyring, Keys};
use crate::limits::PAGE_ENTRIES_MAX;
use crate::row::{FIND, Stored};
use crate::segment::{Appended, Head, Sealed, Segments, corrupt};
use crate::store::Inner;
use crate::write::{Batch, Did, Step, Write, Written, bounded};

/// What one tenant has. Clones share everything.
#[derive(Clone)]
pub struct Tenant {
    pub(crate) store: Arc<Inner>,
    pub(crate) keyring: Arc<Keyring>,
}

/// The first byte of bytes sealed for others.
const SEALED_FORMAT: u8 = 1;

/// Does something that reads, and once more if it failed because another process has rotated the keys meanwhile.
macro_rules! with_keys {
    ($tenant:expr, |$keys:ident| $body:expr) => {{
        let $keys = $tenant.keyring.keys()?;
        match $body {
            Err($crate::StoreError::Corrupt { .. }) if $tenant.renewed(&$keys).await? => {
                let $keys = $tenant.keyring.keys()?;
                $body
            }
            other => other,
        }
    }};
}
pub(crate) use with_keys;

impl Tenant {
    /// Whose handle this is.
    #[must_use]
    pub fn id(&self) -> TenantId {
        self.keyring.tenant()
    }

    /// Names the key whose destruction makes the tenant unreadable. A certificate of that names the same digest.
    ///
    /// # Errors
    /// [`StoreError::KeyDestroyed`], or whatever keeps the key folder from being read.
    pub async fn key_digest(&self) -> Result<Digest, StoreError> {
        Ok(self.store.folder.secret(self.id()).await?.digest())
    }

    /// The document of this id, if there is one.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if what is kept under the id is not what was put there.
    pub async fn get<D: Document>(&self, id: &str) -> Result<Option<Kept<D>>, StoreError> {
        named("an id", id)?;
        with_keys!(self, |keys| self.get_with(&keys, id).await)
    }

    /// Puts a document and says its version.
    ///
    /// # Errors
    /// [`StoreError::Conflict`], [`StoreError::Stale`] or [`StoreError::Absent`] if there is something else than expected.
    pub async fn put<D: Document>(&self, id: &str, doc: &D, expect: Expect, now: Timestamp) -> Result<u64, StoreError> {
        match self.one(Write::put(id, doc, expect)?, now).await? {
            Written::Version(version) => Ok(version),
            other => Err(unexpected(other)),
        }
    }

    /// Deletes a document and says whether there was one.
    ///
    /// # Errors
    /// [`StoreError::Stale`] or [`StoreError::Absent`] if a version was expected that is not there.
    pub async fn delete<D: Document>(&self, id: &str, expect: Expect, now: Timestamp) -> Result<bool, StoreError> {
        match self.one(Write::delete::<D>(id, expect)?, now).await? {
            Written::Deleted(deleted) => Ok(deleted),
            other => Err(unexpected(other)),
        }
    }

    /// Does all of these in one transaction, in this order, or nothing.
    ///
    /// # Errors
    /// The error of the first that fails.
    pub async fn write(&self, writes: Vec<Write>, now: Timestamp) -> Result<Vec<Written>, StoreError> {
        let did = self.submit(writes.into_iter().map(|Write(step)| step).collect(), now).await?;
        did.into_iter()
            .map(|did| match did {
                Did::Written(written) => Ok(written),
                Did::Touched(_) => Err(StoreError::refused("a step of the store's own")),
            })
            .collect()
    }

    /// Keeps signals with the numbers `first` to `last`. An answer means that they are durable; asked again, the answer is
    /// [`Appended::Known`] and nothing changes.
    ///
    /// # Errors
    /// [`StoreError::Gap`] with the number to go on at, if the first is not the next.
    pub async fn append_segment(
        &self,
        stream: &str,
        (first, last): (u64, u64),
        at: Timestamp,
        bytes: Vec<u8>,
    ) -> Result<Appended, StoreError> {
        match self.one(Write::append(stream, (first, last), bytes)?, at).await? {
            Written::Appended(appended) => Ok(appended),
            other => Err(unexpected(other)),
        }
    }

    /// Lets a stream that does not exist yet begin after this number instead of 0.
    ///
    /// # Errors
    /// If the stream exists.
    pub async fn begin_stream(&self, stream: &str, after: u64, now: Timestamp) -> Result<(), StoreError> {
        let stream = named("the name of a stream", stream)?.to_owned();
        self.submit(vec![Step::BeginStream { stream, after: signed("the number of a signal", after)? }], now).await.map(drop)
    }

    /// The number up to which a stream is kept; 0 if there is no such stream.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if the head was altered.
    pub async fn last_seq(&self, stream: &str) -> Result<u64, StoreError> {
        let keys = self.keyring.keys()?;
        let sql = "SELECT h.base, h.snapshot, h.last, h.seal, (SELECT MAX(s.last) FROM segments s WHERE s.tenant = $1 AND s.stream = $2)
            FROM tenants t LEFT JOIN streams h ON h.tenant = t.id AND h.stream = $2 WHERE t.id = $1";
        let row = self.store.db.row(sql, values![self.id().to_string(), named("the name of a stream", stream)?]).await?;
        let row = row.ok_or(StoreError::TenantAbsent(self.id()))?;
        let kept = row.int_if_any(4)?;
        if row.int_if_any(0)?.is_none() {
            return if kept.is_none() { self.store.alive(&self.keyring).await.map(|()| 0) } else { Err(corrupt(stream)) };
        }
        let head = Head::read(&keys, &row, 0, stream)?;
        if kept.unwrap_or(head.base) == head.last { unsigned(head.last) } else { Err(corrupt(stream)) }
    }

    /// The names of all streams.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn streams(&self) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT stream FROM streams WHERE tenant = $1 ORDER BY stream";
        self.store.alive(&self.keyring).await?;
        self.store.db.rows(sql, values![self.id().to_string()]).await?.iter().map(|row| row.text(0)).collect()
    }

    /// Reads what is kept of a stream, in order, from the segment on that has the number `after + 1` in it. Where a snapshot stands for
    /// what comes first, that is read first.
    ///
    /// # Errors
    /// If the name is none.
    pub fn segments(&self, stream: &str, after: u64) -> Result<Segments, StoreError> {
        Ok(Segments {
            tenant: self.clone(),
            stream: named("the name of a stream", stream)?.to_owned(),
            reached: signed("the number of a signal", after)?,
            begun: false,
        })
    }

    /// Replaces all segments up to a number, which has to be the last of one of them, by what they came to.
    ///
    /// # Errors
    /// If no segment ends at the number.
    pub async fn compact(&self, stream: &str, upto: u64, now: Timestamp, snapshot: &[u8]) -> Result<(), StoreError> {
        let stream = named("the name of a stream", stream)?;
        bounded("a snapshot", snapshot.len(), self.store.limits.snapshot_bytes_max)?;
        let sealed = Sealed::new(&*self.keyring.keys()?, stream, (1, upto), true, micros(now), snapshot)?;
        self.submit(vec![Step::Compact(sealed)], now).await.map(drop)
    }

    /// Deletes a stream with all it has, and says whether there was one.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn delete_stream(&self, stream: &str, now: Timestamp) -> Result<bool, StoreError> {
        let stream = named("the name of a stream", stream)?.to_owned();
        Ok(self.touched(Step::DeleteStream(stream), now).await? > 0)
    }

    /// Publishes an event and says its number.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn publish(&self, now: Timestamp, bytes: Vec<u8>) -> Result<u64, StoreError> {
        match self.one(Write::publish(bytes), now).await? {
            Written::Event(seq) => Ok(seq),
            other => Err(unexpected(other)),
        }
    }

    /// The events after a number, so many at most.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if an event that has to be there is not.
    pub async fn events_after(&self, seq: u64, limit: u32) -> Result<Events, StoreError> {
        let limit = limit.clamp(1, PAGE_ENTRIES_MAX);
        // No event has a number beyond, so a hostile one is like any other that is too high.
        let after = i64::try_from(seq).unwrap_or(i64::MAX);
        with_keys!(self, |keys| {
            let rows = self.store.db.rows(event::AFTER, values![self.id().to_string(), after, i64::from(limit)]).await?;
            if let Some(row) = rows.first()
                && row.text(0)? != "alive"
            {
                return Err(StoreError::KeyDestroyed(self.id()));
            }
            event::after(&keys, &rows, seq, limit)
        })
    }

    /// Forgets all events but the newest, and says how many went.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn trim_events(&self, keep: u64, now: Timestamp) -> Result<u64, StoreError> {
        self.touched(Step::TrimEvents { keep }, now).await
    }

    /// Seals bytes that are kept elsewhere. They open only for the same tenant, purpose and context.
    ///
    /// # Errors
    /// [`StoreError::KeyDestroyed`].
    pub fn seal(&self, purpose: &'static str, context: &[u8], bytes: &[u8]) -> Result<Vec<u8>, StoreError> {
        let keys = self.keyring.keys()?;
        let generation = keys.newest();
        let key = keys.of(generation, "elsewhere", purpose).ok_or_else(|| StoreError::corrupt("the data keys"))?;
        let head = [&[SEALED_FORMAT], generation.to_be_bytes().as_slice()].concat();
        Ok([head.clone(), key.seal(&[b"elsewhere", &head, context], bytes)?].concat())
    }

    /// Opens what [`Tenant::seal`] gave.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if it was altered, or sealed by another tenant, for another purpose or in another context.
    pub fn open(&self, purpose: &'static str, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        let keys = self.keyring.keys()?;
        let corrupt = || StoreError::corrupt(format!("bytes sealed for `{purpose}`"));
        let (head, body) = sealed.split_first_chunk::<9>().ok_or_else(corrupt)?;
        let (format, generation) = head.split_first_chunk::<1>().ok_or_else(corrupt)?;
        if format != &[SEALED_FORMAT] {
            return Err(corrupt());
        }
        let generation = generation.try_into().map(i64::from_be_bytes).map_err(|_| corrupt())?;
        let key = keys.of(generation, "elsewhere", purpose).ok_or_else(corrupt)?;
        key.open(&[b"elsewhere", head, context], body).map_err(|_| corrupt())
    }

    /// A key for a purpose, the same for as long as the tenant lives, and another for every tenant.
    ///
    /// # Errors
    /// [`StoreError::KeyDestroyed`].
    pub fn derive(&self, purpose: &'static str) -> Result<[u8; 32], StoreError> {
        Ok(self.keyring.keys()?.derive(purpose))
    }

    async fn get_with<D: Document>(&self, keys: &Keys, id: &str) -> Result<Option<Kept<D>>, StoreError> {
        let row = self.store.db.row(FIND, values![self.id().to_string(), D::KIND, id]).await?;
        let row = row.ok_or(StoreError::TenantAbsent(self.id()))?;
        match Stored::read(keys, &row, 1, D::KIND, id)? {
            Some(stored) => kept(keys, &stored).map(Some),
            None if row.text(0)? == "alive" => Ok(None),
            None => Err(StoreError::KeyDestroyed(self.id())),
        }
    }

    async fn one(&self, write: Write, now: Timestamp) -> Result<Written, StoreError> {
        let written = self.write(vec![write], now).await?;
        written.first().copied().ok_or_else(|| StoreError::refused("nothing was written"))
    }

    async fn touched(&self, step: Step, now: Timestamp) -> Result<u64, StoreError> {
        match self.submit(vec![step], now).await?.first() {
            Some(Did::Touched(count)) => Ok(*count),
            _ => Err(StoreError::refused("nothing was written")),
        }
    }

    async fn submit(&self, steps: Vec<Step>, now: Timestamp) -> Result<Vec<Did>, StoreError> {
        let batch = Batch::new(&self.keyring, &self.store.limits, now, steps)?;
        self.store.write(&self.keyring, batch).await
    }

    /// Whether the keys in the database are newer than these; if so, the ring has them now.
    pub(crate) async fn renewed(&self, keys: &Keys) -> Result<bool, StoreError> {
        let row = self.store.db.row("SELECT data_generation FROM tenants WHERE id = $1", values![self.id().to_string()]).await?;
        if row.map_or(Ok(0), |row| row.int(0))? <= keys.newest() {
            return Ok(false);
        }
        self.store.renew(&self.keyring).await.map(|()| true)
    }
}

/// The document of a row.
pub(crate) fn kept<D: Document>(keys: &Keys, stored: &Stored) -> Result<Kept<D>, StoreError> {
    let (_, json) = stored.open(keys)?;
    Ok(Kept {
        id: stored.place.id.clone(),
        version: unsigned(stored.place.version)?,
        created_at: instant(stored.place.created_at)?,
        updated_at: instant(stored.place.updated_at)?,
        doc: decode(stored.place.schema, &json)?,
    })
}

fn unexpected(written: Written) -> StoreError {
    StoreError::corrupt(format!("a write came to {written:?}"))
}
