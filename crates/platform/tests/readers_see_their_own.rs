//! Whoever may read one namespace sees nothing of another: not in the overview, not in the graph, not in what a report quotes (I11).

use crate::support::played::{Played, wait_for};
use crate::support::{House, Who};
use serde_json::{Value, json};

/// What the demo calls things in namespaces other than `grocer`.
const ELSEWHERE: [&str; 9] = ["tills", "pictures", "payments", "invoices", "thumbs", "search", "kube-system", "node-a", "node-b"];

#[tokio::test]
async fn an_overview_tells_the_numbers_and_the_latest_of_what_one_may_read() {
    let (house, owner, played) = ill().await;
    let all = house.get(&owner, "/api/v1/overview").await.json();
    let environment = &all["environments"].as_array().unwrap().iter().find(|one| one["id"] == json!(played.environment)).unwrap();
    assert_eq!(environment["clusters"][0]["health"], "broken", "{all}");
    assert_eq!(environment["open"], all["open"]);
    assert_eq!(environment["clusters"][0]["open"], all["open"]);
    let open = ["broken", "degraded", "notice"].iter().map(|word| all["open"][word].as_u64().unwrap()).sum::<u64>();
    let listed = house.get(&owner, "/api/v1/incidents").await.json()["items"].as_array().unwrap().len() as u64;
    assert_eq!(open, listed);
    assert_eq!((&all["today"]["opened"], &all["today"]["explained"]), (&json!(listed), &json!(listed)));
    assert_eq!(all["understanding"]["explained"], json!(listed));
    assert!(all["understanding"]["p50_s"].as_f64().unwrap() <= all["understanding"]["p95_s"].as_f64().unwrap());
    let latest = all["today"]["latest"].as_array().unwrap();
    assert!(latest.windows(2).all(|pair| pair[0]["at"].as_str() >= pair[1]["at"].as_str()), "newest first");
    for kind in ["opened", "explained", "change"] {
        assert!(latest.iter().any(|item| item["kind"] == kind), "{kind} is missing in {latest:?}");
    }

    let inside = viewer(&house, &owner, &played, "grocer").await;
    let own = house.get(&inside, "/api/v1/overview").await;
    assert_eq!(own.json()["today"]["opened"], 1, "{}", own.text());
    assert!(!ELSEWHERE.iter().any(|word| own.text().contains(word)), "{}", own.text());
    assert_eq!(own.json()["environments"], json!([]), "an environment may speak of any namespace");
    let outside = viewer(&house, &owner, &played, "nowhere").await;
    let none = house.get(&outside, "/api/v1/overview").await.json();
    assert_eq!((&none["today"]["latest"], &none["open"]), (&json!([]), &json!({ "broken": 0, "degraded": 0, "notice": 0 })));
}

#[tokio::test]
async fn a_muted_incident_is_not_open_and_a_resolved_one_is_over() {
    let (house, owner, played) = ill().await;
    let before = house.get(&owner, "/api/v1/overview").await.json()["open"]["broken"].as_u64().unwrap();
    let list = house.get(&owner, "/api/v1/incidents?severity=broken").await.json();
    let path = format!("/api/v1/incidents/{}/mute", list["items"][0]["id"].as_str().unwrap());
    assert_eq!(house.call(&owner, "POST", &path, Some(json!({ "for_s": 3600 }))).await.status, 200);
    let overview = house.get(&owner, "/api/v1/overview").await.json();
    assert_eq!(overview["open"]["broken"], before - 1);
    let is_hers = |item: &&Value| item["kind"] == "act" && item["by"].as_str().is_some_and(|by| by.starts_with("account:"));
    assert!(overview["today"]["latest"].as_array().unwrap().iter().any(|item| is_hers(&item)), "it is told of: {overview}");
    drop(played);
}

#[tokio::test]
async fn a_graph_has_no_node_no_tie_and_no_count_of_another_namespace() {
    let (house, owner, played) = ill().await;
    let inside = viewer(&house, &owner, &played, "grocer").await;
    let own = house.get(&inside, &played.path("/topology")).await;
    assert!(own.json()["nodes"].as_array().is_some_and(|nodes| !nodes.is_empty()), "{}", own.text());
    assert!(own.json()["nodes"].as_array().unwrap().iter().all(|node| node["namespace"] == "grocer"), "{}", own.text());
    assert!(!ELSEWHERE.iter().any(|word| own.text().contains(word)), "{}", own.text());
    let path = played.path("/topology/instants");
    let kept = house.get(&inside, &path).await.json()["instants"].as_array().unwrap().clone();
    let whole = house.get(&owner, &path).await.json()["instants"].as_array().unwrap().clone();
    assert_eq!(kept.len(), whole.len());
    let (kept, whole) = (kept.last().unwrap(), whole.last().unwrap());
    assert!(kept["nodes"].as_u64().unwrap() > 0 && kept["nodes"].as_u64() < whole["nodes"].as_u64(), "{kept} of {whole}");
    let at = kept["at"].as_str().unwrap();
    let then = house.get(&inside, &played.path(&format!("/topology?at={at}"))).await.json();
    assert_eq!(then["nodes"].as_array().unwrap().len() as u64, kept["nodes"].as_u64().unwrap());
    assert!(then["nodes"].as_array().unwrap().iter().all(|node| node["namespace"] == "grocer"));

    let outside = viewer(&house, &owner, &played, "nowhere").await;
    for rest in ["/topology", "/topology/instants", "/topology?namespace=grocer", &format!("/topology?at={at}")] {
        let refused = house.get(&outside, &played.path(rest)).await;
        let absent = house.get(&outside, &format!("/api/v1/clusters/cls_0192f0c1d2e37a4b8c5d6e7f80912a3b{rest}")).await;
        assert_eq!(refused.but_for_its_id(), absent.but_for_its_id(), "{rest}");
        assert_eq!(refused.status, 404);
    }
}

