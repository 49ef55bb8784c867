//! What was tried before anybody is asked. The trials are an edge's, which reports them in these words; the checks that the graph
//! alone can answer are part of the plan itself ([`crate::checks`]).

use assent_base::{Digest, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::digest::PlanDigest;

/// What a server-side dry run came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum DryRun {
    /// The API server would accept it.
    Accepted {
        /// The digest of the object as it would be.
        result: Digest,
        /// Warnings that the API server answered with.
        warnings: Vec<String>,
    },
    /// The API server, or an admission webhook, refused it.
    Refused {
        /// The HTTP status.
        status: u16,
        /// Its words.
        message: String,
        /// The admission webhook or policy that refused, where one did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        admission: Option<String>,
    },
    /// It was not tried, or no answer came. That is no acceptance.
    NotRun {
        /// Why not.
        why: String,
    },
}

/// Whether a trial speaks for a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trial {
    /// Change and inverse would both be accepted.
    Passed,
    /// One of them would be refused.
    Failed,
    /// One of them was not tried.
    Open,
}

/// What trying a plan and its inverse came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rehearsal {
    /// The plan that was tried.
    pub plan: PlanDigest,
    /// When.
    pub at: Timestamp,
    /// The change.
    pub change: DryRun,
    /// The inverse, on the object as the change would leave it; a dry run keeps nothing, so it is tried on what the change answered.
    pub inverse: DryRun,
}

impl Rehearsal {
    /// Whether it speaks for this plan. A rehearsal of another plan leaves the question open.
    #[must_use]
    pub fn of(&self, plan: PlanDigest) -> Trial {
        match (&self.change, &self.inverse) {
            _ if self.plan != plan => Trial::Open,
            (DryRun::Refused { .. }, _) | (_, DryRun::Refused { .. }) => Trial::Failed,
            (DryRun::NotRun { .. }, _) | (_, DryRun::NotRun { .. }) => Trial::Open,
            (DryRun::Accepted { .. }, DryRun::Accepted { .. }) => Trial::Passed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_trial_of_both_ways_of_this_plan_passes() {
        let yes = || DryRun::Accepted { result: Digest::of(b"x"), warnings: Vec::new() };
        let no = || DryRun::Refused { status: 422, message: "no".into(), admission: None };
        let open = || DryRun::NotRun { why: "no access".into() };
        let plan = PlanDigest::of(b"a");
        let trial = |change, inverse| Rehearsal { plan, at: Timestamp::UNIX_EPOCH, change, inverse };
        assert_eq!(trial(yes(), yes()).of(plan), Trial::Passed);
        assert_eq!(trial(yes(), no()).of(plan), Trial::Failed);
        assert_eq!(trial(no(), open()).of(plan), Trial::Failed);
        assert_eq!(trial(open(), yes()).of(plan), Trial::Open);
        assert_eq!(trial(yes(), yes()).of(PlanDigest::of(b"b")), Trial::Open);
    }
}
