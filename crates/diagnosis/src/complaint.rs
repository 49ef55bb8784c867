//! What a log complains of, and which complaint explains why its container is ill.
//!
//! A log holds many complaints, and most are history: a refused connection before the line that says `connected`, an error of an
//! hour ago followed by normal work. A complaint counts while nothing supersedes it and it stands near the log's end; of those that
//! count, the one that says most and stands nearest to the end is the decisive one.

use std::collections::{BTreeMap, BTreeSet};

use assent_base::{Kind, time};
use assent_capture::set::LogStream;
use assent_capture::source::Cite;
use assent_evidence::{Entity, EntityId, Relation};

use crate::case::{Case, SignalAt};
use crate::finding::{Finding, Quote, Severity, Symptom};
use crate::logs::{Signal, Target, target_of, target_of_fields};

/// Lines that may follow a complaint which still explains an end.
pub const LINES_AFTER_MAX: usize = 40;
/// Lines that may follow the last of a repeated complaint.
pub const LINES_AFTER_REPEATED_MAX: usize = 120;
/// A complaint that was said at least this often is repeated.
pub const REPEATED_FROM: u64 = 3;
/// A complaint older than this, by the log's own clock, is history.
pub const COMPLAINT_AGE_S: i64 = 900;
/// A complaint that was said once explains why something that runs is not well only this near to the log's end.
pub const INSISTENT_LINES_AFTER_MAX: usize = 10;
/// Words of a log that a statement quotes, in characters.
pub const WORDS_MAX: usize = 160;

/// Symptoms that the log of the container may explain.
pub const EXPLAINED_BY_LOGS: &[Symptom] = &[
    Symptom::ContainerCrash,
    Symptom::PodFailed,
    Symptom::NotReady,
    Symptom::ProbeFailing,
    Symptom::JobFailed,
    Symptom::ReplicasUnavailable,
    Symptom::RolloutStuck,
];

/// One meaning of one log, about one target: however often it was said.
#[derive(Debug, Clone)]
pub struct Complaint<'c, 'g> {
    /// Whom the log belongs to.
    pub on: Entity<'g>,
    /// The line nearest to the end.
    pub signal: &'c SignalAt<'g>,
    /// What it means.
    pub means: Signal,
    /// The dependency that it names.
    pub target: Option<Target>,
    /// How often it was said.
    pub count: u64,
    /// Lines that follow it, frames of a stack trace aside.
    pub after: usize,
    /// Whether nothing later in the log takes it back, and it is not long ago.
    pub live: bool,
}

impl<'g> Complaint<'_, 'g> {
    /// How much it explains: what it means, how near to the end it stands, and how gravely it is put.
    #[must_use]
    pub fn score(&self) -> i32 {
        let near = match self.after {
            0..=3 => 12,
            4..=10 => 8,
            11..=25 => 3,
            _ => -10,
        };
        let text = self.signal.text;
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        let level = if has(&["WARN", "level=warn", "\"warn", "[warn", " warn ", "Warning:"]) {
            -22
        } else if has(&["FATAL", "fatal", "panic", "CRITICAL", "CRIT", "emerg"]) {
            6
        } else if has(&["INFO", "level=info", "\"info\"", "[info"]) {
            -12
        } else {
            0
        };
        i32::from(self.means.weight()) + near + level
    }

    /// Whether it was said again and again.
    #[must_use]
    pub fn is_repeated(&self) -> bool {
        self.count >= REPEATED_FROM
    }

    /// The line, as a quote.
    #[must_use]
    pub fn quote(&self, case: &Case<'_>) -> Quote {
        case.quote_line(self.signal, self.on.id)
    }

    /// The line's own words, cut to what a person reads at a glance.
    #[must_use]
    pub fn words(&self) -> String {
        let text = self.signal.text.trim();
        if text.chars().count() <= WORDS_MAX {
            return text.to_owned();
        }
        let lead = self.signal.text.len() - self.signal.text.trim_start().len();
        let from = text.floor_char_boundary(self.signal.found.matched.start.saturating_sub(lead + 40));
        text.get(from..).unwrap_or(text).chars().take(WORDS_MAX).collect::<String>().trim().to_owned()
    }

    /// A field that the line names.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'g str> {
        self.signal.found.fields.get(name).copied().filter(|text| !text.trim().is_empty())
    }

    /// The target as `host:port`.
    #[must_use]
    pub fn target_text(&self) -> Option<String> {
        self.target.as_ref().map(target_text)
    }
}

