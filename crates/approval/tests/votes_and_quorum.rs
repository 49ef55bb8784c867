//! A change is approved by enough of the right people, each by name, for exactly one statement, in time; and by nothing else.

use std::collections::BTreeMap;

use crate::support::voting::{Person, account, at, draft, keyring, keyring_file, statement};
use assent_approval::ballot::{Ballot, NAMESPACE, Word};
use assent_approval::change::{Awaiting, BadRecord, Change, Record};
use assent_approval::keyring::{BadKeyring, Keyring};
use assent_approval::sshsig::{AllowedSigners, SshRefused};
use assent_approval::statement::{Assurance, Draft, Statement, Terms};
use assent_approval::vote::{BadVote, Proof, Vote};
use assent_approval::webauthn::Refused;

#[test]
fn enough_people_approve_each_in_their_own_way() {
    let (ada, ben) = (Person::new(1), Person::new(2));
    let keys = keyring([&ada, &ben]);
    let statement = statement(2);
    let awaiting = waiting(Awaiting::open(statement.clone()).vote(&ada.vote(&statement, 1, Word::Approve), &keys, at(1)));
    assert_eq!(awaiting.approvers().collect::<Vec<_>>(), [ada.account]);
    let Ok(Change::Approved(approved)) = awaiting.vote(&ben.ssh_vote(&statement, 1, Word::Approve), &keys, at(2)) else {
        panic!("approved")
    };
    assert_eq!(approved.approvers().collect::<Vec<_>>(), [ada.account, ben.account]);
    let warrant = approved.warrant(&keys, at(3)).unwrap();
    assert_eq!(warrant.votes.len(), 2);
}

#[test]
fn one_person_is_one_vote_however_many_keys_they_have() {
    let ada = Person::new(1);
    let keys = keyring([&ada]);
    let statement = statement(2);
    let awaiting = waiting(Awaiting::open(statement.clone()).vote(&ada.vote(&statement, 1, Word::Approve), &keys, at(1)));
    let awaiting = waiting(awaiting.vote(&ada.ssh_vote(&statement, 2, Word::Approve), &keys, at(2)));
    assert_eq!(awaiting.approvers().count(), 1);
}

#[test]
fn whoever_had_a_hand_in_the_plan_does_not_vote_on_it() {
    let (author, ada) = (Person::new(0), Person::new(1));
    let keys = keyring([&author, &ada]);
    let statement = statement(1);
    for word in [Word::Approve, no("mine")] {
        assert_eq!(refused(&statement, &author.vote(&statement, 1, word), &keys), BadVote::Author);
    }
    let stranger = Person::new(9);
    assert_eq!(refused(&statement, &stranger.vote(&statement, 1, Word::Approve), &keys), BadVote::NotAVoter);
}

#[test]
fn a_vote_after_expiry_expires_the_change() {
    let ada = Person::new(1);
    let keys = keyring([&ada]);
    let statement = statement(1);
    let vote = ada.vote(&statement, 1, Word::Approve);
    assert!(matches!(Awaiting::open(statement.clone()).vote(&vote, &keys, at(899)), Ok(Change::Approved(_))));
    assert!(matches!(Awaiting::open(statement.clone()).vote(&vote, &keys, at(900)), Ok(Change::Expired(_))));
    let Ok(Change::Approved(approved)) = Awaiting::open(statement).vote(&vote, &keys, at(899)) else { panic!("approved") };
    assert!(matches!(approved.warrant(&keys, at(900)), Err(Change::Expired(_))), "what was approved is over too");
}

#[test]
fn a_vote_that_was_taken_back_is_not_given_again_by_whoever_kept_it() {
    let (ada, ben) = (Person::new(1), Person::new(2));
    let keys = keyring([&ada, &ben]);
    let statement = statement(1);
    let yes = ada.vote(&statement, 1, Word::Approve);
    let Ok(Change::Approved(approved)) = Awaiting::open(statement.clone()).vote(&yes, &keys, at(1)) else { panic!("approved") };
    let awaiting = match approved.vote(&ada.ssh_vote(&statement, 2, Word::Withdraw), &keys, at(2)) {
        Ok(Change::Awaiting(awaiting)) => awaiting,
        other => panic!("{other:?}"),
    };
    let (awaiting, bad) = awaiting.vote(&yes, &keys, at(3)).unwrap_err();
    assert_eq!(bad, BadVote::OldRound);
    let (awaiting, bad) = awaiting.vote(&ada.vote(&statement, 3, Word::Withdraw), &keys, at(3)).unwrap_err();
    assert_eq!(bad, BadVote::NothingToWithdraw);
    assert!(matches!(awaiting.vote(&ada.vote(&statement, 3, Word::Approve), &keys, at(4)), Ok(Change::Approved(_))));
}

