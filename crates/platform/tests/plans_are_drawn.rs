//! What is explained gets plans, drawn where it is explained: they stay as they are while nothing changes, end with their incident, and
//! outlive the process. Without an executor they are advice.

use crate::support;
use crate::support::played::{Played, wait_for};
use crate::support::{House, Who};
use serde_json::{Value, json};

/// By then everything of the demo is ill, and nothing is mended yet.
const ILL_S: i64 = 60;

#[tokio::test]
async fn what_is_explained_gets_a_plan_to_be_followed_by_hand() {
    let (house, owner, _played) = ill().await;
    let plan = first(&house, &owner).await;
    let path = format!("/api/v1/plans/{}", plan["id"].as_str().unwrap());
    let whole = house.get(&owner, &path).await.json();
    assert_eq!((&plan["state"], &whole["not_asked"]), (&json!("advice"), &json!("no executor is installed in this cluster")), "{whole}");
    assert_eq!((&plan["proposed_by"], &plan["rank"], &plan["may_vote"]), (&json!("engine"), &json!(1), &json!(false)));
    let bytes = whole["bytes"].as_str().unwrap();
    let read = assent_plan::Plan::parse(bytes.as_bytes()).expect("canonical bytes");
    assert_eq!(whole["digest"], json!(read.digest().unwrap().to_string()), "the digest is of these bytes");
    assert_eq!(read.grounds.cause, "image.not_found");
    assert!(whole["commands"]["change"].as_str().unwrap().starts_with("kubectl patch"), "{whole}");
    let records = house.records(&owner).await;
    let drawn = records.iter().find(|record| record.action == "plan.drawn" && record.subject == plan["id"]).expect("I4: it is recorded");
    assert_eq!(drawn.actor, "platform");
    let incident = format!("/api/v1/incidents/{}", plan["incident"].as_str().unwrap());
    let told = |timeline: &Value| timeline.to_string().contains("proposed a plan: ");
    wait_for(&house, &owner, &format!("{incident}/timeline"), told).await;
}

#[tokio::test]
async fn plans_stay_as_they_are_while_nothing_changes_and_end_with_their_incident() {
    let (house, owner, mut played) = ill().await;
    let plan = first(&house, &owner).await;
    house.pass(30);
    played.show(&house, ILL_S + 1).await;
    let rerun = format!("/api/v1/incidents/{}/rerun", plan["incident"].as_str().unwrap());
    assert_eq!(house.call(&owner, "POST", &rerun, Some(json!({}))).await.status, 202);
    let again = first(&house, &owner).await;
    assert_eq!((&again["id"], &again["version"]), (&plan["id"], &plan["version"]), "the same plan is no news");
    let path = format!("/api/v1/plans/{}", plan["id"].as_str().unwrap());
    let dismiss = format!("/api/v1/incidents/{}/dismiss", plan["incident"].as_str().unwrap());
    assert_eq!(house.call(&owner, "POST", &dismiss, Some(json!({ "reason": "a rehearsal" }))).await.status, 200);
    played.show(&house, ILL_S + 2).await;
    let over = wait_for(&house, &owner, &path, |plan| plan["summary"]["state"] == "superseded").await;
    assert_eq!(over["summary"]["detail"], "the incident is over");
}

#[tokio::test]
async fn a_plan_whose_time_is_over_is_drawn_anew_in_its_place() {
    let (house, owner, mut played) = ill().await;
    let plan = first(&house, &owner).await;
    let path = format!("/api/v1/plans/{}", plan["id"].as_str().unwrap());
    let before = house.get(&owner, &path).await.json();
    house.pass(3_601);
    played.observer.renew(&house).await;
    assert_eq!(house.get(&owner, &path).await.json()["summary"]["state"], "expired", "nobody has to write it down");
    played.show(&house, ILL_S + 1).await;
    let now = house.now();
    let is_anew = |plan: &Value| plan["summary"]["expires_at"].as_str().is_some_and(|at| at > now.to_string().as_str());
    let after = wait_for(&house, &owner, &path, is_anew).await;
    assert_eq!(after["summary"]["state"], "advice");
    assert_ne!(after["digest"], before["digest"], "it is another plan, of the same change");
}

#[tokio::test]
async fn plans_outlive_the_process() {
    let (house, owner, played) = ill().await;
    let plan = first(&house, &owner).await;
    let path = format!("/api/v1/plans/{}", plan["id"].as_str().unwrap());
    let before = house.get(&owner, &path).await.json();
    house.plane.stop().await;
    let house = House::on(house.data, assent_platform::Settings::default()).await;
    assert_eq!(house.get(&owner, &path).await.json(), before);
    drop(played);
}