#[tokio::test]
async fn quoted_words_stand_in_the_text_around_them_for_those_who_may_read_it() {
    let (house, owner, played) = ill().await;
    let list = house.get(&owner, "/api/v1/incidents").await.json();
    let of = |cause: &str| {
        list["items"].as_array().unwrap().iter().find(|one| one["cause"] == cause).unwrap()["id"].as_str().unwrap().to_owned()
    };
    let path = format!("/api/v1/incidents/{}", of("image.not_found"));
    let report = house.get(&owner, &path).await.json()["report"].clone();
    let quoted = evidence_of(&report);
    assert!(quoted.len() >= 2, "{report}");
    let inside = viewer(&house, &owner, &played, "grocer").await;
    let outside = viewer(&house, &owner, &played, "tills").await;
    for item in &quoted {
        let one = format!("{path}/evidence/{}", item["id"].as_str().unwrap());
        let shown = house.get(&owner, &one).await;
        assert_eq!(shown.status, 200, "{}", shown.text());
        let shown = shown.json();
        for field in ["id", "source", "locator", "quote", "about"] {
            assert_eq!(shown[field], item[field], "{field}");
        }
        assert_eq!((&shown["checked"], &shown["cut_before"], &shown["cut_after"]), (&json!(true), &json!(false), &json!(false)));
        let whole =
            format!("{}{}{}", shown["before"].as_str().unwrap(), shown["quote"].as_str().unwrap(), shown["after"].as_str().unwrap());
        assert!(serde_json::from_str::<Value>(&whole).is_ok(), "all of the object: {whole}");
        assert_eq!(house.get(&inside, &one).await.json(), shown);
        assert_eq!(house.get(&outside, &one).await.status, 404);
    }
    assert_eq!(house.get(&owner, &format!("{path}/evidence/E999")).await.status, 404);
    assert_eq!(house.get(&owner, &format!("{path}/evidence/{}", "E".repeat(500))).await.status, 404);
    let records = house.records(&owner).await;
    assert!(
        records.iter().any(|record| record.action == "incident.read" && record.details["evidence"] == quoted[0]["id"]),
        "it is on the ledger"
    );
}

#[tokio::test]
async fn records_of_an_environment_are_those_about_it_and_what_is_in_it() {
    let (house, owner, played) = ill().await;
    let other = house.call(&owner, "POST", "/api/v1/environments", Some(json!({ "name": "other", "criticality": "lab" }))).await.json();
    let other = other["id"].as_str().unwrap().to_owned();
    let within = |id: &str| format!("/api/v1/ledger/records?limit=500&environment={id}");
    let own = house.get(&owner, &within(&played.environment)).await.json()["items"].as_array().unwrap().clone();
    let actions: std::collections::BTreeSet<&str> = own.iter().map(|record| record["action"].as_str().unwrap()).collect();
    for action in ["environment.manage", "cluster.manage", "incident.opened", "incident.explained"] {
        assert!(actions.contains(action), "{action} in {actions:?}");
    }
    assert!(!actions.iter().any(|action| action.starts_with("session.") || action.starts_with("member.")), "{actions:?}");
    let others = house.get(&owner, &within(&other)).await.json()["items"].as_array().unwrap().clone();
    assert_eq!(others.len(), 1, "{others:?}");
    assert_eq!((&others[0]["subject"], &others[0]["action"]), (&json!(other), &json!("environment.manage")));
}

/// A platform whose played cluster has incidents in `grocer` and `tills`.
async fn ill() -> (House, Who, Played) {
    let house = House::open().await;
    let owner = house.owner().await;
    let mut played = Played::let_in(&house, &owner).await;
    house.pass(1);
    played.show(&house, 0).await;
    wait_for(&house, &owner, &played.path(""), |cluster| cluster["health"] == "healthy").await;
    house.pass(100);
    played.show(&house, 100).await;
    let explained = |list: &Value| {
        let causes: Vec<&str> = list["items"].as_array().into_iter().flatten().filter_map(|one| one["cause"].as_str()).collect();
        causes.contains(&"image.not_found") && causes.contains(&"service.selector_matches_nothing")
    };
    wait_for(&house, &owner, "/api/v1/incidents", explained).await;
    let now = house.now();
    wait_for(&house, &owner, &played.path("/topology/instants"), |kept| {
        kept["instants"].as_array().and_then(|kept| kept.last()).is_some_and(|last| last["at"] == json!(now))
    })
    .await;
    (house, owner, played)
}

async fn viewer(house: &House, owner: &Who, played: &Played, namespace: &str) -> Who {
    let grants = json!([{ "role": "viewer", "environment": played.environment, "namespaces": [namespace] }]);
    house.join(owner, &format!("{namespace}@example.org"), grants).await
}

/// All evidence of a report.
fn evidence_of(report: &Value) -> Vec<Value> {
    let parts = ["root_causes", "not_proven", "findings"].iter().flat_map(|part| report[part].as_array().into_iter().flatten());
    parts.flat_map(|part| part["evidence"].as_array().cloned().unwrap_or_default()).collect()
}
