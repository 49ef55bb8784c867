// The filters of the ledger, as they stand in the address.
import type { RecordQuery } from "../../api/queries";

export type RecordSearch = RecordQuery;

const names = ["actor", "action", "subject", "since", "until"] as const;
const outcomes = ["intended", "done", "refused", "failed"] as const;

export function readRecordSearch(search: Record<string, unknown>): RecordSearch {
  const read: Record<string, string> = {};
  for (const name of names) {
    const value = search[name];
    if (typeof value === "string" && value !== "") read[name] = value;
  }
  const outcome = outcomes.find((known) => known === search["outcome"]);
  return { ...read, ...(outcome && { outcome }) };
}
