//! A real control plane, and namespaces in it that a test has to itself.

#[path = "../../../../testing/cluster/launched.rs"]
mod launched;

use std::path::Path;

use serde_json::{Value, json};

pub use self::launched::Cluster;
use super::program::{self, Said};

/// How often the API is asked for something that must come about. Each time takes a tenth of a second or more.
const ASKED_MAX: usize = 400;

impl Cluster {
    /// Creates what a manifest says.
    pub fn create(&self, manifest: &str) {
        self.ask(&["create", "-f", "-"], manifest).unwrap_or_else(|error| panic!("{error}\n{manifest}"));
    }

    /// Writes the statuses of what a manifest holds.
    pub fn replace_statuses(&self, manifest: &str) {
        self.ask(&["replace", "--subresource=status", "-f", "-"], manifest).unwrap_or_else(|error| panic!("{error}"));
    }

    /// Asks until the answer is good.
    pub fn until(&self, arguments: &[&str], good: impl Fn(&str) -> bool) -> String {
        let mut answer = Ok(String::new());
        for _ in 0..ASKED_MAX {
            answer = self.ask(arguments, "");
            if let Ok(text) = &answer
                && good(text)
            {
                return text.clone();
            }
        }
        panic!("kubectl {arguments:?} never gave what was waited for; at last: {answer:?}")
    }

    /// A node with room for pods, and no kubelet: it says what a test writes.
    pub fn node(&self, name: &str, fields: &Value) {
        let mut node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}}});
        merge(&mut node, fields);
        self.create(&node.to_string());
        let room = json!({"cpu": "8", "memory": "16Gi", "pods": "110"});
        let ready = json!({"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "kubelet is posting ready status"});
        self.status("", &format!("node/{name}"), &json!({"capacity": room, "allocatable": room, "conditions": [ready]}));
    }

    /// Writes a status, as the component that owns it would.
    pub fn status(&self, namespace: &str, object: &str, status: &Value) {
        let patch = json!({ "status": status }).to_string();
        let scope = format!("--namespace={namespace}");
        self.kubectl(&[&scope, "patch", object, "--subresource=status", "--type=merge", "--patch", &patch]);
    }

    /// A namespace with its service account.
    pub fn world(&self, namespace: &str) -> World<'_> {
        self.labelled_world(namespace, &json!({}))
    }

    /// A namespace with these labels.
    pub fn labelled_world(&self, namespace: &str, labels: &Value) -> World<'_> {
        self.create(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": labels}}).to_string());
        let world = World { cluster: self, namespace: namespace.to_owned() };
        world.kubectl(&["wait", "--for=create", "serviceaccount/default", "--timeout=60s"]);
        world
    }

    /// Runs the program as the reader, keeps what it read, and checks all that must hold of any run.
    pub fn investigate(&self, further: &[&str]) -> Seen {
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("seen.tar.gz");
        let saved = archive.to_str().unwrap();
        let said = self.assent(&self.reader, &[further, &["--save", saved, "-o", "json"]].concat());
        let report = said.report();
        let verified = program::assent_reads(&["verify", "-", "--against", saved], said.out.as_bytes());
        assert_eq!(verified.code, 0, "{}{}", verified.out, verified.err);
        let again = program::assent(&[&["investigate", saved, "-o", "json"], further].concat());
        let (first, second) = (Seen { code: said.code, report }, Seen { code: again.code, report: again.report() });
        assert_eq!(first.named(), second.named(), "the saved archive gives another answer");
        self.assert_only_read();
        first
    }

    /// Runs the program as the user of a kubeconfig.
    pub fn assent(&self, kubeconfig: &Path, further: &[&str]) -> Said {
        program::assent(&[&["investigate", "--kubeconfig", kubeconfig.to_str().unwrap()], further].concat())
    }

    /// The server's own log says that the reader has read, and never asked for a Secret.
    pub fn assert_only_read(&self) {
        let mut requests = 0;
        for request in self.audit(|_| true).iter().filter(|request| request["user"]["username"] == "reader") {
            let (verb, uri) = (request["verb"].as_str().unwrap(), request["requestURI"].as_str().unwrap());
            assert!(matches!(verb, "get" | "list" | "watch"), "{verb} {uri}");
            assert!(request["objectRef"]["resource"] != "secrets" && !uri.contains("/secrets"), "{verb} {uri}");
            requests += 1;
        }
        assert!(requests > 0, "the reader has asked nothing");
    }
}

