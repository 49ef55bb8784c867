//! What executors may do here, and what they are believed: keys that hold at once or not at all, work that people have assented to, steps that
//! are on the ledger before they are answered.

use crate::support;
use std::collections::BTreeSet;

use crate::support::authenticator::Authenticator;
use crate::support::executor::{self, CLUSTER_UID, Executor, exchange};
use crate::support::observer::Observer;
use crate::support::passkey;
use crate::support::played::{Played, wait_for};
use crate::support::{House, Who};
use assent_api::executor::ToRun;
use assent_approval::vote::Vote;
use assent_execution::order::{Known, Order};
use serde_json::{Value, json};

/// Seconds of the demo after which a cause is shown whose remedy is exact.
const SICK_S: i64 = 60;

#[tokio::test]
async fn a_key_opens_what_executors_may_and_nothing_of_observers() {
    let house = House::open().await;
    let owner = house.owner().await;
    let observer = Observer::of_new_cluster(&house, &owner).await;
    observer.hello(&house, "a").await;
    assert_eq!(house.get(&owner, &executor_path(&observer.cluster)).await.status, 404, "there is none yet");
    let executor = Executor::add(&house, &owner, &observer.cluster).await;
    executor.starts(&house).await;
    assert_eq!(executor.work(&house).await, json!({}));
    let work = Some(json!({ "wait_s": 0 }));
    let state = json!({ "version": "1", "started_at": support::NOON, "buffered_bytes": 0, "dropped": 0, "redacted": 0 });
    let beat = Some(json!({ "stream": Observer::stream("a"), "state": state }));
    for (who, path, body) in [
        (&observer.token, "/api/v1/executor/work", work.clone()),
        (&owner, "/api/v1/executor/work", work.clone()),
        (&Who::Nobody, "/api/v1/executor/work", work),
        (&executor.token, "/api/v1/observer/heartbeat", beat),
        (&executor.token, "/api/v1/sign-out", None),
    ] {
        assert_eq!(house.call(who, "POST", path, body).await.status, 401, "{path}");
    }
    assert_eq!(house.get(&executor.token, "/api/v1/plans").await.status, 401);
    let shown = house.get(&owner, &executor_path(&observer.cluster)).await;
    assert_eq!(shown.json()["version"], "1");
    assert_eq!(shown.json()["policy"], executor.pinned().policy_digest().to_string());
    assert!(!shown.text().contains(&executor.key), "a key is shown once");
}

#[tokio::test]
async fn a_key_that_is_changed_or_taken_away_holds_no_more_at_once() {
    let house = House::open().await;
    let owner = house.owner().await;
    let observer = Observer::of_new_cluster(&house, &owner).await;
    observer.hello(&house, "a").await;
    let first = Executor::add(&house, &owner, &observer.cluster).await;
    first.starts(&house).await;
    let second = Executor::add(&house, &owner, &observer.cluster).await;
    assert_ne!(first.key, second.key);
    assert_eq!(first.wait_for_work(&house, 0).await.status, 401, "its token is of the old key");
    assert_eq!(exchange(&house, &first.key).await.status, 401);
    second.starts(&house).await;
    // One that waits is sent away when it is removed, and is handed nothing more.
    let path = executor_path(&observer.cluster);
    let (waited, removed) = tokio::join!(second.wait_for_work(&house, 20), house.call(&owner, "DELETE", &path, None));
    assert_eq!((waited.status.as_u16(), removed.status.as_u16()), (401, 204), "{}", waited.text());
    assert_eq!(exchange(&house, &second.key).await.status, 401);
    assert_eq!(second.hello(&house, second.pinned().canonical()).await.status, 401);
    assert_eq!(house.get(&owner, &path).await.status, 404);
    assert_eq!(house.call(&owner, "DELETE", &path, None).await.status, 404);
}