#[tokio::test]
async fn a_person_proposes_another_parameter_and_has_had_a_hand_in_it() {
    let (house, owner, _played) = ill().await;
    let plan = first(&house, &owner).await;
    let propose = format!("/api/v1/incidents/{}/plans", plan["incident"].as_str().unwrap());
    let scale = |replicas: u32| {
        json!({ "target": { "kind": "Deployment", "namespace": "grocer", "name": "catalog" }, "action": { "scale": { "replicas": replicas } } }).to_string()
    };
    let made = house.call(&owner, "POST", &propose, Some(json!({ "instead_of": plan["id"], "proposal": scale(3) }))).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let made = made.json();
    let me = house.get(&owner, "/api/v1/me").await.json();
    assert_eq!((&made["summary"]["proposed_by"], &made["summary"]["adapted_from"]), (&json!("person"), &plan["id"]));
    assert!(me.to_string().contains(made["summary"]["author"].as_str().unwrap()));
    assert_eq!(made["summary"]["title"], "scale to 3 replicas");
    let old = house.get(&owner, &format!("/api/v1/plans/{}", plan["id"].as_str().unwrap())).await.json();
    assert_eq!((&old["summary"]["state"], &old["summary"]["detail"]), (&json!("superseded"), &json!("it was adapted")));

    let refused = |answer: support::Answer, why: &str| {
        assert!(answer.status == 422 && answer.text().contains(why), "{} {}", answer.status, answer.text())
    };
    let post = |body: Value| house.call(&owner, "POST", &propose, Some(body));
    refused(post(json!({ "proposal": "{}" })).await, "/proposal");
    let elsewhere = scale(3).replace("grocer", "tills").replace("catalog", "payments");
    refused(post(json!({ "proposal": elsewhere })).await, "the input has no Deployment tills/payments");
    refused(
        post(json!({ "proposal": scale(3), "instead_of": "pln_0192f0c1d2e37a4b8c5d6e7f80912a3b" })).await,
        "no such plan of this incident",
    );
    let secret = json!({ "target": { "kind": "Deployment", "namespace": "grocer", "name": "catalog" },
        "action": { "set_env": { "container": "catalog", "name": "TOKEN", "value": "ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8", "origin": { "stated": {} } } } });
    refused(post(json!({ "proposal": secret.to_string() })).await, "looks like a secret");
    let records = house.records(&owner).await;
    assert!(records.iter().any(|record| record.action == "plan.propose" && record.subject == made["summary"]["id"]));
}

#[tokio::test]
async fn who_may_not_read_an_incident_reads_no_plan_of_it_and_viewers_propose_nothing() {
    let (house, owner, played) = ill().await;
    let plan = first(&house, &owner).await;
    let only = |role: &str, namespace: &str| json!([{ "role": role, "environment": played.environment, "namespaces": [namespace] }]);
    let inside = house.join(&owner, "inside@example.org", only("viewer", "grocer")).await;
    let outside = house.join(&owner, "outside@example.org", only("approver", "tills")).await;
    let path = format!("/api/v1/plans/{}", plan["id"].as_str().unwrap());
    assert_eq!(house.get(&inside, &path).await.status, 200);
    assert_eq!(house.get(&inside, "/api/v1/plans").await.json()["items"].as_array().unwrap().len(), 2);
    let none = house.get(&outside, "/api/v1/plans/pln_0192f0c1d2e37a4b8c5d6e7f80912a3b").await;
    assert_eq!(house.get(&outside, &path).await.but_for_its_id(), none.but_for_its_id());
    assert_eq!(house.get(&outside, "/api/v1/plans").await.json()["items"], json!([]));
    let propose = format!("/api/v1/incidents/{}/plans", plan["incident"].as_str().unwrap());
    let proposal = json!({ "target": { "kind": "Deployment", "namespace": "grocer", "name": "catalog" }, "action": { "restart": {} } });
    let refused = house.call(&inside, "POST", &propose, Some(json!({ "proposal": proposal.to_string() }))).await;
    assert_eq!(refused.status, 403, "{}", refused.text());
    let vote = json!({ "word": "approve" });
    assert_eq!(house.call(&inside, "POST", &format!("{path}/ballot"), Some(vote.clone())).await.status, 403);
    assert_eq!(house.call(&outside, "POST", &format!("{path}/ballot"), Some(vote)).await.status, 404);
}

#[tokio::test]
async fn a_plan_is_given_to_somebody_and_found_by_whom_it_has() {
    let (house, owner, _played) = ill().await;
    let plan = first(&house, &owner).await;
    let ben = house.join(&owner, "ben@example.org", json!([{ "role": "operator" }])).await;
    let members = house.get(&owner, "/api/v1/members").await.json();
    let ben_id = members["items"].as_array().unwrap().iter().find(|one| one["email"] == "ben@example.org").unwrap()["id"].clone();
    let assign = format!("/api/v1/plans/{}/assign", plan["id"].as_str().unwrap());
    assert_eq!(house.call(&ben, "POST", &assign, Some(json!({ "to": ben_id }))).await.status, 200);
    let of = |query: String| {
        let (house, ben) = (&house, &ben);
        async move { house.get(ben, &format!("/api/v1/plans?{query}")).await.json()["items"].as_array().unwrap().len() }
    };
    assert_eq!(of(format!("assignee={}", ben_id.as_str().unwrap())).await, 1);
    assert_eq!(of("state=advice".to_owned()).await, 2);
    assert_eq!(of("state=awaiting,approved".to_owned()).await, 0);
    assert_eq!(of(format!("incident={}", plan["incident"].as_str().unwrap())).await, 2);
    assert_eq!(of("mine=true".to_owned()).await, 0);
    assert_eq!(house.get(&ben, "/api/v1/plans?state=waiting").await.status, 422);
    let ghost = json!({ "to": "acc_0192f0c1d2e37a4b8c5d6e7f80912a3b" });
    assert_eq!(house.call(&ben, "POST", &assign, Some(ghost)).await.status, 422);
}

/// A platform with one explained incident.
async fn ill() -> (House, Who, Played) {
    let house = House::open().await;
    let owner = house.owner().await;
    let mut played = Played::let_in(&house, &owner).await;
    played.show(&house, ILL_S).await;
    house.pass(1);
    (house, owner, played)
}

/// The first plan, once it is there.
async fn first(house: &House, who: &Who) -> Value {
    let best = |list: &Value| list["items"].as_array().unwrap().iter().find(|plan| plan["rank"] == 1).cloned();
    // The other one is kept after it.
    let list = wait_for(house, who, "/api/v1/plans", |list| list["items"].as_array().unwrap().len() == 2).await;
    best(&list).expect("a best plan")
}
