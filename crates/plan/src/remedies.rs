//! For each cause of the catalogue: how a safe fix is found, or why there is none.
//!
//! A remedy reads names and values off objects alone. What a log, a message or an alert says may have led to the cause; it
//! never becomes a name, a number or a value here (I9), and what is found here still has to pass [`crate::draw`].

use assent_base::Kind;
use assent_diagnosis::report::Report;
use assent_evidence::{Entity, Graph};

use crate::action::Action;
use crate::draw::Site;
use crate::grounds::Checked;
use crate::observed::{self, Object};
use crate::proposal::Proposal;

mod addresses;
mod amounts;
mod nodes;
mod ports;
mod probes;
mod revisions;
mod scaling;
mod selectors;
mod table;

pub use table::{Remedy, all, of};

/// Proposals, best first; or why none is safe, a sentence without a full stop.
pub type Found = Result<Vec<Proposal>, String>;

/// A cause in its surroundings.
pub struct Ctx<'s, 'g> {
    /// The cluster.
    pub graph: &'g Graph,
    /// The report that names the cause.
    pub report: &'s Report,
    /// The cause.
    pub cause: &'s Checked<'s>,
    /// Where the fault is.
    pub entity: Entity<'g>,
}

impl<'s, 'g> Ctx<'s, 'g> {
    /// Opens a cause. None when its entity is not in the graph, which a checked report rules out.
    #[must_use]
    pub fn new(site: &Site<'g>, report: &'s Report, cause: &'s Checked<'s>) -> Option<Self> {
        let entity = observed::entity(site.graph, &cause.cause().entity)?;
        Some(Self { graph: site.graph, report, cause, entity })
    }

    /// The object at fault, whole.
    fn object(&self) -> Result<Object<'g>, String> {
        whole(self.entity)
    }

    /// The workload behind the fault: itself, or the top owner of a pod.
    fn workload(&self) -> Result<Object<'g>, String> {
        whole(self.entity.top_owner())
    }

    /// The container at fault: the one that the explained findings name, if they name one; or the only one there is.
    fn container(&self, workload: &Object<'_>) -> Result<String, String> {
        let explains = &self.cause.cause().explains;
        let findings = self.report.findings.iter().filter(|finding| explains.contains(&finding.id));
        let mut named: Vec<&str> = findings.filter_map(|finding| finding.container.as_deref()).collect();
        named.sort_unstable();
        named.dedup();
        named.retain(|name| workload.container(name).is_some());
        match (named.as_slice(), workload.containers().as_slice()) {
            ([one], _) | ([], [one]) => Ok((*one).to_owned()),
            _ => Err("which container is at fault is not told by the objects".to_owned()),
        }
    }
}

fn whole(entity: Entity<'_>) -> Result<Object<'_>, String> {
    Object::of(entity).ok_or_else(|| format!("{} was not captured whole: `kubectl get -o yaml` of it would do", entity.reference()))
}

/// One proposal.
fn propose(target: Entity<'_>, action: Action) -> Found {
    Ok(vec![proposal(target, action)])
}

fn proposal(target: Entity<'_>, action: Action) -> Proposal {
    Proposal { target: observed::name(target), action }
}

/// Tries several remedies; proposals of all, or the first reason if none has any.
fn first_of(tries: &[fn(&Ctx<'_, '_>) -> Found], ctx: &Ctx<'_, '_>) -> Found {
    let mut all = Vec::new();
    let mut why = None;
    for find in tries {
        match find(ctx) {
            Ok(found) => all.extend(found),
            Err(reason) => why = why.or(Some(reason)),
        }
    }
    if all.is_empty() { Err(why.unwrap_or_else(|| "nothing that the input shows would mend it".to_owned())) } else { Ok(all) }
}

/// The name out of some that is meant by one that does not exist: the only one that differs by one slip of the hand, by two where it is
/// long, or in nothing but a version at its end. Several such names decide nothing, and neither do digits and short parts that differ:
/// `pool-a` is no misspelling of `pool-b`, and `arm64` none of `amd64`.
fn meant<'n>(wrong: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let respelled = |name: &str| unversioned(name) == unversioned(wrong) || letters(name) == letters(wrong);
    let far = |name: &str| if respelled(name) { 1 } else { distance(wrong, name) };
    let close = |far: usize, name: &str| match wrong.len().min(name.len()) {
        0..=3 => false,
        4..=7 => far <= 1,
        _ => far <= 2,
    };
    let same = |name: &str| respelled(name) || (figures(name) == figures(wrong) && short_parts(name) == short_parts(wrong));
    let mut near: Vec<(usize, &str)> = names
        .into_iter()
        .filter(|name| *name != wrong && same(name))
        .map(|name| (far(name), name))
        .filter(|(far, name)| close(*far, name))
        .collect();
    near.sort_unstable();
    near.dedup();
    match near.as_slice() {
        [(far, name), rest @ ..] if rest.first().is_none_or(|(next, _)| next > far) => Some(name),
        _ => None,
    }
}

