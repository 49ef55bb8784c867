//! A command line acts as whoever allowed it in a browser, with a session of its own, and nobody else gets one by what is overheard,
//! forged, replayed or sent to somebody.

use crate::support;
use crate::support::{Answer, House, Who};
use assent_approval::base64url;
use assent_base::Digest;
use assent_platform::{CommandLines, Settings};
use serde_json::{Value, json};

const ASK: &str = "/api/v1/me/command-line/ask";
const ALLOW: &str = "/api/v1/me/command-line/allow";
const REFUSE: &str = "/api/v1/me/command-line/refuse";
const EXCHANGE: &str = "/api/v1/sign-in/command-line";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// What a command line asks, that listens.
fn line(verifier: &str) -> Value {
    json!({ "challenge": challenge(verifier), "host": "ada's laptop", "back": { "loopback": "v4", "port": 40_000, "state": challenge("state") } })
}

/// What one asks that does not listen.
fn pasted(verifier: &str) -> Value {
    json!({ "challenge": challenge(verifier), "host": "bastion" })
}

fn challenge(verifier: &str) -> String {
    base64url::text(Digest::of(verifier.as_bytes()).as_bytes())
}

async fn ask(house: &House, who: &Who, line: &Value) -> Value {
    let asked = house.call(who, "POST", ASK, Some(line.clone())).await;
    assert_eq!(asked.status, 200, "{}", asked.text());
    asked.json()
}

async fn answer(house: &House, who: &Who, path: &str, line: &Value, ticket: &Value) -> Answer {
    house.call(who, "POST", path, Some(json!({ "asked": line, "ticket": ticket }))).await
}

/// The code of a question that is allowed.
async fn allowed(house: &House, who: &Who, line: &Value) -> String {
    let ticket = ask(house, who, line).await["ticket"].clone();
    let answer = answer(house, who, ALLOW, line, &ticket).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let answer = answer.json();
    match answer["go_to"].as_str() {
        Some(address) => {
            let (code, state) =
                address.strip_prefix("http://127.0.0.1:40000/assent/signed-in?code=").unwrap().split_once("&state=").unwrap();
            assert_eq!((state, &answer["code"]), (challenge("state").as_str(), &Value::Null));
            code.to_owned()
        }
        None => answer["code"].as_str().expect("a code to paste").to_owned(),
    }
}

async fn exchange(house: &House, code: &str, verifier: &str) -> Answer {
    house.call(&Who::Nobody, "POST", EXCHANGE, Some(json!({ "code": code, "verifier": verifier }))).await
}

/// What was recorded of an action, newest first: outcome and reason.
async fn recorded(house: &House, who: &Who, action: &str) -> Vec<(Value, Value)> {
    let records = house.records(who).await;
    records
        .into_iter()
        .filter(|record| record.action == action)
        .map(|record| (json!(record.outcome), record.details["reason"].clone()))
        .collect()
}

#[tokio::test]
async fn a_command_line_that_is_allowed_acts_as_who_allowed_it_until_it_is_ended() {
    let house = House::open().await;
    let owner = house.owner().await;
    for line in [line(VERIFIER), pasted(VERIFIER)] {
        house.pass(1);
        let signed_in = exchange(&house, &allowed(&house, &owner, &line).await, VERIFIER).await;
        assert_eq!(signed_in.status, 200, "{}", signed_in.text());
        let terminal = signed_in.who();
        let of = async |who: &Who| house.get(who, "/api/v1/me").await.json()["principal"].clone();
        assert_eq!(of(&terminal).await, of(&owner).await);
        let renamed = house.call(&terminal, "PATCH", "/api/v1/tenant", Some(json!({ "name": "Ours" }))).await;
        assert_eq!(renamed.status, 200, "{}", renamed.text());

        let sessions = house.get(&owner, "/api/v1/me/sessions").await.json();
        let own =
            sessions["items"].as_array().unwrap().iter().find(|one| one["command_line"] == line["host"]).expect("it is listed").clone();
        assert_eq!(own["current"], false);
        let path = format!("/api/v1/me/sessions/{}", own["id"].as_str().unwrap());
        assert_eq!(house.call(&owner, "DELETE", &path, None).await.status, 204);
        assert_eq!(house.get(&terminal, "/api/v1/me").await.status, 401, "at once");
        assert_eq!(house.get(&owner, "/api/v1/me").await.status, 200, "the browser's goes on");
    }
}

