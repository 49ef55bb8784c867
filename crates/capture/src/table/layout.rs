//! Which columns kubectl prints for a kind, and which kind a header belongs to.
//!
//! Source: kubernetes/pkg/printers/internalversion, 1.16 to 1.36; for Gateway API and Istio the columns of their definitions.

use assent_base::Kind;

/// Columns that are always printed, and those that `-o wide` adds.
pub(crate) type Layout = (&'static [&'static str], &'static [&'static str]);

const CONTAINERS: &[&str] = &["CONTAINERS", "IMAGES", "SELECTOR"];
const NONE: &[&str] = &[];

/// The layouts of a kind, the present one first.
#[must_use]
pub(crate) fn layouts(kind: &Kind) -> &'static [Layout] {
    match kind {
        Kind::Pod => &[(&["NAME", "READY", "STATUS", "RESTARTS", "AGE"], &["IP", "NODE", "NOMINATED NODE", "READINESS GATES"])],
        Kind::Deployment => &[
            (&["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"], CONTAINERS),
            (&["NAME", "DESIRED", "CURRENT", "UP-TO-DATE", "AVAILABLE", "AGE"], CONTAINERS),
        ],
        Kind::ReplicaSet | Kind::ReplicationController => &[(&["NAME", "DESIRED", "CURRENT", "READY", "AGE"], CONTAINERS)],
        Kind::StatefulSet => &[(&["NAME", "READY", "AGE"], &["CONTAINERS", "IMAGES"])],
        Kind::DaemonSet => &[(&["NAME", "DESIRED", "CURRENT", "READY", "UP-TO-DATE", "AVAILABLE", "NODE SELECTOR", "AGE"], CONTAINERS)],
        Kind::Job => &[
            (&["NAME", "STATUS", "COMPLETIONS", "DURATION", "AGE"], CONTAINERS),
            (&["NAME", "COMPLETIONS", "DURATION", "AGE"], CONTAINERS),
        ],
        Kind::CronJob => &[
            (&["NAME", "SCHEDULE", "TIMEZONE", "SUSPEND", "ACTIVE", "LAST SCHEDULE", "AGE"], CONTAINERS),
            (&["NAME", "SCHEDULE", "SUSPEND", "ACTIVE", "LAST SCHEDULE", "AGE"], CONTAINERS),
        ],
        Kind::Service => &[(&["NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE"], &["SELECTOR"])],
        Kind::Endpoints => &[(&["NAME", "ENDPOINTS", "AGE"], NONE)],
        Kind::EndpointSlice => &[(&["NAME", "ADDRESSTYPE", "PORTS", "ENDPOINTS", "AGE"], NONE)],
        Kind::Ingress => &[
            (&["NAME", "CLASS", "HOSTS", "ADDRESS", "PORTS", "AGE"], NONE),
            (&["NAME", "CLASS", "HOSTS", "PORTS", "AGE"], NONE),
            (&["NAME", "HOSTS", "ADDRESS", "PORTS", "AGE"], NONE),
        ],
        Kind::IngressClass => &[(&["NAME", "CONTROLLER", "PARAMETERS", "AGE"], NONE)],
        Kind::Node => &[(
            &["NAME", "STATUS", "ROLES", "AGE", "VERSION"],
            &["INTERNAL-IP", "EXTERNAL-IP", "OS-IMAGE", "KERNEL-VERSION", "CONTAINER-RUNTIME"],
        )],
        Kind::Event => &[
            (&["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"], NONE),
            (&["LAST SEEN", "TYPE", "REASON", "OBJECT", "SUBOBJECT", "SOURCE", "MESSAGE", "FIRST SEEN", "COUNT", "NAME"], NONE),
            (&["LAST SEEN", "TYPE", "REASON", "OBJECT", "SOURCE", "MESSAGE", "FIRST SEEN", "COUNT", "NAME"], NONE),
        ],
        Kind::Namespace => &[(&["NAME", "STATUS", "AGE"], NONE)],
        Kind::Secret => &[(&["NAME", "TYPE", "DATA", "AGE"], NONE)],
        Kind::ConfigMap => &[(&["NAME", "DATA", "AGE"], NONE)],
        Kind::ServiceAccount => &[(&["NAME", "SECRETS", "AGE"], NONE)],
        Kind::PersistentVolume => &[
            (
                &[
                    "NAME",
                    "CAPACITY",
                    "ACCESS MODES",
                    "RECLAIM POLICY",
                    "STATUS",
                    "CLAIM",
                    "STORAGECLASS",
                    "VOLUMEATTRIBUTESCLASS",
                    "REASON",
                    "AGE",
                ],
                &["VOLUMEMODE"],
            ),
            (
                &["NAME", "CAPACITY", "ACCESS MODES", "RECLAIM POLICY", "STATUS", "CLAIM", "STORAGECLASS", "VOLUMEATTRIBUTESCLASS", "AGE"],
                &["VOLUMEMODE"],
            ),
            (&["NAME", "CAPACITY", "ACCESS MODES", "RECLAIM POLICY", "STATUS", "CLAIM", "STORAGECLASS", "AGE"], &["VOLUMEMODE"]),
            (&["NAME", "CAPACITY", "ACCESS MODES", "RECLAIM POLICY", "STATUS", "STORAGECLASS", "AGE"], &["VOLUMEMODE"]),
        ],
        Kind::PersistentVolumeClaim => &[
            (&["NAME", "STATUS", "VOLUME", "CAPACITY", "ACCESS MODES", "STORAGECLASS", "VOLUMEATTRIBUTESCLASS", "AGE"], &["VOLUMEMODE"]),
            (&["NAME", "STATUS", "VOLUME", "CAPACITY", "ACCESS MODES", "STORAGECLASS", "AGE"], &["VOLUMEMODE"]),
            (&["NAME", "STATUS", "STORAGECLASS", "VOLUMEATTRIBUTESCLASS", "AGE"], &["VOLUMEMODE"]),
            (&["NAME", "STATUS", "STORAGECLASS", "AGE"], &["VOLUMEMODE"]),
            (&["NAME", "STATUS", "AGE"], &["VOLUMEMODE"]),
        ],
        Kind::StorageClass => &[(&["NAME", "PROVISIONER", "RECLAIMPOLICY", "VOLUMEBINDINGMODE", "ALLOWVOLUMEEXPANSION", "AGE"], NONE)],
        Kind::ResourceQuota => &[
            (&["NAME", "REQUEST", "LIMIT", "AGE"], NONE),
            (&["NAME", "AGE", "REQUEST", "LIMIT"], NONE),
            (&["NAME", "REQUEST", "AGE"], NONE),
            (&["NAME", "AGE", "REQUEST"], NONE),
        ],
        Kind::LimitRange | Kind::Role | Kind::ClusterRole => &[(&["NAME", "CREATED AT"], NONE)],
        Kind::NetworkPolicy => &[(&["NAME", "POD-SELECTOR", "AGE"], NONE)],
        Kind::HorizontalPodAutoscaler => &[(&["NAME", "REFERENCE", "TARGETS", "MINPODS", "MAXPODS", "REPLICAS", "AGE"], NONE)],
        Kind::PodDisruptionBudget => &[(&["NAME", "MIN AVAILABLE", "MAX UNAVAILABLE", "ALLOWED DISRUPTIONS", "AGE"], NONE)],
        Kind::PriorityClass => {
            &[(&["NAME", "VALUE", "GLOBAL-DEFAULT", "AGE", "PREEMPTIONPOLICY"], NONE), (&["NAME", "VALUE", "GLOBAL-DEFAULT", "AGE"], NONE)]
        }
        Kind::MutatingWebhookConfiguration | Kind::ValidatingWebhookConfiguration => &[(&["NAME", "WEBHOOKS", "AGE"], NONE)],
        Kind::RoleBinding | Kind::ClusterRoleBinding => &[(&["NAME", "ROLE", "AGE"], &["USERS", "GROUPS", "SERVICEACCOUNTS"])],
        Kind::GatewayClass => &[(&["NAME", "CONTROLLER", "ACCEPTED", "AGE"], &["DESCRIPTION"])],
        Kind::Gateway => &[(&["NAME", "CLASS", "ADDRESS", "PROGRAMMED", "AGE"], NONE), (&["NAME", "CLASS", "PROGRAMMED", "AGE"], NONE)],
        Kind::HTTPRoute | Kind::GRPCRoute => &[(&["NAME", "HOSTNAMES", "AGE"], NONE)],
        Kind::TLSRoute | Kind::TCPRoute | Kind::ReferenceGrant => &[(&["NAME", "AGE"], NONE)],
        Kind::VirtualService => &[(&["NAME", "GATEWAYS", "HOSTS", "AGE"], NONE)],
        Kind::DestinationRule => &[(&["NAME", "HOST", "AGE"], NONE)],
        Kind::PeerAuthentication => &[(&["NAME", "MODE", "AGE"], NONE)],
        Kind::AuthorizationPolicy => &[(&["NAME", "ACTION", "AGE"], NONE), (&["NAME", "AGE"], NONE)],
        Kind::Lease => &[(&["NAME", "HOLDER", "AGE"], NONE)],
        Kind::RuntimeClass => &[(&["NAME", "HANDLER", "AGE"], NONE)],
        Kind::CSINode => &[(&["NAME", "DRIVERS", "AGE"], NONE)],
        Kind::VolumeAttachment => &[(&["NAME", "ATTACHER", "PV", "NODE", "ATTACHED", "AGE"], NONE)],
        Kind::ComponentStatus => &[(&["NAME", "STATUS", "MESSAGE", "ERROR"], NONE), (&["NAME", "STATUS", "MESSAGE"], NONE)],
        _ => &[],
    }
}

