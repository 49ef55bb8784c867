//! One operation, from request to response.
//!
//! Only [`call`] knows an operation's types; the rest is the same code for all of them.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use assent_api::operations::ExchangeKey;
use assent_api::{Access, Code, Method, Operation, Problem, promises};
use assent_base::Digest;
use axum::body::HttpBody as _;
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};
use http::request::Parts;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::answer::{self, Answered};
use crate::body::{self, Allowed};
use crate::config::{Config, Limits};
use crate::credentials::{self, once, own_site};
use crate::events::Seats;
use crate::front::{Arrival, LoggedPrincipal};
use crate::idempotency::{Begun, Remember, Stored, is_key};
use crate::meta::RequestMeta;
use crate::platform::{Handle, Input, Platform, Principal};
use crate::rate::{Rate, neighbourhood};
use crate::waiting::{Place, Waiting};
use crate::{json, text};

/// Times that a change which names no version is tried, while others change the same thing. Whoever is in its way has made a change meanwhile, so as
/// many can change one thing at one time.
const TRIES_MAX: u32 = 16;
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// What all routes share.
pub(crate) struct Shared<P> {
    pub(crate) platform: Arc<P>,
    pub(crate) config: Config,
    pub(crate) public_writes: Rate,
    /// Keys of observers and executors that did not hold, by address. Those that hold count for nothing: behind one address is a fleet.
    pub(crate) bad_keys: Rate,
    pub(crate) at_once: Arc<Semaphore>,
    /// Bodies of those who are known that are on their way.
    pub(crate) known: Arc<Waiting>,
    /// Bodies of strangers that are.
    pub(crate) strangers: Arc<Waiting>,
    pub(crate) seats: Arc<Seats>,
}

impl<P> Shared<P> {
    /// A seat to be answered on. Nobody sits on one while a body is on its way.
    pub(crate) fn seat(&self) -> Result<OwnedSemaphorePermit, Problem> {
        let busy = |_| Problem::new(Code::Unavailable, "too many requests are being answered").retry_after(1);
        Arc::clone(&self.at_once).try_acquire_owned().map_err(busy)
    }

    /// A place for a stranger's body.
    pub(crate) fn strangers_place(&self, remote: IpAddr) -> Result<Place, Problem> {
        self.strangers.take(neighbourhood(remote).to_string())
    }
}

/// A request whose parts are bounded and not yet typed.
pub(crate) struct Raw {
    path: Vec<(String, String)>,
    query: Option<String>,
    body: Bytes,
    meta: RequestMeta,
    limits: Limits,
}

type Call<P> = fn(Arc<P>, <P as Platform>::Caller, Raw) -> BoxFuture<'static, Result<Answered, Problem>>;

/// An operation without its types.
pub(crate) struct Row<P: Platform> {
    name: &'static str,
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    access: Access,
    status: u16,
    takes_if_match: bool,
    shows_secret: bool,
    call: Call<P>,
}

impl<P: Platform> Row<P> {
    pub(crate) fn of<O: Operation>() -> Self
    where
        P: Handle<O>,
    {
        Self {
            name: O::NAME,
            method: O::METHOD,
            path: O::PATH,
            access: O::ACCESS,
            status: O::STATUS,
            takes_if_match: promises::takes_if_match(O::NAME),
            shows_secret: promises::shows_secret(O::NAME),
            call: call::<P, O>,
        }
    }
}

