//! The life of incidents: random reports, clocks and people's acts move the book and a small model of it, compared after every move.

#![expect(clippy::unwrap_used, reason = "a test that cannot make its input has failed")]

use std::collections::{BTreeMap, BTreeSet};

use assent_base::Timestamp;
use assent_base::id::{AccountId, ClusterId};
use assent_diagnosis::Report;
use assent_diagnosis::report::{EntityName, FindingReport, InputSummary, MissingEvidence, RootCause, Verdict};
use assent_incidents::book::{
    FLAP_HOLD_S, REOPEN_WITHIN_S, RESOLVE_AFTER_S, Tell, UNEXPLAINED_PATIENCE_S, WORSE_AFFECTED_MIN, fingerprint, narrow,
};
use assent_incidents::record::{Severity, Standing};
use assent_incidents::{Act, BadAct, Book, Examined, Incident, Slice, State, Step};
use proptest::prelude::*;

/// What a report of one slice says: causes on Deployments, each with so many ill objects; and Deployments that are ill for no known cause.
#[derive(Debug, Clone, Default)]
struct Says {
    causes: BTreeMap<(&'static str, &'static str), (usize, bool)>,
    unexplained: BTreeSet<&'static str>,
}

fn entity(name: &str) -> EntityName {
    EntityName { kind: "Deployment".to_owned(), namespace: Some("shop".to_owned()), name: name.to_owned() }
}

fn finding(id: usize, name: &str, broken: bool, explained: bool) -> FindingReport {
    FindingReport {
        id: format!("F{id}"),
        symptom: "container.crash".to_owned(),
        severity: if broken { "broken" } else { "degraded" }.to_owned(),
        entity: entity(name),
        container: None,
        statement: format!("`{name}` crashes."),
        since: None,
        evidence: Vec::new(),
        explained,
    }
}

fn report(says: &Says) -> Report {
    let (mut findings, mut root_causes) = (Vec::new(), Vec::new());
    for ((cause, on), (affected, broken)) in &says.causes {
        let mut explains = Vec::new();
        for n in 0..*affected {
            let name = if n == 0 { (*on).to_owned() } else { format!("{on}-user-{n}") };
            let own = finding(findings.len() + 1, &name, *broken, true);
            explains.push(own.id.clone());
            findings.push(own);
        }
        root_causes.push(RootCause {
            cause: (*cause).to_owned(),
            title: "A cause".to_owned(),
            entity: entity(on),
            confidence: 0.9,
            statement: "It is so.".to_owned(),
            evidence: Vec::new(),
            chain: Vec::new(),
            ruled_out: Vec::new(),
            next_steps: Vec::new(),
            explains,
        });
    }
    for on in &says.unexplained {
        findings.push(finding(findings.len() + 1, on, false, false));
    }
    let verdict = match (root_causes.is_empty(), findings.is_empty()) {
        (false, _) => Verdict::RootCause,
        (true, true) => Verdict::Healthy,
        (true, false) => Verdict::Inconclusive,
    };
    Report {
        version: 1,
        verdict,
        summary: String::new(),
        root_causes,
        not_proven: Vec::new(),
        missing_evidence: Vec::new(),
        findings,
        input: InputSummary { sources: 0, objects: BTreeMap::new(), logs: 0, unexamined: 0, as_of: None, unread: Vec::new() },
    }
}

fn cluster() -> ClusterId {
    ClusterId::new(Timestamp::UNIX_EPOCH, [1; 10])
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + seconds).unwrap()
}

fn fold(book: &mut Book, slice: &str, says: &Says, seconds: i64) -> Vec<Step> {
    book.fold(&Examined::of_report(Slice::namespace(slice), at(seconds), report(says)), at(seconds))
}

fn one(cause: &'static str, on: &'static str, affected: usize, broken: bool) -> Says {
    Says { causes: BTreeMap::from([((cause, on), (affected, broken))]), ..Says::default() }
}

