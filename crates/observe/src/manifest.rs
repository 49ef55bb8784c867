//! The manifest that puts an observer into a cluster, and the role alone for those who write their own.
//!
//! It is text and no serialized structs, because it is read by people before it is applied: each line that grants or forbids something
//! says why it is there. Whatever comes from outside stands in it as a JSON string, which is a YAML string too, so no value can add lines.

use std::fmt::Write as _;

use assent_api::clusters::Profile;
use assent_base::Secret;

use crate::profile::{self, Right};

pub mod image;
pub mod parts;

pub use parts::BadSpec;
use parts::{Target, USER, check, quoted};

/// The namespace that the observer gets.
pub const NAMESPACE: &str = "assent-observer";
/// The Secret with the observer's credentials for NATS, under `user.creds`. Whoever keeps the NATS servers makes it.
pub const NATS_SECRET: &str = "assent-observer-nats";
/// The port of the health probe, on loopback.
pub const HEALTH_PORT: u16 = 8474;
/// Bytes that the buffer may have unless a [`Spec`] says otherwise.
pub const BUFFER_BYTES_MAX: u64 = 256 << 20;

/// What a manifest is made for.
#[derive(Debug, Clone)]
pub struct Spec {
    /// The cluster's name, as the platform knows it.
    pub cluster: String,
    /// Where the observer reaches the platform: `https://assent.example:8473`.
    pub endpoint: String,
    /// The observer's key.
    pub key: Secret,
    /// The image; best by its digest.
    pub image: String,
    /// What to read besides `core`.
    pub profiles: Vec<Profile>,
    /// The platform's own certificate authority, if no public one vouches for it.
    pub ca_pem: Option<String>,
    /// How many bytes the buffer may have.
    pub buffer_bytes_max: u64,
    /// A claim for the buffer, if it is to outlive the pod. Without one it outlives the container only.
    pub buffer_claim: Option<String>,
    /// NATS servers to go by; without them it goes by HTTPS alone.
    pub nats: Option<Nats>,
}

/// How the observer goes by NATS. Its credentials are none of Assent's: whoever keeps the servers puts them into [`NATS_SECRET`].
#[derive(Debug, Clone)]
pub struct Nats {
    /// The servers as the cluster reaches them.
    pub servers: Vec<NatsServer>,
    /// The servers' own certificate authority, if no public one vouches for them.
    pub ca_pem: Option<String>,
    /// What subjects begin with.
    pub subject_prefix: String,
    /// What subjects of answers to this observer begin with, and to no other.
    pub inbox_prefix: String,
}

/// A NATS server.
#[derive(Debug, Clone)]
pub struct NatsServer {
    /// `tls://nats.example:4222`.
    pub url: String,
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
}

/// Everything to `kubectl apply`: namespace, account, role, key, configuration, deployment and network policy.
///
/// # Errors
/// When a value cannot be what it is said to be.
pub fn manifest(spec: &Spec) -> Result<String, BadSpec> {
    let target = Target::parse(&spec.endpoint)?;
    check("cluster's name", &spec.cluster)?;
    let image = image::line("observer_image", &spec.image)?;
    if let Some(claim) = &spec.buffer_claim {
        check("claim's name", claim)?;
    }
    for server in spec.nats.iter().flat_map(|nats| &nats.servers) {
        check("NATS server's address", &server.url)?;
    }
    parts::check_key(&spec.key)?;
    let mut out = String::new();
    out.push_str("# Assent's observer: reads this cluster, and can do nothing else. Apply it with `kubectl apply -f`.\n");
    out.push_str(&parts::namespace(NAMESPACE));
    out.push_str(&parts::account("observer", NAMESPACE));
    out.push_str(&rbac(&spec.profiles));
    out.push_str(&binding());
    out.push_str(&parts::key("observer", NAMESPACE, &spec.key));
    out.push_str(&config(spec));
    out.push_str(&deployment(spec, &image));
    out.push_str(&parts::network("observer", NAMESPACE, &target));
    for server in spec.nats.iter().flat_map(|nats| &nats.servers) {
        out.push_str(&parts::egress("NATS", &server.host, server.port));
    }
    Ok(out)
}

