//! Cells that hold more than one field: ports, addresses, containers, targets.

use crate::piece::Piece;
use crate::tree::{Node, Value};

/// `app,proxy` and `shop/app:1,envoy:2` as containers.
pub(super) fn containers(names: Option<Piece<'_>>, images: Option<Piece<'_>>) -> Node {
    let (names, images) = (names.map(Piece::commas).unwrap_or_default(), images.map(Piece::commas).unwrap_or_default());
    let list = (0..names.len().max(images.len())).map(|index| {
        let mut node = Node::map();
        if let Some(name) = names.get(index) {
            node.put(&["name"], name.node());
        }
        if let Some(image) = images.get(index) {
            node.put(&["image"], image.node());
        }
        node
    });
    Node::synthetic(Value::List(list.collect()))
}

/// `80:30080/TCP,443/TCP` as the ports of a Service.
pub(super) fn service_ports(cell: Piece<'_>) -> Node {
    let ports = cell.commas().into_iter().filter_map(|part| {
        let (numbers, protocol) = part.split_once("/").unwrap_or((part, part.from(part.text.len())));
        let (port, node_port) = numbers.split_once(":").map_or((numbers, None), |(port, node_port)| (port, Some(node_port)));
        let mut node = Node::map();
        node.put(&["port"], part.implies(Value::Int(port.number()?)));
        if !protocol.is_empty() {
            node.put(&["protocol"], protocol.node());
        }
        if let Some(number) = node_port.and_then(Piece::number) {
            node.put(&["nodePort"], part.implies(Value::Int(number)));
        }
        Some(node)
    });
    Node::synthetic(Value::List(ports.collect()))
}

/// `10.0.0.1:80,10.0.0.2:80 + 3 more...` as subsets; nothing at all as an empty list.
pub(super) fn subsets(cell: Piece<'_>) -> Node {
    if cell.is_absent() {
        return cell.implies(Value::List(Vec::new()));
    }
    let mut groups: Vec<(String, Vec<Node>, Vec<Node>)> = Vec::new();
    for part in shown(cell).commas() {
        let Some((ip, port)) = part.rsplit_once(":") else { continue };
        let mut address = Node::map();
        address.put(&["ip"], part.says(ip.text.trim_matches(['[', ']'])));
        let mut own = Node::map();
        own.put(&["port"], port.number_or_text());
        match groups.iter_mut().find(|(seen, _, _)| seen == port.text) {
            Some((_, addresses, _)) => addresses.push(address),
            None => groups.push((port.text.to_owned(), vec![address], vec![own])),
        }
    }
    let list = groups.into_iter().map(|(_, addresses, ports)| {
        let mut node = Node::map();
        node.put(&["addresses"], Node::synthetic(Value::List(addresses)));
        node.put(&["ports"], Node::synthetic(Value::List(ports)));
        node
    });
    Node::synthetic(Value::List(list.collect()))
}

/// What comes before ` + 3 more...`.
pub(super) fn shown(cell: Piece<'_>) -> Piece<'_> {
    cell.split_once(" + ").map_or(cell, |(head, _)| head)
}

/// `pods: 2/10, requests.cpu: 1/4` as used and hard.
pub(super) fn put_quota(root: &mut Node, cell: Piece<'_>) {
    for part in cell.commas() {
        let Some((name, amounts)) = part.rsplit_once(":") else { continue };
        let Some((used, hard)) = amounts.split_once("/") else { continue };
        root.put(&["status", "used", name.text], part.says(used.text.trim()));
        root.put(&["status", "hard", name.text], part.says(hard.text.trim()));
        root.put(&["spec", "hard", name.text], part.says(hard.text.trim()));
    }
}

/// `cpu: 10%/80%, memory: <unknown>/70%` or `10%/80%` as metrics of an autoscaler.
pub(super) fn put_targets(root: &mut Node, cell: Piece<'_>) {
    for part in shown(cell).commas() {
        let (name, amounts) = match part.split_once(":") {
            Some((name, amounts)) => (name.text.trim(), amounts),
            None => ("cpu", part),
        };
        let Some((now, aim)) = amounts.split_once("/") else { continue };
        let amount = |text: &str| match text.trim().strip_suffix('%').and_then(|digits| digits.parse::<i64>().ok()) {
            Some(percent) => ("averageUtilization", part.implies(Value::Int(percent))),
            None => ("averageValue", part.says(text.trim().trim_end_matches(" (avg)"))),
        };
        let metric = |holder: &str, text: &str| {
            let mut node = Node::map();
            let (field, value) = amount(text);
            node.put(&["type"], part.says("Resource"));
            node.put(&["resource", "name"], part.says(name));
            node.put(&["resource", holder, field], value);
            node
        };
        root.push(&["spec", "metrics"], metric("target", aim.text));
        if !now.trim().is_absent() {
            root.push(&["status", "currentMetrics"], metric("current", now.text));
        }
    }
}

/// A list that a custom resource prints as JSON (`["a.example"]`) or Go (`[a b]`) or plainly.
pub(super) fn list(cell: Piece<'_>) -> Node {
    let inner = cell.text.trim_matches(['[', ']']);
    let items = inner.split([',', ' ']).map(|item| item.trim().trim_matches('"')).filter(|item| !item.is_empty());
    Node::synthetic(Value::List(items.map(|item| cell.says(item)).collect()))
}
