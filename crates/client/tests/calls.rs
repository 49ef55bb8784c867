//! The client and the platform's HTTP understand each other, over real sockets.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    dead_code,
    reason = "helpers of tests stop a test that cannot go on, and these need few of them"
)]

#[path = "../../http/tests/served/support.rs"]
mod support;

use std::sync::atomic::{AtomicUsize, Ordering};

use assent_api::environments::{CreateEnvironment, EnvironmentPath, UpdateEnvironment};
use assent_api::incidents::IncidentQuery;
use assent_api::operations::{self, DeleteEnvironment, ListIncidents};
use assent_api::{Code, Empty, Problem, access::Criticality};
use assent_base::Secret;
use assent_client::Proxy;
use assent_client::{Auth, CallError, Client, Config, ConfigError, Download, Extra};
use assent_http::Tls;
use futures_util::{StreamExt, TryStreamExt};
use support::{ENVIRONMENT, Server, environment};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

fn bearer(token: &str) -> Auth {
    Auth::Bearer(Secret::new(token.to_owned()))
}

fn config(server: &Server, auth: Auth) -> Config {
    Config { retry_wait_ms: 1, ..Config::new(format!("http://{}", server.address), auth) }
}

fn client(server: &Server) -> Client {
    Client::new(config(server, bearer("good"))).expect("loopback")
}

fn problem(error: CallError) -> Problem {
    match error {
        CallError::Problem(problem) => *problem,
        other => panic!("{other:?}"),
    }
}

fn new() -> CreateEnvironment {
    CreateEnvironment { name: "shop".to_owned(), criticality: Criticality::Prod, retention: None }
}

fn path() -> EnvironmentPath {
    EnvironmentPath { environment: ENVIRONMENT.parse().expect("an id") }
}

#[tokio::test]
async fn a_call_is_typed_both_ways() {
    let server = Server::start().await;
    server.tiny.answers("CreateEnvironment", |_| Ok(environment(3)));
    server.tiny.answers("ListIncidents", |_| Ok(serde_json::json!({ "items": [], "next": "c" })));
    server.tiny.answers("DeleteEnvironment", |_| Ok(serde_json::json!({})));
    let client = client(&server);
    let made = client.call::<operations::CreateEnvironment>(&Empty {}, &Empty {}, &new()).await.expect("made");
    assert_eq!((made.name.as_str(), made.version), ("shop", 3));
    let query = IncidentQuery { text: Some("a b&c=d%+é".to_owned()), limit: Some(9), ..IncidentQuery::default() };
    let page = client.call::<ListIncidents>(&Empty {}, &query, &Empty {}).await.expect("listed");
    assert_eq!(page.next.as_deref(), Some("c"));
    assert_eq!(server.tiny.last().query, serde_json::json!({ "text": "a b&c=d%+é", "limit": 9 }));
    client.call::<DeleteEnvironment>(&path(), &Empty {}, &Empty {}).await.expect("removed");
    assert_eq!(server.tiny.last().path, serde_json::json!({ "environment": ENVIRONMENT }));
}

#[tokio::test]
async fn a_problem_comes_as_it_was_sent() {
    let server = Server::start().await;
    server.tiny.answers("UpdateEnvironment", |seen| {
        assert_eq!(seen.meta.if_match, Some(4));
        Err(Problem::new(Code::Stale, "it has version 5 now"))
    });
    let change = UpdateEnvironment { name: None, criticality: Some(Criticality::Lab), retention: None };
    let extra = Extra { if_match: Some(4), ..Extra::default() };
    let refused = client(&server).call_with::<operations::UpdateEnvironment>(&path(), &Empty {}, &change, &extra).await;
    let problem = problem(refused.expect_err("stale"));
    assert_eq!((problem.code, problem.detail.as_str()), (Code::Stale, "it has version 5 now"));
    assert!(problem.request_id.is_some());
}

#[tokio::test]
async fn what_is_read_comes_with_its_version() {
    let server = Server::start().await;
    server.tiny.answers("GetEnvironment", |_| Ok(environment(7)));
    let (read, version) = client(&server).versioned::<operations::GetEnvironment>(&path(), &Empty {}).await.expect("read");
    assert_eq!((read.version, version), (7, Some(7)));
    server.tiny.answers("ListIncidents", |_| Ok(serde_json::json!({ "items": [] })));
    let (_, version) = client(&server).versioned::<ListIncidents>(&Empty {}, &IncidentQuery::default()).await.expect("listed");
    assert_eq!(version, None, "a list has none");
}

