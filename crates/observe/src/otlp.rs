//! OpenTelemetry on loopback: who calls whom and how that goes, out of spans and metrics that a collector beside us sends.
//!
//! Off unless a port is configured. What comes in is reduced to names of workloads and Services and to numbers, summed over a minute: no
//! text of a span or of an attribute goes further, so nothing of it can leak. What is unknown is passed over.
//!
//! ```text
//! POST /v1/traces, /v1/metrics (protobuf or JSON, gzip) ──> golden ──each minute──> samples, calls ──> intake
//! ```
//!
//! Units: sizes are bytes.
//! Errors: a request that cannot be read is answered as the protocol says, and counts nothing.
//! Source: the OTLP 1.x specification, OTLP/HTTP.

mod durations;
mod golden;
mod names;

use std::io::{self, Read as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use bytes::Bytes;
use flate2::read::GzDecoder;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::MissedTickBehavior;

use self::golden::{Golden, Told};
use crate::filter::Filter;
use crate::intake::{Closed, Intake};

/// The port of OTLP over HTTP.
pub const PORT_DEFAULT: u16 = 4318;
/// How often what came in is summed up and sent on.
const INTERVAL: Duration = Duration::from_secs(60);
/// Bytes of a request, before and after decompression. What they decode to may take some sixty times as much memory.
const REQUEST_BYTES_MAX: usize = 2 << 20;
/// A request takes no longer to arrive.
const ARRIVAL_MAX: Duration = Duration::from_secs(10);
/// Requests that arrive at one time; one at a time is decoded.
const REQUESTS_AT_ONCE: usize = 4;
/// Seconds after which somebody who was sent away may come again.
const AGAIN_S: &str = "1";
/// Series of one signal.
const SERIES_PER_SIGNAL: usize = 500;
const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";

/// Where to listen. There is no address: it is loopback, and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Otlp {
    /// The port.
    pub port: u16,
}

impl Default for Otlp {
    fn default() -> Self {
        Self { port: PORT_DEFAULT }
    }
}

/// The port cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("port {port} on loopback cannot be listened on for OpenTelemetry")]
pub struct NoPort {
    port: u16,
    #[source]
    cause: io::Error,
}

/// Listens, and sums up.
pub(crate) struct Listening {
    listener: TcpListener,
    golden: Arc<Mutex<Golden>>,
}

struct Shared {
    golden: Arc<Mutex<Golden>>,
    arriving: Semaphore,
    decoding: Semaphore,
}

impl Listening {
    pub(crate) async fn on(otlp: Otlp) -> Result<Self, NoPort> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, otlp.port));
        let listener = TcpListener::bind(address).await.map_err(|cause| NoPort { port: otlp.port, cause })?;
        Ok(Self { listener, golden: Arc::default() })
    }

    /// Takes requests, and sends on what they come to, until the observer ends.
    pub(crate) async fn run(self, intake: Arc<Intake>, filter: Filter) {
        if intake.opened().await.is_err() {
            return;
        }
        let golden = Arc::clone(&self.golden);
        tokio::select! {
            served = serve(self.listener, self.golden) => {
                if let Err(error) = served {
                    tracing::warn!(%error, "OpenTelemetry is taken no more");
                }
            }
            Closed = sum_up(&golden, &intake, &filter) => {}
        }
    }
}

async fn serve(listener: TcpListener, golden: Arc<Mutex<Golden>>) -> io::Result<()> {
    let shared = Arc::new(Shared { golden, arriving: Semaphore::new(REQUESTS_AT_ONCE), decoding: Semaphore::new(1) });
    let router = Router::new()
        .route("/v1/traces", post(take::<ExportTraceServiceRequest>))
        .route("/v1/metrics", post(take::<ExportMetricsServiceRequest>))
        .with_state(shared);
    axum::serve(listener, router).await
}

async fn sum_up(golden: &Mutex<Golden>, intake: &Intake, filter: &Filter) -> Closed {
    let mut ticks = tokio::time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.tick().await;
    loop {
        ticks.tick().await;
        let told = golden.lock().unwrap_or_else(PoisonError::into_inner).sum_up(INTERVAL.as_secs());
        if let Err(closed) = send(told, intake, filter).await {
            return closed;
        }
    }
}

