// Changes of clusters. Every sign of life of an observer counts the version up, so a version that is some seconds old is nearly always
// stale: what matters is whether what the form showed is still so.
import { answer, api, ifMatch, isProblem, type Schemas } from "../../../api/client";

type Cluster = Schemas["Cluster"];
type Identity = Pick<Cluster, "name" | "environment">;

const TRIES_MAX = 4;

/** Whether what people decide about a cluster is as they saw it. */
export function isAsSeen(seen: Identity & { key?: string | null }, now: Identity & { key?: string | null }): boolean {
  return seen.name === now.name && seen.environment === now.environment && (seen.key ?? null) === (now.key ?? null);
}

/** Does something with a cluster as it was seen; again while only its observer was faster. */
export async function asSeen<T>(seen: Cluster, act: (version: number) => Promise<T>, read: (id: string) => Promise<Cluster> = readCluster): Promise<T> {
  let version = seen.version;
  for (let tries = 1; ; tries += 1) {
    try {
      return await act(version);
    } catch (error) {
      if (!isProblem(error, "stale") || tries >= TRIES_MAX) throw error;
      const now = await read(seen.id);
      if (!isAsSeen(seen, now)) throw error;
      version = now.version;
    }
  }
}

function readCluster(cluster: string): Promise<Cluster> {
  return answer(api.GET("/api/v1/clusters/{cluster}", { params: { path: { cluster } } }));
}

export function updateCluster(seen: Cluster, body: Schemas["UpdateCluster"]): Promise<Cluster> {
  return asSeen(seen, (version) => answer(api.PATCH("/api/v1/clusters/{cluster}", { params: { path: { cluster: seen.id }, header: ifMatch(version) }, body })));
}

export function rotateKey({ id }: Cluster): Promise<Schemas["NewCluster"]> {
  return answer(api.POST("/api/v1/clusters/{cluster}/key", { params: { path: { cluster: id } } }));
}

export function revokeKey(seen: Cluster): Promise<unknown> {
  return asSeen(seen, (version) => answer(api.DELETE("/api/v1/clusters/{cluster}/key", { params: { path: { cluster: seen.id }, header: ifMatch(version) } })));
}

export function deleteCluster(seen: Cluster): Promise<unknown> {
  return asSeen(seen, (version) => answer(api.DELETE("/api/v1/clusters/{cluster}", { params: { path: { cluster: seen.id }, header: ifMatch(version) } })));
}
