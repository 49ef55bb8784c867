//! Symptoms of pods and their containers, from statuses, table rows and events.

use assent_base::Kind;
use assent_capture::tree::At;
use assent_evidence::{Entity, EventFact};

use crate::case::{Case, RECENT_S, RECOVERED_AFTER_S};
use crate::finding::{Finding, Quote, Severity, Symptom};

/// A pod may need this long to get its volumes and network.
pub(crate) const CREATING_PATIENCE_S: i64 = 120;
/// A container may need this long to become ready when nothing says that a probe fails.
pub(crate) const READY_PATIENCE_S: i64 = 120;
/// A pod may need this long to end, beyond its grace period.
pub(crate) const TERMINATING_PATIENCE_S: i64 = 300;

/// Finds symptoms of every pod.
pub(super) fn find<'g>(case: &mut Case<'g>) {
    let pods: Vec<Entity<'g>> = case.graph.of_kind(&Kind::Pod).filter(Entity::is_observed).collect();
    for pod in pods {
        let first = case.findings.len();
        look(case, pod);
        demote_if_recovered(case, pod, first);
    }
    gone_pods(case);
    loose_events(case);
}

/// Looks at one pod.
fn look<'g>(case: &mut Case<'g>, pod: Entity<'g>) {
    let status = pod.at("status");
    if pod.at("metadata/deletionTimestamp").exists() {
        tainted_away(case, pod);
        terminating(case, pod);
        return;
    }
    if status.get("reason").is("Evicted") || printed_status(pod) == "Evicted" {
        evicted(case, pod);
        return;
    }
    if status.get("phase").is("Succeeded") {
        return;
    }
    tainted_away(case, pod);
    unscheduled(case, pod);
    let mut seen = false;
    for (list, spec) in [("status/initContainerStatuses", "spec/initContainers"), ("status/containerStatuses", "spec/containers")] {
        for container in pod.at(list).items() {
            seen = true;
            container_status(case, pod, container, pod.at(spec));
        }
    }
    if !seen {
        by_row(case, pod);
    }
    failed(case, pod);
    probes(case, pod);
    stuck_creating(case, pod);
}

fn printed_status(pod: Entity<'_>) -> &str {
    pod.at("status/printed/status").text_or_empty()
}

/// Words that show when a pod was last seen to be scheduled, created, and so on.
fn quotes<'g, const N: usize>(case: &Case<'g>, pod: Entity<'g>, places: [At<'g>; N]) -> Vec<Quote> {
    places.into_iter().filter_map(|at| case.quote(at, pod)).collect()
}

fn add<'g>(
    case: &mut Case<'g>,
    symptom: Symptom,
    pod: Entity<'g>,
    container: Option<&str>,
    reason: &str,
    says: String,
    quotes: Vec<Quote>,
) {
    let severity = Severity::Broken;
    let since = quotes.iter().filter_map(|quote| quote.time).min();
    let container = container.filter(|name| !name.is_empty()).map(Into::into);
    case.add(Finding { symptom, on: pod.id, container, says, quotes, severity, since, reason: reason.into() });
}

fn unscheduled<'g>(case: &mut Case<'g>, pod: Entity<'g>) {
    // A table omits the node; a pod that is further than pending is on one.
    let printed = printed_status(pod);
    let further = pod.at("status/phase").text().is_some_and(|phase| phase != "Pending")
        || !(printed.is_empty() || matches!(printed, "Pending" | "SchedulingGated"));
    if pod.at("spec/nodeName").exists() || further {
        return;
    }
    // What was said before the pod found its node is history.
    let placed = case.event(pod, &["Scheduled"]).map(|event| event.last);
    let event = case.event(pod, &["FailedScheduling"]).filter(|event| placed.is_none_or(|placed| placed < event.last));
    if event.is_none() && placed.is_some() {
        return;
    }
    let condition = pod.condition("PodScheduled").filter(|condition| condition.get("status").is("False"));
    let mut quotes = Vec::new();
    if let Some(condition) = condition {
        quotes.extend(case.quote(condition.get("message"), pod).or_else(|| case.quote(condition.get("reason"), pod)));
        quotes.extend(case.quote(condition.get("reason"), pod));
    }
    quotes.extend(event.and_then(|event| case.quote_event(event, pod)));
    let pending = pod.at("status/phase").is("Pending") || matches!(printed, "Pending" | "SchedulingGated");
    let old = case.age_s(pod.created()).is_none_or(|age| age > CREATING_PATIENCE_S);
    if quotes.is_empty() && pending && old {
        quotes.extend(case.quote(pod.at("status/phase"), pod).or_else(|| case.quote(pod.at("status/printed/status"), pod)));
    }
    if !quotes.is_empty() {
        let reason = condition.and_then(|condition| condition.get("reason").text()).unwrap_or("Pending");
        add(case, Symptom::PodUnschedulable, pod, None, reason, format!("Pod `{}` is on no node", pod.name()), quotes);
    }
}

