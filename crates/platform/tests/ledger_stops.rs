//! I4: when the ledger stops, the platform does nothing that would have to be on it, says so, and goes on where it was once the ledger is
//! back. The ledger stops as it would on a broken disk: the files that a commit is written to cannot be written any more.
//!
//! The routes come from the table of operations: one that changes something has to be tried here, or to stand among those that need no
//! record, with its reason.

use crate::support;
use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::support::authenticator::Authenticator;
use crate::support::executor::{self, Executor};
use crate::support::observer::Observer;
use crate::support::played::{until, wait_for};
use crate::support::signer::Signer;
use crate::support::voting::Voter;
use crate::support::{Answer, House, PASSWORD, Who, passkey};
use assent_api::operations::{Visitor, visit_all};
use assent_api::{Method, Operation};
use serde_json::{Value, json};

/// What changes nothing that the ledger speaks of, and so needs no record.
const NEEDS_NO_RECORD: &[(&str, &str)] = &[
    ("TryRedaction", "answers a question"),
    ("TestPolicy", "answers a question"),
    ("BacktestPolicy", "answers a question"),
    ("BacktestRules", "answers a question"),
    ("ObserverHeartbeat", "facts are kept and not recorded"),
    ("ExecutorWork", "hands out what people have said, which is recorded when they say it"),
    ("ObserverSignals", "facts are kept and not recorded: what follows from them is"),
    ("AskBallot", "answers a question"),
    ("BeginPasskey", "draws a challenge, which is kept nowhere"),
    ("BeginPasskeySetUp", "draws a challenge, which is kept nowhere"),
    ("BeginPasskeySignIn", "draws a challenge, which is kept nowhere"),
];

#[tokio::test]
async fn without_a_ledger_every_change_is_refused_and_nothing_is_changed() {
    let house = House::open().await;
    let lived_in = LivedIn::make(&house).await;
    let line = Line::allowed(&house, &lived_in.owner).await;
    let ledger = Broken::make(&house);
    let before = lived_in.everything(&house).await;
    let records = house.records(&lived_in.owner).await.len();
    let mut tried = BTreeSet::new();
    for (name, who, method, path, body) in lived_in.changes() {
        let answer = house.call(&who, method, &path, body).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, "ledger_stopped"), "{name}: {}", answer.text());
        assert!(answer.headers.contains_key("retry-after"), "{name}");
        tried.insert(name);
    }
    for (name, who, method, path, body) in lived_in.runs.changes(&lived_in.owner) {
        let answer = house.call(&who, method, &path, Some(body)).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, "ledger_stopped"), "{name}: {}", answer.text());
        tried.insert(name);
    }
    for (name, answer) in lived_in.changes_with_passkeys(&house).await {
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, "ledger_stopped"), "{name}: {}", answer.text());
        tried.insert(name);
    }
    for (name, answer) in lived_in.changes_with_plans(&house).await {
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, "ledger_stopped"), "{name}: {}", answer.text());
        tried.insert(name);
    }
    for (name, who, path, body) in line.changes(&lived_in.owner) {
        let answer = house.call(&who, "POST", path, Some(body)).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, "ledger_stopped"), "{name}: {}", answer.text());
        tried.insert(name);
    }
    // What leaves the house, and who read which report, is on the ledger too.
    for path in ["tenant/export", "ledger/export", &format!("incidents/{}", lived_in.incident), &format!("plans/{}", lived_in.plan)] {
        assert_eq!(house.get(&lived_in.owner, &format!("/api/v1/{path}")).await.code(), "ledger_stopped", "{path}");
    }
    let untried: Vec<&str> = changing().into_iter().filter(|name| !tried.contains(name) && !is_exempt(name)).collect();
    assert_eq!(untried, Vec::<&str>::new(), "these are not tried");
    assert_eq!(lived_in.everything(&house).await, before, "something was changed all the same");
    assert_eq!(house.records(&lived_in.owner).await.len(), records, "what is on the ledger can still be read");
    drop(ledger);
}

