//! Where objects are: request paths of the plan's target and of what stands around it.
//!
//! Names come from plans, which admit no others than Kubernetes does; they are escaped all the same.

use assent_base::Kind;
use assent_plan::plan::Target;
use assent_plan::resource;

/// One object.
pub(crate) fn object(target: &Target) -> String {
    of(&target.api_version, &target.resource, target.object.namespace.as_deref(), &target.object.name)
}

/// An object of a kind that controllers are of; none for others.
pub(crate) fn of_kind(kind: &Kind, namespace: Option<&str>, name: &str) -> Option<String> {
    let version = match kind {
        Kind::ReplicaSet => "apps/v1".to_owned(),
        Kind::ReplicationController => "v1".to_owned(),
        kind => resource::api_version(kind)?,
    };
    Some(of(&version, &kind.plural(), namespace, name))
}

/// The endpoint slices of a Service.
pub(crate) fn slices(namespace: &str, service: &str) -> String {
    let label = escaped("kubernetes.io/service-name=");
    format!(
        "/apis/discovery.k8s.io/v1/namespaces/{}/endpointslices?labelSelector={label}{}&limit=100",
        escaped(namespace),
        escaped(service)
    )
}

fn of(api_version: &str, resource: &str, namespace: Option<&str>, name: &str) -> String {
    let root = match api_version.split_once('/') {
        Some((group, version)) => format!("/apis/{}/{}", escaped(group), escaped(version)),
        None => format!("/api/{}", escaped(api_version)),
    };
    let place = namespace.map(|namespace| format!("/namespaces/{}", escaped(namespace))).unwrap_or_default();
    format!("{root}{place}/{}/{}", escaped(resource), escaped(name))
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_~".contains(&byte) || (byte == b'.' && text.bytes().any(|other| other != b'.')) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_a_name() {
        assert_eq!(of("apps/v1", "deployments", Some("shop"), "web.a"), "/apis/apps/v1/namespaces/shop/deployments/web.a");
        assert_eq!(of("v1", "nodes", None, "n1"), "/api/v1/nodes/n1");
        assert_eq!(of("v1", "pods", Some(".."), "x/../secrets?y"), "/api/v1/namespaces/%2E%2E/pods/x%2F..%2Fsecrets%3Fy");
        assert_eq!(
            slices("shop", "web"),
            "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dweb&limit=100"
        );
        assert_eq!(of_kind(&Kind::ReplicaSet, Some("shop"), "web-1").as_deref(), Some("/apis/apps/v1/namespaces/shop/replicasets/web-1"));
        assert_eq!(of_kind(&Kind::Secret, Some("shop"), "x"), None);
    }
}
