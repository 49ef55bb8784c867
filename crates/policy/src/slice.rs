//! The few policies that can have a say in an ask, out of many.
//!
//! Cedar looks at every policy it is given, so an ask is only given those whose head can match: by action, and then either tied to nothing
//! or tied to the caller, the resource, its environment or its criticality. A policy is in exactly one slice of each action it is for. Cedar's
//! verdicts on the slices add up to its verdict on all: any forbid refuses, else any permit permits.

use std::collections::BTreeMap;

use assent_api::Action;
use cedar_policy::{ActionConstraint, EntityUid, Policy, PolicySet, PrincipalConstraint, ResourceConstraint};

use crate::bad_policy::BadPolicy;
use crate::vocabulary::Vocabulary;

/// Whether to slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slicing {
    /// By action and tie.
    ByHead,
    /// Not at all: every ask is given every policy.
    Off,
}

#[derive(Debug, Default)]
pub(crate) struct Slices {
    by_action: BTreeMap<Action, Slice>,
}

#[derive(Debug, Default)]
struct Slice {
    untied: PolicySet,
    tied: BTreeMap<EntityUid, PolicySet>,
}

impl Slices {
    pub(crate) fn build<'a>(
        vocabulary: &Vocabulary,
        slicing: Slicing,
        policies: impl Iterator<Item = &'a Policy>,
    ) -> Result<Self, BadPolicy> {
        let mut slices = Self::default();
        for policy in policies {
            let (actions, tie) = match slicing {
                Slicing::ByHead => (actions_of(vocabulary, policy), tie_of(vocabulary, policy)),
                Slicing::Off => (Action::ALL.to_vec(), None),
            };
            for action in actions {
                let slice = slices.by_action.entry(action).or_default();
                let set = match &tie {
                    Some(uid) => slice.tied.entry(uid.clone()).or_default(),
                    None => &mut slice.untied,
                };
                set.add(policy.clone()).map_err(|fault| BadPolicy::whole(policy.id().as_ref(), fault.to_string()))?;
            }
        }
        Ok(slices)
    }

    /// The slices that can have a say.
    pub(crate) fn of<'a>(&'a self, action: Action, ties: &'a [EntityUid]) -> impl Iterator<Item = &'a PolicySet> {
        let slice = self.by_action.get(&action);
        let tied = slice.into_iter().flat_map(|slice| ties.iter().filter_map(|uid| slice.tied.get(uid)));
        slice.map(|slice| &slice.untied).into_iter().chain(tied)
    }
}

fn actions_of(vocabulary: &Vocabulary, policy: &Policy) -> Vec<Action> {
    let mut actions: Vec<Action> = match policy.action_constraint() {
        ActionConstraint::Any => return Action::ALL.to_vec(),
        ActionConstraint::In(uids) => uids.iter().flat_map(|uid| vocabulary.actions_of(uid)).copied().collect(),
        // A group is no action that can be asked for, so `==` on a group matches nothing.
        ActionConstraint::Eq(uid) => {
            vocabulary.actions_of(&uid).iter().copied().filter(|action| action.as_str() == uid.id().unescaped()).collect()
        }
    };
    actions.sort_unstable();
    actions.dedup();
    actions
}

/// The one entity without which the policy's head cannot match.
fn tie_of(vocabulary: &Vocabulary, policy: &Policy) -> Option<EntityUid> {
    let principal = match policy.principal_constraint() {
        PrincipalConstraint::Eq(uid) => Some(uid),
        PrincipalConstraint::Any | PrincipalConstraint::In(_) | PrincipalConstraint::Is(_) | PrincipalConstraint::IsIn(_, _) => None,
    };
    let resource = match policy.resource_constraint() {
        ResourceConstraint::Eq(uid) => Some(uid),
        ResourceConstraint::In(uid) | ResourceConstraint::IsIn(_, uid) => vocabulary.ties_resources(&uid).then_some(uid),
        ResourceConstraint::Any | ResourceConstraint::Is(_) => None,
    };
    principal.or(resource)
}
