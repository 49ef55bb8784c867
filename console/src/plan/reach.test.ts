import { expect, it } from "vitest";

import { reachGraph } from "./reach";

const node = (kind: string, name: string, owner?: number) => ({ kind, namespace: "shop", name, health: "healthy" as const, ...(owner !== undefined && { owner }) });
const reached = (kind: string, name: string) => ({ object: { kind, namespace: "shop", name }, how: "is changed" });

it("keeps what is reached, with its ties and owners, and names what is gone", () => {
  const whole = {
    nodes: [node("Deployment", "cart"), node("Pod", "other"), node("ReplicaSet", "cart-1", 0), node("Pod", "cart-1-x", 2), node("Service", "cart")],
    edges: [
      { from: 4, to: 3, kind: "sends to" },
      { from: 4, to: 1, kind: "sends to" },
    ],
  };
  const part = reachGraph(whole, {
    direct: { count: 2, objects: [reached("Deployment", "cart"), reached("Pod", "cart-1-x")] },
    adjacent: { count: 2, objects: [reached("Service", "cart"), reached("Pod", "gone")] },
    downstream: { count: 0, objects: [] },
  });
  expect(part.nodes.map(({ name, note, owner }) => [name, note, owner])).toEqual([
    ["cart", "changed", undefined],
    ["cart-1-x", "changed", undefined],
    ["cart", "tied to it", undefined],
    ["gone", "tied to it, gone", undefined],
  ]);
  expect(part.edges).toEqual([{ from: 2, to: 1, kind: "sends to" }]);
});
