//! Claims, volumes and storage classes.

use assent_base::Kind;

use super::block::{Block, find};
use super::fields::{Field, Shape, put_conditions, put_fields};
use super::volume;
use crate::piece::Piece;
use crate::tree::{Node, Value};

const CLAIM: [Field; 7] = [
    ("StorageClass", "spec/storageClassName", Shape::Text),
    ("Status", "status/phase", Shape::Text),
    ("Volume", "spec/volumeName", Shape::Text),
    ("Capacity", "status/capacity/storage", Shape::Text),
    ("Access Modes", "status/accessModes", Shape::Modes),
    ("VolumeMode", "spec/volumeMode", Shape::Text),
    ("Used By", "status/printed/usedBy", Shape::List),
];

const VOLUME: [Field; 8] = [
    ("StorageClass", "spec/storageClassName", Shape::Text),
    ("Status", "status/phase", Shape::Text),
    ("Reclaim Policy", "spec/persistentVolumeReclaimPolicy", Shape::Text),
    ("Access Modes", "spec/accessModes", Shape::Modes),
    ("VolumeMode", "spec/volumeMode", Shape::Text),
    ("Capacity", "spec/capacity/storage", Shape::Text),
    ("Message", "status/message", Shape::Text),
    ("Reason", "status/reason", Shape::Text),
];

const CLASS: [Field; 6] = [
    ("Provisioner", "provisioner", Shape::Text),
    ("Parameters", "parameters", Shape::Pairs),
    ("AllowVolumeExpansion", "allowVolumeExpansion", Shape::Truth),
    ("MountOptions", "mountOptions", Shape::List),
    ("ReclaimPolicy", "reclaimPolicy", Shape::Text),
    ("VolumeBindingMode", "volumeBindingMode", Shape::Text),
];

/// Puts the fields of one of the three.
pub(super) fn put(root: &mut Node, kind: &Kind, blocks: &[Block<'_>]) {
    match kind {
        Kind::PersistentVolumeClaim => {
            put_fields(root, blocks, &CLAIM);
            put_conditions(root, blocks);
        }
        Kind::PersistentVolume => {
            put_fields(root, blocks, &VOLUME);
            if let Some((namespace, name)) = find(blocks, "Claim").and_then(Block::present).and_then(|value| value.split_once("/")) {
                root.put(&["spec", "claimRef", "namespace"], namespace.node());
                root.put(&["spec", "claimRef", "name"], name.node());
            }
            if let (Some(source), Some(spec)) = (find(blocks, "Source"), root.get_mut(&["spec"])) {
                volume::put_source(spec, &source.below);
            }
            let terms = find(blocks, "Node Affinity").and_then(|block| block.get("Required Terms"));
            for block in terms.map(|terms| terms.below.as_slice()).unwrap_or_default() {
                let mut term = Node::map();
                for line in block.entries() {
                    term.push(&["matchExpressions"], expression(line));
                }
                root.push(&["spec", "nodeAffinity", "required", "nodeSelectorTerms"], term);
            }
        }
        _ => {
            put_fields(root, blocks, &CLASS);
            if let Some(value) = find(blocks, "IsDefaultClass").and_then(Block::present) {
                let default = value.text == "Yes";
                root.put(&["metadata", "annotations", "storageclass.kubernetes.io/is-default-class"], value.says(default.to_string()));
            }
        }
    }
    if let Some(lasting) = find(blocks, "Status").and_then(|block| block.value.between("Terminating (lasts ", ")")) {
        root.put(&["status", "phase"], Node::synthetic(Value::Null));
        root.put(&["status", "printed", "status"], Piece::new("Terminating", lasting.start - "Terminating (lasts ".len()).node());
        root.put(&["metadata", "deletionAge"], lasting.node());
    }
}

/// `topology.kubernetes.io/zone in [a, b]`
fn expression(line: Piece<'_>) -> Node {
    let mut node = Node::map();
    let (head, values) = line.split_once("[").map_or((line, None), |(head, values)| (head, Some(values)));
    let words = head.words();
    if let Some(key) = words.first() {
        node.put(&["key"], line.says(key.text));
    }
    let operator = match words.get(1).map(|word| word.text) {
        Some("notin") => "NotIn",
        Some("exists") => "Exists",
        Some("doesnotexist") => "DoesNotExist",
        Some("gt") => "Gt",
        Some("lt") => "Lt",
        _ => "In",
    };
    node.put(&["operator"], line.says(operator));
    for value in values.map(Piece::commas).unwrap_or_default() {
        node.push(&["values"], line.says(value.text.trim_end_matches(']')));
    }
    node
}
