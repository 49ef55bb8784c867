//! From a cause to what the user sees, as steps that the graph can carry.

use std::collections::BTreeSet;

use assent_base::Kind;
use assent_evidence::{EntityId, Relation};

use super::{Ranked, consequence};
use crate::candidate::{Candidate, Step};
use crate::case::Case;
use crate::cause;
use crate::finding::Severity;

/// Steps told of one chain. What lies between is in the findings.
const STEPS_MAX: usize = 7;
/// An absorbed cause of less depth only restates its symptom.
const TELLING_DEPTH_MIN: u8 = 40;

/// What stands behind an entity when somebody complains of it: behind a Service its pods, their owners and their claims.
pub(crate) fn behind(case: &Case<'_>, id: EntityId) -> BTreeSet<EntityId> {
    let mut all = BTreeSet::from([id]);
    let mut open = vec![(id, 0)];
    while let Some((here, depth)) = open.pop() {
        if depth >= 4 {
            continue;
        }
        let kind = case.entity(here).kind();
        let onward = case.graph.edges_out(here).iter().filter(|edge| {
            matches!(edge.relation, Relation::Selects | Relation::RoutesTo | Relation::Owns | Relation::Mounts)
                || (matches!(edge.relation, Relation::RunsOn | Relation::References | Relation::GuardedBy) && *kind == Kind::Pod)
        });
        let back =
            case.graph.edges_into(here).iter().filter(|edge| edge.relation == Relation::Owns && (*kind == Kind::Pod || kind.is_workload()));
        for edge in onward.chain(back) {
            if all.insert(edge.to) {
                open.push((edge.to, depth + 1));
            }
        }
    }
    all
}

/// Whether an entity concerns what the person asked about: it stands behind it, or it is it.
pub(crate) fn concerns(case: &Case<'_>, id: EntityId) -> bool {
    let owner = case.owner(id).id;
    case.asked.iter().any(|asked| {
        if *asked == id || *asked == owner {
            return true;
        }
        let mut reach = behind(case, *asked);
        let called: Vec<EntityId> = case.entity(*asked).to(Relation::Calls).map(|service| service.id).collect();
        reach.extend(called.into_iter().flat_map(|service| behind(case, service)));
        reach.contains(&id) || case.entity(*asked).pods().iter().any(|pod| pod.id == id)
    })
}

/// Whether a cause explains something on an entity that the person asked about.
pub(crate) fn concerns_asked(case: &Case<'_>, one: &Ranked) -> bool {
    let on_asked = |id: EntityId| case.is_asked(case.entity(id));
    on_asked(one.candidate.on)
        || one.candidate.explains.iter().filter_map(|index| case.findings.get(*index)).any(|finding| on_asked(finding.on))
}

/// The steps of a chain, the cause first. Each later step is an effect of the one before it.
pub(crate) fn steps(case: &Case<'_>, one: &Ranked) -> Vec<Step> {
    let candidate = &one.candidate;
    let mut steps = vec![Step { on: candidate.on, says: candidate.says.clone(), quotes: candidate.quotes.clone() }];
    let theirs: BTreeSet<usize> = one.absorbed.iter().flat_map(|absorbed| absorbed.explains.iter().copied()).collect();
    let own: BTreeSet<usize> = candidate.explains.difference(&theirs).copied().collect();
    let here = |index: &usize| case.findings.get(*index).is_some_and(|finding| finding.on == candidate.on);
    // What shows on the faulty object itself comes before what others suffer.
    findings(case, &candidate.explains.iter().copied().filter(here).collect(), &mut steps);
    steps.extend(candidate.steps.iter().cloned());
    findings(case, &own, &mut steps);
    let distance = |absorbed: &&Candidate| case.graph.path(candidate.on, absorbed.on).map_or(usize::MAX, |path| path.len());
    // One that only restates its symptom adds no step: the symptom is told anyway.
    let telling = one.absorbed.iter().filter(|absorbed| cause::find(absorbed.cause).is_some_and(|cause| cause.depth >= TELLING_DEPTH_MIN));
    let mut telling: Vec<&Candidate> = telling.collect();
    telling.sort_by_key(distance);
    for absorbed in telling {
        if !is_told(&steps, absorbed.on, &absorbed.says) {
            steps.push(Step { on: absorbed.on, says: absorbed.says.clone(), quotes: absorbed.quotes.clone() });
        }
    }
    findings(case, &theirs, &mut steps);
    if steps.len() > STEPS_MAX {
        // Keep the beginning and what the user sees.
        let last = steps.len() - 1;
        steps = steps.into_iter().enumerate().filter(|(index, _)| *index < STEPS_MAX - 1 || *index == last).map(|(_, step)| step).collect();
    }
    steps
}

/// Whether a step on this entity says so already, perhaps with more words.
fn is_told(steps: &[Step], on: EntityId, says: &str) -> bool {
    steps.iter().any(|step| step.on == on && step.says.starts_with(says))
}

/// One finding for each stage, nearest first.
fn findings(case: &Case<'_>, indices: &BTreeSet<usize>, steps: &mut Vec<Step>) {
    let mut chosen: Vec<(u8, usize)> = indices
        .iter()
        .filter_map(|index| Some((consequence::stage(case.findings.get(*index)?.symptom), *index)))
        .filter(|(_, index)| case.findings.get(*index).is_some_and(|finding| finding.severity > Severity::Notice))
        .collect();
    chosen.sort_unstable();
    chosen.dedup_by_key(|(stage, _)| *stage);
    for (_, index) in chosen {
        if let Some(finding) = case.findings.get(index)
            && !is_told(steps, finding.on, &finding.says)
        {
            steps.push(Step { on: finding.on, says: finding.says.clone(), quotes: finding.quotes.clone() });
        }
    }
}
