//! From a graph to a checked report.
//!
//! Candidates of all families are merged, deeper causes absorb what they bring about, and of several that explain the same
//! finding the one that says more is kept. Nothing leaves without passing [`crate::proof`].

use std::collections::{BTreeMap, BTreeSet};

use assent_base::{ObjectRef, Timestamp};
use assent_evidence::{EntityId, Graph};

use crate::candidate::{Candidate, Strength};
use crate::case::Case;
use crate::cause;
use crate::causes::FAMILIES;
use crate::confidence;
use crate::finding::Severity;
use crate::report::Report;
use crate::wanted::{self, Wanted};

mod chain;
mod consequence;
mod home;
mod write;

/// Causes that a report names unless told otherwise.
pub const CAUSES_MAX_DEFAULT: usize = 10;

/// What to look at, and how much to tell.
#[derive(Debug, Clone)]
pub struct Options {
    /// Only these namespaces; all if empty. Cluster-scoped objects always count.
    pub namespaces: Vec<String>,
    /// Only what concerns these objects; everything if empty.
    pub focus: Vec<ObjectRef>,
    /// Only what happened at or after this instant.
    pub since: Option<Timestamp>,
    /// How many root causes to name.
    pub causes_max: usize,
    /// Tell of causes that are not proven, and of every notice, too.
    pub explain_all: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { namespaces: Vec::new(), focus: Vec::new(), since: None, causes_max: CAUSES_MAX_DEFAULT, explain_all: false }
    }
}

/// A candidate with what the engine worked out about it.
#[derive(Debug)]
pub(crate) struct Ranked {
    pub(crate) candidate: Candidate,
    /// Candidates whose trouble this one brought about, nearest first.
    pub(crate) absorbed: Vec<Candidate>,
    pub(crate) confidence: f64,
}

pub use home::Home;

/// What an investigation comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Examination {
    /// The checked report.
    pub report: Report,
    /// Logs that would help, had they been in the input.
    pub wanted: Vec<Wanted>,
}

/// Investigates a graph.
#[must_use]
pub fn investigate(graph: &Graph, options: &Options) -> Report {
    examine(graph, &Home::Everything, options).report
}

/// Investigates a part of a graph; the rest is there to explain it. Says also which logs would help.
#[must_use]
pub fn examine(graph: &Graph, home: &Home, options: &Options) -> Examination {
    let mut case = Case::open(graph, &options.focus, options.since);
    restrict(&mut case, options);
    let mut candidates = Vec::new();
    for family in FAMILIES {
        (family.find)(&case, &mut candidates);
    }
    candidates.retain(|candidate| !candidate.explains.is_empty() && !candidate.quotes.is_empty() && cause::find(candidate.cause).is_some());
    let mut merged = unify(merge(candidates));
    for candidate in &mut merged {
        consequence::close(&case, &mut candidate.explains);
    }
    let mut ranked = absorb(&case, merged);
    for one in &mut ranked {
        consequence::close(&case, &mut one.candidate.explains);
    }
    let mut ranked = compete(&case, ranked);
    home.keep(&mut case, &mut ranked);
    let mut wanted = wanted::of_case(&case);
    wanted.retain(|log| home.holds(&log.pod));
    Examination { report: write::report(&case, ranked, options), wanted }
}

/// Findings outside the asked namespaces or focus become notices: still told, never an incident.
fn restrict(case: &mut Case<'_>, options: &Options) {
    let outside: Vec<usize> = case
        .findings
        .iter()
        .enumerate()
        .filter(|(_, finding)| {
            let entity = case.entity(finding.on);
            let wanted = |namespace: &str| options.namespaces.iter().any(|own| own == namespace);
            let elsewhere = !options.namespaces.is_empty() && !entity.namespace().is_none_or(wanted);
            elsewhere || (!options.focus.is_empty() && !chain::concerns(case, finding.on))
        })
        .map(|(index, _)| index)
        .collect();
    for index in outside {
        if let Some(finding) = case.findings.get_mut(index) {
            finding.severity = Severity::Notice;
        }
    }
}

/// Causes that name one fault from several sides, the most telling first. On one entity only the first is kept.
const ONE_FAULT: &[&[&str]] = &[
    &["dns.name_wrong", "config.address_names_no_service", "dependency.host_unknown"],
    &["config.address_wrong_port", "dependency.wrong_port"],
    &["container.not_executable", "storage.volume_permission", "app.permission_denied"],
];

