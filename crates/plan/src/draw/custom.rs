//! The exception: edits that no action of the catalogue makes.
//!
//! A person, or a reviewed remedy, may propose them; a model never. Fields that give a pod rights, reach or another program are not edited
//! even so, at whatever depth they stand.

use assent_base::Kind;
use serde_json::Value;

use super::{Edits, Refused};
use crate::action::EDITS_MAX;
use crate::observed::Object;
use crate::patch::{self, Edit};
use crate::proposal::Author;

/// Fields that decide what a pod may do, as whom, with what, or which program it is.
const FORBIDDEN: &[&str] = &[
    "args",
    "automountServiceAccountToken",
    "capabilities",
    "command",
    "env",
    "envFrom",
    "ephemeralContainers",
    "exec",
    "externalIPs",
    "externalName",
    "hostAliases",
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "hostPath",
    "hostUsers",
    "image",
    "imagePullSecrets",
    "lifecycle",
    "nodeName",
    "privileged",
    "procMount",
    "projected",
    "runtimeClassName",
    "schedulerName",
    "seLinuxOptions",
    "seccompProfile",
    "secret",
    "secretName",
    "securityContext",
    "serviceAccount",
    "serviceAccountName",
    "sysctls",
    "tls",
    "volumeDevices",
    "volumeMounts",
    "volumes",
];

/// The part of an object that a custom patch may edit.
#[must_use]
pub(super) fn below(kind: &Kind) -> &'static str {
    if *kind == Kind::ConfigMap { "/data/" } else { "/spec/" }
}

/// Why a custom edit is not admitted; none if it is.
#[must_use]
pub(super) fn objection(kind: &Kind, edits: &[Edit]) -> Option<String> {
    if edits.is_empty() || edits.len() > EDITS_MAX {
        return Some(format!("a custom patch has 1 to {EDITS_MAX} edits"));
    }
    let apart = |a: &Edit, b: &Edit| a.path != b.path && !b.path.starts_with(&format!("{}/", a.path));
    let mixed = edits.iter().enumerate().find(|(i, a)| edits.iter().enumerate().any(|(j, b)| *i != j && !apart(a, b)));
    if let Some((_, edit)) = mixed {
        return Some(format!("`{}` is edited twice", edit.path));
    }
    edits.iter().find_map(|edit| {
        let Ok(parts) = patch::parts(&edit.path) else { return Some(format!("`{}` is no pointer", edit.path)) };
        if !edit.path.starts_with(below(kind)) {
            return Some(format!("`{}` is not below `{}`", edit.path, below(kind)));
        }
        // Keys of a ConfigMap are names of files, and not fields.
        if *kind == Kind::ConfigMap {
            return (parts.len() != 2 || !edit.value.as_ref().is_none_or(Value::is_string)).then(|| format!("`{}` is no key", edit.path));
        }
        let inside = edit.value.as_ref().and_then(forbidden_key);
        let field = parts.iter().map(String::as_str).find(|part| FORBIDDEN.contains(part)).map(str::to_owned).or(inside);
        field.map(|field| format!("`{field}` is edited by no custom patch"))
    })
}

fn forbidden_key(value: &Value) -> Option<String> {
    match value {
        Value::Object(map) => {
            map.iter().find_map(|(key, inner)| if FORBIDDEN.contains(&key.as_str()) { Some(key.clone()) } else { forbidden_key(inner) })
        }
        Value::Array(items) => items.iter().find_map(forbidden_key),
        _ => None,
    }
}

pub(super) fn edits(object: &Object<'_>, edits: &[Edit], author: Author) -> Result<Edits, Refused> {
    if author == Author::Model {
        return Err(Refused::Author("a model proposes no custom patch"));
    }
    match objection(object.entity.kind(), edits) {
        Some(why) => Err(Refused::Value(why)),
        None => Ok(Edits::of(edits.iter().cloned())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rights_reach_and_programs_are_edited_by_no_custom_patch() {
        let deployment = |edit: Edit| objection(&Kind::Deployment, &[edit]);
        let probe = "/spec/template/spec/containers/0/livenessProbe/failureThreshold";
        assert_eq!(deployment(Edit::set(probe, 6)), None);
        for bad in [
            Edit::set("/spec/template/spec/serviceAccountName", "admin"),
            Edit::set("/spec/template/spec", json!({"containers": [{"name": "a", "securityContext": {"privileged": true}}]})),
            Edit::set("/spec/template/spec/containers/0/image", "x:1"),
            Edit::set("/metadata/labels/a", "b"),
            Edit::set("/spec", json!({"template": {"spec": {"hostNetwork": true}}})),
            Edit::set("/status/replicas", 1),
            Edit::set("spec/x", 1),
        ] {
            assert!(deployment(bad.clone()).is_some(), "{bad:?}");
        }
        assert!(objection(&Kind::ConfigMap, &[Edit::set("/data/a.yaml", "x")]).is_none());
        assert!(objection(&Kind::ConfigMap, &[Edit::set("/data/a.yaml", 1)]).is_some());
        assert!(objection(&Kind::Deployment, &[]).is_some());
        assert!(objection(&Kind::Deployment, &[Edit::set("/spec/a/b", 1), Edit::set("/spec/a", 2)]).is_some());
        assert!(objection(&Kind::Deployment, &[Edit::set("/spec/a", 1), Edit::set("/spec/ab", 2)]).is_none());
    }
}