#[tokio::test]
async fn a_command_line_signs_itself_out() {
    let house = House::open().await;
    let owner = house.owner().await;
    let terminal = exchange(&house, &allowed(&house, &owner, &line(VERIFIER)).await, VERIFIER).await.who();
    assert_eq!(house.call(&terminal, "POST", "/api/v1/sign-out", None).await.status, 204);
    assert_eq!(house.get(&terminal, "/api/v1/me").await.status, 401);
}

#[tokio::test]
async fn a_code_holds_once_for_its_challenge_and_for_a_while() {
    let house = House::open().await;
    let owner = house.owner().await;
    let none = exchange(&house, &challenge("no code"), VERIFIER).await;
    assert_eq!((none.status.as_u16(), none.code().as_str()), (401, "not_signed_in"));
    let alike = async |code: &str, verifier: &str, what: &str| {
        let refused = exchange(&house, code, verifier).await;
        assert_eq!(refused.but_for_its_id(), none.but_for_its_id(), "{what}");
        assert!(refused.headers.get("set-cookie").is_none(), "{what}");
    };

    let code = allowed(&house, &owner, &line(VERIFIER)).await;
    assert_eq!(exchange(&house, &code, VERIFIER).await.status, 200);
    alike(&code, VERIFIER, "a replay").await;

    let code = allowed(&house, &owner, &line(VERIFIER)).await;
    alike(&code, &challenge("another"), "another's verifier").await;
    alike(&code, VERIFIER, "the right verifier, after a wrong one: somebody has overheard the code").await;

    for (line, holds_s) in [(line(VERIFIER), 60), (pasted(VERIFIER), 300)] {
        let code = allowed(&house, &owner, &line).await;
        house.pass(holds_s - 1);
        assert_eq!(exchange(&house, &code, VERIFIER).await.status, 200);
        let code = allowed(&house, &owner, &line).await;
        house.pass(holds_s);
        alike(&code, VERIFIER, "too late").await;
    }
    for bad in ["", "x", &"A".repeat(43), &"A".repeat(5_000)] {
        alike(bad, VERIFIER, bad).await;
    }
    let reasons: Vec<Value> = recorded(&house, &owner, "command_line.exchange").await.into_iter().map(|(_, reason)| reason).collect();
    for reason in ["the code was used before", "the code is of another challenge", "the code has expired"] {
        assert!(reasons.contains(&json!(reason)), "{reason} is not in {reasons:?}");
    }
}

