//! What is known of each action: what it does, to which kinds, how risky it is, and how it is undone. `docs/plans.md` is made of this.

use assent_base::Kind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::action::ActionKind;

/// How much can go wrong. Policy turns it into a quorum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// Nothing that runs well is touched.
    Low,
    /// Pods are replaced, or traffic moves.
    Medium,
    /// What still works may stop, or much depends on it.
    High,
    /// Outside of what the catalogue knows: a custom patch. It asks for a higher quorum than any other.
    Exceptional,
}

impl Risk {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Risk::Low => "low",
            Risk::Medium => "medium",
            Risk::High => "high",
            Risk::Exceptional => "exceptional",
        }
    }

    /// The next higher class; what is exceptional stays so, and nothing becomes exceptional by what depends on it.
    #[must_use]
    pub const fn raised(self) -> Self {
        match self {
            Risk::Low => Risk::Medium,
            Risk::Medium | Risk::High => Risk::High,
            Risk::Exceptional => Risk::Exceptional,
        }
    }
}

/// One action, for people.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Which.
    pub kind: ActionKind,
    /// A few words.
    pub title: &'static str,
    /// What it does, in a sentence or two.
    pub does: &'static str,
    /// The kinds of object that it can be done to.
    pub applies_to: &'static [Kind],
    /// How risky it is before its blast radius is known.
    pub risk: Risk,
    /// What its parameters may be.
    pub domain: &'static str,
    /// How it is undone.
    pub undone: &'static str,
}

const TEMPLATED: &[Kind] = &[Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet];

const WITH_JOBS: &[Kind] = &[Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::CronJob];

