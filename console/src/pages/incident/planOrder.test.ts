import { expect, it } from "vitest";

import { inOrder, nextToVote } from "./planOrder";

type Plan = Parameters<typeof inOrder>[0][number];
const plan = (id: string, state: Plan["state"], rank: number, rest: Partial<Plan> = {}) => ({ id, state, rank, updated_at: `2026-03-01T12:00:0${rank}Z`, may_vote: true, ...rest }) as Plan;
const plans = [plan("gone", "superseded", 1), plan("b", "awaiting", 2), plan("done", "verified", 3), plan("a", "awaiting", 1), plan("c", "advice", 3), plan("d", "awaiting", 4)];

it("what needs somebody stands first, by rank", () => expect(inOrder(plans).map(({ id }) => id)).toEqual(["a", "b", "c", "d", "done", "gone"]));

it("goes through those that wait for the caller", () => {
  expect(nextToVote(plans, "a")).toBe("b");
  expect(nextToVote(plans, "b")).toBe("d");
  expect(nextToVote(plans, "d")).toBe("a");
  expect(nextToVote(plans.map((one) => (one.id === "a" ? one : { ...one, my_word: "approve" as const })), "a")).toBeUndefined();
  expect(nextToVote(plans, "elsewhere")).toBe("a");
});
