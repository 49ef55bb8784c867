//! OpenTelemetry on loopback: who calls whom and how that goes, out of spans and metrics that a collector beside us sends.
//!
//! Off unless a port is configured. What comes in is reduced to names of workloads and Services and to numbers, summed over a minute: no
//! text of a span or of an attribute goes further, so nothing of it can leak. What is unknown is passed over.
//!
//! ```text
//! POST /v1/traces, /v1/metrics (protobuf or JSON, gzip) ──┐
//! gRPC …TraceService/Export, …MetricsService/Export ──────┴─> said ─> golden ──each minute──> samples, calls ──> intake
//! ```
//!
//! Both ways are on one port: a connection shows by its first bytes which it is. A request is read where it lies, so that it takes little
//! more memory than its own bytes whatever it holds.
//!
//! Units: sizes are bytes.
//! Errors: a request that cannot be read is answered as the protocol says, and counts nothing.
//! Source: the OTLP 1.x specification, OTLP/HTTP and OTLP/gRPC.

mod durations;
mod golden;
mod grpc;
mod json;
mod names;
mod protobuf;
mod said;
mod take;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::routing::post;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::time::MissedTickBehavior;

use self::golden::{Golden, Told};
pub use self::said::Unreadable;
pub use self::take::{Form, rehearse_metrics, rehearse_traces};
use self::take::{Metrics, Shared, Traces};
use crate::filter::Filter;
use crate::intake::{Closed, Intake};

/// The port of OTLP over HTTP; gRPC is taken on it as well.
pub const PORT_DEFAULT: u16 = 4318;
/// How often what came in is summed up and sent on.
const INTERVAL: Duration = Duration::from_secs(60);
/// Series of one signal.
const SERIES_PER_SIGNAL: usize = 500;
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
    let router = Router::new()
        .route("/v1/traces", post(take::http::<Traces>))
        .route("/v1/metrics", post(take::http::<Metrics>))
        .route(grpc::TRACES, post(grpc::call::<Traces>))
        .route(grpc::METRICS, post(grpc::call::<Metrics>))
        .fallback(grpc::unknown)
        .with_state(Arc::new(Shared::new(golden)));
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
                let metric = serde_json::json!({ "namespace": &*of.namespace, "workload": &*of.name });
                serde_json::json!({ "metric": metric, "value": [now.as_second(), format!("{value:.6}")] })
            })
            .collect();
        for some in series.chunks(SERIES_PER_SIGNAL) {
            intake.samples(name, serde_json::json!({ "resultType": "vector", "result": some })).await?;
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

#[cfg(test)]
#[path = "otlp_tests.rs"]
mod tests;
