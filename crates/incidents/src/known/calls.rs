//! Who calls whom, and how that goes.

use std::collections::{BTreeMap, BTreeSet};

use assent_base::Timestamp;

use super::place::Place;
use super::reach::Reach;

/// Pairs of caller and called that are kept. Of more, the oldest go.
pub(crate) const CALLS_MAX: usize = 20_000;

/// How calls between two went in the latest interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Called {
    /// The interval's end.
    pub at: Timestamp,
    /// How many calls.
    pub calls: u64,
    /// How many failed.
    pub errors: u64,
    /// The 99th percentile of their time.
    pub p99_ms: f64,
}

type Pair = (Box<str>, Box<str>);

#[derive(Debug, Default)]
pub(crate) struct Calls(pub(crate) BTreeMap<Pair, Called>);

impl Calls {
    /// Keeps the latest of a pair, and gives the namespaces that a new pair concerns.
    pub(crate) fn take(&mut self, from: &str, to: &str, called: Called, reach: &mut Reach) -> BTreeSet<Box<str>> {
        let pair = (Box::from(from), Box::from(to));
        if let Some(known) = self.0.get_mut(&pair) {
            if known.at <= called.at {
                *known = called;
            }
            return BTreeSet::new();
        }
        let ends: Vec<Box<str>> = [from, to].iter().filter_map(|end| end.split_once('/')).map(|(namespace, _)| namespace.into()).collect();
        link(&ends, |from, to| reach.link(from, to));
        self.0.insert(pair, called);
        while self.0.len() > CALLS_MAX {
            let Some(oldest) = self.0.iter().min_by_key(|(_, called)| called.at).map(|(pair, _)| pair.clone()) else { break };
            self.0.remove(&oldest);
            let ends: Vec<Box<str>> =
                [&oldest.0, &oldest.1].iter().filter_map(|end| end.split_once('/')).map(|(namespace, _)| namespace.into()).collect();
            link(&ends, |from, to| reach.unlink(from, to));
        }
        ends.into_iter().collect()
    }
}

fn link(ends: &[Box<str>], mut each: impl FnMut(&Place, &[Place])) {
    if let [from, to] = ends
        && from != to
    {
        each(&Place::Namespace(from.clone()), &[Place::Namespace(to.clone())]);
    }
}
