//! Questions of people who try policies out.

use std::collections::BTreeSet;

use assent_api::policies::{Answer, Question};
use assent_base::Timestamp;
use assent_base::id::{AccountId, RANDOM_BYTES, TenantId};

use crate::ask::{Ask, Caller, Place, Principal, Resource};
use crate::engine::Engine;

/// A question that policy cannot be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadQuestion {
    /// An environment is always somehow critical.
    #[error("an environment and its criticality belong together: name both or neither")]
    HalfAPlace,
    /// A namespace is in an environment.
    #[error("a namespace is in an environment: name the environment too")]
    NamespaceNowhere,
}

/// The ask that a question stands for: somebody of this tenant, who is nobody in particular, with these grants.
pub fn ask_of(tenant: TenantId, question: &Question) -> Result<Ask, BadQuestion> {
    let place = match (question.environment, question.criticality) {
        (Some(environment), Some(criticality)) => Some(Place { environment, criticality }),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => return Err(BadQuestion::HalfAPlace),
    };
    if question.namespace.is_some() && place.is_none() {
        return Err(BadQuestion::NamespaceNowhere);
    }
    let id = place.map_or_else(|| tenant.to_string(), |place| place.environment.to_string());
    let namespaces: BTreeSet<String> = question.namespace.iter().cloned().collect();
    let nobody = AccountId::new(Timestamp::UNIX_EPOCH, [0; RANDOM_BYTES]);
    Ok(Ask {
        caller: Caller { tenant, principal: Principal::Account(nobody), grants: question.grants.clone() },
        action: question.action,
        resource: Resource { id, place, namespaces, ..Resource::of_tenant(tenant) },
    })
}

impl Engine {
    /// Answers a question, with the policies of this engine: those that are kept, or those that somebody tries out.
    pub fn answer(&self, question: &Question) -> Result<Answer, BadQuestion> {
        ask_of(self.tenant(), question).map(|ask| self.decide(&ask).answer())
    }
}

#[cfg(test)]
mod tests {
    use assent_api::Action;
    use assent_api::access::Criticality;

    use super::*;

    #[test]
    fn half_a_place_is_no_place() {
        let tenant = TenantId::new(Timestamp::UNIX_EPOCH, [1; RANDOM_BYTES]);
        let mut question = Question {
            grants: Vec::new(),
            action: Action::IncidentRead,
            environment: None,
            criticality: Some(Criticality::Prod),
            namespace: None,
        };
        assert_eq!(ask_of(tenant, &question), Err(BadQuestion::HalfAPlace));
        question.criticality = None;
        question.namespace = Some("shop".to_owned());
        assert_eq!(ask_of(tenant, &question), Err(BadQuestion::NamespaceNowhere));
        question.namespace = None;
        assert_eq!(ask_of(tenant, &question).map(|ask| ask.resource), Ok(Resource::of_tenant(tenant)));
    }
}
