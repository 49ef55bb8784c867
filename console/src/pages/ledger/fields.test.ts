import { expect, it } from "vitest";

import { fromField, toField } from "./fields";

it("a field says an instant in UTC and takes it back", () => {
  expect(toField("2026-03-01T14:05:09.250Z", true)).toBe("2026-03-01T14:05:09");
  expect(fromField("2026-03-01T14:05:09", true)).toBe("2026-03-01T14:05:09.000Z");
  expect(fromField("2026-03-01T14:05", true)).toBe("2026-03-01T14:05:00.000Z");
});

it("a field says an instant in this machine's zone and takes it back", () => {
  const instant = "2026-07-01T22:05:09.000Z";
  expect(fromField(toField(instant, false), false)).toBe(instant);
});

it("what is no instant is an empty field, and an empty field is none", () => {
  expect(toField(undefined, true)).toBe("");
  expect(toField("soon", true)).toBe("");
  expect(fromField("", true)).toBeUndefined();
  expect(fromField("", false)).toBeUndefined();
});
