import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";

import { fromBase64, fromDigest, same, toDigest, utf8 } from "./bytes";
import { plain, primitives, subtle, type Primitives } from "./primitives";
import { newest, prove, type Shown } from "./receipt";
import { fold, leafHash, nodeHash } from "./tree";
import type { Schemas } from "../../../api/client";

type Vector = { checkpoint: Schemas["Checkpoint"]; records: { record: Shown; receipt: Schemas["Receipt"] }[] };

// Answers of a running platform, as they came.
const platform = JSON.parse(readFileSync(new URL("receipts.vector.json", import.meta.url), "utf8")) as Vector;
// What the ledger's own tests hold still.
const golden = (name: string): string => readFileSync(new URL(`../../../../../crates/ledger/tests/golden/${name}`, import.meta.url), "utf8");

let library: Primitives;
beforeAll(async () => {
  library = await plain();
});

describe.each([["WebCrypto", () => subtle], ["the library", () => library]] as const)("a receipt checked with %s", (_, use) => {
  it("holds as the platform made it", async () => {
    for (const { record, receipt } of platform.records) {
      const proof = await prove(receipt, platform.checkpoint.public_key, record, use());
      expect(proof.steps.map(({ result }) => result)).toEqual(["holds", "holds", "holds", "holds", "holds"]);
      expect(proof).toMatchObject({ holds: true, size: platform.checkpoint.size, root: platform.checkpoint.root });
    }
  });

  it("holds as the ledger's own tests have it", async () => {
    const receipt = JSON.parse(golden("receipt.json")) as Schemas["Receipt"];
    const { action, at, outcome, tenant } = JSON.parse(golden("record.json")) as Shown;
    const leaf = toDigest(await leafHash(use().sha256, utf8(golden("record.json"))));
    const proof = await prove(receipt, golden("keys").split("\n")[0] ?? "", { index: 1, action, at, outcome, tenant, leaf }, use());
    expect(proof.holds).toBe(true);
  });

  it("does not hold for another record than the one shown", async () => {
    const [{ record, receipt } = never()] = platform.records;
    const others: Partial<Shown>[] = [{ index: 1 }, { at: "2026-01-01T00:00:00Z" }, { action: "tenant.delete" }, { outcome: "done" }, { tenant: "tnt_0" }, { leaf: platform.checkpoint.root }];
    for (const other of others) {
      const proof = await prove(receipt, platform.checkpoint.public_key, { ...record, ...other }, use());
      expect(proof.holds, JSON.stringify(other)).toBe(false);
    }
  });
});

describe("an altered receipt", () => {
  const parts: readonly (readonly [string, (vector: { receipt: Schemas["Receipt"]; key: string }) => string[], (vector: { receipt: Schemas["Receipt"]; key: string }, parts: string[]) => void])[] = [
    ["record", ({ receipt }) => [receipt.record], ({ receipt }, [record = ""]) => void (receipt.record = record)],
    ["path", ({ receipt }) => receipt.inclusion, ({ receipt }, path) => void (receipt.inclusion = path)],
    ["checkpoint", ({ receipt }) => [receipt.checkpoint], ({ receipt }, [note = ""]) => void (receipt.checkpoint = note)],
    ["key", ({ key }) => [key], (vector, [key = ""]) => void (vector.key = key)],
  ];
  it.each(parts)("is found out at every character of its %s, changed, taken out or doubled", async (_, read, write) => {
    const { record, receipt } = platform.records[1] ?? never();
    const whole = { receipt, key: platform.checkpoint.public_key };
    for (const [part, text] of read(whole).entries()) {
      for (const at of Array(text.length).keys()) {
        const changed = String.fromCodePoint(text.charCodeAt(at) ^ 1);
        for (const put of [changed, "", text.charAt(at).repeat(2)]) {
          const altered = structuredClone(whole);
          const texts = [...read(altered)];
          texts[part] = text.slice(0, at) + put + text.slice(at + 1);
          write(altered, texts);
          const proof = await prove(altered.receipt, altered.key, record, subtle);
          expect(proof.holds, `${part}:${at} ${put}`).toBe(false);
        }
      }
    }
  });

  it("is found out when hashes of its path are lost, added or swapped", async () => {
    const { record, receipt } = platform.records[1] ?? never();
    const [first = never(), second = never(), ...rest] = receipt.inclusion;
    for (const inclusion of [[], [first], [first, second, ...rest, first], [second, first, ...rest], receipt.inclusion.slice(1), Array<string>(65).fill(first)]) {
      const { holds } = await prove({ ...receipt, inclusion }, platform.checkpoint.public_key, record, subtle);
      expect(holds).toBe(false);
    }
  });

  it("names the step that fails, and reaches none after it", async () => {
    const { record, receipt } = platform.records[1] ?? never();
    const other = golden("keys").split("\n")[0] ?? "";
    const byOther = await prove(receipt, other, record, subtle);
    expect(byOther.steps.map(({ result }) => result)).toEqual(["holds", "holds", "holds", "holds", "fails"]);
    const emptied = await prove({ ...receipt, record: "" }, other, record, subtle);
    expect(emptied.steps.map(({ result }) => result)).toEqual(["fails", "not reached", "not reached", "not reached", "not reached"]);
  });
});

