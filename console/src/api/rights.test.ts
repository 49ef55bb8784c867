import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

import { allowed, allowedSomewhere, whoMay, type Action } from "./rights";
import type { Schemas } from "./client";

const roles: readonly Schemas["Role"][] = ["owner", "admin", "approver", "operator", "viewer", "auditor"];
/** The table that the platform's own test keeps: who may do what, with the policies that ship. */
const table = readFileSync(new URL("../../../tests/output/who_may_do_what.txt", import.meta.url), "utf8");

function rowsOf(heading: string): { action: Action; where: string; cells: string[] }[] {
  const part = table.slice(table.indexOf(heading)).split("\n\n").at(1) ?? "";
  return part
    .split("\n")
    .slice(1)
    .filter(Boolean)
    .map((line) => ({
      action: line.slice(0, 44).trim().split(/[ ;]/)[0] as Action,
      where: line.slice(0, 44),
      cells: roles.map((_, at) => line.slice(44 + at * 10, 54 + at * 10).trim()),
    }));
}

describe("the table of the platform", () => {
  it("is agreed with about what is in no environment", () => {
    const rows = rowsOf("Things of the tenant");
    expect(rows.length).toBeGreaterThan(10);
    for (const { action, cells } of rows)
      roles.forEach((role, at) => expect(allowed([{ role }], action), `${action} ${role}`).toBe(cells[at]?.includes("T")));
  });
  it("is agreed with about what is in an environment", () => {
    const rows = rowsOf("Things in an environment").filter(({ action }) => !action.startsWith("incident."));
    expect(rows.length).toBeGreaterThan(8);
    for (const { action, where, cells } of rows) {
      const criticality = / in lab/.test(where) ? "lab" : "prod";
      roles.forEach((role, at) =>
        expect(allowed([{ role, environment: "env_a" }], action, { environment: "env_a", criticality }), `${where} ${role}`).toBe(cells[at]?.includes("E")),
      );
    }
  });
});

describe("allowed", () => {
  it("keeps a grant in its environment", () => {
    expect(allowed([{ role: "admin", environment: "env_a" }], "cluster.manage", { environment: "env_b" })).toBe(false);
    expect(allowed([{ role: "admin", environment: "env_a" }], "member.manage")).toBe(false);
    expect(allowed([{ role: "admin", namespaces: ["shop"] }], "member.manage")).toBe(false);
  });
  it("knows that something may be possible somewhere", () => {
    expect(allowedSomewhere([{ role: "admin", environment: "env_a" }], "cluster.manage")).toBe(true);
    expect(allowedSomewhere([{ role: "viewer" }], "cluster.manage")).toBe(false);
  });
  it("says who may", () => expect(whoMay("member.manage")).toBe("Only owners and admins may do this."));
});