#[tokio::test]
async fn a_key_makes_a_repetition_safe() {
    let server = Server::start().await;
    server.tiny.answers("CreateEnvironment", |_| Ok(environment(3)));
    let extra = Extra { idempotency_key: Some("one".to_owned()), ..Extra::default() };
    for _ in 0..2 {
        client(&server).call_with::<operations::CreateEnvironment>(&Empty {}, &Empty {}, &new(), &extra).await.expect("made");
    }
    assert_eq!(server.tiny.calls("CreateEnvironment"), 1);
}

#[tokio::test]
async fn only_what_reads_is_tried_again() {
    let server = Server::start().await;
    for operation in ["ListIncidents", "CreateEnvironment"] {
        server.tiny.answers(operation, |_| Err(Problem::new(Code::Unavailable, "not now")));
    }
    let client = client(&server);
    let listed = client.call::<ListIncidents>(&Empty {}, &IncidentQuery::default(), &Empty {}).await;
    assert_eq!(problem(listed.expect_err("still not")).code, Code::Unavailable);
    assert_eq!(server.tiny.calls("ListIncidents"), 3);
    assert!(client.call::<operations::CreateEnvironment>(&Empty {}, &Empty {}, &new()).await.is_err());
    assert_eq!(server.tiny.calls("CreateEnvironment"), 1);

    let times = AtomicUsize::new(0);
    server.tiny.answers("ListIncidents", move |_| match times.fetch_add(1, Ordering::Relaxed) {
        0 => Err(Problem::new(Code::Unavailable, "not now")),
        _ => Ok(serde_json::json!({ "items": [] })),
    });
    client.call::<ListIncidents>(&Empty {}, &IncidentQuery::default(), &Empty {}).await.expect("the second time");
}

#[tokio::test]
async fn a_session_goes_on_where_the_sign_in_ended() {
    let server = Server::start().await;
    server.tiny.answers("CreateEnvironment", |_| Ok(environment(1)));
    server.tiny.answers("SignIn", |_| {
        Ok(serde_json::json!({ "csrf_token": "csrf", "me": {
            "tenant": "tnt_0192f0c1d2e37a4b8c5d6e7f80912a3b", "tenant_name": "shop", "principal": "account:session", "name": "Ada", "grants": []
        } }))
    });
    let nobody = Client::new(config(&server, Auth::None)).expect("loopback");
    let (signed_in, session) =
        nobody.sign_in("ada@example.org", &Secret::new("correct horse battery".to_owned())).await.expect("signed in");
    assert_eq!(signed_in.me.name, "Ada");
    let ada = nobody.with_auth(session);
    ada.call::<operations::CreateEnvironment>(&Empty {}, &Empty {}, &new()).await.expect("with token and origin");
    assert_eq!(server.tiny.last().caller, "account:session");
}

#[tokio::test]
async fn the_stream_goes_on_after_a_break() {
    let server = Server::start().await;
    for number in 1..=3 {
        server.tiny.tell(number);
    }
    let mut events = Box::pin(client(&server).events(Some(1)));
    assert_eq!(events.next().await.expect("more").expect("good").0, 2);
    assert_eq!(events.next().await.expect("more").expect("good").0, 3);
    server.tiny.tell(4);
    assert_eq!(events.next().await.expect("more").expect("good").0, 4);
}

