// Objects of a cluster in which something is wrong.
import type { KubeObject } from "./observer";

/** A Deployment whose image was never pushed, with its pod and what the kubelet says of it. */
export function illDeployment(name: string, namespace = "shop"): KubeObject[] {
  const now = new Date().toISOString();
  const image = `registry.example/${name}:v2`;
  const labels = { app: name };
  const of = (kind: string, object: string, owner?: { kind: string; name: string }) => ({
    namespace,
    name: object,
    uid: `${kind}-${object}`,
    creationTimestamp: now,
    labels,
    ...(owner && { ownerReferences: [{ apiVersion: "apps/v1", kind: owner.kind, name: owner.name, uid: `${owner.kind}-${owner.name}`, controller: true }] }),
  });
  const spec = { containers: [{ name: "app", image }] };
  const template = { metadata: { labels }, spec };
  const set = { kind: "ReplicaSet", name: `${name}-6d8` };
  const pod = `${name}-6d8-x2x`;
  return [
    { apiVersion: "apps/v1", kind: "Deployment", metadata: of("Deployment", name), spec: { replicas: 1, selector: { matchLabels: labels }, template }, status: { replicas: 1, unavailableReplicas: 1 } },
    { apiVersion: "apps/v1", kind: "ReplicaSet", metadata: of("ReplicaSet", set.name, { kind: "Deployment", name }), spec: { replicas: 1, selector: { matchLabels: labels }, template }, status: { replicas: 1 } },
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: of("Pod", pod, set),
      spec: { nodeName: "node-a", ...spec },
      status: {
        phase: "Pending",
        containerStatuses: [{ name: "app", image, imageID: "", ready: false, restartCount: 0, state: { waiting: { reason: "ImagePullBackOff", message: `Back-off pulling image "${image}": ErrImagePull: ${image}: not found` } } }],
      },
    },
    {
      apiVersion: "v1",
      kind: "Event",
      metadata: of("Event", `${pod}.1`),
      involvedObject: { kind: "Pod", namespace, name: pod, uid: `Pod-${pod}` },
      type: "Warning",
      reason: "Failed",
      message: `Failed to pull image "${image}": rpc error: code = NotFound desc = failed to resolve reference "${image}": ${image}: not found`,
      firstTimestamp: now,
      lastTimestamp: now,
      count: 3,
    },
  ];
}
