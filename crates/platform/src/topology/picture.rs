//! The graph of a cluster as the API shows it and the store keeps it.

use std::collections::BTreeMap;
use std::io::{Read, Write as _};
use std::sync::Arc;

use assent_api::clusters::Health;
use assent_api::topology::{TopologyEdge, TopologyNode};
use assent_base::ObjectRef;
use assent_evidence::topology::{Health as Seen, Node, Part, Whole};
use assent_incidents::Slice;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use serde::{Deserialize, Serialize};

use crate::documents::NodeCounts;

/// Bytes of a picture that is unpacked at most: a kept one is ours, but what is kept can be damaged.
const PICTURE_BYTES_MAX: u64 = 512 << 20;

/// What each slice drew of itself.
pub(crate) type Parts = BTreeMap<Slice, Arc<Part>>;

/// The graph of a cluster at one instant, incidents aside.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Picture {
    pub(crate) nodes: Vec<TopologyNode>,
    pub(crate) edges: Vec<TopologyEdge>,
}

/// Kept bytes that are no picture.
#[derive(Debug, thiserror::Error)]
#[error("a kept picture cannot be read")]
pub(crate) struct BadPicture;

impl Picture {
    /// Joins what the slices drew.
    pub(crate) fn of(parts: &Parts) -> Self {
        let whole = Whole::of(parts.values().map(|part| &**part));
        let place = |of: &ObjectRef| whole.place(of).and_then(|place| u32::try_from(place).ok());
        let nodes = whole.nodes.iter().map(|node| shown(node, node.owner.as_ref().and_then(place))).collect();
        let edges = whole.ties.iter().map(|tie| TopologyEdge { from: tie.from, to: tie.to, kind: tie.verb.to_owned() }).collect();
        Self { nodes, edges }
    }

    /// Keeps those nodes that are wanted, and the edges and owners among them.
    pub(crate) fn keep(self, wanted: impl Fn(usize, &TopologyNode) -> bool) -> Self {
        let mut moved: Vec<Option<u32>> = Vec::with_capacity(self.nodes.len());
        let mut nodes: Vec<TopologyNode> = Vec::new();
        for (place, node) in self.nodes.into_iter().enumerate() {
            let kept = wanted(place, &node);
            moved.push(kept.then(|| u32::try_from(nodes.len()).ok()).flatten());
            nodes.extend(kept.then_some(node));
        }
        let to = |old: u32| moved.get(old as usize).copied().flatten();
        for node in &mut nodes {
            node.owner = node.owner.and_then(to);
        }
        let edge = |edge: TopologyEdge| Some(TopologyEdge { from: to(edge.from)?, to: to(edge.to)?, kind: edge.kind });
        Self { nodes, edges: self.edges.into_iter().filter_map(edge).collect() }
    }

    /// How many objects there are in each namespace, and how they are.
    pub(crate) fn counts(&self) -> BTreeMap<String, NodeCounts> {
        let mut counts: BTreeMap<String, NodeCounts> = BTreeMap::new();
        for node in &self.nodes {
            let own = counts.entry(node.namespace.clone().unwrap_or_default()).or_default();
            own.nodes = own.nodes.saturating_add(1);
            own.broken = own.broken.saturating_add(u32::from(node.health == Health::Broken));
            own.degraded = own.degraded.saturating_add(u32::from(node.health == Health::Degraded));
        }
        counts
    }

    /// For the store.
    pub(crate) fn packed(&self) -> String {
        let mut deflated = DeflateEncoder::new(Vec::new(), Compression::fast());
        // Writing to memory does not fail, and neither does a struct of texts and numbers.
        if let Ok(json) = serde_json::to_vec(self) {
            let _written = deflated.write_all(&json);
        }
        STANDARD.encode(deflated.finish().unwrap_or_default())
    }

    /// From the store.
    pub(crate) fn unpacked(text: &str) -> Result<Self, BadPicture> {
        let bytes = STANDARD.decode(text).map_err(|_| BadPicture)?;
        serde_json::from_reader(DeflateDecoder::new(bytes.as_slice()).take(PICTURE_BYTES_MAX)).map_err(|_| BadPicture)
    }
}

fn shown(node: &Node, owner: Option<u32>) -> TopologyNode {
    TopologyNode {
        kind: node.of.kind.to_string(),
        namespace: node.of.namespace().map(str::to_owned),
        name: node.of.name.to_string(),
        health: match node.health {
            Seen::Unknown => Health::Unknown,
            Seen::Healthy => Health::Healthy,
            Seen::Degraded => Health::Degraded,
            Seen::Broken => Health::Broken,
        },
        note: node.note.as_deref().map(str::to_owned),
        owner,
        incidents: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_reads_back_and_a_damaged_one_does_not() {
        let picture = picture();
        assert_eq!(Picture::unpacked(&picture.packed()).expect("a picture"), picture);
        let packed = picture.packed();
        for bad in ["", "!", &packed[..packed.len() / 2]] {
            assert!(Picture::unpacked(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn who_is_left_out_takes_their_ties_along() {
        let kept = picture().keep(|_, node| node.name != "web");
        assert_eq!(kept.nodes.iter().map(|node| node.name.as_str()).collect::<Vec<_>>(), ["n1", "web-0"]);
        assert_eq!(kept.edges, [TopologyEdge { from: 1, to: 0, kind: "runs on".to_owned() }]);
        assert_eq!(kept.nodes[1].owner, None);
    }

    fn picture() -> Picture {
        let node = |kind: &str, name: &str, owner| TopologyNode {
            kind: kind.to_owned(),
            namespace: None,
            name: name.to_owned(),
            health: Health::Healthy,
            note: None,
            owner,
            incidents: Vec::new(),
        };
        let edge = |from, to, kind: &str| TopologyEdge { from, to, kind: kind.to_owned() };
        Picture {
            nodes: vec![node("Deployment", "web", None), node("Node", "n1", None), node("Pod", "web-0", Some(0))],
            edges: vec![edge(0, 2, "owns"), edge(2, 1, "runs on")],
        }
    }
}
