//! Each way in which a cluster cannot be reached has its own message, and none of them shows a credential.
//!
//! The servers are loopback sockets that say one thing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "this is a test, helpers included")]

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use assent_observe::{Access, Cluster, NoAccess, Proxy, Scope};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

const TOKEN: &str = "token-that-nobody-may-see";

#[tokio::test]
async fn a_missing_kubeconfig_is_named() {
    let access = Access { kubeconfig: Some(PathBuf::from("/nonexistent/config")), ..Access::default() };
    let error = refused(&access).await;
    assert!(matches!(error, NoAccess::NoKubeconfig { .. }), "{error}");
    assert!(error.to_string().contains("/nonexistent/config"), "{error}");
}

#[tokio::test]
async fn a_broken_kubeconfig_is_refused_without_showing_it() {
    for text in [format!("users: [{TOKEN}"), format!("token: {TOKEN}\n- x"), "\u{0}\u{1}".to_owned(), String::new()] {
        let folder = Folder::with(&text);
        let error = refused(&folder.access()).await;
        assert!(matches!(error, NoAccess::BadKubeconfig { .. }), "{error}");
    }
}

#[tokio::test]
async fn an_unknown_context_is_answered_with_the_known_ones() {
    let folder = Folder::with(&kubeconfig("https://127.0.0.1:1", ""));
    let error = refused(&Access { context: Some("staging".to_owned()), ..folder.access() }).await;
    assert!(error.to_string().ends_with("cannot be used: it has no context `staging`; it has: test"), "{error}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let folder = Folder::with(&kubeconfig(&format!("http://{address}"), ""));
    let error = refused(&folder.access()).await;
    let NoAccess::Unreachable { server, why } = error else { panic!("{error}") };
    assert_eq!(server, format!("http://{address}"));
    assert!(why.contains("refused"), "{why}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_takes_the_connection_and_says_nothing_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let folder = Folder::with(&kubeconfig(&format!("https://{}", listener.local_addr().unwrap()), ""));
    let begun = tokio::time::Instant::now();
    let error = refused(&folder.access()).await;
    let NoAccess::Unreachable { why, .. } = error else { panic!("{error}") };
    assert_eq!((why.as_str(), begun.elapsed().as_secs()), ("no connection in time", 10));
}

#[tokio::test]
async fn a_server_without_tls_is_not_trusted() {
    let (address, _server) = server("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
    let folder = Folder::with(&kubeconfig(&format!("https://{address}"), ""));
    let error = refused(&folder.access()).await;
    assert!(matches!(error, NoAccess::TlsRefused { .. }), "{error}");
}

#[tokio::test]
async fn a_body_that_ends_early_is_no_answer() {
    let (address, _server) = server("HTTP/1.1 200 OK\r\ncontent-length: 4096\r\n\r\n{\"gitVersion\":\"v1.33.2\"}").await;
    let folder = Folder::with(&kubeconfig(&format!("http://{address}"), ""));
    let error = refused(&folder.access()).await;
    assert!(matches!(error, NoAccess::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn what_is_no_api_server_is_called_so() {
    for answer in
        ["HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n<html", "HTTP/1.1 302 Found\r\nlocation: /login\r\ncontent-length: 0\r\n\r\n"]
    {
        let (address, _server) = server(answer).await;
        let folder = Folder::with(&kubeconfig(&format!("http://{address}"), ""));
        let error = refused(&folder.access()).await;
        assert!(matches!(error, NoAccess::NotKubernetes { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_token_that_is_refused_is_not_repeated() {
    let (address, asked) = server("HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n").await;
    let folder = Folder::with(&kubeconfig(&format!("http://{address}"), &format!("token: {TOKEN}")));
    let error = refused(&folder.access()).await;
    assert!(matches!(error, NoAccess::Unauthorized { .. }), "{error}");
    let asked = asked.await.unwrap();
    assert!(asked.starts_with("GET /version HTTP/1.1\r\n") && asked.contains(TOKEN), "{asked}");
}

#[tokio::test]
async fn a_credential_command_that_fails_is_named_but_not_what_it_printed() {
    let command = format!(
        "exec: {{apiVersion: client.authentication.k8s.io/v1, command: sh, args: [-c, \"echo {TOKEN}; echo no session >&2; exit 3\"]}}"
    );
    let folder = Folder::with(&kubeconfig("http://127.0.0.1:1", &command));
    let error = refused(&folder.access()).await;
    assert!(matches!(error, NoAccess::Unauthorized { .. }), "{error}");
    assert!(error.to_string().contains("failed (exit status: 3)"), "{error}");
}

#[tokio::test]
async fn a_proxy_is_used_unless_the_server_is_excepted() {
    let (address, asked) = server("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n").await;
    let folder = Folder::with(&kubeconfig("https://api.invalid:6443", ""));
    let proxy = Proxy { url: format!("http://{address}"), except: "10.0.0.0/8".to_owned() };
    let error = refused(&Access { proxy: Some(proxy.clone()), ..folder.access() }).await;
    assert!(matches!(error, NoAccess::Unreachable { .. }), "{error}");
    assert!(asked.await.unwrap().starts_with("CONNECT api.invalid:6443 "));

    let (address, asked) = server("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n").await;
    let folder = Folder::with(&kubeconfig(&format!("http://{address}"), ""));
    refused(&Access { proxy: Some(proxy), ..folder.access() }).await;
    assert!(asked.await.unwrap().starts_with("GET /version "), "loopback is never proxied");
}

#[tokio::test]
async fn a_proxy_that_is_no_url_is_refused_without_repeating_it() {
    let folder = Folder::with(&kubeconfig("https://api.invalid:6443", ""));
    for url in [format!("http://user:{TOKEN}@ bad"), format!("socks5://user:{TOKEN}@127.0.0.1:1")] {
        let error = refused(&Access { proxy: Some(Proxy { url, except: String::new() }), ..folder.access() }).await;
        assert!(matches!(error, NoAccess::BadProxy { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_answers_is_read() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(serve(stream));
        }
    });
    let folder = Folder::with(&kubeconfig(&format!("http://{address}/prefix"), ""));
    let cluster = Cluster::connect(&folder.access()).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(cluster.name(), format!("test (http://{address}/prefix)"));
    let set = cluster.list(&Scope::default(), &()).await.unwrap();
    assert_eq!(set.objects.iter().map(|object| object.reference.to_string()).collect::<Vec<_>>(), ["Pod shop/a"]);
    assert!(set.problems.is_empty(), "{:?}", set.problems);
    assert!(set.taken_at.is_some());
    server.abort();
}

/// Serves a cluster with one pod behind a path prefix, on one connection.
async fn serve(mut stream: tokio::net::TcpStream) {
    let mut request = Vec::new();
    while let Ok(byte) = stream.read_u8().await {
        request.push(byte);
        if !request.ends_with(b"\r\n\r\n") {
            continue;
        }
        let text = String::from_utf8(std::mem::take(&mut request)).unwrap();
        let body = match text.split_whitespace().nth(1).unwrap() {
            "/prefix/version" => r#"{"gitVersion":"v1.33.2"}"#,
            "/prefix/readyz?verbose" => "readyz check passed\n",
            "/prefix/api" => {
                r#"{"kind":"APIGroupDiscoveryList","items":[{"metadata":{"name":""},"versions":[{"version":"v1","resources":[{"resource":"pods","verbs":["list"]}]}]}]}"#
            }
            "/prefix/apis" => r#"{"kind":"APIGroupDiscoveryList","items":[]}"#,
            "/prefix/api/v1/pods?limit=500" => r#"{"kind":"PodList","items":[{"metadata":{"name":"a","namespace":"shop"}}]}"#,
            _ => "{}",
        };
        let head = format!("HTTP/1.1 200 OK\r\ndate: Thu, 27 Feb 2025 06:30:28 GMT\r\ncontent-length: {}\r\n\r\n", body.len());
        stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    }
}

/// Answers the first request on the first connection with these bytes, and then ends it. Gives back what was asked.
async fn server(answer: &'static str) -> (std::net::SocketAddr, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = vec![0; 8192];
        let len = stream.read(&mut bytes).await.unwrap();
        stream.write_all(answer.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        String::from_utf8_lossy(&bytes[..len]).into_owned()
    });
    (address, asked)
}

async fn refused(access: &Access) -> NoAccess {
    let error = Cluster::connect(access).await.err().expect("no cluster is there");
    assert!(!error.to_string().contains(TOKEN) && !format!("{error:?}").contains(TOKEN), "{error}");
    error
}

struct Folder {
    folder: TempDir,
}

impl Folder {
    fn with(kubeconfig: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::File::create(folder.path().join("config")).unwrap().write_all(kubeconfig.as_bytes()).unwrap();
        Self { folder }
    }

    fn access(&self) -> Access {
        Access { kubeconfig: Some(self.folder.path().join("config")), request_timeout: Duration::from_secs(30), ..Access::default() }
    }
}

fn kubeconfig(server: &str, user: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: test\n\
         clusters: [{{name: c, cluster: {{server: \"{server}\"}}}}]\n\
         contexts: [{{name: test, context: {{cluster: c, user: u}}}}]\n\
         users: [{{name: u, user: {{{user}}}}}]\n"
    )
}
