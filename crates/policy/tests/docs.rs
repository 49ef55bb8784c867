//! The examples of the documentation are policies.

use crate::support::{ada, ask, engine, everywhere, thing};
use assent_api::access::Criticality;
use assent_api::{Action, Role};
use assent_policy::{NESTING_MAX, POLICIES_MAX, TEXT_BYTES_MAX, WORDS_MAX};

const PAGE: &str = include_str!("../../../docs/policies.md");

#[test]
fn the_example_compiles_and_does_what_it_says() {
    let example = PAGE.split("```cedar\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let engine = engine(&[example]);
    let share =
        |namespace| ask(ada(), &[everywhere(Role::Owner)], Action::IncidentShare, thing(Criticality::Dev).in_namespaces([namespace]));
    assert!(engine.decide(&share("shop")).is_permit());
    assert_eq!(engine.decide(&share("payment")).answer().reasons, ["tenant:a#2"]);
}

#[test]
fn the_bounds_are_as_documented() {
    assert!(PAGE.contains("at most 64 KiB") && TEXT_BYTES_MAX == 64 * 1024);
    assert!(PAGE.contains("at most 1,000 words and signs and 32 brackets") && (WORDS_MAX, NESTING_MAX) == (1_000, 32));
    assert!(PAGE.contains("at most 2,000 policies") && POLICIES_MAX == 2_000);
}
