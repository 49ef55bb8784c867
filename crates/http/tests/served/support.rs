//! A platform in memory, served on loopback, and a client that sends exactly the bytes it is told to.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use assent_api::alerts::AlertsTaken;
use assent_api::events::Event;
use assent_api::ledger::ExportFormat;
use assent_api::{Access, Code, Operation, Problem};
use assent_base::Secret;
use assent_http::idempotency::{Begun, Remember, Stored};
use assent_http::platform::{Alerts, OidcCallback};
use assent_http::streams::{Export, Readiness, ReadyPart, Redirect};
use assent_http::{Config, Credentials, Handle, Input, Listen, Platform, Principal, Reply, RequestMeta, Tls, bind, router};
use futures_util::{Stream, StreamExt, stream};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Notify, Semaphore, oneshot, watch};

/// Who calls: a name.
#[derive(Clone, Debug)]
pub(crate) struct Caller(pub(crate) String);

impl Principal for Caller {
    fn principal(&self) -> String {
        self.0.clone()
    }
}

/// What an operation was asked.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) operation: &'static str,
    pub(crate) caller: String,
    pub(crate) path: Value,
    pub(crate) query: Value,
    pub(crate) meta: RequestMeta,
}

/// Principal, operation, idempotency key.
type Key = (String, &'static str, String);
type Answer = Box<dyn Fn(&Seen) -> Result<Value, Problem> + Send + Sync>;

/// The platform: answers by an operation's name, and remembers what it was asked.
pub(crate) struct Tiny {
    answers: Mutex<BTreeMap<&'static str, Arc<Answer>>>,
    pub(crate) seen: Mutex<Vec<Seen>>,
    pub(crate) done: Notify,
    pub(crate) tokens: Mutex<BTreeSet<&'static str>>,
    pub(crate) keys: Mutex<BTreeMap<Key, Option<Stored>>>,
    /// Operations that wait for a permit of the gate.
    pub(crate) gated: Mutex<BTreeSet<&'static str>>,
    pub(crate) gate: Semaphore,
    pub(crate) ready: AtomicBool,
    pub(crate) alerts: Mutex<Vec<Alerts>>,
    events: watch::Sender<Vec<(u64, Event)>>,
}

impl Tiny {
    fn new() -> Self {
        Self {
            answers: Mutex::default(),
            seen: Mutex::default(),
            done: Notify::new(),
            tokens: Mutex::new(BTreeSet::from(["good", "other", "observer", "session"])),
            keys: Mutex::default(),
            gated: Mutex::default(),
            gate: Semaphore::new(0),
            ready: AtomicBool::new(true),
            alerts: Mutex::default(),
            events: watch::channel(Vec::new()).0,
        }
    }

    pub(crate) fn answers(&self, operation: &'static str, answer: impl Fn(&Seen) -> Result<Value, Problem> + Send + Sync + 'static) {
        self.answers.lock().unwrap().insert(operation, Arc::new(Box::new(answer)));
    }

    pub(crate) fn tell(&self, number: u64) {
        self.events.send_modify(|events| events.push((number, Event::Gap {})));
    }

    pub(crate) fn calls(&self, operation: &str) -> usize {
        self.seen.lock().unwrap().iter().filter(|seen| seen.operation == operation).count()
    }

    pub(crate) fn last(&self) -> Seen {
        self.seen.lock().unwrap().last().expect("something was asked").clone()
    }
}

impl Platform for Tiny {
    type Caller = Caller;

    async fn authenticate(&self, credentials: Credentials, access: Access, _: &RequestMeta) -> Result<Caller, Problem> {
        let refused = || Problem::new(Code::NotSignedIn, "no credentials, or none that hold");
        let known = |token: &str| self.tokens.lock().unwrap().contains(token);
        match (credentials, access) {
            (_, Access::Public) => Ok(Caller("public".to_owned())),
            (Credentials::Bearer(token), Access::Observer) if token.expose() == "observer" && known("observer") => {
                Ok(Caller("observer:one".to_owned()))
            }
            (Credentials::Bearer(token), Access::SignedIn | Access::Action(_)) if token.expose() != "observer" && known(token.expose()) => {
                Ok(Caller(format!("key:{}", token.expose())))
            }
            (Credentials::Session { cookie, csrf }, _) if known(cookie.expose()) => match csrf {
                Some(csrf) if csrf.expose() != "csrf" => Err(Problem::new(Code::CrossSite, "the token is not the session's")),
                _ => Ok(Caller("account:session".to_owned())),
            },
            _ => Err(refused()),
        }
    }

    async fn begin(&self, caller: &Caller, remember: &Remember) -> Result<Begun, Problem> {
        let mut keys = self.keys.lock().unwrap();
        let key = (caller.0.clone(), remember.operation, remember.key.clone());
        match keys.get(&key) {
            None => {
                keys.insert(key, None);
                Ok(Begun::New)
            }
            Some(None) => Ok(Begun::Running),
            Some(Some(stored)) => Ok(Begun::Known(stored.clone())),
        }
    }

    async fn finish(&self, caller: &Caller, remember: &Remember, answer: Option<&Stored>) -> Result<(), Problem> {
        let key = (caller.0.clone(), remember.operation, remember.key.clone());
        match answer {
            Some(answer) => self.keys.lock().unwrap().insert(key, Some(answer.clone())),
            None => self.keys.lock().unwrap().remove(&key),
        };
        Ok(())
    }

    async fn readiness(&self) -> Readiness {
        let waits_for = (!self.ready.load(Ordering::Relaxed)).then_some("its disk is full");
        Readiness {
            parts: vec![ReadyPart { name: "store", waits_for: None, notice: None }, ReadyPart { name: "ledger", waits_for, notice: None }],
        }
    }

    async fn events(&self, _: Caller, after: Option<u64>) -> Result<impl Stream<Item = (u64, Event)> + Send + 'static, Problem> {
        let source = self.events.subscribe();
        let begin = after.unwrap_or_else(|| source.borrow().last().map_or(0, |(number, _)| *number));
        Ok(stream::unfold((source, begin), |(mut source, last)| async move {
            let found = source.wait_for(|events| events.iter().any(|(number, _)| *number > last)).await.ok()?;
            let next = found.iter().find(|(number, _)| *number > last)?.clone();
            drop(found);
            Some(((next.0, next.1), (source, next.0)))
        }))
    }

    async fn export_tenant(&self, _: Caller, _: RequestMeta) -> Result<Export, Problem> {
        let lines = stream::iter(["{\"a\":1}\n", "{\"b\":2}\n"]).map(|line| Ok(line.as_bytes().into()));
        Ok(Export { content_type: "application/jsonl", file_name: "tenant\".jsonl\r\n".to_owned(), bytes: Box::pin(lines) })
    }

    async fn export_ledger(&self, _: Caller, format: Option<ExportFormat>, _: RequestMeta) -> Result<Export, Problem> {
        if let Some(format) = format {
            let line = stream::iter([Ok(format!("{format:?}").into_bytes().into())]);
            return Ok(Export { content_type: "text/csv; charset=utf-8", file_name: "ledger.csv".to_owned(), bytes: Box::pin(line) });
        }
        let broken = stream::iter([Ok("part".as_bytes().into()), Err(Problem::new(Code::Corrupt, "a tile does not pass"))]);
        Ok(Export { content_type: "application/x-tar", file_name: "ledger.tar".to_owned(), bytes: Box::pin(broken) })
    }

    async fn alerts(&self, alerts: Alerts, _: RequestMeta) -> Result<AlertsTaken, Problem> {
        self.alerts.lock().unwrap().push(alerts);
        Ok(AlertsTaken { taken: 1, known: 0 })
    }

    async fn oidc_start(&self, provider: String, meta: RequestMeta) -> Result<Redirect, Problem> {
        let location = format!("https://idp.example/{provider}?redirect_uri={}/api/v1/oidc/{provider}/callback", meta.base_url);
        Ok(Redirect { location, cookies: vec![Secret::new("assent-oidc=s; HttpOnly".to_owned())] })
    }

    async fn oidc_callback(&self, callback: OidcCallback, _: RequestMeta) -> Result<Redirect, Problem> {
        let both = callback.state.as_ref().zip(callback.cookie.as_ref());
        let same = both.is_some_and(|(state, cookie)| state.expose() == cookie.expose()) && callback.code.is_some();
        let wrong = || Problem::new(Code::NotSignedIn, "this sign-in did not begin here");
        same.then(|| Redirect { location: "/".to_owned(), cookies: Vec::new() }).ok_or_else(wrong)
    }
}

