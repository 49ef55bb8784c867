//! What policy answers depends on which policies there are, and on neither their order nor how they are looked up.

use crate::support::generate::{any_ask, policy};
use crate::support::{acme, text};
use assent_policy::{Engine, Pack, TenantPolicy};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn order_does_not_matter(texts in texts().prop_shuffle(), asks in prop::collection::vec(any_ask(), 30)) {
        let mut sorted = texts.clone();
        sorted.sort_by(|a, b| a.name.cmp(&b.name));
        let packs: Vec<Pack> = Pack::STANDARD.iter().rev().copied().collect();
        let one = Engine::compile(acme(), Pack::STANDARD, &sorted).unwrap();
        let other = Engine::compile(acme(), &packs, &texts).unwrap();
        prop_assert_eq!(one.digest(), other.digest());
        for ask in asks {
            prop_assert_eq!(one.decide(&ask), other.decide(&ask));
        }
    }

    #[test]
    fn slices_answer_as_the_whole(texts in texts(), asks in prop::collection::vec(any_ask(), 30)) {
        let sliced = Engine::compile(acme(), Pack::STANDARD, &texts).unwrap();
        let whole = Engine::compile_unsliced(acme(), Pack::STANDARD, &texts).unwrap();
        for ask in asks {
            let (a, b) = (sliced.explain(&ask), whole.explain(&ask));
            prop_assert_eq!(&a.answer, &b.answer);
            prop_assert_eq!(&a.decided_by, &b.decided_by);
            prop_assert!(a.asked <= b.asked);
        }
    }
}

#[test]
fn another_text_or_name_is_another_digest() {
    let digest = |texts: &[TenantPolicy]| Engine::compile(acme(), Pack::STANDARD, texts).unwrap().digest();
    let (a, b) = ("permit (principal, action, resource);", "forbid (principal, action, resource);");
    let digests = [digest(&[]), digest(&[text("x", a)]), digest(&[text("x", b)]), digest(&[text("y", a)])];
    assert!(digests.iter().enumerate().all(|(index, digest)| !digests[..index].contains(digest)));
}

fn texts() -> impl Strategy<Value = Vec<TenantPolicy>> {
    prop::collection::vec(policy(), 0..8)
        .prop_map(|texts| texts.iter().enumerate().map(|(index, cedar)| text(&format!("p{index}"), cedar)).collect())
}