#[tokio::test]
async fn of_many_who_show_one_code_at_one_time_one_is_let_in() {
    let house = House::open().await;
    let owner = house.owner().await;
    let code = allowed(&house, &owner, &line(VERIFIER)).await;
    let answers = futures_util::future::join_all((0..8).map(|_| exchange(&house, &code, VERIFIER))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
}

#[tokio::test]
async fn a_question_is_answered_once_by_who_was_asked_and_as_it_was_asked() {
    let house = House::open().await;
    let owner = house.owner().await;
    let ben = house.join(&owner, "ben@example.org", json!([{ "role": "viewer" }])).await;
    let otto = house.another(&owner, "Other", "otto@example.org").await;
    let elsewhere = house.sign_in("ada@example.org", support::PASSWORD).await.who();
    let asked = line(VERIFIER);
    let ticket = ask(&house, &owner, &asked).await["ticket"].clone();
    let refused = async |who: &Who, line: &Value, what: &str| {
        let refused = answer(&house, who, ALLOW, line, &ticket).await;
        assert_eq!(refused.status, 422, "{what}: {}", refused.text());
    };
    refused(&ben, &asked, "another person").await;
    refused(&otto, &asked, "a person of another tenant").await;
    refused(&elsewhere, &asked, "another session of the same person").await;
    let changes = [("/challenge", json!(challenge("mine"))), ("/host", json!("server")), ("/back", Value::Null)];
    let inner = [("/back/port", json!(40_001)), ("/back/loopback", json!("v6")), ("/back/state", json!(challenge("another")))];
    for (pointer, value) in changes.into_iter().chain(inner) {
        let mut changed = asked.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        refused(&owner, &changed, pointer).await;
    }
    assert_eq!(answer(&house, &owner, ALLOW, &asked, &ticket).await.status, 200, "none of these has used it up");
    refused(&owner, &asked, "a second time").await;

    let ticket = ask(&house, &owner, &asked).await["ticket"].clone();
    let no = answer(&house, &owner, REFUSE, &asked, &ticket).await;
    assert_eq!(no.json()["go_to"], format!("http://127.0.0.1:40000/assent/signed-in?error=refused&state={}", challenge("state")));
    assert_eq!(answer(&house, &owner, ALLOW, &asked, &ticket).await.status, 422, "what was refused is not allowed after all");

    let ticket = ask(&house, &owner, &asked).await["ticket"].clone();
    house.pass(301);
    assert_eq!(answer(&house, &owner, ALLOW, &asked, &ticket).await.status, 422, "too late");
}

#[tokio::test]
async fn nothing_is_allowed_without_the_sessions_own_token_or_from_another_site() {
    let house = House::open().await;
    let owner = house.owner().await;
    let Who::Session { cookie, .. } = &owner else { panic!("a session") };
    let asked = line(VERIFIER);
    let ticket = ask(&house, &owner, &asked).await["ticket"].clone();
    let forged = Who::Session { cookie: cookie.clone(), csrf: challenge("guessed") };
    for path in [ASK, ALLOW, REFUSE] {
        let body = if path == ASK { asked.clone() } else { json!({ "asked": asked, "ticket": ticket }) };
        let refused = house.call(&forged, "POST", path, Some(body)).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (403, "cross_site"), "{path}");
    }
    let request = http::Request::builder().method("POST").uri(ALLOW).header("host", "localhost").header("origin", "http://evil.example");
    let request = request.header("cookie", cookie).header("content-type", "application/json");
    let mut request = request.body(axum::body::Body::from(json!({ "asked": asked, "ticket": ticket }).to_string())).unwrap();
    request.extensions_mut().insert(axum::extract::ConnectInfo(std::net::SocketAddr::from(([192, 0, 2, 1], 1))));
    assert_eq!(house.send(request).await.code(), "cross_site");
    assert_eq!(answer(&house, &owner, ALLOW, &asked, &ticket).await.status, 200, "none of these has used it up");
}

#[tokio::test]
async fn who_signed_in_too_long_ago_signs_in_again_first() {
    let house = House::open().await;
    let owner = house.owner().await;
    house.pass(3_600);
    let asked = line(VERIFIER);
    let question = ask(&house, &owner, &asked).await;
    assert_eq!(question["sign_in_again"], true);
    let refused = answer(&house, &owner, ALLOW, &asked, &question["ticket"]).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "conflict"), "{}", refused.text());
    let anew = house.sign_in("ada@example.org", support::PASSWORD).await.who();
    assert_eq!(ask(&house, &anew, &asked).await["sign_in_again"], false);
    allowed(&house, &anew, &asked).await;
}

#[tokio::test]
async fn a_command_line_lets_no_other_in_and_neither_does_a_machine() {
    let house = House::open().await;
    let owner = house.owner().await;
    let terminal = exchange(&house, &allowed(&house, &owner, &line(VERIFIER)).await, VERIFIER).await.who();
    let key = house.call(&owner, "POST", "/api/v1/keys", Some(json!({ "name": "key", "grants": [{ "role": "owner" }] }))).await;
    let key = Who::Bearer(key.json()["secret"].as_str().expect("a secret").to_owned());
    let ticket = ask(&house, &owner, &line(VERIFIER)).await["ticket"].clone();
    for who in [&terminal, &key] {
        assert_eq!(house.call(who, "POST", ASK, Some(line(VERIFIER))).await.status, 409);
        assert_eq!(answer(&house, who, ALLOW, &line(VERIFIER), &ticket).await.status, 409);
    }
    assert_eq!(house.call(&Who::Nobody, "POST", ASK, Some(line(VERIFIER))).await.status, 401);
}

