//! The table: every cause of the catalogue, with its remedy or with the reason why none is safe.
//!
//! The reasons are for people. A cause that is missing here fails a test, and so does one that the catalogue does not have.

use super::{Ctx, Found, addresses, amounts, first_of, nodes, ports, probes, revisions, scaling, selectors};

/// What is known of a cause's fix.
#[derive(Debug, Clone, Copy)]
pub enum Remedy {
    /// There may be one: look for it in the graph.
    Try(fn(&Ctx<'_, '_>) -> Found),
    /// None is safe, ever, for this reason.
    None(&'static str),
}

/// The remedy of a cause.
#[must_use]
pub fn of(cause: &str) -> Option<&'static Remedy> {
    TABLE.iter().find(|(id, _)| *id == cause).map(|(_, remedy)| remedy)
}

/// Every cause with its remedy, sorted by cause.
#[must_use]
pub const fn all() -> &'static [(&'static str, Remedy)] {
    TABLE
}

const OTHERS_RULE: &str =
    "the rule that refuses it is there on purpose, and so may be the template: which gives way is their owners' decision";
const OTHERS_QUOTA: &str = "whether the quota grows or something shrinks is the decision of whoever owns the quota";
const NOT_HERE: &str = "what is missing has to be made by somebody who knows its content, and guessed content breaks more than it mends";
const SECRET: &str = "Secrets are outside of what Assent sees or changes: their owner has to set the value";
const CODE: &str = "the fault is in the program, and no change of its surroundings mends that";
const DATA: &str = "data may be lost or damaged further: this takes a person who knows it";
const STORAGE: &str = "volumes hold data, and what is done to them cannot be taken back";
const NODE_HANDS: &str = "the node itself has to be seen to; Kubernetes keeps pods away from it already";
const CONTROL: &str = "the control plane is run outside of the cluster's own API";
const REGISTRY: &str = "the registry, or the way to it, has to be seen to; the cluster can do nothing about that";
const POLICY: &str = "what may talk to what is a decision about security, which no repair makes by the way";
const OTHER_SIDE: &str = "the fault is on the other side, and this workload can only wait for it";
const CAPACITY: &str = "there is not enough of it: capacity is added, or its owner decides what gives way";
const CERTIFICATE: &str = "a certificate is made anew by whoever issues it";
const GATEWAY: &str = "routes and gateways are not in the catalogue of actions";
const JOB: &str = "a job's template cannot be changed: it is made anew by its owner";
const EVICTED: &str = "controllers have replaced what was evicted; what filled the node is its owner's to limit";

const fn find(remedy: fn(&Ctx<'_, '_>) -> Found) -> Remedy {
    Remedy::Try(remedy)
}

const fn none(why: &'static str) -> Remedy {
    Remedy::None(why)
}

