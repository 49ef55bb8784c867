//! Services, endpoints, ingresses and network policies.

use super::block::{Block, find};
use super::fields::{Field, Shape, put_fields, rows};
use crate::piece::{Piece, put_selector};
use crate::tree::{Node, Value};

const SERVICE: [Field; 13] = [
    ("Selector", "spec/selector", Shape::Pairs),
    ("Type", "spec/type", Shape::Text),
    ("IP Family Policy", "spec/ipFamilyPolicy", Shape::Text),
    ("IP Families", "spec/ipFamilies", Shape::List),
    ("IP", "spec/clusterIP", Shape::Text),
    ("External IPs", "spec/externalIPs", Shape::List),
    ("External Name", "spec/externalName", Shape::Text),
    ("Session Affinity", "spec/sessionAffinity", Shape::Text),
    ("External Traffic Policy", "spec/externalTrafficPolicy", Shape::Text),
    ("Internal Traffic Policy", "spec/internalTrafficPolicy", Shape::Text),
    ("LoadBalancer Source Ranges", "spec/loadBalancerSourceRanges", Shape::List),
    ("Traffic Distribution", "spec/trafficDistribution", Shape::Text),
    ("Publish Not Ready Addresses", "spec/publishNotReadyAddresses", Shape::Truth),
];

