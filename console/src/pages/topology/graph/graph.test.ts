import { describe, expect, it } from "vitest";

import { blastRadius, concernedWords, plural } from "./blast";
import { viewOf } from "./collapse";
import { placeOf, shop } from "./fixture";
import { layout } from "./layout";
import { matches, sorted } from "./match";
import { graphOf, namespacesOf, within, worst } from "./model";
import { nearest } from "./nearest";
import { treeRows } from "./tree";
import { openAtFirst, seen, unitsOf } from "./units";

const all = (graph: ReturnType<typeof shop>) => within(graph, undefined);
const idsOf = (graph: ReturnType<typeof shop>, places: Iterable<number>) => [...places].map((place) => graph.ids[place]).sort();

describe("a graph", () => {
  it("leaves out ties to nowhere and owners that go round", () => {
    const node = (name: string, owner?: number) => ({ kind: "Pod", name, health: "healthy" as const, ...(owner !== undefined && { owner }) });
    const graph = graphOf({ nodes: [node("a", 1), node("b", 0), node("c", 9), node("d", 2)], edges: [{ from: 0, to: 7, kind: "x" }, { from: 1, to: 1, kind: "x" }, { from: 2, to: 3, kind: "x" }] });
    expect(graph.owners).toEqual([undefined, undefined, undefined, undefined]);
    expect(graph.dependencies.map((ties) => ties.length)).toEqual([0, 0, 1, 0]);
  });
  it("has a part for each namespace, with what it is tied to", () => {
    const graph = shop({ namespaces: 2 });
    expect(namespacesOf(graph)).toEqual(["shop0", "shop1"]);
    expect(idsOf(graph, within(graph, "shop1"))).toEqual(["Deployment/shop1/cart", "Node//n1", "Pod/shop1/cart-1-0", "Pod/shop1/cart-1-1", "ReplicaSet/shop1/cart-1", "Service/shop1/cart"]);
    expect(within(graph, "none")).toEqual([]);
  });
  it("is as ill as the worst in it", () => {
    expect(worst(["healthy", "broken", "degraded"])).toBe("broken");
    expect(worst([])).toBe("unknown");
    expect(worst(["unknown", "healthy"])).toBe("healthy");
  });
});

describe("a blast radius", () => {
  const graph = shop({ namespaces: 2 });
  it("is everything that reaches what fails, and not itself", () => {
    expect(idsOf(graph, blastRadius(graph, [placeOf(graph, "Pod/shop0/cart-1-0")]))).toEqual(["Deployment/shop0/cart", "ReplicaSet/shop0/cart-1", "Service/shop0/cart"]);
    expect(blastRadius(graph, [0]).size).toBe(graph.nodes.length - 1);
    expect(blastRadius(graph, [placeOf(graph, "Service/shop0/cart")]).size).toBe(0);
  });
  it("ends where ties go round", () => {
    const node = (name: string) => ({ kind: "Service", name, health: "healthy" as const });
    const round = graphOf({ nodes: [node("a"), node("b"), node("c")], edges: [{ from: 0, to: 1, kind: "x" }, { from: 1, to: 2, kind: "x" }, { from: 2, to: 0, kind: "x" }] });
    expect([...blastRadius(round, [0])].sort()).toEqual([1, 2]);
  });
  it("is told in words", () => {
    expect(concernedWords(graph, new Set())).toBe("nothing else is concerned");
    expect(concernedWords(graph, blastRadius(graph, [placeOf(graph, "Pod/shop0/cart-1-0")]))).toBe("3 objects are concerned: 1 Deployment, 1 ReplicaSet and 1 Service");
    expect(concernedWords(graph, new Set([placeOf(graph, "Service/shop0/cart")]))).toBe("1 Service is concerned");
    expect(concernedWords(graph, blastRadius(graph, [0]))).toBe("10 objects are concerned: 4 Pods, 2 Deployments, 2 ReplicaSets and 2 others");
    expect(["Ingress", "NetworkPolicy", "Gateway", "Endpoints", "Pod"].map((kind) => plural(kind, 2))).toEqual(["Ingresses", "NetworkPolicies", "Gateways", "Endpoints", "Pods"]);
  });
});