async fn send(told: Told, intake: &Intake, filter: &Filter) -> Result<(), Closed> {
    let now = intake.clock().now();
    for (name, values) in told.signals {
        let series: Vec<serde_json::Value> = values
            .into_iter()
            .filter(|(of, _)| filter.takes_namespace(&of.namespace))
            .map(|(of, value)| {
                let metric = json!({ "namespace": &*of.namespace, "workload": &*of.name });
                json!({ "metric": metric, "value": [now.as_second(), format!("{value:.6}")] })
            })
            .collect();
        for some in series.chunks(SERIES_PER_SIGNAL) {
            intake.samples(name, json!({ "resultType": "vector", "result": some })).await?;
        }
    }
    for call in told.calls {
        if filter.takes_namespace(&call.from.namespace) && filter.takes_namespace(&call.to.namespace) {
            let (from, to) = (call.from.to_string(), call.to.to_string());
            let signal =
                assent_api::observer::Signal::Calls { at: now, from, to, calls: call.calls, errors: call.errors, p99_ms: call.p99_ms };
            intake.put(&signal).await?;
        }
    }
    Ok(())
}

/// What a request holds.
trait Export: Message + DeserializeOwned + Default + 'static {
    fn count(&self, golden: &mut Golden);
}

impl Export for ExportTraceServiceRequest {
    fn count(&self, golden: &mut Golden) {
        golden.spans(self);
    }
}

impl Export for ExportMetricsServiceRequest {
    fn count(&self, golden: &mut Golden) {
        golden.metrics(self);
    }
}

/// The form of a request, and of its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Protobuf,
    Json,
}

/// Why a request counts nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refused {
    Busy,
    TooLarge,
    TooSlow,
    Unreadable,
    UnknownForm,
}

impl Refused {
    fn answer(self) -> Response {
        match self {
            Refused::Busy => (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, AGAIN_S)]).into_response(),
            Refused::TooLarge => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
            Refused::TooSlow => StatusCode::REQUEST_TIMEOUT.into_response(),
            Refused::Unreadable => StatusCode::BAD_REQUEST.into_response(),
            Refused::UnknownForm => StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response(),
        }
    }
}

async fn take<E: Export>(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    match read::<E>(&shared, request).await {
        Ok(Form::Protobuf) => ([(CONTENT_TYPE, PROTOBUF)], Bytes::new()).into_response(),
        Ok(Form::Json) => ([(CONTENT_TYPE, JSON)], "{}").into_response(),
        Err(refused) => refused.answer(),
    }
}

async fn read<E: Export>(shared: &Shared, request: Request) -> Result<Form, Refused> {
    let _seat = shared.arriving.try_acquire().map_err(|_| Refused::Busy)?;
    let (head, body) = request.into_parts();
    let form = form(&head.headers)?;
    let zipped = zipped(&head.headers)?;
    let bytes = tokio::time::timeout(ARRIVAL_MAX, collect(body)).await.map_err(|_| Refused::TooSlow)??;
    let _turn = shared.decoding.acquire().await.map_err(|_| Refused::Busy)?;
    let bytes = if zipped { unzip(&bytes)? } else { bytes };
    let export = match form {
        Form::Protobuf => E::decode(bytes).map_err(|_| Refused::Unreadable)?,
        Form::Json => serde_json::from_slice(&bytes).map_err(|_| Refused::Unreadable)?,
    };
    export.count(&mut shared.golden.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(form)
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
    match headers.get(CONTENT_ENCODING).map(http::HeaderValue::as_bytes) {
        None | Some(b"identity") => Ok(false),
        Some(b"gzip") => Ok(true),
        Some(_) => Err(Refused::UnknownForm),
    }
}

async fn collect(body: Body) -> Result<Bytes, Refused> {
    to_bytes(body, REQUEST_BYTES_MAX).await.map_err(|error| {
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

fn unzip(bytes: &[u8]) -> Result<Bytes, Refused> {
    let mut plain = Vec::new();
    let limit = u64::try_from(REQUEST_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    GzDecoder::new(bytes).take(limit).read_to_end(&mut plain).map_err(|_| Refused::Unreadable)?;
    if plain.len() > REQUEST_BYTES_MAX {
        return Err(Refused::TooLarge);
    }
    Ok(plain.into())
}

#[cfg(test)]
#[path = "otlp_tests.rs"]
mod tests;
