//! One request and its answer, with bounds: a time limit, and bytes.

use std::time::Duration;

use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT, WARNING};
use http::{Method, Request};
use http_body_util::{BodyExt as _, Limited};
use kube::Client;
use kube::client::Body;

use crate::cluster::Whom;
use crate::not_done::{NotDone, clipped};

/// Bytes of an answer at most; no object is larger.
pub(crate) const ANSWER_BYTES_MAX: usize = 8 << 20;
/// Warnings of one answer that are kept, at most.
const WARNINGS_MAX: usize = 10;
const JSON: &str = "application/json";
const AGENT: &str = concat!("assent-executor/", env!("CARGO_PKG_VERSION"));
const IMPERSONATE_USER: HeaderName = HeaderName::from_static("impersonate-user");
const IMPERSONATE_GROUP: HeaderName = HeaderName::from_static("impersonate-group");

/// Sends requests to one API server.
#[derive(Clone)]
pub(crate) struct Sender {
    client: Client,
    timeout: Duration,
}

/// A request.
pub(crate) struct Ask<'a> {
    pub(crate) method: Method,
    pub(crate) path: &'a str,
    /// Under whose name; under our own if none is given.
    pub(crate) whom: Option<&'a Whom<'a>>,
    /// Media type and bytes.
    pub(crate) body: Option<(&'static str, Vec<u8>)>,
}

/// An answer that is a success.
pub(crate) struct Said {
    pub(crate) body: serde_json::Value,
    pub(crate) warnings: Vec<String>,
}

impl Sender {
    pub(crate) fn new(client: Client, timeout: Duration) -> Self {
        Self { client, timeout }
    }

    pub(crate) async fn send(&self, ask: Ask<'_>) -> Result<Said, NotDone> {
        let user = ask.whom.map_or_else(|| "our own account".to_owned(), |whom| whom.user.to_owned());
        let request = request(ask)?;
        let limit = self.timeout;
        let answered = tokio::time::timeout(limit, self.answered(request, &user)).await;
        answered.unwrap_or_else(|_| Err(NotDone::Unknown(format!("nothing came within {} s", limit.as_secs()))))
    }

    async fn answered(&self, request: Request<Body>, user: &str) -> Result<Said, NotDone> {
        let response = self.client.send(request).await.map_err(|error| NotDone::Unknown(clipped(&error.to_string())))?;
        let (head, body) = response.into_parts();
        // An answer that is too long or breaks off may be one to a request that was done.
        let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await.map_err(|error| NotDone::Unknown(clipped(&error.to_string())))?;
        let body = body.to_bytes();
        if !head.status.is_success() {
            return Err(NotDone::read(head.status.as_u16(), &body, user));
        }
        let body = serde_json::from_slice(&body).map_err(|_| NotDone::Unknown("the answer is no JSON".to_owned()))?;
        Ok(Said { body, warnings: warnings(&head.headers) })
    }
}

fn request(ask: Ask<'_>) -> Result<Request<Body>, NotDone> {
    let unfit = |_| NotDone::Invalid("the request cannot be written".to_owned());
    let mut request = Request::builder().method(ask.method).uri(ask.path).header(ACCEPT, JSON).header(USER_AGENT, AGENT);
    if let Some(whom) = ask.whom {
        let value = |text: &str| HeaderValue::from_str(text).map_err(|_| NotDone::Invalid("a user's name cannot be written".to_owned()));
        request = request.header(IMPERSONATE_USER, value(whom.user)?);
        for group in whom.groups {
            request = request.header(IMPERSONATE_GROUP, value(group)?);
        }
    }
    match ask.body {
        Some((media, bytes)) => request.header(CONTENT_TYPE, media).body(Body::from(bytes)),
        None => request.body(Body::empty()),
    }
    .map_err(unfit)
}

/// `299 - "words"`, as RFC 9111 once had it.
fn warnings(headers: &HeaderMap) -> Vec<String> {
    let words = headers.get_all(WARNING).iter().filter_map(|value| value.to_str().ok());
    words.filter_map(|text| text.split_once('"').map(|(_, rest)| clipped(rest.trim_end_matches('"')))).take(WARNINGS_MAX).collect()
}