impl<O: Operation> Handle<O> for Tiny {
    async fn handle(&self, caller: Caller, input: Input<O>) -> Result<Reply<O>, Problem> {
        let seen = Seen {
            operation: O::NAME,
            caller: caller.0,
            path: serde_json::to_value(&input.path).unwrap(),
            query: serde_json::to_value(&input.query).unwrap(),
            meta: input.meta,
        };
        self.seen.lock().unwrap().push(seen.clone());
        if self.gated.lock().unwrap().contains(O::NAME) {
            self.gate.acquire().await.unwrap().forget();
        }
        let answer = self.answers.lock().unwrap().get(O::NAME).cloned();
        let value = answer.ok_or_else(Problem::not_found).and_then(|answer| answer(&seen))?;
        self.done.notify_one();
        let version = value.get("version").and_then(Value::as_u64);
        let mut reply = Reply::new(serde_json::from_value(value).expect("an answer of this operation"));
        reply.version = version;
        if O::NAME == "SignIn" {
            reply = reply.cookie(Secret::new("assent=session; HttpOnly; SameSite=Strict; Path=/".to_owned()));
        }
        Ok(reply)
    }
}

/// A served platform.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) tiny: Arc<Tiny>,
    pub(crate) stop: Option<oneshot::Sender<()>>,
    pub(crate) served: tokio::task::JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(|_, _| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Config, &mut Listen)) -> Self {
        let mut config = Config::loopback(serde_json::json!({ "type": "object" }));
        let mut listen = Listen::on(SocketAddr::from(([127, 0, 0, 1], 0)), Tls::Off);
        change(&mut config, &mut listen);
        let bound = bind(listen).expect("loopback is free");
        config.secure = bound.secure();
        let (address, tiny) = (bound.address(), Arc::new(Tiny::new()));
        let router = router(Arc::clone(&tiny), config);
        let (stop, stopped) = oneshot::channel::<()>();
        let served = tokio::spawn(async move {
            bound.serve(router, async { drop(stopped.await) }).await.expect("served to the end");
        });
        Self { address, tiny, stop: Some(stop), served }
    }

    pub(crate) fn get(&self, path: &str) -> Ask {
        self.ask("GET", path)
    }

    pub(crate) fn post(&self, path: &str, body: &str) -> Ask {
        self.ask("POST", path).header("content-type", "application/json").body(body.as_bytes())
    }

    pub(crate) fn ask(&self, method: &str, path: &str) -> Ask {
        let headers = vec![("host".to_owned(), self.address.to_string()), ("connection".to_owned(), "close".to_owned())];
        Ask { address: self.address, method: method.to_owned(), path: path.to_owned(), headers, body: Vec::new() }
    }

    /// Sends these bytes and reads whatever comes until the end.
    pub(crate) async fn raw(&self, bytes: &[u8]) -> Vec<u8> {
        let mut connection = TcpStream::connect(self.address).await.expect("listening");
        // The server may close before it has read all.
        let _ = connection.write_all(bytes).await;
        let mut answer = Vec::new();
        let _ = connection.read_to_end(&mut answer).await;
        answer
    }
}