fn container_status<'g>(case: &mut Case<'g>, pod: Entity<'g>, status: At<'g>, specs: At<'g>) {
    let name = status.get("name").text_or_empty();
    let is_init = status.get("name").text().is_some_and(|own| pod.at("spec/initContainers").items().any(|c| c.get("name").is(own)));
    let sidecar = is_init && specs.items().any(|c| c.get("name").is(name) && c.get("restartPolicy").is("Always"));
    let waiting = status.at("state/waiting");
    if waiting.get("reason").exists() {
        waits(case, pod, status, waiting);
        return;
    }
    let ended = status.at("state/terminated");
    if ended.exists() {
        let fine = ended.get("exitCode").int() == Some(0);
        let restarts_forever =
            !is_init && !owned_by_job(pod) && pod.at("spec/restartPolicy").text().is_none_or(|policy| policy == "Always");
        if !fine || (restarts_forever && status.get("restartCount").int().unwrap_or(0) > 0) {
            crash(case, pod, name, ended, status);
        }
        return;
    }
    if let Some(last) = Some(status.at("lastState/terminated")).filter(At::exists) {
        // A container that runs again: ill only while its last end is recent and it has not stood since.
        let running_s = case.age_s(status.at("state/running/startedAt").instant());
        let stands = status.get("ready").bool() == Some(true) && running_s.is_some_and(|age| age >= RECOVERED_AFTER_S);
        let restarts = status.get("restartCount").int().unwrap_or(0);
        let end_age = case.age_s(last.get("finishedAt").instant());
        if !stands && restarts > 0 && end_age.is_none_or(|age| age < RECENT_S) && (!is_init || sidecar) {
            crash(case, pod, name, last, status);
        }
    }
    let up_s = case.age_s(status.at("state/running/startedAt").instant());
    let unready = status.get("ready").bool() == Some(false) && status.at("state/running").exists() && !is_init;
    if unready && up_s.is_none_or(|age| age > READY_PATIENCE_S) {
        let quotes = quotes(case, pod, [status.get("ready")]);
        add(
            case,
            Symptom::NotReady,
            pod,
            Some(name),
            "NotReady",
            format!("Container `{name}` of pod `{}` runs and is not ready", pod.name()),
            quotes,
        );
    }
}

fn owned_by_job(pod: Entity<'_>) -> bool {
    matches!(pod.top_owner().kind(), Kind::Job | Kind::CronJob)
}

fn waits<'g>(case: &mut Case<'g>, pod: Entity<'g>, status: At<'g>, waiting: At<'g>) {
    let name = status.get("name").text_or_empty();
    let reason = waiting.get("reason").text_or_empty();
    let mut quotes = quotes(case, pod, [waiting.get("reason"), waiting.get("message")]);
    let who = format!("container `{name}` of pod `{}`", pod.name());
    let (symptom, says) = match reason {
        "ImagePullBackOff"
        | "ErrImagePull"
        | "InvalidImageName"
        | "ErrImageNeverPull"
        | "ImageInspectError"
        | "RegistryUnavailable"
        | "SignatureValidationFailed" => (Symptom::ImagePull, format!("The image of {who} cannot be pulled ({reason})")),
        "CreateContainerConfigError" => (Symptom::ContainerConfig, format!("The configuration of {who} cannot be assembled")),
        "CreateContainerError" | "RunContainerError" | "PreCreateHookError" | "PreStartHookError" | "PostStartHookError" | "StartError" => {
            (Symptom::ContainerStart, format!("The runtime cannot start {who} ({reason})"))
        }
        "CrashLoopBackOff" => {
            let last = status.at("lastState/terminated");
            crash(case, pod, name, last, status);
            return;
        }
        _ => return,
    };
    quotes.dedup();
    add(case, symptom, pod, Some(name), reason, says, quotes);
}

