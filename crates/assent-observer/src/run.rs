//! The commands.

use anyhow::{Context as _, bail};
use assent_base::proxy::Scheme;
use assent_base::variables;
use assent_observe::clock::Clock;
use assent_observe::observer::Observer;
use assent_observe::uplink::https::{Endpoint, Https};
use assent_observe::{Access, ApiServer, Proxy, manifest, preflight as rights};
use tracing_subscriber::EnvFilter;

use crate::cli::{Rbac, Run};
use crate::config::Config;
use crate::health;

/// The variable that holds the key itself.
const KEY: &str = "ASSENT_OBSERVER_KEY";
/// The variable that says what is logged.
const LOG: &str = "ASSENT_LOG";

/// Watches until SIGTERM or SIGINT.
pub(crate) fn run(asked: &Run) -> anyhow::Result<()> {
    variables_are_known()?;
    let config = Config::read(asked)?;
    let key = config.key(variable(KEY))?;
    let Some(url) = config.endpoint.clone() else { bail!("there is no endpoint: name it with --endpoint, or in the configuration") };
    start_log();
    install_cryptography()?;
    let proxy = Proxy::around(Scheme::of(&url), variable)?;
    if proxy.is_some() && config.nats.is_some() {
        tracing::warn!("NATS knows no HTTP proxy: its servers are reached without it, and Assent's endpoint with it");
    }
    let endpoint = Endpoint { url, key: key.clone(), ca_pem: config.ca_pem.clone(), proxy, request_timeout: config.request_timeout };
    let uplink = Https::new(endpoint)?;
    runtime()?.block_on(async {
        let server = ApiServer::connect(&access(asked, &config)?).await?;
        tracing::info!(server = server.name(), version = server.version(), "watching");
        let clock = Clock::new(now);
        let observer = Observer::new(config.observer, server, clock.clone(), key);
        let listener = health::listen(config.health_port).await?;
        let answering = tokio::spawn(health::answer(listener, observer.pulse()));
        let done = match config.nats {
            None => observer.run(uplink, stop()).await,
            Some(nats) => observer.run(nats.uplink(uplink, config.request_timeout, clock).await?, stop()).await,
        };
        answering.abort();
        Ok(done?)
    })
}

/// Prints the role.
pub(crate) fn rbac(asked: &Rbac) -> anyhow::Result<()> {
    print!("{}", manifest::rbac(&asked.profiles));
    Ok(())
}

/// Prints what is too much and too little.
pub(crate) fn preflight(asked: &Run) -> anyhow::Result<()> {
    variables_are_known()?;
    let config = Config::read(asked)?;
    install_cryptography()?;
    let found = runtime()?.block_on(async {
        let server = ApiServer::connect(&access(asked, &config)?).await?;
        anyhow::Ok(rights::preflight(&server, &config.observer.profiles, &config.observer.filter.only_namespaces()).await?)
    })?;
    let found = found.admit()?;
    for what in &found.missing {
        println!("cannot see {what}");
    }
    for what in &found.unknown {
        println!("not known: {what}");
    }
    println!("fit to run");
    Ok(())
}

fn access(asked: &Run, config: &Config) -> anyhow::Result<Access> {
    Ok(Access {
        kubeconfig: asked.kubeconfig.clone(),
        context: asked.context.clone(),
        request_timeout: config.request_timeout,
        // Whether the API server is excepted is decided where its address is known.
        proxy: Proxy::around(Scheme::Https, variable)?,
        ..Access::default()
    })
}

/// Refuses what looks like a variable of ours and is none.
fn variables_are_known() -> anyhow::Result<()> {
    let read = crate::cli::variables().into_iter().chain([KEY, LOG].map(str::to_owned));
    Ok(variables::check("assent-observer", read, variables::of(std::env::vars_os()))?)
}

#[expect(clippy::disallowed_methods, reason = "the binary reads the environment, here and nowhere else")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[expect(clippy::disallowed_methods, reason = "the binary reads the clock, here and nowhere else")]
fn now() -> assent_base::Timestamp {
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

/// One thread: an observer waits nearly all of the time, and a second one would cost memory.
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
