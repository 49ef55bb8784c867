//! Whatever happens in whatever order, and wherever it is cut short: a change is made once at most, never before its intent is recorded, and the
//! run ends in the truth.
//!
//! The cluster here is one Deployment that a patch is applied to as an API server would, its tests included. A request may be carried out and its
//! answer lost, or be carried out later, as long as requests live. A crash keeps what was synced, and the beginning of a line that was not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "this is a test, helpers included")]

mod support;

use std::collections::BTreeSet;

use assent_api::plans::{Outcome, RunStep, Step};
use assent_approval::statement::{Assurance, Draft, Nonce, Statement, Terms};
use assent_approval::warrant::Warrant;
use assent_base::Digest;
use assent_base::id::{PlanId, RANDOM_BYTES};
use assent_execution::Impersonated;
use assent_execution::entry::{Entry, Noted, Record};
use assent_execution::journal::{Book, Chain, HEAD, Journal};
use assent_execution::order::{Accepted, Order};
use assent_execution::run::{Answer, Event, Need, Run};
use assent_execution::verdict::{Around, Sample, baseline};
use assent_plan::Plan;
use assent_plan::patch::{self, Op};
use assent_plan::plan::{Inverse, Request};
use proptest::prelude::*;
use serde_json::{Value, json};
use support::{at, cluster, deployment, tenant};

/// Seconds that the API server works on a request at most.
const REQUEST_S: i64 = 60;
/// Seconds that the change is watched.
const VERIFY_S: u32 = 30;

/// What happens next. Numbers choose among what can.
#[derive(Debug, Clone, Copy)]
enum Move {
    /// What is needed is seen to; the number says how it goes.
    Go(u8),
    /// The machine goes down, so many bytes into the next line.
    Crash(u8),
    /// So many seconds pass.
    Wait(u8),
    /// Somebody says no, signed.
    Stop,
    /// Somebody else changes the object.
    Meddle,
    /// What is under way is carried out now.
    Land,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        12 => any::<u8>().prop_map(Move::Go),
        2 => any::<u8>().prop_map(Move::Crash),
        2 => (0_u8..100).prop_map(Move::Wait),
        1 => Just(Move::Stop),
        1 => Just(Move::Meddle),
        2 => Just(Move::Land),
    ];
    proptest::collection::vec(one, 0..60)
}

/// A request that the API server has, and whose sender does not wait for it any more.
struct Flight {
    ops: Vec<Op>,
    sent_at: i64,
    is_change: bool,
}

struct World {
    live: Value,
    disk: Vec<u8>,
    chain: Chain,
    book: Book,
    nonce: Nonce,
    now_s: i64,
    told: Vec<RunStep>,
    flights: Vec<Flight>,
    changes: u32,
    reverts: u32,
    meddled: bool,
    is_good: bool,
}

impl World {
    fn new(is_good: bool) -> Self {
        let live = deployment();
        let order = Order::recall(accepted(&live)).unwrap();
        let nonce = order.nonce();
        let mut world = Self {
            live,
            disk: HEAD.as_bytes().to_vec(),
            chain: Chain::default(),
            book: Book::default(),
            nonce,
            now_s: 10,
            told: Vec::new(),
            flights: Vec::new(),
            changes: 0,
            reverts: 0,
            meddled: false,
            is_good,
        };
        let opening = Run::opening(&order, at(world.now_s));
        world.record(opening);
        world
    }

    fn run(&self) -> &Run {
        self.book.run(self.nonce).unwrap()
    }

    fn plan(&self) -> Plan {
        self.run().order().plan().clone()
    }

    fn record(&mut self, record: Record) {
        let (line, chain) = self.chain.line(&record).unwrap();
        self.disk.extend_from_slice(line.as_bytes());
        self.chain = chain;
        self.book.take(record).unwrap();
    }

    fn event(&mut self, event: Event) {
        let now = at(self.now_s);
        let records = self.book.run_mut(self.nonce).unwrap().on(event, now);
        records.into_iter().for_each(|record| self.record(record));
    }

