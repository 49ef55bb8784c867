// For tests: what the platform's own code made, as its tests keep it.
import { readFileSync } from "node:fs";

import type { StatementFields, Word } from "./statement";

/** The lines of a snapshot, each a JSON document. */
function lines<T>(path: string): T[] {
  const snapshot = readFileSync(new URL(`../../../crates/${path}`, import.meta.url), "utf8");
  const body = snapshot.slice(snapshot.indexOf("\n---\n") + 5);
  return body.split("\n").filter(Boolean).map((line) => JSON.parse(line) as T);
}

export const planVectors = (): { digest: string; bytes: string }[] =>
  lines("plan/tests/plans/snapshots/plans__vectors__one_plan_of_each_action_has_these_bytes_and_this_digest.snap");

type Kept = Omit<StatementFields, "quorum" | "assurance"> & { terms: { quorum: number; assurance: string } };
type Line = { fields: Kept; word: "approve" | "withdraw" | { reject: { reason: string } }; voter: string; round: number; statement: string; text: string; challenge: string };
export type BallotVector = { fields: StatementFields; word: Word; reason: string | undefined; voter: string; round: number; statement: string; text: string; challenge: string };

export const ballotVectors = (): BallotVector[] =>
  lines<Line>("approval/tests/snapshots/promises__ballot_vectors__ballots_have_these_texts_and_challenges.snap").map(({ fields: { terms, ...fields }, word, ...rest }) => ({
    ...rest,
    fields: { ...fields, ...terms },
    word: typeof word === "string" ? word : "reject",
    reason: typeof word === "string" ? undefined : word.reject.reason,
  }));
