//! The graph of a cluster is what the diagnosis saw of it: now, and at each instant that a snapshot is kept of.

use std::collections::BTreeSet;

use crate::support::played::{Played, wait_for};
use crate::support::{House, Who};
use serde_json::{Value, json};

#[tokio::test]
async fn what_is_ill_shows_with_its_incident_and_what_depends_on_it() {
    let house = House::open().await;
    let owner = house.owner().await;
    let mut played = Played::let_in(&house, &owner).await;
    house.pass(1);
    played.show(&house, 0).await;
    let well = wait_for(&house, &owner, &played.path("/topology"), |graph| node(graph, "Deployment", "catalog").is_some()).await;
    assert_eq!((&well["live"], &well["left_out"]), (&json!(true), &json!(0)));
    assert!(nodes(&well).all(|node| node["health"] == "healthy"), "all is well: {well}");
    let catalog = node(&well, "Deployment", "catalog").unwrap();
    assert_eq!((&catalog["namespace"], &catalog["note"]), (&json!("grocer"), &json!("2 of 2 ready")));
    for (from, verb, to) in [("Service", "selects", "Pod"), ("Pod", "runs on", "Node"), ("Deployment", "owns", "ReplicaSet")] {
        assert!(edges(&well).any(|edge| edge == (from, verb, to)), "{from} {verb} {to}");
    }
    let pod = nodes(&well).find(|node| node["kind"] == "Pod").unwrap();
    let set = &well["nodes"][pod["owner"].as_u64().unwrap() as usize];
    let deployment = &well["nodes"][set["owner"].as_u64().unwrap() as usize];
    assert_eq!((&set["kind"], &deployment["kind"]), (&json!("ReplicaSet"), &json!("Deployment")));

    house.pass(70);
    played.show(&house, 70).await;
    let list = wait_for(&house, &owner, "/api/v1/incidents", |list| list["items"][0]["cause"] == "image.not_found").await;
    let incident = list["items"][0]["id"].clone();
    let ill = wait_for(&house, &owner, &played.path("/topology"), |graph| {
        // The incident is kept a moment before the picture is shown.
        node(graph, "Deployment", "catalog").is_some_and(|node| node["incidents"] == json!([incident]) && node["health"] != "healthy")
    })
    .await;
    let broken = nodes(&ill).find(|node| node["kind"] == "Pod" && node["health"] == "broken").expect("a pod that cannot start");
    assert_eq!(broken["note"], "0 of 1 ready: ImagePullBackOff");
    assert_eq!(node(&ill, "Deployment", "catalog").unwrap()["health"], "degraded", "its other pods are ready");
    let near = house.get(&owner, &played.path(&format!("/topology?incident={}", incident.as_str().unwrap()))).await.json();
    assert!(node(&near, "Deployment", "catalog").is_some());
    assert!(nodes(&near).count() < nodes(&ill).count() && nodes(&near).all(|node| node["namespace"] != "pictures"), "{near}");
    let grocer = house.get(&owner, &played.path("/topology?namespace=grocer")).await.json();
    assert!(nodes(&grocer).count() > 0 && nodes(&grocer).all(|node| node["namespace"] == "grocer"));
    let absent = house.get(&owner, &played.path("/topology?incident=inc_0192f0c1d2e37a4b8c5d6e7f80912a3b")).await;
    assert_eq!(absent.status, 404);
}

