//! Changes: what differs between two revisions of a workload, when it changed, and who changed it.

use assent_base::{Kind, Timestamp};
use assent_capture::tree::At;

use crate::entity::Entity;
use crate::graph::Relation;

/// Differences listed per change; a rewrite of a whole template is told as such.
pub const DIFFERENCES_MAX: usize = 20;

/// One field that differs between two revisions.
#[derive(Debug, Clone)]
pub struct Difference<'g> {
    /// The path inside the pod template: `spec/containers/web/image`.
    pub path: String,
    /// The value before; nowhere if it was not set.
    pub before: At<'g>,
    /// The value after; nowhere if it was removed.
    pub after: At<'g>,
}

/// A step from one revision of a Deployment to the next.
#[derive(Debug, Clone)]
pub struct Change<'g> {
    /// The ReplicaSet of the older revision.
    pub from: Entity<'g>,
    /// The ReplicaSet of the newer revision.
    pub to: Entity<'g>,
    /// The revision numbers.
    pub revisions: (i64, i64),
    /// When the newer one was made.
    pub at: Option<Timestamp>,
    /// Who wrote the Deployment last, as its managed fields tell.
    pub by: Option<At<'g>>,
    /// What differs.
    pub differences: Vec<Difference<'g>>,
}

/// The latest change of a Deployment's template, if two of its revisions are captured.
#[must_use]
pub fn latest<'g>(deployment: Entity<'g>) -> Option<Change<'g>> {
    let mut sets: Vec<(i64, Entity<'g>)> = deployment
        .to(Relation::Owns)
        .filter(|owned| *owned.kind() == Kind::ReplicaSet && owned.is_observed())
        .filter_map(|set| Some((set.annotation("deployment.kubernetes.io/revision").scalar()?.parse().ok()?, set)))
        .collect();
    sets.sort_by_key(|(revision, set)| (*revision, set.id));
    let [.., (older, from), (newer, to)] = sets.as_slice() else { return None };
    let mut differences = Vec::new();
    compare("", from.at("spec/template"), to.at("spec/template"), &mut differences);
    let by = deployment
        .at("metadata/managedFields")
        .items()
        .filter(|entry| !entry.get("subresource").exists())
        .max_by_key(|entry| entry.get("time").instant())
        .map(|entry| entry.get("manager"));
    Some(Change { from: *from, to: *to, revisions: (*older, *newer), at: to.created(), by, differences })
}

/// Lists where two trees differ. Items of lists are matched by their `name`.
fn compare<'g>(path: &str, before: At<'g>, after: At<'g>, found: &mut Vec<Difference<'g>>) {
    if found.len() >= DIFFERENCES_MAX || path.ends_with("pod-template-hash") {
        return;
    }
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}/{key}") };
    let (mut keys, mut names): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    for side in [before, after] {
        keys.extend(side.entries().map(|(key, _)| key));
        names.extend(side.items().filter_map(|item| item.get("name").text()));
    }
    keys.sort_unstable();
    keys.dedup();
    names.sort_unstable();
    names.dedup();
    let named = |side: At<'g>, name: &str| side.items().find(|item| item.get("name").is(name)).unwrap_or_else(crate::entity::nowhere);
    if !keys.is_empty() {
        for key in keys {
            compare(&below(key), before.get(key), after.get(key), found);
        }
    } else if !names.is_empty() {
        for name in names {
            compare(&below(name), named(before, name), named(after, name), found);
        }
    } else if before.items().next().is_some() || after.items().next().is_some() {
        let words = |side: At<'g>| side.items().map(|item| item.scalar()).collect::<Vec<_>>();
        if words(before) != words(after) {
            found.push(Difference { path: path.to_owned(), before, after });
        }
    } else if before.scalar() != after.scalar() {
        found.push(Difference { path: path.to_owned(), before, after });
    }
}
