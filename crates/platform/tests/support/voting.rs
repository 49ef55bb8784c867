//! People who vote, and a cluster whose executor has pinned their keys.

use assent_approval::ballot::NAMESPACE;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::authenticator::{Ask, Authenticator};
use super::passkey::{self, ORIGIN, PARTY, encoded};
use super::signer::Signer;
use super::{Answer, House, Who};

/// Somebody with a passkey and an SSH key.
pub(crate) struct Voter {
    pub(crate) who: Who,
    pub(crate) account: String,
    pub(crate) email: String,
    pub(crate) signer: Signer,
    pub(crate) authenticator: Authenticator,
}

impl Voter {
    /// Gives keys to somebody who is a member.
    pub(crate) async fn of(house: &House, who: Who) -> Self {
        let me = house.get(&who, "/api/v1/me").await.json();
        let account = me["account"].as_str().expect("a person").to_owned();
        let (signer, authenticator) = (Signer::new(), Authenticator::new(account.as_bytes()));
        assert_eq!(signer.add(house, &who, "Terminal").await.status, 201);
        assert_eq!(passkey::add(house, &who, &authenticator, "Browser").await.status, 201);
        Self { who, account, email: me["email"].as_str().expect("an address").to_owned(), signer, authenticator }
    }

    /// Invites somebody and gives them keys.
    pub(crate) async fn join(house: &House, by: &Who, email: &str, role: &str) -> Self {
        let who = house.join(by, email, json!([{ "role": role }])).await;
        Self::of(house, who).await
    }

    /// As what is pinned names them.
    fn pinned(&self) -> Value {
        let key = format!("es256:{}", URL_SAFE_NO_PAD.encode(self.authenticator.point()));
        let credential =
            json!({ "id": encoded(&self.authenticator.id), "key": key, "sign_count": 0, "backup_eligible": false, "backed_up": false });
        let keys = json!([{ "key": { "ssh": self.signer.line() } }, { "key": { "passkey": credential } }]);
        json!({ "account": self.account, "name": self.email, "user": self.email, "keys": keys })
    }

    /// Asks for a ballot.
    pub(crate) async fn ballot(&self, house: &House, plan: &str, word: &str, reason: Option<&str>) -> Answer {
        house.call(&self.who, "POST", &format!("/api/v1/plans/{plan}/ballot"), Some(said(word, reason))).await
    }

    /// The body of a vote with the SSH key.
    pub(crate) fn by_ssh(&self, ballot: &Value, word: &str, reason: Option<&str>) -> Value {
        let signature = self.signer.sign(NAMESPACE, ballot["text"].as_str().expect("a text"));
        with(said(word, reason), ballot, json!({ "by": "ssh", "signature": signature }))
    }

    /// The same with the passkey, whose authenticator says that it has signed so often.
    pub(crate) fn by_passkey(&self, ballot: &Value, word: &str, count: u32) -> Value {
        let ask = Ask { count, ..Ask::get(ORIGIN, PARTY, &passkey::decoded(&ballot["challenge"])) };
        let signed = self.authenticator.sign(&ask);
        let proof = json!({
            "by": "passkey", "credential_id": encoded(&self.authenticator.id), "client_data": encoded(&signed.client_data),
            "authenticator_data": encoded(&signed.authenticator_data), "signature": encoded(&signed.signature),
        });
        with(said(word, None), ballot, proof)
    }

    pub(crate) async fn cast(&self, house: &House, plan: &str, body: Value) -> Answer {
        house.call(&self.who, "POST", &format!("/api/v1/plans/{plan}/votes"), Some(body)).await
    }

    /// Says something with the SSH key.
    pub(crate) async fn says(&self, house: &House, plan: &str, word: &str, reason: Option<&str>) -> Answer {
        let ballot = self.ballot(house, plan, word, reason).await;
        if ballot.status != 200 {
            return ballot;
        }
        self.cast(house, plan, self.by_ssh(&ballot.json(), word, reason)).await
    }
}

fn said(word: &str, reason: Option<&str>) -> Value {
    let mut body = json!({ "word": word });
    if let (Some(reason), Some(fields)) = (reason, body.as_object_mut()) {
        fields.insert("reason".to_owned(), json!(reason));
    }
    body
}

fn with(mut body: Value, ballot: &Value, proof: Value) -> Value {
    body["round"] = ballot["round"].clone();
    body["proof"] = proof;
    body
}

/// An executor that has said what is pinned.
pub(crate) struct Installed {
    pub(crate) cluster: String,
    pub(crate) token: Who,
}

impl Installed {
    /// Adds an executor to a cluster, in which these people may approve: two of them where pods are replaced.
    pub(crate) async fn with(house: &House, owner: &Who, cluster: &str, voters: &[&Voter]) -> Self {
        let body = json!({ "endpoint": "https://assent.example.org" });
        let made = house.call(owner, "POST", &format!("/api/v1/clusters/{cluster}/executor"), Some(body)).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let manifest = made.json()["manifest"].as_str().expect("a manifest").to_owned();
        let key = manifest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').find(|word| word.starts_with("ask_"));
        let token = house.call(&Who::Nobody, "POST", "/api/v1/observer/token", Some(json!({ "key": key.expect("a key") }))).await;
        assert_eq!(token.status, 200, "{}", token.text());
        let token = Who::Bearer(token.json()["token"].as_str().expect("a token").to_owned());
        let own = Self { cluster: cluster.to_owned(), token };
        let said = own.hello(house, owner, voters, |_| {}).await;
        assert_eq!(said.status, 200, "{}", said.text());
        own
    }

    /// Says what is pinned, after a test has changed it.
    pub(crate) async fn hello(&self, house: &House, owner: &Who, voters: &[&Voter], change: impl FnOnce(&mut Value)) -> Answer {
        let tenant = house.get(owner, "/api/v1/tenant").await.json()["id"].clone();
        let terms = |quorum: u8| json!({ "quorum": quorum, "assurance": "held" });
        let actions: Vec<&str> =
            assent_plan::action::ActionKind::ALL.iter().map(|kind| kind.as_str()).filter(|word| *word != "custom_patch").collect();
        let mut pinned = json!({
            "version": 1, "tenant": tenant, "cluster": self.cluster, "domain": PARTY, "origins": [ORIGIN],
            "approvers": voters.iter().map(|voter| voter.pinned()).collect::<Vec<_>>(),
            "rules": {
                "actions": actions, "namespaces": ["*"],
                "terms": { "low": terms(1), "medium": terms(2), "high": terms(2), "exceptional": terms(3) },
            },
        });
        change(&mut pinned);
        let body = json!({ "cluster_uid": "uid", "version": "1", "pinned": pinned.to_string() });
        house.call(&self.token, "POST", "/api/v1/executor/hello", Some(body)).await
    }

    /// What there is to do.
    pub(crate) async fn work(&self, house: &House) -> Value {
        let answer = house.call(&self.token, "POST", "/api/v1/executor/work", Some(json!({ "wait_s": 0 }))).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    /// Tells a step of a run.
    pub(crate) async fn tell(&self, house: &House, plan: &str, number: u32, step: Value) {
        let body = json!({ "step": { "number": number, "at": house.now(), "step": step } });
        let told = house.call(&self.token, "POST", &format!("/api/v1/executor/plans/{plan}/steps"), Some(body)).await;
        assert_eq!(told.status, 200, "{}", told.text());
    }
}
