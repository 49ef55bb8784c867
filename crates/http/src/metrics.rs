//! Numbers about requests: for Prometheus, and for the status page.

use std::sync::atomic::{AtomicU64, Ordering};

use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};

/// Bounds of the buckets that times are counted in.
const BUCKETS_S: [f64; 10] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// Requests since the start.
#[derive(Debug, Default)]
pub struct Counts {
    requests: AtomicU64,
    faults: AtomicU64,
}

impl Counts {
    pub(crate) fn count(&self, status: http::StatusCode) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        if status.is_server_error() {
            self.faults.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Requests that were answered.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Those of them that failed by fault of the platform.
    #[must_use]
    pub fn faults(&self) -> u64 {
        self.faults.load(Ordering::Relaxed)
    }
}

/// Where the numbers of this process are read from.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Takes in all that this process counts from now on. Can be done once in a process.
    ///
    /// # Errors
    /// Something else takes the numbers already.
    pub fn install() -> Result<Self, BuildError> {
        PrometheusBuilder::new().set_buckets(&BUCKETS_S)?.install_recorder().map(Self)
    }

    /// The numbers as Prometheus reads them.
    #[must_use]
    pub fn render(&self) -> String {
        self.0.run_upkeep();
        self.0.render()
    }
}
