//! The key buys a token, the token carries the rest, and neither is shown to anybody else.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "this is a test, helpers included")]

use std::collections::VecDeque;
use std::io::Read as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use assent_api::observer::{Batch, Numbered, Signal};
use assent_base::{Secret, Timestamp};
use assent_observe::Proxy;
use assent_observe::uplink::https::{BadEndpoint, Endpoint, Https};
use assent_observe::uplink::{NoUplink, Uplink as _};
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

const KEY: &str = "key-that-nobody-may-see";

#[tokio::test]
async fn one_token_carries_many_requests() {
    let server = Server::start([token("t-1", 600), kept(), kept()]).await;
    let uplink = server.uplink();
    for _ in 0..2 {
        assert_eq!(uplink.send(&batch()).await.unwrap().acknowledged, 7);
    }
    let asked = server.asked();
    assert_eq!(paths(&asked), ["/api/v1/observer/token", "/api/v1/observer/signals", "/api/v1/observer/signals"]);
    assert_eq!((&asked[0].body, asked[0].authorization.as_deref()), (&json!({"key": KEY}), None));
    assert_eq!(asked[1].authorization.as_deref(), Some("Bearer t-1"));
    let encodings: Vec<Option<&str>> = asked.iter().map(|one| one.encoding.as_deref()).collect();
    assert_eq!(
        encodings,
        [None, Some("gzip"), Some("gzip")],
        "the platform unpacks nothing for strangers, and before its token one is a stranger"
    );
    assert_eq!(asked[1].body["signals"][0], json!({"seq": 7, "signal": {"dropped": {"at": "1970-01-01T00:00:00Z", "signals": 1}}}));
}

#[tokio::test]
async fn a_token_that_ends_is_renewed_before_it_does() {
    let server = Server::start([token("t-1", 0), kept(), token("t-2", 600), kept()]).await;
    let uplink = server.uplink();
    for _ in 0..2 {
        uplink.send(&batch()).await.unwrap();
    }
    assert_eq!(server.asked()[3].authorization.as_deref(), Some("Bearer t-2"));
}

#[tokio::test]
async fn a_token_that_is_refused_is_exchanged_once_more_and_then_the_key_is_refused() {
    let server = Server::start([token("t-1", 600), (401, json!({"title": "expired"})), token("t-2", 600), kept()]).await;
    assert!(server.uplink().send(&batch()).await.is_ok());
    let refused = (401, json!({"title": "Unauthorized", "detail": "this key is revoked"}));
    let server = Server::start([token("t-1", 600), refused.clone(), refused.clone()]).await;
    let error = server.uplink().send(&batch()).await.unwrap_err();
    assert_eq!(error.to_string(), "Assent does not accept the observer's key: 401 Unauthorized: this key is revoked");
    let server = Server::start([token("t-1", 600), refused.clone(), token("t-2", 600), refused]).await;
    assert!(matches!(server.uplink().send(&batch()).await, Err(NoUplink::Refused { .. })));
    assert_eq!(server.asked().len(), 4, "not a third time");
}

