//! Probes that fail: because they ask the wrong thing, because they do not wait, or because the program is not well.
//!
//! The kubelet's message says how the probe failed, the template says what it asks, and the log says where the program listens.

use crate::candidate::{Candidate, Strength};
use crate::case::Case;
use crate::cause::Cause;
use crate::finding::{Finding, Quote, Severity, Symptom};
use crate::said::{self, Said};

mod asked;
mod catalogue;

use asked::Probe;

/// The causes of this family.
pub static CAUSES: &[Cause] = catalogue::CAUSES;

/// How a probe failed, by the kubelet's words. The first that matches counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failure {
    Protocol,
    Command,
    Status(i64),
    Refused,
    TimedOut,
    Other,
}

const PROTOCOL: &[&str] = &[
    "malformed http response",
    "http response to https client",
    "http request to an https server",
    "does not look like a tls handshake",
    "tls handshake",
    "does not implement the grpc health",
    "unknown service grpc.health",
    "http/1.x transport connection broken",
    "wrong version number",
];
const COMMAND: &[&str] =
    &["failed to exec in container", "exec failed", "executable file not found", "oci runtime exec", "command not found", ": not found"];
const REFUSED: &[&str] = &["connection refused"];
const TIMED_OUT: &[&str] = &["context deadline exceeded", "client.timeout", "i/o timeout", "timed out", "timeout:"];

/// Offers candidates.
pub fn find(case: &Case<'_>, out: &mut Vec<Candidate>) {
    for (index, finding) in case.findings.iter().enumerate() {
        match finding.symptom {
            Symptom::ProbeFailing if finding.severity > Severity::Notice => out.extend(failing(case, index, finding)),
            Symptom::NotReady if case.on_with(finding.on, &[Symptom::ProbeFailing]).is_empty() => out.extend(unsaid(case, index, finding)),
            _ => {}
        }
    }
}

fn failure(message: &str, by_command: bool) -> Failure {
    let low = message.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| low.contains(word));
    let status =
        low.split_once("statuscode: ").and_then(|(_, rest)| rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok());
    match status {
        _ if has(PROTOCOL) => Failure::Protocol,
        Some(code) => Failure::Status(code),
        None if by_command && !low.contains("get \"http") => Failure::Command,
        None if low.contains("exec") && has(COMMAND) => Failure::Command,
        None if has(REFUSED) => Failure::Refused,
        None if has(TIMED_OUT) => Failure::TimedOut,
        None => Failure::Other,
    }
}

/// What one candidate is made of.
struct Told<'c, 'g> {
    case: &'c Case<'g>,
    index: usize,
    finding: &'c Finding,
    probe: Probe<'g>,
    said: Said,
}

impl Told<'_, '_> {
    /// `Readiness probe of container `web` of Deployment shop/checkout`.
    fn who(&self) -> String {
        format!("{} probe of {}", self.probe.kind, said::who(self.case, self.finding))
    }

    fn candidate(&self, cause: &'static str, strength: Strength, says: String, more: impl IntoIterator<Item = Quote>) -> Candidate {
        let owner = self.case.owner(self.finding.on);
        Candidate::new(cause, owner.id, strength, says).quote([self.said.quote.clone()]).quote(more).explain([self.index])
    }

    fn quote(&self, at: Option<assent_capture::tree::At<'_>>) -> Option<Quote> {
        self.case.quote(at?, self.probe.holder)
    }
}

fn failing(case: &Case<'_>, index: usize, finding: &Finding) -> Option<Candidate> {
    let said = said::of(case, finding, &["Unhealthy", "ProbeError", "ProbeWarning"])
        .into_iter()
        .filter(|said| said.by == said::By::Event)
        .find(|said| finding.quotes.iter().any(|own| own.cite == said.quote.cite))?;
    let probe = Probe::of(case, finding, &said.text);
    let by_command = probe.spec.is_some_and(|spec| spec.get("exec").exists());
    let told = Told { case, index, finding, probe, said };
    Some(match failure(&told.said.text, by_command) {
        Failure::Protocol => wrong_protocol(&told),
        Failure::Command => command_failed(&told),
        Failure::Status(400) if speaks_tls(&told) => wrong_protocol(&told),
        Failure::Status(code) if code < 500 && code != 429 => wrong_path(&told, code),
        Failure::Refused => wrong_port(&told).or_else(|| too_short(&told)).unwrap_or_else(|| unhealthy(&told, "nothing listens there")),
        Failure::TimedOut => too_short(&told).unwrap_or_else(|| too_strict(&told)),
        Failure::Status(_) => too_short(&told).unwrap_or_else(|| unhealthy(&told, "the program answers that it is not well")),
        Failure::Other => unhealthy(&told, "the program does not answer as it should"),
    })
}

