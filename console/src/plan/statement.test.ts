import { expect, it } from "vitest";

import { challengeOf } from "./digest";
import { ballotText, statementText } from "./statement";
import { ballotVectors } from "./vectors";

const vectors = ballotVectors();

it("there are ballots of each word", () => {
  expect(new Set(vectors.map(({ word }) => word))).toEqual(new Set(["approve", "reject", "withdraw"]));
});

it.each(vectors)("$word in round $round is what the platform makes", async ({ fields, word, reason, voter, round, statement, text, challenge }) => {
  expect(statementText(fields)).toBe(statement);
  const made = await ballotText({ word, reason, voter, round, statement: fields });
  expect(made).toBe(text);
  expect(await challengeOf(made)).toBe(challenge);
});

const [first] = vectors;
const fields = first ? first.fields : undefined;

it.each([
  ["a line break", { nonce: `${"0".repeat(31)}\n` }],
  ["a second line", { cluster_uid: "a\nplan sha256:0" }],
  ["a blank", { cluster_uid: "a b" }],
  ["another digest", { plan: "sha256:00" }],
  ["an instant of another form", { expires_at: "tomorrow" }],
  ["an author of another form", { authors: ["acc_1"] }],
  ["authors out of order", { authors: [`acc_${"b".repeat(32)}`, `acc_${"a".repeat(32)}`] }],
  ["nobody's assent", { quorum: 0 }],
  ["too many", { quorum: 11 }],
  ["half a person", { quorum: 1.5 }],
  ["another assurance", { assurance: "sworn" }],
])("a statement with %s is none", (_, change) => {
  if (!fields) throw new Error("no vector");
  expect(() => statementText({ ...fields, ...change })).toThrow();
});

it("a rejection has a reason, and nothing else has", async () => {
  if (!first || !fields) throw new Error("no vector");
  const ballot = { voter: first.voter, round: 1, statement: fields };
  await expect(ballotText({ ...ballot, word: "reject" })).rejects.toThrow();
  await expect(ballotText({ ...ballot, word: "reject", reason: "x".repeat(4_001) })).rejects.toThrow();
  await expect(ballotText({ ...ballot, word: "approve", reason: "x" })).rejects.toThrow();
  await expect(ballotText({ ...ballot, word: "approve", round: 21 })).rejects.toThrow();
  await expect(ballotText({ ...ballot, word: "approve", voter: "acc_1\n" })).rejects.toThrow();
});
