//! `assent up`: the whole platform in one process.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use assent_base::Secret;
use assent_observe::{Access, Proxy};
use assent_platform::{Attach, ControlPlane, Outside, Provider, Settings, Started, notify, oidc};
use clap::Args;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tracing_subscriber::filter::{FilterExt as _, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::print;

pub(crate) mod config;
mod limits;
mod names;
mod nats;
mod traces;

use config::{Config, Flags, LogFormat, Tls};
use traces::Traces;

/// Shortest token for `/metrics`.
const TOKEN_BYTES_MIN: usize = 16;
/// How long to wait before an attached cluster that could not be watched is tried again, at first.
const ATTACH_AGAIN_MIN: Duration = Duration::from_secs(1);
/// How long at most: it doubles each time.
const ATTACH_AGAIN_MAX: Duration = Duration::from_secs(60);
/// Hosts that no proxy is asked for.
const LOOPBACK: &str = "localhost,127.0.0.0/8,::1";
/// What is said where the platform listens on all addresses and its name is not known.
const ELSEWHERE: &str = "From other machines it is called by an address of this one. To call it by a name, start it with --public-url https://NAME\nor --allowed-host NAME: requests for other names are refused. Links and manifests carry the name of --public-url.";

/// Starts the platform.
#[derive(Debug, Args)]
pub(crate) struct Up {
    #[command(flatten)]
    flags: Flags,
    #[arg(long, env = "HOME", hide = true)]
    home: Option<PathBuf>,
    /// The proxy for connections to identity providers, API servers and collectors. Without it, `HTTPS_PROXY`; an empty one uses none.
    #[arg(long, value_name = "URL")]
    proxy: Option<String>,
    /// Hosts that are reached without the proxy. Without it, `NO_PROXY`; loopback always is.
    #[arg(long, value_name = "HOSTS")]
    no_proxy: Option<String>,
}

/// Runs the command until it is interrupted.
pub(crate) fn run(asked: Up) -> anyhow::Result<u8> {
    crate::surroundings::variables_are_known("assent up", "up")?;
    let proxy = crate::surroundings::proxy(asked.proxy.as_deref(), asked.no_proxy.as_deref())?;
    let config = config::settle(asked.flags, asked.home.as_deref())?;
    let traces = traces(&config, proxy.as_ref())?;
    log_to_standard_error(&config, traces.as_ref())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start")?;
    let served = runtime.block_on(serve(config, proxy, None));
    if let Some(traces) = traces {
        traces.end();
    }
    served
}

/// Starts a platform with the defaults on a folder, and something beside it, until it is interrupted.
pub(crate) fn with(data_dir: PathBuf, listen: std::net::SocketAddr, extra: Extra) -> anyhow::Result<u8> {
    let flags = Flags { data_dir: Some(data_dir), listen: Some(listen), log: Some("warn".to_owned()), ..Flags::default() };
    let config = config::settle(flags, None)?;
    log_to_standard_error(&config, None)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start")?;
    runtime.block_on(serve(config, None, Some(extra)))
}

/// The way to a collector, if one is configured.
fn traces(config: &Config, proxy: Option<&Proxy>) -> anyhow::Result<Option<Traces>> {
    let Some(endpoint) = &config.traces_endpoint else { return Ok(None) };
    let ca_pem = config.ca_file.as_ref().map(|path| std::fs::read(path).with_context(|| format!("cannot read {}", path.display())));
    Traces::to(endpoint, ca_pem.transpose()?.as_deref(), proxy).map(Some)
}

fn log_to_standard_error(config: &Config, traces: Option<&Traces>) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&config.log).with_context(|| format!("`{}` is no log filter", config.log))?;
    // What is told to a collector is none of the log.
    let filter = filter.and(filter_fn(|metadata| metadata.target() != traces::TARGET));
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    let registry = tracing_subscriber::registry().with(traces.map(Traces::layer));
    match config.log_format {
        LogFormat::Text => registry.with(layer.with_filter(filter)).try_init(),
        LogFormat::Json => registry.with(layer.json().with_filter(filter)).try_init(),
    }
    .context("cannot log")
}

/// What `assent demo` adds to the platform, which is called by this URL.
pub(crate) type Extra = Box<dyn FnOnce(ControlPlane, String) -> tokio::task::JoinHandle<()>>;

