import { describe, expect, it } from "vitest";

import { absolute, clock, duration, relative } from "./format";

const noon = Date.parse("2026-03-01T12:00:00Z");

describe("relative", () => {
  it.each([
    ["2026-03-01T12:00:02Z", "just now"],
    ["2026-03-01T11:59:20Z", "40 seconds ago"],
    ["2026-03-01T11:00:30Z", "59 minutes ago"],
    ["2026-02-27T11:00:00Z", "2 days ago"],
    ["2026-03-01T13:30:00Z", "in 1 hour"],
    ["no instant", "no instant"],
  ])("says %s as %s", (instant, said) => expect(relative(instant, noon)).toBe(said));
});

describe("absolute", () => {
  it("names the zone it is in", () => {
    expect(absolute("2026-03-01T23:30:00Z", "UTC")).toBe("2026-03-01 23:30:00 UTC");
    expect(absolute("2026-03-01T23:30:00Z", "Europe/Berlin")).toBe("2026-03-02 00:30:00 GMT+1");
    expect(clock("2026-03-01T23:30:00Z", "UTC")).toBe("23:30:00");
  });
  it("shows what is no instant as it came", () => expect(absolute("<b>", "UTC")).toBe("<b>"));
});

describe("duration", () => {
  it.each([
    [0.21, "210 ms"],
    [9.96, "10.0 s"],
    [59, "59 s"],
    [60, "1 min"],
    [3_725, "1 h 2 min"],
    [90_000, "1 d 1 h"],
  ])("says %d s as %s", (seconds, said) => expect(duration(seconds)).toBe(said));
});
