//! For each cause of the catalogue: how a safe fix is found, or why there is none.
//!
//! A remedy reads names and values off objects alone. What a log, a message or an alert says may have led to the cause; it
//! never becomes a name, a number or a value here (I9), and what is found here still has to pass [`crate::draw`].

use assent_diagnosis::report::Report;
use assent_evidence::{Entity, Graph};

use crate::action::Action;
use crate::draw::Site;
use crate::grounds::Checked;
use crate::observed::{self, Object};
use crate::proposal::Proposal;

mod revisions;
mod table;

pub use table::{Remedy, of};

/// Proposals, best first; or why none is safe, a sentence without a full stop.
pub type Found = Result<Vec<Proposal>, String>;

/// A cause in its surroundings.
pub struct Ctx<'s, 'g> {
    /// The cluster.
    pub graph: &'g Graph,
    /// The report that names the cause.
    pub report: &'s Report,
    /// The cause.
    pub cause: &'s Checked<'s>,
    /// Where the fault is.
    pub entity: Entity<'g>,
}

impl<'s, 'g> Ctx<'s, 'g> {
    /// Opens a cause. None when its entity is not in the graph, which a checked report rules out.
    #[must_use]
    pub fn new(site: &Site<'g>, report: &'s Report, cause: &'s Checked<'s>) -> Option<Self> {
        let entity = observed::entity(site.graph, &cause.cause().entity)?;
        Some(Self { graph: site.graph, report, cause, entity })
    }

    /// The workload behind the fault: itself, or the top owner of a pod.
    fn workload(&self) -> Result<Object<'g>, String> {
        whole(self.entity.top_owner())
    }

    /// The container at fault: the one that the explained findings name, if they name one; or the only one there is.
    fn container(&self, workload: &Object<'_>) -> Result<String, String> {
        let explains = &self.cause.cause().explains;
        let findings = self.report.findings.iter().filter(|finding| explains.contains(&finding.id));
        let mut named: Vec<&str> = findings.filter_map(|finding| finding.container.as_deref()).collect();
        named.sort_unstable();
        named.dedup();
        named.retain(|name| workload.container(name).is_some());
        match (named.as_slice(), workload.containers().as_slice()) {
            ([one], _) | ([], [one]) => Ok((*one).to_owned()),
            _ => Err("which container is at fault is not told by the objects".to_owned()),
        }
    }
}

fn whole(entity: Entity<'_>) -> Result<Object<'_>, String> {
    Object::of(entity).ok_or_else(|| format!("{} was not captured whole: `kubectl get -o yaml` of it would do", entity.reference()))
}

fn proposal(target: Entity<'_>, action: Action) -> Proposal {
    Proposal { target: observed::name(target), action }
}
