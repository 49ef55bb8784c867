//! Whoever sends warrants and holds no key of those who may vote makes nothing happen.

use std::collections::BTreeSet;

use crate::support::authenticator::Ask;
use crate::support::voting::{DOMAIN, Person, at, draft, keyring, keyring_file, statement};
use assent_approval::ballot::Word;
use assent_approval::statement::{Assurance, Draft, Nonce, Statement, Terms};
use assent_approval::vote::{BadVote, Proof, Vote};
use assent_approval::warrant::{Expected, Leave, Warrant, WarrantRefused};
use assent_base::id::{ClusterId, RANDOM_BYTES, TenantId};
use assent_base::{Digest, Timestamp};
use serde_json::{Value, json};

/// An executor in its cluster.
struct Executor {
    keys: assent_approval::keyring::Keyring,
    draft: Draft,
    policies: BTreeSet<Digest>,
    used: BTreeSet<Nonce>,
    floor: Terms,
}

impl Executor {
    fn of(people: &[Person]) -> Self {
        let draft = draft(2);
        let policies = BTreeSet::from([draft.policy]);
        Self { keys: keyring(people), policies, used: BTreeSet::new(), floor: draft.terms, draft }
    }

    fn try_at(&self, warrant: Warrant, now: Timestamp) -> Result<Leave, WarrantRefused> {
        let expected = Expected {
            tenant: self.draft.tenant,
            cluster: self.draft.cluster,
            cluster_uid: &self.draft.cluster_uid,
            plan: self.draft.plan,
            policies: &self.policies,
            floor: self.floor,
            used: &self.used,
        };
        warrant.verify(&expected, &self.keys, now)
    }

    fn refuses(&self, warrant: Warrant) -> WarrantRefused {
        self.try_at(warrant, at(5)).unwrap_err()
    }
}

#[test]
fn a_warrant_of_enough_people_gives_leave_once() {
    let people = people();
    let mut executor = Executor::of(&people);
    let warrant = signed(&people, draft(2));
    let leave = executor.try_at(Warrant::parse(&serde_json::to_vec(&warrant).unwrap()).unwrap(), at(5)).unwrap();
    assert_eq!(leave.approvers().len(), 2);
    assert_eq!(leave.statement(), &statement(2));
    executor.used.insert(leave.statement().fields().nonce);
    assert_eq!(executor.refuses(warrant), WarrantRefused::Used);
}

#[test]
fn a_warrant_for_anything_else_is_refused_though_the_right_people_signed_it() {
    let people = people();
    let executor = Executor::of(&people);
    let other = Digest::of(b"another");
    for (draft, why) in [
        (Draft { tenant: TenantId::new(at(0), [9; RANDOM_BYTES]), ..draft(2) }, WarrantRefused::WrongTenant),
        (Draft { cluster: ClusterId::new(at(0), [9; RANDOM_BYTES]), ..draft(2) }, WarrantRefused::WrongCluster),
        (Draft { cluster_uid: "another-uid".parse().unwrap(), ..draft(2) }, WarrantRefused::WrongCluster),
        (Draft { plan: other, ..draft(2) }, WarrantRefused::WrongPlan),
        (Draft { policy: other, ..draft(2) }, WarrantRefused::WrongPolicy),
        (draft(1), WarrantRefused::TooLittleAsked),
        (Draft { issued_at: at(66), ..draft(2) }, WarrantRefused::NotYet),
        (Draft { expires_at: at(5), ..draft(2) }, WarrantRefused::Expired),
    ] {
        assert_eq!(executor.refuses(signed(&people, draft)), why);
    }
    let strict = Executor { floor: Terms { quorum: 1, assurance: Assurance::Verified }, ..Executor::of(&people) };
    assert_eq!(strict.refuses(signed(&people, draft(2))), WarrantRefused::TooLittleAsked);
}

#[test]
fn too_few_the_same_twice_or_another_word_are_no_quorum() {
    let people = people();
    let executor = Executor::of(&people);
    let statement = statement(2);
    let yes = |person: &Person| person.vote(&statement, 1, Word::Approve);
    let refuses = |votes: Vec<Vote>| executor.refuses(Warrant { statement: statement.clone(), votes });
    assert_eq!(refuses(Vec::new()), WarrantRefused::NoQuorum { have: 0, need: 2 });
    assert_eq!(refuses(vec![yes(&people[0])]), WarrantRefused::NoQuorum { have: 1, need: 2 });
    assert_eq!(refuses(vec![yes(&people[0]), yes(&people[0])]), WarrantRefused::Twice(people[0].account));
    let ssh = people[0].ssh_vote(&statement, 2, Word::Approve);
    assert_eq!(refuses(vec![yes(&people[0]), ssh]), WarrantRefused::Twice(people[0].account), "two keys of one person");
    let no = people[1].vote(&statement, 1, Word::Reject { reason: "no".to_owned() });
    assert_eq!(refuses(vec![yes(&people[0]), no]), WarrantRefused::NotAYes);
    let withdrawn = people[1].vote(&statement, 1, Word::Withdraw);
    assert_eq!(refuses(vec![yes(&people[0]), withdrawn]), WarrantRefused::NotAYes);
    let author = Person::new(0);
    let with_author = Executor { keys: keyring([&people[0], &author]), ..Executor::of(&people) };
    let refused = with_author.refuses(Warrant { statement: statement.clone(), votes: vec![yes(&people[0]), yes(&author)] });
    assert_eq!(refused, WarrantRefused::BadVote { voter: author.account, cause: BadVote::Author });
}

