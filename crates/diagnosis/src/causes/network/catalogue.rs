//! What a person should know of each cause of this family.

use crate::cause::Cause;

/// The causes of this family.
pub static CAUSES: &[Cause] = &[
    Cause {
        id: "network_policy.denies_ingress",
        title: "A network policy keeps a caller out",
        meaning: "Some policy selects the pods behind the Service for incoming traffic, and none of those policies lets the caller in. Its \
                  packets are dropped, so the caller sees time-outs and not refusals.",
        proof: "Evaluated as the API defines them, the policies allow no rule for caller and port, and the caller was seen to wait in vain.",
        refutation: "A policy allows the caller, the connection is refused at once, or the network plug-in does not enforce policies.",
        confused_with: &["network_policy.denies_egress", "service.selector_matches_nothing", "mesh.policy_denies"],
        fixes: &["Add the caller's labels or namespace to a rule", "Correct the labels of the caller", "Add the port to the rule"],
        depth: 92,
    },
    Cause {
        id: "network_policy.denies_egress",
        title: "A network policy keeps a workload from calling out",
        meaning: "Some policy selects the caller for outgoing traffic, and none lets this destination or port out. Without port 53 to the \
                  DNS pods, no name resolves and everything looks broken.",
        proof: "The policies allow no rule for destination and port, and the caller was seen to wait in vain.",
        refutation: "A policy allows the destination, or the connection is refused at once.",
        confused_with: &["network_policy.denies_ingress", "dns.coredns_failing"],
        fixes: &["Allow the destination and port", "Allow port 53, UDP and TCP, to the DNS pods"],
        depth: 92,
    },
    Cause {
        id: "mesh.mtls_mismatch",
        title: "The two sides of a call disagree about mutual TLS",
        meaning: "One side of a mesh demands mutual TLS and the other does not speak it: no sidecar, or a DestinationRule that switches it off \
                  or on against what the server does.",
        proof: "PeerAuthentication and DestinationRule or the lack of a sidecar contradict each other, and calls are reset or fail in TLS.",
        refutation: "The mode is permissive, or both sides have sidecars and no rule differs.",
        confused_with: &["mesh.policy_denies", "network_policy.denies_ingress"],
        fixes: &["Inject the sidecar into the caller", "Remove the contradicting DestinationRule", "Use the mode PERMISSIVE meanwhile"],
        depth: 92,
    },
    Cause {
        id: "mesh.policy_denies",
        title: "An authorization policy of the mesh denies the call",
        meaning: "The proxy before the called workload answers 403 `RBAC: access denied`, since a policy denies the caller or allows only others.",
        proof: "The refusal in a log or check, and an AuthorizationPolicy about the called workload.",
        refutation: "The 403 comes from the program itself, or a policy allows the caller's identity.",
        confused_with: &["mesh.mtls_mismatch", "network_policy.denies_ingress"],
        fixes: &["Add the caller's service account to the policy's principals", "Correct the policy's selector, paths or methods"],
        depth: 92,
    },
    Cause {
        id: "network.cni_failed",
        title: "The network plug-in gives pods no network",
        meaning: "The kubelet cannot set up the sandbox of a pod, since the node's network plug-in fails, is not installed, or has no address \
                  left. Every new pod of the node hangs.",
        proof: "`FailedCreatePodSandBox` or the node's condition carries the plug-in's error.",
        refutation: "New pods on the node get addresses.",
        confused_with: &["node.runtime_down", "node.network_unavailable"],
        fixes: &["Repair the plug-in's DaemonSet", "Put its configuration and binaries onto the node", "Widen the address pool"],
        depth: 82,
    },
    Cause {
        id: "network.delay",
        title: "The network between pods or nodes is slow",
        meaning: "Packets take far longer than within a cluster they should. Programs time out though nothing is down.",
        proof: "The round trip that `ping` or `curl` measured between two places of the cluster.",
        refutation: "The round trip is short and the answer late: then the program is slow.",
        confused_with: &["network.node_unreachable"],
        fixes: &["Remove traffic shaping on the nodes' interfaces", "Repair or relieve the link between the nodes"],
        depth: 70,
    },
    Cause {
        id: "network.node_unreachable",
        title: "The node cannot be reached over the network",
        meaning: "The control plane hears nothing of the node, and the machine does not answer: it is down, or cut off.",
        proof: "The node's `Ready` condition is unknown, and a check of its address gets no answer.",
        refutation: "The machine answers, and only its kubelet is silent.",
        confused_with: &["node.kubelet_down", "node.not_ready"],
        fixes: &["Start the machine", "Repair its link, route or firewall"],
        depth: 82,
    },
];
