//! Everything that a tenant keeps as documents, in the clear, for the tenant.

use assent_base::Timestamp;

use crate::database::values;
use crate::document::{instant, unsigned};
use crate::error::StoreError;
use crate::keys::Keys;
use crate::row::Stored;
use crate::tenant::{Tenant, with_keys};

/// Documents that are read at once.
const ROWS: i64 = 64;

/// One document, whatever its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// Its kind.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: u64,
    /// The version of its type.
    pub schema: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// The document as JSON.
    pub json: String,
}

/// Reads all documents of a tenant, by kind and id.
pub struct Export {
    tenant: Tenant,
    reached: (String, String),
}

impl Tenant {
    /// All documents of the tenant. Run [`Tenant::check`] as well where it matters that none is missing.
    #[must_use]
    pub fn export(&self) -> Export {
        Export { tenant: self.clone(), reached: (String::new(), String::new()) }
    }
}

impl Export {
    /// Some more documents; none after the last.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if a row on the way was altered.
    pub async fn next(&mut self) -> Result<Vec<Exported>, StoreError> {
        with_keys!(self.tenant, |keys| self.next_with(&keys).await)
    }

    async fn next_with(&mut self, keys: &Keys) -> Result<Vec<Exported>, StoreError> {
        let sql = "SELECT d.kind, d.id, d.version, d.schema_version, d.generation, d.created_at, d.updated_at, d.sealed, m.seal
            FROM documents d LEFT JOIN entries m ON m.tenant = d.tenant AND m.kind = d.kind AND m.id = d.id AND m.name = ''
            WHERE d.tenant = $1 AND (d.kind > $2 OR (d.kind = $2 AND d.id > $3)) ORDER BY d.kind, d.id LIMIT $4";
        let values = values![keys.tenant.to_string(), self.reached.0.as_str(), self.reached.1.as_str(), ROWS];
        let rows = self.tenant.store.db.rows(sql, values).await?;
        if rows.is_empty() {
            self.tenant.store.alive(&self.tenant.keyring).await?;
        }
        let mut exported = Vec::with_capacity(rows.len());
        for row in &rows {
            let (kind, id) = (row.text(0)?, row.text(1)?);
            let stored = Stored::read(keys, row, 2, &kind, &id)?;
            let stored = stored.ok_or_else(|| StoreError::corrupt(format!("{kind} `{id}`")))?;
            let (_, json) = stored.open(keys)?;
            exported.push(Exported {
                version: unsigned(stored.place.version)?,
                schema: unsigned(stored.place.schema)?,
                created_at: instant(stored.place.created_at)?,
                updated_at: instant(stored.place.updated_at)?,
                json: String::from_utf8(json).map_err(|_| stored.place.corrupt())?,
                kind,
                id,
            });
        }
        if let Some(last) = exported.last() {
            self.reached = (last.kind.clone(), last.id.clone());
        }
        Ok(exported)
    }
}
