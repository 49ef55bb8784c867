//! People are told of incidents, where the configuration lets them be told, and of nothing twice.

use crate::support;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};

use crate::support::played::{Played, fall_ill, wait_for};
use crate::support::voting::{Installed, Voter};
use crate::support::{House, Who};
use assent_platform::Settings;
use assent_platform::notify::Config;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::Notify;

/// Looks before a test gives up waiting.
const LOOKS_MAX: usize = 20_000;
/// The secret in the address of a channel.
const SECRET: &str = "T0-s3cret-path";

/// A receiver on loopback that writes down what comes, and answers what it is told to. With 0 it never answers.
#[derive(Clone)]
struct Receiver {
    host: String,
    answer: Arc<AtomicU16>,
    came: Arc<Mutex<Vec<Value>>>,
    knock: Arc<Notify>,
}

impl Receiver {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self {
            host: listener.local_addr().unwrap().to_string(),
            answer: Arc::new(AtomicU16::new(200)),
            came: Arc::default(),
            knock: Arc::default(),
        };
        let app = axum::Router::new().fallback(take).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        receiver
    }

    fn answers(&self, status: u16) {
        self.answer.store(status, Ordering::SeqCst);
    }

    fn came(&self) -> Vec<Value> {
        self.came.lock().unwrap().clone()
    }

    fn settings(&self) -> Settings {
        let notify = Config { hosts: vec![self.host.clone()], ..Config::default() };
        let observer_image = "registry.example.org/assent-observer:1".to_owned();
        Settings { notify, observer_image, public_url: Some("https://assent.example".to_owned()), ..Settings::default() }
    }

    fn channel(&self, rules: Value) -> Value {
        let target = json!({ "type": "webhook", "url": format!("http://{}/{SECRET}", self.host), "key": "k3y-k3y-k3y-k3y-k3y" });
        json!({ "name": "on-call", "target": target, "rules": rules })
    }
}

async fn take(State(receiver): State<Receiver>, body: String) -> StatusCode {
    receiver.came.lock().unwrap().push(serde_json::from_str(&body).unwrap());
    receiver.knock.notify_one();
    match receiver.answer.load(Ordering::SeqCst) {
        0 => std::future::pending().await,
        status => StatusCode::from_u16(status).unwrap(),
    }
}

async fn open(house: &House, owner: &Who, channel: Value) -> String {
    let made = house.call(owner, "POST", "/api/v1/channels", Some(channel)).await;
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()["id"].as_str().unwrap().to_owned()
}

async fn status(house: &House, owner: &Who, channel: &str) -> Value {
    house.get(owner, &format!("/api/v1/channels/{channel}")).await.json()["status"].clone()
}

