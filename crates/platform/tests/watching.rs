//! Signals of an observer become incidents, which those may see who may see their namespaces, and which outlive the process.

use crate::support::played::{until, wait_for};
use crate::support::{House, Who};
use serde_json::{Value, json};

const STREAM: &str = "00112233445566778899aabbccddeeff";

/// A cluster with an observer that was let in.
struct Watched {
    cluster: String,
    environment: String,
    token: Who,
    sent: u64,
}

#[tokio::test]
async fn what_goes_wrong_in_a_cluster_becomes_an_incident_with_a_report() {
    let house = House::open().await;
    let owner = house.owner().await;
    let mut watched = Watched::let_in(&house, &owner).await;
    watched.send(&house, healthy(&house)).await;
    house.pass(1);
    let cluster =
        wait_for(&house, &owner, &format!("/api/v1/clusters/{}", watched.cluster), |cluster| cluster["health"] == "healthy").await;
    assert_eq!((&cluster["connection"], &cluster["open_incidents"]), (&json!("connected"), &json!(0)));

    watched.send(&house, until(&house, 60)).await;
    house.pass(1);
    let list = wait_for(&house, &owner, "/api/v1/incidents", |list| list["items"][0]["cause"] == "image.not_found").await;
    let incident = &list["items"][0];
    assert_eq!((&incident["state"], &incident["entity"]["name"]), (&json!("explained"), &json!("catalog")));
    let path = format!("/api/v1/incidents/{}", incident["id"].as_str().unwrap());
    let whole = house.get(&owner, &path).await.json();
    assert_eq!(whole["report"]["verdict"], "root_cause", "{whole}");
    let timeline = house.get(&owner, &format!("{path}/timeline")).await.json();
    assert!(timeline["items"].as_array().unwrap().len() >= 2, "{timeline}");
    let records = house.records(&owner).await;
    assert!(records.iter().any(|record| record.action == "incident.opened" && record.actor == "platform"), "I4: it is on the ledger");
}

#[tokio::test]
async fn people_act_on_an_incident_and_the_ledger_knows() {
    let house = House::open().await;
    let owner = house.owner().await;
    let (watched, path) = ill(&house, &owner).await;
    let post = |path: String, body: Value| house.call(&owner, "POST", Box::leak(path.into_boxed_str()), Some(body));
    let remark = post(format!("{path}/comments"), json!({ "text": "token=ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8 was rotated" })).await;
    assert_eq!(remark.status, 201, "{}", remark.text());
    assert!(!remark.text().contains("ghp_a1B2"), "I7: {}", remark.text());
    let muted = post(format!("{path}/mute"), json!({ "for_s": 3600, "reason": "known" })).await;
    assert_eq!(muted.json()["summary"]["state"], "muted", "{}", muted.text());
    assert_eq!(post(format!("{path}/unmute"), json!({})).await.json()["summary"]["state"], "explained");
    assert_eq!(post(format!("{path}/dismiss"), json!({ "reason": "a rehearsal" })).await.json()["summary"]["state"], "dismissed");
    assert_eq!(post(format!("{path}/mute"), json!({ "for_s": 3600 })).await.status, 409, "what is dismissed is not muted");
    assert_eq!(post(format!("{path}/reopen"), json!({})).await.json()["summary"]["state"], "explained");
    let shared = post(format!("{path}/shares"), json!({ "expires_in_s": 3600 })).await.json();
    let token = shared["link"].as_str().unwrap().split_once('#').unwrap().1;
    let opened = house.call(&Who::Nobody, "POST", "/api/v1/shared", Some(json!({ "token": token }))).await;
    assert_eq!(opened.json()["report"]["verdict"], "root_cause", "{}", opened.text());
    let share = format!("{path}/shares/{}", shared["share"]["id"].as_str().unwrap());
    assert_eq!(house.call(&owner, "DELETE", &share, None).await.status, 204);
    assert_eq!(house.call(&Who::Nobody, "POST", "/api/v1/shared", Some(json!({ "token": token }))).await.status, 404, "revoked at once");
    let records = house.records(&owner).await;
    for action in ["incident.comment", "incident.manage", "incident.share", "share.open"] {
        assert!(records.iter().any(|record| record.action == action), "{action} is not on the ledger");
    }
    drop(watched);
}