fn only(book: &Book) -> &Incident {
    let mut all = book.incidents();
    let first = all.next().unwrap();
    assert!(all.next().is_none(), "{:#?}", book.incidents().map(|own| (&own.title, &own.standing)).collect::<Vec<_>>());
    first
}

fn told(steps: &[Step]) -> Vec<Tell> {
    steps.iter().filter_map(|step| if let Step::Notify { why, .. } = step { Some(*why) } else { None }).collect()
}

const OOM: &str = "memory.container_limit_oom";
const IMAGE: &str = "image.not_found";

#[test]
fn an_incident_opens_is_explained_and_resolves_after_its_time() {
    let mut book = Book::new(cluster());
    let steps = fold(&mut book, "shop", &one(OOM, "web", 1, true), 0);
    let id = only(&book).id;
    assert_eq!(steps, [Step::Opened(id), Step::Explained(id), Step::Notify { id, why: Tell::Opened }]);
    assert_eq!(only(&book).state(at(0)), State::Explained);
    assert_eq!(fold(&mut book, "shop", &one(OOM, "web", 1, true), 5), [], "the same again is no change");
    fold(&mut book, "shop", &Says::default(), 10);
    assert_eq!(book.tick(at(10 + RESOLVE_AFTER_S - 1)), []);
    assert_eq!(book.next_due(), Some(at(10 + RESOLVE_AFTER_S)));
    assert_eq!(told(&book.tick(at(10 + RESOLVE_AFTER_S))), [Tell::Resolved]);
    assert_eq!(only(&book).closed_at(), Some(at(10 + RESOLVE_AFTER_S)));
}

#[test]
fn what_two_slices_see_is_one_incident_and_ends_when_neither_does() {
    let mut book = Book::new(cluster());
    fold(&mut book, "shop", &one(OOM, "web", 1, false), 0);
    fold(&mut book, "bank", &one(OOM, "web", 3, false), 1);
    assert_eq!((only(&book).affected_count(), only(&book).sightings.len()), (3, 2));
    fold(&mut book, "shop", &Says::default(), 2);
    book.tick(at(10_000));
    assert!(only(&book).is_live());
    fold(&mut book, "bank", &Says::default(), 10_001);
    book.tick(at(10_001 + RESOLVE_AFTER_S));
    assert!(!only(&book).is_live());
}

#[test]
fn what_flaps_is_reopened_counted_and_held() {
    let mut book = Book::new(cluster());
    let (mut now, mut heard) = (0, Vec::new());
    for _ in 0..5 {
        heard.push(told(&fold(&mut book, "shop", &one(OOM, "web", 1, true), now)));
        fold(&mut book, "shop", &Says::default(), now + 10);
        heard.push(told(&book.tick(at(now + 10 + RESOLVE_AFTER_S))));
        now += 10 + RESOLVE_AFTER_S + 20;
    }
    assert_eq!(only(&book).flaps, 4);
    let heard: Vec<Tell> = heard.into_iter().flatten().collect();
    assert_eq!(heard, [Tell::Opened, Tell::Resolved, Tell::Reopened, Tell::Resolved], "from the second flap on nobody is told of each");
    fold(&mut book, "shop", &one(OOM, "web", 1, true), now);
    assert_eq!(told(&fold(&mut book, "shop", &one(OOM, "web", 1, true), now + FLAP_HOLD_S)), [Tell::StillThere]);
}

#[test]
fn no_flood_of_remarks_pushes_out_what_was_seen() {
    let mut book = Book::new(cluster());
    fold(&mut book, "shop", &one(OOM, "web", 1, true), 0);
    let before = only(&book).timeline.clone();
    let id = only(&book).id;
    for second in 1..1_000 {
        book.act(id, &Act::Comment, "account:ada", at(second)).unwrap();
    }
    let timeline = &only(&book).timeline;
    assert!(before.len() > 1 && before.iter().all(|entry| timeline.contains(entry)), "{timeline:#?}");
}

