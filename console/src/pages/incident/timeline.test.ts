import { expect, test } from "vitest";

import { readIncidentPage, readKinds } from "./search";
import { counts, days, type Entry } from "./timeline";

const entries: Entry[] = [
  { at: "2026-03-01T23:59:00Z", kind: "change", text: "a" },
  { at: "2026-03-02T00:01:00Z", kind: "state", text: "b" },
  { at: "2026-03-02T00:01:00Z", kind: "finding", text: "c" },
];

test("the newest comes first, by day of the zone", () => {
  const told = days(entries, [], "UTC").map(({ day, entries }) => [day, entries.map(({ text }) => text).join("")]);
  expect(told).toEqual([
    ["2026-03-02", "cb"],
    ["2026-03-01", "a"],
  ]);
  expect(days(entries, [], "America/New_York")).toHaveLength(1);
});

test("only the kinds asked for are told", () => {
  expect(days(entries, ["change"], "UTC").flatMap((day) => day.entries).map(({ text }) => text)).toEqual(["a"]);
  expect(counts(entries).get("state")).toBe(1);
});

test("an address names kinds and evidence, and nothing else", () => {
  expect(readIncidentPage({ evidence: "E1", kinds: "act,nonsense,change", x: 1 })).toEqual({ evidence: "E1", kinds: "change,act" });
  expect(readIncidentPage({ evidence: 7, kinds: 9 })).toEqual({});
  expect(readKinds(undefined)).toEqual([]);
});
