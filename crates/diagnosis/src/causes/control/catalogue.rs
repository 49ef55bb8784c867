//! What a person should know of each cause of this family.

use crate::cause::Cause;

/// The causes of this family.
pub static CAUSES: &[Cause] = &[
    Cause {
        id: "control.scheduler_down",
        title: "The scheduler does not work",
        meaning: "Nothing assigns pods to nodes. New pods stay pending without any event, while those that run go on.",
        proof: "The scheduler's pod is ill or its lease is stale, and pods wait with no event and no `PodScheduled` condition.",
        refutation: "The scheduler says why it finds no node for a pod.",
        confused_with: &["control.controller_manager_down"],
        fixes: &["Correct the static pod's manifest", "Restart the scheduler, renew its kubeconfig"],
        depth: 75,
    },
    Cause {
        id: "control.controller_manager_down",
        title: "The controller manager does not work",
        meaning: "Nothing acts on what objects ask for: no ReplicaSets, no pods, no endpoints, no garbage collection.",
        proof: "Its pod is ill or its lease is stale, and generations of objects stay unobserved.",
        refutation: "Controllers act on new objects.",
        confused_with: &["control.scheduler_down"],
        fixes: &["Correct the static pod's manifest", "Restart the controller manager"],
        depth: 75,
    },
    Cause {
        id: "control.kube_proxy_down",
        title: "kube-proxy does not work",
        meaning: "The node's rules for Services are not made or go stale, so cluster addresses lead nowhere from that node, while pod \
                  addresses still answer.",
        proof: "The kube-proxy pod or unit of the node is down, and callers there wait in vain for Services that have endpoints.",
        refutation: "Services answer from pods of the node.",
        confused_with: &["network_policy.denies_egress", "service.selector_matches_nothing"],
        fixes: &["Correct kube-proxy's configuration", "Restart it, see its log"],
        depth: 75,
    },
    Cause {
        id: "control.metrics_server_down",
        title: "The metrics server is down or missing",
        meaning: "Autoscalers and `kubectl top` get their figures from it. Without them no autoscaler scales.",
        proof: "The autoscaler's condition says that it cannot fetch metrics, and no pod of the metrics server is ready.",
        refutation: "The metrics server is ready; then the target's own requests or metrics are missing.",
        confused_with: &["control.api_pressure"],
        fixes: &["Install the metrics server", "Correct its arguments (`--kubelet-insecure-tls`, addresses)"],
        depth: 85,
    },
    Cause {
        id: "control.api_pressure",
        title: "The API server is overloaded or not ready",
        meaning: "Requests are turned away with 429, time out, or the server's own readiness checks fail.",
        proof: "`/readyz` lists a failed check, or several programs are told that they ask too often.",
        refutation: "The server answers others in time.",
        confused_with: &["control.etcd_slow"],
        fixes: &["Slow down or fix the client that floods it", "Give the control plane more room"],
        depth: 60,
    },
    Cause {
        id: "control.etcd_slow",
        title: "etcd is slow or full",
        meaning: "The store behind the API server answers late or takes no writes. Everything in the cluster becomes slow or stops.",
        proof: "etcd's or the API server's log says so, or the API server's check of etcd fails.",
        refutation: "etcd answers in time, and the API server is late for another reason.",
        confused_with: &["control.api_pressure"],
        fixes: &["Move etcd to a fast disk of its own", "Compact and defragment it, raise its quota"],
        depth: 78,
    },
];