#[test]
fn what_comes_back_later_is_a_recurrence() {
    let mut book = Book::new(cluster());
    fold(&mut book, "shop", &one(OOM, "web", 1, true), 0);
    let first = only(&book).id;
    fold(&mut book, "shop", &Says::default(), 10);
    book.tick(at(10 + RESOLVE_AFTER_S));
    fold(&mut book, "shop", &one(OOM, "web", 1, true), 11 + RESOLVE_AFTER_S + REOPEN_WITHIN_S);
    let second = book.incidents().find(|own| own.is_live()).unwrap();
    assert_eq!((second.recurrences, second.similar.as_slice()), (1, [first].as_slice()));
    assert_eq!(second.fingerprint, fingerprint::of(Some(OOM), &entity("web")));
}

#[test]
fn symptoms_wait_and_then_become_the_incident_of_their_cause() {
    let mut book = Book::new(cluster());
    let ill = Says { unexplained: BTreeSet::from(["web"]), ..Says::default() };
    assert_eq!(fold(&mut book, "shop", &ill, 0), []);
    assert_eq!(book.waited_for(), [(Slice::namespace("shop"), at(UNEXPLAINED_PATIENCE_S))]);
    fold(&mut book, "shop", &ill, UNEXPLAINED_PATIENCE_S);
    assert_eq!(only(&book).state(at(UNEXPLAINED_PATIENCE_S)), State::Inconclusive);
    let id = only(&book).id;
    let steps = fold(&mut book, "shop", &one(OOM, "web", 1, true), 100);
    assert!(steps.contains(&Step::Explained(id)), "{steps:?}");
    assert_eq!(only(&book).fingerprint, fingerprint::of(Some(OOM), &entity("web")));
    fold(&mut book, "shop", &one(IMAGE, "web", 1, true), 200);
    assert_eq!(only(&book).cause.as_deref(), Some(IMAGE), "another explanation of the same is the same incident");
    fold(&mut book, "shop", &ill, 300);
    assert_eq!(only(&book).state(at(300)), State::Explained, "what was shown stays shown while the symptom stands");
}

#[test]
fn symptoms_that_go_by_themselves_open_nothing() {
    let mut book = Book::new(cluster());
    let ill = Says { unexplained: BTreeSet::from(["web"]), ..Says::default() };
    fold(&mut book, "shop", &ill, 0);
    fold(&mut book, "shop", &Says::default(), 30);
    fold(&mut book, "shop", &ill, 200);
    assert_eq!(book.incidents().count(), 0);
    assert_eq!(book.waited_for(), [(Slice::namespace("shop"), at(200 + UNEXPLAINED_PATIENCE_S))]);
}

#[test]
fn a_dismissed_incident_opens_again_only_when_it_worsens() {
    let dismissed = || {
        let mut book = Book::new(cluster());
        fold(&mut book, "shop", &one(OOM, "web", 2, false), 0);
        let id = only(&book).id;
        book.act(id, &Act::Dismiss { reason: "a load test".to_owned() }, "ada", at(1)).unwrap();
        book
    };
    let mut book = dismissed();
    fold(&mut book, "shop", &Says::default(), 10);
    book.tick(at(5_000));
    assert_eq!(told(&fold(&mut book, "shop", &one(OOM, "web", 3, false), 6_000)), []);
    assert_eq!(only(&book).state(at(6_000)), State::Dismissed);
    assert_eq!(told(&fold(&mut book, "shop", &one(OOM, "web", 3, true), 6_001)), [Tell::Worsened], "worse than it was");
    assert_eq!(only(&book).state(at(6_001)), State::Explained);
    let mut book = dismissed();
    assert_eq!(
        told(&fold(&mut book, "shop", &one(OOM, "web", 2 + WORSE_AFFECTED_MIN as usize, false), 10)),
        [Tell::Worsened],
        "wider than it was"
    );
}