fn call<P: Handle<O>, O: Operation>(platform: Arc<P>, caller: P::Caller, raw: Raw) -> BoxFuture<'static, Result<Answered, Problem>> {
    Box::pin(async move {
        let mut reply = platform.handle(caller.clone(), input::<O>(&raw)?).await;
        for _ in 1..TRIES_MAX {
            if !is_to_be_done_again(O::METHOD, O::ACCESS, &raw.meta, &reply) {
                break;
            }
            reply = platform.handle(caller.clone(), input::<O>(&raw)?).await;
        }
        if is_to_be_done_again(O::METHOD, O::ACCESS, &raw.meta, &reply) {
            let busy = "others changed the same thing each time this was tried; nothing was done";
            return Err(Problem::new(Code::Unavailable, busy).retry_after(1));
        }
        let reply = reply?;
        let body = if O::STATUS == 204 { Ok(String::new()) } else { serde_json::to_string(&reply.answer) };
        let body = body.map_err(|_| Problem::new(Code::Internal, "the answer could not be written"))?;
        Ok(Answered { status: O::STATUS, version: reply.version, cookies: reply.cookies, location: reply.location, body, replayed: false })
    })
}

fn input<O: Operation>(raw: &Raw) -> Result<Input<O>, Problem> {
    Ok(Input {
        path: text::path(&raw.path)?,
        query: text::query(raw.query.as_deref(), &raw.limits)?,
        body: json::read(&raw.body, raw.limits.json_depth_max)?,
        meta: raw.meta.clone(),
    })
}

/// Whether somebody else was faster, and the caller did not say which version this is meant for: then it is meant for the newest, and is done
/// anew from reading it on. What answers [`Code::Stale`] has changed nothing. Observers and executors, and those who sign in, are told.
fn is_to_be_done_again<T>(method: Method, access: Access, meta: &RequestMeta, done: &Result<T, Problem>) -> bool {
    let is_change = method != Method::Get && matches!(access, Access::SignedIn | Access::Action(_));
    is_change && meta.if_match.is_none() && done.as_ref().is_err_and(|problem| problem.code == Code::Stale)
}

/// Serves one request.
pub(crate) async fn serve<P: Platform>(shared: Arc<Shared<P>>, row: Arc<Row<P>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let mut principal = None;
    let if_none_match = parts.headers.get(IF_NONE_MATCH).filter(|_| row.method == Method::Get).and_then(|value| value.to_str().ok());
    let done = attempt(&shared, &row, &parts, body, &mut principal).await;
    if let (Err(_), Some(arrival)) = (&done, parts.extensions.get::<Arrival>().filter(|_| row.name == ExchangeKey::NAME)) {
        // An empty bucket stays empty.
        let _ = shared.bad_keys.take(arrival.remote, Instant::now());
    }
    let mut response = match done {
        Ok(answered) => answered.response(if_none_match),
        Err(problem) => answer::problem(problem),
    };
    if let Some(principal) = principal {
        response.extensions_mut().insert(LoggedPrincipal(principal));
    }
    response
}

