//! The access log says what happened, and nothing that was secret.
//!
//! Alone in its program: whether a log line is made at all is remembered for the whole process, whichever thread asked first.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    dead_code,
    reason = "helpers of tests stop a test that cannot go on, and this one needs few of them"
)]

#[path = "served/support.rs"]
mod support;

use std::io::Write;
use std::sync::{Arc, Mutex};

use tracing_subscriber::fmt::MakeWriter;

use support::{INCIDENT, Server};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn a_request_is_one_line_without_secrets() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().json().with_writer(log.clone()).finish();
    // The test's runtime has this one thread, so the server logs here too.
    let _guard = tracing::subscriber::set_default(subscriber);
    let server = Server::start().await;
    let path = format!("/api/v1/incidents/{INCIDENT}/timeline?cursor=canary-query");
    let got = server.get(&path).token("good").header("user-agent", "canary-agent").send().await;
    let body = r#"{"email":"canary@example.org","password":"canary-password"}"#;
    server.post("/api/v1/sign-in", body).header("cookie", "assent=canary-cookie").header("x-csrf-token", "canary-csrf").send().await;
    server.get("/canary-path?canary=1").token("canary-token").send().await;
    server.post("/api/v1/environments", r#"{"canary":1}"#).token("good").send().await;
    let by_another_way = assent_http::inside::Asked {
        way: "nats",
        sender: "canary-sender".to_owned(),
        path: "/api/v1/observer/heartbeat",
        token: assent_base::Secret::new("canary-token".to_owned()),
        body: b"canary-body".as_slice().into(),
    };
    assert_eq!(server.inside.post(by_another_way).await.unwrap().status, 401, "credentials come before the body, whatever the way");

    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 5, "{text}");
    assert_eq!((&lines[3]["fields"]["remote"], &lines[4]["fields"]["remote"]), (&"127.0.0.1".into(), &"nats".into()));
    let (line, fields) = (&lines[0], &lines[0]["fields"]);
    assert_eq!(line["target"], "assent::access");
    assert_eq!((&fields["method"], &fields["route"]), (&"GET".into(), &"/api/v1/incidents/{incident}/timeline".into()));
    assert_eq!((&fields["status"], &fields["principal"]), (&404.into(), &"key:good".into()));
    assert_eq!(fields["request_id"].as_str(), got.header("x-request-id"));
    assert!(fields["us"].is_u64());
    assert_eq!(lines[2]["fields"]["route"], "-", "a path that is no route is not written");
    assert!(!text.contains("canary") && !text.contains(INCIDENT) && !text.contains("Bearer"), "{text}");
}
