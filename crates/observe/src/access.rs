//! From a kubeconfig, or from the service account of the pod we run in, to a client. And every way in which that can fail.

use std::path::PathBuf;
use std::time::Duration;

use kube::config::{Config, KubeConfigOptions, Kubeconfig, KubeconfigError};

use crate::Proxy;
use crate::get::{Fault, fault_of};

/// A connection, its TLS included, is there within this time or not at all.
const CONNECT_TIMEOUT_MAX: Duration = Duration::from_secs(10);

/// How to reach a cluster, and how much to ask of it.
#[derive(Debug, Clone)]
pub struct Access {
    /// The kubeconfig; none for what `KUBECONFIG` names or `~/.kube/config`, and for the service account of a pod where there is neither.
    pub kubeconfig: Option<PathBuf>,
    /// The context; none for the current one.
    pub context: Option<String>,
    /// How long one request may take, its answer included.
    pub request_timeout: Duration,
    /// How many objects one answer should hold.
    pub page_size: u32,
    /// How many requests run at once.
    pub concurrency: usize,
    /// How many bytes all lists together may have.
    pub bytes_max: u64,
    /// The proxy of the surroundings.
    pub proxy: Option<Proxy>,
}

impl Access {
    /// Whether the kubeconfig can be used as it is. Nothing is contacted.
    ///
    /// # Errors
    /// When it is absent, unreadable, or names what cannot be.
    pub async fn check(&self) -> Result<(), NoAccess> {
        target(self).await.map(drop)
    }
}

impl Default for Access {
    fn default() -> Self {
        Self {
            kubeconfig: None,
            context: None,
            request_timeout: Duration::from_secs(30),
            page_size: 500,
            concurrency: 8,
            bytes_max: 2 << 30,
            proxy: None,
        }
    }
}

/// Why a cluster cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoAccess {
    /// There is no kubeconfig, and this is no pod.
    #[error("found no kubeconfig ({looked}) and no service account of a pod; name one with --kubeconfig, or set KUBECONFIG")]
    NoKubeconfig {
        /// Where it was looked for, with what came of it.
        looked: String,
    },
    /// The kubeconfig cannot be used.
    #[error("{place} cannot be used: {why}")]
    BadKubeconfig {
        /// Which kubeconfig.
        place: String,
        /// What is wrong with it, and what would be right.
        why: String,
    },
    /// The proxy's address cannot be used.
    #[error("the proxy for {server} cannot be used: {why}; look at proxy-url in the kubeconfig, HTTPS_PROXY and NO_PROXY")]
    BadProxy {
        /// The API server.
        server: String,
        /// What is wrong.
        why: String,
    },
    /// No connection, or no answer.
    #[error("cannot reach the API server at {server}: {why}; check the address, the network, and whether a VPN or proxy is needed")]
    Unreachable {
        /// The API server.
        server: String,
        /// What happened.
        why: String,
    },
    /// The two sides do not agree on TLS.
    #[error("no TLS with {server}: {why}; check certificate-authority-data and the address in the kubeconfig")]
    TlsRefused {
        /// The API server.
        server: String,
        /// What happened.
        why: String,
    },
    /// The API server does not know who we are, or takes us for nobody.
    #[error("the API server at {server} does not accept the credentials: {why}; log in again, or choose another context with --context")]
    Unauthorized {
        /// The API server.
        server: String,
        /// What it said.
        why: String,
    },
    /// Whatever answers is no Kubernetes API server.
    #[error("what answers at {server} is no Kubernetes API server: {why}; check the address in the kubeconfig, and the proxy")]
    NotKubernetes {
        /// The address.
        server: String,
        /// What it answered.
        why: String,
    },
}

impl NoAccess {
    /// What a fault means when it is all there is.
    pub(crate) fn from_fault(server: &str, fault: Fault) -> Self {
        let (server, why) = (server.to_owned(), fault.to_string());
        match fault {
            Fault::Refused { status: 401 | 403, .. } | Fault::Credentials(_) => Self::Unauthorized { server, why },
            Fault::Refused { status: 429 | 500.., .. }
            | Fault::Silent(_)
            | Fault::Unconnected
            | Fault::Gone
            | Fault::Late
            | Fault::NodeSilent
            | Fault::Broken(_) => Self::Unreachable { server, why },
            Fault::Refused { .. } | Fault::TooLarge(_) => Self::NotKubernetes { server, why },
            Fault::Tls(_) => Self::TlsRefused { server, why },
        }
    }
}

/// Where to connect, under which name, and with what.
pub(crate) struct Target {
    pub(crate) context: String,
    pub(crate) server: String,
    /// The namespace that the context names, or `default`.
    pub(crate) namespace: String,
    pub(crate) client: kube::Client,
}

