//! Those who change who may administrate take turns.
//!
//! Two owners who each demote the other, or two policies that each forbid something different, would be fine one by one and leave nobody
//! together. So whoever changes members, group grants or policies also counts up one document that was read before the checks: the
//! second finds it changed, and reads again.

use assent_api::Problem;
use assent_store::{Expect, Tenant, Write};
use serde::{Deserialize, Serialize};

use crate::documents::document;
use crate::problem_of::ProblemOf;

/// There is one of them.
const ID: &str = "administration";

/// How often administration has changed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TurnDoc {
    changes: u64,
}
document!(TurnDoc = "turn", 1, |_doc| Vec::new());

/// A turn, taken before anything was looked at.
#[derive(Debug)]
#[must_use = "a turn counts once it is written with what it protects"]
pub(crate) struct Turn {
    changes: u64,
    expect: Expect,
}

impl Turn {
    /// Takes a turn.
    pub(crate) async fn take(tenant: &Tenant) -> Result<Self, Problem> {
        let kept = tenant.get::<TurnDoc>(ID).await.map_err(Problem::from_store)?;
        Ok(match kept {
            Some(kept) => Self { changes: kept.doc.changes, expect: Expect::Version(kept.version) },
            None => Self { changes: 0, expect: Expect::Absent },
        })
    }

    /// To be written in the same transaction as the change.
    pub(crate) fn write(self) -> Result<Write, Problem> {
        Write::put(ID, &TurnDoc { changes: self.changes.saturating_add(1) }, self.expect).map_err(Problem::from_store)
    }
}