/// A request.
pub(crate) struct Ask {
    address: SocketAddr,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Ask {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self
    }

    pub(crate) fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn body(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = format!("{} {} HTTP/1.1\r\n", self.method, self.path).into_bytes();
        for (name, value) in &self.headers {
            bytes.extend(format!("{name}: {value}\r\n").bytes());
        }
        let has_length = self.headers.iter().any(|(name, _)| name == "content-length" || name == "transfer-encoding");
        if !self.body.is_empty() && !has_length {
            bytes.extend(format!("content-length: {}\r\n", self.body.len()).bytes());
        }
        bytes.extend(b"\r\n");
        bytes.extend(&self.body);
        bytes
    }

    /// Sends it and gives the connection, to read from bit by bit.
    pub(crate) async fn open(self) -> TcpStream {
        let mut connection = TcpStream::connect(self.address).await.expect("listening");
        connection.write_all(&self.bytes()).await.expect("sent");
        connection
    }

    pub(crate) async fn send(self) -> Got {
        let mut connection = TcpStream::connect(self.address).await.expect("listening");
        let _ = connection.write_all(&self.bytes()).await;
        let mut answer = Vec::new();
        let _ = connection.read_to_end(&mut answer).await;
        Got::read(&answer)
    }
}

/// A response.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Got {
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let end = bytes
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .unwrap_or_else(|| panic!("no head: {:?}", String::from_utf8_lossy(bytes)));
        let head = std::str::from_utf8(&bytes[..end]).expect("a head of text");
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok()).expect("a status");
        let headers: Vec<(String, String)> =
            lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
        let chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
        let body = &bytes[end + 4..];
        Self { status, headers, body: if chunked { dechunk(body) } else { body.to_vec() } }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("text")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The problem that this must be, with everything that belongs to one.
    pub(crate) fn problem(&self) -> Problem {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let problem: Problem = serde_json::from_slice(&self.body).expect("a problem");
        assert_eq!((problem.status, problem.status), (self.status, problem.code.status()));
        assert_eq!(problem.request_id.as_deref(), self.header("x-request-id"));
        assert_eq!(problem.retry_after_s.map(|s| s.to_string()).as_deref(), self.header("retry-after"));
        problem
    }

    pub(crate) fn code(&self) -> Code {
        self.problem().code
    }
}

fn dechunk(mut rest: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
        let Ok(size) = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap_or("x"), 16) else { break };
        let Some(chunk) = rest.get(end + 2..end + 2 + size).filter(|chunk| !chunk.is_empty()) else { break };
        whole.extend(chunk);
        rest = &rest[(end + 4 + size).min(rest.len())..];
    }
    whole
}

/// An environment, as an answer.
pub(crate) fn environment(version: u64) -> Value {
    serde_json::json!({
        "id": ENVIRONMENT, "name": "shop", "criticality": "prod",
        "retention": { "incidents_days": 90 },
        "created_at": "2026-05-04T10:00:00Z", "version": version
    })
}

pub(crate) const ENVIRONMENT: &str = "env_0192f0c1d2e37a4b8c5d6e7f80912a3b";
pub(crate) const INCIDENT: &str = "inc_0192f0c1d2e37a4b8c5d6e7f80912a3b";
pub(crate) const NEW: &str = r#"{"name":"shop","criticality":"prod"}"#;
