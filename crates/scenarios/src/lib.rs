//! Scenarios: small clusters with a known fault, written as YAML, and what a report of them must say.
//!
//! The first document says what is expected; the others are objects, events, logs, alerts and outputs of commands. A scenario
//! stands in `scenarios/<family>/<name>.yaml`. They measure the engine, calibrate its confidence, and one of them is the demo.
//!
//! ```yaml
//! scenario: A tag that was never pushed
//! verdict: root_cause
//! causes:
//! - cause: image.not_found
//!   entity: Deployment shop/checkout
//!   reaches: [Service shop/checkout]
//!   fix: roll_back Deployment shop/checkout
//! never: [image.pull_unauthorized]
//! listed: [Pod, Service]
//! at: 2026-03-01T12:00:00Z
//! ```

pub mod demo;

use std::collections::BTreeSet;

use assent_base::{Kind, ObjectRef, Timestamp, time};
use assent_capture::set::{CaptureSet, Hint, Listed, Loose, Origin, Output};
use assent_capture::source::{Source, SourceId};
use assent_capture::tree::{At, Node};
use assent_capture::{logs, yaml};
use assent_diagnosis::report::{Report, Verdict};
use assent_diagnosis::{Options, proof};
use assent_evidence::Graph;

/// A cause that a report must name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Catalogue id.
    pub cause: String,
    /// The faulty object, as `Deployment shop/checkout`.
    pub entity: String,
    /// Objects that its chain must reach, in this order.
    pub reaches: Vec<String>,
    /// The right fix: an action and its object, as `roll_back Deployment shop/checkout`; `none` where none is safe to propose.
    pub fix: Option<String>,
}

/// A small cluster and what a report of it must say.
#[derive(Debug)]
pub struct Scenario {
    /// What happens in it, one sentence.
    pub title: String,
    /// The verdict.
    pub verdict: Verdict,
    /// The causes that must be named, in any order, and no others.
    pub causes: Vec<Expected>,
    /// Causes that must not be named.
    pub never: Vec<String>,
    /// Further causes may be named beside those expected.
    pub others_allowed: bool,
    /// What the user asked about.
    pub focus: Vec<ObjectRef>,
    /// The instant of the capture.
    pub at: Option<Timestamp>,
    /// The cluster.
    pub set: CaptureSet,
}

/// Why a text is no scenario.
#[derive(Debug, thiserror::Error)]
pub enum BadScenario {
    /// The YAML cannot be read.
    #[error("{0}")]
    Yaml(String),
    /// A field is missing or wrong.
    #[error("`{field}` is missing or wrong: {why}")]
    Field {
        /// Which.
        field: &'static str,
        /// Why.
        why: String,
    },
}

const HEAD_FIELDS: [&str; 9] = ["scenario", "verdict", "causes", "never", "others_allowed", "focus", "listed", "at", "note"];

/// Reads a scenario.
///
/// # Errors
/// When the text is no YAML, or its first document lacks what a scenario needs or has fields that are not known.
pub fn read(name: &str, text: &str) -> Result<Scenario, BadScenario> {
    let (mut documents, error) = yaml::parse(text, 0);
    if let Some(error) = error {
        return Err(BadScenario::Yaml(error));
    }
    if documents.is_empty() {
        return Err(BadScenario::Yaml("no document".to_owned()));
    }
    let head = documents.remove(0);
    let source = Source::whole(name, text.into());
    let mut scenario = read_head(At::root(SourceId(0), &source, &head))?;
    let id = scenario.set.add_source(source);
    for document in documents {
        admit(&mut scenario.set, id, document)?;
    }
    Ok(scenario)
}

fn read_head(head: At<'_>) -> Result<Scenario, BadScenario> {
    let bad = |field: &'static str, why: &str| BadScenario::Field { field, why: why.to_owned() };
    if let Some((unknown, _)) = head.entries().find(|(key, _)| !HEAD_FIELDS.contains(key)) {
        return Err(bad("head", &format!("`{unknown}` is no field of a scenario's head")));
    }
    let verdict = match head.get("verdict").text_or_empty() {
        "root_cause" => Verdict::RootCause,
        "healthy" => Verdict::Healthy,
        "inconclusive" => Verdict::Inconclusive,
        other => return Err(bad("verdict", other)),
    };
    let texts = |at: At<'_>| at.items().filter_map(|item| item.text().map(str::to_owned)).collect::<Vec<_>>();
    let mut causes = Vec::new();
    for item in head.get("causes").items() {
        let cause = item.get("cause").text_or_empty().to_owned();
        if assent_diagnosis::cause::find(&cause).is_none() {
            return Err(bad("causes", &format!("`{cause}` is not in the catalogue")));
        }
        causes.push(Expected {
            cause,
            entity: item.get("entity").text_or_empty().to_owned(),
            reaches: texts(item.get("reaches")),
            fix: item.get("fix").text().map(str::to_owned),
        });
    }
    let mut set = CaptureSet::default();
    for word in texts(head.get("listed")) {
        let kind = Kind::from_word(&word).ok_or_else(|| bad("listed", &word))?;
        set.listed.insert(Listed { kind, namespace: None });
    }
    let at = head.get("at").text().map(|text| time::instant(text).ok_or_else(|| bad("at", text))).transpose()?;
    set.taken_at = at;
    let mut focus = Vec::new();
    for word in head.get("focus").text().map(str::to_owned).into_iter().chain(texts(head.get("focus"))) {
        focus.push(word.parse().map_err(|_| bad("focus", &word))?);
    }
    Ok(Scenario {
        title: head.get("scenario").text().ok_or_else(|| bad("scenario", "no title"))?.to_owned(),
        verdict,
        causes,
        never: texts(head.get("never")),
        others_allowed: head.get("others_allowed").bool() == Some(true),
        focus,
        at,
        set,
    })
}

