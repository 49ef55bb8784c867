//! Nodes that are not well.
//!
//! A node's conditions say what the kubelet knew last. What a person printed on the node (`systemctl status`, `journalctl`) says
//! more, and is believed where it names the node.

use assent_base::Kind;
use assent_capture::tree::At;
use assent_evidence::{Entity, Relation};

use crate::candidate::{Candidate, Strength};
use crate::case::Case;
use crate::finding::{Finding, Quote, Symptom};
use crate::routing::check;
use crate::routing::service::short;

mod catalogue;

pub use catalogue::CAUSES;

/// What a part of a node prints, and the cause that it shows. The more telling come first.
const SAID: &[(&str, &[&str])] = &[
    (
        "node.certificate_expired",
        &[
            "certificate has expired or is not yet valid",
            "client certificate is expired",
            "bootstrap client certificate",
            "certificate has expired",
        ],
    ),
    (
        "node.clock_skew",
        &["system clock synchronized: no", "clock skew", "is not yet valid: current time", "leap status     : not synchronised"],
    ),
    (
        "node.runtime_down",
        &[
            "container runtime is down",
            "pleg is not healthy",
            "containerd.sock",
            "crio.sock",
            "dockershim.sock",
            "cri-dockerd.sock",
            "validate cri v1 runtime api",
            "is the docker daemon running",
        ],
    ),
];

/// Why a kubelet does not start, as it prints it.
const KUBELET_WORDS: [&str; 6] =
    ["failed to run kubelet", "command failed", "failed to load kubelet config", "unknown flag", "swap on is not supported", "panic:"];

/// Offers candidates.
pub fn find<'g>(case: &Case<'g>, out: &mut Vec<Candidate>) {
    for (index, finding) in case.with(Symptom::NodeNotReady) {
        out.push(not_ready(case, index, finding));
    }
    for (index, finding) in case.with(Symptom::NodePressure) {
        out.extend(pressure(case, index, finding));
    }
    for (index, finding) in case.with(Symptom::ClusterPartFailing) {
        let on_node = *case.entity(finding.on).kind() == Kind::Node;
        if let (true, Some(unit)) = (on_node, finding.reason.strip_prefix("unit:")) {
            out.extend(unit_down(case, index, finding, unit));
        }
    }
}

/// What was printed on a node, line by line, that shows a cause: (cause, line, quote).
fn said_on<'g>(case: &Case<'g>, node: Entity<'g>) -> Vec<(&'static str, String, Quote)> {
    let mut found = Vec::new();
    for output in &case.graph.set.outputs {
        let command = check::command(&output.command);
        let tool = command.words.first().map(String::as_str);
        if !matches!(tool, Some("systemctl" | "journalctl" | "service" | "timedatectl" | "chronyc")) {
            continue;
        }
        let of = crate::symptoms::outputs::node_of(case, command.machine.as_deref());
        if of.is_none_or(|of| of.id != node.id) {
            continue;
        }
        for (start, line) in check::lines(case, output) {
            let lower = line.to_ascii_lowercase();
            // "expired or is not yet valid" says both; the times that follow tell which.
            let early = lower.contains("is not yet valid") && lower.contains(" is before ");
            let known = SAID.iter().find(|(_, words)| words.iter().any(|word| lower.contains(word))).map(|(cause, _)| *cause);
            let known = if early { Some("node.clock_skew") } else { known };
            let broken = KUBELET_WORDS.iter().any(|word| lower.contains(word)).then_some("node.kubelet_down");
            if let (Some(cause), Ok(len)) = (known.or(broken), u32::try_from(line.len())) {
                let cite = assent_capture::source::Cite { source: output.source, start, len };
                found.push((cause, line.to_owned(), Quote { cite, about: node.id, time: None }));
            }
        }
    }
    found
}

fn condition<'g>(node: Entity<'g>, kind: &str, field: &str) -> At<'g> {
    node.condition(kind).map_or_else(assent_evidence::entity::nowhere, |condition| condition.get(field))
}

