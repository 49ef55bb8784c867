// The hash tree of RFC 6962, as far as a proof of one record needs it. Places go up to 2^48, so they are divided, not shifted.
import { joined, type Bytes } from "./bytes";
import type { Primitives } from "./primitives";

type Sha256 = Primitives["sha256"];

export const leafHash = (sha256: Sha256, entry: Bytes): Promise<Bytes> => sha256(joined([0], entry));

export const nodeHash = (sha256: Sha256, left: Bytes, right: Bytes): Promise<Bytes> => sha256(joined([1], left, right));

/** One step of a path: the hash so far, met by the one beside it. */
export type Fold = { beside: Bytes; side: "left" | "right"; hash: Bytes };
export type Folded = { root: Bytes; folds: Fold[] } | "out of range" | "wrong length";

/** Folds the path of a leaf up to a root (RFC 9162, 2.1.3.2). What the root should be is for the caller to say. */
export async function fold(sha256: Sha256, leaf: Bytes, index: number, size: number, path: readonly Bytes[]): Promise<Folded> {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return "out of range";
  let [place, last, hash] = [index, size - 1, leaf];
  const folds: Fold[] = [];
  for (const beside of path) {
    if (last === 0) return "wrong length";
    const fromLeft = place % 2 === 1 || place === last;
    hash = fromLeft ? await nodeHash(sha256, beside, hash) : await nodeHash(sha256, hash, beside);
    folds.push({ beside, side: fromLeft ? "left" : "right", hash });
    while (fromLeft && place % 2 === 0 && place !== 0) [place, last] = [half(place), half(last)];
    [place, last] = [half(place), half(last)];
  }
  return last === 0 ? { root: hash, folds } : "wrong length";
}

const half = (place: number): number => Math.floor(place / 2);
