import { expect, it } from "vitest";

import { standingOf, termsText } from "./standing";

const noon = Date.parse("2026-03-01T12:00:00Z");
const fields = { authors: ["acc_9"], expires_at: "2026-03-01T13:00:00Z" };
type Asked = Parameters<typeof standingOf>[0];
const plan = (state: Asked["summary"]["state"], rest: Partial<Asked["summary"]> = {}, undo_until?: string): Asked => ({
  summary: { state, may_vote: true, ...rest },
  statement: { fields, text: "" } as unknown as NonNullable<Asked["statement"]>,
  ...(undo_until && { undo_until }),
});

it("while people are asked, one approves or rejects once, and may take it back", () => {
  expect(standingOf(plan("awaiting"), "acc_1", true, noon)).toMatchObject({ approve: true, reject: "reject", withdraw: false });
  expect(standingOf(plan("awaiting", { my_word: "approve" }), "acc_1", true, noon)).toMatchObject({ approve: false, reject: "reject", withdraw: true });
});

it("says why there is nothing to press", () => {
  expect(standingOf(plan("awaiting"), "acc_9", true, noon)).toMatchObject({ approve: false, why: expect.stringContaining("hand in") as string });
  expect(standingOf(plan("awaiting", { may_vote: false }), "acc_1", true, noon).why).toContain("Policy");
  expect(standingOf(plan("awaiting"), "acc_1", true, noon + 3_600_000).why).toContain("over");
  expect(standingOf({ ...plan("advice"), statement: null }, "acc_1", true, noon)).toMatchObject({ approve: false, why: undefined });
});

it("what runs is stopped, and what ended is undone while it can be", () => {
  expect(standingOf(plan("running"), "acc_1", true, noon).reject).toBe("stop");
  expect(standingOf(plan("verified", {}, "2026-03-01T12:30:00Z"), "acc_1", true, noon).reject).toBe("undo");
  expect(standingOf(plan("verified", {}, "2026-03-01T11:30:00Z"), "acc_1", true, noon).reject).toBeUndefined();
  expect(standingOf(plan("reverted", {}, "2026-03-01T12:30:00Z"), "acc_1", true, noon).reject).toBeUndefined();
});

it("who may not vote stops nothing", () => {
  expect(standingOf(plan("running"), "acc_1", false, noon).reject).toBeUndefined();
  expect(standingOf(plan("running"), "acc_9", true, noon).reject).toBeUndefined();
  expect(standingOf(plan("approved", { may_vote: false, my_word: "approve" }), "acc_1", true, noon)).toMatchObject({ reject: "reject", withdraw: true });
});

it("tells the terms", () => expect(termsText({ quorum: 1, assurance: "verified" })).toBe("1 person must say yes; a passkey, or a key that knows who touches it"));