fn not_ready<'g>(case: &Case<'g>, index: usize, finding: &Finding) -> Candidate {
    let node = case.entity(finding.on);
    let name = node.name();
    let pods = node.from(Relation::RunsOn).filter(|pod| pod.is_captured()).count();
    let affected = if pods > 0 { format!("; {pods} captured pods are bound to it") } else { String::new() };
    if &*finding.reason == "NodeGone" {
        return finish(
            Candidate::new(
                "node.gone",
                node.id,
                Strength::Proven,
                format!("Node `{name}` does not exist any more, and pods are still bound to it{affected}"),
            )
            .next("Delete the pods that are bound to it, so that their controllers replace them: kubectl delete pod NAME --force"),
            index,
            finding,
        );
    }
    let message = condition(node, "Ready", "message");
    let text = message.text_or_empty();
    let said = said_on(case, node);
    let status = condition(node, "Ready", "status").text_or_empty();
    let from_message =
        SAID.iter().find(|(_, words)| words.iter().any(|word| text.to_ascii_lowercase().contains(word))).map(|(cause, _)| *cause);
    let unit = |wanted: &[&str]| {
        case.on_with(node.id, &[Symptom::ClusterPartFailing]).into_iter().any(|other| {
            case.findings.get(other).is_some_and(|other| wanted.iter().any(|unit| &*other.reason == format!("unit:{unit}").as_str()))
        })
    };
    let silent = text.contains("stopped posting") || status == "Unknown";
    let told = said.iter().find(|(cause, ..)| *cause != "node.kubelet_down").or_else(|| said.first());
    let (cause, strength) = match (told, from_message) {
        (Some((cause, ..)), _) => (*cause, Strength::Proven),
        (None, Some(cause)) => (cause, Strength::Stated),
        (None, None) if unit(&["containerd", "crio", "docker"]) => ("node.runtime_down", Strength::Proven),
        (None, None) if unit(&["kubelet", "k3s", "rke2"]) => ("node.kubelet_down", Strength::Proven),
        (None, None) if silent => ("node.kubelet_down", Strength::Stated),
        (None, None) => ("node.not_ready", Strength::Stated),
    };
    let words = told.map_or(text, |(_, line, _)| line.as_str());
    let says = match cause {
        "node.certificate_expired" => format!("A certificate of the kubelet on node `{name}` has expired: {}", short(words)),
        "node.clock_skew" => format!("The clock of node `{name}` is off: {}", short(words)),
        "node.runtime_down" => format!("The container runtime of node `{name}` does not work: {}", short(words)),
        "node.kubelet_down" if told.is_some() => format!("The kubelet of node `{name}` does not run: {}", short(words)),
        "node.kubelet_down" => {
            format!("The kubelet of node `{name}` stopped reporting (`{}`)", if text.is_empty() { status } else { short(text) })
        }
        _ if text.is_empty() => format!("Node `{name}` is not ready, and the input does not say why"),
        _ => format!("Node `{name}` is not ready: {}", short(text)),
    };
    let mut candidate = Candidate::new(cause, node.id, strength, format!("{says}{affected}"))
        .quote(told.map(|(_, _, quote)| quote.clone()))
        .quote(case.quote(message, node))
        .explain(case.on_with(node.id, &[Symptom::ClusterPartFailing]))
        .next(next_of(cause, name));
    if cause == "node.not_ready" || (cause == "node.kubelet_down" && strength == Strength::Stated) {
        candidate = candidate
            .next(format!("On the node: systemctl status kubelet containerd; journalctl -u kubelet --since -30min (node `{name}`)"));
    }
    for kind in ["MemoryPressure", "DiskPressure", "PIDPressure"] {
        let at = condition(node, kind, "status");
        if at.is("False") && cause != "node.kubelet_down" {
            let id = match kind {
                "MemoryPressure" => "node.memory_pressure",
                "DiskPressure" => "node.disk_pressure",
                _ => "node.pid_pressure",
            };
            candidate = candidate.not(id, format!("the node reports no {kind}"), case.quote(at, node));
        }
    }
    finish(candidate, index, finding)
}

