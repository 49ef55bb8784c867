//! The same `POST` twice is done once.

use std::sync::atomic::{AtomicUsize, Ordering};

use assent_api::{Code, Problem};

use crate::support::{Ask, NEW, Server, environment};

async fn server() -> Server {
    let server = Server::start().await;
    let made = AtomicUsize::new(0);
    server.tiny.answers("CreateEnvironment", move |_| Ok(environment(1 + made.fetch_add(1, Ordering::Relaxed) as u64)));
    server
}

fn create(server: &Server, key: &str) -> Ask {
    server.post("/api/v1/environments", NEW).token("good").header("idempotency-key", key)
}

#[tokio::test]
async fn the_same_key_with_the_same_request_gets_the_same_answer() {
    let server = server().await;
    let first = create(&server, "one").send().await;
    let second = create(&server, "one").send().await;
    assert_eq!((first.status, first.header("idempotency-replayed")), (201, None));
    assert_eq!((second.status, second.header("idempotency-replayed")), (201, Some("true")));
    assert_eq!(
        (first.body, first.headers.iter().find(|(name, _)| name == "etag")),
        (second.body, second.headers.iter().find(|(name, _)| name == "etag"))
    );
    assert_eq!(server.tiny.calls("CreateEnvironment"), 1);
}

#[tokio::test]
async fn the_same_key_with_another_request_is_a_conflict() {
    let server = server().await;
    assert_eq!(create(&server, "one").send().await.status, 201);
    let other = create(&server, "one").body(br#"{"name":"shop2","criticality":"prod"}"#).send().await;
    assert_eq!(other.code(), Code::Conflict);
    assert_eq!(server.tiny.calls("CreateEnvironment"), 1);
}

#[tokio::test]
async fn a_secret_that_is_shown_once_is_not_shown_again_and_not_kept() {
    let server = Server::start().await;
    server.tiny.answers("CreateKey", |_| {
        let key = serde_json::json!({
            "id": "key_0192f0c1d2e37a4b8c5d6e7f80912a3b", "name": "ci", "grants": [],
            "created_at": "2026-05-04T10:00:00Z", "created_by": "Ada"
        });
        Ok(serde_json::json!({ "key": key, "secret": "canary" }))
    });
    let create = || server.post("/api/v1/keys", r#"{"name":"ci","grants":[]}"#).token("good").header("idempotency-key", "one").send();
    assert_eq!(create().await.json()["secret"], "canary");
    let problem = create().await.problem();
    assert_eq!(problem.code, Code::Conflict);
    assert!(problem.detail.contains("shown then"), "{}", problem.detail);
    assert_eq!(server.tiny.calls("CreateKey"), 1, "it was made once");
    let kept = format!("{:?}", server.tiny.keys.lock().unwrap());
    assert!(!kept.contains("canary"), "{kept}");
}

#[tokio::test]
async fn a_key_belongs_to_its_principal() {
    let server = server().await;
    assert_eq!(create(&server, "one").send().await.json()["version"], 1);
    assert_eq!(create(&server, "one").token("other").send().await.json()["version"], 2);
    assert_eq!(server.tiny.last().caller, "key:other");
}

#[tokio::test]
async fn a_request_that_still_runs_is_not_begun_again() {
    let server = server().await;
    server.tiny.gated.lock().unwrap().insert("CreateEnvironment");
    let running = tokio::spawn(create(&server, "one").send());
    while server.tiny.calls("CreateEnvironment") == 0 {
        tokio::task::yield_now().await;
    }
    let problem = create(&server, "one").send().await.problem();
    assert_eq!((problem.code, problem.retry_after_s), (Code::Conflict, Some(1)));
    server.tiny.gate.add_permits(1);
    assert_eq!(running.await.unwrap().status, 201);
    assert_eq!(create(&server, "one").send().await.header("idempotency-replayed"), Some("true"));
}

#[tokio::test]
async fn a_key_is_free_again_after_a_problem() {
    let server = server().await;
    server.tiny.answers("CreateEnvironment", |_| Err(Problem::new(Code::Unavailable, "not now")));
    assert_eq!(create(&server, "one").send().await.code(), Code::Unavailable);
    server.tiny.answers("CreateEnvironment", |_| panic!("and now worse"));
    assert_eq!(create(&server, "one").send().await.code(), Code::Internal);
    assert_eq!(create(&server, "one").body(b"{").send().await.code(), Code::BadRequest);
    server.tiny.answers("CreateEnvironment", |_| Ok(environment(5)));
    assert_eq!(create(&server, "one").send().await.json()["version"], 5);
}

#[tokio::test]
async fn a_key_is_refused_where_it_would_promise_what_is_not_kept() {
    let server = server().await;
    let sign_in = server.post("/api/v1/sign-in", r#"{"email":"a@example.org","password":"p"}"#).header("idempotency-key", "one");
    assert_eq!(sign_in.send().await.code(), Code::BadRequest);
    assert_eq!(server.get("/api/v1/keys").token("good").header("idempotency-key", "one").send().await.code(), Code::BadRequest);
    for key in ["", "a b", "ä", &"k".repeat(129)] {
        assert_eq!(create(&server, key).send().await.code(), Code::BadRequest, "{key}");
    }
}
