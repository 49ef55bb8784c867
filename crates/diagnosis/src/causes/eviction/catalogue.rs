//! What a person should know of evictions.

use crate::cause::Cause;

pub(super) static CAUSES: &[Cause] = &[
    Cause {
        id: "eviction.memory",
        title: "The node ran short of memory and evicted pods",
        meaning: "Memory on the node fell below the kubelet's threshold, so it ended pods that use more than they request.",
        proof: "The pod's status or an event says `The node was low on resource: memory`.",
        refutation: "The container was OOM-killed at its own limit.",
        confused_with: &["memory.node_oom", "memory.container_limit_oom"],
        fixes: &["Set memory requests to what the pods use", "Add memory or nodes", "Find what grows on the node"],
        depth: 82,
    },
    Cause {
        id: "eviction.disk",
        title: "The node ran short of disk and evicted pods",
        meaning: "The node's file system for pods or images fell below the kubelet's threshold, in bytes or inodes.",
        proof: "The pod's status or an event says `The node was low on resource: ephemeral-storage` or `DiskPressure`.",
        refutation: "The pod exceeded a bound of its own.",
        confused_with: &["eviction.ephemeral_storage"],
        fixes: &["Free disk space on the node", "Set ephemeral-storage requests and limits", "Enlarge the node's disk"],
        depth: 82,
    },
    Cause {
        id: "eviction.ephemeral_storage",
        title: "The pod exceeded its own bound on local storage",
        meaning: "A container's writable layer and logs, or an `emptyDir` volume, grew beyond the limit that the template sets.",
        proof: "The kubelet says that the container, pod or volume exceeds its limit.",
        refutation: "The node was short of disk as a whole.",
        confused_with: &["eviction.disk"],
        fixes: &["Write less to local storage", "Raise the limit", "Use a persistent volume"],
        depth: 90,
    },
    Cause {
        id: "eviction.pid",
        title: "The node ran short of process ids and evicted pods",
        meaning: "So many processes and threads run on the node that none can be started.",
        proof: "The pod's status or an event names `pids` or `PIDPressure`.",
        refutation: "The node has process ids left.",
        confused_with: &["eviction.memory"],
        fixes: &["Find what starts so many processes", "Set `podPidsLimit` on the kubelet"],
        depth: 82,
    },
    Cause {
        id: "eviction.taint",
        title: "A NoExecute taint on the node evicted the pod",
        meaning: "A taint with effect NoExecute was put on the node, by a person or for its condition, and the pod does not tolerate it.",
        proof: "An event says `TaintManagerEviction`, and the node carries the taint.",
        refutation: "The pod tolerates the taint.",
        confused_with: &["eviction.memory", "eviction.disk"],
        fixes: &["Remove the taint", "Add a toleration to the template", "Repair the node if the taint tells of its condition"],
        depth: 75,
    },
];
