//! Streams of signals: numbered, appended in order without gaps, kept until a snapshot replaces them.
//!
//! Each stream has a head with the number up to which everything is kept. Head and segments are authenticated, so a segment that is lost
//! in the middle or at the end shows, and so does one that comes back after a snapshot has replaced it.

use assent_base::Timestamp;

use crate::database::{Row, values};
use crate::document::{instant, signed, unsigned};
use crate::error::StoreError;
use crate::keys::Keys;
use crate::limits::PART_BYTES;
use crate::scope::Scope;
use crate::seal::tag;
use crate::tenant::{Tenant, with_keys};

/// What became of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// It is kept now.
    New,
    /// It was kept before; nothing changed.
    Known,
}

/// A run of signals, or the snapshot that stands for all before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// The number of its first signal.
    pub first: u64,
    /// The number of its last signal.
    pub last: u64,
    /// When it was appended.
    pub at: Timestamp,
    /// Whether these are not signals but what they came to: a reader that has older state drops it.
    pub snapshot: bool,
    /// The bytes, as they were given.
    pub bytes: Vec<u8>,
}

/// The head of a stream as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    /// The stream begins after this number.
    pub(crate) base: i64,
    /// The number up to which a snapshot stands for all; equal to `base` if there is none.
    pub(crate) snapshot: i64,
    /// The number up to which everything is kept.
    pub(crate) last: i64,
}

impl Head {
    pub(crate) fn seal(&self, keys: &Keys, stream: &str) -> [u8; 32] {
        let numbers = [self.base, self.snapshot, self.last].map(i64::to_be_bytes).concat();
        keys.mark(&[b"stream", stream.as_bytes(), &numbers])
    }

    /// Reads base, snapshot, last and seal.
    pub(crate) fn read(keys: &Keys, row: &Row, from: usize, stream: &str) -> Result<Self, StoreError> {
        let head = Self { base: row.int(from)?, snapshot: row.int(from + 1)?, last: row.int(from + 2)? };
        if !crate::seal::same(&head.seal(keys, stream), &row.bytes(from + 3)?) {
            return Err(corrupt(stream));
        }
        Ok(head)
    }
}

/// The row of a segment, or of a part of it.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) last: i64,
    pub(crate) part: i64,
    pub(crate) parts: i64,
    pub(crate) first: i64,
    pub(crate) snapshot: i64,
    pub(crate) at: i64,
    pub(crate) generation: i64,
}

impl Part {
    /// Reads the columns last, part, parts, first, snapshot, at and generation.
    pub(crate) fn read(row: &Row, from: usize) -> Result<Self, StoreError> {
        Ok(Self {
            last: row.int(from)?,
            part: row.int(from + 1)?,
            parts: row.int(from + 2)?,
            first: row.int(from + 3)?,
            snapshot: row.int(from + 4)?,
            at: row.int(from + 5)?,
            generation: row.int(from + 6)?,
        })
    }

    fn bound(&self) -> Vec<u8> {
        [self.last, self.part, self.parts, self.first, self.snapshot, self.at, self.generation].map(i64::to_be_bytes).concat()
    }

    pub(crate) fn seal(&self, keys: &Keys, stream: &str, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        let key = keys.of(self.generation, "segment", "").ok_or_else(|| corrupt(stream))?;
        key.seal(&[b"segment", keys.tenant.as_bytes(), stream.as_bytes(), &self.bound()], plain)
    }

    pub(crate) fn open(&self, keys: &Keys, stream: &str, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        let key = keys.of(self.generation, "segment", "").ok_or_else(|| corrupt(stream))?;
        key.open(&[b"segment", keys.tenant.as_bytes(), stream.as_bytes(), &self.bound()], sealed).map_err(|_| corrupt(stream))
    }

    pub(crate) fn mark(&self, keys: &Keys, stream: &str, sealed: &[u8]) -> [u8; 32] {
        keys.mark(&[b"segment", stream.as_bytes(), &self.bound(), tag(sealed)])
    }
}

/// A segment or a snapshot to be kept, sealed before anybody waits for the database.
pub(crate) struct Sealed {
    pub(crate) stream: String,
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) parts: Vec<(Part, Vec<u8>)>,
}

