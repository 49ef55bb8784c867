//! What must still be so when a plan runs. Anything else is drift, and drift refuses.
//!
//! The UID must be the same always. Beyond that there are three measures, by kind, because the resource version of an object whose
//! status is written all the time, such as a crashing Deployment's, is stale before anybody could have approved anything:
//! a workload's generation counts changes of its specification alone; Services and ConfigMaps have no status that moves, so their
//! resource version must be the same; of nodes, pods and autoscalers the fields that the plan touches must be the same.

use assent_base::Kind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::patch;

/// What besides UID and observed values must not have moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unmoved {
    /// The resource version: not a byte was written.
    ResourceVersion,
    /// The generation: the specification is the same.
    Generation,
    /// The observed values alone.
    Observed,
}

impl Unmoved {
    /// The measure for a kind.
    #[must_use]
    pub const fn of(kind: &Kind) -> Self {
        match kind {
            Kind::Deployment
            | Kind::StatefulSet
            | Kind::DaemonSet
            | Kind::ReplicaSet
            | Kind::CronJob
            | Kind::Job
            | Kind::Ingress
            | Kind::PodDisruptionBudget => Unmoved::Generation,
            Kind::Node | Kind::Pod | Kind::HorizontalPodAutoscaler => Unmoved::Observed,
            _ => Unmoved::ResourceVersion,
        }
    }
}

/// A field and what stood there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Observed {
    /// Which field, as a JSON pointer.
    pub path: String,
    /// What stood there; absent if nothing did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

/// What must still be so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Preconditions {
    /// The object's UID; absent where the input omits it, and then nothing runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// The resource version that was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_version: Option<String>,
    /// The generation that was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<i64>,
    /// What besides must not have moved.
    pub unmoved: Unmoved,
    /// Every field that the plan touches, as it was.
    pub observed: Vec<Observed>,
}

/// How an object differs from the one that a plan was drawn for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Drift {
    /// Another object of the same name.
    #[error("it is another object of the same name")]
    OtherObject,
    /// The plan does not say which object, or which state of it, it was drawn for.
    #[error("the plan was drawn without the object's {0}")]
    Unbound(&'static str),
    /// It was written since.
    #[error("its {what} is {now}, and was {then}")]
    Moved {
        /// Which measure.
        what: &'static str,
        /// Then.
        then: String,
        /// Now.
        now: String,
    },
    /// A field has another value.
    #[error("`{path}` has changed")]
    Field {
        /// Which.
        path: String,
    },
}

impl Preconditions {
    /// What is missing for the plan to be bound to one object in one state.
    #[must_use]
    pub fn unbound(&self) -> Option<&'static str> {
        match self.unmoved {
            _ if self.uid.is_none() => Some("UID"),
            Unmoved::ResourceVersion if self.resource_version.is_none() => Some("resource version"),
            Unmoved::Generation if self.generation.is_none() => Some("generation"),
            Unmoved::Generation | Unmoved::ResourceVersion | Unmoved::Observed => None,
        }
    }

    /// How a live object differs; empty if the plan may run on it.
    #[must_use]
    pub fn drift(&self, live: &Value) -> Vec<Drift> {
        if let Some(missing) = self.unbound() {
            return vec![Drift::Unbound(missing)];
        }
        let text = |path: &str| patch::at(live, path).and_then(Value::as_str);
        if text("/metadata/uid") != self.uid.as_deref() {
            return vec![Drift::OtherObject];
        }
        let mut drift = Vec::new();
        let mut moved = |what, then: String, now: Option<String>| {
            if now.as_ref() != Some(&then) {
                drift.push(Drift::Moved { what, then, now: now.unwrap_or_else(|| "absent".to_owned()) });
            }
        };
        match (self.unmoved, &self.resource_version, self.generation) {
            (Unmoved::ResourceVersion, Some(then), _) => {
                moved("resource version", then.clone(), text("/metadata/resourceVersion").map(str::to_owned));
            }
            (Unmoved::Generation, _, Some(then)) => {
                let now = patch::at(live, "/metadata/generation").and_then(Value::as_i64);
                moved("generation", then.to_string(), now.map(|now| now.to_string()));
            }
            _ => {}
        }
        let changed = self.observed.iter().filter(|seen| patch::at(live, &seen.path) != seen.value.as_ref());
        drift.extend(changed.map(|seen| Drift::Field { path: seen.path.clone() }));
        drift
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn seen() -> Preconditions {
        Preconditions {
            uid: Some("u1".into()),
            resource_version: Some("7".into()),
            generation: Some(3),
            unmoved: Unmoved::Generation,
            observed: vec![
                Observed { path: "/spec/replicas".into(), value: Some(json!(2)) },
                Observed { path: "/spec/paused".into(), value: None },
            ],
        }
    }

    #[test]
    fn the_same_object_with_a_newer_status_is_no_drift() {
        let live = json!({"metadata": {"uid": "u1", "resourceVersion": "9", "generation": 3}, "spec": {"replicas": 2}});
        assert_eq!(seen().drift(&live), []);
        assert!(!Preconditions { unmoved: Unmoved::ResourceVersion, ..seen() }.drift(&live).is_empty());
    }

    #[test]
    fn another_object_another_generation_and_another_value_are_drift() {
        let live = json!({"metadata": {"uid": "u2", "generation": 3}, "spec": {"replicas": 2}});
        assert_eq!(seen().drift(&live), [Drift::OtherObject]);
        let live = json!({"metadata": {"uid": "u1", "generation": 4}, "spec": {"replicas": 3, "paused": false}});
        assert_eq!(seen().drift(&live).len(), 3);
        assert_eq!(seen().drift(&json!({})), [Drift::OtherObject]);
    }

    #[test]
    fn a_plan_that_is_bound_to_nothing_runs_on_nothing() {
        let live = json!({"metadata": {}, "spec": {"replicas": 2}});
        assert_eq!(Preconditions { uid: None, ..seen() }.drift(&live), [Drift::Unbound("UID")]);
        assert_eq!(Preconditions { generation: None, ..seen() }.drift(&live), [Drift::Unbound("generation")]);
    }
}
