//! The live stream: resumed without loss, bounded, and ended with the credentials.

use assent_api::Code;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::support::{Got, Server};

/// Reads until a text has come.
async fn until(connection: &mut TcpStream, text: &str) -> String {
    let mut read = Vec::new();
    let mut buffer = [0; 1024];
    while !String::from_utf8_lossy(&read).contains(text) {
        let bytes = connection.read(&mut buffer).await.unwrap();
        assert_ne!(bytes, 0, "ended before `{text}`: {}", String::from_utf8_lossy(&read));
        read.extend(&buffer[..bytes]);
    }
    String::from_utf8(read).unwrap()
}

#[tokio::test]
async fn a_reader_hears_what_happens_from_now_on() {
    let server = Server::start().await;
    server.tiny.tell(1);
    let mut reader = server.get("/api/v1/events").token("good").open().await;
    let head = until(&mut reader, "retry: 2000").await;
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("content-type: text/event-stream"), "{head}");
    assert!(head.contains("cache-control: no-store") && !head.contains("content-encoding"), "{head}");
    server.tiny.tell(2);
    let events = until(&mut reader, "id: 2\ndata: {\"type\":\"gap\"}\n\n").await;
    assert!(!events.contains("id: 1"));
}

#[tokio::test]
async fn a_reader_that_comes_back_misses_nothing() {
    let server = Server::start().await;
    for number in 1..=4 {
        server.tiny.tell(number);
    }
    let browser = server.get("/api/v1/events").token("good").header("last-event-id", "2");
    let other = server.get("/api/v1/events?after=2").token("good");
    for ask in [browser, other] {
        let mut reader = ask.open().await;
        let events = until(&mut reader, "id: 4\n").await;
        assert!(events.contains("id: 3\n") && !events.contains("id: 2\n"), "{events}");
    }
    for bad in ["x", "-1", "2 3", "99999999999999999999"] {
        assert_eq!(server.get("/api/v1/events").token("good").header("last-event-id", bad).send().await.code(), Code::BadRequest, "{bad}");
    }
}

#[tokio::test]
async fn a_stream_ends_when_its_credentials_do() {
    let server = Server::with(|config, _| config.limits.stream_keep_alive_ms = 20).await;
    let mut reader = server.get("/api/v1/events").token("good").open().await;
    until(&mut reader, "event: alive\ndata: {}\n\n").await;
    server.tiny.tokens.lock().unwrap().remove("good");
    let mut rest = Vec::new();
    reader.read_to_end(&mut rest).await.unwrap();
    assert_eq!(server.get("/api/v1/events").token("good").send().await.code(), Code::NotSignedIn);
}

#[tokio::test]
async fn a_stream_ends_when_the_platform_is_told_to_stop() {
    let (stop, stopping) = tokio::sync::watch::channel(false);
    let server = Server::with(|config, _| config.stopping = stopping).await;
    let mut reader = server.get("/api/v1/events").token("good").open().await;
    until(&mut reader, "retry: 2000").await;
    stop.send_replace(true);
    let mut rest = Vec::new();
    reader.read_to_end(&mut rest).await.unwrap();
}

#[tokio::test]
async fn a_principal_has_so_many_streams_and_no_more() {
    let server = Server::with(|config, _| {
        config.limits.streams_per_principal_max = 2;
        config.limits.stream_keep_alive_ms = 20;
    })
    .await;
    let mut open = Vec::new();
    for _ in 0..2 {
        let mut reader = server.get("/api/v1/events").token("good").open().await;
        until(&mut reader, "retry").await;
        open.push(reader);
    }
    let problem = server.get("/api/v1/events").token("good").send().await.problem();
    assert_eq!((problem.code, problem.retry_after_s), (Code::TooMany, Some(30)));
    let mut other = server.get("/api/v1/events").token("other").open().await;
    until(&mut other, "retry").await;
    drop(open.pop());
    loop {
        // The place comes free with the next sign of life that finds nobody.
        let mut reader = server.get("/api/v1/events").token("good").open().await;
        let mut start = [0; 12];
        reader.read_exact(&mut start).await.unwrap();
        if start.ends_with(b"200") {
            break;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_stream_needs_credentials() {
    let server = Server::start().await;
    assert_eq!(server.get("/api/v1/events").send().await.code(), Code::NotSignedIn);
    let foreign = server.get("/api/v1/events").header("cookie", "assent=session").header("origin", "http://evil.example");
    assert_eq!(foreign.send().await.code(), Code::CrossSite);
    let got: Got = server.get("/api/v1/events").token("observer").send().await;
    assert_eq!(got.code(), Code::NotSignedIn);
}