/// Tells until something has come, and everything that there is to tell now is told.
async fn tell(house: &House, receiver: &Receiver) {
    for _ in 0..LOOKS_MAX {
        house.plane.notify().await;
        if !receiver.came().is_empty() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("nothing comes");
}

#[tokio::test]
async fn an_incident_is_told_once_with_a_link_to_its_page() {
    let receiver = Receiver::start().await;
    let house = House::with(receiver.settings()).await;
    let owner = house.owner().await;
    let channel = open(&house, &owner, receiver.channel(json!({}))).await;
    fall_ill(&house, &owner).await;
    tell(&house, &receiver).await;
    let incident = house.get(&owner, "/api/v1/incidents").await.json()["items"][0].clone();
    let came = receiver.came();
    let notice = &came[0]["notices"][0];
    assert_eq!(notice["event"], "incident_opened", "{came:#?}");
    assert_eq!(notice["subject_id"], incident["id"]);
    assert_eq!(notice["title"], incident["title"]);
    assert_eq!(notice["url"], format!("https://assent.example/incidents/{}", incident["id"].as_str().unwrap()));
    house.plane.notify().await;
    assert_eq!(receiver.came().len(), came.len(), "nothing is told twice");
    let status = status(&house, &owner, &channel).await;
    assert_eq!((&status["sent"], &status["failures"], &status["waiting"]), (&json!(came.len()), &json!(0), &json!(0)), "{status}");
    assert!(status["last_sent"].is_string());
}

#[tokio::test]
async fn a_channel_elsewhere_is_refused_when_it_is_made_and_when_something_is_sent() {
    let receiver = Receiver::start().await;
    let house = House::with(receiver.settings()).await;
    let owner = house.owner().await;
    for (url, field) in [
        (format!("http://127.0.0.1:9/{SECRET}"), "/target/url"),
        (format!("https://hooks.slack.com/{SECRET}"), "/target/url"),
        (format!("http://{}@evil.example/", receiver.host), "/target/url"),
    ] {
        let body = json!({ "name": "elsewhere", "target": { "type": "slack", "url": url } });
        let answer = house.call(&owner, "POST", "/api/v1/channels", Some(body)).await;
        assert_eq!(answer.status, 422, "{url}: {}", answer.text());
        assert!(answer.text().contains(field) && !answer.text().contains(SECRET), "{}", answer.text());
    }
    let mail = json!({ "name": "mail", "target": { "type": "email", "to": ["ada@example.com"] } });
    assert_eq!(house.call(&owner, "POST", "/api/v1/channels", Some(mail)).await.status, 422, "there is no mail server");
    let channel = open(&house, &owner, receiver.channel(json!({}))).await;
    fall_ill(&house, &owner).await;
    house.plane.stop().await;
    // The operator takes the host out of the configuration.
    let public_url = Some("https://assent.example".to_owned());
    let house = House::on(house.data, Settings { public_url, ..Settings::default() }).await;
    let owner = house.sign_in("ada@example.org", support::PASSWORD).await.who();
    house.plane.notify().await;
    assert_eq!(receiver.came().len(), 0);
    let status = status(&house, &owner, &channel).await;
    assert!(status["refused"].as_str().unwrap().contains("127.0.0.1"), "{status}");
    assert!(status["given_up"].as_u64().unwrap() > 0, "{status}");
    let tested = house.call(&owner, "POST", &format!("/api/v1/channels/{channel}/test"), None).await;
    assert_eq!((tested.status.as_u16(), &tested.json()["delivered"]), (200, &json!(false)), "{}", tested.text());
    assert_eq!(receiver.came().len(), 0);
}

#[tokio::test]
async fn what_is_secret_is_shown_nowhere() {
    let receiver = Receiver::start().await;
    let house = House::with(receiver.settings()).await;
    let owner = house.owner().await;
    let channel = open(&house, &owner, receiver.channel(json!({}))).await;
    let path = format!("/api/v1/channels/{channel}");
    house.call(&owner, "PATCH", &path, Some(json!({ "target": receiver.channel(json!({}))["target"], "name": "renamed" }))).await;
    house.call(&owner, "POST", &format!("{path}/test"), None).await;
    receiver.answers(404);
    house.call(&owner, "POST", &format!("{path}/test"), None).await;
    let mut texts = vec![format!("{:?}", house.records(&owner).await)];
    for path in [path.as_str(), "/api/v1/channels", "/api/v1/tenant/export", "/api/v1/ledger/records?limit=500"] {
        let answer = house.get(&owner, path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        texts.push(answer.text());
    }
    for text in &texts {
        assert!(!text.contains(SECRET) && !text.contains("k3y-k3y"), "{text}");
        assert!(text.contains(&channel));
    }
    assert_eq!(house.get(&owner, &path).await.json()["target"]["url"], format!("http://{}/…", receiver.host));
    house.plane.stop().await;
    for (path, bytes) in house.files() {
        for secret in [SECRET, "k3y-k3y"] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{} holds it", path.display());
        }
    }
}

#[tokio::test]
async fn a_receiver_that_is_down_is_tried_again_also_after_a_restart() {
    let receiver = Receiver::start().await;
    let house = House::with(receiver.settings()).await;
    let owner = house.owner().await;
    let channel = open(&house, &owner, receiver.channel(json!({ "events": ["incident_opened"] }))).await;
    receiver.answers(503);
    fall_ill(&house, &owner).await;
    tell(&house, &receiver).await;
    let down = status(&house, &owner, &channel).await;
    assert_eq!((&down["failures"], &down["sent"]), (&json!(1), &json!(0)), "{down}");
    assert!(down["last_error"].as_str().unwrap().contains("503") && down["next_at"].is_string(), "{down}");
    let tried = receiver.came().len();
    house.plane.notify().await;
    assert_eq!(receiver.came().len(), tried, "not before its time");
    house.plane.stop().await;
    receiver.answers(204);
    let house = House::on(house.data, receiver.settings()).await;
    let owner = house.sign_in("ada@example.org", support::PASSWORD).await.who();
    house.pass(60);
    house.plane.notify().await;
    let up = status(&house, &owner, &channel).await;
    assert_eq!((&up["failures"], &up["given_up"]), (&json!(0), &json!(0)), "{up}");
    let came = receiver.came();
    assert_eq!(came[0]["id"], came[tried]["id"], "the same message");
    assert_eq!(came[0]["notices"], came[tried]["notices"]);
}

#[tokio::test]
async fn a_message_that_is_given_up_is_on_the_ledger() {
    let receiver = Receiver::start().await;
    let house = House::with(receiver.settings()).await;
    let owner = house.owner().await;
    let channel = open(&house, &owner, receiver.channel(json!({ "events": ["incident_opened"] }))).await;
    receiver.answers(410);
    fall_ill(&house, &owner).await;
    tell(&house, &receiver).await;
    let given_up = status(&house, &owner, &channel).await;
    assert_eq!(given_up["waiting"], 0, "{given_up}");
    let records = house.records(&owner).await;
    let record = records.iter().find(|record| record.action == "channel.given_up").expect("a record");
    assert_eq!(record.subject, channel);
    assert_eq!(given_up["given_up"], records.iter().filter(|record| record.action == "channel.given_up").count());
    assert!(records.iter().any(|record| record.action == "channel.manage" && record.subject == channel));
}

#[tokio::test]
async fn a_message_that_a_stop_cut_off_comes_twice_at_most() {
    let receiver = Receiver::start().await;
    let mut house = House::with(receiver.settings()).await;
    let owner = house.owner().await;
    let channel =
        open(&house, &owner, receiver.channel(json!({ "events": ["incident_opened"], "digest": { "when": "every", "minutes": 1 } }))).await;
    receiver.answers(0);
    fall_ill(&house, &owner).await;
    house.plane.notify().await;
    house.pass(60);
    for _ in 0..3 {
        // The platform goes while it waits for the answer.
        tokio::select! {
            _ = house.plane.notify() => {}
            () = receiver.knock.notified() => {}
        }
        house.plane.stop().await;
        house = House::on(house.data, receiver.settings()).await;
        house.pass(120);
    }
    assert_eq!(receiver.came().len(), 2, "{:#?}", receiver.came());
    let came = receiver.came();
    assert_eq!(came[0]["id"], came[1]["id"], "a receiver can tell");
    let owner = house.sign_in("ada@example.org", support::PASSWORD).await.who();
    let status = status(&house, &owner, &channel).await;
    assert_eq!((&status["given_up"], &status["waiting"]), (&json!(1), &json!(0)), "{status}");
}

#[tokio::test]
async fn quiet_hours_hold_until_their_end_and_new_rules_let_go() {
    let receiver = Receiver::start().await;
    let house = House::with(receiver.settings()).await;
    let owner = house.owner().await;
    // It is noon.
    let quiet = json!({ "quiet": [{ "from": "11:00", "to": "13:00", "zone": "UTC" }] });
    let channel = open(&house, &owner, receiver.channel(quiet)).await;
    fall_ill(&house, &owner).await;
    let mut held = status(&house, &owner, &channel).await;
    for _ in 0..LOOKS_MAX {
        house.plane.notify().await;
        held = status(&house, &owner, &channel).await;
        if held["waiting"].as_u64() > Some(0) {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(held["next_at"], "2026-05-04T13:00:00Z", "{held}");
    assert_eq!(receiver.came().len(), 0);
    let path = format!("/api/v1/channels/{channel}");
    assert_eq!(house.call(&owner, "PATCH", &path, Some(json!({ "rules": {} }))).await.status, 200);
    house.plane.notify().await;
    assert_eq!(receiver.came().len(), 1, "what waited is one message");
    assert_eq!(house.call(&owner, "PATCH", &path, Some(json!({ "enabled": false }))).await.json()["enabled"], false);
    assert_eq!(house.call(&owner, "DELETE", &path, None).await.status, 204);
    assert_eq!(house.get(&owner, &path).await.status, 404);
}

#[tokio::test]
async fn a_test_says_what_came_of_it() {
    let receiver = Receiver::start().await;
    let house = House::with(receiver.settings()).await;
    let owner = house.owner().await;
    let channel = open(&house, &owner, receiver.channel(json!({}))).await;
    let test = format!("/api/v1/channels/{channel}/test");
    assert_eq!(house.call(&owner, "POST", &test, None).await.json(), json!({ "delivered": true }));
    assert_eq!(receiver.came()[0]["type"], "test");
    receiver.answers(403);
    let refused = house.call(&owner, "POST", &test, None).await.json();
    assert_eq!(refused, json!({ "delivered": false, "problem": "the receiver answered 403" }));
    let viewer = house.join(&owner, "ben@example.org", json!([{ "role": "viewer" }])).await;
    let operator = house.join(&owner, "cleo@example.org", json!([{ "role": "operator" }])).await;
    for (who, path, method, status) in [
        (&viewer, "/api/v1/channels", "GET", 403),
        (&viewer, test.as_str(), "POST", 403),
        (&operator, "/api/v1/channels", "GET", 200),
        (&operator, test.as_str(), "POST", 403),
    ] {
        let answer = house.call(who, method, path, None).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
    }
    assert_eq!(receiver.came().len(), 2, "whoever may not has sent nothing");
}

#[tokio::test]
async fn rules_that_make_no_sense_are_refused_by_field() {
    let receiver = Receiver::start().await;
    let house = House::with(receiver.settings()).await;
    let owner = house.owner().await;
    for (rules, field) in [
        (json!({ "quiet": [{ "from": "11:00", "to": "13:00", "zone": "Mars" }] }), "/rules/quiet/0/zone"),
        (json!({ "per_hour_max": 0 }), "/rules/per_hour_max"),
        (json!({ "namespaces": ["*"] }), "/rules/namespaces/0"),
    ] {
        let answer = house.call(&owner, "POST", "/api/v1/channels", Some(receiver.channel(rules))).await;
        assert_eq!(answer.status, 422, "{}", answer.text());
        assert!(answer.text().contains(field), "{}", answer.text());
    }
    open(&house, &owner, receiver.channel(json!({}))).await;
    let again = house.call(&owner, "POST", "/api/v1/channels", Some(receiver.channel(json!({})))).await;
    assert_eq!(again.status, 409, "{}", again.text());
}

#[tokio::test]
async fn a_plan_is_told_when_it_needs_votes_has_them_and_ends_and_another_vote_is_no_news() {
    let receiver = Receiver::start().await;
    let settings = Settings { executor_image: "registry.example.org/assent-executor:1".to_owned(), ..receiver.settings() };
    let house = House::with(Settings { public_url: None, ..settings }).await;
    let owner = house.owner().await;
    let rules = json!({ "events": ["plan_awaiting", "plan_approved", "plan_ended"] });
    open(&house, &owner, receiver.channel(rules)).await;
    let ada = Voter::join(&house, &owner, "ada.b@example.org", "approver").await;
    let ben = Voter::join(&house, &owner, "ben@example.org", "approver").await;
    let mut played = Played::let_in(&house, &owner).await;
    Installed::with(&house, &owner, &played.observer.cluster, &[&ada, &ben]).await;
    played.show(&house, 60).await;
    house.pass(1);
    let first =
        |list: &Value| list["items"].as_array().unwrap().iter().find(|plan| plan["rank"] == 1 && plan["state"] == "awaiting").cloned();
    let list = wait_for(&house, &owner, "/api/v1/plans", |list| first(list).is_some()).await;
    let plan = first(&list).unwrap();
    let id = plan["id"].as_str().unwrap().to_owned();
    let told = || async {
        house.plane.notify().await;
        let came = receiver.came();
        let notices = came.iter().flat_map(|message| message["notices"].as_array().unwrap().clone());
        notices.filter(|notice| notice["subject_id"] == id.as_str()).collect::<Vec<Value>>()
    };
    let awaiting = told().await;
    assert_eq!(awaiting.len(), 1, "{awaiting:#?}");
    assert_eq!((&awaiting[0]["event"], &awaiting[0]["url"]), (&json!("plan_awaiting"), &Value::Null), "there is no `public_url`");
    assert!(awaiting[0]["title"].as_str().unwrap().starts_with(plan["title"].as_str().unwrap()), "{awaiting:#?}");
    assert_eq!(ada.says(&house, &id, "approve", None).await.status, 201);
    assert_eq!(told().await.len(), 1, "one vote is no news");
    assert_eq!(ben.says(&house, &id, "approve", None).await.status, 201);
    assert_eq!(told().await.last().unwrap()["event"], "plan_approved");
    let rejected = ben.says(&house, &id, "reject", Some("not during the sale")).await;
    assert_eq!(rejected.status, 201, "{}", rejected.text());
    let ended = told().await;
    assert_eq!(ended.len(), 3, "{ended:#?}");
    assert_eq!(ended[2]["event"], "plan_ended");
}
