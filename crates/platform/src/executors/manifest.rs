//! The manifest that puts an executor into a cluster.
//!
//! Like that of observers it is text, because somebody has to read it before they apply it: who may approve stands in it. What an executor
//! may do is taken from the very document that it will believe, so that its rights and its approvers cannot drift apart.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use assent_base::Secret;
use assent_execution::{Impersonated, Pinned};
use assent_observe::manifest::parts::{self, Target, USER, check, quoted};
use assent_observe::manifest::{BadSpec, image};

/// The namespace that an executor gets.
pub(crate) const NAMESPACE: &str = "assent-executor";
/// The user that plans are tried as before anybody has approved them.
pub(crate) const REHEARSER: &str = "assent:rehearsal";
/// Bytes of the volume that holds the journal of runs.
const STATE_MIB: u32 = 256;

/// What a manifest is made for.
#[derive(Debug)]
pub(crate) struct Spec<'a> {
    /// The cluster's name, as the platform knows it.
    pub(crate) cluster: &'a str,
    /// Where the executor reaches the platform.
    pub(crate) endpoint: &'a str,
    pub(crate) key: &'a Secret,
    pub(crate) image: &'a str,
    /// The platform's own certificate authority, if no public one vouches for it.
    pub(crate) ca_pem: Option<&'a str>,
    /// What is to be pinned, as a person reads it: YAML with comments.
    pub(crate) document: &'a str,
    /// The same, read.
    pub(crate) pinned: &'a Pinned,
}

/// Everything to `kubectl apply`.
pub(crate) fn manifest(spec: &Spec<'_>) -> Result<String, BadSpec> {
    let target = Target::parse(spec.endpoint)?;
    check("cluster's name", spec.cluster)?;
    let image = image::line("executor_image", spec.image)?;
    parts::check_key(spec.key)?;
    let mut out = String::from(
        "# Assent's executor: makes the changes that the people below have signed, as them, and can do nothing else.\n\
         # Read who may approve, in the ConfigMap `assent-executor-pinned`, before you apply this: the executor believes it, and not Assent.\n\
         # Apply it with `kubectl apply -f`.\n",
    );
    out.push_str(&parts::namespace(NAMESPACE));
    out.push_str(&parts::account("executor", NAMESPACE));
    out.push_str(&rights(&spec.pinned.impersonated()));
    out.push_str(&rehearsal(spec.pinned));
    out.push_str(&parts::key("executor", NAMESPACE, spec.key));
    out.push_str(&pinned(spec.document));
    out.push_str(&config(spec));
    out.push_str(&state());
    out.push_str(&deployment(&image));
    out.push_str(&parts::network("executor", NAMESPACE, &target));
    Ok(out)
}

/// The executor's own rights: to be one of these, and to know which cluster it is in.
fn rights(people: &BTreeSet<Impersonated>) -> String {
    let users: BTreeSet<&str> = people.iter().map(|one| one.user.as_str()).collect();
    let groups: BTreeSet<&str> = people.iter().flat_map(|one| &one.groups).map(String::as_str).collect();
    let list = |names: &BTreeSet<&str>| names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
    let mut out = String::from(
        "---\n\
         # Everything that the executor may do by itself: be one of the people below, whose own rights then decide, and read which cluster it is in.\n\
         # It reviews its rights at each start, and does not run with more. Whom you add to what is pinned, you add here too.\n\
         apiVersion: rbac.authorization.k8s.io/v1\n\
         kind: ClusterRole\n\
         metadata:\n\
         \x20 name: assent-executor\n\
         \x20 labels: {app.kubernetes.io/name: assent-executor}\n\
         rules:\n",
    );
    for (resource, names) in [("users", users), ("groups", groups)] {
        // A rule without names would be one for everybody.
        if !names.is_empty() {
            let _ = writeln!(out, "  - apiGroups: [\"\"]\n    resources: [{}]", quoted(resource));
            let _ = writeln!(out, "    verbs: [\"impersonate\"]\n    resourceNames: [{}]", list(&names));
        }
    }
    out.push_str(
        "  # The UID of this namespace tells this cluster from every other.\n\
         \x20 - apiGroups: [\"\"]\n\
         \x20   resources: [\"namespaces\"]\n\
         \x20   verbs: [\"get\"]\n\
         \x20   resourceNames: [\"kube-system\"]\n",
    );
    let account = format!("{{kind: ServiceAccount, name: assent-executor, namespace: {NAMESPACE}}}");
    out.push_str(&binding("assent-executor", "Gives the role to that account and to nobody else.", &account));
    out
}

