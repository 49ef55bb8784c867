//! The case under investigation: the graph, what is visibly wrong in it, and what its logs say.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use assent_base::{Kind, ObjectRef, Timestamp, time};
use assent_capture::set::{LogLine, LogStream};
use assent_capture::source::Cite;
use assent_capture::tree::At;
use assent_evidence::{Entity, EntityId, EventFact, Graph, Relation};

use crate::finding::{Finding, Quote, Severity, Symptom};
use crate::logs::{LogMatch, Matcher};

/// A container that has run this long since its last end has recovered.
pub const RECOVERED_AFTER_S: i64 = 600;
/// What is older than this is history, unless the state now still shows it.
pub const RECENT_S: i64 = 3600;

/// Built once, and only when there is a log to read.
static MATCHER: LazyLock<Matcher> = LazyLock::new(Matcher::new);

/// A line of a log that means something.
#[derive(Debug)]
pub struct SignalAt<'g> {
    /// The log.
    pub stream: &'g LogStream,
    /// The line, or the last of a run of alike lines.
    pub line: &'g LogLine,
    /// The words.
    pub text: &'g str,
    /// What they mean.
    pub found: LogMatch<'g>,
    /// How many kept lines follow it: 0 for the last.
    pub from_end: usize,
}

/// The graph, the findings, and the log signals of one investigation.
#[derive(Debug)]
pub struct Case<'g> {
    /// The cluster.
    pub graph: &'g Graph,
    /// What is visibly wrong.
    pub findings: Vec<Finding>,
    /// What the logs say, by the entity they belong to, in order.
    pub signals: BTreeMap<EntityId, Vec<SignalAt<'g>>>,
    /// Entities that the person asked about, and their owners: alerts' subjects, names in a transcript, `--focus`.
    pub asked: BTreeSet<EntityId>,
    /// Oldest instant that counts, when the user gave `--since`.
    pub since: Option<Timestamp>,
    by_entity: BTreeMap<EntityId, Vec<usize>>,
}

impl<'g> Case<'g> {
    /// Opens a case: reads the logs, finds the symptoms.
    #[must_use]
    pub fn open(graph: &'g Graph, focus: &[ObjectRef], since: Option<Timestamp>) -> Self {
        let mut case =
            Self { graph, findings: Vec::new(), signals: BTreeMap::new(), asked: BTreeSet::new(), since, by_entity: BTreeMap::new() };
        case.read_logs();
        for reference in focus.iter().chain(&graph.set.asked) {
            case.ask(reference);
        }
        crate::symptoms::find(&mut case);
        case
    }

    fn read_logs(&mut self) {
        for stream in &self.graph.set.logs {
            let (Some(id), Some(source)) = (self.graph.id(&stream.of), self.graph.set.source(stream.source)) else { continue };
            let kept = stream.lines.len();
            for (index, line) in stream.lines.iter().enumerate() {
                let Some(text) = source.slice(line.start, line.len) else { continue };
                if let Some(found) = MATCHER.best(text) {
                    self.signals.entry(id).or_default().push(SignalAt { stream, line, text, found, from_end: kept - 1 - index });
                }
            }
        }
    }

