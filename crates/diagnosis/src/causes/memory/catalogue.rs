//! What a person should know of memory.

use crate::cause::Cause;

pub(super) static CAUSES: &[Cause] = &[
    Cause {
        id: "memory.container_limit_oom",
        title: "The container reached its memory limit and was killed",
        meaning: "The kernel kills a container whose memory reaches `resources.limits.memory`. Either the limit is too low for what \
                  the program does, or the program leaks or takes on too much at once.",
        proof: "The container ended with `OOMKilled`, and its specification sets a memory limit.",
        refutation: "The container has no memory limit, or its node ran out of memory as a whole.",
        confused_with: &["memory.node_oom", "memory.heap_exceeds_limit", "eviction.memory"],
        fixes: &[
            "Raise `resources.limits.memory`, and the request with it",
            "Lower what the program holds: caches, workers, batch sizes",
            "Look for a leak if its use grows without end",
        ],
        depth: 80,
    },
    Cause {
        id: "memory.node_oom",
        title: "The node ran out of memory and its kernel killed a process",
        meaning: "The pods on a node together use more memory than it has, and the kernel was faster than the kubelet's eviction. \
                  Containers without a limit make this likely.",
        proof: "The node reports `SystemOOM`, or a container without memory limit was OOM-killed.",
        refutation: "The killed container stood at its own limit.",
        confused_with: &["memory.container_limit_oom", "eviction.memory"],
        fixes: &["Set memory requests and limits on the pods of the node", "Add memory or nodes"],
        depth: 78,
    },
    Cause {
        id: "memory.heap_exceeds_limit",
        title: "The runtime's heap is allowed to grow beyond the container's memory limit",
        meaning: "`-Xmx`, `--max-old-space-size` or `GOMEMLIMIT` permits the runtime about as much memory as the container may have, \
                  or more, and the runtime needs more than its heap. It is killed before it ever collects in earnest.",
        proof: "The heap setting in the container's environment or arguments is not smaller than its memory limit.",
        refutation: "The heap leaves room below the limit.",
        confused_with: &["memory.container_limit_oom", "memory.heap_exhausted"],
        fixes: &[
            "Set the heap to about three quarters of the memory limit",
            "Use `-XX:MaxRAMPercentage` in place of `-Xmx`",
            "Raise `resources.limits.memory` above the heap",
        ],
        depth: 92,
    },
    Cause {
        id: "memory.heap_exhausted",
        title: "The runtime's own heap is full",
        meaning: "The program's heap reached the bound that its runtime was given or chose, and the runtime gave up. The container's \
                  limit was not reached.",
        proof: "The log carries the runtime's own words, such as `OutOfMemoryError: Java heap space`.",
        refutation: "The kernel killed the container at its limit.",
        confused_with: &["memory.container_limit_oom", "memory.heap_exceeds_limit"],
        fixes: &["Raise the heap, and the memory limit with it", "Find what holds the memory: take a heap dump"],
        depth: 78,
    },
    Cause {
        id: "memory.shared_memory",
        title: "Shared memory is full",
        meaning: "`/dev/shm` of a container holds 64 MiB unless a volume says otherwise; databases and browsers need more.",
        proof: "The log says that a shared memory segment cannot be resized or written.",
        refutation: "`/dev/shm` is a volume with room left.",
        confused_with: &["memory.container_limit_oom"],
        fixes: &["Mount an `emptyDir` with `medium: Memory` at `/dev/shm`", "Lower the program's use of shared memory"],
        depth: 85,
    },
];
