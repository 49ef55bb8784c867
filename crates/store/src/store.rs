//! The store as a whole: opening it, and its tenants.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use assent_base::id::TenantId;
use assent_base::{Digest, Timestamp};
use tokio::sync::{mpsc, oneshot};

use crate::database::{Db, Opening, Tx, values};
use crate::error::StoreError;
use crate::keys::{KeyFolder, Keyring, Keys, bound_data_key, bound_tenant_key};
use crate::limits::Limits;
use crate::scope::State;
use crate::seal::Key;
use crate::tenant::Tenant;
use crate::write::{Applied, Batch, Did};
use crate::writer::{self, Job};

mod rotation;

/// The reserved tenant's id. No other way of making ids gives it: theirs carry a version and an instant.
const SYSTEM: &str = "tnt_00000000000000000000000000000000";
/// Times that a write begins again because the tenant's keys were rotated under it.
const KEY_RETRIES: usize = 3;

/// The store. Clones share everything.
#[derive(Clone)]
pub struct Store(pub(crate) Arc<Inner>);

/// What the handles of one store share.
pub(crate) struct Inner {
    pub(crate) db: Db,
    pub(crate) folder: KeyFolder,
    pub(crate) limits: Limits,
    rings: RwLock<HashMap<TenantId, Arc<Keyring>>>,
    /// The group commit of SQLite; PostgreSQL has its own.
    writer: Option<mpsc::Sender<Job>>,
}

/// How the store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// `sqlite` or `postgres`.
    pub database: &'static str,
    /// The version of the schema.
    pub schema: u64,
}

/// Proof that a tenant's key existed and exists no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DestroyedKey {
    /// The tenant.
    pub tenant: TenantId,
    /// Names the key that was destroyed; [`Tenant::key_digest`] gave the same before.
    pub digest: Digest,
}

impl Store {
    /// Opens the database, brings its schema up to date and checks that the keys are its keys. An empty database becomes an installation.
    ///
    /// `url` is `sqlite:///path/assent.db` or `postgres://user@host/database`.
    ///
    /// # Errors
    /// [`StoreError::Newer`] if a newer version wrote the database, [`StoreError::Keys`] if the key folder is of another installation.
    pub async fn open(url: &str, keys: KeyFolder, limits: Limits) -> Result<Self, StoreError> {
        let store = Self::connect(url, keys, limits, Opening::Make).await?;
        store.settle().await?;
        Ok(store)
    }

    /// The same, of an installation that exists: what is not there is not made.
    ///
    /// # Errors
    /// [`StoreError::NoInstallation`] if there is no database, or an empty one.
    pub async fn open_existing(url: &str, keys: KeyFolder, limits: Limits) -> Result<Self, StoreError> {
        let store = Self::connect(url, keys, limits, Opening::Existing).await?;
        store.settle().await?;
        Ok(store)
    }

    pub(crate) async fn connect(url: &str, folder: KeyFolder, limits: Limits, opening: Opening) -> Result<Self, StoreError> {
        let db = Db::open(url, &limits, opening).await?;
        let writer = match &db {
            Db::Lite { .. } => Some(writer::start(db.clone())),
            Db::Pg(_) => None,
        };
        Ok(Self(Arc::new(Inner { db, folder, limits, rings: RwLock::default(), writer })))
    }

    /// Makes the reserved tenant if the database is empty, and opens it.
    pub(crate) async fn settle(&self) -> Result<(), StoreError> {
        let system = system()?;
        match self.0.ring(system).await {
            Err(StoreError::TenantAbsent(_)) => {
                // Whoever restores half a backup, or loses a row, does not get a new installation on top of the old one.
                let row = self.0.db.row("SELECT COUNT(*) FROM tenants", Vec::new()).await?;
                if row.map_or(Ok(0), |row| row.int(0))? != 0 {
                    return Err(StoreError::corrupt("the reserved tenant is missing"));
                }
                match self.0.make_tenant(system).await {
                    Ok(()) | Err(StoreError::TenantExists(_)) => self.0.ring(system).await.map(drop),
                    Err(error) => Err(error),
                }
            }
            other => other.map(drop),
        }
    }

    /// Makes a tenant with its own keys.
    ///
    /// # Errors
    /// [`StoreError::TenantExists`], or [`StoreError::KeyDestroyed`] if there was a tenant of this id.
    pub async fn create_tenant(&self, tenant: TenantId, now: Timestamp) -> Result<(), StoreError> {
        if tenant == system()? {
            return Err(StoreError::refused("this id is reserved"));
        }
        self.0.make_tenant(tenant).await?;
        tracing::info!(%tenant, at = %now, "a tenant is made");
        Ok(())
    }

