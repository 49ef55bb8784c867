//! Requests that no honest client sends do no harm, and the next honest one is served.

use crate::support::{Got, Server};

fn head(server: &Server, line: &str, rest: &str) -> Vec<u8> {
    format!("{line}\r\nhost: {}\r\n{rest}\r\n", server.address).into_bytes()
}

#[tokio::test]
async fn a_head_that_drips_in_is_not_waited_for() {
    let server = Server::with(|_, listen| listen.headers_timeout_ms = 50).await;
    // Returns only because the server closes the connection.
    let answer = server.raw(b"GET /healthz HTTP/1.1\r\nhost: ").await;
    assert!(!String::from_utf8_lossy(&answer).contains("200"));
    assert_eq!(server.get("/healthz").send().await.status, 200);
}

#[tokio::test]
async fn two_lengths_of_one_body_are_refused() {
    let server = Server::start().await;
    let smuggled = "GET /api/v1/keys HTTP/1.1\r\nhost: x\r\nauthorization: Bearer good\r\n\r\n";
    for rest in [
        format!("content-length: 4\r\ncontent-length: 5\r\n\r\n{smuggled}"),
        format!("content-length: {}\r\ntransfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n{smuggled}", smuggled.len() + 5),
        format!("transfer-encoding: xchunked\r\n\r\n0\r\n\r\n{smuggled}"),
        format!("content-length: +4\r\n\r\n{smuggled}"),
        format!("content-length : 4\r\n\r\n{smuggled}"),
    ] {
        let answer = server.raw(&head(&server, "POST /api/v1/sign-in HTTP/1.1", &rest)).await;
        let text = String::from_utf8_lossy(&answer);
        assert!(text.starts_with("HTTP/1.1 400"), "{rest}: {text}");
        assert_eq!(text.matches("HTTP/1.1").count(), 1, "{rest}: {text}");
    }
    assert_eq!(server.tiny.calls("ListKeys"), 0, "nothing was smuggled in");
}

#[tokio::test]
async fn what_is_no_http_is_no_request() {
    let server = Server::start().await;
    for bytes in [
        b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03".as_slice(),
        b"GET /healthz\r\n\r\n",
        b"GET  /healthz HTTP/1.1\r\n\r\n",
        b"GET /healthz HTTP/9.9\r\n\r\n",
        b"GET /health\x00z HTTP/1.1\r\nhost: localhost\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nho\x01st: localhost\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nhost: local\x00host\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\n folded: x\r\n\r\n",
    ] {
        let answer = server.raw(bytes).await;
        assert!(!String::from_utf8_lossy(&answer).starts_with("HTTP/1.1 200"), "{:?}", String::from_utf8_lossy(bytes));
    }
    assert_eq!(server.get("/healthz").send().await.status, 200);
}

#[tokio::test]
async fn a_head_has_a_size() {
    let server = Server::start().await;
    let huge = head(&server, "GET /healthz HTTP/1.1", &format!("x: {}\r\n", "a".repeat(100_000)));
    let many = head(&server, "GET /healthz HTTP/1.1", &"x: y\r\n".repeat(200));
    let long = head(&server, &format!("GET /{} HTTP/1.1", "a".repeat(100_000)), "");
    for bytes in [huge, many, long] {
        let answer = server.raw(&bytes).await;
        let text = String::from_utf8_lossy(&answer);
        assert!(text.is_empty() || text.starts_with("HTTP/1.1 4"), "{}", &text[..text.len().min(200)]);
    }
}

#[tokio::test]
async fn headers_that_are_no_text_are_refused_where_they_matter() {
    let server = Server::start().await;
    for name in ["authorization", "cookie", "x-csrf-token", "if-match", "idempotency-key", "origin"] {
        let mut bytes = format!("GET /api/v1/me HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n{name}: ", server.address).into_bytes();
        bytes.extend(if name == "cookie" { b"assent=\xff\xfe".as_slice() } else { b"\xff\xfe" });
        bytes.extend(b"\r\n\r\n");
        let got = Got::read(&server.raw(&bytes).await);
        assert!(got.status == 400 || got.status == 401, "{name}: {got:?}");
        got.problem();
    }
}

#[tokio::test]
async fn one_request_has_one_host() {
    let server = Server::start().await;
    let own = server.address;
    for request in [
        format!("GET http://evil.example/api/v1/me HTTP/1.1\r\nhost: {own}\r\nconnection: close\r\n\r\n"),
        format!("GET /api/v1/me HTTP/1.1\r\nhost: {own}\r\nhost: evil.example\r\nconnection: close\r\n\r\n"),
        "GET /api/v1/me HTTP/1.1\r\nconnection: close\r\n\r\n".to_owned(),
        "GET /api/v1/me HTTP/1.0\r\n\r\n".to_owned(),
    ] {
        let got = Got::read(&server.raw(request.as_bytes()).await);
        assert!(got.status == 403 || got.status == 400, "{request}: {got:?}");
    }
}

#[tokio::test]
async fn an_expectation_is_answered_before_the_body() {
    let server = Server::start().await;
    let ask = server.post("/api/v1/environments", "").header("expect", "100-continue").header("content-length", "9000000").token("good");
    assert_eq!(ask.send().await.status, 413, "without reading nine megabytes");
}

#[tokio::test]
async fn one_address_has_not_all_connections() {
    let server = Server::with(|_, listen| listen.connections_per_address_max = 1).await;
    let request = server.get("/healthz").without("connection");
    let mut held = request.open().await;
    let mut start = [0; 12];
    tokio::io::AsyncReadExt::read_exact(&mut held, &mut start).await.unwrap();
    assert_eq!(server.raw(&server.get("/healthz").bytes()).await, b"", "closed at once");
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    let mut elsewhere = socket.connect(server.address).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut elsewhere, &server.get("/healthz").bytes()).await.unwrap();
    let mut answer = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut elsewhere, &mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
}

#[tokio::test]
async fn connections_are_bounded() {
    let server = Server::with(|_, listen| listen.connections_max = 1).await;
    let held = tokio::net::TcpStream::connect(server.address).await.unwrap();
    // The first connection is in place once a request on it is answered.
    let (mut reading, mut writing) = held.into_split();
    let request = format!("GET /healthz HTTP/1.1\r\nhost: {}\r\n\r\n", server.address);
    tokio::io::AsyncWriteExt::write_all(&mut writing, request.as_bytes()).await.unwrap();
    let mut start = [0; 12];
    tokio::io::AsyncReadExt::read_exact(&mut reading, &mut start).await.unwrap();
    assert_eq!(server.raw(request.as_bytes()).await, b"", "closed at once");
}
