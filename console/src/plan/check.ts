// What stands between a person and their signature: the page makes everything that is signed anew, from the bytes that it shows, and
// compares it with what the platform says. Where anything differs, nothing is signed.
import { challengeOf, planDigest } from "./digest";
import { readPlan } from "./plan";
import { ballotText, statementText, type StatementFields, type Word } from "./statement";

/** Why this page does not sign, in words for who was about to. */
export class NotSigned extends Error {
  override readonly name = "NotSigned";
}

export type Shown = {
  /** The plan as it is shown. */
  bytes: string;
  digest: string;
  /** What people are asked to assent to; nothing of advice. */
  statement?: { fields: StatementFields; text: string } | null | undefined;
  tenant: string;
  /** The cluster that the page names. */
  cluster: string;
};

export type ToSign = Shown & {
  statement: { fields: StatementFields; text: string };
  /** What the platform says is to be signed. */
  ballot: { round: number; text: string; challenge: string };
  word: Word;
  reason?: string | undefined;
  voter: string;
  nowMs: number;
};

/** Holds the plan that is shown against what the platform says of it, before anybody thinks of signing. */
export async function checkShown({ bytes, digest, statement, tenant, cluster }: Shown): Promise<void> {
  const plan = readPlan(bytes);
  const made = await planDigest(bytes);
  if (digest !== made) differs("The digest that the platform gives for this plan is not the digest of the plan shown here.");
  const { scope } = plan;
  if (scope.is === "cluster" && scope.of.tenant !== tenant) differs("The plan is of another organisation.");
  if (scope.is === "cluster" && scope.of.cluster !== cluster) differs("The plan is for another cluster than the one that it is listed under.");
  if (!statement) return;
  const { fields, text } = statement;
  if (fields.plan !== made) differs("The statement is about another plan than the one shown here.");
  if (scope.is !== "cluster") return differs("The plan shown here is for no cluster.");
  if (fields.tenant !== tenant) differs("The statement is of another organisation.");
  if (fields.cluster !== scope.of.cluster || fields.cluster_uid !== scope.of.cluster_uid) differs("The statement is for another cluster than the plan shown here.");
  if (fields.evidence !== plan.grounds.digest) differs("The statement rests on other evidence than the plan shown here.");
  if (Date.parse(fields.expires_at) > Date.parse(plan.expires_at)) differs("The statement stands longer than the plan shown here.");
  if (statementText(fields) !== text) differs("The text of the statement is not that of its fields.");
}

/** The challenge for the passkey, made here. */
export async function challengeToSign(asked: ToSign): Promise<string> {
  await checkShown(asked);
  const { ballot, word, reason, voter, nowMs } = asked;
  const { fields } = asked.statement;
  if (word === "approve") {
    if (Date.parse(fields.expires_at) <= nowMs) differs("The time of this plan is over.");
    if (fields.authors.includes(voter)) differs("You had a hand in this plan, so others have to approve it.");
  }
  const own = await ballotText({ word, reason, voter, round: ballot.round, statement: fields });
  if (own !== ballot.text) differs(`What the platform asks you to sign is not ${sentence[word]} of the plan shown here.`);
  const challenge = await challengeOf(own);
  if (challenge !== ballot.challenge) differs("The challenge that the platform gives is not that of the ballot.");
  return challenge;
}

const sentence: Record<Word, string> = { approve: "your approval", reject: "your rejection", withdraw: "the withdrawal of your vote" };

function differs(what: string): never {
  throw new NotSigned(what);
}
