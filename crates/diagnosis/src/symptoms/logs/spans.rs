//! Slow traces: where a request spends its time.

use std::collections::BTreeMap;

use assent_base::{Kind, ObjectRef};
use assent_capture::tree::At;
use assent_evidence::{Entity, EntityId};

use crate::case::Case;
use crate::finding::{Finding, Severity, Symptom};
use crate::logs::SLOW_MS_MIN;

/// Steps from a root to the span that takes the time.
const STEPS_MAX: usize = 64;
/// A child that takes at least this part of its parent's time is where the time goes.
const DOMINATES_FROM: f64 = 0.5;

/// Finds them: one for each entity and span name, the slowest.
pub(super) fn find(case: &mut Case<'_>) {
    let graph = case.graph;
    let spans: Vec<At<'_>> = graph.set.spans.iter().filter_map(|span| graph.set.loose(span)).collect();
    let mut by_id: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (index, span) in spans.iter().enumerate() {
        by_id.insert((span.get("trace").text_or_empty(), span.get("span").text_or_empty()), index);
    }
    let mut children: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut roots = Vec::new();
    for (index, span) in spans.iter().enumerate() {
        let parent = span.get("parent").text().filter(|parent| !parent.is_empty());
        match parent.and_then(|parent| by_id.get(&(span.get("trace").text_or_empty(), parent))) {
            Some(parent) if *parent != index => children.entry(*parent).or_default().push(index),
            _ => roots.push(index),
        }
    }
    let took = |index: usize| spans.get(index).and_then(|span| span.get("duration_ms").number()).unwrap_or(0.0);
    let mut slowest: BTreeMap<(EntityId, &str), (f64, usize, usize)> = BTreeMap::new();
    for root in roots {
        if took(root) < SLOW_MS_MIN as f64 {
            continue;
        }
        let mut path = vec![root];
        while let Some(next) = path.last().and_then(|here| dominating(*here, &children, &took)).filter(|_| path.len() < STEPS_MAX) {
            path.push(next);
        }
        let last = path.last().copied().unwrap_or(root);
        let Some(entity) = path.iter().rev().filter_map(|index| spans.get(*index)).find_map(|span| entity_of(case, *span)) else {
            continue;
        };
        let name = spans.get(last).map(|span| span.get("name").text_or_empty()).unwrap_or_default();
        let known = slowest.entry((entity.id, name)).or_insert((0.0, last, root));
        if took(last) > known.0 {
            *known = (took(last), last, root);
        }
    }
    let mut found = Vec::new();
    for ((id, name), (ms, span, root)) in slowest {
        let (Some(span), Some(root)) = (spans.get(span), spans.get(root)) else { continue };
        let entity = case.entity(id);
        let attributes = span.get("attributes");
        let places = [
            span.get("duration_ms"),
            span.get("name"),
            attributes.get("db.statement"),
            attributes.get("db.query.text"),
            root.get("duration_ms"),
        ];
        let quotes = places.into_iter().filter_map(|at| case.quote(at, entity)).collect();
        let of = root.get("duration_ms").number().unwrap_or(ms);
        let says = format!(
            "A request `{}` takes {of:.0} ms, of which `{name}` in service `{}` takes {ms:.0} ms",
            root.get("name").text_or_empty(),
            span.get("service").text_or_empty()
        );
        found.push(Finding {
            symptom: Symptom::Slow,
            on: id,
            container: None,
            says,
            quotes,
            severity: Severity::Degraded,
            since: None,
            reason: name.into(),
        });
    }
    for finding in found {
        case.add(finding);
    }
}

/// The child that takes most of a span's time.
fn dominating(here: usize, children: &BTreeMap<usize, Vec<usize>>, took: &impl Fn(usize) -> f64) -> Option<usize> {
    let longest = children.get(&here)?.iter().copied().max_by(|a, b| took(*a).total_cmp(&took(*b)).then(b.cmp(a)))?;
    (took(longest) >= DOMINATES_FROM * took(here)).then_some(longest)
}

/// The workload or Service that a span names.
fn entity_of<'g>(case: &Case<'g>, span: At<'g>) -> Option<Entity<'g>> {
    let attributes = span.get("attributes");
    let namespace = attributes.get("k8s.namespace.name").text();
    for (key, kind) in [
        ("k8s.deployment.name", Kind::Deployment),
        ("k8s.statefulset.name", Kind::StatefulSet),
        ("k8s.daemonset.name", Kind::DaemonSet),
        ("k8s.pod.name", Kind::Pod),
    ] {
        let named = attributes.get(key).text().and_then(|name| case.graph.find(&ObjectRef::new(kind, namespace, name)));
        if let Some(entity) = named {
            return Some(entity.top_owner());
        }
    }
    let service = span.get("service").text()?;
    let kinds = [Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Service, Kind::Pod];
    let own = |entity: &Entity<'g>| entity.name() == service && (namespace.is_none() || entity.namespace() == namespace);
    let captured = kinds.iter().find_map(|kind| case.graph.of_kind(kind).find(own));
    captured.or_else(|| kinds.iter().find_map(|kind| case.graph.entities_of_kind(kind).find(own)))
}
