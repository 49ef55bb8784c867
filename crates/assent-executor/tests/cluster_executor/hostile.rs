//! A control plane that may send anything: nothing of it writes.
//!
//! 1,000 warrants in the suite; `ASSENT_HOSTILE_WARRANTS` asks for another number.

use std::collections::BTreeMap;

use assent_api::executor::{ToRun, Work};
use assent_api::plans::Outcome;
use assent_approval::ballot::{Ballot, Word};
use assent_approval::statement::{Assurance, Draft, Statement, Terms};
use assent_approval::vote::{Proof, Vote};
use assent_approval::warrant::Warrant;
use assent_approval::webauthn::Assertion;
use assent_base::id::{ClusterId, RANDOM_BYTES, TenantId};
use assent_base::{Digest, Timestamp, time};
use assent_plan::Plan;
use assent_plan::action::ActionKind;
use assent_plan::plan::Scope;
use serde_json::json;

use crate::plane::{Go, Moment};
use crate::plans::{self, bytes, cluster_id, draft, nonce, plan_id, rejection, signed, tenant};
use crate::signing::authenticator::Ask;
use crate::signing::voting::{DOMAIN, ORIGIN, Person, account};
use crate::world::{CLUSTER, World, set_level};

/// Warrants in the suite.
const WARRANTS: usize = 1_000;
/// Warrants of one answer: as many as the executor takes from one.
const BATCH: usize = 50;

/// A generator whose numbers are the same every time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

struct Attacker<'w> {
    world: &'w World,
    /// Somebody whose key is pinned nowhere.
    stranger: Person,
    /// Plans that people here could approve, for one object.
    plans: Vec<Plan>,
    /// One that does what the rules do not name.
    forbidden: Plan,
    /// One whose risk asks for two.
    risky: Plan,
    /// What was run already.
    used: ToRun,
    numbers: Numbers,
}

#[test]
#[ignore = "needs Go: run `cargo xtask test`"]
fn nothing_that_a_control_plane_can_make_up_writes() {
    let asked = std::env::var("ASSENT_HOSTILE_WARRANTS").ok().map_or(WARRANTS, |text| text.parse().unwrap());
    let world = World::stopped("hostile", |file| {
        file.rules.actions.remove(&ActionKind::CustomPatch);
        file.approvers[2].keys.iter_mut().for_each(|held| held.revoked_at = Some(Timestamp::UNIX_EPOCH));
    });
    world.executor.start();
    let used = world.signed(&world.set_level(&world.settings("used"), "debug"));
    world.plane.run(used.clone());
    assert_eq!(world.plane.end(used.plan, 1).0, Outcome::Verified);
    world.plane.keep(|kept| kept.work = Work::default());
    assert_eq!(CLUSTER.writes_of(&world.account_name()).len(), 1, "the one that people signed");
    let live = world.settings("target");
    let mut numbers = Numbers(7);
    let plans = ["warn", "error", "trace"].map(|level| plans::plan(&world.uid, &live, &set_level(level))).into();
    let custom = plans::Change::new(
        json!({"custom_patch": {"edits": [{"path": "/data/level", "value": "warn"}]}}),
        vec![assent_plan::patch::Edit::set("/data/level", "warn")],
    );
    let mut risky = plans::plan(&world.uid, &live, &set_level("risky"));
    risky.risk = assent_plan::catalogue::Risk::High;
    let _ = numbers.below(2);
    let mut attacker = Attacker {
        world: &world,
        stranger: Person::new(9),
        plans,
        forbidden: plans::plan(&world.uid, &live, &custom),
        risky,
        used,
        numbers,
    };
    let mut refused: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut sent = 0;
    while sent < asked {
        let mut work = Work::default();
        for _ in 0..BATCH.min(asked - sent) {
            let (name, offer) = attacker.forged();
            *refused.entry(name).or_default() += 1;
            work.run.push(offer);
        }
        let ids: Vec<_> = work.run.iter().map(|offer| offer.plan).collect();
        sent += ids.len();
        world.plane.keep(|kept| kept.answers.push(answer(200, &serde_json::to_vec(&work).unwrap())));
        let ends = world.plane.until(|kept| ids.iter().map(|id| kept.told.get(id).cloned()).collect::<Option<Vec<_>>>());
        for steps in ends {
            assert!(steps.len() == 1 && crate::plane::word(&steps[0].step) == "ended", "{steps:?}");
        }
        world.plane.keep(|kept| kept.told.clear());
    }
    // What is no answer at all, beside one that holds nothing, so that each is seen to have been taken.
    let odd = no_answers(&attacker);
    let count = odd.len();
    for bytes in odd {
        let before = world.plane.keep(|kept| {
            kept.answers.push(bytes);
            kept.asked
        });
        world.plane.until(|kept| (kept.answers.is_empty() && kept.asked > before + 1).then_some(()));
    }
    // One that never comes to its end is given up.
    let mut held = false;
    world.plane.hook(Some(Box::new(move |label, moment| {
        let holds = !held && (label, moment) == ("work", Moment::Before);
        held |= holds;
        if holds { Go::Hold } else { Go::On }
    })));
    let before = world.plane.keep(|kept| kept.asked);
    world.plane.until(|kept| (kept.asked > before + 2).then_some(()));
    world.plane.hook(None);
    assert_eq!(world.level("target"), "info");
    assert_eq!(CLUSTER.writes_of(&world.account_name()).len(), 1, "0 writes beyond the one that people signed");
    println!("{sent} warrants and {count} answers of other kinds, 0 writes: {refused:?}");
    // It is alive and does what is signed.
    let good = world.signed(&attacker.plans[0]);
    world.plane.run(good.clone());
    let (outcome, detail) = world.plane.end(good.plan, 1);
    assert_eq!(outcome, Outcome::Verified, "{detail}");
    assert_eq!(CLUSTER.writes_of(&world.account_name()).len(), 2);
}

