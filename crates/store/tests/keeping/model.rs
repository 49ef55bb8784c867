//! Random work on the store and on a map in memory, compared after every step.

use std::collections::BTreeMap;

use assent_store::{Direction, Expect, Order, Query, Store, StoreError, Tenant};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::database::{Note, RED, World, at, note, tenant_id};

const COLOURS: [&str; 3] = ["green", "grey", "gold"];

#[derive(Debug, Clone)]
enum Move {
    Put { id: u8, colour: usize, rank: i64, expect: Expected },
    Delete { id: u8, expect: Expected },
    RotateData,
    FinishRotation,
    RotateTenant,
    Prune { before: i64 },
}

#[derive(Debug, Clone, Copy)]
enum Expected {
    Absent,
    Any,
    Right,
    Wrong,
}

type Model = BTreeMap<String, (u64, Note)>;

#[test]
fn the_store_does_what_a_map_does_on_sqlite() {
    run(10, || Some(World::lite()));
}

#[test]
fn the_store_does_what_a_map_does_on_postgresql() {
    run(4, || runtime().block_on(World::postgres()));
}

fn run(cases: u32, world: impl Fn() -> Option<World>) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let moves = proptest::collection::vec(a_move(), 1..24);
    TestRunner::new(config)
        .run(&moves, |moves| {
            let Some(world) = world() else { return Ok(()) };
            runtime().block_on(play(&world, moves))
        })
        .unwrap();
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

fn a_move() -> impl Strategy<Value = Move> {
    let expect = prop_oneof![Just(Expected::Absent), Just(Expected::Any), Just(Expected::Right), Just(Expected::Wrong)];
    let rank = prop_oneof![-2..3_i64, Just(i64::MIN), Just(i64::MAX)];
    prop_oneof![
        8 => (0..6_u8, 0..3_usize, rank, expect.clone()).prop_map(|(id, colour, rank, expect)| Move::Put { id, colour, rank, expect }),
        3 => (0..6_u8, expect).prop_map(|(id, expect)| Move::Delete { id, expect }),
        1 => Just(Move::RotateData),
        1 => Just(Move::FinishRotation),
        1 => Just(Move::RotateTenant),
        1 => (-2..3_i64).prop_map(|before| Move::Prune { before }),
    ]
}

async fn play(world: &World, moves: Vec<Move>) -> Result<(), TestCaseError> {
    let (store, red, _) = world.settled().await;
    let mut model = Model::new();
    for (second, one) in (1..).zip(moves) {
        step(&store, &red, &mut model, one, second).await?;
        compare(&red, &model).await?;
    }
    let checked = red.check().await.unwrap();
    prop_assert_eq!(checked.documents, model.len() as u64);
    store.close().await;
    Ok(())
}

async fn step(store: &Store, red: &Tenant, model: &mut Model, one: Move, second: i64) -> Result<(), TestCaseError> {
    match one {
        Move::Put { id, colour, rank, expect } => {
            let id = format!("n{id}");
            let doc = note(COLOURS[colour], rank, &format!("{second}"));
            let present = model.get(&id).map(|(version, _)| *version);
            let expect = expectation(expect, present);
            let version = red.put(&id, &doc, expect, at(second)).await;
            match fits(expect, present) {
                true => {
                    let next = present.unwrap_or(0) + 1;
                    prop_assert_eq!(version.unwrap(), next);
                    model.insert(id, (next, doc));
                }
                false => prop_assert!(version.is_err()),
            }
        }
        Move::Delete { id, expect } => {
            let id = format!("n{id}");
            let present = model.get(&id).map(|(version, _)| *version);
            let expect = expectation(expect, present);
            let deleted = red.delete::<Note>(&id, expect, at(second)).await;
            match expect != Expect::Absent && fits(expect, present) {
                true => prop_assert_eq!(deleted.unwrap(), model.remove(&id).is_some()),
                false => prop_assert!(deleted.is_err()),
            }
        }
        Move::RotateData => drop(store.rotate_data_keys(tenant_id(RED)).await.unwrap()),
        Move::FinishRotation => drop(store.finish_rotation(tenant_id(RED)).await.unwrap()),
        Move::RotateTenant => store.rotate_tenant_key(tenant_id(RED)).await.unwrap(),
        Move::Prune { before } => {
            let before = assent_base::Timestamp::from_microsecond(before).unwrap();
            let old = model.len();
            model.retain(|_, (_, doc)| doc.rank >= before.as_microsecond());
            prop_assert_eq!(red.prune::<Note>("rank", before, at(second)).await.unwrap(), (old - model.len()) as u64);
        }
    }
    Ok(())
}

fn expectation(expected: Expected, present: Option<u64>) -> Expect {
    match expected {
        Expected::Absent => Expect::Absent,
        Expected::Any => Expect::Any,
        Expected::Right => Expect::Version(present.unwrap_or(1)),
        Expected::Wrong => Expect::Version(present.unwrap_or(1) + 1),
    }
}

fn fits(expect: Expect, present: Option<u64>) -> bool {
    match expect {
        Expect::Any => true,
        Expect::Absent => present.is_none(),
        Expect::Version(version) => present == Some(version),
    }
}

async fn compare(red: &Tenant, model: &Model) -> Result<(), TestCaseError> {
    for number in 0..6 {
        let id = format!("n{number}");
        let kept = red.get::<Note>(&id).await.unwrap();
        prop_assert_eq!(kept.map(|kept| (kept.version, kept.doc)), model.get(&id).cloned());
    }
    for colour in [None, Some("green"), Some("gold")] {
        for order in [None, Some(Order::all("rank", Direction::Ascending)), Some(Order { from: -1, to: 1, ..newest() })] {
            let query =
                Query { equal: colour.map(|colour| ("colour", colour.to_owned())).into_iter().collect(), order, ..Query::default() };
            let wanted = wanted(model, colour, order);
            prop_assert_eq!(red.count::<Note>(&query).await.unwrap(), wanted.len() as u64);
            prop_assert_eq!(ids(red, query).await, wanted);
        }
    }
    Ok(())
}

fn newest() -> Order {
    Order::all("rank", Direction::Descending)
}

fn wanted(model: &Model, colour: Option<&str>, order: Option<Order>) -> Vec<String> {
    let rank = |doc: &Note| order.map_or(0, |_| doc.rank);
    let mut found: Vec<(i64, String)> = model
        .iter()
        .filter(|(_, (_, doc))| colour.is_none_or(|colour| doc.colour == colour))
        .filter(|(_, (_, doc))| order.is_none_or(|order| (order.from..=order.to).contains(&doc.rank)))
        .map(|(id, (_, doc))| (rank(doc), id.clone()))
        .collect();
    found.sort();
    if order.is_some_and(|order| order.direction == Direction::Descending) {
        found.reverse();
    }
    found.into_iter().map(|(_, id)| id).collect()
}

/// The ids of a list, read in pages of two.
async fn ids(red: &Tenant, mut query: Query) -> Vec<String> {
    query.limit = 2;
    let mut ids = Vec::new();
    loop {
        let page: Result<_, StoreError> = red.list::<Note>(&query).await;
        let page = page.unwrap();
        ids.extend(page.items.into_iter().map(|kept| kept.id));
        match page.next {
            Some(next) => query.after = Some(next),
            None => return ids,
        }
    }
}
