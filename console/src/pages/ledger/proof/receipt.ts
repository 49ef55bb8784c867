// Checks that a record stands in the log, step by step, with nothing but the receipt and the log's public key.
import type { Schemas } from "../../../api/client";
import { fromBase64, fromDigest, same, toDigest } from "./bytes";
import { isSignedBy, parseCheckpoint, parseKey, parseNote } from "./note";
import type { Seen } from "./pin";
import type { Primitives } from "./primitives";
import { fold, leafHash } from "./tree";

export type Shown = Pick<Schemas["Record"], "index" | "at" | "action" | "outcome" | "tenant" | "leaf">;
export type StepName = "record" | "leaf" | "path" | "root" | "signature";
/** What came of one step; a step after one that failed is not reached. */
export type Step = { name: StepName; result: "holds" | "fails" | "not reached"; says: string; value?: string };
export type Proof = { steps: Step[]; holds: boolean; size?: number; root?: string };

const order: readonly StepName[] = ["record", "leaf", "path", "root", "signature"];
const PATH_MAX = 64;
const RECORD_BYTES_MAX = 1024;
const FIELDS = "action at commitment outcome sealed tenant version";

/** Runs all steps, up to the first that fails. */
export async function prove(receipt: Schemas["Receipt"], publicKey: string, shown: Shown, { sha256, signed }: Primitives): Promise<Proof> {
  const steps: Step[] = [];
  const holds = (name: StepName, says: string, value?: string) => void steps.push({ name, result: "holds", says, ...(value !== undefined && { value }) });
  const fails = (name: StepName, says: string): Proof => {
    steps.push({ name, result: "fails", says });
    for (const left of order.slice(steps.length)) steps.push({ name: left, result: "not reached", says: "Not checked, since an earlier step failed." });
    return { steps, holds: false };
  };

  const bytes = fromBase64(receipt.record);
  if (receipt.index !== shown.index) return fails("record", `The receipt is for record ${receipt.index}, and this page shows ${shown.index}.`);
  if (bytes === undefined || bytes.length > RECORD_BYTES_MAX) return fails("record", "The receipt holds no readable record.");
  const different = differs(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes), shown);
  if (different !== undefined) return fails("record", different);
  holds("record", `${bytes.length} bytes. Action, time, outcome and organisation read as this page shows them.`);

  const leaf = await leafHash(sha256, bytes);
  if (toDigest(leaf) !== shown.leaf) return fails("leaf", "The bytes hash to another leaf than the platform names for this record.");
  holds("leaf", "SHA-256 over a zero byte and those bytes.", toDigest(leaf));

  const note = parseNote(receipt.checkpoint);
  const checkpoint = note && parseCheckpoint(note.text);
  if (note === undefined || checkpoint === undefined) return fails("path", "The receipt holds no readable checkpoint, so there is no tree to look in.");
  const path = receipt.inclusion.length > PATH_MAX ? undefined : receipt.inclusion.map(fromDigest);
  if (path === undefined || !path.every((hash) => hash !== undefined)) return fails("path", "The path is malformed.");
  const folded = await fold(sha256, leaf, receipt.index, checkpoint.size, path);
  if (folded === "out of range") return fails("path", `The checkpoint covers ${checkpoint.size} records, and this would be number ${receipt.index + 1}.`);
  if (folded === "wrong length") return fails("path", "The path has the wrong number of hashes for this place.");
  holds("path", `${path.length} ${path.length === 1 ? "hash" : "hashes"} lead from the leaf to a root.`, toDigest(folded.root));

  if (!same(folded.root, checkpoint.root)) return fails("root", "The path leads to another root than the checkpoint has. The record is not in this log, or was changed.");
  holds("root", `It is the root of the checkpoint over ${checkpoint.size} records.`, toDigest(checkpoint.root));

  const key = await parseKey(sha256, publicKey);
  if (key === undefined) return fails("signature", "The log's public key is malformed, or does not match its own hash.");
  if (checkpoint.origin !== key.name) return fails("signature", "The checkpoint is of another log than the public key.");
  if (!(await isSignedBy(signed, note, key))) return fails("signature", "The checkpoint is not signed by the log's key, or was changed after it was signed.");
  holds("signature", "Ed25519, made by the log's key over the checkpoint.", publicKey);
  return { steps, holds: true, size: checkpoint.size, root: toDigest(checkpoint.root) };
}

/** The newest checkpoint, if the key that came with it has signed it and it says what its note says. */
export async function newest({ note: text, public_key, size, root }: Schemas["Checkpoint"], { sha256, signed }: Primitives): Promise<Seen | undefined> {
  const note = parseNote(text);
  const checkpoint = note && parseCheckpoint(note.text);
  const key = await parseKey(sha256, public_key);
  if (!note || !checkpoint || !key || checkpoint.origin !== key.name || !(await isSignedBy(signed, note, key))) return undefined;
  return checkpoint.size === size && toDigest(checkpoint.root) === root ? { key: public_key, size, root } : undefined;
}

/** What is wrong with the recorded bytes, or in what they differ from what is shown. */
function differs(text: string, shown: Shown): string | undefined {
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch {
    return "The receipt holds no readable record.";
  }
  if (typeof record !== "object" || record === null || Object.keys(record).join(" ") !== FIELDS || JSON.stringify(record) !== text) {
    return "The recorded bytes are not a record in its one spelling.";
  }
  const recorded = record as Record<string, unknown>;
  const fields = ["action", "at", "outcome", "tenant"] as const;
  const wrong = fields.find((field) => recorded[field] !== shown[field]);
  if (wrong !== undefined) return `The recorded ${wrong === "tenant" ? "organisation" : wrong === "at" ? "time" : wrong} is not the one that this page shows.`;
  return recorded["version"] === 1 ? undefined : "The record has a version that this page does not know.";
}
