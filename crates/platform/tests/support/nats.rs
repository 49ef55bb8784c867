//! A real NATS server on loopback, and an observer's way through it. It is skipped loudly where no `nats-server` is installed.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use assent_base::{Secret, Timestamp};
use assent_http::Inside;
use assent_nats::Connect;
use assent_observe::clock::Clock;
use assent_observe::uplink::https::{Endpoint, Https};
use assent_observe::uplink::nats::ByNats;
use assent_platform::{Nats, NatsAtOnce};
use axum::Router;
use tower::ServiceExt as _;

use crate::support::House;
use crate::support::line::Line;

const PATIENCE: Duration = Duration::from_secs(30);
/// How long an observer waits for an answer here. Long enough for a busy machine, and not for a person.
const WITHIN: Duration = Duration::from_secs(5);

/// Runs the server on the file `$1` until the input closes, and then kills it.
const SCRIPT: &str = "nats-server -c \"$1\" >\"$1.log\" 2>&1 & pid=$!; read -r line; kill -9 $pid; wait $pid 2>/dev/null";

/// A server that can be killed and started again on its port.
pub(crate) struct Server {
    folder: tempfile::TempDir,
    pub(crate) port: u16,
    keeper: Option<Child>,
}

impl Server {
    /// Starts one with these lines in its configuration; nothing where none is installed.
    pub(crate) fn start(lines: impl FnOnce(&Path) -> String) -> Option<Self> {
        if !Command::new("nats-server").arg("--version").stdout(Stdio::null()).status().is_ok_and(|status| status.success()) {
            // Past the capture of the test's output: a skip that nobody sees reads as a pass.
            writeln!(std::io::stderr(), "SKIPPED: nats-server is not installed").expect("a terminal");
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr()).expect("a port").port();
        let lines = lines(folder.path());
        // What it says of others in its cluster must not be followed.
        let text = format!("host: 127.0.0.1\nport: {port}\nclient_advertise: \"203.0.113.1:4222\"\n{lines}\n");
        std::fs::write(folder.path().join("nats.conf"), text).expect("written");
        let mut server = Self { folder, port, keeper: None };
        server.up();
        Some(server)
    }

    pub(crate) fn plain() -> Option<Self> {
        Self::start(|_| String::new())
    }

    pub(crate) fn kill(&mut self) {
        if let Some(mut keeper) = self.keeper.take() {
            drop(keeper.stdin.take());
            keeper.wait().expect("it ends");
        }
    }

