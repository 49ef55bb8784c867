//! Serves the API over HTTP: routing, problem details, cursors, streams, limits, headers.
//!
//! Knows the table of operations and nothing of what they do. Whoever answers them implements [`Platform`] and, for every operation,
//! [`Handle`]; an operation without an answer does not compile. What comes in is bounded, parsed once, and refused when in doubt; what
//! goes out is JSON, or a [`assent_api::Problem`].
//!
//! A request passes, in this order: its id, the access log, security headers, host check, rate, panics; then, by its route, site check,
//! credentials, path, query, body, idempotency, the platform. Credentials come before the body, so that strangers cannot make us read.
//!
//! Units: times are milliseconds or seconds as names say, sizes bytes.
//! Errors: every answer that is no success is a problem. Only what hyper itself cannot read as HTTP is answered without a body.
//! Source: RFC 9457 (problems), RFC 9110 section 13 (`If-Match`), RFC 3986 (percent-encoding), WHATWG HTML (server-sent events).

pub mod assets;
pub mod config;
pub mod idempotency;
pub mod inside;
pub mod listen;
pub mod meta;
pub mod metrics;
pub mod openapi;
pub mod platform;
pub mod router;
pub mod streams;
pub mod validity;

/// The parsers of what strangers send, for fuzzing.
pub mod parse {
    pub use crate::json::read as body;
    pub use crate::text::query;
}

mod answer;
mod body;
mod certificate;
mod credentials;
mod crowd;
mod etag;
mod events;
mod front;
mod json;
mod machine;
mod mount;
mod objects;
mod pages;
mod rate;
mod text;
mod tls;
mod transfers;
mod waiting;

pub use config::{Config, CookieName, Limits};
pub use inside::Inside;
pub use ipnet::IpNet;
pub use listen::{Listen, ListenError, Tls, bind};
pub use meta::{Credentials, RequestMeta};
pub use openapi::openapi;
pub use platform::{Handle, Input, Platform, Principal, Reply};
pub use router::{Complete, router};
