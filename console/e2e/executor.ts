// An executor in a few lines: it says what is pinned, takes up work and tells steps. It changes nothing anywhere.
import type { Session } from "./platform";

type Summary = { id: string; cluster: string; state: string };
type Work = { run?: { plan: string; bytes: string; warrant: string }[]; stop?: { plan: string; vote: string }[] };

export class Executor {
  private readonly told = new Map<string, number>();
  private constructor(
    readonly cluster: string,
    private readonly url: string,
    private readonly token: string,
  ) {}

  /** Adds an executor to a cluster, and has it say that the manifest was applied as it came. */
  static async install(session: Session, cluster: string): Promise<Executor> {
    const { cluster_uid } = await session.call<{ cluster_uid: string }>("GET", `/api/v1/clusters/${cluster}`);
    const { manifest } = await session.call<{ manifest: string }>("POST", `/api/v1/clusters/${cluster}/executor`, { endpoint: "https://assent.example.org" });
    const key = /^ +key: "?([^\s"]+)"?$/m.exec(manifest)?.[1];
    const pinned = /^ +pinned\.yaml: \|\n((?: {4}.*\n|\n)+)/m.exec(manifest)?.[1]?.replace(/^ {4}/gm, "");
    if (!key || !pinned) throw new Error("the manifest has no key, or pins nothing");
    const { token } = await post<{ token: string }>(session.url, "/api/v1/observer/token", { key });
    const executor = new Executor(cluster, session.url, token);
    await executor.call("/api/v1/executor/hello", { cluster_uid, version: "0.1.0", pinned });
    return executor;
  }

  work(): Promise<Work> {
    return this.call<Work>("/api/v1/executor/work", { wait_s: 10 });
  }

  /** Tells the next steps of a run. */
  async tell(plan: string, ...steps: Record<string, unknown>[]): Promise<void> {
    for (const step of steps) {
      const number = (this.told.get(plan) ?? 0) + 1;
      this.told.set(plan, number);
      await this.call(`/api/v1/executor/plans/${plan}/steps`, { step: { number, at: new Date().toISOString(), step } });
    }
  }

  private call<T>(path: string, body: unknown): Promise<T> {
    return post<T>(this.url, path, body, { authorization: `Bearer ${this.token}` });
  }
}

/** The first plan in one of these states, as soon as there is one. */
export async function firstPlan(session: Session, state = "advice,awaiting"): Promise<string> {
  for (let tries = 0; tries < 300; tries += 1) {
    const { items } = await session.call<{ items: Summary[] }>("GET", `/api/v1/plans?state=${state}`);
    if (items[0]) return items[0].id;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`no plan is ${state}`);
}

async function post<T>(url: string, path: string, body: unknown, headers: Record<string, string> = {}): Promise<T> {
  const answer = await fetch(url + path, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
  return (text ? JSON.parse(text) : {}) as T;
}
