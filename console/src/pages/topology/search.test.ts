import { expect, it } from "vitest";

import { readSort, readTopologySearch, writeSort } from "./search";

it("the address keeps what it knows and drops the rest", () => {
  const whole = { cluster: "cls_1", namespace: "shop", at: "2026-03-01T12:00:00Z", view: "tree", object: "Pod/shop/a", find: "a b", kind: "Pod", health: "broken", sort: "-name" };
  expect(readTopologySearch({ ...whole, more: 1, incident: "" })).toEqual(whole);
  expect(readTopologySearch({ view: "map", health: "fine", sort: "age", find: 42, cluster: {} })).toEqual({ find: "42" });
});

it("a column is sorted either way, the worst first by itself", () => {
  expect(readSort(undefined)).toEqual({ by: "health", down: false });
  expect(readSort("-name")).toEqual({ by: "name", down: true });
  expect(writeSort({ by: "kind", down: true })).toBe("-kind");
  expect(readSort(writeSort({ by: "kind", down: false }))).toEqual({ by: "kind", down: false });
});