/// Reads the configuration and makes a client. Sends nothing, but may run the credential command that the kubeconfig names.
pub(crate) async fn target(access: &Access) -> Result<Target, NoAccess> {
    let (context, mut config) = configuration(access).await?;
    config.connect_timeout = Some(access.request_timeout.min(CONNECT_TIMEOUT_MAX));
    config.default_retry = false;
    let server = address(&config);
    let namespace = config.default_namespace.clone();
    let client = kube::Client::try_from(config).map_err(|error| match &error {
        kube::Error::ProxyProtocolUnsupported { .. } | kube::Error::ProxyProtocolDisabled { .. } => {
            NoAccess::BadProxy { server: server.clone(), why: "its protocol is neither http nor https".to_owned() }
        }
        _ => NoAccess::from_fault(&server, fault_of(&error)),
    })?;
    Ok(Target { context, server, namespace, client })
}

/// The server's address as it may be shown: without a user and password in it.
fn address(config: &Config) -> String {
    let text = config.cluster_url.to_string();
    let text = text.trim_end_matches('/');
    match (text.split_once("://"), text.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://{rest}"),
        _ => text.to_owned(),
    }
}

async fn configuration(access: &Access) -> Result<(String, Config), NoAccess> {
    let place = access.kubeconfig.as_ref().map_or("the kubeconfig".to_owned(), |path| format!("the kubeconfig `{}`", path.display()));
    let read = match &access.kubeconfig {
        Some(path) => Kubeconfig::read_from(path),
        None => Kubeconfig::read(),
    };
    let kubeconfig = match read {
        Ok(kubeconfig) => kubeconfig,
        Err(error) if access.kubeconfig.is_none() && access.context.is_none() && is_absent(&error) => return in_cluster(&error, access),
        Err(error) if is_absent(&error) => return Err(NoAccess::NoKubeconfig { looked: error.to_string() }),
        Err(error) => return Err(NoAccess::BadKubeconfig { place, why: words(&error) }),
    };
    let contexts: Vec<&str> = kubeconfig.contexts.iter().map(|context| context.name.as_str()).collect();
    let Some(context) = access.context.clone().or_else(|| kubeconfig.current_context.clone()).filter(|context| !context.is_empty()) else {
        let why = format!("it has no current context; choose one with --context: {}", contexts.join(", "));
        return Err(NoAccess::BadKubeconfig { place, why });
    };
    if !contexts.contains(&context.as_str()) {
        let why = format!("it has no context `{context}`; it has: {}", contexts.join(", "));
        return Err(NoAccess::BadKubeconfig { place, why });
    }
    let own_proxy = own_proxy(&kubeconfig, &context);
    let options = KubeConfigOptions { context: Some(context.clone()), cluster: None, user: None };
    let config = Config::from_custom_kubeconfig(kubeconfig, &options).await;
    let mut config = config.map_err(|error| match error {
        KubeconfigError::ParseProxyUrl(_) | KubeconfigError::ParseNoProxy(_) => {
            NoAccess::BadProxy { server: context.clone(), why: words(&error) }
        }
        _ => NoAccess::BadKubeconfig { place, why: words(&error) },
    })?;
    set_proxy(&mut config, own_proxy, access)?;
    Ok((context, config))
}

fn in_cluster(absent: &KubeconfigError, access: &Access) -> Result<(String, Config), NoAccess> {
    let mut config = Config::incluster().map_err(|_| NoAccess::NoKubeconfig { looked: absent.to_string() })?;
    set_proxy(&mut config, None, access)?;
    Ok(("in-cluster".to_owned(), config))
}

/// Decides on the proxy here, since the client library holds `NO_PROXY` against the proxy's address instead of the server's.
fn set_proxy(config: &mut Config, own: Option<String>, access: &Access) -> Result<(), NoAccess> {
    let host = config.cluster_url.host().unwrap_or_default();
    let port = config.cluster_url.port_u16().unwrap_or(443);
    let around = access.proxy.as_ref().filter(|proxy| !proxy.url.is_empty() && proxy.serves(host, port)).map(|proxy| proxy.url.clone());
    config.proxy_url = match own.or(around) {
        None => None,
        Some(url) => Some(url.parse().map_err(|_| {
            // The address may hold a password, so it is not repeated.
            NoAccess::BadProxy { server: address(config), why: "its address is no URL".to_owned() }
        })?),
    };
    Ok(())
}

fn own_proxy(kubeconfig: &Kubeconfig, context: &str) -> Option<String> {
    let context = kubeconfig.contexts.iter().find(|named| named.name == context)?.context.as_ref()?;
    let cluster = kubeconfig.clusters.iter().find(|named| named.name == context.cluster)?.cluster.as_ref()?;
    cluster.proxy_url.clone().filter(|url| !url.is_empty())
}

fn is_absent(error: &KubeconfigError) -> bool {
    match error {
        KubeconfigError::FindPath => true,
        KubeconfigError::ReadConfig(cause, _) => cause.kind() == std::io::ErrorKind::NotFound,
        _ => false,
    }
}

/// A YAML error can show the line it stumbled on, and tokens stand in a kubeconfig: only its first line is shown.
fn words(error: &KubeconfigError) -> String {
    match error {
        KubeconfigError::Parse(_) => "it is no YAML of a kubeconfig".to_owned(),
        _ => error.to_string().lines().next().unwrap_or_default().to_owned(),
    }
}
