//! Who holds a body back keeps nobody else waiting.

use assent_api::Code;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};

use crate::support::{Ask, NEW, Server, environment};

/// More than are answered at one time.
const SLOW: usize = 48;
const ALERTS: &str = "/api/v1/alerts/als_0192f0c1d2e37a4b8c5d6e7f80912a3b";

async fn server() -> Server {
    let server = Server::with(|config, _| {
        config.limits.requests_at_once_max = 8;
        config.limits.public_writes_burst = 1_000.0;
    })
    .await;
    server.tiny.answers("CreateEnvironment", |_| Ok(environment(1)));
    server.tiny.answers("ListKeys", |_| Ok(serde_json::json!({ "items": [] })));
    server.tiny.answers("SignInOptions", |_| Ok(serde_json::json!({ "local": true, "oidc": [], "passkeys": false })));
    server
}

/// Sockets whose bodies begin and do not go on.
async fn hold(server: &Server, ask: impl Fn() -> Ask, count: usize) -> Vec<TcpStream> {
    let mut held = Vec::new();
    for _ in 0..count {
        let mut connection = ask().header("content-length", "100").open().await;
        // One that was refused is closed already.
        let _ = connection.write_all(b"{").await;
        held.push(connection);
    }
    // Requests are taken in order of a connection, not over all: this one makes sure that the loop of accepting has come round.
    assert_eq!(server.get("/healthz").send().await.status, 200);
    held
}

async fn known_callers_are_served(server: &Server) {
    for _ in 0..16 {
        assert_eq!(server.get("/api/v1/keys").token("good").send().await.status, 200);
        let made = server.post("/api/v1/environments", NEW).token("good").send().await;
        assert_eq!(made.status, 201, "{made:?}");
    }
}

#[tokio::test]
async fn alerts_that_strangers_hold_back_take_no_seat() {
    let server = server().await;
    let _held = hold(&server, || server.post(ALERTS, "").token("x"), SLOW).await;
    known_callers_are_served(&server).await;
}

#[tokio::test]
async fn sign_ins_that_strangers_hold_back_take_no_seat() {
    let server = server().await;
    let _held = hold(&server, || server.post("/api/v1/sign-in", ""), SLOW).await;
    known_callers_are_served(&server).await;
}

#[tokio::test]
async fn somebody_who_is_known_takes_no_seat_with_it_either() {
    let server = server().await;
    let _held = hold(&server, || server.post("/api/v1/environments", "").token("other"), SLOW).await;
    known_callers_are_served(&server).await;
}

#[tokio::test]
async fn a_body_announced_with_a_get_is_refused_and_not_waited_for() {
    let server = server().await;
    for path in ["/api/v1/sign-in", "/api/v1/keys"] {
        let ask = server.get(path).token("good").header("content-length", "100");
        assert_eq!(ask.send().await.code(), Code::BadRequest, "{path}");
    }
}

#[tokio::test]
async fn one_address_holds_back_so_many_bodies_and_others_are_heard() {
    let server = Server::with(|config, _| config.limits.public_bodies_per_address_max = 2).await;
    let _held = hold(&server, || server.post(ALERTS, "").token("x"), 2).await;
    let refused = loop {
        // The two may not have been looked at yet.
        let got = server.post(ALERTS, "{}").token("x").send().await;
        if got.status != 202 {
            break got.problem();
        }
    };
    assert_eq!((refused.code, refused.retry_after_s), (Code::TooMany, Some(1)));
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    let mut elsewhere = socket.connect(server.address).await.unwrap();
    elsewhere.write_all(&server.post(ALERTS, "{}").token("x").bytes()).await.unwrap();
    let mut answer = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut elsewhere, &mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 202"), "{}", String::from_utf8_lossy(&answer));
}

#[tokio::test]
async fn a_strangers_body_has_less_time() {
    let server = Server::with(|config, _| config.limits.public_body_timeout_ms = 50).await;
    for ask in [server.post(ALERTS, "").token("x"), server.post("/api/v1/sign-in", "")] {
        let problem = ask.header("content-length", "10").send().await.problem();
        assert!(problem.code == Code::BadRequest && problem.detail.contains("in time"), "{problem:?}");
    }
}

#[tokio::test]
async fn bytes_that_wait_are_bounded_over_all_strangers() {
    let server = Server::with(|config, _| config.limits.public_bodies_bytes_max = 8).await;
    let got = server.post(ALERTS, r#"{"alerts":[]}"#).token("x").send().await;
    assert_eq!(got.code(), Code::Unavailable);
    assert_eq!(server.post(ALERTS, "{}").token("x").send().await.status, 202);
}
