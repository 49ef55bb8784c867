//! Why policy answers as it does.

use cedar_policy::Effect;
use serde::Serialize;

use assent_api::Role;
use assent_api::policies::Answer;

use crate::ask::Ask;
use crate::engine::Engine;
use crate::scope;

/// A judgement, with everything that led to it. It is for people and carries no authority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// What was decided.
    pub answer: Answer,
    /// Which roles the caller has at each namespace of the resource; one entry without a namespace if it touches none.
    pub standing: Vec<Standing>,
    /// The policies that decided, in order of name.
    pub decided_by: Vec<Reason>,
    /// Policies that Cedar was given, at most: the others cannot have a say in such an ask.
    pub asked: usize,
    /// Policies in force.
    pub in_force: usize,
}

/// The caller's roles at one namespace of the resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// The namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The roles; none if no grant covers it.
    pub roles: Vec<Role>,
}

/// A policy that decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// Its name.
    pub policy: String,
    /// Whether it permits; it forbids otherwise.
    pub permits: bool,
    /// Its `@description`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its Cedar.
    pub text: String,
}

impl Engine {
    /// Decides, and says why.
    #[must_use]
    pub fn explain(&self, ask: &Ask) -> Explanation {
        let answer = self.decide(ask).answer();
        let inside = ask.caller.tenant == self.tenant() && ask.resource.tenant == self.tenant();
        let asked = match inside {
            true => scope::roles_at(&ask.caller.grants, &ask.resource).into_iter().map(|roles| self.evaluate(ask, roles).asked).max(),
            false => None,
        };
        let decided_by = answer.reasons.iter().filter_map(|name| self.reason(name)).collect();
        Explanation { answer, standing: standing(ask), decided_by, asked: asked.unwrap_or(0), in_force: self.policies() }
    }

    fn reason(&self, name: &str) -> Option<Reason> {
        let policy = self.policy(name)?;
        Some(Reason {
            policy: name.to_owned(),
            permits: policy.effect() == Effect::Permit,
            description: policy.annotation("description").map(str::to_owned),
            text: policy.to_string(),
        })
    }
}

fn standing(ask: &Ask) -> Vec<Standing> {
    let at = |namespace: Option<&String>| Standing {
        namespace: namespace.cloned(),
        roles: scope::roles(&ask.caller.grants, &ask.resource, namespace).iter().collect(),
    };
    if ask.resource.namespaces.is_empty() {
        return vec![at(None)];
    }
    ask.resource.namespaces.iter().map(|namespace| at(Some(namespace))).collect()
}