/// `host:port`, or the host alone.
#[must_use]
pub fn target_text(target: &Target) -> String {
    match target.port {
        Some(port) if target.host.contains(':') => format!("[{}]:{port}", target.host),
        Some(port) => format!("{}:{port}", target.host),
        None => target.host.clone(),
    }
}

/// What the logs of an entity complain of, one for each container, run, meaning and target; the most telling first.
#[must_use]
pub fn of<'c, 'g>(case: &'c Case<'g>, id: EntityId) -> Vec<Complaint<'c, 'g>> {
    let Some(signals) = case.signals.get(&id) else { return Vec::new() };
    let mut tails: BTreeMap<*const LogStream, Tail> = BTreeMap::new();
    let mut groups: BTreeMap<(*const LogStream, Signal, Option<Target>), Complaint<'c, 'g>> = BTreeMap::new();
    for signal in signals {
        let stream: *const LogStream = signal.stream;
        let tail = tails.entry(stream).or_insert_with(|| Tail::of(case, signal.stream));
        let means = signal.found.rule.signal;
        let target = target(signal);
        let position = signal.stream.lines.len().saturating_sub(1 + signal.from_end);
        let after = tail.after.get(position).copied().unwrap_or(0);
        let superseded = tail.supersedes(position, target.as_ref());
        let ago = signal.line.time.zip(tail.last).map(|(own, last)| time::seconds_between(own, last));
        let entry = groups.entry((stream, means, target.clone())).or_insert_with(|| Complaint {
            on: case.entity(id),
            signal,
            means,
            target,
            count: 0,
            after,
            live: false,
        });
        // A run of alike lines stands once with its count; its first and last lines may stand beside it.
        entry.count = (entry.count + 1).max(signal.line.count);
        if signal.from_end <= entry.signal.from_end {
            (entry.signal, entry.after) = (signal, after);
            let reach = if entry.is_repeated() { LINES_AFTER_REPEATED_MAX } else { LINES_AFTER_MAX };
            entry.live = !superseded && after <= reach && ago.is_none_or(|ago| ago <= COMPLAINT_AGE_S);
        }
    }
    let mut all: Vec<Complaint<'c, 'g>> = groups.into_values().collect();
    // Of two that say as much, the later: the last `Caused by` of a trace is the deepest.
    all.sort_by_key(|one| (std::cmp::Reverse(one.score()), one.signal.from_end, one.signal.line.start));
    all
}

/// The dependency that a line names; a fault of the process's own has none.
fn target(signal: &SignalAt<'_>) -> Option<Target> {
    let means = signal.found.rule.signal;
    let follows = means.names_dependency() || matches!(means, Signal::ServerError | Signal::SlowQuery | Signal::SlowRequest);
    follows.then(|| target_of_fields(&signal.found.fields).or_else(|| target_of(signal.text))).flatten()
}

/// What follows each line of a log.
struct Tail {
    /// For each kept line, how many lines follow that are no frames of a stack trace.
    after: Vec<usize>,
    /// Lines that say that all is well now: their position, and the words after `connected`; none for a whole start.
    good: Vec<(usize, Option<String>)>,
    last: Option<assent_base::Timestamp>,
}

/// A program that says so has started, whatever it complained of before.
const STARTED: &[&str] = &[
    "ready to accept connections",
    "ready for connections",
    "startup complete",
    "server started",
    "started server",
    "listening on",
    "listening at",
    "now listening",
    "application started",
    "successfully started",
    "ready to serve",
    "accepting connections",
    "server is ready",
];
/// A connection that was refused before stands now.
const CONNECTED: &[&str] = &[
    "connected to",
    "connection established",
    "connected successfully",
    "successfully connected",
    "reconnected",
    "connection restored",
    "re-established",
    "connection recovered",
];
const DOUBTS: &[&str] = &["fail", "error", "cannot", "unable", "not connected", "disconnected", "refused", "lost", "could not", "retry"];

impl Tail {
    fn of(case: &Case<'_>, stream: &LogStream) -> Self {
        let source = case.graph.set.source(stream.source);
        let mut tail = Self { after: vec![0; stream.lines.len()], good: Vec::new(), last: None };
        let mut following = 0;
        for (position, line) in stream.lines.iter().enumerate().rev() {
            let text = source.and_then(|source| source.slice(line.start, line.len)).unwrap_or_default();
            if let Some(slot) = tail.after.get_mut(position) {
                *slot = following;
            }
            tail.last = tail.last.max(line.time);
            if !is_frame(text) {
                following += 1;
            }
            let lower = text.to_ascii_lowercase();
            if DOUBTS.iter().any(|word| lower.contains(word)) {
                continue;
            }
            let spring = lower.contains("started ") && lower.contains(" in ") && lower.contains(" seconds");
            if spring || STARTED.iter().any(|word| lower.contains(word)) {
                tail.good.push((position, None));
            } else if CONNECTED.iter().any(|word| lower.contains(word)) {
                tail.good.push((position, Some(lower)));
            }
        }
        tail
    }