fn answer(status: u16, body: &[u8]) -> Vec<u8> {
    let head =
        format!("HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

type Forged = (&'static str, ToRun);

impl Attacker<'_> {
    fn draft(&self, plan: &Plan) -> Draft {
        draft(plan, &self.world.pinned, &self.world.uid)
    }

    fn offer(&self, plan: &Plan, draft: Draft, people: &[&Person]) -> ToRun {
        signed(plan, &Statement::new(draft).unwrap(), people)
    }

    /// A warrant that must not hold, of a kind by chance.
    fn forged(&mut self) -> Forged {
        let plan = self.plans[self.numbers.below(self.plans.len())].clone();
        let (ada, ben, chris) = (&self.world.people[0], &self.world.people[1], &self.world.people[2]);
        let good = self.draft(&plan);
        let other = Digest::of(&self.numbers.0.to_be_bytes());
        let past = |seconds| time::earlier(good.issued_at, seconds).unwrap();
        match self.numbers.below(24) {
            0 => ("nobody voted", self.offer(&plan, good, &[])),
            1 => ("a stranger voted", self.offer(&plan, good, &[&self.stranger])),
            2 => ("a stranger voted in another's name", self.claimed(&plan, good, ada.account)),
            3 => (
                "made for another tenant",
                self.offer(&plan, Draft { tenant: TenantId::new(good.issued_at, [7; RANDOM_BYTES]), ..good }, &[ada]),
            ),
            4 => (
                "made for another cluster",
                self.offer(&plan, Draft { cluster: ClusterId::new(good.issued_at, [7; RANDOM_BYTES]), ..good }, &[ada]),
            ),
            5 => (
                "made for a cluster of the same name",
                self.offer(&plan, Draft { cluster_uid: "another-uid".parse().unwrap(), ..good }, &[ada]),
            ),
            6 => ("made for another plan", self.offer(&plan, Draft { plan: other, ..good }, &[ada])),
            7 => ("made under another policy", self.offer(&plan, Draft { policy: other, ..good }, &[ada])),
            8 => ("expired", self.offer(&plan, Draft { issued_at: past(600), expires_at: past(1), ..good }, &[ada])),
            9 => ("from the future", self.offer(&plan, Draft { issued_at: past(-300), expires_at: past(-600), ..good }, &[ada])),
            10 => ("it asks for fewer than the rules", {
                let risky = self.risky.clone();
                let terms = Terms { quorum: 1, assurance: Assurance::Held };
                let draft = Draft { terms, ..self.draft(&risky) };
                self.offer(&risky, draft, &[ada])
            }),
            11 => ("fewer than it asks for", {
                let risky = self.risky.clone();
                let draft = self.draft(&risky);
                self.offer(&risky, draft, &[ben])
            }),
            12 => ("an action that the rules do not name", {
                let terms = Terms { quorum: 2, assurance: Assurance::Held };
                let draft = Draft { plan: *self.forbidden.digest().unwrap().digest(), terms, ..good };
                self.offer(&self.forbidden, draft, &[ada, ben])
            }),
            13 => ("a key that was revoked", self.offer(&plan, good, &[chris])),
            14 => ("its author voted", self.offer(&plan, Draft { authors: [ada.account].into(), ..good }, &[ada])),
            15 => ("somebody voted twice", {
                let risky = self.risky.clone();
                let draft = self.draft(&risky);
                self.offer(&risky, draft, &[ada, ada])
            }),
            16 => ("a passkey of another site", self.asserted(&plan, good, "https://assent.example.evil.example", DOMAIN)),
            17 => ("a passkey of another relying party", self.asserted(&plan, good, ORIGIN, "evil.example")),
            18 => ("a no taken for a yes", self.reworded(&plan, good)),
            19 => ("used before", ToRun { plan: plan_id(), ..self.used.clone() }),
            20 => ("a signature for something else", self.for_something_else(&plan, good)),
            21 => ("the plan was altered", self.altered_plan(&plan, good)),
            22 => ("the warrant was altered", self.altered_warrant(&plan, good)),
            _ => ("a field was altered after it was signed", self.altered_field(&plan, good)),
        }
    }

    fn claimed(&self, plan: &Plan, draft: Draft, voter: assent_base::id::AccountId) -> ToRun {
        let mut offer = self.offer(plan, draft, &[&self.stranger]);
        let mut warrant: Warrant = serde_json::from_str(&offer.warrant).unwrap();
        let text = Ballot { statement: &warrant.statement, voter, round: 1, word: &Word::Approve }.to_string();
        let signature = self.stranger.sshsig(assent_approval::ballot::NAMESPACE, text.as_bytes());
        warrant.votes = vec![Vote { voter, round: 1, word: Word::Approve, proof: Proof::Ssh { signature } }];
        offer.warrant = serde_json::to_string(&warrant).unwrap();
        offer
    }

    fn asserted(&self, plan: &Plan, draft: Draft, origin: &str, party: &str) -> ToRun {
        let (ada, statement) = (&self.world.people[0], Statement::new(draft).unwrap());
        let challenge = Ballot { statement: &statement, voter: ada.account, round: 1, word: &Word::Approve }.challenge();
        let signed = ada.authenticator.sign(&Ask::get(origin, party, challenge.as_bytes()));
        let assertion =
            Assertion { client_data: signed.client_data, authenticator_data: signed.authenticator_data, signature: signed.signature };
        let proof = Proof::Passkey { credential: ada.credential.id.clone(), assertion };
        let warrant = Warrant { statement, votes: vec![Vote { voter: ada.account, round: 1, word: Word::Approve, proof }] };
        ToRun { plan: plan_id(), bytes: bytes(plan), warrant: serde_json::to_string(&warrant).unwrap() }
    }

    fn reworded(&self, plan: &Plan, draft: Draft) -> ToRun {
        let statement = Statement::new(draft).unwrap();
        let mut vote = self.world.people[0].ssh_vote(&statement, 1, Word::Reject { reason: "no".to_owned() });
        vote.word = Word::Approve;
        let warrant = Warrant { statement, votes: vec![vote] };
        ToRun { plan: plan_id(), bytes: bytes(plan), warrant: serde_json::to_string(&warrant).unwrap() }
    }

    fn for_something_else(&self, plan: &Plan, draft: Draft) -> ToRun {
        let (ada, statement) = (&self.world.people[0], Statement::new(draft).unwrap());
        let text = Ballot { statement: &statement, voter: ada.account, round: 1, word: &Word::Approve }.to_string();
        let proof = Proof::Ssh { signature: ada.sshsig("git", text.as_bytes()) };
        let warrant = Warrant { statement, votes: vec![Vote { voter: ada.account, round: 1, word: Word::Approve, proof }] };
        ToRun { plan: plan_id(), bytes: bytes(plan), warrant: serde_json::to_string(&warrant).unwrap() }
    }

    /// The warrant of one plan with the bytes of another, or with bytes that nobody drew.
    fn altered_plan(&mut self, plan: &Plan, draft: Draft) -> ToRun {
        let offer = self.offer(plan, draft, &[&self.world.people[0]]);
        let mut altered = plan.clone();
        let bytes = match self.numbers.below(5) {
            0 => offer.bytes.replace("\"warn\"", "\"evil\"").replace("\"error\"", "\"evil\"").replace("\"trace\"", "\"evil\""),
            1 => format!("{} ", offer.bytes),
            2 => offer.bytes.chars().take(self.numbers.below(offer.bytes.len())).collect(),
            3 => {
                altered.scope = Scope::Cluster { tenant: tenant(), cluster: cluster_id(), cluster_uid: "another-uid".to_owned() };
                bytes(&altered)
            }
            _ => {
                altered.target.object.name = "used".to_owned();
                bytes(&altered)
            }
        };
        ToRun { bytes, ..offer }
    }

    fn altered_warrant(&mut self, plan: &Plan, draft: Draft) -> ToRun {
        let offer = self.offer(plan, draft, &[&self.world.people[0]]);
        let mut text = offer.warrant.clone().into_bytes();
        match self.numbers.below(4) {
            0 => text.truncate(self.numbers.below(text.len())),
            1 => text.splice(..1, b"{\"force\":true,".iter().copied()).for_each(drop),
            2 => text = vec![b'['; 100_000],
            _ => {
                // A letter or digit becomes another: no spelling of JSON says the same with it.
                let places: Vec<usize> = (0..text.len()).filter(|place| text[*place].is_ascii_alphanumeric()).collect();
                let place = places[self.numbers.below(places.len())];
                let other = b"abcdefghijklmnopqrstuvwxyz0123456789"[self.numbers.below(36)];
                text[place] = if text[place] == other { b'Z' } else { other };
            }
        }
        ToRun { warrant: String::from_utf8(text).unwrap(), ..offer }
    }

    /// Signed for one statement, presented with another.
    fn altered_field(&mut self, plan: &Plan, draft: Draft) -> ToRun {
        let (ada, honest) = (&self.world.people[0], Statement::new(draft.clone()).unwrap());
        let later = time::earlier(draft.expires_at, -60).unwrap();
        let other = match self.numbers.below(5) {
            0 => Draft { expires_at: later, ..draft },
            1 => Draft { nonce: nonce(), ..draft },
            2 => Draft { evidence: Digest::of(b"other"), ..draft },
            3 => Draft { authors: [account(40)].into(), ..draft },
            _ => Draft { terms: Terms { quorum: 1, assurance: Assurance::Touched }, ..draft },
        };
        let vote = ada.ssh_vote(&honest, 1, Word::Approve);
        let warrant = Warrant { statement: Statement::new(other).unwrap(), votes: vec![vote] };
        ToRun { plan: plan_id(), bytes: bytes(plan), warrant: serde_json::to_string(&warrant).unwrap() }
    }
}

/// What a control plane may answer to a request for work that is no work.
fn no_answers(attacker: &Attacker<'_>) -> Vec<Vec<u8>> {
    let empty = b"{}".as_slice();
    let whole = answer(200, &serde_json::to_vec(&Work { run: vec![attacker.used.clone()], ..Work::default() }).unwrap());
    let giant =
        [b"HTTP/1.1 200 x\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n\"".to_vec(), vec![b'x'; 20 << 20]].concat();
    let redirect = b"HTTP/1.1 307 x\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_vec();
    let unknown_vote = Work { stop: vec![rejection(&attacker.used, &attacker.stranger)], ..Work::default() };
    vec![
        answer(200, b""),
        answer(200, b"null"),
        answer(200, br#"{"run":[{"plan":"pln_x","bytes":"","warrant":""}]}"#),
        answer(200, br#"{"runs":[]}"#),
        answer(200, br#"{"run":[],"force":true}"#),
        answer(200, &[0xff; 64]),
        answer(204, empty),
        answer(500, empty),
        answer(401, empty),
        whole[..whole.len() / 2].to_vec(),
        whole[..20].to_vec(),
        b"SSH-2.0-x\r\n".to_vec(),
        giant,
        redirect,
        answer(200, &serde_json::to_vec(&unknown_vote).unwrap()),
        answer(200, &vec![b'['; 1 << 20]),
    ]
}
