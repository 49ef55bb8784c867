//! Lists of documents: by equal values, in an order, page by page.
//!
//! Every list walks one run of entries, that of an order, or of a value, or of all documents of the kind. Each entry on the way is
//! authenticated against the document's version, so one that was moved is found when it is met.

use std::fmt;
use std::str::FromStr;

use assent_base::Timestamp;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sqlx::AssertSqlSafe;

use crate::database::{Row, Value, values};
use crate::document::{Document, Expect, Kept, micros, named, unsigned};
use crate::error::StoreError;
use crate::keys::Keys;
use crate::limits::{EQUAL_MAX, PAGE_ENTRIES_MAX};
use crate::row::{Entry, OWN, Stored};
use crate::seal::same;
use crate::tenant::{Tenant, kept, with_keys};
use crate::write::Write;

/// Rows that counting reads at once.
const COUNT_ROWS: u32 = 4_096;
/// Documents that one transaction of [`Tenant::prune`] deletes at most.
const PRUNE_ROWS: u32 = 256;
/// Stands for the ciphertext where nobody reads it: its tag is enough to authenticate the row.
const TAG: &str = "substr(d.sealed, length(d.sealed) - 15, 16)";
const CURSOR_BYTES_MAX: usize = 512;
const MARK_BYTES: usize = 16;
/// Columns before those of the asked-for values: id, place and seal of the walked entry, then the document's seven.
const FIXED_COLUMNS: usize = 10;

/// Which documents, in which order.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Documents that have all of these values in these indexes.
    pub equal: Vec<(&'static str, String)>,
    /// The order, in which only documents are that have a place in it. Without one they are ordered by id.
    pub order: Option<Order>,
    /// Where to go on.
    pub after: Option<Cursor>,
    /// Documents of a page at most; 0 stands for the most that the store gives.
    pub limit: u32,
}

/// An order, and a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// The name of an [`Index::Order`](crate::Index::Order).
    pub name: &'static str,
    /// Which end comes first.
    pub direction: Direction,
    /// The least place.
    pub from: i64,
    /// The greatest place.
    pub to: i64,
}

impl Order {
    /// The whole of an order.
    #[must_use]
    pub const fn all(name: &'static str, direction: Direction) -> Self {
        Self { name, direction, from: i64::MIN, to: i64::MAX }
    }
}

/// Which end comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The least place, and within it the least id.
    Ascending,
    /// The greatest place, and within it the greatest id.
    Descending,
}

/// A place in a list. Its text tells nothing to whoever carries it, and fits no other query and no other tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(String);

impl fmt::Display for Cursor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl FromStr for Cursor {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let fits = (1..=CURSOR_BYTES_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(text.to_owned())) } else { Err(bad_cursor()) }
    }
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
    /// Where the next page begins; `None` after the last.
    pub next: Option<Cursor>,
}

impl Tenant {
    /// The documents that a query asks for, page by page. A document that is changed meanwhile may move, and then be met twice or not.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if a row on the way was altered, [`StoreError::Refused`] if the cursor is not of this query.
    pub async fn list<D: Document>(&self, query: &Query) -> Result<Page<Kept<D>>, StoreError> {
        let limit = if query.limit == 0 { PAGE_ENTRIES_MAX } else { query.limit.min(PAGE_ENTRIES_MAX) };
        with_keys!(self, |keys| self.list_with(&keys, query, limit).await)
    }

    /// How many documents a query asks for, whatever its cursor and limit.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if a row on the way was altered.
    pub async fn count<D: Document>(&self, query: &Query) -> Result<u64, StoreError> {
        with_keys!(self, |keys| self.count_with(Walk::new(&keys, D::KIND, query)?, &keys).await)
    }

