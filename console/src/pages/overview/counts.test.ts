import { expect, test } from "vitest";

import type { Schemas } from "../../api/client";
import { joined, needsFirst, total, worstFirst } from "./counts";

test("the worst and newest incidents come first", () => {
  const of = (id: string, severity: string, opened_at: string) => ({ id, severity, opened_at }) as Schemas["IncidentSummary"];
  const list = [of("a", "notice", "2026-03-03T00:00:00Z"), of("b", "broken", "2026-03-01T00:00:00Z"), of("c", "broken", "2026-03-02T00:00:00Z"), of("d", "degraded", "2026-03-01T00:00:00Z")];
  expect(worstFirst(list).map(({ id }) => id).join("")).toBe("cbda");
});

test("counts add up, and clusters in need come first", () => {
  expect(total({ broken: 1, degraded: 2, notice: 3 })).toBe(6);
  expect(needsFirst([{ health: "healthy", name: "a" } as const, { health: "broken", name: "c" } as const, { health: "broken", name: "b" } as const]).map(({ name }) => name).join("")).toBe("bca");
});

test("an opening is told together with its explanation", () => {
  const of = (kind: string, incident: string | undefined, at: string) => ({ kind, incident, at }) as Schemas["OverviewItem"];
  const told = joined([of("explained", "a", "3"), of("change", undefined, "2"), of("opened", "a", "1"), of("opened", "b", "0")]);
  expect(told.map(({ kind, at, openedAt }) => [kind, at, openedAt])).toEqual([
    ["explained", "3", "1"],
    ["change", "2", undefined],
    ["opened", "0", undefined],
  ]);
});
