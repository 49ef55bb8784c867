//! Which column of a kind's table is which field of the API.

use assent_base::Kind;

use super::{Row, typed_name, values};
use crate::piece::{Piece, access_modes, condition, put_pairs, put_selector};
use crate::tree::{Node, Value};

/// How a cell is written.
#[derive(Clone, Copy)]
enum Shape {
    /// The words themselves.
    Text,
    /// A number.
    Number,
    /// True or false.
    Truth,
    /// `a=b,c=d`
    Pairs,
    /// A label selector.
    Selector,
    /// A list, however it is bracketed.
    List,
    /// `RWO,ROX`
    Modes,
    /// `1/3`: the first number here, the second there.
    Over(&'static str),
    /// `Kind/name` as `kind` and `name`.
    Reference,
    /// `True` or `False` for a condition of this type.
    Condition(&'static str),
}
use Shape::{Condition, List, Modes, Number, Over, Pairs, Reference, Selector, Text, Truth};

/// Fills an object from the cells of its row.
pub(super) fn fill(root: &mut Node, kind: &Kind, row: &Row<'_>) {
    for (title, cell) in row {
        let cell = cell.trim();
        if special(root, kind, title, cell, row) || cell.is_absent() {
            continue;
        }
        match field(kind, title) {
            Some((path, shape)) => put(root, path, shape, cell),
            None => root.put(&["status", "printed", &camel(title)], cell.number_or_text()),
        }
    }
}

/// Columns of every kind, and those that need more than a path.
fn special(root: &mut Node, kind: &Kind, title: &str, cell: Piece<'_>, row: &Row<'_>) -> bool {
    let other = |wanted: &str| row.iter().find(|(title, _)| *title == wanted).and_then(|(_, cell)| cell.present());
    match (kind, title) {
        (_, "NAME") => name(root, kind, cell),
        (_, "NAMESPACE") if !cell.is_absent() => root.put(&["metadata", "namespace"], cell.node()),
        (_, "AGE") if !cell.is_absent() => root.put(&["metadata", "age"], cell.node()),
        (_, "CREATED AT") if !cell.is_absent() => root.put(&["metadata", "creationTimestamp"], cell.node()),
        (_, "LABELS") => put_pairs(root, &["metadata", "labels"], &cell.commas()),
        (Kind::Pod, "STATUS") => pod_status(root, cell),
        (Kind::Pod, "RESTARTS") => restarts(root, cell),
        (Kind::Pod, "NODE") if !cell.is_absent() => {
            root.put(&["spec", "nodeName"], cell.split_once("/").map_or(cell, |(node, _)| node).node());
        }
        (Kind::Job, "STATUS") => {
            root.put(&["status", "printed", "status"], cell.node());
            if matches!(cell.text, "Complete" | "Failed" | "Suspended" | "FailureTarget" | "SuccessCriteriaMet") {
                root.push(&["status", "conditions"], condition(cell.node(), cell.says("True")));
            }
        }
        (_, "CONTAINERS") => root.put(&containers_path(kind), values::containers(cell.present(), other("IMAGES"))),
        (_, "IMAGES") => {
            if other("CONTAINERS").is_none() {
                root.put(&containers_path(kind), values::containers(None, cell.present()));
            }
        }
        (Kind::Service, "PORT(S)") if !cell.is_absent() => root.put(&["spec", "ports"], values::service_ports(cell)),
        (Kind::Service, "EXTERNAL-IP") if !cell.is_absent() => external_ip(root, cell, other("TYPE")),
        (Kind::Endpoints, "ENDPOINTS") => root.put(&["subsets"], values::subsets(cell)),
        (Kind::EndpointSlice, "ENDPOINTS") => slice_endpoints(root, cell),
        (Kind::EndpointSlice, "PORTS") if !cell.is_absent() => {
            for port in values::shown(cell).commas() {
                let mut node = Node::map();
                node.put(&["port"], port.number_or_text());
                root.push(&["ports"], node);
            }
        }
        (Kind::Ingress, "HOSTS") => hosts(root, cell),
        (Kind::Ingress, "ADDRESS") if !cell.is_absent() => addresses(root, &["status", "loadBalancer", "ingress"], cell),
        (Kind::Gateway, "ADDRESS") if !cell.is_absent() => {
            let mut node = Node::map();
            node.put(&["value"], cell.node());
            root.push(&["status", "addresses"], node);
        }
        (Kind::Node, "STATUS") => node_status(root, cell),
        (Kind::Node, "INTERNAL-IP") if !cell.is_absent() => node_address(root, "InternalIP", cell),
        (Kind::Node, "EXTERNAL-IP") if !cell.is_absent() => node_address(root, "ExternalIP", cell),
        (Kind::PersistentVolumeClaim | Kind::PersistentVolume, "STATUS") if cell.text == "Terminating" => {
            root.put(&["status", "printed", "status"], cell.node());
        }
        (Kind::PersistentVolume, "CLAIM") if !cell.is_absent() => {
            if let Some((namespace, claim)) = cell.split_once("/") {
                root.put(&["spec", "claimRef", "namespace"], namespace.node());
                root.put(&["spec", "claimRef", "name"], claim.node());
            }
        }
        (Kind::ResourceQuota, "REQUEST" | "LIMIT") => values::put_quota(root, cell),
        (Kind::Node, "KERNEL-VERSION") if cell.text.ends_with(')') => {
            // Since 1.36: `6.12.0 (arm64)`.
            if let Some((version, rest)) = cell.split_once(" (") {
                root.put(&["status", "nodeInfo", "kernelVersion"], version.node());
                if let Some((architecture, _)) = rest.split_once(")") {
                    root.put(&["status", "nodeInfo", "architecture"], architecture.node());
                }
            }
        }
        (Kind::HorizontalPodAutoscaler, "TARGETS") if !cell.is_absent() => {
            root.put(&["status", "printed", "targets"], cell.node());
            values::put_targets(root, cell);
        }
        (Kind::PodDisruptionBudget, "MIN AVAILABLE" | "MAX UNAVAILABLE") if cell.text == "N/A" => {}
        (Kind::NetworkPolicy, "POD-SELECTOR") if cell.is_absent() => {
            root.put(&["spec", "podSelector"], cell.implies(Value::Map(Vec::new())));
        }
        (Kind::ComponentStatus, "STATUS") => {
            let healthy = cell.says(if cell.text == "Healthy" { "True" } else { "False" });
            root.push(&["conditions"], condition(cell.says("Healthy"), healthy));
        }
        (Kind::RoleBinding | Kind::ClusterRoleBinding, "USERS" | "GROUPS" | "SERVICEACCOUNTS") => subjects(root, title, cell),
        _ => return false,
    }
    true
}

/// The field of a column that needs nothing but a path.
fn field(kind: &Kind, title: &str) -> Option<(&'static [&'static str], Shape)> {
    Some(match (kind, title) {
        (Kind::Pod, "READY") => (&["status", "printed", "ready"], Over("total")),
        (Kind::Pod, "IP") => (&["status", "podIP"], Text),
        (Kind::Pod, "NOMINATED NODE") => (&["status", "nominatedNodeName"], Text),
        (Kind::Deployment | Kind::StatefulSet, "READY") => (&["status", "readyReplicas"], Over("spec/replicas")),
        (Kind::Deployment | Kind::StatefulSet, "UP-TO-DATE") => (&["status", "updatedReplicas"], Number),
        (Kind::Deployment | Kind::StatefulSet, "AVAILABLE") => (&["status", "availableReplicas"], Number),
        (Kind::Deployment | Kind::StatefulSet | Kind::ReplicaSet | Kind::ReplicationController, "DESIRED") => {
            (&["spec", "replicas"], Number)
        }
        (Kind::Deployment | Kind::StatefulSet | Kind::ReplicaSet | Kind::ReplicationController, "CURRENT") => {
            (&["status", "replicas"], Number)
        }
        (Kind::ReplicaSet | Kind::ReplicationController, "READY") => (&["status", "readyReplicas"], Number),
        (Kind::ReplicationController, "SELECTOR") => (&["spec", "selector"], Pairs),
        (Kind::Service, "SELECTOR") => (&["spec", "selector"], Pairs),
        (Kind::Deployment | Kind::ReplicaSet | Kind::StatefulSet | Kind::DaemonSet | Kind::Job, "SELECTOR") => {
            (&["spec", "selector"], Selector)
        }
        (Kind::DaemonSet, "DESIRED") => (&["status", "desiredNumberScheduled"], Number),
        (Kind::DaemonSet, "CURRENT") => (&["status", "currentNumberScheduled"], Number),
        (Kind::DaemonSet, "READY") => (&["status", "numberReady"], Number),
        (Kind::DaemonSet, "UP-TO-DATE") => (&["status", "updatedNumberScheduled"], Number),
        (Kind::DaemonSet, "AVAILABLE") => (&["status", "numberAvailable"], Number),
        (Kind::DaemonSet, "NODE SELECTOR") => (&["spec", "template", "spec", "nodeSelector"], Pairs),
        (Kind::Job, "COMPLETIONS") => (&["status", "succeeded"], Over("spec/completions")),
        (Kind::CronJob, "SCHEDULE") => (&["spec", "schedule"], Text),
        (Kind::CronJob, "TIMEZONE") => (&["spec", "timeZone"], Text),
        (Kind::CronJob, "SUSPEND") => (&["spec", "suspend"], Truth),
        (Kind::Service, "TYPE") => (&["spec", "type"], Text),
        (Kind::Service, "CLUSTER-IP") => (&["spec", "clusterIP"], Text),
        (Kind::EndpointSlice, "ADDRESSTYPE") => (&["addressType"], Text),
        (Kind::Ingress, "CLASS") => (&["spec", "ingressClassName"], Text),
        (Kind::IngressClass, "CONTROLLER") => (&["spec", "controller"], Text),
        (Kind::Node, "VERSION") => (&["status", "nodeInfo", "kubeletVersion"], Text),
        (Kind::Node, "OS-IMAGE") => (&["status", "nodeInfo", "osImage"], Text),
        (Kind::Node, "KERNEL-VERSION") => (&["status", "nodeInfo", "kernelVersion"], Text),
        (Kind::Node, "CONTAINER-RUNTIME") => (&["status", "nodeInfo", "containerRuntimeVersion"], Text),
        (Kind::Namespace | Kind::PersistentVolumeClaim | Kind::PersistentVolume, "STATUS") => (&["status", "phase"], Text),
        (Kind::Secret, "TYPE") => (&["type"], Text),
        (Kind::PersistentVolumeClaim, "VOLUME") => (&["spec", "volumeName"], Text),
        (Kind::PersistentVolumeClaim, "CAPACITY") => (&["status", "capacity", "storage"], Text),
        (Kind::PersistentVolumeClaim, "ACCESS MODES") => (&["status", "accessModes"], Modes),
        (Kind::PersistentVolume, "CAPACITY") => (&["spec", "capacity", "storage"], Text),
        (Kind::PersistentVolume, "ACCESS MODES") => (&["spec", "accessModes"], Modes),
        (Kind::PersistentVolume, "RECLAIM POLICY") => (&["spec", "persistentVolumeReclaimPolicy"], Text),
        (Kind::PersistentVolume, "REASON") => (&["status", "reason"], Text),
        (Kind::PersistentVolumeClaim | Kind::PersistentVolume, "STORAGECLASS") => (&["spec", "storageClassName"], Text),
        (Kind::PersistentVolumeClaim | Kind::PersistentVolume, "VOLUMEATTRIBUTESCLASS") => (&["spec", "volumeAttributesClassName"], Text),
        (Kind::PersistentVolumeClaim | Kind::PersistentVolume, "VOLUMEMODE") => (&["spec", "volumeMode"], Text),
        (Kind::StorageClass, "PROVISIONER") => (&["provisioner"], Text),
        (Kind::StorageClass, "RECLAIMPOLICY") => (&["reclaimPolicy"], Text),
        (Kind::StorageClass, "VOLUMEBINDINGMODE") => (&["volumeBindingMode"], Text),
        (Kind::StorageClass, "ALLOWVOLUMEEXPANSION") => (&["allowVolumeExpansion"], Truth),
        (Kind::HorizontalPodAutoscaler, "REFERENCE") => (&["spec", "scaleTargetRef"], Reference),
        (Kind::HorizontalPodAutoscaler, "MINPODS") => (&["spec", "minReplicas"], Number),
        (Kind::HorizontalPodAutoscaler, "MAXPODS") => (&["spec", "maxReplicas"], Number),
        (Kind::HorizontalPodAutoscaler, "REPLICAS") => (&["status", "currentReplicas"], Number),
        (Kind::PodDisruptionBudget, "MIN AVAILABLE") => (&["spec", "minAvailable"], Number),
        (Kind::PodDisruptionBudget, "MAX UNAVAILABLE") => (&["spec", "maxUnavailable"], Number),
        (Kind::PodDisruptionBudget, "ALLOWED DISRUPTIONS") => (&["status", "disruptionsAllowed"], Number),
        (Kind::PriorityClass, "VALUE") => (&["value"], Number),
        (Kind::PriorityClass, "GLOBAL-DEFAULT") => (&["globalDefault"], Truth),
        (Kind::PriorityClass, "PREEMPTIONPOLICY") => (&["preemptionPolicy"], Text),
        (Kind::NetworkPolicy, "POD-SELECTOR") => (&["spec", "podSelector"], Selector),
        (Kind::RoleBinding | Kind::ClusterRoleBinding, "ROLE") => (&["roleRef"], Reference),
        (Kind::GatewayClass, "CONTROLLER") => (&["spec", "controllerName"], Text),
        (Kind::GatewayClass, "ACCEPTED") => (&["status", "conditions"], Condition("Accepted")),
        (Kind::Gateway, "CLASS") => (&["spec", "gatewayClassName"], Text),
        (Kind::Gateway, "PROGRAMMED") => (&["status", "conditions"], Condition("Programmed")),
        (Kind::HTTPRoute | Kind::GRPCRoute | Kind::TLSRoute, "HOSTNAMES") => (&["spec", "hostnames"], List),
        (Kind::VirtualService, "GATEWAYS") => (&["spec", "gateways"], List),
        (Kind::VirtualService, "HOSTS") => (&["spec", "hosts"], List),
        (Kind::DestinationRule, "HOST") => (&["spec", "host"], Text),
        (Kind::PeerAuthentication, "MODE") => (&["spec", "mtls", "mode"], Text),
        (Kind::AuthorizationPolicy, "ACTION") => (&["spec", "action"], Text),
        (Kind::Lease, "HOLDER") => (&["spec", "holderIdentity"], Text),
        (Kind::RuntimeClass, "HANDLER") => (&["handler"], Text),
        (Kind::VolumeAttachment, "ATTACHER") => (&["spec", "attacher"], Text),
        (Kind::VolumeAttachment, "PV") => (&["spec", "source", "persistentVolumeName"], Text),
        (Kind::VolumeAttachment, "NODE") => (&["spec", "nodeName"], Text),
        (Kind::VolumeAttachment, "ATTACHED") => (&["status", "attached"], Truth),
        _ => return None,
    })
}

fn put(root: &mut Node, path: &[&str], shape: Shape, cell: Piece<'_>) {
    match shape {
        Text => root.put(path, cell.node()),
        Number => root.put(path, cell.number_or_text()),
        Truth => root.put(path, cell.truth().unwrap_or_else(|| cell.node())),
        Pairs => put_pairs(root, path, &cell.commas()),
        Selector => put_selector(root, path, cell),
        List => root.put(path, values::list(cell)),
        Modes => root.put(path, access_modes(cell)),
        Over(second) => {
            let Some((some, all)) = cell.split_once("/") else { return };
            let (Some(some), Some(all)) = (some.number(), all.leading()) else { return };
            root.put(path, cell.implies(Value::Int(some)));
            let whole: Vec<&str> = match path.split_last() {
                Some((_, head)) if !second.contains('/') => head.iter().copied().chain([second]).collect(),
                _ => second.split('/').collect(),
            };
            root.put(&whole, cell.implies(Value::Int(all)));
        }
        Reference => {
            if let Some((kind, name)) = cell.split_once("/") {
                root.put(path, Node::map());
                if let Some(target) = root.get_mut(path) {
                    target.put(&["kind"], kind.node());
                    target.put(&["name"], name.node());
                }
            }
        }
        Condition(kind) => root.push(path, condition(cell.says(kind), cell.node())),
    }
}

/// A name; `kind.group/name` and `standard (default)` carry more.
fn name(root: &mut Node, kind: &Kind, cell: Piece<'_>) {
    let own = typed_name(cell).map_or(cell, |(_, name)| name);
    match own.split_once(" (default)") {
        Some((name, _)) if *kind == Kind::StorageClass => {
            root.put(&["metadata", "name"], name.node());
            root.put(&["metadata", "annotations", "storageclass.kubernetes.io/is-default-class"], own.says("true"));
        }
        _ => root.put(&["metadata", "name"], own.node()),
    }
}

fn pod_status(root: &mut Node, cell: Piece<'_>) {
    root.put(&["status", "printed", "status"], cell.node());
    match cell.text {
        "Running" | "Pending" | "Succeeded" | "Failed" | "Unknown" => root.put(&["status", "phase"], cell.node()),
        "Completed" => root.put(&["status", "phase"], cell.says("Succeeded")),
        "Evicted" => {
            root.put(&["status", "phase"], cell.says("Failed"));
            root.put(&["status", "reason"], cell.node());
        }
        _ => {}
    }
}

/// `56 (4h43m ago)`
fn restarts(root: &mut Node, cell: Piece<'_>) {
    if let Some(count) = cell.leading() {
        root.put(&["status", "printed", "restarts"], cell.implies(Value::Int(count)));
    }
    if let Some(ago) = cell.between("(", " ago") {
        root.put(&["status", "printed", "restartedAgo"], ago.node());
    }
}

fn containers_path(kind: &Kind) -> Vec<&'static str> {
    match kind {
        Kind::CronJob => vec!["spec", "jobTemplate", "spec", "template", "spec", "containers"],
        _ => vec!["spec", "template", "spec", "containers"],
    }
}