    /// The only way to what a tenant has.
    ///
    /// # Errors
    /// [`StoreError::TenantAbsent`] or [`StoreError::KeyDestroyed`].
    pub async fn tenant(&self, tenant: TenantId) -> Result<Tenant, StoreError> {
        if tenant == system()? {
            return Err(StoreError::TenantAbsent(tenant));
        }
        Ok(Tenant { keyring: self.0.ring(tenant).await?, store: self.0.clone() })
    }

    /// The reserved tenant, for what belongs to the installation as a whole.
    ///
    /// # Errors
    /// If its keys cannot be used.
    pub async fn system(&self) -> Result<Tenant, StoreError> {
        Ok(Tenant { keyring: self.0.ring(system()?).await?, store: self.0.clone() })
    }

    /// All tenants that have a key, in the order of their making. Each is opened, so that no row passes for a tenant.
    ///
    /// # Errors
    /// If the database or the key folder does not answer, or the keys of one of them do not open.
    pub async fn tenants(&self) -> Result<Vec<TenantId>, StoreError> {
        let sql = "SELECT id, state FROM tenants WHERE id <> $1 ORDER BY id";
        let mut tenants = Vec::new();
        for row in self.0.db.rows(sql, values![SYSTEM]).await? {
            let tenant: TenantId = row.text(0)?.parse().map_err(|_| StoreError::corrupt("the id of a tenant"))?;
            match self.0.folder.tombstone(tenant)? {
                Some(_) => continue,
                // The stone is laid before the row says so.
                None if row.text(1)? != "alive" => return Err(StoreError::corrupt(format!("the state of {tenant}"))),
                None => {}
            }
            match self.0.ring(tenant).await {
                // One that is refused is there all the same.
                Ok(_) | Err(StoreError::Incomplete { .. }) => tenants.push(tenant),
                Err(StoreError::KeyDestroyed(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(tenants)
    }

    /// Whether there is any tenant besides the reserved one, in whatever state.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn has_tenants(&self) -> Result<bool, StoreError> {
        let row = self.0.db.row("SELECT COUNT(*) FROM tenants WHERE id <> $1", values![SYSTEM]).await?;
        Ok(row.map_or(Ok(0), |row| row.int(0))? != 0)
    }

    /// Destroys a tenant's key, and deletes its rows. From the first step on nothing of the tenant can be read, in no backup either; after a
    /// crash, calling it again ends the work and gives the same answer.
    ///
    /// # Errors
    /// [`StoreError::TenantAbsent`], or whatever kept the key from being destroyed.
    pub async fn destroy_tenant(&self, tenant: TenantId) -> Result<DestroyedKey, StoreError> {
        if tenant == system()? {
            return Err(StoreError::refused("the reserved tenant cannot be destroyed"));
        }
        let known = self.0.db.row("SELECT state FROM tenants WHERE id = $1", values![tenant.to_string()]).await?.is_some();
        if !known && self.0.folder.tombstone(tenant)?.is_none() {
            return Err(StoreError::TenantAbsent(tenant));
        }
        let digest = self.0.folder.destroy(tenant).await?;
        if let Some(ring) = self.0.rings.write().unwrap_or_else(PoisonError::into_inner).remove(&tenant) {
            ring.destroy();
        }
        self.0.delete_rows(tenant).await?;
        tracing::info!(%tenant, %digest, "a tenant's key is destroyed");
        Ok(DestroyedKey { tenant, digest })
    }

    /// Tenants that do not add up, and what was found: [`Tenant::add_up`].
    #[must_use]
    pub fn refused(&self) -> BTreeMap<TenantId, String> {
        let rings = self.0.rings.read().unwrap_or_else(PoisonError::into_inner);
        rings.values().filter_map(|ring| ring.refused().map(|what| (ring.tenant(), what.to_owned()))).collect()
    }

    /// Asks the database for an answer.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if there is none.
    pub async fn health(&self) -> Result<Health, StoreError> {
        let row = self.0.db.row("SELECT state FROM tenants WHERE id = $1", values![SYSTEM]).await?;
        row.ok_or_else(|| StoreError::corrupt("the reserved tenant is missing"))?;
        self.0.db.can_write().await?;
        Ok(Health { database: self.0.db.name(), schema: crate::database::SCHEMA.unsigned_abs() })
    }

    /// Closes all connections. Handles that are left get [`StoreError::Unavailable`].
    pub async fn close(&self) {
        self.0.db.close().await;
    }
}

/// The reserved tenant.
pub(crate) fn system() -> Result<TenantId, StoreError> {
    SYSTEM.parse().map_err(|_| StoreError::refused("the reserved id is none"))
}

impl Inner {
    /// The ring of a tenant, from memory or from the database.
    pub(crate) async fn ring(&self, tenant: TenantId) -> Result<Arc<Keyring>, StoreError> {
        let held = self.rings.read().unwrap_or_else(PoisonError::into_inner).get(&tenant).cloned();
        if let Some(ring) = held {
            self.alive(&ring).await?;
            return Ok(ring);
        }
        let ring = Arc::new(Keyring::new(self.read_keys(tenant).await?));
        Ok(self.rings.write().unwrap_or_else(PoisonError::into_inner).entry(tenant).or_insert(ring).clone())
    }

    /// Whether the tenant still is: another process may have destroyed it.
    pub(crate) async fn alive(&self, ring: &Keyring) -> Result<(), StoreError> {
        let tenant = ring.tenant();
        ring.keys()?;
        let row = self.db.row("SELECT state FROM tenants WHERE id = $1", values![tenant.to_string()]).await?;
        let state = row.map(|row| row.text(0)).transpose()?;
        let destroyed = state.as_deref() != Some("alive") || self.folder.tombstone(tenant)?.is_some();
        if destroyed {
            ring.destroy();
            self.rings.write().unwrap_or_else(PoisonError::into_inner).remove(&tenant);
            return Err(if state.is_none() { StoreError::TenantAbsent(tenant) } else { StoreError::KeyDestroyed(tenant) });
        }
        Ok(())
    }

    /// Reads the keys again, after another process has rotated them.
    pub(crate) async fn renew(&self, ring: &Keyring) -> Result<(), StoreError> {
        ring.renew(self.read_keys(ring.tenant()).await?);
        Ok(())
    }

    /// Runs a batch and waits until it is durable.
    pub(crate) async fn write(&self, ring: &Arc<Keyring>, batch: Batch) -> Result<Vec<Did>, StoreError> {
        let batch = Arc::new(batch);
        for _ in 0..KEY_RETRIES {
            match self.write_once(ring, &batch).await? {
                Applied::Done(did) => return Ok(did),
                Applied::KeysChanged => self.renew(ring).await?,
            }
        }
        Err(StoreError::corrupt(format!("the data keys of {}", ring.tenant())))
    }

    async fn write_once(&self, ring: &Arc<Keyring>, batch: &Arc<Batch>) -> Result<Applied, StoreError> {
        let Some(writer) = &self.writer else {
            let mut tx = self.db.write().await?;
            let applied = batch.apply(&mut tx, ring).await?;
            if matches!(applied, Applied::Done(_)) {
                tx.commit().await?;
            }
            return Ok(applied);
        };
        let (answer, answered) = oneshot::channel();
        let job = Job { keyring: ring.clone(), batch: batch.clone(), answer };
        let stopped = || StoreError::unavailable("the writer of the database", "it has stopped");
        writer.send(job).await.map_err(|_| stopped())?;
        answered.await.map_err(|_| stopped())?
    }

    async fn make_tenant(&self, tenant: TenantId) -> Result<(), StoreError> {
        let secret = self.folder.make_secret(tenant).await?;
        let tenant_key = Key::random()?;
        let data: BTreeMap<i64, Key> = [(0, Key::random()?), (1, Key::random()?)].into();
        let keys = Keys::new(tenant, data.clone()).ok_or_else(|| StoreError::keys("a tenant without a seed"))?;
        let state = State::new().seal(&keys, 0, 1)?;
        let wrapped = wrap_tenant_key(&secret, tenant, 1, &tenant_key)?;
        let mut tx = self.db.write().await?;
        let sql = "INSERT INTO tenants (id, state, revision, data_generation, key_generation, wrapped_key, sealed_state)
            VALUES ($1, 'alive', 0, 1, 1, $2, $3) ON CONFLICT (id) DO NOTHING";
        if tx.execute(sql, values![tenant.to_string(), wrapped, state]).await? == 0 {
            return Err(StoreError::TenantExists(tenant));
        }
        for (generation, key) in &data {
            let sql = "INSERT INTO data_keys (tenant, generation, wrapped) VALUES ($1, $2, $3)";
            let wrapped = wrap_data_key(&tenant_key, tenant, *generation, key)?;
            tx.execute(sql, values![tenant.to_string(), *generation, wrapped]).await?;
        }
        tx.commit().await
    }

    async fn read_keys(&self, tenant: TenantId) -> Result<Keys, StoreError> {
        let mut tx = self.db.snapshot().await?;
        let tenant_key = self.tenant_key(&mut tx, tenant).await?;
        let data = read_data_keys(&mut tx, tenant, &tenant_key).await?;
        Keys::new(tenant, data).ok_or_else(|| StoreError::corrupt(format!("the data keys of {tenant}")))
    }

    pub(crate) async fn tenant_key(&self, tx: &mut Tx, tenant: TenantId) -> Result<Key, StoreError> {
        let sql = "SELECT state, key_generation, wrapped_key FROM tenants WHERE id = $1";
        let Some(row) = tx.row(sql, values![tenant.to_string()]).await? else {
            // A backup leaves out the rows of a tenant that was destroyed since.
            let destroyed = self.folder.tombstone(tenant)?.is_some();
            return Err(if destroyed { StoreError::KeyDestroyed(tenant) } else { StoreError::TenantAbsent(tenant) });
        };
        if row.text(0)? != "alive" {
            return Err(StoreError::KeyDestroyed(tenant));
        }
        let secret = self.folder.secret(tenant).await?;
        open_tenant_key(&secret, tenant, row.int(1)?, &row.bytes(2)?)
    }

    async fn delete_rows(&self, tenant: TenantId) -> Result<(), StoreError> {
        let mut tx = self.db.write().await?;
        let id = tenant.to_string();
        let sql = "UPDATE tenants SET state = 'destroyed', wrapped_key = $2, sealed_state = $2 WHERE id = $1";
        tx.execute(sql, values![id.as_str(), Vec::new()]).await?;
        for sql in [
            "DELETE FROM data_keys WHERE tenant = $1",
            "DELETE FROM documents WHERE tenant = $1",
            "DELETE FROM entries WHERE tenant = $1",
            "DELETE FROM streams WHERE tenant = $1",
            "DELETE FROM segments WHERE tenant = $1",
            "DELETE FROM events WHERE tenant = $1",
        ] {
            tx.execute(sql, values![id.as_str()]).await?;
        }
        tx.commit().await
    }
}

/// The tenant key, with a secret that was opened before.
async fn with_secret(tx: &mut Tx, tenant: TenantId, secret: &Key) -> Result<Key, StoreError> {
    let sql = "SELECT key_generation, wrapped_key FROM tenants WHERE id = $1";
    let row = tx.row(sql, values![tenant.to_string()]).await?.ok_or(StoreError::TenantAbsent(tenant))?;
    open_tenant_key(secret, tenant, row.int(0)?, &row.bytes(1)?)
}

fn wrapping(secret: &Key, tenant: TenantId) -> Key {
    secret.derive(&[b"wraps the tenant key", tenant.as_bytes()])
}

fn wrap_tenant_key(secret: &Key, tenant: TenantId, generation: i64, key: &Key) -> Result<Vec<u8>, StoreError> {
    wrapping(secret, tenant).seal(&[&bound_tenant_key(tenant, generation)], key.as_bytes())
}

fn open_tenant_key(secret: &Key, tenant: TenantId, generation: i64, wrapped: &[u8]) -> Result<Key, StoreError> {
    let plain = wrapping(secret, tenant).open(&[&bound_tenant_key(tenant, generation)], wrapped).map(zeroize::Zeroizing::new);
    let key = plain.ok().and_then(|plain| Key::from_slice(&plain).ok());
    key.ok_or_else(|| StoreError::corrupt(format!("the wrapped key of {tenant}, or the key folder is of another database")))
}

fn wrap_data_key(tenant_key: &Key, tenant: TenantId, generation: i64, key: &Key) -> Result<Vec<u8>, StoreError> {
    tenant_key.seal(&[&bound_data_key(tenant, generation)], key.as_bytes())
}

async fn read_data_keys(tx: &mut Tx, tenant: TenantId, tenant_key: &Key) -> Result<BTreeMap<i64, Key>, StoreError> {
    let mut keys = BTreeMap::new();
    for row in tx.rows("SELECT generation, wrapped FROM data_keys WHERE tenant = $1", values![tenant.to_string()]).await? {
        let generation = row.int(0)?;
        let plain = tenant_key.open(&[&bound_data_key(tenant, generation)], &row.bytes(1)?).map(zeroize::Zeroizing::new);
        let key = plain.ok().and_then(|plain| Key::from_slice(&plain).ok());
        keys.insert(generation, key.ok_or_else(|| StoreError::corrupt(format!("a data key of {tenant}")))?);
    }
    Ok(keys)
}