/// Whether the probed port speaks TLS by its number or name.
fn speaks_tls(told: &Told<'_, '_>) -> bool {
    let name = told.probe.port_at().and_then(|at| at.text()).unwrap_or("");
    matches!(told.probe.port(&told.said.text), Some(443 | 8443 | 6443 | 9443)) || name.contains("https") || name.contains("tls")
}

fn wrong_protocol(told: &Told<'_, '_>) -> Candidate {
    let scheme = told.probe.spec.map(|spec| spec.at("httpGet/scheme")).filter(assent_capture::tree::At::exists);
    let speaks = match scheme.and_then(|at| at.text()) {
        Some(scheme) => scheme.to_owned(),
        None if told.probe.spec.is_some_and(|spec| spec.get("grpc").exists()) => "gRPC".to_owned(),
        None => "HTTP".to_owned(),
    };
    let port = told.probe.port(&told.said.text).map(|port| format!(" port {port}")).unwrap_or_else(|| " its port".to_owned());
    let says =
        format!("{} speaks {speaks} to{port}, which speaks another protocol: {}", told.who(), crate::wording::short(&told.said.text));
    let agreed = told.quote(scheme.or_else(|| told.probe.port_at()));
    let strength = if agreed.is_some() { Strength::Proven } else { Strength::Stated };
    told.candidate("probe.wrong_protocol", strength, says, agreed)
        .not("probe.wrong_port", "something listens there and answers", [told.said.quote.clone()])
        .next(format!("Set the probe's `scheme`, or use another kind of probe, in {}", told.case.owner(told.finding.on).reference()))
}

fn wrong_path(told: &Told<'_, '_>, code: i64) -> Candidate {
    let path = told.probe.path();
    let named = path.and_then(|at| at.text()).map_or_else(|| "a path".to_owned(), |path| format!("path `{path}`"));
    let port = told.probe.port(&told.said.text).map(|port| format!(" on port {port}")).unwrap_or_default();
    let why = match code {
        401 | 403 => "which asks for credentials",
        300..=399 => "which leads elsewhere",
        _ => "which the program does not serve",
    };
    let says = format!("{} asks {named}{port}, {why}: it answers with status {code}", told.who());
    let agreed = told.quote(path);
    let strength = if agreed.is_some() { Strength::Proven } else { Strength::Stated };
    told.candidate("probe.wrong_path", strength, says, agreed)
        .not("probe.wrong_port", "something listens there and answers", [told.said.quote.clone()])
        .not("probe.app_unhealthy", "the answer is no failure of the program (5xx)", [told.said.quote.clone()])
        .next(format!("Correct the probe's `path` in {}", told.case.owner(told.finding.on).reference()))
}

/// A refused probe whose port is none of those that the container declares or says that it listens on.
fn wrong_port(told: &Told<'_, '_>) -> Option<Candidate> {
    let port = told.probe.port(&told.said.text);
    let at = told.probe.port_at();
    let declared: Vec<i64> = told.probe.ports().iter().filter_map(|port| port.get("containerPort").int()).collect();
    let log = asked::listens_on(told.case, told.finding);
    let logged = log.as_ref().filter(|(own, _)| port.is_some_and(|port| port != *own));
    // A program that says it listens where the probe asks is not on another port, whatever is declared.
    let confirmed = log.as_ref().is_some_and(|(own, _)| port == Some(*own));
    let named_port = at.and_then(|at| at.text()).filter(|_| at.is_some_and(|at| at.int().is_none()) && port.is_none());
    let undeclared = !confirmed && !declared.is_empty() && (named_port.is_some() || port.is_some_and(|port| !declared.contains(&port)));
    if logged.is_none() && !undeclared {
        return None;
    }
    let asks = port.map_or_else(|| format!("port `{}`", named_port.unwrap_or("")), |port| format!("port {port}"));
    let instead = match (logged, undeclared) {
        (Some((own, _)), true) => format!("the container declares {} and its log says that it listens on {own}", list(&declared)),
        (Some((own, _)), false) => format!("its log says that it listens on {own}"),
        (None, _) => format!("the container declares {}", list(&declared)),
    };
    let says = format!("{} asks {asks}, where nothing listens (connection refused); {instead}", told.who());
    let strength = if undeclared && at.is_some() { Strength::Proven } else { Strength::Shown };
    let ports = told.probe.ports().into_iter().map(|port| port.get("containerPort")).filter(|_| undeclared);
    let more: Vec<Quote> = told
        .quote(at)
        .into_iter()
        .chain(ports.filter_map(|port| told.quote(Some(port))))
        .chain(logged.map(|(_, said)| said.quote.clone()))
        .collect();
    Some(
        told.candidate("probe.wrong_port", strength, says, more)
            .not("probe.too_strict", "the probe is refused at once and does not time out", [told.said.quote.clone()])
            .next(format!("Correct the probe's port in {}", told.case.owner(told.finding.on).reference())),
    )
}

