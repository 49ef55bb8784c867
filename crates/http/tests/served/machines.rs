//! Probes, numbers and pages.

use std::sync::atomic::Ordering;

use assent_api::Code;
use assent_base::Secret;
use assent_http::metrics::Metrics;

use crate::support::Server;

#[tokio::test]
async fn readiness_names_the_part_that_is_not_ready() {
    let server = Server::start().await;
    let got = server.get("/readyz").send().await;
    assert_eq!((got.status, got.text()), (200, "store: ready\nledger: ready\n".to_owned()));
    server.tiny.ready.store(false, Ordering::Relaxed);
    let got = server.get("/readyz").send().await;
    assert_eq!((got.status, got.text()), (503, "store: ready\nledger: its disk is full\n".to_owned()));
    assert_eq!(server.get("/healthz").send().await.status, 200);
}

#[tokio::test]
async fn numbers_are_for_loopback_or_a_token() {
    let metrics = Metrics::install().expect("the only test that installs them");
    let server = Server::with(|config, _| {
        config.metrics = Some(metrics);
        config.metrics_token = Some(Secret::new("scrape".to_owned()));
    })
    .await;
    server.get("/api/v1/keys?cursor=secret").token("good").send().await;
    let got = server.get("/metrics").send().await;
    assert_eq!(got.status, 200);
    let text = got.text();
    assert!(text.contains(r#"assent_http_requests_total{method="GET",route="/api/v1/keys",status="404"}"#), "{text}");
    assert!(text.contains("assent_http_request_seconds_bucket") && !text.contains("secret"), "{text}");
    let behind_a_proxy = server.get("/metrics").header("x-forwarded-for", "192.0.2.1");
    assert_eq!(behind_a_proxy.send().await.code(), Code::NotFound);
    assert_eq!(server.get("/metrics").header("host", "evil.example").send().await.code(), Code::NotFound, "a name that points to loopback");
    let scraped = server.get("/metrics").header("x-forwarded-for", "192.0.2.1").header("host", "10.0.0.7:8473").token("scrape");
    assert_eq!(scraped.send().await.status, 200);
    assert_eq!(server.get("/metrics").token("guess").send().await.code(), Code::NotSignedIn);
}

#[tokio::test]
async fn without_numbers_there_is_no_such_page() {
    assert_eq!(Server::start().await.get("/metrics").send().await.code(), Code::NotFound);
}

#[tokio::test]
async fn pages_need_no_script_and_nothing_from_elsewhere() {
    let server = Server::start().await;
    server.tiny.answers("GetPublicStatus", |_| {
        Ok(serde_json::json!({
            "level": "degraded", "at": "2026-05-04T10:00:00Z",
            "parts": [{ "name": "store", "level": "working" }, { "name": "<b>ledger", "level": "stopped" }],
            "objective": { "target_percent": 99.5, "measured_percent": 99.875, "requests": 800 }
        }))
    });
    for (path, words) in [
        ("/", vec!["/docs", "/status", "assent incidents", "cargo xtask console"]),
        ("/set-up", vec!["without the web console", "assent login"]),
        ("/docs", vec!["/api/v1/incidents/{incident}", "incident.read", "/docs/errors/stale", "GET", "/api/v1/events"]),
        ("/status", vec!["degraded", "99.875 %", "800", "&lt;b&gt;ledger", "stopped"]),
        ("/docs/errors/stale", vec!["<code>If-Match</code>", "412", "What to do"]),
    ] {
        let got = server.get(path).send().await;
        let text = got.text();
        assert_eq!((got.status, got.header("content-type")), (200, Some("text/html; charset=utf-8")), "{path}");
        assert!(words.iter().all(|word| text.contains(word)), "{path}: {words:?} in {text}");
        assert!(!text.contains("<script") && !text.contains("://") && !text.contains(" src=") && !text.contains("style=\""), "{path}");
        assert!(got.header("content-security-policy").is_some_and(|policy| policy.contains("style-src 'sha256-")));
    }
    assert_eq!(server.get("/docs/errors/nothing").send().await.code(), Code::NotFound);
}

#[tokio::test]
async fn the_status_page_says_when_there_is_no_status() {
    let server = Server::start().await;
    assert_eq!(server.get("/status").send().await.code(), Code::NotFound);
}

#[tokio::test]
async fn what_comes_by_another_way_than_the_port_is_held_to_the_same() {
    let server = Server::start().await;
    let post = async |token: &str, path: &'static str| {
        let (token, body) = (assent_base::Secret::new(token.to_owned()), b"no gzip".as_slice().into());
        let asked = assent_http::inside::Asked { way: "nats", sender: "observer:a".to_owned(), path, token, body };
        server.inside.post(asked).await.expect("an answer").status
    };
    assert_eq!(post("nobody", "/api/v1/observer/signals").await, 401, "credentials come before the body");
    assert_eq!(post("observer", "/api/v1/observer/signals").await, 400, "the body is no gzip");
    assert_eq!(post("observer", "/api/v1/environments").await, 401, "an observer's token is for an observer's operations");
}
