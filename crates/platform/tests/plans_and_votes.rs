//! People are asked about plans, and answer with signatures: who may, what counts, what ends it, and what an executor is handed.

use std::collections::BTreeSet;

use crate::support::played::{Played, wait_for};
use crate::support::voting::{Installed, Voter};
use crate::support::{House, Who};
use assent_approval::statement::{Assurance, Terms};
use assent_approval::warrant::{Expected, Warrant};
use serde_json::{Value, json};

/// By then the first workload of the demo is ill, and nothing is mended yet.
const ILL_S: i64 = 60;

#[tokio::test]
async fn enough_of_the_right_people_say_yes_and_the_executor_is_handed_their_words() {
    let scene = Scene::open().await;
    let Scene { house, owner, ada, ben, installed, .. } = &scene;
    let plan = scene.awaiting().await;
    let whole = house.get(owner, &format!("/api/v1/plans/{plan}")).await.json();
    assert_eq!(whole["summary"]["quorum"], 2);
    let could: Vec<(&str, bool)> = whole["could_vote"]
        .as_array()
        .unwrap()
        .iter()
        .map(|voter| (voter["account"].as_str().unwrap(), voter["pinned"].as_bool().unwrap()))
        .collect();
    assert!(could.contains(&(ada.account.as_str(), true)) && could.contains(&(ben.account.as_str(), true)), "{could:?}");
    let statement = whole["statement"].clone();
    let ballot = ada.ballot(house, &plan, "approve", None).await.json();
    assert!(ballot["text"].as_str().unwrap().ends_with(statement["text"].as_str().unwrap()), "what is signed is what is shown");
    assert_eq!(
        (&ballot["rp_id"], ballot["passkeys"].as_array().unwrap().len(), ballot["ssh_keys"].as_array().unwrap().len()),
        (&json!("localhost"), 1, 1)
    );
    assert_eq!(house.get(&ada.who, "/api/v1/plans?mine=true").await.json()["items"].as_array().unwrap().len(), 2);
    let cast = ada.cast(house, &plan, ada.by_passkey(&ballot, "approve", 0)).await;
    assert_eq!(cast.status, 201, "{}", cast.text());
    assert_eq!((&cast.json()["summary"]["state"], &cast.json()["summary"]["approvals"]), (&json!("awaiting"), &json!(1)));
    assert_eq!(house.get(&ada.who, "/api/v1/plans?mine=true").await.json()["items"].as_array().unwrap().len(), 1, "the other one waits");
    assert_eq!(installed.work(house).await["run"], Value::Null, "one is not enough");
    let cast = ben.says(house, &plan, "approve", None).await.json();
    assert_eq!((&cast["summary"]["state"], &cast["summary"]["approvals"]), (&json!("approved"), &json!(2)), "{cast}");

    let work = installed.work(house).await;
    let handed = &work["run"][0];
    assert_eq!(handed["plan"], json!(plan));
    assert_eq!(handed["bytes"], whole["bytes"]);
    let warrant = Warrant::parse(handed["warrant"].as_str().unwrap().as_bytes()).expect("a warrant");
    let fields = warrant.statement.fields().clone();
    let digest = assent_plan::PlanDigest::of(whole["bytes"].as_str().unwrap().as_bytes());
    let expected = Expected {
        tenant: fields.tenant,
        cluster: installed.cluster.parse().unwrap(),
        cluster_uid: &"uid".parse().unwrap(),
        plan: *digest.digest(),
        policies: &BTreeSet::from([fields.policy]),
        floor: Terms { quorum: 2, assurance: Assurance::Held },
        used: &BTreeSet::new(),
    };
    let keyring = scene.pinned_keyring();
    let leave = warrant.verify(&expected, &keyring, house.now()).expect("whoever holds the pinned keys believes it");
    assert_eq!(leave.approvers().len(), 2);

    let records = house.records(owner).await;
    let votes: Vec<_> = records.iter().filter(|record| record.action == "plan.vote" && record.subject == plan).collect();
    assert_eq!(votes.len(), 2, "I4: each is recorded");
    let timeline = house.get(owner, &format!("/api/v1/incidents/{}/timeline", whole["summary"]["incident"].as_str().unwrap())).await;
    assert!(timeline.text().contains("said yes to a plan, and that is enough"), "{}", timeline.text());
}

