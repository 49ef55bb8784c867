//! Parts of the control plane and cluster services that do not work, and what they break.

use assent_base::{Kind, ObjectRef};
use assent_evidence::{Entity, EntityId};

use crate::candidate::{Candidate, Strength};
use crate::case::Case;
use crate::finding::{Finding, Quote, Symptom};
use crate::logs::Signal;
use crate::routing::address;
use crate::routing::check::{self, Outcome};
use crate::routing::service::{is_ready, short, suffering};

mod catalogue;

pub use catalogue::CAUSES;

/// Symptoms of a part's pod that a cause of this family tells as well as any; others have a deeper cause of their own.
const OWN: [Symptom; 4] = [Symptom::ContainerCrash, Symptom::NotReady, Symptom::ProbeFailing, Symptom::LogComplaint];
/// A log line that weighs this much names the part's own fault.
const TELLING_WEIGHT: u8 = 78;

/// Offers candidates.
pub fn find<'g>(case: &Case<'g>, out: &mut Vec<Candidate>) {
    scheduler(case, out);
    controller_manager(case, out);
    kube_proxy(case, out);
    metrics(case, out);
    api(case, out);
}

/// The pods of a part in `kube-system`, and those of them that do not serve.
fn parts<'g>(case: &Case<'g>, part: &str) -> Vec<Entity<'g>> {
    let of_part = |pod: &Entity<'g>| {
        let named = pod.name().strip_prefix(part).is_some_and(|rest| rest.starts_with('-'));
        pod.namespace() == Some("kube-system")
            && (named || ["component", "k8s-app", "app.kubernetes.io/name"].iter().any(|key| pod.label(key) == Some(part)))
    };
    case.graph.of_kind(&Kind::Pod).filter(Entity::is_observed).filter(of_part).collect()
}

/// A part that is down: the entity to name, the words that show it, and the findings on it.
struct Down<'g> {
    on: Entity<'g>,
    why: String,
    quotes: Vec<Quote>,
    findings: Vec<usize>,
    blames: Vec<EntityId>,
}

fn down<'g>(case: &Case<'g>, part: &str) -> Option<Down<'g>> {
    let pods = parts(case, part);
    let stale: Vec<(usize, &Finding)> = case
        .with(Symptom::ClusterPartFailing)
        .filter(|(_, finding)| {
            let word = finding.reason.strip_prefix("unit:").unwrap_or(&finding.reason);
            word == part || part.strip_prefix("kube-") == Some(word)
        })
        .collect();
    let all_down = !pods.is_empty() && pods.iter().all(|pod| !is_ready(*pod)) && pods.iter().any(|pod| case.is_ill(pod.id));
    if !all_down && stale.is_empty() {
        return None;
    }
    // A lease that others hold and renew, or a part that says it is well, outweighs one stale word.
    let ill = pods.iter().copied().find(|pod| case.is_ill(pod.id));
    let on = ill.map(|pod| pod.top_owner()).or_else(|| stale.first().map(|(_, finding)| case.entity(finding.on)))?;
    let mut found = Down { on, why: String::new(), quotes: Vec::new(), findings: Vec::new(), blames: Vec::new() };
    for (index, finding) in stale {
        found.findings.push(index);
        found.quotes.extend(finding.quotes.iter().cloned());
        found.why.clone_from(&finding.says);
    }
    for pod in pods {
        for index in case.on(pod.id) {
            let Some(finding) = case.findings.get(index) else { continue };
            if OWN.contains(&finding.symptom) {
                found.findings.push(index);
                found.why.clone_from(&finding.says);
                found.quotes.extend(finding.quotes.iter().take(2).cloned());
            } else {
                found.blames.push(pod.id);
            }
        }
        let mut telling = case.signals_of(pod).into_iter().filter(|signal| signal.found.rule.signal.weight() >= TELLING_WEIGHT);
        if let Some(signal) = telling.next_back() {
            found.quotes.push(case.quote_line(signal, pod.id));
            found.why = format!("{}: {}", found.why, short(signal.text));
        }
    }
    found.findings.extend(case.on_with(on.id, &[Symptom::ReplicasUnavailable]));
    Some(found)
}