#[tokio::test]
async fn refused_absent_and_broken_are_three_answers() {
    for (answer, is_it) in [
        ((403, json!({})), (|error| matches!(error, NoUplink::Refused { .. })) as fn(&NoUplink) -> bool),
        ((503, json!({})), |error| matches!(error, NoUplink::Unreachable { .. })),
        ((429, json!({})), |error| matches!(error, NoUplink::Unreachable { retry_after: Some(wait), .. } if wait.as_secs() == 9)),
        ((400, json!({})), |error| matches!(error, NoUplink::Broken { .. })),
        ((302, json!({})), |error| matches!(error, NoUplink::Broken { .. })),
        ((200, json!({"acknowledged": "x"})), |error| matches!(error, NoUplink::Broken { .. })),
        ((200, json!({"acknowledged": 1, "list_again": false, "run": "rm"})), |error| matches!(error, NoUplink::Broken { .. })),
    ] {
        let status = answer.0;
        let server = Server::start([token("t-1", 600), answer]).await;
        let error = server.uplink().send(&batch()).await.unwrap_err();
        assert!(is_it(&error), "{status}: {error:?}");
        assert!(!format!("{error} {error:?}").contains(KEY));
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let nobody = Https::new(endpoint(&format!("http://{address}"))).unwrap().send(&batch()).await.unwrap_err();
    assert!(matches!(nobody, NoUplink::Unreachable { .. }), "{nobody}");
}

#[tokio::test]
async fn nothing_is_sent_in_the_clear_beyond_loopback() {
    install();
    for (url, expected) in [
        ("http://assent.example", BadEndpoint::InTheClear),
        ("http://127.0.0.1.example", BadEndpoint::InTheClear),
        ("ftp://127.0.0.1", BadEndpoint::InTheClear),
        ("assent.example", BadEndpoint::NoAddress),
    ] {
        assert_eq!(Https::new(endpoint(url)).err(), Some(expected), "{url}");
    }
    for url in ["https://assent.example:8473", "http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1"] {
        assert!(Https::new(endpoint(url)).is_ok(), "{url}");
    }
    let bad = Endpoint { ca_pem: Some(b"no certificate".to_vec()), ..endpoint("https://assent.example") };
    assert!(matches!(Https::new(bad), Err(BadEndpoint::BadAuthority(_))));
}

#[tokio::test]
async fn a_proxy_is_used_unless_the_platform_is_excepted() {
    let proxy = Server::start([(502, json!({}))]).await;
    let through = Endpoint {
        proxy: Some(Proxy { url: proxy.address.clone(), except: ".corp".to_owned() }),
        ..endpoint("https://assent.invalid:8473")
    };
    assert!(Https::new(through).unwrap().send(&batch()).await.is_err());
    assert_eq!(paths(&proxy.asked()), ["assent.invalid:8473"]);
}

fn install() {
    // Another test of this process may have been first.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

fn endpoint(url: &str) -> Endpoint {
    Endpoint { url: url.to_owned(), key: Secret::new(KEY.to_owned()), ca_pem: None, proxy: None, request_timeout: Duration::from_secs(20) }
}

fn batch() -> Batch {
    let signal = Signal::Dropped { at: Timestamp::UNIX_EPOCH, signals: 1 };
    Batch { stream: "00".repeat(16), signals: vec![Numbered { seq: 7, signal }] }
}

fn token(token: &str, expires_in_s: u64) -> (u16, Value) {
    (200, json!({"token": token, "expires_in_s": expires_in_s}))
}

fn kept() -> (u16, Value) {
    (200, json!({"acknowledged": 7, "list_again": false}))
}

fn paths(asked: &[Asked]) -> Vec<&str> {
    asked.iter().map(|one| one.path.as_str()).collect()
}

#[derive(Debug, Clone)]
struct Asked {
    path: String,
    authorization: Option<String>,
    encoding: Option<String>,
    body: Value,
}

/// Answers requests in turn, each on a connection of its own.
struct Server {
    address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    async fn start(answers: impl IntoIterator<Item = (u16, Value)>) -> Self {
        install();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (seen, mut answers) = (asked.clone(), answers.into_iter().collect::<VecDeque<_>>());
        tokio::spawn(async move {
            while let Some((status, answer)) = answers.pop_front() {
                let (stream, _) = listener.accept().await.unwrap();
                let mut stream = BufReader::new(stream);
                let mut head = Vec::new();
                loop {
                    let mut line = String::new();
                    stream.read_line(&mut line).await.unwrap();
                    if line.trim().is_empty() {
                        break;
                    }
                    head.push(line.trim().to_owned());
                }
                let header = |name: &str| {
                    let found = head.iter().filter_map(|line| line.split_once(": ")).find(|(key, _)| key.eq_ignore_ascii_case(name));
                    found.map(|(_, value)| value.to_owned())
                };
                let mut body = vec![0; header("content-length").map_or(0, |length| length.parse().unwrap())];
                stream.read_exact(&mut body).await.unwrap();
                let mut text = String::new();
                let encoding = header("content-encoding");
                match encoding {
                    Some(_) => drop(GzDecoder::new(&*body).read_to_string(&mut text)),
                    None => text = String::from_utf8(body).unwrap(),
                }
                let path = head[0].split(' ').nth(1).unwrap().to_owned();
                let body = serde_json::from_str(&text).unwrap_or(Value::Null);
                seen.lock().unwrap().push(Asked { path, authorization: header("authorization"), encoding, body });
                let (answer, length) = (answer.to_string(), answer.to_string().len());
                let reply = format!(
                    "HTTP/1.1 {status} \r\ncontent-length: {length}\r\nretry-after: 9\r\nlocation: /elsewhere\r\nconnection: close\r\n\r\n{answer}"
                );
                stream.get_mut().write_all(reply.as_bytes()).await.unwrap();
            }
        });
        Self { address, asked }
    }

    fn uplink(&self) -> Https {
        Https::new(endpoint(&self.address)).unwrap()
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}