impl Sealed {
    /// Seals bytes, in one part if they are signals.
    pub(crate) fn new(
        keys: &Keys,
        stream: &str,
        (first, last): (u64, u64),
        snapshot: bool,
        at: i64,
        bytes: &[u8],
    ) -> Result<Self, StoreError> {
        if first == 0 || last < first {
            return Err(StoreError::refused("a segment has a first number above 0, and a last number not below it"));
        }
        let (first, last) = (signed("the number of a signal", first)?, signed("the number of a signal", last)?);
        let whole = [bytes];
        let chunks: Vec<&[u8]> = if snapshot && bytes.len() > PART_BYTES { bytes.chunks(PART_BYTES).collect() } else { whole.to_vec() };
        let parts = signed("the parts of a snapshot", chunks.len() as u64)?;
        let sealed = (0_i64..).zip(&chunks).map(|(part, chunk)| {
            let part = Part { last, part, parts, first, snapshot: i64::from(snapshot), at, generation: keys.newest() };
            part.seal(keys, stream, chunk).map(|sealed| (part, sealed))
        });
        Ok(Self { stream: stream.to_owned(), first, last, parts: sealed.collect::<Result<_, _>>()? })
    }
}

impl Scope<'_> {
    /// Appends a segment, if it is the next one.
    pub(crate) async fn append(&mut self, sealed: &Sealed) -> Result<Appended, StoreError> {
        let before = self.head(&sealed.stream).await?;
        let head = before.clone().unwrap_or(Head { base: 0, snapshot: 0, last: 0 });
        if sealed.last <= head.last {
            return Ok(Appended::Known);
        }
        let expected = head.last.saturating_add(1);
        if sealed.first != expected {
            return Err(StoreError::Gap { stream: sealed.stream.clone(), expected: unsigned(expected)? });
        }
        self.insert_parts(sealed, sealed.first).await?;
        self.set_head(&sealed.stream, before.as_ref(), &Head { last: sealed.last, ..head }).await?;
        Ok(Appended::New)
    }

    /// Lets an empty stream begin after a number. A stream that exists is left alone.
    pub(crate) async fn begin_stream(&mut self, stream: &str, after: i64) -> Result<(), StoreError> {
        match self.head(stream).await? {
            Some(_) => Err(StoreError::refused(format!("stream `{stream}` has begun already"))),
            None => self.set_head(stream, None, &Head { base: after, snapshot: after, last: after }).await,
        }
    }

    /// Replaces all segments up to the snapshot's number, which has to be the end of one of them.
    pub(crate) async fn compact(&mut self, sealed: &Sealed) -> Result<(), StoreError> {
        let stream = sealed.stream.as_str();
        let Some(head) = self.head(stream).await? else {
            return Err(StoreError::refused(format!("there is no stream `{stream}`")));
        };
        let sql = "SELECT last, mark FROM segments WHERE tenant = $1 AND stream = $2 AND last <= $3 ORDER BY last";
        let rows = self.tx.rows(sql, values![self.tenant.as_str(), stream, sealed.last]).await?;
        let end = rows.last().map(|row| row.int(0)).transpose()?;
        if end != Some(sealed.last) {
            return Err(StoreError::refused(format!("no segment of stream `{stream}` ends at {}", sealed.last)));
        }
        for row in rows {
            self.toggle(&row.bytes(1)?);
        }
        let sql = "DELETE FROM segments WHERE tenant = $1 AND stream = $2 AND last <= $3";
        self.tx.execute(sql, values![self.tenant.as_str(), stream, sealed.last]).await?;
        self.insert_parts(sealed, head.base.saturating_add(1)).await?;
        self.set_head(stream, Some(&head), &Head { snapshot: sealed.last, ..head.clone() }).await
    }

    /// Deletes a stream and says whether there was one.
    pub(crate) async fn delete_stream(&mut self, stream: &str) -> Result<bool, StoreError> {
        let Some(head) = self.head(stream).await? else { return Ok(false) };
        let sql = "SELECT mark FROM segments WHERE tenant = $1 AND stream = $2";
        for row in self.tx.rows(sql, values![self.tenant.as_str(), stream]).await? {
            self.toggle(&row.bytes(0)?);
        }
        self.toggle(&head.seal(&self.keys, stream));
        for sql in ["DELETE FROM segments WHERE tenant = $1 AND stream = $2", "DELETE FROM streams WHERE tenant = $1 AND stream = $2"] {
            self.tx.execute(sql, values![self.tenant.as_str(), stream]).await?;
        }
        Ok(true)
    }

    /// Seals one part under the present data key.
    pub(crate) async fn reseal_part(&mut self, stream: &str, part: &Part, mark: &[u8], sealed: &[u8]) -> Result<(), StoreError> {
        let plain = part.open(&self.keys, stream, sealed)?;
        let new = Part { generation: self.generation, ..part.clone() };
        let sealed = new.seal(&self.keys, stream, &plain)?;
        let new_mark = new.mark(&self.keys, stream, &sealed);
        self.toggle(mark);
        self.toggle(&new_mark);
        let sql = "UPDATE segments SET generation = $5, mark = $6, sealed = $7
            WHERE tenant = $1 AND stream = $2 AND last = $3 AND part = $4";
        let values = values![self.tenant.as_str(), stream, part.last, part.part, new.generation, new_mark.as_slice(), sealed];
        self.tx.execute(sql, values).await.map(drop)
    }

    async fn head(&mut self, stream: &str) -> Result<Option<Head>, StoreError> {
        let sql = "SELECT base, snapshot, last, seal FROM streams WHERE tenant = $1 AND stream = $2";
        let row = self.tx.row(sql, values![self.tenant.as_str(), stream]).await?;
        match row {
            Some(row) => Head::read(&self.keys, &row, 0, stream).map(Some),
            None => {
                let sql = "SELECT COUNT(*) FROM segments WHERE tenant = $1 AND stream = $2";
                let orphans = self.tx.row(sql, values![self.tenant.as_str(), stream]).await?.map_or(Ok(0), |row| row.int(0))?;
                if orphans == 0 { Ok(None) } else { Err(corrupt(stream)) }
            }
        }
    }

    async fn set_head(&mut self, stream: &str, before: Option<&Head>, head: &Head) -> Result<(), StoreError> {
        if let Some(before) = before {
            self.toggle(&before.seal(&self.keys, stream));
        }
        let seal = head.seal(&self.keys, stream);
        self.toggle(&seal);
        let sql = "INSERT INTO streams (tenant, stream, base, snapshot, last, seal) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (tenant, stream) DO UPDATE SET base = excluded.base, snapshot = excluded.snapshot, last = excluded.last,
            seal = excluded.seal";
        let values = values![self.tenant.as_str(), stream, head.base, head.snapshot, head.last, seal.as_slice()];
        self.tx.execute(sql, values).await.map(drop)
    }

    /// Inserts the parts. Those that were sealed for another first number or under an older data key are sealed again.
    async fn insert_parts(&mut self, sealed: &Sealed, first: i64) -> Result<(), StoreError> {
        let stream = sealed.stream.as_str();
        for (part, bytes) in &sealed.parts {
            let mut bytes = bytes.clone();
            let mut part = part.clone();
            if part.generation != self.generation || part.first != first {
                let plain = part.open(&self.keys, stream, &bytes)?;
                part = Part { generation: self.generation, first, ..part };
                bytes = part.seal(&self.keys, stream, &plain)?;
            }
            let mark = part.mark(&self.keys, stream, &bytes);
            self.toggle(&mark);
            let sql = "INSERT INTO segments (tenant, stream, last, part, parts, first, snapshot, at, generation, mark, sealed)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
            let Part { last, part, parts, first, snapshot, at, generation } = part;
            let values = values![self.tenant.as_str(), stream, last, part, parts, first, snapshot, at, generation, mark.as_slice(), bytes];
            self.tx.execute(sql, values).await?;
        }
        Ok(())
    }
}

