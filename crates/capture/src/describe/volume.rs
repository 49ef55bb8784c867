//! Volumes of a pod, and the source of a persistent volume.

use super::block::Block;
use crate::piece::{PARTS_MAX, Piece, access_modes};
use crate::tree::{Node, Value};

/// Puts every volume of a section below a path.
pub(super) fn put(root: &mut Node, section: &Block<'_>, path: &[&str]) {
    for block in &section.below {
        let Some(name) = block.key.filter(|_| block.value.is_empty()) else { continue };
        let mut node = Node::map();
        node.put(&["name"], name.node());
        put_source(&mut node, &block.below);
        root.push(path, node);
    }
}

/// Puts what a volume is made of: the field that its type names, and the fields below that.
pub(super) fn put_source(node: &mut Node, fields: &[Block<'_>]) {
    let Some(kind) = fields.iter().find(|block| block.is("Type")).and_then(Block::present) else { return };
    let word = kind.text.split(' ').next().unwrap_or_default();
    match word {
        "Projected" => projected(node, fields),
        "EphemeralVolume" => ephemeral(node, fields),
        _ => {
            let field = match word {
                "vSphereVolume" => "vsphereVolume".to_owned(),
                "LocalVolume" => "local".to_owned(),
                _ => lower(word),
            };
            node.put(&[&field], kind.implies(Value::Map(Vec::new())));
            for block in fields.iter().filter(|block| !block.is("Type")).take(PARTS_MAX) {
                let (Some(key), Some(value)) = (block.key, block.present()) else { continue };
                let own = if key.text == "HostPathType" { "type".to_owned() } else { lower(key.text) };
                node.put(&[&field, &own], scalar(value));
            }
        }
    }
}

/// The sources of a projected volume, in order. An `Optional` belongs to the source before it.
fn projected(node: &mut Node, fields: &[Block<'_>]) {
    let mut sources: Vec<Node> = Vec::new();
    for block in fields {
        let (Some(key), Some(value)) = (block.key, block.present()) else { continue };
        let source = match key.text {
            "ConfigMapName" => "configMap",
            "SecretName" => "secret",
            "DownwardAPI" => "downwardAPI",
            "TokenExpirationSeconds" => "serviceAccountToken",
            "Optional" | "ConfigMapOptional" | "SecretOptionalName" => {
                if let (Some(last), Some(truth)) = (sources.last_mut(), value.truth()) {
                    let own = if last.get_mut(&["secret"]).is_some() { "secret" } else { "configMap" };
                    last.put(&[own, "optional"], truth);
                }
                continue;
            }
            _ => continue,
        };
        let mut own = Node::map();
        match source {
            "configMap" | "secret" => own.put(&[source, "name"], value.node()),
            "serviceAccountToken" => own.put(&[source, "expirationSeconds"], value.number_or_text()),
            _ => own.put(&[source], value.implies(Value::Map(Vec::new()))),
        }
        sources.push(own);
    }
    node.put(&["projected", "sources"], Node::synthetic(Value::List(sources)));
}

fn ephemeral(node: &mut Node, fields: &[Block<'_>]) {
    let base = ["ephemeral", "volumeClaimTemplate", "spec"];
    node.put(&base, Node::map());
    let Some(spec) = node.get_mut(&base) else { return };
    for block in fields {
        let Some(value) = block.present() else { continue };
        match block.key.map(|key| key.text) {
            Some("StorageClass") => spec.put(&["storageClassName"], value.node()),
            Some("Capacity") => spec.put(&["resources", "requests", "storage"], value.node()),
            Some("Access Modes") => spec.put(&["accessModes"], access_modes(value)),
            Some("VolumeMode") => spec.put(&["volumeMode"], value.node()),
            _ => {}
        }
    }
}

fn scalar(value: Piece<'_>) -> Node {
    value.truth().unwrap_or_else(|| value.number_or_text())
}

/// `AWSElasticBlockStore` as `awsElasticBlockStore`, `NFS` as `nfs`, `ClaimName` as `claimName`.
pub(super) fn lower(word: &str) -> String {
    let upper = word.bytes().take_while(u8::is_ascii_uppercase).count();
    let head = match upper {
        0 => 0,
        1 => 1,
        all if all == word.len() => all,
        some => some - 1,
    };
    let (first, rest) = word.split_at(head);
    let mut out = first.to_ascii_lowercase();
    out.push_str(rest);
    out
}
