//! The platform in this process, on a folder of its own, with a clock that stands still until it is moved.

#[path = "../../../approval/tests/support/authenticator.rs"]
pub(crate) mod authenticator;
pub(crate) mod executor;
pub(crate) mod full;
#[path = "../../../assent-observer/src/line.rs"]
pub(crate) mod line;
pub(crate) mod nats;
pub(crate) mod observer;
pub(crate) mod passkey;
pub(crate) mod played;
pub(crate) mod schema;
pub(crate) mod signer;
pub(crate) mod voting;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use assent_api::ledger;
use assent_base::{Secret, Timestamp};
use assent_platform::{ControlPlane, Outside, Settings, Started, cookie_names};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

pub(crate) const NOON: &str = "2026-05-04T12:00:00Z";
pub(crate) const PASSWORD: &str = "a long walk along the river";

/// A running platform.
pub(crate) struct House {
    pub(crate) data: tempfile::TempDir,
    pub(crate) plane: ControlPlane,
    /// The secret of the first owner's link.
    pub(crate) link: Option<Secret>,
    clock: Arc<Mutex<Timestamp>>,
    router: Router,
}

/// Who calls.
#[derive(Debug, Clone)]
pub(crate) enum Who {
    Nobody,
    /// With a session.
    Session {
        cookie: String,
        csrf: String,
    },
    /// With a key or a token.
    Bearer(String),
}

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl House {
    pub(crate) async fn open() -> Self {
        let observer_image = "registry.example.org/assent-observer:1".to_owned();
        let executor_image = "registry.example.org/assent-executor:1".to_owned();
        // So that channels can be made. Nothing is sent unless a test asks for it.
        let notify = assent_platform::notify::Config { hosts: vec!["hooks.slack.com".to_owned()], ..Default::default() };
        Self::with(Settings { observer_image, executor_image, notify, ..Settings::default() }).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        let data = tempfile::tempdir().expect("a folder");
        Self::on(data, settings).await
    }

    pub(crate) async fn on(data: tempfile::TempDir, settings: Settings) -> Self {
        let clock = Arc::new(Mutex::new(NOON.parse().expect("an instant")));
        // A platform that starts again on its folder draws what it has not drawn before.
        let drawn = if data.path().join("data").exists() { 1_000_000 } else { 1 };
        let (read, drawn) = (Arc::clone(&clock), AtomicU64::new(drawn));
        let outside = Outside {
            clock: Box::new(move || *read.lock().expect("the clock")),
            random: Box::new(move |bytes| scramble(drawn.fetch_add(1, Ordering::Relaxed), bytes)),
        };
        let Started { plane, set_up, .. } =
            ControlPlane::start(&data.path().join("data"), settings, outside).await.expect("the platform starts");
        let mut config = assent_http::Config::loopback(json!({}));
        (config.session_cookie, config.oidc_cookie) = cookie_names();
        // The bounds of http have tests of their own.
        config.limits.public_writes_burst = 1e6;
        config.limits.requests_burst = 1e6;
        let router = assent_http::router(Arc::new(plane.clone()), config);
        Self { data, plane, link: set_up, clock, router }
    }

    /// What is served, for those who come by another way.
    pub(crate) fn router(&self) -> Router {
        self.router.clone()
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, seconds: i64) {
        let mut now = self.clock.lock().expect("the clock");
        *now = Timestamp::from_second(now.as_second() + seconds).expect("an instant");
    }

    pub(crate) fn now(&self) -> Timestamp {
        *self.clock.lock().expect("the clock")
    }

    /// The owner of the first tenant.
    pub(crate) async fn owner(&self) -> Who {
        let link = self.link.as_ref().expect("nobody has set it up yet");
        self.set_up(link.expose(), "ada@example.org", "Ada").await
    }

    /// Another tenant and its owner, made by an owner of the first.
    pub(crate) async fn another(&self, by: &Who, name: &str, email: &str) -> Who {
        let made = self.call(by, "POST", "/api/v1/tenants", Some(json!({ "name": name }))).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let link = made.json()["link"].as_str().expect("a link").to_owned();
        self.set_up(link.split_once('#').expect("a secret behind `#`").1, email, "Somebody").await
    }

    /// Uses a link.
    pub(crate) async fn set_up(&self, token: &str, email: &str, name: &str) -> Who {
        let body = json!({ "token": token, "email": email, "name": name, "password": PASSWORD });
        let answer = self.call(&Who::Nobody, "POST", "/api/v1/set-up", Some(body)).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.who()
    }

    /// Invites somebody and uses their link.
    pub(crate) async fn join(&self, by: &Who, email: &str, grants: Value) -> Who {
        let invited = self.call(by, "POST", "/api/v1/members", Some(json!({ "email": email, "grants": grants }))).await;
        assert_eq!(invited.status, 201, "{}", invited.text());
        let link = invited.json()["link"].as_str().expect("a link").to_owned();
        let token = link.split_once('#').expect("a secret behind `#`").1.to_owned();
        self.set_up(&token, email, "Somebody").await
    }

    pub(crate) async fn sign_in(&self, email: &str, password: &str) -> Answer {
        self.call(&Who::Nobody, "POST", "/api/v1/sign-in", Some(json!({ "email": email, "password": password }))).await
    }

    pub(crate) async fn get(&self, who: &Who, path: &str) -> Answer {
        self.call(who, "GET", path, None).await
    }

    pub(crate) async fn call(&self, who: &Who, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.call_from("192.0.2.1", who, method, path, body).await
    }

    pub(crate) async fn call_from(&self, remote: &str, who: &Who, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.ask(remote, who, method, path, body, &[]).await
    }

    /// For this version alone.
    pub(crate) async fn call_if(&self, who: &Who, method: &str, path: &str, body: Option<Value>, version: u64) -> Answer {
        self.ask("192.0.2.1", who, method, path, body, &[("if-match", &format!("\"{version}\""))]).await
    }

    async fn ask(&self, remote: &str, who: &Who, method: &str, path: &str, body: Option<Value>, more: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("host", "localhost").header("origin", "http://localhost");
        match who {
            Who::Nobody => {}
            Who::Session { cookie, csrf } => {
                request = request.header("cookie", cookie);
                if request.method_ref() != Some(&Method::GET) {
                    request = request.header("x-csrf-token", csrf);
                }
            }
            Who::Bearer(token) => request = request.header("authorization", format!("Bearer {token}")),
        }
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        let body = match body {
            Some(value) => {
                request = request.header("content-type", "application/json");
                Body::from(value.to_string())
            }
            None => Body::empty(),
        };
        let mut request = request.body(body).expect("a request");
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(remote.parse().expect("an address"), 1)));
        self.send(request).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes().to_vec();
        Answer { status: parts.status, headers: parts.headers, bytes }
    }

    /// All records of the caller's tenant, newest first.
    pub(crate) async fn records(&self, who: &Who) -> Vec<ledger::Record> {
        let (mut records, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.get(who, &format!("/api/v1/ledger/records?limit=500{cursor}")).await;
            assert_eq!(page.status, 200, "{}", page.text());
            let page: assent_api::Page<ledger::Record> = serde_json::from_slice(&page.bytes).expect("a page");
            records.extend(page.items);
            match page.next {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return records,
            }
        }
    }

    /// Every file of the data folder, as bytes.
    pub(crate) fn files(&self) -> Vec<(std::path::PathBuf, Vec<u8>)> {
        let (mut folders, mut files) = (vec![self.data.path().to_owned()], Vec::new());
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.push((path.clone(), std::fs::read(&path).expect("a file")));
                }
            }
        }
        files
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The session that this answer begins.
    pub(crate) fn who(&self) -> Who {
        let set = self.headers.get("set-cookie").expect("a cookie").to_str().expect("text");
        let cookie = set.split(';').next().expect("a pair").to_owned();
        let csrf = self.json()["csrf_token"].as_str().expect("a token").to_owned();
        Who::Session { cookie, csrf }
    }

    /// The body but for what differs between any two requests.
    pub(crate) fn but_for_its_id(&self) -> (u16, Value) {
        let mut body = self.json();
        if let Some(fields) = body.as_object_mut() {
            fields.remove("request_id");
        }
        (self.status.as_u16(), body)
    }
}

/// The same bytes in every run, and others with every call.
fn scramble(call: u64, bytes: &mut [u8]) {
    for (at, chunk) in bytes.chunks_mut(32).enumerate() {
        let digest = assent_base::Digest::of_parts(&[b"test randomness", &call.to_be_bytes(), &at.to_be_bytes()]);
        chunk.iter_mut().zip(digest.as_bytes()).for_each(|(to, from)| *to = *from);
    }
}
