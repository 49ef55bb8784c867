//! What the catalogue says of causes in scheduling.

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
    "scheduling.insufficient_cpu" 85 {
        title: "No node has the CPU that the pod requests",
        meaning: "The pods on each node that would otherwise do request so much CPU that this pod's request does not fit, or no node is that large. \
                  Requests count, not use.",
        proof: "The scheduler says `Insufficient cpu`; the request is greater than what any node offers or has left.",
        refutation: "A node that the pod may use has that much left.",
        confused_with: ["scheduling.insufficient_memory", "admission.quota_cpu", "scheduling.node_cordoned"],
        fixes: ["Lower the CPU request in the template", "Add nodes, or larger ones", "Remove or shrink other workloads"]
    }
    "scheduling.insufficient_memory" 85 {
        title: "No node has the memory that the pod requests",
        meaning: "The pods on each node that would otherwise do request so much memory that this pod's request does not fit, or no node is that large.",
        proof: "The scheduler says `Insufficient memory`; the request is greater than what any node offers or has left.",
        refutation: "A node that the pod may use has that much left.",
        confused_with: ["scheduling.insufficient_cpu", "admission.quota_memory", "scheduling.node_cordoned"],
        fixes: ["Lower the memory request in the template", "Add nodes, or larger ones", "Remove or shrink other workloads"]
    }
    "scheduling.insufficient_ephemeral_storage" 85 {
        title: "No node has the ephemeral storage that the pod requests",
        meaning: "The request for local disk is greater than what any node has left for pods.",
        proof: "The scheduler says `Insufficient ephemeral-storage`.",
        refutation: "A node that the pod may use has that much left.",
        confused_with: ["scheduling.insufficient_memory"],
        fixes: ["Lower the ephemeral storage request", "Use a volume instead of the container's own file system", "Add nodes with larger disks"]
    }
    "scheduling.insufficient_extended_resource" 88 {
        title: "No node has the device or extended resource that the pod requests",
        meaning: "The pod asks for a resource such as `nvidia.com/gpu` or huge pages. All are taken, or no node offers it because its device plugin \
                  does not run there.",
        proof: "The scheduler says `Insufficient` with the resource's name; no node's allocatable has enough of it.",
        refutation: "A node that the pod may use has it left.",
        confused_with: ["scheduling.node_selector_unmatched", "scheduling.taint_untolerated"],
        fixes: ["Check that the device plugin runs and the node offers the resource", "Add nodes that have it", "Correct the resource's name in the template"]
    }
    "scheduling.node_selector_unmatched" 90 {
        title: "No node carries the labels that the pod selects",
        meaning: "The template's `nodeSelector` asks for a label that no usable node carries: a typing error, or the node was never labelled.",
        proof: "The scheduler says that nodes did not match the selector; no node's labels do.",
        refutation: "A node carries all of the labels.",
        confused_with: ["scheduling.node_affinity_unmatched", "scheduling.taint_untolerated"],
        fixes: ["Correct `nodeSelector` in the template", "Label a node: kubectl label node NODE key=value"]
    }
    "scheduling.node_affinity_unmatched" 90 {
        title: "No node meets the pod's required node affinity",
        meaning: "The template's required node affinity has terms of which no usable node meets one.",
        proof: "The scheduler says that nodes did not match the affinity; no node's labels do.",
        refutation: "A node meets a term.",
        confused_with: ["scheduling.node_selector_unmatched", "scheduling.pod_affinity_unmatched"],
        fixes: ["Correct the affinity in the template", "Label a node so that it meets a term", "Prefer instead of require"]
    }
    "scheduling.pod_affinity_unmatched" 88 {
        title: "No node is near the pods that the pod wants to be near",
        meaning: "The required pod affinity names labels that no running pod carries, or the nodes lack the topology label.",
        proof: "The scheduler says that nodes did not match pod affinity rules; no pod carries the labels.",
        refutation: "A pod with those labels runs in a topology domain that has room.",
        confused_with: ["scheduling.pod_anti_affinity", "scheduling.node_affinity_unmatched"],
        fixes: ["Correct the labels in the pod affinity", "Start the pods that it wants to be near", "Prefer instead of require"]
    }
    "scheduling.pod_anti_affinity" 88 {
        title: "Every node already holds a pod that this pod must not share it with",
        meaning: "Required anti-affinity allows one such pod per node or zone, and there are more replicas than nodes or zones.",
        proof: "The scheduler says that nodes did not match anti-affinity rules.",
        refutation: "A node that the pod may use holds none of those pods.",
        confused_with: ["scheduling.topology_spread", "scheduling.pod_affinity_unmatched"],
        fixes: ["Add nodes, or lower the replicas", "Prefer instead of require", "Allow the rollout to remove an old pod first: `maxSurge: 0`"]
    }
    "scheduling.taint_untolerated" 87 {
        title: "The nodes carry a taint that the pod does not tolerate",
        meaning: "A taint keeps pods off that do not tolerate it. The nodes that would otherwise do carry one.",
        proof: "The scheduler names the taint; the node carries it and the pod has no matching toleration.",
        refutation: "The pod tolerates the taint, or a node without it would do.",
        confused_with: ["scheduling.node_cordoned", "scheduling.node_selector_unmatched"],
        fixes: ["Remove the taint: kubectl taint node NODE key-", "Add a toleration to the template", "Add nodes without the taint"]
    }
    "scheduling.node_cordoned" 92 {
        title: "A node is cordoned, and its room is missing",
        meaning: "Somebody or something marked the node as unschedulable and did not take it back, as in a drain for maintenance. New pods find no room \
                  elsewhere.",
        proof: "The scheduler says `were unschedulable`; the node's `spec.unschedulable` is true.",
        refutation: "The node is schedulable.",
        confused_with: ["scheduling.taint_untolerated", "scheduling.insufficient_cpu"],
        fixes: ["Put it back into service when the work is done: kubectl uncordon NODE", "Add nodes while it is away"]
    }
    "scheduling.topology_spread" 88 {
        title: "No node satisfies the pod's topology spread constraints",
        meaning: "With `whenUnsatisfiable: DoNotSchedule`, the allowed skew between zones or nodes would be exceeded everywhere, or nodes lack the topology label.",
        proof: "The scheduler says that nodes did not match pod topology spread constraints.",
        refutation: "A node that the pod may use keeps the skew.",
        confused_with: ["scheduling.pod_anti_affinity"],
        fixes: ["Raise `maxSkew`, or use `ScheduleAnyway`", "Add nodes to the zone that lacks them", "Label the nodes with the topology key"]
    }
    "scheduling.host_port_conflict" 90 {
        title: "The host port is taken on every node",
        meaning: "The pod asks for a port of the node itself, and on each node that would do another pod holds it.",
        proof: "The scheduler says that nodes did not have free ports; another pod with this host port runs.",
        refutation: "A node that the pod may use has the port free.",
        confused_with: ["scheduling.pod_anti_affinity"],
        fixes: ["Use a Service instead of a host port", "Choose another host port", "Lower the replicas to the number of nodes"]
    }
    "scheduling.pod_capacity" 88 {
        title: "The nodes hold as many pods as they may",
        meaning: "Each node has a limit on the number of its pods, and it is reached.",
        proof: "The scheduler says `Too many pods`.",
        refutation: "A node that the pod may use holds fewer pods than its allocatable number.",
        confused_with: ["admission.quota_pods", "scheduling.insufficient_cpu"],
        fixes: ["Add nodes", "Remove pods that are not needed", "Raise the kubelet's `maxPods`"]
    }
    "scheduling.volume_limit" 85 {
        title: "The nodes have as many volumes attached as they can",
        meaning: "Each node can attach a limited number of volumes of a kind, and the limit is reached.",
        proof: "The scheduler says `exceed max volume count`.",
        refutation: "A node that the pod may use can attach another volume.",
        confused_with: ["scheduling.pod_capacity", "storage.attach_failed"],
        fixes: ["Add nodes", "Move pods with volumes elsewhere"]
    }
    "scheduling.scheduling_gated" 92 {
        title: "A scheduling gate holds the pod back",
        meaning: "The pod carries scheduling gates. The scheduler leaves it alone until whoever put them there removes them.",
        proof: "The condition `PodScheduled` has the reason `SchedulingGated`; `spec.schedulingGates` names the gate.",
        refutation: "The pod has no gate.",
        confused_with: ["scheduling.scheduler_name_unknown"],
        fixes: ["Find the controller that owns the gate and see why it does not remove it", "Remove the gate from the template"]
    }
    "scheduling.preempted" 92 {
        title: "A pod of higher priority took the place",
        meaning: "The scheduler removed a pod to make room for one of higher priority; its replacement finds no room.",
        proof: "The event `Preempted` on a pod of the workload names who took its place.",
        refutation: "The pod was removed for another reason.",
        confused_with: ["scheduling.insufficient_cpu", "scheduling.insufficient_memory"],
        fixes: ["Add nodes", "Raise the priority of the workload, or lower that of the other", "Use `preemptionPolicy: Never` for the other"]
    }
    "scheduling.scheduler_name_unknown" 90 {
        title: "No scheduler serves the pod",
        meaning: "The pod names a scheduler that nobody runs, so nobody even tries to place it: it is pending without any event.",
        proof: "`spec.schedulerName` is not the default, and the pod has neither a `PodScheduled` condition nor an event.",
        refutation: "Another pod of that scheduler runs, or the pod has an event of a scheduler.",
        confused_with: ["scheduling.scheduling_gated"],
        fixes: ["Remove or correct `schedulerName` in the template", "Run the scheduler of that name"]
    }
    "scheduling.node_name_missing" 92 {
        title: "The pod is pinned to a node that does not exist",
        meaning: "The template sets `spec.nodeName`, which bypasses the scheduler, and the cluster has no node of that name.",
        proof: "A listing of nodes lacks the name.",
        refutation: "The node exists.",
        confused_with: ["scheduling.node_selector_unmatched"],
        fixes: ["Remove `nodeName` from the template", "Use a node selector or affinity instead"]
    }
    "scheduling.no_nodes" 90 {
        title: "The cluster has no node to schedule to",
        meaning: "No node is registered, or none at all is left.",
        proof: "The scheduler says `no nodes available to schedule pods` or `0/0 nodes are available`.",
        refutation: "A node is listed.",
        confused_with: ["scheduling.node_cordoned", "scheduling.taint_untolerated"],
        fixes: ["Add nodes, or find out why they do not join", "Check the node group and the autoscaler"]
    }
    "scheduling.unschedulable" 42 {
        title: "The scheduler finds no node for the pod",
        meaning: "The scheduler's message gives a reason that no rule reads further.",
        proof: "The scheduler's `FailedScheduling`.",
        refutation: "The pod is on a node.",
        confused_with: ["scheduling.insufficient_cpu"],
        fixes: ["Read the message and compare the pod with the nodes"]
    }
}
