//! No other site can make a browser act for somebody.

use assent_api::Code;

use crate::support::{Ask, NEW, Server, environment};

async fn server() -> Server {
    let server = Server::start().await;
    server.tiny.answers("CreateEnvironment", |_| Ok(environment(1)));
    server.tiny.answers("ListKeys", |_| Ok(serde_json::json!({ "items": [] })));
    server
}

fn create(server: &Server) -> Ask {
    server.post("/api/v1/environments", NEW).header("cookie", "assent=session")
}

#[tokio::test]
async fn a_session_changes_something_only_with_its_token_from_its_own_site() {
    let server = server().await;
    let own = format!("http://{}", server.address);
    let good = || create(&server).header("x-csrf-token", "csrf").header("origin", &own);
    assert_eq!(good().send().await.status, 201);
    let fetched = create(&server).header("x-csrf-token", "csrf").header("sec-fetch-site", "same-origin");
    assert_eq!(fetched.send().await.status, 201);
    for (ask, why) in [
        (good().without("x-csrf-token"), "no token"),
        (good().header("x-csrf-token", "guess"), "a wrong token"),
        (good().without("origin"), "nothing says which site"),
        (good().header("origin", "http://evil.example"), "another site"),
        (good().header("origin", "null"), "a site without a name"),
        (good().header("origin", &own.replace("http:", "https:")), "another scheme"),
        (good().header("origin", "http://127.0.0.1:1"), "another port"),
        (good().header("sec-fetch-site", "cross-site"), "the browser says so"),
        (good().header("sec-fetch-site", "same-site"), "a neighbour"),
    ] {
        assert_eq!(ask.send().await.code(), Code::CrossSite, "{why}");
    }
    assert_eq!(server.tiny.calls("CreateEnvironment"), 2);
}

#[tokio::test]
async fn behind_a_trusted_proxy_with_tls_the_cookie_is_the_one_for_tls() {
    let proxied = |server: &Server, cookie: &str| {
        let ask = server.get("/api/v1/keys").header("cookie", cookie).header("x-forwarded-for", "192.0.2.7");
        ask.header("x-forwarded-proto", "https")
    };
    let server = Server::with(|config, _| config.trusted_proxies.push("127.0.0.0/8".parse().unwrap())).await;
    server.tiny.answers("ListKeys", |_| Ok(serde_json::json!({ "items": [] })));
    assert_eq!(proxied(&server, "__Host-assent=session").send().await.status, 200);
    let meta = server.tiny.last().meta;
    assert!(meta.secure && meta.base_url.starts_with("https://"), "links lead back by TLS: {}", meta.base_url);
    assert_eq!(meta.remote.to_string(), "192.0.2.7");
    assert_eq!(proxied(&server, "assent=session").send().await.status, 401, "one that was set without TLS is none");
    let stranger = self::server().await;
    assert_eq!(proxied(&stranger, "__Host-assent=session").send().await.status, 401, "no proxy is trusted by itself");
}

#[tokio::test]
async fn a_session_reads_for_its_own_site_only() {
    let server = server().await;
    let read = || server.get("/api/v1/keys").header("cookie", "a=b; assent=session; c=d");
    assert_eq!(read().send().await.status, 200);
    assert_eq!(read().header("sec-fetch-site", "none").send().await.status, 200, "typed into the address bar");
    assert_eq!(read().header("sec-fetch-site", "cross-site").send().await.code(), Code::CrossSite);
    assert_eq!(read().header("origin", "http://evil.example").send().await.code(), Code::CrossSite);
}

#[tokio::test]
async fn another_site_cannot_sign_somebody_in() {
    let server = server().await;
    let body = r#"{"email":"ada@example.org","password":"correct horse battery"}"#;
    let sign_in = || server.post("/api/v1/sign-in", body);
    assert_eq!(sign_in().header("origin", "http://evil.example").send().await.code(), Code::CrossSite);
    assert_eq!(sign_in().header("content-type", "text/plain").send().await.code(), Code::UnsupportedMediaType);
    assert_eq!(server.tiny.calls("SignIn"), 0);
}

#[tokio::test]
async fn a_sign_in_sets_its_cookie() {
    let server = server().await;
    server.tiny.answers("SignIn", |_| {
        Ok(serde_json::json!({ "csrf_token": "csrf", "me": {
            "tenant": "tnt_0192f0c1d2e37a4b8c5d6e7f80912a3b", "tenant_name": "shop", "principal": "account:session", "name": "Ada", "grants": []
        } }))
    });
    let got = server.post("/api/v1/sign-in", r#"{"email":"ada@example.org","password":"correct horse battery"}"#).send().await;
    assert_eq!((got.status, got.header("set-cookie")), (200, Some("assent=session; HttpOnly; SameSite=Strict; Path=/")));
}

#[tokio::test]
async fn a_token_needs_none_of_that_and_does_not_mix_with_a_session() {
    let server = server().await;
    assert_eq!(server.post("/api/v1/environments", NEW).token("good").send().await.status, 201);
    assert_eq!(create(&server).token("good").send().await.code(), Code::BadRequest);
    let two = server.get("/api/v1/keys").header("cookie", "assent=session; assent=planted");
    assert_eq!(two.send().await.code(), Code::NotSignedIn);
}

#[tokio::test]
async fn the_platform_answers_to_its_own_names_only() {
    let server = server().await;
    let port = server.address.port();
    for host in ["evil.example", &format!("evil.example:{port}"), "127.0.0.1.evil.example", "localhost.", "", "0.0.0.0", "[::]"] {
        let got = server.get("/api/v1/keys").token("good").header("host", host).send().await;
        assert_eq!(got.code(), Code::CrossSite, "{host}");
        assert_ne!(server.get("/status").header("host", host).send().await.status, 200, "{host}");
    }
    for host in ["localhost", &format!("LOCALHOST:{port}"), &format!("[::1]:{port}")] {
        assert_eq!(server.get("/api/v1/keys").token("good").header("host", host).send().await.status, 200, "{host}");
    }
    assert_eq!(server.get("/healthz").header("host", "10.1.2.3:8473").send().await.status, 200, "a probe calls by address");
}

#[tokio::test]
async fn an_observer_has_its_own_door() {
    let server = server().await;
    let body = r#"{"stream":"00000000000000000000000000000001","signals":[]}"#;
    server.tiny.answers("ObserverSignals", |_| Ok(serde_json::json!({ "acknowledged": 0, "list_again": false })));
    assert_eq!(server.post("/api/v1/observer/signals", body).token("observer").send().await.status, 200);
    assert_eq!(server.post("/api/v1/observer/signals", body).token("good").send().await.code(), Code::NotSignedIn);
    assert_eq!(server.post("/api/v1/observer/signals", body).header("cookie", "assent=session").send().await.code(), Code::NotSignedIn);
    assert_eq!(server.get("/api/v1/keys").token("observer").send().await.code(), Code::NotSignedIn);
}
