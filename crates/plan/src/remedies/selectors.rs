//! Selectors that meet nothing: the one label that is spelled otherwise where it should match.

use std::collections::BTreeSet;

use assent_base::Kind;
use assent_capture::tree::At;
use assent_evidence::Entity;

use super::{Ctx, Found, beside, meant, propose};
use crate::action::{Action, SelectorPlace};
use crate::patch::Edit;

/// One correction of a selector: key, value, and the key that goes.
type Correction = (String, String, Option<String>);

/// A Service's selector: corrected if exactly one correction of one label would select exactly one workload.
pub(super) fn service(ctx: &Ctx<'_, '_>) -> Found {
    let service = ctx.object()?;
    let selector = ctx.entity.at("spec/selector");
    let workloads: Vec<Entity<'_>> = [Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet]
        .iter()
        .flat_map(|kind| beside(ctx.graph, kind, ctx.entity.namespace()))
        .chain(beside(ctx.graph, &Kind::Pod, ctx.entity.namespace()).into_iter().filter(|pod| pod.top_owner() == *pod))
        .collect();
    let several = selector.entries().count() > 1;
    let mut corrections: BTreeSet<Correction> = BTreeSet::new();
    for workload in &workloads {
        let Some(found) = correction(selector, workload.pod_labels()) else { continue };
        // With one label alone every workload differs in one label; then its name, or a slip of the hand, has to speak for it.
        let alike =
            workload.name() == ctx.entity.name() || meant(&found.1, selector.entries().filter_map(|(_, value)| value.text())).is_some();
        if several || alike || found.2.is_some() {
            corrections.insert(found);
        }
    }
    let mut chosen = corrections.into_iter();
    match (chosen.next(), chosen.next()) {
        (Some((key, value, drops)), None) => {
            let bad = |_| "a label is none that Kubernetes admits".to_owned();
            let drops = drops.map(|drops| drops.parse()).transpose().map_err(bad)?;
            let action = Action::FixSelector {
                place: SelectorPlace::Service,
                key: key.parse().map_err(bad)?,
                value: value.parse().map_err(bad)?,
                drops,
            };
            propose(service.entity, action)
        }
        (None, _) => Err("no workload of the namespace differs in one label only".to_owned()),
        (Some(_), Some(_)) => Err("several workloads differ in one label, and which is meant only their owner knows".to_owned()),
    }
}

/// The one correction that makes a selector take these labels.
fn correction(selector: At<'_>, labels: At<'_>) -> Option<Correction> {
    let wrong: Vec<(&str, &str)> = selector
        .entries()
        .filter_map(|(key, value)| Some((key, value.text()?)))
        .filter(|(key, value)| !labels.get(key).is(value))
        .collect();
    let [(key, value)] = wrong.as_slice() else { return None };
    if let Some(own) = labels.get(key).text() {
        return Some(((*key).to_owned(), own.to_owned(), None));
    }
    // The label is there under another key; under several, each of them takes the same pods.
    let under = labels.entries().filter(|(other, own)| own.is(value) && !selector.get(other).exists() && !other.ends_with("-hash"));
    let under = under.map(|(other, _)| other).min();
    if let Some(other) = under {
        return Some((other.to_owned(), (*value).to_owned(), Some((*key).to_owned())));
    }
    // The label is not there at all, and the others do without it.
    let kept = selector.entries().find(|(other, _)| other != key)?;
    Some((kept.0.to_owned(), kept.1.text()?.to_owned(), Some((*key).to_owned())))
}

/// A selector of nodes: corrected where one label is misspelled, and spelled right a node would match. What Kubernetes itself says of
/// a node, its architecture or zone, is nobody's misspelling.
pub(super) fn node(ctx: &Ctx<'_, '_>) -> Found {
    let workload = ctx.workload()?;
    let selector = workload.entity.pod_spec().get("nodeSelector");
    let mut found: BTreeSet<(String, String)> = BTreeSet::new();
    for node in ctx.graph.of_kind(&Kind::Node) {
        let labels = node.at("metadata/labels");
        let wrong: Vec<(&str, &str)> = selector
            .entries()
            .filter_map(|(key, value)| Some((key, value.text()?)))
            .filter(|(key, value)| !labels.get(key).is(value))
            .collect();
        if let [(key, value)] = wrong.as_slice()
            && !key.contains("kubernetes.io/")
            && let Some(own) = labels.get(key).text()
            && (own.eq_ignore_ascii_case(value) || meant(value, [own]).is_some())
        {
            found.insert(((*key).to_owned(), own.to_owned()));
        }
    }
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (Some((key, value)), None) => {
            let bad = |_| "a label is none that Kubernetes admits".to_owned();
            let action = Action::FixSelector {
                place: SelectorPlace::Node,
                key: key.parse().map_err(bad)?,
                value: value.parse().map_err(bad)?,
                drops: None,
            };
            propose(workload.entity, action)
        }
        _ => Err("no node carries the label or one spelled like it: whether to label a node or to ask for another is the owner's decision"
            .to_owned()),
    }
}

/// The class of an Ingress, where one of nearly that name exists.
pub(super) fn ingress_class(ctx: &Ctx<'_, '_>) -> Found {
    let ingress = ctx.object()?;
    let classes: Vec<&str> = ctx.graph.of_kind(&Kind::IngressClass).map(|class| class.name()).collect();
    let wrong = ingress.text("/spec/ingressClassName").ok_or_else(|| "the Ingress names no class".to_owned())?;
    let near =
        meant(wrong, classes).ok_or_else(|| "no class of nearly that name exists, and which is meant only its owner knows".to_owned())?;
    propose(ctx.entity, Action::CustomPatch { edits: vec![Edit::set("/spec/ingressClassName", near)] })
}
