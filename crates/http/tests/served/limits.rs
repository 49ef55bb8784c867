//! What a caller can make us do is bounded.

use std::io::Write;

use assent_api::Code;

use crate::support::{Ask, NEW, Server, environment};

const BATCH: &str = r#"{"stream":"00000000000000000000000000000001","signals":[]}"#;

fn zip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn batch(server: &Server, body: &[u8]) -> Ask {
    server.post("/api/v1/observer/signals", "").body(body).token("observer").header("content-encoding", "gzip")
}

#[tokio::test]
async fn an_address_that_asks_too_often_is_told_when_to_come_back() {
    let server = Server::with(|config, _| (config.limits.requests_per_s, config.limits.requests_burst) = (0.1, 3.0)).await;
    for _ in 0..3 {
        assert_eq!(server.get("/healthz").send().await.status, 200);
    }
    let problem = server.get("/healthz").send().await.problem();
    assert_eq!(problem.code, Code::TooMany);
    assert!(problem.retry_after_s.is_some_and(|wait| (1..=10).contains(&wait)), "{problem:?}");
}

#[tokio::test]
async fn strangers_try_passwords_slowly() {
    let server = Server::with(|config, _| (config.limits.public_writes_per_s, config.limits.public_writes_burst) = (0.01, 2.0)).await;
    let sign_in = || server.post("/api/v1/sign-in", r#"{"email":"a@example.org","password":"p"}"#);
    assert_eq!(sign_in().send().await.code(), Code::NotFound);
    assert_eq!(sign_in().send().await.code(), Code::NotFound);
    assert_eq!(sign_in().send().await.code(), Code::TooMany);
    server.tiny.answers("ListKeys", |_| Ok(serde_json::json!({ "items": [] })));
    assert_eq!(server.get("/api/v1/keys").token("good").send().await.status, 200, "others work on");
    assert_eq!(server.tiny.calls("SignIn"), 2);
}

#[tokio::test]
async fn keys_of_observers_that_hold_are_no_tries() {
    let server = Server::with(|config, _| (config.limits.public_writes_per_s, config.limits.public_writes_burst) = (0.01, 2.0)).await;
    server.tiny.answers("ExchangeKey", |_| Ok(serde_json::json!({ "token": "t", "expires_in_s": 600 })));
    let exchange = || server.post("/api/v1/observer/token", r#"{"key":"k"}"#).send();
    for _ in 0..10 {
        let got = exchange().await;
        assert_eq!(got.status, 200, "{got:?}");
    }
    let sign_in = || server.post("/api/v1/sign-in", r#"{"email":"a@example.org","password":"p"}"#).send();
    assert_eq!(sign_in().await.code(), Code::NotFound, "and people are not kept out by them");
    server.tiny.answers("ExchangeKey", |_| Err(assent_api::Problem::new(Code::NotSignedIn, "the key does not hold")));
    assert_eq!((exchange().await.code(), exchange().await.code()), (Code::NotSignedIn, Code::NotSignedIn));
    assert_eq!(exchange().await.code(), Code::TooMany, "guesses are");
}

#[tokio::test]
async fn so_many_requests_are_answered_at_once_and_no_more() {
    let server = Server::with(|config, _| config.limits.requests_at_once_max = 1).await;
    server.tiny.answers("CreateEnvironment", |_| Ok(environment(1)));
    server.tiny.gated.lock().unwrap().insert("CreateEnvironment");
    let running = tokio::spawn(server.post("/api/v1/environments", NEW).token("good").send());
    while server.tiny.calls("CreateEnvironment") == 0 {
        tokio::task::yield_now().await;
    }
    let problem = server.get("/api/v1/keys").token("good").send().await.problem();
    assert_eq!((problem.code, problem.retry_after_s), (Code::Unavailable, Some(1)));
    assert_eq!(server.get("/healthz").send().await.status, 200, "a probe still learns that we live");
    server.tiny.gate.add_permits(1);
    assert_eq!(running.await.unwrap().status, 201);
    assert_eq!(server.get("/api/v1/keys").token("good").send().await.code(), Code::NotFound);
}

#[tokio::test]
async fn a_body_has_a_size_by_who_sends_it() {
    let server = Server::start().await;
    let padded = |bytes: usize| format!("{}{}", " ".repeat(bytes), "{}");
    for (ask, bytes_max) in [
        (server.post("/api/v1/sign-in", &padded(20 << 10)), 16 << 10),
        (server.post("/api/v1/environments", &padded(2 << 20)).token("good"), 1 << 20),
        (server.post("/api/v1/observer/signals", &padded(5 << 20)).token("observer"), (4 << 20) + (64 << 10)),
    ] {
        let problem = ask.send().await.problem();
        assert_eq!(problem.code, Code::TooLarge);
        assert!(problem.detail.contains(&bytes_max.to_string()), "{}", problem.detail);
    }
    let batch = format!("{}{}", " ".repeat(3 << 20), BATCH);
    server.tiny.answers("ObserverSignals", |_| Ok(serde_json::json!({ "acknowledged": 0, "list_again": false })));
    assert_eq!(server.post("/api/v1/observer/signals", &batch).token("observer").send().await.status, 200);
}

#[tokio::test]
async fn a_body_of_unknown_length_is_bounded_too() {
    let server = Server::start().await;
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    let body = format!("{}0\r\n\r\n", chunk.repeat(20));
    let ask = server.post("/api/v1/environments", &body).token("good").header("transfer-encoding", "chunked");
    assert_eq!(ask.send().await.code(), Code::TooLarge);
}

#[tokio::test]
async fn strangers_send_nothing_before_they_have_said_who_they_are() {
    let server = Server::start().await;
    // The body never comes: an answer can only be about the credentials.
    let ask = server.post("/api/v1/environments", "").header("content-length", "1000000").token("wrong");
    assert_eq!(ask.send().await.code(), Code::NotSignedIn);
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let server = Server::with(|config, _| config.limits.body_timeout_ms = 50).await;
    let ask = server.post("/api/v1/environments", "").header("content-length", "10").token("good");
    let problem = ask.send().await.problem();
    assert_eq!(problem.code, Code::BadRequest);
    assert!(problem.detail.contains("in time"));
}

#[tokio::test]
async fn an_observer_may_compress_within_bounds() {
    let server = Server::start().await;
    server.tiny.answers("ObserverSignals", |_| Ok(serde_json::json!({ "acknowledged": 0, "list_again": false })));
    assert_eq!(batch(&server, &zip(BATCH.as_bytes())).send().await.status, 200);
    assert_eq!(batch(&server, &zip(&vec![b' '; 64 << 20])).send().await.code(), Code::TooLarge);
    assert_eq!(batch(&server, BATCH.as_bytes()).send().await.code(), Code::BadRequest, "not compressed at all");
    assert_eq!(batch(&server, &zip(BATCH.as_bytes())).header("content-encoding", "br").send().await.code(), Code::UnsupportedMediaType);
    let person = server.post("/api/v1/environments", "").body(&zip(NEW.as_bytes())).token("good").header("content-encoding", "gzip");
    assert_eq!(person.send().await.code(), Code::UnsupportedMediaType);
}

#[tokio::test]
async fn a_long_answer_is_compressed_for_who_asks() {
    let server = Server::start().await;
    let plain = server.get("/api/v1/openapi.json").send().await;
    let zipped = server.get("/api/v1/openapi.json").header("accept-encoding", "gzip").send().await;
    assert_eq!((plain.header("content-encoding"), zipped.header("content-encoding")), (None, Some("gzip")));
    assert!(zipped.body.len() * 4 < plain.body.len(), "{} of {}", zipped.body.len(), plain.body.len());
}
