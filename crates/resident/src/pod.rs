//! What a pod gives a program, and asks of it: environment, clock, a log that is collected, one thread, a signal to stop.

use anyhow::Context as _;
use assent_base::{Timestamp, variables};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Threads beside the one that runs all, for files and names.
const BLOCKING_THREADS_MAX: usize = 2;

/// The variable that says what is logged.
pub(crate) const LOG: &str = "ASSENT_LOG";

/// All of the environment.
pub(crate) fn variables() -> impl Iterator<Item = (String, String)> {
    variables::of(std::env::vars_os())
}

/// A variable of the environment that is not empty.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "programs in a cluster read the environment here and nowhere else")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The present instant.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "programs in a cluster read the clock here and nowhere else")]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// Logs JSON on standard error from now on, as `ASSENT_LOG` says.
pub fn start_log() {
    let filter = EnvFilter::try_new(variable(LOG).as_deref().unwrap_or("info")).unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).init();
}

/// Makes aws-lc the cryptography of every TLS connection.
///
/// # Errors
/// When another one is there already.
pub fn install_cryptography() -> anyhow::Result<()> {
    let installed = rustls::crypto::aws_lc_rs::default_provider().install_default();
    installed.map_err(|_| anyhow::anyhow!("another provider of cryptography is installed"))
}

/// One thread: such a program waits nearly all of the time, and a second one would cost memory.
///
/// # Errors
/// When the system gives no thread.
pub fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().max_blocking_threads(BLOCKING_THREADS_MAX).build().context("cannot start")
}

/// Ends when the process is asked to stop: SIGTERM or SIGINT.
pub async fn stop() {
    match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
        (Ok(mut terminate), Ok(mut interrupt)) => {
            tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        }
        _ => std::future::pending().await,
    }
}
