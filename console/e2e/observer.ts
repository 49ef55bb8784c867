// A small observer: it sends what a test wants the platform to have seen.
import { randomBytes } from "node:crypto";

import type { Session } from "./platform";

/** What an observer lists at its start; before all of it is there, absence means nothing and nothing is examined. */
const LISTED = ["Pod", "Node", "Namespace", "Deployment", "ReplicaSet", "Service", "Endpoints", "Ingress", "Event", "ConfigMap"] as const;

export type KubeObject = { apiVersion: string; kind: string; metadata: Record<string, unknown>; [field: string]: unknown };

export class Observer {
  private seq = 0;
  private readonly began = new Date().toISOString();
  private constructor(
    readonly cluster: string,
    private readonly url: string,
    private readonly token: string,
    private readonly stream: string,
  ) {}

  /** Adds an environment and a cluster, and connects to it with the key of the manifest. */
  static async connect(session: Session, environment = "tests", name = "hostile"): Promise<Observer> {
    const { id } = await session.call<{ id: string }>("POST", "/api/v1/environments", { name: environment, criticality: "lab" });
    const added = await session.call<{ cluster: { id: string }; manifest: string }>("POST", "/api/v1/clusters", { name, environment: id, profiles: ["workloads", "logs"], endpoint: "https://assent.example.org" });
    const key = /^ +key: "?([^\s"]+)"?$/m.exec(added.manifest)?.[1];
    if (!key) throw new Error("the manifest has no key");
    const { token } = await post<{ token: string }>(session.url, "/api/v1/observer/token", { key });
    const observer = new Observer(added.cluster.id, session.url, token, randomBytes(16).toString("hex"));
    await observer.send("/api/v1/observer/hello", { cluster_uid: `uid-${added.cluster.id}`, kubernetes: "v1.36.0", profiles: ["core", "workloads", "logs"], state: observer.state() });
    return observer;
  }

  /** Tells that these objects are as they stand here. */
  async saw(...objects: KubeObject[]): Promise<void> {
    const at = new Date().toISOString();
    const signals = objects.map((body) => ({ seq: ++this.seq, signal: { object: { at, body } } }));
    await this.send("/api/v1/observer/signals", { signals });
  }

  /** Tells that everything was listed: what was not seen since the beginning is gone. */
  async listed(): Promise<void> {
    const at = this.began;
    await this.send("/api/v1/observer/signals", { signals: LISTED.map((kind) => ({ seq: ++this.seq, signal: { listed: { at, kind } } })) });
  }

  async log(namespace: string, pod: string, container: string, text: string): Promise<void> {
    const log = { at: new Date().toISOString(), namespace, pod, container, previous: false, text };
    await this.send("/api/v1/observer/signals", { signals: [{ seq: ++this.seq, signal: { log } }] });
  }

  private state() {
    return { version: "0.1.0", started_at: new Date().toISOString(), buffered_bytes: 0, dropped: 0, redacted: 0 };
  }

  private send(path: string, body: Record<string, unknown>): Promise<unknown> {
    return post(this.url, path, { stream: this.stream, ...body }, { authorization: `Bearer ${this.token}` });
  }
}

async function post<T>(url: string, path: string, body: unknown, headers: Record<string, string> = {}): Promise<T> {
  const answer = await fetch(url + path, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}
