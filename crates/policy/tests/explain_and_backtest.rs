//! People can ask why, and what would have been.

use crate::support::{ada, ask, engine, environment_of, everywhere, in_namespaces, thing};
use assent_api::access::Criticality;
use assent_api::policies::Question;
use assent_api::{Action, Role};
use assent_policy::{Recorded, backtest};

#[test]
fn an_explanation_names_who_decided_and_the_roles_at_each_namespace() {
    let prod = environment_of(Criticality::Prod);
    let grants = [in_namespaces(Role::Operator, prod, &["shop"])];
    let engine = engine(&[]);
    let one = engine.explain(&ask(ada(), &grants, Action::IncidentShare, thing(Criticality::Prod).in_namespaces(["shop"])));
    assert_eq!(one.answer.reasons, ["prod.operators_share_nothing"]);
    let by: Vec<_> = one.decided_by.iter().map(|reason| (reason.policy.as_str(), reason.permits)).collect();
    assert_eq!(by, [("prod.operators_share_nothing", false)]);
    assert!(one.decided_by[0].description.as_deref().is_some_and(|text| text.contains("approvers")));
    assert!(one.asked < one.in_force);

    let both = engine.explain(&ask(ada(), &grants, Action::IncidentRead, thing(Criticality::Prod).in_namespaces(["shop", "billing"])));
    assert_eq!(both.answer.reasons, ["guard.no_grant"]);
    let standing: Vec<_> = both.standing.iter().map(|at| (at.namespace.as_deref().unwrap(), at.roles.as_slice())).collect();
    assert_eq!(standing, [("billing", [].as_slice()), ("shop", [Role::Operator].as_slice())]);
}

#[test]
fn a_question_is_answered_by_other_texts_without_keeping_them() {
    let question = Question {
        grants: vec![everywhere(Role::Operator)],
        action: Action::IncidentManage,
        environment: Some(environment_of(Criticality::Dev)),
        criticality: Some(Criticality::Dev),
        namespace: Some("shop".to_owned()),
    };
    assert_eq!(engine(&[]).answer(&question).unwrap().reasons, ["roles.operator"]);
    let strict = engine(&[r#"forbid (principal, action, resource) when { resource.namespaces.contains("shop") };"#]);
    assert_eq!(strict.answer(&question).unwrap().reasons, ["tenant:a"]);
}

#[test]
fn a_backtest_lists_what_would_have_been_different() {
    let comment = |criticality| ask(ada(), &[everywhere(Role::Operator)], Action::IncidentComment, thing(criticality));
    let before = engine(&[]);
    let mut asks: Vec<Recorded> = (0..)
        .zip(Criticality::ALL)
        .map(|(index, criticality)| {
            let ask = comment(*criticality);
            Recorded { index, permitted: before.decide(&ask).is_permit(), ask: Some(ask) }
        })
        .collect();
    asks.push(Recorded { index: 9, ask: None, permitted: true });
    let after = engine(&[r#"forbid (principal, action in Action::"working", resource in Criticality::"prod");"#]);
    let result = backtest(&after, asks);
    assert_eq!((result.examined, result.unexamined), (4, 1));
    let changed: Vec<_> = result.changed.iter().map(|changed| (changed.index, changed.was, changed.would_be)).collect();
    assert_eq!(changed, [(3, true, false)]);
}