/// A container that ended; `ended` may be nowhere when only the back-off is known.
fn crash<'g>(case: &mut Case<'g>, pod: Entity<'g>, name: &str, ended: At<'g>, status: At<'g>) {
    let reason = ended.get("reason").text_or_empty();
    let code = ended.get("exitCode").int();
    let mut quotes =
        quotes(case, pod, [ended.get("reason"), ended.get("exitCode"), status.at("state/waiting/reason"), ended.get("message")]);
    for quote in &mut quotes {
        quote.time = ended.get("finishedAt").instant();
    }
    let who = format!("Container `{name}` of pod `{}`", pod.name());
    let times = match status.get("restartCount").int() {
        Some(restarts) if restarts > 0 => format!(", restarted {restarts} times"),
        _ => String::new(),
    };
    let (symptom, says) = match (reason, code) {
        ("OOMKilled", _) => (Symptom::OomKilled, format!("{who} was killed for want of memory{times}")),
        ("StartError" | "ContainerCannotRun", _) => (Symptom::ContainerStart, format!("{who} cannot be started{times}")),
        (_, Some(code)) => (Symptom::ContainerCrash, format!("{who} ended with exit code {code}{times}")),
        (_, None) => (Symptom::ContainerCrash, format!("{who} ends again and again{times}")),
    };
    let word = if reason.is_empty() { "CrashLoopBackOff" } else { reason };
    add(case, symptom, pod, Some(name), word, says, quotes);
}

/// What a table's row says when nothing better is captured.
fn by_row<'g>(case: &mut Case<'g>, pod: Entity<'g>) {
    let printed = pod.at("status/printed/status");
    let text = printed.text_or_empty();
    let word = text.strip_prefix("Init:").unwrap_or(text);
    let quotes = quotes(case, pod, [printed]);
    let name = pod.name();
    let (symptom, says) = match word {
        "ImagePullBackOff" | "ErrImagePull" | "InvalidImageName" | "ErrImageNeverPull" => {
            (Symptom::ImagePull, format!("An image of pod `{name}` cannot be pulled ({word})"))
        }
        "CreateContainerConfigError" => {
            (Symptom::ContainerConfig, format!("The configuration of a container of pod `{name}` cannot be assembled"))
        }
        "CreateContainerError" | "RunContainerError" | "StartError" | "ContainerCannotRun" => {
            (Symptom::ContainerStart, format!("The runtime cannot start a container of pod `{name}` ({word})"))
        }
        "OOMKilled" => (Symptom::OomKilled, format!("A container of pod `{name}` was killed for want of memory")),
        "CrashLoopBackOff" | "Error" => (Symptom::ContainerCrash, format!("A container of pod `{name}` ended with an error ({word})")),
        "NodeLost" | "Unknown" => (Symptom::NotReady, format!("Nothing is known of pod `{name}`: its node does not report")),
        "Running" => {
            let (ready, total) = (pod.at("status/printed/ready").int(), pod.at("status/printed/total").int());
            let restarted_s = assent_base::time::span_s(pod.at("status/printed/restartedAgo").text_or_empty());
            let restarts = pod.at("status/printed/restarts").int().unwrap_or(0);
            if ready < total && case.age_s(pod.created()).is_none_or(|age| age > READY_PATIENCE_S) {
                (Symptom::NotReady, format!("Pod `{name}` runs and is not ready"))
            } else if restarts >= 3 && restarted_s.is_some_and(|age| age < RECOVERED_AFTER_S) {
                (Symptom::ContainerCrash, format!("A container of pod `{name}` was restarted {restarts} times, lately"))
            } else {
                return;
            }
        }
        _ => return,
    };
    add(case, symptom, pod, None, word, says, quotes);
}

