// What this browser remembers of the log: the key it saw first, and the newest checkpoint that it has checked. A log that is put back to an
// older copy, or signed anew with another key, looks sound by itself; only somebody who remembers finds out.

export type Pin = { key: string; since: string; size: number; root: string };
export type Seen = { key: string; size: number; root: string };
export type Remembered =
  | { verdict: "first"; pin: Pin }
  | { verdict: "same"; pin: Pin }
  | { verdict: "other key"; kept: Pin }
  | { verdict: "shorter"; kept: Pin }
  | { verdict: "other history"; kept: Pin };

const PLACE = "assent-ledger-pin";

/**
 * Compares the newest checkpoint with what is remembered, and says what to remember from now on. `kept` must have been read before the
 * checkpoint was asked for, or another tab could have seen a newer one in between.
 */
export function compare(kept: Pin | undefined, seen: Seen, now: string): Remembered {
  if (kept === undefined) return { verdict: "first", pin: { ...seen, since: now } };
  if (kept.key !== seen.key) return { verdict: "other key", kept };
  if (seen.size < kept.size) return { verdict: "shorter", kept };
  if (seen.size === kept.size && seen.root !== kept.root) return { verdict: "other history", kept };
  return { verdict: "same", pin: seen.size > kept.size ? { ...seen, since: kept.since } : kept };
}

export function readPin(storage: Pick<Storage, "getItem">): Pin | undefined {
  try {
    const kept: unknown = JSON.parse(storage.getItem(PLACE) ?? "null");
    return isPin(kept) ? kept : undefined;
  } catch {
    return undefined;
  }
}

export function keepPin(storage: Pick<Storage, "setItem">, pin: Pin): void {
  try {
    storage.setItem(PLACE, JSON.stringify(pin));
  } catch {
    // A browser that keeps nothing cannot compare next time; the proof itself does not depend on it.
  }
}

function isPin(kept: unknown): kept is Pin {
  if (typeof kept !== "object" || kept === null) return false;
  const { key, since, size, root } = kept as Record<string, unknown>;
  return typeof key === "string" && typeof since === "string" && typeof size === "number" && typeof root === "string";
}

export function forgetPin(storage: Pick<Storage, "removeItem">): void {
  storage.removeItem(PLACE);
}
