//! Containers: what a template asks for, and what a kubelet reports.
//!
//! A command or argument of several lines gives an item for each line, since describe does not print where one ends.

use super::block::Block;
use super::fields::{Field, Shape, put_fields};
use crate::piece::{PARTS_MAX, Piece};
use crate::tree::{Node, Value};

/// Where the containers of one section go: the list in the specification, and the list in the status.
pub(super) struct Places<'p> {
    pub(super) spec: &'p [&'p str],
    pub(super) status: Option<&'p [&'p str]>,
}

/// Puts every container of a section.
pub(super) fn put(root: &mut Node, section: &Block<'_>, places: &Places<'_>) {
    for block in &section.below {
        let Some(name) = block.key.filter(|_| block.value.is_empty()) else { continue };
        root.push(places.spec, specification(name, block));
        if let Some(path) = places.status
            && (block.get("State").is_some() || block.get("Container ID").is_some() || block.get("Restart Count").is_some())
        {
            root.push(path, status(name, block));
        }
    }
}

fn specification(name: Piece<'_>, block: &Block<'_>) -> Node {
    let mut node = Node::map();
    node.put(&["name"], name.node());
    put_fields(&mut node, &block.below, &[("Image", "image", Shape::Text)]);
    ports(&mut node, block);
    for (key, field) in [("Command", "command"), ("Args", "args")] {
        for line in block.get(key).map(Block::entries).unwrap_or_default() {
            node.push(&[field], line.node());
        }
    }
    for (key, field) in [("Limits", "limits"), ("Requests", "requests")] {
        for amount in block.get(key).map(|own| own.below.as_slice()).unwrap_or_default().iter().take(PARTS_MAX) {
            if let (Some(resource), Some(value)) = (amount.key, amount.present()) {
                node.put(&["resources", field, resource.text], value.node());
            }
        }
    }
    for (key, field) in [("Liveness", "livenessProbe"), ("Readiness", "readinessProbe"), ("Startup", "startupProbe")] {
        if let Some(value) = block.get(key).and_then(Block::present) {
            node.put(&[field], probe(value));
        }
    }
    env_from(&mut node, block);
    env(&mut node, block);
    mounts(&mut node, block);
    node
}

const STATUS: [Field; 4] = [
    ("Container ID", "containerID", Shape::Text),
    ("Image", "image", Shape::Text),
    ("Image ID", "imageID", Shape::Text),
    ("Restart Count", "restartCount", Shape::Number),
];

fn status(name: Piece<'_>, block: &Block<'_>) -> Node {
    let mut node = Node::map();
    node.put(&["name"], name.node());
    put_fields(&mut node, &block.below, &STATUS);
    put_fields(&mut node, &block.below, &[("Ready", "ready", Shape::Truth)]);
    for (key, field) in [("State", "state"), ("Last State", "lastState")] {
        let Some(own) = block.get(key) else { continue };
        let Some(value) = own.present() else { continue };
        let state = match value.text {
            "Running" => "running",
            "Waiting" => "waiting",
            "Terminated" => "terminated",
            _ => continue,
        };
        node.put(&[field, state], value.implies(Value::Map(Vec::new())));
        if let Some(target) = node.get_mut(&[field, state]) {
            put_fields(target, &own.below, &STATE);
        }
    }
    node
}

const STATE: [Field; 6] = [
    ("Reason", "reason", Shape::Text),
    ("Message", "message", Shape::Text),
    ("Exit Code", "exitCode", Shape::Number),
    ("Signal", "signal", Shape::Number),
    ("Started", "startedAt", Shape::Text),
    ("Finished", "finishedAt", Shape::Text),
];

/// `8080/TCP (http), 9090/TCP`
fn ports(node: &mut Node, block: &Block<'_>) {
    let list = |keys: [&str; 2]| {
        let found = keys.iter().find_map(|key| block.get(key)).and_then(Block::present);
        found.map(Piece::commas).unwrap_or_default()
    };
    let host = list(["Host Ports", "Host Port"]);
    for (index, part) in list(["Ports", "Port"]).into_iter().enumerate() {
        let (number, rest) = part.split_once("/").unwrap_or((part, part.from(part.text.len())));
        let Some(number) = number.number() else { continue };
        let mut port = Node::map();
        port.put(&["containerPort"], part.implies(Value::Int(number)));
        if let Some(protocol) = rest.words().first() {
            port.put(&["protocol"], protocol.node());
        }
        if let Some(name) = rest.between("(", ")") {
            port.put(&["name"], name.node());
        }
        if let Some((own, number)) = host.get(index).and_then(|own| Some((own, own.leading().filter(|number| *number > 0)?))) {
            port.put(&["hostPort"], own.implies(Value::Int(number)));
        }
        node.push(&["ports"], port);
    }
}

