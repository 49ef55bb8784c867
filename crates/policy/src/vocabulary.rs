//! The schema, and our types as Cedar entities.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

use assent_api::access::Criticality;
use assent_api::{Action, Role};
use assent_base::id::{EnvironmentId, TenantId};
use cedar_policy::{Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, Request, RestrictedExpression, Schema, Validator};

use crate::ask::{Ask, Principal};
use crate::bad_policy::BadPolicy;
use crate::scope::Roles;

const SCHEMA: &str = include_str!("../packs/schema.cedarschema");

/// The schema as Cedar reads it, and the names that every ask needs, read once.
pub(crate) struct Vocabulary {
    pub(crate) validator: Validator,
    actions: BTreeMap<Action, Entity>,
    /// What each action or group of actions stands for.
    members: BTreeMap<EntityUid, Vec<Action>>,
    account: EntityTypeName,
    criticality: EntityTypeName,
    environment: EntityTypeName,
    key: EntityTypeName,
    resource: EntityTypeName,
    role: EntityTypeName,
    tenant: EntityTypeName,
}

/// An ask as Cedar takes it, and the entities that a policy can be tied to.
pub(crate) struct CedarAsk {
    pub(crate) request: Request,
    pub(crate) entities: Entities,
    pub(crate) ties: Vec<EntityUid>,
}

impl Vocabulary {
    /// The one vocabulary of all engines.
    pub(crate) fn shared() -> Result<&'static Self, BadPolicy> {
        static SHARED: LazyLock<Result<Vocabulary, BadPolicy>> = LazyLock::new(Vocabulary::load);
        SHARED.as_ref().map_err(Clone::clone)
    }

    /// Reads the schema that ships. Its failure would be ours, and is still no reason to go on without it.
    fn load() -> Result<Self, BadPolicy> {
        let bad = |message: String| BadPolicy::whole("schema", message);
        let (schema, _) = Schema::from_cedarschema_str(SCHEMA).map_err(|fault| BadPolicy::from_cedar("schema", SCHEMA, &fault))?;
        let entities = schema.action_entities().map_err(|fault| bad(fault.to_string()))?;
        let name = |text: &str| text.parse::<EntityTypeName>().map_err(|fault| bad(fault.to_string()));
        let action_type = name("Action")?;
        let mut actions = BTreeMap::new();
        let mut members: BTreeMap<EntityUid, Vec<Action>> = BTreeMap::new();
        for action in Action::ALL {
            let uid = EntityUid::from_type_name_and_id(action_type.clone(), EntityId::new(action.as_str()));
            let entity = entities.get(&uid).ok_or_else(|| bad(format!("the schema lacks the action `{action}`")))?;
            for group in entities.ancestors(&uid).into_iter().flatten() {
                members.entry(group.clone()).or_default().push(*action);
            }
            members.entry(uid).or_default().push(*action);
            actions.insert(*action, entity.clone());
        }
        Ok(Self {
            actions,
            members,
            account: name("Account")?,
            criticality: name("Criticality")?,
            environment: name("Environment")?,
            key: name("Key")?,
            resource: name("Resource")?,
            role: name("Role")?,
            tenant: name("Tenant")?,
            validator: Validator::new(schema),
        })
    }

    /// The actions that an action or group in a policy's head stands for.
    pub(crate) fn actions_of(&self, uid: &EntityUid) -> &[Action] {
        self.members.get(uid).map_or(&[], Vec::as_slice)
    }

    /// Whether an entity in a policy's head is one that an ask is tied to by id: a resource, an environment or a criticality.
    pub(crate) fn ties_resources(&self, uid: &EntityUid) -> bool {
        [&self.resource, &self.environment, &self.criticality].contains(&uid.type_name())
    }

    /// The ask for Cedar, with the caller in these roles. The error is Cedar's.
    pub(crate) fn cedar_ask(&self, ask: &Ask, roles: Roles) -> Result<CedarAsk, String> {
        let action = self.actions.get(&ask.action).ok_or_else(|| format!("unknown action `{}`", ask.action))?;
        let principal = self.principal(ask, roles)?;
        let resource = self.resource(ask)?;
        let request = Request::new(principal.uid(), action.uid(), resource.uid(), Context::empty(), None);
        let mut ties = vec![principal.uid(), resource.uid()];
        let mut entities = vec![principal, resource, action.clone()];
        if let Some(place) = ask.resource.place {
            let environment = self.environment(place.environment);
            let criticality = self.criticality(place.criticality);
            entities.push(Entity::new_no_attrs(environment.clone(), HashSet::from([criticality.clone()])));
            ties.extend([environment, criticality]);
        }
        Ok(CedarAsk {
            request: request.map_err(|fault| fault.to_string())?,
            entities: Entities::from_entities(entities, None).map_err(|fault| fault.to_string())?,
            ties,
        })
    }

    fn principal(&self, ask: &Ask, roles: Roles) -> Result<Entity, String> {
        let (kind, id) = match ask.caller.principal {
            Principal::Account(id) => (&self.account, id.to_string()),
            Principal::Key(id) => (&self.key, id.to_string()),
        };
        let attributes = HashMap::from([("tenant".to_owned(), self.tenant(ask.caller.tenant))]);
        let roles = roles.iter().map(|role| self.role(role)).collect();
        Entity::new(uid(kind, &id), attributes, roles).map_err(|fault| fault.to_string())
    }

    fn resource(&self, ask: &Ask) -> Result<Entity, String> {
        let namespaces = ask.resource.namespaces.iter().cloned().map(RestrictedExpression::new_string);
        let mut attributes = HashMap::from([
            ("tenant".to_owned(), self.tenant(ask.resource.tenant)),
            ("namespaces".to_owned(), RestrictedExpression::new_set(namespaces)),
        ]);
        if ask.resource.installation {
            attributes.insert("installation".to_owned(), RestrictedExpression::new_bool(true));
        }
        for (name, value) in [("change", &ask.resource.change), ("risk", &ask.resource.risk)] {
            attributes.extend(value.clone().map(|value| (name.to_owned(), RestrictedExpression::new_string(value))));
        }
        let mut parents = HashSet::new();
        if let Some(place) = ask.resource.place {
            let environment = self.environment(place.environment);
            attributes.insert("environment".to_owned(), RestrictedExpression::new_entity_uid(environment.clone()));
            parents.extend([environment, self.criticality(place.criticality)]);
        }
        Entity::new(uid(&self.resource, &ask.resource.id), attributes, parents).map_err(|fault| fault.to_string())
    }

    fn tenant(&self, id: TenantId) -> RestrictedExpression {
        RestrictedExpression::new_entity_uid(uid(&self.tenant, &id.to_string()))
    }

    fn environment(&self, id: EnvironmentId) -> EntityUid {
        uid(&self.environment, &id.to_string())
    }

    fn criticality(&self, criticality: Criticality) -> EntityUid {
        uid(&self.criticality, criticality.as_str())
    }

    fn role(&self, role: Role) -> EntityUid {
        uid(&self.role, role.as_str())
    }
}

