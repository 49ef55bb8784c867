// What the caller can say about a plan now, and why not, where they cannot.
import type { Schemas } from "../../api/client";

type Plan = Pick<Schemas["Plan"], "statement" | "undo_until"> & { summary: Pick<Schemas["PlanSummary"], "state" | "may_vote" | "my_word"> };

export type Standing = {
  approve: boolean;
  /** What a rejection would do. */
  reject: "reject" | "stop" | "undo" | undefined;
  withdraw: boolean;
  /** Why there is no button to approve with, while people are asked. */
  why: string | undefined;
};

const nothing: Standing = { approve: false, reject: undefined, withdraw: false, why: undefined };

/** `votes`: whether the caller's grants let them vote at all. The platform asks policy at each word. */
export function standingOf({ summary: { state, may_vote, my_word }, statement, undo_until }: Plan, account: string | undefined, votes: boolean, nowMs: number): Standing {
  if (!statement) return nothing;
  const { authors, expires_at } = statement.fields;
  const isOver = Date.parse(expires_at) <= nowMs;
  if (state === "awaiting") {
    if (isOver) return { ...nothing, why: "Its time is over." };
    if (account !== undefined && authors.includes(account)) return { ...nothing, why: "You had a hand in this plan, so others have to vote on it." };
    if (!may_vote) return { ...nothing, why: account === undefined ? "A machine does not vote." : "Policy does not let you vote on this plan." };
    return { approve: my_word !== "approve", reject: my_word === "reject" ? undefined : "reject", withdraw: my_word != null && my_word !== "withdraw", why: undefined };
  }
  if (account === undefined || !votes || authors.includes(account)) return nothing;
  const mayUndo = undo_until != null && Date.parse(undo_until) > nowMs;
  if (state === "approved") return { ...nothing, reject: "reject", withdraw: my_word === "approve" };
  if (state === "running") return { ...nothing, reject: "stop" };
  return { ...nothing, reject: mayUndo && (state === "verified" || state === "partial" || state === "failed") ? "undo" : undefined };
}

export const rejectVerb: Record<NonNullable<Standing["reject"]>, string> = { reject: "Reject", stop: "Stop and take back", undo: "Undo" };

const assurances: Record<Schemas["Assurance"], string> = {
  held: "any key of theirs will do",
  touched: "the key must be touched",
  verified: "a passkey, or a key that knows who touches it",
};

/** `2 people must say yes; any key of theirs will do`. */
export function termsText({ quorum, assurance }: { quorum: number; assurance: Schemas["Assurance"] }): string {
  return `${quorum === 1 ? "1 person must say yes" : `${quorum} people must say yes`}; ${assurances[assurance]}`;
}