#[tokio::test]
async fn a_word_counts_once_and_can_be_taken_back() {
    let scene = Scene::open().await;
    let Scene { house, ada, ben, .. } = &scene;
    let plan = scene.awaiting().await;
    let ballot = ada.ballot(house, &plan, "approve", None).await.json();
    let body = ada.by_ssh(&ballot, "approve", None);
    let first = ada.cast(house, &plan, body.clone()).await.json();
    let again = ada.cast(house, &plan, body.clone()).await.json();
    assert_eq!(first["summary"]["version"], again["summary"]["version"], "the same word in the same round is the same vote");
    let other = ada.ballot(house, &plan, "withdraw", None).await.json();
    let mut old = ada.by_ssh(&other, "withdraw", None);
    old["round"] = json!(1);
    assert_eq!(ada.cast(house, &plan, old).await.status, 409, "another word in the same round");
    assert_eq!(ben.says(house, &plan, "withdraw", None).await.status, 409, "there is nothing to take back");
    assert_eq!(ada.says(house, &plan, "withdraw", None).await.json()["summary"]["approvals"], 0);
    assert_eq!(ada.cast(house, &plan, body).await.json()["summary"]["approvals"], 0, "what was taken back is not given again by a replay");
    let back = ada.says(house, &plan, "approve", None).await.json();
    assert_eq!((&back["summary"]["approvals"], back["votes"].as_array().unwrap().len()), (&json!(1), 3));
    let counting: Vec<bool> = back["votes"].as_array().unwrap().iter().map(|vote| vote["counts"].as_bool().unwrap()).collect();
    assert_eq!(counting, [false, false, true]);
}

#[tokio::test]
async fn two_who_vote_at_once_both_count() {
    let scene = Scene::open().await;
    let Scene { house, ada, ben, .. } = &scene;
    let plan = scene.awaiting().await;
    let (one, other) = (ada.ballot(house, &plan, "approve", None).await.json(), ben.ballot(house, &plan, "approve", None).await.json());
    let (first, second) = tokio::join!(
        ada.cast(house, &plan, ada.by_ssh(&one, "approve", None)),
        ben.cast(house, &plan, ben.by_ssh(&other, "approve", None))
    );
    assert_eq!((first.status.as_u16(), second.status.as_u16()), (201, 201), "{} {}", first.text(), second.text());
    let after = house.get(&ada.who, &format!("/api/v1/plans/{plan}")).await.json();
    assert_eq!((&after["summary"]["state"], &after["summary"]["approvals"]), (&json!("approved"), &json!(2)));
}

#[tokio::test]
async fn votes_that_do_not_hold_are_refused_and_recorded() {
    let scene = Scene::open().await;
    let Scene { house, owner, ada, ben, .. } = &scene;
    let plan = scene.awaiting().await;
    let other = scene.plan_of_rank(2).await;
    let ballot = ada.ballot(house, &plan, "approve", None).await.json();
    let elsewhere = ada.ballot(house, &other, "approve", None).await.json();
    let by = |mut ballot: Value, text: &Value| {
        ballot["text"] = text.clone();
        ballot
    };
    for (what, body) in [
        ("a ballot of another plan", ada.by_ssh(&by(ballot.clone(), &elsewhere["text"]), "approve", None)),
        ("somebody else's key", ben.by_ssh(&ballot, "approve", None)),
        (
            "another word",
            ada.by_ssh(&by(ballot.clone(), &ada.ballot(house, &plan, "withdraw", None).await.json()["text"]), "approve", None),
        ),
    ] {
        let refused = ada.cast(house, &plan, body).await;
        assert_eq!(refused.status, 422, "{what}: {}", refused.text());
    }
    let refused = ada.cast(house, &plan, with_proof(&ballot, json!({ "by": "ssh", "signature": "AAAA" }))).await;
    assert_eq!(refused.status, 422);
    assert_eq!(ada.ballot(house, &plan, "reject", None).await.status, 422, "a rejection says why");
    assert_eq!(ada.ballot(house, &plan, "approve", Some("since")).await.status, 422, "nothing else does");
    let secret = ada.ballot(house, &plan, "reject", Some("token=ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8")).await;
    assert!(secret.status == 422 && !secret.text().contains("ghp_"), "I7: {}", secret.text());
    let after = house.get(owner, &format!("/api/v1/plans/{plan}")).await.json();
    assert_eq!((&after["votes"], &after["summary"]["approvals"]), (&json!([]), &json!(0)));
    let records = house.records(owner).await;
    let refused = records.iter().filter(|record| record.action == "plan.vote" && record.outcome == assent_api::ledger::Outcome::Refused);
    assert_eq!(refused.count(), 3);
}

