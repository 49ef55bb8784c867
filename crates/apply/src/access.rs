//! How an API server is reached: as the service account of a pod, or as a kubeconfig says.

use std::path::PathBuf;
use std::time::Duration;

use kube::config::{Config, KubeConfigOptions, Kubeconfig};

use crate::send::Sender;
use crate::{Cluster, NotDone};

/// A connection, its TLS included, is there within this time or not at all.
const CONNECT_TIMEOUT_MAX: Duration = Duration::from_secs(10);

/// How to reach a cluster.
#[derive(Debug, Clone)]
pub struct Access {
    /// A kubeconfig; none for the service account of the pod. Nothing else is looked for.
    pub kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig; none for its current one.
    pub context: Option<String>,
    /// How long one request may take, its answer included.
    pub request_timeout: Duration,
}

/// Why a cluster cannot be reached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAccess {
    /// No kubeconfig was named, and this is no pod.
    #[error("there is no service account of a pod here; name a kubeconfig with --kubeconfig")]
    NoAccount,
    /// The kubeconfig cannot be used.
    #[error("the kubeconfig `{0}` cannot be used")]
    BadKubeconfig(PathBuf),
    /// No client can be made of it.
    #[error("the way to the API server cannot be used: {0}")]
    BadConfig(String),
    /// The API server does not answer as it should.
    #[error("the API server: {0}")]
    NotDone(#[from] NotDone),
}

impl Access {
    /// Gets ready to ask; contacts nothing yet.
    ///
    /// # Errors
    /// When there is no way to an API server.
    pub async fn cluster(&self) -> Result<Cluster, NoAccess> {
        let mut config = match &self.kubeconfig {
            None => Config::incluster().map_err(|_| NoAccess::NoAccount)?,
            Some(path) => {
                // What is wrong with it may stand beside a token, so it is not repeated.
                let bad = || NoAccess::BadKubeconfig(path.clone());
                let kubeconfig = Kubeconfig::read_from(path).map_err(|_| bad())?;
                let options = KubeConfigOptions { context: self.context.clone(), cluster: None, user: None };
                Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(|_| bad())?
            }
        };
        config.connect_timeout = Some(self.request_timeout.min(CONNECT_TIMEOUT_MAX));
        // A write that is sent again behind our back could be made twice.
        config.default_retry = false;
        let home = config.default_namespace.clone();
        let client = kube::Client::try_from(config).map_err(|error| NoAccess::BadConfig(error.to_string()))?;
        Ok(Cluster::new(Sender::new(client, self.request_timeout), home))
    }
}
