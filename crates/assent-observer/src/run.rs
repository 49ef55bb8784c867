//! The commands.

use assent_base::proxy::Scheme;
use assent_observe::clock::Clock;
use assent_observe::observer::{Observer, Pulse};
use assent_observe::uplink::https::{Endpoint, Https};
use assent_observe::{Access, ApiServer, Proxy, manifest, preflight as rights};
use assent_resident::health::{Probe, State};
use assent_resident::{Way, install_cryptography, now, runtime, start_log, stop, variable};
use clap::CommandFactory as _;

use crate::PROGRAM;
use crate::cli::{Cli, Rbac, Run};
use crate::config::Config;

/// Watches until SIGTERM or SIGINT.
pub(crate) fn run(asked: &Run) -> anyhow::Result<()> {
    PROGRAM.knows_its_variables(&Cli::command())?;
    let config = Config::read(asked)?;
    let Way { url, key, ca_pem, proxy, request_timeout } = config.place.way(PROGRAM)?;
    start_log();
    install_cryptography()?;
    if proxy.is_some() && config.nats.is_some() {
        tracing::warn!("NATS knows no HTTP proxy: its servers are reached without it, and Assent's endpoint with it");
    }
    let uplink = Https::new(Endpoint { url, key: key.clone(), ca_pem, proxy, request_timeout })?;
    runtime()?.block_on(async {
        let server = ApiServer::connect(&access(asked, &config)?).await?;
        tracing::info!(server = server.name(), version = server.version(), "watching");
        let clock = Clock::new(now);
        let observer = Observer::new(config.observer, server, clock.clone(), key);
        let pulse = observer.pulse();
        let _probe = Probe::start(config.health_port, move || state(&pulse)).await?;
        match config.nats {
            None => observer.run(uplink, stop()).await?,
            Some(nats) => observer.run(nats.uplink(uplink, request_timeout, clock).await?, stop()).await?,
        }
        Ok(())
    })
}

fn state(pulse: &Pulse) -> State {
    match (pulse.is_alive(), pulse.is_connected()) {
        (true, true) => State::Alive("alive, connected to Assent"),
        (true, false) => State::Alive("alive, not connected to Assent; what is seen is buffered"),
        (false, _) => State::Stuck,
    }
}

/// Prints the role.
pub(crate) fn rbac(asked: &Rbac) -> anyhow::Result<()> {
    print!("{}", manifest::rbac(&asked.profiles));
    Ok(())
}

/// Prints what is too much and too little.
pub(crate) fn preflight(asked: &Run) -> anyhow::Result<()> {
    PROGRAM.knows_its_variables(&Cli::command())?;
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
        request_timeout: config.place.request_timeout,
        // Whether the API server is excepted is decided where its address is known.
        proxy: Proxy::around(Scheme::Https, variable)?,
        ..Access::default()
    })
}
