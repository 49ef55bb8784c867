//! The proof checker: re-checks every claim of a report against the input, and believes nothing else.
//!
//! Separate from the engine on purpose (I6). It knows the report's words and the graph, not how a cause was found, so that
//! reports of models and of other versions pass the same check. A claim that fails feeds nothing.
//!
//! Checked: each quote stands at its locator in its source, byte for byte; each cause is in the catalogue and rests on a quote;
//! the entities exist in the graph; neighbours on each path are tied in the graph; causes are not later than their effects;
//! confidence is within bounds; ids are unique and references to them resolve.

use std::collections::{BTreeMap, BTreeSet};

use assent_base::{Kind, ObjectRef, time};
use assent_capture::set::CaptureSet;
use assent_capture::source::{Locator, Source};
use assent_evidence::Graph;

use crate::cause;
use crate::report::{EntityName, Evidence, Link, Report, RootCause};

/// A clock may be off by this much between the parts of a cluster before an order of events counts as wrong.
pub const CLOCK_SKEW_S: i64 = 120;

/// What is wrong with a claim.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The input has no such source.
    #[error("the input has no source `{0}`")]
    NoSource(String),
    /// The locator cannot be read.
    #[error("`{0}` is no locator")]
    BadLocator(String),
    /// Other words stand there.
    #[error("the words at {locator} of `{source_name}` are not `{quote}`")]
    OtherWords {
        /// The source.
        source_name: String,
        /// The place.
        locator: String,
        /// The claimed words.
        quote: String,
    },
    /// An empty quote proves nothing.
    #[error("the quote is empty")]
    EmptyQuote,
    /// The catalogue has no such cause.
    #[error("the catalogue has no cause `{0}`")]
    UnknownCause(String),
    /// Nothing is cited.
    #[error("nothing is cited for it")]
    NoEvidence,
    /// The graph has no such entity.
    #[error("the input has no {0}")]
    NoEntity(String),
    /// Two neighbours of a path are not tied.
    #[error("{0} and {1} are not tied")]
    NotTied(String, String),
    /// A path does not join its ends.
    #[error("the path does not lead from {0} to {1}")]
    BrokenPath(String, String),
    /// The effect is earlier than the cause.
    #[error("the effect ({effect}) is earlier than the cause ({cause})")]
    BackwardsInTime {
        /// Time of the cause.
        cause: String,
        /// Time of the effect.
        effect: String,
    },
    /// An id is used twice or refers to nothing.
    #[error("`{0}` is used twice or refers to nothing")]
    BadId(String),
    /// A number is out of bounds.
    #[error("the confidence {0} is not within 0 and 1")]
    BadConfidence(String),
}

/// A claim that failed, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Which claim: `E3`, `root cause 1`, `root cause 1, step 2`.
    pub claim: String,
    /// Why.
    pub fault: Fault,
}

/// The outcome of a check.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// Citations that were checked.
    pub citations: usize,
    /// Steps that were checked.
    pub steps: usize,
    /// What failed.
    pub failures: Vec<Failure>,
}

/// Checks a whole report against the input.
#[must_use]
pub fn check(report: &Report, graph: &Graph) -> Checked {
    let mut checked = Checked::default();
    let sources = sources_by_name(&graph.set);
    let mut ids: BTreeMap<&str, &Evidence> = BTreeMap::new();
    let all = report.root_causes.iter().chain(&report.not_proven);
    let evidence = all.clone().flat_map(|cause| &cause.evidence).chain(report.findings.iter().flat_map(|finding| &finding.evidence));
    for item in evidence {
        checked.citations += 1;
        if let Err(fault) = citation(item, &sources) {
            checked.failures.push(Failure { claim: item.id.clone(), fault });
        }
        // One piece of evidence may serve several claims; the same id must then mean the same words.
        if ids.insert(&item.id, item).is_some_and(|other| other != item) {
            checked.failures.push(Failure { claim: item.id.clone(), fault: Fault::BadId(item.id.clone()) });
        }
    }
    let findings: BTreeSet<&str> = report.findings.iter().map(|finding| finding.id.as_str()).collect();
    for (number, cause) in all.enumerate() {
        let claim = format!("root cause {}", number + 1);
        let mut fail = |claim: &str, fault: Fault| checked.failures.push(Failure { claim: claim.to_owned(), fault });
        for fault in cause_faults(cause, graph, &findings) {
            fail(&claim, fault);
        }
        for (position, link) in cause.chain.iter().enumerate() {
            checked.steps += 1;
            for fault in link_faults(link, cause, graph, &ids) {
                checked.failures.push(Failure { claim: format!("{claim}, step {}", position + 1), fault });
            }
        }
    }
    checked
}

