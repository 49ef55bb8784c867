//! `assent environment` and `assent cluster`: adding what is to be watched.

use anyhow::{Context, bail};
use assent_api::Empty;
use assent_api::access::Criticality;
use assent_api::clusters::{ClusterPath, ClusterQuery, CreateCluster, Profile};
use assent_api::environments::CreateEnvironment;
use assent_api::operations as ops;
use assent_base::id::ClusterId;
use clap::{Args, Subcommand};

use super::{Remote, Server, places};
use crate::print;
use crate::render::text::printable;

/// Environments.
#[derive(Debug, Args)]
pub(crate) struct Environments {
    #[command(subcommand)]
    act: EnvironmentAct,
    #[command(flatten)]
    server: Server,
}

#[derive(Debug, Subcommand)]
enum EnvironmentAct {
    /// List them.
    List,
    /// Make one.
    Add {
        /// A DNS label.
        name: String,
        /// `lab`, `dev`, `staging` or `prod`.
        #[arg(long)]
        criticality: Criticality,
    },
}

/// Clusters.
#[derive(Debug, Args)]
pub(crate) struct Clusters {
    #[command(subcommand)]
    act: ClusterAct,
    #[command(flatten)]
    server: Server,
}

#[derive(Debug, Subcommand)]
enum ClusterAct {
    /// List them with their health.
    List,
    /// Add one. Prints the manifest with its key: `assent cluster add prod-eu --environment prod | kubectl apply -f -`.
    Add {
        /// A DNS label.
        name: String,
        /// The environment's name.
        #[arg(long)]
        environment: String,
        /// What to read besides `core`: workloads, logs, metrics, gitops, tests. May be given several times.
        #[arg(long = "profile", value_name = "PROFILE", value_parser = profile)]
        profiles: Vec<Profile>,
        /// Where the observer reaches this platform, if not under the URL that you use.
        #[arg(long, value_name = "URL")]
        endpoint: Option<String>,
    },
    /// Give the observer a new key, and print the manifest with it. The old key ends at once.
    RotateKey {
        /// The cluster: `cls_…`.
        id: ClusterId,
    },
    /// End the observer's key, at once.
    RevokeKey {
        /// The cluster: `cls_…`.
        id: ClusterId,
    },
    /// Remove a cluster and all that is known of it.
    Remove {
        /// The cluster: `cls_…`.
        id: ClusterId,
    },
}

impl Environments {
    /// Runs `assent environment`.
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        environments(self)
    }
}

impl Clusters {
    /// Runs `assent cluster`.
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        clusters(self)
    }
}

fn environments(asked: &Environments) -> anyhow::Result<u8> {
    let remote = Remote::of(&asked.server)?;
    match &asked.act {
        EnvironmentAct::List => {
            for one in places::environments(&remote)? {
                print(&format!("{}  {:<8} {}\n", one.id, one.criticality.as_str(), printable(&one.name)))?;
            }
            Ok(0)
        }
        EnvironmentAct::Add { name, criticality } => {
            let body = CreateEnvironment { name: name.clone(), criticality: *criticality, retention: None };
            let made = remote.call::<ops::CreateEnvironment>(&Empty {}, &Empty {}, &body)?;
            print(&format!("{}\n", made.id))
        }
    }
}

fn clusters(asked: &Clusters) -> anyhow::Result<u8> {
    let remote = Remote::of(&asked.server)?;
    let at = |id: &ClusterId| ClusterPath { cluster: *id };
    match &asked.act {
        ClusterAct::List => list(&remote),
        ClusterAct::Add { name, environment, profiles, endpoint } => {
            let known = places::environments(&remote)?;
            let Some(found) = known.iter().find(|one| one.name == *environment) else {
                bail!("there is no environment `{environment}`: make it with `assent environment add {environment} --criticality dev`");
            };
            let body = CreateCluster { name: name.clone(), environment: found.id, profiles: profiles.clone(), endpoint: endpoint.clone() };
            let made = remote.call::<ops::CreateCluster>(&Empty {}, &Empty {}, &body)?;
            crate::tell(&format!("{} is added; its key stands in this manifest and is not shown again", made.cluster.id));
            print(&made.manifest)
        }
        ClusterAct::RotateKey { id } => {
            let made = remote.call::<ops::RotateClusterKey>(&at(id), &Empty {}, &Empty {}).context("the key is as it was")?;
            print(&made.manifest)
        }
        ClusterAct::RevokeKey { id } => {
            remote.call::<ops::RevokeClusterKey>(&at(id), &Empty {}, &Empty {})?;
            print("The key and its tokens hold no more.\n")
        }
        ClusterAct::Remove { id } => {
            remote.call::<ops::DeleteCluster>(&at(id), &Empty {}, &Empty {})?;
            print("It is removed.\n")
        }
    }
}

/// Observers.
#[derive(Debug, Args)]
pub(crate) struct Observer {
    #[command(subcommand)]
    act: ObserverAct,
}

#[derive(Debug, Subcommand)]
enum ObserverAct {
    /// Print the ClusterRole of the profiles.
    Rbac {
        /// What to read besides `core`: workloads, logs, metrics, gitops, tests. May be given several times.
        #[arg(long = "profile", value_name = "PROFILE", value_parser = profile)]
        profiles: Vec<Profile>,
    },
}

impl Observer {
    /// Runs the command.
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        match &self.act {
            ObserverAct::Rbac { profiles } => print(&assent_observe::manifest::rbac(profiles)),
        }
    }
}

fn list(remote: &Remote) -> anyhow::Result<u8> {
    let mut query = ClusterQuery::default();
    loop {
        let page = remote.call::<ops::ListClusters>(&Empty {}, &query, &Empty {})?;
        for one in &page.items {
            print(&format!(
                "{}  {:<9} {:<10} {} · {} open incidents · {} objects{} · heard {}\n",
                one.id,
                format!("{:?}", one.health).to_lowercase(),
                format!("{:?}", one.connection).to_lowercase(),
                printable(&one.name),
                one.open_incidents,
                one.objects,
                one.facts_set_aside.map(|facts| format!(" · {facts} facts set aside")).unwrap_or_default(),
                one.seen_at.map_or_else(|| "never".to_owned(), |at| format!("{at:.0}"))
            ))?;
        }
        match page.next {
            Some(next) => query.cursor = Some(next),
            None => return Ok(0),
        }
    }
}

fn profile(word: &str) -> Result<Profile, String> {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).map_err(|_| "workloads, logs, metrics, gitops or tests".to_owned())
}
