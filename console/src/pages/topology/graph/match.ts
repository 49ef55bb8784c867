// Which objects are looked for, and in which order a table has them.
import { worse, type Graph, type GraphNode, type Health } from "./model";

export type Wanted = { text?: string | undefined; kind?: string | undefined; health?: Health | undefined };
export type Sort = { by: "kind" | "namespace" | "name" | "health"; down: boolean };

export const isNarrow = ({ text, kind, health }: Wanted): boolean => Boolean(text || kind || health);

/** Every word must be somewhere in kind, namespace, name or note. */
export function matches(node: GraphNode, { text, kind, health }: Wanted): boolean {
  if (kind !== undefined && node.kind !== kind) return false;
  if (health !== undefined && node.health !== health) return false;
  const hay = `${node.kind} ${node.namespace ?? ""}/${node.name} ${node.note ?? ""}`.toLowerCase();
  return (text ?? "").toLowerCase().split(/\s+/).every((word) => hay.includes(word));
}

/** Sorted anew; equals stay in the order of kind, namespace and name. */
export function sorted({ nodes }: Pick<Graph, "nodes">, places: readonly number[], { by, down }: Sort): number[] {
  const order = (a: GraphNode, b: GraphNode): number => (by === "health" ? worse(b.health, a.health) : compare(a[by] ?? "", b[by] ?? ""));
  const rest = (a: GraphNode, b: GraphNode): number => compare(a.kind, b.kind) || compare(a.namespace ?? "", b.namespace ?? "") || compare(a.name, b.name);
  return [...places].sort((a, b) => {
    const [one, other] = [nodes[a], nodes[b]];
    if (one === undefined || other === undefined) return 0;
    return (down ? -1 : 1) * order(one, other) || rest(one, other);
  });
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