/// Copies the fields of one JSON object into another, maps within maps.
fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}

/// One namespace, which a test has to itself.
pub struct World<'c> {
    pub cluster: &'c Cluster,
    pub namespace: String,
}

impl World<'_> {
    /// Runs kubectl in this namespace.
    pub fn kubectl(&self, arguments: &[&str]) -> String {
        self.cluster.kubectl(&[&["--namespace", &self.namespace], arguments].concat())
    }

    /// Creates what a manifest says, in this namespace.
    pub fn create(&self, manifest: &str) {
        self.cluster
            .ask(&["--namespace", &self.namespace, "create", "-f", "-"], manifest)
            .unwrap_or_else(|error| panic!("{error}\n{manifest}"));
    }

    /// A deployment of one pod, its fields beyond the usual written over.
    pub fn deployment(&self, name: &str, pod_spec: &Value) {
        let mut spec = json!({"containers": [{"name": "main", "image": format!("registry.example/{name}:1.0")}]});
        merge(&mut spec, pod_spec);
        self.create(
            &json!({
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {"name": name},
                "spec": {
                    "replicas": 1,
                    "selector": {"matchLabels": {"app": name}},
                    "template": {"metadata": {"labels": {"app": name}}, "spec": spec},
                },
            })
            .to_string(),
        );
    }

    /// The one pod with this label `app`, once a node has it.
    pub fn scheduled_pod(&self, app: &str) -> String {
        let label = format!("--selector=app={app}");
        let wanted =
            ["--namespace", &self.namespace, "get", "pods", &label, "--output=jsonpath={.items[?(@.spec.nodeName)].metadata.name}"];
        self.cluster.until(&wanted, |name| !name.is_empty())
    }

    /// Waits until an event with this reason and these words is there.
    pub fn await_event(&self, reason: &str, words: &str) {
        let field = format!("--field-selector=reason={reason}");
        let wanted = ["--namespace", &self.namespace, "get", "events", &field, "--output=jsonpath={.items[*].message}"];
        self.cluster.until(&wanted, |messages| messages.contains(words));
    }

    /// Writes the status of a pod, as its kubelet would.
    pub fn pod_status(&self, pod: &str, status: &Value) {
        self.cluster.status(&self.namespace, &format!("pod/{pod}"), status);
    }

    /// Makes a pod run and be ready.
    pub fn pod_runs(&self, pod: &str) {
        let now = self.kubectl(&["get", "pod", pod, "--output=jsonpath={.metadata.creationTimestamp}"]);
        self.pod_status(
            pod,
            &json!({
                "phase": "Running",
                "podIP": "10.1.0.7",
                "podIPs": [{"ip": "10.1.0.7"}],
                "startTime": now,
                "conditions": conditions("True", &now),
                "containerStatuses": [{
                    "name": "main", "image": "registry.example/main:1.0", "imageID": "registry.example/main@sha256:00",
                    "ready": true, "started": true, "restartCount": 0, "state": {"running": {"startedAt": now}},
                }],
            }),
        );
    }

    /// Makes the only container of a pod wait for a reason, and writes the event of the kubelet that goes with it.
    pub fn pod_waits(&self, pod: &str, reason: &str, message: &str, event: (&str, &str)) {
        let now = self.kubectl(&["get", "pod", pod, "--output=jsonpath={.metadata.creationTimestamp}"]);
        self.pod_status(
            pod,
            &json!({
                "phase": "Pending",
                "startTime": now,
                "conditions": conditions("False", &now),
                "containerStatuses": [{
                    "name": "main", "image": "registry.example/main:1.0", "imageID": "",
                    "ready": false, "started": false, "restartCount": 0,
                    "state": {"waiting": {"reason": reason, "message": message}},
                }],
            }),
        );
        self.kubelet_event(pod, event.0, event.1);
    }

    /// Writes a warning of the kubelet about a pod.
    pub fn kubelet_event(&self, pod: &str, reason: &str, message: &str) {
        let asked = ["get", "pod", pod, "--output=jsonpath={.metadata.uid} {.metadata.creationTimestamp}"];
        let found = self.kubectl(&asked);
        let (uid, now) = found.split_once(' ').unwrap();
        self.create(
            &json!({
                "apiVersion": "v1", "kind": "Event",
                "metadata": {"name": format!("{pod}.{}", reason.to_lowercase())},
                "involvedObject": {
                    "apiVersion": "v1", "kind": "Pod", "name": pod, "namespace": self.namespace, "uid": uid,
                    "fieldPath": "spec.containers{main}",
                },
                "type": "Warning", "reason": reason, "message": message, "count": 3,
                "firstTimestamp": now, "lastTimestamp": now,
                "source": {"component": "kubelet", "host": "worker-1"}, "reportingComponent": "kubelet",
            })
            .to_string(),
        );
    }

    /// Runs the program on this namespace.
    pub fn investigate(&self) -> Seen {
        self.cluster.investigate(&["-n", &self.namespace])
    }
}

