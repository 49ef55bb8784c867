//! The graph as a picture: who is there, how they are, and who depends on whom.
//!
//! A cluster is examined slice by slice, and each examination draws its slice: a [`Part`]. [`Whole::of`] joins the parts. So the picture
//! is what the diagnosis saw, and costs no second look at the objects.
//!
//! Example: Service `shop/web` depends on Pod `shop/web-0`, which depends on Node `n1`: when the node fails, everything that leads to it
//! is concerned.

use std::collections::BTreeMap;

use assent_base::ObjectRef;

mod draw;
mod readiness;

/// How an object is. The later is the worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    /// Nothing is known of it but its name, or its state tells nothing.
    Unknown,
    /// Nothing is wrong with it.
    Healthy,
    /// Works worse than it should, or not yet.
    Degraded,
    /// Does not work.
    Broken,
}

/// One object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Which.
    pub of: ObjectRef,
    /// How it is.
    pub health: Health,
    /// Its state in a few words: `2 of 3 ready`.
    pub note: Option<Box<str>>,
    /// Who owns it: a ReplicaSet of a Pod, a Deployment of a ReplicaSet.
    pub owner: Option<ObjectRef>,
    /// Nothing of what it should run is ready: it is broken once anything that it owns is.
    is_down: bool,
}

/// `from` depends on `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tie {
    /// Who is concerned when the other fails.
    pub from: u32,
    /// On what it depends.
    pub to: u32,
    /// How they are tied: `runs on`.
    pub verb: &'static str,
}

/// The picture of one slice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// The objects of the slice, sorted.
    nodes: Vec<Node>,
    /// Objects of other slices that these are tied to, sorted. Their numbers go on after those of the nodes.
    others: Vec<ObjectRef>,
    /// Ties between them.
    ties: Vec<Tie>,
}

/// The picture of a cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Whole {
    /// All objects, sorted.
    pub nodes: Vec<Node>,
    /// All ties, sorted; numbers are places in `nodes`.
    pub ties: Vec<Tie>,
}

impl Part {
    /// Makes an object look at least as bad as somebody found it to be.
    pub fn worsen(&mut self, of: &ObjectRef, health: Health) {
        if let Ok(place) = self.nodes.binary_search_by(|node| node.of.cmp(of))
            && let Some(node) = self.nodes.get_mut(place)
        {
            node.health = node.health.max(health);
        }
    }

    /// Who owns something broken is degraded, and broken if nothing of it is ready. To be called after everything was worsened.
    pub fn settle(&mut self) {
        // A Deployment owns a ReplicaSet owns a Pod: what is broken takes two steps to get to the top.
        for _ in 0..2 {
            let broken: Vec<ObjectRef> =
                self.nodes.iter().filter(|node| node.health == Health::Broken).filter_map(|node| node.owner.clone()).collect();
            for owner in broken {
                if let Ok(place) = self.nodes.binary_search_by(|node| node.of.cmp(&owner))
                    && let Some(node) = self.nodes.get_mut(place)
                {
                    node.health = node.health.max(if node.is_down { Health::Broken } else { Health::Degraded });
                }
            }
        }
    }

    /// How many objects it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    fn name(&self, number: u32) -> Option<&ObjectRef> {
        let number = number as usize;
        match self.nodes.get(number) {
            Some(node) => Some(&node.of),
            None => self.others.get(number.checked_sub(self.nodes.len())?),
        }
    }
}

impl Whole {
    /// Joins parts. An object is drawn by the part that it belongs to; ties to what nobody drew are left out.
    pub fn of<'p>(parts: impl IntoIterator<Item = &'p Part> + Clone) -> Self {
        let mut drawn: BTreeMap<&ObjectRef, &Node> = BTreeMap::new();
        for node in parts.clone().into_iter().flat_map(|part| &part.nodes) {
            drawn.entry(&node.of).or_insert(node);
        }
        let places: BTreeMap<&ObjectRef, u32> = drawn.keys().copied().zip(0..).collect();
        let mut ties: BTreeMap<(u32, u32), &'static str> = BTreeMap::new();
        for part in parts {
            for tie in &part.ties {
                let ends = [tie.from, tie.to].map(|end| part.name(end).and_then(|name| places.get(name)).copied());
                if let [Some(from), Some(to)] = ends {
                    ties.entry((from, to)).or_insert(tie.verb);
                }
            }
        }
        Self {
            nodes: drawn.into_values().cloned().collect(),
            ties: ties.into_iter().map(|((from, to), verb)| Tie { from, to, verb }).collect(),
        }
    }

    /// The place of an object.
    #[must_use]
    pub fn place(&self, of: &ObjectRef) -> Option<usize> {
        self.nodes.binary_search_by(|node| node.of.cmp(of)).ok()
    }
}

#[cfg(test)]
mod tests {
    use assent_base::Kind;

    use super::*;

    #[test]
    fn parts_are_joined_and_loose_ends_are_left_out() {
        let (web, node, gone) = (pod("web-0"), ObjectRef::new(Kind::Node, None, "n1"), ObjectRef::new(Kind::Node, None, "n2"));
        let shop = Part {
            nodes: vec![drawn(&web, None)],
            others: vec![node.clone(), gone],
            ties: vec![Tie { from: 0, to: 1, verb: "runs on" }, Tie { from: 0, to: 2, verb: "runs on" }],
        };
        let cluster = Part { nodes: vec![drawn(&node, None)], ..Part::default() };
        let whole = Whole::of([&shop, &cluster]);
        assert_eq!(whole.nodes.iter().map(|node| &node.of).collect::<Vec<_>>(), [&web, &node]);
        assert_eq!(whole.ties, [Tie { from: 0, to: 1, verb: "runs on" }]);
        assert_eq!(whole.place(&node), Some(1));
    }

    #[test]
    fn who_has_nothing_ready_is_as_broken_as_what_it_owns() {
        let owner = ObjectRef::new(Kind::Deployment, Some("shop"), "web");
        let mut part = Part { nodes: vec![drawn(&pod("web-0"), Some(&owner)), drawn(&owner, None)], ..Part::default() };
        part.worsen(&pod("web-0"), Health::Broken);
        part.settle();
        assert_eq!(part.nodes[1].health, Health::Degraded, "others of it are ready");
        part.nodes[1].is_down = true;
        part.settle();
        assert_eq!(part.nodes[1].health, Health::Broken);
        part.worsen(&owner, Health::Degraded);
        assert_eq!(part.nodes[1].health, Health::Broken, "nothing is made to look better");
    }

    fn pod(name: &str) -> ObjectRef {
        ObjectRef::new(Kind::Pod, Some("shop"), name)
    }

    fn drawn(of: &ObjectRef, owner: Option<&ObjectRef>) -> Node {
        Node { of: of.clone(), health: Health::Healthy, note: None, owner: owner.cloned(), is_down: false }
    }
}