/// Admits one document: an object, or one of the kinds `Log`, `Output`, `Alert`, `Sample`, `Span`, `Transcript`.
fn admit(set: &mut CaptureSet, source: SourceId, document: Node) -> Result<(), BadScenario> {
    let Some(text) = set.source(source).cloned() else { return Ok(()) };
    let at = At::root(source, &text, &document);
    let word = at.get("kind").text_or_empty().to_owned();
    match word.as_str() {
        "Log" => {
            let of = at.get("of").text_or_empty();
            let of: ObjectRef =
                of.parse().map_err(|_| BadScenario::Field { field: "of", why: format!("`{of}` should be pod/namespace/name") })?;
            let container = at.get("container").text();
            let previous = at.get("previous").bool() == Some(true);
            let name = format!(
                "logs/{}/{}/{}{}",
                of.namespace().unwrap_or("-"),
                of.name,
                container.unwrap_or("-"),
                if previous { "-previous" } else { "" }
            );
            logs::read(set, &name, at.get("text").text_or_empty().as_bytes(), &of, container, previous);
        }
        "Output" => {
            let command = at.get("command").text_or_empty();
            let printed = at.get("text").text_or_empty();
            let mut own = Source::whole(command, printed.into());
            own.sections.push(assent_capture::source::Section { start: 0, title: command.into() });
            let len = printed.len() as u64;
            let id = set.add_source(own);
            set.outputs.push(Output { command: command.into(), source: id, start: 0, len });
        }
        "Alert" => set.alerts.push(Loose { root: document, source }),
        "Sample" => set.samples.push(Loose { root: document, source }),
        "Span" => set.spans.push(Loose { root: document, source }),
        "" => return Err(BadScenario::Field { field: "kind", why: "a document without kind".to_owned() }),
        _ => {
            set.admit(source, Origin::Full, document, &Hint::default());
        }
    }
    Ok(())
}

/// Investigates a scenario.
#[must_use]
pub fn investigate(scenario: Scenario) -> (Report, Graph) {
    let options = Options { focus: scenario.focus.clone(), ..Options::default() };
    let graph = Graph::build(scenario.set, scenario.at);
    (assent_diagnosis::investigate(&graph, &options), graph)
}

/// What of a report is not as a scenario expects; empty when all is.
#[must_use]
pub fn faults(
    verdict: Verdict,
    causes: &[Expected],
    never: &[String],
    others_allowed: bool,
    report: &Report,
    graph: &Graph,
) -> Vec<String> {
    let mut faults = Vec::new();
    if report.verdict != verdict {
        faults.push(format!("the verdict is {:?}, not {verdict:?}", report.verdict));
    }
    let mut met = BTreeSet::new();
    for expected in causes {
        let found =
            report.root_causes.iter().position(|cause| cause.cause == expected.cause && cause.entity.to_string() == expected.entity);
        match found {
            None => faults.push(format!("{} on {} is not named", expected.cause, expected.entity)),
            Some(index) => {
                met.insert(index);
                faults.extend(unreached(expected, report, index));
            }
        }
    }
    for (index, cause) in report.root_causes.iter().enumerate() {
        let named = format!("{} on {} ({:.2}): {}", cause.cause, cause.entity, cause.confidence, cause.statement);
        if never.contains(&cause.cause) {
            faults.push(format!("named, and must not be: {named}"));
        } else if !met.contains(&index) && !others_allowed {
            faults.push(format!("named beside those expected: {named}"));
        }
    }
    let checked = proof::check(report, graph);
    faults.extend(checked.failures.iter().map(|failure| format!("not proven: {}: {}", failure.claim, failure.fault)));
    if !faults.is_empty() {
        faults.extend(report.findings.iter().filter(|finding| finding.severity != "notice").map(|finding| {
            format!("  finding: {} on {}: {} (explained: {})", finding.symptom, finding.entity, finding.statement, finding.explained)
        }));
        faults.extend(report.not_proven.iter().map(|cause| format!("  not proven: {} on {}", cause.cause, cause.entity)));
    }
    faults
}

fn unreached(expected: &Expected, report: &Report, index: usize) -> Option<String> {
    let cause = report.root_causes.get(index)?;
    let reached: Vec<String> = cause.chain.iter().map(|link| link.to.to_string()).collect();
    let mut rest = reached.iter();
    let missing = expected.reaches.iter().find(|wanted| !rest.any(|to| to == *wanted))?;
    Some(format!("the chain of {} does not reach {missing}; it reaches {reached:?}", expected.cause))
}
