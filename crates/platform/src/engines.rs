//! The policies of tenants, compiled and kept until they change.

use std::collections::BTreeMap;
use std::sync::Arc;

use assent_base::id::TenantId;
use assent_policy::Engine;

/// Compiled policies. Which changes they know is counted, so that texts that were read before a change are never kept after it.
#[derive(Default)]
pub(crate) struct Engines {
    compiled: BTreeMap<TenantId, Arc<Engine>>,
    changes: u64,
}

impl Engines {
    /// The engine of a tenant; without one, the count of changes to be taken before texts are read.
    pub(crate) fn get(&self, tenant: TenantId) -> Result<Arc<Engine>, u64> {
        self.compiled.get(&tenant).cloned().ok_or(self.changes)
    }

    /// Keeps what was compiled of texts that were read at this count, unless something has changed since.
    pub(crate) fn keep(&mut self, tenant: TenantId, engine: Arc<Engine>, read_at: u64) {
        if self.changes == read_at {
            self.compiled.insert(tenant, engine);
        }
    }

    /// The policies of a tenant are no longer what they were.
    pub(crate) fn forget(&mut self, tenant: TenantId) {
        self.compiled.remove(&tenant);
        self.changes = self.changes.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use assent_base::Timestamp;
    use assent_base::id::RANDOM_BYTES;
    use assent_policy::Pack;

    use super::*;

    #[test]
    fn policies_that_were_read_before_a_change_are_not_kept_after_it() {
        let tenant = TenantId::new(Timestamp::UNIX_EPOCH, [1; RANDOM_BYTES]);
        let engine = Arc::new(Engine::compile(tenant, Pack::STANDARD, &[]).expect("the packs compile"));
        let mut engines = Engines::default();
        let read_at = engines.get(tenant).expect_err("none yet");
        engines.forget(tenant);
        engines.keep(tenant, Arc::clone(&engine), read_at);
        let read_at = engines.get(tenant).expect_err("what was read before the change does not count");
        engines.keep(tenant, engine, read_at);
        assert!(engines.get(tenant).is_ok());
    }
}
