//! Whatever goes wrong is answered with a problem, and all answers carry the same protection.

use assent_api::Code;

use crate::support::{ENVIRONMENT, INCIDENT, NEW, Server};

#[tokio::test]
async fn whatever_goes_wrong_is_a_problem() {
    let server = Server::start().await;
    server.tiny.answers("ListKeys", |_| panic!("a panic with a password: hunter2"));
    server.tiny.answers("CreateKey", |_| panic!("a panic with a password: hunter2"));
    let key = r#"{"name":"ci","grants":[]}"#;
    for (ask, code) in [
        (server.get("/api/v1/nothing"), Code::NotFound),
        (server.get("/nothing"), Code::NotFound),
        (server.ask("PUT", "/api/v1/me"), Code::MethodNotAllowed),
        (server.ask("OPTIONS", "/api/v1/me").header("origin", "http://evil.example"), Code::MethodNotAllowed),
        (server.ask("BREW", "/api/v1/me"), Code::MethodNotAllowed),
        (server.get("/api/v1/me"), Code::NotSignedIn),
        (server.get("/api/v1/me").token("wrong"), Code::NotSignedIn),
        (server.get(&format!("/api/v1/incidents/{INCIDENT}")).token("good"), Code::NotFound),
        (server.post("/api/v1/environments", "{").token("good"), Code::BadRequest),
        (server.post("/api/v1/environments", NEW).token("good").header("content-type", "text/plain"), Code::UnsupportedMediaType),
        (server.post("/api/v1/environments", &"x".repeat(2 << 20)).token("good"), Code::TooLarge),
        (server.get("/api/v1/keys").token("good"), Code::Internal),
        (server.post("/api/v1/keys", key).token("good"), Code::Internal),
    ] {
        let got = ask.send().await;
        let problem = got.problem();
        assert_eq!(problem.code, code, "{got:?}");
        assert_eq!(&*problem.kind, format!("/docs/errors/{}", code.as_str()));
        assert!(!got.text().contains("hunter2"));
    }
}

#[tokio::test]
async fn absent_and_unknown_look_alike_but_for_the_id_of_the_request() {
    let server = Server::start().await;
    let mut seen = Vec::new();
    for path in [format!("/api/v1/incidents/{INCIDENT}"), format!("/api/v1/environments/{ENVIRONMENT}"), "/api/v1/nothing".to_owned()] {
        let got = server.get(&path).token("good").send().await;
        let id = got.header("x-request-id").unwrap_or_default().to_owned();
        let mut headers: Vec<_> = got.headers.iter().filter(|(name, _)| name != "x-request-id" && name != "date").cloned().collect();
        headers.sort();
        seen.push((got.status, headers, got.text().replace(&id, "ID")));
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
}

#[tokio::test]
async fn a_path_without_this_method_says_which_it_has() {
    let server = Server::start().await;
    let got = server.ask("PATCH", "/api/v1/groups").send().await;
    let mut allowed: Vec<&str> = got.header("allow").expect("Allow").split(',').map(str::trim).collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["GET", "HEAD", "PUT"]);
    assert!(got.headers.iter().all(|(name, _)| !name.starts_with("access-control")), "no CORS");
}

#[tokio::test]
async fn head_answers_as_get_does_but_for_the_body() {
    let server = Server::start().await;
    let got = server.ask("HEAD", "/api/v1/openapi.json").send().await;
    assert_eq!((got.status, got.header("content-type"), got.body.len()), (200, Some("application/json"), 0));
    assert_eq!(server.ask("HEAD", "/api/v1/me").send().await.status, 401);
}

#[tokio::test]
async fn every_answer_is_protected() {
    let server = Server::start().await;
    for path in ["/", "/docs", "/healthz", "/api/v1/me", "/api/v1/openapi.json", "/nothing"] {
        let got = server.get(path).send().await;
        let policy = got.header("content-security-policy").expect("a policy");
        assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        for (name, value) in [
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(got.header(name), Some(value), "{path}");
        }
        assert_eq!(got.header("strict-transport-security"), None, "without TLS");
        assert_eq!(got.header("x-request-id").map(str::len), Some(32));
        assert_eq!(got.headers.iter().filter(|(name, _)| name == "content-type").count(), 1);
    }
}

#[tokio::test]
async fn a_caller_cannot_choose_the_id_of_a_request() {
    let server = Server::start().await;
    let got = server.get("/healthz").header("x-request-id", "chosen").send().await;
    assert_ne!(got.header("x-request-id"), Some("chosen"));
}
