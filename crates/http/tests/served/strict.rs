//! What cannot be read exactly is refused, and the platform never hears of it.

use assent_api::Code;

use crate::support::{ENVIRONMENT, NEW, Server, environment};

#[tokio::test]
async fn a_good_request_reaches_the_platform_typed() {
    let server = Server::start().await;
    server.tiny.answers("CreateEnvironment", |_| Ok(environment(1)));
    let got = server.post("/api/v1/environments", NEW).token("good").send().await;
    assert_eq!((got.status, got.header("etag")), (201, Some("\"1\"")));
    assert_eq!(got.json(), environment(1));

    server.tiny.answers("ListIncidents", |_| Ok(serde_json::json!({ "items": [] })));
    let got = server.get("/api/v1/incidents?limit=7&severity=broken&text=a%20b").token("good").send().await;
    assert_eq!((got.status, got.text()), (200, r#"{"items":[]}"#.to_owned()));
    assert_eq!(server.tiny.last().query, serde_json::json!({ "limit": 7, "severity": "broken", "text": "a b" }));

    server.tiny.answers("DeleteEnvironment", |_| Ok(serde_json::json!({})));
    let got = server.ask("DELETE", &format!("/api/v1/environments/{ENVIRONMENT}")).token("good").send().await;
    assert_eq!((got.status, got.text()), (204, String::new()));
    assert_eq!(server.tiny.last().path, serde_json::json!({ "environment": ENVIRONMENT }));
}

#[tokio::test]
async fn odd_bodies_are_refused() {
    let server = Server::start().await;
    server.tiny.answers("CreateEnvironment", |_| Ok(environment(1)));
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for body in [
        r#"{"name":"shop","criticality":"prod","owner":"me"}"#,
        r#"{"name":"shop","name":"shop2","criticality":"prod"}"#,
        r#"{"name":"shop","criticality":"prod"}}"#,
        r#"{"name":"shop","criticality":"prod",}"#,
        r#"{"name":"\ud800","criticality":"prod"}"#,
        r#"{'name':'shop','criticality':'prod'}"#,
        r#"["shop","prod"]"#,
        "null",
        "",
        deep.as_str(),
    ] {
        let got = server.post("/api/v1/environments", body).token("good").send().await;
        assert_eq!(got.code(), Code::BadRequest, "{}", &body[..body.len().min(80)]);
    }
    let got = server.post("/api/v1/environments", "").body(b"{\"name\":\"\xc3\x28\",\"criticality\":\"prod\"}").token("good").send().await;
    assert_eq!(got.code(), Code::BadRequest, "bad UTF-8");
    assert_eq!(server.tiny.calls("CreateEnvironment"), 0);
}

#[tokio::test]
async fn odd_queries_are_refused() {
    let server = Server::start().await;
    server.tiny.answers("ListKeys", |_| Ok(serde_json::json!({ "items": [] })));
    let many = (0..200).map(|n| format!("p{n}=1")).collect::<Vec<_>>().join("&");
    for query in
        ["limit=1&limit=2", "limit=abc", "limit=01", "nope=1", "cursor=%ff", "cursor=%00", "cursor=%", "cursor", "&", many.as_str()]
    {
        let got = server.get(&format!("/api/v1/keys?{query}")).token("good").send().await;
        assert_eq!(got.code(), Code::BadRequest, "{query}");
    }
    assert_eq!(server.get("/api/v1/me?x=1").token("good").send().await.code(), Code::BadRequest, "an operation without a query");
    assert_eq!(server.get(&format!("/api/v1/keys?cursor={}", "a".repeat(5_000))).token("good").send().await.code(), Code::BadRequest);
    assert_eq!(server.tiny.calls("ListKeys"), 0);
}

#[tokio::test]
async fn a_cursor_goes_through_as_it_is() {
    let server = Server::start().await;
    server.tiny.answers("ListKeys", |_| Ok(serde_json::json!({ "items": [], "next": "opaque_-~" })));
    let got = server.get("/api/v1/keys?cursor=opaque_-~").token("good").send().await;
    assert_eq!(got.json()["next"], "opaque_-~");
    assert_eq!(server.tiny.last().query, serde_json::json!({ "cursor": "opaque_-~" }));
}

#[tokio::test]
async fn a_path_has_one_spelling() {
    let server = Server::start().await;
    server.tiny.answers("GetEnvironment", |_| Ok(environment(1)));
    let good = format!("/api/v1/environments/{ENVIRONMENT}");
    assert_eq!(server.get(&good).token("good").send().await.status, 200);
    for (path, status) in [
        (format!("{good}/"), 404),
        (format!("/{good}"), 404),
        (good.replace("/api", "/API"), 404),
        (good.replace("environments", "%65nvironments"), 404),
        (good.replace("environments", "clusters/../environments"), 404),
        (good.replace("environments", "clusters/%2e%2e/environments"), 404),
        (good.replace("/v1/", "/v1//"), 404),
        (good.replace("env_", "ENV_"), 400),
        (good.replace("env_", "inc_"), 400),
        (format!("{good}%00"), 400),
        (format!("{good}%2f"), 400),
        (format!("{good};a=b"), 400),
        (format!("{good}%ff"), 400),
        (format!("{good}%"), 400),
        ("/api/v1/environments/%252e".to_owned(), 400),
    ] {
        let got = server.get(&path).token("good").send().await;
        assert_eq!(got.status, status, "{path}: {}", got.text());
        got.problem();
    }
    assert_eq!(server.tiny.calls("GetEnvironment"), 1);
}

#[tokio::test]
async fn a_get_has_no_body() {
    let server = Server::start().await;
    server.tiny.answers("ListKeys", |_| Ok(serde_json::json!({ "items": [] })));
    let got = server.get("/api/v1/keys").token("good").header("content-type", "application/json").body(b"{}").send().await;
    assert_eq!(got.code(), Code::BadRequest);
}

#[tokio::test]
async fn only_json_is_read() {
    let server = Server::start().await;
    server.tiny.answers("CreateEnvironment", |_| Ok(environment(1)));
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1", "multipart/form-data", ""] {
        let got = server.post("/api/v1/environments", NEW).header("content-type", kind).token("good").send().await;
        assert_eq!(got.code(), Code::UnsupportedMediaType, "{kind}");
    }
    let got = server.post("/api/v1/environments", NEW).without("content-type").token("good").send().await;
    assert_eq!(got.code(), Code::UnsupportedMediaType);
    let got = server.post("/api/v1/environments", NEW).header("content-type", "application/json; charset=utf-8").token("good").send().await;
    assert_eq!(got.status, 201);
}
