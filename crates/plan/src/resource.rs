//! Where the API server keeps what actions touch: group, version, resource, and the right that a change needs.
//!
//! Source: the API reference of Kubernetes 1.33; Gateway API 1.2.

use assent_base::Kind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::action::{Action, ActionKind};
use crate::catalogue;

/// A verb of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Changes fields.
    Patch,
    /// Deletes an object.
    Delete,
}

impl Verb {
    /// The word of RBAC.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Verb::Patch => "patch",
            Verb::Delete => "delete",
        }
    }
}

/// The right that a change needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Right {
    /// The API group, empty for the core group.
    pub group: &'static str,
    /// The resource: `deployments`.
    pub resource: String,
    /// What is done to it.
    pub verb: Verb,
}

/// The version under which a kind is served; none for kinds that no action touches.
#[must_use]
pub fn version(kind: &Kind) -> Option<&'static str> {
    match kind {
        Kind::HorizontalPodAutoscaler => Some("v2"),
        Kind::Pod
        | Kind::Service
        | Kind::ConfigMap
        | Kind::Node
        | Kind::Deployment
        | Kind::StatefulSet
        | Kind::DaemonSet
        | Kind::Job
        | Kind::CronJob
        | Kind::Ingress
        | Kind::PodDisruptionBudget => Some("v1"),
        _ => None,
    }
}

/// `apps/v1`, for kinds that actions touch.
#[must_use]
pub fn api_version(kind: &Kind) -> Option<String> {
    let version = version(kind)?;
    match kind.group()? {
        "" => Some(version.to_owned()),
        group => Some(format!("{group}/{version}")),
    }
}

/// What an action does to an object, as a verb.
#[must_use]
pub const fn verb(action: ActionKind) -> Verb {
    match action {
        ActionKind::DeletePod => Verb::Delete,
        _ => Verb::Patch,
    }
}

/// The right that an action needs on an object of this kind.
#[must_use]
pub fn right(action: &Action, kind: &Kind) -> Option<Right> {
    version(kind)?;
    Some(Right { group: kind.group()?, resource: kind.plural(), verb: verb(action.kind()) })
}

/// Every right that an approver may need, sorted: what the rules of a ClusterRole are rendered from.
#[must_use]
pub fn rights(actions: &[ActionKind]) -> Vec<Right> {
    let mut rights: Vec<Right> = Vec::new();
    for action in actions {
        for kind in catalogue::entry(*action).applies_to {
            rights.extend(kind.group().map(|group| Right { group, resource: kind.plural(), verb: verb(*action) }));
        }
    }
    rights.sort();
    rights.dedup();
    rights
}

/// A ClusterRole with exactly these rights, and with reading what they change. People bind it to approvers, namespace by namespace.
#[must_use]
pub fn cluster_role(name: &str, actions: &[ActionKind]) -> String {
    let mut role = format!("apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: {name}\nrules:\n");
    for Right { group, resource, verb } in rights(actions) {
        role.push_str(&format!("- apiGroups: [\"{group}\"]\n  resources: [{resource}]\n  verbs: [get, {}]\n", verb.as_str()));
    }
    role
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_that_an_action_touches_has_a_version() {
        for action in ActionKind::ALL {
            for kind in catalogue::entry(*action).applies_to {
                assert!(api_version(kind).is_some(), "{kind}");
            }
        }
        assert_eq!(api_version(&Kind::Deployment).as_deref(), Some("apps/v1"));
        assert_eq!(api_version(&Kind::HorizontalPodAutoscaler).as_deref(), Some("autoscaling/v2"));
    }

    #[test]
    fn a_role_holds_the_rights_of_its_actions_and_no_other() {
        let role = cluster_role("assent-restart", &[ActionKind::Restart, ActionKind::DeletePod]);
        insta::assert_snapshot!(role);
        assert!(!cluster_role("x", ActionKind::ALL).contains("secrets"));
    }
}
