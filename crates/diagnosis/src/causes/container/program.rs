//! Containers whose program ends at once, by their exit code and last words: no such command, a refused command line, a failed init.

use assent_capture::tree::At;

use crate::candidate::{Candidate, Strength};
use crate::case::Case;
use crate::finding::{Finding, Symptom};
use crate::logs::Signal;
use crate::said::{self, Said};

/// Offers candidates for containers that ended.
pub(super) fn find(case: &Case<'_>, out: &mut Vec<Candidate>) {
    for (index, finding) in case.findings.iter().enumerate() {
        if !matches!(finding.symptom, Symptom::ContainerCrash | Symptom::PodFailed | Symptom::ContainerStart | Symptom::OomKilled) {
            continue;
        }
        if finding.symptom == Symptom::ContainerCrash {
            out.extend(by_exit_code(case, index, finding));
            out.extend(bad_arguments(case, index, finding));
        }
        out.extend(init(case, index, finding));
    }
}

/// The exit code of the finding's container, and where it stands.
pub(super) fn exit_code<'g>(case: &Case<'g>, finding: &Finding) -> Option<(i64, At<'g>)> {
    let pod = case.entity(finding.on);
    said::statuses(pod, finding.container.as_deref()).into_iter().find_map(|status| {
        [status.at("state/terminated/exitCode"), status.at("lastState/terminated/exitCode")]
            .into_iter()
            .find_map(|at| at.int().filter(|code| *code != 0).map(|code| (code, at)))
    })
}

/// A shell ends with 127 when it finds no such command, with 126 when it may not run it.
fn by_exit_code(case: &Case<'_>, index: usize, finding: &Finding) -> Option<Candidate> {
    let (code, at) = exit_code(case, finding)?;
    let lines = last_words(case, finding);
    let library = lines.iter().any(|said| said.has(&["shared librar", "symbol not found", "glibc"]));
    let (cause, marks, what): (_, &[&str], _) = match code {
        127 if !library => {
            ("container.command_not_found", &["not found", "no such file or directory"], "the shell finds no such command in its image")
        }
        126 => ("container.not_executable", &["permission denied", "cannot execute", "not executable"], "its program may not be executed"),
        _ => return None,
    };
    let line = lines.iter().find(|said| said.has(marks));
    let owner = case.owner(finding.on);
    let told = line.map(|line| format!(": `{}`", crate::wording::short(&line.text))).unwrap_or_default();
    let says = format!("{} ends with exit code {code}, {what}{told}", crate::wording::sentence(&said::who(case, finding)));
    let mut candidate = Candidate::new(cause, owner.id, Strength::Shown, says)
        .quote(case.quote(at, case.entity(finding.on)))
        .quote(line.map(|line| line.quote.clone()))
        .quote(command_quote(case, finding))
        .explain([index])
        .next(format!("Correct `command` or `args` in {}, or the image that should hold the program", owner.reference()));
    if line.is_none() {
        candidate = candidate.missing("what the container printed before it ended", previous_log(case, finding));
    }
    Some(candidate)
}

/// What the container printed last, its termination message included.
fn last_words(case: &Case<'_>, finding: &Finding) -> Vec<Said> {
    let mut words: Vec<Said> = said::in_states(case, finding).into_iter().filter(|said| !said.is_official()).collect();
    words.extend(said::printed(case, finding));
    words
}

fn command_quote(case: &Case<'_>, finding: &Finding) -> Option<crate::finding::Quote> {
    let spec = said::container_of(case, finding)?;
    let at = [spec.get("command"), spec.get("args")].into_iter().find(At::exists)?;
    let pod = case.entity(finding.on);
    case.quote(at, if pod.pod_spec().exists() { pod } else { case.owner(finding.on) })
}

fn previous_log(case: &Case<'_>, finding: &Finding) -> String {
    let pod = case.entity(finding.on);
    let container = finding.container.as_deref().map(|name| format!(" -c {name}")).unwrap_or_default();
    format!("kubectl logs {}{}{container} --previous", pod.name(), crate::wording::in_namespace(pod))
}

/// Marks of a refused command line that the log rules do not know.
const REFUSED: &[&str] = &[
    "unknown flag",
    "unknown option",
    "unrecognized option",
    "unrecognized argument",
    "invalid option",
    "unknown argument",
    "unexpected argument",
    "flag provided but not defined",
    "unknown shorthand flag",
    "unknown command",
    "required flag",
    "bad option",
    "no such option",
    "illegal option",
    "missing required argument",
];

