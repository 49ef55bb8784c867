//! HTTPS to the platform: the key buys a token, the token carries everything else.
//!
//! One connection, outbound; HTTP without TLS on loopback only. A token is renewed before it ends, and once more when it is refused: it may
//! have been signed by a key that is gone. No redirect is followed, since nobody else is to see the key.
//!
//! Units: bodies that go with a token are gzip; a batch fits the platform's bound before compression.

use std::io::Write as _;
use std::time::Duration;

use assent_api::observer::{Acknowledged, Batch, Heartbeat, Hello, Token, Welcome};
use assent_api::operation::Operation;
use assent_api::operations::{ExchangeKey, ObserverHeartbeat, ObserverHello, ObserverSignals};
use assent_base::Secret;
use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::{Certificate, Response, StatusCode, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::{NoUplink, Uplink};
use crate::Proxy;
use crate::get::AGENT;

/// An answer may have so many bytes.
const ANSWER_BYTES_MAX: usize = 1 << 20;
/// A token is renewed when it holds for less than this.
const RENEW_BEFORE: Duration = Duration::from_secs(60);
/// A connection is there within this time or not at all.
const CONNECT_MAX: Duration = Duration::from_secs(10);
/// The platform may ask to be left alone for so long.
const RETRY_AFTER_S_MAX: u64 = 300;
/// Foreign messages are cut here.
const MESSAGE_CHARS_MAX: usize = 300;

/// How to reach the platform.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// `https://assent.example:8473`; `http` on loopback only.
    pub url: String,
    /// The observer's key.
    pub key: Secret,
    /// A certificate authority to trust in place of the system's.
    pub ca_pem: Option<Vec<u8>>,
    /// The proxy of the surroundings.
    pub proxy: Option<Proxy>,
    /// How long one request may take, its answer included.
    pub request_timeout: Duration,
}

/// Why an endpoint cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadEndpoint {
    /// The address is none.
    #[error("the endpoint is no address: write `https://` and a host")]
    NoAddress,
    /// The address is in the clear.
    #[error("the endpoint must start with `https://`: only on loopback may it be `http://`")]
    InTheClear,
    /// The certificate authority cannot be read.
    #[error("the certificate authority is no PEM: {0}")]
    BadAuthority(String),
    /// The proxy's address cannot be used.
    #[error("the proxy's address is no URL")]
    BadProxy,
    /// No client can be made of it.
    #[error("no client can be made: {0}")]
    NoClient(String),
}

/// The connection.
pub struct Https {
    client: reqwest::Client,
    base: Url,
    key: Secret,
    token: Mutex<Option<Held>>,
}

/// A token and when it is to be renewed.
struct Held {
    header: HeaderValue,
    renew_at: Instant,
}

/// What a request brought.
pub(super) enum Said {
    Answer(Vec<u8>),
    /// The token does not hold.
    Unauthorized(String),
}

impl Https {
    /// Prepares the connection; nothing is sent yet.
    ///
    /// # Errors
    /// When a part of the endpoint cannot be used.
    pub fn new(endpoint: Endpoint) -> Result<Self, BadEndpoint> {
        let base: Url = endpoint.url.parse().map_err(|_| BadEndpoint::NoAddress)?;
        let host = base.host_str().ok_or(BadEndpoint::NoAddress)?;
        match base.scheme() {
            "https" => {}
            "http" if is_loopback(host) => {}
            _ => return Err(BadEndpoint::InTheClear),
        }
        let mut builder = reqwest::Client::builder()
            .user_agent(AGENT)
            .connect_timeout(CONNECT_MAX.min(endpoint.request_timeout))
            .timeout(endpoint.request_timeout)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .pool_max_idle_per_host(1)
            .no_proxy();
        if let Some(proxy) = endpoint.proxy.filter(|proxy| !proxy.url.is_empty())
            && proxy.serves(host, base.port_or_known_default().unwrap_or(443))
        {
            builder = builder.proxy(reqwest::Proxy::all(&proxy.url).map_err(|_| BadEndpoint::BadProxy)?);
        }
        if let Some(pem) = &endpoint.ca_pem {
            let authorities = Certificate::from_pem_bundle(pem).map_err(|error| BadEndpoint::BadAuthority(error.to_string()))?;
            if authorities.is_empty() {
                return Err(BadEndpoint::BadAuthority("it has no certificate".to_owned()));
            }
            builder = builder.tls_certs_only(authorities);
        }
        let client = builder.build().map_err(|error| BadEndpoint::NoClient(deepest(&error)))?;
        Ok(Self { client, base, key: endpoint.key, token: Mutex::new(None) })
    }

    async fn call<O: Operation>(&self, body: &impl Serialize) -> Result<O::Answer, NoUplink> {
        let body = gzip(body)?;
        let first = self.token(false).await?;
        let answer = match self.post(O::PATH, body.clone(), Some(first)).await? {
            Said::Answer(answer) => answer,
            Said::Unauthorized(_) => {
                let second = self.token(true).await?;
                match self.post(O::PATH, body, Some(second)).await? {
                    Said::Answer(answer) => answer,
                    Said::Unauthorized(why) => return Err(NoUplink::Refused { why }),
                }
            }
        };
        parsed(&answer)
    }

