import { describe, expect, test } from "vitest";

import { defaults, everyEvent, fault, isClock, isNamespace, summary, tidy, zones, type Rules } from "./rules";

const none = new Map<string, string>();

describe("rules of a channel", () => {
  test("times are read as the server reads them", () => {
    for (const good of ["00:00", "23:59", "07:30"]) expect(isClock(good), good).toBe(true);
    for (const bad of ["24:00", "7:30", "07:60", "", "07:30:00"]) expect(isClock(bad), bad).toBe(false);
  });

  test("namespaces are names or beginnings", () => {
    for (const good of ["shop", "lab-*", "a"]) expect(isNamespace(good), good).toBe(true);
    for (const bad of ["*", "", "Shop", "a*b", "a/b"]) expect(isNamespace(bad), bad).toBe(false);
  });

  test("a form that is not finished says what is missing", () => {
    expect(fault(defaults)).toBeUndefined();
    expect(fault({ ...defaults, quiet: [{ from: "22:00", to: "", zone: "UTC" }] })).toContain("Quiet hours");
    expect(fault({ ...defaults, digest: { when: "daily", at: "8", zone: "UTC" } })).toContain("digest");
    expect(fault({ ...defaults, digest: { when: "every", minutes: 0 } })).toContain("1,440");
    expect(fault({ ...defaults, namespaces: ["*"] })).toContain("Namespaces");
  });

  test("what goes without saying is not sent", () => {
    const all: Rules = { ...defaults, events: [...everyEvent], environments: [], namespaces: [], quiet: [] };
    expect(tidy(all)).toEqual(defaults);
    expect(tidy({ ...defaults, events: ["plan_awaiting"] }).events).toEqual(["plan_awaiting"]);
  });

  test("a list tells rules in a few lines", () => {
    expect(summary(defaults, none)).toEqual(["All of incidents and plans"]);
    const rules: Rules = {
      ...defaults,
      events: ["incident_opened", "plan_awaiting", "plan_approved", "plan_ended"],
      severity_min: "broken",
      environments: ["env_1", "env_2"],
      namespaces: ["lab-*"],
      quiet: [
        { from: "22:00", to: "07:00", zone: "Europe/Berlin", days: ["fri"] },
        { from: "00:00", to: "00:00", zone: "UTC", days: ["sun", "sat"] },
      ],
      digest: { when: "every", minutes: 30 },
    };
    expect(summary(rules, new Map([["env_1", "prod"]]))).toEqual([
      "Incidents: new; all of plans",
      "Where: prod, an environment that is gone, lab-*",
      "Broken only",
      "Digest every 30 min",
      "Quiet 22:00 to 07:00 on Fri (Europe/Berlin)",
      "Quiet all day on Sat, Sun (UTC)",
    ]);
  });

  test("the zones begin with one's own and hold each once", () => {
    const all = zones();
    expect(all[0]).toBe(Intl.DateTimeFormat().resolvedOptions().timeZone);
    expect(all).toContain("UTC");
    expect(new Set(all).size).toBe(all.length);
  });
});
