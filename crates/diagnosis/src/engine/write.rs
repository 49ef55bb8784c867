//! Writes the report of a case, and lets nothing into it that the proof checker refuses.

use std::collections::{BTreeMap, BTreeSet};

use assent_base::Kind;
use assent_capture::source::Locator;
use assent_evidence::{Entity, EntityId};

use super::{Options, Ranked, chain, consequence};
use crate::case::Case;
use crate::cause;
use crate::confidence::PROVEN_FROM;
use crate::finding::{Quote, Severity};
use crate::proof;
use crate::report::{
    EntityName, Evidence, FindingReport, InputSummary, Link, MissingEvidence, REPORT_VERSION, Report, RootCause, RuledOut, Unread, Verdict,
};

/// The words by which Kubernetes shows trouble with a pod.
const SEEN_AS: &[&str] = &[
    "CrashLoopBackOff",
    "OOMKilled",
    "ImagePullBackOff",
    "ErrImagePull",
    "ErrImageNeverPull",
    "InvalidImageName",
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
    "StartError",
    "FailedScheduling",
    "Unschedulable",
    "FailedMount",
    "FailedAttachVolume",
    "FailedCreatePodSandBox",
    "FailedCreate",
    "Evicted",
    "Unhealthy",
    "BackoffLimitExceeded",
    "DeadlineExceeded",
];
/// How many of them a statement ends with.
const SEEN_AS_MAX: usize = 3;
/// Later symptoms are consequences, and not what the cause shows itself by.
const SEEN_AS_STAGE_MAX: u8 = 4;

/// Things to get that a report names for findings without a cause.
const SETTLED_BY_MAX: usize = 12;

/// Writes and checks a report.
pub(super) fn report(case: &Case<'_>, ranked: Vec<Ranked>, options: &Options) -> Report {
    let mut writer = Writer { case, cited: BTreeMap::new() };
    let told = |finding: &crate::finding::Finding| finding.severity > Severity::Notice || options.explain_all;
    let finding_ids: BTreeMap<usize, String> = case
        .findings
        .iter()
        .enumerate()
        .filter(|(_, finding)| told(finding))
        .enumerate()
        .map(|(n, (index, _))| (index, format!("F{}", n + 1)))
        .collect();
    let mut missing = Missing::default();
    let (mut root_causes, mut not_proven) = (Vec::new(), Vec::new());
    let mut explained = BTreeSet::new();
    for one in &ranked {
        let proven = one.confidence >= PROVEN_FROM;
        let written = writer.root_cause(one, &finding_ids);
        for item in &one.candidate.missing {
            missing.add(item.what.clone(), item.how.clone(), name(case.entity(one.candidate.on)));
        }
        if proven {
            explained.extend(one.candidate.explains.iter().copied());
            root_causes.push(written);
        } else {
            not_proven.push(written);
        }
    }
    root_causes.truncate(options.causes_max);
    not_proven.truncate(options.causes_max);
    let findings: Vec<FindingReport> =
        finding_ids.iter().filter_map(|(index, id)| writer.finding(*index, id, explained.contains(index))).collect();
    what_would_settle(case, &explained, &mut missing);
    let mut report = Report {
        version: REPORT_VERSION,
        verdict: Verdict::Healthy,
        summary: String::new(),
        root_causes,
        not_proven,
        missing_evidence: missing.told(),
        findings,
        input: input(case),
    };
    admit_only_proven(&mut report, case);
    report.verdict = verdict(&report, blind(case));
    report.summary = summary(&report);
    report
}

