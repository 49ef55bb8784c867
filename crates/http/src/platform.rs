//! What the platform answers, in this room's words.

use std::future::Future;

use assent_api::alerts::AlertsTaken;
use assent_api::events::Event;
use assent_api::ledger::ExportFormat;
use assent_api::{Access, Operation, Problem};
use assent_base::Secret;
use assent_base::id::AlertSourceId;
use bytes::Bytes;
use futures_util::Stream;

use crate::idempotency::{Begun, Remember, Stored};
use crate::meta::{Credentials, RequestMeta};
use crate::streams::{Export, Readiness, Redirect};

/// Who is calling, as far as this room must know.
pub trait Principal: Clone + Send + Sync + 'static {
    /// `account:acc_…`, `key:key_…`, `observer:cls_…` or `public`: what the access log shows, and what connections are counted by.
    fn principal(&self) -> String;
}

/// What answers requests, apart from the operations themselves, each of which is a [`Handle`].
pub trait Platform: Send + Sync + 'static {
    /// Who is calling.
    type Caller: Principal;

    /// Finds out who is calling. Called for every request that is served here, with [`Credentials::None`] where [`Access::Public`] is
    /// all that is asked for. A CSRF token that is given must belong to the session; this room makes sure that one is given with
    /// everything that a session changes. Whether policy lets the caller do it is for [`Handle::handle`] to say, since only that
    /// knows the resource.
    fn authenticate(
        &self,
        credentials: Credentials,
        access: Access,
        meta: &RequestMeta,
    ) -> impl Future<Output = Result<Self::Caller, Problem>> + Send;

    /// Takes an idempotency key: says whether the answer is known, being made, or to be made now. A key that a process held when it died
    /// must come free by itself after a while; and what is done under it twice, if it was done before the process died, is for the operation to
    /// notice, since nobody else can.
    fn begin(&self, caller: &Self::Caller, remember: &Remember) -> impl Future<Output = Result<Begun, Problem>> + Send;

    /// Keeps the answer that was made under a key, or gives the key back if there was none. Answers can hold secrets that are shown once:
    /// whoever keeps them seals them.
    fn finish(
        &self,
        caller: &Self::Caller,
        remember: &Remember,
        answer: Option<&Stored>,
    ) -> impl Future<Output = Result<(), Problem>> + Send;

    /// Says which parts are ready to serve.
    fn readiness(&self) -> impl Future<Output = Readiness> + Send;

    /// Events after a number, or from now on. Each is checked against the caller's rights by the platform. The stream ends when the
    /// platform stops; this room ends it when the caller's credentials no longer hold.
    fn events(
        &self,
        caller: Self::Caller,
        after: Option<u64>,
    ) -> impl Future<Output = Result<impl Stream<Item = (u64, Event)> + Send + 'static, Problem>> + Send;

    /// Everything of the caller's tenant, as JSON lines.
    fn export_tenant(&self, caller: Self::Caller, meta: RequestMeta) -> impl Future<Output = Result<Export, Problem>> + Send;

    /// The ledger's files as one archive, for `assent ledger verify`; or its records as lines.
    fn export_ledger(
        &self,
        caller: Self::Caller,
        format: Option<ExportFormat>,
        meta: RequestMeta,
    ) -> impl Future<Output = Result<Export, Problem>> + Send;

    /// Alerts of another system, as they came. Their sender is known by a token or a signature over the body, which the platform checks.
    fn alerts(&self, alerts: Alerts, meta: RequestMeta) -> impl Future<Output = Result<AlertsTaken, Problem>> + Send;

    /// Sends a browser to an identity provider. `to` is where it asks to come back to; whether that is a path of ours is for the platform
    /// to see.
    fn oidc_start(&self, provider: String, to: Option<String>, meta: RequestMeta)
    -> impl Future<Output = Result<Redirect, Problem>> + Send;

    /// Takes a browser back from an identity provider.
    fn oidc_callback(&self, callback: OidcCallback, meta: RequestMeta) -> impl Future<Output = Result<Redirect, Problem>> + Send;
}

/// Answers one operation.
pub trait Handle<O: Operation>: Platform {
    /// Does it, if policy lets the caller.
    fn handle(&self, caller: Self::Caller, input: Input<O>) -> impl Future<Output = Result<Reply<O>, Problem>> + Send;
}

/// What was asked, parsed.
#[derive(Debug, Clone)]
pub struct Input<O: Operation> {
    /// The parameters of the path.
    pub path: O::Path,
    /// The parameters of the query.
    pub query: O::Query,
    /// The body.
    pub body: O::Body,
    /// The rest.
    pub meta: RequestMeta,
}

/// What is answered.
#[derive(Debug, Clone)]
pub struct Reply<O: Operation> {
    /// The body; not sent with status 204.
    pub answer: O::Answer,
    /// The version of what is answered, for `ETag`.
    pub version: Option<u64>,
    /// Whole values of `Set-Cookie`.
    pub cookies: Vec<Secret>,
    /// Where a new thing stands: a path of this API.
    pub location: Option<String>,
}

impl<O: Operation> Reply<O> {
    /// An answer and nothing else.
    #[must_use]
    pub fn new(answer: O::Answer) -> Self {
        Self { answer, version: None, cookies: Vec::new(), location: None }
    }

    /// With an `ETag`.
    #[must_use]
    pub fn version(mut self, version: u64) -> Self {
        self.version = Some(version);
        self
    }

    /// With a cookie: the whole value of a `Set-Cookie`.
    #[must_use]
    pub fn cookie(mut self, cookie: Secret) -> Self {
        self.cookies.push(cookie);
        self
    }

    /// With the path of what was made.
    #[must_use]
    pub fn location(mut self, path: String) -> Self {
        self.location = Some(path);
        self
    }
}

/// Alerts as they came in.
#[derive(Debug, Clone)]
pub struct Alerts {
    /// The way in that they took.
    pub source: AlertSourceId,
    /// The token of `Authorization: Bearer`.
    pub bearer: Option<Secret>,
    /// `X-PagerDuty-Signature`, or `X-Assent-Signature`.
    pub signature: Option<Secret>,
    /// The bytes that were signed.
    pub body: Bytes,
}

/// What an identity provider sent a browser back with.
#[derive(Debug, Clone, Default)]
pub struct OidcCallback {
    /// Which provider: the last part of the path.
    pub provider: String,
    /// `code`.
    pub code: Option<Secret>,
    /// `state`.
    pub state: Option<Secret>,
    /// `iss`, RFC 9207.
    pub issuer: Option<String>,
    /// `error`, and nothing more of it: a description is foreign text.
    pub error: Option<String>,
    /// The browser's cookie of the start, if it has one.
    pub cookie: Option<Secret>,
}