/// The conditions of a pod that is on its node.
pub fn conditions(ready: &str, now: &str) -> Value {
    let told = [("PodScheduled", "True"), ("Initialized", "True"), ("ContainersReady", ready), ("Ready", ready)];
    let told = told.map(|(kind, status)| json!({"type": kind, "status": status, "lastTransitionTime": now}));
    Value::Array(told.to_vec())
}

/// What the program found.
pub struct Seen {
    pub code: i32,
    pub report: Value,
}

impl Seen {
    /// Exit code, verdict, and each cause with its entity.
    pub fn named(&self) -> (i32, String, Vec<String>) {
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let causes = self.report["root_causes"].as_array().unwrap().iter().map(|cause| {
            let entity = &cause["entity"];
            format!("{}: {} {}", word(&cause["cause"]), word(&entity["kind"]), word(&entity["name"]))
        });
        (self.code, word(&self.report["verdict"]), causes.collect())
    }

    /// Exactly this is the cause: `image.not_found: Deployment web`. Its statement holds these words.
    pub fn is(&self, cause: &str, words: &[&str]) {
        let shown = format!("{:#}", self.report);
        assert_eq!(self.named(), (1, "root_cause".to_owned(), vec![cause.to_owned()]), "{shown}");
        let statement = self.report["root_causes"][0]["statement"].as_str().unwrap();
        for word in words {
            assert!(statement.contains(word), "`{word}` is not in: {statement}");
        }
    }

    /// Something is wrong with what bears this name or one that begins with it, nothing proves why, and this would settle it.
    pub fn is_open(&self, name: &str, settled_by: &str) {
        let shown = format!("{:#}", self.report);
        assert_eq!(self.named(), (2, "inconclusive".to_owned(), vec![]), "{shown}");
        let mut found = self.report["findings"].as_array().unwrap().iter().filter_map(|finding| finding["entity"]["name"].as_str());
        assert!(found.any(|own| own.starts_with(name)), "{shown}");
        assert!(self.report["missing_evidence"].to_string().contains(settled_by), "{shown}");
    }

    /// What could not be read, as one text.
    pub fn unread(&self) -> String {
        self.report["input"]["unread"].to_string()
    }
}