    /// Marks an entity, its owners and its pods as asked about. A name without namespace matches any namespace.
    pub fn ask(&mut self, reference: &ObjectRef) {
        let found: Vec<Entity<'g>> = match self.graph.find(reference) {
            Some(entity) => vec![entity],
            None => self
                .graph
                .entities_of_kind(&reference.kind)
                .filter(|entity| reference.namespace.is_none() && entity.name() == &*reference.name)
                .collect(),
        };
        for entity in found {
            self.asked.insert(entity.id);
            self.asked.insert(entity.top_owner().id);
        }
    }

    /// Whether the person asked about this entity or about what owns it.
    #[must_use]
    pub fn is_asked(&self, entity: Entity<'_>) -> bool {
        self.asked.contains(&entity.id) || self.asked.contains(&entity.top_owner().id)
    }

    /// Adds a finding and gives its index.
    pub fn add(&mut self, finding: Finding) -> usize {
        let index = self.findings.len();
        self.by_entity.entry(finding.on).or_default().push(index);
        self.findings.push(finding);
        index
    }

    /// Findings with a symptom, with their indices.
    pub fn with(&self, symptom: Symptom) -> impl Iterator<Item = (usize, &Finding)> {
        self.findings.iter().enumerate().filter(move |(_, finding)| finding.symptom == symptom)
    }

    /// Indices of the findings on an entity.
    pub fn on(&self, id: EntityId) -> impl Iterator<Item = usize> {
        self.by_entity.get(&id).into_iter().flatten().copied()
    }

    /// Indices of the findings on an entity that have one of these symptoms.
    pub fn on_with(&self, id: EntityId, symptoms: &[Symptom]) -> Vec<usize> {
        self.on(id).filter(|index| self.findings.get(*index).is_some_and(|finding| symptoms.contains(&finding.symptom))).collect()
    }

    /// Indices of the findings on a workload, on what it owns, and on the Services that select its pods.
    #[must_use]
    pub fn about(&self, owner: Entity<'_>) -> BTreeSet<usize> {
        let mut all: BTreeSet<usize> = self.on(owner.id).collect();
        let mut open = vec![(owner.id, 0)];
        while let Some((id, depth)) = open.pop() {
            all.extend(self.on(id));
            for edge in self.graph.edges_out(id) {
                if edge.relation == Relation::Owns && depth < 4 {
                    open.push((edge.to, depth + 1));
                }
            }
            for edge in self.graph.edges_into(id) {
                let service_alone = edge.relation == Relation::Selects && *self.graph.entity(edge.to).kind() == Kind::Service;
                if service_alone {
                    all.extend(self.on(edge.to).filter(|index| {
                        self.findings.get(*index).is_some_and(|finding| matches!(finding.symptom, Symptom::NoEndpoints | Symptom::Alert))
                    }));
                }
            }
        }
        all
    }

    /// The object to name for a fault in a pod's template: its top owner.
    #[must_use]
    pub fn owner(&self, id: EntityId) -> Entity<'g> {
        self.graph.entity(id).top_owner()
    }

    /// An entity by number.
    #[must_use]
    pub fn entity(&self, id: EntityId) -> Entity<'g> {
        self.graph.entity(id)
    }

    /// Quotes a value.
    #[must_use]
    pub fn quote(&self, at: At<'_>, about: Entity<'_>) -> Option<Quote> {
        Some(Quote { cite: at.cite()?, about: about.id, time: None })
    }

    /// Quotes an event's message (its reason where it has none), with when it was last said.
    #[must_use]
    pub fn quote_event(&self, event: &EventFact, about: Entity<'_>) -> Option<Quote> {
        let root = event.root(self.graph);
        let cite = [root.get("message"), root.get("note"), root.get("reason")].iter().find_map(At::cite)?;
        Some(Quote { cite, about: about.id, time: event.last })
    }

    /// Quotes a line of a log.
    #[must_use]
    pub fn quote_line(&self, signal: &SignalAt<'_>, about: EntityId) -> Quote {
        let cite = Cite { source: signal.stream.source, start: signal.line.start, len: signal.line.len };
        Quote { cite, about, time: signal.line.time }
    }

    /// The latest event of an entity with one of these reasons that is not stale.
    #[must_use]
    pub fn event(&self, entity: Entity<'g>, reasons: &[&str]) -> Option<&'g EventFact> {
        entity.events().iter().find(|event| reasons.contains(&&*event.reason) && !self.is_old(event.last))
    }

    /// Whether an instant lies before what counts. An unknown instant is not old.
    #[must_use]
    pub fn is_old(&self, instant: Option<Timestamp>) -> bool {
        match (instant, self.since) {
            (Some(instant), Some(since)) => instant < since,
            _ => false,
        }
    }

    /// Seconds from an instant to the capture.
    #[must_use]
    pub fn age_s(&self, instant: Option<Timestamp>) -> Option<i64> {
        Some(time::seconds_between(instant?, self.graph.as_of?))
    }

    /// Log signals of an entity, or of the pods below it.
    pub fn signals_of(&self, entity: Entity<'g>) -> Vec<&SignalAt<'g>> {
        let mut ids: BTreeSet<EntityId> = entity.pods().iter().map(|pod| pod.id).collect();
        ids.insert(entity.id);
        ids.iter().filter_map(|id| self.signals.get(id)).flatten().collect()
    }

    /// Whether any finding here is more than a notice.
    #[must_use]
    pub fn is_ill(&self, id: EntityId) -> bool {
        self.on(id).any(|index| self.findings.get(index).is_some_and(|finding| finding.severity > Severity::Notice))
    }
}
