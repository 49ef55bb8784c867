//! What may be done in a cluster at all, where, and how many must say so.
//!
//! The rules are pinned in the cluster, and their digest stands in each statement that people sign: who signed under other rules signed
//! something else. The platform asks the same code, so that nothing is put to the vote that the executor would refuse.

use std::collections::BTreeSet;

use assent_approval::statement::{QUORUM_MAX, Terms};
use assent_plan::action::ActionKind;
use assent_plan::catalogue::{self, Risk};
use assent_plan::plan::{Plan, Standing};
use serde::{Deserialize, Serialize};

use crate::impersonated::{BadName, Impersonated};
use crate::namespaces::NamespacePattern;

/// Seconds that what follows from a change is watched, unless the rules say otherwise.
pub const VERIFY_S_DEFAULT: u32 = 300;
/// Seconds that it is watched at least.
pub const VERIFY_S_MIN: u32 = 5;
/// Seconds that it is watched at most.
pub const VERIFY_S_MAX: u32 = 3_600;
/// Seconds after its end in which a signed rejection takes a change back, unless the rules say otherwise.
pub const UNDO_S_DEFAULT: u32 = 3_600;
/// Seconds of that at most: a day.
pub const UNDO_S_MAX: u32 = 86_400;
/// Patterns of namespaces in one list at most.
pub const NAMESPACES_MAX: usize = 1_000;
/// Rules that approve by themselves at most.
pub const AUTO_APPROVE_MAX: usize = 50;
/// Runs that one such rule may open in an hour at most.
pub const PER_HOUR_MAX: u32 = 60;

/// What may be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// The actions; none that is not named.
    pub actions: BTreeSet<ActionKind>,
    /// The namespaces; none that is not named.
    pub namespaces: BTreeSet<NamespacePattern>,
    /// Whether objects without a namespace, such as nodes, may be changed.
    #[serde(default)]
    pub cluster_scoped: bool,
    /// What is asked of votes, by risk.
    pub terms: RiskTerms,
    /// What needs no votes; nothing by default.
    #[serde(default)]
    pub auto_approve: Vec<AutoApprove>,
    /// Whom plans are dry-run as before anybody has approved them; without, they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rehearse_as: Option<Impersonated>,
    /// Seconds that what follows from a change is watched.
    #[serde(default = "verify_s")]
    pub verify_s: u32,
    /// Seconds after its end in which a signed rejection takes a change back.
    #[serde(default = "undo_s")]
    pub undo_s: u32,
}

const fn verify_s() -> u32 {
    VERIFY_S_DEFAULT
}

const fn undo_s() -> u32 {
    UNDO_S_DEFAULT
}

/// What is asked of votes, by risk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RiskTerms {
    /// Of low risk.
    pub low: Terms,
    /// Of medium risk.
    pub medium: Terms,
    /// Of high risk.
    pub high: Terms,
    /// Of a custom patch, and of a change of what is pinned.
    pub exceptional: Terms,
}

impl RiskTerms {
    /// What is asked at this risk.
    #[must_use]
    pub const fn at(&self, risk: Risk) -> Terms {
        match risk {
            Risk::Low => self.low,
            Risk::Medium => self.medium,
            Risk::High => self.high,
            Risk::Exceptional => self.exceptional,
        }
    }

    fn rises(&self) -> bool {
        self.medium.at_least(&self.low) && self.high.at_least(&self.medium) && self.exceptional.at_least(&self.high)
    }
}

/// An action that needs no votes in some namespaces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AutoApprove {
    /// The action; of low or medium risk.
    pub action: ActionKind,
    /// Where.
    pub namespaces: BTreeSet<NamespacePattern>,
    /// How often in an hour.
    pub per_hour_max: u32,
    /// Whom it runs as: the API server applies this user's rights, since there is no approver whose it could.
    pub run_as: Impersonated,
}

/// Why rules are none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRules {
    /// A quorum of nobody, or of more than can be.
    #[error("1 to {QUORUM_MAX} people must say yes at each risk")]
    Quorum,
    /// Less is asked where more can go wrong.
    #[error("terms must not ask for less at a higher risk")]
    TermsFall,
    /// More entries than anybody reviews.
    #[error("there are more than {0} entries in a list")]
    TooMany(usize),
    /// A span that is out of bounds.
    #[error("`verify_s` is {VERIFY_S_MIN} to {VERIFY_S_MAX}, and `undo_s` at most {UNDO_S_MAX}")]
    Span,
    /// A rule that approves by itself what no rule may.
    #[error("`auto_approve` for `{}`: {why}", .action.as_str())]
    AutoApprove {
        /// The action.
        action: ActionKind,
        /// What is wrong.
        why: &'static str,
    },
    /// Nobody can be acted as under these names.
    #[error(transparent)]
    Name(#[from] BadName),
}

