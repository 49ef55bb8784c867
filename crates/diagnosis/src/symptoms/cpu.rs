//! Containers that want more cpu time than they get: from alerts, from throttling counters, from use at the limit.

use assent_base::{Kind, ObjectRef};
use assent_capture::tree::At;
use assent_evidence::{Entity, EntityId, edges};

use crate::case::Case;
use crate::finding::{Finding, Quote, Severity, Symptom};

/// A container that uses this share of its limit, in percent, is held by it.
const AT_LIMIT_PERCENT: i128 = 95;
/// A share of throttled periods from which a container is held.
const THROTTLED_SHARE_MIN: f64 = 0.25;

/// Finds containers that are throttled. One finding per container, of the best source: alert, counter, use.
pub(super) fn find(case: &mut Case<'_>) {
    alerts(case);
    counters(case);
    usage(case);
}

fn add(case: &mut Case<'_>, on: EntityId, container: Option<&str>, severity: Severity, quotes: Vec<Quote>) {
    let known = |index: usize| {
        case.findings.get(index).is_some_and(|own| own.container.is_none() || container.is_none() || own.container.as_deref() == container)
    };
    if quotes.is_empty() || case.on_with(on, &[Symptom::Throttled]).into_iter().any(known) {
        return;
    }
    let name = container.map(|name| format!("Container `{name}`")).unwrap_or_else(|| "A container".to_owned());
    let says = format!("{name} of {} gets less cpu time than it wants", case.entity(on).reference());
    let container = container.map(Into::into);
    case.add(Finding { symptom: Symptom::Throttled, on, container, says, quotes, severity, since: None, reason: "Throttled".into() });
}

/// The pod or workload that labels name.
fn named<'g>(case: &Case<'g>, labels: At<'g>) -> Option<Entity<'g>> {
    let namespace = labels.get("namespace").text();
    let kinds = [
        ("pod", Kind::Pod),
        ("pod_name", Kind::Pod),
        ("deployment", Kind::Deployment),
        ("statefulset", Kind::StatefulSet),
        ("daemonset", Kind::DaemonSet),
    ];
    kinds.into_iter().find_map(|(label, kind)| case.graph.find(&ObjectRef::new(kind, namespace, labels.get(label).text()?)))
}

fn alerts(case: &mut Case<'_>) {
    let graph = case.graph;
    for alert in &graph.set.alerts {
        let Some(root) = graph.set.loose(alert) else { continue };
        let labels = if root.get("labels").exists() { root.get("labels") } else { root };
        let name = labels.get("alertname");
        let text = name.text().unwrap_or_else(|| root.get("title").text_or_empty()).to_ascii_lowercase();
        let over = root.get("status").is("resolved") || root.at("status/state").is("inactive") || root.get("state").is("resolved");
        if over || !(text.contains("throttl") && text.contains("cpu")) {
            continue;
        }
        let Some(entity) = named(case, labels) else { continue };
        let quotes = [name, root.get("title"), root.at("annotations/description"), root.get("description")];
        let quotes = quotes.into_iter().filter_map(|at| case.quote(at, entity)).take(2).collect();
        add(case, entity.id, labels.get("container").text(), Severity::Degraded, quotes);
    }
}

fn counters(case: &mut Case<'_>) {
    let graph = case.graph;
    for sample in &graph.set.samples {
        let Some(root) = graph.set.loose(sample) else { continue };
        let labels = if root.get("metric").exists() { root.get("metric") } else { root.get("labels") };
        let name = if labels.get("__name__").exists() { labels.get("__name__") } else { root.get("name") };
        let share = root.get("value").number().or_else(|| root.at("value/1").number());
        // Only a share tells; a counter alone does not.
        let throttled =
            name.text_or_empty().contains("throttled") && share.is_some_and(|share| (THROTTLED_SHARE_MIN..=1.0).contains(&share));
        if !throttled {
            continue;
        }
        let Some(entity) = named(case, labels) else { continue };
        let value = if root.get("value").number().is_some() { root.get("value") } else { root.at("value/1") };
        let quotes = [name, value].into_iter().filter_map(|at| case.quote(at, entity)).collect();
        add(case, entity.id, labels.get("container").text(), Severity::Degraded, quotes);
    }
}

/// Use at the limit at one moment is worth a notice, and more where somebody asked or a probe of the pod times out.
fn usage(case: &mut Case<'_>) {
    let graph = case.graph;
    for metrics in graph.of_kind(&Kind::named("PodMetrics")) {
        let Some(pod) = graph.find(&metrics.reference().beside(Kind::Pod, metrics.name())) else { continue };
        let owner = pod.top_owner();
        let spec = if pod.pod_spec().exists() { pod.pod_spec() } else { owner.pod_spec() };
        for used in metrics.at("containers").items() {
            let name = used.get("name").text_or_empty();
            let at = used.at("usage/cpu");
            let limit = edges::containers(spec)
                .find(|container| container.get("name").is(name))
                .and_then(|container| container.at("resources/limits/cpu").milli());
            let (Some(cpu), Some(limit)) = (at.milli(), limit) else { continue };
            if limit > 0 && cpu.saturating_mul(100) >= limit.saturating_mul(AT_LIMIT_PERCENT) {
                let ill = case.is_asked(pod) || !case.on_with(pod.id, &[Symptom::ProbeFailing]).is_empty();
                let severity = if ill { Severity::Degraded } else { Severity::Notice };
                let quotes = case.quote(at, metrics).into_iter().collect();
                add(case, pod.id, Some(name), severity, quotes);
            }
        }
    }
}
