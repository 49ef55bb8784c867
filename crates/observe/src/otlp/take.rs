//! Takes a request: its bytes within bounds, then what it says; and the answer over HTTP.

use std::io::Read as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use flate2::read::GzDecoder;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use serde_json::json;
use tokio::sync::Semaphore;

use super::golden::Golden;
use super::protobuf::{number_and_text, put_bytes};
use super::said::{Take, Unreadable};
use super::{grpc, json, protobuf};

/// Bytes of a request, before and after decompression.
pub(super) const REQUEST_BYTES_MAX: usize = 2 << 20;
/// A request takes no longer to arrive.
const ARRIVAL_MAX: Duration = Duration::from_secs(10);
/// Requests that arrive at one time; one at a time is read.
const REQUESTS_AT_ONCE: usize = 4;
/// Seconds after which somebody who was sent away may come again.
const AGAIN_S: &str = "1";
/// What is said of spans and points that were not taken.
const NOT_TAKEN: &str = "not taken: what names no workload and namespace of Kubernetes in its resource, has a unit, temporality or buckets \
                         that are not known, or is beyond the bounds";
pub(super) const PROTOBUF: &str = "application/x-protobuf";
pub(super) const JSON: &str = "application/json";

/// What all requests share.
pub(super) struct Shared {
    golden: Arc<Mutex<Golden>>,
    arriving: Semaphore,
    reading: Semaphore,
}

impl Shared {
    pub(super) fn new(golden: Arc<Mutex<Golden>>) -> Self {
        Self { golden, arriving: Semaphore::new(REQUESTS_AT_ONCE), reading: Semaphore::new(1) }
    }

    /// Takes a request whose head is read already, and says how much of it was not taken.
    pub(super) async fn take<K: Kind>(&self, body: Body, form: Form, zipped: bool) -> Result<u64, Refused> {
        let _seat = self.arriving.try_acquire().map_err(|_| Refused::Busy)?;
        let bytes = tokio::time::timeout(ARRIVAL_MAX, collect(body, form)).await.map_err(|_| Refused::TooSlow)??;
        let _turn = self.reading.acquire().await.map_err(|_| Refused::Busy)?;
        let message = message(bytes, form, zipped)?;
        let mut golden = self.golden.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(count::<K>(&mut golden, form, &message)?)
    }
}

/// What a request holds.
pub(super) trait Kind: 'static {
    /// The field of an answer that says how many were not taken.
    const REJECTED: &'static str;

    fn read(form: Form, bytes: &[u8], hasher: &std::hash::RandomState, take: &mut Take<'_>) -> Result<(), Unreadable>;
}

/// Spans.
pub(super) struct Traces;

/// Metrics.
pub(super) struct Metrics;

impl Kind for Traces {
    const REJECTED: &'static str = "rejectedSpans";

    fn read(form: Form, bytes: &[u8], hasher: &std::hash::RandomState, take: &mut Take<'_>) -> Result<(), Unreadable> {
        match form {
            Form::Protobuf | Form::Grpc => protobuf::traces(bytes, hasher, take),
            Form::Json => json::traces(bytes, hasher, take),
        }
    }
}

impl Kind for Metrics {
    const REJECTED: &'static str = "rejectedDataPoints";

    fn read(form: Form, bytes: &[u8], hasher: &std::hash::RandomState, take: &mut Take<'_>) -> Result<(), Unreadable> {
        match form {
            Form::Protobuf | Form::Grpc => protobuf::metrics(bytes, hasher, take),
            Form::Json => json::metrics(bytes, hasher, take),
        }
    }
}

/// The form of a request, and of its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Protobuf, as a body of HTTP.
    Protobuf,
    /// JSON, as a body of HTTP.
    Json,
    /// Protobuf in a frame of gRPC.
    Grpc,
}

/// Why a request counts nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    Busy,
    TooLarge,
    TooSlow,
    Unreadable,
    UnknownForm,
}

impl From<Unreadable> for Refused {
    fn from(_: Unreadable) -> Self {
        Refused::Unreadable
    }
}

impl Refused {
    /// The code of gRPC, which statuses over HTTP have as well.
    pub(super) fn code(self) -> u8 {
        match self {
            Refused::Unreadable => 3,
            Refused::TooSlow => 4,
            Refused::TooLarge => 8,
            Refused::UnknownForm => 12,
            Refused::Busy => 14,
        }
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            Refused::Busy => "too many requests at one time: come again",
            Refused::TooLarge => "a request has at most 2 MiB, before and after decompression: send smaller batches",
            Refused::TooSlow => "the request took too long to arrive",
            Refused::Unreadable => "this is no request of OpenTelemetry",
            Refused::UnknownForm => "this form or compression is not known here: send protobuf or JSON, plain or gzip",
        }
    }

    fn answer(self, form: Option<Form>) -> Response {
        let status = match self {
            Refused::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Refused::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Refused::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Refused::Unreadable => StatusCode::BAD_REQUEST,
            Refused::UnknownForm => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        };
        let mut answer = match form {
            Some(Form::Json) => {
                let said = json!({ "code": self.code(), "message": self.words() });
                ([(CONTENT_TYPE, JSON)], said.to_string()).into_response()
            }
            Some(Form::Protobuf | Form::Grpc) => {
                ([(CONTENT_TYPE, PROTOBUF)], number_and_text(u64::from(self.code()), self.words())).into_response()
            }
            None => self.words().into_response(),
        };
        *answer.status_mut() = status;
        if self == Refused::Busy {
            answer.headers_mut().insert(RETRY_AFTER, http::HeaderValue::from_static(AGAIN_S));
        }
        answer
    }
}

