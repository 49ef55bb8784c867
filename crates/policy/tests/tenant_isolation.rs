//! I5: no permit crosses tenants, whatever the policies of a tenant say.

use crate::support::generate::{any_ask, policy};
use crate::support::{acme, text};
use assent_policy::{Engine, Judgement, Pack, TenantPolicy, Why};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_permit_crosses_tenants(texts in prop::collection::vec(policy(), 0..6), asks in prop::collection::vec(any_ask(), 30)) {
        let engine = Engine::compile(acme(), Pack::STANDARD, &named(&texts)).unwrap();
        for ask in asks {
            match engine.decide(&ask) {
                Judgement::Permit(permit) => {
                    prop_assert_eq!((ask.caller.tenant, ask.resource.tenant, permit.tenant()), (acme(), acme(), acme()));
                    prop_assert!(!permit.policies().is_empty(), "a permit names who permits");
                }
                Judgement::Refuse(refusal) => {
                    let crosses = ask.caller.tenant != acme() || ask.resource.tenant != acme();
                    prop_assert_eq!(refusal.why == Why::OtherTenant, crosses);
                }
            }
        }
    }
}

fn named(texts: &[String]) -> Vec<TenantPolicy> {
    texts.iter().enumerate().map(|(index, cedar)| text(&format!("p{index}"), cedar)).collect()
}