fn binding(name: &str, why: &str, subject: &str) -> String {
    format!(
        "---\n\
         # {why}\n\
         apiVersion: rbac.authorization.k8s.io/v1\n\
         kind: ClusterRoleBinding\n\
         metadata:\n\
         \x20 name: {name}\n\
         roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {name}}}\n\
         subjects:\n\
         \x20 - {subject}\n"
    )
}

/// The rights of the user that plans are tried as, and what holds that user to trying.
fn rehearsal(pinned: &Pinned) -> String {
    let Some(rehearser) = &pinned.rules.rehearse_as else { return String::new() };
    let user = quoted(&rehearser.user);
    let actions: Vec<_> = pinned.rules.actions.iter().copied().collect();
    let role = assent_plan::resource::cluster_role("assent-rehearsal", &actions);
    let mut out = format!(
        "---\n\
         # What the user {user} may do, as whom plans are tried before anybody has approved them.\n\
         # RBAC cannot tell a trial from the change itself; the two documents after this one do.\n\
         {role}"
    );
    out.push_str(&binding("assent-rehearsal", "Gives the role to that user.", &format!("{{kind: User, name: {user}}}")));
    // In CEL a string is written as in JSON.
    let expression = quoted(&format!("request.userInfo.username == {user}"));
    let _ = write!(
        out,
        "---\n\
         # Holds that user to dry runs: the API server refuses whatever else it asks for. It takes Kubernetes 1.30; on an older one, remove this,\n\
         # the binding after it and `assent-rehearsal` above, and `rehearse_as` from what is pinned: then nothing is tried before it is approved.\n\
         apiVersion: admissionregistration.k8s.io/v1\n\
         kind: ValidatingAdmissionPolicy\n\
         metadata:\n\
         \x20 name: assent-rehearsal\n\
         spec:\n\
         \x20 failurePolicy: Fail\n\
         \x20 matchConstraints:\n\
         \x20   resourceRules:\n\
         \x20     - {{apiGroups: [\"*\"], apiVersions: [\"*\"], operations: [\"*\"], resources: [\"*/*\"]}}\n\
         \x20 matchConditions:\n\
         \x20   - {{name: is-the-rehearsal, expression: {expression}}}\n\
         \x20 validations:\n\
         \x20   - {{expression: \"has(request.dryRun) && request.dryRun\", message: \"this user tries changes, and makes none\"}}\n\
         ---\n\
         # Puts it in force.\n\
         apiVersion: admissionregistration.k8s.io/v1\n\
         kind: ValidatingAdmissionPolicyBinding\n\
         metadata:\n\
         \x20 name: assent-rehearsal\n\
         spec:\n\
         \x20 policyName: assent-rehearsal\n\
         \x20 validationActions: [Deny]\n"
    );
    out
}

/// What the executor believes.
fn pinned(document: &str) -> String {
    let mut out = format!(
        "---\n\
         # READ THIS. It is what the executor believes: who may approve, whom they are in this cluster, and what may be done at all.\n\
         # Assent has filled it in from what it knows. If an entry, a key or a rule is not what you expect, correct it before you apply it.\n\
         # Afterwards a change of it takes the signatures of those who were pinned before: see docs/executor.md.\n\
         apiVersion: v1\n\
         kind: ConfigMap\n\
         metadata:\n\
         \x20 name: assent-executor-pinned\n\
         \x20 namespace: {NAMESPACE}\n\
         data:\n\
         \x20 pinned.yaml: |\n"
    );
    for line in document.lines() {
        let _ = writeln!(out, "    {line}");
    }
    out
}

fn config(spec: &Spec<'_>) -> String {
    let mut out = format!(
        "---\n\
         # What the executor is told. A key that it does not know stops it.\n\
         apiVersion: v1\n\
         kind: ConfigMap\n\
         metadata:\n\
         \x20 name: assent-executor\n\
         \x20 namespace: {NAMESPACE}\n\
         data:\n\
         \x20 config.yaml: |\n"
    );
    let _ = writeln!(out, "    # The cluster {}, as Assent calls it.", quoted(spec.cluster));
    let _ = writeln!(out, "    endpoint: {}", quoted(spec.endpoint));
    let _ = writeln!(out, "    key_file: /etc/assent-executor-key/key");
    let _ = writeln!(out, "    pinned: /etc/assent-executor-pinned/pinned.yaml");
    let _ =
        writeln!(out, "    # Runs and used signatures. Whoever loses this folder loses what tells a warrant that was used from a new one.");
    let _ = writeln!(out, "    state: /var/lib/assent-executor");
    if let Some(pem) = spec.ca_pem {
        let _ = writeln!(out, "    # Trusts this certificate authority, and no other.");
        let _ = writeln!(out, "    ca_file: /etc/assent-executor/ca.pem");
        let _ = writeln!(out, "  # Who vouches for Assent's certificate.");
        let _ = writeln!(out, "  ca.pem: {}", quoted(pem));
    }
    out
}

