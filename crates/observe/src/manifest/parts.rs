//! Parts that the manifests of all our programs share: what is theirs in a cluster looks the same and is held to the same.
//!
//! A program is named by its last word: `observer` is `assent-observer` in the cluster.

use std::net::IpAddr;

use assent_base::Secret;

/// The user that programs run as: nobody's, in the usual images without a shell.
pub const USER: u32 = 65_532;
/// Longest value that a manifest takes from outside.
const VALUE_CHARS_MAX: usize = 2_048;

/// Why no manifest can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSpec {
    /// The address cannot be used.
    #[error("`{0}` is no address that a cluster can reach: it must start with `https://` and name a host")]
    Endpoint(String),
    /// No image is called so.
    #[error("`{0}` is no name of an image, such as `registry.example/assent-observer@sha256:…`")]
    Image(String),
    /// A value is empty, too long, or has characters that no such value has.
    #[error("the {0} has characters that cannot stand in a manifest, or is empty")]
    Value(&'static str),
}

/// A namespace of a program's own.
#[must_use]
pub fn namespace(name: &str) -> String {
    format!(
        "---\n\
         # A namespace of its own, so that nobody who may enter others can reach the key.\n\
         apiVersion: v1\n\
         kind: Namespace\n\
         metadata:\n\
         \x20 name: {name}\n\
         \x20 labels:\n\
         \x20   # The API server holds the pod to the strictest of the standard profiles.\n\
         \x20   pod-security.kubernetes.io/enforce: restricted\n"
    )
}

/// The service account of a program.
#[must_use]
pub fn account(program: &str, namespace: &str) -> String {
    format!(
        "---\n\
         # Who the {program} is to the API server.\n\
         apiVersion: v1\n\
         kind: ServiceAccount\n\
         metadata:\n\
         \x20 name: assent-{program}\n\
         \x20 namespace: {namespace}\n\
         # Only the pod below asks for a token.\n\
         automountServiceAccountToken: false\n"
    )
}

/// The Secret with the key of a program.
#[must_use]
pub fn key(program: &str, namespace: &str, key: &Secret) -> String {
    format!(
        "---\n\
         # The key that the {program} shows to Assent. It opens nothing in this cluster, and can be revoked at once.\n\
         apiVersion: v1\n\
         kind: Secret\n\
         metadata:\n\
         \x20 name: assent-{program}-key\n\
         \x20 namespace: {namespace}\n\
         type: Opaque\n\
         stringData:\n\
         \x20 key: {}\n",
        quoted(key.expose())
    )
}

/// What may come in to a program, and go out of it.
#[must_use]
pub fn network(program: &str, namespace: &str, target: &Target) -> String {
    format!(
        "---
# Nothing comes in, and only what is named here goes out.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: assent-{program}
  namespace: {namespace}
spec:
  podSelector:
    matchLabels: {{app.kubernetes.io/name: assent-{program}}}
  policyTypes: [Ingress, Egress]
  # No port is open to others.
  ingress: []
  egress:
    # Names, from the cluster's own DNS.
    - to:
        - namespaceSelector: {{}}
          podSelector:
            matchLabels: {{k8s-app: kube-dns}}
      ports:
        - {{protocol: UDP, port: 53}}
        - {{protocol: TCP, port: 53}}
    # The API server, by its usual ports: its address differs from cluster to cluster.
    - ports:
        - {{protocol: TCP, port: 443}}
        - {{protocol: TCP, port: 6443}}
{}",
        egress("Assent", &target.host, target.port)
    )
}

/// A way out in the network policy above, which ends in the list of them.
#[must_use]
pub fn egress(what: &str, host: &str, port: u16) -> String {
    let to = match host.parse::<IpAddr>() {
        Ok(address) => {
            let bits = if address.is_ipv4() { 32 } else { 128 };
            format!("    # {what}.\n    - to: [{{ipBlock: {{cidr: {}}}}}]\n      ports:\n", quoted(&format!("{address}/{bits}")))
        }
        Err(_) => format!("    # {what}, by its port: a network policy cannot name a host.\n    - ports:\n"),
    };
    format!("{to}        - {{protocol: TCP, port: {port}}}\n")
}

/// The part of an endpoint that a network policy can say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    host: String,
    port: u16,
}

impl Target {
    /// Reads an endpoint.
    ///
    /// # Errors
    /// When it is no address for a program in a cluster.
    pub fn parse(endpoint: &str) -> Result<Self, BadSpec> {
        let bad = || BadSpec::Endpoint(endpoint.chars().take(100).collect());
        let plain = endpoint.len() <= VALUE_CHARS_MAX && endpoint.chars().all(|c| c.is_ascii_graphic());
        let uri: http::Uri = endpoint.parse().ok().filter(|_| plain).ok_or_else(bad)?;
        // A user and password in an address would stand in a ConfigMap.
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@')).ok_or_else(bad)?;
        if uri.scheme_str() != Some("https") || authority.host().is_empty() || uri.query().is_some() {
            return Err(bad());
        }
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        Ok(Self { host, port: authority.port_u16().unwrap_or(443) })
    }
}

/// Checks a value that stands in a manifest.
///
/// # Errors
/// When it cannot be what it is said to be.
pub fn check(what: &'static str, text: &str) -> Result<(), BadSpec> {
    let plain = (1..=VALUE_CHARS_MAX).contains(&text.len()) && text.chars().all(|c| !c.is_control() && !c.is_whitespace());
    if plain { Ok(()) } else { Err(BadSpec::Value(what)) }
}

/// Checks a key.
///
/// # Errors
/// When it cannot be one.
pub fn check_key(key: &Secret) -> Result<(), BadSpec> {
    let plain = !key.expose().is_empty() && key.expose().chars().all(|c| c.is_ascii_graphic());
    if plain { Ok(()) } else { Err(BadSpec::Value("key")) }
}

/// A value as a JSON string, which is a YAML string too: no value can add lines.
#[must_use]
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