async fn serve(config: Config, proxy: Option<Proxy>, extra: Option<Extra>) -> anyhow::Result<u8> {
    let counts = std::sync::Arc::default();
    let access = config.attach.as_ref().map(|attach| Access {
        kubeconfig: attach.kubeconfig.clone(),
        context: attach.context.clone(),
        proxy: proxy.clone(),
        ..Access::default()
    });
    if let Some(access) = &access {
        // A name that was mistyped is told now; an API server that is away is waited for later.
        access.check().await?;
    }
    assent_platform::own_folder(&config.data_dir)?;
    // First, since a certificate of our own is made there, and manifests for observers carry it.
    let mut listen = assent_http::Listen::on(config.listen, listen_tls(&config));
    let mut http = http_config(&config, std::sync::Arc::clone(&counts), &mut listen)?;
    listen.now = Some(now);
    listen.certificate_warn_days = config.tls_warn_days;
    let (tell_stop, stopping) = tokio::sync::watch::channel(false);
    http.stopping = stopping;
    let bound = assent_http::bind(listen).context("cannot serve")?;
    http.certificate = bound.certificate();
    let mut settings = settings(&config, proxy.clone(), counts)?;
    settings.observer_ca_pem = manifest_ca(&config)?;
    let nats = match &config.nats {
        Some(nats) => Some(nats.connect.clone().start().await.context("cannot use NATS as configured")?),
        None => None,
    };
    let Started { plane, set_up } = ControlPlane::start(&config.data_dir, settings, outside()).await?;
    let url = config
        .public_url
        .clone()
        .unwrap_or_else(|| format!("{}://{}", if config.tls == Tls::Off { "http" } else { "https" }, names::near(bound.address())));
    greet(&config.data_dir, &url, set_up.as_ref(), http.assets.is_some())?;
    if config.public_url.is_none() && config.listen.ip().is_unspecified() {
        print(&format!("\n{ELSEWHERE}\n"))?;
    }
    let retention = tokio::spawn({
        let plane = plane.clone();
        async move { plane.keep_retaining().await }
    });
    let notices = tokio::spawn({
        let plane = plane.clone();
        async move { plane.keep_notifying().await }
    });
    let rows = tokio::spawn({
        let plane = plane.clone();
        async move { tokio::join!(plane.keep_adding_up(), plane.keep_taking_records(), plane.keep_looking_after_keys()) }
    });
    let attached = access.map(|access| Watching::start(plane.clone(), access));
    let extra = extra.map(|start| start(plane.clone(), url));
    let message_bytes_max = http.limits.observer_body_bytes_max;
    let router = assent_http::router(std::sync::Arc::new(plane.clone()), http);
    let inside = assent_http::Inside::of(&router);
    let nats = nats.zip(config.nats.as_ref()).map(|(connection, asked)| asked.serve(plane.clone(), connection, inside, message_bytes_max));
    let served = bound.serve(router, async move {
        interrupted().await;
        tell_stop.send_replace(true);
    });
    let served = served.await;
    if let Some(nats) = nats {
        nats.end().await;
    }
    retention.abort();
    notices.abort();
    rows.abort();
    if let Some(extra) = extra {
        extra.abort();
    }
    if let Some(attached) = attached {
        attached.end().await;
    }
    plane.stop().await;
    served.context("serving ended")?;
    Ok(0)
}

/// The clock and the randomness of this machine.
pub(crate) fn outside() -> Outside {
    Outside { clock: Box::new(now), random: Box::new(random) }
}

#[expect(clippy::disallowed_methods, reason = "the binary is where the clock is read")]
fn now() -> assent_base::Timestamp {
    assent_base::Timestamp::now()
}

/// Who vouches for our certificate, where no public authority does: the file that is named, or a certificate of our own.
fn manifest_ca(config: &Config) -> anyhow::Result<Option<String>> {
    let own = || (config.tls == Tls::SelfSigned).then(|| config.data_dir.join("tls").join("tls.crt"));
    let Some(path) = config.manifest_ca_file.clone().or_else(own) else { return Ok(None) };
    let pem = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    if CertificateDer::pem_slice_iter(pem.as_bytes()).filter(Result::is_ok).count() == 0 || pem.contains("PRIVATE KEY") {
        anyhow::bail!("{} goes into manifests: it must hold certificates as PEM, and no key", path.display());
    }
    Ok(Some(pem))
}

/// Randomness fit for keys. A system that has none left cannot run anything that is to be trusted.
fn random(bytes: &mut [u8]) {
    use aws_lc_rs::rand::SecureRandom as _;
    #[expect(clippy::expect_used, reason = "without randomness no key can be made, and none must be made up")]
    aws_lc_rs::rand::SystemRandom::new().fill(bytes).expect("the system gives randomness");
}

