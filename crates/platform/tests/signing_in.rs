//! Whoever proves who they are gets a session; whoever does not learns nothing.

use crate::support::{House, PASSWORD, Who};
use serde_json::json;

#[tokio::test]
async fn the_link_of_the_first_owner_is_used_once() {
    let house = House::open().await;
    let options = house.get(&Who::Nobody, "/api/v1/sign-in").await.json();
    assert_eq!((&options["set_up"], &options["console"]), (&json!(false), &json!("http://localhost")));
    let owner = house.owner().await;
    let me = house.get(&owner, "/api/v1/me").await.json();
    assert_eq!(me["email"], "ada@example.org");
    assert_eq!(me["grants"], json!([{ "role": "owner" }]));
    assert_eq!(house.get(&Who::Nobody, "/api/v1/sign-in").await.json()["set_up"], true);

    let link = house.link.clone().expect("the link");
    let body = |token: &str| json!({ "token": token, "email": "eve@example.org", "name": "Eve", "password": PASSWORD });
    let again = house.call(&Who::Nobody, "POST", "/api/v1/set-up", Some(body(link.expose()))).await;
    let wrong = house.call(&Who::Nobody, "POST", "/api/v1/set-up", Some(body("no such link"))).await;
    assert_eq!(again.status, 401);
    assert_eq!(again.but_for_its_id(), wrong.but_for_its_id(), "a used link looks like none");
}

#[tokio::test]
async fn a_link_that_has_expired_opens_nothing() {
    let house = House::open().await;
    house.pass(25 * 3600);
    let link = house.link.clone().expect("the link");
    let body = json!({ "token": link.expose(), "email": "ada@example.org", "name": "Ada", "password": PASSWORD });
    assert_eq!(house.call(&Who::Nobody, "POST", "/api/v1/set-up", Some(body)).await.status, 401);
}

#[tokio::test]
async fn a_weak_password_is_refused_and_leaves_the_link_as_it_was() {
    let house = House::open().await;
    let link = house.link.clone().expect("the link");
    for weak in ["short", "passwordpassword", "ada lovelace 1"] {
        let body = json!({ "token": link.expose(), "email": "ada@example.org", "name": "Ada Lovelace", "password": weak });
        let refused = house.call(&Who::Nobody, "POST", "/api/v1/set-up", Some(body)).await;
        assert_eq!((refused.status.as_u16(), refused.json()["fields"][0]["pointer"].as_str()), (422, Some("/password")), "{weak}");
    }
    house.owner().await;
}

#[tokio::test]
async fn a_wrong_password_an_unknown_address_and_a_shut_account_look_alike() {
    let house = House::open().await;
    let owner = house.owner().await;
    house.join(&owner, "ben@example.org", json!([{ "role": "viewer" }])).await;
    let ben = member(&house, &owner, "ben@example.org").await;
    let shut = house.call(&owner, "PATCH", &format!("/api/v1/members/{ben}"), Some(json!({ "disabled": true }))).await;
    assert_eq!(shut.status, 200, "{}", shut.text());

    let wrong = house.sign_in("ada@example.org", "not the password at all").await;
    assert_eq!(wrong.status, 401);
    for (email, password) in [("nobody@example.org", PASSWORD), ("ben@example.org", PASSWORD), ("no address", PASSWORD)] {
        let other = house.sign_in(email, password).await;
        assert_eq!(other.but_for_its_id(), wrong.but_for_its_id(), "{email}");
        assert!(other.headers.get("set-cookie").is_none());
    }
    assert_eq!(house.sign_in(" Ada@Example.org ", PASSWORD).await.status, 200, "an address has one spelling");
}

#[tokio::test]
async fn too_many_failures_lock_out_whether_or_not_there_is_an_account() {
    let house = House::open().await;
    house.owner().await;
    for email in ["ada@example.org", "nobody@example.org"] {
        let remote = if email.starts_with("ada") { "192.0.2.10" } else { "192.0.2.11" };
        let attempt = |password: &'static str| {
            let body = json!({ "email": email, "password": password });
            house.call_from(remote, &Who::Nobody, "POST", "/api/v1/sign-in", Some(body))
        };
        for _ in 0..6 {
            assert_eq!(attempt("not the password at all").await.status, 401, "{email}");
        }
        let locked = attempt(PASSWORD).await;
        assert_eq!((locked.status.as_u16(), locked.code().as_str()), (429, "locked_out"), "{email}");
        assert_eq!(locked.json()["retry_after_s"], 30, "{email}");
    }
    house.pass(31);
    assert_eq!(house.sign_in("ada@example.org", PASSWORD).await.status, 200, "the wait is over");
    for _ in 0..5 {
        assert_eq!(house.sign_in("ada@example.org", "not the password at all").await.status, 401, "a success forgets the failures");
    }
}

#[tokio::test]
async fn many_attempts_at_one_time_are_all_counted() {
    let house = House::open().await;
    house.owner().await;
    let attempts = (0..12).map(|_| house.sign_in("ada@example.org", "not the password at all"));
    let answers = futures_util::future::join_all(attempts).await;
    let checked = answers.iter().filter(|answer| answer.status == 401).count();
    assert!(checked <= 6, "{checked} passwords were checked before the account was locked");
}

#[tokio::test]
async fn somebody_can_sign_in_at_several_places_at_one_time() {
    let house = House::open().await;
    house.owner().await;
    let sign_ins = (0..3).map(|_| house.sign_in("ada@example.org", PASSWORD));
    for answer in futures_util::future::join_all(sign_ins).await {
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(house.get(&answer.who(), "/api/v1/me").await.status, 200);
    }
}

