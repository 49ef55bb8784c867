//! An executor as the platform meets one: a key out of a manifest, what is pinned out of the same, and requests with its token.

use assent_execution::Pinned;
use serde_json::{Value, json};

use super::authenticator::{Ask, Authenticator};
use super::passkey::{ORIGIN, PARTY, decoded, encoded};
use super::{Answer, House, Who};

/// What the test's observer says that the cluster's `kube-system` is.
pub(crate) const CLUSTER_UID: &str = "uid";

pub(crate) struct Executor {
    pub(crate) cluster: String,
    pub(crate) key: String,
    pub(crate) token: Who,
    pub(crate) manifest: String,
}

impl Executor {
    /// Adds an executor to a cluster, or gives it another key.
    pub(crate) async fn add(house: &House, owner: &Who, cluster: &str) -> Self {
        let body = json!({ "endpoint": "https://assent.example.org" });
        let made = house.call(owner, "POST", &format!("/api/v1/clusters/{cluster}/executor"), Some(body)).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let manifest = made.json()["manifest"].as_str().expect("a manifest").to_owned();
        let key = manifest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').find(|word| word.starts_with("ask_"));
        let key = key.expect("a key").to_owned();
        let token = exchange(house, &key).await;
        assert_eq!(token.status, 200, "{}", token.text());
        let token = Who::Bearer(token.json()["token"].as_str().expect("a token").to_owned());
        Self { cluster: cluster.to_owned(), key, token, manifest }
    }

    /// What the manifest pins, as its ConfigMap has it.
    pub(crate) fn document(&self) -> String {
        let (_, rest) = self.manifest.split_once("  pinned.yaml: |\n").expect("a document");
        rest.lines().map_while(|line| line.strip_prefix("    ")).fold(String::new(), |all, line| all + line + "\n")
    }

    /// The same, read.
    pub(crate) fn pinned(&self) -> Pinned {
        Pinned::parse(self.document().as_bytes()).expect("it is believed")
    }

    pub(crate) async fn hello(&self, house: &House, pinned: &str) -> Answer {
        self.hello_from(house, CLUSTER_UID, pinned).await
    }

    pub(crate) async fn hello_from(&self, house: &House, cluster_uid: &str, pinned: &str) -> Answer {
        let body = json!({ "cluster_uid": cluster_uid, "version": "1", "pinned": pinned });
        house.call(&self.token, "POST", "/api/v1/executor/hello", Some(body)).await
    }

    /// Says what the manifest pins.
    pub(crate) async fn starts(&self, house: &House) {
        let answer = self.hello(house, self.pinned().canonical()).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.json()["cluster"], self.cluster);
    }

    /// Asks for work without waiting for any.
    pub(crate) async fn work(&self, house: &House) -> Value {
        let answer = self.wait_for_work(house, 0).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    pub(crate) async fn wait_for_work(&self, house: &House, wait_s: u32) -> Answer {
        house.call(&self.token, "POST", "/api/v1/executor/work", Some(json!({ "wait_s": wait_s }))).await
    }

    pub(crate) async fn rehearsed(&self, house: &House, plan: &str, body: Value) -> Answer {
        house.call(&self.token, "POST", &format!("/api/v1/executor/plans/{plan}/rehearsal"), Some(body)).await
    }

    /// Tells a step.
    pub(crate) async fn tell(&self, house: &House, plan: &str, number: u32, step: Value) -> Answer {
        let body = json!({ "step": { "number": number, "at": "2026-05-04T12:10:00Z", "step": step } });
        house.call(&self.token, "POST", &format!("/api/v1/executor/plans/{plan}/steps"), Some(body)).await
    }
}

/// Says something about a plan, signed with a passkey.
pub(crate) async fn say(house: &House, who: &Who, authenticator: &Authenticator, plan: &str, word: &str, reason: Option<&str>) -> Answer {
    let path = format!("/api/v1/plans/{plan}");
    let asked = house.call(who, "POST", &format!("{path}/ballot"), Some(json!({ "word": word, "reason": reason }))).await;
    assert_eq!(asked.status, 200, "{}", asked.text());
    let asked = asked.json();
    let signed = authenticator.sign(&Ask::get(ORIGIN, PARTY, &decoded(&asked["challenge"])));
    let proof = json!({
        "by": "passkey", "credential_id": encoded(&authenticator.id), "client_data": encoded(&signed.client_data),
        "authenticator_data": encoded(&signed.authenticator_data), "signature": encoded(&signed.signature),
    });
    let body = json!({ "round": asked["round"], "word": word, "reason": reason, "proof": proof });
    house.call(who, "POST", &format!("{path}/votes"), Some(body)).await
}

pub(crate) async fn exchange(house: &House, key: &str) -> Answer {
    house.call(&Who::Nobody, "POST", "/api/v1/observer/token", Some(json!({ "key": key }))).await
}