/// Columns by which a header gives its kind away, the most telling first.
const TELLING: [(Kind, &[&str]); 38] = [
    (Kind::Event, &["LAST SEEN", "REASON", "OBJECT"]),
    (Kind::Pod, &["READY", "STATUS", "RESTARTS"]),
    (Kind::DaemonSet, &["DESIRED", "CURRENT", "READY", "NODE SELECTOR"]),
    (Kind::Deployment, &["UP-TO-DATE", "AVAILABLE"]),
    (Kind::ReplicaSet, &["DESIRED", "CURRENT", "READY"]),
    (Kind::CronJob, &["SCHEDULE", "SUSPEND"]),
    (Kind::Job, &["COMPLETIONS", "DURATION"]),
    (Kind::Service, &["CLUSTER-IP", "PORT(S)"]),
    (Kind::EndpointSlice, &["ADDRESSTYPE", "ENDPOINTS"]),
    (Kind::Endpoints, &["ENDPOINTS"]),
    (Kind::Ingress, &["HOSTS", "PORTS"]),
    (Kind::Gateway, &["CLASS", "PROGRAMMED"]),
    (Kind::GatewayClass, &["CONTROLLER", "ACCEPTED"]),
    (Kind::IngressClass, &["CONTROLLER", "PARAMETERS"]),
    (Kind::Node, &["STATUS", "ROLES", "VERSION"]),
    (Kind::PersistentVolume, &["CAPACITY", "RECLAIM POLICY", "CLAIM"]),
    (Kind::PersistentVolumeClaim, &["STATUS", "VOLUME", "CAPACITY"]),
    (Kind::StorageClass, &["PROVISIONER", "VOLUMEBINDINGMODE"]),
    (Kind::ResourceQuota, &["REQUEST", "LIMIT"]),
    (Kind::HorizontalPodAutoscaler, &["REFERENCE", "MINPODS"]),
    (Kind::PodDisruptionBudget, &["MIN AVAILABLE", "MAX UNAVAILABLE"]),
    (Kind::PriorityClass, &["VALUE", "GLOBAL-DEFAULT"]),
    (Kind::NetworkPolicy, &["POD-SELECTOR"]),
    (Kind::VolumeAttachment, &["ATTACHER", "PV"]),
    (Kind::VirtualService, &["GATEWAYS", "HOSTS"]),
    (Kind::HTTPRoute, &["HOSTNAMES"]),
    (Kind::Secret, &["TYPE", "DATA"]),
    (Kind::ConfigMap, &["DATA"]),
    (Kind::ServiceAccount, &["SECRETS"]),
    (Kind::Lease, &["HOLDER"]),
    (Kind::RuntimeClass, &["HANDLER"]),
    (Kind::CSINode, &["DRIVERS"]),
    (Kind::RoleBinding, &["ROLE"]),
    (Kind::ComponentStatus, &["STATUS", "MESSAGE", "ERROR"]),
    (Kind::DestinationRule, &["HOST"]),
    (Kind::PeerAuthentication, &["MODE"]),
    (Kind::StatefulSet, &["READY"]),
    (Kind::Namespace, &["STATUS"]),
];

