//! The closed catalogue of what may be done, as types: each parameter comes from a domain, and nothing else can be said.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::{
    Amount, Compute, ConfigKey, ContainerName, EnvName, Image, LabelKey, LabelValue, PortName, PortNumber, Replicas, Revision, SettingValue,
};
use crate::patch::Edit;

/// Most edits of a custom patch. One that needs more is a change of a repository.
pub const EDITS_MAX: usize = 16;

/// Where a value comes from. [`crate::draw`] looks it up there, and refuses one that is not found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Origin {
    /// It stood there in this earlier revision of the workload.
    Revision(Revision),
    /// It is what stands there now, with the address of this Service of the cluster put in place of one that does not answer.
    Service {
        /// The Service's namespace.
        namespace: String,
        /// Its name.
        name: String,
        /// The port; none where the value has none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        port: Option<PortNumber>,
    },
    /// A registry that the rules allow; for images alone.
    AllowedRegistry {},
    /// A person stated it. No engine and no model may say so.
    Stated {},
}

/// A port by number or by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum PortRef {
    /// By number.
    Number(PortNumber),
    /// By name.
    Name(PortName),
}

/// Which probe of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Probe {
    /// Whether the container lives.
    Liveness,
    /// Whether it may be asked.
    Readiness,
    /// Whether it has started.
    Startup,
}

impl Probe {
    /// The field of a container.
    #[must_use]
    pub const fn field(self) -> &'static str {
        match self {
            Probe::Liveness => "livenessProbe",
            Probe::Readiness => "readinessProbe",
            Probe::Startup => "startupProbe",
        }
    }
}

/// Where a selector stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SelectorPlace {
    /// A Service's selector of pods.
    Service,
    /// A workload's selector of nodes.
    Node,
}

/// Where a port stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum PortPlace {
    /// The target of a port of a Service, by that port's number.
    ServiceTarget(PortNumber),
    /// The backend of an Ingress: every path that routes to this Service.
    IngressBackend(String),
    /// A probe of a container.
    Probe {
        /// The container.
        container: ContainerName,
        /// The probe.
        probe: Probe,
    },
}

/// How a disruption budget is stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum BudgetBound {
    /// So many pods must stay.
    MinAvailable(Replicas),
    /// So many pods may go.
    MaxUnavailable(Replicas),
}

/// One thing that may be done to one object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// Puts the pod template of an earlier revision back.
    RollBack {
        /// The revision.
        to_revision: Revision,
    },
    /// Replaces the pods of a workload one by one.
    Restart {},
    /// Asks for another number of replicas.
    Scale {
        /// How many.
        replicas: Replicas,
    },
    /// Runs another image in a container.
    SetImage {
        /// The container.
        container: ContainerName,
        /// The image.
        image: Image,
        /// Where it comes from.
        origin: Origin,
    },
    /// Sets what a container asks for and is held to. What is absent stays.
    SetResources {
        /// The container.
        container: ContainerName,
        /// Of what.
        compute: Compute,
        /// What it asks for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<Amount>,
        /// What it is held to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<Amount>,
    },
    /// Sets an environment variable of a container.
    SetEnv {
        /// The container.
        container: ContainerName,
        /// The variable.
        name: EnvName,
        /// Its value.
        value: SettingValue,
        /// Where the value comes from.
        origin: Origin,
    },
    /// Sets a key of a ConfigMap.
    SetConfigKey {
        /// The key.
        key: ConfigKey,
        /// Its value.
        value: SettingValue,
        /// Where the value comes from.
        origin: Origin,
    },
    /// Corrects one label of a selector.
    FixSelector {
        /// Where it stands.
        place: SelectorPlace,
        /// The label's key.
        key: LabelKey,
        /// The value that it should have.
        value: LabelValue,
        /// A key that goes, where the selector named another one by mistake.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        drops: Option<LabelKey>,
    },
    /// Corrects a port.
    FixPort {
        /// Where it stands.
        place: PortPlace,
        /// What it should be.
        port: PortRef,
    },
    /// Lets no further pod onto a node.
    Cordon {},
    /// Lets pods onto a node again.
    Uncordon {},
    /// Deletes a pod that a controller makes anew.
    DeletePod {},
    /// Moves the bounds of an autoscaler. What is absent stays.
    AdjustAutoscaler {
        /// Fewest replicas.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<Replicas>,
        /// Most replicas.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<Replicas>,
    },
    /// Moves the bound of a disruption budget.
    AdjustBudget {
        /// The bound.
        bound: BudgetBound,
    },
    /// Holds a cron job, a job or a rollout.
    Suspend {},
    /// Lets a cron job, a job or a rollout go on.
    Resume {},
    /// Anything else, inside the specification of the object. The exception: it is flagged, and asks for a higher quorum.
    CustomPatch {
        /// What is edited.
        edits: Vec<Edit>,
    },
}

macro_rules! action_kinds {
    ($($kind:ident $word:literal $pattern:pat,)*) => {
        /// Which action, without its parameters: what policy and statistics speak of.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum ActionKind { $(#[doc = concat!("`", $word, "`")] $kind,)* }

        impl ActionKind {
            /// All of them.
            pub const ALL: &'static [ActionKind] = &[$(ActionKind::$kind),*];

            /// The word for it: `roll_back`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(ActionKind::$kind => $word,)* }
            }
        }

        impl Action {
            /// Which action it is.
            #[must_use]
            pub const fn kind(&self) -> ActionKind {
                match self { $($pattern => ActionKind::$kind,)* }
            }
        }
    };
}

action_kinds! {
    RollBack "roll_back" Action::RollBack { .. },
    Restart "restart" Action::Restart {},
    Scale "scale" Action::Scale { .. },
    SetImage "set_image" Action::SetImage { .. },
    SetResources "set_resources" Action::SetResources { .. },
    SetEnv "set_env" Action::SetEnv { .. },
    SetConfigKey "set_config_key" Action::SetConfigKey { .. },
    FixSelector "fix_selector" Action::FixSelector { .. },
    FixPort "fix_port" Action::FixPort { .. },
    Cordon "cordon" Action::Cordon {},
    Uncordon "uncordon" Action::Uncordon {},
    DeletePod "delete_pod" Action::DeletePod {},
    AdjustAutoscaler "adjust_autoscaler" Action::AdjustAutoscaler { .. },
    AdjustBudget "adjust_budget" Action::AdjustBudget { .. },
    Suspend "suspend" Action::Suspend {},
    Resume "resume" Action::Resume {},
    CustomPatch "custom_patch" Action::CustomPatch { .. },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_action_field_or_value_is_refused() {
        let read = |text: &str| serde_json::from_str::<Action>(text);
        assert!(read(r#"{"scale":{"replicas":3}}"#).is_ok());
        for bad in [
            r#"{"scale":{"replicas":3,"force":true}}"#,
            r#"{"scale":{"replicas":"3"}}"#,
            r#"{"scale":{"replicas":100000}}"#,
            r#"{"exec":{"command":"id"}}"#,
            r#"{"restart":{"now":1}}"#,
            r#"{"scale":{"replicas":3},"restart":{}}"#,
            r#""restart""#,
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn kinds_are_spelled_in_json_as_in_words() {
        for kind in ActionKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }
}