fn finish(candidate: Candidate, index: usize, finding: &Finding) -> Candidate {
    candidate.quote(finding.quotes.iter().cloned()).explain([index])
}

fn pressure<'g>(case: &Case<'g>, index: usize, finding: &Finding) -> Option<Candidate> {
    let node = case.entity(finding.on);
    let name = node.name();
    let message = condition(node, &finding.reason, "message");
    let (cause, what) = match &*finding.reason {
        "MemoryPressure" => ("node.memory_pressure", "is short of memory"),
        "DiskPressure" => ("node.disk_pressure", "is short of disk space or inodes"),
        "PIDPressure" => ("node.pid_pressure", "is short of process ids"),
        "NetworkUnavailable" => ("node.network_unavailable", "has no working network for pods"),
        _ => ("node.problem_detected", "has a problem that its problem detector found"),
    };
    let why = message.text().map(|text| format!(": {}", short(text))).unwrap_or_default();
    let event = case.event(node, &["EvictionThresholdMet", "FreeDiskSpaceFailed", "ImageGCFailed", "SystemOOM", "NoRouteCreated"]);
    let says = format!("Node `{name}` {what} ({}{why})", finding.reason);
    let candidate = Candidate::new(cause, node.id, if event.is_some() { Strength::Proven } else { Strength::Stated }, says)
        .quote(event.and_then(|event| case.quote_event(event, node)))
        .quote(case.quote(condition(node, &finding.reason, "type"), node))
        .next(next_of(cause, name));
    Some(finish(candidate, index, finding))
}

/// A unit that does not run on a node which the input does not call not ready, or not yet.
fn unit_down<'g>(case: &Case<'g>, index: usize, finding: &Finding, unit: &str) -> Option<Candidate> {
    let node = case.entity(finding.on);
    let name = node.name();
    let cause = match unit {
        "kubelet" | "k3s" | "rke2" => "node.kubelet_down",
        "containerd" | "crio" | "docker" => "node.runtime_down",
        _ => return None,
    };
    let said = said_on(case, node);
    let deeper = said.iter().find(|(own, ..)| *own != "node.kubelet_down").or_else(|| said.first());
    let cause = deeper.map_or(cause, |(own, ..)| *own);
    let why = deeper.map(|(_, line, _)| format!(": {}", short(line))).unwrap_or_default();
    let candidate = Candidate::new(cause, node.id, Strength::Proven, format!("`{unit}` does not run on node `{name}`{why}"))
        .quote(deeper.map(|(_, _, quote)| quote.clone()))
        .explain(case.on_with(node.id, &[Symptom::NodeNotReady]))
        .next(next_of(cause, name));
    Some(finish(candidate, index, finding))
}

fn next_of(cause: &str, node: &str) -> String {
    match cause {
        "node.kubelet_down" => {
            format!("Start the kubelet on node `{node}` (systemctl restart kubelet) and read why it stopped: journalctl -u kubelet")
        }
        "node.runtime_down" => {
            format!("Restart the container runtime on node `{node}` (systemctl restart containerd) and read its journal")
        }
        "node.certificate_expired" => format!(
            "Renew the kubelet's certificate on node `{node}`: kubeadm certs renew, or remove the expired one and let it bootstrap anew"
        ),
        "node.clock_skew" => format!("Set the clock of node `{node}` and let chrony or systemd-timesyncd keep it"),
        "node.disk_pressure" => format!("Free space on node `{node}`: unused images (crictl rmi --prune), logs, large emptyDir volumes"),
        "node.memory_pressure" => {
            format!("Find what uses the memory of node `{node}`: kubectl top pods -A --sort-by=memory; set requests and limits")
        }
        "node.pid_pressure" => format!("Find what forks on node `{node}`, and set a limit of process ids for pods"),
        "node.network_unavailable" => format!("See the network plug-in's pod on node `{node}`, and the cloud's routes"),
        _ => format!("kubectl describe node {node}"),
    }
}
