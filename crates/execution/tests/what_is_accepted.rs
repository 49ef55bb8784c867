//! What an executor takes on, by what is pinned in its cluster and by nothing else.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "this is a test, helpers included")]

#[path = "../../approval/tests/support/mod.rs"]
mod signing;
mod support;

use std::collections::BTreeSet;

use assent_api::executor::ToRun;
use assent_approval::ballot::Word;
use assent_approval::statement::{Assurance, ClusterUid, Draft, Nonce, Statement, Terms};
use assent_approval::vote::BadVote;
use assent_approval::warrant::{Warrant, WarrantRefused};
use assent_base::Timestamp;
use assent_base::id::{PlanId, RANDOM_BYTES};
use assent_execution::order::{Known, Order, Refusal};
use assent_execution::pinned::PINNED_VERSION;
use assent_execution::{AutoApprove, Impersonated, NotAllowed, Pinned, PinnedApprover, PinnedFile, RiskTerms, Rules};
use assent_plan::Plan;
use assent_plan::action::ActionKind;
use assent_plan::catalogue::Risk;
use signing::voting::{DOMAIN, ORIGIN, Person, held};
use support::{at, cluster, deployment, plan, tenant};

/// People, what is pinned of them, and what the executor knows besides.
struct Executor {
    people: [Person; 3],
    file: PinnedFile,
    uid: ClusterUid,
    used: BTreeSet<Nonce>,
    opened_by_rule: Vec<usize>,
}

impl Executor {
    fn new() -> Self {
        let people = [Person::new(1), Person::new(2), Person::new(3)];
        let terms = |quorum| Terms { quorum, assurance: Assurance::Held };
        let approver = |person: &Person, user: &str| PinnedApprover {
            account: person.account,
            name: user.to_owned(),
            user: user.to_owned(),
            groups: BTreeSet::new(),
            keys: person.keys().map(held).into(),
        };
        let file = PinnedFile {
            version: PINNED_VERSION,
            tenant: tenant(),
            cluster: cluster(),
            domain: DOMAIN.to_owned(),
            origins: [ORIGIN.to_owned()].into(),
            approvers: people.iter().zip(["ada", "ben", "chris"]).map(|(person, user)| approver(person, user)).collect(),
            rules: Rules {
                actions: [ActionKind::Scale, ActionKind::Restart].into(),
                namespaces: ["shop".parse().unwrap()].into(),
                cluster_scoped: false,
                terms: RiskTerms { low: terms(1), medium: terms(1), high: terms(2), exceptional: terms(3) },
                auto_approve: Vec::new(),
                rehearse_as: None,
                verify_s: 30,
                undo_s: 600,
            },
        };
        Self { people, file, uid: "c-1".parse().unwrap(), used: BTreeSet::new(), opened_by_rule: Vec::new() }
    }

    fn pinned(&self) -> Pinned {
        Pinned::new(self.file.clone()).unwrap()
    }

    fn draft(&self, plan: &Plan, quorum: u8) -> Draft {
        Draft {
            tenant: tenant(),
            cluster: cluster(),
            cluster_uid: self.uid.clone(),
            plan: *plan.digest().unwrap().digest(),
            policy: *self.pinned().policy_digest(),
            evidence: plan.grounds.digest,
            authors: BTreeSet::new(),
            terms: Terms { quorum, assurance: Assurance::Held },
            issued_at: at(0),
            expires_at: at(900),
            nonce: Nonce::new([7; 16]),
        }
    }

    /// An offer that the first so many have signed.
    fn offer(&self, plan: &Plan, draft: Draft, signers: usize) -> ToRun {
        let statement = Statement::new(draft).unwrap();
        let votes = self.people.iter().take(signers).map(|person| person.ssh_vote(&statement, 1, Word::Approve)).collect();
        let warrant = serde_json::to_string(&Warrant { statement, votes }).unwrap();
        let bytes = String::from_utf8(plan.canonical().unwrap()).unwrap();
        ToRun { plan: PlanId::new(at(0), [3; RANDOM_BYTES]), bytes, warrant }
    }

    fn accept_at(&self, offer: &ToRun, now: Timestamp) -> Result<Order, Refusal> {
        let pinned = self.pinned();
        let known = Known { pinned: &pinned, cluster_uid: &self.uid, used: &self.used, opened_by_rule: &self.opened_by_rule };
        Order::accept(offer, &known, now)
    }

    /// What becomes of this plan when so many have signed what the executor itself would ask for.
    fn accept(&self, plan: &Plan, quorum: u8) -> Result<Order, Refusal> {
        self.accept_at(&self.offer(plan, self.draft(plan, quorum), usize::from(quorum)), at(5))
    }
}

#[test]
fn what_enough_people_signed_is_accepted_as_them_and_in_the_order_of_their_ids() {
    let executor = Executor::new();
    let mut plan = plan(&deployment());
    let order = executor.accept(&plan, 1).unwrap();
    assert_eq!(order.accepted().users.iter().map(|own| own.user.as_str()).collect::<Vec<_>>(), ["ada"]);
    assert_eq!((order.accepted().verify_s, order.accepted().undo_s), (30, 600));
    assert_eq!(Order::recall(order.accepted().clone()).unwrap(), order);
    plan.risk = Risk::High;
    assert!(matches!(executor.accept(&plan, 1), Err(Refusal::Warrant(WarrantRefused::TooLittleAsked))), "the plan's own risk counts");
    let order = executor.accept(&plan, 2).unwrap();
    assert_eq!(order.accepted().users.iter().map(|own| own.user.as_str()).collect::<Vec<_>>(), ["ada", "ben"]);
}

