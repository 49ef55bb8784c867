//! Who reaches what: counts of links from place to place, and the places that each slice looked at when it was last examined.

use std::collections::{BTreeMap, BTreeSet};

use super::links::SYSTEM;
use super::place::{Place, Slice};

/// The namespace whose mesh policies hold everywhere.
const MESH: &str = "istio-system";

type Counts = BTreeMap<Place, u32>;

/// The index of what reaches what.
#[derive(Debug, Default)]
pub(crate) struct Reach {
    out: BTreeMap<Place, Counts>,
    /// Namespaces of those who have an address.
    owners: BTreeMap<Box<str>, BTreeMap<Box<str>, u32>>,
    /// Namespaces of those who serve ingresses and gateways, and of what runs on every node.
    serving: BTreeMap<Box<str>, u32>,
    looked: BTreeMap<Slice, BTreeSet<Place>>,
    reached: BTreeMap<Place, BTreeSet<Slice>>,
}

fn more<K: Ord>(counts: &mut BTreeMap<K, u32>, key: K) {
    let count = counts.entry(key).or_insert(0);
    *count = count.saturating_add(1);
}

fn fewer<K: Ord>(counts: &mut BTreeMap<K, u32>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

impl Reach {
    pub(crate) fn link(&mut self, from: &Place, to: &[Place]) {
        for place in to.iter().filter(|place| *place != from) {
            more(self.out.entry(from.clone()).or_default(), place.clone());
        }
    }

    pub(crate) fn unlink(&mut self, from: &Place, to: &[Place]) {
        let Some(counts) = self.out.get_mut(from) else { return };
        for place in to.iter().filter(|place| *place != from) {
            fewer(counts, place);
        }
        if counts.is_empty() {
            self.out.remove(from);
        }
    }

    pub(crate) fn own_address(&mut self, address: &str, namespace: Option<&str>) {
        if let Some(namespace) = namespace {
            more(self.owners.entry(address.into()).or_default(), namespace.into());
        }
    }

    pub(crate) fn disown_address(&mut self, address: &str, namespace: Option<&str>) {
        let (Some(namespace), Some(owners)) = (namespace, self.owners.get_mut(address)) else { return };
        fewer(owners, &namespace.into());
        if owners.is_empty() {
            self.owners.remove(address);
        }
    }

    pub(crate) fn serve(&mut self, namespace: &str) {
        more(&mut self.serving, namespace.into());
    }

    pub(crate) fn unserve(&mut self, namespace: &str) {
        fewer(&mut self.serving, &namespace.into());
    }

    /// What a slice looks at. `wide` is for a slice that is ill: the parts of the cluster that could be behind it come in too.
    pub(crate) fn of(&self, slice: &Slice, wide: bool) -> BTreeSet<Place> {
        let mut open: Vec<Place> = vec![Place::Common];
        match slice {
            Slice::Namespace(name) => open.push(Place::Namespace(name.clone())),
            Slice::Cluster => open.extend([Place::Nodes, Place::Namespaces, Place::Namespace(SYSTEM.into())]),
        }
        if wide {
            open.extend([Place::Nodes, Place::Volumes, Place::Namespaces, Place::Services]);
            open.extend([SYSTEM, MESH].map(|name| Place::Namespace(name.into())));
            open.extend(self.serving.keys().map(|name| Place::Namespace(name.clone())));
            open.extend(self.out.get(&Place::Common).into_iter().flat_map(Counts::keys).cloned());
        }
        let mut reached = BTreeSet::new();
        while let Some(place) = open.pop() {
            if !reached.insert(place.clone()) {
                continue;
            }
            match &place {
                Place::Namespace(_) => open.extend(self.out.get(&place).into_iter().flat_map(Counts::keys).cloned()),
                Place::Address(address) => {
                    let owners = self.owners.get(address).into_iter().flat_map(BTreeMap::keys);
                    open.extend(owners.map(|name| Place::Namespace(name.clone())));
                }
                // What hangs on these is not followed: they are looked at, and do not look further.
                Place::Common
                | Place::Node(_)
                | Place::Volume(_)
                | Place::Nodes
                | Place::Volumes
                | Place::Namespaces
                | Place::Services
                | Place::Pods
                | Place::PodsOf(_) => {}
            }
        }
        reached
    }

    /// Remembers what a slice looked at.
    pub(crate) fn remember(&mut self, slice: &Slice, places: BTreeSet<Place>) {
        for place in self.looked.remove(slice).unwrap_or_default() {
            if let Some(slices) = self.reached.get_mut(&place) {
                slices.remove(slice);
                if slices.is_empty() {
                    self.reached.remove(&place);
                }
            }
        }
        for place in &places {
            self.reached.entry(place.clone()).or_default().insert(slice.clone());
        }
        if !places.is_empty() {
            self.looked.insert(slice.clone(), places);
        }
    }

    /// Slices that looked at a place when they were last examined.
    pub(crate) fn reached_by(&self, place: &Place) -> impl Iterator<Item = &Slice> {
        self.reached.get(place).into_iter().flatten()
    }
}
