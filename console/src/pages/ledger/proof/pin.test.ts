import { describe, expect, it } from "vitest";

import { compare, keepPin, readPin, type Pin } from "./pin";

const pin: Pin = { key: "log+1+A", since: "2026-03-01T12:00:00Z", size: 7, root: "sha256:1" };
const now = "2026-03-02T12:00:00Z";

describe("what a browser remembers of a log", () => {
  it("is what it saw first, and then the newest that fits", () => {
    const { key, size, root } = pin;
    expect(compare(undefined, { key, size, root }, pin.since)).toEqual({ verdict: "first", pin });
    expect(compare(pin, { key, size: 9, root: "sha256:2" }, now)).toEqual({ verdict: "same", pin: { ...pin, size: 9, root: "sha256:2" } });
    expect(compare(pin, { key, size, root }, now)).toEqual({ verdict: "same", pin });
  });
  it.each([
    ["other key", { key: "log+2+B", size: 9, root: "sha256:2" }],
    ["shorter", { key: pin.key, size: 6, root: "sha256:0" }],
    ["other history", { key: pin.key, size: 7, root: "sha256:2" }],
  ])("finds out a log with %s", (verdict, seen) => expect(compare(pin, seen, now)).toEqual({ verdict, kept: pin }));
  it("is nothing where the browser keeps nothing, or keeps something else", () => {
    const kept = new Map<string, string>();
    const storage = { getItem: (place: string) => kept.get(place) ?? null, setItem: (place: string, text: string) => void kept.set(place, text) };
    expect(readPin(storage)).toBeUndefined();
    keepPin(storage, pin);
    expect(readPin(storage)).toEqual(pin);
    for (const odd of ["{", "null", "7", '{"key":1}']) {
      expect(readPin({ getItem: () => odd })).toBeUndefined();
    }
    keepPin({ setItem: () => { throw new Error("full"); } }, pin);
    expect(readPin({ getItem: () => { throw new Error("not allowed"); } })).toBeUndefined();
  });
});