describe("the newest checkpoint", () => {
  it("is taken as it is signed, and with nothing changed around it", async () => {
    const { checkpoint } = platform;
    const { public_key: key, size, root } = checkpoint;
    await expect(newest(checkpoint, subtle)).resolves.toEqual({ key, size, root });
    await expect(newest({ ...checkpoint, size: size + 1 }, subtle)).resolves.toBeUndefined();
    await expect(newest({ ...checkpoint, root: key }, subtle)).resolves.toBeUndefined();
    await expect(newest({ ...checkpoint, public_key: golden("keys").split("\n")[0] ?? "" }, subtle)).resolves.toBeUndefined();
  });
});

describe("a path", () => {
  it("leads to the root from every leaf of trees of every small size", async () => {
    const { sha256 } = subtle;
    for (let size = 1; size <= 20; size++) {
      const leaves = await Promise.all(Array.from({ length: size }, (_, leaf) => leafHash(sha256, utf8(`${leaf}`))));
      const root = await rootOf(leaves);
      for (const [index, leaf] of leaves.entries()) {
        const path = await pathOf(leaves, index);
        const folded = await fold(sha256, leaf, index, size, path);
        expect(typeof folded === "object" && same(folded.root, root), `${index} of ${size}`).toBe(true);
        await expect(fold(sha256, leaf, size, size, path)).resolves.toBe("out of range");
      }
    }
  });

  it("has a length that is known before", async () => {
    const hash = fromDigest(platform.checkpoint.root) ?? never();
    await expect(fold(subtle.sha256, hash, 0, 1, [hash])).resolves.toBe("wrong length");
    await expect(fold(subtle.sha256, hash, 2 ** 40, 2 ** 41, [hash])).resolves.toBe("wrong length");
  });
});

it("base64 has one spelling", () => {
  expect(fromBase64("AAAAAQI=")).toHaveLength(5);
  for (const odd of ["AAAAAQJ=", "AAAAAQI", "AAAA AQI=", "AAAAAQI=\n", "AA-A"]) expect(fromBase64(odd), odd).toBeUndefined();
});

it("this machine's own WebCrypto is used where it can do all that is needed", async () => {
  await expect(primitives()).resolves.toBe(subtle);
});

// The tree by its definition (RFC 9162, 2.1.1), which shares nothing with the folding above but the hash of a node.
async function rootOf(leaves: readonly Uint8Array<ArrayBuffer>[]): Promise<Uint8Array<ArrayBuffer>> {
  if (leaves.length === 1) return leaves[0] ?? never();
  const middle = split(leaves.length);
  return nodeHash(subtle.sha256, await rootOf(leaves.slice(0, middle)), await rootOf(leaves.slice(middle)));
}

async function pathOf(leaves: readonly Uint8Array<ArrayBuffer>[], index: number): Promise<Uint8Array<ArrayBuffer>[]> {
  if (leaves.length === 1) return [];
  const middle = split(leaves.length);
  if (index < middle) return [...(await pathOf(leaves.slice(0, middle), index)), await rootOf(leaves.slice(middle))];
  return [...(await pathOf(leaves.slice(middle), index - middle)), await rootOf(leaves.slice(0, middle))];
}

const split = (count: number): number => 2 ** Math.floor(Math.log2(count - 1));

function never(): never {
  throw new Error("the vectors lack what the test needs");
}