#[tokio::test]
async fn a_stopped_ledger_is_told_by_readiness_and_the_status_page() {
    let house = House::open().await;
    let lived_in = LivedIn::make(&house).await;
    assert_eq!(house.get(&Who::Nobody, "/readyz").await.status, 200);
    let ledger = Broken::make(&house);
    // It is found out by whoever needs it first.
    assert_eq!(house.sign_in("ada@example.org", PASSWORD).await.code(), "ledger_stopped");
    let ready = house.get(&Who::Nobody, "/readyz").await;
    assert_eq!(ready.status, 503, "{}", ready.text());
    assert!(ready.text().contains("ledger"), "{}", ready.text());
    assert_eq!(house.get(&Who::Nobody, "/healthz").await.status, 200, "the process lives: a restart by itself mends no disk");
    let status = house.get(&Who::Nobody, "/api/v1/status").await.json();
    assert_eq!(status["level"], "stopped", "{status}");
    let parts = status["parts"].as_array().expect("parts");
    let level = |name: &str| parts.iter().find(|part| part["name"] == name).map(|part| part["level"].clone());
    assert_eq!((level("ledger"), level("store")), (Some(json!("stopped")), Some(json!("working"))), "{status}");
    assert_eq!(house.get(&lived_in.owner, "/api/v1/incidents").await.status, 200, "reading goes on");
    drop(ledger);
}

#[tokio::test]
async fn an_incident_waits_for_the_ledger_and_is_kept_once_it_is_back() {
    let house = House::open().await;
    let owner = house.owner().await;
    let watched = Observer::of_new_cluster(&house, &owner).await;
    watched.hello(&house, "a").await;
    let ledger = Broken::make(&house);
    let sent = watched.send(&house, "a", 1, until(&house, 60)).await;
    assert_eq!(sent.status, 200, "facts are kept: {}", sent.text());
    house.pass(1);
    // The diagnosis has seen it, and may not say so.
    wait_for(&house, &owner, &format!("/api/v1/clusters/{}", watched.cluster), |one| one["open_incidents"] == 1).await;
    let status = wait_for(&house, &Who::Nobody, "/api/v1/status", |status| status["level"] == "stopped").await;
    assert_eq!(status["level"], "stopped");
    assert_eq!(house.get(&owner, "/api/v1/incidents").await.json()["items"], json!([]), "I4: not recorded, so not kept");

    house.plane.stop().await;
    ledger.mend();
    let house = House::on(house.data, assent_platform::Settings::default()).await;
    house.pass(60);
    let list = wait_for(&house, &owner, "/api/v1/incidents", |list| list["items"][0]["cause"] == "image.not_found").await;
    let id = list["items"][0]["id"].as_str().expect("an id");
    let records = house.records(&owner).await;
    let opened: Vec<_> = records.iter().filter(|record| record.action == "incident.opened").collect();
    assert!(opened.iter().any(|record| record.subject == id), "{opened:?}");
    assert_eq!(opened.len(), 1, "recorded once");
}

/// A ledger whose next commit fails: the files that commits are written to have become too short.
struct Broken {
    redo: Vec<(PathBuf, Vec<u8>)>,
}

impl Broken {
    fn make(house: &House) -> Self {
        let folder = house.data.path().join("data/ledger/redo");
        let files = folder.read_dir().expect("the ledger has a redo").map(|file| file.expect("a file").path());
        let redo: Vec<_> = files.map(|path| (path.clone(), std::fs::read(&path).expect("it can be read"))).collect();
        assert!(!redo.is_empty());
        for (path, _) in &redo {
            std::fs::write(path, b"").expect("it can be cut");
        }
        Self { redo }
    }

    fn mend(self) {
        for (path, bytes) in self.redo {
            std::fs::write(path, bytes).expect("it is there");
        }
    }
}

/// One change: the operation, who asks for it, and what they send.
type Change = (&'static str, Who, &'static str, String, Option<Value>);