/// Drops what the proof checker refuses: a failed step from its chain, a cause with a failed quote altogether.
fn admit_only_proven(report: &mut Report, case: &Case<'_>) {
    for _ in 0..2 {
        let checked = proof::check(report, case.graph);
        if checked.failures.is_empty() {
            return;
        }
        let bad: BTreeSet<&str> = checked.failures.iter().map(|failure| failure.claim.as_str()).collect();
        let proven = report.root_causes.len();
        let mut number = 0;
        let mut keep = |cause: &mut RootCause| {
            number += 1;
            let claim = format!("root cause {number}");
            let mut step = 0;
            cause.chain.retain(|_| {
                step += 1;
                !bad.contains(format!("{claim}, step {step}").as_str())
            });
            cause.evidence.retain(|item| !bad.contains(item.id.as_str()));
            !bad.contains(claim.as_str()) && !cause.evidence.is_empty()
        };
        debug_assert!(proven <= report.root_causes.len());
        report.root_causes.retain_mut(&mut keep);
        report.not_proven.retain_mut(&mut keep);
        for finding in &mut report.findings {
            finding.evidence.retain(|item| !bad.contains(item.id.as_str()));
        }
    }
    // What still fails after two rounds is refused whole.
    if !proof::check(report, case.graph).failures.is_empty() {
        report.root_causes.clear();
        report.not_proven.clear();
    }
}

/// Whether pods were to be listed and were not: then nothing wrong seen is nothing seen.
fn blind(case: &Case<'_>) -> bool {
    let set = &case.graph.set;
    let any = |kind: &Kind| set.listed.iter().any(|listed| listed.kind == *kind) || case.graph.of_kind(kind).next().is_some();
    !set.problems.is_empty() && !set.listed.is_empty() && !any(&Kind::Pod)
}

fn verdict(report: &Report, blind: bool) -> Verdict {
    let ill = report.findings.iter().any(|finding| finding.severity != "notice");
    match (report.root_causes.is_empty(), ill) {
        (false, _) => Verdict::RootCause,
        (true, true) => Verdict::Inconclusive,
        (true, false) if blind || (report.input.objects.is_empty() && report.input.logs == 0) => Verdict::Inconclusive,
        (true, false) => Verdict::Healthy,
    }
}

fn summary(report: &Report) -> String {
    let counted = |count: usize| if count == 1 { "1 symptom".to_owned() } else { format!("{count} symptoms") };
    let ill: BTreeSet<&str> =
        report.findings.iter().filter(|finding| finding.severity != "notice").map(|finding| finding.id.as_str()).collect();
    // Only what the causes named here explain: there may be more symptoms than that.
    let explained: BTreeSet<&str> = report.root_causes.iter().flat_map(|cause| cause.explains.iter().map(String::as_str)).collect();
    let symptoms = counted(match report.verdict {
        Verdict::RootCause => explained.intersection(&ill).count(),
        Verdict::Healthy | Verdict::Inconclusive => ill.len(),
    });
    let ill = ill.len();
    match (report.verdict, report.root_causes.as_slice()) {
        (Verdict::RootCause, [only]) => format!("{} ({}), explaining {symptoms}.", only.title, only.entity),
        (Verdict::RootCause, causes) => format!(
            "{} independent root causes, explaining {symptoms}; first: {}.",
            causes.len(),
            causes.first().map_or("", |cause| &cause.title)
        ),
        (Verdict::Healthy, _) => "Nothing is wrong that this input shows.".to_owned(),
        (Verdict::Inconclusive, _) if ill == 0 && !report.input.objects.is_empty() => {
            "Nothing is wrong in what could be read, and pods could not be.".to_owned()
        }
        (Verdict::Inconclusive, _) if ill == 0 => "The input holds nothing that could be examined.".to_owned(),
        (Verdict::Inconclusive, _) => format!("{symptoms}, and the input does not show why."),
    }
}

/// What would settle questions, and about which objects.
#[derive(Debug, Default)]
struct Missing(BTreeMap<(String, String), BTreeSet<EntityName>>);

impl Missing {
    fn add(&mut self, what: String, how: String, about: EntityName) {
        self.0.entry((what, how)).or_default().insert(about);
    }

    fn told(self) -> Vec<MissingEvidence> {
        let told = |((what, how), about): ((String, String), BTreeSet<EntityName>)| MissingEvidence {
            what,
            how,
            about: about.into_iter().collect(),
        };
        self.0.into_iter().map(told).collect()
    }
}

