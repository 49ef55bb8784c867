//! Back to what ran before: a revision whose template differs in what the cause blames.

use std::collections::BTreeSet;

use assent_base::Kind;
use assent_evidence::{Entity, Relation};
use serde_json::Value;

use super::{Ctx, Found, proposal};
use crate::action::{Action, Origin};
use crate::domain::Revision;
use crate::observed::Object;

/// Where a ReplicaSet, and a Deployment, say which revision they are at.
const REVISION: &str = "deployment.kubernetes.io/revision";

/// The revision before the present one, with its number.
pub(super) fn before<'g>(deployment: &Object<'g>) -> Option<(Revision, Object<'g>)> {
    let number = |entity: Entity<'_>| entity.annotation(REVISION).scalar()?.parse::<u32>().ok();
    let mut sets: Vec<(u32, Entity<'g>)> = deployment
        .entity
        .to(Relation::Owns)
        .filter(|set| *set.kind() == Kind::ReplicaSet)
        .filter_map(|set| Some((number(set)?, set)))
        .filter(|(_, set)| Object::of(*set).is_some_and(|set| set.at("/spec/template/spec/containers").is_some()))
        .collect();
    sets.sort_by_key(|(number, set)| (*number, set.id));
    let current = number(deployment.entity).or_else(|| sets.last().map(|(number, _)| *number))?;
    let (number, set) = sets.into_iter().rev().find(|(number, _)| *number < current)?;
    Some((Revision::new(number).ok()?, Object::of(set)?))
}

/// The fields of a template that an earlier one had otherwise; the last part of each path.
fn differing(now: &Value, then: &Value, path: &str, found: &mut BTreeSet<String>) {
    match (now, then) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for key in keys {
                let (a, b) = (a.get(key).unwrap_or(&Value::Null), b.get(key).unwrap_or(&Value::Null));
                differing(a, b, &format!("{path}/{key}"), found);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                differing(a, b, &format!("{path}/{index}"), found);
            }
        }
        _ if now == then || path.ends_with("/pod-template-hash") => {}
        _ => {
            found.insert(path.to_owned());
        }
    }
}

/// Rolls back if the present template differs from the one before in a field below one of these names.
pub(super) fn if_changed(ctx: &Ctx<'_, '_>, fields: &[&str]) -> Found {
    let workload = ctx.workload()?;
    let none = || "no earlier revision was captured that had it otherwise".to_owned();
    let (number, then) = before(&workload).ok_or_else(none)?;
    let (Some(now), Some(old)) = (workload.at("/spec/template"), then.at("/spec/template")) else { return Err(none()) };
    let mut found = BTreeSet::new();
    differing(now, old, "", &mut found);
    let blamed = found.iter().any(|path| fields.is_empty() || path.split('/').any(|part| fields.contains(&part)));
    if !blamed {
        return Err(none());
    }
    Ok(vec![proposal(workload.entity, Action::RollBack { to_revision: number })])
}

/// Rolls back, whatever changed: the cause itself says that the change did it.
pub(super) fn back(ctx: &Ctx<'_, '_>) -> Found {
    if_changed(ctx, &[])
}

/// The image that ran before; the whole revision if it differs in nothing else.
pub(super) fn image(ctx: &Ctx<'_, '_>) -> Found {
    let workload = ctx.workload()?;
    let none = || "no image of this container that ran before was captured, and which tag is right only its makers know".to_owned();
    let (number, then) = before(&workload).ok_or_else(none)?;
    let name = ctx.container(&workload)?;
    let of = |object: &Object<'_>, path: String| object.text(&format!("{path}/image")).map(str::to_owned);
    let now = workload.container(&name).and_then(|path| of(&workload, path));
    let containers = then.at("/spec/template/spec/containers").and_then(Value::as_array).into_iter().flatten();
    let old = containers.filter(|own| own.get("name").and_then(Value::as_str) == Some(&name)).find_map(|own| own.get("image")?.as_str());
    let old = old.filter(|old| now.as_deref() != Some(*old)).ok_or_else(none)?;
    let back = proposal(workload.entity, Action::RollBack { to_revision: number });
    let set = match (name.parse(), old.parse()) {
        (Ok(container), Ok(image)) => {
            Some(proposal(workload.entity, Action::SetImage { container, image, origin: Origin::Revision(number) }))
        }
        _ => None,
    };
    Ok([back].into_iter().chain(set).collect())
}

/// Fields that name the program and how it is started.
pub(super) fn program(ctx: &Ctx<'_, '_>) -> Found {
    if_changed(ctx, &["image", "command", "args", "workingDir"])
}

/// Fields from which settings come.
pub(super) fn settings(ctx: &Ctx<'_, '_>) -> Found {
    if_changed(ctx, &["env", "envFrom", "volumes", "args", "command", "image"])
}

/// Who the program runs as, and what it may do.
pub(super) fn security(ctx: &Ctx<'_, '_>) -> Found {
    if_changed(ctx, &["securityContext", "image", "hostNetwork", "hostPID", "hostIPC"])
}

/// What it mounts.
pub(super) fn volumes(ctx: &Ctx<'_, '_>) -> Found {
    if_changed(ctx, &["volumes", "volumeMounts", "securityContext", "image"])
}

/// What it asks for.
pub(super) fn resources(ctx: &Ctx<'_, '_>) -> Found {
    if_changed(ctx, &["resources"])
}

/// How it is asked.
pub(super) fn probes(ctx: &Ctx<'_, '_>) -> Found {
    if_changed(ctx, &["livenessProbe", "readinessProbe", "startupProbe", "ports", "image"])
}

/// Where it may run.
pub(super) fn placement(ctx: &Ctx<'_, '_>) -> Found {
    if_changed(
        ctx,
        &[
            "nodeSelector",
            "affinity",
            "tolerations",
            "topologySpreadConstraints",
            "nodeName",
            "schedulerName",
            "schedulingGates",
            "hostNetwork",
            "ports",
            "priorityClassName",
        ],
    )
}

/// By which names it lives: account, classes, DNS.
pub(super) fn identity(ctx: &Ctx<'_, '_>) -> Found {
    if_changed(
        ctx,
        &["serviceAccountName", "serviceAccount", "priorityClassName", "runtimeClassName", "dnsPolicy", "dnsConfig", "hostNetwork"],
    )
}
