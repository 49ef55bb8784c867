//! From a report to plans: for each of its causes what should be done, or why nothing safe can be proposed.

use assent_diagnosis::report::{EntityName, Report};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::draw::{self, Site};
use crate::grounds::{self, Checked};
use crate::plan::Plan;
use crate::proposal::{Author, Proposal};
use crate::remedies::{self, Ctx, Remedy};

/// Plans that one cause gets, best first. More leave the choice to the reader.
pub const PLANS_PER_CAUSE_MAX: usize = 3;

/// Why a cause gets no plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoSafeFix {
    /// The cause.
    pub cause: String,
    /// Where.
    pub entity: EntityName,
    /// Why, a sentence without a full stop.
    pub reason: String,
}

/// What is proposed for a report.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Proposed {
    /// Plans, in the order of the report's causes, best first.
    pub plans: Vec<Plan>,
    /// Causes without a plan.
    pub without: Vec<NoSafeFix>,
}

/// Proposes plans for the causes of a report.
#[must_use]
pub fn propose(site: &Site<'_>, report: &Report) -> Proposed {
    let mut proposed = Proposed::default();
    for (cause, checked) in report.root_causes.iter().zip(grounds::check(report, site.graph)) {
        let before = proposed.plans.len();
        let reason = match (remedies::of(&cause.cause), checked) {
            (Some(Remedy::None(why)), _) => (*why).to_owned(),
            (None, _) => "the catalogue has no such cause".to_owned(),
            (Some(Remedy::Try(_)), Err(groundless)) => groundless.to_string(),
            (Some(Remedy::Try(find)), Ok(checked)) => {
                let found = Ctx::new(site, report, &checked).map_or_else(|| Err("its object is not there".to_owned()), |ctx| find(&ctx));
                match found {
                    Err(none) => none,
                    Ok(proposals) => drawn(site, &proposals, &checked, &mut proposed.plans),
                }
            }
        };
        if proposed.plans.len() == before {
            proposed.without.push(NoSafeFix { cause: cause.cause.clone(), entity: cause.entity.clone(), reason });
        }
    }
    proposed
}

/// Draws proposals into plans, and gives the reason for which the first of them was refused.
fn drawn(site: &Site<'_>, proposals: &[Proposal], cause: &Checked<'_>, plans: &mut Vec<Plan>) -> String {
    let mut refused = None;
    let mut left = PLANS_PER_CAUSE_MAX;
    for proposal in proposals {
        match draw::draw(site, proposal, Author::Engine, cause) {
            Ok(plan) if left > 0 => {
                plans.push(plan);
                left -= 1;
            }
            Ok(_) => {}
            Err(why) => refused = refused.or(Some(why.to_string())),
        }
    }
    refused.unwrap_or_else(|| "nothing that the input shows would mend it".to_owned())
}
