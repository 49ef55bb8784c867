// Keeps rows where they are while somebody works with them, whatever the live stream brings.

export type Arranged<T> = {
  /** What is shown, in its place. */
  rows: T[];
  /** How many are new and wait to be shown, since showing them would move the others. */
  waiting: number;
};

/**
 * The fresh list in the order of the one shown: what was shown keeps its place and takes its new content, what is gone goes. New entries
 * before the last one shown wait; those after it are only a further page.
 */
export function arrange<T extends { id: string }>(shown: readonly string[], fresh: readonly T[]): Arranged<T> {
  const known = new Set(shown);
  const byId = new Map(fresh.map((one) => [one.id, one]));
  const kept = shown.flatMap((id) => byId.get(id) ?? []);
  if (kept.length === 0) return { rows: [...fresh], waiting: 0 };
  const lastKnown = fresh.findLastIndex((one) => known.has(one.id));
  const waiting = fresh.slice(0, lastKnown).filter((one) => !known.has(one.id)).length;
  return { rows: [...kept, ...fresh.slice(lastKnown + 1)], waiting };
}