#[tokio::test]
async fn a_passkey_that_counts_backwards_does_not_vote() {
    let scene = Scene::open().await;
    let Scene { house, ada, .. } = &scene;
    let (plan, other) = (scene.awaiting().await, scene.plan_of_rank(2).await);
    let ballot = ada.ballot(house, &plan, "approve", None).await.json();
    assert_eq!(ada.cast(house, &plan, ada.by_passkey(&ballot, "approve", 7)).await.status, 201);
    let ballot = ada.ballot(house, &other, "approve", None).await.json();
    let cloned = ada.cast(house, &other, ada.by_passkey(&ballot, "approve", 7)).await;
    assert!(cloned.status == 422 && cloned.text().contains("cloned"), "{}", cloned.text());
    assert_eq!(ada.cast(house, &other, ada.by_passkey(&ballot, "approve", 8)).await.status, 201);
}

#[tokio::test]
async fn whoever_had_a_hand_in_a_plan_does_not_vote_on_it() {
    let scene = Scene::open().await;
    let Scene { house, ada, ben, .. } = &scene;
    let plan = scene.awaiting().await;
    let incident = scene.incident(&plan).await;
    let scale =
        json!({ "target": { "kind": "Deployment", "namespace": "grocer", "name": "catalog" }, "action": { "scale": { "replicas": 3 } } });
    let propose = |who: Who, instead_of: Option<String>, replicas: u32| {
        let mut body = json!({ "proposal": scale.to_string().replace('3', &replicas.to_string()) });
        if let Some(id) = instead_of {
            body["instead_of"] = json!(id);
        }
        let incident = incident.clone();
        async move { house.call(&who, "POST", &format!("/api/v1/incidents/{incident}/plans"), Some(body)).await }
    };
    let made = propose(ada.who.clone(), None, 3).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let made = made.json();
    let id = made["summary"]["id"].as_str().unwrap().to_owned();
    assert_eq!((&made["summary"]["state"], &made["statement"]["fields"]["authors"]), (&json!("awaiting"), &json!([ada.account])));
    assert!(!made["could_vote"].to_string().contains(&ada.account));
    let own = ada.ballot(house, &id, "approve", None).await;
    assert!(own.status == 403 && own.text().contains("had a hand"), "{}", own.text());
    assert_eq!(ben.says(house, &id, "approve", None).await.status, 201);
    let adapted = propose(ben.who.clone(), Some(id.clone()), 4).await.json();
    let authors: BTreeSet<&str> =
        adapted["statement"]["fields"]["authors"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    assert_eq!(authors, BTreeSet::from([ada.account.as_str(), ben.account.as_str()]), "who adapts joins those whose plan it was");
    assert_eq!((&adapted["votes"], &adapted["summary"]["approvals"]), (&json!([]), &json!(0)), "votes do not carry over");
    assert_eq!(house.get(&ada.who, &format!("/api/v1/plans/{id}")).await.json()["summary"]["state"], "superseded");
}

#[tokio::test]
async fn a_rejection_ends_a_plan_and_it_is_not_proposed_again() {
    let mut scene = Scene::open().await;
    let plan = scene.awaiting().await;
    let incident = scene.incident(&plan).await;
    let no = scene.ada.says(&scene.house, &plan, "reject", Some("the old revision has the leak")).await;
    assert_eq!(no.status, 201, "{}", no.text());
    let no = no.json();
    assert_eq!((&no["summary"]["state"], &no["summary"]["detail"]), (&json!("rejected"), &json!("the old revision has the leak")));
    assert_eq!(scene.ben.says(&scene.house, &plan, "approve", None).await.status, 409, "it is over");
    scene.played.show(&scene.house, ILL_S + 1).await;
    let rerun = format!("/api/v1/incidents/{incident}/rerun");
    assert_eq!(scene.house.call(&scene.owner, "POST", &rerun, Some(json!({}))).await.status, 202);
    let list = scene.house.get(&scene.owner, &format!("/api/v1/plans?incident={incident}")).await.json();
    let action = &no["summary"]["action"];
    let alike: Vec<&Value> = list["items"].as_array().unwrap().iter().filter(|one| one["action"] == *action).collect();
    assert_eq!(alike.len(), 1, "nobody is asked the same again: {list}");
    assert_eq!(scene.installed.work(&scene.house).await["stop"], Value::Null, "nothing ran that would have to stop");
    let timeline = scene.house.get(&scene.owner, &format!("/api/v1/incidents/{incident}/timeline")).await.text();
    assert!(timeline.contains("said no to a plan") && timeline.contains("the old revision has the leak"), "{timeline}");
}

#[tokio::test]
async fn a_rejection_after_enough_said_yes_reaches_the_executor() {
    let scene = Scene::open().await;
    let Scene { house, ada, ben, installed, .. } = &scene;
    let plan = scene.approved().await;
    let statement = house.get(&ada.who, &format!("/api/v1/plans/{plan}")).await.json()["statement"].clone();
    let digest = assent_base::Digest::of(statement["text"].as_str().unwrap().as_bytes()).to_string();
    installed
        .tell(house, &plan, 1, json!({ "intended": { "statement": digest, "approvers": [ada.account, ben.account], "as_user": "ada" } }))
        .await;
    assert_eq!(ben.says(house, &plan, "withdraw", None).await.status, 409, "it runs");
    let stopped = ben.says(house, &plan, "reject", Some("wrong cluster")).await;
    assert_eq!((stopped.status.as_u16(), &stopped.json()["summary"]["state"]), (201, &json!("running")), "{}", stopped.text());
    let work = installed.work(house).await;
    assert_eq!(work["stop"][0]["plan"], json!(plan));
    let vote: assent_approval::vote::Vote = serde_json::from_str(work["stop"][0]["vote"].as_str().unwrap()).expect("a vote");
    assert_eq!(vote.voter.to_string(), ben.account);
}

#[tokio::test]
async fn a_key_that_is_removed_takes_its_votes_with_it() {
    let scene = Scene::open().await;
    let Scene { house, ada, installed, .. } = &scene;
    let plan = scene.approved().await;
    let keys = house.get(&ada.who, "/api/v1/me/ssh-keys").await.json();
    let key = format!("/api/v1/me/ssh-keys/{}", keys["items"][0]["id"].as_str().unwrap());
    assert_eq!(house.call(&ada.who, "DELETE", &key, None).await.status, 204);
    let after = house.get(&ada.who, &format!("/api/v1/plans/{plan}")).await.json();
    assert_eq!(after["summary"]["approvals"], 1);
    assert_eq!(installed.work(house).await["run"], Value::Null, "no warrant is made of it any more");
    let after = house.get(&ada.who, &format!("/api/v1/plans/{plan}")).await.json();
    assert_eq!((&after["summary"]["state"], &after["summary"]["approvals"]), (&json!("awaiting"), &json!(1)), "others are asked again");
}

#[tokio::test]
async fn policy_is_asked_at_each_vote_about_the_change_itself() {
    let scene = Scene::open().await;
    let Scene { house, owner, ada, ben, .. } = &scene;
    let plan = scene.awaiting().await;
    let ballot = ada.ballot(house, &plan, "approve", None).await.json();
    let action = house.get(owner, &format!("/api/v1/plans/{plan}")).await.json()["summary"]["action"].as_str().unwrap().to_owned();
    let text = format!(
        r#"forbid (principal, action == Action::"plan.vote", resource) when {{ resource has change && resource.change == "{action}" }};"#
    );
    let made = house.call(owner, "POST", "/api/v1/policies", Some(json!({ "name": "no", "text": text, "enabled": true }))).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let refused = ada.cast(house, &plan, ada.by_ssh(&ballot, "approve", None)).await;
    assert_eq!(refused.status, 403, "{}", refused.text());
    let seen = house.get(&ben.who, &format!("/api/v1/plans/{plan}")).await.json();
    assert_eq!((&seen["summary"]["may_vote"], &seen["could_vote"]), (&json!(false), &Value::Null));
    let other = scene.plan_of_rank(2).await;
    assert_eq!(ada.says(house, &other, "approve", None).await.status, 201, "another change is another question");
}

#[tokio::test]
async fn viewers_machines_and_people_without_a_pinned_key_do_not_vote() {
    let scene = Scene::open().await;
    let Scene { house, owner, .. } = &scene;
    let plan = scene.awaiting().await;
    let viewer = Voter::join(house, owner, "vera@example.org", "viewer").await;
    assert_eq!(viewer.ballot(house, &plan, "approve", None).await.status, 403);
    let key = house.call(owner, "POST", "/api/v1/keys", Some(json!({ "name": "ci", "grants": [{ "role": "approver" }] }))).await.json();
    let machine = Who::Bearer(key["secret"].as_str().unwrap().to_owned());
    let refused = house.call(&machine, "POST", &format!("/api/v1/plans/{plan}/ballot"), Some(json!({ "word": "approve" }))).await;
    assert!(refused.status == 403 && refused.text().contains("guard.machines_vote_on_nothing"), "{}", refused.text());
    let late = Voter::join(house, owner, "lars@example.org", "approver").await;
    let ballot = late.ballot(house, &plan, "approve", None).await.json();
    assert_eq!((&ballot["passkeys"], &ballot["ssh_keys"]), (&json!([]), &json!([])));
    let refused = late.cast(house, &plan, late.by_ssh(&ballot, "approve", None)).await;
    assert!(refused.status == 409 && refused.text().contains("pinned"), "{}", refused.text());
    let could = house.get(owner, &format!("/api/v1/plans/{plan}")).await.json()["could_vote"].clone();
    let lars = could.as_array().unwrap().iter().find(|one| one["account"] == json!(late.account)).expect("policy lets them");
    assert_eq!(lars["pinned"], false);
}

#[tokio::test]
async fn votes_and_plans_outlive_the_process() {
    let scene = Scene::open().await;
    let plan = scene.awaiting().await;
    assert_eq!(scene.ada.says(&scene.house, &plan, "approve", None).await.status, 201);
    scene.house.plane.stop().await;
    let house = House::on(scene.house.data, assent_platform::Settings::default()).await;
    let kept = house.get(&scene.ben.who, &format!("/api/v1/plans/{plan}")).await.json();
    assert_eq!((&kept["summary"]["approvals"], &kept["votes"][0]["counts"]), (&json!(1), &json!(true)));
    let cast = scene.ben.says(&house, &plan, "approve", None).await.json();
    assert_eq!(cast["summary"]["state"], "approved", "{cast}");
}

#[tokio::test]
async fn nobody_is_asked_where_the_rules_do_not_name_the_action_or_the_executor_is_gone() {
    let scene = Scene::open().await;
    let Scene { house, owner, ada, ben, installed, .. } = &scene;
    let plan = scene.awaiting().await;
    let path = format!("/api/v1/plans/{plan}");
    let said = installed.hello(house, owner, &[ada, ben], |pinned| pinned["rules"]["actions"] = json!(["restart"])).await;
    assert_eq!(said.status, 200, "{}", said.text());
    let incident = scene.incident(&plan).await;
    let advised = |list: &Value| {
        let open: Vec<&Value> = list["items"].as_array().unwrap().iter().filter(|one| one["state"] != "superseded").collect();
        !open.is_empty() && open.iter().all(|one| one["state"] == "advice")
    };
    let list = wait_for(house, owner, &format!("/api/v1/plans?incident={incident}"), advised).await;
    let one = list["items"].as_array().unwrap().iter().find(|one| one["state"] == "advice").unwrap()["id"].as_str().unwrap().to_owned();
    let whole = house.get(owner, &format!("/api/v1/plans/{one}")).await.json();
    assert!(whole["not_asked"].as_str().unwrap().contains("do not name the action"), "{whole}");
    assert_eq!(ada.ballot(house, &one, "approve", None).await.status, 409);
    drop(path);
    let removed = house.call(owner, "DELETE", &format!("/api/v1/clusters/{}/executor", installed.cluster), None).await;
    assert_eq!(removed.status, 204, "{}", removed.text());
    let gone = |plan: &Value| plan["not_asked"] == "no executor is installed in this cluster";
    wait_for(house, owner, &format!("/api/v1/plans/{one}"), gone).await;
}

#[tokio::test]
async fn what_is_pinned_may_approve_a_named_action_by_itself_and_it_shows() {
    let scene = Scene::open().await;
    let Scene { house, owner, ada, ben, installed, .. } = &scene;
    let plan = scene.awaiting().await;
    let action = house.get(owner, &format!("/api/v1/plans/{plan}")).await.json()["summary"]["action"].clone();
    let rule = json!([{ "action": action, "namespaces": ["grocer"], "per_hour_max": 1, "run_as": { "user": "assent:auto" } }]);
    let said = installed.hello(house, owner, &[ada, ben], |pinned| pinned["rules"]["auto_approve"] = rule).await;
    assert_eq!(said.status, 200, "{}", said.text());
    let incident = scene.incident(&plan).await;
    let approved = |list: &Value| list["items"].as_array().unwrap().iter().any(|one| one["state"] == "approved");
    let list = wait_for(house, owner, &format!("/api/v1/plans?incident={incident}"), approved).await;
    let one = list["items"].as_array().unwrap().iter().find(|one| one["state"] == "approved").unwrap();
    assert!(one["detail"].as_str().unwrap().starts_with("approved by rule: "), "{one}");
    assert_eq!(one["approvals"], 0);
    let work = installed.work(house).await;
    let warrant: Value = serde_json::from_str(work["run"][0]["warrant"].as_str().unwrap()).unwrap();
    assert_eq!(warrant["votes"], json!([]), "nobody is said to have said anything");
}

fn with_proof(ballot: &Value, proof: Value) -> Value {
    json!({ "round": ballot["round"], "word": "approve", "proof": proof })
}

/// A cluster with an executor, two people whose keys are pinned there, and an incident with plans.
struct Scene {
    house: House,
    owner: Who,
    ada: Voter,
    ben: Voter,
    installed: Installed,
    played: Played,
}

impl Scene {
    async fn open() -> Self {
        let house = House::open().await;
        let owner = house.owner().await;
        let ada = Voter::of(&house, owner.clone()).await;
        let ben = Voter::join(&house, &owner, "ben@example.org", "approver").await;
        let mut played = Played::let_in(&house, &owner).await;
        let installed = Installed::with(&house, &owner, &played.observer.cluster, &[&ada, &ben]).await;
        played.show(&house, ILL_S).await;
        house.pass(1);
        Self { house, owner, ada, ben, installed, played }
    }

    async fn plan_of_rank(&self, rank: u32) -> String {
        let found = |list: &Value| {
            list["items"].as_array().unwrap().iter().find(|plan| plan["rank"] == rank && plan["state"] == "awaiting").cloned()
        };
        let list = wait_for(&self.house, &self.owner, "/api/v1/plans", |list| found(list).is_some()).await;
        found(&list).unwrap()["id"].as_str().unwrap().to_owned()
    }

    /// The best plan, once people are asked about it and the other one.
    async fn awaiting(&self) -> String {
        self.plan_of_rank(2).await;
        self.plan_of_rank(1).await
    }

    /// The same, after both have said yes.
    async fn approved(&self) -> String {
        let plan = self.awaiting().await;
        for voter in [&self.ada, &self.ben] {
            let cast = voter.says(&self.house, &plan, "approve", None).await;
            assert_eq!(cast.status, 201, "{}", cast.text());
        }
        plan
    }

    async fn incident(&self, plan: &str) -> String {
        let plan = self.house.get(&self.owner, &format!("/api/v1/plans/{plan}")).await.json();
        plan["summary"]["incident"].as_str().unwrap().to_owned()
    }

    /// The keys as they are pinned, by which an executor checks.
    fn pinned_keyring(&self) -> assent_approval::keyring::Keyring {
        use assent_approval::keyring::{Approver, HeldKey, Keyring, KeyringFile, VoteKey};
        use assent_approval::webauthn::{Credential, CredentialId};
        let approver = |voter: &Voter| {
            let credential = Credential {
                id: CredentialId::new(&voter.authenticator.id).unwrap(),
                key: assent_approval::key::PublicKey::p256(&voter.authenticator.point()).unwrap(),
                sign_count: 0,
                backup_eligible: false,
                backed_up: false,
            };
            let keys = [VoteKey::Passkey(credential), VoteKey::Ssh(voter.signer.line().parse().unwrap())];
            let keys = keys.into_iter().map(|key| HeldKey { key, valid_from: None, revoked_at: None }).collect();
            Approver { account: voter.account.parse().unwrap(), keys }
        };
        let approvers = [&self.ada, &self.ben].map(approver).into();
        let origins = BTreeSet::from(["http://localhost".to_owned()]);
        Keyring::new(&KeyringFile { domain: "localhost".to_owned(), origins, approvers }).expect("a keyring")
    }
}