/// For findings that no cause explains: what to get.
fn what_would_settle(case: &Case<'_>, explained: &BTreeSet<usize>, missing: &mut Missing) {
    let mut told = BTreeSet::new();
    for (index, finding) in case.findings.iter().enumerate() {
        if finding.severity == Severity::Notice || explained.contains(&index) {
            continue;
        }
        let entity = case.entity(finding.on);
        let (kind, plain) = (entity.kind().as_str().to_lowercase(), entity.name());
        let namespace = entity.namespace().map(|namespace| format!(" -n {namespace}")).unwrap_or_default();
        let crashed = matches!(finding.symptom, crate::finding::Symptom::ContainerCrash | crate::finding::Symptom::PodFailed);
        let (what, how) = if crashed && case.signals_of(entity).is_empty() {
            let container = finding.container.as_deref().map(|container| format!(" -c {container}")).unwrap_or_default();
            let what = format!("what {} logged before it ended", entity.reference());
            (what, format!("kubectl logs {plain}{namespace}{container} --previous"))
        } else if entity.events().is_empty() {
            (format!("the events of {}", entity.reference()), format!("kubectl describe {kind} {plain}{namespace}"))
        } else {
            continue;
        };
        told.insert((what.clone(), how.clone()));
        missing.add(what, how, name(entity));
        if told.len() >= SETTLED_BY_MAX {
            break;
        }
    }
}

fn input(case: &Case<'_>) -> InputSummary {
    let set = &case.graph.set;
    let mut objects = BTreeMap::new();
    for object in &set.objects {
        *objects.entry(object.reference.kind.to_string()).or_insert(0) += 1;
    }
    let mut unread: Vec<Unread> =
        set.problems.iter().map(|problem| Unread { place: problem.place.to_string(), why: problem.what.to_string() }).collect();
    unread.sort();
    unread.dedup();
    InputSummary {
        sources: set.sources.len() as u64,
        objects,
        logs: set.logs.len() as u64,
        unexamined: set.unexamined,
        as_of: case.graph.as_of.map(|instant| instant.to_string()),
        unread,
    }
}

/// The name of an entity, as reports write it.
fn name(entity: Entity<'_>) -> EntityName {
    let reference = entity.reference();
    EntityName { kind: reference.kind.to_string(), namespace: reference.namespace().map(str::to_owned), name: reference.name.to_string() }
}

struct Writer<'c, 'g> {
    case: &'c Case<'g>,
    /// What is cited already. The same words about the same entity are one piece of evidence, told the same way each time.
    cited: BTreeMap<(assent_capture::source::Cite, EntityId), Evidence>,
}

impl Writer<'_, '_> {
    fn evidence(&mut self, quote: &Quote) -> Option<Evidence> {
        if let Some(known) = self.cited.get(&(quote.cite, quote.about)) {
            return Some(known.clone());
        }
        let source = self.case.graph.set.source(quote.cite.source)?;
        let words = source.slice(quote.cite.start, quote.cite.len)?;
        if words.trim().is_empty() {
            return None;
        }
        let id = format!("E{}", self.cited.len() + 1);
        let locator = Locator { line: source.line_of(quote.cite.start), start: quote.cite.start, len: quote.cite.len };
        let item = Evidence {
            id,
            source: source.name.to_string(),
            section: source.section_at(quote.cite.start).map(str::to_owned),
            locator: locator.to_string(),
            quote: words.to_owned(),
            about: name(self.case.entity(quote.about)),
            time: quote.time.map(|instant| instant.to_string()),
        };
        self.cited.insert((quote.cite, quote.about), item.clone());
        Some(item)
    }

