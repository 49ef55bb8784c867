//! Alerts that fire.
//!
//! Anybody who can label a metric can write an alert, so an alert points and proves nothing: it makes its subject asked about, and
//! it is a symptom that a cause found elsewhere may explain.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use assent_base::{Kind, ObjectRef};
use assent_capture::tree::At;
use assent_evidence::{Entity, EntityId};
use regex::Regex;

use crate::case::Case;
use crate::finding::{Finding, Severity, Symptom};

/// Who reports an event that stands for an alert of another system.
pub const REPORTER: &str = "assent.dev/alerts";
/// The reason of such an event.
pub const REASON: &str = "Alert";

/// Alerts that are read.
const ALERTS_MAX: usize = 2000;
/// What is told of an alert's own words, in characters.
const DESCRIPTION_CHARS_MAX: usize = 160;
/// Text of an alert that is searched for names, in bytes.
const TEXT_BYTES_MAX: usize = 4096;

/// Labels that name an object, the most telling first. Exporters put their own pod and service on what they measure, so a workload's
/// label counts before a pod's, and a Service's label last.
const SUBJECTS: &[(&str, Kind)] = &[
    ("deployment", Kind::Deployment),
    ("statefulset", Kind::StatefulSet),
    ("daemonset", Kind::DaemonSet),
    ("job_name", Kind::Job),
    ("cronjob", Kind::CronJob),
    ("replicaset", Kind::ReplicaSet),
    ("horizontalpodautoscaler", Kind::HorizontalPodAutoscaler),
    ("hpa", Kind::HorizontalPodAutoscaler),
    ("persistentvolumeclaim", Kind::PersistentVolumeClaim),
    ("poddisruptionbudget", Kind::PodDisruptionBudget),
    ("exported_pod", Kind::Pod),
    ("pod", Kind::Pod),
    ("pod_name", Kind::Pod),
    ("ingress", Kind::Ingress),
];

/// Labels that say where a thing runs or who measured it, and name the subject only where nothing else does.
const SURROUNDINGS: &[(&str, Kind)] = &[("node", Kind::Node), ("exported_service", Kind::Service), ("service", Kind::Service)];

/// Finds them.
pub(super) fn find(case: &mut Case<'_>) {
    reported(case);
    let graph = case.graph;
    let mut alerts: Vec<At<'_>> = graph.set.alerts.iter().take(ALERTS_MAX).filter_map(|alert| graph.set.loose(alert)).collect();
    // Of two notices of one alert, the one that describes it is told.
    alerts.sort_by_key(|alert| description(*alert).is_none());
    let mut seen: BTreeSet<(EntityId, String)> = BTreeSet::new();
    for alert in alerts {
        let name = name_of(alert);
        if !fires(alert, name) {
            continue;
        }
        let Some(entity) = subject(case, alert) else { continue };
        let owner = entity.top_owner().id;
        if *entity.kind() != Kind::Namespace {
            case.asked.extend([entity.id, owner]);
        }
        if !seen.insert((entity.id, name.to_owned())) {
            continue;
        }
        let severity = severity(case, alert, entity);
        let labels = alert.get("labels");
        let annotations = alert.get("annotations");
        let places = [
            labels.get("alertname"),
            alert.get("title"),
            annotations.get("description"),
            annotations.get("message"),
            annotations.get("summary"),
            alert.get("description"),
        ];
        let mut quotes: Vec<_> = places.into_iter().filter_map(|at| case.quote(at, entity)).take(2).collect();
        let since = alert.get("startsAt").instant();
        quotes.iter_mut().for_each(|quote| quote.time = since);
        case.add(Finding {
            symptom: Symptom::Alert,
            on: entity.id,
            container: labels.get("container").text().map(Into::into),
            says: match description(alert) {
                Some(text) => format!("Alert `{name}` fires for {}: {text}", entity.reference()),
                None => format!("Alert `{name}` fires for {}", entity.reference()),
            },
            quotes,
            severity,
            since,
            reason: name.into(),
        });
    }
}

/// Finds the alerts that came as events, each on the object that it is about.
fn reported(case: &mut Case<'_>) {
    let graph = case.graph;
    let mut found = Vec::new();
    for entity in graph.entities() {
        for event in entity.events().iter().filter(|event| &*event.reason == REASON) {
            if !event.root(graph).get("reportingComponent").is(REPORTER) || found.len() >= ALERTS_MAX {
                continue;
            }
            if *entity.kind() != Kind::Namespace {
                case.asked.extend([entity.id, entity.top_owner().id]);
            }
            let quotes: Vec<_> = case.quote_event(event, entity).into_iter().collect();
            found.push(Finding {
                symptom: Symptom::Alert,
                on: entity.id,
                container: None,
                says: format!(
                    "An alert fires for {}: {}",
                    entity.reference(),
                    crate::wording::shortened(&event.message, DESCRIPTION_CHARS_MAX)
                ),
                since: event.first,
                quotes,
                severity: if event.warning { Severity::Degraded } else { Severity::Notice },
                reason: REASON.into(),
            });
        }
    }
    for finding in found {
        case.add(finding);
    }
}

