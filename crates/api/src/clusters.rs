//! Clusters, and what connects them.

use assent_base::id::{ClusterId, EnvironmentId, KeyId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One API server that is watched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cluster {
    /// Its id.
    pub id: ClusterId,
    /// Its name, unique in its environment.
    pub name: String,
    /// Where it belongs.
    pub environment: EnvironmentId,
    /// What its observer may read.
    pub profiles: Vec<Profile>,
    /// How it is, as far as facts show.
    pub health: Health,
    /// Whether facts arrive.
    pub connection: Connection,
    /// When the observer was last heard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_at: Option<assent_base::Timestamp>,
    /// The UID of its `kube-system` namespace, stamped by the observer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster_uid: Option<String>,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kubernetes: Option<String>,
    /// What its observer says of itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observer: Option<ObserverState>,
    /// Open incidents.
    pub open_incidents: u32,
    /// Objects that are known.
    pub objects: u64,
    /// Facts that the platform fails to apply, and sets aside; absent if there are none. Each is a defect of the platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts_set_aside: Option<u64>,
    /// The observer's key; none of an in-process observer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyId>,
    /// When it was added.
    pub created_at: assent_base::Timestamp,
    /// Counts changes; the `ETag`.
    pub version: u64,
}

/// A set of read rights of an observer. `core` is always there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// Pods, nodes, namespaces, deployments, replicasets, services, endpoints, ingresses, events, configmaps.
    Core,
    /// Statefulsets, daemonsets, jobs, cronjobs, autoscalers, budgets, claims, volumes, storage classes, quotas, limit ranges, network policies, endpoint slices.
    Workloads,
    /// Logs of pods that are ill.
    Logs,
    /// metrics.k8s.io, and Prometheus where configured.
    Metrics,
    /// Argo CD, Flux, Helm metadata, Crossplane claims.
    Gitops,
    /// Testkube workflows and executions.
    Tests,
}

/// How a cluster is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// No facts yet, or none for long.
    Unknown,
    /// Facts arrive and show nothing wrong.
    Healthy,
    /// Something is wrong, nothing is broken.
    Degraded,
    /// Something is broken.
    Broken,
}

/// Whether facts arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Connection {
    /// The observer was never heard.
    Waiting,
    /// It was heard within two minutes.
    Connected,
    /// It was heard, but not lately.
    Silent,
    /// Its key is revoked.
    Revoked,
}

/// What an observer says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ObserverState {
    /// Its version.
    pub version: String,
    /// When it started.
    pub started_at: assent_base::Timestamp,
    /// Bytes waiting to be sent.
    pub buffered_bytes: u64,
    /// Signals that did not fit its buffer, since it started.
    pub dropped: u64,
    /// Values that it replaced, since it started.
    pub redacted: u64,
    /// Kinds that it was not granted or that are not served; none by default.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cannot_see: Vec<String>,
    /// Its resident memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
}

/// Adds a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateCluster {
    /// A DNS label.
    pub name: String,
    /// Where it belongs.
    pub environment: EnvironmentId,
    /// What to read besides `core`; nothing more by default.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub profiles: Vec<Profile>,
    /// The address under which its observer reaches this platform; the one of this request if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
}

/// The cluster and what to apply to it. The key stands in the manifest's Secret and is shown this once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCluster {
    /// The cluster.
    pub cluster: Cluster,
    /// YAML for `kubectl apply -f -`.
    pub manifest: String,
}

/// Changes a cluster. What is absent stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateCluster {
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<EnvironmentId>,
}

/// One cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClusterPath {
    /// Its id.
    pub cluster: ClusterId,
}

/// Which clusters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClusterQuery {
    /// Only of this environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<EnvironmentId>,
    /// Where to go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Entries at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}
