//! Changes that somebody made: a new generation of an object, one that came or went.

use std::collections::VecDeque;

use assent_base::{Kind, ObjectRef, Timestamp};

use super::entry::Entry;

/// Changes that are remembered.
pub(crate) const CHANGES_MAX: usize = 2_000;

/// Something that was changed, as far as its generation tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// When it was seen.
    pub at: Timestamp,
    /// What.
    pub of: ObjectRef,
    /// In words: `Deployment shop/web was changed (generation 3 to 4)`.
    pub says: String,
}

#[derive(Debug, Default)]
pub(crate) struct Changes(VecDeque<Change>);

/// Kinds whose change by a person or a pipeline is worth telling.
fn is_told(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Deployment
            | Kind::StatefulSet
            | Kind::DaemonSet
            | Kind::CronJob
            | Kind::Service
            | Kind::Ingress
            | Kind::HTTPRoute
            | Kind::Gateway
            | Kind::ConfigMap
            | Kind::NetworkPolicy
            | Kind::HorizontalPodAutoscaler
            | Kind::ResourceQuota
            | Kind::LimitRange
            | Kind::PodDisruptionBudget
            | Kind::Node
    )
}

impl Changes {
    pub(crate) fn note(&mut self, of: &ObjectRef, old: Option<&Entry>, new: Option<&Entry>) {
        if !is_told(&of.kind) {
            return;
        }
        let (at, says) = match (old, new) {
            (Some(old), Some(new)) => match (old.generation, new.generation) {
                (Some(was), Some(is)) if was != is => (new.seen_at, format!("{of} was changed (generation {was} to {is})")),
                (None, None) if !matches!(of.kind, Kind::Node) => (new.seen_at, format!("{of} was changed")),
                _ => return,
            },
            (Some(old), None) => (old.seen_at, format!("{of} was deleted")),
            (None, Some(_) | None) => return,
        };
        self.0.push_back(Change { at, of: of.clone(), says });
        while self.0.len() > CHANGES_MAX {
            self.0.pop_front();
        }
    }

    /// Changes to the objects of a namespace, oldest first.
    pub(crate) fn of<'a>(&'a self, namespace: Option<&'a str>) -> impl Iterator<Item = &'a Change> {
        self.0.iter().filter(move |change| change.of.namespace() == namespace)
    }
}