    fn crash(&mut self, cut: u8) {
        // A line that nobody acted upon yet may be there in part.
        let torn = self.chain.line(&Record { nonce: self.nonce, at: at(self.now_s), what: Noted::Run(Entry::Reverting {}) }).unwrap().0;
        let mut disk = self.disk.clone();
        disk.extend_from_slice(&torn.as_bytes()[..usize::from(cut) % torn.len()]);
        let journal = Journal::parse(&disk).unwrap();
        assert_eq!(journal.whole_bytes, self.disk.len());
        (self.book, self.chain) = (journal.book, journal.chain);
    }

    fn carry_out(&mut self, ops: &[Op], is_change: bool) -> Result<(), String> {
        let after = patch::applied(&self.live, ops).map_err(|error| error.to_string())?;
        // I4: recorded before done.
        let intended = self.told.iter().any(|step| matches!(step.step, Step::Intended { .. }));
        let undoing = self.told.iter().any(|step| matches!(step.step, Step::Undoing { .. }));
        assert!(intended && (is_change || undoing), "something was written that was not recorded: {:?}", self.told);
        self.live = after;
        self.settle();
        if is_change {
            self.changes += 1
        } else {
            self.reverts += 1
        }
        assert!(self.changes <= 1 && self.reverts <= 1, "{} changes, {} reverts", self.changes, self.reverts);
        Ok(())
    }

    /// What the API server and the controllers do after each write.
    fn settle(&mut self) {
        let generation = self.live["metadata"]["generation"].as_i64().unwrap() + 1;
        self.live["metadata"]["generation"] = json!(generation);
        self.live["metadata"]["resourceVersion"] = json!(format!("{generation}00"));
        let wanted = self.live["spec"]["replicas"].as_i64().unwrap();
        let ready = if self.is_good || wanted == 2 { wanted } else { 0 };
        self.live["status"] =
            json!({"observedGeneration": generation, "replicas": wanted, "updatedReplicas": wanted, "availableReplicas": ready});
    }

    fn send(&mut self, ops: Vec<Op>, is_change: bool, how: u8) {
        match how % 5 {
            // Carried out, and answered.
            0 | 1 => {
                let answer = match self.carry_out(&ops, is_change) {
                    Ok(()) => Answer::Done { resource_version: None },
                    Err(why) => Answer::Refused(why),
                };
                self.event(Event::Answered(answer));
            }
            // Carried out, and the answer is lost.
            2 => {
                let _ = self.carry_out(&ops, is_change);
                self.event(Event::Answered(Answer::Unknown("lost".to_owned())));
            }
            // On its way for a while.
            3 => {
                self.flights.push(Flight { ops, sent_at: self.now_s, is_change });
                self.event(Event::Answered(Answer::Unknown("late".to_owned())));
            }
            // It never arrived.
            _ => self.event(Event::Answered(Answer::Unknown("broken".to_owned()))),
        }
    }

    fn land(&mut self) {
        if let Some(Flight { ops, sent_at, is_change }) = self.flights.pop()
            && self.now_s - sent_at < REQUEST_S
        {
            let _ = self.carry_out(&ops, is_change);
        }
    }

    fn go(&mut self, how: u8) {
        let plan = self.plan();
        match self.run().need() {
            Need::Nothing => {}
            Need::Tell(step) => match how % 8 {
                0 => self.event(Event::NotTold("no such plan".to_owned())),
                1 => self.hear(&step),
                2 => {}
                _ => {
                    self.hear(&step);
                    self.event(Event::Told);
                }
            },
            Need::Check => match plan.preconditions.drift(&self.live).first() {
                _ if how.is_multiple_of(8) => {}
                Some(drift) => self.event(Event::Objected(drift.to_string())),
                None => {
                    let before = baseline(&plan, &self.sample());
                    self.event(Event::Checked(before));
                }
            },
            Need::Confirm if how.is_multiple_of(16) => self.event(Event::Lapsed("a key was revoked".to_owned())),
            Need::Confirm | Need::Prepare => self.event(Event::Ready),
            Need::Apply => match &plan.request {
                Request::Patch(ops) => self.send(ops.clone(), true, how),
                Request::Delete { .. } => unreachable!(),
            },
            Need::Revert => match &plan.inverse {
                Inverse::Patch { patch, .. } => self.send(patch.clone(), false, how),
                Inverse::MadeAnew { .. } => unreachable!(),
            },
            Need::Look => self.event(Event::Looked(Some(self.live.clone()))),
            Need::Watch => {
                let sample = self.sample();
                self.event(Event::Sampled(sample));
            }
        }
    }