fn list(ports: &[i64]) -> String {
    let ports: Vec<String> = ports.iter().take(5).map(i64::to_string).collect();
    format!("port {}", ports.join(", "))
}

/// A container that a probe has killed before it was up: it lived no longer than the probe's patience.
fn too_short(told: &Told<'_, '_>) -> Option<Candidate> {
    if told.probe.kind == "Readiness" {
        return None;
    }
    let pod = told.case.entity(told.finding.on);
    let status = said::statuses(pod, told.finding.container.as_deref())
        .into_iter()
        .find(|status| status.at("lastState/terminated").exists() || status.at("state/terminated").exists());
    let ended = status
        .map(|status| [status.at("state/terminated"), status.at("lastState/terminated")])
        .and_then(|both| both.into_iter().find(|at| at.exists()));
    let patience = told.probe.patience_s();
    let grace = 30 + told.probe.figure("periodSeconds", 10).clamp(1, 86_400) * 2;
    let lived = ended
        .and_then(|ended| Some(assent_base::time::seconds_between(ended.get("startedAt").instant()?, ended.get("finishedAt").instant()?)));
    let killing = told.case.event(pod, &["Killing"]).filter(|event| event.message.contains("probe"));
    let starting = said::printed(told.case, told.finding).into_iter().find(|said| {
        said.has(&["starting", "initializing", "loading", "warming", "migrat", "booting", "started in", "replaying", "recover"])
            && !said.has(&["started on"])
    });
    let startup = told.probe.kind == "Startup";
    let short = lived.is_some_and(|lived| lived <= patience.saturating_add(grace));
    // A startup probe that has it killed says so by itself; a liveness probe needs a short life, and it must not have been up.
    if !(startup && (killing.is_some() || ended.is_some())
        || (short && told.probe.spec.is_some() && (killing.is_some() || starting.is_some())))
    {
        return None;
    }
    let lived_words = lived.map(|lived| format!("; it lived {lived} s")).unwrap_or_default();
    let given = told.probe.spec.map_or_else(|| "too little time".to_owned(), |_| format!("about {patience} s"));
    let line = starting
        .as_ref()
        .map(|said| format!(", and its log shows it still starting: `{}`", crate::wording::short(&said.text)))
        .unwrap_or_default();
    let says = format!("{} gives it {given} to start and then has it killed{lived_words}{line}", told.who());
    let strength = if killing.is_some() && told.probe.spec.is_some() { Strength::Proven } else { Strength::Shown };
    let field = told.probe.spec.and_then(|spec| {
        ["initialDelaySeconds", "failureThreshold", "periodSeconds"].into_iter().map(|field| spec.get(field)).find(|at| at.exists())
    });
    let more: Vec<Quote> = told
        .quote(field)
        .into_iter()
        .chain(killing.and_then(|event| told.case.quote_event(event, pod)))
        .chain(starting.map(|said| said.quote))
        .chain(ended.and_then(|ended| told.case.quote(ended.get("finishedAt"), pod)))
        .collect();
    Some(told.candidate("probe.startup_too_short", strength, says, more).next(format!(
        "Give {} a `startupProbe` with more patience, or raise `initialDelaySeconds`",
        told.case.owner(told.finding.on).reference()
    )))
}