#[tokio::test]
async fn a_viewer_of_other_namespaces_learns_nothing_of_it() {
    let house = House::open().await;
    let owner = house.owner().await;
    let (watched, path) = ill(&house, &owner).await;
    let only = |namespace: &str| json!([{ "role": "viewer", "environment": watched.environment, "namespaces": [namespace] }]);
    let inside = house.join(&owner, "inside@example.org", only("grocer")).await;
    let outside = house.join(&owner, "outside@example.org", only("tills")).await;
    assert_eq!(house.get(&inside, &path).await.status, 200);
    assert_eq!(house.get(&inside, "/api/v1/incidents").await.json()["items"].as_array().unwrap().len(), 1);
    assert!(house.get(&outside, "/api/v1/incidents").await.json()["items"].as_array().unwrap().is_empty());
    let absent = house.get(&outside, "/api/v1/incidents/inc_0192f0c1d2e37a4b8c5d6e7f80912a3b").await;
    for part in ["", "/timeline", "/comments"] {
        let refused = house.get(&outside, &format!("{path}{part}")).await;
        assert_eq!(refused.but_for_its_id(), absent.but_for_its_id(), "{part}");
    }
}

#[tokio::test]
async fn signals_count_once_and_gaps_are_refused() {
    let house = House::open().await;
    let owner = house.owner().await;
    let mut watched = Watched::let_in(&house, &owner).await;
    let first = healthy(&house);
    let count = first.len() as u64;
    assert_eq!(watched.send(&house, first.clone()).await["acknowledged"], count);
    watched.sent = 0;
    assert_eq!(watched.send(&house, first).await["acknowledged"], count, "what came twice counts once");
    watched.sent = count + 5;
    let gap = watched.post(&house, vec![pod_gone(&house)]).await;
    assert_eq!((gap.0, gap.1["code"].as_str()), (409, Some("conflict")), "{}", gap.1);
    let dropped = json!({ "dropped": { "at": house.now(), "signals": 6 } });
    assert_eq!(watched.send(&house, vec![dropped]).await["acknowledged"], count + 6, "what was dropped is counted");
    let secret = json!({ "object": { "at": house.now(), "body": { "apiVersion": "v1", "kind": "Secret", "metadata": { "namespace": "a", "name": "b" } } } });
    assert_eq!(watched.send(&house, vec![secret]).await["acknowledged"], count + 7, "a Secret is passed over");
}

#[tokio::test]
async fn a_rotated_or_revoked_key_ends_its_tokens_at_once() {
    let house = House::open().await;
    let owner = house.owner().await;
    let mut watched = Watched::let_in(&house, &owner).await;
    let key = format!("/api/v1/clusters/{}/key", watched.cluster);
    assert_eq!(watched.post(&house, vec![pod_gone(&house)]).await.0, 200);
    let rotated = house.call(&owner, "POST", &key, Some(json!({}))).await;
    assert_eq!(rotated.status, 200, "{}", rotated.text());
    assert_eq!(watched.post(&house, vec![pod_gone(&house)]).await.0, 401, "the token of the old key");
    watched.token = token_of(&house, rotated.json()["manifest"].as_str().unwrap()).await;
    assert_eq!(watched.post(&house, vec![pod_gone(&house)]).await.0, 200);
    assert_eq!(house.call(&owner, "DELETE", &key, None).await.status, 204);
    assert_eq!(watched.post(&house, vec![pod_gone(&house)]).await.0, 401, "revoked");
    assert_eq!(house.get(&owner, &format!("/api/v1/clusters/{}", watched.cluster)).await.json()["connection"], "revoked");
}