#[test]
fn acts_that_make_no_sense_are_refused_and_change_nothing() {
    let mut book = Book::new(cluster());
    fold(&mut book, "shop", &one(OOM, "web", 1, true), 0);
    let id = only(&book).id;
    let before = only(&book).clone();
    let refused = |book: &mut Book, act: Act| book.act(id, &act, "ada", at(1)).unwrap_err();
    assert_eq!(refused(&mut book, Act::Unmute), BadAct::NotMuted);
    assert_eq!(refused(&mut book, Act::Reopen), BadAct::Open);
    assert_eq!(refused(&mut book, Act::Mute { for_s: 1, reason: None }), BadAct::BadSpan);
    assert_eq!(refused(&mut book, Act::Dismiss { reason: "  ".to_owned() }), BadAct::BadText { chars_max: 2_000 });
    assert_eq!(*only(&book), before);
    book.act(id, &Act::Dismiss { reason: "known".to_owned() }, "ada", at(2)).unwrap();
    assert_eq!(refused(&mut book, Act::Mute { for_s: 600, reason: None }), BadAct::Dismissed);
    assert_eq!(refused(&mut book, Act::Rerun { context: None }), BadAct::Dismissed);
    book.act(id, &Act::Reopen, "ada", at(3)).unwrap();
    assert!(only(&book).is_live());
    let ghost = assent_base::id::IncidentId::new(at(0), [9; 10]);
    assert_eq!(book.act(ghost, &Act::Unmute, "ada", at(4)), Err(BadAct::NoSuch(ghost)));
}

#[test]
fn an_incident_reads_back_as_it_was_kept() {
    let mut book = Book::new(cluster());
    fold(&mut book, "shop", &one(OOM, "web", 4, true), 0);
    let id = only(&book).id;
    book.act(id, &Act::Assign { assignee: Some(AccountId::new(at(0), [3; 10])) }, "ada", at(1)).unwrap();
    book.act(id, &Act::Rerun { context: Some("we moved the disk".to_owned()) }, "ada", at(2)).unwrap();
    let words = serde_json::to_string(only(&book)).unwrap();
    let read: Incident = serde_json::from_str(&words).unwrap();
    assert_eq!(read, *only(&book));
    assert!(serde_json::from_str::<Incident>(&words.replacen("{", "{\"more\":1,", 1)).is_err(), "an unknown field");
    assert!(Book::restore(ClusterId::new(at(0), [2; 10]), [read.clone()]).is_err());
    let twice = Incident { id: assent_base::id::IncidentId::new(at(0), [9; 10]), ..read.clone() };
    assert!(Book::restore(cluster(), [read.clone(), twice]).is_err());
    assert!(Book::restore(cluster(), [Incident { form: 2, ..read }]).is_err());
}

#[test]
fn the_report_of_an_incident_tells_of_it_alone() {
    let mut book = Book::new(cluster());
    let mut says = one(OOM, "web", 2, true);
    says.causes.insert((IMAGE, "api"), (1, true));
    let examined = Examined::of_report(Slice::namespace("shop"), at(0), report(&says));
    book.fold(&examined, at(0));
    for incident in book.incidents() {
        let own = narrow::report(&examined, incident).unwrap();
        assert_eq!(own.root_causes.len(), 1);
        assert_eq!(own.root_causes.first().map(|cause| cause.cause.as_str()), incident.cause.as_deref());
        assert!(own.findings.iter().all(|finding| finding.entity.name.starts_with(&incident.entity.name)));
    }
}

