// Whether a key holds, and since or until when.
import type { Schemas } from "../../../api/client";

type Dates = Pick<Schemas["ApiKey"], "expires_at" | "revoked_at">;

/** A key that ends within this is marked, so that somebody renews it. */
const SOON_MS = 7 * 24 * 3_600 * 1_000;

export function holds({ expires_at, revoked_at }: Dates, nowMs: number): { good: boolean; word: string; colour: string; at?: string } {
  if (revoked_at) return { good: false, word: "Revoked", colour: "gray", at: revoked_at };
  if (!expires_at) return { good: true, word: "Holds without end", colour: "blue" };
  const left = Date.parse(expires_at) - nowMs;
  if (left <= 0) return { good: false, word: "Expired", colour: "gray", at: expires_at };
  return left < SOON_MS ? { good: true, word: "Ends soon", colour: "yellow", at: expires_at } : { good: true, word: "Holds until", colour: "green", at: expires_at };
}
