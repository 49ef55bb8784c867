//! Who calls and who is called, out of what OpenTelemetry says of them. Only what Kubernetes could have named so is taken.

use std::fmt;

use super::said::Attributes;

/// Bytes of a name.
const NAME_BYTES_MAX: usize = 253;
/// What a resource's own workload is called by, the surest first.
pub(super) const WORKLOAD: [&str; 4] = ["k8s.deployment.name", "k8s.statefulset.name", "k8s.daemonset.name", "service.name"];
/// What its namespace is called by.
pub(super) const NAMESPACE: [&str; 2] = ["k8s.namespace.name", "service.namespace"];
/// What a callee is called by.
pub(super) const CALLEE: [&str; 3] = ["server.address", "net.peer.name", "peer.service"];

/// A workload or a Service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Named {
    pub(super) namespace: Box<str>,
    pub(super) name: Box<str>,
}

impl fmt::Display for Named {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.namespace, self.name)
    }
}

impl Named {
    fn new(namespace: &str, name: &str) -> Option<Self> {
        (is_label(namespace) && is_name(name)).then(|| Self { namespace: namespace.into(), name: name.into() })
    }

    /// The workload that a resource is of.
    pub(super) fn of_resource(attributes: &Attributes<'_>) -> Option<Self> {
        let first = |keys: &[&str]| keys.iter().find_map(|key| attributes.text(key).filter(|text| !text.is_empty()));
        Self::new(first(&NAMESPACE)?, first(&WORKLOAD)?)
    }

    /// The Service that a caller in a namespace calls.
    pub(super) fn of_callee(attributes: &Attributes<'_>, own_namespace: &str) -> Option<Self> {
        CALLEE.iter().find_map(|key| Self::of_host(attributes.text(key)?, own_namespace))
    }

    /// `name`, `name.namespace` or `name.namespace.svc…`; whatever else a host may be is no Service.
    fn of_host(host: &str, own_namespace: &str) -> Option<Self> {
        let host = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit())).map_or(host, |(host, _)| host);
        let host = host.strip_suffix('.').unwrap_or(host);
        if host.len() > NAME_BYTES_MAX || host == "localhost" || host.parse::<std::net::IpAddr>().is_ok() {
            return None;
        }
        let parts: Vec<&str> = host.splitn(4, '.').collect();
        match parts.as_slice() {
            [name] => Self::new(own_namespace, name),
            [name, namespace] | [name, namespace, "svc"] | [name, namespace, "svc", _] => Self::new(namespace, name),
            _ => None,
        }
    }
}

fn is_name(text: &str) -> bool {
    text.len() <= NAME_BYTES_MAX && text.split('.').all(is_label)
}

/// A label of RFC 1123.
fn is_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&text.len()) && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_service_by_its_place_in_the_cluster() {
        let of = |host: &str| Named::of_host(host, "shop").map(|named| named.to_string());
        for (host, service) in [
            ("cart", "shop/cart"),
            ("cart:8080", "shop/cart"),
            ("ledger.billing", "billing/ledger"),
            ("ledger.billing.svc", "billing/ledger"),
            ("ledger.billing.svc.cluster.local.", "billing/ledger"),
        ] {
            assert_eq!(of(host).as_deref(), Some(service), "{host}");
        }
        for host in ["localhost", "10.0.0.1", "10.0.0.1:80", "::1", "api.eu.example.com", "", "Cart", "a b", "-a", "a/b", "..", "a..b"] {
            assert_eq!(of(host), None, "{host}");
        }
        assert_eq!(of(&"a".repeat(64)), None);
    }
}