/// A tenant in which every change could be made.
struct LivedIn {
    owner: Who,
    observer: Observer,
    link: String,
    share: String,
    share_token: String,
    environment: String,
    empty: String,
    member: String,
    session: String,
    key: String,
    policy: String,
    source: String,
    channel: String,
    incident: String,
    muted: String,
    dismissed: String,
    authenticator: Authenticator,
    handle: String,
    passkey: String,
    voter: Voter,
    plan: String,
    runs: Runs,
}

/// A command line that asks, and one that was allowed and has not signed in yet.
struct Line {
    asked: Value,
    ticket: String,
    code: String,
}

impl Line {
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    async fn allowed(house: &House, owner: &Who) -> Self {
        let asked = json!({ "challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "host": "laptop" });
        let ask = async || {
            let answer = house.call(owner, "POST", "/api/v1/me/command-line/ask", Some(asked.clone())).await;
            text_of(&answer.json()["ticket"])
        };
        let body = json!({ "asked": asked, "ticket": ask().await });
        let allowed = house.call(owner, "POST", "/api/v1/me/command-line/allow", Some(body)).await;
        let (ticket, code) = (ask().await, text_of(&allowed.json()["code"]));
        Self { asked, ticket, code }
    }

    fn changes(&self, owner: &Who) -> Vec<(&'static str, Who, &'static str, Value)> {
        let answer = json!({ "asked": self.asked, "ticket": self.ticket });
        vec![
            ("AskCommandLine", owner.clone(), "/api/v1/me/command-line/ask", self.asked.clone()),
            ("AllowCommandLine", owner.clone(), "/api/v1/me/command-line/allow", answer.clone()),
            ("RefuseCommandLine", owner.clone(), "/api/v1/me/command-line/refuse", answer),
            ("CommandLineSignIn", Who::Nobody, "/api/v1/sign-in/command-line", json!({ "code": self.code, "verifier": Self::VERIFIER })),
        ]
    }
}

/// A cluster in which an approved plan could be run.
struct Runs {
    executor: Executor,
    plan: String,
    intended: Value,
}

impl Runs {
    async fn make(house: &House, owner: &Who, authenticator: &Authenticator, cluster: &str) -> Self {
        let executor = Executor::add(house, owner, cluster).await;
        executor.starts(house).await;
        house.pass(1);
        let of_one = |list: &Value| {
            let plans = list["items"].as_array().cloned().unwrap_or_default();
            plans.into_iter().find(|plan| plan["quorum"] == 1).and_then(|plan| plan["id"].as_str().map(str::to_owned))
        };
        let list = wait_for(house, owner, "/api/v1/plans?state=awaiting", |list| of_one(list).is_some()).await;
        let plan = of_one(&list).expect("a plan");
        assert_eq!(executor::say(house, owner, authenticator, &plan, "approve", None).await.status, 201);
        let shown = house.get(owner, &format!("/api/v1/plans/{plan}")).await.json();
        assert_eq!(shown["summary"]["state"], "approved", "{shown}");
        let statement = text_of(&shown["statement"]["text"]);
        let statement = assent_base::Digest::of(statement.as_bytes()).to_string();
        let account = house.get(owner, "/api/v1/me").await.json()["account"].clone();
        let intended = json!({ "intended": { "statement": statement, "approvers": [account], "as_user": "ada@example.org" } });
        Self { executor, plan, intended }
    }

    fn changes(&self, owner: &Who) -> Vec<(&'static str, Who, &'static str, String, Value)> {
        let token = || self.executor.token.clone();
        let installed = format!("/api/v1/clusters/{}/executor", self.executor.cluster);
        let plan = |part: &str| format!("/api/v1/executor/plans/{}/{part}", self.plan);
        let hello = json!({ "cluster_uid": executor::CLUSTER_UID, "version": "2", "pinned": self.executor.pinned().canonical() });
        let not_run = json!({ "not_run": { "why": "no answer" } });
        let step = json!({ "step": { "number": 1, "at": support::NOON, "step": self.intended } });
        vec![
            ("ExecutorHello", token(), "POST", "/api/v1/executor/hello".to_owned(), hello),
            ("TellRehearsal", token(), "POST", plan("rehearsal"), json!({ "at": support::NOON, "change": not_run, "inverse": not_run })),
            ("TellStep", token(), "POST", plan("steps"), step),
            ("ExchangeKey", Who::Nobody, "POST", "/api/v1/observer/token".to_owned(), json!({ "key": self.executor.key })),
            ("AddExecutor", owner.clone(), "POST", installed.clone(), json!({ "endpoint": "https://assent.example.org" })),
            ("RemoveExecutor", owner.clone(), "DELETE", installed, json!({})),
        ]
    }
}

fn text_of(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

impl LivedIn {
    async fn make(house: &House) -> Self {
        let owner = house.owner().await;
        let observer = Observer::of_new_cluster(house, &owner).await;
        observer.hello(house, "a").await;
        assert_eq!(observer.send(house, "a", 1, sick(house)).await.status, 200);
        house.pass(1);
        let list = wait_for(house, &owner, "/api/v1/incidents", |list| list["items"].as_array().is_some_and(|all| all.len() >= 3)).await;
        let incident = |at: usize| list["items"][at]["id"].as_str().expect("an id").to_owned();
        let (open, muted, dismissed) = (incident(0), incident(1), incident(2));
        let made = |answer: support::Answer, pointer: &'static str| {
            assert!(answer.status.is_success(), "{}", answer.text());
            answer.json().pointer(pointer).and_then(Value::as_str).expect("text").to_owned()
        };
        let owner = &owner;
        let post = |path: String, body: Value| async move { house.call(owner, "POST", &path, Some(body)).await };
        made(post(format!("/api/v1/incidents/{muted}/mute"), json!({ "for_s": 3600 })).await, "/summary/id");
        made(post(format!("/api/v1/incidents/{dismissed}/dismiss"), json!({ "reason": "known" })).await, "/summary/id");
        let shared = post(format!("/api/v1/incidents/{open}/shares"), json!({ "expires_in_s": 3600 })).await;
        let share_token = made(shared.clone(), "/link").split_once('#').expect("a secret").1.to_owned();
        let environment = json!({ "name": "empty", "criticality": "lab" });
        let member = post("/api/v1/members".to_owned(), json!({ "email": "ben@example.org", "grants": [{ "role": "viewer" }] })).await;
        let link = made(member.clone(), "/link").split_once('#').expect("a secret").1.to_owned();
        let key = post("/api/v1/keys".to_owned(), json!({ "name": "key", "grants": [{ "role": "viewer" }] })).await;
        let voter = Voter::join(house, owner, "vera@example.org", "approver").await;
        let policy = json!({ "name": "mine", "text": POLICY, "enabled": false });
        let source = json!({ "name": "alerts", "format": "generic", "cluster": observer.cluster });
        let channel = json!({ "name": "on-call", "target": { "type": "slack", "url": SLACK } });
        assert_eq!(house.sign_in("ada@example.org", PASSWORD).await.status, 200, "another session");
        let me = house.get(owner, "/api/v1/me/sessions").await.json();
        let other = me["items"].as_array().expect("a list").iter().find(|one| one["current"] == false).expect("another session");
        let authenticator = Authenticator::new(b"owner");
        let passkey = made(passkey::add(house, owner, &authenticator, "Key").await, "/id");
        let runs = Runs::make(house, owner, &authenticator, &observer.cluster).await;
        let stays = |list: &Value| {
            let all = list["items"].as_array().expect("a list").clone();
            all.into_iter()
                .find(|one| one["target"]["kind"] == "Deployment" && one["incident"] != json!(dismissed) && one["id"] != json!(runs.plan))
        };
        let asked = wait_for(house, owner, "/api/v1/plans?state=awaiting", |list| stays(list).is_some()).await;
        let plan = stays(&asked).expect("one is asked about")["id"].as_str().expect("an id").to_owned();
        Self {
            link,
            share: made(shared, "/share/id"),
            share_token,
            environment: made(house.get(owner, &format!("/api/v1/clusters/{}", observer.cluster)).await, "/environment"),
            empty: made(post("/api/v1/environments".to_owned(), environment).await, "/id"),
            member: made(member, "/member/id"),
            session: other["id"].as_str().expect("an id").to_owned(),
            key: made(key, "/key/id"),
            policy: made(post("/api/v1/policies".to_owned(), policy).await, "/id"),
            source: made(post("/api/v1/alert-sources".to_owned(), source).await, "/source/id"),
            channel: made(post("/api/v1/channels".to_owned(), channel).await, "/id"),
            incident: open,
            muted,
            dismissed,
            handle: passkey::handle(house, owner).await,
            runs,
            authenticator,
            passkey,
            voter,
            plan,
            owner: owner.clone(),
            observer,
        }
    }

    /// Every change that the table knows, as it would succeed if it could be recorded.
    fn changes(&self) -> Vec<Change> {
        let (key, cluster, environment) = (&self.observer.key, &self.observer.cluster, &self.environment);
        let hello = json!({
            "stream": Observer::stream("b"), "cluster_uid": "uid", "profiles": [],
            "state": { "version": "1", "started_at": support::NOON, "buffered_bytes": 0, "dropped": 0, "redacted": 0 },
        });
        let public = |name, path: &str, body| (name, Who::Nobody, "POST", path.to_owned(), Some(body));
        let own = |name, method, path: String, body| (name, self.owner.clone(), method, path, body);
        let (open, muted, dismissed) = (
            format!("/api/v1/incidents/{}", self.incident),
            format!("/api/v1/incidents/{}", self.muted),
            format!("/api/v1/incidents/{}", self.dismissed),
        );
        vec![
            public("SignIn", "/api/v1/sign-in", json!({ "email": "ada@example.org", "password": PASSWORD })),
            public("SignIn", "/api/v1/sign-in", json!({ "email": "ada@example.org", "password": "a wrong one, of course" })),
            public(
                "SetUp",
                "/api/v1/set-up",
                json!({ "token": self.link, "email": "ben@example.org", "name": "Ben", "password": PASSWORD }),
            ),
            public("OpenShare", "/api/v1/shared", json!({ "token": self.share_token })),
            public("ExchangeKey", "/api/v1/observer/token", json!({ "key": key })),
            ("ObserverHello", self.observer.token.clone(), "POST", "/api/v1/observer/hello".to_owned(), Some(hello)),
            own("SignOut", "POST", "/api/v1/sign-out".to_owned(), None),
            own("EndSession", "DELETE", format!("/api/v1/me/sessions/{}", self.session), None),
            own("InviteMember", "POST", "/api/v1/members".to_owned(), Some(json!({ "email": "cleo@example.org", "grants": [] }))),
            own("UpdateMember", "PATCH", format!("/api/v1/members/{}", self.member), Some(json!({ "disabled": true }))),
            own("RemoveMember", "DELETE", format!("/api/v1/members/{}", self.member), None),
            own(
                "PutGroupGrants",
                "PUT",
                "/api/v1/groups".to_owned(),
                Some(json!({ "groups": [{ "group": "sre", "grants": [{ "role": "viewer" }] }] })),
            ),
            own("CreateKey", "POST", "/api/v1/keys".to_owned(), Some(json!({ "name": "another", "grants": [{ "role": "viewer" }] }))),
            own("RotateKey", "POST", format!("/api/v1/keys/{}/rotate", self.key), None),
            own("RevokeKey", "DELETE", format!("/api/v1/keys/{}", self.key), None),
            own("CreateEnvironment", "POST", "/api/v1/environments".to_owned(), Some(json!({ "name": "new", "criticality": "lab" }))),
            own("UpdateEnvironment", "PATCH", format!("/api/v1/environments/{environment}"), Some(json!({ "name": "renamed" }))),
            own("DeleteEnvironment", "DELETE", format!("/api/v1/environments/{}", self.empty), None),
            own(
                "PutRedaction",
                "PUT",
                format!("/api/v1/environments/{environment}/redaction"),
                Some(json!({ "deny": [], "allow": [], "addresses": true, "version": 0 })),
            ),
            own(
                "CreateCluster",
                "POST",
                "/api/v1/clusters".to_owned(),
                Some(json!({ "name": "new", "environment": environment, "endpoint": "https://assent.example.org" })),
            ),
            own("UpdateCluster", "PATCH", format!("/api/v1/clusters/{cluster}"), Some(json!({ "name": "renamed" }))),
            own("RotateClusterKey", "POST", format!("/api/v1/clusters/{cluster}/key"), Some(json!({}))),
            own("RevokeClusterKey", "DELETE", format!("/api/v1/clusters/{cluster}/key"), None),
            own("DeleteCluster", "DELETE", format!("/api/v1/clusters/{cluster}"), None),
            own("MuteIncident", "POST", format!("{open}/mute"), Some(json!({ "for_s": 3600 }))),
            own("UnmuteIncident", "POST", format!("{muted}/unmute"), None),
            own("DismissIncident", "POST", format!("{open}/dismiss"), Some(json!({ "reason": "known" }))),
            own("ReopenIncident", "POST", format!("{dismissed}/reopen"), None),
            own("RerunIncident", "POST", format!("{open}/rerun"), Some(json!({ "context": "since the release" }))),
            own("AssignIncident", "POST", format!("{open}/assign"), Some(json!({ "assignee": null }))),
            own("AddComment", "POST", format!("{open}/comments"), Some(json!({ "text": "looking" }))),
            own("CreateShare", "POST", format!("{open}/shares"), Some(json!({ "expires_in_s": 3600 }))),
            own("RevokeShare", "DELETE", format!("{open}/shares/{}", self.share), None),
            own("CreatePolicy", "POST", "/api/v1/policies".to_owned(), Some(json!({ "name": "another", "text": POLICY, "enabled": true }))),
            own(
                "PutPolicy",
                "PUT",
                format!("/api/v1/policies/{}", self.policy),
                Some(json!({ "name": "mine", "text": POLICY, "enabled": true })),
            ),
            own("DeletePolicy", "DELETE", format!("/api/v1/policies/{}", self.policy), None),
            own(
                "CreateAlertSource",
                "POST",
                "/api/v1/alert-sources".to_owned(),
                Some(json!({ "name": "more", "format": "generic", "cluster": cluster })),
            ),
            own("DeleteAlertSource", "DELETE", format!("/api/v1/alert-sources/{}", self.source), None),
            own(
                "CreateChannel",
                "POST",
                "/api/v1/channels".to_owned(),
                Some(json!({ "name": "another", "target": { "type": "slack", "url": SLACK } })),
            ),
            own("UpdateChannel", "PATCH", format!("/api/v1/channels/{}", self.channel), Some(json!({ "enabled": false }))),
            own("DeleteChannel", "DELETE", format!("/api/v1/channels/{}", self.channel), None),
            own("TestChannel", "POST", format!("/api/v1/channels/{}/test", self.channel), None),
            own("CreateTenant", "POST", "/api/v1/tenants".to_owned(), Some(json!({ "name": "Other" }))),
            own("UpdateTenant", "PATCH", "/api/v1/tenant".to_owned(), Some(json!({ "name": "Renamed" }))),
            own("DeleteTenant", "POST", "/api/v1/tenant/delete".to_owned(), Some(json!({ "name": "Default" }))),
        ]
    }

    /// The changes that take an authenticator.
    async fn changes_with_passkeys(&self, house: &House) -> Vec<(&'static str, Answer)> {
        let new = Authenticator::new(b"new");
        let removed = house.call(&self.owner, "DELETE", &format!("/api/v1/me/passkeys/{}", self.passkey), None).await;
        vec![
            ("PasskeySetUp", passkey::set_up(house, &self.link, "ben@example.org", &new, |ask| ask).await),
            ("PasskeySignIn", passkey::sign_in_as(house, &self.authenticator, &self.handle, |ask| ask).await),
            ("AddPasskey", passkey::add(house, &self.owner, &new, "Another").await),
            ("RemovePasskey", removed),
        ]
    }

    /// The changes that take a plan, or a key that signs.
    async fn changes_with_plans(&self, house: &House) -> Vec<(&'static str, Answer)> {
        let plan = house.get(&self.owner, "/api/v1/plans?state=awaiting").await.json();
        let plan = plan["items"].as_array().expect("a list").iter().find(|one| one["id"] == json!(self.plan)).expect("it is there").clone();
        let propose = format!("/api/v1/incidents/{}/plans", plan["incident"].as_str().expect("an id"));
        let target = json!({ "kind": plan["target"]["kind"], "namespace": plan["target"]["namespace"], "name": plan["target"]["name"] });
        let keys = house.get(&self.voter.who, "/api/v1/me/ssh-keys").await.json();
        let key = format!("/api/v1/me/ssh-keys/{}", keys["items"][0]["id"].as_str().expect("an id"));
        let proposal = json!({ "target": target, "action": { "restart": {} } }).to_string();
        let assign = format!("/api/v1/plans/{}/assign", self.plan);
        vec![
            ("AddSshKey", Signer::new().add(house, &self.owner, "Another").await),
            ("RemoveSshKey", house.call(&self.voter.who, "DELETE", &key, None).await),
            ("CastVote", self.voter.says(house, &self.plan, "reject", Some("not now")).await),
            ("ProposePlan", house.call(&self.voter.who, "POST", &propose, Some(json!({ "proposal": proposal }))).await),
            ("AssignPlan", house.call(&self.owner, "POST", &assign, Some(json!({ "to": null }))).await),
        ]
    }

    /// What can be read of it.
    async fn everything(&self, house: &House) -> Vec<(String, Value)> {
        let environment = format!("environments/{}", self.environment);
        let mut paths: Vec<String> = [
            "me",
            "me/sessions",
            "me/passkeys",
            "me/ssh-keys",
            "plans",
            "members",
            "groups",
            "keys",
            "environments",
            "clusters",
            "incidents",
            "policies",
            "alert-sources",
            "channels",
            "tenant",
        ]
        .map(str::to_owned)
        .into();
        paths.push(format!("{environment}/redaction"));
        for incident in [&self.incident, &self.muted, &self.dismissed] {
            paths.extend(["timeline", "comments", "shares"].map(|part| format!("incidents/{incident}/{part}")));
        }
        let mut seen = Vec::new();
        for path in paths {
            let answer = house.get(&self.owner, &format!("/api/v1/{path}")).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.text());
            seen.push((path, answer.json()));
        }
        seen
    }
}

/// An address that nothing is ever sent to here: sending comes after recording.
const SLACK: &str = "https://hooks.slack.com/services/T0/B0/x";
const POLICY: &str = r#"forbid (principal, action == Action::"incident.share", resource);"#;

fn is_exempt(name: &str) -> bool {
    NEEDS_NO_RECORD.iter().any(|(exempt, _)| *exempt == name)
}

/// The operations that are no question.
fn changing() -> Vec<&'static str> {
    struct Names(Vec<&'static str>);
    impl Visitor for Names {
        fn visit<O: Operation>(&mut self) {
            if O::METHOD != Method::Get {
                self.0.push(O::NAME);
            }
        }
    }
    let mut names = Names(Vec::new());
    visit_all(&mut names);
    names.0
}

/// Everything that it ever shows, but for what mends it.
fn sick(house: &House) -> Vec<Value> {
    until(house, i64::MAX)
}
