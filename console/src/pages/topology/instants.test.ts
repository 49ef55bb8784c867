import { expect, it } from "vitest";

import { instantWords, placeAt } from "./instants";

it("an instant is shown by the newest snapshot that is not after it", () => {
  const instants = ["2026-03-01T12:00:00Z", "2026-03-01T12:05:00.5Z", "2026-03-01T12:09:00Z"].map((at) => ({ at }));
  expect(placeAt(instants, undefined)).toBe(3);
  expect(placeAt(instants, "2026-03-01T12:05:00.5Z")).toBe(1);
  expect(placeAt(instants, "2026-03-01T12:06:00Z")).toBe(1);
  expect(placeAt(instants, "2026-03-01T11:00:00Z")).toBe(0);
  expect(placeAt(instants, "soon")).toBe(0);
});

it("a snapshot says what was ill", () => {
  expect(instantWords({ broken: 3, degraded: 1, nodes: 120 })).toBe("3 broken, 1 degraded of 120");
  expect(instantWords({ broken: 0, degraded: 0, nodes: 7 })).toBe("all of 7 well");
});
