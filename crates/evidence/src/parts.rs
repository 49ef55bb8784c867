//! Ties of what serves or guards a whole cluster: its DNS, scheduler, controllers and proxies, and the policies of a mesh.
//!
//! What serves everything would tie everything to everything. So only those are tied whose trouble the input can show: pods with
//! a log to the DNS Service, pods without a node to the scheduler. A path follows such a tie from who serves to whom it serves only.

use std::collections::{BTreeMap, BTreeSet};

use assent_base::{Kind, ObjectRef};

use crate::address::Address;
use crate::entity::Entity;
use crate::graph::{EntityId, Graph, Relation};
use crate::labels;

/// The namespace whose mesh policies hold everywhere.
const MESH_ROOT: &str = "istio-system";
/// The namespace of the cluster's own parts.
const SYSTEM: &str = "kube-system";

/// Adds them.
pub(crate) fn add(graph: &Graph, ties: &mut BTreeSet<(EntityId, Relation, EntityId)>) {
    let mut system: BTreeMap<&str, Vec<Entity<'_>>> = BTreeMap::new();
    for part in ["kube-scheduler", "kube-controller-manager", "kube-proxy"] {
        let own = |pod: &Entity<'_>| {
            let named = pod.name().strip_prefix(part).is_some_and(|rest| rest.starts_with('-'));
            pod.namespace() == Some(SYSTEM) && (named || pod.label("k8s-app") == Some(part) || pod.label("component") == Some(part))
        };
        let mut found: Vec<Entity<'_>> = graph.of_kind(&Kind::Pod).filter(own).collect();
        found.extend(graph.object(Kind::Lease, Some(SYSTEM), part));
        system.insert(part, found);
    }
    let parts = |part: &str| system.get(part).map_or(&[][..], Vec::as_slice);
    for pod in graph.of_kind(&Kind::Pod) {
        let node = pod.at("spec/nodeName");
        for scheduler in parts("kube-scheduler").iter().filter(|own| !node.exists() && own.id != pod.id) {
            ties.insert((scheduler.id, Relation::Serves, pod.id));
        }
        let beside = |own: &&Entity<'_>| node.text().is_some() && own.at("spec/nodeName").text() == node.text() && own.id != pod.id;
        for proxy in parts("kube-proxy").iter().filter(beside) {
            ties.insert((proxy.id, Relation::Serves, pod.id));
        }
    }
    for workload in graph.of_kind(&Kind::Deployment) {
        for manager in parts("kube-controller-manager") {
            ties.insert((manager.id, Relation::Serves, workload.id));
        }
    }
    dns(graph, ties);
    mesh(graph, ties);
}

fn dns(graph: &Graph, ties: &mut BTreeSet<(EntityId, Relation, EntityId)>) {
    let services = graph.of_kind(&Kind::Service).filter(|service| service.namespace() == Some(SYSTEM));
    let Some(service) = services.into_iter().find(|own| own.name() == "kube-dns" || own.label("k8s-app") == Some("kube-dns")) else {
        return;
    };
    for of in graph.set.logs.iter().filter_map(|stream| graph.id(&stream.of)) {
        ties.insert((service.id, Relation::Serves, of));
    }
}

fn mesh(graph: &Graph, ties: &mut BTreeSet<(EntityId, Relation, EntityId)>) {
    for policy in graph.of_kind(&Kind::AuthorizationPolicy).chain(graph.of_kind(&Kind::PeerAuthentication)) {
        let whole = policy.namespace() == Some(MESH_ROOT);
        for pod in graph.of_kind(&Kind::Pod).filter(|pod| whole || pod.namespace() == policy.namespace()) {
            if labels::selector_selects(policy.at("spec/selector"), pod.at("metadata/labels")) {
                ties.insert((pod.id, Relation::GuardedBy, policy.id));
            }
        }
    }
    for rule in graph.of_kind(&Kind::DestinationRule) {
        let host = Address { host: rule.at("spec/host").text_or_empty().to_ascii_lowercase(), port: None };
        if let Some((name, namespace)) = host.service(rule.namespace())
            && let Some(service) = graph.id(&ObjectRef::new(Kind::Service, namespace, name))
        {
            ties.insert((rule.id, Relation::References, service));
        }
    }
}