fn state() -> String {
    format!(
        "---\n\
         # Runs and used signatures outlive the pod: a warrant opens something once.\n\
         apiVersion: v1\n\
         kind: PersistentVolumeClaim\n\
         metadata:\n\
         \x20 name: assent-executor-state\n\
         \x20 namespace: {NAMESPACE}\n\
         spec:\n\
         \x20 accessModes: [ReadWriteOnce]\n\
         \x20 resources: {{requests: {{storage: {STATE_MIB}Mi}}}}\n"
    )
}

fn deployment(image: &str) -> String {
    format!(
        "---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: assent-executor
  namespace: {NAMESPACE}
  labels: {{app.kubernetes.io/name: assent-executor}}
spec:
  # One, and never two at a time: the journal of runs has one writer.
  replicas: 1
  strategy: {{type: Recreate}}
  selector:
    matchLabels: {{app.kubernetes.io/name: assent-executor}}
  template:
    metadata:
      labels: {{app.kubernetes.io/name: assent-executor}}
    spec:
      serviceAccountName: assent-executor
      # The token with which it asks the API server, as one of the people above.
      automountServiceAccountToken: true
      # It looks no service up in its environment.
      enableServiceLinks: false
      # Time to end the request that is under way.
      terminationGracePeriodSeconds: 30
      securityContext:
        # No root, and no way to become it.
        runAsNonRoot: true
        runAsUser: {USER}
        runAsGroup: {USER}
        # The volume of its state belongs to it.
        fsGroup: {USER}
        # The runtime's filter of system calls.
        seccompProfile: {{type: RuntimeDefault}}
      containers:
        - name: executor
{image}          args: [run, --config, /etc/assent-executor/config.yaml]
          securityContext:
            # It writes to its state and nowhere else.
            readOnlyRootFilesystem: true
            allowPrivilegeEscalation: false
            capabilities: {{drop: [ALL]}}
          resources:
            requests: {{cpu: 10m, memory: 32Mi}}
            # Room for large objects; no limit of CPU, which would only make it late.
            limits: {{memory: 128Mi}}
          # Asked through the program itself: its health port listens on loopback, so that no other pod reaches it.
          livenessProbe:
            exec: {{command: [assent-executor, health]}}
            initialDelaySeconds: 10
            periodSeconds: 30
            timeoutSeconds: 5
          volumeMounts:
            - {{name: config, mountPath: /etc/assent-executor, readOnly: true}}
            - {{name: pinned, mountPath: /etc/assent-executor-pinned, readOnly: true}}
            - {{name: key, mountPath: /etc/assent-executor-key, readOnly: true}}
            - {{name: state, mountPath: /var/lib/assent-executor}}
      volumes:
        - name: config
          configMap: {{name: assent-executor}}
        - name: pinned
          configMap: {{name: assent-executor-pinned}}
        - name: key
          # Readable by the executor's group and by nobody else in the pod.
          secret: {{secretName: assent-executor-key, defaultMode: 0440}}
        - name: state
          persistentVolumeClaim: {{claimName: assent-executor-state}}
"
    )
}

#[cfg(test)]
mod tests {
    use assent_approval::keyring::{HeldKey, VoteKey};
    use assent_approval::webauthn::RelyingParty;
    use assent_base::Timestamp;
    use assent_base::id::{AccountId, ClusterId, RANDOM_BYTES, TenantId};

    use super::super::document::{Candidate, document};
    use super::*;

    const SSH: &str = include_str!("../../../approval/tests/vectors/ed25519.pub");

    #[test]
    fn the_manifest_reads_like_this() {
        let (text, pinned) = filled(&[candidate(1, "ada@example.com", true), candidate(2, "ben@example.com", false)]);
        insta::assert_snapshot!("manifest", with(&text, &pinned).expect("a manifest"));
    }

