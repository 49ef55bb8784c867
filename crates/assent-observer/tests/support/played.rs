//! An API server on loopback, played: ConfigMaps, Pods and Events that change, in lists and watches, a thread for each connection.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

/// What the profile `core` reads: the group, the plural, and the kind.
const CORE: [(&str, &str, &str); 10] = [
    ("", "pods", "Pod"),
    ("", "nodes", "Node"),
    ("", "namespaces", "Namespace"),
    ("apps", "deployments", "Deployment"),
    ("apps", "replicasets", "ReplicaSet"),
    ("", "services", "Service"),
    ("", "endpoints", "Endpoints"),
    ("networking.k8s.io", "ingresses", "Ingress"),
    ("", "events", "Event"),
    ("", "configmaps", "ConfigMap"),
];
/// How long a watch waits for a change before it looks whether the observer is still there.
const WATCH_TICK: Duration = Duration::from_millis(200);

/// Each change, with its resource version as place: the kind, and the object as it then was.
#[derive(Default)]
struct Changes {
    log: Vec<(String, Value)>,
    now: BTreeMap<(String, String), Value>,
}

/// The server.
pub struct Played {
    address: String,
    changes: Arc<(Mutex<Changes>, Condvar)>,
}

impl Played {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let changes: Arc<(Mutex<Changes>, Condvar)> = Arc::default();
        let shared = changes.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = shared.clone();
                // A connection that is cut by a kill is none.
                std::thread::spawn(move || while let Ok(true) = serve(&stream, &shared) {});
            }
        });
        let played = Self { address, changes };
        played.put("Namespace", "kube-system", &json!({}));
        played
    }

    /// Makes or changes an object in namespace `shop`; gives its resource version.
    pub fn put(&self, kind: &str, name: &str, fields: &Value) -> u64 {
        let (changes, changed) = &*self.changes;
        let mut changes = changes.lock().unwrap();
        let version = changes.log.len() as u64 + 1;
        let mut object = fields.clone();
        object["apiVersion"] = json!("v1");
        object["kind"] = json!(kind);
        let mut metadata = json!({"name": name, "uid": format!("uid-{kind}-{name}"), "resourceVersion": version.to_string(),
            "creationTimestamp": "2026-04-14T09:00:02Z"});
        if kind != "Namespace" {
            metadata["namespace"] = json!("shop");
        }
        if let Some(annotations) = fields.pointer("/metadata/annotations") {
            metadata["annotations"] = annotations.clone();
        }
        object["metadata"] = metadata;
        changes.log.push((kind.to_owned(), object.clone()));
        changes.now.insert((kind.to_owned(), name.to_owned()), object);
        changed.notify_all();
        version
    }

    /// A kubeconfig for it.
    pub fn kubeconfig(&self, folder: &Path) -> PathBuf {
        let path = folder.join("kubeconfig.json");
        let config = json!({"apiVersion": "v1", "kind": "Config", "current-context": "played",
            "clusters": [{"name": "played", "cluster": {"server": self.address}}],
            "users": [{"name": "observer", "user": {"token": "played"}}],
            "contexts": [{"name": "played", "context": {"cluster": "played", "user": "observer"}}]});
        std::fs::write(&path, config.to_string()).unwrap();
        path
    }
}

/// Answers one request; whether another may follow on the connection.
fn serve(mut stream: &TcpStream, shared: &(Mutex<Changes>, Condvar)) -> std::io::Result<bool> {
    let mut reader = BufReader::new(stream);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(false);
        }
        if line.trim().is_empty() {
            break;
        }
        head.push(line.trim().to_owned());
    }
    let length = head.iter().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let uri = head[0].split(' ').nth(1).unwrap();
    let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
    if query.split('&').any(|pair| pair == "watch=true" || pair == "watch=1") {
        return watch(stream, path, query, shared);
    }
    let answer = answer(path, &body, shared);
    let (status, answer) = answer.map_or(("404 Not Found", json!({"kind": "Status", "code": 404})), |answer| ("200 OK", answer));
    let answer = answer.to_string();
    write!(stream, "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{answer}", answer.len())?;
    Ok(true)
}

fn answer(path: &str, body: &[u8], (changes, _): &(Mutex<Changes>, Condvar)) -> Option<Value> {
    let follow = ["get", "list", "watch"];
    match path {
        "/version" => return Some(json!({"major": "1", "minor": "36", "gitVersion": "v1.36.0"})),
        "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews" => {
            let rules: Vec<Value> =
                CORE.iter().map(|(group, plural, _)| json!({"verbs": follow, "apiGroups": [group], "resources": [plural]})).collect();
            return Some(json!({"status": {"resourceRules": rules, "nonResourceRules": [], "incomplete": false}}));
        }
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews" => {
            let review: Value = serde_json::from_slice(body).ok()?;
            let asked = &review["spec"]["resourceAttributes"];
            let row = |(group, plural, _): &(&str, &str, &str)| asked["group"] == *group && asked["resource"] == *plural;
            let plain = asked["subresource"].as_str().is_none_or(str::is_empty);
            let allowed = plain && CORE.iter().any(row) && follow.iter().any(|verb| asked["verb"] == *verb);
            return Some(json!({"status": {"allowed": allowed}}));
        }
        _ => {}
    }
    let changes = changes.lock().unwrap();
    if path == "/api/v1/namespaces/kube-system" {
        return changes.now.get(&("Namespace".to_owned(), "kube-system".to_owned())).cloned();
    }
    let kind = kind_of(path)?;
    let items: Vec<&Value> = changes.now.iter().filter(|((of, _), _)| of == kind).map(|(_, object)| object).collect();
    Some(
        json!({"kind": format!("{kind}List"), "apiVersion": "v1", "metadata": {"resourceVersion": changes.log.len().to_string()}, "items": items}),
    )
}

fn kind_of(path: &str) -> Option<&'static str> {
    let plural = path.rsplit('/').next()?;
    CORE.iter().find(|(_, known, _)| *known == plural).map(|(_, _, kind)| *kind)
}

/// Sends what changes after a resource version, for as long as somebody listens.
fn watch(mut stream: &TcpStream, path: &str, query: &str, (changes, changed): &(Mutex<Changes>, Condvar)) -> std::io::Result<bool> {
    let after = query.split('&').find_map(|pair| pair.strip_prefix("resourceVersion=")?.parse::<usize>().ok()).unwrap_or(0);
    let kind = kind_of(path).unwrap_or_default();
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n")?;
    let mut sent = after;
    loop {
        let lines: Vec<String> = {
            let waited = changes.lock().unwrap();
            let (waited, _) = changed.wait_timeout_while(waited, WATCH_TICK, |changes| changes.log.len() <= sent).unwrap();
            let new = &waited.log[sent.min(waited.log.len())..];
            sent = waited.log.len();
            let of_kind = new.iter().filter(|(of, _)| of == kind);
            of_kind.map(|(_, object)| json!({"type": "MODIFIED", "object": object}).to_string() + "\n").collect()
        };
        for line in lines {
            write!(stream, "{:x}\r\n{line}\r\n", line.len())?;
        }
        if is_closed(stream) {
            return Ok(false);
        }
    }
}

/// Whether the other side has gone.
fn is_closed(stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    let peeked = stream.peek(&mut [0]);
    stream.set_nonblocking(false).unwrap();
    matches!(peeked, Ok(0)) || peeked.is_err_and(|error| error.kind() != std::io::ErrorKind::WouldBlock)
}