    /// The token in hand, or a new one.
    pub(super) async fn token(&self, renew: bool) -> Result<HeaderValue, NoUplink> {
        // Held while it is renewed, so that several requests make one exchange.
        let mut held = self.token.lock().await;
        if let Some(held) = held.as_ref().filter(|held| !renew && Instant::now() < held.renew_at) {
            return Ok(held.header.clone());
        }
        *held = None;
        // Plain: the platform unpacks nothing for strangers, and without a token that is what we are.
        let body = serde_json::json!({ "key": self.key.expose() }).to_string().into_bytes();
        let answer = match self.post(ExchangeKey::PATH, body, None).await? {
            Said::Answer(answer) => answer,
            Said::Unauthorized(why) => return Err(NoUplink::Refused { why }),
        };
        let token: Token = parsed(&answer)?;
        let mut header = HeaderValue::try_from(format!("Bearer {}", token.token))
            .map_err(|_| NoUplink::Broken { why: "the token is none".to_owned() })?;
        header.set_sensitive(true);
        let holds = Duration::from_secs(token.expires_in_s);
        let renew_at = Instant::now() + holds.saturating_sub(RENEW_BEFORE.min(holds / 2));
        *held = Some(Held { header: header.clone(), renew_at });
        Ok(header)
    }

    async fn post(&self, path: &'static str, body: Vec<u8>, token: Option<HeaderValue>) -> Result<Said, NoUplink> {
        let url = self.base.join(path.trim_start_matches('/')).map_err(|_| NoUplink::Broken { why: "no address".to_owned() })?;
        let mut request = self.client.post(url).header(CONTENT_TYPE, "application/json").body(body);
        if let Some(token) = token {
            request = request.header(CONTENT_ENCODING, "gzip").header(AUTHORIZATION, token);
        }
        let host = self.base.host_str().unwrap_or_default();
        let unreachable = |error: reqwest::Error| {
            let why = crate::trust::fault(host, &error).unwrap_or_else(|| deepest(&error));
            NoUplink::Unreachable { why, retry_after: None }
        };
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse::<u64>().ok());
        let retry_after = retry_after.map(longest);
        let answer = bounded(response).await?;
        if status.is_success() {
            return Ok(Said::Answer(answer));
        }
        refusal(status, &answer, retry_after)
    }
}

/// How long to leave the platform alone when it asks for so many seconds.
pub(super) fn longest(seconds: u64) -> Duration {
    Duration::from_secs(seconds.min(RETRY_AFTER_S_MAX))
}

/// What an answer that is no success comes to.
pub(super) fn refusal(status: StatusCode, answer: &[u8], retry_after: Option<Duration>) -> Result<Said, NoUplink> {
    let why = format!("{status}: {}", words(answer));
    Err(match status {
        StatusCode::UNAUTHORIZED => return Ok(Said::Unauthorized(why)),
        StatusCode::FORBIDDEN => NoUplink::Refused { why },
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => NoUplink::Unreachable { why, retry_after },
        status if status.is_server_error() => NoUplink::Unreachable { why, retry_after },
        _ => NoUplink::Broken { why },
    })
}

impl Uplink for Https {
    async fn hello(&self, hello: &Hello) -> Result<Welcome, NoUplink> {
        self.call::<ObserverHello>(hello).await
    }

    async fn heartbeat(&self, heartbeat: &Heartbeat) -> Result<Acknowledged, NoUplink> {
        self.call::<ObserverHeartbeat>(heartbeat).await
    }

    async fn send(&self, batch: &Batch) -> Result<Acknowledged, NoUplink> {
        self.call::<ObserverSignals>(batch).await
    }
}

fn is_loopback(host: &str) -> bool {
    let address: Option<std::net::IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    host == "localhost" || address.is_some_and(|address| address.is_loopback())
}

pub(super) fn gzip(body: &impl Serialize) -> Result<Vec<u8>, NoUplink> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let written = serde_json::to_writer(&mut encoder, body).map_err(std::io::Error::from).and_then(|()| encoder.flush());
    let finished = written.and_then(|()| encoder.finish());
    finished.map_err(|error| NoUplink::Broken { why: format!("nothing can be sent: {error}") })
}

pub(super) fn parsed<T: DeserializeOwned>(answer: &[u8]) -> Result<T, NoUplink> {
    serde_json::from_slice(answer).map_err(|error| NoUplink::Broken { why: format!("the answer cannot be read: {error}") })
}

async fn bounded(mut response: Response) -> Result<Vec<u8>, NoUplink> {
    let mut bytes = Vec::new();
    let cut = |error: reqwest::Error| NoUplink::Unreachable { why: deepest(&error), retry_after: None };
    while let Some(chunk) = response.chunk().await.map_err(cut)? {
        if bytes.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(NoUplink::Broken { why: format!("the answer has more than {ANSWER_BYTES_MAX} bytes") });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// What a problem document says, or the start of whatever else was answered.
fn words(answer: &[u8]) -> String {
    let problem: Option<serde_json::Value> = serde_json::from_slice(answer).ok();
    let field = |name: &str| problem.as_ref().and_then(|problem| problem.get(name)?.as_str());
    let text = field("detail").or_else(|| field("title")).map_or_else(|| String::from_utf8_lossy(answer).into_owned(), str::to_owned);
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MESSAGE_CHARS_MAX).collect()
}

/// What stands at the bottom of an error. The client's own words would repeat the address.
fn deepest(error: &dyn std::error::Error) -> String {
    let mut deepest = error;
    while let Some(inner) = deepest.source() {
        deepest = inner;
    }
    deepest.to_string()
}