fn bad_arguments(case: &Case<'_>, index: usize, finding: &Finding) -> Option<Candidate> {
    let code = exit_code(case, finding);
    if code.is_some_and(|(code, _)| code >= 126) {
        return None;
    }
    let lines = last_words(case, finding);
    let is_signal = |said: &Said, signal| signals(case, finding).iter().any(|(quote, own)| *own == signal && quote.cite == said.quote.cite);
    // A line that the log rules take for something else, such as a server's answer, is no refused command line.
    let is_other = |said: &Said| {
        let strange = |own: Signal| own.weight() >= 60 && own != Signal::BadArgument;
        signals(case, finding).iter().any(|(quote, own)| strange(*own) && quote.cite == said.quote.cite)
    };
    let refused = lines.iter().find(|said| is_signal(said, Signal::BadArgument) || (said.has(REFUSED) && !is_other(said)));
    let usage = lines.iter().find(|said| said.text.trim_start().to_ascii_lowercase().starts_with("usage"));
    let line = match (refused, usage, code) {
        (Some(line), _, _) => line,
        (None, Some(line), Some((2 | 64, _))) => line,
        _ => return None,
    };
    let owner = case.owner(finding.on);
    let word = word_in_spec(case, finding, &line.text);
    let who = crate::wording::sentence(&said::who(case, finding));
    let text = crate::wording::short(&line.text);
    let pod = case.entity(finding.on);
    let holder = if pod.pod_spec().exists() { pod } else { owner };
    let (says, strength) = match word {
        Some((field, word)) => (
            format!("{who} is started with `{}` in its `{field}`, which its program refuses: `{text}`", word.text_or_empty()),
            Strength::Proven,
        ),
        None => (format!("{who} is started with a command line that its program refuses: `{text}`"), Strength::Logged),
    };
    Some(
        Candidate::new("container.bad_arguments", owner.id, strength, says)
            .quote([line.quote.clone()])
            .quote(word.and_then(|(_, at)| case.quote(at, holder)))
            .quote(code.and_then(|(_, at)| case.quote(at, pod)))
            .explain([index])
            .not("container.command_not_found", "the program ran and read its command line", [line.quote.clone()])
            .next(format!("Correct `args` in {}; see which flags this version knows: run the image with `--help`", owner.reference())),
    )
}

fn signals(case: &Case<'_>, finding: &Finding) -> Vec<(crate::finding::Quote, Signal)> {
    let own = case.signals.get(&finding.on).map_or(&[][..], Vec::as_slice);
    own.iter().map(|signal| (case.quote_line(signal, finding.on), signal.found.rule.signal)).collect()
}

/// The word of the container's command line that a message names. Go prints `-name` for `--name`.
fn word_in_spec<'g>(case: &Case<'g>, finding: &Finding, message: &str) -> Option<(&'static str, At<'g>)> {
    let spec = said::container_of(case, finding)?;
    let plain = |word: &str| word.trim_start_matches('-').split('=').next().unwrap_or("").to_owned();
    let edge = |c: char| c.is_whitespace() || "'\"`:,;()[]".contains(c);
    let told: Vec<String> = message.split(edge).map(plain).filter(|word| word.len() >= 2).collect();
    ["args", "command"].into_iter().find_map(|field| {
        let word = spec.get(field).items().find(|at| {
            let text = at.text_or_empty();
            text.starts_with('-') && told.contains(&plain(text))
        })?;
        Some((field, word))
    })
}

/// An init container that fails, whatever it is.
fn init(case: &Case<'_>, index: usize, finding: &Finding) -> Option<Candidate> {
    let pod = case.entity(finding.on);
    let owner = case.owner(finding.on);
    let in_spec = [pod, owner].into_iter().any(|holder| {
        holder
            .pod_spec()
            .get("initContainers")
            .items()
            .any(|init| finding.container.as_deref().is_some_and(|name| init.get("name").is(name)))
    });
    let in_status = pod
        .at("status/initContainerStatuses")
        .items()
        .any(|status| finding.container.as_deref().is_some_and(|name| status.get("name").is(name)));
    let by_row = pod.at("status/printed/status").text_or_empty().starts_with("Init:") && finding.container.is_none();
    if !in_spec && !in_status && !by_row {
        return None;
    }
    let ends = exit_code(case, finding).map(|(code, _)| format!(" with exit code {code}")).unwrap_or_default();
    let last = said::printed(case, finding).into_iter().find(|said| !said.text.trim().is_empty());
    let told = last.as_ref().map(|said| format!("; its last words are `{}`", crate::wording::short(&said.text))).unwrap_or_default();
    let name = finding.container.as_deref().map(|name| format!(" `{name}`")).unwrap_or_default();
    let says = format!("Init container{name} of {} ends{ends}, so the pod's containers never start{told}", owner.reference());
    let mut candidate = Candidate::new("container.init_failed", owner.id, Strength::Stated, says)
        .quote(finding.quotes.iter().cloned())
        .quote(last.iter().map(|said| said.quote.clone()))
        .explain([index])
        .next(format!("Read what it printed: {}", previous_log(case, finding).trim_end_matches(" --previous")));
    if last.is_none() {
        candidate = candidate.missing("what the init container printed", previous_log(case, finding));
    }
    Some(candidate)
}