    /// Whether a later line takes back what the line at this position complains of.
    fn supersedes(&self, position: usize, target: Option<&Target>) -> bool {
        self.good.iter().filter(|(good, _)| *good > position).any(|(_, words)| match (words, target) {
            (None, _) | (Some(_), None) => true,
            (Some(words), Some(target)) => reaches(words, &target.host),
        })
    }
}

/// What a program may call its dependency when it says that it is connected.
const GENERIC_PEERS: &[&str] = &["the", "database", "db", "server", "broker", "backend", "upstream", "cluster", "host"];

/// Whether a line that tells of a connection may be about this host: `connected to redis` is not about `orders-db`.
fn reaches(words: &str, host: &str) -> bool {
    let short = if host.parse::<std::net::IpAddr>().is_ok() { host } else { host.split('.').next().unwrap_or(host) };
    let Some((_, whom)) = words.split_once("connected to ") else { return true };
    let whom = whom.split(|c: char| c.is_whitespace() || matches!(c, ',' | ':' | '"')).next().unwrap_or_default();
    words.contains(short) || GENERIC_PEERS.contains(&whom)
}

/// Whether a line is a frame of a stack trace, or empty.
fn is_frame(text: &str) -> bool {
    let word = text.trim_start();
    word.is_empty()
        || text.starts_with([' ', '\t'])
        || ["at ", "... ", "File \"", "goroutine ", "created by ", "Traceback ", "^"].iter().any(|start| word.starts_with(start))
        || (word.ends_with(')') && !word.contains(' ') && word.contains('('))
}

/// The object to name for what a log says: the top owner. A pod that is known by its log alone is taken to belong to the workload
/// whose name it begins with.
#[must_use]
pub fn owner<'g>(case: &Case<'g>, of: Entity<'g>) -> Entity<'g> {
    let owner = of.top_owner();
    if owner.id != of.id || of.is_captured() || *of.kind() != Kind::Pod {
        return owner;
    }
    let prefixed = |workload: &Entity<'g>| {
        let rest = of.name().strip_prefix(workload.name()).and_then(|rest| rest.strip_prefix('-'));
        workload.namespace() == of.namespace() && rest.is_some_and(|rest| rest.split('-').count() <= 2)
    };
    let workloads = case.graph.entities().filter(|entity| entity.kind().is_workload() && *entity.kind() != Kind::ReplicaSet);
    workloads.filter(prefixed).max_by_key(|workload| workload.name().len()).unwrap_or(owner)
}

/// The decisive complaint about an ill thing.
#[derive(Debug, Clone)]
pub struct Said<'c, 'g> {
    /// What the log says.
    pub complaint: Complaint<'c, 'g>,
    /// The workload to name.
    pub owner: Entity<'g>,
    /// The findings that it explains.
    pub explains: BTreeSet<usize>,
    /// Whether the container ended, and did not only complain.
    pub ended: bool,
}

/// For everything that is ill and has a log: what the log says of it.
#[must_use]
pub fn decisive<'c, 'g>(case: &'c Case<'g>) -> Vec<Said<'c, 'g>> {
    let mut by_entity: BTreeMap<EntityId, Vec<Complaint<'c, 'g>>> = BTreeMap::new();
    for id in case.signals.keys() {
        by_entity.insert(*id, of(case, *id));
    }
    let mut all: Vec<Said<'c, 'g>> = Vec::new();
    let mut told = Vec::new();
    for (index, finding) in case.findings.iter().enumerate() {
        let found = match finding.symptom {
            Symptom::LogComplaint | Symptom::Slow => {
                let cite = finding.quotes.first().map(|quote| quote.cite);
                by_entity.get(&finding.on).into_iter().flatten().find(|one| cite == Some(cite_of(one))).cloned()
            }
            symptom if EXPLAINED_BY_LOGS.contains(&symptom) => best_for(case, finding, &by_entity),
            _ => None,
        };
        let Some(complaint) = found else { continue };
        // A notice needs no cause of its own; it belongs to the cause that the same line tells.
        if finding.severity == Severity::Notice {
            told.push((index, cite_of(&complaint)));
            continue;
        }
        let ended = matches!(finding.symptom, Symptom::ContainerCrash | Symptom::PodFailed | Symptom::JobFailed);
        let owner = owner(case, complaint.on);
        all.push(Said { complaint, owner, explains: BTreeSet::from([index]), ended });
    }
    for (index, cite) in told {
        if let Some(said) = all.iter_mut().find(|said| cite_of(&said.complaint) == cite) {
            said.explains.insert(index);
        }
    }
    all
}