const ENTRIES: &[Entry] = &[
    Entry {
        kind: ActionKind::RollBack,
        title: "Roll back to a revision",
        does: "Puts the pod template of an earlier revision of a Deployment back, whole.",
        applies_to: &[Kind::Deployment],
        risk: Risk::Medium,
        domain: "A revision whose ReplicaSet was captured, with nothing in its template redacted",
        undone: "The template as it was is put back",
    },
    Entry {
        kind: ActionKind::Restart,
        title: "Restart a workload",
        does: "Writes the instant into the annotation `kubectl.kubernetes.io/restartedAt` of the pod template, as `kubectl rollout restart` does.",
        applies_to: TEMPLATED,
        risk: Risk::Medium,
        domain: "None",
        undone: "The annotation gets its former value, which replaces the pods once more",
    },
    Entry {
        kind: ActionKind::Scale,
        title: "Scale a workload",
        does: "Sets the number of replicas.",
        applies_to: &[Kind::Deployment, Kind::StatefulSet],
        risk: Risk::Medium,
        domain: "0 to 1000 replicas; refused where an autoscaler owns the number",
        undone: "The former number is set",
    },
    Entry {
        kind: ActionKind::SetImage,
        title: "Set an image",
        does: "Sets the image of one container.",
        applies_to: WITH_JOBS,
        risk: Risk::Medium,
        domain: "An image that ran in the same container of an earlier revision, or one from an allowed registry, with a tag or a digest",
        undone: "The former image is set",
    },
    Entry {
        kind: ActionKind::SetResources,
        title: "Set requests and limits",
        does: "Sets what one container asks for and is held to, of CPU, memory or scratch space.",
        applies_to: WITH_JOBS,
        risk: Risk::Medium,
        domain: "CPU up to 512 cores, memory and scratch space up to 4 TiB; a request is no more than its limit",
        undone: "The former amounts are set, or none",
    },
    Entry {
        kind: ActionKind::SetEnv,
        title: "Set an environment variable",
        does: "Sets the value of one variable of one container.",
        applies_to: WITH_JOBS,
        risk: Risk::Medium,
        domain: "The value that an earlier revision had, or the present value with the address of an existing Service; a person may state another",
        undone: "The former value is set, or the variable is removed",
    },
    Entry {
        kind: ActionKind::SetConfigKey,
        title: "Set a key of a ConfigMap",
        does: "Sets the value of one key. Pods see it when they next read the file or start.",
        applies_to: &[Kind::ConfigMap],
        risk: Risk::Medium,
        domain: "The present value with the address of an existing Service; a person may state another",
        undone: "The former value is set, or the key is removed",
    },
    Entry {
        kind: ActionKind::FixSelector,
        title: "Correct a selector",
        does: "Sets one label of a Service's selector of pods, or of a workload's selector of nodes.",
        applies_to: &[Kind::Service, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet],
        risk: Risk::Medium,
        domain: "A value that pods of the namespace, or nodes, carry under that key",
        undone: "The former value is set",
    },
    Entry {
        kind: ActionKind::FixPort,
        title: "Correct a port",
        does: "Sets the target port of a Service's port, the Service port of an Ingress's backend, or the port of a probe.",
        applies_to: &[Kind::Service, Kind::Ingress, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet],
        risk: Risk::Medium,
        domain: "A port that the selected pods, the Service or the container declare",
        undone: "The former port is set",
    },
    Entry {
        kind: ActionKind::Cordon,
        title: "Cordon a node",
        does: "Marks a node as unschedulable. Pods that run there stay.",
        applies_to: &[Kind::Node],
        risk: Risk::Low,
        domain: "None",
        undone: "The node is uncordoned",
    },
    Entry {
        kind: ActionKind::Uncordon,
        title: "Uncordon a node",
        does: "Lets pods onto a node again.",
        applies_to: &[Kind::Node],
        risk: Risk::Medium,
        domain: "None",
        undone: "The node is cordoned",
    },
    Entry {
        kind: ActionKind::DeletePod,
        title: "Delete a pod",
        does: "Deletes one pod that a controller makes anew.",
        applies_to: &[Kind::Pod],
        risk: Risk::Medium,
        domain: "Pods of ReplicaSets, StatefulSets and DaemonSets alone; others would be gone for good",
        undone: "Its controller makes another",
    },
    Entry {
        kind: ActionKind::AdjustAutoscaler,
        title: "Move the bounds of an autoscaler",
        does: "Sets the fewest or the most replicas of a HorizontalPodAutoscaler.",
        applies_to: &[Kind::HorizontalPodAutoscaler],
        risk: Risk::Medium,
        domain: "1 to 1000 replicas, the fewest no more than the most",
        undone: "The former bounds are set",
    },
    Entry {
        kind: ActionKind::AdjustBudget,
        title: "Move the bound of a disruption budget",
        does: "Sets how many pods must stay, or may go, as a number.",
        applies_to: &[Kind::PodDisruptionBudget],
        risk: Risk::High,
        domain: "The bound that the budget uses, 0 to 1000",
        undone: "The former bound is set",
    },
    Entry {
        kind: ActionKind::Suspend,
        title: "Suspend",
        does: "Suspends a cron job or a job, or pauses the rollout of a Deployment.",
        applies_to: &[Kind::CronJob, Kind::Job, Kind::Deployment],
        risk: Risk::Medium,
        domain: "None",
        undone: "It is resumed",
    },
    Entry {
        kind: ActionKind::Resume,
        title: "Resume",
        does: "Lets a cron job, a job or the rollout of a Deployment go on.",
        applies_to: &[Kind::CronJob, Kind::Job, Kind::Deployment],
        risk: Risk::Medium,
        domain: "None",
        undone: "It is suspended again",
    },
    Entry {
        kind: ActionKind::CustomPatch,
        title: "Custom patch",
        does: "Edits up to 16 fields of an object's specification. Flagged: nobody but a person and the reviewed remedies of Assent may propose one.",
        applies_to: &[
            Kind::Deployment,
            Kind::StatefulSet,
            Kind::DaemonSet,
            Kind::CronJob,
            Kind::Service,
            Kind::Ingress,
            Kind::ConfigMap,
            Kind::HorizontalPodAutoscaler,
            Kind::PodDisruptionBudget,
        ],
        risk: Risk::Exceptional,
        domain: "Fields below `/spec`, or `/data` of a ConfigMap; never the service account, host access, privileges, images or commands",
        undone: "Each field gets its former value",
    },
];

/// What is known of an action.
#[must_use]
pub fn entry(kind: ActionKind) -> &'static Entry {
    static NOTHING: Entry =
        Entry { kind: ActionKind::CustomPatch, title: "", does: "", applies_to: &[], risk: Risk::Exceptional, domain: "", undone: "" };
    ENTRIES.iter().find(|entry| entry.kind == kind).unwrap_or(&NOTHING)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_one_entry() {
        assert_eq!(ENTRIES.len(), ActionKind::ALL.len());
        for kind in ActionKind::ALL {
            let own = entry(*kind);
            assert!(own.kind == *kind && !own.applies_to.is_empty() && !own.does.is_empty() && !own.undone.is_empty(), "{kind:?}");
        }
    }

    #[test]
    fn a_custom_patch_is_riskier_than_anything_else() {
        assert!(ActionKind::ALL.iter().all(|kind| (entry(*kind).risk == Risk::Exceptional) == (*kind == ActionKind::CustomPatch)));
        assert!(Risk::Exceptional > Risk::High && Risk::High.raised() == Risk::High);
    }
}
