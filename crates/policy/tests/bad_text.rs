//! Text that does not pass the schema never counts, and the answer says where it is wrong.

#![expect(clippy::unwrap_used, reason = "a text that is accepted has failed its test")]

use crate::support::{acme, ada, ask, everywhere, text};
use assent_api::{Action, Role};
use assent_policy::{BadPolicy, Engine, POLICIES_MAX, Pack, Resource, TEXT_BYTES_MAX};

#[test]
fn a_fault_has_its_place() {
    let bad = refused("permit (principal, action, resource)\nwhen { principal.age > 18 };");
    assert_eq!((bad.name.as_str(), bad.line, bad.column), ("mine", 2, 8), "{bad}");
    assert!(bad.message.contains("age"), "{bad}");
    let bad = refused("permit (principal, action, resource);\n\nforbid (principal, action, resource) whne { true };");
    assert_eq!((bad.line, bad.column), (3, 38), "{bad}");
}

#[test]
fn words_that_are_not_ours_are_faults() {
    for wrong in [
        r#"permit (principal in Role::"opertaor", action, resource);"#,
        r#"permit (principal, action == Action::"incident.delete", resource);"#,
        r#"forbid (principal, action, resource in Criticality::"production");"#,
        r#"forbid (principal is User, action, resource);"#,
        r#"forbid (principal, action, resource) when { resource.environment == Environment::"env_1" };"#,
        r#"forbid (principal, action, resource) when { resource.namespaces == "shop" };"#,
        r#"forbid (principal, action, resource) when { context.mfa };"#,
        r#"permit (principal == ?principal, action, resource);"#,
    ] {
        refused(wrong);
    }
}

#[test]
fn what_can_grow_has_a_bound() {
    refused(&format!("// {}\npermit (principal, action, resource);", "a".repeat(TEXT_BYTES_MAX)));
    let many = r#"permit (principal, action == Action::"tenant.read", resource);"#.repeat(500);
    let texts: Vec<_> = (0..=POLICIES_MAX / 500).map(|index| text(&format!("p{index}"), &many)).collect();
    assert!(Engine::compile(acme(), Pack::STANDARD, &texts).unwrap_err().message.contains("at most"));
}

#[test]
fn no_text_overflows_the_stack() {
    let when = |expression: &str| format!("permit (principal, action, resource) when {{ {expression} }};");
    for hostile in [
        when(&format!("{}true", "!".repeat(60_000))),
        when(&format!("{}true{}", "(".repeat(30_000), ")".repeat(30_000))),
        when(&format!("{}1{}", "[".repeat(30_000), "]".repeat(30_000))),
        when(&format!("true{}", "&&true".repeat(10_000))),
        when(&format!("principal{}", ".tenant".repeat(9_000))),
        when(&format!("{}true{}", "if true then ".repeat(4_000), " else true".repeat(1_000))),
    ] {
        refused(&hostile);
    }
    // Just within the bounds: Cedar may take it or not, and both is well.
    for deep in [
        when(&format!("true{}", "&&true".repeat(300))),
        when(&format!("1{} == 3", "+1".repeat(480))),
        when(&format!("{}true{}", "if true then ".repeat(190), " else true".repeat(190))),
        when(&format!("principal{}", ".tenant".repeat(480))),
        when(&format!("{}true{}", "(".repeat(28), ")".repeat(28))),
    ] {
        if let Ok(engine) = Engine::compile(acme(), Pack::STANDARD, &[text("deep", &deep)]) {
            let read = ask(ada(), &[everywhere(Role::Owner)], Action::TenantRead, Resource::of_tenant(acme()));
            let _ = engine.decide(&read);
        }
    }
}

#[test]
fn two_policies_of_one_name_are_a_fault() {
    let policy = text("mine", "permit (principal, action, resource);");
    let bad = Engine::compile(acme(), Pack::STANDARD, &[policy.clone(), policy]).unwrap_err();
    assert!(bad.message.contains("tenant:mine"), "{bad}");
}

#[test]
fn an_empty_text_is_no_fault() {
    assert!(Engine::compile(acme(), Pack::STANDARD, &[text("mine", "// nothing yet\n")]).is_ok());
}

fn refused(cedar: &str) -> BadPolicy {
    Engine::compile(acme(), Pack::STANDARD, &[text("mine", cedar)]).unwrap_err()
}
