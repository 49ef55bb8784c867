//! The row of a document, and the entries by which it is found.
//!
//! A document's ciphertext is bound to its tenant, kind, id, version, schema, times and data key. Its own entry, the one without a name,
//! holds a mark over all of that and the ciphertext's tag: an older row put back alone no longer fits it. Every other entry is
//! authenticated with the document's version, and the sealed text begins with a digest of all entries there have to be.

use std::collections::BTreeSet;

use assent_base::Digest;

use crate::database::{Row, values};
use crate::document::{Expect, Index, named, unsigned};
use crate::error::StoreError;
use crate::keys::Keys;
use crate::scope::Scope;
use crate::seal::tag;

/// The name of a document's own entry. No index has it, since a name is not empty.
pub(crate) const OWN: &str = "";
/// Entries of one document at most.
const ENTRIES_MAX: usize = 64;
/// The first byte of a sealed text: a digest of the entries follows, then JSON.
const FORMAT: u8 = 1;

/// A document to be put.
pub(crate) struct Put {
    pub(crate) kind: &'static str,
    pub(crate) schema: u32,
    pub(crate) id: String,
    pub(crate) json: Vec<u8>,
    pub(crate) indexes: Vec<Index>,
    pub(crate) expect: Expect,
}

/// One way to find a document, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) blind: Vec<u8>,
    pub(crate) place: i64,
}

impl Entry {
    /// A document's own.
    pub(crate) fn own() -> Self {
        Self { name: OWN.to_owned(), blind: Vec::new(), place: 0 }
    }

    /// The entry's authenticator in a document of this id and version.
    pub(crate) fn seal(&self, keys: &Keys, kind: &str, id: &str, version: i64) -> Vec<u8> {
        let (place, version) = (self.place.to_be_bytes(), version.to_be_bytes());
        keys.mark(&[b"entry", kind.as_bytes(), self.name.as_bytes(), &self.blind, &place, id.as_bytes(), &version]).to_vec()
    }

    /// Names a set of entries.
    pub(crate) fn digest(entries: &BTreeSet<Self>) -> Digest {
        let places: Vec<[u8; 8]> = entries.iter().map(|entry| entry.place.to_be_bytes()).collect();
        let parts = entries.iter().zip(&places).flat_map(|(entry, place)| [entry.name.as_bytes(), &entry.blind, place.as_slice()]);
        Digest::of_parts(&parts.collect::<Vec<_>>())
    }
}

/// Everything that a document's ciphertext is bound to, but the tenant.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) kind: String,
    pub(crate) id: String,
    pub(crate) version: i64,
    pub(crate) schema: i64,
    pub(crate) generation: i64,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

impl Place {
    fn bound(&self, keys: &Keys) -> Vec<u8> {
        let numbers = [self.version, self.schema, self.generation, self.created_at, self.updated_at].map(i64::to_be_bytes).concat();
        let lengths = [self.kind.len() as u64, self.id.len() as u64].map(u64::to_be_bytes).concat();
        [keys.tenant.as_bytes().as_slice(), &lengths, self.kind.as_bytes(), self.id.as_bytes(), &numbers].concat()
    }

    pub(crate) fn mark(&self, keys: &Keys, tag: &[u8]) -> [u8; 32] {
        keys.mark(&[b"document", &self.bound(keys), tag])
    }

    pub(crate) fn seal(&self, keys: &Keys, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        let key = keys.of(self.generation, "document", &self.kind).ok_or_else(|| self.corrupt())?;
        key.seal(&[b"document", &self.bound(keys)], plain)
    }

    pub(crate) fn open(&self, keys: &Keys, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        let key = keys.of(self.generation, "document", &self.kind).ok_or_else(|| self.corrupt())?;
        key.open(&[b"document", &self.bound(keys)], sealed).map_err(|_| self.corrupt())
    }

    pub(crate) fn corrupt(&self) -> StoreError {
        StoreError::corrupt(format!("{} `{}`", self.kind, self.id))
    }
}

/// The row of a document. `body` is its ciphertext, or the tag of it where nobody wants to read it.
pub(crate) struct Stored {
    pub(crate) place: Place,
    pub(crate) body: Vec<u8>,
    pub(crate) mark: Vec<u8>,
}

