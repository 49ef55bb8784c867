// Who is concerned when something fails: everything that reaches it over ties.
import type { Graph } from "./model";

/** The places that depend on any of these, directly or through others; these themselves are not among them. */
export function blastRadius({ dependants }: Pick<Graph, "dependants">, failed: Iterable<number>): Set<number> {
  const from = new Set(failed);
  const reached = new Set<number>();
  const ahead = [...from];
  for (let place = ahead.pop(); place !== undefined; place = ahead.pop()) {
    for (const { other } of dependants[place] ?? []) {
      if (from.has(other) || reached.has(other)) continue;
      reached.add(other);
      ahead.push(other);
    }
  }
  return reached;
}

const KINDS_NAMED = 3;

/** `1 Service is concerned`, `7 objects are concerned: 4 Pods, 2 Services and 1 other`. */
export function concernedWords({ nodes }: Pick<Graph, "nodes">, places: ReadonlySet<number>): string {
  if (places.size === 0) return "nothing else is concerned";
  const kinds = new Map<string, number>();
  for (const place of places) {
    const kind = nodes[place]?.kind ?? "";
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  const sorted = [...kinds].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const named = sorted.slice(0, KINDS_NAMED).map(([kind, count]) => `${count} ${plural(kind, count)}`);
  const others = sorted.slice(KINDS_NAMED).reduce((sum, [, count]) => sum + count, 0);
  const parts = others > 0 ? [...named, `${others} ${others === 1 ? "other" : "others"}`] : named;
  const list = parts.length > 1 ? `${parts.slice(0, -1).join(", ")} and ${parts.at(-1) ?? ""}` : (parts[0] ?? "");
  if (kinds.size > 1) return `${places.size} objects are concerned: ${list}`;
  return `${list} ${places.size === 1 ? "is" : "are"} concerned`;
}


/** `Ingresses`, `NetworkPolicies`, `Pods`. */
export function plural(kind: string, count: number): string {
  if (count === 1) return kind;
  if (/(s|x|ch)$/.test(kind)) return kind.endsWith("ints") ? kind : `${kind}es`;
  return /[^aeiou]y$/.test(kind) ? `${kind.slice(0, -1)}ies` : `${kind}s`;
}