#[tokio::test]
async fn a_snapshot_of_an_instant_is_the_graph_as_it_was_then() {
    let house = House::open().await;
    let owner = house.owner().await;
    let mut played = Played::let_in(&house, &owner).await;
    let mut seen = Vec::new();
    for until_s in [0, 62, 100, 170, 245, 330] {
        house.pass(75);
        played.show(&house, until_s).await;
        seen.push((house.now(), agreed(&house, &owner, &played).await));
    }
    let instants = house.get(&owner, &played.path("/topology/instants")).await.json();
    let instants = instants["instants"].as_array().unwrap().clone();
    assert_eq!(instants.len(), seen.len(), "{instants:?}");
    assert!(seen.windows(2).all(|pair| pair[0].1 != pair[1].1), "each step changes the graph");
    for ((at, live), instant) in seen.iter().zip(&instants) {
        assert_eq!(instant["at"], json!(at));
        let kept = house.get(&owner, &played.path(&format!("/topology?at={at}"))).await.json();
        assert_eq!((&graph_of(&kept), &kept["live"]), (live, &json!(false)), "at {at}");
        let count = |health: &str| nodes(&kept).filter(|node| node["health"] == health).count();
        assert_eq!(instant["nodes"], nodes(&kept).count());
        assert_eq!((&instant["broken"], &instant["degraded"]), (&json!(count("broken")), &json!(count("degraded"))));
    }
    let between = house.get(&owner, &played.path("/topology?at=2026-05-04T12:02:00Z")).await.json();
    assert_eq!((&between["at"], &graph_of(&between)), (&json!(seen[0].0), &seen[0].1), "the newest that is not after");
    let before = house.get(&owner, &played.path("/topology?at=2026-05-04T11:00:00Z")).await;
    assert_eq!((before.status.as_u16(), before.code().as_str()), (422, "invalid"), "{}", before.text());

    house.plane.stop().await;
    let house = House::on(house.data, assent_platform::Settings::default()).await;
    let (at, live) = &seen[2];
    let kept = house.get(&owner, &played.path(&format!("/topology?at={at}"))).await.json();
    assert_eq!(&graph_of(&kept), live, "snapshots outlive the process");
}

#[tokio::test]
async fn snapshots_go_with_their_cluster() {
    let house = House::open().await;
    let owner = house.owner().await;
    let mut played = Played::let_in(&house, &owner).await;
    house.pass(1);
    played.show(&house, 0).await;
    wait_for(&house, &owner, &played.path("/topology/instants"), |kept| kept["instants"].as_array().is_some_and(|kept| !kept.is_empty()))
        .await;
    let kept = |text: String| text.lines().filter(|line| line.contains(r#""kind":"topology"#)).count();
    assert_eq!(kept(house.get(&owner, "/api/v1/tenant/export").await.text()), 2, "an instant and its picture, and an owner can take them");
    let answer = house.call(&owner, "DELETE", &played.path(""), None).await;
    assert_eq!(answer.status, 204, "{}", answer.text());
    assert_eq!(kept(house.get(&owner, "/api/v1/tenant/export").await.text()), 0);
    assert_eq!(house.get(&owner, &played.path("/topology")).await.status, 404);
}

/// Waits until a snapshot of now shows what there is now.
async fn agreed(house: &House, owner: &Who, played: &Played) -> Value {
    let now = house.now();
    wait_for(house, owner, &played.path("/topology/instants"), |kept| {
        kept["instants"].as_array().and_then(|kept| kept.last()).is_some_and(|last| last["at"] == json!(now))
    })
    .await;
    let kept = graph_of(&house.get(owner, &played.path(&format!("/topology?at={now}"))).await.json());
    let live = house.get(owner, &played.path("/topology")).await.json();
    assert_eq!(graph_of(&live), kept, "at {now}");
    kept
}

/// What is shown, but for whether it is now and which incidents are known by now.
fn graph_of(topology: &Value) -> Value {
    let mut nodes = topology["nodes"].clone();
    nodes.as_array_mut().unwrap().iter_mut().for_each(|node| drop(node.as_object_mut().unwrap().remove("incidents")));
    json!({ "nodes": nodes, "edges": topology["edges"] })
}

fn nodes(topology: &Value) -> impl Iterator<Item = &Value> {
    topology["nodes"].as_array().into_iter().flatten()
}

fn node<'t>(topology: &'t Value, kind: &str, name: &str) -> Option<&'t Value> {
    nodes(topology).find(|node| node["kind"] == kind && node["name"] == name)
}

/// Kind, verb and kind of every edge.
fn edges(topology: &Value) -> impl Iterator<Item = (&str, &str, &str)> {
    let kind = |place: &Value| topology["nodes"][place.as_u64().unwrap() as usize]["kind"].as_str().unwrap();
    let edges: BTreeSet<_> = topology["edges"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|edge| (kind(&edge["from"]), edge["kind"].as_str().unwrap(), kind(&edge["to"])))
        .collect();
    edges.into_iter()
}
