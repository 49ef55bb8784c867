//! What is pinned changes only with the assent of those pinned before.

use assent_api::plans::Outcome;
use assent_approval::ballot::Word;
use assent_approval::statement::{Nonce, Statement};
use assent_approval::warrant::Warrant;
use assent_base::time;
use assent_execution::{Pinned, repinning};

use crate::plans::{draft, nonce, now, signed};
use crate::signing::voting::Person;
use crate::world::{World, document};

#[test]
#[ignore = "needs Go: run `cargo xtask test`"]
fn another_document_is_believed_only_if_the_quorum_of_the_former_one_signed_it() {
    let world = World::stopped("repinned", |_| {});
    // Whoever can write the ConfigMap would like to be an approver.
    let stranger = Person::new(9);
    let mut file = document("repinned", &world.people);
    file.approvers[0].account = stranger.account;
    file.approvers[0].keys = document("x", std::slice::from_ref(&stranger)).approvers[0].keys.clone();
    let next = Pinned::new(file).unwrap();
    world.executor.start();
    world.plane.until(|kept| (kept.pinned == [world.pinned.canonical()]).then_some(()));
    world.executor.kill();
    let place = |name: &str, text: &str| std::fs::write(world.executor.folder.path().join(name), text).unwrap();
    place("pinned.yaml", next.canonical());
    let settings = world.settings("app");
    let plan = world.set_level(&settings, "debug");
    let strangers = || signed(&plan, &Statement::new(draft(&plan, &world.pinned, &world.uid)).unwrap(), &[&stranger]);
    let too_few = |nonce: Nonce| warrant(&world, &next, nonce, &world.people[..1]);
    for (beside, why) in [
        ("".to_owned(), "no warrant"),
        (too_few(nonce()), "one of two"),
        (warrant(&world, &next, nonce(), &[Person::new(9), Person::new(8)]), "strangers"),
    ] {
        place("warrant.json", &beside);
        world.executor.start();
        let offer = strangers();
        world.plane.run(offer.clone());
        assert_eq!(world.plane.end(offer.plan, 1).0, Outcome::Refused, "{why}");
        world.executor.kill();
        world.plane.keep(|kept| {
            assert!(kept.pinned.iter().all(|pinned| pinned == world.pinned.canonical()), "{why}");
            kept.work = assent_api::executor::Work::default();
        });
    }
    place("warrant.json", &warrant(&world, &next, nonce(), &world.people[..2]));
    world.executor.start();
    world.plane.until(|kept| (kept.pinned.last().map(String::as_str) == Some(next.canonical())).then_some(()));
    let statement = Statement::new(draft(&plan, &next, &world.uid)).unwrap();
    let offer = signed(&plan, &statement, &[&stranger]);
    world.plane.run(offer.clone());
    assert_eq!(world.plane.end(offer.plan, 1).0, Outcome::Verified);
    assert_eq!(world.writes().len(), 1);
}

/// A warrant for a document, signed by these.
fn warrant(world: &World, next: &Pinned, nonce: Nonce, people: &[Person]) -> String {
    let (issued_at, uid) = (now(), world.uid.parse().unwrap());
    let statement = repinning::statement(&world.pinned, next, &uid, issued_at, time::earlier(issued_at, -600).unwrap(), nonce).unwrap();
    let votes = people.iter().map(|person| person.ssh_vote(&statement, 1, Word::Approve)).collect();
    serde_json::to_string(&Warrant { statement, votes }).unwrap()
}
