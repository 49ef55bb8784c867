import { describe, expect, it, vi } from "vitest";

import { ApiProblem, type Schemas } from "../../../api/client";
import { asSeen } from "./changes";

const cluster = { id: "cls_1", name: "prod", environment: "env_a", key: "key_1", version: 4 } as Schemas["Cluster"];
const stale = () => new ApiProblem({ title: "It has changed since you read it", detail: "", status: 412 }, "stale");

describe("a change of a cluster as it was seen", () => {
  it("is done again when only its observer was faster", async () => {
    const act = vi.fn((version: number) => (version === 9 ? Promise.resolve("done") : Promise.reject(stale())));
    await expect(asSeen(cluster, act, () => Promise.resolve({ ...cluster, version: 9 }))).resolves.toBe("done");
    expect(act.mock.calls).toEqual([[4], [9]]);
  });
  it("is not done to a cluster that somebody else changed", async () => {
    const act = vi.fn(() => Promise.reject(stale()));
    await expect(asSeen(cluster, act, () => Promise.resolve({ ...cluster, name: "other", version: 9 }))).rejects.toMatchObject({ code: "stale" });
    expect(act).toHaveBeenCalledTimes(1);
  });
  it("ends", async () => {
    const act = vi.fn(() => Promise.reject(stale()));
    await expect(asSeen(cluster, act, () => Promise.resolve(cluster))).rejects.toMatchObject({ code: "stale" });
    expect(act.mock.calls.length).toBeLessThan(10);
  });
});
