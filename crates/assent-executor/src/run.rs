//! The commands.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use assent_apply::rights::{self, Found, Lent, NotFit};
use assent_apply::{Access, Cluster};
use assent_base::proxy::Scheme;
use assent_base::{Proxy, variables};
use assent_execution::Pinned;
use tracing_subscriber::EnvFilter;

use crate::cli::Run;
use crate::config::Config;
use crate::health::{self, Pulse};
use crate::link::{Endpoint, Link};
use crate::pinning::Pinning;
use crate::state::State;
use crate::work::Executor;

/// The variable that holds the key itself.
const KEY: &str = "ASSENT_EXECUTOR_KEY";
/// The variable that says what is logged.
const LOG: &str = "ASSENT_LOG";

/// Runs until SIGTERM or SIGINT.
pub(crate) fn run(asked: &Run) -> anyhow::Result<()> {
    variables_are_known()?;
    let config = Config::read(asked)?;
    let key = config.key(variable(KEY))?;
    let Some(url) = config.endpoint.clone() else { bail!("there is no endpoint: name it with --endpoint, or in the configuration") };
    start_log();
    install_cryptography()?;
    let mut state = State::open(&config.state, now())?;
    let mut pinning = Pinning::open(config.pinned.clone(), config.pinned_warrant.clone(), &state)?;
    let proxy = Proxy::around(Scheme::of(&url), variable)?;
    let endpoint = Endpoint { url, key, ca_pem: config.ca_pem.clone(), proxy, request_timeout: config.request_timeout };
    let link = Link::new(endpoint)?;
    runtime()?.block_on(async {
        let cluster = access(asked, &config).cluster().await?;
        let cluster_uid = cluster.uid().await.context("the UID of `kube-system`, which tells this cluster from others")?;
        let cluster_uid = cluster_uid.parse().context("the UID of `kube-system`")?;
        pinning.look(&mut state, &cluster_uid, now())?;
        for who in fit(&cluster, &pinning.now).await?.missing {
            tracing::warn!(who, "is pinned, and this account may not act as them");
        }
        let listener = health::listen(config.health_port).await?;
        let pulse = Pulse::new();
        let answering = tokio::spawn(health::answer(listener, pulse.clone()));
        tracing::info!(cluster = %pinning.now.cluster, policy = %pinning.now.policy_digest(), open = state.busy().len(), "running");
        let executor = Executor { state, link, cluster, cluster_uid, pinning, pulse, now, judged: BTreeSet::new(), rest: Arc::default() };
        let done = executor.run(stop()).await;
        answering.abort();
        done
    })
}

/// Prints what is too much and too little.
pub(crate) fn preflight(asked: &Run) -> anyhow::Result<()> {
    variables_are_known()?;
    let config = Config::read(asked)?;
    install_cryptography()?;
    let bytes = crate::config::bounded(&config.pinned, assent_api::executor::PINNED_BYTES_MAX as u64)?;
    let pinned = Pinned::parse(&bytes).context("the pinned document")?;
    let found = runtime()?.block_on(async {
        let cluster = access(asked, &config).cluster().await?;
        anyhow::Ok(fit(&cluster, &pinned).await?)
    })?;
    for who in &found.missing {
        println!("cannot act as {who}");
    }
    if found.incomplete {
        println!("not known: an authorizer cannot list its rules; what must never be granted was asked by name");
    }
    println!("fit to run");
    Ok(())
}

/// Reviews our own rights against whom is pinned.
pub(crate) async fn fit(cluster: &Cluster, pinned: &Pinned) -> Result<Found, NotFit> {
    let mut lent = Lent::default();
    for one in pinned.impersonated() {
        lent.users.insert(one.user);
        lent.groups.extend(one.groups);
    }
    let namespaces = pinned.rules.namespaces.iter().map(ToString::to_string).filter(|name| !name.ends_with('*')).collect();
    rights::review(cluster, &lent, &namespaces).await
}

fn access(asked: &Run, config: &Config) -> Access {
    Access { kubeconfig: asked.kubeconfig.clone(), context: asked.context.clone(), request_timeout: config.request_timeout }
}

/// Refuses what looks like a variable of ours and is none.
fn variables_are_known() -> anyhow::Result<()> {
    let read = crate::cli::variables().into_iter().chain([KEY, LOG].map(str::to_owned));
    Ok(variables::check("assent-executor", read, variables::of(std::env::vars_os()))?)
}

#[expect(clippy::disallowed_methods, reason = "the binary reads the environment, here and nowhere else")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[expect(clippy::disallowed_methods, reason = "the binary reads the clock, here and nowhere else")]
pub(crate) fn now() -> assent_base::Timestamp {
    assent_base::Timestamp::now()
}

fn start_log() {
    let filter = EnvFilter::try_new(variable(LOG).as_deref().unwrap_or("info")).unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).init();
}

fn install_cryptography() -> anyhow::Result<()> {
    let installed = rustls::crypto::aws_lc_rs::default_provider().install_default();
    installed.map_err(|_| anyhow::anyhow!("another provider of cryptography is installed"))
}

/// One thread: an executor waits nearly all of the time.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(2).build().context("cannot start")
}

/// Ends when the process is asked to stop.
async fn stop() {
    use tokio::signal::unix::{SignalKind, signal};
    match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
        (Ok(mut terminate), Ok(mut interrupt)) => {
            tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        }
        _ => std::future::pending().await,
    }
}