#[tokio::test]
async fn a_code_dies_with_the_session_that_allowed_it_and_with_the_account() {
    let house = House::open().await;
    let owner = house.owner().await;
    let elsewhere = house.sign_in("ada@example.org", support::PASSWORD).await.who();
    let code = allowed(&house, &elsewhere, &line(VERIFIER)).await;
    assert_eq!(house.call(&elsewhere, "POST", "/api/v1/sign-out", None).await.status, 204);
    assert_eq!(exchange(&house, &code, VERIFIER).await.status, 401);

    let ben = house.join(&owner, "ben@example.org", json!([{ "role": "viewer" }])).await;
    let account = house.get(&ben, "/api/v1/me").await.json()["account"].as_str().unwrap().to_owned();
    let code = allowed(&house, &ben, &line(VERIFIER)).await;
    let shut = house.call(&owner, "PATCH", &format!("/api/v1/members/{account}"), Some(json!({ "disabled": true }))).await;
    assert_eq!(shut.status, 200, "{}", shut.text());
    assert_eq!(exchange(&house, &code, VERIFIER).await.status, 401);
}

#[tokio::test]
async fn a_command_lines_session_lasts_as_long_as_it_is_set_to() {
    let command_lines = CommandLines { idle_s: 600, absolute_s: 1_200, ..CommandLines::default() };
    let house = House::with(Settings { command_lines, ..Settings::default() }).await;
    let owner = house.owner().await;
    let question = ask(&house, &owner, &line(VERIFIER)).await;
    assert_eq!((&question["idle_s"], &question["absolute_s"]), (&json!(600), &json!(1_200)));
    let begin = async || exchange(&house, &allowed(&house, &owner, &line(VERIFIER)).await, VERIFIER).await;
    let signed_in = begin().await;
    assert!(signed_in.headers["set-cookie"].to_str().unwrap().contains("Max-Age=1200"));
    let unused = signed_in.who();
    house.pass(661);
    assert_eq!(house.get(&unused, "/api/v1/me").await.status, 401, "unused for too long");
    let used = begin().await.who();
    house.pass(500);
    assert_eq!(house.get(&used, "/api/v1/me").await.status, 200);
    house.pass(500);
    assert_eq!(house.get(&used, "/api/v1/me").await.status, 200);
    house.pass(200);
    assert_eq!(house.get(&used, "/api/v1/me").await.status, 401, "at its end");
    assert_eq!(house.get(&owner, "/api/v1/me").await.status, 200, "the browser's lasts as before");
}

#[tokio::test]
async fn every_step_is_on_the_ledger_and_no_code_is_anywhere() {
    let house = House::open().await;
    let owner = house.owner().await;
    let code = allowed(&house, &owner, &pasted(VERIFIER)).await;
    let terminal = exchange(&house, &code, VERIFIER).await.who();
    let ticket = ask(&house, &owner, &line(VERIFIER)).await["ticket"].clone();
    answer(&house, &owner, REFUSE, &line(VERIFIER), &ticket).await;
    let none = Value::Null;
    assert_eq!(recorded(&house, &owner, "command_line.ask").await, vec![(json!("done"), none.clone()); 2]);
    assert_eq!(recorded(&house, &owner, "command_line.allow").await, [(json!("intended"), none.clone())]);
    assert_eq!(recorded(&house, &owner, "command_line.refuse").await, [(json!("done"), none.clone())]);
    assert_eq!(recorded(&house, &owner, "command_line.exchange").await, [(json!("intended"), none)]);
    let records = house.records(&owner).await;
    let begun = records.iter().find(|record| record.action == "session.begin" && record.details["way"] == "command line").expect("begun");
    assert_eq!(json!(begun.actor), house.get(&terminal, "/api/v1/me").await.json()["principal"]);
    let Who::Session { cookie, .. } = &terminal else { panic!("a session") };
    let text = serde_json::to_string(&records).unwrap();
    for secret in [code.as_str(), VERIFIER, cookie.rsplit('.').next().unwrap()] {
        assert!(!text.contains(secret), "a secret is on the ledger");
        let on_disk = |(_, bytes): &(std::path::PathBuf, Vec<u8>)| bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
        assert!(!house.files().iter().any(on_disk), "a secret is on the disk");
    }
}
