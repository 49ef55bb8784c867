//! What a person should know of each cause of this family.

use crate::cause::Cause;

/// The causes of this family.
pub static CAUSES: &[Cause] = &[
    Cause {
        id: "service.selector_matches_nothing",
        title: "The Service's selector matches no pod",
        meaning: "The labels that the Service asks for are carried by no pod of its namespace, so it has no endpoint and every connection \
                  to it is refused or dropped.",
        proof: "No pod or template of the namespace carries the selector's labels; often one carries all but one of them.",
        refutation: "A pod carries all labels of the selector, ready or not.",
        confused_with: &["service.no_ready_endpoints", "service.target_port_mismatch"],
        fixes: &["Make the selector and the pod template's labels agree", "Deploy the workload that the Service is for"],
        depth: 90,
    },
    Cause {
        id: "service.no_ready_endpoints",
        title: "No pod behind the Service is ready",
        meaning: "The selector matches pods or workloads, and none of the pods is ready. Why they are not is the deeper question.",
        proof: "The endpoints are empty or all not ready, while the selector matches.",
        refutation: "One endpoint is ready, or the selector matches nothing.",
        confused_with: &["service.selector_matches_nothing"],
        fixes: &["Find out why the pods are not ready", "Correct a readiness probe that fails though the program serves"],
        depth: 25,
    },
    Cause {
        id: "service.target_port_mismatch",
        title: "The Service sends to a port on which nothing listens",
        meaning: "The Service's target port is none of the ports that the containers behind it declare, so connections are refused though \
                  the pods are ready.",
        proof: "The target port and the declared container ports differ, and no setting, probe or argument of the containers names it.",
        refutation: "The program listens on the target port without declaring it.",
        confused_with: &["service.port_name_unknown", "service.protocol_mismatch", "service.selector_matches_nothing"],
        fixes: &["Set `targetPort` to the port on which the container listens", "Let the program listen on the target port"],
        depth: 88,
    },
    Cause {
        id: "service.port_name_unknown",
        title: "The Service sends to a port name that no container has",
        meaning: "`targetPort` is a name, and no container of the selected pods names a port so. The endpoints then lack this port.",
        proof: "The named target port stands in no `ports[].name` of the selected pods.",
        refutation: "A selected pod has a port of this name and protocol.",
        confused_with: &["service.target_port_mismatch"],
        fixes: &["Name the container's port as the Service asks", "Use the number, or the name that exists, as `targetPort`"],
        depth: 90,
    },
    Cause {
        id: "service.protocol_mismatch",
        title: "The Service and the container disagree about TCP and UDP",
        meaning: "The Service offers a protocol on a port that the container declares for another one only.",
        proof: "The protocol of the Service's port and that of the container's port of the same number differ.",
        refutation: "The Service offers the port in both protocols.",
        confused_with: &["service.target_port_mismatch"],
        fixes: &["Set the port's `protocol` in the Service to the one that the program speaks"],
        depth: 88,
    },
    Cause {
        id: "service.external_name_invalid",
        title: "The Service stands for a name that cannot be resolved",
        meaning: "A Service of type ExternalName is a DNS alias. Its target must be a bare DNS name that exists.",
        proof: "`externalName` is an IP address, a URL, carries a port, or names a Service that does not exist.",
        refutation: "The name resolves from a pod.",
        confused_with: &["dns.name_wrong"],
        fixes: &["Write the bare DNS name", "For an IP address, make a Service without selector and an EndpointSlice for it"],
        depth: 88,
    },
    Cause {
        id: "service.load_balancer_pending",
        title: "The Service waits for a load balancer's address",
        meaning: "A Service of type LoadBalancer gets its address from a controller of the cloud or the cluster. None has given one.",
        proof: "`status.loadBalancer` is empty; the controller's events say why, or no controller speaks at all.",
        refutation: "The Service has an address.",
        confused_with: &["ingress.controller_missing"],
        fixes: &[
            "Install or repair the load-balancer controller",
            "Clear what its events complain of: quota, subnet, permission, address pool",
        ],
        depth: 75,
    },
    Cause {
        id: "config.address_names_no_service",
        title: "A setting names a Service that does not exist",
        meaning: "An environment variable or ConfigMap of the workload holds the address of a Service, and the cluster has no such Service: a \
                  typing error, a renamed or a removed Service.",
        proof: "The setting names a host that a whole listing of Services lacks, and the log complains of that host, or the workload fails.",
        refutation: "The Service exists, or the host lies outside the cluster.",
        confused_with: &["dns.name_wrong", "dns.coredns_failing", "config.address_wrong_port"],
        fixes: &["Correct the setting", "Create the Service that it names"],
        depth: 90,
    },
    Cause {
        id: "config.address_wrong_port",
        title: "A setting names a port that the Service does not have",
        meaning: "The Service that a setting names exists and has no such port, so connections to it are refused or time out.",
        proof: "The port in the setting is none of the Service's ports.",
        refutation: "The Service has the port, or it is headless and its pods listen on it.",
        confused_with: &["service.target_port_mismatch", "network_policy.denies_ingress"],
        fixes: &["Correct the port in the setting", "Add the port to the Service"],
        depth: 90,
    },
];
