//! `assent up`: the whole platform in one process.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use anyhow::Context;
use assent_base::Secret;
use assent_observe::{Access, Proxy};
use assent_platform::{Attach, ControlPlane, Outside, Provider, Settings, Started};
use clap::Args;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::print;

mod config;

use config::{Config, Flags, LogFormat, Tls};

/// Starts the platform.
#[derive(Debug, Args)]
pub(crate) struct Up {
    #[command(flatten)]
    flags: Flags,
    #[arg(long, env = "HOME", hide = true)]
    home: Option<PathBuf>,
    /// The proxy for connections to identity providers, API servers and collectors.
    #[arg(long, env = "HTTPS_PROXY", value_name = "URL", hide_env_values = true)]
    proxy: Option<String>,
    /// Hosts that are reached without the proxy.
    #[arg(long, env = "NO_PROXY", value_name = "HOSTS", default_value = "", hide_default_value = true)]
    no_proxy: String,
    #[arg(long, env = "DO_NOT_TRACK", hide = true)]
    do_not_track: Option<String>,
}

/// Runs the command until it is interrupted.
pub(crate) fn run(asked: Up) -> anyhow::Result<u8> {
    let proxy = asked.proxy.filter(|url| !url.is_empty()).map(|url| Proxy { url, except: asked.no_proxy });
    let config = config::settle(asked.flags, asked.home.as_deref())?;
    log_to_standard_error(&config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start")?;
    runtime.block_on(serve(config, proxy, None))
}

fn log_to_standard_error(config: &Config) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&config.log).with_context(|| format!("`{}` is no log filter", config.log))?;
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    let registry = tracing_subscriber::registry().with(filter);
    match config.log_format {
        LogFormat::Text => registry.with(layer).try_init(),
        LogFormat::Json => registry.with(layer.json()).try_init(),
    }
    .context("cannot log")
}

/// What `assent demo` adds to the platform.
pub(crate) type Extra = fn(ControlPlane) -> tokio::task::JoinHandle<()>;

async fn serve(config: Config, proxy: Option<Proxy>, extra: Option<Extra>) -> anyhow::Result<u8> {
    let outside = Outside {
        #[expect(clippy::disallowed_methods, reason = "the binary is where the clock is read")]
        clock: Box::new(assent_base::Timestamp::now),
        random: Box::new(random),
    };
    let counts = std::sync::Arc::default();
    let settings = settings(&config, proxy.clone(), std::sync::Arc::clone(&counts))?;
    let Started { plane, set_up } = ControlPlane::start(&config.data_dir, settings, outside).await?;
    let http = http_config(&config, counts)?;
    let listen = assent_http::Listen::on(config.listen, listen_tls(&config));
    let bound = assent_http::bind(listen).context("cannot serve")?;
    let url = config.public_url.clone().unwrap_or_else(|| format!("{}://{}", if config.tls == Tls::Off { "http" } else { "https" }, bound.address()));
    greet(&config.data_dir, &url, set_up.as_ref())?;
    let retention = tokio::spawn({
        let plane = plane.clone();
        async move { plane.keep_retaining().await }
    });
    let attached = config.attach.as_ref().map(|attach| watch(plane.clone(), attach, proxy));
    let extra = extra.map(|start| start(plane.clone()));
    let router = assent_http::router(std::sync::Arc::new(plane.clone()), http);
    let served = bound.serve(router, interrupted()).await;
    retention.abort();
    for task in [attached, extra].into_iter().flatten() {
        task.abort();
    }
    plane.stop().await;
    served.context("serving ended")?;
    Ok(0)
}
