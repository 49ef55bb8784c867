// Where things are drawn: dependants on the left of what they depend on. Parts that are not tied to each other are laid out alone and put
// side by side, and what is tied to nothing stands in a grid below.
import { graphlib, layout as dagre } from "@dagrejs/dagre";

/** Of each thing; and how much wider than high the whole should be, as the frame is. */
export type Sizes = { width: number; height: number; aspect: number };
export type Ends = { from: number; to: number };
export type Points = { x: number; y: number }[];

const GAP = { rank: 52, node: 14, part: 48 };

type Part = { places: number[]; points: Points; width: number; height: number };

/** The upper left corner of each, by place. The same picture for the same input. */
export function layout(count: number, links: readonly Ends[], size: Sizes): Points {
  const parts = partsOf(count, links).map(({ places, inside }) => (places.length === 1 ? alone(places, size) : layered(places, inside, size)));
  const tied = parts.filter(({ places }) => places.length > 1).sort((a, b) => b.places.length - a.places.length);
  const single = grid(parts.filter(({ places }) => places.length === 1), size);
  const points: Points = Array.from({ length: count }, () => ({ x: 0, y: 0 }));
  const area = [...tied, ...(single ? [single] : [])].reduce((sum, part) => sum + (part.width + GAP.part) * (part.height + GAP.part), 0);
  const widest = Math.max(Math.sqrt(area * size.aspect), ...tied.map(({ width }) => width));
  let [x, y, shelf] = [0, 0, 0];
  for (const part of [...tied, ...(single ? [single] : [])]) {
    if (x > 0 && x + part.width > widest) [x, y, shelf] = [0, y + shelf + GAP.part, 0];
    part.places.forEach((place, at) => {
      const point = part.points[at];
      if (point) points[place] = { x: x + point.x, y: y + point.y };
    });
    x += part.width + GAP.part;
    shelf = Math.max(shelf, part.height);
  }
  return points;
}

function alone(places: number[], { width, height }: Sizes): Part {
  return { places, points: [{ x: 0, y: 0 }], width, height };
}

function grid(parts: readonly Part[], { width, height, aspect }: Sizes): Part | undefined {
  if (parts.length === 0) return undefined;
  const [cellX, cellY] = [width + GAP.node * 2, height + GAP.node];
  const columns = Math.max(1, Math.ceil(Math.sqrt((parts.length * cellY * aspect) / cellX)));
  return {
    places: parts.flatMap(({ places }) => places),
    points: parts.map((_, at) => ({ x: (at % columns) * cellX, y: Math.floor(at / columns) * cellY })),
    width: Math.min(columns, parts.length) * cellX,
    height: Math.ceil(parts.length / columns) * cellY,
  };
}

function layered(places: number[], links: readonly Ends[], { width, height }: Sizes): Part {
  const graph = new graphlib.Graph();
  graph.setGraph({ rankdir: "LR", nodesep: GAP.node, ranksep: GAP.rank, ranker: "tight-tree" });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const place of places) graph.setNode(String(place), { width, height });
  for (const { from, to } of links) graph.setEdge(String(from), String(to));
  dagre(graph);
  const centres = places.map((place) => graph.node(String(place)) as { x: number; y: number });
  const left = Math.min(...centres.map(({ x }) => x)) - width / 2;
  const top = Math.min(...centres.map(({ y }) => y)) - height / 2;
  const points = centres.map(({ x, y }) => ({ x: Math.round(x - width / 2 - left), y: Math.round(y - height / 2 - top) }));
  return { places, points, width: Math.max(...points.map(({ x }) => x)) + width, height: Math.max(...points.map(({ y }) => y)) + height };
}

/** Parts that no tie connects, in the order of their first place. */
function partsOf(count: number, links: readonly Ends[]): { places: number[]; inside: Ends[] }[] {
  const leader = Int32Array.from({ length: count }, (_, place) => place);
  const lead = (place: number): number => {
    let at = place;
    while ((leader[at] ?? at) !== at) at = leader[at] = leader[leader[at] ?? at] ?? at;
    return at;
  };
  for (const { from, to } of links) {
    const [one, other] = [lead(from), lead(to)];
    leader[Math.max(one, other)] = Math.min(one, other);
  }
  const parts = new Map<number, { places: number[]; inside: Ends[] }>();
  for (let place = 0; place < count; place++) {
    const part = parts.get(lead(place)) ?? { places: [], inside: [] };
    part.places.push(place);
    parts.set(lead(place), part);
  }
  for (const link of links) parts.get(lead(link.from))?.inside.push(link);
  return [...parts.values()];
}
