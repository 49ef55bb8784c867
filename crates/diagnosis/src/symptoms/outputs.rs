//! Checks by hand that failed: `nc`, `curl`, `nslookup`, `systemctl status`, `kubectl get --raw /readyz`.

use assent_base::{Kind, ObjectRef};
use assent_capture::set::Output;
use assent_capture::source::Cite;
use assent_evidence::Entity;

use crate::case::Case;
use crate::finding::{Finding, Quote, Severity, Symptom};
use crate::routing::check::{self, Check, Outcome};

/// Units of systemd without which a node does not work.
const NODE_UNITS: [&str; 7] = ["kubelet", "containerd", "crio", "docker", "kube-proxy", "k3s", "rke2"];

/// Finds them.
pub(super) fn find<'g>(case: &mut Case<'g>) {
    let mut findings: Vec<Finding> = check::checks(case).iter().map(|check| failed(case, check)).collect();
    for output in &case.graph.set.outputs {
        findings.extend(unit(case, output));
        findings.extend(readiness(case, output));
    }
    for finding in findings {
        case.add(finding);
    }
}

fn failed(case: &Case<'_>, check: &Check<'_>) -> Finding {
    let asked = check.asked();
    let from = check.from.map(|pod| format!(" from {}", pod.reference())).unwrap_or_default();
    let tool = check.tool;
    let says = match check.outcome {
        Outcome::NameUnknown => format!("`{tool}`{from} does not find the name `{asked}`"),
        Outcome::Refused => format!("`{tool}`{from} to `{asked}` is refused"),
        Outcome::Timeout => format!("`{tool}`{from} to `{asked}` gets no answer in time"),
        Outcome::Unreachable => format!("`{tool}`{from} to `{asked}` finds no way there"),
        Outcome::Reset => format!("`{tool}`{from} to `{asked}` is cut off"),
        Outcome::Forbidden => format!("`{tool}`{from} to `{asked}` is denied"),
        Outcome::Tls => format!("`{tool}`{from} to `{asked}` fails in the TLS handshake"),
        Outcome::ServerError => format!("`{tool}`{from} to `{asked}` is answered with a server's error"),
        Outcome::Slow => format!("`{tool}`{from} to `{asked}` is answered late"),
    };
    let known = check.resolved || check.from.is_some() || case.is_ill(check.on);
    Finding {
        symptom: Symptom::CheckFailed,
        on: check.on,
        container: None,
        says,
        quotes: vec![check.quote.clone()],
        severity: if known { Severity::Broken } else { Severity::Degraded },
        since: None,
        reason: check.outcome.word().into(),
    }
}

/// The node that a command was run on: the one it names, or the only one.
pub(crate) fn node_of<'g>(case: &Case<'g>, machine: Option<&str>) -> Option<Entity<'g>> {
    match machine {
        Some(machine) => check::node_named(case, machine).or_else(|| check::node_named(case, machine.split('.').next()?)),
        None => {
            let mut nodes = case.graph.entities_of_kind(&Kind::Node);
            nodes.next().filter(|_| nodes.next().is_none())
        }
    }
}

/// The line and the unit of a `systemctl status` that says that a unit does not run.
fn unit(case: &Case<'_>, output: &Output) -> Option<Finding> {
    let command = check::command(&output.command);
    if !matches!(command.words.first().map(String::as_str), Some("systemctl" | "service")) {
        return None;
    }
    let lines = check::lines(case, output);
    let mut named = command.words.iter().skip(1).map(String::as_str).chain(lines.iter().flat_map(|(_, line)| line.split_whitespace()));
    let unit = named.find_map(|word| NODE_UNITS.iter().find(|unit| word.strip_suffix(".service").unwrap_or(word) == **unit))?;
    let (start, line) = lines.iter().find(|(_, line)| {
        let down = ["inactive (dead)", "Active: failed", "activating (auto-restart)", "is not running", "could not be found"];
        down.iter().any(|words| line.contains(words)) || matches!(*line, "inactive" | "failed")
    })?;
    let node = node_of(case, command.machine.as_deref())?;
    let cite = Cite { source: output.source, start: *start, len: u32::try_from(line.len()).ok()? };
    Some(Finding {
        symptom: Symptom::ClusterPartFailing,
        on: node.id,
        container: None,
        says: format!("`{unit}` does not run on node `{}`", node.name()),
        quotes: vec![Quote { cite, about: node.id, time: None }],
        severity: Severity::Broken,
        since: None,
        reason: format!("unit:{unit}").into(),
    })
}

/// Failing checks that the API server prints of itself.
fn readiness(case: &Case<'_>, output: &Output) -> Option<Finding> {
    let asked = ["/readyz", "/livez", "/healthz"].iter().any(|path| output.command.contains(path));
    if !asked {
        return None;
    }
    let (start, line) = check::lines(case, output).into_iter().find(|(_, line)| line.starts_with("[-]"))?;
    let of = case.graph.find(&ObjectRef::new(Kind::Namespace, None, "kube-system"));
    let server = case.graph.of_kind(&Kind::Pod).find(|pod| pod.name().starts_with("kube-apiserver-"));
    let on = server.or(of).or_else(|| case.graph.entities_of_kind(&Kind::Node).next())?;
    let name = line.trim_start_matches("[-]").split_whitespace().next().unwrap_or("a check").to_owned();
    let cite = Cite { source: output.source, start, len: u32::try_from(line.len()).ok()? };
    Some(Finding {
        symptom: Symptom::ClusterPartFailing,
        on: on.id,
        container: None,
        says: format!("The API server says of itself that `{name}` fails"),
        quotes: vec![Quote { cite, about: on.id, time: None }],
        severity: Severity::Broken,
        since: None,
        reason: format!("readyz:{name}").into(),
    })
}