    fn sample(&self) -> Sample {
        Sample { target: Some(self.live.clone()), around: Around::Nothing }
    }

    /// The control plane takes a step down, and would see a lie about one that it has.
    fn hear(&mut self, step: &RunStep) {
        match self.told.iter().find(|known| known.number == step.number) {
            Some(known) => assert_eq!(known, step, "the same step told twice differs"),
            None => {
                let last = self.told.last().map_or(0, |last| last.number);
                assert!(step.number > last, "a step before one that is known");
                self.told.push(step.clone());
            }
        }
    }

    fn step(&mut self, next: Move) {
        match next {
            Move::Go(how) => self.go(how),
            Move::Crash(cut) => self.crash(cut),
            Move::Wait(seconds) => self.now_s += i64::from(seconds),
            Move::Stop => self.event(Event::Stopped { reason: "no".to_owned() }),
            Move::Meddle => {
                self.live["spec"]["replicas"] = json!(7);
                self.meddled = true;
                self.settle();
            }
            Move::Land => self.land(),
        }
    }

    /// From here on everything goes well.
    fn play_out(&mut self) {
        for _ in 0..1_000 {
            if self.run().need() == Need::Nothing {
                return;
            }
            // Even numbers that choose neither refusal nor loss.
            self.go(5);
            self.land();
            self.now_s += 7;
        }
        panic!("it never ends: {:?}", self.run());
    }

