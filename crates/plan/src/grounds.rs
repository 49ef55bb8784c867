//! What a plan rests on: one cause of a checked report, with evidence that the workload could not have written itself.
//!
//! A pod's log, its termination message, what its probe printed and what it exports are written by whoever controls the pod. They may
//! explain; they never alone justify a change (I6, I9). So a cause that only they show yields no plan, however sure a report is.

use assent_base::{Digest, Kind};
use assent_capture::source::{Cite, Locator, SourceId};
use assent_capture::tree::At;
use assent_diagnosis::confidence::PROVEN_FROM;
use assent_diagnosis::proof;
use assent_diagnosis::report::{EntityName, Evidence, Report, RootCause};
use assent_evidence::Graph;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One piece of evidence, by its digest: the words stay in the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exhibit {
    /// Its id in the report: `E1`.
    pub id: String,
    /// Digest over source, locator and words.
    pub digest: Digest,
    /// Whether the workload itself could not have written it.
    pub independent: bool,
}

/// What a plan rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grounds {
    /// The cause, by its id of the catalogue.
    pub cause: String,
    /// Where the fault is.
    pub entity: EntityName,
    /// How sure the report is, in hundredths.
    pub confidence_percent: u8,
    /// The evidence.
    pub evidence: Vec<Exhibit>,
    /// Digest over all of it, in order.
    pub digest: Digest,
}

/// A cause that may feed a plan. Only [`check`] makes one, and it has no form that could be read back.
#[derive(Debug)]
pub struct Checked<'r> {
    cause: &'r RootCause,
    grounds: Grounds,
}

impl<'r> Checked<'r> {
    /// The cause.
    #[must_use]
    pub const fn cause(&self) -> &'r RootCause {
        self.cause
    }

    /// What a plan keeps of it.
    #[must_use]
    pub const fn grounds(&self) -> &Grounds {
        &self.grounds
    }
}

/// Why a cause feeds no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Groundless {
    /// The report has no such cause.
    #[error("the report names no such cause")]
    NoCause,
    /// The report does not hold against the input.
    #[error("the report does not hold: {0}")]
    NotProven(String),
    /// The report is not sure enough.
    #[error("the cause is not proven")]
    Unsure,
    /// Nothing but the workload itself says so.
    #[error(
        "only the workload itself says so, in its log or in what it reports; a second, independent source must agree before anything is changed"
    )]
    WorkloadAlone,
}

/// Checks the causes of a report against its input once more, and says of each whether it may feed a plan.
#[must_use]
pub fn check<'r>(report: &'r Report, graph: &Graph) -> Vec<Result<Checked<'r>, Groundless>> {
    let failures = proof::check(report, graph).failures;
    if let Some(first) = failures.first() {
        // One false citation is enough to believe nothing of a report: nobody knows who wrote it.
        let why = Groundless::NotProven(format!("{}: {}", first.claim, first.fault));
        return report.root_causes.iter().map(|_| Err(why.clone())).collect();
    }
    let written = Written::by_workloads(graph);
    report.root_causes.iter().map(|cause| one(cause, &written)).collect()
}

fn one<'r>(cause: &'r RootCause, written: &Written<'_>) -> Result<Checked<'r>, Groundless> {
    if cause.confidence < PROVEN_FROM {
        return Err(Groundless::Unsure);
    }
    let evidence: Vec<Exhibit> = cause
        .evidence
        .iter()
        .map(|item| Exhibit { id: item.id.clone(), digest: digest(item), independent: !written.holds(item) })
        .collect();
    // What shows a consequence (the pod crashes) does not show the cause (its log blames a setting): the crash is real either way.
    if !evidence.iter().take(own(cause)).any(|exhibit| exhibit.independent) {
        return Err(Groundless::WorkloadAlone);
    }
    let digests: Vec<&[u8]> = evidence.iter().map(|exhibit| exhibit.digest.as_bytes().as_slice()).collect();
    let grounds = Grounds {
        cause: cause.cause.clone(),
        entity: cause.entity.clone(),
        confidence_percent: percent(cause.confidence),
        digest: Digest::of_parts(&digests),
        evidence,
    };
    Ok(Checked { cause, grounds })
}