#[tokio::test]
async fn only_who_manages_executors_adds_or_removes_one() {
    let house = House::open().await;
    let owner = house.owner().await;
    let observer = Observer::of_new_cluster(&house, &owner).await;
    let path = executor_path(&observer.cluster);
    let approver = house.join(&owner, "ben@example.org", json!([{ "role": "approver" }])).await;
    let refused = house.call(&approver, "POST", &path, Some(json!({ "endpoint": "https://assent.example.org" }))).await;
    assert_eq!(refused.status, 403, "{}", refused.text());
    let plain = house.call(&owner, "POST", &path, Some(json!({ "endpoint": "http://assent.example.org" }))).await;
    assert_eq!(plain.status, 422, "keys travel by TLS: {}", plain.text());
    Executor::add(&house, &owner, &observer.cluster).await;
    assert_eq!(house.call(&approver, "DELETE", &path, None).await.status, 403);
}

#[tokio::test]
async fn an_executor_in_another_cluster_or_before_any_observer_is_refused() {
    let house = House::open().await;
    let owner = house.owner().await;
    let observer = Observer::of_new_cluster(&house, &owner).await;
    let executor = Executor::add(&house, &owner, &observer.cluster).await;
    let pinned = executor.pinned();
    let early = executor.hello(&house, pinned.canonical()).await;
    assert_eq!(early.status, 409, "{}", early.text());
    observer.hello(&house, "a").await;
    let elsewhere = executor.hello_from(&house, "another-uid", pinned.canonical()).await;
    assert_eq!(elsewhere.status, 409, "{}", elsewhere.text());
    assert!(elsewhere.text().contains("another cluster"), "{}", elsewhere.text());
    let refused = house.records(&owner).await.into_iter().filter(|record| record.action == "executor.hello").count();
    assert_eq!(refused, 2, "both are on the ledger");
    executor.starts(&house).await;
}

