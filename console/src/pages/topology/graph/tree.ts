// The tree of a cluster: namespace, workload, what it owns; as the rows that are seen.
import { grouped, worst, type Graph, type Health } from "./model";

export type TreeRow = {
  id: string;
  level: number;
  /** A namespace, or what belongs to none. */
  label?: string;
  place?: number;
  health: Health;
  /** How many are beneath, and whether these are shown. */
  inside: number;
  open: boolean;
  /** Its place among its siblings, from 1, and their number. */
  nth: number;
  of: number;
};

/**
 * Rows in the order they are read. Namespaces begin open, workloads closed unless only some objects are wanted; `toggled` has what somebody
 * has turned since.
 */
export function treeRows(graph: Graph, places: readonly number[], toggled: ReadonlySet<string>, wanted: ReadonlySet<number> | undefined): TreeRow[] {
  const shown = new Set(wanted === undefined ? places : withOwners(graph, wanted, new Set(places)));
  const health = new Map<number, Health>();
  const healthOf = (place: number): Health => {
    const known = health.get(place);
    if (known !== undefined) return known;
    const found = worst([graph.nodes[place]?.health ?? "unknown", ...inside(place).map(healthOf)]);
    health.set(place, found);
    return found;
  };
  const inside = (place: number): number[] => (graph.owned[place] ?? []).filter((own) => shown.has(own));
  const total = (place: number): number => inside(place).reduce((sum, own) => sum + 1 + total(own), 0);
  const rows: TreeRow[] = [];
  const add = (siblings: readonly number[], level: number) => {
    inOrder(graph, siblings).forEach((place, at) => {
      const id = graph.ids[place] ?? "";
      // What stands between a workload and its pods opens with it.
      const begins = wanted !== undefined || level > 2;
      const own = inside(place);
      const open = own.length > 0 && begins !== toggled.has(id);
      rows.push({ id, level, place, health: open ? (graph.nodes[place]?.health ?? "unknown") : healthOf(place), inside: total(place), open, nth: at + 1, of: siblings.length });
      if (open) add(own, level + 1);
    });
  };
  const tops = grouped(
    [...shown].filter((place) => !shown.has(graph.owners[place] ?? -1)),
    (place) => graph.nodes[place]?.namespace ?? "",
  );
  const names = [...tops.keys()].sort((a, b) => (a === "" ? 1 : b === "" ? -1 : a < b ? -1 : 1));
  names.forEach((name, at) => {
    const own = tops.get(name) ?? [];
    const id = `namespace/${name}`;
    const open = !toggled.has(id);
    const count = own.reduce((sum, place) => sum + 1 + total(place), 0);
    rows.push({ id, level: 1, label: name === "" ? "Not in a namespace" : name, health: worst(own.map(healthOf)), inside: count, open, nth: at + 1, of: names.length });
    if (open) add(own, 2);
  });
  return rows;
}

function withOwners(graph: Graph, wanted: ReadonlySet<number>, among: ReadonlySet<number>): Set<number> {
  const found = new Set<number>();
  for (const start of wanted) {
    for (let place: number | undefined = start; place !== undefined && among.has(place) && !found.has(place); place = graph.owners[place]) found.add(place);
  }
  return found;
}

/** What owns something comes first, then by kind and name: an order that stays when something falls ill. */
function inOrder(graph: Graph, places: readonly number[]): number[] {
  const words = (place: number) => `${(graph.owned[place] ?? []).length > 0 ? 0 : 1} ${graph.ids[place] ?? ""}`;
  return [...places].sort((a, b) => (words(a) < words(b) ? -1 : 1));
}
