// What an observer may read, profile by profile, and why: the rows of the ClusterRole, as `crates/observe/src/profile.rs` has them. A
// test holds them against the role that the observer renders.
import type { Schemas } from "../../api/client";

export type Profile = Schemas["Profile"];

export type Rights = {
  /** Resources with their group, as `kubectl auth can-i` takes them. */
  resources: readonly string[];
  verbs: "get, list, watch" | "get, list" | "get";
  why: string;
};

export type ProfileAbout = { profile: Profile; title: string; about: string; rights: readonly Rights[] };

const FOLLOW = "get, list, watch";

export const profiles: readonly ProfileAbout[] = [
  {
    profile: "core",
    title: "Core",
    about: "What every diagnosis starts from. Always there.",
    rights: [
      { resources: ["pods"], verbs: FOLLOW, why: "Whether containers run, restart, wait for an image or fail their probes. Names and keys of Secrets are read off here, never their values." },
      { resources: ["nodes"], verbs: FOLLOW, why: "Readiness, pressure, taints and room: why a pod is not scheduled or was evicted." },
      { resources: ["namespaces"], verbs: FOLLOW, why: "Which parts the cluster has, and which are being deleted." },
      { resources: ["deployments.apps", "replicasets.apps"], verbs: FOLLOW, why: "What should run, how many are ready, and what the last rollout changed." },
      { resources: ["services", "endpoints"], verbs: FOLLOW, why: "Whether a service selects pods at all, and which addresses stand behind it." },
      { resources: ["ingresses.networking.k8s.io"], verbs: FOLLOW, why: "Which service an outside address leads to." },
      { resources: ["events"], verbs: FOLLOW, why: "What the cluster itself says went wrong: failed pulls, mounts, schedulings, kills." },
      { resources: ["configmaps"], verbs: FOLLOW, why: "Which setting changed before something broke, and which one is missing. Redacted before it leaves." },
    ],
  },
  {
    profile: "workloads",
    title: "Workloads",
    about: "The other kinds of workload, and what limits, stores and connects them.",
    rights: [
      { resources: ["statefulsets.apps", "daemonsets.apps"], verbs: FOLLOW, why: "Workloads that are no deployments: databases, agents on each node." },
      { resources: ["jobs.batch", "cronjobs.batch"], verbs: FOLLOW, why: "Batch work that failed, or did not start at its time." },
      { resources: ["horizontalpodautoscalers.autoscaling"], verbs: FOLLOW, why: "Why there are as many replicas as there are." },
      { resources: ["poddisruptionbudgets.policy"], verbs: FOLLOW, why: "What holds up a drain or a rollout." },
      { resources: ["persistentvolumeclaims", "persistentvolumes", "storageclasses.storage.k8s.io"], verbs: FOLLOW, why: "Why a volume is not bound, or a pod waits for it." },
      { resources: ["resourcequotas", "limitranges"], verbs: FOLLOW, why: "Whether a quota or a limit turned a pod away." },
      { resources: ["networkpolicies.networking.k8s.io"], verbs: FOLLOW, why: "Whether a policy cuts a connection that is needed." },
      { resources: ["endpointslices.discovery.k8s.io"], verbs: FOLLOW, why: "Which addresses of a service are ready, where endpoints alone do not tell." },
    ],
  },
  {
    profile: "logs",
    title: "Logs",
    about: "Excerpts of logs, of containers that are ill and of no others, redacted before they leave.",
    rights: [{ resources: ["pods/log"], verbs: "get", why: "What a container said before it died. Often the only place that names the cause." }],
  },
  {
    profile: "metrics",
    title: "Metrics",
    about: "Use of CPU and memory as metrics-server shows it.",
    rights: [{ resources: ["pods.metrics.k8s.io", "nodes.metrics.k8s.io"], verbs: "get, list", why: "Whether memory or CPU ran out, and since when." }],
  },
  {
    profile: "gitops",
    title: "GitOps",
    about: "What Argo CD, Flux and Crossplane say they applied, and from where.",
    rights: [
      { resources: ["applications.argoproj.io", "appprojects.argoproj.io"], verbs: FOLLOW, why: "Which commit Argo CD applied, and whether it is in sync." },
      { resources: ["kustomizations.kustomize.toolkit.fluxcd.io", "helmreleases.helm.toolkit.fluxcd.io"], verbs: FOLLOW, why: "Which revision Flux applied, and what it could not apply." },
      {
        resources: ["gitrepositories.source.toolkit.fluxcd.io", "helmrepositories.source.toolkit.fluxcd.io", "ocirepositories.source.toolkit.fluxcd.io"],
        verbs: FOLLOW,
        why: "Where an applied object comes from.",
      },
      { resources: ["compositeresourcedefinitions.apiextensions.crossplane.io"], verbs: FOLLOW, why: "Which kinds Crossplane serves here. Claims themselves are not read." },
    ],
  },
  {
    profile: "tests",
    title: "Tests",
    about: "Testkube’s workflows and how they ended.",
    rights: [
      { resources: ["testworkflows.testworkflows.testkube.io", "testworkflowexecutions.testworkflows.testkube.io"], verbs: FOLLOW, why: "Whether a test failed around the time something broke." },
    ],
  },
];

/** What no profile contains, whatever is chosen. */
export const never = ["Secrets", "any verb that writes", "exec, attach and port-forward", "impersonation"] as const;
