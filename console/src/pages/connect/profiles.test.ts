import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

import { profiles } from "./profiles";

/** The role with every profile, as the observer's own test keeps it. */
const role = readFileSync(new URL("../../../../crates/observe/src/snapshots/assent_observe__manifest__tests__rbac_all.snap", import.meta.url), "utf8");

function ofRole(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  let profile = "";
  let group = "";
  let resources: string[] = [];
  const list = (line: string) => [...line.matchAll(/"([^"]*)"/g)].map((match) => match[1] ?? "");
  for (const line of role.split("\n")) {
    const heading = /^ {2}# (\w+): /.exec(line);
    if (heading) profile = heading[1] ?? "";
    else if (line.includes("apiGroups:")) group = list(line)[0] ?? "";
    else if (line.includes("resources:")) resources = list(line);
    else if (line.includes("verbs:")) {
      const verbs = list(line).join(", ");
      const rows = resources.map((resource) => `${group ? `${resource}.${group}` : resource}: ${verbs}`);
      found.set(profile, [...(found.get(profile) ?? []), ...rows]);
    }
  }
  return found;
}

it("lists exactly what the role of the observer grants", () => {
  const listed = new Map(profiles.map(({ profile, rights }) => [profile as string, rights.flatMap(({ resources, verbs }) => resources.map((resource) => `${resource}: ${verbs}`))]));
  const granted = ofRole();
  expect([...listed.keys()]).toEqual([...granted.keys()]);
  for (const [profile, rows] of granted) expect([...(listed.get(profile) ?? [])].sort(), profile).toEqual([...rows].sort());
});

it("gives a reason for each line", () => {
  for (const { rights } of profiles) for (const { why } of rights) expect(why.length).toBeGreaterThan(20);
});