    fn tells_the_truth(&self) {
        let outcome = self.run().outcome().expect("it has ended");
        let replicas = self.live["spec"]["replicas"].as_i64().unwrap();
        match outcome {
            Outcome::Refused => assert_eq!(self.changes, 0),
            Outcome::Verified | Outcome::Partial => {
                assert_eq!((self.changes, self.reverts), (1, 0));
                assert!(replicas == 3 || self.meddled);
            }
            Outcome::Reverted => {
                assert_eq!(self.changes, 1);
                assert!(replicas == 2 || self.meddled);
            }
            Outcome::Failed => assert!(self.changes == 1 || self.meddled),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_change_is_made_once_at_most_after_it_is_recorded_and_its_end_is_true(moves in moves(), is_good in any::<bool>()) {
        let mut world = World::new(is_good);
        for next in moves {
            world.step(next);
        }
        world.play_out();
        world.tells_the_truth();
        let replayed = Journal::parse(&world.disk).unwrap();
        prop_assert_eq!(replayed.book.run(world.nonce).unwrap().steps(), world.run().steps());
    }

    #[test]
    fn no_byte_of_a_journal_changes_unseen(moves in moves(), place in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let mut world = World::new(true);
        for next in moves {
            world.step(next);
        }
        let mut disk = world.disk.clone();
        let place = place.index(disk.len());
        disk[place] ^= 1 << bit;
        // The end of the last line alone cannot be told from one that was never written.
        let is_last_end = place + 1 == disk.len();
        match Journal::parse(&disk) {
            Err(_) => {}
            Ok(journal) => prop_assert!(is_last_end && journal.whole_bytes < disk.len()),
        }
    }
}

#[test]
fn without_trouble_it_is_verified_and_a_signed_no_takes_it_back() {
    let mut world = World::new(true);
    world.play_out();
    assert_eq!(world.run().outcome(), Some(Outcome::Verified));
    world.step(Move::Stop);
    world.play_out();
    assert_eq!((world.run().outcome(), world.changes, world.reverts), (Some(Outcome::Reverted), 1, 1));
    world.step(Move::Stop);
    assert_eq!(world.run().need(), Need::Nothing, "it is taken back once");
}

#[test]
fn what_is_worse_than_before_is_taken_back() {
    let mut world = World::new(false);
    world.play_out();
    assert_eq!((world.run().outcome(), world.changes, world.reverts), (Some(Outcome::Reverted), 1, 1));
}

#[test]
fn nothing_is_applied_once_its_time_is_over_nor_taken_back_after_the_undo_window() {
    let mut late = World::new(true);
    late.now_s = 900;
    late.play_out();
    assert_eq!((late.run().outcome(), late.changes), (Some(Outcome::Refused), 0));
    let mut done = World::new(true);
    done.play_out();
    done.now_s += 3_600;
    done.step(Move::Stop);
    assert_eq!(done.run().need(), Need::Nothing);
}

#[test]
fn a_nonce_is_kept_until_nobody_can_come_back_to_it() {
    let mut world = World::new(true);
    world.play_out();
    assert_eq!(world.book.used(), BTreeSet::from([world.nonce]));
    assert!(!world.book.compacted(at(900)).is_empty(), "the statement has just ended, and clocks differ");
    assert!(!world.book.compacted(at(3_600)).is_empty(), "rules count runs of an hour");
    assert!(world.book.compacted(at(10_000)).is_empty());
    assert!(!World::new(true).book.compacted(at(10_000)).is_empty(), "a run that has not ended is kept");
}

#[test]
fn lines_that_are_missing_doubled_or_moved_are_damage() {
    let mut world = World::new(true);
    world.play_out();
    let text = String::from_utf8(world.disk.clone()).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let joined = |lines: &[&str]| Journal::parse(lines.concat().as_bytes());
    assert!(joined(&lines).is_ok());
    for place in 1..lines.len() - 1 {
        let without: Vec<&str> = lines.iter().enumerate().filter(|(own, _)| *own != place).map(|(_, line)| *line).collect();
        assert!(joined(&without).is_err(), "line {place} is missing");
        let mut swapped = lines.clone();
        swapped.swap(place, place + 1);
        assert!(joined(&swapped).is_err(), "line {place} is moved");
        let doubled = [&lines[..=place], &lines[place..]].concat();
        assert!(joined(&doubled).is_err(), "line {place} is there twice");
    }
    assert!(Journal::parse(b"another file\n").is_err());
    assert!(Journal::parse(&HEAD.as_bytes()[..5]).is_ok_and(|journal| journal.whole_bytes == 0));
}

/// What is kept of an order for that plan. Who signed it is for other tests.
fn accepted(live: &Value) -> Accepted {
    let plan = support::plan(live);
    let statement = Statement::new(Draft {
        tenant: tenant(),
        cluster: cluster(),
        cluster_uid: "c-1".parse().unwrap(),
        plan: *plan.digest().unwrap().digest(),
        policy: Digest::of(b"policy"),
        evidence: plan.grounds.digest,
        authors: BTreeSet::new(),
        terms: Terms { quorum: 1, assurance: Assurance::Held },
        issued_at: at(0),
        expires_at: at(900),
        nonce: Nonce::new([7; 16]),
    });
    let warrant = Warrant { statement: statement.unwrap(), votes: Vec::new() };
    Accepted {
        id: PlanId::new(at(0), [3; RANDOM_BYTES]),
        bytes: String::from_utf8(plan.canonical().unwrap()).unwrap(),
        warrant: serde_json::to_string(&warrant).unwrap(),
        approvers: Vec::new(),
        rule: None,
        users: vec![Impersonated { user: "ada".to_owned(), groups: BTreeSet::new() }],
        verify_s: VERIFY_S,
        undo_s: 600,
    }
}
