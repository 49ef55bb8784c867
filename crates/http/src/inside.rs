//! Requests that came by another way than the port, such as a message of NATS.
//!
//! They pass everything that a request of the port passes: the access log, rates, credentials, bounds. The log says by which way they came.

use std::net::{IpAddr, Ipv6Addr};

use assent_base::{Digest, Secret};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HOST, HeaderValue, RETRY_AFTER};
use http_body_util::{BodyExt as _, Limited};
use tower::ServiceExt as _;

/// Bytes of an answer at most.
const ANSWER_BYTES_MAX: usize = 1 << 20;
/// A name that is always ours: the caller wrote none.
const OWN_HOST: &str = "localhost";

/// The routes, for requests from inside.
#[derive(Clone)]
pub struct Inside {
    router: Router,
}

/// By which way a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) name: &'static str,
    /// What its rate is counted by: no address of anybody.
    pub(crate) neighbour: IpAddr,
}

/// A request.
#[derive(Debug, Clone)]
pub struct Asked {
    /// `nats`: what the access log shows in place of an address.
    pub way: &'static str,
    /// What its rate is counted by.
    pub sender: String,
    /// The path of a POST.
    pub path: &'static str,
    /// The token, for `Authorization: Bearer`.
    pub token: Secret,
    /// JSON, compressed with gzip.
    pub body: Bytes,
}

/// What it was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// Seconds after which to come back, if that was said.
    pub retry_after_s: Option<u32>,
    /// JSON.
    pub body: Bytes,
}

impl Inside {
    /// The routes of this router.
    #[must_use]
    pub fn of(router: &Router) -> Self {
        Self { router: router.clone() }
    }

    /// Serves one request. An answer that is too long is none.
    pub async fn post(&self, asked: Asked) -> Option<Answered> {
        let mut authorization = HeaderValue::try_from(format!("Bearer {}", asked.token.expose())).ok()?;
        authorization.set_sensitive(true);
        let mut request = Request::post(asked.path).body(Body::from(asked.body)).ok()?;
        let headers = request.headers_mut();
        headers.insert(HOST, HeaderValue::from_static(OWN_HOST));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        headers.insert(AUTHORIZATION, authorization);
        request.extensions_mut().insert(Way { name: asked.way, neighbour: neighbour(&asked.sender) });
        let Ok(response) = self.router.clone().oneshot(request).await;
        let status = response.status().as_u16();
        let retry_after_s = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await.ok()?.to_bytes();
        Some(Answered { status, retry_after_s, body })
    }
}

/// An address of fd00::/8 that stands for a sender; each has a /64 of its own, as rates are counted by.
fn neighbour(sender: &str) -> IpAddr {
    let digest = Digest::of(sender.as_bytes());
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest.as_bytes()).take(8).for_each(|(to, from)| *to = *from);
    let [first, ..] = &mut bytes;
    *first = 0xfd;
    IpAddr::V6(Ipv6Addr::from(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn senders_stand_for_themselves_and_for_no_address_of_anybody() {
        let (one, other) = (neighbour("observer:a"), neighbour("observer:b"));
        assert_ne!(one, other);
        assert_eq!(one, neighbour("observer:a"));
        for address in [one, other] {
            let IpAddr::V6(v6) = address else { panic!("{address}") };
            assert!(v6.is_unique_local() && v6.segments()[4..] == [0; 4], "{v6}");
        }
    }
}