describe("folding", () => {
  it("shows everything while it fits", () => {
    const graph = shop();
    const units = unitsOf(graph, all(graph));
    const view = viewOf(graph, units, openAtFirst(graph, units, 300));
    expect(view.items).toHaveLength(graph.nodes.length);
    expect(view.items.every(({ folded }) => folded === 0)).toBe(true);
    expect(view.links).toHaveLength(7);
    expect(view.links.every(({ quiet }) => !quiet)).toBe(true);
  });
  it("folds pods into workloads, then workloads into namespaces, and names what is ill", () => {
    const graph = shop({ namespaces: 10, pods: 20, broken: ["Pod/shop3/cart-1-7"] });
    const units = unitsOf(graph, all(graph));
    const workloads = viewOf(graph, units, openAtFirst(graph, units, 160));
    expect(workloads.items.length).toBeLessThanOrEqual(160);
    expect(workloads.items.find(({ id }) => id === "Deployment/shop0/cart")).toMatchObject({ folded: 21, health: "healthy" });
    // The workload with the broken pod is open.
    expect(workloads.items.find(({ id }) => id === "Pod/shop3/cart-1-7")).toMatchObject({ health: "broken", folded: 0 });
    const namespaces = viewOf(graph, units, openAtFirst(graph, units, 12));
    expect(namespaces.items.map(({ id }) => id)).toContain("namespace/shop0");
    expect(namespaces.items.length).toBeLessThanOrEqual(12);
    expect(namespaces.links).toContainEqual({ from: 0, to: namespaces.items.length - 1, ties: 20, kinds: ["runs on"], quiet: true });
  });
  it("draws every object in exactly one item, whatever is open", () => {
    const graph = shop({ namespaces: 3, pods: 5 });
    const units = unitsOf(graph, all(graph));
    for (const open of [[], ["namespace/shop1"], ["namespace/shop1", "Deployment/shop1/cart"], ["Deployment/shop1/cart"]]) {
      const { items, itemOf } = viewOf(graph, units, new Set(open));
      expect([...itemOf].every((item) => items[item] !== undefined)).toBe(true);
      expect(new Set(items.map(({ id }) => id)).size).toBe(items.length);
      expect(units.reduce((sum, unit) => sum + seen(unit, new Set(open)), 0)).toBe(items.length);
    }
  });
  it("keeps the ties to a hub quiet", () => {
    const graph = shop({ pods: 20 });
    const { links } = viewOf(graph, unitsOf(graph, all(graph)), new Set(["namespace/shop0", "Deployment/shop0/cart"]));
    expect(links.filter(({ quiet }) => quiet).map(({ kinds }) => kinds)).toEqual(Array(20).fill(["runs on"]));
  });
  it("keeps 5,000 objects to a few at first", () => {
    const graph = shop({ namespaces: 60, pods: 80, broken: ["Pod/shop3/cart-1-7"] });
    const units = unitsOf(graph, all(graph));
    expect(viewOf(graph, units, openAtFirst(graph, units, 300)).items.length).toBeLessThanOrEqual(300);
  });
  it("folds a large namespace by kind", () => {
    const maps = Array.from({ length: 200 }, (_, nth) => ({ kind: "ConfigMap", namespace: "a", name: `m${nth}`, health: "unknown" as const }));
    const graph = graphOf({ nodes: [...maps, { kind: "Service", namespace: "a", name: "s", health: "healthy" }], edges: [] });
    const [unit] = unitsOf(graph, all(graph));
    expect(unit?.inside.map(({ id }) => id)).toEqual(["kind/a/ConfigMap", "Service/a/s"]);
  });
});

