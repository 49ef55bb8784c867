//! Tenants, environments and callers that tests share.
#![expect(clippy::unwrap_used, reason = "a test without its engine has failed")]

pub(crate) mod generate;

use assent_api::access::Criticality;
use assent_api::accounts::Grant;
use assent_api::{Action, Role};
use assent_base::Timestamp;
use assent_base::id::{AccountId, EnvironmentId, KeyId, RANDOM_BYTES, TenantId};
use assent_policy::{Ask, Caller, Engine, Pack, Principal, Resource, TenantPolicy};

/// The tenant of most tests.
pub(crate) fn acme() -> TenantId {
    tenant(1)
}

pub(crate) fn tenant(seed: u8) -> TenantId {
    TenantId::new(Timestamp::UNIX_EPOCH, [seed; RANDOM_BYTES])
}

pub(crate) fn environment(seed: u8) -> EnvironmentId {
    EnvironmentId::new(Timestamp::UNIX_EPOCH, [seed; RANDOM_BYTES])
}

/// Each criticality has an environment of its own.
pub(crate) fn environment_of(criticality: Criticality) -> EnvironmentId {
    environment(match criticality {
        Criticality::Lab => 10,
        Criticality::Dev => 11,
        Criticality::Staging => 12,
        Criticality::Prod => 13,
    })
}

pub(crate) fn ada() -> Principal {
    Principal::Account(AccountId::new(Timestamp::UNIX_EPOCH, [3; RANDOM_BYTES]))
}

pub(crate) fn robot() -> Principal {
    Principal::Key(KeyId::new(Timestamp::UNIX_EPOCH, [3; RANDOM_BYTES]))
}

pub(crate) fn everywhere(role: Role) -> Grant {
    Grant { role, environment: None, namespaces: Vec::new() }
}

pub(crate) fn in_environment(role: Role, environment: EnvironmentId) -> Grant {
    Grant { role, environment: Some(environment), namespaces: Vec::new() }
}

pub(crate) fn in_namespaces(role: Role, environment: EnvironmentId, namespaces: &[&str]) -> Grant {
    Grant { role, environment: Some(environment), namespaces: namespaces.iter().map(ToString::to_string).collect() }
}

/// Something of the standard tenant in the environment of this criticality.
pub(crate) fn thing(criticality: Criticality) -> Resource {
    Resource::in_environment(acme(), environment_of(criticality), criticality)
}

pub(crate) fn ask(principal: Principal, grants: &[Grant], action: Action, resource: Resource) -> Ask {
    Ask { caller: Caller { tenant: acme(), principal, grants: grants.to_vec() }, action, resource }
}

pub(crate) fn text(name: &str, text: &str) -> TenantPolicy {
    TenantPolicy { name: name.to_owned(), text: text.to_owned() }
}

/// The engine of the standard tenant with these texts of its own, named `a`, `b`, and so on.
pub(crate) fn engine(texts: &[&str]) -> Engine {
    let texts: Vec<TenantPolicy> = ('a'..).zip(texts).map(|(name, cedar)| text(&name.to_string(), cedar)).collect();
    Engine::compile(acme(), Pack::STANDARD, &texts).unwrap()
}
