// The filters of the ledger, as they stand in the address. A range such as `24h` goes with the clock, so that a link to it stays right;
// `since` and `until` are instants.
import type { RecordQuery } from "../../api/queries";

export const ranges = { "1h": 3_600, "24h": 86_400, "7d": 7 * 86_400, "30d": 30 * 86_400 } as const;
export type Range = keyof typeof ranges;
export type RecordSearch = RecordQuery & { range?: Range };

const names = ["actor", "action", "subject", "since", "until", "environment"] as const;
const outcomes = ["intended", "done", "refused", "failed"] as const;

export function readRecordSearch(search: Record<string, unknown>): RecordSearch {
  const read: Record<string, string> = {};
  for (const name of names) {
    const value = search[name];
    if (typeof value === "string" && value !== "") read[name] = value;
  }
  const outcome = outcomes.find((known) => known === search["outcome"]);
  const range = (Object.keys(ranges) as Range[]).find((known) => known === search["range"]);
  return { ...read, ...(outcome && { outcome }), ...(range && { range }) };
}

/** What is asked of the platform. A range begins at a full minute, so that the question stays the same for a while. */
export function toQuery({ range, ...query }: RecordSearch, nowMs: number): RecordQuery {
  if (range === undefined) return query;
  const minute = Math.floor(nowMs / 60_000) * 60_000;
  const { until: _, ...open } = query;
  return { ...open, since: new Date(minute - ranges[range] * 1_000).toISOString() };
}

/** Whether anything is left out. */
export const isNarrowed = (search: RecordSearch): boolean => Object.values(search).some((value) => value !== undefined);
