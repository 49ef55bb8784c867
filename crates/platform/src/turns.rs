//! Those who change the same things take turns.
//!
//! Two owners who each demote the other, two policies that each forbid something different, two environments of one name, a cluster that
//! comes into an environment while that is being removed: each would be fine alone, and both leave what no check would have let through.
//! So whoever changes such things also counts up one document that was read before the checks. In one process they wait for each other;
//! if another process was faster, the second finds the document changed and changes nothing. So it is with what is counted before one more is
//! made: without turns, as many as ask at one time would all be the last that there is room for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use assent_api::Problem;
use assent_base::id::TenantId;
use assent_store::{Expect, Tenant, Write};
use serde::{Deserialize, Serialize};
use tokio::sync::OwnedMutexGuard;

use crate::documents::document;
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;

/// What turns are taken at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Topic {
    /// Who may administrate, and who is told: members, group grants, policies, keys of machines and people, channels.
    Administration,
    /// Environments, clusters, ways in for their alerts, and their names.
    Places,
    /// Links to reports.
    Sharing,
    /// Plans that people propose.
    Proposals,
    /// Tenants of the installation.
    Tenants,
}

impl Topic {
    /// The id of the document that counts.
    const fn id(self) -> &'static str {
        match self {
            Topic::Administration => "administration",
            Topic::Places => "places",
            Topic::Sharing => "sharing",
            Topic::Proposals => "proposals",
            Topic::Tenants => "tenants",
        }
    }
}

/// How often something has changed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TurnDoc {
    changes: u64,
}
document!(TurnDoc = "turn", 1, |_doc| Vec::new());

/// Whose turn it is in this process.
#[derive(Default)]
pub(crate) struct Turns(Mutex<BTreeMap<(TenantId, Topic), Queue>>);

/// Those who wait for one turn.
type Queue = Arc<tokio::sync::Mutex<()>>;

/// A turn, taken before anything was looked at.
#[derive(Debug)]
#[must_use = "a turn counts once it is written with what it protects"]
pub(crate) struct Turn {
    topic: Topic,
    changes: u64,
    expect: Expect,
    /// Others wait until it is dropped.
    _alone: OwnedMutexGuard<()>,
}

impl Turn {
    /// Takes a turn, once those before are done.
    pub(crate) async fn take(plane: &ControlPlane, tenant: &Tenant, topic: Topic) -> Result<Self, Problem> {
        let queue = {
            let mut queues = plane.inner.turns.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(queues.entry((tenant.id(), topic)).or_default())
        };
        let alone = queue.lock_owned().await;
        let kept = tenant.get::<TurnDoc>(topic.id()).await.map_err(Problem::from_store)?;
        let (changes, expect) = kept.map_or((0, Expect::Absent), |kept| (kept.doc.changes, Expect::Version(kept.version)));
        Ok(Self { topic, changes, expect, _alone: alone })
    }

    /// To be written in the same transaction as the change, before the turn is dropped.
    pub(crate) fn write(&self) -> Result<Write, Problem> {
        Write::put(self.topic.id(), &TurnDoc { changes: self.changes.saturating_add(1) }, self.expect).map_err(Problem::from_store)
    }
}
