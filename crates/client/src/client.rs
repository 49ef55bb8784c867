//! One call, from typed request to typed answer.

use std::time::Duration;

use assent_api::{Code, Empty, Method, Operation, Problem};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use reqwest::header::{CONTENT_TYPE, COOKIE, ETAG, HeaderValue, ORIGIN};
use reqwest::{RequestBuilder, Response, StatusCode, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::config::{Auth, Config};
use crate::error::{CallError, ConfigError};
use crate::url;

/// Bytes of a problem at most.
const PROBLEM_BYTES_MAX: usize = 64 << 10;
/// Seconds that a `Retry-After` may ask for to be waited for here.
const RETRY_AFTER_MAX_S: u64 = 10;

/// Calls one platform as one principal. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    pub(crate) http: reqwest::Client,
    pub(crate) base: Url,
    pub(crate) config: Config,
}

/// What goes with a call besides its parameters.
#[derive(Debug, Clone, Default)]
pub struct Extra {
    /// The version that the change is meant for.
    pub if_match: Option<u64>,
    /// A key under which the platform does this once; for `POST`.
    pub idempotency_key: Option<String>,
}

/// What can be downloaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Download {
    /// Everything of the tenant, as JSON lines.
    Tenant,
    /// The ledger's files, as one archive.
    Ledger,
}