/// Answers over HTTP.
pub(super) async fn http<K: Kind>(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let form = match form(&head.headers) {
        Ok(form) => form,
        Err(refused) => return refused.answer(None),
    };
    let taken = match zipped(&head.headers) {
        Ok(zipped) => shared.take::<K>(body, form, zipped).await,
        Err(refused) => Err(refused),
    };
    match (taken, form) {
        (Ok(rejected), Form::Json) => ([(CONTENT_TYPE, JSON)], answer_json::<K>(rejected)).into_response(),
        (Ok(rejected), Form::Protobuf | Form::Grpc) => ([(CONTENT_TYPE, PROTOBUF)], answer(rejected)).into_response(),
        (Err(refused), form) => refused.answer(Some(form)),
    }
}

/// The answer in protobuf: nothing, or how many were not taken.
pub(super) fn answer(rejected: u64) -> Vec<u8> {
    let mut out = Vec::new();
    if rejected > 0 {
        put_bytes(&mut out, 1, &number_and_text(rejected, NOT_TAKEN));
    }
    out
}

fn answer_json<K: Kind>(rejected: u64) -> String {
    if rejected == 0 {
        return "{}".to_owned();
    }
    // A number of 64 bits is a text.
    json!({ "partialSuccess": { K::REJECTED: rejected.to_string(), "errorMessage": NOT_TAKEN } }).to_string()
}

/// Counts a request, after it was seen to be readable to its end.
pub(super) fn count<K: Kind>(golden: &mut Golden, form: Form, message: &[u8]) -> Result<u64, Unreadable> {
    let hasher = golden.hasher().clone();
    K::read(form, message, &hasher, &mut |_| {})?;
    let mut counting = golden.counting();
    K::read(form, message, &hasher, &mut |said| counting.take(said))?;
    Ok(counting.rejected())
}

/// Reads spans as the port would, and counts them into nothing that is kept: for whoever checks what foreign bytes may do. Says how many
/// were not taken.
///
/// # Errors
/// When this is no such request, or one that is too large.
pub fn rehearse_traces(form: Form, zipped: bool, bytes: &[u8]) -> Result<u64, Unreadable> {
    rehearse::<Traces>(form, zipped, bytes)
}

/// Reads metrics as the port would, and counts them into nothing that is kept: see [`rehearse_traces`].
///
/// # Errors
/// When this is no such request, or one that is too large.
pub fn rehearse_metrics(form: Form, zipped: bool, bytes: &[u8]) -> Result<u64, Unreadable> {
    rehearse::<Metrics>(form, zipped, bytes)
}

fn rehearse<K: Kind>(form: Form, zipped: bool, bytes: &[u8]) -> Result<u64, Unreadable> {
    let message = message(Bytes::copy_from_slice(bytes), form, zipped).map_err(|_| Unreadable)?;
    let mut golden = Golden::default();
    let rejected = count::<K>(&mut golden, form, &message)?;
    let _ = golden.sum_up(1);
    Ok(rejected)
}

fn form(headers: &HeaderMap) -> Result<Form, Refused> {
    let text = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match text.split(';').next().unwrap_or_default().trim() {
        PROTOBUF => Ok(Form::Protobuf),
        JSON => Ok(Form::Json),
        _ => Err(Refused::UnknownForm),
    }
}

fn zipped(headers: &HeaderMap) -> Result<bool, Refused> {
    encoding(headers.get(CONTENT_ENCODING))
}

/// Whether what comes is compressed, in the one way that is known.
pub(super) fn encoding(header: Option<&http::HeaderValue>) -> Result<bool, Refused> {
    match header.map(http::HeaderValue::as_bytes) {
        None | Some(b"identity") => Ok(false),
        Some(b"gzip") => Ok(true),
        Some(_) => Err(Refused::UnknownForm),
    }
}

async fn collect(body: Body, form: Form) -> Result<Bytes, Refused> {
    let frame = if form == Form::Grpc { grpc::FRAME_HEAD_BYTES } else { 0 };
    to_bytes(body, REQUEST_BYTES_MAX + frame).await.map_err(|error| {
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
        while let Some(one) = cause {
            if one.is::<http_body_util::LengthLimitError>() {
                return Refused::TooLarge;
            }
            cause = one.source();
        }
        Refused::Unreadable
    })
}

/// The message that came: out of its frame, and decompressed.
fn message(bytes: Bytes, form: Form, zipped: bool) -> Result<Bytes, Refused> {
    let (bytes, zipped) = match form {
        Form::Grpc => grpc::unframed(bytes, zipped)?,
        Form::Protobuf | Form::Json => (bytes, zipped),
    };
    if bytes.len() > REQUEST_BYTES_MAX {
        return Err(Refused::TooLarge);
    }
    if zipped { unzip(&bytes) } else { Ok(bytes) }
}

fn unzip(bytes: &[u8]) -> Result<Bytes, Refused> {
    let mut plain = Vec::new();
    let limit = u64::try_from(REQUEST_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    GzDecoder::new(bytes).take(limit).read_to_end(&mut plain).map_err(|_| Refused::Unreadable)?;
    if plain.len() > REQUEST_BYTES_MAX {
        return Err(Refused::TooLarge);
    }
    Ok(plain.into())
}