#[tokio::test]
async fn a_stream_that_breaks_off_is_opened_where_it_was() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback is free");
    let address = listener.local_addr().expect("bound");
    let asked = tokio::spawn(async move {
        let mut asked = Vec::new();
        for number in [7, 8] {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut buffer = vec![0; 4096];
            let bytes = tokio::io::AsyncReadExt::read(&mut connection, &mut buffer).await.unwrap();
            asked.push(String::from_utf8_lossy(&buffer[..bytes]).lines().next().unwrap_or_default().to_owned());
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 10000\r\n\r\n";
            // Broken off in the middle of the next event.
            let event = format!("{head}id: {number}\ndata: {{\"type\":\"gap\"}}\n\nid: 9\nda");
            connection.write_all(event.as_bytes()).await.unwrap();
        }
        asked
    });
    let config = Config { retry_wait_ms: 1, ..Config::new(format!("http://{address}"), Auth::None) };
    let mut events = Box::pin(Client::new(config).expect("loopback").events(None));
    assert_eq!(events.next().await.expect("more").expect("good").0, 7);
    assert_eq!(events.next().await.expect("more").expect("good").0, 8);
    assert_eq!(asked.await.unwrap(), ["GET /api/v1/events HTTP/1.1", "GET /api/v1/events?after=7 HTTP/1.1"]);
}