/// `http-get http://:8080/healthz delay=0s timeout=1s period=10s #success=1 #failure=3`. Every field is cited with the whole.
fn probe(value: Piece<'_>) -> Node {
    let mut node = Node::map();
    let attributes = value.text.find(" delay=").unwrap_or(value.text.len());
    let (action, timing) = (value.cut(0, attributes), value.from(attributes));
    if let Some(url) = action.text.strip_prefix("http-get ") {
        http_get(&mut node, value, url);
    } else if let Some(target) = action.text.strip_prefix("tcp-socket ") {
        let (host, port) = target.rsplit_once(':').unwrap_or(("", target));
        port_and_host(&mut node, "tcpSocket", value, host, port);
    } else if let Some(command) = action.text.strip_prefix("exec ") {
        node.put(&["exec", "command"], Node::synthetic(Value::List(Vec::new())));
        for word in command.trim_start_matches('[').trim_end_matches(']').split(' ').filter(|word| !word.is_empty()) {
            node.push(&["exec", "command"], value.says(word));
        }
    } else if let Some(target) = action.text.strip_prefix("grpc ") {
        let (target, service) = target.split_once(' ').unwrap_or((target, ""));
        port_and_host(&mut node, "grpc", value, "", target.rsplit(':').next().unwrap_or_default());
        if !service.trim().is_empty() {
            node.put(&["grpc", "service"], value.says(service.trim()));
        }
    }
    for word in timing.words() {
        let Some((key, amount)) = word.split_once("=") else { continue };
        let field = match key.text {
            "delay" => "initialDelaySeconds",
            "timeout" => "timeoutSeconds",
            "period" => "periodSeconds",
            "#success" => "successThreshold",
            "#failure" => "failureThreshold",
            _ => continue,
        };
        if let Some(amount) = amount.leading() {
            node.put(&[field], value.implies(Value::Int(amount)));
        }
    }
    node
}

fn http_get(node: &mut Node, whole: Piece<'_>, url: &str) {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let (target, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let (host, port) = target.rsplit_once(':').unwrap_or((target, ""));
    port_and_host(node, "httpGet", whole, host, port);
    node.put(&["httpGet", "path"], whole.says(if path.is_empty() { "/" } else { path }));
    node.put(&["httpGet", "scheme"], whole.says(scheme.to_ascii_uppercase()));
}

fn port_and_host(node: &mut Node, action: &str, whole: Piece<'_>, host: &str, port: &str) {
    let port = port.parse().map_or_else(|_| Value::Text(port.into()), Value::Int);
    node.put(&[action, "port"], whole.implies(port));
    if !host.is_empty() {
        node.put(&[action, "host"], whole.says(host.trim_matches(['[', ']'])));
    }
}

/// `settings  ConfigMap with prefix 'APP_'  Optional: false`
fn env_from(node: &mut Node, block: &Block<'_>) {
    for line in block.get("Environment Variables from").map(Block::entries).unwrap_or_default() {
        let words = line.words();
        let (Some(name), Some(kind)) = (words.first(), words.get(1)) else { continue };
        let field = match kind.text {
            "ConfigMap" => "configMapRef",
            "Secret" => "secretRef",
            _ => continue,
        };
        let mut entry = Node::map();
        entry.put(&[field, "name"], line.says(name.text));
        entry.put(&[field, "optional"], line.implies(Value::Bool(line.text.ends_with("true"))));
        if let Some(prefix) = line.between("with prefix '", "'") {
            entry.put(&["prefix"], prefix.node());
        }
        node.push(&["envFrom"], entry);
    }
}

fn env(node: &mut Node, block: &Block<'_>) {
    for own in block.get("Environment").map(|own| own.below.as_slice()).unwrap_or_default() {
        let Some(name) = own.key else { continue };
        let mut entry = Node::map();
        entry.put(&["name"], name.node());
        value_of(&mut entry, own);
        node.push(&["env"], entry);
    }
}

fn value_of(entry: &mut Node, block: &Block<'_>) {
    let value = block.value;
    let optional = value.implies(Value::Bool(value.text.ends_with("Optional: true")));
    for (open, field) in [("' in secret '", "secretKeyRef"), ("' of config map '", "configMapKeyRef")] {
        if value.text.starts_with("<set to the key '")
            && let (Some(key), Some(name)) = (value.between("<set to the key '", open), value.between(open, "'>"))
        {
            entry.put(&["valueFrom", field, "name"], value.says(name.text));
            entry.put(&["valueFrom", field, "key"], value.says(key.text));
            entry.put(&["valueFrom", field, "optional"], optional);
            return;
        }
    }
    if let Some((_, source)) = value.text.strip_suffix(')').and_then(|head| head.rsplit_once('(')) {
        if let Some(path) = source.strip_prefix("v1:") {
            entry.put(&["valueFrom", "fieldRef", "fieldPath"], value.says(path));
            return;
        }
        if source.starts_with("limits.") || source.starts_with("requests.") {
            entry.put(&["valueFrom", "resourceFieldRef", "resource"], value.says(source));
            return;
        }
    }
    if block.below.is_empty() {
        entry.put(&["value"], if value.is_empty() { block.line.says("") } else { value.node() });
    } else {
        let more: Vec<&str> = std::iter::once(value.text).chain(block.below.iter().map(|line| line.line.text)).collect();
        entry.put(&["value"], block.line.says(more.join("\n")));
    }
}

/// `/data from store (rw,path="sub")`
fn mounts(node: &mut Node, block: &Block<'_>) {
    for line in block.get("Mounts").map(Block::entries).unwrap_or_default() {
        let Some((path, rest)) = line.rsplit_once(" from ") else { continue };
        let (name, flags) = rest.split_once(" (").unwrap_or((rest, rest.from(rest.text.len())));
        let mut mount = Node::map();
        mount.put(&["mountPath"], line.says(path.text));
        mount.put(&["name"], line.says(name.text));
        mount.put(&["readOnly"], line.implies(Value::Bool(flags.text.starts_with("ro"))));
        if let Some(sub) = flags.between("path=\"", "\"") {
            mount.put(&["subPath"], line.says(sub.text));
        }
        node.push(&["volumeMounts"], mount);
    }
}