fn uid(kind: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
}

impl std::fmt::Debug for Vocabulary {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Vocabulary")
    }
}

/// The bytes that a digest of policies covers, as far as they are the same for all.
pub(crate) fn schema_text() -> &'static str {
    SCHEMA
}

#[cfg(test)]
mod tests {
    use assent_api::accounts::Grant;
    use assent_base::Timestamp;
    use assent_base::id::{AccountId, KeyId, RANDOM_BYTES};

    use super::*;
    use crate::ask::{Caller, Resource};
    use crate::scope;

    #[test]
    fn the_schema_names_our_words_and_no_others() {
        let vocabulary = Vocabulary::load().unwrap();
        let actions: Vec<String> = vocabulary.validator.schema().actions().map(|uid| uid.id().unescaped().to_owned()).collect();
        let groups: Vec<String> = vocabulary.validator.schema().action_groups().map(|uid| uid.id().unescaped().to_owned()).collect();
        for action in actions.iter().filter(|action| !groups.contains(action)) {
            assert!(action.parse::<Action>().is_ok(), "`{action}` is in the schema only");
        }
        for role in Role::ALL {
            assert!(SCHEMA.contains(&format!("\"{role}\"")));
        }
        for criticality in Criticality::ALL {
            assert!(SCHEMA.contains(&format!("\"{criticality}\"")));
        }
    }

    #[test]
    fn every_ask_fits_the_schema() {
        let vocabulary = Vocabulary::load().unwrap();
        let tenant = TenantId::new(Timestamp::UNIX_EPOCH, [1; RANDOM_BYTES]);
        let environment = EnvironmentId::new(Timestamp::UNIX_EPOCH, [2; RANDOM_BYTES]);
        let grants: Vec<Grant> = Role::ALL.iter().map(|role| Grant { role: *role, environment: None, namespaces: Vec::new() }).collect();
        for principal in [
            Principal::Account(AccountId::new(Timestamp::UNIX_EPOCH, [3; RANDOM_BYTES])),
            Principal::Key(KeyId::new(Timestamp::UNIX_EPOCH, [3; RANDOM_BYTES])),
        ] {
            for resource in [
                Resource::of_tenant(tenant),
                Resource::of_installation(tenant),
                Resource::in_environment(tenant, environment, Criticality::Lab).in_namespaces(["a", "b \"quoted\" \\ ∞"]),
                Resource::in_environment(tenant, environment, Criticality::Prod).that_changes("set_image", "medium"),
            ] {
                for action in Action::ALL {
                    let caller = Caller { tenant, principal, grants: grants.clone() };
                    let ask = Ask { caller, action: *action, resource: resource.clone() };
                    let roles = scope::roles(&grants, &resource, None);
                    let cedar = vocabulary.cedar_ask(&ask, roles).unwrap();
                    let entities = cedar.entities.iter().cloned().collect::<Vec<_>>();
                    Entities::from_entities(entities, Some(vocabulary.validator.schema())).unwrap();
                    let request = &cedar.request;
                    Request::new(
                        request.principal().unwrap().clone(),
                        request.action().unwrap().clone(),
                        request.resource().unwrap().clone(),
                        Context::empty(),
                        Some(vocabulary.validator.schema()),
                    )
                    .unwrap();
                }
            }
        }
    }
}