/// What an alert says of itself, shortened.
fn description(alert: At<'_>) -> Option<String> {
    let annotations = alert.get("annotations");
    let places = [annotations.get("description"), annotations.get("message"), annotations.get("summary"), alert.get("description")];
    let text = places.iter().filter_map(At::text).find(|text| !text.trim().is_empty())?;
    Some(crate::wording::shortened(text, DESCRIPTION_CHARS_MAX))
}

fn name_of<'a>(alert: At<'a>) -> &'a str {
    [alert.get("labels").get("alertname"), alert.get("title"), alert.get("alertname"), alert.get("name")]
        .iter()
        .find_map(At::text)
        .unwrap_or_default()
}

/// Whether an alert tells of trouble now: it is not resolved, and it is none that always fires.
fn fires(alert: At<'_>, name: &str) -> bool {
    let state = [alert.get("status"), alert.at("status/state"), alert.get("state")].iter().find_map(At::text).unwrap_or_default();
    let over = matches!(state.to_ascii_lowercase().as_str(), "resolved" | "inactive" | "ok" | "normal" | "pending" | "suppressed");
    !over && !matches!(name, "Watchdog" | "InfoInhibitor" | "DeadMansSwitch" | "")
}

fn severity(case: &Case<'_>, alert: At<'_>, entity: Entity<'_>) -> Severity {
    let word = alert.get("labels").get("severity").text().or_else(|| alert.get("severity").text()).unwrap_or_default();
    let ill_within = || {
        let within = |finding: &Finding| case.entity(finding.on).namespace() == Some(entity.name());
        case.findings.iter().any(|finding| finding.severity > Severity::Notice && within(finding))
    };
    match word.to_ascii_lowercase().as_str() {
        "info" | "none" | "debug" => Severity::Notice,
        // What is ill in the namespace is what it is about.
        _ if *entity.kind() == Kind::Namespace && ill_within() => Severity::Notice,
        _ => Severity::Degraded,
    }
}

/// The entity that an alert is about.
fn subject<'g>(case: &Case<'g>, alert: At<'_>) -> Option<Entity<'g>> {
    let labels = alert.get("labels");
    let subject = alert.get("subject");
    let namespace = [labels.get("exported_namespace"), labels.get("namespace"), subject.get("namespace"), alert.get("namespace")]
        .iter()
        .find_map(At::text);
    let labelled = |of: &[(&str, Kind)]| {
        of.iter().find_map(|(label, kind)| {
            let name = labels.get(label).text().or_else(|| alert.get(label).text())?;
            // A sender may take the name of a pod for that of its workload.
            named(case, kind, namespace, name).or_else(|| kind.is_workload().then(|| named(case, &Kind::Pod, namespace, name)).flatten())
        })
    };
    let of_node = name_of(alert).contains("Node") && labels.get("node").exists();
    if let Some(entity) = of_node.then(|| labelled(SURROUNDINGS)).flatten().or_else(|| labelled(SUBJECTS)) {
        return Some(entity);
    }
    let free =
        [subject.get("name"), labels.get("subject"), labels.get("app"), labels.get("app_kubernetes_io_name"), labels.get("workload")];
    let kind = subject.get("kind").text().or_else(|| subject.get("subject_type").text()).and_then(Kind::from_word);
    for name in free.iter().find_map(At::text).into_iter().chain(subject.text()) {
        if let Some(entity) = kind.as_ref().and_then(|kind| named(case, kind, namespace, name)).or_else(|| by_name(case, namespace, name)) {
            return Some(entity);
        }
    }
    let annotations = alert.get("annotations");
    let texts = [
        annotations.get("description"),
        annotations.get("message"),
        annotations.get("summary"),
        alert.get("description"),
        alert.get("title"),
    ];
    let told = texts.iter().filter_map(At::text).find_map(|text| in_text(case, namespace, text));
    told.or_else(|| labelled(SURROUNDINGS)).or_else(|| case.graph.find(&ObjectRef::new(Kind::Namespace, None, namespace?)))
}

