//! The opened keys of one tenant.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use assent_base::id::TenantId;

use crate::error::StoreError;
use crate::row::Entry;
use crate::seal::Key;

/// The generation of the key from which everything is derived that must stay the same when data keys change: blind indexes,
/// authenticators, what [`crate::Tenant::derive`] gives.
pub(crate) const SEED: i64 = 0;

/// What a wrapped tenant key is bound to.
pub(crate) fn bound_tenant_key(tenant: TenantId, generation: i64) -> Vec<u8> {
    [b"tenant key ".as_slice(), tenant.as_bytes(), &generation.to_be_bytes()].concat()
}

/// What a wrapped data key is bound to.
pub(crate) fn bound_data_key(tenant: TenantId, generation: i64) -> Vec<u8> {
    [b"data key ".as_slice(), tenant.as_bytes(), &generation.to_be_bytes()].concat()
}

/// The keys of one tenant, for as long as it has any. All handles of the tenant in this process share it.
pub(crate) struct Keyring {
    tenant: TenantId,
    keys: RwLock<Option<Arc<Keys>>>,
    /// Why nothing is read or written under these keys any more, if that is so.
    refused: OnceLock<String>,
}

impl Keyring {
    pub(crate) fn new(keys: Keys) -> Self {
        Self { tenant: keys.tenant, keys: RwLock::new(Some(Arc::new(keys))), refused: OnceLock::new() }
    }

    pub(crate) fn tenant(&self) -> TenantId {
        self.tenant
    }

    pub(crate) fn keys(&self) -> Result<Arc<Keys>, StoreError> {
        match self.refused() {
            Some(what) => Err(StoreError::Incomplete { tenant: self.tenant, what: what.to_owned() }),
            None => self.held(),
        }
    }

    /// Refuses everything from now on: what is there is not what was kept.
    pub(crate) fn refuse(&self, what: String) {
        // The first reason stands.
        let _ = self.refused.set(what);
    }

    /// Why everything is refused, if it is.
    pub(crate) fn refused(&self) -> Option<&str> {
        self.refused.get().map(String::as_str)
    }

    fn held(&self) -> Result<Arc<Keys>, StoreError> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner).clone();
        keys.ok_or(StoreError::KeyDestroyed(self.tenant))
    }

    /// Takes keys that were read again. A ring whose keys were destroyed stays empty.
    pub(crate) fn renew(&self, keys: Keys) {
        let mut held = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        if held.is_some() {
            *held = Some(Arc::new(keys));
        }
    }

    pub(crate) fn destroy(&self) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// The keys themselves.
pub(crate) struct Keys {
    pub(crate) tenant: TenantId,
    data: BTreeMap<i64, Key>,
    seed: Key,
    blind: Key,
    marks: Key,
    tally: Key,
    state: Key,
    cursor: Key,
}

impl Keys {
    /// Takes the data keys of all generations, the seed among them.
    pub(crate) fn new(tenant: TenantId, data: BTreeMap<i64, Key>) -> Option<Self> {
        let seed = data.get(&SEED)?.clone();
        let of = |purpose: &str| seed.derive(&[b"assent", tenant.as_bytes(), purpose.as_bytes()]);
        Some(Self {
            tenant,
            blind: of("blind index"),
            marks: of("marks"),
            tally: of("tally"),
            state: of("state"),
            cursor: of("cursor"),
            seed,
            data,
        })
    }

    /// The newest generation of data keys that this ring knows.
    pub(crate) fn newest(&self) -> i64 {
        self.data.last_key_value().map_or(SEED, |(generation, _)| *generation)
    }

    /// The key for one use under a generation of data keys; `None` if the generation is not known.
    pub(crate) fn of(&self, generation: i64, purpose: &str, detail: &str) -> Option<Key> {
        let key = self.data.get(&generation).filter(|_| generation != SEED)?;
        Some(key.derive(&[self.tenant.as_bytes(), purpose.as_bytes(), detail.as_bytes()]))
    }

    /// A key for others, which stays the same for as long as the tenant lives.
    pub(crate) fn derive(&self, purpose: &str) -> [u8; 32] {
        *self.seed.derive(&[b"for others", self.tenant.as_bytes(), purpose.as_bytes()]).as_bytes()
    }

    /// What stands for a value in an index: equal values have equal stand-ins within one index of one tenant, and nowhere else.
    pub(crate) fn blind(&self, kind: &str, name: &str, value: &str) -> Vec<u8> {
        self.blind.mac(&[kind.as_bytes(), name.as_bytes(), value.as_bytes()]).to_vec()
    }

    /// Authenticates what is kept in the clear.
    pub(crate) fn mark(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.marks.mac(parts)
    }

    /// What a marked row adds to the tally of the tenant. It never leaves memory but sealed, so that nobody can find rows that cancel out.
    pub(crate) fn element(&self, mark: &[u8]) -> [u8; 32] {
        self.tally.mac(&[mark])
    }

    /// What an entry adds to the tally of entries: it stands for all that makes it found, and says nothing of the document's version.
    pub(crate) fn entry_element(&self, kind: &str, id: &str, entry: &Entry) -> [u8; 32] {
        self.tally.mac(&[kind.as_bytes(), entry.name.as_bytes(), &entry.blind, &entry.place.to_be_bytes(), id.as_bytes()])
    }

    /// Seals the tenant's state.
    pub(crate) fn state(&self) -> &Key {
        &self.state
    }

    /// Authenticates cursors.
    pub(crate) fn cursor(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.cursor.mac(parts)
    }
}