impl Stored {
    /// Reads seven columns: version, schema, generation, both times, body, and the mark of the own entry. A document without its entry, or
    /// an entry without its document, is an altered database; neither is a document that does not exist.
    pub(crate) fn read(keys: &Keys, row: &Row, from: usize, kind: &str, id: &str) -> Result<Option<Self>, StoreError> {
        let corrupt = || StoreError::corrupt(format!("{kind} `{id}`"));
        let (version, mark) = (row.int_if_any(from)?, row.bytes_if_any(from + 6)?);
        let (version, mark) = match (version, mark) {
            (None, None) => return Ok(None),
            (Some(version), Some(mark)) => (version, mark),
            _ => return Err(corrupt()),
        };
        let place = Place {
            kind: kind.to_owned(),
            id: id.to_owned(),
            version,
            schema: row.int(from + 1)?,
            generation: row.int(from + 2)?,
            created_at: row.int(from + 3)?,
            updated_at: row.int(from + 4)?,
        };
        let body = row.bytes(from + 5)?;
        if !crate::seal::same(&place.mark(keys, tag(&body)), &mark) {
            return Err(corrupt());
        }
        Ok(Some(Self { place, body, mark }))
    }

    /// The document's JSON, and the digest of its entries.
    pub(crate) fn open(&self, keys: &Keys) -> Result<(Digest, Vec<u8>), StoreError> {
        let mut plain = self.place.open(keys, &self.body)?;
        let digest = plain.get(1..33).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        match (plain.first(), digest) {
            (Some(&FORMAT), Some(digest)) => {
                plain.drain(..33);
                Ok((Digest::from_bytes(digest), plain))
            }
            (Some(format), _) if *format > FORMAT => {
                Err(StoreError::Newer { what: self.place.kind.clone(), found: u64::from(*format), known: u64::from(FORMAT) })
            }
            _ => Err(self.place.corrupt()),
        }
    }
}

/// What `$1`, `$2` and `$3` name: tenant, kind and id. There is one row if the tenant exists, whatever else does.
pub(crate) const FIND: &str = "SELECT t.state, d.version, d.schema_version, d.generation, d.created_at, d.updated_at, d.sealed, m.seal
    FROM tenants t
    LEFT JOIN documents d ON d.tenant = t.id AND d.kind = $2 AND d.id = $3
    LEFT JOIN entries m ON m.tenant = t.id AND m.kind = $2 AND m.id = $3 AND m.name = ''
    WHERE t.id = $1";

/// The same without the ciphertext but for its tag.
const FIND_TAG: &str = "SELECT t.state, d.version, d.schema_version, d.generation, d.created_at, d.updated_at,
    substr(d.sealed, length(d.sealed) - 15, 16), m.seal
    FROM tenants t
    LEFT JOIN documents d ON d.tenant = t.id AND d.kind = $2 AND d.id = $3
    LEFT JOIN entries m ON m.tenant = t.id AND m.kind = $2 AND m.id = $3 AND m.name = ''
    WHERE t.id = $1";

