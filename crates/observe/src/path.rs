//! What may be asked of an API server: the closed list of request paths.
//!
//! Names from a user or a cluster are escaped here, so none of them can turn one request into another.

use assent_base::Kind;

use crate::profile::Right;

/// The path and query of one GET. None names Secrets, whatever it is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path {
    path: String,
    query: Vec<(&'static str, String)>,
}

/// A kind as this API server serves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resource {
    pub(crate) kind: Kind,
    pub(crate) group: Box<str>,
    pub(crate) version: Box<str>,
    pub(crate) plural: Box<str>,
    pub(crate) is_namespaced: bool,
}

impl Path {
    /// The server's version.
    pub(crate) fn version() -> Self {
        Self::plain("/version")
    }

    /// The versions and, where aggregated, the resources of the core group.
    pub(crate) fn core() -> Self {
        Self::plain("/api")
    }

    /// The other groups.
    pub(crate) fn groups() -> Self {
        Self::plain("/apis")
    }

    /// The control plane's own checks, one a line.
    pub(crate) fn ready() -> Self {
        Self::plain("/readyz").with("verbose", "")
    }

    /// The namespace whose UID stands for the cluster.
    pub(crate) fn kube_system() -> Self {
        Self::plain("/api/v1/namespaces/kube-system")
    }

    /// The resources of one version of a group.
    pub(crate) fn resources(group: &str, version: &str) -> Option<Self> {
        Some(Self::plain(&root(group, version)?))
    }

    /// The objects of a kind, in a namespace or in all.
    pub(crate) fn list(resource: &Resource, namespace: Option<&str>) -> Option<Self> {
        if resource.kind == Kind::Secret || resource.plural.eq_ignore_ascii_case("secrets") {
            return None;
        }
        let root = root(&resource.group, &resource.version)?;
        let plural = segment(&resource.plural)?;
        Some(match namespace.filter(|_| resource.is_namespaced) {
            Some(namespace) => Self::plain(&format!("{root}/namespaces/{}/{plural}", segment(namespace)?)),
            None => Self::plain(&format!("{root}/{plural}")),
        })
    }

    /// The objects of a row of the table of profiles, in a version of its group.
    pub(crate) fn rows(right: &Right, version: &str, namespace: Option<&str>) -> Option<Self> {
        Self::list(
            &Resource {
                kind: Kind::Other(right.kind.into()),
                group: right.group.into(),
                version: version.into(),
                plural: right.resource.into(),
                is_namespaced: right.is_namespaced,
            },
            namespace,
        )
    }

    /// The log of a container.
    pub(crate) fn log(namespace: &str, pod: &str, container: &str) -> Option<Self> {
        let path = format!("/api/v1/namespaces/{}/pods/{}/log", segment(namespace)?, segment(pod)?);
        Some(Self::plain(&path).with("container", container))
    }

    /// The same with one more parameter.
    #[must_use]
    pub(crate) fn with(mut self, key: &'static str, value: &str) -> Self {
        self.query.push((key, escaped(value)));
        self
    }

    /// The name of the source that this request gives: its path without the leading slash, so that it is a path in an archive too.
    pub(crate) fn source_name(&self) -> String {
        self.uri().trim_start_matches('/').to_owned()
    }

    /// As it stands in the request line.
    pub(crate) fn uri(&self) -> String {
        let mut uri = self.path.clone();
        for (index, (key, value)) in self.query.iter().enumerate() {
            uri.push(if index == 0 { '?' } else { '&' });
            uri.push_str(key);
            if !value.is_empty() {
                uri.push('=');
                uri.push_str(value);
            }
        }
        uri
    }

    fn plain(path: &str) -> Self {
        Self { path: path.to_owned(), query: Vec::new() }
    }
}

fn root(group: &str, version: &str) -> Option<String> {
    let version = segment(version)?;
    if group.is_empty() { Some(format!("/api/{version}")) } else { Some(format!("/apis/{}/{version}", segment(group)?)) }
}

/// One step of a path. Nothing for a name that no object has and that would move the path.
fn segment(name: &str) -> Option<String> {
    (!name.is_empty() && name != "." && name != "..").then(|| escaped(name))
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
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

    fn resource(kind: Kind, plural: &str) -> Resource {
        Resource { is_namespaced: kind.is_namespaced(), kind, group: "".into(), version: "v1".into(), plural: plural.into() }
    }

    #[test]
    fn no_path_names_secrets() {
        assert_eq!(Path::list(&resource(Kind::Secret, "secrets"), None), None);
        assert_eq!(Path::list(&resource(Kind::Secret, "pods"), None), None);
        assert_eq!(Path::list(&resource(Kind::Pod, "Secrets"), Some("shop")), None);
        assert_eq!(Path::list(&resource(Kind::Pod, "pods"), Some("..")), None);
        let sly = Path::list(&resource(Kind::Pod, "pods"), Some("shop/secrets?x=")).unwrap();
        assert_eq!(sly.uri(), "/api/v1/namespaces/shop%2Fsecrets%3Fx%3D/pods");
        let own_name = Path::list(&resource(Kind::Pod, "pods"), Some("secrets")).unwrap();
        assert_eq!(own_name.uri(), "/api/v1/namespaces/secrets/pods");
        let log = Path::log("shop", "../../secrets", "c&previous=true").unwrap().with("tailLines", "10");
        assert_eq!(log.uri(), "/api/v1/namespaces/shop/pods/..%2F..%2Fsecrets/log?container=c%26previous%3Dtrue&tailLines=10");
    }

    #[test]
    fn a_cluster_scoped_kind_is_listed_without_a_namespace() {
        assert_eq!(Path::list(&resource(Kind::Node, "nodes"), Some("shop")).unwrap().uri(), "/api/v1/nodes");
        assert_eq!(Path::ready().uri(), "/readyz?verbose");
    }
}