#[test]
fn what_would_settle_the_questions_of_others_is_not_in_the_report_of_an_incident() {
    let mut book = Book::new(cluster());
    let mut whole = report(&one(OOM, "web", 2, true));
    let missing = |on: &EntityName| MissingEvidence {
        what: format!("the events of {on}"),
        how: format!("kubectl describe deployment {}", on.name),
        about: vec![on.clone()],
    };
    let elsewhere = EntityName { namespace: Some("payroll".to_owned()), ..entity("ledger") };
    let shared = MissingEvidence {
        what: "the nodes".to_owned(),
        how: "kubectl get nodes".to_owned(),
        about: vec![entity("web"), elsewhere.clone()],
    };
    let unnamed = MissingEvidence { about: Vec::new(), ..missing(&elsewhere) };
    whole.missing_evidence = vec![missing(&entity("web")), missing(&elsewhere), shared.clone(), unnamed];
    let examined = Examined::of_report(Slice::Cluster, at(0), whole);
    book.fold(&examined, at(0));
    let own = narrow::report(&examined, only(&book)).unwrap();
    assert_eq!(own.missing_evidence, [missing(&entity("web")), MissingEvidence { about: vec![entity("web")], ..shared }]);
    assert!(!serde_json::to_string(&own).unwrap().contains("payroll"), "I11");
}

#[derive(Debug, Clone)]
enum Move {
    /// A slice says this; the clock moves by so much first.
    Fold(usize, Says, i64),
    Tick(i64),
    Act(prop::sample::Index, Act),
    /// The book is written down and opened anew.
    Restore,
}

fn says() -> impl Strategy<Value = Says> {
    let key = (prop::sample::select(vec![OOM, IMAGE]), prop::sample::select(vec!["web", "api"]));
    let causes = proptest::collection::btree_map(key, (1_usize..14, any::<bool>()), 0..3);
    let unexplained = proptest::collection::btree_set(prop::sample::select(vec!["web", "api", "db"]), 0..2);
    (causes, unexplained).prop_map(|(causes, unexplained)| Says { causes, unexplained })
}

fn acts() -> impl Strategy<Value = Act> {
    prop_oneof![
        (0_i64..4_000).prop_map(|for_s| Act::Mute { for_s, reason: None }),
        Just(Act::Unmute),
        Just(Act::Dismiss { reason: "known".to_owned() }),
        Just(Act::Reopen),
        Just(Act::Rerun { context: Some("seen it before".to_owned()) }),
        Just(Act::Assign { assignee: None }),
        Just(Act::ActedOn { plan: "rolled back".to_owned() }),
        Just(Act::Comment),
    ]
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let step = prop_oneof![8 => 0_i64..200, 1 => 1_000_i64..4_000, 1 => -50_i64..0];
    let one = prop_oneof![
        6 => (0_usize..3, says(), step.clone()).prop_map(|(slice, says, step)| Move::Fold(slice, says, step)),
        3 => step.prop_map(Move::Tick),
        3 => (any::<prop::sample::Index>(), acts()).prop_map(|(index, act)| Move::Act(index, act)),
        1 => Just(Move::Restore),
    ];
    proptest::collection::vec(one, 1..80)
}

/// What the model holds of one fault: which slices report it, and when the last of them stopped.
#[derive(Debug, Clone, Default)]
struct Fault {
    seen_by: BTreeSet<usize>,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, max_shrink_iters: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_events_breaks_the_book(moves in moves()) {
        let mut book = Book::new(cluster());
        let (mut clock, mut latest) = (0_i64, 0_i64);
        let mut model: BTreeMap<(&str, &str), Fault> = BTreeMap::new();
        for one in moves {
            let before: BTreeMap<_, _> = book.incidents().map(|own| (own.id, own.clone())).collect();
            let steps = match &one {
                Move::Fold(slice, says, step) => {
                    clock += step;
                    for (fault, own) in &mut model {
                        if !says.causes.contains_key(fault) {
                            own.seen_by.remove(slice);
                        }
                    }
                    for fault in says.causes.keys() {
                        model.entry(*fault).or_default().seen_by.insert(*slice);
                    }
                    fold(&mut book, &format!("s{slice}"), says, clock)
                }
                Move::Tick(step) => {
                    clock += step;
                    book.tick(at(clock))
                }
                Move::Act(index, act) => {
                    let ids: Vec<_> = book.incidents().map(|own| own.id).collect();
                    if ids.is_empty() { Vec::new() } else { book.act(*index.get(&ids), act, "ada", at(clock)).unwrap_or_default() }
                }
                Move::Restore => {
                    let kept: Vec<Incident> = book.incidents().cloned().collect();
                    // What is dismissed and long gone gave its place to the next; here nothing is that old.
                    book = Book::restore(cluster(), kept).unwrap();
                    Vec::new()
                }
            };
            latest = latest.max(clock);
            let now = at(latest);
            check(&book, &before, &steps, now)?;
            // Whatever some slice says now is held by exactly one incident that is live or dismissed.
            for ((cause, on), fault) in model.iter().filter(|(_, fault)| !fault.seen_by.is_empty()) {
                let name = fingerprint::of(Some(cause), &entity(on));
                let own: Vec<&Incident> =
                    book.incidents().filter(|own| own.fingerprint == name && !matches!(own.standing, Standing::Resolved { .. })).collect();
                prop_assert_eq!(own.len(), 1, "{} on {}", cause, on);
                for slice in &fault.seen_by {
                    let slice = Slice::namespace(&format!("s{slice}"));
                    let seen = own.iter().all(|own| own.sightings.contains_key(&slice));
                    prop_assert!(seen, "not seen from where it is told");
                }
            }
        }
    }
}

