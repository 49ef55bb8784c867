//! What executors were handed and have not said anything about yet.
//!
//! Work is handed out again and again until it is done, since an answer can get lost. Only what was not handed out before ends a wait: else an
//! executor that is busy would be asked back at once, without end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use assent_base::Digest;
use assent_base::id::{ClusterId, TenantId};

/// The pieces of work that each executor has had in its latest answer. Lost at a restart, which hands everything out once more.
#[derive(Debug, Default)]
pub(crate) struct Handed(Mutex<BTreeMap<(TenantId, ClusterId), BTreeSet<Digest>>>);

impl Handed {
    /// Whether there is anything in it that was not in the latest answer.
    pub(super) fn is_news(&self, to: (TenantId, ClusterId), pieces: &BTreeSet<Digest>) -> bool {
        let handed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        handed.get(&to).map_or(!pieces.is_empty(), |before| !pieces.is_subset(before))
    }

    /// Remembers an answer.
    pub(super) fn remember(&self, to: (TenantId, ClusterId), pieces: BTreeSet<Digest>) {
        let mut handed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if pieces.is_empty() {
            handed.remove(&to);
        } else {
            handed.insert(to, pieces);
        }
    }
}

#[cfg(test)]
mod tests {
    use assent_base::Timestamp;
    use assent_base::id::RANDOM_BYTES;

    use super::*;

    #[test]
    fn what_was_handed_out_is_no_news_until_something_new_comes() {
        let handed = Handed::default();
        let at = Timestamp::UNIX_EPOCH;
        let to = (TenantId::new(at, [1; RANDOM_BYTES]), ClusterId::new(at, [2; RANDOM_BYTES]));
        let other = (to.0, ClusterId::new(at, [3; RANDOM_BYTES]));
        let pieces = |names: &[&str]| names.iter().map(|name| Digest::of(name.as_bytes())).collect::<BTreeSet<_>>();
        assert!(!handed.is_news(to, &pieces(&[])) && handed.is_news(to, &pieces(&["a"])));
        handed.remember(to, pieces(&["a", "b"]));
        assert!(!handed.is_news(to, &pieces(&["a"])) && handed.is_news(to, &pieces(&["a", "c"])));
        assert!(handed.is_news(other, &pieces(&["a"])), "another executor has not had it");
        handed.remember(to, pieces(&[]));
        assert!(handed.is_news(to, &pieces(&["a"])), "what comes back is news");
    }
}