describe("a layout", () => {
  it("puts dependants left, nothing upon another, and is the same each time", () => {
    const links = [{ from: 0, to: 1 }, { from: 1, to: 2 }, { from: 3, to: 2 }, { from: 2, to: 0 }, { from: 5, to: 6 }];
    const size = { width: 100, height: 40, aspect: 2 };
    const points = layout(9, links, size);
    expect(points[5]?.x).toBeLessThan(points[6]?.x ?? 0);
    for (const [a, one] of points.entries()) {
      for (const other of points.slice(a + 1)) {
        const apart = Math.abs(one.x - other.x) >= size.width || Math.abs(one.y - other.y) >= size.height;
        expect(apart, `${JSON.stringify(points)}`).toBe(true);
      }
    }
    expect(layout(9, links, size)).toEqual(points);
    expect(layout(0, [], size)).toEqual([]);
  });
});

it("an arrow goes to the nearest in its direction", () => {
  const points = [{ x: 0, y: 0 }, { x: 100, y: 0 }, { x: 60, y: 90 }, { x: 0, y: 50 }];
  expect(nearest(points, 0, "ArrowRight")).toBe(1);
  expect(nearest(points, 0, "ArrowDown")).toBe(3);
  expect(nearest(points, 1, "ArrowLeft")).toBe(0);
  expect(nearest(points, 0, "ArrowUp")).toBeUndefined();
  expect(nearest(points, 9, "ArrowUp")).toBeUndefined();
});

describe("looking for objects", () => {
  const graph = shop({ broken: ["Pod/shop0/cart-1-1"] });
  const found = (wanted: Parameters<typeof matches>[1]) => graph.ids.filter((_, place) => matches(graph.nodes[place] ?? graph.nodes[0]!, wanted));
  it("takes every word, a kind and a health", () => {
    expect(found({ text: "POD cart-1" })).toHaveLength(2);
    expect(found({ text: "shop0/cart", kind: "Service" })).toEqual(["Service/shop0/cart"]);
    expect(found({ health: "broken" })).toEqual(["Pod/shop0/cart-1-1"]);
    expect(found({})).toHaveLength(graph.nodes.length);
  });
  it("sorts by a column and then by name", () => {
    expect(graph.ids[sorted(graph, all(graph), { by: "health", down: false })[0] ?? -1]).toBe("Pod/shop0/cart-1-1");
    expect(sorted(graph, all(graph), { by: "name", down: true }).map((place) => graph.nodes[place]?.name)).toEqual(["n1", "cart-1-1", "cart-1-0", "cart-1", "cart", "cart"]);
  });
});

describe("a tree", () => {
  const graph = shop({ namespaces: 2, broken: ["Pod/shop0/cart-1-1"] });
  const rows = (toggled: string[] = [], wanted?: number[]) => treeRows(graph, all(graph), new Set(toggled), wanted && new Set(wanted));
  it("has namespaces open and workloads closed, as ill as what is in them", () => {
    expect(rows().map(({ id, level }) => `${level} ${id}`)).toEqual([
      "1 namespace/shop0", "2 Deployment/shop0/cart", "2 Service/shop0/cart",
      "1 namespace/shop1", "2 Deployment/shop1/cart", "2 Service/shop1/cart",
      "1 namespace/", "2 Node//n1",
    ]);
    expect(rows()[1]).toMatchObject({ health: "broken", inside: 3, open: false, nth: 1, of: 2 });
    expect(rows()[0]).toMatchObject({ health: "broken", inside: 5, open: true });
  });
  it("opens a workload down to its pods", () => {
    expect(rows(["Deployment/shop0/cart"]).slice(1, 5).map(({ id, level, health }) => `${level} ${id} ${health}`)).toEqual([
      "2 Deployment/shop0/cart healthy", "3 ReplicaSet/shop0/cart-1 healthy", "4 Pod/shop0/cart-1-0 healthy", "4 Pod/shop0/cart-1-1 broken",
    ]);
    expect(rows(["namespace/shop0"])[1]?.id).toBe("namespace/shop1");
  });
  it("shows what is looked for, under its owners", () => {
    expect(rows([], [placeOf(graph, "Pod/shop0/cart-1-1")]).map(({ id }) => id)).toEqual(["namespace/shop0", "Deployment/shop0/cart", "ReplicaSet/shop0/cart-1", "Pod/shop0/cart-1-1"]);
  });
});
