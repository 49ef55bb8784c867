//! Plans for objects as they stand, the statement on one, and warrants that people sign.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

use assent_api::executor::{ToRehearse, ToRun, ToStop};
use assent_approval::ballot::Word;
use assent_approval::statement::{Draft, Nonce, Statement};
use assent_approval::warrant::Warrant;
use assent_base::id::{ClusterId, PlanId, RANDOM_BYTES, TenantId};
use assent_base::{Digest, Kind, Timestamp, time};
use assent_diagnosis::report::EntityName;
use assent_execution::Pinned;
use assent_plan::action::Action;
use assent_plan::blast::BlastRadius;
use assent_plan::catalogue;
use assent_plan::grounds::{Exhibit, Grounds};
use assent_plan::patch::{self, Edit, Op};
use assent_plan::plan::{Inverse, PLAN_VERSION, Plan, Request, Scope, Target};
use assent_plan::precondition::{Observed, Preconditions, Unmoved};
use assent_plan::proposal::Author;
use serde_json::{Value, json};

use crate::signing::voting::Person;

static COUNT: AtomicU64 = AtomicU64::new(1);

pub fn now() -> Timestamp {
    Timestamp::now()
}

pub fn tenant() -> TenantId {
    TenantId::new(Timestamp::UNIX_EPOCH, [1; RANDOM_BYTES])
}

pub fn cluster_id() -> ClusterId {
    ClusterId::new(Timestamp::UNIX_EPOCH, [2; RANDOM_BYTES])
}

