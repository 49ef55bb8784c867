import { expect, it } from "vitest";

import { left } from "./left";

const noon = Date.parse("2026-03-01T12:00:00Z");

it.each([
  ["2026-03-01T12:00:00Z", undefined],
  ["2026-03-01T11:00:00Z", undefined],
  ["2026-03-01T12:00:00.900Z", undefined],
  ["2026-03-01T12:01:59Z", "119 s"],
  ["2026-03-01T12:02:00Z", "2 min"],
  ["2026-03-01T13:59:59Z", "119 min"],
  ["2026-03-01T14:00:00Z", "2 h"],
  ["2026-03-03T12:00:00Z", "2 d"],
  ["no instant", "no instant"],
])("until %s it is %s", (until, words) => expect(left(until, noon)).toBe(words));
