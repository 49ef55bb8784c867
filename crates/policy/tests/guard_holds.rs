//! What the guard forbids, no policy of a tenant permits.

use crate::support::generate::{any_ask, policy};
use crate::support::{acme, ada, ask, engine, everywhere, robot, text, thing};
use assent_api::access::Criticality;
use assent_api::{Action, Role};
use assent_policy::{Ask, Engine, Pack, Principal, Resource};
use proptest::prelude::*;

const EVERYTHING: &str = "permit (principal, action, resource);";

#[test]
fn a_tenant_cannot_lift_the_guard() {
    let engine = engine(&[EVERYTHING]);
    let refused_by = |principal: Principal, role: Role, action: Action| {
        let placed = matches!(action, Action::IncidentComment | Action::ClusterManage);
        let resource = if placed { thing(Criticality::Lab) } else { Resource::of_tenant(acme()) };
        engine.decide(&ask(principal, &[everywhere(role)], action, resource)).answer().reasons
    };
    assert_eq!(refused_by(ada(), Role::Auditor, Action::IncidentComment), ["guard.readers_change_nothing"]);
    assert_eq!(refused_by(ada(), Role::Viewer, Action::ClusterManage), ["guard.readers_change_nothing"]);
    assert_eq!(refused_by(ada(), Role::Operator, Action::MemberManage), ["guard.administration"]);
    assert_eq!(refused_by(ada(), Role::Approver, Action::LedgerExport), ["guard.ledger_export"]);
    assert_eq!(refused_by(ada(), Role::Admin, Action::TenantExport), ["guard.tenant_export_and_deletion"]);
    assert_eq!(refused_by(robot(), Role::Owner, Action::TenantDelete), ["guard.machines_delete_no_tenant"]);
    let makes_tenants = |role, resource| engine.decide(&ask(ada(), &[everywhere(role)], Action::TenantCreate, resource)).answer().reasons;
    let not_yours = ["guard.tenants_are_made_by_who_runs_the_installation"];
    assert_eq!(makes_tenants(Role::Owner, Resource::of_tenant(acme())), not_yours, "an owner of another tenant");
    assert_eq!(makes_tenants(Role::Admin, Resource::of_installation(acme())), not_yours);
    let reasons = |ask: &Ask| engine.decide(ask).answer().reasons;
    assert_eq!(reasons(&ask(ada(), &[], Action::IncidentRead, thing(Criticality::Lab))), ["guard.no_grant"]);
    let owner = [everywhere(Role::Owner)];
    assert_eq!(reasons(&ask(ada(), &owner, Action::TenantDelete, thing(Criticality::Lab))), ["guard.tenant_wide"]);
    assert_eq!(reasons(&ask(ada(), &owner, Action::IncidentShare, Resource::of_tenant(acme()))), ["guard.in_an_environment"]);
}

#[test]
fn a_tenant_can_widen_what_the_guard_leaves_open() {
    let viewer = ask(ada(), &[everywhere(Role::Viewer)], Action::MemberRead, Resource::of_tenant(acme()));
    assert!(!engine(&[]).decide(&viewer).is_permit());
    let widened = engine(&[r#"permit (principal in Role::"viewer", action == Action::"member.read", resource);"#]);
    assert_eq!(widened.decide(&viewer).permit().unwrap().policies(), ["tenant:a"]);
}

#[test]
fn a_tenant_can_forbid_even_its_owners() {
    let owner = ask(ada(), &[everywhere(Role::Owner)], Action::TenantExport, Resource::of_tenant(acme()));
    let frozen = engine(&[r#"forbid (principal, action == Action::"tenant.export", resource);"#]);
    assert_eq!(frozen.decide(&owner).answer().reasons, ["tenant:a"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn readers_and_strangers_change_nothing(texts in prop::collection::vec(policy(), 0..6), asks in prop::collection::vec(any_ask(), 30)) {
        let texts: Vec<_> = texts.iter().enumerate().map(|(index, cedar)| text(&format!("p{index}"), cedar)).collect();
        let engine = Engine::compile(acme(), Pack::STANDARD, &texts).unwrap();
        for mut ask in asks {
            ask.caller.grants.retain(|grant| matches!(grant.role, Role::Viewer | Role::Auditor));
            let reads = ask.action.as_str().ends_with(".read") || ask.action == Action::LedgerExport;
            if ask.caller.grants.is_empty() || !reads {
                prop_assert!(!engine.decide(&ask).is_permit(), "{ask:?}");
            }
        }
    }
}