    pub(crate) fn up(&mut self) {
        let file = self.file("nats.conf");
        let keeper = Command::new("sh").args(["-c", SCRIPT, "sh"]).arg(&file).stdin(Stdio::piped()).stdout(Stdio::null()).spawn();
        self.keeper = Some(keeper.expect("a shell"));
        let begun = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            let log = std::fs::read_to_string(self.file("nats.conf.log")).unwrap_or_default();
            assert!(begun.elapsed() < PATIENCE, "the server does not come up: {log}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// How to reach it in the clear.
    pub(crate) fn connect(&self) -> Connect {
        Connect {
            servers: vec![format!("nats://127.0.0.1:{}", self.port).parse().expect("an address")],
            ca_file: None,
            certificate: None,
            credentials_file: None,
            inbox_prefix: "_INBOX".to_owned(),
            name: "a test".to_owned(),
        }
    }

    /// How this user of a server with TLS reaches it.
    pub(crate) fn connect_as(&self, user: &str) -> Connect {
        Connect {
            servers: vec![format!("tls://127.0.0.1:{}", self.port).parse().expect("an address")],
            ca_file: Some(self.file("ca.pem")),
            certificate: Some((self.file(&format!("{user}.pem")), self.file(&format!("{user}.key")))),
            inbox_prefix: format!("_INBOX_{user}"),
            ..self.connect()
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The lines of a server as the documentation has them: TLS, a user for each certificate, and no more rights than needed.
pub(crate) fn guarded(folder: &Path) -> String {
    let authority_key = rcgen::KeyPair::generate().expect("a key");
    let mut authority = rcgen::CertificateParams::new(Vec::new()).expect("an authority");
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let own = authority.self_signed(&authority_key).expect("a certificate");
    let write = |name: &str, text: String| std::fs::write(folder.join(name), text).expect("written");
    write("ca.pem", own.pem());
    let issuer = rcgen::Issuer::new(authority, authority_key);
    for user in ["server", "platform", "one", "other"] {
        let key = rcgen::KeyPair::generate().expect("a key");
        let mut params = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("a name");
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(rcgen::DnType::CommonName, user);
        write(&format!("{user}.pem"), params.signed_by(&key, &issuer).expect("a certificate").pem());
        write(&format!("{user}.key"), key.serialize_pem());
    }
    let docs = include_str!("../../../../docs/operating.md");
    let (_, rest) = docs.split_once("```text\n# nats-server.conf\n").expect("the documentation has a configuration of a server");
    let (lines, _) = rest.split_once("```").expect("it ends");
    let folder = folder.display().to_string();
    let lines = lines.replace("/etc/nats/", &format!("{folder}/")).replace("cls_0192f0c1d2e37a4b8c5d6e7f80912a3b", "one");
    // The documentation shows one observer; this is a second.
    lines.replace(
        "  ]\n}",
        "    { user: \"CN=other\", permissions: { publish: [\"assent.observer.*\"], subscribe: [\"_INBOX_other.>\"] } }\n  ]\n}",
    )
}

/// A house with a port that outlives it, as an address outlives a process.
pub(crate) struct Front {
    router: Arc<Mutex<Router>>,
    pub(crate) url: String,
}

impl Front {
    pub(crate) async fn of(house: &House) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let router = Arc::new(Mutex::new(house.router()));
        let current = Arc::clone(&router);
        let app = Router::new().fallback(move |request: axum::extract::Request| {
            let router = current.lock().expect("the routes").clone();
            async move { router.oneshot(request).await }
        });
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { router, url }
    }

    /// What a house that was started anew serves.
    pub(crate) fn now_of(&self, house: &House) {
        *self.router.lock().expect("the routes") = house.router();
    }

    /// An observer's way by HTTPS, which on loopback has no TLS.
    pub(crate) fn https(&self, key: &str) -> Https {
        let key = Secret::new(key.to_owned());
        let endpoint = Endpoint { url: self.url.clone(), key, ca_pem: None, proxy: None, request_timeout: PATIENCE };
        Https::new(endpoint).expect("an endpoint")
    }

    /// The same observer's way by NATS.
    pub(crate) async fn by_nats(&self, key: &str, connect: Connect) -> ByNats<Line> {
        let line = Line(connect.start().await.expect("a connection"));
        ByNats::new(line, self.https(key), "assent".to_owned(), WITHIN, clock())
    }
}

/// The platform's side: answers until it is dropped.
pub(crate) struct Answering(tokio::task::JoinHandle<()>);

impl Answering {
    pub(crate) async fn of(house: &House, connect: Connect) -> Self {
        let connection = connect.start().await.expect("a connection");
        let nats = Nats {
            connection: connection.clone(),
            inside: Inside::of(&house.router()),
            prefix: "assent".to_owned(),
            at_once: NatsAtOnce::default(),
            message_bytes_max: 8 << 20,
        };
        let plane = house.plane.clone();
        let task = tokio::spawn(async move { plane.serve_nats(nats, std::future::pending()).await.expect("it serves") });
        until("a connection", async || connection.is_connected().then_some(())).await;
        Self(task)
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A clock that goes on with each look, so that no two questions have one number.
fn clock() -> Clock {
    static SECONDS: AtomicI64 = AtomicI64::new(1_000_000);
    Clock::new(|| Timestamp::from_second(SECONDS.fetch_add(1, Ordering::Relaxed)).expect("an instant"))
}

/// Asks again and again until there is an answer to go on with.
pub(crate) async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let asking = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.unwrap_or_else(|_| panic!("{what} does not come"))
}

/// Bytes that do not get smaller.
pub(crate) fn noise(bytes: usize) -> String {
    let mut raw = vec![0; bytes / 2];
    std::fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut raw)).expect("noise");
    hex::encode(raw)
}