fn of_part(cause: &'static str, found: &Down<'_>, strength: Strength, says: String) -> Candidate {
    let mut candidate =
        Candidate::new(cause, found.on.id, strength, says).quote(found.quotes.iter().cloned()).explain(found.findings.iter().copied());
    for blamed in &found.blames {
        candidate = candidate.blame(*blamed);
    }
    candidate
}

/// Pods that no scheduler has looked at: no node, no condition, no event, no gate, no scheduler of their own.
fn unlooked<'g>(case: &Case<'g>) -> Vec<(usize, Entity<'g>)> {
    case.with(Symptom::PodUnschedulable)
        .map(|(index, finding)| (index, case.entity(finding.on)))
        .filter(|(_, pod)| {
            let own = pod.at("spec/schedulerName").text().is_none_or(|name| name == "default-scheduler");
            let events = pod.events().iter().any(|event| matches!(&*event.reason, "FailedScheduling" | "Scheduled" | "Preempted"));
            own && !events && pod.condition("PodScheduled").is_none() && !pod.at("spec/schedulingGates/0").exists()
        })
        .collect()
}

fn scheduler<'g>(case: &Case<'g>, out: &mut Vec<Candidate>) {
    let waiting = unlooked(case);
    let names: Vec<String> = waiting.iter().take(3).map(|(_, pod)| format!("`{}`", pod.name())).collect();
    let of_pods =
        if names.is_empty() { String::new() } else { format!("; {} wait for a node, and nothing has looked at them", names.join(", ")) };
    if let Some(found) = down(case, "kube-scheduler") {
        let strength = if waiting.is_empty() { Strength::Stated } else { Strength::Proven };
        out.push(
            of_part("control.scheduler_down", &found, strength, format!("The scheduler does not work ({}){of_pods}", found.why))
                .quote(waiting.iter().take(2).filter_map(|(_, pod)| case.quote(pod.at("status/phase"), *pod)))
                .explain(waiting.iter().map(|(index, _)| *index))
                .next("See the scheduler's pod and log on the control-plane node: /etc/kubernetes/manifests/kube-scheduler.yaml"),
        );
        return;
    }
    // Without a word of the scheduler itself, several pods that nothing looked at are still a sign, if all that is captured is whole.
    let whole = waiting.len() >= 2 && waiting.iter().all(|(_, pod)| pod.is_full());
    let on =
        parts(case, "kube-scheduler").first().copied().or_else(|| case.graph.find(&ObjectRef::new(Kind::Namespace, None, "kube-system")));
    if let (true, Some(on)) = (whole, on) {
        let says = format!(
            "The scheduler does not seem to work: {} wait for a node with no event and no condition of the scheduler",
            names.join(", ")
        );
        out.push(
            Candidate::new("control.scheduler_down", on.id, Strength::Shown, says)
                .quote(waiting.iter().take(3).filter_map(|(_, pod)| case.quote(pod.at("status/phase"), *pod)))
                .explain(waiting.iter().map(|(index, _)| *index))
                .next("kubectl -n kube-system get pods,leases | grep scheduler"),
        );
    }
}

fn controller_manager<'g>(case: &Case<'g>, out: &mut Vec<Candidate>) {
    let Some(found) = down(case, "kube-controller-manager") else { return };
    let mut unseen = Vec::new();
    let mut quotes = Vec::new();
    let mut names: Vec<String> = Vec::new();
    for (index, finding) in case.with(Symptom::ReplicasUnavailable).chain(case.with(Symptom::RolloutStuck)) {
        let workload = case.entity(finding.on);
        let (seen, now) =
            (workload.at("status/observedGeneration").int().unwrap_or(0), workload.at("metadata/generation").int().unwrap_or(0));
        let childless = workload.pods().is_empty() && *workload.kind() == Kind::Deployment;
        if seen < now || childless {
            unseen.push(index);
            quotes.extend(
                case.quote(workload.at("status/observedGeneration"), workload)
                    .or_else(|| case.quote(workload.at("spec/replicas"), workload)),
            );
            names.push(workload.reference().to_string());
        }
    }
    names.dedup();
    names.truncate(3);
    let of = if names.is_empty() { String::new() } else { format!("; {} is not acted on", names.join(", ")) };
    let strength = if unseen.is_empty() { Strength::Stated } else { Strength::Proven };
    out.push(
        of_part("control.controller_manager_down", &found, strength, format!("The controller manager does not work ({}){of}", found.why))
            .quote(quotes)
            .explain(unseen)
            .next("See the controller manager's pod and log on the control-plane node: /etc/kubernetes/manifests/kube-controller-manager.yaml"),
    );
}

