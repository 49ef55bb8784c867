// What folds into what: objects into the workload that owns them, workloads into their namespace. A namespace with very many folds by kind
// in between, so that opening anything never shows thousands at once.
import { plural } from "./blast";
import { grouped, type Graph } from "./model";

export type Unit = {
  id: string;
  /** What a person reads: a namespace, `Pods`, or nothing for what is an object itself. */
  group?: { word: "namespace" | "kind"; label: string };
  /** The object that this is: a workload, or anything that owns nothing. */
  node?: number;
  /** All objects in it, itself included. */
  members: readonly number[];
  inside: readonly Unit[];
};

/** Units of a namespace from which on they fold by kind. */
const KINDS_FROM = 120;
/** Units of one kind that are worth a fold of their own. */
const KIND_MIN = 8;
/** So few are shown whole; of more, the cards would be too small to read. */
const WHOLE_MAX = 48;
/** How much of what fits is opened for what is broken, so that it can be read without going near. */
const ILL_SHARE = 0.4;

/** The units of these places, by namespace; what has no namespace comes last, by kind. */
export function unitsOf(graph: Graph, places: readonly number[]): Unit[] {
  const shown = new Set(places);
  const tops = places.filter((place) => !shown.has(graph.owners[place] ?? -1));
  const byNamespace = grouped(tops, (place) => graph.nodes[place]?.namespace ?? "");
  const names = [...byNamespace.keys()].sort((a, b) => (a === "" ? 1 : b === "" ? -1 : a < b ? -1 : 1));
  return names.flatMap((name): Unit[] => {
    const units = (byNamespace.get(name) ?? []).map((place) => workload(graph, shown, place));
    if (name === "") return byKind("", units, KIND_MIN);
    const inside = units.length >= KINDS_FROM ? byKind(name, units, KIND_MIN) : units;
    return [{ id: `namespace/${name}`, group: { word: "namespace", label: name }, members: units.flatMap(({ members }) => members), inside }];
  });

  function byKind(namespace: string, units: readonly Unit[], least: number): Unit[] {
    const kinds = grouped(units, ({ node }) => graph.nodes[node ?? -1]?.kind ?? "");
    return [...kinds].flatMap(([kind, same]): Unit[] =>
      same.length < least ? same : [{ id: `kind/${namespace}/${kind}`, group: { word: "kind", label: plural(kind, 2) }, members: same.flatMap(({ members }) => members), inside: same }],
    );
  }
}

/** An object with all that it owns, however deep, side by side. */
function workload(graph: Graph, shown: ReadonlySet<number>, place: number): Unit {
  const owned: number[] = [];
  const ahead = [place];
  for (let at = ahead.shift(); at !== undefined; at = ahead.shift()) {
    const next = (graph.owned[at] ?? []).filter((own) => shown.has(own));
    owned.push(...next);
    ahead.push(...next);
  }
  return { id: graph.ids[place] ?? "", node: place, members: [place, ...owned], inside: owned.map((own) => ({ id: graph.ids[own] ?? "", node: own, members: [own], inside: [] })) };
}

/** How many things are seen of a unit. */
export function seen(unit: Unit, open: ReadonlySet<string>): number {
  if (unit.inside.length === 0 || !open.has(unit.id)) return 1;
  return unit.inside.reduce((sum, inner) => sum + seen(inner, open), unit.node === undefined ? 0 : 1);
}

/** What is open at first: all of a few, or the workloads as far as they fit; of what is folded then, what has broken objects in it. */
export function openAtFirst(graph: Pick<Graph, "nodes">, units: readonly Unit[], limit: number): Set<string> {
  const groups = (list: readonly Unit[]): Unit[] => list.flatMap((unit) => (unit.inside.length === 0 ? [] : [unit, ...groups(unit.inside)]));
  const all = groups(units);
  const total = (open: ReadonlySet<string>) => units.reduce((sum, unit) => sum + seen(unit, open), 0);
  const whole = new Set(all.map(({ id }) => id));
  if (total(whole) <= Math.min(limit, WHOLE_MAX)) return whole;
  const folded = new Set(all.filter(({ node }) => node === undefined).map(({ id }) => id));
  const open = total(folded) <= limit ? folded : new Set<string>();
  const broken = (unit: Unit) => unit.members.filter((place) => graph.nodes[place]?.health === "broken").length;
  const ill = all.map((unit) => ({ unit, count: broken(unit) })).filter(({ count }) => count > 0);
  let left = Math.min(limit, Math.max(Math.floor(limit * ILL_SHARE), total(open) + WHOLE_MAX / 2)) - total(open);
  // Outer ones come first among equals, since what is inside of a closed one shows nothing.
  for (const { unit } of ill.sort((a, b) => b.count - a.count || b.unit.members.length - a.unit.members.length)) {
    const more = seen(unit, new Set([...open, unit.id])) - 1;
    if (open.has(unit.id) || more > left) continue;
    open.add(unit.id);
    left -= more;
  }
  return open;
}