/// A pod whose phase is `Failed` for a reason of its own.
fn failed<'g>(case: &mut Case<'g>, pod: Entity<'g>) {
    if !pod.at("status/phase").is("Failed") || case.is_ill(pod.id) {
        return;
    }
    let reason = pod.at("status/reason").text_or_empty();
    let quotes = quotes(case, pod, [pod.at("status/message"), pod.at("status/reason"), pod.at("status/phase")]);
    add(
        case,
        Symptom::PodFailed,
        pod,
        None,
        reason,
        format!("Pod `{}` failed{}", pod.name(), if reason.is_empty() { String::new() } else { format!(" ({reason})") }),
        quotes,
    );
}

fn evicted<'g>(case: &mut Case<'g>, pod: Entity<'g>) {
    let mut quotes = quotes(case, pod, [pod.at("status/message"), pod.at("status/reason"), pod.at("status/printed/status")]);
    quotes.extend(case.event(pod, &["Evicted"]).and_then(|event| case.quote_event(event, pod)));
    add(case, Symptom::Evicted, pod, None, "Evicted", format!("Pod `{}` was evicted", pod.name()), quotes);
}

/// A pod that a NoExecute taint drives from its node.
fn tainted_away<'g>(case: &mut Case<'g>, pod: Entity<'g>) {
    if let Some(event) = case.event(pod, &["TaintManagerEviction"]).filter(|event| event.message.starts_with("Marking")) {
        let quotes = case.quote_event(event, pod).into_iter().collect();
        let says = format!("Pod `{}` is driven from its node by a taint", pod.name());
        add(case, Symptom::Evicted, pod, None, "TaintManagerEviction", says, quotes);
    }
}

fn terminating<'g>(case: &mut Case<'g>, pod: Entity<'g>) {
    let since = pod.at("metadata/deletionTimestamp");
    let patience = pod.at("metadata/deletionGracePeriodSeconds").int().unwrap_or(30).saturating_add(TERMINATING_PATIENCE_S);
    if case.age_s(since.instant()).is_some_and(|age| age > patience) {
        let quotes = quotes(case, pod, [since, pod.at("metadata/finalizers")]);
        add(case, Symptom::PodStuckTerminating, pod, None, "Terminating", format!("Pod `{}` does not go away", pod.name()), quotes);
    }
}

/// Failing probes, from `Unhealthy` events of a pod that is not well or was told so lately.
fn probes<'g>(case: &mut Case<'g>, pod: Entity<'g>) {
    let unhealthy: Vec<&EventFact> =
        pod.events().iter().filter(|event| &*event.reason == "Unhealthy" && !case.is_old(event.last)).collect();
    for event in unhealthy {
        let lately = case.age_s(event.last).is_none_or(|age| age < RECOVERED_AFTER_S);
        let ready = is_ready(pod);
        if ready && (!lately || event.count < 3) {
            continue;
        }
        let quotes = case.quote_event(event, pod).into_iter().collect();
        let probe = event.message.split(" probe").next().unwrap_or("A").to_owned();
        let says = format!("{probe} probe of pod `{}` fails, seen {} times", pod.name(), event.count);
        add(case, Symptom::ProbeFailing, pod, event.container(), &probe, says, quotes);
        // What ends by its own fault answers no probe; the probe is not what ails it.
        if dies_by_itself(pod, event.container())
            && let Some(finding) = case.findings.last_mut()
        {
            finding.severity = Severity::Notice;
        }
    }
}

/// Whether a pod is ready, by its condition, or else by its containers or its row.
fn is_ready(pod: Entity<'_>) -> bool {
    if let Some(condition) = pod.condition("Ready") {
        return condition.get("status").is("True");
    }
    let mut statuses = pod.at("status/containerStatuses").items().peekable();
    if statuses.peek().is_some() {
        return statuses.all(|status| status.get("ready").bool() == Some(true));
    }
    let (ready, total) = (pod.at("status/printed/ready").int(), pod.at("status/printed/total").int());
    total.is_some_and(|total| total > 0) && ready >= total
}

