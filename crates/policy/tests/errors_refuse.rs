//! I8: a policy that cannot be evaluated refuses. Cedar alone would skip it.

use crate::support::generate::{ERROR, any_ask, policy};
use crate::support::{acme, ada, ask, engine, everywhere, text, thing};
use assent_api::access::Criticality;
use assent_api::{Action, Role};
use assent_policy::{Engine, Judgement, Pack, Resource, Why};
use proptest::prelude::*;

#[test]
fn a_forbid_that_cannot_be_evaluated_refuses() {
    let engine = engine(&[&format!(r#"forbid (principal, action == Action::"incident.share", resource) when {{ {ERROR} }};"#)]);
    let share = ask(ada(), &[everywhere(Role::Owner)], Action::IncidentShare, thing(Criticality::Dev));
    let Judgement::Refuse(refusal) = engine.decide(&share) else { panic!("permitted") };
    let Why::Failed(errors) = refusal.why else { panic!("{:?}", refusal.why) };
    assert!(errors.iter().any(|error| error.contains("tenant:a") && error.contains("overflow")), "{errors:?}");
}

#[test]
fn a_permit_that_cannot_be_evaluated_refuses_too() {
    let engine = engine(&[&format!("permit (principal, action, resource) when {{ {ERROR} }};")]);
    let read = ask(ada(), &[everywhere(Role::Owner)], Action::IncidentRead, thing(Criticality::Dev));
    assert!(!engine.decide(&read).is_permit());
}

#[test]
fn an_error_elsewhere_refuses_nothing_here() {
    let engine = engine(&[&format!(r#"forbid (principal, action == Action::"incident.share", resource) when {{ {ERROR} }};"#)]);
    assert!(engine.decide(&ask(ada(), &[everywhere(Role::Owner)], Action::TenantRead, Resource::of_tenant(acme()))).is_permit());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_permit_comes_with_an_error(texts in prop::collection::vec(policy(), 0..6), asks in prop::collection::vec(any_ask(), 30)) {
        let mut texts: Vec<_> = texts.iter().enumerate().map(|(index, cedar)| text(&format!("p{index}"), cedar)).collect();
        texts.push(text("broken", &format!("forbid (principal, action in Action::\"reading\", resource) when {{ {ERROR} }};")));
        let engine = Engine::compile(acme(), Pack::STANDARD, &texts).unwrap();
        for ask in asks {
            let judgement = engine.decide(&ask);
            let answer = judgement.answer();
            prop_assert!(answer.errors.is_empty() || !judgement.is_permit());
            prop_assert!(!ask.action.as_str().ends_with(".read") || !judgement.is_permit(), "{ask:?}");
        }
    }
}