    fn all<'q>(&mut self, quotes: impl IntoIterator<Item = &'q Quote>) -> Vec<Evidence> {
        let mut all: Vec<Evidence> = Vec::new();
        for quote in quotes {
            if let Some(item) = self.evidence(quote).filter(|item| !all.iter().any(|known| known.id == item.id)) {
                all.push(item);
            }
        }
        all
    }

    fn root_cause(&mut self, one: &Ranked, finding_ids: &BTreeMap<usize, String>) -> RootCause {
        let candidate = &one.candidate;
        let mut evidence = self.all(&candidate.quotes);
        let mut links = Vec::new();
        let steps = chain::steps(self.case, one);
        let mut from = 0;
        for to in 1..steps.len() {
            let (Some(a), Some(b)) = (steps.get(from), steps.get(to)) else { continue };
            let Some(path) = self.case.graph.path(a.on, b.on) else { continue };
            let shown = self.all(b.quotes.iter().take(3));
            if shown.is_empty() {
                continue;
            }
            links.push(Link {
                from: name(self.case.entity(a.on)),
                cause: a.says.clone(),
                to: name(self.case.entity(b.on)),
                effect: b.says.clone(),
                because: self.because(&path),
                path: path.iter().map(|id| name(self.case.entity(*id))).collect(),
                evidence: shown.iter().map(|item| item.id.clone()).collect(),
            });
            evidence.extend(shown);
            from = to;
        }
        let mut ruled_out = Vec::new();
        for other in &candidate.ruled_out {
            let shown = self.all(&other.quotes);
            ruled_out.push(RuledOut {
                cause: other.cause.to_owned(),
                why: other.why.clone(),
                evidence: shown.iter().map(|item| item.id.clone()).collect(),
            });
            evidence.extend(shown);
        }
        let mut seen = BTreeSet::new();
        evidence.retain(|item| seen.insert(item.id.clone()));
        RootCause {
            cause: candidate.cause.to_owned(),
            title: cause::find(candidate.cause).map_or(candidate.cause, |cause| cause.title).to_owned(),
            entity: name(self.case.entity(candidate.on)),
            confidence: one.confidence,
            statement: self.with_words(&candidate.says, candidate),
            evidence,
            chain: links,
            ruled_out,
            next_steps: candidate.next_steps.clone(),
            explains: candidate.explains.iter().filter_map(|index| finding_ids.get(index).cloned()).collect(),
        }
    }

    /// A statement, with the words by which Kubernetes shows the trouble: they are what people search for.
    fn with_words(&self, says: &str, candidate: &crate::candidate::Candidate) -> String {
        let findings = candidate.explains.iter().filter_map(|index| self.case.findings.get(*index));
        let mut words: Vec<&str> = Vec::new();
        for finding in findings.filter(|finding| consequence::stage(finding.symptom) <= SEEN_AS_STAGE_MAX) {
            let quoted = finding
                .quotes
                .iter()
                .filter_map(|quote| self.case.graph.set.source(quote.cite.source)?.slice(quote.cite.start, quote.cite.len));
            let shown = SEEN_AS.iter().filter(|word| *finding.reason == ***word || quoted.clone().any(|text| text.contains(**word)));
            for word in shown {
                if words.len() < SEEN_AS_MAX && !words.contains(word) && !says.contains(word) {
                    words.push(word);
                }
            }
        }
        let stated = sentence(says);
        if words.is_empty() { stated } else { format!("{stated} Seen as {}.", words.join(", ")) }
    }

    /// `Deployment web owns ReplicaSet web-7d9, which owns Pod web-7d9-x`, told in the direction of the path.
    fn because(&self, path: &[EntityId]) -> String {
        let mut told = String::new();
        for pair in path.windows(2) {
            let [from, to] = pair else { continue };
            let Some((relation, forward)) = self.case.graph.tie_between(*from, *to) else { continue };
            let (from, to) = (self.case.entity(*from).reference(), self.case.entity(*to).reference());
            let part = if forward { format!("{from} {} {to}", relation.verb()) } else { format!("{to} {} {from}", relation.verb()) };
            if !told.is_empty() {
                told.push_str("; ");
            }
            told.push_str(&part);
        }
        if told.is_empty() { "it is the same object".to_owned() } else { told }
    }

    fn finding(&mut self, index: usize, id: &str, explained: bool) -> Option<FindingReport> {
        let finding = self.case.findings.get(index)?;
        Some(FindingReport {
            id: id.to_owned(),
            symptom: finding.symptom.id().to_owned(),
            severity: match finding.severity {
                Severity::Notice => "notice",
                Severity::Degraded => "degraded",
                Severity::Broken => "broken",
            }
            .to_owned(),
            entity: name(self.case.entity(finding.on)),
            container: finding.container.as_deref().map(str::to_owned),
            statement: sentence(&finding.says),
            since: finding.since.map(|instant| instant.to_string()),
            evidence: self.all(&finding.quotes),
            explained,
        })
    }
}

/// A sentence with its full stop.
fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}
