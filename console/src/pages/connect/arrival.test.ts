import { describe, expect, it } from "vitest";

import { arrival } from "./arrival";

const made = "2026-03-01T12:00:00Z";
const at = (seconds: number) => Date.parse(made) + seconds * 1_000;
const cluster = { connection: "waiting", objects: 0, health: "unknown", created_at: made, open_incidents: 0, observer: null } as const;
const states = (of: ReturnType<typeof arrival>) => of.steps.map((step) => step.state);

describe("arrival", () => {
  it("waits, and says after a minute that something may be wrong", () => {
    expect(states(arrival(cluster, at(0), at(20)))).toEqual(["now", "later", "later"]);
    expect(arrival(cluster, at(0), at(20)).stuck).toBeUndefined();
    expect(arrival(cluster, at(0), at(61)).stuck).toBe("waiting");
  });
  it("gives whoever comes back later a minute too", () => expect(arrival(cluster, at(3_600), at(3_610)).stuck).toBeUndefined());
  it("goes on as facts come", () => {
    const connected = { ...cluster, connection: "connected" } as const;
    expect(states(arrival(connected, at(0), at(5)))).toEqual(["done", "now", "later"]);
    expect(arrival(connected, at(0), at(90)).stuck).toBe("empty");
    expect(states(arrival({ ...connected, objects: 7 }, at(0), at(5)))).toEqual(["done", "done", "now"]);
    expect(arrival({ ...connected, objects: 7 }, at(0), at(90)).stuck).toBe("unjudged");
    const healthy = arrival({ ...connected, objects: 7, health: "healthy" }, at(0), at(90));
    expect([healthy.arrived, healthy.stuck, states(healthy)]).toEqual([true, undefined, ["done", "done", "done"]]);
    expect(healthy.steps[2]?.words).toBe("Nothing is wrong.");
    expect(arrival({ ...connected, objects: 1_234, health: "broken", open_incidents: 1 }, at(0), at(90)).steps[2]?.words).toBe("1 open incident.");
  });
  it("says when the observer is gone or its key is revoked", () => {
    expect(arrival({ ...cluster, connection: "revoked" }, at(0), at(5)).stuck).toBe("revoked");
    expect(arrival({ ...cluster, connection: "silent", objects: 7, health: "healthy" }, at(0), at(5)).arrived).toBe(false);
  });
});