#[test]
fn one_no_ends_it_with_a_reason() {
    let (ada, ben) = (Person::new(1), Person::new(2));
    let keys = keyring([&ada, &ben]);
    let statement = statement(1);
    let Ok(Change::Approved(approved)) = Awaiting::open(statement.clone()).vote(&ada.vote(&statement, 1, Word::Approve), &keys, at(1))
    else {
        panic!("approved")
    };
    let Ok(Change::Rejected(rejected)) = approved.vote(&ben.vote(&statement, 1, no("the cache is cold")), &keys, at(2)) else {
        panic!("rejected")
    };
    assert_eq!((rejected.by(), rejected.reason()), (ben.account, "the cache is cold"));
    for reason in [String::new(), "a".repeat(4_001)] {
        assert_eq!(refused(&statement, &ben.vote(&statement, 1, Word::Reject { reason }), &keys), BadVote::BadReason);
    }
    let mut other = ben.vote(&statement, 1, no("the cache is cold"));
    other.word = no("I was told to");
    assert!(matches!(refused(&statement, &other, &keys), BadVote::Passkey(Refused::WrongChallenge)), "the reason is signed");
}

#[test]
fn a_key_that_is_revoked_takes_its_votes_with_it() {
    let (ada, ben) = (Person::new(1), Person::new(2));
    let statement = statement(2);
    let before = keyring([&ada, &ben]);
    let awaiting = waiting(Awaiting::open(statement.clone()).vote(&ada.vote(&statement, 1, Word::Approve), &before, at(1)));
    let mut file = keyring_file([&ada, &ben]);
    file.approvers[0].keys[0].revoked_at = Some(at(10));
    let after = Keyring::new(&file).unwrap();
    let Ok(Change::Approved(approved)) = awaiting.vote(&ben.vote(&statement, 1, Word::Approve), &after, at(9)) else { panic!("approved") };
    let awaiting = match approved.warrant(&after, at(10)) {
        Err(Change::Awaiting(awaiting)) => awaiting,
        other => panic!("{other:?}"),
    };
    assert_eq!(awaiting.approvers().collect::<Vec<_>>(), [ben.account]);
    let (awaiting, bad) = awaiting.vote(&ada.vote(&statement, 2, Word::Approve), &after, at(11)).unwrap_err();
    assert_eq!(bad, BadVote::UnknownKey);
    assert!(
        matches!(awaiting.vote(&ada.ssh_vote(&statement, 2, Word::Approve), &after, at(12)), Ok(Change::Approved(_))),
        "another key of hers"
    );
}

#[test]
fn a_key_counts_from_its_first_instant_on() {
    let ada = Person::new(1);
    let mut file = keyring_file([&ada]);
    file.approvers[0].keys[0].valid_from = Some(at(5));
    let keys = Keyring::new(&file).unwrap();
    let statement = statement(1);
    let vote = ada.vote(&statement, 1, Word::Approve);
    assert_eq!(vote.check(&statement, &keys, at(4)).unwrap_err(), BadVote::UnknownKey);
    assert!(vote.check(&statement, &keys, at(5)).is_ok());
}

#[test]
fn a_key_of_a_file_is_not_enough_where_somebody_must_be_there() {
    let ada = Person::new(1);
    let keys = keyring([&ada]);
    for assurance in [Assurance::Touched, Assurance::Verified] {
        let statement = Statement::new(Draft { terms: Terms { quorum: 1, assurance }, ..draft(1) }).unwrap();
        assert_eq!(refused(&statement, &ada.ssh_vote(&statement, 1, Word::Approve), &keys), BadVote::NotSureEnough);
        assert!(ada.ssh_vote(&statement, 1, no("stop")).check(&statement, &keys, at(1)).is_ok(), "to stop it, it is");
        assert!(ada.vote(&statement, 1, Word::Approve).check(&statement, &keys, at(1)).is_ok());
    }
}

