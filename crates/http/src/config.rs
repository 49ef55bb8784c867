//! What can be set. Every number has a default that is safe on one machine.

use std::net::IpAddr;
use std::sync::Arc;

use assent_base::Secret;
use ipnet::IpNet;
use tokio::sync::watch;

use crate::assets::Assets;
use crate::metrics::{Counts, Metrics};
use crate::validity::Certificate;

/// How to serve.
#[derive(Clone)]
pub struct Config {
    /// Names under which this platform may be called, without port: what a browser shows. Anything else is refused, so that a name of
    /// a stranger that points to this address reaches nothing.
    pub hosts: Vec<String>,
    /// Whether every address is a name of this platform too: it listens on all that the machine has. A stranger's page cannot make an
    /// address of its own point here, as it can with a name.
    pub any_address: bool,
    /// The address that links shall show, if it is not the one of the request: `https://assent.example`, without a slash at the end.
    pub public_url: Option<String>,
    /// Whether connections come by TLS.
    pub secure: bool,
    /// Networks of proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed. None by default.
    pub trusted_proxies: Vec<IpNet>,
    /// The name of the session's cookie.
    pub session_cookie: CookieName,
    /// The name of the cookie that a sign-in with an identity provider begins with.
    pub oidc_cookie: CookieName,
    /// A token that may read `/metrics` from elsewhere; loopback needs none.
    pub metrics_token: Option<Secret>,
    /// Where metrics are read from.
    pub metrics: Option<Metrics>,
    /// Counts of requests and of faults, for the status page.
    pub counts: Arc<Counts>,
    /// The console's files, when there is a console.
    pub assets: Option<Arc<dyn Assets>>,
    /// The schema of a report, for the OpenAPI document.
    pub report_schema: serde_json::Value,
    /// The certificate that is served, for those who ask whether all is well.
    pub certificate: Option<Arc<Certificate>>,
    /// Turns true when the platform is told to stop: live streams end then, and their readers come back to the next.
    pub stopping: watch::Receiver<bool>,
    /// The limits.
    pub limits: Limits,
}

impl Config {
    /// For loopback, without TLS.
    #[must_use]
    pub fn loopback(report_schema: serde_json::Value) -> Self {
        Self {
            hosts: ["localhost", "127.0.0.1", "[::1]"].map(str::to_owned).to_vec(),
            any_address: false,
            public_url: None,
            secure: false,
            trusted_proxies: Vec::new(),
            session_cookie: CookieName { plain: "assent", secure: "__Host-assent" },
            oidc_cookie: CookieName { plain: "assent-oidc", secure: "__Host-assent-oidc" },
            metrics_token: None,
            metrics: None,
            counts: Arc::default(),
            assets: None,
            report_schema,
            certificate: None,
            stopping: watch::channel(false).1,
            limits: Limits::default(),
        }
    }

    /// Whether an address is that of a proxy which is believed.
    pub(crate) fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted_proxies.iter().any(|network| network.contains(&address))
    }
}

/// What a cookie is called, by how the browser comes here: a name that begins with `__Host-` is for TLS alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CookieName {
    /// Without TLS, on loopback.
    pub plain: &'static str,
    /// With TLS, ours or that of a proxy that is trusted.
    pub secure: &'static str,
}

impl CookieName {
    pub(crate) fn of(self, secure: bool) -> &'static str {
        if secure { self.secure } else { self.plain }
    }
}

/// Bounds of what a caller can make us do.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Bytes of a body of somebody who is signed in.
    pub body_bytes_max: usize,
    /// Bytes of a body of a stranger.
    pub public_body_bytes_max: usize,
    /// Bytes of an observer's batch, after decompression.
    pub observer_body_bytes_max: usize,
    /// Bytes of alerts.
    pub alerts_body_bytes_max: usize,
    /// Bytes of a query.
    pub query_bytes_max: usize,
    /// Parameters of a query.
    pub query_parameters_max: usize,
    /// Levels of a JSON body.
    pub json_depth_max: usize,
    /// Milliseconds for a body to arrive.
    pub body_timeout_ms: u64,
    /// The same for a body of a stranger, if that is less.
    pub public_body_timeout_ms: u64,
    /// Bodies on their way at one time of those who are signed in, observers and executors.
    pub bodies_max: usize,
    /// Those of one of them.
    pub bodies_per_principal_max: usize,
    /// Bytes of bodies that are not whole yet.
    pub bodies_bytes_max: usize,
    /// Bodies of strangers on their way at one time, alerts among them.
    pub public_bodies_max: usize,
    /// Those of one address.
    pub public_bodies_per_address_max: usize,
    /// Bytes of bodies of strangers that are not whole yet.
    pub public_bodies_bytes_max: usize,
    /// Milliseconds for an answer to be made.
    pub answer_timeout_ms: u64,
    /// Requests that are answered at one time.
    pub requests_at_once_max: usize,
    /// Requests a second of one address, on average.
    pub requests_per_s: f64,
    /// Requests of one address at once.
    pub requests_burst: f64,
    /// Requests a second of one address that need no credentials and change something, as a sign-in.
    pub public_writes_per_s: f64,
    /// Those at once.
    pub public_writes_burst: f64,
    /// Addresses that are remembered for that.
    pub addresses_max: usize,
    /// Live streams of one principal.
    pub streams_per_principal_max: usize,
    /// Live streams of all.
    pub streams_max: usize,
    /// Milliseconds between signs of life of a stream; its credentials are asked for again each time.
    pub stream_keep_alive_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes_max: 1 << 20,
            public_body_bytes_max: 16 << 10,
            // A batch as the contract bounds it, and room for its frame.
            observer_body_bytes_max: usize::try_from(assent_api::observer::BATCH_BYTES_MAX).unwrap_or(usize::MAX).saturating_add(64 << 10),
            alerts_body_bytes_max: 1 << 20,
            query_bytes_max: 4 << 10,
            query_parameters_max: 32,
            json_depth_max: 64,
            body_timeout_ms: 30_000,
            public_body_timeout_ms: 10_000,
            bodies_max: 2_048,
            bodies_per_principal_max: 256,
            bodies_bytes_max: 256 << 20,
            public_bodies_max: 1_024,
            public_bodies_per_address_max: 32,
            public_bodies_bytes_max: 64 << 20,
            answer_timeout_ms: 30_000,
            requests_at_once_max: 512,
            requests_per_s: 1_000.0,
            requests_burst: 2_000.0,
            public_writes_per_s: 2.0,
            public_writes_burst: 30.0,
            addresses_max: 10_000,
            streams_per_principal_max: 8,
            streams_max: 1_024,
            stream_keep_alive_ms: 15_000,
        }
    }
}
