//! Random policies and asks.

use assent_api::access::Criticality;
use assent_api::accounts::Grant;
use assent_api::{Action, Role};
use assent_policy::{Ask, Caller, Place, Principal, Resource};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::support::{ada, environment, robot, tenant};

const NAMESPACES: &[&str] = &["shop", "billing", "kube-system"];
const GROUPS: &[&str] = &["reading", "working", "connecting", "administering"];

/// Overflows whenever it is evaluated, and passes the schema.
pub(crate) const ERROR: &str = "9223372036854775807 + 1 == 0";

/// Cedar text of a tenant that passes the schema: as wide as `permit (principal, action, resource);` or as narrow as can be.
pub(crate) fn policy() -> impl Strategy<Value = String> {
    (select(vec!["permit", "permit", "permit", "forbid"]), principal_head(), action_head(), resource_head(), condition())
        .prop_map(|(effect, principal, action, resource, condition)| format!("{effect} ({principal}, {action}, {resource}) {condition};"))
}

fn principal_head() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => Just("principal".to_owned()),
        1 => Just("principal is Key".to_owned()),
        1 => Just(format!("principal == Account::\"{}\"", ada().to_string().trim_start_matches("account:"))),
        2 => select(Role::ALL).prop_map(|role| format!("principal in Role::\"{role}\"")),
    ]
}

fn action_head() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => Just("action".to_owned()),
        2 => select(Action::ALL).prop_map(|action| format!("action == Action::\"{action}\"")),
        1 => select(GROUPS).prop_map(|group| format!("action in Action::\"{group}\"")),
        1 => (select(Action::ALL), select(GROUPS)).prop_map(|(action, group)| format!("action in [Action::\"{action}\", Action::\"{group}\"]")),
    ]
}

fn resource_head() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => Just("resource".to_owned()),
        1 => (1..4_u8).prop_map(|seed| format!("resource in Environment::\"{}\"", environment(seed))),
        1 => select(Criticality::ALL).prop_map(|criticality| format!("resource in Criticality::\"{criticality}\"")),
        1 => (1..3_u8).prop_map(|seed| format!("resource == Resource::\"{}\"", tenant(seed))),
        1 => (1..3_u8).prop_map(|seed| format!("resource is Resource in Environment::\"{}\"", environment(seed))),
    ]
}

fn condition() -> impl Strategy<Value = String> {
    prop_oneof![
        5 => Just(String::new()),
        2 => select(NAMESPACES).prop_map(|namespace| format!("when {{ resource.namespaces.contains(\"{namespace}\") }}")),
        1 => (1..4_u8).prop_map(|seed| format!("unless {{ resource has environment && resource.environment == Environment::\"{}\" }}", environment(seed))),
        1 => (1..3_u8).prop_map(|seed| format!("when {{ resource.tenant == Tenant::\"{}\" }}", tenant(seed))),
        1 => Just(format!("when {{ resource.namespaces.contains(\"shop\") && {ERROR} }}")),
        1 => Just(format!("when {{ {ERROR} }}")),
    ]
}

/// Anybody of tenant 1 or 2, with any grants, about anything of tenant 1 or 2.
pub(crate) fn any_ask() -> impl Strategy<Value = Ask> {
    (caller(), select(Action::ALL), resource()).prop_map(|(caller, action, resource)| Ask { caller, action, resource })
}

fn caller() -> impl Strategy<Value = Caller> {
    (1..3_u8, select(vec![ada(), robot()]), prop::collection::vec(grant(), 0..4))
        .prop_map(|(seed, principal, grants): (u8, Principal, Vec<Grant>)| Caller { tenant: tenant(seed), principal, grants })
}

fn grant() -> impl Strategy<Value = Grant> {
    (select(Role::ALL), prop::option::of((1..4_u8).prop_map(environment)), namespaces()).prop_map(|(role, environment, namespaces)| Grant {
        role,
        environment,
        namespaces,
    })
}

fn resource() -> impl Strategy<Value = Resource> {
    let place = (1..4_u8, select(Criticality::ALL)).prop_map(|(seed, criticality)| Place { environment: environment(seed), criticality });
    (1..3_u8, prop::option::of(place), namespaces(), any::<bool>()).prop_map(|(seed, place, namespaces, installation)| Resource {
        tenant: tenant(seed),
        id: tenant(seed).to_string(),
        place,
        namespaces: namespaces.into_iter().filter(|_| place.is_some()).collect(),
        installation,
        change: None,
        risk: None,
    })
}

fn namespaces() -> impl Strategy<Value = Vec<String>> {
    subsequence(NAMESPACES.to_vec(), 0..=NAMESPACES.len()).prop_map(|names| names.into_iter().map(str::to_owned).collect())
}