/// Whether a container ended with an error of its own, and not because a probe had it killed.
fn dies_by_itself(pod: Entity<'_>, container: Option<&str>) -> bool {
    if pod.events().iter().any(|event| &*event.reason == "Killing" && event.message.contains("probe")) {
        return false;
    }
    pod.at("status/containerStatuses").items().filter(|status| container.is_none_or(|name| status.get("name").is(name))).any(|status| {
        let down = status.at("state/waiting").exists() || status.at("state/terminated").exists();
        let ends = [status.at("state/terminated/exitCode"), status.at("lastState/terminated/exitCode")];
        down && ends.iter().any(|code| code.int().is_some_and(|code| !matches!(code, 0 | 137 | 143)))
    })
}

fn stuck_creating<'g>(case: &mut Case<'g>, pod: Entity<'g>) {
    if case.is_ill(pod.id) || !pod.at("spec/nodeName").exists() && !printed_status(pod).contains("ContainerCreating") {
        return;
    }
    let phase_pending = pod.at("status/phase").is("Pending") || matches!(printed_status(pod), "ContainerCreating" | "PodInitializing");
    if !phase_pending {
        return;
    }
    let reasons = [
        "FailedMount",
        "FailedAttachVolume",
        "FailedCreatePodSandBox",
        "NetworkNotReady",
        "FailedMapVolume",
        "FailedSync",
        "FailedPreStopHook",
    ];
    let event = case.event(pod, &reasons);
    let old = case.age_s(pod.created()).is_none_or(|age| age > CREATING_PATIENCE_S);
    // An init container that works is no symptom by itself.
    let init_works = pod.at("status/initContainerStatuses").items().any(|status| status.at("state/running").exists());
    if event.is_none() && (!old || init_works) {
        return;
    }
    let waiting = pod.at("status/containerStatuses/0/state/waiting/reason");
    let mut quotes = quotes(case, pod, [waiting, pod.at("status/printed/status")]);
    quotes.extend(event.and_then(|event| case.quote_event(event, pod)));
    let reason = event.map_or("ContainerCreating", |event| &event.reason);
    add(case, Symptom::PodStuckCreating, pod, None, reason, format!("Pod `{}` hangs before its containers exist", pod.name()), quotes);
}

/// Old attempts and evictions of a workload that is well now are history.
fn demote_if_recovered<'g>(case: &mut Case<'g>, pod: Entity<'g>, first: usize) {
    let owner = pod.top_owner();
    let whole = |desired: &str, ready: &str| owner.at(desired).int().is_some_and(|n| n > 0 && owner.at(ready).int().unwrap_or(0) >= n);
    let stuck = case.findings.iter().skip(first).any(|finding| finding.symptom == Symptom::PodStuckTerminating);
    let ended = pod.at("status/phase").is("Failed")
        || printed_status(pod) == "Evicted"
        || (pod.at("metadata/deletionTimestamp").exists() && !stuck);
    let recovered = match owner.kind() {
        Kind::Job => owner.condition("Complete").is_some_and(|condition| condition.get("status").is("True")),
        Kind::Deployment | Kind::StatefulSet | Kind::ReplicaSet => whole("spec/replicas", "status/readyReplicas") && ended,
        Kind::DaemonSet => whole("status/desiredNumberScheduled", "status/numberReady") && ended,
        _ => false,
    };
    // A job that a cron job made: a later job that went well makes it history.
    let superseded = *owner.kind() == Kind::CronJob
        && owner.at("status/lastSuccessfulTime").instant().is_some_and(|good| pod.created().is_some_and(|made| made < good));
    if recovered || superseded {
        for finding in case.findings.iter_mut().skip(first) {
            finding.severity = Severity::Notice;
        }
    }
}