/// Puts the fields of a Service. What it prints of endpoints stays at `status/printedEndpoints`, an entry for each port.
pub(super) fn service(root: &mut Node, blocks: &[Block<'_>]) {
    put_fields(root, blocks, &SERVICE);
    if let Some(value) = find(blocks, "LoadBalancer Ingress").and_then(Block::present) {
        addresses(root, value);
    }
    let mut ports: Vec<Node> = Vec::new();
    for block in blocks {
        let (Some(key), value) = (block.key, block.value) else { continue };
        match key.text {
            "Port" => ports.extend(service_port(value)),
            "TargetPort" => {
                if let (Some(port), Some(target)) = (ports.last_mut(), value.present()) {
                    let own = target.split_once("/").map_or(target, |(own, _)| own);
                    port.put(&["targetPort"], own.number().map_or_else(|| own.node(), |number| target.implies(Value::Int(number))));
                }
            }
            "NodePort" => {
                if let (Some(port), Some(number)) = (ports.last_mut(), value.words().last().and_then(|word| word.leading())) {
                    port.put(&["nodePort"], value.implies(Value::Int(number)));
                }
            }
            "Endpoints" => root.push(&["status", "printedEndpoints"], printed_endpoints(block, ports.last())),
            _ => {}
        }
    }
    if !ports.is_empty() {
        root.put(&["spec", "ports"], Node::synthetic(Value::List(ports)));
    }
}

/// `http  80/TCP`
fn service_port(value: Piece<'_>) -> Option<Node> {
    let words = value.words();
    let (number, protocol) = words.last()?.split_once("/")?;
    let mut node = Node::map();
    if let Some(name) = words.first().filter(|name| words.len() > 1 && !name.is_absent()) {
        node.put(&["name"], value.says(name.text));
    }
    node.put(&["port"], value.implies(Value::Int(number.number()?)));
    node.put(&["protocol"], value.says(protocol.text));
    Some(node)
}

fn printed_endpoints(block: &Block<'_>, port: Option<&Node>) -> Node {
    let mut node = Node::map();
    if let Some(number) = port.cloned().and_then(|mut port| port.get_mut(&["port"]).cloned()) {
        node.put(&["port"], number);
    }
    node.put(&["addresses"], block.line.implies(Value::List(Vec::new())));
    let shown = block.value.split_once(" + ").map_or(block.value, |(head, _)| head);
    for address in shown.present().map(Piece::commas).unwrap_or_default() {
        node.push(&["addresses"], address.node());
    }
    node
}

fn addresses(root: &mut Node, value: Piece<'_>) {
    for address in value.commas() {
        let own = address.words().first().copied().unwrap_or(address);
        let field = if own.text.parse::<std::net::IpAddr>().is_ok() { "ip" } else { "hostname" };
        let mut node = Node::map();
        node.put(&[field], own.node());
        root.push(&["status", "loadBalancer", "ingress"], node);
    }
}

/// Puts the subsets of Endpoints.
pub(super) fn endpoints(root: &mut Node, blocks: &[Block<'_>]) {
    let Some(section) = find(blocks, "Subsets") else { return };
    root.put(&["subsets"], section.line.implies(Value::List(Vec::new())));
    let mut subset: Option<Node> = None;
    for block in &section.below {
        let Some(key) = block.key else { continue };
        if key.text == "Addresses" {
            subset.take().into_iter().for_each(|done| root.push(&["subsets"], done));
        }
        let own = subset.get_or_insert_with(Node::map);
        let field = match key.text {
            "Addresses" => "addresses",
            "NotReadyAddresses" => "notReadyAddresses",
            _ => {
                put_ports(own, block);
                continue;
            }
        };
        for address in block.present().map(Piece::commas).unwrap_or_default() {
            let mut node = Node::map();
            node.put(&["ip"], address.node());
            own.push(&[field], node);
        }
    }
    subset.into_iter().for_each(|done| root.push(&["subsets"], done));
}

/// The table `Name Port Protocol`.
fn put_ports(root: &mut Node, block: &Block<'_>) {
    for (line, row) in rows(&block.below) {
        let mut node = Node::map();
        for (title, cell) in row {
            match (title, cell.present()) {
                ("Name", Some(name)) => node.put(&["name"], line.says(name.text)),
                ("Port", Some(port)) => {
                    node.put(&["port"], port.number().map_or_else(|| port.node(), |number| line.implies(Value::Int(number))))
                }
                ("Protocol", Some(protocol)) => node.put(&["protocol"], line.says(protocol.text)),
                _ => {}
            }
        }
        root.push(&["ports"], node);
    }
}

/// Puts the fields of an EndpointSlice.
pub(super) fn endpoint_slice(root: &mut Node, blocks: &[Block<'_>]) {
    put_fields(root, blocks, &[("AddressType", "addressType", Shape::Text)]);
    if let Some(block) = find(blocks, "Ports") {
        put_ports(root, block);
    }
    let Some(section) = find(blocks, "Endpoints") else { return };
    root.put(&["endpoints"], section.line.implies(Value::List(Vec::new())));
    for block in section.below.iter().filter(|block| block.is("- Addresses")) {
        let mut node = Node::map();
        for address in block.present().map(Piece::commas).unwrap_or_default() {
            node.push(&["addresses"], address.node());
        }
        put_fields(
            &mut node,
            &block.below,
            &[
                ("Hostname", "hostname", Shape::Text),
                ("NodeName", "nodeName", Shape::Text),
                ("Zone", "zone", Shape::Text),
                ("TargetRef", "targetRef", Shape::Reference),
            ],
        );
        if let Some(conditions) = block.get("Conditions") {
            let fields = [("Ready", "conditions/ready", Shape::Truth), ("Serving", "conditions/serving", Shape::Truth)];
            put_fields(&mut node, &conditions.below, &fields);
        }
        root.push(&["endpoints"], node);
    }
}

/// Puts the fields of an Ingress. What it prints of backends (addresses, or why there are none) stays at `status/printedBackends`.
pub(super) fn ingress(root: &mut Node, blocks: &[Block<'_>]) {
    put_fields(root, blocks, &[("Ingress Class", "spec/ingressClassName", Shape::Text)]);
    if let Some(value) = find(blocks, "Address").and_then(Block::present) {
        addresses(root, value);
    }
    if let Some(backend) = find(blocks, "Default backend").and_then(Block::present).and_then(|value| backend(root, value)) {
        root.put(&["spec", "defaultBackend"], backend);
    }
    for line in find(blocks, "TLS").map(Block::entries).unwrap_or_default() {
        let mut node = Node::map();
        let (secret, hosts) = match (line.split_once(" terminates "), line.split_once("SNI routes ")) {
            (Some((secret, hosts)), _) => (Some(secret), hosts),
            (None, Some((_, hosts))) => (None, hosts),
            (None, None) => continue,
        };
        if let Some(secret) = secret.and_then(Piece::present) {
            node.put(&["secretName"], line.says(secret.text));
        }
        for host in hosts.commas() {
            node.push(&["hosts"], line.says(host.text));
        }
        root.push(&["spec", "tls"], node);
    }
    let Some(section) = find(blocks, "Rules") else { return };
    for block in section.below.iter().skip(1).filter(|block| !block.line.text.starts_with("---")) {
        let mut rule = Node::map();
        if block.line.text != "*" && !block.line.text.starts_with("* ") {
            rule.put(&["host"], block.line.node());
        }
        for line in block.below.iter().map(|path| path.line) {
            let parts = crate::table::chunks(line);
            let (path, target) = match parts.as_slice() {
                [path, target, ..] => (Some(*path), *target),
                [target] => target
                    .split_once(" ")
                    .filter(|(path, _)| path.text.starts_with('/'))
                    .map_or((None, *target), |(p, t)| (Some(p), t.trim())),
                [] => continue,
            };
            let target = line.from(target.start - line.start);
            let mut own = Node::map();
            if let Some(path) = path {
                own.put(&["path"], line.says(path.text));
            }
            if let Some(backend) = backend(root, target) {
                own.put(&["backend"], backend);
            }
            rule.push(&["http", "paths"], own);
        }
        root.push(&["spec", "rules"], rule);
    }
}

/// `web:http (10.1.0.4:8080)`, `web:80 (<error: endpoints "web" not found>)`
fn backend(root: &mut Node, value: Piece<'_>) -> Option<Node> {
    let (target, printed) = value.split_once(" (").map_or((value, None), |(target, rest)| (target, Some(rest)));
    let (service, port) = target.rsplit_once(":").filter(|(service, _)| !service.is_empty() && !service.text.contains([' ', '<']))?;
    let mut node = Node::map();
    node.put(&["service", "name"], value.says(service.text));
    match port.number() {
        Some(number) => node.put(&["service", "port", "number"], value.implies(Value::Int(number))),
        None => node.put(&["service", "port", "name"], value.says(port.text)),
    }
    if let Some(printed) = printed {
        let text = printed.cut(0, printed.text.trim_end_matches(' ').len().saturating_sub(usize::from(printed.text.ends_with(')'))));
        let mut own = Node::map();
        own.put(&["service"], value.says(service.text));
        own.put(&["port"], value.says(port.text));
        if !text.is_empty() {
            own.put(&["text"], text.node());
        }
        root.push(&["status", "printedBackends"], own);
    }
    Some(node)
}

/// Puts a network policy, which describe prints as prose.
pub(super) fn policy(root: &mut Node, blocks: &[Block<'_>]) {
    if let Some((value, instant)) =
        find(blocks, "Created on").and_then(Block::present).and_then(|value| Some((value, go_instant(value.text)?)))
    {
        root.put(&["metadata", "creationTimestamp"], value.says(instant));
    }
    let Some(spec) = find(blocks, "Spec") else { return };
    if let Some(block) = spec.get("PodSelector") {
        root.put(&["spec", "podSelector"], block.line.implies(Value::Map(Vec::new())));
        if !block.value.text.starts_with("<none>") {
            put_selector(root, &["spec", "podSelector"], block.value);
        }
    }
    for kind in spec.get("Policy Types").and_then(Block::present).map(Piece::commas).unwrap_or_default() {
        root.push(&["spec", "policyTypes"], kind.node());
    }
    for (key, field, peers) in [("Allowing ingress traffic", "ingress", "from"), ("Allowing egress traffic", "egress", "to")] {
        if let Some(block) = spec.get(key) {
            root.put(&["spec", field], block.line.implies(Value::List(policy_rules(&block.below, peers))));
        }
    }
}

/// `2026-03-01 08:00:00 +0100 CET`, the way Go prints an instant, as RFC 3339.
fn go_instant(text: &str) -> Option<String> {
    let mut words = text.split(' ');
    let (date, time, zone) = (words.next()?, words.next()?, words.next()?);
    let (hours, minutes) = (zone.get(..3)?, zone.get(3..)?);
    Some(format!("{date}T{time}{hours}:{minutes}"))
}

/// Rules are parted by a line of dashes.
fn policy_rules(blocks: &[Block<'_>], peers: &str) -> Vec<Node> {
    let mut rules: Vec<Node> = Vec::new();
    let mut fresh = true;
    for block in blocks {
        if block.line.text.starts_with("<none>") {
            continue;
        }
        if block.line.text.starts_with("---") {
            fresh = true;
            continue;
        }
        if std::mem::take(&mut fresh) {
            rules.push(Node { value: Value::Map(Vec::new()), ..block.line.node() });
        }
        let Some(rule) = rules.last_mut() else { continue };
        match block.key.map(|key| key.text) {
            Some("To Port" | "To Port Range") if !block.value.text.starts_with("<any>") => rule.push(&["ports"], policy_port(block.value)),
            Some("From" | "To") => block.below.iter().for_each(|peer| policy_peer(rule, peers, peer)),
            _ => {}
        }
    }
    rules
}

/// `80/TCP`, `8000-8100/TCP`
fn policy_port(value: Piece<'_>) -> Node {
    let mut node = Node::map();
    let (ports, protocol) = value.split_once("/").unwrap_or((value, value.from(value.text.len())));
    let (first, last) = ports.split_once("-").filter(|(first, _)| first.number().is_some()).map_or((ports, None), |(a, b)| (a, Some(b)));
    node.put(&["port"], first.number().map_or_else(|| value.says(first.text), |number| value.implies(Value::Int(number))));
    if let Some(last) = last.and_then(Piece::number) {
        node.put(&["endPort"], value.implies(Value::Int(last)));
    }
    if !protocol.is_empty() {
        node.put(&["protocol"], value.says(protocol.text));
    }
    node
}

/// A pod selector right after a namespace selector belongs to the same peer: kubectl prints both for one.
fn policy_peer(rule: &mut Node, peers: &str, block: &Block<'_>) {
    let mut peer = Node::map();
    match block.key.map(|key| key.text) {
        Some("NamespaceSelector") => selector(&mut peer, "namespaceSelector", block),
        Some("PodSelector") => {
            if let Some(Node { value: Value::List(items), .. }) = rule.get_mut(&[peers])
                && let Some(last) = items.last_mut()
                && last.get_mut(&["namespaceSelector"]).is_some()
                && last.get_mut(&["podSelector"]).is_none()
            {
                selector(last, "podSelector", block);
                return;
            }
            selector(&mut peer, "podSelector", block);
        }
        Some("IPBlock") => {
            put_fields(&mut peer, &block.below, &[("CIDR", "ipBlock/cidr", Shape::Text), ("Except", "ipBlock/except", Shape::List)]);
        }
        _ => return,
    }
    rule.push(&[peers], peer);
}

fn selector(peer: &mut Node, field: &str, block: &Block<'_>) {
    peer.put(&[field], block.line.implies(Value::Map(Vec::new())));
    put_selector(peer, &[field], block.value);
}