/// The kind whose columns these are. Where several kinds share them (both kinds of binding), the namespaced one.
#[must_use]
pub(crate) fn recognise(titles: &[&str]) -> Option<Kind> {
    let found = TELLING.iter().find(|(kind, telling)| {
        telling.iter().all(|title| titles.contains(title))
            && layouts(kind).iter().any(|(plain, wide)| {
                titles.iter().all(|title| plain.contains(title) || wide.contains(title) || matches!(*title, "NAMESPACE" | "LABELS"))
            })
    });
    found.map(|(kind, _)| kind.clone())
}

/// Whether a cell could stand in a column, by its form. Columns of free text take anything.
#[must_use]
pub(crate) fn fits(title: &str, cell: &str) -> bool {
    let absent = cell.starts_with('<') && cell.ends_with('>');
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let is_age = assent_base::time::span_s(cell).is_some() || absent;
    match title {
        "AGE" | "FIRST SEEN" => is_age,
        "LAST SEEN" | "LAST SCHEDULE" => is_age || cell.split(' ').next().is_some_and(|word| assent_base::time::span_s(word).is_some()),
        "DURATION" => is_age || cell.is_empty(),
        "READY" => {
            is_number(cell) || cell.split_once('/').is_some_and(|(a, b)| is_number(a) && is_number(b)) || cell == "True" || cell == "False"
        }
        "COMPLETIONS" => cell.contains('/'),
        "RESTARTS" => is_number(cell.split(' ').next().unwrap_or_default()),
        "DESIRED" | "CURRENT" | "UP-TO-DATE" | "AVAILABLE" | "ACTIVE" | "DATA" | "SECRETS" | "COUNT" | "WEBHOOKS" | "REPLICAS"
        | "MAXPODS" => is_number(cell) || absent,
        "SUSPEND" | "ALLOWVOLUMEEXPANSION" | "GLOBAL-DEFAULT" => {
            cell.eq_ignore_ascii_case("true") || cell.eq_ignore_ascii_case("false") || absent
        }
        "IP" | "INTERNAL-IP" => cell.contains(['.', ':']) || absent,
        "CLUSTER-IP" => cell.contains(['.', ':']) || absent || cell == "None" || cell.is_empty(),
        "TYPE" => !cell.is_empty() && !cell.contains(' '),
        "OBJECT" => cell.contains('/'),
        "VERSION" => cell.starts_with('v'),
        "LABELS" | "SELECTOR" | "POD-SELECTOR" => cell.contains('=') || cell.contains(" in (") || absent || !cell.contains(['.', ' ']),
        "NAME" | "NAMESPACE" | "NODE" => !cell.is_empty() && !absent_name(title, cell) && (!cell.contains(' ') || cell.ends_with(')')),
        "STATUS" => !cell.is_empty() && !cell.contains(' ') && !cell.contains('='),
        "CAPACITY" => cell.starts_with(|c: char| c.is_ascii_digit()),
        "ACCESS MODES" => cell.starts_with('R') || cell.is_empty(),
        "PORT(S)" => cell.contains('/') || absent,
        "REFERENCE" | "ROLE" => cell.contains('/'),
        _ => true,
    }
}

fn absent_name(title: &str, cell: &str) -> bool {
    title != "NODE" && (cell.starts_with('<') || cell.contains('='))
}