fn external_ip(root: &mut Node, cell: Piece<'_>, service_type: Option<Piece<'_>>) {
    match service_type.map(|piece| piece.text) {
        Some("ExternalName") => root.put(&["spec", "externalName"], cell.node()),
        Some("LoadBalancer") if cell.text != "<pending>" => addresses(root, &["status", "loadBalancer", "ingress"], cell),
        Some("LoadBalancer") => root.put(&["status", "loadBalancer"], cell.implies(Value::Map(Vec::new()))),
        _ => {
            for address in cell.commas() {
                root.push(&["spec", "externalIPs"], address.node());
            }
        }
    }
}

/// Addresses of a load balancer: `ip` for numbers, `hostname` for names.
fn addresses(root: &mut Node, path: &[&str], cell: Piece<'_>) {
    for address in values::shown(cell).commas() {
        let is_ip = address.text.parse::<std::net::IpAddr>().is_ok();
        let mut node = Node::map();
        node.put(&[if is_ip { "ip" } else { "hostname" }], address.node());
        root.push(path, node);
    }
}

fn slice_endpoints(root: &mut Node, cell: Piece<'_>) {
    if cell.is_absent() {
        root.put(&["endpoints"], cell.implies(Value::List(Vec::new())));
        return;
    }
    for address in values::shown(cell).commas() {
        let mut node = Node::map();
        node.push(&["addresses"], address.node());
        root.push(&["endpoints"], node);
    }
}