async fn attempt<P: Platform>(
    shared: &Arc<Shared<P>>,
    row: &Arc<Row<P>>,
    parts: &Parts,
    body: axum::body::Body,
    principal: &mut Option<String>,
) -> Result<Answered, Problem> {
    let limits = &shared.config.limits;
    if row.method == Method::Get && body::is_announced(&parts.headers) {
        return Err(Problem::new(Code::BadRequest, "a GET has no body"));
    }
    let meta = meta(&shared.config, parts)?;
    own_site(&parts.headers, &origins(&shared.config, parts))?;
    if row.access == Access::Public && row.method != Method::Get {
        let (remote, now) = (meta.remote, Instant::now());
        let wait = if row.name == ExchangeKey::NAME { shared.bad_keys.has(remote, now) } else { shared.public_writes.take(remote, now) };
        wait.map_err(|wait_s| Problem::new(Code::TooMany, "your address tries this too often").retry_after(wait_s))?;
    }
    let given = credentials::read(&parts.headers, row.access, row.method, shared.config.session_cookie.of(meta.secure))?;
    if !row.takes_if_match && parts.headers.get(IF_MATCH).is_some_and(|value| value != "*") && row.method != Method::Get {
        return Err(Problem::new(Code::Stale, "this goes by no version: send it without `If-Match`"));
    }
    let mut seat = shared.seat()?;
    let caller = within(limits, shared.platform.authenticate(given, row.access, &meta)).await?;
    *principal = Some(caller.principal());

    let body = if body.is_end_stream() {
        Bytes::new()
    } else {
        drop(seat);
        let place = match row.access {
            Access::Public => shared.strangers_place(meta.remote)?,
            Access::SignedIn | Access::Action(_) | Access::Observer | Access::Executor => shared.known.take(caller.principal())?,
        };
        let body = body::read(&parts.headers, body, allowed(limits, row.access), place).await?;
        seat = shared.seat()?;
        body
    };
    if row.method == Method::Get && !body.is_empty() {
        return Err(Problem::new(Code::BadRequest, "a GET has no body"));
    }
    let raw = Raw {
        path: path_parameters(row.path, parts.uri.path())?,
        query: parts.uri.query().map(str::to_owned),
        body,
        meta,
        limits: limits.clone(),
    };
    let remember = remember(row, &raw)?;
    let platform = Arc::clone(&shared.platform);
    if row.method == Method::Get {
        return within(limits, (row.call)(platform, caller, raw)).await;
    }
    // What changes something runs to its end, whether or not the caller still listens: half done is the worst answer.
    let (call, status, shows_secret) = (row.call, row.status, row.shows_secret);
    let work = tokio::spawn(async move {
        let _seat = seat;
        let once = Once { remember, status, shows_secret };
        once_only(&*platform, &caller, once, call(Arc::clone(&platform), caller.clone(), raw)).await
    });
    let late = "no answer in time; it may still be done, so read before you ask again";
    match tokio::time::timeout(Duration::from_millis(limits.answer_timeout_ms), work).await {
        Ok(Ok(answered)) => answered,
        Ok(Err(_)) => Err(Problem::new(Code::Internal, "something failed; the log has this request's id")),
        Err(_) => Err(Problem::new(Code::Unavailable, late)),
    }
}

/// How an answer is kept for its repetition.
struct Once {
    remember: Option<Remember>,
    status: u16,
    /// Whether the answer shows a secret, which is not kept.
    shows_secret: bool,
}

/// Runs the work unless its answer is known under the key.
async fn once_only<P: Platform>(
    platform: &P,
    caller: &P::Caller,
    once: Once,
    work: BoxFuture<'static, Result<Answered, Problem>>,
) -> Result<Answered, Problem> {
    let Once { remember, status, shows_secret } = once;
    let Some(remember) = remember else { return guarded(work).await };
    match platform.begin(caller, &remember).await? {
        Begun::Running => {
            return Err(Problem::new(Code::Conflict, "the request with this `Idempotency-Key` is still running").retry_after(1));
        }
        Begun::Known(stored) if stored.request != remember.request => {
            return Err(Problem::new(Code::Conflict, "this `Idempotency-Key` was used with another request"));
        }
        Begun::Known(Stored { location, .. }) if shows_secret => return Err(shown_before(location.as_deref())),
        Begun::Known(Stored { version, location, body, .. }) => {
            return Ok(Answered { status, version, cookies: Vec::new(), location, body, replayed: true });
        }
        Begun::New => {}
    }
    let result = guarded(work).await;
    let stored = result.as_ref().ok().map(|answered| Stored {
        request: remember.request,
        version: answered.version,
        location: answered.location.clone(),
        body: if shows_secret { String::new() } else { answered.body.clone() },
    });
    if platform.finish(caller, &remember, stored.as_ref()).await.is_err() {
        // The thing is done, and to say otherwise would be wrong; only its repetition is not guarded.
        tracing::warn!(operation = remember.operation, "an answer could not be kept for its idempotency key");
    }
    result
}

/// Done it is, and its secret went out with the first answer: only its digest is kept.
fn shown_before(location: Option<&str>) -> Problem {
    let at = location.map_or_else(String::new, |location| format!(", at `{location}`"));
    let detail = format!(
        "this was done under this `Idempotency-Key`{at}; its secret was shown then, and is not kept: give it a new one, or remove it"
    );
    Problem::new(Code::Conflict, detail)
}