fn kube_proxy<'g>(case: &Case<'g>, out: &mut Vec<Candidate>) {
    let pods = parts(case, "kube-proxy");
    let ill: Vec<Entity<'g>> = pods.iter().copied().filter(|pod| case.is_ill(pod.id) && !is_ready(*pod)).collect();
    let units: Vec<(usize, &Finding)> =
        case.with(Symptom::ClusterPartFailing).filter(|(_, finding)| &*finding.reason == "unit:kube-proxy").collect();
    if ill.is_empty() && units.is_empty() {
        return;
    }
    let nodes: Vec<&str> = ill.iter().filter_map(|pod| pod.at("spec/nodeName").text()).collect();
    let on = ill.first().map(Entity::top_owner).or_else(|| units.first().map(|(_, finding)| case.entity(finding.on)));
    let Some(on) = on else { return };
    let mut found = Down { on, why: String::new(), quotes: Vec::new(), findings: Vec::new(), blames: Vec::new() };
    for pod in &ill {
        for index in case.on(pod.id) {
            let Some(finding) = case.findings.get(index) else { continue };
            if OWN.contains(&finding.symptom) {
                found.findings.push(index);
                found.quotes.extend(finding.quotes.iter().take(1).cloned());
                found.why.clone_from(&finding.says);
            } else {
                found.blames.push(pod.id);
            }
        }
    }
    for (index, finding) in units {
        found.findings.push(index);
        found.quotes.extend(finding.quotes.iter().cloned());
        found.why.clone_from(&finding.says);
    }
    found.findings.extend(case.on_with(on.id, &[Symptom::ReplicasUnavailable]));
    let whose = if nodes.is_empty() { String::new() } else { format!(" on {}", nodes.join(", ")) };
    let mut candidate = of_part(
        "control.kube_proxy_down",
        &found,
        Strength::Proven,
        format!("kube-proxy does not work{whose}, so addresses of Services lead nowhere from there ({})", found.why),
    )
    .next("See kube-proxy's log: kubectl -n kube-system logs -l k8s-app=kube-proxy --previous");
    // Who waits in vain for an address of a Service from one of these nodes.
    let on_node = |pod: &Entity<'g>| nodes.is_empty() || pod.at("spec/nodeName").text().is_some_and(|node| nodes.contains(&node));
    for complaint in address::complaints(case) {
        let silent = address::is_silence(complaint.signal) || complaint.signal.found.rule.signal == Signal::ConnectionRefused;
        let to = address::target(complaint.signal).and_then(|target| address::resolve(case, &target.host, complaint.caller.namespace()));
        let to_service = to.is_some_and(|to| *to.kind() == Kind::Service && case.on_with(to.id, &[Symptom::NoEndpoints]).is_empty());
        if silent && to_service && complaint.caller.id != on.id && complaint.caller.pods().iter().any(on_node) {
            candidate =
                candidate.explain(suffering(case, complaint.caller)).quote([case.quote_line(complaint.signal, complaint.caller.id)]);
        }
    }
    for check in check::checks(case) {
        let late = matches!(check.outcome, Outcome::Timeout | Outcome::Refused | Outcome::Unreachable);
        if late && check.resolved && check.from.is_some_and(|from| on_node(&from)) {
            candidate = candidate.explain(case.on_with(check.on, &[Symptom::CheckFailed])).quote([check.quote.clone()]);
        }
    }
    out.push(candidate);
}

