//! `kill -9` at every step: each thing that the executor says or asks, just before it is heard and just after, before the answer.
//!
//! Between two of them the executor speaks to nobody, so that what is on disk then is all that can differ: these are all the points there are.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use assent_api::plans::Outcome;
use assent_base::id::PlanId;

use crate::executor::{Executor, kill};
use crate::front::Front;
use crate::plane::{Go, Hook, Moment};
use crate::plans::rejection;
use crate::world::{CLUSTER, World};

/// What is said to the control plane and asked of the API server on the way to an end that is verified, each with its turn.
const FORWARD: [(&str, u32); 11] = [
    ("hello", 1),
    ("work", 1),
    ("step intended", 1),
    ("GET", 1),
    ("PATCH dry", 1),
    ("step rehearsed", 1),
    ("PATCH", 1),
    ("step applied", 1),
    ("GET", 2),
    ("step ended", 1),
    ("work", 2),
];
/// The same on the way back, after a signed no.
const BACK: [(&str, u32); 4] = [("work", 1), ("step undoing", 1), ("PATCH", 1), ("step ended", 1)];
/// How long the executor may take to come to a point.
const PATIENCE: Duration = Duration::from_secs(60);

type Point = (&'static str, u32, Moment);

#[test]
#[ignore = "needs Go: run `cargo xtask test`"]
fn a_kill_at_any_step_writes_nothing_twice_nothing_unrecorded_and_ends_in_the_truth() {
    let world = World::stopped("kills", |_| {});
    let front = Front::start(&CLUSTER, &world.account);
    let executor = Executor::new(&world.plane.address, &front.kubeconfig, world.pinned.canonical());
    let (mut kills, mut writes) = (0, 0);
    for (number, point) in points(&FORWARD).enumerate() {
        let name = format!("forward-{number}");
        let offer = world.signed(&world.set_level(&world.settings(&name), "debug"));
        world.plane.run(offer.clone());
        let unrecorded = killed_at(&world, &front, &executor, offer.plan, point);
        let (outcome, detail) = world.plane.end(offer.plan, 1);
        assert_eq!(outcome, Outcome::Verified, "{point:?}: {detail}");
        assert_eq!(world.plane.steps(offer.plan), ["intended", "rehearsed", "applied", "ended"], "{point:?}");
        (kills, writes) = (kills + 1, writes + 1);
        assert_eq!((world.level(&name).as_str(), world.writes().len()), ("debug", writes), "{point:?}");
        assert!(!*unrecorded.lock().unwrap(), "{point:?}");
        clear(&world, &front, &executor);
    }
    for (number, point) in points(&BACK).enumerate() {
        let name = format!("back-{number}");
        let offer = world.signed(&world.set_level(&world.settings(&name), "debug"));
        world.plane.run(offer.clone());
        executor.start();
        world.plane.end(offer.plan, 1);
        executor.kill();
        world.plane.stop(rejection(&offer, &world.people[1]));
        let unrecorded = killed_at(&world, &front, &executor, offer.plan, point);
        let (outcome, detail) = world.plane.end(offer.plan, 2);
        assert_eq!(outcome, Outcome::Reverted, "{point:?}: {detail}");
        (kills, writes) = (kills + 1, writes + 2);
        assert_eq!((world.level(&name).as_str(), world.writes().len()), ("info", writes), "{point:?}");
        assert!(!*unrecorded.lock().unwrap(), "{point:?}");
        clear(&world, &front, &executor);
    }
    println!("{kills} kills, {writes} writes: as many as were asked for");
}

fn points(all: &'static [(&'static str, u32)]) -> impl Iterator<Item = Point> {
    all.iter().flat_map(|(label, turn)| [(*label, *turn, Moment::Before), (*label, *turn, Moment::After)])
}

/// Starts the executor, kills it at this point, and starts it again. Whether it wrote anything that was not recorded is found out on the way.
fn killed_at(world: &World, front: &Front, executor: &Executor, plan: PlanId, point: Point) -> Arc<Mutex<bool>> {
    let (killed, was_killed): (Sender<()>, Receiver<()>) = channel();
    let turns = Arc::new(Mutex::new(0));
    let hook = || -> Hook {
        let (killed, child, turns) = (killed.clone(), executor.child.clone(), turns.clone());
        Box::new(move |label, moment| {
            if (label, moment) != (point.0, point.2) {
                return Go::On;
            }
            *turns.lock().unwrap() += 1;
            if *turns.lock().unwrap() != point.1 {
                return Go::On;
            }
            kill(&child);
            killed.send(()).unwrap();
            Go::Cut
        })
    };
    let (unrecorded, told, mut killing) = (Arc::new(Mutex::new(false)), world.plane.listener(), hook());
    let found = unrecorded.clone();
    world.plane.hook(Some(hook()));
    front.hook(Some(Box::new(move |label, moment| {
        if (label, moment) == ("PATCH", Moment::Before) {
            let steps = told(plan);
            *found.lock().unwrap() |= !matches!(steps.last(), Some(&"rehearsed" | &"undoing")) || steps.first() != Some(&"intended");
        }
        killing(label, moment)
    })));
    executor.start();
    if was_killed.recv_timeout(PATIENCE).is_err() {
        panic!("it never came to {point:?}: {}", executor.log());
    }
    executor.start();
    unrecorded
}

fn clear(world: &World, front: &Front, executor: &Executor) {
    executor.kill();
    world.plane.hook(None);
    front.hook(None);
    world.plane.keep(|kept| kept.work = assent_api::executor::Work::default());
}