impl Client {
    /// Gets ready to call; contacts nothing yet.
    ///
    /// # Errors
    /// An address without TLS off loopback, or certificates, proxy or credentials that are none.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        let base = url::base(&config.base_url)?;
        // Whoever links this has one provider, and it is this one; a second call changes nothing.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_millis(config.timeout_ms))
            .user_agent(concat!("assent/", env!("CARGO_PKG_VERSION")));
        let (host, port) = (base.host_str().unwrap_or_default(), base.port_or_known_default().unwrap_or(443));
        if let Some(proxy) = config.proxy.as_ref().filter(|proxy| proxy.serves(host, port)) {
            builder = builder.proxy(reqwest::Proxy::all(&proxy.url).map_err(|_| ConfigError::Unusable { what: "proxy" })?);
        }
        if let Some(pem) = &config.ca_pem {
            let trusted = reqwest::Certificate::from_pem_bundle(pem).ok().filter(|trusted| !trusted.is_empty());
            builder = builder.tls_certs_only(trusted.ok_or(ConfigError::Unusable { what: "certificates" })?);
        }
        let http = builder.build().map_err(|_| ConfigError::Unusable { what: "client" })?;
        let client = Self { http, base, config };
        client.authorized(client.http.get(client.base.clone()), Method::Get).map(|_| client.clone())
    }

    /// The same platform, called by somebody else.
    #[must_use]
    pub fn with_auth(mut self, auth: Auth) -> Self {
        self.config.auth = auth;
        self
    }

    /// Calls an operation.
    ///
    /// # Errors
    /// The platform's problem, no answer, or an answer that is not its own.
    pub async fn call<O: Operation>(&self, path: &O::Path, query: &O::Query, body: &O::Body) -> Result<O::Answer, CallError>
    where
        O::Body: Serialize,
    {
        self.call_with::<O>(path, query, body, &Extra::default()).await
    }

    /// Calls an operation for a version, or once.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn call_with<O: Operation>(
        &self,
        path: &O::Path,
        query: &O::Query,
        body: &O::Body,
        extra: &Extra,
    ) -> Result<O::Answer, CallError>
    where
        O::Body: Serialize,
    {
        let target = url::target::<O>(path, query)?;
        let body = serde_json::to_vec(body).map_err(|error| CallError::Unwritable { why: error.to_string() })?;
        // A body of nothing is not sent: most operations have none.
        let body = if body == b"{}" { Vec::new() } else { body };
        let response = self.send(O::METHOD, &target, body, extra).await?;
        self.answer(response, O::STATUS).await
    }

    /// Reads something, and the version that it has: what a change of it names in [`Extra::if_match`], so that it changes what was read.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn versioned<O: Operation<Body = Empty>>(
        &self,
        path: &O::Path,
        query: &O::Query,
    ) -> Result<(O::Answer, Option<u64>), CallError> {
        let response = self.send(O::METHOD, &url::target::<O>(path, query)?, Vec::new(), &Extra::default()).await?;
        let tag = response.headers().get(ETAG).and_then(|tag| tag.to_str().ok());
        let version = tag.and_then(|tag| tag.strip_prefix('"')?.strip_suffix('"')?.parse().ok());
        Ok((self.answer(response, O::STATUS).await?, version))
    }

    /// Sends, and tries again what only reads.
    pub(crate) async fn send(&self, method: Method, target: &str, body: Vec<u8>, extra: &Extra) -> Result<Response, CallError> {
        let mut wait_ms = self.config.retry_wait_ms;
        let mut left = if method == Method::Get { self.config.retries_max } else { 0 };
        loop {
            let failed = match self.send_once(method, target, body.clone(), extra).await {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            let Some(asked_ms) = again_after_ms(&failed).filter(|_| left > 0) else { return Err(failed) };
            tokio::time::sleep(Duration::from_millis(asked_ms.max(wait_ms))).await;
            left -= 1;
            wait_ms = wait_ms.saturating_mul(2);
        }
    }

    async fn send_once(&self, method: Method, target: &str, body: Vec<u8>, extra: &Extra) -> Result<Response, CallError> {
        let mut request = self.request(method, target)?.timeout(Duration::from_millis(self.config.timeout_ms));
        if !body.is_empty() {
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }
        if let Some(version) = extra.if_match {
            request = request.header("if-match", format!("\"{version}\""));
        }
        if let Some(key) = &extra.idempotency_key {
            request = request.header("idempotency-key", key);
        }
        let response = request.send().await.map_err(|error| self.transport(error))?;
        self.checked(response).await
    }

    /// A request with its credentials.
    pub(crate) fn request(&self, method: Method, target: &str) -> Result<RequestBuilder, CallError> {
        let url = self.base.join(target).map_err(|error| CallError::Unwritable { why: error.to_string() })?;
        let request = match method {
            Method::Get => self.http.get(url),
            Method::Post => self.http.post(url),
            Method::Put => self.http.put(url),
            Method::Patch => self.http.patch(url),
            Method::Delete => self.http.delete(url),
        };
        self.authorized(request, method).map_err(|error| CallError::Unwritable { why: error.to_string() })
    }

    fn authorized(&self, request: RequestBuilder, method: Method) -> Result<RequestBuilder, ConfigError> {
        let secret = |text: String| {
            let mut value = HeaderValue::from_str(&text).map_err(|_| ConfigError::Unusable { what: "credentials" })?;
            value.set_sensitive(true);
            Ok(value)
        };
        match &self.config.auth {
            Auth::None => Ok(request),
            Auth::Bearer(token) => Ok(request.header("authorization", secret(format!("Bearer {}", token.expose()))?)),
            Auth::Session { cookie, csrf } => {
                let request = request.header(COOKIE, secret(cookie.expose().to_owned())?);
                if method == Method::Get {
                    return Ok(request);
                }
                let origin = self.base.origin().ascii_serialization();
                Ok(request.header(ORIGIN, origin).header("x-csrf-token", secret(csrf.expose().to_owned())?))
            }
        }
    }

    /// The response if it is a success, else its problem.
    pub(crate) async fn checked(&self, response: Response) -> Result<Response, CallError> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let is_problem = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes() == b"application/problem+json");
        let foreign = |why: &str| CallError::BadAnswer { status: status.as_u16(), why: why.to_owned() };
        if !is_problem {
            return Err(foreign("it is no problem as RFC 9457 has them"));
        }
        let body = self.bounded(response, PROBLEM_BYTES_MAX).await?;
        let problem: Problem = serde_json::from_slice(&body).map_err(|error| foreign(&error.to_string()))?;
        Err(CallError::Problem(Box::new(problem)))
    }

    /// Reads the answer into its type.
    pub(crate) async fn answer<T: DeserializeOwned>(&self, response: Response, expected: u16) -> Result<T, CallError> {
        let status = response.status();
        let foreign = |why: String| CallError::BadAnswer { status: status.as_u16(), why };
        if status.as_u16() != expected {
            return Err(foreign(format!("its status should be {expected}")));
        }
        let body = self.bounded(response, self.config.answer_bytes_max).await?;
        let body = if status == StatusCode::NO_CONTENT { Bytes::from_static(b"{}") } else { body };
        serde_json::from_slice(&body).map_err(|error| foreign(error.to_string()))
    }

    async fn bounded(&self, mut response: Response, bytes_max: usize) -> Result<Bytes, CallError> {
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.transport(error))? {
            if body.len() + chunk.len() > bytes_max {
                return Err(CallError::BadAnswer { status, why: format!("it has more than {bytes_max} bytes") });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.into())
    }

    pub(crate) fn transport(&self, error: reqwest::Error) -> CallError {
        if error.is_timeout() { CallError::Late { after_ms: self.config.timeout_ms } } else { CallError::Transport(error.without_url()) }
    }

    /// Downloads, as bytes come. The end of the stream is the end of the file; a part is never followed by a quiet end.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn download(&self, what: Download) -> Result<impl Stream<Item = Result<Bytes, CallError>> + use<>, CallError> {
        let target = match what {
            Download::Tenant => "/api/v1/tenant/export",
            Download::Ledger => "/api/v1/ledger/export",
        };
        let response = self.request(Method::Get, target)?.send().await.map_err(|error| self.transport(error))?;
        let response = self.checked(response).await?;
        let client = self.clone();
        Ok(response.bytes_stream().map(move |chunk| chunk.map_err(|error| client.transport(error))))
    }
}

/// After how many milliseconds it may go better.
pub(crate) fn again_after_ms(error: &CallError) -> Option<u64> {
    match error {
        CallError::Transport(_) | CallError::Late { .. } => Some(0),
        CallError::Problem(problem) => match problem.code {
            Code::Unavailable | Code::TooMany => {
                let seconds = problem.retry_after_s.unwrap_or(0);
                (seconds <= RETRY_AFTER_MAX_S).then_some(seconds * 1_000)
            }
            _ => None,
        },
        CallError::BadAnswer { .. } | CallError::Unwritable { .. } => None,
    }
}