/// The ClusterRole of these profiles, and nothing else.
#[must_use]
pub fn rbac(profiles: &[Profile]) -> String {
    let mut out = String::from(
        "---\n\
         # Everything that the observer may do. It reviews its own rights at each start, and does not run with more than this.\n\
         apiVersion: rbac.authorization.k8s.io/v1\n\
         kind: ClusterRole\n\
         metadata:\n\
         \x20 name: assent-observer\n\
         \x20 labels: {app.kubernetes.io/name: assent-observer}\n\
         rules:\n",
    );
    let rights = profile::rights(profiles);
    for profile in profile::PROFILES {
        let own: Vec<&Right> = rights.iter().filter(|right| right.profile == profile).copied().collect();
        if !own.is_empty() {
            let _ = writeln!(out, "  # {}: {}.", profile::word(profile), profile::purpose(profile));
        }
        for rule in rules(&own) {
            let _ = writeln!(out, "  - apiGroups: [{}]", quoted(rule.group));
            let resources: Vec<String> = rule.resources.iter().map(|resource| quoted(resource)).collect();
            let _ = writeln!(out, "    resources: [{}]", resources.join(", "));
            let verbs: Vec<String> = rule.verbs.iter().map(|verb| quoted(verb)).collect();
            let _ = writeln!(out, "    verbs: [{}]", verbs.join(", "));
        }
    }
    out
}

/// Rows that differ in their resource only.
struct Rule {
    group: &'static str,
    verbs: &'static [&'static str],
    resources: Vec<&'static str>,
}

fn rules(rights: &[&Right]) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    for right in rights {
        match rules.iter_mut().find(|rule| rule.group == right.group && rule.verbs == right.verbs) {
            Some(rule) => rule.resources.push(right.resource),
            None => rules.push(Rule { group: right.group, verbs: right.verbs, resources: vec![right.resource] }),
        }
    }
    rules
}

fn binding() -> String {
    format!(
        "---\n\
         # Gives the role to that account and to nobody else.\n\
         apiVersion: rbac.authorization.k8s.io/v1\n\
         kind: ClusterRoleBinding\n\
         metadata:\n\
         \x20 name: assent-observer\n\
         roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: assent-observer}}\n\
         subjects:\n\
         \x20 - {{kind: ServiceAccount, name: assent-observer, namespace: {NAMESPACE}}}\n"
    )
}

fn config(spec: &Spec) -> String {
    let mut out = format!(
        "---\n\
         # What the observer is told. A key that it does not know stops it.\n\
         apiVersion: v1\n\
         kind: ConfigMap\n\
         metadata:\n\
         \x20 name: assent-observer\n\
         \x20 namespace: {NAMESPACE}\n\
         data:\n\
         \x20 config.yaml: |\n"
    );
    let profiles: Vec<&str> = profile::PROFILES.into_iter().filter(|one| spec.profiles.contains(one)).map(profile::word).collect();
    let _ = writeln!(out, "    # The cluster {}, as Assent calls it.", quoted(&spec.cluster));
    let _ = writeln!(out, "    endpoint: {}", quoted(&spec.endpoint));
    let _ = writeln!(out, "    # What it reads besides `core`; the role above has to grant it.");
    let _ = writeln!(out, "    profiles: [{}]", profiles.join(", "));
    let _ = writeln!(out, "    buffer:");
    let _ = writeln!(out, "      dir: /var/lib/assent-observer");
    let _ = writeln!(out, "      # What waits for Assent while it cannot be reached; beyond this the oldest goes, and is counted.");
    let _ = writeln!(out, "      bytes_max: {}", spec.buffer_bytes_max);
    if let Some(pem) = &spec.ca_pem {
        let _ = writeln!(out, "    # Trusts this certificate authority, and no other.");
        let _ = writeln!(out, "    ca_file: /etc/assent-observer/ca.pem");
        nats(spec.nats.as_ref(), &mut out);
        let _ = writeln!(out, "  # Who vouches for Assent's certificate.");
        let _ = writeln!(out, "  ca.pem: {}", quoted(pem));
    } else {
        nats(spec.nats.as_ref(), &mut out);
    }
    if let Some(pem) = spec.nats.as_ref().and_then(|nats| nats.ca_pem.as_ref()) {
        let _ = writeln!(out, "  # Who vouches for the NATS servers' certificates.");
        let _ = writeln!(out, "  nats-ca.pem: {}", quoted(pem));
    }
    out
}

