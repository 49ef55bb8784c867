//! Any text as a policy of a tenant: nothing panics, and what compiles permits nothing across tenants and nothing to strangers.
#![no_main]

use assent_api::access::Criticality;
use assent_api::accounts::Grant;
use assent_api::{Action, Role};
use assent_base::Timestamp;
use assent_base::id::{AccountId, EnvironmentId, RANDOM_BYTES, TenantId};
use assent_policy::{Ask, Caller, Engine, Pack, Principal, Resource, TenantPolicy};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let tenant = |seed| TenantId::new(Timestamp::UNIX_EPOCH, [seed; RANDOM_BYTES]);
    let policy = TenantPolicy { name: "fuzz".to_owned(), text: text.to_owned() };
    let Ok(engine) = Engine::compile(tenant(1), Pack::STANDARD, &[policy]) else { return };
    let environment = EnvironmentId::new(Timestamp::UNIX_EPOCH, [1; RANDOM_BYTES]);
    for action in Action::ALL {
        for (of, grants) in [(1, vec![]), (1, vec![Role::Viewer]), (2, vec![Role::Owner])] {
            let stranger = of == 2 || grants.is_empty();
            let caller = Caller {
                tenant: tenant(1),
                principal: Principal::Account(AccountId::new(Timestamp::UNIX_EPOCH, [1; RANDOM_BYTES])),
                grants: grants.into_iter().map(|role| Grant { role, environment: None, namespaces: Vec::new() }).collect(),
            };
            let resource = Resource::in_environment(tenant(of), environment, Criticality::Prod).in_namespaces(["shop"]);
            let permitted = engine.decide(&Ask { caller, action: *action, resource }).is_permit();
            assert!(!permitted || (!stranger && action.as_str().ends_with(".read")));
        }
    }
});