/// Sources by name. Two sources of one name are told apart by their order.
fn sources_by_name(set: &CaptureSet) -> BTreeMap<&str, Vec<&Source>> {
    let mut sources: BTreeMap<&str, Vec<&Source>> = BTreeMap::new();
    for source in &set.sources {
        sources.entry(&source.name).or_default().push(source);
    }
    sources
}

/// Checks that the quoted words stand at their place.
fn citation(item: &Evidence, sources: &BTreeMap<&str, Vec<&Source>>) -> Result<(), Fault> {
    if item.quote.trim().is_empty() {
        return Err(Fault::EmptyQuote);
    }
    let locator: Locator = item.locator.parse().map_err(|_| Fault::BadLocator(item.locator.clone()))?;
    let by_name = sources.get(item.source.as_str());
    // A single text has no name of its own: it may have been piped in then and be a file now.
    let only = sources.values().next().filter(|_| sources.len() == 1);
    let named = by_name.or(only).ok_or_else(|| Fault::NoSource(item.source.clone()))?;
    let stands = named.iter().any(|source| source.slice(locator.start, locator.len) == Some(&item.quote));
    stands.then_some(()).ok_or_else(|| Fault::OtherWords {
        source_name: item.source.clone(),
        locator: item.locator.clone(),
        quote: item.quote.clone(),
    })
}

fn cause_faults(cause: &RootCause, graph: &Graph, findings: &BTreeSet<&str>) -> Vec<Fault> {
    let mut faults = Vec::new();
    if cause::find(&cause.cause).is_none() {
        faults.push(Fault::UnknownCause(cause.cause.clone()));
    }
    if cause.evidence.is_empty() {
        faults.push(Fault::NoEvidence);
    }
    if !(0.0..=1.0).contains(&cause.confidence) {
        faults.push(Fault::BadConfidence(cause.confidence.to_string()));
    }
    if graph.id(&reference(&cause.entity)).is_none() {
        faults.push(Fault::NoEntity(cause.entity.to_string()));
    }
    let own: BTreeSet<&str> = cause.evidence.iter().map(|item| item.id.as_str()).collect();
    let cited = cause.ruled_out.iter().flat_map(|other| &other.evidence);
    faults.extend(cited.filter(|id| !own.contains(id.as_str())).map(|id| Fault::BadId(id.clone())));
    faults.extend(cause.explains.iter().filter(|id| !findings.contains(id.as_str())).map(|id| Fault::BadId(id.clone())));
    faults
}

fn link_faults(link: &Link, cause: &RootCause, graph: &Graph, ids: &BTreeMap<&str, &Evidence>) -> Vec<Fault> {
    let mut faults = Vec::new();
    if link.path.first() != Some(&link.from) || link.path.last() != Some(&link.to) {
        faults.push(Fault::BrokenPath(link.from.to_string(), link.to.to_string()));
    }
    for pair in link.path.windows(2) {
        let [from, to] = pair else { continue };
        match (graph.id(&reference(from)), graph.id(&reference(to))) {
            (Some(a), Some(b)) if graph.tie_between(a, b).is_some() => {}
            (Some(_), Some(_)) => faults.push(Fault::NotTied(from.to_string(), to.to_string())),
            (None, _) => faults.push(Fault::NoEntity(from.to_string())),
            (_, None) => faults.push(Fault::NoEntity(to.to_string())),
        }
    }
    if link.path.len() == 1 && graph.id(&reference(&link.from)).is_none() {
        faults.push(Fault::NoEntity(link.from.to_string()));
    }
    let shown: Vec<&Evidence> = link.evidence.iter().filter_map(|id| ids.get(id.as_str()).copied()).collect();
    if shown.len() < link.evidence.len() {
        faults.extend(link.evidence.iter().filter(|id| !ids.contains_key(id.as_str())).map(|id| Fault::BadId(id.clone())));
    }
    if shown.is_empty() {
        faults.push(Fault::NoEvidence);
    }
    // Only instants of the cause's first sign and the effect's last count: both go on and on.
    let instant = |item: &Evidence| item.time.as_deref().and_then(time::instant);
    let effects: BTreeSet<&str> = cause.chain.iter().flat_map(|link| link.evidence.iter().map(String::as_str)).collect();
    let first_sign = cause.evidence.iter().filter(|item| !effects.contains(item.id.as_str())).filter_map(instant).min();
    let last_effect = shown.iter().filter_map(|item| instant(item)).max();
    if let (Some(cause), Some(effect)) = (first_sign, last_effect)
        && time::seconds_between(cause, effect) < -CLOCK_SKEW_S
    {
        faults.push(Fault::BackwardsInTime { cause: cause.to_string(), effect: effect.to_string() });
    }
    faults
}

fn reference(name: &EntityName) -> ObjectRef {
    ObjectRef::new(Kind::named(&name.kind), name.namespace.as_deref(), &name.name)
}
