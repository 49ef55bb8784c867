//! The part of a picture that an incident is about.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use assent_api::topology::TopologyNode;
use serde_json::Value;

use super::Picture;

/// Ties that are followed from what a report names.
const STEPS_MAX: usize = 2;
/// An object with more ties than this is led to and not through: it would bring in everything.
const THROUGH_TIES_MAX: usize = 40;

/// Kind, namespace and name of an object.
pub(super) type Name = (String, Option<String>, String);

/// The name of a node.
pub(super) fn name(node: &TopologyNode) -> Name {
    (node.kind.clone(), node.namespace.clone(), node.name.clone())
}

/// All objects that a report names.
pub(super) fn names_of(report: &Value) -> BTreeSet<Name> {
    let (mut open, mut found) = (vec![report], BTreeSet::new());
    while let Some(value) = open.pop() {
        match value {
            Value::Array(items) => open.extend(items),
            Value::Object(fields) => {
                let text = |key: &str| fields.get(key).and_then(Value::as_str).map(str::to_owned);
                if let (Some(kind), Some(name)) = (text("kind"), text("name")) {
                    found.insert((kind, text("namespace"), name));
                }
                open.extend(fields.values());
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    found
}

/// The places of these objects and of those within two ties of them.
pub(super) fn near(picture: &Picture, named: &BTreeSet<Name>) -> BTreeSet<usize> {
    let mut ties: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for edge in &picture.edges {
        let (from, to) = (edge.from as usize, edge.to as usize);
        ties.entry(from).or_default().push(to);
        ties.entry(to).or_default().push(from);
    }
    let starts = picture.nodes.iter().enumerate().filter(|(_, node)| named.contains(&name(node))).map(|(place, _)| place);
    let mut seen: BTreeSet<usize> = starts.collect();
    let mut queue: VecDeque<(usize, usize)> = seen.iter().map(|place| (*place, 0)).collect();
    while let Some((place, steps)) = queue.pop_front() {
        let onward = ties.get(&place).map_or(&[][..], Vec::as_slice);
        // A node, a class or a volume is of no namespace, and ties together what has nothing to do with each other.
        let is_common = picture.nodes.get(place).is_some_and(|node| node.namespace.is_none());
        let crowd = is_common || onward.len() > THROUGH_TIES_MAX;
        if steps >= STEPS_MAX || (steps > 0 && crowd) {
            continue;
        }
        // Of a crowd that is named itself, only what is ill comes along.
        for next in onward {
            let ill = || picture.nodes.get(*next).is_some_and(|node| node.health > assent_api::clusters::Health::Healthy);
            if (!crowd || ill()) && seen.insert(*next) {
                queue.push_back((*next, steps + 1));
            }
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use assent_api::clusters::Health;
    use assent_api::topology::TopologyEdge;

    use super::*;

    #[test]
    fn two_ties_are_followed_and_no_crowd_is_led_through() {
        // 0 - 1 - 2 - 3, and 1 - 4, which is tied to fifty others.
        let crowd = (5..55).map(|other| (4, other));
        let picture = picture(55, [(0, 1), (1, 2), (2, 3), (1, 4)].into_iter().chain(crowd));
        assert_eq!(near(&picture, &BTreeSet::from([named(0)])), BTreeSet::from([0, 1, 2, 4]));
        assert_eq!(near(&picture, &BTreeSet::from([named(1)])), BTreeSet::from([0, 1, 2, 3, 4]));
        let mut on_a_node = self::picture(3, [(0, 1), (2, 1)]);
        on_a_node.nodes[1].namespace = None;
        assert_eq!(near(&on_a_node, &BTreeSet::from([named(0)])), BTreeSet::from([0, 1]), "who is on the same node is no neighbour");
    }

    #[test]
    fn every_object_that_a_report_names_is_found() {
        let report = serde_json::json!({ "root_causes": [{ "entity": { "kind": "Node", "name": "n1" }, "chain": [{ "path": [
            { "kind": "Pod", "namespace": "shop", "name": "a" }] }] }], "name": "x" });
        let pod = ("Pod".to_owned(), Some("shop".to_owned()), "a".to_owned());
        assert_eq!(names_of(&report), BTreeSet::from([("Node".to_owned(), None, "n1".to_owned()), pod]));
    }

    fn named(number: u32) -> Name {
        ("Pod".to_owned(), Some("shop".to_owned()), number.to_string())
    }

    fn picture(count: u32, edges: impl IntoIterator<Item = (u32, u32)>) -> Picture {
        let nodes = (0..count).map(|number| {
            let (kind, namespace, name) = named(number);
            TopologyNode { kind, namespace, name, health: Health::Healthy, note: None, owner: None, incidents: Vec::new() }
        });
        let edges = edges.into_iter().map(|(from, to)| TopologyEdge { from, to, kind: "calls".to_owned() });
        Picture { nodes: nodes.collect(), edges: edges.collect() }
    }
}
