// What a plan reaches, as a part of the graph of its cluster. Which objects those are, its bytes say; how they are tied, the cluster as it is now.
import type { Schemas } from "../api/client";
import type { EntityName } from "./domains";
import type { Plan } from "./plan";

type Topology = Pick<Schemas["Topology"], "nodes" | "edges">;

const circles = [
  ["direct", "changed"],
  ["adjacent", "tied to it"],
  ["downstream", "depends on it"],
] as const;

const keyOf = ({ kind, namespace, name }: { kind: string; namespace?: string | null | undefined; name: string }): string => JSON.stringify([kind, namespace ?? "", name]);

/** The nodes that are reached, each with its circle for a note, and the ties among them. What the cluster no longer has stands alone. */
export function reachGraph({ nodes, edges }: Topology, radius: Plan["blast_radius"]): Topology {
  const notes = new Map<string, { note: string; object: EntityName }>();
  for (const [circle, note] of circles) for (const { object } of radius[circle].objects) if (!notes.has(keyOf(object))) notes.set(keyOf(object), { note, object });
  const place = new Map<number, number>();
  const kept: Topology["nodes"] = [];
  const add = (node: Topology["nodes"][number], note: string): number => kept.push({ ...node, note, incidents: [] }) - 1;
  for (const [at, node] of nodes.entries()) {
    const found = notes.get(keyOf(node));
    if (!found) continue;
    place.set(at, add(node, found.note));
    notes.delete(keyOf(node));
  }
  for (const { note, object } of notes.values()) add({ ...object, health: "unknown" }, `${note}, gone`);
  return {
    nodes: kept.map(({ owner, ...node }) => {
      const owned = owner == null ? undefined : place.get(owner);
      return owned === undefined ? node : { ...node, owner: owned };
    }),
    edges: edges.flatMap(({ from, to, ...edge }) => {
      const [start, end] = [place.get(from), place.get(to)];
      return start === undefined || end === undefined ? [] : [{ ...edge, from: start, to: end }];
    }),
  };
}