/// Why a plan may not run here, whoever says yes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAllowed {
    /// Something that binds it to one object is missing.
    #[error("the plan was drawn without the {0}")]
    Advice(&'static str),
    /// The action is not named.
    #[error("the rules of this cluster do not name the action `{}`", .0.as_str())]
    Action(ActionKind),
    /// The namespace is not named.
    #[error("the rules of this cluster do not name the namespace `{0}`")]
    Namespace(String),
    /// The object has no namespace.
    #[error("the rules of this cluster keep to objects in namespaces")]
    ClusterScoped,
}

impl Rules {
    /// Checks what the types do not say.
    ///
    /// # Errors
    /// With the first thing that is wrong.
    pub fn check(&self) -> Result<(), BadRules> {
        let RiskTerms { low, medium, high, exceptional } = self.terms;
        if [low, medium, high, exceptional].iter().any(|terms| !(1..=QUORUM_MAX).contains(&terms.quorum)) {
            return Err(BadRules::Quorum);
        }
        if !self.terms.rises() {
            return Err(BadRules::TermsFall);
        }
        let lists = self.auto_approve.iter().map(|rule| &rule.namespaces).chain([&self.namespaces]);
        if lists.into_iter().any(|list| list.len() > NAMESPACES_MAX) {
            return Err(BadRules::TooMany(NAMESPACES_MAX));
        }
        if self.auto_approve.len() > AUTO_APPROVE_MAX {
            return Err(BadRules::TooMany(AUTO_APPROVE_MAX));
        }
        if !(VERIFY_S_MIN..=VERIFY_S_MAX).contains(&self.verify_s) || self.undo_s > UNDO_S_MAX {
            return Err(BadRules::Span);
        }
        if let Some(rehearser) = &self.rehearse_as {
            rehearser.check()?;
        }
        self.auto_approve.iter().try_for_each(|rule| rule.check(self))
    }

    /// Whether a plan may run here at all.
    ///
    /// # Errors
    /// When it may not, with the reason.
    pub fn allows(&self, plan: &Plan) -> Result<(), NotAllowed> {
        if let Standing::Advice { missing } = plan.standing() {
            return Err(NotAllowed::Advice(missing));
        }
        let action = plan.action.kind();
        if !self.actions.contains(&action) {
            return Err(NotAllowed::Action(action));
        }
        match &plan.target.object.namespace {
            Some(namespace) if admits(&self.namespaces, namespace) => Ok(()),
            Some(namespace) => Err(NotAllowed::Namespace(namespace.clone())),
            None if self.cluster_scoped => Ok(()),
            None => Err(NotAllowed::ClusterScoped),
        }
    }

    /// What is asked of votes on a plan, by its risk or the catalogue's, whichever is larger.
    ///
    /// # Errors
    /// When it may not run here at all.
    pub fn terms(&self, plan: &Plan) -> Result<Terms, NotAllowed> {
        self.allows(plan)?;
        Ok(self.terms.at(risk(plan)))
    }

    /// The rule by which a plan needs no votes, and its place in the list; none for most.
    #[must_use]
    pub fn auto_approves(&self, plan: &Plan) -> Option<(usize, &AutoApprove)> {
        if self.allows(plan).is_err() || risk(plan) > Risk::Medium {
            return None;
        }
        let namespace = plan.target.object.namespace.as_deref()?;
        let fits = |rule: &AutoApprove| rule.action == plan.action.kind() && admits(&rule.namespaces, namespace);
        self.auto_approve.iter().enumerate().find(|(_, rule)| fits(rule))
    }
}

impl AutoApprove {
    fn check(&self, rules: &Rules) -> Result<(), BadRules> {
        let wrong = |why| Err(BadRules::AutoApprove { action: self.action, why });
        if catalogue::entry(self.action).risk > Risk::Medium {
            return wrong("only what is of low or medium risk may run without votes");
        }
        if !rules.actions.contains(&self.action) {
            return wrong("`actions` does not name it");
        }
        if self.namespaces.is_empty() {
            return wrong("it names no namespace");
        }
        if !(1..=PER_HOUR_MAX).contains(&self.per_hour_max) {
            return wrong("`per_hour_max` is 1 to 60");
        }
        Ok(self.run_as.check()?)
    }
}

fn admits(patterns: &BTreeSet<NamespacePattern>, namespace: &str) -> bool {
    patterns.iter().any(|pattern| pattern.admits(namespace))
}

/// The larger of what the plan says and what the catalogue says.
fn risk(plan: &Plan) -> Risk {
    plan.risk.max(catalogue::entry(plan.action.kind()).risk)
}