fn settings(config: &Config, proxy: Option<Proxy>, counts: std::sync::Arc<assent_http::metrics::Counts>) -> anyhow::Result<Settings> {
    let ca_pem =
        config.ca_file.as_ref().map(|path| std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display())));
    let ca_pem = ca_pem.transpose()?;
    let providers =
        config.oidc.iter().map(|oidc| provider(config, oidc, ca_pem.as_deref(), proxy.as_ref())).collect::<anyhow::Result<_>>()?;
    let mut settings = Settings {
        database: config.database.clone(),
        root_key: crate::root_key::open(&config.root_key, config.ca_file.as_deref(), proxy.as_ref())?,
        public_url: config.public_url.clone(),
        providers,
        observer_image: config.observer_image.clone(),
        executor_image: config.executor_image.clone(),
        witness_key: config.witness_key.clone(),
        add_up_every_s: Some(config.add_up_every_s),
        snapshots: config.snapshots.clone(),
        command_lines: config.command_lines.clone(),
        notify: notify(config, ca_pem, proxy)?,
        observer_nats: config.nats.as_ref().and_then(|nats| nats.observers.clone()),
        counts,
        ..Settings::default()
    };
    settings.store_limits.connect_s = config.database_connect_s;
    Ok(settings)
}

/// Where notifications may go: nowhere, unless the file names somebody.
fn notify(config: &Config, ca_pem: Option<String>, proxy: Option<Proxy>) -> anyhow::Result<notify::Config> {
    let asked = &config.notify;
    let smtp = asked.smtp.as_ref().map(|smtp| {
        let user = match (&smtp.user, &smtp.password_file) {
            (Some(user), Some(path)) => {
                let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
                Some((user.clone(), Secret::new(text.trim_end_matches(['\r', '\n']).to_owned())))
            }
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => anyhow::bail!("`notify.smtp` needs both `user` and `password_file`, or neither"),
        };
        let tls = match smtp.tls {
            config::SmtpTls::Starttls => notify::SmtpTls::StartTls,
            config::SmtpTls::Implicit => notify::SmtpTls::Implicit,
            config::SmtpTls::Off => notify::SmtpTls::Off,
        };
        let (host, from, domains) = (smtp.host.clone(), smtp.from.clone(), smtp.domains.clone());
        Ok(notify::Smtp { host, port: smtp.port, tls, user, from, domains })
    });
    Ok(notify::Config {
        hosts: asked.hosts.clone(),
        smtp: smtp.transpose()?,
        proxy,
        authorities_pem: ca_pem.into_iter().map(String::into_bytes).collect(),
        ..notify::Config::default()
    })
}

fn provider(config: &Config, asked: &config::Oidc, ca_pem: Option<&str>, proxy: Option<&Proxy>) -> anyhow::Result<Provider> {
    let public = config.public_url.as_ref().context("`oidc` needs `public_url`: the provider sends browsers back there")?;
    let client_auth = match &asked.client_secret_file {
        Some(path) => {
            let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
            oidc::ClientAuth::Basic(Secret::new(text.trim().to_owned()))
        }
        None => oidc::ClientAuth::Public,
    };
    let scopes = ["profile", "email"].into_iter().map(str::to_owned).chain(asked.scopes.iter().cloned()).collect();
    let config = oidc::Config {
        name: asked.name.clone(),
        issuer: asked.issuer.clone(),
        client_id: asked.client_id.clone(),
        client_auth,
        redirect_uri: format!("{}/api/v1/oidc/{}/callback", public.trim_end_matches('/'), asked.name),
        scopes,
        groups_claim: asked.groups_claim.clone().unwrap_or_else(|| "groups".to_owned()),
        api_audience: asked.api_audience.clone(),
        hosts: asked.hosts.clone(),
        proxy: proxy.map(|proxy| oidc::Proxy { url: proxy.url.clone(), except: Some(format!("{LOOPBACK},{}", proxy.except)) }),
        authorities_pem: ca_pem.map(|pem| pem.as_bytes().to_vec()).into_iter().collect(),
        limits: oidc::Limits::default(),
    };
    Ok(Provider { name: asked.name.clone(), config, tenant: asked.tenant.clone() })
}