/// Autoscalers that get no figures, when what serves figures is down or not there.
fn metrics<'g>(case: &Case<'g>, out: &mut Vec<Candidate>) {
    let blind: Vec<(usize, &Finding)> = case
        .with(Symptom::AutoscalerStuck)
        .filter(|(_, finding)| {
            let entity = case.entity(finding.on);
            let texts = ["ScalingActive", "AbleToScale"].iter().filter_map(|kind| entity.condition(kind)?.get("message").text());
            let events = entity.events().iter().map(|event| &*event.message);
            texts.chain(events).any(|text| {
                text.contains("metrics.k8s.io")
                    || text.contains("unable to fetch metrics from resource metrics API")
                    || text.contains("no metrics returned from resource metrics API")
            })
        })
        .collect();
    let pods = parts(case, "metrics-server");
    let listed = case.graph.is_listed(&Kind::Pod, Some("kube-system"));
    let ill = pods.iter().copied().find(|pod| case.is_ill(pod.id));
    let serves = pods.iter().any(|pod| is_ready(*pod));
    if blind.is_empty() || serves || (pods.is_empty() && !listed) {
        return;
    }
    let mut quotes: Vec<Quote> = blind.iter().flat_map(|(_, finding)| finding.quotes.iter().cloned()).take(3).collect();
    let (on, says) = match ill.or_else(|| pods.first().copied()) {
        Some(pod) => {
            let owner = pod.top_owner();
            quotes.extend(case.on(pod.id).filter_map(|index| case.findings.get(index)?.quotes.first().cloned()).take(2));
            (owner, format!("{} serves no figures, so autoscalers cannot scale", owner.reference()))
        }
        None => {
            let Some(namespace) = case.graph.find(&ObjectRef::new(Kind::Namespace, None, "kube-system")) else { return };
            (namespace, "The metrics server is not installed: no pod of it runs in `kube-system`, so autoscalers get no figures".to_owned())
        }
    };
    let own: Vec<usize> = pods.iter().flat_map(|pod| case.on_with(pod.id, &OWN)).collect();
    let mut candidate = Candidate::new("control.metrics_server_down", on.id, Strength::Proven, says)
        .quote(quotes)
        .explain(blind.iter().map(|(index, _)| *index))
        .explain(own)
        .explain(case.on_with(on.id, &[Symptom::ReplicasUnavailable]))
        .next("Install or repair the metrics server: kubectl get apiservice v1beta1.metrics.k8s.io");
    for pod in pods {
        let deeper = case.on(pod.id).any(|index| case.findings.get(index).is_some_and(|finding| !OWN.contains(&finding.symptom)));
        if deeper {
            candidate = candidate.blame(pod.id);
        }
    }
    out.push(candidate);
}

