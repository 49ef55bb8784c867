import { describe, expect, it } from "vitest";

import { grantText, mayGive, readNamespaces, sameGrants, tidy } from "./grants";

const environments = new Map([["env_a", "prod"]]);

describe("a grant in words", () => {
  it("says where it holds", () => {
    expect(grantText({ role: "owner" }, environments)).toBe("Owner everywhere");
    expect(grantText({ role: "operator", environment: "env_a" }, environments)).toBe("Operator in prod");
    expect(grantText({ role: "viewer", environment: "env_a", namespaces: ["shop", "billing"] }, environments)).toBe("Viewer in prod, namespaces shop and billing");
    expect(grantText({ role: "viewer", namespaces: ["shop"] }, environments)).toBe("Viewer in namespace shop");
    expect(grantText({ role: "viewer", environment: "env_gone" }, environments)).toBe("Viewer in env_gone");
  });
});

describe("giving", () => {
  it("needs what is given", () => {
    expect(mayGive([{ role: "admin" }], { role: "owner" })).toBe(false);
    expect(mayGive([{ role: "admin" }], { role: "operator", environment: "env_a" })).toBe(true);
    expect(mayGive([{ role: "admin", environment: "env_a" }], { role: "operator" })).toBe(false);
    expect(mayGive([{ role: "operator", namespaces: ["shop"] }], { role: "viewer", namespaces: ["shop"] })).toBe(true);
    expect(mayGive([{ role: "operator", namespaces: ["shop"] }], { role: "viewer" })).toBe(false);
    expect(mayGive([{ role: "approver" }], { role: "auditor" })).toBe(false);
  });
});

it("reads namespaces as people type them", () => expect(readNamespaces(" shop, billing\nshop ")).toEqual(["shop", "billing"]));

it("leaves empty parts out", () => expect(tidy({ role: "viewer", namespaces: [] })).toEqual({ role: "viewer" }));

it("knows equal grants in any order", () => {
  expect(sameGrants([{ role: "viewer" }, { role: "owner" }], [{ role: "owner" }, { role: "viewer", namespaces: [] }])).toBe(true);
  expect(sameGrants([{ role: "viewer" }], [])).toBe(false);
});
