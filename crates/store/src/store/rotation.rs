//! New keys for old ones.
//!
//! Rotating a key takes a moment and touches few rows; what was sealed before stays readable. [`Store::finish_rotation`] seals the rows
//! themselves anew, in small transactions between which others write. Old data keys stay, wrapped, for as long as the tenant lives: what
//! [`Tenant::seal`](crate::Tenant::seal) gave away lies where the store cannot seal it again.

use assent_base::id::TenantId;

use super::{Store, open_tenant_key, read_data_keys, with_secret, wrap_data_key, wrap_tenant_key};
use crate::database::values;
use crate::error::StoreError;
use crate::keys::Keyring;
use crate::scope::Scope;
use crate::seal::Key;
use crate::write::{Batch, Did, Step};

/// Rows of each table that one transaction seals anew at most.
const ROWS_RESEALED: i64 = 64;

impl Store {
    /// Wraps all tenants' secrets under a new root key and forgets the old one. Says how many were wrapped. The database is not touched,
    /// and backups of it stay good.
    ///
    /// # Errors
    /// If the key folder cannot be written; doing it again ends the work.
    pub async fn rotate_root_key(&self) -> Result<u64, StoreError> {
        self.0.folder.rotate_root().await
    }

    /// Gives a tenant a new key, which wraps its data keys from now on.
    ///
    /// # Errors
    /// [`StoreError::TenantAbsent`] or [`StoreError::KeyDestroyed`].
    pub async fn rotate_tenant_key(&self, tenant: TenantId) -> Result<(), StoreError> {
        let ring = self.0.ring(tenant).await?;
        // Before the write begins: whoever keeps the root key may be far away.
        let secret = self.0.folder.secret(tenant).await?;
        let mut tx = self.0.db.write().await?;
        let Some(scope) = Scope::enter(&mut tx, ring.keys()?, 0).await? else { return Err(self.busy(&ring).await) };
        let sql = "SELECT key_generation, wrapped_key FROM tenants WHERE id = $1";
        let row = scope.tx.row(sql, values![tenant.to_string()]).await?.ok_or(StoreError::TenantAbsent(tenant))?;
        let generation = row.int(0)?;
        let old = open_tenant_key(&secret, tenant, generation, &row.bytes(1)?)?;
        let (next, new) = (generation.saturating_add(1), Key::random()?);
        let sql = "UPDATE tenants SET key_generation = $2, wrapped_key = $3 WHERE id = $1";
        scope.tx.execute(sql, values![tenant.to_string(), next, wrap_tenant_key(&secret, tenant, next, &new)?]).await?;
        for (generation, key) in read_data_keys(scope.tx, tenant, &old).await? {
            let sql = "UPDATE data_keys SET wrapped = $3 WHERE tenant = $1 AND generation = $2";
            scope.tx.execute(sql, values![tenant.to_string(), generation, wrap_data_key(&new, tenant, generation, &key)?]).await?;
        }
        scope.leave().await?;
        tx.commit().await
    }

    /// Gives a tenant a new data key, under which everything is sealed from now on. Says its generation.
    ///
    /// # Errors
    /// [`StoreError::TenantAbsent`] or [`StoreError::KeyDestroyed`].
    pub async fn rotate_data_keys(&self, tenant: TenantId) -> Result<u64, StoreError> {
        let ring = self.0.ring(tenant).await?;
        let secret = self.0.folder.secret(tenant).await?;
        let mut tx = self.0.db.write().await?;
        let Some(mut scope) = Scope::enter(&mut tx, ring.keys()?, 0).await? else { return Err(self.busy(&ring).await) };
        let tenant_key = with_secret(scope.tx, tenant, &secret).await?;
        let next = scope.generation.saturating_add(1);
        let wrapped = wrap_data_key(&tenant_key, tenant, next, &Key::random()?)?;
        let sql = "INSERT INTO data_keys (tenant, generation, wrapped) VALUES ($1, $2, $3)";
        scope.tx.execute(sql, values![tenant.to_string(), next, wrapped]).await?;
        let sql = "UPDATE tenants SET data_generation = $2 WHERE id = $1";
        scope.tx.execute(sql, values![tenant.to_string(), next]).await?;
        scope.generation = next;
        scope.leave().await?;
        tx.commit().await?;
        self.0.renew(&ring).await?;
        crate::document::unsigned(next)
    }

    /// Seals every row of a tenant that is under an older data key anew. Says how many.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if a row does not open; what was sealed until then stays.
    pub async fn finish_rotation(&self, tenant: TenantId) -> Result<u64, StoreError> {
        let ring = self.0.ring(tenant).await?;
        let mut resealed: u64 = 0;
        loop {
            let batch = Batch { now: 0, steps: vec![Step::Reseal { rows: ROWS_RESEALED }] };
            let touched = self.0.write(&ring, batch).await?.into_iter().map(|did| match did {
                Did::Touched(rows) => rows,
                Did::Written(_) => 0,
            });
            match touched.sum() {
                0 => return Ok(resealed),
                rows => resealed = resealed.saturating_add(rows),
            }
        }
    }

    /// Another process has just rotated the keys: the ring is renewed, so that trying again works.
    async fn busy(&self, ring: &Keyring) -> StoreError {
        let what = format!("the keys of {}", ring.tenant());
        self.0.renew(ring).await.err().unwrap_or_else(|| StoreError::unavailable(what, "another process rotates them; try again"))
    }
}