/// The API server and its store, by what they say of themselves.
fn api<'g>(case: &Case<'g>, out: &mut Vec<Candidate>) {
    let etcd_says: Vec<Quote> =
        parts(case, "etcd").into_iter().chain(parts(case, "kube-apiserver")).flat_map(|pod| slow_lines(case, pod)).collect();
    for (index, finding) in case.with(Symptom::ClusterPartFailing) {
        let part = finding.reason.strip_prefix("readyz:").unwrap_or(&finding.reason);
        let of_etcd = part.starts_with("etcd");
        let of_api = finding.reason.starts_with("readyz:");
        if !of_etcd && !of_api {
            continue;
        }
        let on = if of_etcd { parts(case, "etcd").first().copied().unwrap_or(case.entity(finding.on)) } else { case.entity(finding.on) };
        let (cause, says) = if of_etcd {
            ("control.etcd_slow", "etcd, which stores the cluster's state, does not answer the API server in time")
        } else {
            ("control.api_pressure", "The API server says of itself that it is not ready")
        };
        out.push(
            Candidate::new(
                cause,
                on.id,
                if etcd_says.is_empty() { Strength::Stated } else { Strength::Proven },
                format!("{says} (`{part}`)"),
            )
            .quote(finding.quotes.iter().cloned())
            .quote(etcd_says.iter().take(3).cloned())
            .explain([index])
            .explain(parts(case, "kube-apiserver").iter().chain(&parts(case, "etcd")).flat_map(|pod| case.on_with(pod.id, &OWN)))
            .next(if of_etcd {
                "See etcd's disk latency and log; defragment or move it to a faster disk"
            } else {
                "See the API server's log and its flow-control metrics"
            }),
        );
    }
    pressure(case, out);
    if etcd_says.is_empty() {
        return;
    }
    for pod in parts(case, "kube-apiserver").into_iter().chain(parts(case, "etcd")) {
        let findings = case.on_with(pod.id, &OWN);
        let on = parts(case, "etcd").first().copied().unwrap_or(pod);
        if !findings.is_empty() {
            out.push(
                Candidate::new(
                    "control.etcd_slow",
                    on.id,
                    Strength::Logged,
                    "etcd, which stores the cluster's state, is too slow for the API server",
                )
                .quote(etcd_says.iter().take(3).cloned())
                .explain(findings)
                .next("See etcd's disk latency; defragment it or move it to a faster disk"),
            );
        }
    }
}

/// Lines of a log that say that the store is slow.
fn slow_lines<'g>(case: &Case<'g>, pod: Entity<'g>) -> Vec<Quote> {
    let words = [
        "etcdserver: request timed out",
        "apply request took too long",
        "slow fdatasync",
        "leader failed to send out heartbeat",
        "etcdserver: leader changed",
        "mvcc: database space exceeded",
    ];
    let mut found = Vec::new();
    for stream in pod.logs() {
        let Some(source) = case.graph.set.source(stream.source) else { continue };
        for line in &stream.lines {
            let text = source.slice(line.start, line.len).unwrap_or_default();
            if words.iter().any(|word| text.contains(word)) {
                let cite = assent_capture::source::Cite { source: stream.source, start: line.start, len: line.len };
                found.push(Quote { cite, about: pod.id, time: line.time });
            }
        }
    }
    found
}

/// Several workloads to which the API server says that it is asked too often.
fn pressure<'g>(case: &Case<'g>, out: &mut Vec<Candidate>) {
    let words = [
        "too many requests",
        "toomanyrequests",
        "client-side throttling",
        "the server has received too many requests",
        "timeout: request did not complete within",
    ];
    let mut hurt = Vec::new();
    for (id, signals) in &case.signals {
        let telling = signals.iter().rfind(|signal| {
            let text = signal.text.to_ascii_lowercase();
            words.iter().any(|word| text.contains(word)) && (text.contains("api") || text.contains("kubernetes"))
        });
        let caller = case.owner(*id);
        let suffers = suffering(case, caller);
        if let (Some(signal), false) = (telling, suffers.is_empty()) {
            hurt.push((caller, case.quote_line(signal, *id), suffers));
        }
    }
    let mut owners: Vec<EntityId> = hurt.iter().map(|(caller, ..)| caller.id).collect();
    owners.sort_unstable();
    owners.dedup();
    let on =
        parts(case, "kube-apiserver").first().copied().or_else(|| case.graph.find(&ObjectRef::new(Kind::Namespace, None, "kube-system")));
    if let (true, Some(on)) = (owners.len() >= 2, on) {
        let names: Vec<String> = owners.iter().take(3).map(|id| case.entity(*id).reference().to_string()).collect();
        out.push(
            Candidate::new(
                "control.api_pressure",
                on.id,
                Strength::Logged,
                format!("The API server turns requests away or answers late: {} are told so", names.join(", ")),
            )
            .quote(hurt.iter().map(|(_, quote, _)| quote.clone()))
            .explain(hurt.into_iter().flat_map(|(_, _, suffers)| suffers))
            .next("Find who asks so much: kubectl get --raw /metrics | grep apiserver_flowcontrol_rejected_requests_total"),
        );
    }
}