#[tokio::test]
async fn a_session_ends_when_it_is_signed_out_ended_or_too_old() {
    let house = House::open().await;
    // Sessions are listed by when they began.
    let first = house.owner().await;
    house.pass(1);
    let second = house.sign_in("ada@example.org", PASSWORD).await.who();
    house.pass(1);
    let third = house.sign_in("ada@example.org", PASSWORD).await.who();
    let sessions = house.get(&second, "/api/v1/me/sessions").await.json();
    assert_eq!(sessions["items"].as_array().map(Vec::len), Some(3));
    let id = |of: &serde_json::Value, current: bool| {
        let found =
            of["items"].as_array().expect("a list").iter().find(|session| session["current"] == current).expect("a session").clone();
        found["id"].as_str().expect("an id").to_owned()
    };
    let oldest = id(&sessions, false);
    assert_eq!(house.call(&second, "DELETE", &format!("/api/v1/me/sessions/{oldest}"), None).await.status, 204);
    assert_eq!(house.get(&first, "/api/v1/me").await.status, 401, "ended at once");

    let out = house.call(&second, "POST", "/api/v1/sign-out", None).await;
    assert_eq!(out.status, 204);
    assert!(out.headers["set-cookie"].to_str().expect("text").contains("Max-Age=0"));
    assert_eq!(house.get(&second, "/api/v1/me").await.status, 401);

    assert_eq!(house.get(&third, "/api/v1/me").await.status, 200);
    house.pass(13 * 3600);
    assert_eq!(house.get(&third, "/api/v1/me").await.status, 401, "idle for too long");
}

#[tokio::test]
async fn a_session_changes_nothing_without_its_own_csrf_token() {
    let house = House::open().await;
    let owner = house.owner().await;
    let other = house.sign_in("ada@example.org", PASSWORD).await.who();
    let (Who::Session { cookie, .. }, Who::Session { csrf, .. }) = (&owner, &other) else { panic!("sessions") };
    let mixed = Who::Session { cookie: cookie.clone(), csrf: csrf.clone() };
    let refused = house.call(&mixed, "PATCH", "/api/v1/tenant", Some(json!({ "name": "Theirs" }))).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (403, "cross_site"));
    assert_eq!(house.call(&owner, "PATCH", "/api/v1/tenant", Some(json!({ "name": "Ours" }))).await.status, 200);
}

#[tokio::test]
async fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    let house = House::open().await;
    house.owner().await;
    let set = house.sign_in("ada@example.org", PASSWORD).await.headers["set-cookie"].to_str().expect("text").to_owned();
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(set.contains(attribute), "{set}");
    }
}

#[tokio::test]
async fn credentials_that_do_not_hold_look_alike() {
    let house = House::open().await;
    let owner = house.owner().await;
    let Who::Session { cookie, csrf } = &owner else { panic!("a session") };
    let none = house.get(&Who::Nobody, "/api/v1/me").await;
    let (name, value) = cookie.split_once('=').expect("a pair");
    let secret = value.rsplit('.').next().expect("a secret");
    let turned: String = secret.chars().rev().collect();
    for bad in [
        value.replace(secret, &turned),
        value.replace("ses_0", "ses_1"),
        value.replace("tnt_0", "tnt_1"),
        "x".to_owned(),
        "a.b.c".to_owned(),
    ] {
        let shown = Who::Session { cookie: format!("{name}={bad}"), csrf: csrf.clone() };
        assert_eq!(house.get(&shown, "/api/v1/me").await.but_for_its_id(), none.but_for_its_id(), "{bad}");
    }
    for bad in ["ask_nothing", "x.y.z", "0"] {
        assert_eq!(house.get(&Who::Bearer(bad.to_owned()), "/api/v1/me").await.but_for_its_id(), none.but_for_its_id(), "{bad}");
    }
}

#[tokio::test]
async fn every_event_of_signing_in_is_on_the_ledger_and_no_secret_is() {
    let house = House::open().await;
    let owner = house.owner().await;
    house.sign_in("ada@example.org", "not the password at all").await;
    let session = house.sign_in("ada@example.org", PASSWORD).await.who();
    house.call(&session, "POST", "/api/v1/sign-out", None).await;
    for _ in 0..6 {
        house.sign_in("ada@example.org", "not the password at all").await;
    }
    let records = house.records(&owner).await;
    let has = |action: &str, outcome: &str| records.iter().any(|record| record.action == action && json!(record.outcome) == outcome);
    assert!(has("link.use", "intended") && has("link.make", "intended"));
    assert!(has("session.begin", "intended") && has("session.begin", "refused"));
    assert!(has("session.end", "intended") && has("account.lock_out", "done"));
    let text = serde_json::to_string(&records).expect("text");
    for secret in [PASSWORD, "not the password at all", house.link.as_ref().expect("the link").expose()] {
        assert!(!text.contains(secret), "a secret is on the ledger");
        assert!(house.files().iter().all(|(_, bytes)| !contains(bytes, secret)), "a secret is on the disk");
    }
    let Who::Session { cookie, .. } = &owner else { panic!("a session") };
    let secret = cookie.rsplit('.').next().expect("a secret");
    assert!(!text.contains(secret) && house.files().iter().all(|(_, bytes)| !contains(bytes, secret)));
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

async fn member(house: &House, by: &Who, email: &str) -> String {
    let members = house.get(by, "/api/v1/members").await.json();
    let found = members["items"].as_array().expect("a list").iter().find(|member| member["email"] == email).expect("a member").clone();
    found["id"].as_str().expect("an id").to_owned()
}
