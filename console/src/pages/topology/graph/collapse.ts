// What is drawn: the units that are seen, each with the ties of all that is folded into it.
import { worst, type Graph, type Health } from "./model";
import type { Unit } from "./units";

export type Item = {
  id: string;
  unit: Unit;
  health: Health;
  broken: number;
  degraded: number;
  /** Objects that are folded into it; 0 when it stands for itself alone. */
  folded: number;
  /** Whether it can be opened, or closed again. */
  opens: boolean;
  open: boolean;
  incidents: readonly string[];
};

/** `from` depends on `to`; `ties` of them are drawn as one. */
export type Link = { from: number; to: number; ties: number; kinds: readonly string[]; /** To a hub. */ quiet: boolean };
export type View = { items: readonly Item[]; links: readonly Link[]; /** The item that an object is drawn in, by place; -1 if it is not shown. */ itemOf: Int32Array };

export function viewOf(graph: Graph, units: readonly Unit[], open: ReadonlySet<string>): View {
  const items: Item[] = [];
  const itemOf = new Int32Array(graph.nodes.length).fill(-1);
  const draw = (unit: Unit, members: readonly number[], folded: number, isOpen: boolean) => {
    for (const place of members) itemOf[place] = items.length;
    const nodes = members.flatMap((place) => graph.nodes[place] ?? []);
    items.push({
      id: unit.id,
      unit,
      health: worst(nodes.map(({ health }) => health)),
      broken: nodes.filter(({ health }) => health === "broken").length,
      degraded: nodes.filter(({ health }) => health === "degraded").length,
      folded,
      opens: unit.inside.length > 0,
      open: isOpen,
      incidents: [...new Set(nodes.flatMap(({ incidents }) => incidents ?? []))],
    });
  };
  const walk = (unit: Unit) => {
    if (unit.inside.length === 0) draw(unit, unit.members, 0, false);
    else if (!open.has(unit.id)) draw(unit, unit.members, unit.members.length - (unit.node === undefined ? 0 : 1), false);
    else {
      if (unit.node !== undefined) draw(unit, [unit.node], 0, true);
      unit.inside.forEach(walk);
    }
  };
  units.forEach(walk);
  return { items, links: linksOf(graph, items, itemOf), itemOf };
}

/**
 * What so many depend on says little by lines and hides all others: its ties are drawn only when it is asked for. For what belongs to no
 * namespace, as nodes and classes, fewer will do.
 */
const HUB_FROM = { inside: 20, outside: 5 };

function linksOf(graph: Graph, items: readonly Item[], itemOf: Int32Array): Link[] {
  const links = new Map<string, { from: number; to: number; ties: number; kinds: Set<string> }>();
  graph.dependencies.forEach((ties, place) => {
    const from = itemOf[place] ?? -1;
    if (from < 0) return;
    for (const { other, kind } of ties) {
      const to = itemOf[other] ?? -1;
      if (to < 0 || to === from) continue;
      const link = links.get(`${from} ${to}`) ?? { from, to, ties: 0, kinds: new Set<string>() };
      link.ties += 1;
      link.kinds.add(kind);
      links.set(`${from} ${to}`, link);
    }
  });
  const needed = new Int32Array(itemOf.length);
  for (const { to } of links.values()) needed[to] = (needed[to] ?? 0) + 1;
  const isInside = (item: number) => items[item]?.unit.members.some((place) => graph.nodes[place]?.namespace) ?? false;
  return [...links.values()].map(({ kinds, ...link }) => ({ ...link, kinds: [...kinds].sort(), quiet: (needed[link.to] ?? 0) >= (isInside(link.to) ? HUB_FROM.inside : HUB_FROM.outside) }));
}
