//! A passkey signs in its owner, at its own site, once for each challenge; nothing else does.

use crate::support::authenticator::{Ask, Authenticator, PRESENT, VERIFIED};
use crate::support::passkey::{self, ORIGIN, PARTY, asking, decoded, set_up, sign_in_as};
use crate::support::{Answer, House, PASSWORD, Who};
use serde_json::{Value, json};

const SIGN_IN: &str = "/api/v1/sign-in/passkey";

#[tokio::test]
async fn a_passkey_is_added_listed_signs_in_and_is_removed() {
    let (house, owner) = opened().await;
    let key = Authenticator::new(b"laptop");
    let added = passkey::add(&house, &owner, &key, "Laptop").await;
    assert_eq!(added.status, 201, "{}", added.text());
    let handle = passkey::handle(&house, &owner).await;

    let answer = sign_in_as(&house, &key, &handle, same).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["me"]["email"], "ada@example.org");
    let session = answer.who();
    let listed = house.get(&session, "/api/v1/me/passkeys").await.json();
    assert_eq!(listed["items"][0]["name"], "Laptop");
    assert_eq!(listed["items"][0]["used_at"], json!(house.now()));
    assert_eq!(listed["items"][0]["backed_up"], false);

    let asked = passkey::begin(&house, &session).await;
    assert_eq!(asked["exclude"], json!([passkey::encoded(b"laptop")]), "an authenticator makes no second one");
    let id = added.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(house.call(&session, "DELETE", &format!("/api/v1/me/passkeys/{id}"), None).await.status, 204);
    assert_eq!(sign_in_as(&house, &key, &handle, same).await.status, 401, "removed");
    assert_eq!(house.call(&session, "DELETE", &format!("/api/v1/me/passkeys/{id}"), None).await.status, 404);
}

#[tokio::test]
async fn the_first_owner_sets_up_with_a_passkey_and_has_no_password() {
    let house = House::open().await;
    let key = Authenticator::new(b"laptop");
    let token = house.link.clone().unwrap().expose().to_owned();
    let answer = set_up(&house, &token, "ada@example.org", &key, same).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let owner = answer.who();
    assert_eq!(house.get(&owner, "/api/v1/me").await.json()["grants"], json!([{ "role": "owner" }]));
    assert_eq!(house.sign_in("ada@example.org", PASSWORD).await.status, 401);
    let handle = passkey::handle(&house, &owner).await;
    assert_eq!(sign_in_as(&house, &key, &handle, same).await.status, 200);

    let again = house.call(&Who::Nobody, "POST", "/api/v1/set-up/passkey/challenge", Some(asking(&token, "eve@example.org"))).await;
    assert_eq!(again.status, 401, "the link was used");
    let members = house.get(&owner, "/api/v1/members").await.json();
    assert_eq!(members["items"][0]["state"], "active");
}

#[tokio::test]
async fn the_only_way_in_stays() {
    let house = House::open().await;
    let token = house.link.clone().unwrap().expose().to_owned();
    let first = Authenticator::new(b"first");
    let owner = set_up(&house, &token, "ada@example.org", &first, same).await.who();
    let id = |list: &Value, at: usize| list["items"][at]["id"].as_str().unwrap().to_owned();
    let list = house.get(&owner, "/api/v1/me/passkeys").await.json();
    let only = format!("/api/v1/me/passkeys/{}", id(&list, 0));
    let refused = house.call(&owner, "DELETE", &only, None).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "conflict"), "{}", refused.text());
    assert_eq!(passkey::add(&house, &owner, &Authenticator::new(b"second"), "Second").await.status, 201);
    assert_eq!(house.call(&owner, "DELETE", &only, None).await.status, 204, "another is left");
    let list = house.get(&owner, "/api/v1/me/passkeys").await.json();
    assert_eq!(house.call(&owner, "DELETE", &format!("/api/v1/me/passkeys/{}", id(&list, 0)), None).await.status, 409);
}

