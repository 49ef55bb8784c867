//! Containers that ended, when nothing says more than the exit code and the last words.

use assent_capture::source::Cite;
use assent_evidence::Entity;

use crate::candidate::{Candidate, Strength};
use crate::case::Case;
use crate::complaint::{Said, WORDS_MAX};
use crate::finding::{Finding, Quote, Symptom};

/// Lines of a log that are shown as its last words.
const LAST_LINES: usize = 3;

/// Offers candidates for every container that ended.
pub(super) fn find(case: &Case<'_>, said: &[Said<'_, '_>], out: &mut Vec<Candidate>) {
    for (index, finding) in case.with(Symptom::ContainerCrash).chain(case.with(Symptom::PodFailed)).chain(case.with(Symptom::JobFailed)) {
        let pod = case.entity(finding.on);
        // A job's failure is told by its pods, where they are known.
        if finding.symptom == Symptom::JobFailed && (!pod.pods().is_empty() || last_words(case, pod, finding).is_empty()) {
            continue;
        }
        let explained = said.iter().any(|one| one.explains.contains(&index));
        out.push(of(case, index, finding, pod, explained));
    }
}

fn of<'g>(case: &Case<'g>, index: usize, finding: &Finding, pod: Entity<'g>, explained: bool) -> Candidate {
    let owner = pod.top_owner();
    let (code, code_quote) = exit_code(case, pod, finding);
    let fault = code.and_then(fault_of);
    let words = last_words(case, pod, finding);
    let telling = words.iter().rev().find(|(text, _)| tells_of_trouble(text)).or_else(|| words.last());
    let tail = match telling {
        Some((text, _)) if !explained => format!("; its last words: \"{text}\""),
        _ => String::new(),
    };
    let which = finding.container.as_deref().map(|name| format!("Container `{name}`")).unwrap_or_else(|| "A container".to_owned());
    let message = terminated(pod, finding).and_then(|ended| ended.get("message").text()).map(|text| {
        let text: String = text.trim().chars().take(WORDS_MAX).collect();
        format!("; it left the message \"{text}\"")
    });
    let says = match code {
        Some(code) => {
            format!("{which} of {} ends with exit code {code} ({}){tail}{}", owner.reference(), meaning(code), message.unwrap_or_default())
        }
        None => format!("{which} of {} ends again and again{tail}", owner.reference()),
    };
    let cause = if fault.is_some() { "app.signal" } else { "app.exited" };
    // An exit code alone tells that it ended, and not why.
    let tells = words.iter().any(|(text, _)| tells_of_trouble(text));
    let strength = match fault {
        Some(_) => Strength::Stated,
        None if tells => Strength::Logged,
        None => Strength::Suspected,
    };
    let mut candidate = Candidate::new(cause, owner.id, strength, says)
        .quote(code_quote)
        .quote(finding.quotes.iter().cloned())
        .quote(words.into_iter().map(|(_, quote)| quote))
        .explain([index]);
    if !explained && case.graph.logs_of(pod.id).next().is_none() && fault.is_none() {
        let namespace = pod.namespace().map(|namespace| format!(" -n {namespace}")).unwrap_or_default();
        let container = finding.container.as_deref().map(|name| format!(" -c {name}")).unwrap_or_default();
        candidate = candidate.missing(
            format!("what {} logged before it ended", pod.reference()),
            format!("kubectl logs {}{namespace}{container} --previous", pod.name()),
        );
    }
    candidate
}

/// The end of the container that a finding is about.
fn terminated<'g>(pod: Entity<'g>, finding: &Finding) -> Option<assent_capture::tree::At<'g>> {
    let own =
        |status: &assent_capture::tree::At<'g>| finding.container.is_none() || status.get("name").text() == finding.container.as_deref();
    let statuses = pod.at("status/initContainerStatuses").items().chain(pod.at("status/containerStatuses").items());
    statuses.filter(own).find_map(|status| {
        ["state/terminated", "lastState/terminated"].into_iter().map(|path| status.at(path)).find(|ended| ended.get("exitCode").exists())
    })
}

fn exit_code<'g>(case: &Case<'g>, pod: Entity<'g>, finding: &Finding) -> (Option<i64>, Option<Quote>) {
    match terminated(pod, finding) {
        Some(ended) => {
            let quote = case.quote(ended.get("exitCode"), pod).map(|quote| Quote { time: ended.get("finishedAt").instant(), ..quote });
            (ended.get("exitCode").int(), quote)
        }
        None => (None, None),
    }
}

/// What the program said last: the last lines of the log that say anything.
fn last_words<'g>(case: &Case<'g>, pod: Entity<'g>, finding: &Finding) -> Vec<(String, Quote)> {
    let own = |container: &Option<Box<str>>| finding.container.is_none() || container.is_none() || *container == finding.container;
    let streams: Vec<_> = case.graph.logs_of(pod.id).filter(|stream| own(&stream.container)).collect();
    let Some(stream) = streams.iter().find(|stream| stream.previous).or_else(|| streams.first()) else { return Vec::new() };
    let Some(source) = case.graph.set.source(stream.source) else { return Vec::new() };
    let mut words: Vec<(String, Quote)> = stream
        .lines
        .iter()
        .rev()
        .filter_map(|line| {
            let text = source.slice(line.start, line.len)?.trim();
            let said = !text.is_empty() && !text.starts_with("at ") && !text.starts_with("...");
            let cite = Cite { source: stream.source, start: line.start, len: line.len };
            said.then(|| (text.chars().take(WORDS_MAX).collect(), Quote { cite, about: pod.id, time: line.time }))
        })
        .take(LAST_LINES)
        .collect();
    words.reverse();
    words
}

fn tells_of_trouble(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    ["error", "fail", "fatal", "cannot", "could not", "unable", "exception", "invalid", "missing", "denied", " not "]
        .iter()
        .any(|word| lower.contains(word))
}

/// Codes of signals that a program's own code raises.
fn fault_of(code: i64) -> Option<&'static str> {
    match code {
        132 => Some("SIGILL, an illegal instruction"),
        133 => Some("SIGTRAP, a trap"),
        134 => Some("SIGABRT, the program aborted itself"),
        135 => Some("SIGBUS, a bus error"),
        136 => Some("SIGFPE, an arithmetic fault"),
        139 => Some("SIGSEGV, a segmentation fault"),
        _ => None,
    }
}

/// What an exit code means.
fn meaning(code: i64) -> &'static str {
    match code {
        0 => "the program ended as if its work were done",
        1 => "the program's own complaint",
        2 => "wrong use, or the program's own complaint",
        126 => "the command cannot be run",
        127 => "the command was not found",
        130 => "SIGINT, it was interrupted",
        137 => "SIGKILL, it was killed from outside: by the kubelet, the kernel or the node",
        143 => "SIGTERM, it was asked to stop",
        255 => "the program's own complaint, or an exit code out of range",
        code => fault_of(code).unwrap_or("the program's own complaint"),
    }
}
