//! Which kind a description is of, by the keys that only its describer prints.

use assent_base::Kind;

use super::block::{Block, find};
use crate::piece::Piece;

/// Keys that tell a kind, the most telling first.
const TELLING: [(Kind, &[&str]); 30] = [
    (Kind::Pod, &["QoS Class"]),
    (Kind::Pod, &["Node", "Containers"]),
    (Kind::Node, &["Roles", "Taints"]),
    (Kind::Node, &["Allocatable"]),
    (Kind::Deployment, &["StrategyType"]),
    (Kind::DaemonSet, &["Desired Number of Nodes Scheduled"]),
    (Kind::StatefulSet, &["Update Strategy"]),
    (Kind::CronJob, &["Schedule", "Concurrency Policy"]),
    (Kind::Job, &["Pods Statuses"]),
    (Kind::Job, &["Parallelism", "Completions"]),
    (Kind::ReplicaSet, &["Replicas", "Pods Status"]),
    (Kind::Service, &["Session Affinity"]),
    (Kind::Service, &["Selector", "Type"]),
    (Kind::EndpointSlice, &["AddressType"]),
    (Kind::Endpoints, &["Subsets"]),
    (Kind::Ingress, &["Rules", "Address"]),
    (Kind::HorizontalPodAutoscaler, &["Reference", "Min replicas"]),
    (Kind::PodDisruptionBudget, &["Min available"]),
    (Kind::PodDisruptionBudget, &["Max unavailable"]),
    (Kind::PersistentVolume, &["Reclaim Policy", "Claim"]),
    (Kind::PersistentVolumeClaim, &["StorageClass", "Volume"]),
    (Kind::StorageClass, &["IsDefaultClass"]),
    (Kind::StorageClass, &["Provisioner"]),
    (Kind::ServiceAccount, &["Mountable secrets"]),
    (Kind::Role, &["PolicyRule"]),
    (Kind::RoleBinding, &["Role", "Subjects"]),
    (Kind::PriorityClass, &["GlobalDefault"]),
    (Kind::IngressClass, &["Controller"]),
    (Kind::NetworkPolicy, &["Created on", "Spec"]),
    (Kind::Pod, &["Containers"]),
];

/// The kind. A generic tree says its own; a role without a namespace is taken for a role all the same, since describe prints none.
pub(super) fn kind(blocks: &[Block<'_>], data: &[Piece<'_>]) -> Kind {
    if let (Some(own), Some(_)) = (find(blocks, "Kind").and_then(Block::present), find(blocks, "API Version")) {
        return Kind::named(own.text);
    }
    if !data.is_empty() {
        return if find(blocks, "Type").is_some() { Kind::Secret } else { Kind::ConfigMap };
    }
    if let Some((kind, _)) = TELLING.iter().find(|(_, keys)| keys.iter().all(|key| find(blocks, key).is_some())) {
        return kind.clone();
    }
    let starts = |words: &str| blocks.iter().any(|block| block.line.text.split_whitespace().take(2).eq(words.split(' ')));
    if starts("Resource Used") {
        Kind::ResourceQuota
    } else if starts("Type Resource") {
        Kind::LimitRange
    } else if starts("No resource") || starts("No LimitRange") || starts("Resource Quotas") || starts("Resource Limits") {
        Kind::Namespace
    } else {
        Kind::Other("".into())
    }
}
