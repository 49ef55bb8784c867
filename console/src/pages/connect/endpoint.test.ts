import { describe, expect, it } from "vitest";

import { endpointWords, firstEndpoint, labelWords } from "./endpoint";

describe("an address for observers", () => {
  it.each([
    ["https://assent.example.com", undefined],
    ["https://192.0.2.7:8473", undefined],
    ["http://127.0.0.1:8473", "error"],
    ["https://localhost", "warning"],
    ["http://assent.example.com", "error"],
    ["assent.example.com", "error"],
    ["javascript:alert(1)", "error"],
    ["https://user:word@assent.example.com", "error"],
    ["", "error"],
  ])("%s", (endpoint, level) => expect(endpointWords(endpoint)?.level).toBe(level));
});

it("begins with the address of the page only where an observer could use it", () => {
  expect(firstEndpoint("https://assent.example.com")).toBe("https://assent.example.com");
  expect(firstEndpoint("http://127.0.0.1:8473")).toBe("");
});

it("says what a name may be", () => {
  for (const good of ["", "prod-eu1", "a", "a".repeat(63)]) expect(labelWords(good)).toBeUndefined();
  for (const bad of ["-a", "a-", "Prod", "a.b", "a b", "a".repeat(64)]) expect(labelWords(bad)).toBeDefined();
});