/// Everything that serving is set by; the limits of listening too.
fn http_config(
    config: &Config,
    counts: std::sync::Arc<assent_http::metrics::Counts>,
    listen: &mut assent_http::Listen,
) -> anyhow::Result<assent_http::Config> {
    let mut http =
        assent_http::Config::loopback(serde_json::to_value(assent_diagnosis::report::schema()).context("the report has no schema")?);
    http.public_url.clone_from(&config.public_url);
    http.secure = config.tls != Tls::Off;
    (http.session_cookie, http.oidc_cookie) = assent_platform::cookie_names();
    http.trusted_proxies.clone_from(&config.trusted_proxies);
    http.metrics_token = config.metrics_token_file.as_deref().map(token).transpose()?;
    listen.trusted_proxies.clone_from(&config.trusted_proxies);
    config.limits.set(&mut http, listen);
    http.hosts.extend(config.names());
    http.any_address = config.listen.ip().is_unspecified();
    http.counts = counts;
    http.assets = crate::console::console();
    http.metrics = Some(assent_http::metrics::Metrics::install().context("cannot count")?);
    Ok(http)
}

/// A token out of a file. One that can be guessed is none.
fn token(path: &Path) -> anyhow::Result<Secret> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let token = text.trim();
    if token.len() < TOKEN_BYTES_MIN || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        anyhow::bail!("the token in {} must be {TOKEN_BYTES_MIN} printable characters at least", path.display());
    }
    Ok(Secret::new(token.to_owned()))
}

fn listen_tls(config: &Config) -> assent_http::Tls {
    match &config.tls {
        Tls::Off => assent_http::Tls::Off,
        Tls::SelfSigned => {
            let mut all = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
            all.extend(config.names().iter().map(|host| names::in_certificate(host)));
            assent_http::Tls::SelfSigned { dir: config.data_dir.join("tls"), names: all }
        }
        Tls::Files { certificate, key } => assent_http::Tls::Files { certificate: certificate.clone(), key: key.clone() },
    }
}

/// The first words, on standard output.
fn greet(data_dir: &Path, url: &str, set_up: Option<&Secret>, has_console: bool) -> anyhow::Result<()> {
    print(&format!("Assent serves {url}\n  data in  {}\n  API      {url}/docs\n", data_dir.display()))?;
    if !has_console {
        print("  console  not in this binary: run `cargo xtask console`, then build again\n")?;
    }
    if let Some(secret) = set_up {
        let page = assent_platform::by_name(url);
        print(&format!("\nNobody has signed in yet. This link sets up the first owner, once:\n  {page}/set-up#{}\n", secret.expose()))?;
        print(&format!("or on this machine, which asks for it: assent login --server {url} --set-up\n"))?;
    }
    Ok(())
}

/// An observer inside the platform.
struct Watching {
    stop: tokio::sync::watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
}

impl Watching {
    /// Watches the cluster of a kubeconfig, and comes back to it for as long as it cannot be reached. It has a thread of its own, since its
    /// future cannot move between threads.
    fn start(plane: ControlPlane, access: Access) -> Self {
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let runtime = tokio::runtime::Handle::current();
        let task = tokio::task::spawn_blocking(move || runtime.block_on(watch(plane, access, stopped)));
        Self { stop, task }
    }

    /// Stops it, and waits until what it saw is sent.
    async fn end(self) {
        // One that has ended by itself hears nothing.
        let _ = self.stop.send(true);
        let _ = self.task.await;
    }
}

/// Watches until it is told to stop.
async fn watch(plane: ControlPlane, access: Access, stopped: tokio::sync::watch::Receiver<bool>) {
    let mut wait = ATTACH_AGAIN_MIN;
    loop {
        let asked = Attach { access: access.clone(), profiles: attached_profiles() };
        let mut stop = stopped.clone();
        // A sender that is gone stops as well.
        let stopping = async move { drop(stop.wait_for(|stop| *stop).await) };
        let Err(error) = plane.attach(asked, stopping).await else { return };
        tracing::error!(%error, again_in_s = wait.as_secs(), "the cluster is not watched");
        let mut stop = stopped.clone();
        if tokio::time::timeout(wait, stop.wait_for(|stop| *stop)).await.is_ok() {
            return;
        }
        wait = (wait * 2).min(ATTACH_AGAIN_MAX);
    }
}

/// With a person's own kubeconfig there is no reason to look away.
fn attached_profiles() -> Vec<assent_api::clusters::Profile> {
    use assent_api::clusters::Profile;
    vec![Profile::Workloads, Profile::Logs, Profile::Metrics]
}

/// Ends when somebody interrupts or terminates the process.
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_for_metrics_is_long_enough_not_to_be_guessed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("token");
        std::fs::write(&path, "0123456789abcdef\n").expect("written");
        assert_eq!(token(&path).expect("long enough").expose(), "0123456789abcdef");
        for bad in ["short", "", "0123456789abcde f0123"] {
            std::fs::write(&path, bad).expect("written");
            assert!(token(&path).is_err(), "{bad}");
        }
        assert!(token(&folder.path().join("none")).is_err());
    }
}