/// Events about pods that are not captured. If all pods were listed, such a pod is gone and its events are history.
fn gone_pods<'g>(case: &mut Case<'g>) {
    let unknown: Vec<Entity<'g>> = case.graph.entities_of_kind(&Kind::Pod).filter(|pod| !pod.is_observed()).collect();
    for pod in unknown {
        if case.graph.is_listed(&Kind::Pod, pod.namespace()) {
            continue;
        }
        for event in pod.events() {
            if let Some((symptom, says)) = said_by_event(event, pod.name())
                && !case.is_old(event.last)
            {
                let quotes = case.quote_event(event, pod).into_iter().collect();
                add(case, symptom, pod, event.container(), &event.reason, says, quotes);
            }
        }
    }
}

/// Events that do not name their pod: taken to be about the one pod or workload that the input holds.
fn loose_events<'g>(case: &mut Case<'g>) {
    let subject = |case: &Case<'_>, kinds: &[Kind]| -> Option<assent_evidence::EntityId> {
        // Whole objects before those of which only a part is captured.
        let first = |whole: bool| {
            kinds.iter().find_map(|kind| case.graph.entities_of_kind(kind).find(|entity| !whole || entity.is_full()).map(|found| found.id))
        };
        first(true).or_else(|| first(false))
    };
    for event in case.graph.loose_events() {
        let about = event.root(case.graph);
        let own = Kind::named(about.get("kind").text_or_empty());
        let own = if own == Kind::Event { Kind::named(about.at("involvedObject/kind").text_or_empty()) } else { own };
        let kinds = [own, Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::ReplicaSet];
        let Some(id) = subject(case, &kinds) else { continue };
        let entity = case.entity(id);
        if let Some((symptom, says)) = said_by_event(event, entity.name()) {
            let quotes = case.quote_event(event, entity).into_iter().collect();
            add(case, symptom, entity, event.container(), &event.reason, says, quotes);
        }
    }
}

/// The symptom that an event alone shows.
fn said_by_event(event: &EventFact, name: &str) -> Option<(Symptom, String)> {
    let message = &*event.message;
    Some(match &*event.reason {
        "FailedScheduling" => (Symptom::PodUnschedulable, format!("Pod `{name}` is on no node")),
        "FailedMount" | "FailedAttachVolume" | "FailedCreatePodSandBox" | "FailedMapVolume" => {
            (Symptom::PodStuckCreating, format!("Pod `{name}` hangs before its containers exist"))
        }
        "ErrImagePull" | "ImagePullBackOff" | "InvalidImageName" | "ErrImageNeverPull" | "InspectFailed" => {
            (Symptom::ImagePull, format!("An image of pod `{name}` cannot be pulled"))
        }
        "Failed" if message.contains("pull") || message.contains("ImagePull") => {
            (Symptom::ImagePull, format!("An image of pod `{name}` cannot be pulled"))
        }
        "Failed" if message.contains("configmap") || message.contains("secret") || message.contains("couldn't find key") => {
            (Symptom::ContainerConfig, format!("The configuration of a container of pod `{name}` cannot be assembled"))
        }
        "CreateContainerConfigError" => {
            (Symptom::ContainerConfig, format!("The configuration of a container of pod `{name}` cannot be assembled"))
        }
        "Failed" | "CreateContainerError" | "RunContainerError" | "StartError" | "ContainerCannotRun" => {
            (Symptom::ContainerStart, format!("A container of pod `{name}` cannot be started"))
        }
        "OOMKilled" | "OOMKilling" => (Symptom::OomKilled, format!("A container of pod `{name}` was killed for want of memory")),
        "BackOff" if message.contains("restarting") => {
            (Symptom::ContainerCrash, format!("A container of pod `{name}` ends again and again"))
        }
        "CrashLoopBackOff" | "Error" => (Symptom::ContainerCrash, format!("A container of pod `{name}` ends again and again")),
        "Unhealthy" => (Symptom::ProbeFailing, format!("A probe of pod `{name}` fails")),
        "Evicted" => (Symptom::Evicted, format!("Pod `{name}` was evicted")),
        "FailedCreate" => (Symptom::PodNotCreated, format!("`{name}` cannot create its pods")),
        _ => return None,
    })
}
