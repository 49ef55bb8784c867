import { expect, test } from "vitest";

import { asked, canonical, narrowings, openStates, readIncidentSearch, readStates } from "./search";

test("an address says only what it may", () => {
  expect(readIncidentSearch({ text: "cart", severity: "worst", state: "open,nonsense", limit: "1", cluster: "" })).toEqual({ text: "cart", state: "open" });
  expect(readIncidentSearch({ text: 404 })).toEqual({ text: "404" });
});

test("states are told once and in order", () => {
  expect(readStates("resolved,open,open")).toEqual(["open", "resolved"]);
  expect(readStates(["open"])).toEqual([]);
});

test("without states, what needs somebody is asked for", () => {
  expect(asked({}).state).toBe(openStates.join(","));
  expect(asked({ state: "muted" }).state).toBe("muted");
});

test("searches that mean the same are the same", () => {
  expect(canonical({ text: "a", severity: "broken" })).toBe(canonical({ severity: "broken", text: "a" }));
  expect(canonical({})).not.toBe(canonical({ text: "a" }));
  expect(narrowings({ state: "muted", text: "a", severity: "broken" })).toBe(2);
});
