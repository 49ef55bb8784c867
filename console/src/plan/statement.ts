// What is signed, to the last byte, made here from its parts: a page that signed what the platform sends as text would sign anything.
import { Unreadable } from "./json";
import { digestOf } from "./digest";

export type Word = "approve" | "reject" | "withdraw";

/** The fields of a statement, as the API has them. */
export type StatementFields = {
  tenant: string;
  cluster: string;
  cluster_uid: string;
  plan: string;
  policy: string;
  evidence: string;
  authors: readonly string[];
  quorum: number;
  assurance: string;
  issued_at: string;
  expires_at: string;
  nonce: string;
};

const id = (prefix: string) => new RegExp(`^${prefix}_[0-9a-f]{32}$`);
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$/;
const QUORUM_MAX = 10;
const AUTHORS_MAX = 16;
export const ROUNDS_MAX = 20;
export const REASON_BYTES_MAX = 4_000;

/** No field can hold a line break or a blank, so that no text reads as another statement. */
const forms: { readonly [K in keyof Omit<StatementFields, "authors" | "quorum">]: RegExp } = {
  tenant: id("tnt"),
  cluster: id("cls"),
  cluster_uid: /^[0-9A-Za-z-]{1,64}$/,
  plan: DIGEST,
  policy: DIGEST,
  evidence: DIGEST,
  assurance: /^(held|touched|verified)$/,
  issued_at: INSTANT,
  expires_at: INSTANT,
  nonce: /^[0-9a-f]{32}$/,
};

/** The statement line by line, as it stands at the end of every ballot. */
export function statementText(fields: StatementFields): string {
  for (const [name, form] of Object.entries(forms) as [keyof typeof forms, RegExp][]) {
    if (!form.test(fields[name])) throw new Unreadable(`The statement's ${name.replace("_", " ")} has not the right form.`);
  }
  const { authors, quorum } = fields;
  const inOrder = authors.every((author, at) => id("acc").test(author) && (at === 0 || (authors[at - 1] ?? "") < author));
  if (!inOrder || authors.length > AUTHORS_MAX) throw new Unreadable("The statement's authors have not the right form.");
  if (!Number.isInteger(quorum) || quorum < 1 || quorum > QUORUM_MAX) throw new Unreadable(`The statement asks for ${quorum} people.`);
  const lines = [
    `tenant ${fields.tenant}`,
    `cluster ${fields.cluster}`,
    `cluster-uid ${fields.cluster_uid}`,
    `plan ${fields.plan}`,
    `policy ${fields.policy}`,
    `evidence ${fields.evidence}`,
    ["authors", ...authors].join(" "),
    `quorum ${quorum}`,
    `assurance ${fields.assurance}`,
    `issued ${fields.issued_at}`,
    `expires ${fields.expires_at}`,
    `nonce ${fields.nonce}`,
  ];
  return lines.map((line) => `${line}\n`).join("");
}

export type Ballot = { word: Word; reason?: string | undefined; voter: string; round: number; statement: StatementFields };

/** One person's word on a statement: the text that an SSH key signs, and whose digest a passkey signs. */
export async function ballotText({ word, reason, voter, round, statement }: Ballot): Promise<string> {
  if (!id("acc").test(voter)) throw new Unreadable("The voter is no account.");
  if (!Number.isInteger(round) || round < 1 || round > ROUNDS_MAX) throw new Unreadable("Too many words were said on this plan.");
  const because = word === "reject" ? ` ${await digestOf(checkedReason(reason))}` : "";
  if (word !== "reject" && reason !== undefined) throw new Unreadable("Only a rejection has a reason.");
  return `assent ballot 1\nword ${word}${because}\nvoter ${voter}\nround ${round}\n${statementText(statement)}`;
}

function checkedReason(reason: string | undefined): string {
  if (!reason || !reason.isWellFormed()) throw new Unreadable("A rejection has a reason.");
  if (new TextEncoder().encode(reason).length > REASON_BYTES_MAX) throw new Unreadable("The reason is too long.");
  return reason;
}
