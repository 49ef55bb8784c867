//! Random votes, clocks and changes of keys move the real thing and a small reference model, compared after every move.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use crate::support::voting::{Person, at, draft, held, keyring_file};
use assent_approval::ballot::Word;
use assent_approval::change::{Awaiting, Change, Record};
use assent_approval::keyring::{Keyring, KeyringFile};
use assent_approval::statement::{Draft, Statement};
use assent_approval::vote::{Proof, Vote};
use assent_approval::warrant::{Expected, Warrant};
use assent_base::id::AccountId;
use assent_base::{Digest, Timestamp};
use proptest::prelude::*;

/// The author, four people who may vote, and one who may not.
static PEOPLE: LazyLock<Vec<Person>> = LazyLock::new(|| (0..6).map(Person::new).collect());
const STRANGER: usize = 5;

#[derive(Debug, Clone)]
enum Move {
    Vote { person: usize, ssh: bool, round: u32, word: usize, forged: Forged },
    Pass { seconds: i64 },
    Revoke { person: usize, ssh: bool },
    Restore { person: usize, ssh: bool },
    Review,
}

/// What is wrong with a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Forged {
    No,
    OtherStatement,
    OtherPerson,
    OtherRound,
    OtherWord,
    Flipped,
}

/// What should be so, told in the fewest words: who stands by a yes with which key, and how it ended.
#[derive(Debug, Clone, Default)]
struct Model {
    rounds: BTreeMap<usize, u32>,
    yes: BTreeMap<usize, bool>,
    revoked: BTreeSet<(usize, bool)>,
    ended: Option<&'static str>,
}

impl Model {
    fn step(&mut self, event: &Move, now: i64) {
        if self.ended.is_some() {
            return;
        }
        if let Move::Vote { person, ssh, round, word, forged } = event {
            if now >= 900 {
                self.ended = Some("expired");
                return;
            }
            let known = *person != 0 && *person != STRANGER && !self.revoked.contains(&(*person, *ssh));
            let fresh = *round > self.rounds.get(person).copied().unwrap_or(0);
            let something = *word != 2 || self.yes.contains_key(person);
            if *forged == Forged::No && known && fresh && something {
                match word {
                    0 => drop(self.yes.insert(*person, *ssh)),
                    1 => {
                        self.ended = Some("rejected");
                        return;
                    }
                    _ => drop(self.yes.remove(person)),
                }
                self.rounds.insert(*person, *round);
                self.drop_revoked();
            }
        }
        if matches!(event, Move::Review) {
            if now >= 900 {
                self.ended = Some("expired");
            }
            self.drop_revoked();
        }
    }