fn nats(nats: Option<&Nats>, out: &mut String) {
    let Some(nats) = nats else { return };
    let servers: Vec<String> = nats.servers.iter().map(|server| quoted(&server.url)).collect();
    let _ = writeln!(out, "    # What it sees goes by these; its key goes to the endpoint alone.");
    let _ = writeln!(out, "    nats:");
    let _ = writeln!(out, "      servers: [{}]", servers.join(", "));
    let _ = writeln!(out, "      subject_prefix: {}", quoted(&nats.subject_prefix));
    let _ = writeln!(out, "      inbox_prefix: {}", quoted(&nats.inbox_prefix));
    let _ = writeln!(out, "      credentials_file: /etc/assent-observer-nats/user.creds");
    if nats.ca_pem.is_some() {
        let _ = writeln!(out, "      ca_file: /etc/assent-observer/nats-ca.pem");
    }
}

fn deployment(spec: &Spec, image: &str) -> String {
    let (nats_mount, nats_volume) = match &spec.nats {
        Some(_) => (
            "            - {name: nats, mountPath: /etc/assent-observer-nats, readOnly: true}\n".to_owned(),
            format!(
                "        - name: nats\n\
                 \x20         # Made by whoever keeps the NATS servers, with `user.creds` in it; the pod waits for it.\n\
                 \x20         secret: {{secretName: {NATS_SECRET}, defaultMode: 0440}}\n"
            ),
        ),
        None => (String::new(), String::new()),
    };
    let size = spec.buffer_bytes_max.saturating_add(spec.buffer_bytes_max / 8).saturating_add(16 << 20) >> 20;
    let volume = match &spec.buffer_claim {
        Some(claim) => format!(
            "# Waits for Assent here while it cannot be reached, encrypted under the key; outlives the pod.\n\
             \x20         persistentVolumeClaim: {{claimName: {}}}",
            quoted(claim)
        ),
        None => format!(
            "# Waits for Assent here while it cannot be reached, encrypted under the key; goes with the pod.\n\
             \x20         emptyDir: {{sizeLimit: {size}Mi}}"
        ),
    };
    format!(
        "---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: assent-observer
  namespace: {NAMESPACE}
  labels: {{app.kubernetes.io/name: assent-observer}}
spec:
  # One, and never two at a time: a second one would only say everything twice.
  replicas: 1
  strategy: {{type: Recreate}}
  selector:
    matchLabels: {{app.kubernetes.io/name: assent-observer}}
  template:
    metadata:
      labels: {{app.kubernetes.io/name: assent-observer}}
    spec:
      serviceAccountName: assent-observer
      # The token with which it reads the API server.
      automountServiceAccountToken: true
      # It looks no service up in its environment.
      enableServiceLinks: false
      # Time to send what is buffered, or to seal it.
      terminationGracePeriodSeconds: 30
      securityContext:
        # No root, and no way to become it.
        runAsNonRoot: true
        runAsUser: {USER}
        runAsGroup: {USER}
        # The buffer's volume belongs to it.
        fsGroup: {USER}
        # The runtime's filter of system calls.
        seccompProfile: {{type: RuntimeDefault}}
      containers:
        - name: observer
{image}          args: [run, --config, /etc/assent-observer/config.yaml, --key-file, /etc/assent-observer-key/key]
          securityContext:
            # It writes to the buffer and nowhere else.
            readOnlyRootFilesystem: true
            allowPrivilegeEscalation: false
            capabilities: {{drop: [ALL]}}
          resources:
            # 10,000 pods were followed in 43 MB.
            requests: {{cpu: 10m, memory: 64Mi}}
            # Room for larger clusters; no limit of CPU, which would only make it late.
            limits: {{memory: 128Mi}}
          # Asked through the program itself: its health port listens on loopback, so that no other pod reaches it.
          livenessProbe:
            exec: {{command: [assent-observer, health]}}
            initialDelaySeconds: 10
            periodSeconds: 30
            timeoutSeconds: 5
          volumeMounts:
            - {{name: config, mountPath: /etc/assent-observer, readOnly: true}}
            - {{name: key, mountPath: /etc/assent-observer-key, readOnly: true}}
            - {{name: buffer, mountPath: /var/lib/assent-observer}}
{nats_mount}      volumes:
        - name: config
          configMap: {{name: assent-observer}}
        - name: key
          # Readable by the observer's group and by nobody else in the pod.
          secret: {{secretName: assent-observer-key, defaultMode: 0440}}
{nats_volume}        - name: buffer
          {volume}
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> Spec {
        Spec {
            cluster: "prod-eu".to_owned(),
            endpoint: "https://assent.example:8473".to_owned(),
            key: Secret::new("a-key-for-this-test".to_owned()),
            image: "registry.example/assent-observer:0.1.0".to_owned(),
            profiles: vec![Profile::Logs, Profile::Workloads],
            ca_pem: None,
            buffer_bytes_max: BUFFER_BYTES_MAX,
            buffer_claim: None,
            nats: None,
        }
    }

    #[test]
    fn the_manifest_reads_like_this() {
        insta::assert_snapshot!("manifest", manifest(&spec()).unwrap());
    }

    #[test]
    fn the_role_of_every_profile_reads_like_this() {
        insta::assert_snapshot!("rbac_all", rbac(&profile::PROFILES));
        insta::assert_snapshot!("rbac_core", rbac(&[]));
    }

    #[test]
    fn a_private_authority_a_claim_and_a_bare_address_have_their_lines() {
        let pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n".to_owned();
        let spec = Spec { ca_pem: Some(pem), buffer_claim: Some("buffer".to_owned()), endpoint: "https://192.0.2.7".to_owned(), ..spec() };
        let text = manifest(&spec).unwrap();
        assert!(text.contains("  ca.pem: \"-----BEGIN CERTIFICATE-----\\nMIIB\\n"), "{text}");
        assert!(text.contains("persistentVolumeClaim: {claimName: \"buffer\"}"));
        assert!(text.contains("ipBlock: {cidr: \"192.0.2.7/32\"}"));
    }

    #[test]
    fn nats_has_its_lines_and_its_way_out() {
        let server = |url: &str, host: &str| NatsServer { url: url.to_owned(), host: host.to_owned(), port: 4222 };
        let nats = Nats {
            servers: vec![server("tls://nats.example", "nats.example"), server("tls://192.0.2.9", "192.0.2.9")],
            ca_pem: Some("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n".to_owned()),
            subject_prefix: "assent".to_owned(),
            inbox_prefix: "_INBOX_cls_1".to_owned(),
        };
        let with = manifest(&Spec { nats: Some(nats.clone()), ..spec() }).unwrap();
        let plain = manifest(&spec()).unwrap();
        let added: Vec<&str> = with.lines().filter(|line| !plain.lines().any(|other| other == *line)).collect();
        insta::assert_snapshot!("manifest_nats_adds", added.join("\n"));
        let sly = Nats { servers: vec![server("tls://a\nb", "a")], ..nats };
        assert!(matches!(manifest(&Spec { nats: Some(sly), ..spec() }), Err(BadSpec::Value(_))));
    }

    #[test]
    fn no_value_adds_a_line_or_a_document() {
        let sly = "x\n---\nkind: ClusterRoleBinding";
        for bad in [
            Spec { cluster: sly.to_owned(), ..spec() },
            Spec { buffer_claim: Some(sly.to_owned()), ..spec() },
            Spec { key: Secret::new(sly.to_owned()), ..spec() },
        ] {
            assert!(matches!(manifest(&bad), Err(BadSpec::Value(_))), "{bad:?}");
        }
        let bad = Spec { image: sly.to_owned(), ..spec() };
        assert!(matches!(manifest(&bad), Err(BadSpec::Image(_))));
        for endpoint in
            ["http://assent.example", "assent.example", "https://u:p@assent.example", "https://", "https://a b", "https://a/?k=1"]
        {
            let bad = Spec { endpoint: endpoint.to_owned(), ..spec() };
            assert!(matches!(manifest(&bad), Err(BadSpec::Endpoint(_))), "{endpoint}");
        }
        let quoted = manifest(&Spec { ca_pem: Some(sly.to_owned()), ..spec() }).unwrap();
        assert_eq!(quoted.matches("\n---\n").count(), manifest(&spec()).unwrap().matches("\n---\n").count());
    }
}
