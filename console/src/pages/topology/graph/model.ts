// The graph of a cluster as pages work with it: objects by their place, ties in both directions, owners and what they own.
import type { Schemas } from "../../../api/client";

export type GraphNode = Schemas["TopologyNode"];
export type GraphEdge = Schemas["TopologyEdge"];
export type Health = Schemas["Health"];
export type Tie = { other: number; kind: string };

export type Graph = {
  nodes: readonly GraphNode[];
  /** The id of each object, and its place by id. */
  ids: readonly string[];
  places: ReadonlyMap<string, number>;
  /** What an object depends on, and who depends on it. */
  dependencies: readonly (readonly Tie[])[];
  dependants: readonly (readonly Tie[])[];
  owners: readonly (number | undefined)[];
  owned: readonly (readonly number[])[];
};

export function idOf({ kind, namespace, name }: Pick<GraphNode, "kind" | "namespace" | "name">): string {
  return `${kind}/${namespace ?? ""}/${name}`;
}

/** Ties to places that do not exist are left out, and so are owners that own themselves in the end. */
export function graphOf({ nodes, edges }: { nodes: readonly GraphNode[]; edges: readonly GraphEdge[] }): Graph {
  const ids = nodes.map(idOf);
  const dependencies: Tie[][] = nodes.map(() => []);
  const dependants: Tie[][] = nodes.map(() => []);
  for (const { from, to, kind } of edges) {
    const [down, up] = [dependencies[from], dependants[to]];
    if (down === undefined || up === undefined || from === to) continue;
    down.push({ other: to, kind });
    up.push({ other: from, kind });
  }
  const owners = nodes.map(({ owner }, place) => (endsAtTop(nodes, place) ? (owner ?? undefined) : undefined));
  const owned: number[][] = nodes.map(() => []);
  owners.forEach((owner, place) => owner !== undefined && owned[owner]?.push(place));
  return { nodes, ids, places: new Map(ids.map((id, place) => [id, place])), dependencies, dependants, owners, owned };
}

const OWNERS_MAX = 16;

function endsAtTop(nodes: readonly GraphNode[], place: number): boolean {
  let at: number | undefined = place;
  for (let step = 0; step < OWNERS_MAX; step++) {
    const next: number | null | undefined = nodes[at]?.owner;
    if (next === undefined || next === null) return true;
    if (nodes[next] === undefined) return false;
    at = next;
  }
  return false;
}

/** The places of a namespace, and of what belongs to none and is tied to it. Everything, if no namespace is named. */
export function within(graph: Graph, namespace: string | undefined): number[] {
  const all = graph.nodes.map((_, place) => place);
  if (namespace === undefined) return all;
  const inside = (place: number) => graph.nodes[place]?.namespace === namespace;
  const tied = (place: number) => [...(graph.dependants[place] ?? []), ...(graph.dependencies[place] ?? [])].some(({ other }) => inside(other));
  return all.filter((place) => inside(place) || (!graph.nodes[place]?.namespace && tied(place)));
}

/** All namespaces, sorted. */
export function namespacesOf({ nodes }: Pick<Graph, "nodes">): string[] {
  return [...new Set(nodes.flatMap(({ namespace }) => (namespace ? [namespace] : [])))].sort();
}

const badness: Record<Health, number> = { unknown: 0, healthy: 1, degraded: 2, broken: 3 };

export const worse = (one: Health, other: Health): number => badness[one] - badness[other];

export function worst(healths: Iterable<Health>): Health {
  let found: Health = "unknown";
  for (const health of healths) if (worse(health, found) > 0) found = health;
  return found;
}

/** Lists by key, in the order of their first entry. */
export function grouped<T, K>(list: readonly T[], keyOf: (entry: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const entry of list) {
    const key = keyOf(entry);
    const group = groups.get(key);
    if (group) group.push(entry);
    else groups.set(key, [entry]);
  }
  return groups;
}
