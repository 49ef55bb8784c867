//! The commands.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Context as _;
use assent_apply::rights::{self, Found, Lent, NotFit};
use assent_apply::{Access, Cluster};
use assent_execution::Pinned;
use assent_resident::health::Probe;
use assent_resident::{file, install_cryptography, now, runtime, start_log, stop};
use clap::CommandFactory as _;

use crate::PROGRAM;
use crate::cli::{Cli, Run};
use crate::config::Config;
use crate::link::Link;
use crate::pinning::Pinning;
use crate::pulse::Pulse;
use crate::state::State;
use crate::work::Executor;

/// Runs until SIGTERM or SIGINT.
pub(crate) fn run(asked: &Run) -> anyhow::Result<()> {
    PROGRAM.knows_its_variables(&Cli::command())?;
    let config = Config::read(asked)?;
    let way = config.place.way(PROGRAM)?;
    start_log();
    install_cryptography()?;
    let mut state = State::open(&config.state, now())?;
    let mut pinning = Pinning::open(config.pinned.clone(), config.pinned_warrant.clone(), &state)?;
    let link = Link::new(way)?;
    runtime()?.block_on(async {
        let cluster = access(asked, &config).cluster().await?;
        let cluster_uid = cluster.uid().await.context("the UID of `kube-system`, which tells this cluster from others")?;
        let cluster_uid = cluster_uid.parse().context("the UID of `kube-system`")?;
        pinning.look(&mut state, &cluster_uid, now())?;
        for who in fit(&cluster, &pinning.now).await?.missing {
            tracing::warn!(who, "is pinned, and this account may not act as them");
        }
        let pulse = Pulse::new();
        let told = pulse.clone();
        let _probe = Probe::start(config.health_port, move || told.state()).await?;
        tracing::info!(cluster = %pinning.now.cluster, policy = %pinning.now.policy_digest(), open = state.busy().len(), "running");
        let executor = Executor { state, link, cluster, cluster_uid, pinning, pulse, now, judged: BTreeSet::new(), rest: Arc::default() };
        executor.run(stop()).await
    })
}

/// Prints what is too much and too little.
pub(crate) fn preflight(asked: &Run) -> anyhow::Result<()> {
    PROGRAM.knows_its_variables(&Cli::command())?;
    let config = Config::read(asked)?;
    install_cryptography()?;
    let bytes = file::bounded(&config.pinned, assent_api::executor::PINNED_BYTES_MAX as u64)?;
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
    Access { kubeconfig: asked.kubeconfig.clone(), context: asked.context.clone(), request_timeout: config.place.request_timeout }
}