pub fn plan_id() -> PlanId {
    let mut random = [0; RANDOM_BYTES];
    random[2..].copy_from_slice(&COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    PlanId::new(now(), random)
}

pub fn nonce() -> Nonce {
    let mut random = [0; 16];
    random[8..].copy_from_slice(&COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    Nonce::new(random)
}

/// What an action does to an object: edits, and fields that must be as they are.
pub struct Change {
    pub action: Value,
    pub edits: Vec<Edit>,
    pub held: Vec<&'static str>,
}

impl Change {
    pub fn new(action: Value, edits: Vec<Edit>) -> Self {
        Self { action, edits, held: Vec::new() }
    }

    pub fn held(mut self, path: &'static str) -> Self {
        self.held.push(path);
        self
    }
}

/// A plan for an object as it stands. It goes through `Plan::parse`, which asks whether its parts fit each other.
pub fn plan(cluster_uid: &str, live: &Value, change: &Change) -> Plan {
    let text = |path: &str| live.pointer(path).and_then(Value::as_str).map(str::to_owned);
    let object = EntityName { kind: text("/kind").unwrap(), namespace: text("/metadata/namespace"), name: text("/metadata/name").unwrap() };
    let kind = Kind::named(&object.kind);
    let action: Action = serde_json::from_value(change.action.clone()).unwrap();
    let before = Preconditions {
        uid: text("/metadata/uid"),
        resource_version: text("/metadata/resourceVersion"),
        generation: live.pointer("/metadata/generation").and_then(Value::as_i64),
        unmoved: Unmoved::of(&kind),
        observed: Vec::new(),
    };
    let (request, preconditions, inverse) = if matches!(action, Action::DeletePod {}) {
        let owner = &live["metadata"]["ownerReferences"][0];
        let by = EntityName {
            kind: owner["kind"].as_str().unwrap().to_owned(),
            namespace: object.namespace.clone(),
            name: owner["name"].as_str().unwrap().to_owned(),
        };
        (Request::Delete { uid: before.uid.clone() }, before, Inverse::MadeAnew { by })
    } else {
        patched(live, change, before)
    };
    let kind_entry = catalogue::entry(action.kind());
    let drawn_at = Timestamp::from_second(now().as_second() - 1).unwrap();
    let grounds = Grounds {
        cause: "image.not_found".to_owned(),
        entity: object.clone(),
        confidence_percent: 90,
        evidence: vec![Exhibit { id: "E1".to_owned(), digest: Digest::of(b"words"), independent: true }],
        digest: Digest::of(b"grounds"),
    };
    let plan = Plan {
        version: PLAN_VERSION,
        scope: Scope::Cluster { tenant: tenant(), cluster: cluster_id(), cluster_uid: cluster_uid.to_owned() },
        target: Target { api_version: assent_plan::resource::api_version(&kind).unwrap(), resource: kind.plural(), object },
        action,
        request,
        preconditions,
        inverse,
        blast_radius: BlastRadius::default(),
        risk: kind_entry.risk,
        confidence_percent: 90,
        grounds,
        checks: Vec::new(),
        proposed_by: Author::Engine,
        drawn_at,
        expires_at: time::earlier(drawn_at, -3_600).unwrap(),
    };
    Plan::parse(&plan.canonical().unwrap()).unwrap_or_else(|error| panic!("{error}: {plan:#?}"))
}

fn patched(live: &Value, change: &Change, before: Preconditions) -> (Request, Preconditions, Inverse) {
    let both = patch::compile(live, &change.edits).unwrap();
    let paths = || change.edits.iter().map(|edit| edit.path.clone()).chain(change.held.iter().map(|path| (*path).to_owned()));
    let seen = |object: &Value| -> Vec<Observed> { paths().map(|path| Observed { value: object.pointer(&path).cloned(), path }).collect() };
    let before = Preconditions { observed: seen(live), ..before };
    let later = Preconditions {
        resource_version: None,
        generation: None,
        unmoved: Unmoved::Observed,
        observed: seen(&both.after),
        ..before.clone()
    };
    let held: Vec<Op> =
        change.held.iter().map(|path| Op::Test { path: (*path).to_owned(), value: live.pointer(path).unwrap().clone() }).collect();
    let request = [guards(&before), held.clone(), both.change].concat();
    let inverse = [guards(&later), held, both.inverse].concat();
    (Request::Patch(request), before, Inverse::Patch { patch: inverse, preconditions: later })
}

fn guards(preconditions: &Preconditions) -> Vec<Op> {
    let mut tests = vec![Op::Test { path: "/metadata/uid".to_owned(), value: json!(preconditions.uid) }];
    match preconditions.unmoved {
        Unmoved::ResourceVersion => {
            tests.push(Op::Test { path: "/metadata/resourceVersion".to_owned(), value: json!(preconditions.resource_version) })
        }
        Unmoved::Generation => tests.push(Op::Test { path: "/metadata/generation".to_owned(), value: json!(preconditions.generation) }),
        Unmoved::Observed => {}
    }
    tests
}

/// What people are asked to sign for a plan.
pub fn draft(plan: &Plan, pinned: &Pinned, cluster_uid: &str) -> Draft {
    let issued_at = Timestamp::from_second(now().as_second() - 1).unwrap();
    Draft {
        tenant: tenant(),
        cluster: cluster_id(),
        cluster_uid: cluster_uid.parse().unwrap(),
        plan: *plan.digest().unwrap().digest(),
        policy: *pinned.policy_digest(),
        evidence: plan.grounds.digest,
        authors: BTreeSet::new(),
        terms: pinned.rules.terms(plan).unwrap(),
        issued_at,
        expires_at: time::earlier(issued_at, -900).unwrap(),
        nonce: nonce(),
    }
}

/// An offer whose statement these people have signed with their SSH keys.
pub fn signed(plan: &Plan, statement: &Statement, people: &[&Person]) -> ToRun {
    let votes = people.iter().map(|person| person.ssh_vote(statement, 1, Word::Approve)).collect();
    let warrant = Warrant { statement: statement.clone(), votes };
    ToRun { plan: plan_id(), bytes: bytes(plan), warrant: serde_json::to_string(&warrant).unwrap() }
}

pub fn bytes(plan: &Plan) -> String {
    String::from_utf8(plan.canonical().unwrap()).unwrap()
}

pub fn to_rehearse(plan: &Plan) -> ToRehearse {
    ToRehearse { plan: plan_id(), bytes: bytes(plan) }
}

/// Somebody's signed no to what was offered.
pub fn rejection(offer: &ToRun, person: &Person) -> ToStop {
    let warrant: Warrant = serde_json::from_str(&offer.warrant).unwrap();
    let vote = person.ssh_vote(&warrant.statement, 2, Word::Reject { reason: "it made things worse".to_owned() });
    ToStop { plan: offer.plan, vote: serde_json::to_string(&vote).unwrap() }
}