fn check(
    book: &Book,
    before: &BTreeMap<assent_base::id::IncidentId, Incident>,
    steps: &[Step],
    now: Timestamp,
) -> Result<(), TestCaseError> {
    let mut open = BTreeSet::new();
    for own in book.incidents() {
        if !matches!(own.standing, Standing::Resolved { .. }) {
            prop_assert!(open.insert(own.fingerprint.clone()), "two open incidents of one fingerprint");
        }
        let was = before.get(&own.id);
        if was.is_some_and(|was| was != own) {
            // `seen_at` alone may move without anybody being told to write it down.
            let quiet = was.is_some_and(|was| was.version == own.version);
            prop_assert!(quiet || steps.is_empty() || steps.iter().any(|step| step.incident() == own.id), "a change that no step names");
        }
        prop_assert!(own.updated_at <= now && own.opened_at <= now);
        prop_assert!(own.timeline.is_sorted_by_key(|entry| entry.at));
        prop_assert!(own.timeline.len() <= assent_incidents::book::TIMELINE_MAX);
        if let (Some(was), Standing::Live { .. }) = (was, &own.standing)
            && let Standing::Dismissed { dismissal } = &was.standing
        {
            let reopened = own.timeline.iter().any(|entry| entry.text == "reopened it" && entry.at == own.updated_at);
            let worse = own.weight.severity > dismissal.severity || own.affected_count() >= dismissal.affected + WORSE_AFFECTED_MIN;
            prop_assert!(reopened || worse, "dismissed, and open again for nothing");
        }
    }
    for step in steps {
        if let Step::Notify { id, .. } = step {
            let own = book.get(*id).unwrap();
            prop_assert!(!own.is_muted(now), "muted, and told of");
            prop_assert!(!matches!(own.standing, Standing::Dismissed { .. }), "dismissed, and told of");
            prop_assert!(own.weight.severity > Severity::Notice);
        }
    }
    Ok(())
}

#[test]
fn a_namespace_that_an_incident_touched_stays_one_that_its_readers_must_may_read() {
    let mut book = Book::new(cluster());
    let mut wide = report(&one(OOM, "web", 2, true));
    wide.findings.last_mut().unwrap().entity.namespace = Some("billing".to_owned());
    book.fold(&Examined::of_report(Slice::namespace("shop"), at(0), wide), at(0));
    let both = BTreeSet::from(["billing".to_owned(), "shop".to_owned()]);
    assert_eq!(only(&book).namespaces, both);
    fold(&mut book, "shop", &one(OOM, "web", 1, true), 10);
    assert!(only(&book).timeline.iter().any(|entry| entry.text.contains("billing")), "{:?}", only(&book).timeline);
    assert_eq!(only(&book).namespaces, both, "its timeline still speaks of it");
}