/// An entity of a kind by name. A pod that is gone stands for the workload whose name it begins with.
fn named<'g>(case: &Case<'g>, kind: &Kind, namespace: Option<&str>, name: &str) -> Option<Entity<'g>> {
    let scope = namespace.filter(|_| kind.is_namespaced());
    if let Some(entity) = case.graph.find(&ObjectRef::new(kind.clone(), scope, name)) {
        return Some(entity);
    }
    if scope.is_none() && kind.is_namespaced() {
        let mut alike = case.graph.entities_of_kind(kind).filter(|entity| entity.name() == name);
        return alike.next().filter(|_| alike.next().is_none());
    }
    (*kind == Kind::Pod).then(|| workload_of(case, namespace, name)).flatten()
}

fn workloads<'g>(case: &Case<'g>, namespace: Option<&str>) -> impl Iterator<Item = Entity<'g>> {
    let namespace = namespace.map(str::to_owned);
    let own = |entity: &Entity<'g>| entity.kind().is_workload() && *entity.kind() != Kind::ReplicaSet;
    case.graph.entities().filter(own).filter(move |entity| namespace.is_none() || entity.namespace() == namespace.as_deref())
}

/// The workload whose name a pod's name begins with, the longest.
fn workload_of<'g>(case: &Case<'g>, namespace: Option<&str>, pod: &str) -> Option<Entity<'g>> {
    let begins = |entity: &Entity<'g>| pod.strip_prefix(entity.name()).is_some_and(|rest| rest.starts_with('-'));
    workloads(case, namespace).filter(begins).max_by_key(|entity| entity.name().len())
}

/// Whatever has this name: a workload, a Service, a pod; or the one pod whose name begins with it.
fn by_name<'g>(case: &Case<'g>, namespace: Option<&str>, name: &str) -> Option<Entity<'g>> {
    let inside = |entity: &Entity<'g>| namespace.is_none() || entity.namespace() == namespace;
    workloads(case, namespace)
        .find(|entity| entity.name() == name)
        .or_else(|| case.graph.entities_of_kind(&Kind::Service).filter(inside).find(|entity| entity.name() == name))
        .or_else(|| case.graph.entities_of_kind(&Kind::Pod).filter(inside).find(|entity| entity.name() == name))
        .or_else(|| workload_of(case, namespace, name))
        .or_else(|| {
            let begins = |entity: &Entity<'g>| entity.name().strip_prefix(name).is_some_and(|rest| rest.starts_with('-'));
            case.graph.entities_of_kind(&Kind::Pod).filter(inside).find(begins).map(|pod| pod.top_owner())
        })
}

const NAMED_PATTERN: &str = r#"(?i)\b(pod|deployment|statefulset|daemonset|cronjob|job|node|service|pvc|persistentvolumeclaim)s?[ :/]+[`'"]?([a-z0-9][a-z0-9.-]*(?:/[a-z0-9][a-z0-9.-]*)?)"#;
const WITHIN_PATTERN: &str = r#"(?i)\bnamespace[ :=]+[`'"]?([a-z0-9][a-z0-9-]*)"#;

/// The object that a sentence names: `pod web-0 in namespace shop`, `Deployment shop/web`.
fn in_text<'g>(case: &Case<'g>, namespace: Option<&str>, text: &str) -> Option<Entity<'g>> {
    static PATTERNS: OnceLock<Option<(Regex, Regex)>> = OnceLock::new();
    let patterns = PATTERNS.get_or_init(|| Some((Regex::new(NAMED_PATTERN).ok()?, Regex::new(WITHIN_PATTERN).ok()?)));
    let (names, within) = patterns.as_ref()?;
    let text = text.get(..text.floor_char_boundary(TEXT_BYTES_MAX))?;
    let told = within.captures(text).and_then(|captures| captures.get(1)).map(|found| found.as_str());
    names.captures_iter(text).find_map(|captures| {
        let kind = Kind::from_word(captures.get(1)?.as_str())?;
        let name = captures.get(2)?.as_str().trim_end_matches(['.', '-']);
        let (own, name) = match name.split_once('/') {
            Some((namespace, name)) => (Some(namespace), name),
            None => (told.or(namespace), name),
        };
        named(case, &kind, own, name).filter(|entity| entity.name().len() >= 2)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_patterns_compile_and_find_names() {
        let names = Regex::new(NAMED_PATTERN).unwrap();
        let found = names.captures("Pod shop/web-7d9-x (web) is restarting").unwrap();
        assert_eq!((&found[1], &found[2]), ("Pod", "shop/web-7d9-x"));
        let within = Regex::new(WITHIN_PATTERN).unwrap();
        assert_eq!(&within.captures("pod web-0 in namespace shop fails").unwrap()[1], "shop");
    }
}