/// Reads the segments of a stream in order, one at a time.
pub struct Segments {
    pub(crate) tenant: Tenant,
    pub(crate) stream: String,
    pub(crate) reached: i64,
    pub(crate) begun: bool,
}

impl Segments {
    /// The next segment, or `None` once everything that is kept has been read; later segments may follow then.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if a segment is missing, altered, or of another place.
    pub async fn next(&mut self) -> Result<Option<Segment>, StoreError> {
        with_keys!(self.tenant, |keys| self.next_with(&keys).await)
    }

    async fn next_with(&mut self, keys: &Keys) -> Result<Option<Segment>, StoreError> {
        let (head, rows) = self.fetch(keys).await?;
        let Some(head) = head else { return if self.begun { Err(corrupt(&self.stream)) } else { Ok(None) } };
        let mut bytes = Vec::new();
        let mut whole: Option<Part> = None;
        for (number, row) in (0..).zip(&rows) {
            let part = Part::read(row, 4)?;
            if part.part != number || whole.as_ref().is_some_and(|whole| whole.parts != part.parts || whole.first != part.first) {
                return Err(corrupt(&self.stream));
            }
            bytes.append(&mut part.open(keys, &self.stream, &row.bytes(11)?)?);
            whole = Some(part);
        }
        let Some(part) = whole else {
            // Everything up to the head has been read, or something at the end is gone.
            return if self.reached.max(head.base) >= head.last { Ok(None) } else { Err(corrupt(&self.stream)) };
        };
        self.fits(&head, &part)?;
        (self.reached, self.begun) = (part.last, true);
        let (first, last) = (unsigned(part.first)?, unsigned(part.last)?);
        Ok(Some(Segment { first, last, at: instant(part.at)?, snapshot: part.snapshot != 0, bytes }))
    }