#[tokio::test]
async fn what_an_authenticator_signed_for_anything_else_does_not_sign_in() {
    let (house, owner) = opened().await;
    let key = Authenticator::new(b"laptop");
    passkey::add(&house, &owner, &key, "Laptop").await;
    let handle = passkey::handle(&house, &owner).await;
    let none = sign_in_as(&house, &Authenticator::new(b"nobody"), &handle, same).await;
    assert_eq!(none.status, 401);
    // Each from a network of its own: the waits have a test of theirs.
    type Change = fn(Ask) -> Ask;
    let wrong: [(&str, Change); 8] = [
        ("another origin", |ask| Ask { origin: "http://evil.example".to_owned(), ..ask }),
        ("another port", |ask| Ask { origin: "http://localhost:81".to_owned(), ..ask }),
        ("another relying party", |ask| Ask { party: "evil.example".to_owned(), ..ask }),
        ("another challenge", |ask| Ask { challenge: vec![7; 32], ..ask }),
        ("an altered challenge", |mut ask| {
            ask.challenge[0] ^= 1;
            ask
        }),
        ("made for a registration", |ask| Ask { ceremony: "webauthn.create".to_owned(), ..ask }),
        ("nobody verified", |ask| Ask { flags: PRESENT, ..ask }),
        ("nobody present", |ask| Ask { flags: VERIFIED, ..ask }),
    ];
    for (what, change) in wrong {
        let answer = sign_in_as(&house, &key, &handle, change).await;
        assert_eq!(answer.but_for_its_id(), none.but_for_its_id(), "{what}");
        assert!(answer.headers.get("set-cookie").is_none(), "{what}");
        assert_eq!(sign_in_as(&house, &key, &handle, same).await.status, 200, "and the owner still can, after {what}");
    }
    let other = Authenticator::new(b"laptop");
    assert_eq!(sign_in_as(&house, &other, &handle, same).await.status, 401, "another key under the same id");
    assert_eq!(sign_in_as(&house, &key, "no handle", same).await.status, 401);
    let reasons: Vec<String> =
        house.records(&owner).await.iter().filter_map(|record| record.details["reason"].as_str().map(str::to_owned)).collect();
    assert!(reasons.iter().any(|reason| reason.contains("another origin")), "the ledger knows why: {reasons:?}");
}

#[tokio::test]
async fn a_ticket_signs_in_once_and_for_five_minutes() {
    let (house, owner) = opened().await;
    let key = Authenticator::new(b"laptop");
    passkey::add(&house, &owner, &key, "Laptop").await;
    let handle = passkey::handle(&house, &owner).await;
    let body = async || {
        let asked = passkey::begin_sign_in(&house).await;
        let ask = Ask::get(ORIGIN, PARTY, &decoded(&asked["challenge"]));
        passkey::signed(&asked, &key, &handle, &key.sign(&ask))
    };
    let used = body().await;
    assert_eq!(house.call(&Who::Nobody, "POST", SIGN_IN, Some(used.clone())).await.status, 200);
    assert_eq!(house.call(&Who::Nobody, "POST", SIGN_IN, Some(used)).await.status, 401, "replayed");

    let mut other = body().await;
    other["ticket"] = body().await["ticket"].clone();
    assert_eq!(house.call(&Who::Nobody, "POST", SIGN_IN, Some(other)).await.status, 401, "the ticket of another challenge");

    let late = body().await;
    house.pass(299);
    let in_time = body().await;
    house.pass(1);
    assert_eq!(house.call(&Who::Nobody, "POST", SIGN_IN, Some(late)).await.status, 401, "too late");
    assert_eq!(house.call(&Who::Nobody, "POST", SIGN_IN, Some(in_time)).await.status, 200);

    let adding = passkey::begin(&house, &owner).await;
    let ask = Ask::get(ORIGIN, PARTY, &decoded(&adding["challenge"]));
    let crossed = passkey::signed(&adding, &key, &handle, &key.sign(&ask));
    assert_eq!(house.call(&Who::Nobody, "POST", SIGN_IN, Some(crossed)).await.status, 401, "a ticket of another ceremony");
}