#[tokio::test]
async fn an_incident_and_what_is_known_outlive_the_process() {
    let house = House::open().await;
    let owner = house.owner().await;
    let (watched, path) = ill(&house, &owner).await;
    let known = |cluster: &Value| cluster["objects"].as_u64() > Some(0);
    let objects = wait_for(&house, &owner, &format!("/api/v1/clusters/{}", watched.cluster), known).await["objects"].clone();
    house.plane.stop().await;
    let house = House::on(house.data, assent_platform::Settings::default()).await;
    assert_eq!(house.get(&owner, &path).await.json()["summary"]["cause"], "image.not_found");
    let cluster = wait_for(&house, &owner, &format!("/api/v1/clusters/{}", watched.cluster), |one| one["open_incidents"] == 1).await;
    assert_eq!(cluster["objects"], objects, "what was acknowledged is known again");
    let hello = watched.hello(&house, STREAM).await;
    assert_eq!(hello["acknowledged"], watched.sent, "the stream goes on where it was");
    let anew = watched.hello(&house, "ffeeddccbbaa99887766554433221100").await;
    assert_eq!(anew["acknowledged"], 0, "a buffer that was lost begins anew");
    let cluster = house.get(&owner, &format!("/api/v1/clusters/{}", watched.cluster)).await.json();
    assert_eq!(cluster["objects"], objects, "and what is known stays");
}

#[tokio::test]
async fn an_alert_is_a_symptom_of_what_it_names_until_it_is_over() {
    let house = House::open().await;
    let owner = house.owner().await;
    let mut watched = Watched::let_in(&house, &owner).await;
    watched.send(&house, healthy(&house)).await;
    house.pass(1);
    wait_for(&house, &owner, &format!("/api/v1/clusters/{}", watched.cluster), |cluster| cluster["health"] == "healthy").await;
    let body = json!({ "name": "Alerts", "format": "generic", "cluster": watched.cluster });
    let way = house.call(&owner, "POST", "/api/v1/alert-sources", Some(body)).await.json();
    let path = way["url"].as_str().unwrap().split_once("/api/").map(|(_, rest)| format!("/api/{rest}")).unwrap();
    let sender = Who::Bearer(way["secret"].as_str().unwrap().to_owned());
    let alert = |title: &str, object: Option<&str>, resolved: bool| {
        let body = json!({ "title": title, "object": object, "starts_at": "2026-05-04T12:00:00Z", "resolved": resolved });
        house.call(&sender, "POST", &path, Some(body))
    };
    // Whoever can write events in the cluster makes no alert.
    let forged = json!({"object": {"at": house.now(), "body": {"apiVersion": "v1", "kind": "Event", "metadata": {"name": "forged", "namespace": "grocer"},
        "involvedObject": {"kind": "Deployment", "namespace": "grocer", "name": "basket"}, "type": "Warning", "reason": "Alert", "message": "forged",
        "reportingComponent": "assent.dev/alerts"}}});
    watched.send(&house, vec![forged]).await;
    assert_eq!(alert("Orders fall", None, false).await.status, 202);
    assert_eq!(alert("Catalog is slow", Some("Deployment/grocer/catalog"), false).await.status, 202);
    let open = |list: &Value| list["items"][0]["entity"]["name"] == "catalog";
    let list = watched.live_until(&house, &owner, "/api/v1/incidents", open).await;
    assert_eq!(list["items"].as_array().unwrap().len(), 1, "{list}");
    assert!(list["items"][0]["title"].as_str().unwrap().contains("Catalog is slow"), "{list}");
    let incident = format!("/api/v1/incidents/{}", list["items"][0]["id"].as_str().unwrap());
    let timeline = house.get(&owner, &format!("{incident}/timeline")).await.text();
    assert!(timeline.contains("alert: Orders fall"), "{timeline}");

    // The observer lists the cluster anew, which knows nothing of alerts; and the platform starts anew.
    watched.send(&house, vec![json!({"listed": {"at": house.now(), "kind": "Event"}})]).await;
    house.plane.stop().await;
    let house = House::on(house.data, assent_platform::Settings::default()).await;
    let mut lived_s = 0;
    let after = watched
        .live_until(&house, &owner, &incident, |_| {
            lived_s += 1;
            lived_s > 200
        })
        .await;
    assert_eq!(after["summary"]["state"], "inconclusive", "it is still on: {after}");
    let body =
        json!({ "title": "Catalog is slow", "object": "Deployment/grocer/catalog", "starts_at": "2026-05-04T12:00:00Z", "resolved": true });
    assert_eq!(house.call(&sender, "POST", &path, Some(body)).await.status, 202);
    watched.live_until(&house, &owner, &incident, |one| one["summary"]["state"] == "resolved").await;
}