    #[test]
    fn nobody_with_a_key_means_that_nothing_can_be_approved_and_nobody_but_the_rehearsal_be_impersonated() {
        let (text, pinned) = filled(&[candidate(2, "ben@example.com", false)]);
        let manifest = with(&text, &pinned).expect("a manifest");
        assert!(pinned.approvers.is_empty() && manifest.contains("approvers: []"), "{manifest}");
        assert!(manifest.contains("resourceNames: [\"assent:rehearsal\"]"), "{manifest}");
        assert!(!manifest.contains("resources: [\"groups\"]"), "a rule without names would be one for everybody");
    }

    #[test]
    fn nobody_is_filled_in_who_cannot_be_a_user_or_is_there_already() {
        let sly = ["system:masters", "ada\n---\nkind: ClusterRoleBinding", "jürgen@example.com", "ada@example.com"];
        let mut all = vec![candidate(1, "ada@example.com", true)];
        all.extend((2..).zip(sly).map(|(seed, email)| candidate(seed, email, true)));
        let (text, pinned) = filled(&all);
        assert_eq!(pinned.approvers.iter().map(|one| one.user.as_str()).collect::<Vec<_>>(), ["ada@example.com"]);
        let manifest = with(&text, &pinned).expect("a manifest");
        let plain = with(&filled(&all[..1]).0, &pinned).expect("a manifest");
        assert_eq!(manifest.matches("\n---\n").count(), plain.matches("\n---\n").count());
    }

    #[test]
    fn no_more_are_asked_for_their_yes_than_there_are() {
        for people in 0..=1 {
            let all: Vec<Candidate> = (1..=people).map(|seed| candidate(seed, &format!("p{seed}@example.com"), true)).collect();
            let (text, pinned) = filled(&all);
            let terms = pinned.rules.terms;
            assert!([terms.low, terms.medium, terms.high, terms.exceptional].iter().all(|terms| terms.quorum == 1), "{text}");
            assert!(text.contains("Raise them as more people"), "{text}");
        }
    }

    #[test]
    fn the_defaults_keep_to_namespaces_and_to_the_catalogue() {
        let (_, pinned) = filled(&[]);
        let actions: Vec<&str> = pinned.rules.actions.iter().map(|action| action.as_str()).collect();
        for never in ["custom_patch", "cordon", "uncordon"] {
            assert!(!actions.contains(&never), "{never}");
        }
        assert!(!pinned.rules.cluster_scoped && pinned.rules.auto_approve.is_empty());
    }

    #[test]
    fn no_value_adds_a_line_or_a_document() {
        let (text, pinned) = filled(&[]);
        let key = Secret::new("a-key".to_owned());
        let sly = "x\n---\nkind: ClusterRoleBinding";
        let sly_key = Secret::new(sly.to_owned());
        for bad in [
            Spec { cluster: sly, ..spec(&key, &text, &pinned) },
            Spec { image: sly, ..spec(&key, &text, &pinned) },
            Spec { endpoint: "http://assent.example.com", ..spec(&key, &text, &pinned) },
            Spec { key: &sly_key, ..spec(&key, &text, &pinned) },
        ] {
            assert!(manifest(&bad).is_err(), "{bad:?}");
        }
    }

    fn candidate(seed: u8, email: &str, has_key: bool) -> Candidate {
        let key = VoteKey::Ssh(SSH.trim().parse().expect("a key"));
        let keys = if has_key { vec![HeldKey { key, valid_from: None, revoked_at: None }] } else { Vec::new() };
        Candidate { account: AccountId::new(Timestamp::UNIX_EPOCH, [seed; RANDOM_BYTES]), email: email.to_owned(), keys }
    }

    fn filled(candidates: &[Candidate]) -> (String, Pinned) {
        let party = RelyingParty::of_origin("https://assent.example.com").expect("a party");
        let at = Timestamp::UNIX_EPOCH;
        let place = (TenantId::new(at, [1; RANDOM_BYTES]), ClusterId::new(at, [2; RANDOM_BYTES]));
        document(place, (&party, "https://assent.example.com"), candidates).expect("a document")
    }

    fn spec<'a>(key: &'a Secret, document: &'a str, pinned: &'a Pinned) -> Spec<'a> {
        let (cluster, endpoint, image) = ("prod-eu", "https://assent.example.com:8473", "registry.example/assent-executor:0.1.0");
        Spec { cluster, endpoint, key, image, ca_pem: None, document, pinned }
    }

    fn with(document: &str, pinned: &Pinned) -> Result<String, BadSpec> {
        manifest(&spec(&Secret::new("a-key-for-this-test".to_owned()), document, pinned))
    }
}