#[test]
fn a_signature_is_for_one_statement_one_voter_one_round_and_one_word() {
    let (ada, ben) = (Person::new(1), Person::new(2));
    let keys = keyring([&ada, &ben]);
    let statement = statement(1);
    for cast in [Person::vote, Person::ssh_vote] {
        let good = cast(&ada, &statement, 1, Word::Approve);
        assert!(good.check(&statement, &keys, at(1)).is_ok());
        let other_plan = Statement::new(Draft { plan: assent_base::Digest::of(b"another plan"), ..draft(1) }).unwrap();
        let fewer = Statement::new(Draft { terms: Terms { quorum: 2, ..draft(1).terms }, ..draft(1) }).unwrap();
        let longer = Statement::new(Draft { expires_at: at(901), ..draft(1) }).unwrap();
        let nobodys = Statement::new(Draft { authors: std::collections::BTreeSet::new(), ..draft(1) }).unwrap();
        for other in [&other_plan, &fewer, &longer, &nobodys] {
            assert!(good.check(other, &keys, at(1)).is_err());
        }
        for altered in [
            Vote { voter: ben.account, ..good.clone() },
            Vote { round: 2, ..good.clone() },
            Vote { word: Word::Withdraw, ..good.clone() },
            Vote { word: no("no"), ..good.clone() },
        ] {
            assert!(altered.check(&statement, &keys, at(1)).is_err());
        }
        for round in [0, 21] {
            assert_eq!(cast(&ada, &statement, round, Word::Approve).check(&statement, &keys, at(1)).unwrap_err(), BadVote::TooManyRounds);
        }
    }
}

#[test]
fn a_signature_for_another_purpose_is_no_vote() {
    let ada = Person::new(1);
    let keys = keyring([&ada]);
    let statement = statement(1);
    let ballot = Ballot { statement: &statement, voter: ada.account, round: 1, word: &Word::Approve }.to_string();
    let vote = |signature: Vec<u8>| Vote { voter: ada.account, round: 1, word: Word::Approve, proof: Proof::Ssh { signature } };
    assert!(vote(ada.sshsig(NAMESPACE, ballot.as_bytes())).check(&statement, &keys, at(1)).is_ok());
    let git = vote(ada.sshsig("git", ballot.as_bytes()));
    assert_eq!(git.check(&statement, &keys, at(1)).unwrap_err(), BadVote::Ssh(SshRefused::WrongNamespace));
    let bare = vote(ada.sshsig(NAMESPACE, statement.to_string().as_bytes()));
    assert_eq!(bare.check(&statement, &keys, at(1)).unwrap_err(), BadVote::Ssh(SshRefused::BadSignature), "a statement without a word");
}

#[test]
fn a_keyring_in_which_one_person_could_count_for_two_is_none() {
    let (ada, ben) = (Person::new(1), Person::new(2));
    let mut shared = keyring_file([&ada, &ben]);
    let hers = shared.approvers[0].keys[1].clone();
    shared.approvers[1].keys.push(hers);
    assert_eq!(Keyring::new(&shared).unwrap_err(), BadKeyring::SharedKey(ben.account));
    let mut twice = keyring_file([&ada]);
    twice.approvers.push(assent_approval::keyring::Approver { account: ada.account, keys: Vec::new() });
    assert_eq!(Keyring::new(&twice).unwrap_err(), BadKeyring::Twice(ada.account));
    let mut elsewhere = keyring_file([&ada]);
    elsewhere.origins = ["https://evil.example".to_owned()].into();
    assert!(matches!(Keyring::new(&elsewhere), Err(BadKeyring::BadParty(_))));
    let written = serde_json::to_string(&keyring_file([&ada, &ben])).unwrap();
    assert_eq!(Keyring::new(&serde_json::from_str(&written).unwrap()).unwrap(), keyring([&ada, &ben]));
    assert!(keyring([&ada]).lists(account(1)) && !keyring([&ada]).lists(account(2)));
}