#[test]
fn what_the_rules_do_not_name_is_refused_whoever_signed_it() {
    let mut executor = Executor::new();
    let own = plan(&deployment());
    let mut elsewhere = own.clone();
    elsewhere.target.object.namespace = Some("billing".to_owned());
    assert_eq!(executor.accept(&elsewhere, 3), Err(Refusal::Rules(NotAllowed::Namespace("billing".to_owned()))));
    executor.file.rules.actions.remove(&ActionKind::Scale);
    assert_eq!(executor.accept(&own, 3), Err(Refusal::Rules(NotAllowed::Action(ActionKind::Scale))));
}

#[test]
fn a_plan_for_another_cluster_or_one_that_is_over_is_refused() {
    let mut executor = Executor::new();
    let plan = plan(&deployment());
    let late = |seconds: i64| {
        let draft = Draft { issued_at: at(seconds - 1), expires_at: at(seconds + 600), ..executor.draft(&plan, 1) };
        executor.accept_at(&executor.offer(&plan, draft, 1), at(seconds))
    };
    assert!(late(3_599).is_ok());
    assert_eq!(late(3_600), Err(Refusal::Over), "the statement stands, and the plan does not");
    executor.uid = "c-2".parse().unwrap();
    assert_eq!(executor.accept(&plan, 1), Err(Refusal::Elsewhere));
}

#[test]
fn a_used_statement_opens_nothing_a_second_time() {
    let mut executor = Executor::new();
    let plan = plan(&deployment());
    let order = executor.accept(&plan, 1).unwrap();
    executor.used.insert(order.nonce());
    assert_eq!(executor.accept(&plan, 1), Err(Refusal::Warrant(WarrantRefused::Used)));
}

#[test]
fn just_before_the_write_keys_rules_and_users_are_asked_again() {
    let mut executor = Executor::new();
    let order = executor.accept(&plan(&deployment()), 1).unwrap();
    let holds = |executor: &Executor, now| order.still_holds(&executor.pinned(), &executor.uid, now);
    assert_eq!(holds(&executor, at(6)), Ok(()));
    assert_eq!(holds(&executor, at(900)), Err(Refusal::Warrant(WarrantRefused::Expired)));
    executor.file.approvers[0].user = "ada2".to_owned();
    assert_eq!(holds(&executor, at(6)), Err(Refusal::Elsewhere), "signed by Ada as somebody else");
    executor.file.approvers[0].user = "ada".to_owned();
    executor.file.rules.undo_s = 0;
    assert_eq!(holds(&executor, at(6)), Err(Refusal::Warrant(WarrantRefused::WrongPolicy)), "under other rules");
    executor.file.rules.undo_s = 600;
    executor.file.approvers[0].keys.iter_mut().for_each(|held| held.revoked_at = Some(at(6)));
    assert_eq!(holds(&executor, at(5)), Ok(()));
    assert!(matches!(holds(&executor, at(6)), Err(Refusal::Warrant(WarrantRefused::BadVote { cause: BadVote::UnknownKey, .. }))));
}

#[test]
fn a_rejection_stops_exactly_what_it_was_signed_for() {
    let executor = Executor::new();
    let plan = plan(&deployment());
    let order = executor.accept(&plan, 1).unwrap();
    let other = Statement::new(Draft { nonce: Nonce::new([8; 16]), ..executor.draft(&plan, 1) }).unwrap();
    let no = || Word::Reject { reason: "not today".to_owned() };
    let stopped = |vote| order.stopped_by(&vote, &executor.pinned(), at(2_000));
    assert_eq!(stopped(executor.people[2].ssh_vote(order.statement(), 1, no())), Ok("not today".to_owned()), "though its time is over");
    assert!(stopped(executor.people[2].ssh_vote(&other, 1, no())).is_err());
    assert!(stopped(executor.people[2].ssh_vote(order.statement(), 1, Word::Withdraw)).is_err());
    assert!(stopped(executor.people[0].ssh_vote(order.statement(), 1, Word::Approve)).is_err());
    assert_eq!(stopped(Person::new(9).ssh_vote(order.statement(), 1, no())), Err(BadVote::NotAVoter));
}

#[test]
fn only_a_pinned_rule_asks_for_no_votes_and_its_hour_has_an_end() {
    let mut executor = Executor::new();
    let plan = plan(&deployment());
    let unsigned = |executor: &Executor, plan: &Plan| executor.accept_at(&executor.offer(plan, executor.draft(plan, 1), 0), at(5));
    assert!(matches!(unsigned(&executor, &plan), Err(Refusal::Warrant(WarrantRefused::NoQuorum { have: 0, need: 1 }))));
    let run_as = Impersonated { user: "lab".to_owned(), groups: BTreeSet::new() };
    let rule = AutoApprove { action: ActionKind::Scale, namespaces: ["shop".parse().unwrap()].into(), per_hour_max: 2, run_as };
    executor.file.rules.auto_approve.push(rule);
    let order = unsigned(&executor, &plan).unwrap();
    assert_eq!((order.accepted().rule, order.accepted().users[0].user.as_str()), (Some(0), "lab"));
    executor.opened_by_rule = vec![0, 0];
    assert_eq!(unsigned(&executor, &plan), Err(Refusal::Often(2)));
    assert!(executor.accept(&plan, 1).is_ok(), "people can still say yes");
    executor.opened_by_rule.clear();
    let risky = Plan { risk: Risk::High, ..plan.clone() };
    let draft = executor.draft(&risky, 2);
    assert!(matches!(executor.accept_at(&executor.offer(&risky, draft, 0), at(5)), Err(Refusal::Warrant(WarrantRefused::NoQuorum { .. }))));
    executor.file.rules.auto_approve[0].namespaces = ["lab-*".parse().unwrap()].into();
    assert!(matches!(unsigned(&executor, &plan), Err(Refusal::Warrant(WarrantRefused::NoQuorum { .. }))));
}