#[tokio::test]
async fn what_cannot_be_believed_is_said_to_be_so_and_is_not_kept() {
    let house = House::open().await;
    let owner = house.owner().await;
    let observer = Observer::of_new_cluster(&house, &owner).await;
    observer.hello(&house, "a").await;
    let executor = Executor::add(&house, &owner, &observer.cluster).await;
    let canonical = executor.pinned().canonical().to_owned();
    let turned = canonical.replace(&observer.cluster, &format!("{}0000", &observer.cluster[..observer.cluster.len() - 4]));
    let secret = "ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8";
    for (pinned, why) in [
        (turned, "another cluster's"),
        (format!(r#"{{"{secret}":1}}"#), "unknown field"),
        ("- not\n- a document".to_owned(), "expected mapping"),
        (canonical.replace("\"version\":1", "\"version\":2"), "version 2"),
    ] {
        assert_eq!(executor.hello(&house, &pinned).await.status, 200, "it is heard, and shown as unusable");
        let shown = house.get(&owner, &executor_path(&observer.cluster)).await.json();
        assert!(shown["unusable"].as_str().is_some_and(|text| text.contains(why)), "{why}: {shown}");
        assert!(shown.get("pinned").is_none() && shown.get("policy").is_none(), "{shown}");
        assert!(!shown.to_string().contains(secret), "{shown}");
    }
    executor.starts(&house).await;
    assert!(house.get(&owner, &executor_path(&observer.cluster)).await.json().get("unusable").is_none());
}

#[tokio::test]
async fn what_people_have_assented_to_is_handed_out_run_and_recorded_before_it_is_answered() {
    let house = House::open().await;
    let owner = house.owner().await;
    let run = Asked::make(&house, owner).await;
    let Asked { executor, plan, owner, .. } = &run;
    let path = format!("/api/v1/plans/{plan}");

    // Tried before anybody has said yes, and once.
    let work = executor.work(&house).await;
    assert!(work["rehearse"].as_array().is_some_and(|all| all.iter().any(|one| one["plan"] == **plan)), "{work}");
    assert!(work.get("run").is_none(), "nobody has said yes");
    let told = json!({
        "at": "2026-05-04T12:05:00Z",
        "change": { "accepted": { "result": format!("sha256:{}", "0".repeat(64)), "warnings": ["uses a field that goes away"] } },
        "inverse": { "not_run": { "why": "no answer came" } },
    });
    assert_eq!(executor.rehearsed(&house, plan, told.clone()).await.status, 204);
    assert_eq!(executor.rehearsed(&house, plan, told.clone()).await.status, 204, "told again");
    let mut other = told.clone();
    other["at"] = json!("2026-05-04T12:06:00Z");
    assert_eq!(executor.rehearsed(&house, plan, other).await.status, 409);
    assert_eq!(house.get(owner, &path).await.json()["rehearsal"], told);
    let mine = |work: &Value, list: &str| work[list].as_array().is_some_and(|all| all.iter().any(|one| one["plan"] == **plan));
    assert!(!mine(&executor.work(&house).await, "rehearse"));

    // An intent before anybody has said yes is refused, and so is a step out of nowhere.
    let statement = run.statement_digest(&house).await;
    let intended = json!({ "intended": { "statement": statement, "approvers": [run.account], "as_user": "ada@example.org" } });
    assert_eq!(executor.tell(&house, plan, 1, intended.clone()).await.status, 409);
    assert_eq!(executor.tell(&house, plan, 1, json!({ "applied": {} })).await.status, 409);

    // One that waits is answered when the last vote comes.
    let (waited, ()) = tokio::join!(executor.wait_for_work(&house, 20), run.say(&house, "approve", None));
    let waited = waited.json();
    let offer: ToRun = serde_json::from_value(waited["run"][0].clone()).expect("a plan to run");
    let order = run.accepted(&offer, &house);
    assert_eq!(order.accepted().approvers.len(), 1);

    // Steps: by their numbers, once, in an order that can have been.
    let records = house.records(owner).await.len();
    assert_eq!(executor.tell(&house, plan, 2, json!({ "rehearsed": {} })).await.status, 409, "a gap");
    let stranger = json!({ "intended": { "statement": statement, "approvers": [run.account, "acc_00000000000070008000000000000000"], "as_user": "x" } });
    assert_eq!(executor.tell(&house, plan, 1, stranger).await.status, 409, "somebody who has said nothing");
    let elsewhere =
        json!({ "intended": { "statement": format!("sha256:{}", "0".repeat(64)), "approvers": [run.account], "as_user": "x" } });
    assert_eq!(executor.tell(&house, plan, 1, elsewhere).await.status, 409, "another statement");
    assert_eq!(house.records(owner).await.len(), records, "none of it was recorded");
    let first = executor.tell(&house, plan, 1, intended.clone()).await;
    assert_eq!(first.status, 200, "{}", first.text());
    assert_eq!(executor.tell(&house, plan, 1, intended).await.json(), first.json(), "told again");
    assert_eq!(executor.tell(&house, plan, 1, json!({ "rehearsed": {} })).await.status, 409, "told otherwise");
    assert_eq!(house.get(owner, &path).await.json()["summary"]["state"], "running");
    assert!(mine(&executor.work(&house).await, "run"), "an executor that lost its answer goes on");
    let secret = "ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8";
    for (number, step) in [
        (2, json!({ "rehearsed": {} })),
        (3, json!({ "applied": { "resource_version": "4711" } })),
        (4, json!({ "progress": { "text": format!("2 of 3 pods run\u{1b}[2J with {secret}") } })),
    ] {
        let answer = executor.tell(&house, plan, number, step).await;
        assert_eq!(answer.status, 200, "{number}: {}", answer.text());
    }
    assert!(house.get(owner, &path).await.json()["undo_until"].is_string());
    let ended = json!({ "ended": { "outcome": "verified", "detail": "3 of 3 pods run" } });
    assert_eq!(executor.tell(&house, plan, 5, ended.clone()).await.status, 200);
    let shown = house.get(owner, &path).await.json();
    assert_eq!((&shown["summary"]["state"], &shown["summary"]["detail"]), (&json!("verified"), &json!("3 of 3 pods run")));
    assert_eq!(shown["run"].as_array().map(Vec::len), Some(5));
    assert!(!shown.to_string().contains(secret) && !shown["run"][3].to_string().contains("\\u001b"), "{}", shown["run"]);
    assert_eq!(executor.tell(&house, plan, 6, json!({ "progress": { "text": "more" } })).await.status, 409, "it is over");

    // On the ledger: the intent, then what was done, then how it ended, in this order.
    let records = house.records(owner).await;
    let of_run: Vec<(String, Value)> = records
        .iter()
        .rev()
        .filter(|record| record.subject == **plan && matches!(record.action.as_str(), "plan.run" | "plan.step"))
        .map(|record| (record.action.clone(), json!(record.outcome)))
        .collect();
    let (run_, step) = (|outcome: &str| ("plan.run".to_owned(), json!(outcome)), || ("plan.step".to_owned(), json!("done")));
    assert_eq!(of_run, [run_("intended"), step(), step(), step(), run_("done")]);
    let timeline = house.get(owner, &format!("/api/v1/incidents/{}/timeline", run.incident)).await.text();
    assert!(timeline.contains("ended a plan"), "{timeline}");

    // Taken back by a signed no, while its time lasts.
    run.say(&house, "reject", Some("it is too slow now")).await;
    let work = executor.work(&house).await;
    let vote: Vote = serde_json::from_str(work["stop"][0]["vote"].as_str().expect("a vote")).expect("a vote");
    assert_eq!(order.stopped_by(&vote, &executor.pinned(), house.now()).as_deref(), Ok("it is too slow now"));
    assert_eq!(executor.tell(&house, plan, 6, json!({ "undoing": { "why": "rejected: it is too slow now" } })).await.status, 200);
    let ended = json!({ "ended": { "outcome": "reverted", "detail": "as it was before" } });
    assert_eq!(executor.tell(&house, plan, 7, ended).await.status, 200);
    let shown = house.get(owner, &path).await.json();
    assert_eq!(shown["summary"]["state"], "reverted");
    assert!(shown.get("undo_until").is_none());
    assert!(executor.work(&house).await.get("stop").is_none(), "there is nothing left to stop");
}

#[tokio::test]
async fn a_plan_of_another_cluster_is_absent() {
    let house = House::open().await;
    let owner = house.owner().await;
    let run = Asked::make(&house, owner).await;
    run.say(&house, "approve", None).await;
    let statement = run.statement_digest(&house).await;
    let owner = &run.owner;
    let environment = house.get(owner, "/api/v1/environments").await.json()["items"][0]["id"].clone();
    let body = json!({ "name": "other", "environment": environment, "endpoint": "https://assent.example.org" });
    let other = house.call(owner, "POST", "/api/v1/clusters", Some(body)).await.json()["cluster"]["id"].as_str().expect("an id").to_owned();
    let stranger = Executor::add(&house, owner, &other).await;
    let intended = json!({ "intended": { "statement": statement, "approvers": [run.account], "as_user": "ada@example.org" } });
    let absent = stranger.tell(&house, &run.plan, 1, intended.clone()).await;
    let none = stranger.tell(&house, "pln_00000000000070008000000000000000", 1, intended).await;
    assert_eq!((absent.status.as_u16(), absent.but_for_its_id()), (404, none.but_for_its_id()));
    let rehearsal =
        json!({ "at": "2026-05-04T12:05:00Z", "change": { "not_run": { "why": "x" } }, "inverse": { "not_run": { "why": "x" } } });
    assert_eq!(stranger.rehearsed(&house, &run.plan, rehearsal).await.status, 404);
    assert_eq!(stranger.work(&house).await, json!({}));
}

#[tokio::test]
async fn other_rules_put_everything_to_the_vote_anew() {
    let house = House::open().await;
    let owner = house.owner().await;
    let run = Asked::make(&house, owner).await;
    run.say(&house, "approve", None).await;
    let canonical = run.executor.pinned().canonical().replace("\"undo_s\":3600", "\"undo_s\":60");
    assert_eq!(run.executor.hello(&house, &canonical).await.status, 200);
    let before = house.get(&run.owner, &format!("/api/v1/plans/{}", run.plan)).await.json();
    assert_eq!(before["summary"]["state"], "superseded", "{before}");
    house.pass(1);
    let plans =
        wait_for(&house, &run.owner, "/api/v1/plans?state=awaiting", |list| list["items"].as_array().is_some_and(|all| !all.is_empty()))
            .await;
    assert_ne!(plans["items"][0]["id"], *run.plan);
    assert!(run.executor.work(&house).await.get("run").is_none(), "what was said under the old rules counts no more");
}

#[tokio::test]
async fn a_removed_executor_leaves_no_plan_to_wait_for() {
    let house = House::open().await;
    let owner = house.owner().await;
    let run = Asked::make(&house, owner).await;
    run.say(&house, "approve", None).await;
    let path = executor_path(&run.executor.cluster);
    assert_eq!(house.call(&run.owner, "DELETE", &path, None).await.status, 204);
    let plan = house.get(&run.owner, &format!("/api/v1/plans/{}", run.plan)).await.json();
    assert_eq!(plan["summary"]["state"], "superseded", "{plan}");
    // Installed again, it is heard as a new one.
    let again = Executor::add(&house, &run.owner, &run.executor.cluster).await;
    again.starts(&house).await;
    assert!(again.work(&house).await.get("run").is_none());
}

#[tokio::test]
async fn what_was_approved_does_not_run_once_its_incident_is_over() {
    let house = House::open().await;
    let owner = house.owner().await;
    let run = Asked::make(&house, owner).await;
    run.say(&house, "approve", None).await;
    assert!(run.executor.work(&house).await.get("run").is_some());
    let dismiss = format!("/api/v1/incidents/{}/dismiss", run.incident);
    assert_eq!(house.call(&run.owner, "POST", &dismiss, Some(json!({ "reason": "mended by hand" }))).await.status, 200);
    house.pass(1);
    let path = format!("/api/v1/plans/{}", run.plan);
    let over = wait_for(&house, &run.owner, &path, |plan| plan["summary"]["state"] == "superseded").await;
    assert_eq!(over["summary"]["detail"], "the incident is over");
    assert!(run.executor.work(&house).await.get("run").is_none());
    let intended = json!({ "intended": { "statement": run.statement_digest(&house).await, "approvers": [run.account], "as_user": "ada@example.org" } });
    assert_eq!(
        run.executor.tell(&house, &run.plan, 1, intended).await.status,
        409,
        "whoever has its warrant already gets no record either"
    );
}

#[tokio::test]
async fn rules_are_tried_on_the_plans_that_are_kept_before_anybody_pins_them() {
    let house = House::open().await;
    let owner = house.owner().await;
    let run = Asked::make(&house, owner).await;
    let path = format!("{}/backtest", executor_path(&run.executor.cluster));
    let try_out = async |document: &str| house.call(&run.owner, "POST", &path, Some(json!({ "pinned": document }))).await;
    let document = run.executor.document();
    let as_it_is = try_out(&document).await;
    assert_eq!(as_it_is.status, 200, "{}", as_it_is.text());
    let as_it_is = as_it_is.json();
    assert_eq!(as_it_is["policy"], run.executor.pinned().policy_digest().to_string());
    assert_eq!((&as_it_is["by_rule"], &as_it_is["listed"]), (&json!(0), &json!([])));
    assert!(as_it_is["to_the_vote"].as_u64().expect("a count") >= 1, "{as_it_is}");

    let plan = house.get(&run.owner, &format!("/api/v1/plans/{}", run.plan)).await.json();
    let rule = json!([{ "action": plan["summary"]["action"], "namespaces": ["*"], "per_hour_max": 1, "run_as": { "user": "assent:auto", "groups": [] } }]);
    let by_rule = try_out(&document.replace("auto_approve: []", &format!("auto_approve: {rule}"))).await.json();
    let listed = by_rule["listed"].as_array().expect("a list");
    let own = listed.iter().find(|one| one["plan"] == *run.plan).expect("it is among them");
    assert_eq!(
        (&own["state"], &own["title"]),
        (&json!("awaiting"), &plan["summary"]["title"]),
        "it was a question, and nothing was changed"
    );
    let within = listed.iter().filter(|one| one["over_the_rate"] == json!(false)).count();
    assert_eq!(within, 1, "one in an hour: {by_rule}");

    let none = try_out(&document.replace("actions: [", "actions: [cordon] #")).await.json();
    assert_eq!(none["not_allowed"], none["plans"], "{none}");
    let elsewhere = format!("cls_{}", "0".repeat(32));
    for (wrong, why) in [(document.replace(&run.executor.cluster, &elsewhere), "another"), ("version: 2".to_owned(), "")] {
        let refused = try_out(&wrong).await;
        assert!(refused.status == 422 && refused.text().contains(why), "{}", refused.text());
    }
    let viewer = house.join(&run.owner, "viewer@example.org", json!([{ "role": "viewer" }])).await;
    assert_eq!(house.call(&viewer, "POST", &path, Some(json!({ "pinned": document }))).await.status, 403);
}

/// A plan that people are asked about, in a cluster whose executor believes the owner's passkey.
struct Asked {
    owner: Who,
    account: String,
    authenticator: Authenticator,
    executor: Executor,
    incident: String,
    plan: String,
}

impl Asked {
    async fn make(house: &House, owner: Who) -> Self {
        let authenticator = Authenticator::new(b"owner");
        assert_eq!(passkey::add(house, &owner, &authenticator, "Key").await.status, 201);
        let account = house.get(&owner, "/api/v1/me").await.json()["account"].as_str().expect("an id").to_owned();
        let mut played = Played::let_in(house, &owner).await;
        played.show(house, SICK_S).await;
        house.pass(1);
        wait_for(house, &owner, "/api/v1/plans?state=advice", |list| list["items"].as_array().is_some_and(|all| !all.is_empty())).await;
        let executor = Executor::add(house, &owner, &played.observer.cluster).await;
        executor.starts(house).await;
        house.pass(1);
        let asked = |list: &Value| list["items"].as_array().is_some_and(|all| !all.is_empty());
        let list = wait_for(house, &owner, "/api/v1/plans?state=awaiting", asked).await;
        let text = |field: &str| list["items"][0][field].as_str().expect("text").to_owned();
        assert_eq!(list["items"][0]["quorum"], 1, "{list}");
        Self { account, authenticator, executor, incident: text("incident"), plan: text("id"), owner }
    }

    /// Says something about the plan, signed with the passkey.
    async fn say(&self, house: &House, word: &str, reason: Option<&str>) {
        let cast = executor::say(house, &self.owner, &self.authenticator, &self.plan, word, reason).await;
        assert_eq!(cast.status, 201, "{}", cast.text());
    }

    async fn statement_digest(&self, house: &House) -> String {
        let plan = house.get(&self.owner, &format!("/api/v1/plans/{}", self.plan)).await.json();
        assent_base::Digest::of(plan["statement"]["text"].as_str().expect("text").as_bytes()).to_string()
    }

    /// What an executor makes of it that trusts what is pinned alone.
    fn accepted(&self, offer: &ToRun, house: &House) -> Order {
        let pinned = self.executor.pinned();
        let uid = CLUSTER_UID.parse().expect("a UID");
        let known = Known { pinned: &pinned, cluster_uid: &uid, used: &BTreeSet::new(), opened_by_rule: &[] };
        Order::accept(offer, &known, house.now()).expect("it holds")
    }
}

fn executor_path(cluster: &str) -> String {
    format!("/api/v1/clusters/{cluster}/executor")
}