fn too_strict(told: &Told<'_, '_>) -> Candidate {
    let timeout = told.probe.figure("timeoutSeconds", 1);
    let at = told.probe.spec.map(|spec| spec.get("timeoutSeconds")).filter(assent_capture::tree::At::exists);
    let waits = told.probe.spec.map_or_else(String::new, |_| format!(" within its `timeoutSeconds` of {timeout}"));
    let path = told.probe.path().and_then(|at| at.text()).map(|path| format!(" at `{path}`")).unwrap_or_default();
    let says = format!("{} gets no answer{path}{waits}: {}", told.who(), crate::wording::short(&told.said.text));
    let agreed = told.quote(at.or_else(|| told.probe.path()).or_else(|| told.probe.port_at()));
    let strength = if agreed.is_some() { Strength::Shown } else { Strength::Logged };
    told.candidate("probe.too_strict", strength, says, agreed)
        .not("probe.wrong_port", "the connection is not refused", [told.said.quote.clone()])
        .next(format!(
            "Raise the probe's `timeoutSeconds` in {}, and find what makes the answer slow",
            told.case.owner(told.finding.on).reference()
        ))
}

fn command_failed(told: &Told<'_, '_>) -> Candidate {
    let command = told.probe.spec.map(|spec| spec.at("exec/command")).filter(assent_capture::tree::At::exists);
    let words: Vec<&str> = command.into_iter().flat_map(|at| at.items()).filter_map(|word| word.text()).collect();
    let named = if words.is_empty() { "a command".to_owned() } else { format!("`{}`", crate::wording::short(&words.join(" "))) };
    let output = told
        .said
        .text
        .split_once("probe failed: ")
        .or_else(|| told.said.text.split_once("probe errored: "))
        .map_or(told.said.text.as_str(), |(_, rest)| rest);
    let missing = told.said.has(&["not found", "no such file"]);
    let how = if missing { "which its image does not hold" } else { "which fails" };
    let says = format!("{} runs {named}, {how}: {}", told.who(), crate::wording::short(output));
    let agreed = told.quote(command);
    let strength = match (missing, agreed.is_some()) {
        (true, true) => Strength::Proven,
        (true, false) => Strength::Stated,
        (false, _) => Strength::Shown,
    };
    told.candidate("probe.command_failed", strength, says, agreed).next(format!(
        "Run the command by hand: kubectl exec {}{} -- …",
        told.case.entity(told.finding.on).name(),
        crate::wording::in_namespace(told.case.owner(told.finding.on))
    ))
}

fn unhealthy(told: &Told<'_, '_>, how: &str) -> Candidate {
    let path = told.probe.path().and_then(|at| at.text()).map(|path| format!(" path `{path}`")).unwrap_or_default();
    let port = told.probe.port(&told.said.text).map(|port| format!(" port {port}")).unwrap_or_default();
    let asks = if path.is_empty() && port.is_empty() { String::new() } else { format!(" (it asks{port}{path})") };
    let says = format!("{}{asks} fails, and {how}: {}", told.who(), crate::wording::short(&told.said.text));
    let owner = told.case.owner(told.finding.on);
    let log =
        format!("Read the program's log: kubectl logs {}{}", told.case.entity(told.finding.on).name(), crate::wording::in_namespace(owner));
    let place = told.probe.path().or_else(|| told.probe.port_at());
    told.candidate("probe.app_unhealthy", Strength::Stated, says, told.quote(place)).next(log)
}

/// A container that is not ready without a word of the kubelet, whose log names another port than its readiness probe asks.
fn unsaid(case: &Case<'_>, index: usize, finding: &Finding) -> Option<Candidate> {
    let probe = Probe::of(case, finding, "Readiness");
    let (at, port) = (probe.port_at()?, probe.port("")?);
    let (own, line) = asked::listens_on(case, finding)?;
    let declared = probe.ports().iter().any(|own| own.get("containerPort").int() == Some(port));
    if own == port || declared {
        return None;
    }
    let owner = case.owner(finding.on);
    let says = format!("Readiness probe of {} asks port {port}; its log says that it listens on {own}", said::who(case, finding));
    Some(
        Candidate::new("probe.wrong_port", owner.id, Strength::Shown, says)
            .quote([line.quote])
            .quote(case.quote(at, probe.holder))
            .quote(finding.quotes.iter().cloned())
            .explain([index])
            .next(format!("Correct the probe's port in {}", owner.reference())),
    )
}
