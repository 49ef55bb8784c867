//! Pods, and the pod templates of workloads.

use super::block::{Block, find};
use super::container::{self, Places};
use super::fields::{Field, Shape, put_conditions, put_fields};
use super::volume;
use crate::piece::{Piece, put_selector};
use crate::tree::{Node, Value};

const POD: [Field; 15] = [
    ("Priority", "spec/priority", Shape::Number),
    ("Priority Class Name", "spec/priorityClassName", Shape::Text),
    ("PriorityClassName", "spec/priorityClassName", Shape::Text),
    ("Runtime Class Name", "spec/runtimeClassName", Shape::Text),
    ("Service Account", "spec/serviceAccountName", Shape::Text),
    ("Node-Selectors", "spec/nodeSelector", Shape::Pairs),
    ("Start Time", "status/startTime", Shape::Text),
    ("Reason", "status/reason", Shape::Text),
    ("Message", "status/message", Shape::Text),
    ("IP", "status/podIP", Shape::Text),
    ("NominatedNodeName", "status/nominatedNodeName", Shape::Text),
    ("QoS Class", "status/qosClass", Shape::Text),
    ("Termination Grace Period", "metadata/deletionGracePeriodSeconds", Shape::Number),
    ("SeccompProfile", "spec/securityContext/seccompProfile/type", Shape::Text),
    ("Host Network", "spec/hostNetwork", Shape::Truth),
];

/// Puts the fields of a pod.
pub(super) fn put(root: &mut Node, blocks: &[Block<'_>]) {
    put_fields(root, blocks, &POD);
    if let Some(value) = find(blocks, "Node").and_then(Block::present) {
        let (name, address) = value.split_once("/").map_or((value, None), |(name, address)| (name, Some(address)));
        root.put(&["spec", "nodeName"], name.node());
        if let Some(address) = address.and_then(Piece::present) {
            root.put(&["status", "hostIP"], address.node());
        }
    }
    if let Some(value) = find(blocks, "Status").and_then(Block::present) {
        match value.between("Terminating (lasts ", ")") {
            Some(lasting) => {
                root.put(&["status", "printed", "status"], value.says("Terminating"));
                root.put(&["metadata", "deletionAge"], lasting.node());
            }
            None => root.put(&["status", "phase"], value.node()),
        }
    }
    for (section, spec, status) in [
        ("Init Containers", "initContainers", "initContainerStatuses"),
        ("Containers", "containers", "containerStatuses"),
        ("Ephemeral Containers", "ephemeralContainers", "ephemeralContainerStatuses"),
    ] {
        if let Some(block) = find(blocks, section) {
            container::put(root, block, &Places { spec: &["spec", spec], status: Some(&["status", status]) });
        }
    }
    put_conditions(root, blocks);
    if let Some(block) = find(blocks, "Readiness Gates") {
        for (line, row) in super::fields::rows(&block.below) {
            if let Some((_, kind)) = row.first() {
                let mut node = Node::map();
                node.put(&["conditionType"], line.says(kind.text));
                root.push(&["spec", "readinessGates"], node);
            }
        }
    }
    scheduling(root, blocks, &["spec"]);
}

/// Puts the fields of a pod template below a path.
pub(super) fn put_template(root: &mut Node, block: &Block<'_>, path: &[&str]) {
    let mut template = Node::map();
    let blocks = &block.below;
    put_fields(
        &mut template,
        blocks,
        &[
            ("Labels", "metadata/labels", Shape::Pairs),
            ("Service Account", "spec/serviceAccountName", Shape::Text),
            ("Priority Class Name", "spec/priorityClassName", Shape::Text),
            ("Node-Selectors", "spec/nodeSelector", Shape::Pairs),
        ],
    );
    super::put_annotations(&mut template, &["metadata", "annotations"], find(blocks, "Annotations"));
    for (section, spec) in [("Init Containers", "initContainers"), ("Containers", "containers")] {
        if let Some(block) = find(blocks, section) {
            container::put(&mut template, block, &Places { spec: &["spec", spec], status: None });
        }
    }
    scheduling(&mut template, blocks, &["spec"]);
    root.put(path, template);
}

/// Volumes, tolerations and spread, which pods and templates print alike.
fn scheduling(root: &mut Node, blocks: &[Block<'_>], path: &[&str]) {
    let below = |field: &'static str| path.iter().copied().chain([field]).collect::<Vec<_>>();
    if let Some(block) = find(blocks, "Volumes") {
        volume::put(root, block, &below("volumes"));
    }
    for line in find(blocks, "Tolerations").map(Block::entries).unwrap_or_default() {
        root.push(&below("tolerations"), toleration(line));
    }
    for line in find(blocks, "Topology Spread Constraints").map(Block::entries).unwrap_or_default() {
        if let Some(node) = spread(line) {
            root.push(&below("topologySpreadConstraints"), node);
        }
    }
}

/// `node.kubernetes.io/not-ready:NoExecute op=Exists for 300s`
fn toleration(line: Piece<'_>) -> Node {
    let mut node = Node::map();
    let words: Vec<&str> = line.text.split_whitespace().collect();
    let exists = words.contains(&"op=Exists");
    node.put(&["operator"], line.says(if exists { "Exists" } else { "Equal" }));
    if let Some(target) = words.first().filter(|word| **word != "op=Exists") {
        let (pair, effect) = target.rsplit_once(':').unwrap_or((target, ""));
        let (key, value) = pair.split_once('=').map_or((pair, None), |(key, value)| (key, Some(value)));
        node.put(&["key"], line.says(key));
        if let Some(value) = value {
            node.put(&["value"], line.says(value));
        }
        if !effect.is_empty() {
            node.put(&["effect"], line.says(effect));
        }
    }
    let seconds = words.iter().position(|word| *word == "for").and_then(|at| words.get(at + 1));
    if let Some(seconds) = seconds.and_then(|word| word.trim_end_matches('s').parse().ok()) {
        node.put(&["tolerationSeconds"], line.implies(Value::Int(seconds)));
    }
    node
}

/// `topology.kubernetes.io/zone:DoNotSchedule when max skew 1 is exceeded for selector app=web`
fn spread(line: Piece<'_>) -> Option<Node> {
    let (target, rest) = line.split_once(" when max skew ")?;
    let (key, action) = target.rsplit_once(":")?;
    let mut node = Node::map();
    node.put(&["topologyKey"], line.says(key.text));
    node.put(&["whenUnsatisfiable"], line.says(action.text));
    node.put(&["maxSkew"], line.implies(Value::Int(rest.leading()?)));
    if let Some((_, selector)) = rest.split_once(" for selector ") {
        put_selector(&mut node, &["labelSelector"], selector);
    }
    Some(node)
}