/// How many pieces of evidence, from the first, show the cause itself. A report lists those first, then what shows the steps of its chain
/// and what was ruled out, each piece once. So its own are the fewest after which the rest follows from the chain; one at least.
fn own(cause: &RootCause) -> usize {
    let rest: Vec<&str> = cause
        .chain
        .iter()
        .flat_map(|link| &link.evidence)
        .chain(cause.ruled_out.iter().flat_map(|other| &other.evidence))
        .map(String::as_str)
        .collect();
    let all: Vec<&str> = cause.evidence.iter().map(|item| item.id.as_str()).collect();
    let explains = |count: usize| {
        let mut listed: Vec<&str> = Vec::new();
        for id in all.iter().take(count).chain(&rest) {
            if !listed.contains(id) {
                listed.push(id);
            }
        }
        listed == all
    };
    (1..=all.len()).find(|count| explains(*count)).unwrap_or(0)
}

fn percent(confidence: f64) -> u8 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=100")]
    let percent = (confidence.clamp(0.0, 1.0) * 100.0).round() as u8;
    percent
}

fn digest(item: &Evidence) -> Digest {
    Digest::of_parts(&[item.source.as_bytes(), item.locator.as_bytes(), item.quote.as_bytes()])
}

/// The bytes of an input that workloads wrote.
struct Written<'g> {
    graph: &'g Graph,
    parts: Vec<Cite>,
}

impl<'g> Written<'g> {
    fn by_workloads(graph: &'g Graph) -> Self {
        let mut own = Self { graph, parts: Vec::new() };
        for log in &graph.set.logs {
            own.parts.extend(log.lines.iter().map(|line| Cite { source: log.source, start: line.start, len: line.len }));
        }
        for output in &graph.set.outputs {
            let len = u32::try_from(output.len).unwrap_or(u32::MAX);
            own.parts.push(Cite { source: output.source, start: output.start, len });
        }
        for loose in graph.set.alerts.iter().chain(&graph.set.samples).chain(&graph.set.spans) {
            if let Some(root) = graph.set.loose(loose) {
                own.all(root);
            }
        }
        for pod in graph.of_kind(&Kind::Pod) {
            for (_, root) in pod.views() {
                own.messages(root);
            }
            for event in pod.events().iter().filter(|event| matches!(&*event.reason, "Unhealthy" | "ProbeWarning" | "FailedPostStartHook"))
            {
                own.parts.extend(event.root(graph).get("message").cite());
                own.parts.extend(event.root(graph).get("note").cite());
            }
        }
        own
    }

    /// A container's termination message is what it wrote into `/dev/termination-log`, or the end of its log.
    fn messages(&mut self, root: At<'g>) {
        for list in ["initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"] {
            for status in root.get("status").get(list).items() {
                for state in ["state", "lastState"] {
                    self.parts.extend(status.get(state).at("terminated/message").cite());
                }
            }
        }
        // Labels and annotations may be a workload's own doing; a pod may have the right to write its own.
        for (_, value) in root.at("metadata/annotations").entries() {
            self.parts.extend(value.cite());
        }
    }

    fn all(&mut self, at: At<'g>) {
        for (_, value) in at.entries() {
            self.all(value);
        }
        for item in at.items() {
            self.all(item);
        }
        if at.scalar().is_some() {
            self.parts.extend(at.cite());
        }
    }

    /// Whether a piece of evidence touches them. What cannot be placed counts as theirs.
    fn holds(&self, item: &Evidence) -> bool {
        let Ok(locator) = item.locator.parse::<Locator>() else { return true };
        let end = locator.start.saturating_add(u64::from(locator.len));
        let named: Vec<SourceId> = self
            .graph
            .set
            .sources
            .iter()
            .enumerate()
            .filter(|(_, source)| *source.name == *item.source && source.slice(locator.start, locator.len) == Some(&item.quote))
            .filter_map(|(index, _)| u32::try_from(index).ok().map(SourceId))
            .collect();
        let touches = |part: &Cite| {
            named.contains(&part.source) && part.start < end && part.start.saturating_add(u64::from(part.len)) > locator.start
        };
        named.is_empty() || self.parts.iter().any(touches)
    }
}