fn cite_of(complaint: &Complaint<'_, '_>) -> Cite {
    let line = complaint.signal.line;
    Cite { source: complaint.signal.stream.source, start: line.start, len: line.len }
}

/// The complaint that explains a finding on a pod, or on a workload whose pods have no finding of their own.
fn best_for<'c, 'g>(
    case: &'c Case<'g>,
    finding: &Finding,
    by_entity: &BTreeMap<EntityId, Vec<Complaint<'c, 'g>>>,
) -> Option<Complaint<'c, 'g>> {
    let entity = case.entity(finding.on);
    let ended = matches!(finding.symptom, Symptom::ContainerCrash | Symptom::PodFailed | Symptom::JobFailed);
    let mut ids = BTreeSet::from([finding.on]);
    if *entity.kind() == Kind::Pod {
        // Logs that were asked for by the workload's name: kubectl logs deploy/web.
        let top = entity.top_owner();
        if top.pods().len() <= 1 || by_entity.keys().any(|id| *id == top.id) {
            ids.insert(top.id);
        }
    } else {
        let pods = entity.pods();
        if pods.iter().any(|pod| case.is_ill(pod.id)) {
            return None;
        }
        ids.extend(pods.iter().map(|pod| pod.id));
        ids.extend(by_entity.keys().filter(|id| owner(case, case.entity(**id)).id == finding.on));
    }
    let weight_min = if ended { 20 } else { 33 };
    let own = |one: &&Complaint<'c, 'g>| {
        let stream = one.signal.stream;
        let same = finding.container.is_none() || stream.container.is_none() || stream.container == finding.container;
        let insistent = ended || one.is_repeated() || one.after <= INSISTENT_LINES_AFTER_MAX;
        same && one.live && insistent && one.means.weight() >= weight_min
    };
    let candidates: Vec<&Complaint<'c, 'g>> = ids.iter().filter_map(|id| by_entity.get(id)).flatten().filter(own).collect();
    // What a container said before it ended explains the end; what it says now explains why it is not ready.
    let preferred = |one: &&&Complaint<'c, 'g>| one.signal.stream.previous == ended;
    let best = |of: &[&Complaint<'c, 'g>]| {
        of.iter().max_by_key(|one| (one.score(), std::cmp::Reverse(one.signal.from_end))).map(|one| (*one).clone())
    };
    let first: Vec<&Complaint<'c, 'g>> = candidates.iter().filter(preferred).copied().collect();
    best(&first).or_else(|| best(&candidates))
}

/// Whether the person asked about what this log belongs to: it, its owner, or a Service that selects it.
#[must_use]
pub fn is_concerned(case: &Case<'_>, entity: Entity<'_>) -> bool {
    let Some(entity) = case.graph.find(entity.reference()) else { return false };
    let owner = owner(case, entity);
    let services = entity.from(Relation::Selects).chain(owner.from(Relation::Selects));
    case.is_asked(entity) || case.is_asked(owner) || services.into_iter().any(|service| case.asked.contains(&service.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_to_another_host_takes_nothing_back() {
        assert!(reaches("info connected to orders-db:5432", "orders-db.shop.svc"));
        assert!(reaches("info connected to database", "10.96.3.4"));
        assert!(reaches("connection established", "orders-db"));
        assert!(!reaches("info connected to redis cache", "orders-db"));
        assert!(!reaches("info connected to feed", "10.96.3.4"));
    }

    #[test]
    fn frames_of_a_trace_are_no_lines_of_work() {
        for frame in ["\tat shop.Main.run(Main.java:3)", "  File \"a.py\", line 3", "main.main()", "goroutine 1 [running]:", ""] {
            assert!(is_frame(frame), "{frame}");
        }
        assert!(!is_frame("order 7 placed"));
        assert!(!is_frame("Caused by: java.lang.IllegalStateException: no key"));
    }
}