    /// Deletes the documents whose place in an order is below that of an instant in microseconds, and says how many.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if a row on the way was altered; what was deleted until then stays deleted.
    pub async fn prune<D: Document>(&self, order: &'static str, before: Timestamp, now: Timestamp) -> Result<u64, StoreError> {
        let to = micros(before).saturating_sub(1);
        let order = Order { name: order, direction: Direction::Ascending, from: i64::MIN, to };
        let query = Query { order: Some(order), ..Query::default() };
        let mut pruned: u64 = 0;
        loop {
            let keys = self.keyring.keys()?;
            let mut walk = Walk::new(&keys, D::KIND, &query)?;
            let rows = self.store.db.rows(walk.sql(TAG), walk.values(PRUNE_ROWS)).await?;
            let mut writes = Vec::with_capacity(rows.len());
            for row in &rows {
                let found = walk.stored(&keys, row)?;
                writes.push(Write::delete::<D>(&found.place.id, Expect::Version(unsigned(found.place.version)?))?);
            }
            if writes.is_empty() {
                return Ok(pruned);
            }
            match self.write(writes, now).await {
                Ok(written) => pruned = pruned.saturating_add(written.len() as u64),
                // Somebody changed one of them meanwhile: it is looked at anew.
                Err(StoreError::Stale { .. } | StoreError::Absent { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }

    async fn count_with(&self, mut walk: Walk, keys: &Keys) -> Result<u64, StoreError> {
        let mut count: u64 = 0;
        loop {
            let rows = self.store.db.rows(walk.sql(TAG), walk.values(COUNT_ROWS)).await?;
            for row in &rows {
                walk.stored(keys, row)?;
            }
            count = count.saturating_add(rows.len() as u64);
            if rows.len() < COUNT_ROWS as usize {
                return Ok(count);
            }
        }
    }

    async fn list_with<D: Document>(&self, keys: &Keys, query: &Query, limit: u32) -> Result<Page<Kept<D>>, StoreError> {
        let mut walk = Walk::new(keys, D::KIND, query)?;
        if let Some(cursor) = &query.after {
            walk.resume(keys, cursor)?;
        }
        let rows = self.store.db.rows(walk.sql("d.sealed"), walk.values(limit.saturating_add(1))).await?;
        if rows.is_empty() {
            self.store.alive(&self.keyring).await?;
        }
        let mut items = Vec::with_capacity(rows.len());
        for row in rows.iter().take(limit as usize) {
            items.push(kept(keys, &walk.stored(keys, row)?)?);
        }
        let next = (rows.len() > items.len()).then(|| walk.cursor(keys));
        Ok(Page { items, next })
    }
}

/// One run of entries, and how far along it we are.
struct Walk {
    tenant: String,
    kind: &'static str,
    /// The run that is walked: the name and blind value of its entries.
    name: &'static str,
    blind: Vec<u8>,
    range: (i64, i64),
    direction: Direction,
    /// Entries that each document has to have as well.
    also: Vec<Entry>,
    /// The last place and id that was met.
    reached: (i64, String),
}

impl Walk {
    fn new(keys: &Keys, kind: &'static str, query: &Query) -> Result<Self, StoreError> {
        if query.equal.len() > EQUAL_MAX {
            return Err(StoreError::TooLarge { what: "a query", size: query.equal.len() as u64, max: EQUAL_MAX as u64 });
        }
        let mut also = Vec::with_capacity(query.equal.len());
        for (name, value) in &query.equal {
            let name = named("the name of an index", name)?;
            also.push(Entry { name: name.to_owned(), blind: keys.blind(kind, name, value), place: 0 });
        }
        let (name, blind, range, direction) = match (&query.order, query.equal.first()) {
            (Some(order), _) => (named("the name of an index", order.name)?, Vec::new(), (order.from, order.to), order.direction),
            (None, Some((name, _))) => (*name, also.remove(0).blind, (0, 0), Direction::Ascending),
            (None, None) => (OWN, Vec::new(), (0, 0), Direction::Ascending),
        };
        // No id is above the second of these, since an id is of visible characters.
        let reached = match direction {
            Direction::Ascending => (i64::MIN, String::new()),
            Direction::Descending => (i64::MAX, "\u{7f}".to_owned()),
        };
        Ok(Self { tenant: keys.tenant.to_string(), kind, name, blind, range, direction, also, reached })
    }

    /// The statement. All that varies is made of the words below, chosen by number and direction: nothing from outside is in it.
    fn sql(&self, body: &'static str) -> AssertSqlSafe<String> {
        let (more, order) = match self.direction {
            Direction::Ascending => (">", "ASC"),
            Direction::Descending => ("<", "DESC"),
        };
        let (mut columns, mut joins) = (String::new(), String::new());
        for number in 0..self.also.len() {
            let (name, blind) = (10 + 2 * number, 11 + 2 * number);
            columns.push_str(&format!(", f{number}.seal"));
            joins.push_str(&format!(
                " JOIN entries f{number} ON f{number}.tenant = o.tenant AND f{number}.kind = o.kind AND f{number}.name = ${name}
                AND f{number}.blind = ${blind} AND f{number}.id = o.id"
            ));
        }
        AssertSqlSafe(format!(
            "SELECT o.id, o.place, o.seal, d.version, d.schema_version, d.generation, d.created_at, d.updated_at, {body}, m.seal{columns}
            FROM entries o{joins}
            LEFT JOIN documents d ON d.tenant = o.tenant AND d.kind = o.kind AND d.id = o.id
            LEFT JOIN entries m ON m.tenant = o.tenant AND m.kind = o.kind AND m.id = o.id AND m.name = ''
            WHERE o.tenant = $1 AND o.kind = $2 AND o.name = $3 AND o.blind = $4 AND o.place >= $5 AND o.place <= $6
            AND (o.place {more} $7 OR (o.place = $7 AND o.id {more} $8))
            ORDER BY o.place {order}, o.id {order} LIMIT $9"
        ))
    }

    fn values(&self, limit: u32) -> Vec<Value> {
        let (from, to) = self.range;
        let (place, id) = &self.reached;
        let mut values =
            values![self.tenant.as_str(), self.kind, self.name, self.blind.as_slice(), from, to, *place, id.as_str(), i64::from(limit),];
        for entry in &self.also {
            values.extend([Value::from(entry.name.as_str()), Value::from(entry.blind.as_slice())]);
        }
        values
    }

    /// The document of a row, once all that led to it is authentic.
    fn stored(&mut self, keys: &Keys, row: &Row) -> Result<Stored, StoreError> {
        let (id, place) = (row.text(0)?, row.int(1)?);
        let corrupt = || StoreError::corrupt(format!("{} `{id}`", self.kind));
        let stored = Stored::read(keys, row, 3, self.kind, &id)?.ok_or_else(corrupt)?;
        let version = stored.place.version;
        if self.name != OWN {
            let walked = Entry { name: self.name.to_owned(), blind: self.blind.clone(), place };
            if !same(&walked.seal(keys, self.kind, &id, version), &row.bytes(2)?) {
                return Err(corrupt());
            }
        }
        for (column, entry) in (FIXED_COLUMNS..).zip(&self.also) {
            if !same(&entry.seal(keys, self.kind, &id, version), &row.bytes(column)?) {
                return Err(corrupt());
            }
        }
        self.reached = (place, id);
        Ok(stored)
    }

    /// Where the walk is now.
    fn cursor(&self, keys: &Keys) -> Cursor {
        let (place, id) = &self.reached;
        let at = [place.to_be_bytes().as_slice(), id.as_bytes()].concat();
        let mark = keys.cursor(&self.cursor_parts(&at));
        let bytes = [mark.get(..MARK_BYTES).unwrap_or_default(), &at].concat();
        Cursor(URL_SAFE_NO_PAD.encode(bytes))
    }

    fn resume(&mut self, keys: &Keys, cursor: &Cursor) -> Result<(), StoreError> {
        let bytes = URL_SAFE_NO_PAD.decode(&cursor.0).map_err(|_| bad_cursor())?;
        let (mark, at) = bytes.split_first_chunk::<MARK_BYTES>().ok_or_else(bad_cursor)?;
        let right = keys.cursor(&self.cursor_parts(at));
        if !same(right.get(..MARK_BYTES).unwrap_or_default(), mark) {
            return Err(bad_cursor());
        }
        let (place, id) = at.split_first_chunk::<8>().ok_or_else(bad_cursor)?;
        let id = std::str::from_utf8(id).map_err(|_| bad_cursor())?;
        self.reached = (i64::from_be_bytes(*place), id.to_owned());
        Ok(())
    }

    fn cursor_parts<'a>(&'a self, at: &'a [u8]) -> Vec<&'a [u8]> {
        let direction: &[u8] = match self.direction {
            Direction::Ascending => b"ascending",
            Direction::Descending => b"descending",
        };
        let mut parts = vec![self.kind.as_bytes(), self.name.as_bytes(), &self.blind, direction, at];
        for entry in &self.also {
            parts.extend([entry.name.as_bytes(), entry.blind.as_slice()]);
        }
        parts
    }
}

fn bad_cursor() -> StoreError {
    StoreError::refused("the cursor is not of this list")
}