async fn guarded(work: BoxFuture<'static, Result<Answered, Problem>>) -> Result<Answered, Problem> {
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| {
        tracing::error!("an operation panicked");
        Err(Problem::new(Code::Internal, "something failed; the log has this request's id"))
    })
}

/// Waits for what reads, and lets it go when it takes too long.
pub(crate) async fn within<T>(limits: &Limits, work: impl Future<Output = Result<T, Problem>>) -> Result<T, Problem> {
    let late = || Problem::new(Code::Unavailable, "no answer in time");
    tokio::time::timeout(Duration::from_millis(limits.answer_timeout_ms), work).await.map_err(|_| late())?
}

fn allowed(limits: &Limits, access: Access) -> Allowed {
    let bytes_max = match access {
        Access::Public => limits.public_body_bytes_max,
        Access::SignedIn | Access::Action(_) => limits.body_bytes_max,
        Access::Observer | Access::Executor => limits.observer_body_bytes_max,
    };
    let timeout_ms =
        if access == Access::Public { limits.body_timeout_ms.min(limits.public_body_timeout_ms) } else { limits.body_timeout_ms };
    Allowed { bytes_max, gzip: access == Access::Observer, timeout_ms }
}

/// What goes with a request besides its parameters.
pub(crate) fn meta(config: &Config, parts: &Parts) -> Result<RequestMeta, Problem> {
    let headers = &parts.headers;
    let arrival = parts.extensions.get::<Arrival>().ok_or_else(|| Problem::new(Code::Internal, "the request has no id"))?.clone();
    let idempotency_key = once(headers, &IDEMPOTENCY_KEY)?.map(str::to_owned);
    if idempotency_key.as_deref().is_some_and(|key| !is_key(key)) {
        return Err(Problem::new(Code::BadRequest, "`Idempotency-Key` must be 1 to 128 printable characters"));
    }
    let base_url = config.public_url.clone().unwrap_or_else(|| arrival.origin());
    Ok(RequestMeta {
        request_id: arrival.request_id,
        remote: arrival.remote,
        if_match: once(headers, &IF_MATCH)?.map(crate::etag::if_match).transpose()?.flatten(),
        idempotency_key,
        user_agent: credentials::user_agent(headers),
        base_url,
        secure: arrival.secure,
        session_cookie: credentials::cookie(headers, config.session_cookie.of(arrival.secure))?,
    })
}

/// What a browser may name as the site that it shows.
pub(crate) fn origins(config: &Config, parts: &Parts) -> Vec<String> {
    let own = parts.extensions.get::<Arrival>().map(Arrival::origin);
    own.into_iter().chain(config.public_url.clone()).collect()
}

/// The parameters of a path, by the places of its template's braces.
pub(crate) fn path_parameters(template: &str, path: &str) -> Result<Vec<(String, String)>, Problem> {
    let pairs = template.split('/').zip(path.split('/'));
    let named = pairs.filter_map(|(place, text)| Some((place.strip_prefix('{')?.strip_suffix('}')?, text)));
    let decoded = named.map(|(name, text)| Some((name.to_owned(), text::decode(text, false)?)));
    decoded.collect::<Option<_>>().ok_or_else(|| Problem::new(Code::BadRequest, "the path is not percent-encoded text"))
}

fn remember<P: Platform>(row: &Row<P>, raw: &Raw) -> Result<Option<Remember>, Problem> {
    let Some(key) = raw.meta.idempotency_key.clone() else { return Ok(None) };
    if row.method != Method::Post || matches!(row.access, Access::Public | Access::Observer | Access::Executor) {
        return Err(Problem::new(Code::BadRequest, "this operation takes no `Idempotency-Key`"));
    }
    let path = raw.path.iter().map(|(_, text)| text.as_bytes());
    let rest = [raw.query.as_deref().unwrap_or("").as_bytes(), &raw.body];
    let parts: Vec<&[u8]> = path.chain(rest).collect();
    Ok(Some(Remember { operation: row.name, key, request: Digest::of_parts(&parts) }))
}