#[test]
fn a_page_of_another_origin_collects_no_votes() {
    let people = people();
    let executor = Executor::of(&people);
    let statement = statement(2);
    let mut votes: Vec<Vote> = people.iter().take(2).map(|person| person.vote(&statement, 1, Word::Approve)).collect();
    for (origin, party) in
        [("https://assent.evil.example", DOMAIN), ("https://evil.example", "evil.example"), ("http://assent.example", DOMAIN)]
    {
        let ballot = assent_approval::ballot::Ballot { statement: &statement, voter: people[0].account, round: 1, word: &Word::Approve };
        let signed = people[0].authenticator.sign(&Ask::get(origin, party, ballot.challenge().as_bytes()));
        let Proof::Passkey { assertion, .. } = &mut votes[0].proof else { panic!("a passkey") };
        (assertion.client_data, assertion.authenticator_data, assertion.signature) =
            (signed.client_data, signed.authenticator_data, signed.signature);
        let refused = executor.refuses(Warrant { statement: statement.clone(), votes: votes.clone() });
        assert!(matches!(refused, WarrantRefused::BadVote { cause: BadVote::Passkey(_), .. }), "{origin}: {refused}");
    }
}

#[test]
fn a_key_that_is_revoked_where_the_executor_looks_counts_no_more() {
    let people = people();
    let mut file = keyring_file(&people);
    file.approvers[0].keys[0].revoked_at = Some(at(4));
    let executor = Executor { keys: assent_approval::keyring::Keyring::new(&file).unwrap(), ..Executor::of(&people) };
    assert!(executor.try_at(signed(&people, draft(2)), at(3)).is_ok());
    let refused = executor.refuses(signed(&people, draft(2)));
    assert_eq!(refused, WarrantRefused::BadVote { voter: people[0].account, cause: BadVote::UnknownKey });
}

#[test]
fn ten_thousand_altered_warrants_give_no_leave() {
    let people = people();
    let executor = Executor::of(&people);
    let good = signed(&people, draft(2));
    let text = serde_json::to_string(&good).unwrap().into_bytes();
    let (mut tried, mut unread, mut same) = (0, 0, 0);
    // Every byte, and of each several others; a fixed walk, so that every run tries the same.
    'all: for step in 1_u8..=255 {
        for at_byte in 0..text.len() {
            let mut bytes = text.clone();
            bytes[at_byte] = bytes[at_byte].wrapping_add(step);
            tried += 1;
            match Warrant::parse(&bytes) {
                Err(_) => unread += 1,
                // Another way to write the same JSON.
                Ok(warrant) if warrant == good => same += 1,
                Ok(warrant) => assert!(executor.try_at(warrant, at(5)).is_err(), "byte {at_byte} by {step}"),
            }
            if tried >= 10_000 {
                break 'all;
            }
        }
    }
    assert!(tried == 10_000 && unread < tried && same < 100, "{tried} {unread} {same}");
    for cut in 0..text.len() {
        assert!(Warrant::parse(&text[..cut]).is_err());
    }
}

#[test]
fn nothing_unknown_rides_along() {
    let people = people();
    let good = serde_json::to_value(signed(&people, draft(2))).unwrap();
    let places = ["", "/statement", "/statement/terms", "/votes/0", "/votes/0/proof", "/votes/0/proof/assertion"];
    for place in places {
        let mut changed = good.clone();
        let Some(Value::Object(fields)) = changed.pointer_mut(place) else { panic!("{place}") };
        fields.insert("force".to_owned(), Value::Bool(true));
        assert!(Warrant::parse(&serde_json::to_vec(&changed).unwrap()).is_err(), "{place}");
    }
    let mut more_words = good.clone();
    more_words["votes"][0]["word"] = json!({ "reject": { "reason": "no", "force": true } });
    assert!(Warrant::parse(&serde_json::to_vec(&more_words).unwrap()).is_err());
    let long = format!("{}{}", " ".repeat(1024 * 1024), good);
    assert_eq!(Warrant::parse(long.as_bytes()).unwrap_err(), WarrantRefused::Unreadable);
    let statement = statement(2);
    let votes = vec![people[0].vote(&statement, 1, Word::Approve); 65];
    assert_eq!(Executor::of(&people).refuses(Warrant { statement, votes }), WarrantRefused::Unreadable);
}

fn people() -> Vec<Person> {
    (1..4).map(Person::new).collect()
}

/// A warrant that the first two signed, one with a passkey and one with an SSH key.
fn signed(people: &[Person], draft: Draft) -> Warrant {
    let statement = Statement::new(draft).unwrap();
    let votes = vec![people[0].vote(&statement, 1, Word::Approve), people[1].ssh_vote(&statement, 1, Word::Approve)];
    Warrant { statement, votes }
}