/// The letters of a name in order of the alphabet, and its digits as they stand: names with the same are one name, typed twice.
fn letters(name: &str) -> (Vec<char>, String) {
    let mut letters: Vec<char> = name.chars().filter(char::is_ascii_alphabetic).collect();
    letters.sort_unstable();
    (letters, figures(name))
}

fn figures(name: &str) -> String {
    name.chars().filter(char::is_ascii_digit).collect()
}

/// The parts of a name that are too short to be misspelled recognisably.
fn short_parts(name: &str) -> Vec<&str> {
    name.split(['-', '_', '.']).filter(|part| part.len() <= 2).collect()
}

/// A name without the version at its end: `feed` of `feed-v2`.
fn unversioned(name: &str) -> &str {
    match name.rsplit_once("-v") {
        Some((before, version)) if !before.is_empty() && !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit()) => before,
        _ => name,
    }
}

/// How many slips make one name of another: a letter too many, too few, another, or two neighbours exchanged.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    let cell = |rows: &[Vec<usize>], i: usize, j: usize| rows.get(i).and_then(|row| row.get(j)).copied().unwrap_or(usize::MAX / 2);
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let left = row.last().copied().unwrap_or(0);
            let mut least = (cell(&rows, i, j) + usize::from(x != y)).min(cell(&rows, i, j + 1) + 1).min(left + 1);
            let exchanged = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if exchanged {
                least = least.min(cell(&rows, i - 1, j - 1) + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    cell(&rows, a.len(), b.len())
}

/// Captured objects of a kind in a namespace.
fn beside<'g>(graph: &'g Graph, kind: &Kind, namespace: Option<&str>) -> Vec<Entity<'g>> {
    graph.of_kind(kind).filter(|own| own.namespace() == namespace).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelled_name_means_the_only_near_one() {
        assert_eq!(meant("redsi", ["redis", "postgres"]), Some("redis"));
        assert_eq!(meant("chace", ["cache"]), Some("cache"));
        assert_eq!(meant("rabbit-mq", ["rabbitmq"]), Some("rabbitmq"));
        assert_eq!(meant("feed", ["feed-v2", "news"]), Some("feed-v2"));
        assert_eq!(meant("cart-store", ["cart-stores", "card-store"]), None, "two are as near");
        for (wrong, other) in
            [("db", "dc"), ("web", "app"), ("pool-a", "pool-b"), ("amd64", "arm64"), ("zone-1", "zone-2"), ("cart", "card2")]
        {
            assert_eq!(meant(wrong, [other]), None, "{wrong}");
        }
        assert_eq!((distance("", "abc"), distance("kitten", "sitting"), distance("ab", "ba"), distance("a", "a")), (3, 3, 1, 0));
    }
}