fn hosts(root: &mut Node, cell: Piece<'_>) {
    for host in values::shown(cell).commas() {
        let mut node = Node::map();
        if host.text != "*" {
            node.put(&["host"], host.node());
        }
        root.push(&["spec", "rules"], node);
    }
}

/// `Ready,SchedulingDisabled`, `NotReady`, `Unknown`.
fn node_status(root: &mut Node, cell: Piece<'_>) {
    root.put(&["status", "printed", "status"], cell.node());
    for word in cell.commas() {
        match word.text {
            "SchedulingDisabled" => root.put(&["spec", "unschedulable"], word.implies(Value::Bool(true))),
            "Ready" => root.push(&["status", "conditions"], condition(word.says("Ready"), word.says("True"))),
            // NotReady is printed for False and for Unknown alike.
            "NotReady" => root.push(&["status", "conditions"], condition(word.says("Ready"), word.says("False"))),
            "Unknown" => root.push(&["status", "conditions"], condition(word.says("Ready"), word.says("Unknown"))),
            _ => {}
        }
    }
}

fn node_address(root: &mut Node, kind: &str, cell: Piece<'_>) {
    let mut node = Node::map();
    node.put(&["type"], cell.says(kind));
    node.put(&["address"], cell.node());
    root.push(&["status", "addresses"], node);
}

fn subjects(root: &mut Node, title: &str, cell: Piece<'_>) {
    let kind = match title {
        "USERS" => "User",
        "GROUPS" => "Group",
        _ => "ServiceAccount",
    };
    for subject in cell.present().map(Piece::commas).unwrap_or_default() {
        let mut node = Node::map();
        node.put(&["kind"], subject.says(kind));
        match subject.split_once("/").filter(|_| kind == "ServiceAccount") {
            Some((namespace, name)) => {
                node.put(&["namespace"], namespace.node());
                node.put(&["name"], name.node());
            }
            None => node.put(&["name"], subject.node()),
        }
        root.push(&["subjects"], node);
    }
}

/// `LAST SCHEDULE` as `lastSchedule`.
fn camel(title: &str) -> String {
    let mut out = String::new();
    for word in title.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let lower = word.to_lowercase();
        let mut chars = lower.chars();
        match chars.next() {
            Some(first) if !out.is_empty() => out.extend(first.to_uppercase()),
            Some(first) => out.push(first),
            None => {}
        }
        out.push_str(chars.as_str());
    }
    out
}