static TABLE: &[(&str, Remedy)] = &[
    ("admission.controller_forbidden", none("rights are given by whoever owns the cluster's roles, not by a repair")),
    ("admission.limit_range_max", find(|ctx| first_of(&[revisions::resources, amounts::limit_range], ctx))),
    ("admission.limit_range_min", find(|ctx| first_of(&[revisions::resources, amounts::limit_range], ctx))),
    ("admission.limit_range_ratio", find(|ctx| first_of(&[revisions::resources, amounts::limit_range], ctx))),
    ("admission.namespace_terminating", none("the namespace is being deleted, and that cannot be called back")),
    ("admission.object_invalid", find(revisions::back)),
    ("admission.pod_security", find(revisions::security)),
    ("admission.policy_denied", none(OTHERS_RULE)),
    ("admission.priority_class_missing", find(revisions::identity)),
    ("admission.quota_cpu", find(revisions::resources)),
    ("admission.quota_memory", find(revisions::resources)),
    ("admission.quota_objects", none(OTHERS_QUOTA)),
    ("admission.quota_pods", none(OTHERS_QUOTA)),
    ("admission.quota_storage", none(OTHERS_QUOTA)),
    ("admission.quota_unset_requests", find(|ctx| first_of(&[revisions::resources, amounts::stated_for_quota], ctx))),
    ("admission.refused", none(OTHERS_RULE)),
    ("admission.runtime_class_missing", find(revisions::identity)),
    ("admission.service_account_missing", find(revisions::identity)),
    ("admission.webhook_denied", none(OTHERS_RULE)),
    (
        "admission.webhook_unavailable",
        none("a webhook guards the cluster: to weaken it is its owner's decision, to bring its pods back is another incident's plan"),
    ),
    ("app.config_invalid", find(revisions::settings)),
    ("app.data_invalid", none(DATA)),
    ("app.deadlock", none(CODE)),
    ("app.disk_full", none(STORAGE)),
    ("app.exited", find(revisions::program)),
    ("app.leader_lost", none("it has ended as it must, and its controller has started it again")),
    ("app.license_expired", none("a licence is renewed by whoever holds it")),
    ("app.lock_held", none("a lock guards data, and whether its holder is dead cannot be told from here")),
    ("app.missing_file", find(revisions::volumes)),
    ("app.module_missing", find(revisions::program)),
    ("app.panic", find(revisions::program)),
    ("app.permission_denied", find(revisions::security)),
    ("app.port_in_use", find(revisions::program)),
    ("app.privileged_port", find(revisions::security)),
    ("app.quota_exceeded", none(CAPACITY)),
    ("app.rate_limited", none(OTHER_SIDE)),
    ("app.read_only_filesystem", find(revisions::volumes)),
    ("app.server_error", none(CODE)),
    ("app.signal", find(revisions::program)),
    ("app.slow_requests", none(CODE)),
    ("app.too_many_open_files", none(CODE)),
    ("app.version_mismatch", find(revisions::program)),
    ("change.crash_after_change", find(revisions::back)),
    ("config.address_names_no_service", find(|ctx| first_of(&[addresses::correct, revisions::settings], ctx))),
    ("config.address_wrong_port", find(|ctx| first_of(&[addresses::correct, revisions::settings], ctx))),
    ("config.config_map_key_missing", find(revisions::settings)),
    ("config.config_map_missing", find(revisions::settings)),
    ("config.env_missing", find(revisions::settings)),
    ("config.secret_key_missing", find(revisions::settings)),
    ("config.secret_missing", find(revisions::settings)),
    ("container.bad_arguments", find(revisions::program)),
    ("container.command_not_found", find(revisions::program)),
    ("container.create_failed", find(revisions::program)),
    ("container.device_missing", find(revisions::resources)),
    ("container.init_failed", find(revisions::back)),
    ("container.lifecycle_hook_failed", find(|ctx| revisions::if_changed(ctx, &["lifecycle", "image"]))),
    ("container.not_executable", find(revisions::program)),
    ("container.resource_limit_too_low", find(amounts::startable)),
    ("container.sandbox_failed", none("the runtime of the node has to be seen to")),
    ("container.security_context", find(revisions::security)),
    ("container.working_dir_missing", find(revisions::program)),
    ("control.api_pressure", none(CONTROL)),
    ("control.controller_manager_down", none(CONTROL)),
    ("control.etcd_slow", none(CONTROL)),
    ("control.kube_proxy_down", none(CONTROL)),
    ("control.metrics_server_down", none("why it does not answer the input does not say")),
    ("control.scheduler_down", none(CONTROL)),
    ("cpu.throttled", find(amounts::cpu)),
    ("cronjob.concurrency_forbidden", none("the run before is still at work, and to end it may lose what it did")),
    ("cronjob.schedule_invalid", none("when it should run only its owner knows")),
    ("cronjob.suspended", find(scaling::resume)),
    ("cronjob.too_many_missed", find(scaling::starting_deadline)),
    ("dependency.broker_unavailable", none(OTHER_SIDE)),
    ("dependency.credentials_refused", none(SECRET)),
    ("dependency.database_missing", none(DATA)),
    ("dependency.database_read_only", none(OTHER_SIDE)),
    ("dependency.endpoint_missing", find(revisions::program)),
    ("dependency.host_unknown", find(|ctx| first_of(&[addresses::correct, revisions::settings], ctx))),
    ("dependency.pool_exhausted", none(CAPACITY)),
    ("dependency.protocol_mismatch", find(revisions::settings)),
    ("dependency.quorum_lost", none(DATA)),
    ("dependency.rate_limited", none(OTHER_SIDE)),
    ("dependency.schema_missing", none(DATA)),
    ("dependency.server_error", none(OTHER_SIDE)),
    ("dependency.slow", none(OTHER_SIDE)),
    ("dependency.slow_database", none(OTHER_SIDE)),
    ("dependency.starting", none("it is starting, and will answer")),
    ("dependency.timeout", none(OTHER_SIDE)),
    ("dependency.too_many_connections", none(CAPACITY)),
    ("dependency.topic_missing", none(DATA)),
    ("dependency.unreachable", none(OTHER_SIDE)),
    ("dependency.wrong_port", find(|ctx| first_of(&[addresses::correct, revisions::settings], ctx))),
    ("dns.coredns_failing", find(|ctx| first_of(&[scaling::from_zero, revisions::back], ctx))),
    ("dns.name_wrong", find(|ctx| first_of(&[addresses::correct, revisions::settings], ctx))),
    ("dns.policy_wrong", find(|ctx| first_of(&[revisions::identity, scaling::dns_policy], ctx))),
    ("eviction.disk", none(EVICTED)),
    ("eviction.ephemeral_storage", find(amounts::scratch)),
    ("eviction.memory", none(EVICTED)),
    ("eviction.pid", none(EVICTED)),
    ("eviction.taint", none("the taint is there on purpose, or tells of a fault of the node")),
    ("gateway.backend_missing", none(GATEWAY)),
    ("gateway.class_missing", none(GATEWAY)),
    ("gateway.reference_not_permitted", none(GATEWAY)),
    ("gateway.route_not_accepted", none(GATEWAY)),
    ("hpa.at_max", find(scaling::autoscaler)),
    ("hpa.no_metrics", none("what serves the metrics has to be seen to; the autoscaler waits for it")),
    ("hpa.no_requests", find(amounts::stated_cpu)),
    ("hpa.target_missing", find(scaling::autoscaler_target)),
    ("image.architecture", find(revisions::image)),
    ("image.name_invalid", find(revisions::image)),
    ("image.never_pulled", find(revisions::image)),
    ("image.not_found", find(revisions::image)),
    ("image.pull_failed", find(revisions::image)),
    ("image.pull_secret_missing", none(SECRET)),
    ("image.pull_unauthorized", find(revisions::image)),
    ("image.rate_limited", none(REGISTRY)),
    ("image.registry_dns", find(revisions::image)),
    ("image.registry_tls", none(REGISTRY)),
    ("image.registry_unreachable", none(REGISTRY)),
    ("ingress.backend_missing", find(ports::backend)),
    ("ingress.backend_port", find(ports::ingress)),
    ("ingress.class_missing", find(selectors::ingress_class)),
    ("ingress.controller_missing", none(NOT_HERE)),
    ("ingress.tls_secret_missing", none(SECRET)),
    ("job.backoff_limit", none(JOB)),
    ("job.deadline_exceeded", none(JOB)),
    ("memory.container_limit_oom", find(amounts::memory)),
    ("memory.heap_exceeds_limit", find(amounts::memory)),
    ("memory.heap_exhausted", find(revisions::settings)),
    ("memory.node_oom", none("which of the node's pods should be held to less is their owners' decision")),
    ("memory.shared_memory", none("shared memory comes from a volume, and volumes are not in the catalogue of actions")),
    ("mesh.mtls_mismatch", none(POLICY)),
    ("mesh.policy_denies", none(POLICY)),
    ("network.cni_failed", find(nodes::cordon)),
    ("network.delay", find(nodes::cordon)),
    ("network.node_unreachable", find(nodes::cordon)),
    ("network_policy.denies_egress", none(POLICY)),
    ("network_policy.denies_ingress", none(POLICY)),
    ("node.certificate_expired", none(NODE_HANDS)),
    ("node.clock_skew", find(nodes::cordon)),
    ("node.disk_pressure", none(NODE_HANDS)),
    ("node.gone", none(NODE_HANDS)),
    ("node.kubelet_down", none(NODE_HANDS)),
    ("node.memory_pressure", none(NODE_HANDS)),
    ("node.network_unavailable", none(NODE_HANDS)),
    ("node.not_ready", none(NODE_HANDS)),
    ("node.pid_pressure", none(NODE_HANDS)),
    ("node.problem_detected", find(nodes::cordon)),
    ("node.runtime_down", none(NODE_HANDS)),
    ("pdb.blocks_eviction", find(scaling::budget)),
    ("probe.app_unhealthy", none(CODE)),
    ("probe.command_failed", find(revisions::probes)),
    ("probe.startup_too_short", find(|ctx| first_of(&[revisions::probes, probes::startup], ctx))),
    ("probe.too_strict", find(|ctx| first_of(&[revisions::probes, probes::timeout], ctx))),
    ("probe.wrong_path", find(revisions::probes)),
    ("probe.wrong_port", find(|ctx| first_of(&[ports::probe, revisions::probes], ctx))),
    ("probe.wrong_protocol", find(|ctx| first_of(&[revisions::probes, probes::scheme], ctx))),
    ("rbac.workload_forbidden", none("rights are given by whoever owns the namespace's roles, not by a repair")),
    ("scheduling.host_port_conflict", find(revisions::placement)),
    ("scheduling.insufficient_cpu", find(|ctx| first_of(&[revisions::resources, amounts::less_cpu], ctx))),
    ("scheduling.insufficient_ephemeral_storage", none(CAPACITY)),
    ("scheduling.insufficient_extended_resource", find(revisions::resources)),
    ("scheduling.insufficient_memory", find(|ctx| first_of(&[revisions::resources, amounts::less_memory], ctx))),
    ("scheduling.no_nodes", none(CAPACITY)),
    ("scheduling.node_affinity_unmatched", find(revisions::placement)),
    ("scheduling.node_cordoned", find(nodes::uncordon)),
    ("scheduling.node_name_missing", find(revisions::placement)),
    ("scheduling.node_selector_unmatched", find(|ctx| first_of(&[selectors::node, revisions::placement], ctx))),
    ("scheduling.pod_affinity_unmatched", find(revisions::placement)),
    ("scheduling.pod_anti_affinity", none(CAPACITY)),
    ("scheduling.pod_capacity", none(CAPACITY)),
    ("scheduling.preempted", none(CAPACITY)),
    ("scheduling.scheduler_name_unknown", find(revisions::placement)),
    ("scheduling.scheduling_gated", none("whatever holds the gate opens it, when it is done")),
    ("scheduling.taint_untolerated", find(revisions::placement)),
    ("scheduling.topology_spread", find(revisions::placement)),
    ("scheduling.unschedulable", find(revisions::placement)),
    ("scheduling.volume_limit", none(CAPACITY)),
    ("service.external_name_invalid", none("what name is meant only its owner knows")),
    ("service.load_balancer_pending", none("the cloud's answer has to be followed where the cloud is run")),
    ("service.no_ready_endpoints", none("why its pods are not ready the input does not say")),
    ("service.port_name_unknown", find(ports::target)),
    ("service.protocol_mismatch", find(ports::protocol)),
    ("service.selector_matches_nothing", find(selectors::service)),
    ("service.target_port_mismatch", find(ports::target)),
    ("storage.access_mode_unmatched", none(STORAGE)),
    ("storage.attach_failed", none(STORAGE)),
    ("storage.claim_lost", none(STORAGE)),
    ("storage.claim_missing", find(revisions::volumes)),
    ("storage.claim_unbound", none(STORAGE)),
    ("storage.class_missing", none(STORAGE)),
    ("storage.mount_failed", none(STORAGE)),
    ("storage.multi_attach", none(STORAGE)),
    ("storage.no_default_class", none(STORAGE)),
    ("storage.no_volume", none(STORAGE)),
    ("storage.provisioning_failed", none(STORAGE)),
    ("storage.reclaim_released", none(STORAGE)),
    ("storage.resize_failed", none(STORAGE)),
    ("storage.several_default_classes", none(STORAGE)),
    ("storage.volume_already_bound", none(STORAGE)),
    ("storage.volume_node_affinity", none(STORAGE)),
    ("storage.volume_permission", find(revisions::security)),
    ("storage.volume_selector_unmatched", none(STORAGE)),
    ("storage.volume_too_small", none(STORAGE)),
    ("tls.certificate_expired", none(CERTIFICATE)),
    ("tls.certificate_untrusted", none(CERTIFICATE)),
    ("tls.clock_skew", none("the clock of a node has to be set")),
    ("tls.name_mismatch", none(CERTIFICATE)),
    ("tls.protocol_mismatch", find(revisions::settings)),
    ("workload.exits_cleanly", find(revisions::program)),
    ("workload.finalizer_stuck", none("a finalizer guards something outside: to remove it may leave that behind for good")),
    ("workload.paused", find(scaling::resume)),
    ("workload.progress_deadline", find(revisions::back)),
    ("workload.selector_mismatch", none("a workload's selector cannot be changed: it is made anew by its owner")),
    ("workload.zero_replicas", find(scaling::from_zero)),
];

#[cfg(test)]
mod tests {
    use assent_diagnosis::cause;

    use super::*;

    #[test]
    fn every_cause_of_the_catalogue_has_exactly_one_row() {
        let rows: Vec<&str> = TABLE.iter().map(|(id, _)| *id).collect();
        let causes: Vec<&str> = cause::catalogue().iter().map(|cause| cause.id).collect();
        assert_eq!(rows, causes, "the table follows the catalogue, in its order");
    }

    #[test]
    fn a_reason_is_a_sentence_without_its_full_stop() {
        for (id, remedy) in TABLE {
            if let Remedy::None(why) = remedy {
                assert!(why.len() > 20 && !why.ends_with('.'), "{id}");
            }
        }
    }
}