    fn drop_revoked(&mut self) {
        let revoked = self.revoked.clone();
        self.yes.retain(|person, ssh| !revoked.contains(&(*person, *ssh)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn the_real_thing_does_what_the_model_says(quorum in 1_u8..=4, moves in proptest::collection::vec(a_move(), 1..40)) {
        let statement = Statement::new(draft(quorum)).unwrap();
        let (mut model, mut now, mut shown_approved) = (Model::default(), 0, false);
        let (mut record, mut restored) = (Record { statement: statement.clone(), votes: Vec::new() }, false);
        let mut change = Change::Awaiting(Awaiting::open(statement.clone()));
        for event in &moves {
            match event {
                Move::Pass { seconds } => now += seconds,
                Move::Revoke { person, ssh } => drop(model.revoked.insert((*person, *ssh))),
                Move::Restore { person, ssh } => restored |= model.revoked.remove(&(*person, *ssh)),
                Move::Vote { .. } | Move::Review => {
                    let (keys, known) = (keyring(&model.revoked), record.votes.len());
                    change = moved(change, &statement, event, &keys, at(now), &mut record);
                    model.step(event, now);
                    // A vote that does not count leaves the state as it was; and a revoked key that counts again is known to a record,
                    // and forgotten by a state that was reviewed meanwhile.
                    let reviewed = record.votes.len() > known || matches!(event, Move::Review);
                    if reviewed && !restored && let Some(whole) = as_of_now(&change) {
                        let recalled = Change::recall(&record, &keys, at(now)).expect("all of it counted");
                        prop_assert_eq!(whole, as_of_now(&recalled).expect("it is not over"));
                    }
                    let people: Vec<AccountId> = model.yes.keys().map(|person| PEOPLE[*person].account).collect();
                    match (&change, model.ended) {
                        (Change::Rejected(_), Some("rejected")) | (Change::Expired(_), Some("expired")) => {}
                        (Change::Awaiting(awaiting), None) => {
                            prop_assert_eq!(awaiting.approvers().collect::<Vec<_>>(), people);
                            // A vote that does not count changes nothing, so a revoked key may still stand until the next review.
                            prop_assert!(model.yes.len() < usize::from(quorum));
                        }
                        (Change::Approved(approved), None) => {
                            prop_assert_eq!(approved.approvers().collect::<Vec<_>>(), people);
                            prop_assert!(model.yes.len() >= usize::from(quorum));
                            shown_approved = true;
                        }
                        (change, ended) => prop_assert!(false, "{change:?} and {ended:?}"),
                    }
                }
            }
        }
        // Whatever was approved last gives a warrant that holds, or none at all.
        if let Change::Approved(approved) = change {
            prop_assert!(shown_approved);
            let keys = keyring(&model.revoked);
            if let Ok(warrant) = approved.warrant(&keys, at(now)) {
                model.drop_revoked();
                prop_assert!(model.yes.len() >= usize::from(quorum) && now < 900);
                prop_assert_eq!(convinced(warrant, &statement, &keys, at(now)), Some(model.yes.len()));
            }
        }
    }
}

/// How many people convince an executor.
fn convinced(warrant: Warrant, statement: &Statement, keys: &Keyring, now: Timestamp) -> Option<usize> {
    let fields = statement.fields();
    let expected = Expected {
        tenant: fields.tenant,
        cluster: fields.cluster,
        cluster_uid: &fields.cluster_uid,
        plan: fields.plan,
        policies: &BTreeSet::from([fields.policy]),
        floor: fields.terms,
        used: &BTreeSet::new(),
    };
    warrant.verify(&expected, keys, now).ok().map(|leave| leave.approvers().len())
}

/// The state that follows, reviewed; a vote that counted goes into the record.
fn moved(change: Change, statement: &Statement, event: &Move, keys: &Keyring, now: Timestamp, record: &mut Record) -> Change {
    match (change, event) {
        (Change::Awaiting(awaiting), Move::Review) => awaiting.review(keys, now),
        (Change::Approved(approved), Move::Review) => approved.review(keys, now),
        (Change::Awaiting(awaiting), event) => {
            let vote = vote_of(statement, event);
            let heard = awaiting.vote(&vote, keys, now);
            record.votes.extend(heard.is_ok().then_some(vote));
            heard.unwrap_or_else(|(same, _)| Change::Awaiting(same))
        }
        (Change::Approved(approved), event) => {
            let vote = vote_of(statement, event);
            let heard = approved.vote(&vote, keys, now);
            record.votes.extend(heard.is_ok().then_some(vote));
            heard.unwrap_or_else(|(same, _)| Change::Approved(same))
        }
        (ended, _) => ended,
    }
}

/// What a state says of itself, but for one whose time is over.
fn as_of_now(change: &Change) -> Option<(&'static str, Vec<AccountId>)> {
    match change {
        Change::Awaiting(awaiting) => Some(("awaiting", awaiting.approvers().collect())),
        Change::Approved(approved) => Some(("approved", approved.approvers().collect())),
        Change::Rejected(rejected) => Some(("rejected", vec![rejected.by()])),
        Change::Expired(_) => None,
    }
}

fn word_of(word: usize) -> Word {
    match word {
        0 => Word::Approve,
        1 => Word::Reject { reason: "no".to_owned() },
        _ => Word::Withdraw,
    }
}

fn vote_of(statement: &Statement, event: &Move) -> Vote {
    let Move::Vote { person, ssh, round, word, forged } = event else { panic!("a vote") };
    let (voter, word) = (&PEOPLE[*person], word_of(*word));
    let other = Statement::new(Draft { plan: Digest::of(b"another"), ..statement.fields().clone() }).unwrap();
    let signed = match forged {
        Forged::OtherStatement => cast(voter, &other, *round, word.clone(), *ssh),
        Forged::OtherPerson => cast(&PEOPLE[(*person + 1) % PEOPLE.len()], statement, *round, word.clone(), *ssh),
        Forged::OtherRound => cast(voter, statement, *round + 1, word.clone(), *ssh),
        Forged::OtherWord => cast(voter, statement, *round, Word::Reject { reason: "another word".to_owned() }, *ssh),
        Forged::No | Forged::Flipped => cast(voter, statement, *round, word.clone(), *ssh),
    };
    let mut proof = signed.proof;
    if *forged == Forged::Flipped {
        match &mut proof {
            Proof::Passkey { assertion, .. } => *assertion.signature.last_mut().unwrap() ^= 1,
            Proof::Ssh { signature } => *signature.last_mut().unwrap() ^= 1,
        }
    }
    Vote { voter: voter.account, round: *round, word, proof }
}

fn cast(person: &Person, statement: &Statement, round: u32, word: Word, ssh: bool) -> Vote {
    if ssh { person.ssh_vote(statement, round, word) } else { person.vote(statement, round, word) }
}

/// Everybody but the stranger, without the keys that are revoked.
fn keyring(revoked: &BTreeSet<(usize, bool)>) -> Keyring {
    let mut file: KeyringFile = keyring_file(&PEOPLE[..STRANGER]);
    for (person, approver) in file.approvers.iter_mut().enumerate() {
        let [passkey, ssh] = PEOPLE[person].keys();
        approver.keys = [(false, passkey), (true, ssh)]
            .into_iter()
            .filter(|(ssh, _)| !revoked.contains(&(person, *ssh)))
            .map(|(_, key)| held(key))
            .collect();
    }
    Keyring::new(&file).unwrap()
}

fn a_move() -> impl Strategy<Value = Move> {
    let person = 0..PEOPLE.len();
    let forged = prop_oneof![
        6 => Just(Forged::No),
        1 => Just(Forged::OtherStatement),
        1 => Just(Forged::OtherPerson),
        1 => Just(Forged::OtherRound),
        1 => Just(Forged::OtherWord),
        1 => Just(Forged::Flipped),
    ];
    let word = prop_oneof![8 => Just(0_usize), 1 => Just(1), 3 => Just(2)];
    prop_oneof![
        10 => (person.clone(), any::<bool>(), 1..5_u32, word, forged).prop_map(|(person, ssh, round, word, forged)| Move::Vote { person, ssh, round, word, forged }),
        2 => (0..300_i64).prop_map(|seconds| Move::Pass { seconds }),
        2 => (person.clone(), any::<bool>()).prop_map(|(person, ssh)| Move::Revoke { person, ssh }),
        1 => (person, any::<bool>()).prop_map(|(person, ssh)| Move::Restore { person, ssh }),
        1 => Just(Move::Review),
    ]
}
