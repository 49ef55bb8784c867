//! Receivers on loopback, and something to tell.
#![allow(dead_code, reason = "every test file uses some of it")]
#![allow(clippy::unwrap_used, reason = "a fake that cannot answer has failed its test")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use assent_api::channels::NoticeKind;
use assent_api::incidents::Severity;
use assent_base::Timestamp;
use assent_base::id::{EnvironmentId, PlanId, RANDOM_BYTES};
use assent_notify::{Batch, Item, Notice, Subject};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// What a receiver answers.
#[derive(Clone)]
pub(crate) struct Answer {
    status: StatusCode,
    headers: Vec<(String, String)>,
    body: String,
    endless: bool,
    never: bool,
}

impl Answer {
    pub(crate) fn status(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: String::new(), endless: false, never: false }
    }

    pub(crate) fn never() -> Self {
        Self { never: true, ..Self::status(StatusCode::OK) }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn body(self, body: &str) -> Self {
        Self { body: body.to_owned(), ..self }
    }

    pub(crate) fn endless(self) -> Self {
        Self { endless: true, ..self }
    }
}

/// What came.
#[derive(Debug, Clone)]
pub(crate) struct Came {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

type Log = Arc<Mutex<Vec<Came>>>;

/// A receiver that writes down what comes. It goes with the test's runtime.
pub(crate) struct Receiver {
    pub(crate) host: String,
    log: Log,
}

impl Receiver {
    pub(crate) async fn start(answer: Answer) -> Self {
        let log = Log::default();
        let app = app(answer, &log);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { host, log }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.host)
    }

    pub(crate) fn requests(&self) -> Vec<Came> {
        self.log.lock().unwrap().clone()
    }
}

fn app(answer: Answer, log: &Log) -> Router {
    Router::new().fallback(take).with_state((answer, Arc::clone(log)))
}

/// The same with a certificate for `localhost`, and the authority that vouches for it.
pub(crate) async fn secure_receiver(answer: Answer) -> (Receiver, String) {
    let (authority, chain, key) = certificate();
    let log = Log::default();
    let app = app(answer, &log);
    let listener = std::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let config = axum_server::tls_rustls::RustlsConfig::from_pem(chain.into_bytes(), key.into_bytes()).await.unwrap();
    let server = axum_server::from_tcp_rustls(listener, config).unwrap();
    tokio::spawn(async move { server.serve(app.into_make_service()).await });
    (Receiver { host: format!("localhost:{port}"), log }, authority)
}

/// An authority, a certificate of it for `localhost`, and its key, as PEM.
pub(crate) fn certificate() -> (String, String, String) {
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    (authority.pem(), leaf.pem(), key.serialize_pem())
}

async fn take(State((answer, log)): State<(Answer, Log)>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    log.lock().unwrap().push(Came { method: parts.method.to_string(), path: parts.uri.to_string(), headers: parts.headers, body });
    if answer.never {
        std::future::pending::<()>().await;
    }
    let mut response = Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    let body = if answer.endless { Body::new(Endless) } else { Body::from(answer.body) };
    response.body(body).unwrap()
}

/// A body that goes on as long as somebody reads.
struct Endless;

impl axum::body::HttpBody for Endless {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        std::task::Poll::Ready(Some(Ok(http_body::Frame::data(Bytes::from_static(&[b'x'; 4096])))))
    }
}

/// One notice: a plan needs votes.
pub(crate) fn batch(title: &str) -> Batch {
    let notice = Notice {
        kind: NoticeKind::PlanAwaiting,
        subject: Subject::Plan(PlanId::new(Timestamp::UNIX_EPOCH, [1; RANDOM_BYTES])),
        at: Timestamp::UNIX_EPOCH,
        severity: Severity::Broken,
        title: title.to_owned(),
        detail: Some("roll back to revision 6".to_owned()),
        environment: EnvironmentId::new(Timestamp::UNIX_EPOCH, [1; RANDOM_BYTES]),
        environment_name: "prod".to_owned(),
        cluster_name: "prod-eu1".to_owned(),
        namespaces: vec!["shop".to_owned()],
    };
    Batch { items: vec![Item { notice, earlier: 0 }], more: 0 }
}
