import { describe, expect, it } from "vitest";

import { challengeToSign, type ToSign } from "./check";
import { challengeOf } from "./digest";
import { readPlan } from "./plan";
import { ballotText, statementText, type StatementFields } from "./statement";
import { planVectors } from "./vectors";

const vector = planVectors()[0] ?? { bytes: "", digest: "" };
const plan = readPlan(vector.bytes);
const scope = plan.scope.of as { tenant: string; cluster: string; cluster_uid: string };
const voter = `acc_${"7".repeat(32)}`;
const fields: StatementFields = {
  tenant: scope.tenant,
  cluster: scope.cluster,
  cluster_uid: scope.cluster_uid,
  plan: vector.digest,
  policy: `sha256:${"1".repeat(64)}`,
  evidence: plan.grounds.digest,
  authors: [],
  quorum: 2,
  assurance: "verified",
  issued_at: plan.drawn_at,
  expires_at: plan.expires_at,
  nonce: "7".repeat(32),
};

/** What an honest platform says. */
async function honest(change: Partial<ToSign> = {}, of: Partial<StatementFields> = {}): Promise<ToSign> {
  const own = { ...fields, ...of };
  const { word = "approve", reason, voter: who = voter } = change;
  const text = await ballotText({ word, reason, voter: who, round: 1, statement: own });
  const ballot = { round: 1, text, challenge: await challengeOf(text) };
  return { bytes: vector.bytes, digest: vector.digest, statement: { fields: own, text: statementText(own) }, ballot, word, voter, tenant: scope.tenant, cluster: scope.cluster, nowMs: Date.parse(plan.drawn_at), ...change };
}

it.each([["approve"], ["withdraw"], ["reject", "no"]] as const)("%s is signed when all agrees", async (word, reason?: string) => {
  const asked = await honest({ word, reason });
  expect(await challengeToSign(asked)).toBe(asked.ballot.challenge);
});

describe("nothing is signed", () => {
  const otherBytes = vector.bytes.replace(/"says":"/, '"says":"not ');
  it.each([
    ["other bytes are shown", () => honest({ bytes: otherBytes }), "not the digest"],
    ["the digest is another", () => honest({ digest: fields.policy }), "not the digest"],
    ["the statement is about another plan", () => honest({}, { plan: fields.policy }), "another plan"],
    ["the bytes are no plan", () => honest({ bytes: "{}" }), "missing"],
    ["the cluster is another", () => honest({}, { cluster: `cls_${"9".repeat(32)}` }), "another cluster"],
    ["the cluster is another of the same name", () => honest({}, { cluster_uid: "other" }), "another cluster"],
    ["the tenant is another", () => honest({}, { tenant: `tnt_${"9".repeat(32)}` }), "another organisation"],
    ["the caller's tenant is another", () => honest({ tenant: `tnt_${"9".repeat(32)}` }), "another organisation"],
    ["it is listed under another cluster", () => honest({ cluster: `cls_${"9".repeat(32)}` }), "listed under"],
    ["the evidence is other", () => honest({}, { evidence: fields.policy }), "other evidence"],
    ["the statement stands longer than the plan", () => honest({}, { expires_at: "2026-05-05T12:00:00Z" }), "longer"],
    ["its time is over", () => honest({ nowMs: Date.parse(plan.expires_at) }), "over"],
    ["the voter is an author", () => honest({}, { authors: [voter] }), "had a hand"],
  ])("when %s", async (_, make, words) => {
    await expect(challengeToSign(await make())).rejects.toThrow(words);
  });

  it("when the text of the statement is not that of its fields", async () => {
    const asked = await honest();
    await expect(challengeToSign({ ...asked, statement: { ...asked.statement, text: asked.statement.text.replace("quorum 2", "quorum 1") } })).rejects.toThrow("not that of its fields");
  });

  it.each([
    ["another word", async () => (await honest({ word: "withdraw" })).ballot],
    ["another person's ballot", async () => (await honest({ voter: `acc_${"8".repeat(32)}` })).ballot],
    ["another plan's ballot", async () => (await honest({}, { plan: fields.policy })).ballot],
    ["another round", async () => ({ ...(await honest()).ballot, round: 2 })],
  ])("when the ballot is %s", async (_, make) => {
    await expect(challengeToSign({ ...(await honest()), ballot: await make() })).rejects.toThrow("not your approval");
  });

  it("when the challenge is another, a sign-in for instance", async () => {
    const asked = await honest();
    await expect(challengeToSign({ ...asked, ballot: { ...asked.ballot, challenge: await challengeOf("x") } })).rejects.toThrow("challenge");
  });

  it("when the reason is another than the one that was typed", async () => {
    const asked = await honest({ word: "reject", reason: "no" });
    await expect(challengeToSign({ ...asked, reason: "yes" })).rejects.toThrow("not your rejection");
  });
});