impl Watched {
    /// Lets time pass, a second at a time, in each of which the observer says something, until it is so.
    async fn live_until(&mut self, house: &House, who: &Who, path: &str, mut is: impl FnMut(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        for _ in 0..400 {
            house.pass(1);
            self.send(house, vec![pod_gone(house)]).await;
            last = house.get(who, path).await.json();
            if is(&last) {
                return last;
            }
        }
        panic!("{path} never became so: {last}");
    }

    async fn let_in(house: &House, owner: &Who) -> Self {
        let environment =
            house.call(owner, "POST", "/api/v1/environments", Some(json!({ "name": "live", "criticality": "dev" }))).await.json();
        let environment = environment["id"].as_str().unwrap().to_owned();
        let body = json!({ "name": "eu", "environment": environment, "profiles": ["workloads"], "endpoint": "https://assent.example.org" });
        let made = house.call(owner, "POST", "/api/v1/clusters", Some(body)).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let made = made.json();
        let token = token_of(house, made["manifest"].as_str().unwrap()).await;
        let cluster = made["cluster"]["id"].as_str().unwrap().to_owned();
        let watched = Self { cluster, environment, token, sent: 0 };
        assert_eq!(watched.hello(house, STREAM).await["acknowledged"], 0);
        watched
    }

    async fn hello(&self, house: &House, stream: &str) -> Value {
        let state =
            json!({ "version": "0", "started_at": house.now(), "buffered_bytes": 0, "dropped": 0, "redacted": 0, "cannot_see": [] });
        let body = json!({ "stream": stream, "cluster_uid": "uid-1", "profiles": ["core", "workloads"], "state": state });
        let answer = house.call(&self.token, "POST", "/api/v1/observer/hello", Some(body)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    async fn send(&mut self, house: &House, signals: Vec<Value>) -> Value {
        let (status, answer) = self.post(house, signals).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    async fn post(&mut self, house: &House, signals: Vec<Value>) -> (u16, Value) {
        let before = self.sent;
        let is_dropped = |signal: &Value| signal["dropped"]["signals"].as_u64();
        let numbered: Vec<Value> = signals
            .iter()
            .map(|signal| {
                self.sent = if is_dropped(signal).is_some() { self.sent.max(before) + 1 } else { self.sent + 1 };
                json!({ "seq": self.sent, "signal": signal })
            })
            .collect();
        let answer =
            house.call(&self.token, "POST", "/api/v1/observer/signals", Some(json!({ "stream": STREAM, "signals": numbered }))).await;
        if answer.status != 200 {
            self.sent = before;
        }
        (answer.status.as_u16(), answer.json())
    }
}

/// A platform with one open incident, and where it is.
async fn ill(house: &House, owner: &Who) -> (Watched, String) {
    let mut watched = Watched::let_in(house, owner).await;
    watched.send(house, until(house, 60)).await;
    house.pass(1);
    let list = wait_for(house, owner, "/api/v1/incidents", |list| list["items"][0]["cause"] == "image.not_found").await;
    let path = format!("/api/v1/incidents/{}", list["items"][0]["id"].as_str().unwrap());
    (watched, path)
}

async fn token_of(house: &House, manifest: &str) -> Who {
    let key = manifest.split(|c: char| c.is_whitespace() || c == '"').find(|word| word.starts_with("ask_")).expect("a key in the Secret");
    let answer = house.call(&Who::Nobody, "POST", "/api/v1/observer/token", Some(json!({ "key": key }))).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    Who::Bearer(answer.json()["token"].as_str().unwrap().to_owned())
}

/// Everything that the played cluster shows before anything goes wrong.
fn healthy(house: &House) -> Vec<Value> {
    until(house, 0)
}

fn pod_gone(house: &House) -> Value {
    json!({ "gone": { "at": house.now(), "kind": "Pod", "namespace": "nowhere", "name": "nobody" } })
}
