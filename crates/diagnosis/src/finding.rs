//! A finding is a symptom on an entity, with the words that show it.

use assent_base::Timestamp;
use assent_capture::source::Cite;
use assent_evidence::EntityId;

/// Some words of the input, and what they are about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quote {
    /// Where the words are.
    pub cite: Cite,
    /// The entity they are about.
    pub about: EntityId,
    /// When what they say was so, where known.
    pub time: Option<Timestamp>,
}

/// How bad a symptom is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; no incident by itself.
    Notice,
    /// Something is not as asked for.
    Degraded,
    /// Something does not work.
    Broken,
}

macro_rules! symptoms {
    ($($(#[doc = $doc:literal])* $name:ident $id:literal;)*) => {
        /// What is visibly wrong. Symptoms are what causes explain; they are no causes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Symptom { $($(#[doc = $doc])* $name,)* }

        impl Symptom {
            /// The stable id.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self { $(Symptom::$name => $id,)* }
            }
        }
    };
}

symptoms! {
    /// The scheduler finds no node for a pod.
    PodUnschedulable "pod.unschedulable";
    /// A controller is refused when it creates pods.
    PodNotCreated "pod.not_created";
    /// An image cannot be pulled.
    ImagePull "container.image_pull";
    /// A container's configuration cannot be assembled: `CreateContainerConfigError`.
    ContainerConfig "container.config";
    /// The runtime cannot create or start a container.
    ContainerStart "container.start";
    /// A pod hangs before its containers exist: volumes, sandbox.
    PodStuckCreating "pod.stuck_creating";
    /// A container ends and is started again and again, or ended with an error.
    ContainerCrash "container.crash";
    /// A container was killed for want of memory.
    OomKilled "container.oom_killed";
    /// A container runs and is not ready.
    NotReady "pod.not_ready";
    /// A probe fails.
    ProbeFailing "container.probe_failing";
    /// A pod was evicted.
    Evicted "pod.evicted";
    /// A pod failed for a reason of its own: deadline, admission by the kubelet.
    PodFailed "pod.failed";
    /// A pod does not go away.
    PodStuckTerminating "pod.stuck_terminating";
    /// A workload has fewer replicas than asked for.
    ReplicasUnavailable "workload.replicas_unavailable";
    /// A rollout makes no progress.
    RolloutStuck "workload.rollout_stuck";
    /// A workload is asked to have no replicas.
    NoReplicasWanted "workload.no_replicas_wanted";
    /// A job failed.
    JobFailed "job.failed";
    /// A cron job does not run.
    CronJobIdle "cronjob.idle";
    /// A Service has no ready endpoint.
    NoEndpoints "service.no_endpoints";
    /// A Service is asked for in a way it does not answer: wrong port, wrong protocol.
    ServiceMismatch "service.mismatch";
    /// An ingress or route leads nowhere.
    RouteBroken "route.broken";
    /// A claim is not bound.
    ClaimPending "claim.pending";
    /// A claim is smaller than asked for.
    ClaimNotResized "claim.not_resized";
    /// A node is not ready.
    NodeNotReady "node.not_ready";
    /// A node is under pressure.
    NodePressure "node.pressure";
    /// An autoscaler cannot scale.
    AutoscalerStuck "autoscaler.stuck";
    /// Disruptions are not allowed though something waits for one.
    DisruptionBlocked "disruption.blocked";
    /// A namespace or object does not go away.
    StuckDeleting "object.stuck_deleting";
    /// An alert fires.
    Alert "alert.firing";
    /// A log complains.
    LogComplaint "log.complaint";
    /// Requests are slow.
    Slow "workload.slow";
    /// A container is throttled.
    Throttled "container.throttled";
    /// A part of the control plane or the cluster network fails.
    ClusterPartFailing "cluster.part_failing";
    /// A check by hand failed: `nc`, `curl`, `nslookup`.
    CheckFailed "check.failed";
    /// A setting names an address that nothing in the cluster answers.
    AddressDangling "config.address_dangling";
    /// An object is refused by admission.
    ObjectRefused "object.refused";
}

/// A symptom on an entity.
#[derive(Debug, Clone)]
pub struct Finding {
    /// What is wrong.
    pub symptom: Symptom,
    /// Where.
    pub on: EntityId,
    /// The container, where it is one container's.
    pub container: Option<Box<str>>,
    /// One sentence, without a full stop.
    pub says: String,
    /// The words that show it.
    pub quotes: Vec<Quote>,
    /// How bad it is.
    pub severity: Severity,
    /// Since when, where known.
    pub since: Option<Timestamp>,
    /// The machine's own word for it: `CrashLoopBackOff`, `FailedScheduling`, an alert's name.
    pub reason: Box<str>,
}