#[test]
fn a_record_that_was_altered_is_no_state() {
    let (ada, ben) = (Person::new(1), Person::new(2));
    let keys = keyring([&ada, &ben]);
    let statement = statement(2);
    let votes = vec![ada.vote(&statement, 1, Word::Approve), ben.ssh_vote(&statement, 1, Word::Approve)];
    let good = Record { statement: statement.clone(), votes };
    let kept: Record = serde_json::from_str(&serde_json::to_string(&good).unwrap()).unwrap();
    assert!(matches!(Change::recall(&kept, &keys, at(1)), Ok(Change::Approved(_))));
    assert!(matches!(Change::recall(&kept, &keys, at(900)), Ok(Change::Expired(_))));
    let mut fewer = draft(1);
    fewer.expires_at = at(1_000);
    let lowered = Record { statement: Statement::new(fewer).unwrap(), ..good.clone() };
    assert!(matches!(Change::recall(&lowered, &keys, at(1)), Err(BadRecord::BadVote { .. })));
    let mut copied = good.clone();
    copied.votes[1] = Vote { voter: ben.account, ..good.votes[0].clone() };
    assert!(matches!(Change::recall(&copied, &keys, at(1)), Ok(Change::Awaiting(_))), "a key that is none of his counts for nothing");
    let mut twice = good.clone();
    twice.votes.push(good.votes[0].clone());
    assert!(matches!(Change::recall(&twice, &keys, at(1)), Err(BadRecord::BadVote { cause: BadVote::OldRound, .. })));
    let long = Record { votes: vec![good.votes[0].clone(); 1_001], ..good.clone() };
    assert_eq!(Change::recall(&long, &keys, at(1)).unwrap_err(), BadRecord::TooLong);
    let no = Record { votes: vec![ben.vote(&statement, 1, no("stop"))], ..good };
    assert!(matches!(Change::recall(&no, &keyring([&ada]), at(1)), Ok(Change::Rejected(_))), "who said no stays heard");
}

#[test]
fn a_list_of_signers_joins_a_keyring_whole_or_not_at_all() {
    let (ada, ben) = (Person::new(1), Person::new(2));
    let mut file = keyring_file([]);
    let (hers, his) = (ada.ssh_key(), ben.ssh_key());
    let text = format!(
        "ada@example.org,ada valid-before=\"20300101Z\" {hers}\nben namespaces=\"git\" {his}\nben namespaces=\"git,assent.ballot\" {his}\n"
    );
    let signers = AllowedSigners::parse(&text).unwrap();
    let mut names = BTreeMap::from([("ada@example.org".to_owned(), ada.account), ("ada".to_owned(), ada.account)]);
    assert_eq!(file.clone().add_signers(&signers, &names).unwrap_err(), BadKeyring::UnknownName("ben".to_owned()));
    names.insert("ben".to_owned(), ben.account);
    file.add_signers(&signers, &names).unwrap();
    let keys = Keyring::new(&file).unwrap();
    assert!(keys.has_ssh(ada.account, &hers, at(0)) && keys.has_ssh(ben.account, &his, at(0)));
    assert!(!keys.has_ssh(ada.account, &hers, "2030-01-01T00:00:00Z".parse().unwrap()), "no more");
    let shared = AllowedSigners::parse(&format!("ada,ben {hers}")).unwrap();
    let mut file = keyring_file([]);
    file.add_signers(&shared, &names).unwrap();
    assert!(matches!(Keyring::new(&file), Err(BadKeyring::SharedKey(_))), "one key of two people");
}

#[test]
fn a_ballot_is_text_that_one_can_read() {
    let statement = statement(2);
    let text = Ballot { statement: &statement, voter: account(1), round: 1, word: &Word::Approve }.to_string();
    let expected = format!("assent ballot 1\nword approve\nvoter {}\nround 1\n{statement}", account(1));
    assert_eq!(text, expected);
    let no = Ballot { statement: &statement, voter: account(1), round: 1, word: &no("x\nword approve") }.to_string();
    assert_eq!(no.matches("word approve").count(), 0, "a reason adds no line");
}

fn no(reason: &str) -> Word {
    Word::Reject { reason: reason.to_owned() }
}

fn waiting(change: Result<Change, (Awaiting, BadVote)>) -> Awaiting {
    match change {
        Ok(Change::Awaiting(awaiting)) => awaiting,
        other => panic!("{other:?}"),
    }
}

fn refused(statement: &Statement, vote: &Vote, keys: &Keyring) -> BadVote {
    Awaiting::open(statement.clone()).vote(vote, keys, at(1)).unwrap_err().1
}