#[tokio::test]
async fn two_answers_with_one_ticket_begin_one_session() {
    let (house, owner) = opened().await;
    let key = Authenticator::new(b"laptop");
    passkey::add(&house, &owner, &key, "Laptop").await;
    let handle = passkey::handle(&house, &owner).await;
    let asked = passkey::begin_sign_in(&house).await;
    let ask = Ask::get(ORIGIN, PARTY, &decoded(&asked["challenge"]));
    let bodies = (0..4).map(|_| passkey::signed(&asked, &key, &handle, &key.sign(&ask)));
    let answers = futures_util::future::join_all(bodies.map(|body| house.call(&Who::Nobody, "POST", SIGN_IN, Some(body)))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
}

#[tokio::test]
async fn a_counter_that_goes_back_does_not_sign_in() {
    let (house, owner) = opened().await;
    let key = Authenticator::new(b"security key");
    passkey::add(&house, &owner, &key, "Key").await;
    let handle = passkey::handle(&house, &owner).await;
    for (count, status) in [(3, 200), (3, 401), (2, 401), (4, 200), (0, 401)] {
        assert_eq!(sign_in_as(&house, &key, &handle, |ask| Ask { count, ..ask }).await.status, status, "{count}");
    }
    let records = house.records(&owner).await;
    assert!(records.iter().any(|record| record.details["reason"].as_str().is_some_and(|reason| reason.contains("cloned"))));
}

#[tokio::test]
async fn a_passkey_of_one_tenant_opens_nothing_of_another() {
    let (house, owner) = opened().await;
    let other = house.another(&owner, "Other", "otto@example.org").await;
    let (ours, theirs) = (Authenticator::new(b"same id"), Authenticator::new(b"same id"));
    assert_eq!(passkey::add(&house, &owner, &ours, "Ours").await.status, 201);
    assert_eq!(passkey::add(&house, &other, &theirs, "Theirs").await.status, 201);
    let (our_handle, their_handle) = (passkey::handle(&house, &owner).await, passkey::handle(&house, &other).await);
    assert_eq!(sign_in_as(&house, &theirs, &our_handle, same).await.status, 401);
    assert_eq!(sign_in_as(&house, &ours, &their_handle, same).await.status, 401);
    let mixed = passkey::encoded(&[&decoded(&json!(our_handle))[..16], &decoded(&json!(their_handle))[16..]].concat());
    assert_eq!(sign_in_as(&house, &theirs, &mixed, same).await.status, 401, "an account of another tenant");
    let answer = sign_in_as(&house, &theirs, &their_handle, same).await;
    assert_eq!(answer.json()["me"]["email"], "otto@example.org");
}

#[tokio::test]
async fn a_registration_for_anything_else_is_refused_and_its_ticket_used() {
    let (house, owner) = opened().await;
    let key = Authenticator::new(b"laptop");
    type Change = fn(Ask) -> Ask;
    let wrong: [Change; 5] = [
        |ask| Ask { origin: "http://evil.example".to_owned(), ..ask },
        |ask| Ask { party: "evil.example".to_owned(), ..ask },
        |ask| Ask { challenge: vec![7; 32], ..ask },
        |ask| Ask { ceremony: "webauthn.get".to_owned(), ..ask },
        |ask| Ask { flags: PRESENT, ..ask },
    ];
    for change in wrong {
        let asked = passkey::begin(&house, &owner).await;
        let good = Ask::create(ORIGIN, PARTY, &decoded(&asked["challenge"]));
        let refused = post(&house, &owner, passkey::made(&asked, &key, &change(good.clone()), "Laptop")).await;
        assert_eq!((refused.status.as_u16(), refused.json()["fields"][0]["pointer"].as_str()), (422, Some("/attestation")));
        let again = post(&house, &owner, passkey::made(&asked, &key, &good, "Laptop")).await;
        assert_eq!(again.json()["fields"][0]["pointer"], "/ticket", "one try for each ticket");
    }
    assert_eq!(house.get(&owner, "/api/v1/me/passkeys").await.json()["items"], json!([]));
    assert!(house.records(&owner).await.iter().any(|record| record.action == "passkey.add" && json!(record.outcome) == "refused"));
}

#[tokio::test]
async fn a_ticket_is_for_one_session_of_one_person() {
    let (house, owner) = opened().await;
    let elsewhere = house.sign_in("ada@example.org", PASSWORD).await.who();
    let ben = house.join(&owner, "ben@example.org", json!([{ "role": "viewer" }])).await;
    let key = Authenticator::new(b"laptop");
    for thief in [&elsewhere, &ben] {
        let asked = passkey::begin(&house, &owner).await;
        let ask = Ask::create(ORIGIN, PARTY, &decoded(&asked["challenge"]));
        let refused = post(&house, thief, passkey::made(&asked, &key, &ask, "Laptop")).await;
        assert_eq!(refused.status, 422, "{}", refused.text());
    }
    assert_eq!(passkey::add(&house, &owner, &key, "Laptop").await.status, 201);
    let twice = passkey::add(&house, &owner, &key, "Again").await;
    assert_eq!(twice.status, 409, "the same passkey twice");
    let theirs = house.get(&ben, "/api/v1/me/passkeys").await.json();
    assert_eq!(theirs["items"], json!([]));
}

#[tokio::test]
async fn an_account_has_a_bounded_number_of_passkeys() {
    let (house, owner) = opened().await;
    for n in 0..20_u8 {
        assert_eq!(passkey::add(&house, &owner, &Authenticator::new(&[n]), "One of many").await.status, 201);
    }
    assert_eq!(passkey::add(&house, &owner, &Authenticator::new(&[20]), "Too many").await.status, 409);
}

#[tokio::test]
async fn a_shut_account_does_not_sign_in_with_its_passkey() {
    let (house, owner) = opened().await;
    let ben = house.join(&owner, "ben@example.org", json!([{ "role": "viewer" }])).await;
    let key = Authenticator::new(b"laptop");
    passkey::add(&house, &ben, &key, "Laptop").await;
    let handle = passkey::handle(&house, &ben).await;
    let account = house.get(&ben, "/api/v1/me").await.json()["account"].as_str().unwrap().to_owned();
    let shut = house.call(&owner, "PATCH", &format!("/api/v1/members/{account}"), Some(json!({ "disabled": true }))).await;
    assert_eq!(shut.status, 200);
    assert_eq!(sign_in_as(&house, &key, &handle, same).await.status, 401);
    house.call(&owner, "PATCH", &format!("/api/v1/members/{account}"), Some(json!({ "disabled": false }))).await;
    assert_eq!(sign_in_as(&house, &key, &handle, same).await.status, 200);
}

#[tokio::test]
async fn too_many_failures_make_a_passkey_wait_and_its_owners_password_not() {
    let (house, owner) = opened().await;
    let key = Authenticator::new(b"laptop");
    passkey::add(&house, &owner, &key, "Laptop").await;
    let handle = passkey::handle(&house, &owner).await;
    for _ in 0..6 {
        assert_eq!(sign_in_as(&house, &Authenticator::new(b"laptop"), &handle, same).await.status, 401);
    }
    let locked = sign_in_as(&house, &key, &handle, same).await;
    assert_eq!((locked.status.as_u16(), locked.code().as_str()), (429, "locked_out"));
    assert_eq!(house.sign_in("ada@example.org", PASSWORD).await.status, 200);
    house.pass(31);
    assert_eq!(sign_in_as(&house, &key, &handle, same).await.status, 200);
    assert!(house.records(&owner).await.iter().any(|record| record.action == "account.lock_out"));
}

#[tokio::test]
async fn passkeys_are_offered_where_browsers_have_them() {
    let house = House::open().await;
    assert_eq!(house.get(&Who::Nobody, "/api/v1/sign-in").await.json()["passkey"], true);
    let at_address = |method: &str, path: &str, body: axum::body::Body| {
        let mut request = http::Request::builder().method(method).uri(path).header("host", "127.0.0.1:8473");
        request = request.header("content-type", "application/json");
        let mut request = request.body(body).expect("a request");
        let remote = std::net::SocketAddr::new(std::net::Ipv4Addr::LOCALHOST.into(), 1);
        request.extensions_mut().insert(axum::extract::ConnectInfo(remote));
        request
    };
    let options = house.send(at_address("GET", "/api/v1/sign-in", axum::body::Body::empty())).await;
    assert_eq!(options.json()["passkey"], false, "{}", options.text());
    let refused = house.send(at_address("POST", "/api/v1/sign-in/passkey/challenge", "{}".into())).await;
    assert_eq!(refused.status, 409, "{}", refused.text());
}

#[tokio::test]
async fn every_event_of_passkeys_is_on_the_ledger_and_no_ticket_is() {
    let (house, owner) = opened().await;
    let key = Authenticator::new(b"laptop");
    let asked = passkey::begin(&house, &owner).await;
    let ask = Ask::create(ORIGIN, PARTY, &decoded(&asked["challenge"]));
    let added = post(&house, &owner, passkey::made(&asked, &key, &ask, "Laptop")).await;
    let handle = passkey::handle(&house, &owner).await;
    sign_in_as(&house, &key, &handle, same).await;
    let id = added.json()["id"].as_str().unwrap().to_owned();
    house.call(&owner, "DELETE", &format!("/api/v1/me/passkeys/{id}"), None).await;
    let records = house.records(&owner).await;
    for action in ["passkey.add", "passkey.remove"] {
        assert!(
            records.iter().any(|record| record.action == action && json!(record.outcome) == "intended" && record.subject == id),
            "{action}"
        );
    }
    assert!(records.iter().any(|record| record.action == "session.begin" && record.details["way"] == "passkey"));
    let text = serde_json::to_string(&records).unwrap();
    assert!(!text.contains(asked["ticket"].as_str().unwrap()) && !text.contains(asked["challenge"].as_str().unwrap()));
}

async fn opened() -> (House, Who) {
    let house = House::open().await;
    let owner = house.owner().await;
    (house, owner)
}

fn same(ask: Ask) -> Ask {
    ask
}

async fn post(house: &House, who: &Who, body: Value) -> Answer {
    house.call(who, "POST", "/api/v1/me/passkeys", Some(body)).await
}
