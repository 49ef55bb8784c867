//! An observer as the platform meets one: a key out of a manifest, and requests with its token.

use serde_json::{Value, json};

use super::{Answer, House, Who};

pub(crate) struct Observer {
    pub(crate) cluster: String,
    pub(crate) key: String,
    pub(crate) token: Who,
}

impl Observer {
    /// A cluster in an environment of its own, and its observer.
    pub(crate) async fn of_new_cluster(house: &House, owner: &Who) -> Self {
        let made = house.call(owner, "POST", "/api/v1/environments", Some(json!({ "name": "watched", "criticality": "dev" }))).await;
        let environment = made.json()["id"].clone();
        let body = json!({ "name": "watched", "environment": environment, "endpoint": "https://assent.example.org" });
        let made = house.call(owner, "POST", "/api/v1/clusters", Some(body)).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let made = made.json();
        let manifest = made["manifest"].as_str().expect("a manifest");
        let key = manifest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').find(|word| word.starts_with("ask_"));
        let key = key.expect("a key").to_owned();
        let token = house.call(&Who::Nobody, "POST", "/api/v1/observer/token", Some(json!({ "key": key }))).await;
        assert_eq!(token.status, 200, "{}", token.text());
        let token = Who::Bearer(token.json()["token"].as_str().expect("a token").to_owned());
        Self { cluster: made["cluster"]["id"].as_str().expect("an id").to_owned(), key, token }
    }

    /// Gets a new token: each holds for ten minutes.
    pub(crate) async fn renew(&mut self, house: &House) {
        let token = house.call(&Who::Nobody, "POST", "/api/v1/observer/token", Some(json!({ "key": self.key }))).await;
        assert_eq!(token.status, 200, "{}", token.text());
        self.token = Who::Bearer(token.json()["token"].as_str().expect("a token").to_owned());
    }

    /// The name of a stream, of one digit.
    pub(crate) fn stream(digit: &str) -> String {
        digit.repeat(32)
    }

    pub(crate) async fn hello(&self, house: &House, digit: &str) {
        let state = json!({ "version": "1", "started_at": "2026-05-04T12:00:00Z", "buffered_bytes": 0, "dropped": 0, "redacted": 0 });
        let body = json!({ "stream": Self::stream(digit), "cluster_uid": "uid", "profiles": [], "state": state });
        let answer = house.call(&self.token, "POST", "/api/v1/observer/hello", Some(body)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    pub(crate) async fn heartbeat(&self, house: &House, digit: &str) -> Answer {
        let state = json!({ "version": "1", "started_at": "2026-05-04T12:00:00Z", "buffered_bytes": 0, "dropped": 0, "redacted": 0 });
        let body = json!({ "stream": Self::stream(digit), "state": state });
        house.call(&self.token, "POST", "/api/v1/observer/heartbeat", Some(body)).await
    }

    /// Sends signals, the first with this number.
    pub(crate) async fn send(&self, house: &House, digit: &str, first: u64, signals: Vec<Value>) -> Answer {
        let numbered: Vec<Value> = (first..).zip(signals).map(|(seq, signal)| json!({ "seq": seq, "signal": signal })).collect();
        let body = json!({ "stream": Self::stream(digit), "signals": numbered });
        house.call(&self.token, "POST", "/api/v1/observer/signals", Some(body)).await
    }
}