#[tokio::test]
async fn a_stream_ends_with_its_credentials() {
    let server = Server::with(|config, _| config.limits.stream_keep_alive_ms = 10).await;
    server.tiny.tell(1);
    let mut events = Box::pin(client(&server).events(Some(0)));
    assert_eq!(events.next().await.expect("more").expect("good").0, 1);
    server.tiny.tokens.lock().unwrap().remove("good");
    let ended = events.next().await.expect("a reason").expect_err("no more");
    assert_eq!(problem(ended).code, Code::NotSignedIn);
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn a_download_is_whole_or_an_error() {
    let server = Server::start().await;
    let client = client(&server);
    let chunks: Vec<_> = client.download(Download::Tenant).await.expect("begins").try_collect().await.expect("ends");
    assert_eq!(chunks.concat(), b"{\"a\":1}\n{\"b\":2}\n");
    match client.download(Download::Ledger).await {
        Ok(broken) => assert!(broken.try_collect::<Vec<_>>().await.is_err(), "a part is not the whole"),
        Err(error) => assert!(matches!(error, CallError::Transport(_)), "{error:?}"),
    }
}

#[tokio::test]
async fn what_is_not_the_platform_is_not_believed() {
    for (answer, words) in [
        ("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>", "expected value"),
        ("HTTP/1.1 200 OK\r\ncontent-length: 23\r\n\r\n{\"items\":[],\"new\":true}", "unknown field"),
        ("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 3\r\n\r\noh!", "no problem"),
        ("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n", "no problem"),
        ("HTTP/1.1 201 Created\r\ncontent-length: 12\r\n\r\n{\"items\":[]}", "should be 200"),
        ("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n", "more than"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback is free");
        let address = listener.local_addr().expect("bound");
        let padding = if words == "more than" { " ".repeat(100_000) } else { String::new() };
        let answering = tokio::spawn(async move {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut buffer = [0; 4096];
            let _ = tokio::io::AsyncReadExt::read(&mut connection, &mut buffer).await;
            let _ = connection.write_all(format!("{answer}{padding}").as_bytes()).await;
        });
        let config = Config { answer_bytes_max: 1_000, retries_max: 0, ..Config::new(format!("http://{address}"), Auth::None) };
        let got = Client::new(config).expect("loopback").call::<ListIncidents>(&Empty {}, &IncidentQuery::default(), &Empty {}).await;
        match got {
            Err(CallError::BadAnswer { why, .. }) => assert!(why.contains(words), "{answer}: {why}"),
            other => panic!("{answer}: {other:?}"),
        }
        answering.await.unwrap();
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_late_and_none_at_all_is_another_thing() {
    let server = Server::start().await;
    server.tiny.gated.lock().unwrap().insert("ListIncidents");
    let config = Config { timeout_ms: 30, retries_max: 0, ..config(&server, bearer("good")) };
    let late = Client::new(config).expect("loopback").call::<ListIncidents>(&Empty {}, &IncidentQuery::default(), &Empty {}).await;
    assert!(matches!(late, Err(CallError::Late { after_ms: 30 })), "{late:?}");

    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let config = Config { retries_max: 0, ..Config::new(format!("http://{closed}"), bearer("secret-token")) };
    let gone = Client::new(config).expect("loopback").call::<ListIncidents>(&Empty {}, &IncidentQuery::default(), &Empty {}).await;
    let error = gone.expect_err("nobody listens");
    assert!(matches!(error, CallError::Transport(_)) && !format!("{error:?}").contains("secret-token"), "{error:?}");
}

#[tokio::test]
async fn tls_is_checked_against_the_given_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().to_owned();
    let server =
        Server::with(|_, listen| listen.tls = Tls::SelfSigned { dir, names: vec!["localhost".to_owned(), "127.0.0.1".to_owned()] }).await;
    server.tiny.answers("ListIncidents", |_| Ok(serde_json::json!({ "items": [] })));
    let pem = std::fs::read(folder.path().join("tls.crt")).unwrap();
    let ask = |url: String, ca_pem: Option<Vec<u8>>| async move {
        let config = Config { ca_pem, retries_max: 0, ..Config::new(url, bearer("good")) };
        Client::new(config).expect("TLS").call::<ListIncidents>(&Empty {}, &IncidentQuery::default(), &Empty {}).await
    };
    let port = server.address.port();
    ask(format!("https://127.0.0.1:{port}"), Some(pem.clone())).await.expect("trusted");
    ask(format!("https://localhost:{port}"), Some(pem.clone())).await.expect("trusted by name");
    assert!(matches!(ask(format!("https://127.0.0.1:{port}"), None).await, Err(CallError::Transport(_))), "not trusted");
    assert!(matches!(ask(format!("http://127.0.0.1:{port}"), None).await, Err(CallError::Transport(_))), "no TLS spoken");
    let other = tempfile::tempdir().unwrap();
    assent_http::bind(assent_http::Listen::on(
        "127.0.0.1:0".parse().unwrap(),
        Tls::SelfSigned { dir: other.path().to_owned(), names: vec!["localhost".to_owned()] },
    ))
    .unwrap();
    let foreign = std::fs::read(other.path().join("tls.crt")).unwrap();
    assert!(ask(format!("https://localhost:{port}"), Some(foreign)).await.is_err(), "another's certificate");
}

#[tokio::test]
async fn a_proxy_is_used_if_configured_and_not_for_exceptions() {
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = proxy.local_addr().unwrap();
    let server = Server::start().await;
    server.tiny.answers("ListIncidents", |_| Ok(serde_json::json!({ "items": [] })));
    let through = |base_url: &str, except: &str| {
        let proxy = Some(Proxy { url: format!("http://{address}"), except: except.to_owned() });
        Client::new(Config { proxy, retries_max: 0, ..Config::new(base_url, bearer("good")) }).expect("a proxy")
    };
    let far = "https://assent.invalid:8473";
    let asked = tokio::spawn(async move {
        let (mut connection, _) = proxy.accept().await.unwrap();
        let mut buffer = vec![0; 4096];
        let bytes = tokio::io::AsyncReadExt::read(&mut connection, &mut buffer).await.unwrap();
        String::from_utf8_lossy(&buffer[..bytes]).lines().next().unwrap_or_default().to_owned()
    });
    let near = format!("http://{}", server.address);
    through(&near, "").call::<ListIncidents>(&Empty {}, &IncidentQuery::default(), &Empty {}).await.expect("loopback goes past it");
    let excepted = through(far, ".invalid").call::<ListIncidents>(&Empty {}, &IncidentQuery::default(), &Empty {}).await;
    assert!(excepted.is_err(), "nobody is there, and the proxy is not asked");
    assert!(through(far, "").call::<ListIncidents>(&Empty {}, &IncidentQuery::default(), &Empty {}).await.is_err(), "the proxy hangs up");
    assert_eq!(asked.await.unwrap(), "CONNECT assent.invalid:8473 HTTP/1.1");
}

#[test]
fn what_cannot_be_used_is_said_before_anything_is_sent() {
    let make = |change: fn(&mut Config)| {
        let mut config = Config::new("http://localhost:1", Auth::None);
        change(&mut config);
        Client::new(config).err()
    };
    assert!(make(|_| {}).is_none());
    assert!(matches!(make(|config| config.base_url = "http://assent.example".to_owned()), Some(ConfigError::PlainOutside { .. })));
    assert!(matches!(make(|config| config.ca_pem = Some(b"no PEM".to_vec())), Some(ConfigError::Unusable { what: "certificates" })));
    assert!(matches!(make(|config| config.auth = bearer("a\nb")), Some(ConfigError::Unusable { what: "credentials" })));
}