    /// The head and the parts of the next segment, from one state of the database.
    async fn fetch(&self, keys: &Keys) -> Result<(Option<Head>, Vec<Row>), StoreError> {
        let sql = "SELECT h.base, h.snapshot, h.last, h.seal, s.last, s.part, s.parts, s.first, s.snapshot, s.at, s.generation, s.sealed,
            t.state, (SELECT MAX(n.last) FROM segments n WHERE n.tenant = $1 AND n.stream = $2)
            FROM tenants t LEFT JOIN streams h ON h.tenant = t.id AND h.stream = $2
            LEFT JOIN segments s ON s.tenant = t.id AND s.stream = $2 AND s.last =
            (SELECT MIN(n.last) FROM segments n WHERE n.tenant = $1 AND n.stream = $2 AND n.last > $3)
            WHERE t.id = $1 ORDER BY s.part";
        let values = values![keys.tenant.to_string(), self.stream.as_str(), self.reached];
        let mut rows = self.tenant.store.db.rows(sql, values).await?;
        let first = rows.first().ok_or(StoreError::TenantAbsent(keys.tenant))?;
        if first.text(12)? != "alive" {
            return Err(StoreError::KeyDestroyed(keys.tenant));
        }
        if first.int_if_any(0)?.is_none() {
            // Segments without a head: the head is lost.
            return if first.int_if_any(13)?.is_none() { Ok((None, Vec::new())) } else { Err(corrupt(&self.stream)) };
        }
        let head = Head::read(keys, first, 0, &self.stream)?;
        if first.int_if_any(4)?.is_none() {
            rows.clear();
        }
        Ok((Some(head), rows))
    }

    /// Whether this segment is the one that has to come next.
    fn fits(&self, head: &Head, part: &Part) -> Result<(), StoreError> {
        let snapshot = part.snapshot != 0;
        let next = self.reached.saturating_add(1);
        let right = part.last <= head.last
            && part.part.saturating_add(1) == part.parts
            && snapshot == (part.last == head.snapshot && head.snapshot > head.base)
            && part.last >= head.snapshot
            && part.first > head.base
            && (part.first == next || (part.first < next && (snapshot || !self.begun)) || (!self.begun && part.first == head.base + 1));
        if right { Ok(()) } else { Err(corrupt(&self.stream)) }
    }
}

pub(crate) fn corrupt(stream: &str) -> StoreError {
    StoreError::corrupt(format!("stream `{stream}`"))
}