impl Scope<'_> {
    /// Puts a document and says its version.
    pub(crate) async fn put(&mut self, put: &Put) -> Result<u64, StoreError> {
        let before = self.find(put.kind, &put.id, FIND_TAG).await?;
        expected(put.kind, &put.id, put.expect, before.as_ref())?;
        let entries = entries(&self.keys, put.kind, &put.indexes)?;
        let place = Place {
            kind: put.kind.to_owned(),
            id: put.id.clone(),
            version: before.as_ref().map_or(0, |before| before.place.version).saturating_add(1),
            schema: i64::from(put.schema),
            generation: self.generation,
            created_at: before.as_ref().map_or(self.now, |before| before.place.created_at),
            updated_at: self.now,
        };
        let mut plain = Vec::with_capacity(put.json.len() + 33);
        plain.push(FORMAT);
        plain.extend_from_slice(Entry::digest(&entries).as_bytes());
        plain.extend_from_slice(&put.json);
        let sealed = place.seal(&self.keys, &plain)?;
        let mark = place.mark(&self.keys, tag(&sealed));
        if let Some(before) = before {
            self.drop_document(&before).await?;
        }
        self.insert(&place, sealed, &mark).await?;
        for entry in entries {
            let seal = entry.seal(&self.keys, &place.kind, &place.id, place.version);
            self.insert_entry(&place, entry, seal).await?;
        }
        unsigned(place.version)
    }

    /// Deletes a document and says whether there was one.
    pub(crate) async fn delete(&mut self, kind: &'static str, id: &str, expect: Expect) -> Result<bool, StoreError> {
        let before = self.find(kind, id, FIND_TAG).await?;
        expected(kind, id, expect, before.as_ref())?;
        match before {
            Some(before) => self.drop_document(&before).await.map(|()| true),
            None => Ok(false),
        }
    }

    /// Seals a document under the present data key. It stays what it is, version and all.
    pub(crate) async fn reseal_document(&mut self, kind: &str, id: &str) -> Result<(), StoreError> {
        let Some(stored) = self.find(kind, id, FIND).await? else { return Ok(()) };
        let plain = stored.place.open(&self.keys, &stored.body)?;
        let place = Place { generation: self.generation, ..stored.place };
        let sealed = place.seal(&self.keys, &plain)?;
        let mark = place.mark(&self.keys, tag(&sealed));
        self.toggle(&stored.mark);
        self.toggle(&mark);
        let sql = "UPDATE documents SET generation = $4, sealed = $5 WHERE tenant = $1 AND kind = $2 AND id = $3";
        self.tx.execute(sql, values![self.tenant.as_str(), kind, id, place.generation, sealed]).await?;
        let sql = "UPDATE entries SET seal = $4 WHERE tenant = $1 AND kind = $2 AND id = $3 AND name = ''";
        self.tx.execute(sql, values![self.tenant.as_str(), kind, id, mark.as_slice()]).await.map(drop)
    }

    async fn find(&mut self, kind: &str, id: &str, sql: &'static str) -> Result<Option<Stored>, StoreError> {
        let row = self.tx.row(sql, values![self.tenant.as_str(), kind, id]).await?;
        let row = row.ok_or(StoreError::TenantAbsent(self.keys.tenant))?;
        Stored::read(&self.keys, &row, 1, kind, id)
    }

    async fn insert(&mut self, place: &Place, sealed: Vec<u8>, mark: &[u8]) -> Result<(), StoreError> {
        self.toggle(mark);
        let sql = "INSERT INTO documents (tenant, kind, id, version, schema_version, generation, created_at, updated_at, sealed)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let (kind, id) = (place.kind.as_str(), place.id.as_str());
        let (created_at, updated_at) = (place.created_at, place.updated_at);
        let values = values![self.tenant.as_str(), kind, id, place.version, place.schema, place.generation, created_at, updated_at, sealed];
        self.tx.execute(sql, values).await?;
        self.insert_entry(place, Entry::own(), mark.to_vec()).await
    }

    async fn insert_entry(&mut self, place: &Place, entry: Entry, seal: Vec<u8>) -> Result<(), StoreError> {
        self.toggle_entry(&place.kind, &place.id, &entry);
        let sql = "INSERT INTO entries (tenant, kind, name, blind, place, id, seal) VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let values = values![self.tenant.as_str(), place.kind.as_str(), entry.name, entry.blind, entry.place, place.id.as_str(), seal];
        self.tx.execute(sql, values).await.map(drop)
    }

    async fn drop_document(&mut self, stored: &Stored) -> Result<(), StoreError> {
        self.toggle(&stored.mark);
        let (kind, id) = (stored.place.kind.as_str(), stored.place.id.as_str());
        let sql = "DELETE FROM documents WHERE tenant = $1 AND kind = $2 AND id = $3";
        self.tx.execute(sql, values![self.tenant.as_str(), kind, id]).await?;
        // What was there goes out of the tally, and not what should have been: an entry that was taken away stays missed.
        let sql = "DELETE FROM entries WHERE tenant = $1 AND kind = $2 AND id = $3 RETURNING name, blind, place";
        for row in self.tx.rows(sql, values![self.tenant.as_str(), kind, id]).await? {
            let entry = Entry { name: row.text(0)?, blind: row.bytes(1)?, place: row.int(2)? };
            self.toggle_entry(kind, id, &entry);
        }
        Ok(())
    }
}

fn expected(kind: &'static str, id: &str, expect: Expect, found: Option<&Stored>) -> Result<(), StoreError> {
    match (expect, found) {
        (Expect::Any, _) | (Expect::Absent, None) => Ok(()),
        (Expect::Absent, Some(_)) => Err(StoreError::Conflict { kind, id: id.to_owned() }),
        (Expect::Version(_), None) => Err(StoreError::Absent { kind, id: id.to_owned() }),
        (Expect::Version(version), Some(found)) => match unsigned(found.place.version)? {
            same if same == version => Ok(()),
            found => Err(StoreError::Stale { kind, id: id.to_owned(), found }),
        },
    }
}

/// The entries of a document's indexes.
fn entries(keys: &Keys, kind: &str, indexes: &[Index]) -> Result<BTreeSet<Entry>, StoreError> {
    let mut entries = BTreeSet::new();
    let mut orders = BTreeSet::new();
    for index in indexes {
        entries.insert(match index {
            Index::Equal(name, value) => {
                Entry { name: named("the name of an index", name)?.to_owned(), blind: keys.blind(kind, name, value), place: 0 }
            }
            Index::Order(name, place) => {
                if !orders.insert(*name) {
                    return Err(StoreError::refused(format!("a {kind} has two places in its order `{name}`")));
                }
                Entry { name: named("the name of an index", name)?.to_owned(), blind: Vec::new(), place: *place }
            }
        });
    }
    if entries.len() > ENTRIES_MAX {
        return Err(StoreError::TooLarge { what: "the index of a document", size: entries.len() as u64, max: ENTRIES_MAX as u64 });
    }
    Ok(entries)
}
