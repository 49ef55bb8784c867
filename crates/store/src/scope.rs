//! One tenant inside one transaction: taken exclusively, changed, and sealed again.
//!
//! Every write begins by counting up the tenant's `revision`, which makes writers of one tenant take turns on either database, and ends
//! by sealing the tenant's state under that revision. The state holds two tallies, each the exclusive-or of one secret element for each row
//! that must not be lost or come back: of what is kept, and of the entries by which it is found. [`crate::Tenant::add_up`] adds all rows up
//! anew and compares, and opens none of them; [`crate::Tenant::check`] opens them as well.

use std::sync::Arc;

use crate::database::{Tx, values};
use crate::error::StoreError;
use crate::keys::Keys;
use crate::row::Entry;

const STATE_BYTES: usize = 80;
/// Bytes of a state that was sealed before entries had a tally.
const STATE_BYTES_WITHOUT_ENTRIES: usize = 48;

/// What the tenant's row keeps sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct State {
    /// The exclusive-or of the elements of all documents, segments and heads of streams.
    pub(crate) tally: [u8; 32],
    /// The exclusive-or of the elements of all entries; none in a state of old, until [`crate::Tenant::add_up`] gives it one.
    pub(crate) entries: Option<[u8; 32]>,
    /// The number of the oldest event that is kept, or would be.
    pub(crate) event_first: u64,
    /// The number of the newest event; 0 before the first.
    pub(crate) event_last: u64,
}

impl State {
    /// The state of a tenant that has nothing yet.
    pub(crate) const fn new() -> Self {
        Self { tally: [0; 32], entries: Some([0; 32]), event_first: 1, event_last: 0 }
    }

    pub(crate) fn seal(&self, keys: &Keys, revision: i64, generation: i64) -> Result<Vec<u8>, StoreError> {
        let entries = self.entries.as_ref().map_or(&[][..], |entries| entries.as_slice());
        let plain = [self.tally.as_slice(), &self.event_first.to_be_bytes(), &self.event_last.to_be_bytes(), entries].concat();
        keys.state().seal(&[b"state", keys.tenant.as_bytes(), &revision.to_be_bytes(), &generation.to_be_bytes()], &plain)
    }

    pub(crate) fn open(keys: &Keys, revision: i64, generation: i64, sealed: &[u8]) -> Result<Self, StoreError> {
        let bound: [&[u8]; 4] = [b"state", keys.tenant.as_bytes(), &revision.to_be_bytes(), &generation.to_be_bytes()];
        let plain = keys.state().open(&bound, sealed).ok().filter(|plain| matches!(plain.len(), STATE_BYTES | STATE_BYTES_WITHOUT_ENTRIES));
        let plain = plain.ok_or_else(|| StoreError::corrupt(format!("the state of {}", keys.tenant)))?;
        let [first, last] = [32, 40].map(|at| plain.get(at..at + 8).and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_be_bytes));
        let entries = plain.get(STATE_BYTES_WITHOUT_ENTRIES..).and_then(|entries| entries.try_into().ok());
        Ok(Self { tally: plain.first_chunk().copied().unwrap_or_default(), entries, event_first: first, event_last: last })
    }

    /// Adds a marked row to the tally, or takes it out again.
    pub(crate) fn toggle(&mut self, keys: &Keys, mark: &[u8]) {
        add(&mut self.tally, keys.element(mark));
    }

    /// Adds an entry to theirs, or takes it out again.
    pub(crate) fn toggle_entry(&mut self, keys: &Keys, kind: &str, id: &str, entry: &Entry) {
        if let Some(entries) = &mut self.entries {
            add(entries, keys.entry_element(kind, id, entry));
        }
    }
}

fn add(tally: &mut [u8; 32], element: [u8; 32]) {
    tally.iter_mut().zip(element).for_each(|(tally, element)| *tally ^= element);
}

/// A tenant that this transaction has for itself.
pub(crate) struct Scope<'a> {
    pub(crate) tx: &'a mut Tx,
    pub(crate) keys: Arc<Keys>,
    pub(crate) tenant: String,
    pub(crate) now: i64,
    pub(crate) revision: i64,
    /// The generation of data keys to seal under.
    pub(crate) generation: i64,
    pub(crate) state: State,
}

impl<'a> Scope<'a> {
    /// Takes the tenant. `None` if its data keys are newer than these.
    pub(crate) async fn enter(tx: &'a mut Tx, keys: Arc<Keys>, now: i64) -> Result<Option<Self>, StoreError> {
        let tenant = keys.tenant.to_string();
        let sql = "UPDATE tenants SET revision = revision + 1 WHERE id = $1 AND state = 'alive'
            RETURNING revision, data_generation, sealed_state";
        let Some(row) = tx.row(sql, values![tenant.as_str()]).await? else {
            return Err(StoreError::KeyDestroyed(keys.tenant));
        };
        let (revision, generation) = (row.int(0)?, row.int(1)?);
        if generation > keys.newest() {
            return Ok(None);
        }
        let state = State::open(&keys, revision.saturating_sub(1), generation, &row.bytes(2)?)?;
        Ok(Some(Self { tx, keys, tenant, now, revision, generation, state }))
    }

    /// Seals the state as it is now.
    pub(crate) async fn leave(self) -> Result<(), StoreError> {
        let sealed = self.state.seal(&self.keys, self.revision, self.generation)?;
        let sql = "UPDATE tenants SET sealed_state = $2 WHERE id = $1";
        self.tx.execute(sql, values![self.tenant, sealed]).await.map(drop)
    }

    pub(crate) fn toggle(&mut self, mark: &[u8]) {
        let keys = self.keys.clone();
        self.state.toggle(&keys, mark);
    }

    pub(crate) fn toggle_entry(&mut self, kind: &str, id: &str, entry: &Entry) {
        let keys = self.keys.clone();
        self.state.toggle_entry(&keys, kind, id, entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::Key;

    #[test]
    fn a_state_opens_only_at_its_revision() {
        let keys = keys();
        let mut state = State { event_last: 7, ..State::new() };
        state.toggle(&keys, b"row");
        let sealed = state.seal(&keys, 5, 1).unwrap();
        assert_eq!(State::open(&keys, 5, 1, &sealed).unwrap(), state);
        assert!(State::open(&keys, 6, 1, &sealed).is_err());
        assert!(State::open(&keys, 5, 2, &sealed).is_err());
    }

    #[test]
    fn a_state_of_old_opens_and_has_no_tally_of_entries() {
        let keys = keys();
        let mut old = State { entries: None, event_last: 7, ..State::new() };
        old.toggle(&keys, b"row");
        let opened = State::open(&keys, 5, 1, &old.seal(&keys, 5, 1).unwrap()).unwrap();
        assert_eq!(opened, old);
    }

    #[test]
    fn a_row_that_goes_leaves_the_tally_as_it_was() {
        let keys = keys();
        let mut state = State::new();
        state.toggle(&keys, b"one");
        state.toggle(&keys, b"two");
        state.toggle(&keys, b"one");
        let mut other = State::new();
        other.toggle(&keys, b"two");
        assert_eq!(state, other);
    }

    fn keys() -> Keys {
        let tenant = "tnt_0192f0c1d2e37a4b8c5d6e7f80912a3b".parse().unwrap();
        let key = |byte| Key::from_slice(&[byte; 32]).unwrap();
        Keys::new(tenant, [(0, key(1)), (1, key(2))].into()).unwrap()
    }
}
