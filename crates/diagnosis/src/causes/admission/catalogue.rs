//! What the catalogue says of causes in admission.

use crate::cause::Cause;

macro_rules! causes {
    ($($id:literal $depth:literal { title: $title:expr, meaning: $meaning:expr, proof: $proof:expr, refutation: $refutation:expr, confused_with: [$($other:literal),*], fixes: [$($fix:expr),+ $(,)?] })+) => {
        /// The causes of this family.
        pub static CAUSES: &[Cause] = &[$(Cause {
            id: $id, title: $title, meaning: $meaning, proof: $proof, refutation: $refutation,
            confused_with: &[$($other),*], fixes: &[$($fix),+], depth: $depth,
        }),+];
    };
}

causes! {
    "admission.quota_cpu" 90 {
        title: "A resource quota leaves no room for CPU",
        meaning: "The namespace's quota limits the CPU that all pods together may request or be limited to, and what is asked for goes beyond it. \
                  The pods are not created at all, so the scheduler never sees them.",
        proof: "A controller's `FailedCreate` names the quota with what is requested, used and limited; the ResourceQuota's status agrees.",
        refutation: "The pods exist and are pending: then nodes lack room, not the quota.",
        confused_with: ["admission.quota_memory", "admission.quota_unset_requests", "admission.limit_range_max", "scheduling.insufficient_cpu"],
        fixes: ["Raise the quota's CPU", "Lower the CPU requests or limits of the workload", "Remove what uses the quota and is not needed"]
    }
    "admission.quota_memory" 90 {
        title: "A resource quota leaves no room for memory",
        meaning: "The namespace's quota limits the memory that all pods together may request or be limited to, and what is asked for goes beyond it.",
        proof: "A controller's `FailedCreate` names the quota with what is requested, used and limited; the ResourceQuota's status agrees.",
        refutation: "The pods exist and are pending: then nodes lack room, not the quota.",
        confused_with: ["admission.quota_cpu", "admission.quota_unset_requests", "admission.limit_range_max", "scheduling.insufficient_memory"],
        fixes: ["Raise the quota's memory", "Lower the memory requests or limits of the workload", "Remove what uses the quota and is not needed"]
    }
    "admission.quota_pods" 90 {
        title: "A resource quota allows no further pods",
        meaning: "The namespace's quota limits the number of pods, and as many exist as it allows.",
        proof: "A controller's `FailedCreate` names the quota with `pods` or `count/pods`.",
        refutation: "The namespace holds fewer pods than the quota allows.",
        confused_with: ["admission.quota_cpu", "scheduling.pod_capacity"],
        fixes: ["Raise the quota's number of pods", "Delete finished or unneeded pods", "Lower the replicas of other workloads"]
    }
    "admission.quota_objects" 88 {
        title: "A resource quota allows no further objects of a kind",
        meaning: "The namespace's quota limits how many Services, ConfigMaps, Jobs or other objects may exist, and the limit is reached.",
        proof: "The refusal names the quota with a count such as `services` or `count/jobs.batch`.",
        refutation: "The namespace holds fewer of them than the quota allows.",
        confused_with: ["admission.quota_pods"],
        fixes: ["Raise the quota's count", "Delete objects that are not needed"]
    }
    "admission.quota_storage" 90 {
        title: "A resource quota leaves no room for storage",
        meaning: "The namespace's quota limits storage requests or the number of claims, and what is asked for goes beyond it.",
        proof: "The refusal names the quota with `requests.storage`, `persistentvolumeclaims` or a storage class's share of them.",
        refutation: "The claim exists: then it waits for a volume, not for the quota.",
        confused_with: ["storage.provisioning_failed", "admission.limit_range_max"],
        fixes: ["Raise the quota's storage", "Ask for a smaller volume", "Delete claims that are not needed"]
    }
    "admission.quota_unset_requests" 90 {
        title: "A resource quota wants requests or limits that the workload does not set",
        meaning: "A quota that counts CPU or memory admits only pods whose every container states them. A container of this workload does not, \
                  and no limit range fills in a default.",
        proof: "The refusal says `failed quota: …: must specify …`; the template lacks the field.",
        refutation: "Every container states the request or limit, or a limit range gives a default.",
        confused_with: ["admission.quota_cpu", "admission.quota_memory", "admission.limit_range_min"],
        fixes: ["State the missing requests and limits in the template", "Give the namespace a LimitRange with defaults"]
    }
    "admission.limit_range_max" 92 {
        title: "A container, pod or claim asks for more than the limit range allows",
        meaning: "A LimitRange of the namespace sets a maximum per container, pod or claim, and the template goes beyond it or states no limit.",
        proof: "The refusal says `maximum … usage per … is …`; the LimitRange has that maximum.",
        refutation: "The refusal names a quota.",
        confused_with: ["admission.quota_cpu", "admission.quota_memory", "admission.limit_range_ratio"],
        fixes: ["Lower the limit in the template", "Raise the LimitRange's maximum"]
    }
    "admission.limit_range_min" 92 {
        title: "A container, pod or claim asks for less than the limit range demands",
        meaning: "A LimitRange of the namespace sets a minimum per container, pod or claim, and the template asks for less or for nothing.",
        proof: "The refusal says `minimum … usage per … is …`; the LimitRange has that minimum.",
        refutation: "The refusal names a quota.",
        confused_with: ["admission.quota_unset_requests", "admission.limit_range_ratio"],
        fixes: ["Raise the request in the template", "Lower the LimitRange's minimum"]
    }
    "admission.limit_range_ratio" 92 {
        title: "The limit is too many times the request",
        meaning: "A LimitRange of the namespace bounds the ratio of limit to request, and the template goes beyond it.",
        proof: "The refusal says `max limit to request ratio per … is …, but provided ratio is …`.",
        refutation: "The refusal names a maximum, a minimum or a quota.",
        confused_with: ["admission.limit_range_max", "admission.limit_range_min"],
        fixes: ["Raise the request or lower the limit in the template", "Raise the LimitRange's `maxLimitRequestRatio`"]
    }
    "admission.service_account_missing" 92 {
        title: "The service account that the workload names does not exist",
        meaning: "The template names a service account that is not in the namespace, so none of its pods is created.",
        proof: "The refusal says `error looking up service account`; a listing of service accounts lacks it.",
        refutation: "The service account exists.",
        confused_with: ["admission.controller_forbidden", "admission.pod_security"],
        fixes: ["Create the service account in this namespace", "Correct `serviceAccountName` in the template"]
    }
    "admission.webhook_denied" 88 {
        title: "An admission webhook refuses the object",
        meaning: "A webhook looked at the object and refused it by a rule of its own. Its message says which.",
        proof: "The refusal says `admission webhook … denied the request`.",
        refutation: "The webhook could not be called, or a quota refused.",
        confused_with: ["admission.webhook_unavailable", "admission.policy_denied", "admission.pod_security"],
        fixes: ["Change the template as the message asks", "Change the webhook's rule, or exempt the namespace"]
    }
    "admission.policy_denied" 88 {
        title: "A validating admission policy refuses the object",
        meaning: "A ValidatingAdmissionPolicy of the cluster evaluates to false for the object.",
        proof: "The refusal says `ValidatingAdmissionPolicy … denied request`.",
        refutation: "A webhook refused.",
        confused_with: ["admission.webhook_denied", "admission.pod_security"],
        fixes: ["Change the template as the message asks", "Change the policy or its binding"]
    }
    "admission.webhook_unavailable" 88 {
        title: "An admission webhook cannot be called, so nothing is admitted",
        meaning: "The API server must ask a webhook, cannot reach it, and its failure policy is `Fail`: what the webhook covers cannot be created \
                  or changed until it answers again or is removed.",
        proof: "The refusal says `failed calling webhook` with a connection or TLS error; the configuration names the Service.",
        refutation: "The webhook answered and refused.",
        confused_with: ["admission.webhook_denied"],
        fixes: ["Bring back the pods behind the webhook's Service", "Renew the webhook's certificate or CA bundle",
                "Delete the webhook configuration of something that is no longer installed", "Set `failurePolicy: Ignore` where that is safe"]
    }
    "admission.pod_security" 92 {
        title: "The pod is less secure than its namespace allows",
        meaning: "Pod security admission (or an older pod security policy, or a security context constraint) refuses a field of the pod.",
        proof: "The refusal says `violates PodSecurity` and lists the fields.",
        refutation: "The namespace enforces a level that the pod meets.",
        confused_with: ["admission.webhook_denied", "admission.policy_denied"],
        fixes: ["Set the fields that the message lists in the template's security context", "Lower the namespace's `pod-security.kubernetes.io/enforce` level"]
    }
    "admission.priority_class_missing" 92 {
        title: "The priority class that the workload names does not exist",
        meaning: "The template names a PriorityClass that the cluster does not have.",
        proof: "The refusal says `no PriorityClass with name … was found`; a listing lacks it.",
        refutation: "The priority class exists.",
        confused_with: ["admission.runtime_class_missing"],
        fixes: ["Create the PriorityClass", "Correct `priorityClassName` in the template"]
    }
    "admission.runtime_class_missing" 92 {
        title: "The runtime class that the workload names does not exist",
        meaning: "The template names a RuntimeClass that the cluster does not have.",
        proof: "The refusal says `RuntimeClass … not found`; a listing lacks it.",
        refutation: "The runtime class exists.",
        confused_with: ["admission.priority_class_missing"],
        fixes: ["Create the RuntimeClass", "Correct `runtimeClassName` in the template"]
    }
    "admission.namespace_terminating" 90 {
        title: "The namespace is being deleted",
        meaning: "Nothing new is created in a namespace that is being deleted. If that takes long, a finalizer holds it.",
        proof: "The refusal says `because it is being terminated`; the namespace's phase is `Terminating`.",
        refutation: "The namespace is active.",
        confused_with: ["admission.controller_forbidden"],
        fixes: ["Deploy to another namespace, or wait until it is gone and create it anew", "See which finalizers hold the namespace"]
    }
    "admission.object_invalid" 88 {
        title: "The pod that the template describes is not valid",
        meaning: "The API server's validation refuses a field of the pod, often one that a mutating webhook or a default changed afterwards.",
        proof: "The refusal says `is invalid` and names the field.",
        refutation: "The object was admitted.",
        confused_with: ["admission.limit_range_max", "admission.webhook_denied"],
        fixes: ["Correct the field that the message names in the template"]
    }
    "admission.controller_forbidden" 90 {
        title: "A controller may not create what it should",
        meaning: "The identity under which the controller works lacks the right to create pods or other objects here.",
        proof: "The refusal says `User … cannot create resource`.",
        refutation: "The identity has the right.",
        confused_with: ["admission.service_account_missing"],
        fixes: ["Restore the controller's default ClusterRole and binding", "Grant the right to the identity that the message names"]
    }
    "admission.refused" 45 {
        title: "Admission refuses the object",
        meaning: "The API server refuses what the controller wants to create, for a reason that the message alone tells.",
        proof: "The refusal says `is forbidden`.",
        refutation: "The object was admitted.",
        confused_with: ["admission.webhook_denied", "admission.pod_security"],
        fixes: ["Read the message and change the template, or the rule that refuses it"]
    }
}