/// Keeps of causes that name one fault on one entity the most telling, with what the others show.
fn unify(mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    for group in ONE_FAULT {
        for (rank, cause) in group.iter().enumerate().rev() {
            while let Some(index) = candidates.iter().position(|candidate| {
                candidate.cause == *cause && {
                    let better = |other: &Candidate| {
                        group.iter().take(rank).any(|above| other.cause == *above) && other.strength > Strength::Suspected
                    };
                    candidates.iter().any(|other| other.on == candidate.on && better(other))
                }
            }) {
                let lesser = candidates.remove(index);
                let above = |other: &&mut Candidate| other.on == lesser.on && group.iter().take(rank).any(|above| other.cause == *above);
                if let Some(own) = candidates.iter_mut().find(above) {
                    *own = own.clone().quote(lesser.quotes).explain(lesser.explains);
                    own.blames.extend(lesser.blames);
                    own.strength = own.strength.max(lesser.strength);
                }
            }
        }
    }
    candidates
}

/// Joins candidates of one cause on one entity.
fn merge(candidates: Vec<Candidate>) -> Vec<Candidate> {
    let mut by_key: BTreeMap<(&'static str, EntityId), Candidate> = BTreeMap::new();
    for candidate in candidates {
        match by_key.entry((candidate.cause, candidate.on)) {
            std::collections::btree_map::Entry::Vacant(slot) => {
                slot.insert(candidate);
            }
            std::collections::btree_map::Entry::Occupied(mut slot) => {
                let own = slot.get_mut();
                if candidate.strength > own.strength {
                    own.strength = candidate.strength;
                    own.says = candidate.says;
                }
                *own = own.clone().quote(candidate.quotes).explain(candidate.explains);
                own.blames.extend(candidate.blames);
                own.missing.extend(candidate.missing);
                for step in candidate.steps {
                    if own.steps.len() < 4 && !own.steps.iter().any(|known| known.says == step.says) {
                        own.steps.push(step);
                    }
                }
                for other in candidate.ruled_out {
                    if !own.ruled_out.iter().any(|known| known.cause == other.cause) {
                        own.ruled_out.push(other);
                    }
                }
                for step in candidate.next_steps {
                    if !own.next_steps.contains(&step) {
                        own.next_steps.push(step);
                    }
                }
            }
        }
    }
    by_key.into_values().collect()
}

/// How much a candidate says: the depth of its cause and how well it is shown.
pub(crate) fn weight(candidate: &Candidate) -> i32 {
    let depth = cause::find(candidate.cause).map_or(0, |cause| i32::from(cause.depth));
    depth
        + match candidate.strength {
            Strength::Suspected => -35,
            Strength::Logged => 10,
            Strength::Shown => 20,
            Strength::Stated => 25,
            Strength::Proven => 30,
        }
}

/// Where a candidate blames an entity that has a candidate of its own, the latter is the deeper cause and takes over.
fn absorb(case: &Case<'_>, candidates: Vec<Candidate>) -> Vec<Ranked> {
    let deeper: Vec<Option<usize>> = candidates
        .iter()
        .enumerate()
        .map(|(index, candidate)| {
            let behind: BTreeSet<EntityId> = candidate.blames.iter().flat_map(|id| chain::behind(case, *id)).collect();
            let own = chain::behind(case, candidate.on);
            candidates
                .iter()
                .enumerate()
                .filter(|(other, deep)| *other != index && deep.strength > Strength::Suspected)
                .filter(|(_, deep)| {
                    let at_fault = behind.contains(&deep.on)
                        || deep.explains.iter().any(|finding| {
                            case.findings.get(*finding).is_some_and(|finding| behind.contains(&finding.on) && !own.contains(&finding.on))
                        });
                    at_fault && deep.on != candidate.on
                })
                .max_by_key(|(other, deep)| (weight(deep), std::cmp::Reverse(*other)))
                .map(|(other, _)| other)
        })
        .collect();
    // Follow each to its deepest; a cycle keeps what it started from.
    let root_of = |start: usize| {
        let mut here = start;
        let mut seen = BTreeSet::from([start]);
        while let Some(next) = deeper.get(here).copied().flatten() {
            if !seen.insert(next) {
                return start;
            }
            here = next;
        }
        here
    };
    let roots: Vec<usize> = (0..candidates.len()).map(root_of).collect();
    let mut ranked: BTreeMap<usize, Ranked> = BTreeMap::new();
    for (index, candidate) in candidates.iter().enumerate() {
        if roots.get(index) == Some(&index) {
            ranked.insert(index, Ranked { candidate: candidate.clone(), absorbed: Vec::new(), confidence: 0.0 });
        }
    }
    for (index, candidate) in candidates.into_iter().enumerate() {
        let root = roots.get(index).copied().unwrap_or(index);
        if let Some(own) = ranked.get_mut(&root).filter(|_| root != index) {
            own.candidate.explains.extend(&candidate.explains);
            own.absorbed.push(candidate);
        }
    }
    ranked.into_values().collect()
}

/// Of several candidates for one finding, keeps those that say most; ranks what is left.
fn compete(case: &Case<'_>, ranked: Vec<Ranked>) -> Vec<Ranked> {
    let mut best: BTreeMap<usize, i32> = BTreeMap::new();
    let mut count: BTreeMap<usize, usize> = BTreeMap::new();
    for one in &ranked {
        for finding in &one.candidate.explains {
            let weight = weight(&one.candidate);
            let own = best.entry(*finding).or_insert(weight);
            *own = (*own).max(weight);
            *count.entry(*finding).or_insert(0) += 1;
        }
    }
    let (mut kept, beaten): (Vec<Ranked>, Vec<Ranked>) = ranked.into_iter().partition(|one| {
        let weight = weight(&one.candidate);
        one.candidate.explains.iter().any(|finding| {
            let primary = case.findings.get(*finding).is_some_and(|finding| !consequence::is_consequence(finding.symptom));
            best.get(finding) == Some(&weight)
                && (primary || count.get(finding) == Some(&1) || one.candidate.explains.iter().all(|f| best.get(f) == Some(&weight)))
        })
    });
    let rivals: Vec<usize> = kept
        .iter()
        .enumerate()
        .map(|(index, one)| {
            let tied = |other: &Ranked| {
                weight(&other.candidate) == weight(&one.candidate)
                    && other.candidate.explains.iter().any(|finding| one.candidate.explains.contains(finding))
            };
            kept.iter().enumerate().filter(|(other, candidate)| *other != index && tied(candidate)).count()
        })
        .collect();
    for (one, rivals) in kept.iter_mut().zip(rivals) {
        one.confidence = confidence::of(case, &one.candidate, rivals);
    }
    for loser in beaten {
        // A real alternative that lost is worth a word; one that only restates the symptom is not.
        let told = cause::find(loser.candidate.cause).is_some_and(|cause| cause.depth >= 40);
        let winner = kept.iter_mut().find(|one| one.candidate.explains.iter().any(|finding| loser.candidate.explains.contains(finding)));
        if let (true, Some(winner)) = (told, winner)
            && winner.candidate.cause != loser.candidate.cause
            && !winner.candidate.ruled_out.iter().any(|known| known.cause == loser.candidate.cause)
        {
            let why = format!("it would explain the same and is shown less well: {}", loser.candidate.says);
            winner.candidate = winner.candidate.clone().not(loser.candidate.cause, why, loser.candidate.quotes.into_iter().take(1));
        }
    }
    let severity =
        |one: &Ranked| one.candidate.explains.iter().filter_map(|index| case.findings.get(*index)).map(|finding| finding.severity).max();
    kept.retain(|one| severity(one) > Some(Severity::Notice));
    kept.sort_by(|a, b| {
        let key = |one: &Ranked| {
            let proven = one.confidence >= confidence::PROVEN_FROM;
            let asked = chain::concerns_asked(case, one);
            (proven, asked, severity(one), one.absorbed.len().min(3))
        };
        key(b)
            .cmp(&key(a))
            .then_with(|| b.confidence.total_cmp(&a.confidence))
            .then_with(|| b.candidate.explains.len().cmp(&a.candidate.explains.len()))
            .then_with(|| weight(&b.candidate).cmp(&weight(&a.candidate)))
            .then_with(|| (a.candidate.cause, a.candidate.on).cmp(&(b.candidate.cause, b.candidate.on)))
    });
    kept
}
